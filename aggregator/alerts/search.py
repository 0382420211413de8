"""Under which numbers a message whose fate is unknown may lie: a pure function of what is known.

Telegram numbers the messages of a chat upwards; that is observed, and no document promises it.  So
what was taken in lies above the last number known before it left, and below that of a message
which left after it had failed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import count, islice

from aggregator.model import Unsettled

PROBES_MAX = 20
"""Numbers tried for a message that may be there; each is an edit and counts as a message."""

PROBES_BESIDE = 8
"""Numbers tried beyond those of the lost messages: what people wrote meanwhile took some too."""

SPAN_MAX = 10_000
"""Where more numbers than these lie between the two bounds, no search can be complete."""


def numbers(
    unsettled: Unsettled, tried: Collection[int] = frozenset(), rank: int = 0
) -> Sequence[int]:
    """Return the numbers to try next, the likeliest first; `tried` was already, in vain.

    What left behind `rank` other lost messages most likely lies behind as many free numbers.  Of
    several copies the newest must be found: an older one, unknown, lies below it and is in
    nobody's way, where a newer one would be taken for the chat's next message and written over.
    """
    left = max(0, PROBES_MAX - len(tried))
    if unsettled.delivery.attempts > 1:
        return _upper(unsettled, tried)[:left]
    likely = list(islice(_free(unsettled), rank + PROBES_MAX))
    if unsettled.below is None and not unsettled.crowded:
        likely = likely[: _wanted(unsettled)]
    order = sorted(range(len(likely)), key=lambda at: (abs(at - rank), at))
    return [likely[at] for at in order if likely[at] not in tried][:left]


def is_conclusive(unsettled: Unsettled, tried: Collection[int]) -> bool:
    """Say whether to have `tried` these in vain proves that it is not there."""
    if unsettled.below is None:
        if unsettled.crowded:
            return False
        possible: Iterator[int] = islice(_free(unsettled), _wanted(unsettled))
    elif unsettled.below - unsettled.after > SPAN_MAX:
        return False
    else:
        possible = _free(unsettled)
    return all(number in tried for number in possible)


def _upper(unsettled: Unsettled, tried: Collection[int]) -> list[int]:
    """Return what is left of the highest numbers it can have, the highest first."""
    most = PROBES_MAX if unsettled.crowded else min(PROBES_MAX, _wanted(unsettled))
    if unsettled.below is None:
        found = list(islice(_free(unsettled), most))[::-1]
    else:
        down = range(unsettled.below - 1, unsettled.after, -1)
        found = list(islice((n for n in down if n not in unsettled.taken), PROBES_MAX))
    return [number for number in found if number not in tried]


def _free(unsettled: Unsettled) -> Iterator[int]:
    """Yield the numbers it can have, upwards; without an upper bound there is no end of them."""
    after, below = unsettled.after + 1, unsettled.below
    span = count(after) if below is None else iter(range(after, below))
    return (number for number in span if number not in unsettled.taken)


def _wanted(unsettled: Unsettled) -> int:
    """Return how many numbers would have to be tried to say that it is under none of them.

    Those that are free up to the highest known, and as many beyond as the lost messages and what
    we have not heard of yet may have taken.
    """
    known = unsettled.highest - unsettled.after
    taken = sum(1 for n in unsettled.taken if unsettled.after < n <= unsettled.highest)
    tries = unsettled.delivery.attempts
    return max(0, known - taken) + unsettled.lost + PROBES_BESIDE + tries - 1
