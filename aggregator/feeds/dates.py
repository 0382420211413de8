"""The dates that feeds and servers write, in the forms they really use; pure.

RFC 822 and 2822 (any zone name, two-digit years), RFC 850, asctime, W3CDTF and ISO 8601.  A date
that cannot be (the year 2923, a clock that started at 1970) is no date.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

YEAR_MIN = 1990
YEAR_MAX = 2100
_TEXT_CHARS_MAX = 80

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan", "feb", "mar mär", "apr", "may mai", "jun", "jul", "aug", "sep", "oct okt",
         "nov", "dec dez"),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
# Hours from UTC.  RFC 822 names, and the ones that courts and agencies outside the US write.
_ZONES = {
    "ut": 0.0, "utc": 0.0, "gmt": 0.0, "z": 0.0, "wet": 0.0, "west": 1.0, "bst": 1.0,
    "cet": 1.0, "cest": 2.0, "met": 1.0, "mest": 2.0, "mez": 1.0, "eet": 2.0, "eest": 3.0,
    "msk": 3.0, "gst": 4.0, "sgt": 8.0, "hkt": 8.0, "awst": 8.0, "jst": 9.0, "kst": 9.0,
    "acst": 9.5, "aest": 10.0, "aedt": 11.0, "nzst": 12.0, "nzdt": 13.0,
    "est": -5.0, "edt": -4.0, "et": -5.0, "cst": -6.0, "cdt": -5.0, "ct": -6.0,
    "mst": -7.0, "mdt": -6.0, "mt": -7.0, "pst": -8.0, "pdt": -7.0, "pt": -8.0,
    "akst": -9.0, "akdt": -8.0, "hst": -10.0, "ast": -4.0, "adt": -3.0,
}  # fmt: skip
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<part>\d+))?)?"
_ZONE = r"(?P<zone>[+-]\d{1,2}:?\d{2}|[A-Za-z]{1,4}(?:[+-]\d{2}:?\d{2})?)?"
_WEEKDAY = r"(?:[^\W\d]+\.?(?:,\s*|\s+))?"
_ISO = re.compile(
    r"(?P<year>\d{4})(?:-?(?P<month>\d{2})(?:-?(?P<day>\d{2}))?)?"
    rf"(?:[Tt\s]\s*{_CLOCK})?\s*{_ZONE}"
)
_MAIL = re.compile(
    rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s-]+(?P<name>[^\W\d]{{3,}})\.?,?[\s-]+"
    rf"(?P<year>\d{{4}}|\d{{2}})(?:,?\s+(?:at\s+)?{_CLOCK}(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?)?\s*{_ZONE}"
)
_US = re.compile(
    rf"{_WEEKDAY}(?P<name>[A-Za-z]{{3,}})\.?\s+(?P<day>\d{{1,2}}),?\s+"
    rf"(?P<year>\d{{4}})(?:,?\s+(?:at\s+|-\s+)?{_CLOCK}(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?)?\s*{_ZONE}"
)
_ASCTIME = re.compile(
    rf"[A-Za-z]{{3}}\s+(?P<name>[A-Za-z]{{3}})\s+(?P<day>\d{{1,2}})\s+{_CLOCK}\s*{_ZONE}\s+"
    r"(?P<year>\d{4})"
)


def parse_date(text: str | None) -> datetime | None:
    """Return the moment `text` names, in UTC; None when it names none that can be.

    No zone means UTC.  A zone nobody knows means UTC too: hours off beat no date at all.  Future
    dates are kept.
    """
    if not text:
        return None
    text = " ".join(text.split())
    if len(text) > _TEXT_CHARS_MAX:
        return None
    text = re.sub(r"\s*\([^()]*\)$", "", text)
    for form in (_ISO, _MAIL, _US, _ASCTIME):
        found = form.fullmatch(text)
        if found is not None:
            return _moment(found.groupdict())
    return None


def _moment(part: dict[str, str | None]) -> datetime | None:
    name = part.get("name")
    month = _MONTHS.get(name[:3].casefold(), 0) if name else int(part.get("month") or 1)
    try:
        day = datetime(_year(part["year"] or ""), month, int(part.get("day") or 1), tzinfo=UTC)
        zone = timezone(_offset(part.get("zone")))
        moment = (day + _time_of_day(part)).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if YEAR_MIN <= moment.year <= YEAR_MAX else None


def _year(text: str) -> int:
    """RFC 2822 4.3: 00-49 are 2000s, 50-99 the 1900s."""
    year = int(text)
    if len(text) == 2:
        year += 2000 if year < 50 else 1900
    return year


def _time_of_day(part: dict[str, str | None]) -> timedelta:
    hour = int(part.get("hour") or 0)
    minute, second = int(part.get("minute") or 0), int(part.get("second") or 0)
    half = (part.get("half") or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    # 24:00 is the end of the day, and :60 a leap second; both roll over.
    if hour > 24 or minute > 59 or second > 60 or (hour == 24 and (minute or second)):
        raise ValueError("no such time of day")
    micro = int(f"{part['part']:0<6}"[:6]) if part.get("part") else 0
    return timedelta(hours=hour, minutes=minute, seconds=second, microseconds=micro)


def _offset(zone: str | None) -> timedelta:
    if not zone:
        return timedelta()
    found = re.search(r"([+-])(\d{1,2}):?(\d{2})$", zone)
    if found is None:
        return timedelta(hours=_ZONES.get(zone.casefold(), 0.0))
    span = timedelta(hours=int(found[2]), minutes=int(found[3]))
    if span > timedelta(hours=14):
        return timedelta()
    return -span if found[1] == "-" else span
