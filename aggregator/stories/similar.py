"""Do a report and a story tell of one event?  The scorer, for what the rules matched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from aggregator.matching import docket_entry
from aggregator.model import EventKind, FeedKind, Item, Report, Story
from aggregator.stories.features import Pile, compare, text_of
from aggregator.stories.score import probability, shipped_model
from aggregator.stories.steps import DECISIVE, conflict
from aggregator.stories.terms import shipped, stems

__all__ = ["DECISIVE", "Likeness", "conflict", "hours_apart", "likeness"]

PILES_MAX = 4096
"""Stories whose words are remembered; others are added up anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How alike a report and a story are, and by what."""

    score: float
    """The probability, 0 to 1, that both tell of one event."""
    shared: tuple[str, ...]
    """The most telling words they share, as the report spells them."""
    hours: float


def likeness(
    item: Item,
    event: EventKind,
    story: Story,
    *,
    same_case: bool,
    weight: Callable[[str], float] | None = None,
) -> Likeness:
    """Return how likely `item` reports what `story` is about.

    `weight` says how telling a stem is: the shipped table where it is not given.
    """
    hours = hours_apart(item.at, story)
    told = tuple(
        [
            (report.title, report.summary, report.event.kind)
            for report in story.reports
            if _may_be_one_entry(item, event, report)
        ]
    )
    if not told:
        return Likeness(score=0.0, shared=(), hours=hours)
    features = compare(
        text_of(item.title, item.summary, event),
        _pile(told),
        weight or shipped().weight,
        hours=hours,
        same_case=same_case,
    )
    score = probability(shipped_model().logit(features))
    return Likeness(score=score, shared=features.shared, hours=hours)


def shown(score: float) -> str:
    """Return a score as it is told: `.82`."""
    return f"{score:.2f}".removeprefix("0")


@lru_cache(maxsize=PILES_MAX)
def _pile(told: tuple[tuple[str, str, EventKind], ...]) -> Pile:
    pile = Pile()
    for title, summary, event in told:
        pile.add(text_of(title, summary, event))
    return pile


def _may_be_one_entry(item: Item, event: EventKind, report: Report) -> bool:
    """Say whether two entries of a docket may tell of one event; True unless both are entries.

    They share the case's name for a title, so that only their labels tell them apart: a motion and
    the memorandum in its support are one event, orders on two motions are two.
    """
    if item.kind is not FeedKind.COURT or report.kind is not FeedKind.COURT:
        return True
    one, other = (
        frozenset(stems(docket_entry.event(text)[2])) for text in (item.summary, report.summary)
    )
    return event is report.event.kind and (one <= other or other <= one)


def hours_apart(at: datetime, story: Story) -> float:
    """Return the hours between `at` and the stretch in which the story was reported."""
    if at < story.first_at:
        return (story.first_at - at).total_seconds() / 3600
    if at > story.last_at:
        return (at - story.last_at).total_seconds() / 3600
    return 0.0
