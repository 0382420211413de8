"""The keys of items that were pruned and that a feed may still list."""

from __future__ import annotations

from collections.abc import Iterable

from sqlite_utils import Database

from aggregator.model import ItemKey

keys_max = 1_000_000
"""Some 50 MB, and a year of the busiest feeds; a feed that lists more than that is no feed."""


def add(db: Database, keys: Iterable[ItemKey]) -> None:
    """Remember `keys`, and let go of the oldest above `keys_max`."""
    db.table("pruned_item").insert_all(({"key": short(key)} for key in keys), ignore=True)
    newest = db.execute("SELECT max(id) AS id FROM pruned_item").fetchone()["id"] or 0
    db.execute("DELETE FROM pruned_item WHERE id <= ?", (newest - keys_max,))


def among(db: Database, keys: Iterable[ItemKey]) -> frozenset[ItemKey]:
    """Return those of `keys` that were pruned."""
    return frozenset(
        key
        for key in keys
        if db.execute("SELECT 1 FROM pruned_item WHERE key = ?", (short(key),)).fetchone()
    )


def short(key: ItemKey) -> bytes:
    """Return a key in half its size; one that is no hex stays as it is."""
    try:
        return bytes.fromhex(key)
    except ValueError:
        return key.encode()
