"""What is said about digests, quiet hours and time zones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aggregator.model import TargetKind

DIGEST: Final = "Digest"
CATCH_UP: Final = "While it was quiet"
WEEKDAYS: Final = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)
KINDS: Final = {
    TargetKind.CASE: ("case", "cases"),
    TargetKind.WATCHLIST: ("watchlist", "watchlists"),
    TargetKind.ENTITY: ("name", "names"),
    TargetKind.WATCH: ("watch", "watches"),
}
CHANGE: Final = "Change time"

DIGEST_OFF: Final = (
    "No digest comes here. What does not ring at once is then only in /digest now and /latest."
)
DIGEST_HINT: Final = (
    "For example /digest daily 08:00, /digest weekly mon 08:00, /digest off or /digest now."
)
DIGEST_BUTTONS: Final = {
    "daily": "Daily 08:00",
    "weekly": "Weekly Mon 08:00",
    "off": "Off",
    "now": "Now",
}
NOTHING_FOLLOWED: Final = (
    "Nothing is followed here yet, so there is nothing to tell. Send /cases to choose."
)

QUIET_OFF: Final = "No quiet hours here: everything rings whenever it comes."
QUIET_HINT: Final = "For example /quiet 22:00-07:00, or /quiet off."
QUIET_BUTTONS: Final = {
    "2200-0700": "22:00 to 07:00",
    "2300-0800": "23:00 to 08:00",
    "off": "Off",
}
QUIET_SAME: Final = "Quiet hours must end at another time than they begin."

ZONE_HINT: Final = "Name a city's zone, for example /tz Europe/Berlin, /tz America/New_York or /tz UTC. An offset such as CET+1 knows no summer time."


def no_schedule(text: str) -> str:
    return f"I cannot read “{text}” as a time for a digest. {DIGEST_HINT} Nothing was changed."


def no_quiet(text: str) -> str:
    return f"I cannot read “{text}” as quiet hours. {QUIET_HINT} Nothing was changed."


def no_zone(text: str) -> str:
    return f"I know no time zone “{text}”. {ZONE_HINT} Nothing was changed."


def zone_without_place(text: str) -> str:
    return f"“{text}” names a clock but knows no place, so it may miss summer time. {ZONE_HINT} Nothing was changed."


def did_you_mean_zone(text: str) -> str:
    return f"I know no time zone “{text}”. Did you mean one of these?"


def schedule(at: str, weekday: int | None) -> str:
    return f"daily at {at}" if weekday is None else f"every {WEEKDAYS[weekday]} at {at}"


def digest_is(when: str, zone: str, following: str) -> str:
    """Say what is set; `following` is when the next one comes."""
    return f"A digest comes {when} ({zone}), next {following}."


def digest_when_news(when: str, zone: str, following: str) -> str:
    """Say what holds where nobody chose: only a digest with news comes."""
    return f"{digest_is(when, zone, following)} Nobody chose this, so it comes only when there is something to tell."


def quiet_is(start: str, end: str, zone: str) -> str:
    return f"Quiet from {start} to {end} ({zone}). High still rings; the rest comes in one message at {end}."


def zone_is(zone: str, clock: str) -> str:
    return f"The time zone here is {zone}, where it is {clock}. Digests and quiet hours go by it."


def nothing_new(things: Sequence[tuple[TargetKind, int]]) -> str:
    counted = [f"{count} {KINDS[kind][count != 1]}" for kind, count in things]
    *rest, last = counted
    return f"Nothing new in {', '.join(rest)} and {last}" if rest else f"Nothing new in {last}"


def sources_read(read: int, total: int) -> str:
    return f"{read} of {total} source{'' if total == 1 else 's'} read"


def blind(names: str) -> str:
    return f"blind: {names}"
