"""What can be shown later: the ledger, possible losses, and how much there is of what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class LedgerKind(StrEnum):
    """What a row of the ledger records."""

    SENT = "sent"
    EDITED = "edited"
    GAP = "gap"
    GAP_CLOSED = "gap closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One thing that can be proved later: what Telegram accepted for a place, or a possible loss.

    Accepted is not read.  Each row carries the digest of the one before.
    """

    number: int
    kind: LedgerKind
    at: datetime
    chat: str
    """The chat's id, or its keyed hash once it asked to be forgotten; empty for a gap."""
    thread_id: int = 0
    key: str = ""
    story: str = ""
    item_seen: datetime | None = None
    rule_version: str = ""
    message_id: int | None = None
    note: str = ""
    digest: str = ""
    """SHA-256 in hex over this row and the digest before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch in which something may have been missed on one feed, or on all ("")."""

    feed_id: str
    why: str
    since: datetime
    until: datetime | None
    """None while it lasts."""
    opened: datetime
    closed: datetime | None = None
    """When a later poll showed that nothing was missed."""
    id: int = 0
    """Given by the store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What a clean-up removed, in rows."""

    items: int = 0
    stories: int = 0
    deliveries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How the queue stands, for `/status`."""

    queued: int = 0
    unknown: int = 0
    parked: int = 0
    """Of the unknown ones, those left to the reader because the place never wants a repeat."""
    dead: int = 0
    oldest: datetime | None = None
    """When the oldest queued one was made."""
    delays_s: tuple[float, ...] = ()
    """Seconds from published to sent of the newest first alerts, at most 500."""
