"""Stretches in which something may have been missed, and when that turns out not to be so; pure.

Three things open one: a page that rolled over between two polls, a feed that answers and is silent
beyond its own rhythm, and a time when the program was down.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aggregator.feeds.content import silent_since
from aggregator.feeds.polling import interval
from aggregator.feeds.rate import dates, names
from aggregator.model import Feed, FeedState, Gap, Item, ItemKey, Parsed

ROLLED = "more came between two polls than the feed lists"
SILENT = "the feed answers, but says nothing new beyond its own rhythm"
DOWN = "the program was down"
TOLD_APART = "the program was down; by now this is said of each feed that may have missed something"

DOWN_INTERVALS = 3
"""Nobody was polled for so many of the shortest intervals: the program was down."""

AT_ONCE_AFTER = timedelta(hours=6)
"""A possible loss on a court's feed that is longer is told at once."""


PINNED_MAX = 3
"""So many old entries may stand on a page for good; they say nothing about what came since."""

MISSED_MIN = 2
"""So many of the items that were last known must be gone from a page with pinned entries: a single
one may have been taken back."""

BACK_MAX = 200
"""So many of a feed's newest items are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a page lists, and what of the feed was known before."""

    listed: frozenset[ItemKey] = frozenset()
    before: tuple[Item, ...] = ()
    """Up to `BACK_MAX` of the feed's newest items, from before this poll."""


def gaps_after(
    feed: Feed,
    before: FeedState,
    after: FeedState,
    parsed: Parsed | None,
    now: datetime,
    *,
    known: Collection[Gap] = (),
    page: Page | None = None,
) -> tuple[Gap, ...]:
    """Return the gaps that a good answer at `now` opens, and those it closes, `closed` then.

    `parsed` is None for a 304; `before` and `after` are the feed's states around the poll, `known`
    its gaps that are still open.  `page` is looked at where `is_doubtful` says so.
    """
    page = page or Page()
    rolled = None if parsed is None else _rolled(feed, before, parsed, now, page)
    found: list[Gap] = []
    if rolled is not None:
        found.append(rolled)
    elif parsed is not None:
        found += [
            _closed(gap, now)
            for gap in known
            if gap.why == ROLLED and _reaches_back(gap, dates(parsed, now), page)
        ]
    silent = silent_since(feed, after)
    lasting = [gap for gap in known if gap.why == SILENT]
    if silent is None:
        found += [_closed(gap, now) for gap in lasting]
    elif not lasting:
        found.append(Gap(feed_id=feed.id, why=SILENT, since=silent, until=None, opened=now))
    return tuple(found)


def is_doubtful(
    before: FeedState, parsed: Parsed, now: datetime, known: Collection[Gap] = ()
) -> bool:
    """Say whether a few old entries of a page may be pinned, so that its `Page` is needed."""
    times, newest = dates(parsed, now), before.learnt.newest
    old = 0 if newest is None else sum(at <= newest for at in times)
    back = any(gap.why == ROLLED and times and times[0] <= gap.since for gap in known)
    return back or (newest not in times and 0 < old <= min(PINNED_MAX, len(times) - old - 1))


def _closed(gap: Gap, now: datetime) -> Gap:
    return replace(gap, closed=now, until=gap.until or now)


def _reaches_back(gap: Gap, times: Sequence[datetime], page: Page) -> bool:
    """Say whether a page lists what was known last when the gap began, not only pinned entries."""
    old = sum(at <= gap.since for at in times)
    if old > PINNED_MAX:
        return True
    last = [item.key for item in page.before if item.at <= gap.since and item.seen <= gap.since]
    return old > 0 and (not last or any(key in page.listed for key in last[:MISSED_MIN]))


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


def unread_since(
    gap: Gap, feeds: Iterable[Feed], states: Mapping[str, FeedState]
) -> frozenset[str]:
    """Return the feeds that were read before `gap`, when nobody was, and not yet after it."""
    until = gap.until or gap.opened
    return frozenset(
        feed.id
        for feed in feeds
        if feed.enabled
        and (state := states.get(feed.id)) is not None
        and state.first_read is not None
        and state.first_read <= gap.since
        and (state.last_read is None or state.last_read < until)
    )


def missed_by(gap: Gap, feeds: Iterable[Feed], states: Mapping[str, FeedState]) -> frozenset[str]:
    """Return those of `unread_since` that would have been read in a `gap` that just ended.

    Not one that failed before it began, nor one whose turn did not come meanwhile.
    """
    until = gap.until or gap.opened
    return frozenset(
        one
        for one in unread_since(gap, feeds, states)
        if not (state := states[one]).failures
        and (state.next_poll is None or state.next_poll < until)
    )


def at_once(feed: Feed | None, gap: Gap, now: datetime) -> bool:
    """Say whether followers are told at once: a court's feed may have lost more than six hours."""
    return (
        feed is not None
        and feed.court is not None
        and (gap.until or now) - gap.since > AT_ONCE_AFTER
    )


def _rolled(feed: Feed, before: FeedState, parsed: Parsed, now: datetime, page: Page) -> Gap | None:
    learnt = before.learnt
    if before.last_read is None or not parsed.entries:
        return None
    times = dates(parsed, now)
    # Whoever said "not modified" without meaning it hid everything since the last whole body.
    forced, polled = before.standing.forced, before.last_polled
    is_forced = forced is not None and polled is not None and forced > polled
    read = (before.standing.whole if is_forced else None) or before.last_read
    if times and learnt.newest is not None:
        new = [at for at in times if at > learnt.newest]
        if not new or (len(new) < len(times) and not _only_pinned(before, parsed, now, page)):
            return None
        since = read if read < new[0] else learnt.newest
        return Gap(feed_id=feed.id, why=ROLLED, since=since, until=new[0], opened=now)
    if not times and learnt.page and not set(names(parsed)) & set(learnt.page):
        return Gap(feed_id=feed.id, why=ROLLED, since=read, until=now, opened=now)
    return None


def _only_pinned(before: FeedState, parsed: Parsed, now: datetime, page: Page) -> bool:
    """Say whether what a page lists from before the last poll only stands there for good.

    It is little, and what was known to be newer than it is on the page no more.
    """
    if not is_doubtful(before, parsed, now):
        return False
    newest = before.learnt.newest
    pinned = [at for at in dates(parsed, now) if newest is not None and at <= newest]
    newer = [item for item in page.before if item.at > pinned[-1]]
    missed = [item for item in newer if item.key not in page.listed]
    return len(missed) >= MISSED_MIN and len(missed) == len(newer)
