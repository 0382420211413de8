"""The store's side of a decision: what it was made on, what it writes, what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aggregator.model.delivery import Delivery
from aggregator.model.feeds import FeedState
from aggregator.model.items import Item, ItemKey, Match
from aggregator.model.record import Gap
from aggregator.model.stories import Decision, Story, StoryId


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The stories that a new item may still join, and the version they were read at."""

    version: int
    stories: Mapping[StoryId, Story] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Everything that one poll leads to; committed in one transaction or not at all."""

    feed_state: FeedState | None = None
    items: tuple[Item, ...] = ()
    matches: tuple[tuple[ItemKey, Match], ...] = ()
    decisions: tuple[tuple[ItemKey, Decision], ...] = ()
    stories: tuple[Story, ...] = ()
    """New and changed stories, whole."""
    deliveries: tuple[Delivery, ...] = ()
    """New ones, and new text for ones that exist (same place and key)."""
    gaps: tuple[Gap, ...] = ()
    """Found by the poll; those that it shows to be none have `closed`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """The batch is in; `version` is the state it made."""

    version: int
    gaps: tuple[Gap, ...] = ()
    """Those of the batch, with their ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """Another writer got there first; decide again on fresh state."""

    version: int


CommitOutcome = Committed | Stale
