"""A chat's keyed hash: what stands for its id once it asked to be forgotten."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from sqlite_utils import Database

KEY = "ledger_key"
"""The setting that holds the key; made at first use and never shown."""

key_bytes = 32


def chat_hash(db: Database, chat_id: int) -> str:
    """Return the HMAC-SHA256 of a chat's id under this database's own key, in hex."""
    key = known_key(db)
    if key is None:
        key = secrets.token_bytes(key_bytes)
        db.table("setting").insert({"name": KEY, "value": key.hex()})
    return hashed(key, chat_id)


def known_key(db: Database) -> bytes | None:
    """Return the key; None before its first use."""
    row = db.execute("SELECT value FROM setting WHERE name = ?", (KEY,)).fetchone()
    return None if row is None else bytes.fromhex(row["value"])


def hashed(key: bytes, chat_id: int) -> str:
    """Return what stands for a chat's id."""
    return hmac.new(key, str(chat_id).encode(), hashlib.sha256).hexdigest()


def is_forgotten(db: Database, chat: str) -> bool:
    """Say whether the chat of this hash asked to be forgotten and did not come back."""
    row = db.execute("SELECT 1 FROM forgotten WHERE chat_hash = ? AND NOT back", (chat,)).fetchone()
    return row is not None


def come_back(db: Database, chat_id: int) -> None:
    """Let the chat have a name again; that it had none stays known, for rows from before."""
    if db.execute("SELECT 1 FROM forgotten WHERE NOT back LIMIT 1").fetchone() is not None:
        known = chat_hash(db, chat_id)
        db.execute("UPDATE forgotten SET back = 1 WHERE chat_hash = ?", (known,))
