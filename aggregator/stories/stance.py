"""What a headline says is new, and whether it says that something was stopped.

Two headlines can share every name and still tell of two events: the vote and what may come of it,
the approval and its pause.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_STOPPED = """
pause pauses paused halt halts halted stay stays stayed suspend suspends suspended delay delays
delayed postpone postpones postponed block blocks blocked freeze freezes froze frozen brakes stall
stalls stalled reverse reverses reversed overturn overturns overturned vacate vacates vacated
withdraw withdraws withdrew withdrawn cancel cancels canceled cancelled scrap scraps scrapped
"""
STOPPED = frozenset(_STOPPED.split())

_BACKGROUND = re.compile(
    r"\s(?:after|following|amid|despite|since|as|in (?:the )?wake of|ahead of|before)\s|\s[-–—|]\s",
    re.IGNORECASE,
)
FRONT_CHARS_MIN = 18
"""A shorter beginning is no statement by itself."""


def stopped(words: Iterable[str]) -> bool:
    """Say whether a headline of these words tells that something was stopped."""
    return any(word.casefold() in STOPPED for word in words)


def front(title: str) -> str:
    """Return the part of `title` that says what is new; what follows `after` is background."""
    match = _BACKGROUND.search(title, FRONT_CHARS_MIN)
    return title[: match.start()] if match else title
