"""The queries that places made for themselves."""

from __future__ import annotations

from sqlite3 import Row

from sqlite_utils import Database

from aggregator.model import Place, Subscription, Watch
from aggregator.store import chats
from aggregator.store.outbox_rows import subscription_to_row
from aggregator.store.places import place_of
from aggregator.store.rows import micros, moment


def watches_at(db: Database, place: Place) -> tuple[Watch, ...]:
    """Return a place's own queries, oldest first."""
    rows = db.execute(
        "SELECT * FROM watch WHERE chat_id = ? AND thread_id = ? ORDER BY created, id",
        (place.chat_id, place.thread_id),
    )
    return tuple(watch_from_row(row) for row in rows)


def add_watch(db: Database, watch: Watch, subscription: Subscription) -> bool:
    """Keep a query and its subscription; False when its id is taken."""
    if db.execute("SELECT 1 FROM watch WHERE id = ?", (watch.id,)).fetchone() is not None:
        return False
    db.table("watch").insert(
        {
            "id": watch.id,
            "chat_id": watch.place.chat_id,
            "thread_id": watch.place.thread_id,
            "query": watch.query,
            "created": micros(watch.created),
        }
    )
    db.table("subscription").insert(subscription_to_row(subscription), replace=True)
    chats.revive(db, watch.place.chat_id)
    chats.bump_people(db)
    return True


def watch_from_row(row: Row) -> Watch:
    return Watch(
        id=row["id"],
        place=place_of(row),
        query=row["query"],
        created=moment(row["created"]),
    )
