"""What is known of one case, gathered as a value for whoever shows it.

A fact without a source a reader can open does not get onto the card: it is None or empty there,
and is shown as not on file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aggregator.model import Case, Milestone, Person, Story, Trust

LATEST_MAX = 5


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
    filed: str | None
    latest: tuple[Step, ...]
    later: int
    """How many of the developments we read are newer than the status."""
    items: int
    outlets: int
    as_of: datetime


def card(case: Case, stories: Sequence[Story], coverage: tuple[int, int], now: datetime) -> Card:
    """Return the card of `case` from its newest `stories` and its `coverage` (items, outlets)."""
    told = sorted(
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
        court=case.court_name or case.court,
        docket=case.docket if case.docket_source else None,
        docket_source=case.docket_source,
        judges=_sourced(case.judges, case),
        parties=_sourced(case.parties, case),
        status=case.status if sourced else None,
        status_date=case.status_date if sourced else "",
        status_source=case.status_source if sourced else "",
        closed=case.closed,
        filed=case.filed or None,
        latest=_latest(told, case.milestones),
        later=_later(told, case.status_date) if sourced else 0,
        items=items,
        outlets=outlets,
        as_of=now,
    )


def _sourced(people: Sequence[Person], case: Case) -> tuple[Person, ...]:
    # The docket names the parties and the judge, so its source stands for theirs.
    return tuple(person for person in people if person.source or case.docket_source)


def _latest(told: Sequence[Story], milestones: Sequence[Milestone]) -> tuple[Step, ...]:
    """Return developments, newest first, filled up with the milestones older than all of them."""
    steps = [_development(story) for story in told[:LATEST_MAX]]
    oldest = steps[-1].date if steps else "9999"
    steps.extend(
        _milestone(milestone)
        for milestone in sorted(milestones, key=lambda one: one.date, reverse=True)
        if milestone.date < oldest[: len(milestone.date)] and milestone.source
    )
    return tuple(steps[:LATEST_MAX])


def _development(story: Story) -> Step:
    lead = story.lead
    others = {report.outlet for report in story.reports if report.counted} - {lead.outlet}
    return Step(
        date=story.first_at.date().isoformat(),
        what=lead.title,
        source=lead.url,
        outlet=lead.outlet,
        more=len(others),
        primary=lead.trust is Trust.PRIMARY,
    )


def _milestone(milestone: Milestone) -> Step:
    return Step(date=milestone.date, what=milestone.what, source=milestone.source)


def _later(told: Sequence[Story], status_date: str) -> int:
    return sum(
        story.first_at.date().isoformat()[: len(status_date)] > status_date for story in told
    )
