"""What a headline says is new, and whether it says that something was stopped.

Two headlines can share every name and still tell of two events: the vote and what may come of it,
the approval and its pause.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

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


_LET = frozenset(
    ["decline", "declines", "declined", "refuse", "refuses", "refused", "won't", "not"]
)
LET_WORDS = 3
"""So many words before a word for stopping, these say that it was not stopped."""


def stance(words: Sequence[str]) -> bool | None:
    """Return whether a headline says that something was stopped; None where it says neither."""
    low = [word.casefold().replace("’", "'") for word in words]
    at = next((at for at, word in enumerate(low) if word in STOPPED), None)
    return None if at is None else _LET.isdisjoint(low[max(0, at - LET_WORDS) : at])


def front(title: str) -> str:
    """Return the part of `title` that says what is new; what follows `after` is background."""
    match = _BACKGROUND.search(title, FRONT_CHARS_MIN)
    return title[: match.start()] if match else title
