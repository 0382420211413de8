"""Calendar dates that are only as exact as their source: `YYYY-MM-DD`, `YYYY-MM` or `YYYY`."""

from __future__ import annotations

import re
from datetime import date

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
FORM = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


def shown(text: str) -> str:
    """Return `2024-06-28` as "28 Jun 2024", `2024-06` as "Jun 2024", anything else as it is."""
    found = FORM.fullmatch(text)
    if found is None or placed(text) is None or found[2] is None:
        return text
    year, month = found[1], MONTHS[int(found[2]) - 1]
    return f"{month} {year}" if found[3] is None else f"{int(found[3])} {month} {year}"


def day(at: date) -> str:
    """Return a day as "28 Jun 2024"."""
    return f"{at.day} {MONTHS[at.month - 1]} {at.year}"


def placed(text: str) -> date | None:
    """Return where on a line of time a date stands, a vague one in the middle of what it may be;
    None for what is no date.
    """
    found = FORM.fullmatch(text)
    if found is None or not found[0].isascii():
        return None
    year, month, at = int(found[1]), found[2], found[3]
    try:
        return date(year, int(month or 7), int(at or (15 if month else 1)))
    except ValueError:
        return None
