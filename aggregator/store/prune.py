"""Removing what is older than anyone looks, a bounded step at a time.

A story that may still be joined keeps its items and its deliveries: it goes as a whole when its
last report is too old.  A pruned item stays known by its key, so that a feed which lists it for
years brings no news.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlite_utils import Database

from aggregator.model import ItemKey, Pruned
from aggregator.store import pruned
from aggregator.store.history import PARKED
from aggregator.store.rows import micros

step_rows = 500
"""At one call, of each kind: some 50 ms in which nothing else is written."""

_IN_A_STORY = (
    "EXISTS (SELECT 1 FROM decision JOIN story ON story.id = decision.story_id"
    " WHERE decision.item_key = item.key)"
)

_UNMATCHED = (
    "SELECT id FROM item WHERE seen < ?"  # noqa: S608 -- our own
    " AND NOT EXISTS (SELECT 1 FROM match WHERE match.item_key = item.key)"
    f" AND NOT {_IN_A_STORY} ORDER BY seen LIMIT ?"
)

_MATCHED = (
    "SELECT id FROM item WHERE seen < ?"  # noqa: S608 -- our own
    " AND EXISTS (SELECT 1 FROM match WHERE match.item_key = item.key)"
    f" AND NOT {_IN_A_STORY} ORDER BY seen LIMIT ?"
)

_TOLD = (
    # Its key is what keeps an update of the story from being told anew.
    "since < ? AND NOT EXISTS (SELECT 1 FROM story WHERE story.id = delivery.story_id"
    " AND story.last_at >= ?) ORDER BY since LIMIT ?"
)

_DONE = f"SELECT id FROM delivery WHERE state IN ('sent', 'dead') AND {_TOLD}"  # noqa: S608 -- our own

_PARKED = f"SELECT id FROM delivery WHERE {PARKED} AND {_TOLD}"  # noqa: S608 -- our own


def prune(db: Database, unmatched: datetime, matched: datetime, done: datetime) -> Pruned:
    """Remove up to `step_rows` of each kind of what is older than said."""
    stories = _ids(
        db, "SELECT id FROM story WHERE last_at < ? ORDER BY last_at LIMIT ?", micros(matched)
    )
    items = [
        *_ids(db, _UNMATCHED, micros(unmatched)),
        *_ids(db, _MATCHED, micros(matched)),
    ]
    for story in stories:
        items += [
            int(row["id"])
            for row in db.execute(
                "SELECT item.id FROM decision JOIN item ON item.key = decision.item_key"
                " WHERE decision.story_id = ?",
                (story,),
            )
        ]
        db.execute("DELETE FROM story WHERE id = ?", (story,))
    removed = _remove_items(db, items)
    told = (micros(done), micros(done))
    deliveries = [*_ids(db, _DONE, *told), *_ids(db, _PARKED, *told)]
    for delivery in deliveries:
        db.execute("DELETE FROM delivery WHERE id = ?", (delivery,))
    _small_things(db, matched=micros(matched), done=micros(done))
    return Pruned(items=removed, stories=len(stories), deliveries=len(deliveries))


def _ids(db: Database, query: str, *cutoffs: int) -> list[int]:
    return [row["id"] for row in db.execute(query, (*cutoffs, step_rows))]


def _remove_items(db: Database, ids: Collection[int]) -> int:
    removed = [
        ItemKey(row["key"])
        for id_ in dict.fromkeys(ids)
        for row in db.execute("DELETE FROM item WHERE id = ? RETURNING key", (id_,)).fetchall()
    ]
    pruned.add(db, removed)
    return len(removed)


def _small_things(db: Database, *, matched: int, done: int) -> None:
    """Remove ended mutes, old feedback, gaps that are over, and files nobody waits for."""
    db.execute("DELETE FROM mute WHERE until < ?", (done,))
    db.execute("DELETE FROM feedback WHERE at < ?", (matched,))
    db.execute("DELETE FROM gap WHERE until < ?", (matched,))
    db.execute(
        "DELETE FROM file WHERE at < ? AND name NOT IN ("
        "SELECT coalesce(json_extract(message, '$[3]'), '') FROM delivery WHERE state = 'queued'"
        " UNION ALL SELECT coalesce(json_extract(message, '$[3]'), '') FROM delivery WHERE state = 'sending'"
        " UNION ALL SELECT coalesce(json_extract(message, '$[3]'), '') FROM delivery WHERE state = 'unknown')",
        (done,),
    )
