"""The rules as values: what the YAML files say, parsed and checked, ready to be indexed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum

from aggregator.matching.query import Query
from aggregator.model import Case, EventKind, Severity, Watchlist


class EntityKind(StrEnum):
    """What an entity is; decides what part it can play in a case."""

    COMPANY = "company"
    PERSON = "person"
    AGENCY = "agency"
    COURT = "court"
    JUDGE = "judge"
    STATUTE = "statute"
    TOKEN = "token"  # noqa: S105  a kind of coin, no password
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """One way to write an entity's name.

    `cased` None means: yes for ALL-CAPS of up to five letters, else no.  `needs` must hold
    somewhere in the item, `not_near` must not hold within `NEAR_WORDS_DEFAULT` words.  `fuzzy`
    accepts one edit in a personal name of six letters or more, marked as such.
    """

    text: str
    cased: bool | None = None
    strict: bool = False
    fuzzy: bool = False
    needs: Query | None = None
    not_near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityRule:
    """A name with its aliases."""

    slug: str
    name: str
    kind: EntityKind
    aliases: tuple[Alias, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text that a rule must, must not, or may only in passing recognise."""

    title: str
    summary: str = ""
    published: datetime | None = None
    outlet: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """A rule's own tests."""

    match: tuple[Example, ...] = ()
    related: tuple[Example, ...] = ()
    no_match: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRule:
    """A case with what recognises it.

    `plaintiffs`, `defendants`, `judges` and `known_by` are entity slugs; `when` says which texts touch the
    matter at all; whether one is chiefly about it is decided by where that stands.
    """

    case: Case
    when: Query
    plaintiffs: frozenset[str] = frozenset()
    defendants: frozenset[str] = frozenset()
    judges: frozenset[str] = frozenset()
    known_by: frozenset[str] = frozenset()
    """Entities that stand for the private side in headlines: XRP for Ripple, a protocol for those
    who sue over it."""
    sisters: tuple[str, ...] = ()
    """Slugs of matters that share parties and are easily taken for this one."""
    examples: Examples = Examples()
    file: str = ""
    version: str = ""
    """Changes whenever the file does; kept with every match."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """A chat that a watchlist goes to by itself, without anyone following it there."""

    to: int | None
    """The chat's id; None is the operator's own chat (`ops`)."""
    thread: int = 0
    digest: time | None = None
    """When its daily digest goes, in UTC; None sends each alert at once."""
    floor: Severity = Severity.LOW
    """What matters less is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchlistRule:
    """A theme with what recognises it."""

    watchlist: Watchlist
    when: Query
    deliver: tuple[Deliver, ...] = ()
    examples: Examples = Examples()
    file: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRule:
    """The words that show one sort of event, and how much it matters."""

    kind: EventKind
    severity: Severity
    when: Query


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietRule:
    """The words that show a text which never rings, whatever it matches."""

    name: str
    """`price`, `opinion`, `listicle`, …: the reason given."""
    when: Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Everything in `rules/`."""

    entities: Mapping[str, EntityRule] = field(default_factory=dict)
    families: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cases: Mapping[str, CaseRule] = field(default_factory=dict)
    watchlists: Mapping[str, WatchlistRule] = field(default_factory=dict)
    events: tuple[EventRule, ...] = ()
    """First hit in the title wins, then first hit in the summary: order matters."""
    quiet: tuple[QuietRule, ...] = ()
    version: str = ""
