"""What is watched for a case and what is not, as lines of Telegram HTML."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from aggregator.cases.sources import Loss, Watch, Watched
from aggregator.feeds.health import Sight
from aggregator.telegram import markup
from aggregator.telegram.markup import clip, own
from aggregator.telegram.words import case as said
from aggregator.telegram.words.status import possible_loss

NAME_CHARS_MAX = 60
WHY_CHARS_MAX = 100
COURT_FEEDS_MAX = 3
AGENCIES_MAX = 3
BLIND_MAX = 6


def lines(watched: Watched) -> list[str]:
    """Return a line for each of the court's feeds, for what else is read where the docket is not
    watched, and for each possible loss.
    """
    shown = [_court_feed(watch, watched) for watch in watched.court_feeds[:COURT_FEEDS_MAX]]
    if not watched.docket_watched:
        shown.append(said.docket_not_watched(_instead(watched)))
    return [*shown, *(_loss(gap) for gap in watched.gaps)]


def tallies(watched: Watched) -> list[str]:
    """Return how many of the press's and the authorities' feeds are read on time."""
    kinds = ((said.PRESS, watched.press), (said.REGULATORS, watched.regulators))
    return [_tally(kind, watches) for kind, watches in kinds if watches]


def _court_feed(watch: Watch, watched: Watched) -> str:
    court = own(clip(watched.court, NAME_CHARS_MAX))
    feed = said.feed_of(court, opinions=watch.opinions_only)
    health = watch.health
    if health.since is None:
        return said.never_read(feed, failing=bool(health.why))
    if health.sight is Sight.BLIND:
        return said.blind_since(feed, markup.time(health.since))
    when = _ago(health.since, watched.as_of)
    notes = [said.OPINIONS_ONLY if watch.opinions_only else said.NOT_EVERY_ENTRY]
    if health.sight is Sight.LATE:
        notes.insert(0, said.LATE)
    elif health.why:
        notes.insert(0, said.LAST_TRY_FAILED)
    return said.read(feed, when, notes)


def _ago(at: datetime, now: datetime) -> str:
    """Return a time that clients show as one that has passed, with the words for those that
    cannot.
    """
    return f'<tg-time unix="{int(at.timestamp())}" format="r">{said.ago(now - at)}</tg-time>'


def _instead(watched: Watched) -> list[str]:
    parts = [said.PRESS_READ] if watched.press else []
    if watched.agencies:
        names = [own(clip(name, NAME_CHARS_MAX)) for name in watched.agencies[:AGENCIES_MAX]]
        parts.append(said.releases(names))
    elif watched.regulators:
        parts.append(said.OTHER_RELEASES)
    return parts


def _loss(gap: Loss) -> str:
    name = "" if gap.feed is None else own(clip(gap.feed.name, NAME_CHARS_MAX))
    return possible_loss(gap.since, gap.until, name, own(clip(gap.why, WHY_CHARS_MAX)))


def _tally(kind: str, watches: Sequence[Watch]) -> str:
    fresh = sum(watch.health.sight is Sight.FRESH for watch in watches)
    line = said.feeds_read(kind, fresh, len(watches))
    failing = [watch for watch in watches if watch.health.sight is Sight.BLIND]
    names = [_named(watch) for watch in failing[:BLIND_MAX]]
    if len(failing) > BLIND_MAX:
        names.append("…")
    return f"{line}; {said.blind(', '.join(names))}" if names else line


def _named(watch: Watch) -> str:
    name = own(clip(watch.feed.name, NAME_CHARS_MAX))
    since = watch.health.since
    return name if since is None else said.since(name, markup.time(since))
