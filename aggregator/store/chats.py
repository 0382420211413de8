"""The version, and what is remembered of a chat: that it is gone, or asked us to wait."""

from __future__ import annotations

from datetime import datetime

from sqlite_utils import Database

from aggregator.store.rows import maybe_moment, micros


def version(db: Database) -> int:
    """Return the number of the present state."""
    return int(db.execute("SELECT number FROM version").fetchone()[0])


def bump(db: Database) -> int:
    """Count a change that a decision about alerts may rest on; return the new version."""
    return int(db.execute("UPDATE version SET number = number + 1 RETURNING number").fetchone()[0])


def gone(db: Database, chat_id: int) -> str | None:
    """Return why the chat takes no messages; None when it does."""
    row = db.execute("SELECT detail FROM chat WHERE chat_id = ? AND gone", (chat_id,)).fetchone()
    return None if row is None else str(row["detail"])


def leave(db: Database, chat_id: int, detail: str) -> None:
    """Remember that the chat is gone; what is queued for it dies, its subscriptions stay."""
    if gone(db, chat_id) is None:
        db.table("chat").upsert({"chat_id": chat_id, "gone": 1, "detail": detail}, pk="chat_id")
        bump(db)
    db.execute(
        "UPDATE delivery SET state = 'dead', error = ? WHERE chat_id = ? AND state = 'queued'",
        (detail, chat_id),
    )


def revive(db: Database, chat_id: int) -> bool:
    """Remember that the chat takes messages; say whether that is news."""
    changed = db.execute(
        "UPDATE chat SET gone = 0, detail = '' WHERE chat_id = ? AND gone", (chat_id,)
    ).rowcount
    if changed:
        bump(db)
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
        "UPDATE delivery SET not_before = max(coalesce(not_before, ?1), ?1)"
        " WHERE chat_id = ?2 AND state = 'queued'",
        (stored, chat_id),
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
    for table in ("delivery", "subscription"):
        db.execute(f"UPDATE OR IGNORE {table} SET chat_id = ? WHERE chat_id = ?", (new, old))  # noqa: S608 -- the names stand above
        # What stayed is already there under the new id.
        db.execute(f"DELETE FROM {table} WHERE chat_id = ?", (old,))  # noqa: S608 -- the same
    db.execute("DELETE FROM chat WHERE chat_id = ?", (old,))
    revive(db, new)
    bump(db)
