"""The version, and what is remembered of a chat: that it is gone, asked us to wait, or moved."""

from __future__ import annotations

from datetime import datetime

from sqlite_utils import Database

from aggregator.store.hashed import come_back
from aggregator.store.rows import maybe_moment, micros

OF_A_CHAT = ("delivery", "subscription", "watch", "mute", "place")
"""The tables whose rows belong to a chat."""


def version(db: Database) -> int:
    """Return the number of the present state."""
    return int(db.execute("SELECT number FROM version").fetchone()[0])


def bump(db: Database) -> int:
    """Count a change that a decision about alerts may rest on; return the new version."""
    return int(db.execute("UPDATE version SET number = number + 1 RETURNING number").fetchone()[0])


def bump_people(db: Database) -> int:
    """Count a change of who hears of what, and how; return the new version."""
    db.execute("UPDATE version SET people = people + 1")
    return bump(db)


def people_version(db: Database) -> int:
    """Return how often who hears of what was changed."""
    return int(db.execute("SELECT people FROM version").fetchone()[0])


def gone(db: Database, chat_id: int) -> str | None:
    """Return why the chat takes no messages; None when it does."""
    row = db.execute("SELECT detail FROM chat WHERE chat_id = ? AND gone", (chat_id,)).fetchone()
    return None if row is None else str(row["detail"])


def leave(db: Database, chat_id: int, detail: str) -> None:
    """Remember that the chat is gone; what is queued for it dies, its subscriptions stay."""
    if gone(db, chat_id) is None:
        db.table("chat").upsert({"chat_id": chat_id, "gone": 1, "detail": detail}, pk="chat_id")
        bump_people(db)
    db.execute(
        "UPDATE delivery SET state = 'dead', error = ? WHERE chat_id = ? AND state = 'queued'",
        (detail, chat_id),
    )


def revive(db: Database, chat_id: int) -> bool:
    """Remember that the chat takes messages; say whether that is news."""
    come_back(db, chat_id)
    changed = db.execute(
        "UPDATE chat SET gone = 0, detail = '' WHERE chat_id = ? AND gone", (chat_id,)
    ).rowcount
    if changed:
        bump_people(db)
    return bool(changed)


def held_until(db: Database, chat_id: int) -> datetime | None:
    """Return until when the chat asked us to wait, which may be past."""
    row = db.execute("SELECT held_until FROM chat WHERE chat_id = ?", (chat_id,)).fetchone()
    return None if row is None else maybe_moment(row["held_until"])


def hold(db: Database, chat_id: int, until: datetime) -> None:
    """Let nothing go to the chat before `until`, neither what is queued nor what will be."""
    stored = micros(until)
    db.table("chat").upsert({"chat_id": chat_id, "held_until": stored}, pk="chat_id")
    db.execute(
        "UPDATE delivery SET not_before = max(coalesce(not_before, :until), :until)"
        " WHERE chat_id = :chat AND state = 'queued'",
        {"until": stored, "chat": chat_id},
    )


def migrate(db: Database, old: int, new: int) -> None:
    """Give everything of chat `old` to chat `new`, which Telegram made of it.

    The new chat numbers its messages from the start, so an old message id names nothing there,
    or, worse, another message of ours: what was sent can no longer be edited.
    """
    db.execute(
        "UPDATE delivery SET message_id = NULL,"
        " state = CASE state WHEN 'queued' THEN 'sent' ELSE state END"
        " WHERE chat_id = ? AND message_id IS NOT NULL",
        (old,),
    )
    for table in OF_A_CHAT:
        db.execute(f"UPDATE OR IGNORE {table} SET chat_id = ? WHERE chat_id = ?", (new, old))  # noqa: S608 -- the names stand above
        # What stayed is already there under the new id.
        db.execute(f"DELETE FROM {table} WHERE chat_id = ?", (old,))  # noqa: S608 -- the same
    if (held := held_until(db, new)) is not None:
        hold(db, new, held)
    # The same two steps; a setting about a chat has the chat's id between colons in its name.
    db.execute(
        "UPDATE OR IGNORE setting SET name = replace(name, :old, :new) WHERE instr(name, :old)",
        {"old": f":{old}:", "new": f":{new}:"},
    )
    db.execute("DELETE FROM setting WHERE instr(name, ?)", (f":{old}:",))
    db.execute("DELETE FROM chat WHERE chat_id = ?", (old,))
    if old != new:
        db.table("moved").upsert({"old_id": old, "new_id": new}, pk="old_id")
    revive(db, new)
    bump_people(db)


def ids_of(db: Database, chat_id: int) -> list[int]:
    """Return the chat's id and those it had before."""
    rows = db.execute(
        "WITH RECURSIVE had (id) AS (SELECT ? UNION"
        " SELECT moved.old_id FROM moved JOIN had ON moved.new_id = had.id) SELECT id FROM had",
        (chat_id,),
    )
    return [int(row["id"]) for row in rows]
