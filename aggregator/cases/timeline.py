"""A case's milestones and the developments we read, on one line of time, in pages.

A milestone is a fact of the rules with a source; a development is a story.  Where both tell of the
same event on the same day they are one row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.cases.best import RANK, best, is_official, told
from aggregator.model import Case, EventKind, Milestone, Report, Story, Trust

ROWS_PER_PAGE = 8
EAST_COAST = timedelta(hours=5)
"""Courts date by their own clock: what a feed dates 02:00 UTC happened the evening before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One event: a milestone, a development, or one told by both."""

    date: str
    """`YYYY-MM-DD`, or as much of it as the source gives."""
    milestone: Milestone | None = None
    story: Story | None = None
    report: Report | None = None
    """The best source of `story`; None when there is no story."""
    outlets: int = 0
    """How many outlets count for the story, the best source's own among them."""

    @property
    def at(self) -> datetime | None:
        """When it happened to the minute; None when only a milestone says so."""
        return self.story.first_at if self.story is not None and self.milestone is None else None

    @property
    def event(self) -> EventKind | None:
        """What sort of thing happened; None when a milestone does not say."""
        if self.milestone is not None:
            return self.milestone.event
        return None if self.story is None else self.story.event.kind

    @property
    def what(self) -> str:
        """The milestone's words, else the best source's."""
        if self.milestone is not None:
            return self.milestone.what
        return "" if self.report is None else told(self.report)

    @property
    def primary(self) -> bool:
        """A court or an authority is among its sources."""
        by_report = self.report is not None and self.report.trust is Trust.PRIMARY
        return by_report or (self.milestone is not None and is_official(self.milestone.source))


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """One page of a case's history, newest first."""

    slug: str
    title: str
    page: int
    """From 1."""
    pages: int
    """At least 1."""
    rows: tuple[Row, ...]
    court_only: bool
    first: int = 0
    """The number of the page's first row among all, from 1; 0 on an empty timeline."""
    total: int = 0


def timeline(
    case: Case,
    stories: Iterable[Story],
    now: datetime,
    *,
    page: int = 1,
    court_only: bool = False,
) -> Timeline:
    """Return page `page` of the history of `case`; a page that is not there gives the nearest.

    `court_only` keeps what a court or an authority itself says.
    """
    rows = history(case, stories, now)
    if court_only:
        rows = tuple(row for row in rows if row.primary)
    pages = max(1, -(-len(rows) // ROWS_PER_PAGE))
    page = min(max(page, 1), pages)
    start = (page - 1) * ROWS_PER_PAGE
    shown = rows[start : start + ROWS_PER_PAGE]
    return Timeline(
        slug=case.slug,
        title=case.title,
        page=page,
        pages=pages,
        rows=shown,
        court_only=court_only,
        first=start + 1 if shown else 0,
        total=len(rows),
    )


def history(case: Case, stories: Iterable[Story], now: datetime) -> tuple[Row, ...]:
    """Return every row, newest first; a date without its day stands after the days it may be."""
    told_of = [story for story in stories if not story.event.quiet and story.first_at <= now]
    rows: list[Row] = []
    for milestone in case.milestones:
        if not milestone.source:
            continue
        same = _same_event(milestone, told_of)
        if same is not None:
            told_of = [story for story in told_of if story is not same]
        rows.append(_row(milestone.date, milestone, same))
    rows.extend(_row(story.first_at.date().isoformat(), None, story) for story in told_of)
    # As text "2025-02" comes before "2025-02-01", so newest first it comes after all its days.
    return tuple(sorted(rows, key=_order, reverse=True))


def _order(row: Row) -> tuple[str, float, str, str]:
    at = 0.0 if row.story is None else row.story.first_at.timestamp()
    return row.date, at, row.what, "" if row.story is None else row.story.id


def _row(date: str, milestone: Milestone | None, story: Story | None) -> Row:
    if story is None:
        return Row(date=date, milestone=milestone)
    report = best(story)
    outlets = {one.outlet for one in story.reports if one.counted} | {report.outlet}
    return Row(date=date, milestone=milestone, story=story, report=report, outlets=len(outlets))


def _same_event(milestone: Milestone, stories: Sequence[Story]) -> Story | None:
    """Return the story of the milestone's day and event; of several the one best told."""
    if milestone.event is None:
        return None
    same = [
        story
        for story in stories
        if story.event.kind is milestone.event and milestone.date in _days(story)
    ]
    return min(same, key=_worth, default=None)


def _days(story: Story) -> set[str]:
    moments = (story.first_at, story.first_at - EAST_COAST)
    return {moment.date().isoformat() for moment in moments}


def _worth(story: Story) -> tuple[int, int, datetime, str]:
    return RANK[best(story).trust], -len(story.reports), story.first_at, story.id
