"""Under which numbers a message whose fate is unknown may lie: a pure function of what is known.

Telegram numbers the messages of a chat upwards; that is observed, and no document promises it.  So
what was taken in lies above the last number known before it left, and below what came later.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count, islice

from aggregator.model import Unsettled

PROBES_MAX = 20
"""Numbers tried for a message that may be there; each is an edit and counts as a message."""

PROBES_BESIDE = 8
"""Numbers tried beyond those of the lost messages: what people wrote meanwhile took some too."""


def numbers(unsettled: Unsettled) -> Sequence[int]:
    """Return the numbers to try.

    Of several copies the newest must be found: an older one, unknown, lies below it and is in
    nobody's way, where a newer one would be taken for the chat's next message and written over.
    """
    most = min(PROBES_MAX, _wanted(unsettled))
    free = (n for n in count(unsettled.after + 1) if n not in unsettled.taken)
    found = tuple(islice(free, most))
    return found if unsettled.delivery.attempts <= 1 else found[::-1]


def is_conclusive(unsettled: Unsettled) -> bool:
    """Say whether to find it under no number proves that it is not there."""
    return not unsettled.crowded and _wanted(unsettled) <= PROBES_MAX


def _wanted(unsettled: Unsettled) -> int:
    """Return how many numbers would have to be tried to say that it is under none of them.

    Those that are free up to the highest known, and as many beyond as the lost messages and what
    we have not heard of yet may have taken.
    """
    known = unsettled.highest - unsettled.after
    taken = sum(1 for n in unsettled.taken if unsettled.after < n <= unsettled.highest)
    tries = unsettled.delivery.attempts
    return max(0, known - taken) + unsettled.lost + PROBES_BESIDE + tries - 1
