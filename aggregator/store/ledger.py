"""The ledger: rows that are only ever added, each with the digest of the one before.

A digest is SHA-256 over the row as a JSON list and the digest before it.  The chat enters it as
its keyed hash, so that a chat can be forgotten without breaking the chain.  Rows whose time is
over leave their last digest behind, where the chain begins from then on.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from sqlite3 import Row
from typing import Any

from sqlite_utils import Database

from aggregator.model import Delivery, LedgerKind, LedgerRow
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
    db.table("ledger").insert(row | {"digest": digest(row, before)})


def digest(row: Row | Columns, before: str) -> str:
    """Return the digest of a row that follows the one with the digest `before`."""
    signed = json.dumps([*(row[name] for name in _SIGNED), before], separators=(",", ":"))
    return hashlib.sha256(signed.encode("ascii")).hexdigest()


def _head(db: Database) -> tuple[int, str]:
    row = db.execute("SELECT number, digest FROM ledger ORDER BY number DESC LIMIT 1").fetchone()
    return _start(db) if row is None else (int(row["number"]), str(row["digest"]))


def _start(db: Database) -> tuple[int, str]:
    row = db.execute("SELECT number, digest FROM ledger_start").fetchone()
    return int(row["number"]), str(row["digest"])


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


def verify(db: Database) -> tuple[int, int | None]:
    """Return how many rows there are, and the number of the first that does not fit, if any.

    Also missing rows do not fit: a number is given once, and the last one given is remembered.
    """
    count = int(db.execute("SELECT count(*) AS n FROM ledger").fetchone()["n"])
    number, before = _start(db)
    key = known_key(db) or b""
    for row in db.execute("SELECT * FROM ledger ORDER BY number"):
        number += 1
        named = row["chat"] is None or row["chat_hash"] == hashed(key, row["chat"])
        if row["number"] != number or not named or row["digest"] != digest(row, before):
            return count, number
        before = row["digest"]
    given = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'ledger'").fetchone()
    if given is not None and given["seq"] > number:
        return count, number + 1
    return count, None


def forget(db: Database, chat_id: int) -> None:
    """Leave of a chat in the ledger no more than its keyed hash."""
    db.execute("UPDATE ledger SET chat = NULL WHERE chat = ?", (chat_id,))
    db.table("forgotten").insert({"chat_hash": chat_hash(db, chat_id)}, ignore=True)


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
