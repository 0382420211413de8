"""Forgetting a chat that asked for it."""

from __future__ import annotations

from sqlite_utils import Database

from aggregator.store import chats, ledger, settings


def forget(db: Database, chat_id: int) -> None:
    """Delete all that belongs to the chat; what the ledger says of it keeps its keyed hash alone.

    Who became admin stays admin.
    """
    for known in chats.ids_of(db, chat_id):
        for table in chats.OF_A_CHAT:
            db.execute(f"DELETE FROM {table} WHERE chat_id = ?", (known,))  # noqa: S608 -- our own
        settings.unname(db, known)
        db.execute("DELETE FROM chat WHERE chat_id = ?", (known,))
        ledger.forget(db, known)
        db.execute("DELETE FROM moved WHERE old_id = ?", (known,))
    chats.bump_people(db)
