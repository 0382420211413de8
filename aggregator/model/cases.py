"""What can be followed: the facts of a matter, and themes."""

from __future__ import annotations

from dataclasses import dataclass

from aggregator.model.items import EventKind, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """One dated step of a case with a source a reader can open."""

    date: str
    """`YYYY-MM-DD`, `YYYY-MM` or `YYYY`: as exact as the source."""
    what: str
    source: str
    event: EventKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A judge or a party, with the source of the fact."""

    name: str
    role: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The facts of one matter.  What has no source is None or empty, and shown as not on file."""

    slug: str
    caption: str
    title: str
    """The short form that alerts carry: `SEC v. Binance`."""
    court: str | None = None
    """The court's id."""
    court_name: str = ""
    docket: str | None = None
    """In the court's own form: `1:23-cv-01599`."""
    docket_source: str = ""
    court_case_id: str | None = None
    """The court's own number for the case, as its feed's links carry it."""
    judges: tuple[Person, ...] = ()
    parties: tuple[Person, ...] = ()
    status: str = ""
    status_date: str = ""
    status_source: str = ""
    closed: bool = False
    filed: str = ""
    """The complaint's date, `YYYY-MM-DD` or shorter; what was reported before is another matter."""
    aliases: tuple[str, ...] = ()
    primary_aliases: tuple[str, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    severity: Severity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watchlist:
    """A theme people can follow."""

    name: str
    title: str
    severity: Severity
