"""The time zones of the world by name: reference data, read once.

The data comes from the system or from the package `tzdata`, whichever is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

AREAS = frozenset(
    {
        "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe",
        "Indian", "Pacific",
    }
)  # fmt: skip
"""What begins the name of a zone that follows a place's own clock.  The other names (`EST`,
`Etc/GMT+5`, `CET`) are offsets or old links: who means New York must not get a clock without summer
time."""

ZONES_MAX = 1000


@lru_cache(maxsize=ZONES_MAX)
def zone(name: str) -> tzinfo:
    """Return the zone of that name; UTC for one that this machine does not know (any more)."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


@lru_cache(maxsize=1)
def names() -> Mapping[str, str]:
    """Return the names that can be chosen, by their lower-case form."""
    found = {name for name in _available() if name.split("/")[0] in AREAS and "/" in name}
    return {name.lower(): name for name in sorted(found | {"UTC"})}


@lru_cache(maxsize=1)
def placeless() -> frozenset[str]:
    """Return the other names, in lower case: those that know no place."""
    return frozenset(name.lower() for name in _available()) - names().keys()


@lru_cache(maxsize=1)
def _available() -> frozenset[str]:
    return frozenset(available_timezones())
