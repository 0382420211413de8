"""Which steps of a case are never another step."""

from __future__ import annotations

import re

from aggregator.model import EventKind
from aggregator.stories.stance import front

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

_ANSWERS = frozenset({EventKind.COMPLAINT, EventKind.MOTION})
"""Who asks a court about a new suit answers it."""

_ACTS = tuple(
    (name, re.compile(rf"(?<!\w)(?:{text})(?!\w)", re.IGNORECASE))
    for name, text in (
        (
            "appeal",
            (
                r"appeals(?! (?:court|panel|judge|ruling))|appealed|notice of appeal|"
                r"files?(?: \w+){0,3} appeal|(?:asks?|petitions?|urges?)(?:\s[\w'’.]+){0,3}?\s"
                r"(?:supreme court|circuit)"
            ),
        ),
        (
            "date",
            (
                r"(?:sets?|schedules?|reschedules?|moves?|pushes|postpones?|delays?|adjourns?)"
                r"(?:\s[\w'’.\-]+){0,8}?\s(?:trial|retrial|sentencing)|(?:trial|retrial|sentencing)"
                r"(?:\s[\w'’.\-]+){0,6}?\s(?:set|scheduled|rescheduled|moved|postponed|delayed|"
                r"adjourned|pushed back)|to be sentenced (?:on|in)"
            ),
        ),
        (
            "custody",
            r"detain(?:s|ed)|into custody|remanded to|jailed (?:until|pending)|bail|house arrest",
        ),
    )
)
"""What follows on a decision and is none of it: an appeal, a date, where the defendant waits."""

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
    kinds = frozenset({one, other})
    return one is not other and (kinds <= FAR_APART or kinds == _ANSWERS)


def act(title: str) -> str:
    """Return what the news of `title` does beside deciding; empty: nothing of the kind."""
    news = front(title)
    return next((name for name, pattern in _ACTS if pattern.search(news)), "")
