"""How Telegram numbers messages, as far as we were told: what a probe may try, and what it may not.

Private chats and basic groups share one count per bot; a supergroup or channel counts for itself.
We learn numbers from our own messages and from those that people write to us; what is written
unheard in a group takes some too.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from sqlite_utils import Database

from aggregator.store import write

OWN_COUNT_BELOW = -1_000_000_000_000
"""Ids of supergroups and channels, which number their messages themselves."""
OTHERS_MAX = 256
"""Numbers of other people's messages remembered for each count; more than any probe tries."""


def same_count(chat_id: int) -> str:
    """Return the condition for rows of chats in the count of `:chat`."""
    if chat_id < OWN_COUNT_BELOW:
        return "chat_id = :chat"
    # 0 is the console, which counts for itself.
    return f"chat_id >= {OWN_COUNT_BELOW} AND chat_id <> 0"


def numbered(chat_id: int) -> str:
    """Return what follows SELECT for every number of our own in the count of `:chat`."""
    return f"FROM delivery WHERE message_id IS NOT NULL AND {same_count(chat_id)}"


def highest(db: Database, chat_id: int) -> int:
    """Return the highest number known in the count of the chat.

    Kept by itself, since rows are pruned, and lose their number when a group is upgraded.
    """
    kept = _setting(db, f"highest_number:{_count(chat_id)}")
    if kept is not None:
        return int(kept)
    row = db.execute(
        f"SELECT coalesce(max(message_id), 0) AS id {numbered(chat_id)}",
        {"chat": chat_id},
    ).fetchone()
    return int(row["id"])


def given(db: Database, chat_id: int, number: int) -> None:
    """Note that `number` was given in the count of the chat."""
    _put(db, f"highest_number:{_count(chat_id)}", str(max(number, highest(db, chat_id))))


def heard(db: Database, numbers: Mapping[int, Collection[int]]) -> None:
    """Note the numbers of messages that people wrote, by chat: none of them is ours."""
    for chat_id, new in numbers.items():
        if new:
            given(db, chat_id, max(new))
            kept = sorted(others(db, chat_id).union(new))[-OTHERS_MAX:]
            _put(db, f"others_numbers:{_count(chat_id)}", json.dumps(kept))


def others(db: Database, chat_id: int) -> frozenset[int]:
    """Return the numbers last heard of in the count of the chat that other people's messages have."""
    return frozenset(json.loads(_setting(db, f"others_numbers:{_count(chat_id)}") or "[]"))


def unheard(db: Database, chat_id: int) -> bool:
    """Say whether others may write in the count of the chat without our hearing of it.

    A bot is told of all that is written to it alone, in a group only of what is meant for it.
    """
    if chat_id < OWN_COUNT_BELOW:
        return True
    found = db.execute(
        "SELECT 1 FROM delivery WHERE chat_id >= ? AND chat_id < 0 LIMIT 1", (OWN_COUNT_BELOW,)
    ).fetchone()
    return found is not None


def _count(chat_id: int) -> str:
    return str(chat_id) if chat_id < OWN_COUNT_BELOW else "shared"


def _setting(db: Database, name: str) -> str | None:
    row = db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row["value"])


def _put(db: Database, name: str, value: str) -> None:
    write.upsert(db, "setting", {"name": name, "value": value}, "name")
