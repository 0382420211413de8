"""What is known of one case, gathered as a value for whoever shows it.

A fact without a source a reader can open does not get onto the card: it is None or empty there,
and is shown as not on file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aggregator.cases.best import best, is_official, told
from aggregator.cases.citation import docket_number
from aggregator.cases.courts import short
from aggregator.cases.names import fold
from aggregator.model import Case, EventKind, Milestone, Person, Story, Trust

LATEST_MAX = 5

CRIMINAL = frozenset({"cr", "mj"})
"""The kinds of docket numbers under which people are charged."""
DECIDED = re.compile(
    r"(?<!not )\b(?:guilty pleas?|plea (?:deal|agreement)|(?:plead|pleads|pleaded|pled) guilty"
    r"|found guilty|convicted|convictions?|acquitted|sentenced?|pardoned)\b",
    re.IGNORECASE,
)
"""Words of a plea, a verdict or a sentence that is on file."""
PARTLY = re.compile(r"\b(?:partial|retrial|mistrial|no verdict|hung jury)\b", re.IGNORECASE)
EVERYONE = re.compile(r"\b(?:both|all)(?: (?:of )?the| \w+)? defendants\b|\bboth\b", re.IGNORECASE)


class Charges(StrEnum):
    """Whether somebody on the card is charged with what no plea or verdict on file has decided."""

    NONE = "none"
    """It is no criminal case, or all is decided."""
    PARTLY = "partly"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of a case's recent history: a development we read, or a milestone of the rules."""

    date: str
    """`YYYY-MM-DD`, or as much of it as the source gives."""
    what: str
    """A headline as published, or a milestone's words."""
    source: str
    """The address a reader can open; may be empty."""
    outlet: str = ""
    """Who reported it; empty for a milestone."""
    more: int = 0
    """How many other outlets reported it."""
    primary: bool = False
    """True when its source is the court's or the regulator's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A case as it stands; None and () mean that nothing is on file."""

    slug: str
    title: str
    caption: str
    court: str | None
    docket: str | None
    docket_source: str
    judges: tuple[Person, ...]
    parties: tuple[Person, ...]
    status: str | None
    status_date: str
    status_source: str
    closed: bool
    charges: Charges
    filed: str | None
    latest: tuple[Step, ...]
    later: int
    """How many of the developments we read are newer than the status."""
    items: int
    outlets: int
    as_of: datetime


def card(case: Case, stories: Sequence[Story], coverage: tuple[int, int], now: datetime) -> Card:
    """Return the card of `case` from its newest `stories` and its `coverage` (items, outlets)."""
    known = sorted(
        (story for story in stories if not story.event.quiet and story.first_at <= now),
        key=lambda story: (story.first_at, story.id),
        reverse=True,
    )
    items, outlets = coverage
    sourced = bool(case.status and case.status_source)
    return Card(
        slug=case.slug,
        title=case.title,
        caption=case.caption,
        court=case.court_name or short(case.court or "") or case.court,
        docket=case.docket if case.docket_source else None,
        docket_source=case.docket_source,
        judges=_sourced(case.judges, case),
        parties=_sourced(case.parties, case),
        status=case.status if sourced else None,
        status_date=case.status_date if sourced else "",
        status_source=case.status_source if sourced else "",
        closed=case.closed,
        charges=charges(case),
        filed=case.filed or None,
        latest=_latest(known, case.milestones),
        later=_later(known, case.status_date) if sourced else 0,
        items=items,
        outlets=outlets,
        as_of=now,
    )


def charges(case: Case) -> Charges:
    """Return what must be said beside the names of those who are charged.

    A plea or verdict decides for the defendant it names, for the only one there is, or for all
    when its words say so.
    """
    number = None if case.docket is None else docket_number(case.docket)
    if number is not None and number.kind is not None:
        criminal = number.kind in CRIMINAL
    else:
        criminal = fold(case.caption).startswith(("united states v", "people v", "state v"))
    if not criminal:
        return Charges.NONE
    decided = [
        step.what
        for step in case.milestones
        if step.event in {EventKind.VERDICT, EventKind.SENTENCE} or DECIDED.search(step.what)
    ]
    if DECIDED.search(case.status):
        decided.append(case.status)
    if not decided:
        return Charges.OPEN
    said = " ".join(decided)
    accused = [party.name for party in case.parties if party.role == "defendant"]
    words = set(fold(said).split())
    each = len(accused) <= 1 or all(words & set(fold(name).split()[-1:]) for name in accused)
    whole = each or EVERYONE.search(said) is not None
    return Charges.NONE if whole and not PARTLY.search(said) else Charges.PARTLY


def _sourced(people: Sequence[Person], case: Case) -> tuple[Person, ...]:
    # The docket names the parties and the judge, so its source stands for theirs.
    return tuple(person for person in people if person.source or case.docket_source)


def _latest(known: Sequence[Story], milestones: Sequence[Milestone]) -> tuple[Step, ...]:
    """Return developments, newest first, filled up with the milestones older than all of them."""
    steps = [_development(story) for story in known[:LATEST_MAX]]
    oldest = steps[-1].date if steps else "9999"
    steps.extend(
        _milestone(milestone)
        for milestone in sorted(milestones, key=lambda one: one.date, reverse=True)
        if milestone.date < oldest[: len(milestone.date)] and milestone.source
    )
    return tuple(steps[:LATEST_MAX])


def _development(story: Story) -> Step:
    report = best(story)
    others = {one.outlet for one in story.reports if one.counted} - {report.outlet}
    return Step(
        date=story.first_at.date().isoformat(),
        what=told(report),
        source=report.url,
        outlet=report.outlet,
        more=len(others),
        primary=report.trust is Trust.PRIMARY,
    )


def _milestone(milestone: Milestone) -> Step:
    return Step(
        date=milestone.date,
        what=milestone.what,
        source=milestone.source,
        primary=is_official(milestone.source),
    )


def _later(known: Sequence[Story], status_date: str) -> int:
    return sum(
        story.first_at.date().isoformat()[: len(status_date)] > status_date for story in known
    )
