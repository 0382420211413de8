"""Which steps of a case are never another step."""

from __future__ import annotations

from aggregator.model import EventKind

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

FAR_APART = frozenset(
    {
        EventKind.COMPLAINT,
        EventKind.DISMISSAL,
        EventKind.APPEAL,
        EventKind.VERDICT,
        EventKind.SENTENCE,
    }
)
"""No desk takes one of these for another.  A settlement is not among them: what is charged and
settled on one day is told as either."""

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


def conflict(one: EventKind, other: EventKind) -> bool:
    """Say whether `one` and `other` are different steps of a case."""
    if one is other or EventKind.OTHER in {one, other}:
        return False
    if frozenset({one, other}) in _ONE_STEP:
        return False
    return one in DECISIVE or other in DECISIVE


def far_apart(one: EventKind, other: EventKind) -> bool:
    """Say whether `one` and `other` cannot be two words for one step."""
    return one is not other and {one, other} <= FAR_APART
