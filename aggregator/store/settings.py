"""What settings and files say of one chat, by their names or within, and taking it away."""

from __future__ import annotations

import json
from contextlib import suppress

from sqlite_utils import Database

ADDED_BY = "added_by:"
"""Settings that hold who let the bot into a chat."""
SENDER = "sender"
"""The setting with the sender's budget, and within it when each chat may be written to next."""

_NAMED = "instr(':' || name || ':', ':' || ? || ':')"
"""A chat's id is a whole part of the name, which colons divide, be it the last one."""


def unname(db: Database, chat_id: int) -> None:
    """Remove every setting and file that names the chat, and what the sender keeps of it."""
    chat = str(chat_id)
    db.execute(f"DELETE FROM setting WHERE {_NAMED}", (chat,))  # noqa: S608 -- our own
    db.execute(f"DELETE FROM file WHERE {_NAMED}", (chat,))  # noqa: S608 -- our own
    db.execute("DELETE FROM setting WHERE instr(name, ?) = 1 AND value = ?", (ADDED_BY, chat))
    kept = db.execute("SELECT value FROM setting WHERE name = ?", (SENDER,)).fetchone()
    if kept is not None:
        value = _without(str(kept["value"]), chat)
        db.execute("UPDATE setting SET value = ? WHERE name = ?", (value, SENDER))


def _without(text: str, chat: str) -> str:
    """Return the sender's budget, a word and then JSON, without what is under the chat's id."""
    head, brace, rest = text.partition("{")
    with suppress(ValueError):  # not as we write it: then there is nothing of a chat in it
        kept = json.loads(brace + rest)
        for part in kept.values():
            if isinstance(part, dict):
                part.pop(chat, None)
        return head + json.dumps(kept)
    return text
