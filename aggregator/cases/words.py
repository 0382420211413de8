"""What a chart says about itself.  The chat's own words stand in `telegram`; a picture and its
alternative text are made here, so theirs do too.
"""

from __future__ import annotations

from typing import Final

NOTHING_READ: Final = "Nothing read yet"
BEFORE: Final = "Before that"
ON_FILE: Final = "On file"
TOO_MANY_WEEKS: Final = "too many weeks to show each"


def articles_per(unit: str) -> str:
    return f"Articles read per {unit}"


def span(first: str, last: str) -> str:
    return first if first == last else f"{first} to {last}"


def and_more(count: int) -> str:
    return f"and {count} more: see the timeline"


def in_all(total: int) -> str:
    return "1 in all" if total == 1 else f"{total} in all"


def peak(count: int, unit: str, start: str) -> str:
    return f"most in the {unit} from {start}: {count}"
