"""The items that report one development, and what joining a new one decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from aggregator.model.feeds import FeedKind, Trust
from aggregator.model.items import Event, Evidence, ItemKey, Target

StoryId = NewType("StoryId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """What a report said until its publisher turned it, after its story had rung."""

    rings: int
    """How often the story had rung by then: those rings told it in these words."""
    title: str
    summary: str
    event: Event
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One item's part in a story: what rendering and joining need of it."""

    item_key: ItemKey
    outlet: str
    trust: Trust
    kind: FeedKind
    url: str
    title: str
    summary: str
    at: datetime
    seen: datetime
    event: Event
    evidence: tuple[Evidence, ...] = ()
    names: tuple[str, ...] = ()
    """The companies, people and foreign agencies that the headline names, as entity slugs."""
    counted: bool = True
    """False for a copy that is not an independent source."""
    edits: int = 0
    """How often its publisher changed its words since."""
    former: tuple[Former, ...] = ()
    """What it said before each turn, the oldest first."""


class RingKind(StrEnum):
    """Why a story that rang before rings again."""

    CONFIRMED = "confirmed"
    """A primary source now says what the press reported."""
    CHANGED = "changed"
    """A source that can know, or the same outlet, says another outcome."""
    ADDED = "added"
    """Something new to the reader within the same development: a figure, a date, a new actor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A later ring of a story: why, by which report, and when."""

    kind: RingKind
    report: ItemKey
    at: datetime
    what: str = ""
    """What is new, in the sources' own words or figures; empty where the report says it all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The reports of one development.  `reports` are in the order in which they joined."""

    id: StoryId
    targets: frozenset[Target]
    related: frozenset[Target]
    event: Event
    reports: tuple[Report, ...]
    first_at: datetime
    last_at: datetime
    rings: int = 0
    """How often it rang; 0 for a story that is only kept."""
    rang: datetime | None = None
    """When it rang first; who followed later hears of the next development, not of this one."""
    again: tuple[Rung, ...] = ()
    """The rings after the first."""
    like: StoryId | None = None
    """The story it may be the same as: told apart, but not for certain."""
    like_title: str = ""
    held: str = ""
    """Why it waits for the digest instead of ringing; empty once it rang or if it never may."""
    late: bool = False
    """It was more than 72 h old when it was first seen."""

    @property
    def lead(self) -> Report:
        """The report an alert shows: the first one that tells by itself, else the first counted."""
        counted = [report for report in self.reports if report.counted]
        own = (report for report in counted if report.trust is not Trust.CORROBORATES)
        return next(own, counted[0] if counted else self.reports[0])


class DecisionKind(StrEnum):
    """What an item leads to."""

    ALERT = "alert"
    UPDATE = "update"
    SUPPRESS = "suppress"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided about one item, and why; kept for `/why`."""

    kind: DecisionKind
    reason: str
    story: StoryId | None = None
    score: float | None = None
