"""Stretches in which something may have been missed, and when that turns out not to be so; pure.

Three things open one: a page that rolled over between two polls, a feed that answers and is silent
beyond its own rhythm, and a time when the program was down.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.feeds.content import silent_since
from aggregator.feeds.polling import interval
from aggregator.feeds.rate import dates, names
from aggregator.model import Feed, FeedState, Gap, Parsed

ROLLED = "more came between two polls than the feed lists"
SILENT = "the feed answers, but says nothing new beyond its own rhythm"
DOWN = "the program was down"

DOWN_INTERVALS = 3
"""Nobody was polled for so many of the shortest intervals: the program was down."""

AT_ONCE_AFTER = timedelta(hours=6)
"""A possible loss on a court's feed that is longer is told at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenGap:
    """Something may have been missed."""

    gap: Gap


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseGap:
    """Nothing was missed after all."""

    gap: Gap


GapDecision = OpenGap | CloseGap


def gaps_after(
    feed: Feed,
    before: FeedState,
    after: FeedState,
    parsed: Parsed | None,
    now: datetime,
    *,
    known: Collection[Gap] = (),
) -> tuple[GapDecision, ...]:
    """Return what a good answer at `now` opens and closes.

    `parsed` is None for a 304; `before` and `after` are the feed's states around the poll, `known`
    its gaps that are still open.
    """
    rolled = None if parsed is None else _rolled(feed, before, parsed, now)
    decisions: list[GapDecision] = []
    if rolled is not None:
        decisions.append(OpenGap(gap=rolled))
    elif parsed is not None:
        first = min(dates(parsed, now), default=None)
        decisions += [
            CloseGap(gap=gap)
            for gap in known
            if gap.why == ROLLED and first is not None and first <= gap.since
        ]
    silent = silent_since(feed, after)
    lasting = [gap for gap in known if gap.why == SILENT]
    if silent is None:
        decisions += [CloseGap(gap=gap) for gap in lasting]
    elif not lasting:
        gap = Gap(feed_id=feed.id, why=SILENT, since=silent, until=None, opened=now)
        decisions.append(OpenGap(gap=gap))
    return tuple(decisions)


def down_at_start(
    feeds: Iterable[Feed], states: Mapping[str, FeedState], now: datetime
) -> Gap | None:
    """Return the stretch before `now` in which no feed at all was polled, if it was too long."""
    polled = [
        (feed, state.last_polled)
        for feed in feeds
        if feed.enabled and (state := states.get(feed.id)) is not None and state.last_polled
    ]
    if not polled:
        return None
    last = max(at for _, at in polled)
    if now - last <= DOWN_INTERVALS * min(interval(feed) for feed, _ in polled):
        return None
    return Gap(feed_id="", why=DOWN, since=last, until=now, opened=now)


def made_up_for(
    gap: Gap, feeds: Iterable[Feed], states: Mapping[str, FeedState], known: Sequence[Gap]
) -> bool:
    """Say whether all feeds that were read before `gap`, when nobody was, lost nothing by it.

    Each must have been read since, and none may have rolled over meanwhile.
    """
    concerned = [
        state
        for feed in feeds
        if feed.enabled
        and (state := states.get(feed.id)) is not None
        and state.first_read is not None
        and state.first_read <= gap.since
    ]
    until = gap.until or gap.opened
    if any(state.last_read is None or state.last_read < until for state in concerned):
        return False
    return not any(one.why == ROLLED and one.opened >= until for one in known)


def at_once(feed: Feed | None, gap: Gap, now: datetime) -> bool:
    """Say whether followers are told at once: a court's feed may have lost more than six hours."""
    return (
        feed is not None
        and feed.court is not None
        and (gap.until or now) - gap.since > AT_ONCE_AFTER
    )


def _rolled(feed: Feed, before: FeedState, parsed: Parsed, now: datetime) -> Gap | None:
    learnt = before.learnt
    if before.last_read is None or not parsed.entries:
        return None
    times = dates(parsed, now)
    # Whoever said "not modified" without meaning it hid everything since the last whole body.
    forced, polled = before.standing.forced, before.last_polled
    is_forced = forced is not None and polled is not None and forced > polled
    read = (before.standing.whole if is_forced else None) or before.last_read
    if times and learnt.newest is not None:
        if times[0] <= learnt.newest:
            return None
        since = read if read < times[0] else learnt.newest
        return Gap(feed_id=feed.id, why=ROLLED, since=since, until=times[0], opened=now)
    if not times and learnt.page and not set(names(parsed)) & set(learnt.page):
        return Gap(feed_id=feed.id, why=ROLLED, since=read, until=now, opened=now)
    return None
