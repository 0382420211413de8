"""How a feed fares, for whoever relies on it: fresh, late, or blind, since when and why.

What counts is what it says: a feed that answers on time and is useless is blind as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from aggregator.feeds.content import trouble
from aggregator.feeds.polling import interval
from aggregator.model import OWN_FAULT, Feed, FeedKind, FeedState

LATE_INTERVALS = 3
"""A feed that was not read for so many of its own intervals is late."""

BLIND_AFTER = timedelta(hours=6)
"""What was not read whole for so long is blind, unless it is asked less often anyway."""

FAILURES_MIN = 3
"""So many failures in a row are no hiccup: the feed is blind now, however short it is.  One by a
bug of ours is enough: it does not pass by itself."""


class Sight(StrEnum):
    """What can be relied on."""

    FRESH = "fresh"
    LATE = "late"
    BLIND = "blind"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How one feed fares."""

    sight: Sight
    since: datetime | None = None
    """When it was last read whole, or began to be useless; None if it was never read."""
    why: str = ""
    """What is wrong, in words for the operator; empty where nothing is."""


def health(feed: Feed, state: FeedState | None, now: datetime) -> Health:
    """Return how `feed` fares at `now`; `state` is None for one that was never asked."""
    if state is None or state.last_read is None:
        return Health(sight=Sight.BLIND, why=state.last_error if state else "")
    silence, patience = now - state.last_read, interval(feed) * LATE_INTERVALS
    own = state.last_error.startswith(OWN_FAULT)
    if own or state.failures >= FAILURES_MIN or silence > max(BLIND_AFTER, patience):
        sight = Sight.BLIND
    elif silence > patience:
        sight = Sight.LATE
    else:
        sight = Sight.FRESH
    wrong = None if sight is Sight.BLIND else trouble(feed, state)
    if wrong is not None:
        return Health(sight=Sight.BLIND, since=wrong.since, why=wrong.why)
    return Health(sight=sight, since=state.last_read, why=state.last_error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """How the feeds fare that someone relies on, each with its health, in the feeds' order."""

    each: tuple[tuple[Feed, Health], ...] = ()

    @property
    def blind(self) -> tuple[Feed, ...]:
        """Those that nobody can rely on now."""
        return tuple(feed for feed, found in self.each if found.sight is Sight.BLIND)

    @property
    def read(self) -> int:
        """How many are read, be it late."""
        return len(self.each) - len(self.blind)


def concerned(feeds: Iterable[Feed], courts: Collection[str] | None) -> tuple[Feed, ...]:
    """Return the enabled feeds that can bring news to who follows cases in `courts` only.

    A court's feed concerns the cases of that court, all others concern everyone.  None stands for
    who follows a theme or a name, which any court may bring.
    """
    return tuple(
        feed
        for feed in feeds
        if feed.enabled
        and (feed.kind is not FeedKind.COURT or courts is None or feed.court in courts)
    )


def sources(feeds: Iterable[Feed], states: Mapping[str, FeedState], now: datetime) -> Sources:
    """Return how `feeds` fare at `now`."""
    return Sources(each=tuple((feed, health(feed, states.get(feed.id), now)) for feed in feeds))
