"""What is said about how well the sources are read and the messages delivered."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Final

from aggregator.telegram.times import mark

TITLE: Final = "Status"
SOURCES: Final = "Sources of what is followed here"
ALL_SOURCES: Final = "Nothing is followed here, so these are all sources"
NO_SOURCES: Final = "No source is read."
FRESH: Final = "fresh"
LATE: Final = "Late"
BLIND: Final = "Blind"
NEVER_READ: Final = "never read"
EVERY_FEED: Final = "every feed"
NO_GAPS: Final = "No possible loss is open."
GAPS: Final = "Possible losses"
PARKED: Final = "May or may not have arrived, and is not repeated, as this place asked"
REPEATED: Final = (
    "May or may not have arrived; it came here again, marked, as often as one message may"
)
NOTHING_LOST: Final = "A later look shows that nothing was missed."
NEVER_MISS: Final = "Never miss"
NEVER_REPEAT: Final = "Never repeat"
DELIVERY: Final = "Delivery"
OUTBOX: Final = "Outbox"
RELOAD: Final = "Rules and feeds"
NO_DELAYS: Final = "From published to sent: no alert was sent yet."
RELOAD_TAKEN: Final = "taken"


def in_doubt(*, never_repeat: bool) -> str:
    """Say what becomes of a message that may or may not have arrived."""
    if never_repeat:
        return "Never repeat: what may have arrived already is not sent again, and stands here."
    return "Never miss: what may not have arrived is sent again, marked as perhaps a repeat."


def fresh(count: int, total: int) -> str:
    return f"{count} of {total} fresh"


def late(name: str, ago: str) -> str:
    return f"{name}, last read {ago}"


def blind(name: str, since: str, why: str) -> str:
    """Say since when a source cannot be relied on; `since` and `why` may be empty."""
    when = f"blind since {since}" if since else NEVER_READ
    return f"{name}, {when}{f' ({why})' if why else ''}"


def possible_loss(
    since: datetime, until: datetime | None, feed: str, why: str, zone: tzinfo = UTC
) -> str:
    """Say between which times something may have been missed on a feed; "" is every feed."""
    start = since.astimezone(zone)
    end = None if until is None else until.astimezone(zone)
    named = f"on feed {feed}" if feed else f"on {EVERY_FEED}"
    because = f": {why}" if why else ""
    clock = mark(start if end is None else end)
    if end is not None and start.date() != end.date():
        span = f"{_dated(start)} to {_dated(end)} {clock}"
        return f"Possible loss {span} {named}{because}"
    span = f"{start:%H:%M} until now" if end is None else f"{start:%H:%M} to {end:%H:%M}"
    return f"Possible loss {span} {named}, {start.day} {start:%b %Y} {clock}{because}"


def _dated(at: datetime) -> str:
    return f"{at.day} {at:%b, %H:%M}"


def minutes_ago(minutes: int) -> str:
    if minutes < 120:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 48 * 60 else f"{minutes // 60 // 24} days ago"


def delays(median: str, p95: str, count: int) -> str:
    alerts = "1 alert" if count == 1 else f"{count} alerts"
    return f"From published to sent: median {median}, p95 {p95} ({alerts})"


def span(seconds: float) -> str:
    if seconds < 120:
        return f"{round(seconds)} s"
    if seconds < 120 * 60:
        return f"{round(seconds / 60)} min"
    return f"{round(seconds / 3600)} h" if seconds < 48 * 3600 else f"{round(seconds / 86400)} days"


def outbox(queued: int, unknown: int, parked: int, dead: int, oldest: str) -> str:
    waits = f", oldest {oldest}" if oldest else ""
    return f"{queued} queued{waits}; {unknown} unknown, {parked} of them parked; {dead} dead"


def undelivered(count: int) -> str:
    """Say that so many messages never came."""
    return (
        "1 message could not be delivered"
        if count == 1
        else f"{count} messages could not be delivered"
    )


def refused(key: str, chat_id: int, why: str) -> str:
    return f"{key} to {chat_id}: {why}"


NEWEST_DEAD: Final = "Newest messages that could not be delivered"


def bot_waits(until: str) -> str:
    return f"Telegram told the bot to wait until {until}."


def chats_wait(count: int, until: str) -> str:
    if count == 1:
        return f"1 chat is told to wait until {until}."
    return f"{count} chats are told to wait, the longest until {until}."


def last_reload(at: str) -> str:
    return f"live since {at}" if at else "as they were at the start"


def faults(count: int) -> str:
    one = count == 1
    return f"The last change was refused for {count} fault{'' if one else 's'}:"
