"""What people write for times, spans, schedules, quiet hours and time zones, and how we write them.

Each reader returns None (or says why) for what it cannot read; none raises.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from difflib import get_close_matches
from typing import Final, Literal

from aggregator.alerts import schedule
from aggregator.alerts.zones import names, placeless, zone
from aggregator.model import Quiet, Schedule

DEFAULT_AT: Final = time(8)
SUGGESTIONS_MAX = 5
LIKENESS_MIN = 0.8
ZONE_CHARS_MAX = 60
FUZZY_CHARS_MIN = 5
"""Shorter ones, such as EST, are like anything."""

CLOCK: Final = re.compile(
    r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2})?|(?P<minute2>\d{2}))?\s*(?P<half>[ap])?\.?(?:m\.?)?",
    re.IGNORECASE,
)
SPAN: Final = re.compile(
    r"(\d{1,5})\s*(m|min|mins|minutes?|h|hrs?|hours?|d|days?|w|weeks?)", re.IGNORECASE
)
UNITS: Final = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SEPARATORS: Final = re.compile(r"\s*(?:-|–|—|\bto\b|\buntil\b)\s*", re.IGNORECASE)

Wish = Schedule | Literal["off", "now"]


def clock(text: str) -> time | None:
    """Return the time of day that `text` means: `8:00`, `08.00`, `0800`, `8`, `8am`, `8:30 pm`."""
    text = text.strip().lower()
    found = CLOCK.fullmatch(text)
    if found is None or (text.endswith("m") and not found["half"]):
        return None
    hour, minute = int(found["hour"]), int(found["minute"] or found["minute2"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found["half"] == "p" else 0)
    elif hour == 24 and minute == 0:
        hour = 0
    return time(hour, minute) if hour < 24 and minute < 60 else None


def wish(text: str) -> Wish | None:
    """Return the digest that `text` asks for; a time alone is daily, a day alone is at 08:00."""
    words = text.lower().replace(",", " ").split()
    if words in (["off"], ["none"], ["never"]):
        return "off"
    if words == ["now"]:
        return "now"
    weekly, weekday = False, None
    if words and words[0] in {"daily", "weekly"}:
        weekly = words.pop(0) == "weekly"
    if words and words[0] == "on":
        words.pop(0)
    if words and (day := _weekday(words[0])) is not None:
        weekly, weekday = True, day
        words.pop(0)
    if words and words[0] == "at":
        words.pop(0)
    at = clock(" ".join(words)) if words else DEFAULT_AT
    if at is None or not text.strip():
        return None
    return Schedule(at=at, weekday=(weekday or 0) if weekly else None)


def _weekday(word: str) -> int | None:
    full = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    return next(
        (number for number, name in enumerate(full) if len(word) >= 3 and name.startswith(word)),
        None,
    )


def hours(text: str) -> Quiet | None:
    """Return the quiet hours that `text` means; their start and end may be equal."""
    parts = SEPARATORS.split(text.strip())
    ends = [clock(part) for part in parts]
    if len(ends) != 2 or ends[0] is None or ends[1] is None:
        return None
    return Quiet(start=ends[0], end=ends[1])


def span(text: str) -> timedelta | None:
    """Return the length of time that `text` means: `30m`, `24h`, `3d`, `1w`."""
    found = SPAN.fullmatch(text.strip())
    return int(found[1]) * UNITS[found[2][0].lower()] if found else None


def until(text: str, zone: tzinfo, now: datetime) -> datetime | None:
    """Return when `text` ends, from `now` on: a length of time, or `until 08:00`."""
    text = " ".join(text.lower().split())
    if text.startswith("until "):
        at = clock(text.removeprefix("until "))
        return None if at is None else schedule.following(Schedule(at=at), zone, now)
    length = span(text)
    return None if length is None else now + length


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """No zone is called so; these are written alike."""

    names: tuple[str, ...] = ()
    placeless: bool = False
    """It is a name of a clock, but of no place: `CET`, `Etc/GMT-14`."""


def zone_named(text: str) -> str | Alike:
    """Return the zone of that name in whatever case, or those that may be meant."""
    wanted = _plain(text[:ZONE_CHARS_MAX])
    known = names()
    if wanted in known:
        return known[wanted]
    if wanted in {"etc/utc", "gmt", "z", "zulu", "utc+0", "utc+00:00"}:
        return "UTC"
    if wanted in placeless():
        return Alike(placeless=True)
    cities: dict[str, list[str]] = {}
    for name in known.values():
        cities.setdefault(name.rsplit("/", 1)[-1].lower(), []).append(name)
    city = wanted.rsplit("/", 1)[-1]
    if city in cities:
        return Alike(names=tuple(cities[city][:SUGGESTIONS_MAX]))
    whole = get_close_matches(wanted, known, n=SUGGESTIONS_MAX, cutoff=LIKENESS_MIN)
    if whole:
        return Alike(names=tuple(known[one] for one in whole))
    if len(city) < FUZZY_CHARS_MIN:
        return Alike()
    near = get_close_matches(city, cities, n=SUGGESTIONS_MAX, cutoff=LIKENESS_MIN)
    return Alike(names=tuple(name for one in near for name in cities[one])[:SUGGESTIONS_MAX])


def _plain(text: str) -> str:
    """Return `text` as zones are written: lower case, no accents, underscores for spaces."""
    decomposed = unicodedata.normalize("NFKD", text)
    kept = "".join(char for char in decomposed if not unicodedata.combining(char))
    return re.sub(r"\s*/\s*", "/", kept.strip().lower()).replace(" ", "_")


def hhmm(at: time) -> str:
    """Return `08:00`."""
    return f"{at:%H:%M}"


def local(at: datetime, zone_name: str, now: datetime) -> str:
    """Return `at` by the clocks of a zone: `09:15 CEST`, with the date where it is not today."""
    here = at.astimezone(zone(zone_name))
    today = here.date() == now.astimezone(here.tzinfo).date()
    day = "" if today else f"{here.day} {here:%b}, "
    return f"{day}{here:%H:%M} {mark(here)}"


def mark(here: datetime) -> str:
    """Return what a clock that shows `here` is called: `CEST`, `UTC+03`."""
    name = here.tzname() or "UTC"
    return f"UTC{name}" if name[0] in "+-" else name
