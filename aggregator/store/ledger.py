"""The ledger: rows that are only ever added, each with the digest of the one before.

A digest is SHA-256 over the row as a JSON list and the digest before it.  The chat enters it as
its keyed hash, so that a chat can be forgotten without breaking the chain.  Rows whose time is
over leave their last digest behind, where the chain begins from then on; and the last row's number
and digest stand beside it, so that rows missing at the end are found too.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from sqlite3 import Row
from typing import Any

from sqlite_utils import Database

from aggregator.model import Delivery, LedgerKind, LedgerRow
from aggregator.store import settings, write
from aggregator.store.hashed import chat_hash, hashed, is_forgotten, known_key
from aggregator.store.outbox_rows import story_of_key
from aggregator.store.rows import Columns, maybe_micros, maybe_moment, micros, moment

FOUND = "found in the chat after its answer was lost"
"""The note on what was accepted without an answer; its time is that of the looking."""

_SIGNED = (
    "number", "kind", "at", "chat_hash", "thread_id", "key", "story", "item_seen", "rule_version",
    "message_id", "note",
)  # fmt: skip
"""What a digest is over, in this order, before the digest of the row before."""

_ROWS = """
    SELECT *, chat_hash = '' OR chat_hash IN (SELECT chat_hash FROM forgotten) AS unnamed
    FROM ledger WHERE number > ? ORDER BY number LIMIT ?
