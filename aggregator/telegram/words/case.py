"""What is said on a case's card, its timeline, its chart and its sources."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

TIMELINE: Final = "Timeline"
CHART: Final = "Chart"
SOURCES: Final = "Sources"
CASE: Final = "Case"
NEWER: Final = "Newer"
OLDER: Final = "Older"
COURT_ONLY: Final = "Court only"
ALL: Final = "All events"

WATCHED: Final = "Watched"
FACTS: Final = "Where the facts come from"
READ_FOR_THIS: Final = "Read for this case"
PRESS: Final = "Press"
REGULATORS: Final = "Authorities"
MILESTONE_SOURCES: Final = "Each event on the timeline carries its own source."

CHARGES_OPEN: Final = "Charges are allegations."
CHARGES_PARTLY: Final = "Charges that are not decided are allegations."
NO_EVENTS: Final = "Nothing on file yet."
NO_COURT_EVENTS: Final = "Nothing from a court or an authority on file yet."

ROLES: Final = frozenset(
    {
        "plaintiff",
        "defendant",
        "petitioner",
        "respondent",
        "appellant",
        "appellee",
        "intervenor",
        "claimant",
        "debtor",
        "trustee",
        "magistrate",
    }
)
"""What a person may be called beside the name: a place in the proceeding, never a judgment."""

LABELS: Final = frozenset({"status", "docket", "judge"})
"""What else a fact may be called."""


def later_reports(count: int) -> str:
    return f"{'1 later report' if count == 1 else f'{count} later reports'} may have changed this"


def timeline_of(title: str, *, court_only: bool) -> str:
    return f"{title} · timeline{', court only' if court_only else ''}"


def events_shown(first: int, last: int, total: int) -> str:
    return f"Events {first} to {last} of {total}, newest first"


def sources_of(title: str) -> str:
    return f"{title} · sources"


def ago(delta: timedelta) -> str:
    minutes = max(int(delta.total_seconds()) // 60, 0)
    if minutes < 120:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 48 * 60 else f"{minutes // 1440} days ago"


def feed_of(court: str, *, opinions: bool) -> str:
    return f"{court} {'opinions' if opinions else 'court'} feed"


OPINIONS_ONLY: Final = "opinions only"
NOT_EVERY_ENTRY: Final = "not every entry type"
"""Courts choose which kinds of entries their feeds carry."""
LATE: Final = "late"
LAST_TRY_FAILED: Final = "the last try failed"


def read(feed: str, when: str, notes: Sequence[str]) -> str:
    return ", ".join([f"{feed} read {when}", *notes])


def blind_since(feed: str, since: str) -> str:
    return f"{feed} cannot be read: blind since {since}"


def never_read(feed: str, *, failing: bool) -> str:
    return f"{feed} {'cannot be read: never read so far' if failing else 'not read yet'}"


def docket_not_watched(others: Sequence[str]) -> str:
    read_instead = f"{listed(others)} only" if others else "no source is read"
    return f"Docket not watched: {read_instead}"


def releases(agencies: Sequence[str]) -> str:
    return f"{listed(agencies)} releases"


PRESS_READ: Final = "press"
OTHER_RELEASES: Final = "other authorities' releases"


def listed(things: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(things[:-1]), *things[-1:]]))


def feeds_read(kind: str, fresh: int, total: int) -> str:
    return f"{kind}: {fresh} of {total} feeds read on time"


def blind(names: str) -> str:
    return f"blind: {names}"


def since(name: str, when: str) -> str:
    return f"{name} since {when}"


def times(outlet: str, count: int) -> str:
    return outlet if count == 1 else f"{outlet} {count} times"
