"""How a headline tells it: as done, as to come, as stopped, as somebody's words, as background.

Two headlines can share every name and still tell of two events: the order and the reaction to it,
the plan and the deed, the approval and the pause.  These marks are what tells them apart.
"""

from __future__ import annotations

import re

_KINDS = {
    "stopped": """
        pause pauses paused halt halts halted stay stays stayed suspend suspends suspended delay
        delays delayed postpone postpones postponed block blocks blocked freeze freezes froze brakes
        stall stalls stalled reverse reverses reversed overturn overturns overturned vacate vacated
        withdraw withdraws withdrew withdrawn drop drops dropped cancel cancels canceled cancelled
        """,
    "refused": """
        deny denies denied reject rejects rejected decline declines refuse refuses refused oppose
        opposes opposed not never no dismiss dismisses dismissed fail fails failed lose loses lost
        won't can't isn't aren't doesn't didn't
        """,
    "voiced": """
        calls urges urge slams slam slammed rebukes rebuke rips blasts criticizes criticises
        defends reacts reaction responds response vows claims warns predicts predicts thinks believes
        tells told says said lashes mocks praises demands questions tweets comments lawyers experts
        expert analyst analysts opinion explains weighs
        """,
    "to come": """
        will could may might would should set plans plan planned planning expected expects expect
        prepares likely looms soon upcoming deadline seeks seek intends aims wants proposes proposed
        considers considering weighs bid eyes next possible potential possibly
        """,
    "looked at": """
        why how what analysis explained explainer here's heres questions? prediction predictions
        forecast forecasts outlook review recap live updates poll survey timeline meaning impact
        seen signals suggests community speculation stirs
        """,
}
_MARKS = {
    mark: frozenset(kind for kind, marks in _KINDS.items() if mark in marks.split())
    for marks in _KINDS.values()
    for mark in marks.split()
}
STANCES = tuple(_KINDS)

_BACKGROUND = re.compile(
    r"\s(?:after|following|amid|despite|since|as|in wake of|in the wake of|ahead of|before|over)\s|"
    r"\s[-–—|]\s",
    re.IGNORECASE,
)
FRONT_CHARS_MIN = 18
"""A shorter beginning is no statement by itself."""


def stances(words: list[str]) -> frozenset[str]:
    """Return how a headline of these words tells its event."""
    found: set[str] = set()
    for word in words:
        found |= _MARKS.get(word.casefold().replace("’", "'"), frozenset())
    return frozenset(found)


def front(title: str) -> str:
    """Return the part of `title` that says what is new; what follows `after` is background."""
    match = _BACKGROUND.search(title, FRONT_CHARS_MIN)
    return title[: match.start()] if match else title