"""


def record_sent(
    db: Database, delivery: Delivery, message_id: int, now: datetime, *, note: str = ""
) -> bool:
    """Record that Telegram accepted `delivery`; say whether its chat asked to be forgotten."""
    chat_id = delivery.place.chat_id
    chat = chat_hash(db, chat_id)
    forgotten = is_forgotten(db, chat)
    _append(
        db,
        kind=LedgerKind.SENT if delivery.message_id is None else LedgerKind.EDITED,
        at=now,
        chat=None if forgotten else chat_id,
        chat_hash=chat,
        thread_id=delivery.place.thread_id,
        key=delivery.key,
        story=story_of_key(delivery.key) or "",
        item_seen=maybe_micros(delivery.item_seen),
        rule_version=delivery.rule_version,
        message_id=message_id,
        note=note,
    )
    if forgotten:
        settings.unname(db, chat_id)
    return forgotten


def record_gap(db: Database, kind: LedgerKind, key: str, note: str, at: datetime) -> None:
    """Record that a possible loss was found, or found to be none."""
    _append(db, kind=kind, at=at, key=key, note=note)


def _append(db: Database, *, kind: LedgerKind, at: datetime, **columns: Any) -> None:
    number, before = _head(db)
    row: Columns = {
        "number": number + 1,
        "kind": kind,
        "at": micros(at),
        "chat": None,
        "chat_hash": "",
        "thread_id": 0,
        "key": "",
        "story": "",
        "item_seen": None,
        "rule_version": "",
        "message_id": None,
        "note": "",
        **columns,
    }
    after = digest(row, before)
    write.insert(db, "ledger", row | {"digest": after})
    db.execute("UPDATE ledger_start SET last = ?, last_digest = ?", (number + 1, after))


def digest(row: Row | Columns, before: str) -> str:
    """Return the digest of a row that follows the one with the digest `before`."""
    signed = json.dumps([*(row[name] for name in _SIGNED), before], separators=(",", ":"))
    return hashlib.sha256(signed.encode("ascii")).hexdigest()


def _head(db: Database) -> tuple[int, str]:
    row = db.execute("SELECT number, digest FROM ledger ORDER BY number DESC LIMIT 1").fetchone()
    return _start(db) if row is None else (int(row["number"]), str(row["digest"]))


def _start(db: Database) -> tuple[int, str]:
    row = db.execute("SELECT number, digest FROM ledger_start").fetchone()
    return (0, "") if row is None else (int(row["number"]), str(row["digest"]))


def rows(db: Database, since: datetime, limit: int, after: int = 0) -> tuple[LedgerRow, ...]:
    """Return rows from `since` on with a number above `after`, in order."""
    found = db.execute(
        "SELECT * FROM ledger WHERE number > ? AND at >= ? ORDER BY number LIMIT ?",
        (after, micros(since), limit),
    )
    return tuple(_from_row(row) for row in found)


def _from_row(row: Row) -> LedgerRow:
    return LedgerRow(
        number=row["number"],
        kind=LedgerKind(row["kind"]),
        at=moment(row["at"]),
        chat=row["chat_hash"] if row["chat"] is None else str(row["chat"]),
        thread_id=row["thread_id"],
        key=row["key"],
        story=row["story"],
        item_seen=maybe_moment(row["item_seen"]),
        rule_version=row["rule_version"],
        message_id=row["message_id"],
        note=row["note"],
        digest=row["digest"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """How far the chain was followed: up to the row `number`, whose digest is `digest`."""

    number: int = 0
    digest: str = ""
    rows: int = 0
    """How many rows there are; known at the end."""
    wrong: int | None = None
    """The number of the first row that does not fit."""
    done: bool = False


def verify(db: Database, so_far: Verified, limit: int) -> Verified:
    """Follow the chain through the next `limit` rows, from where it was followed to.

    Rows whose time is over may go between two calls, and new ones come.  Missing rows do not fit
    either, nor a chat without its name that never asked to be forgotten.
    """
    number, before = max(_start(db), (so_far.number, so_far.digest))
    key = known_key(db) or b""
    read = 0
    for row in db.execute(_ROWS, (number, limit)):
        number, read = number + 1, read + 1
        if row["chat"] is None:
            named = bool(row["unnamed"])
        else:
            named = row["chat_hash"] == hashed(key, row["chat"])
        if row["number"] != number or not named or row["digest"] != digest(row, before):
            return Verified(rows=_count(db), wrong=number, done=True)
        before = row["digest"]
    if read == limit:
        return Verified(number=number, digest=before)
    return Verified(rows=_count(db), wrong=_wrong_end(db, number, before), done=True)


def _wrong_end(db: Database, number: int, digest: str) -> int | None:
    """Return the first row that should be there and is not, or is and should not."""
    kept = db.execute("SELECT last, last_digest FROM ledger_start").fetchone()
    given = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'ledger'").fetchone()
    if kept is None:
        return 1
    last = max(int(kept["last"]), 0 if given is None else int(given["seq"]))
    if last > number:
        return number + 1
    if (kept["last"], kept["last_digest"]) != (number, digest):
        return int(kept["last"]) + 1 if kept["last"] < number else number
    return None


def _count(db: Database) -> int:
    return int(db.execute("SELECT count(*) AS n FROM ledger").fetchone()["n"])


def forget(db: Database, chat_id: int) -> None:
    """Leave of a chat in the ledger no more than its keyed hash."""
    db.execute("UPDATE ledger SET chat = NULL WHERE chat = ?", (chat_id,))
    db.table("forgotten").upsert({"chat_hash": chat_hash(db, chat_id), "back": 0}, pk="chat_hash")


def prune(db: Database, before: datetime, limit: int) -> int:
    """Remove up to `limit` of the oldest rows, all from before `before`; return how many.

    The clock may have been set back in between: what follows a younger row stays with it.
    """
    oldest = db.execute("SELECT number, at, digest FROM ledger ORDER BY number LIMIT ?", (limit,))
    last, removed, until = None, 0, micros(before)
    for row in oldest:
        if row["at"] >= until:
            break
        last, removed = row, removed + 1
    if last is None:
        return 0
    db.execute("UPDATE ledger_start SET number = ?, digest = ?", (last["number"], last["digest"]))
    db.execute("DELETE FROM ledger WHERE number <= ?", (last["number"],))
    return removed
