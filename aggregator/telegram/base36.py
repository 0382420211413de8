"""Numbers as a button carries them: in as few characters as lower-case letters and digits allow."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
SHAPE = re.compile(r"-?[0-9a-z]{1,13}")
"""Thirteen digits hold 64 bits."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def written(number: int) -> str:
    """Return `number` in base 36."""
    rest, shown = abs(number), ""
    while rest or not shown:
        rest, digit = divmod(rest, 36)
        shown = DIGITS[digit] + shown
    return f"-{shown}" if number < 0 else shown


def read(text: str) -> int | None:
    """Return the number that `text` is; None when it is none."""
    return int(text, 36) if SHAPE.fullmatch(text) else None


def moment_written(at: datetime) -> str:
    """Return a moment, to the microsecond."""
    return written((at - EPOCH) // MICROSECOND)


def moment_read(text: str) -> datetime | None:
    """Return the moment that `text` is; None when it is none."""
    number = read(text)
    try:
        return None if number is None else EPOCH + number * MICROSECOND
    except OverflowError:
        return None
