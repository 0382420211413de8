"""What a feed told: its items, what they matched with evidence, and the event they report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, NewType

from aggregator.model.feeds import FeedKind, Trust

ItemKey = NewType("ItemKey", str)
"""128 bits in hex: one per distinct entry of one feed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One entry of a feed, cleaned, with what its source can know."""

    key: ItemKey
    feed_id: str
    outlet: str
    kind: FeedKind
    trust: Trust
    url: str
    title: str
    summary: str
    published: datetime | None
    """As the feed dates it; None when it does not or when the date is impossible."""
    seen: datetime
    """When we first saw it."""
    court: str | None = None
    tags: tuple[str, ...] = ()

    @property
    def at(self) -> datetime:
        """When it happened, as far as anyone can tell: published, but never after seen."""
        return self.seen if self.published is None else min(self.published, self.seen)


TextField = Literal["title", "summary", "url", "source", "court", "tag"]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Evidence:
    """A span of an item's own text that made a rule match: `item.<field>[start:end] == text`."""

    field: TextField
    start: int
    end: int
    text: str


class Severity(StrEnum):
    """How much a development matters to someone who follows the case."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """0, 1, 2: for comparing."""
        return ("low", "medium", "high").index(self.value)


class TargetKind(StrEnum):
    """What can be followed; a watch is one place's own query, known by its number."""

    CASE = "case"
    WATCHLIST = "watchlist"
    ENTITY = "entity"
    WATCH = "watch"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Target:
    """A case, watchlist or entity by its slug."""

    kind: TargetKind
    slug: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.slug}"


class Relation(StrEnum):
    """Chiefly about the target (may ring), or only touching it (digest at most)."""

    CHIEF = "chief"
    RELATED = "related"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An item hit a target, with the spans that made it so."""

    target: Target
    relation: Relation
    evidence: tuple[Evidence, ...]
    reason: str
    """Why, in words for the reader of an alert; why only related, where it is."""
    severity: Severity | None = None
    """The rule's own severity; None leaves it to the event."""
    rule_version: str = ""


class EventKind(StrEnum):
    """What sort of thing happened."""

    COMPLAINT = "complaint"
    MOTION = "motion"
    HEARING = "hearing"
    DISCOVERY = "discovery"
    ORDER = "order"
    RULING = "ruling"
    STAY = "stay"
    SETTLEMENT = "settlement"
    DISMISSAL = "dismissal"
    APPEAL = "appeal"
    VERDICT = "verdict"
    SENTENCE = "sentence"
    RULEMAKING = "rulemaking"
    OTHER = "other"


class Status(StrEnum):
    """How far it got, as far as the source can know."""

    REPORTED = "reported"
    ARGUED = "argued"
    FILED = "filed"
    ORDERED = "ordered"
    DOCKETED = "on the docket"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened according to one item."""

    kind: EventKind
    status: Status
    severity: Severity
    evidence: tuple[Evidence, ...] = ()
    quiet: str = ""
    """Why this item must never ring although it matches (opinion, price, …); empty if it may."""
