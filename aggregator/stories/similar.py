"""Do two reports tell of one event?  A few features anyone can check, and a logistic over them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from aggregator.matching import docket_entry
from aggregator.model import EventKind, FeedKind, Item, Report, Story
from aggregator.stories.terms import figures, stems, weight

MEMBERS_MAX = 12
"""Compared with this many of a story's newest reports: later ones repeat earlier ones."""

LEAD_CHARS = 220
"""What a summary adds to a headline stands at its beginning; the rest is background."""

DECISIVE = frozenset(
    {
        EventKind.COMPLAINT,
        EventKind.SETTLEMENT,
        EventKind.DISMISSAL,
        EventKind.APPEAL,
        EventKind.VERDICT,
        EventKind.SENTENCE,
        EventKind.STAY,
        EventKind.MOTION,
    }
)
"""Steps of a case that are never another step; the rest (hearing, discovery, order, ruling) are
what different desks call one day in court."""

_ONE_STEP = (
    frozenset({EventKind.SETTLEMENT, EventKind.DISMISSAL}),
    frozenset({EventKind.MOTION, EventKind.DISCOVERY}),
    frozenset({EventKind.MOTION, EventKind.STAY}),
    frozenset({EventKind.ORDER, EventKind.STAY}),
    frozenset({EventKind.ORDER, EventKind.SETTLEMENT}),
    frozenset({EventKind.RULING, EventKind.DISMISSAL}),
    frozenset({EventKind.APPEAL, EventKind.MOTION}),
)
"""Pairs that one event is often told as: a stipulated dismissal is a settlement to some."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How alike a report and a story are, and by what."""

    score: float
    """The probability, 0 to 1, that both tell of one event."""
    shared: tuple[str, ...]
    """The most telling stems they share."""
    hours: float


@dataclass(frozen=True, slots=True)
class Vector:
    """A text as weighted stems."""

    title: dict[str, float]
    whole: dict[str, float]
    figures: frozenset[str]

    @classmethod
    def of(cls, title: str, summary: str) -> Vector:
        lead = summary[:LEAD_CHARS]
        return cls(
            title=_unit(stems(title)),
            whole=_unit((*stems(title), *stems(title), *stems(lead))),
            figures=figures(title),
        )


# The logistic's weights.  Set by hand on the labelled pairs; see docs/design.md, "Same event?".
BIAS = -2.9
COSINE = 5.2
TITLE_CONTAINED = 2.4
RAREST_SHARED = 1.1
SAME_EVENT = 1.5
OTHER_EVENT = -2.6
OTHER_FIGURES = -0.8
PER_DAY_APART = -0.55
SAME_CASE = 1.5


def likeness(item: Item, event: EventKind, story: Story, *, same_case: bool) -> Likeness:
    """Return how likely `item` reports what `story` is about."""
    mine = Vector.of(item.title, item.summary)
    hours = hours_apart(item.at, story)
    best = -math.inf
    shared: tuple[str, ...] = ()
    for report in story.reports[-MEMBERS_MAX:]:
        if not _may_be_one_entry(item, event, report):
            continue
        value, common = _logit(mine, event, report)
        if value > best:
            best, shared = value, common
    logit = best + PER_DAY_APART * hours / 24 + SAME_CASE * same_case
    return Likeness(score=1 / (1 + math.exp(-logit)), shared=shared, hours=hours)


def conflict(one: EventKind, other: EventKind) -> bool:
    """Say whether `one` and `other` are different steps of a case."""
    if one is other or EventKind.OTHER in {one, other}:
        return False
    if frozenset({one, other}) in _ONE_STEP:
        return False
    return one in DECISIVE or other in DECISIVE


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


def _logit(mine: Vector, event: EventKind, report: Report) -> tuple[float, tuple[str, ...]]:
    theirs = Vector.of(report.title, report.summary)
    common = sorted(mine.whole.keys() & theirs.whole.keys(), key=lambda s: (-weight(s), s))
    cosine = sum(mine.whole[s] * theirs.whole[s] for s in common)
    value = BIAS + COSINE * cosine + TITLE_CONTAINED * _contained(mine.title, theirs.title)
    if common:
        value += RAREST_SHARED * weight(common[0])
    if event is report.event.kind and event is not EventKind.OTHER:
        value += SAME_EVENT
    elif conflict(event, report.event.kind):
        value += OTHER_EVENT
    if mine.figures and theirs.figures and not mine.figures & theirs.figures:
        value += OTHER_FIGURES
    return value, tuple(common[:4])


def _contained(one: dict[str, float], other: dict[str, float]) -> float:
    """Return how much of the shorter headline's weight the longer one has."""
    small, large = sorted((one, other), key=lambda v: sum(weight(s) for s in v))
    total = sum(weight(s) for s in small)
    return sum(weight(s) for s in small if s in large) / total if total else 0.0


def _unit(words: tuple[str, ...]) -> dict[str, float]:
    counts: dict[str, float] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    weighted = {word: (1 + math.log(n)) * weight(word) for word, n in counts.items()}
    norm = math.sqrt(sum(value * value for value in weighted.values())) or 1.0
    return {word: value / norm for word, value in weighted.items()}


def hours_apart(at: datetime, story: Story) -> float:
    """Return the hours between `at` and the stretch in which the story was reported."""
    if at < story.first_at:
        return (story.first_at - at).total_seconds() / 3600
    if at > story.last_at:
        return (at - story.last_at).total_seconds() / 3600
    return 0.0
