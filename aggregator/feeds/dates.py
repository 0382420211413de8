"""The dates that feeds and servers write, in the forms they really use; pure.

RFC 822 and 2822 (any zone name, two-digit years), RFC 850, asctime, W3CDTF and ISO 8601, month
names in English, German, Russian and Ukrainian, seconds since 1970, and days in digits where only
one order of day and month is possible.  A date that cannot be (the year 2923, a clock that started
at 1970) is no date.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

YEAR_MIN = 1990
YEAR_MAX = 2100
_TEXT_CHARS_MAX = 80

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan янв січ", "feb фев лют", "mar mär мар бер", "apr апр кві", "may mai май мая тра",
         "jun июн чер", "jul июл лип", "aug авг сер", "sep сен вер", "oct okt окт жов",
         "nov ноя лис", "dec dez дек гру"),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
# Hours from UTC.  RFC 822 names, and the ones that courts and agencies outside the US write.
_ZONES = {
    "ut": 0.0, "utc": 0.0, "gmt": 0.0, "z": 0.0, "wet": 0.0, "west": 1.0, "bst": 1.0,
    "cet": 1.0, "cest": 2.0, "met": 1.0, "mest": 2.0, "mez": 1.0, "eet": 2.0, "eest": 3.0,
    "msk": 3.0, "мск": 3.0, "gst": 4.0, "sgt": 8.0, "hkt": 8.0, "awst": 8.0, "jst": 9.0, "kst": 9.0,
    "acst": 9.5, "aest": 10.0, "aedt": 11.0, "nzst": 12.0, "nzdt": 13.0,
    "est": -5.0, "edt": -4.0, "et": -5.0, "cst": -6.0, "cdt": -5.0, "ct": -6.0,
    "mst": -7.0, "mdt": -6.0, "mt": -7.0, "pst": -8.0, "pdt": -7.0, "pt": -8.0,
    "akst": -9.0, "akdt": -8.0, "hst": -10.0, "ast": -4.0, "adt": -3.0,
}  # fmt: skip
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<part>\d+))?)?"
_ZONE = (
    r"(?P<zone>[+-]\d{1,2}:?\d{2}|(?i:utc?|gmt)\s?[+-]\d{1,2}(?::\d{2})?|[A-Z][A-Za-z]+(?:/[A-Za-z0-9_+-]+){1,2}"
    r"|[^\W\d_]{1,4}(?:\s?[+-]\d{2}:?\d{2})?)?"
)
_HALF = r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?"
_WEEKDAY = r"(?:[^\W\d]+\.?(?:,\s*|\s+))?"
_ISO = re.compile(
    r"(?P<year>\d{4})(?:-?(?P<month>\d{2})(?:-?(?P<day>\d{2}))?)?"
    rf"(?:[Tt\s]\s*{_CLOCK})?\s*{_ZONE}"
)
_COMPACT = re.compile(
    r"(?P<year>\d{4})-?(?P<month>\d{2})-?(?P<day>\d{2})"
    rf"[Tt](?P<hour>\d{{2}})(?P<minute>\d{{2}})(?:(?P<second>\d{{2}})(?:[.,](?P<part>\d+))?)?\s*{_ZONE}"
)
_YEAR_FIRST = re.compile(
    r"(?P<year>\d{4})(?P<mark>[/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})"
    rf"(?:,?\s+{_CLOCK}{_HALF})?\s*{_ZONE}"
)
_MAIL = re.compile(
    rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?[\s-]+(?P<name>[^\W\d]{{3,}})\.?,?[\s-]+"
    rf"(?P<year>\d{{4}}|\d{{2}})(?:\s*г\.?)?(?:,?\s+(?:(?:at|um|в)\s+)?{_CLOCK}{_HALF})?\s*{_ZONE}"
)
_US = re.compile(
    rf"{_WEEKDAY}(?P<name>[A-Za-z]{{3,}})\.?\s+(?P<day>\d{{1,2}}),?\s+"
    rf"(?P<year>\d{{4}})(?:,?\s+(?:at\s+|-\s+)?{_CLOCK}{_HALF})?\s*{_ZONE}"
)
_DIGITS = re.compile(
    rf"{_WEEKDAY}(?P<first>\d{{1,2}})(?P<mark>[/.])(?P<other>\d{{1,2}})(?P=mark)(?P<year>\d{{4}})"
    rf"(?:,?\s+{_CLOCK}{_HALF})?\s*{_ZONE}"
)
_ASCTIME = re.compile(
    rf"[A-Za-z]{{3}}\s+(?P<name>[A-Za-z]{{3}})\s+(?P<day>\d{{1,2}})\s+{_CLOCK}\s*{_ZONE}\s+"
    r"(?P<year>\d{4})"
)
_EPOCH = re.compile(r"(?P<seconds>\d{10})(?:\d{3})?", re.ASCII)
_FORMS = (_ISO, _COMPACT, _YEAR_FIRST, _MAIL, _US, _ASCTIME, _DIGITS, _EPOCH)


def parse_date(text: str | None) -> datetime | None:
    """Return the moment `text` names, in UTC; None when it names none that can be.

    No zone means UTC.  A zone nobody knows means UTC too: hours off beat no date at all.  Future
    dates are kept.  What could be two different days is neither.
    """
    if not text:
        return None
    text = " ".join(text.split())
    if len(text) > _TEXT_CHARS_MAX:
        return None
    text = re.sub(r"\s*\([^()]*\)$", "", text)
    for form in _FORMS:
        found = form.fullmatch(text)
        if found is not None:
            return _moment(found.groupdict())
    return None


def _moment(part: dict[str, str | None]) -> datetime | None:
    try:
        moment = _since_1970(part["seconds"]) if part.get("seconds") else _by_calendar(part)
    except (ValueError, OverflowError):
        return None
    return moment if YEAR_MIN <= moment.year <= YEAR_MAX else None


def _since_1970(seconds: str | None) -> datetime:
    """Return the moment of that second, unless the digits spell out an hour of a day."""
    text = seconds or ""
    moment = datetime.fromtimestamp(int(text), UTC)
    try:
        datetime(int(text[:4]), int(text[4:6]), int(text[6:8]), int(text[8:]), tzinfo=UTC)
    except ValueError:
        return moment
    raise ValueError("2026112210 is that hour, or a second in 2034")


def _by_calendar(part: dict[str, str | None]) -> datetime:
    month, day = _month_and_day(part)
    midnight = datetime(_year(part["year"] or ""), month, day, tzinfo=UTC)
    zone = _zone(part.get("zone"))
    return (midnight + _time_of_day(part)).replace(tzinfo=zone).astimezone(UTC)


def _month_and_day(part: dict[str, str | None]) -> tuple[int, int]:
    if name := part.get("name"):
        return _MONTHS.get(name[:3].casefold(), 0), int(part.get("day") or 1)
    if not part.get("first"):
        return int(part.get("month") or 1), int(part.get("day") or 1)
    first, second = int(part["first"] or 0), int(part["other"] or 0)
    if first > 12 or part["mark"] == ".":
        return second, first
    # Only the US puts the month first, and hardly anyone else writes such a day with AM and PM.
    if second > 12 or first == second or part.get("half"):
        return first, second
    raise ValueError("either may be the month")


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


def _zone(name: str | None) -> tzinfo:
    if not name:
        return UTC
    if "/" in name:
        return _place(name)
    found = re.search(r"([+-])(\d{1,2}?)(?::?(\d{2}))?$", name)
    if found is None:
        return timezone(timedelta(hours=_ZONES.get(name.casefold(), 0.0)))
    span = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    if span > timedelta(hours=14):
        return UTC
    return timezone(-span if found[1] == "-" else span)


def _place(name: str) -> tzinfo:
    """Return the clock of `America/New_York` and its kin, from the system or package `tzdata`."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):  # the last for `America`, which is a directory
        return UTC
