"""Who follows what, who is admin, and the settings made at run time."""

from __future__ import annotations

from datetime import datetime

from sqlite_utils import Database

from aggregator.model import Place, Subscription, Target
from aggregator.store import chats, outbox
from aggregator.store.outbox_rows import subscription_from_row, subscription_to_row
from aggregator.store.rows import micros


def subscriptions(db: Database) -> tuple[Subscription, ...]:
    """Return the subscriptions of every chat that still takes messages."""
    rows = db.execute(
        "SELECT * FROM subscription WHERE chat_id NOT IN (SELECT chat_id FROM chat WHERE gone)"
        " ORDER BY chat_id, thread_id, kind, slug"
    )
    return tuple(subscription_from_row(row) for row in rows)


def subscriptions_at(db: Database, place: Place) -> tuple[Subscription, ...]:
    """Return what `place` follows, in the order in which it began to."""
    rows = db.execute(
        "SELECT * FROM subscription WHERE chat_id = ? AND thread_id = ? ORDER BY since, kind, slug",
        (place.chat_id, place.thread_id),
    )
    return tuple(subscription_from_row(row) for row in rows)


def subscribe(db: Database, subscription: Subscription) -> bool:
    """Add it and revive its chat; False when it was there."""
    chats.revive(db, subscription.place.chat_id)
    if _follows(db, subscription.place, subscription.target):
        return False
    db.table("subscription").insert(subscription_to_row(subscription))
    outbox.resume(db, subscription.place)
    chats.bump(db)
    return True


def unsubscribe(db: Database, place: Place, target: Target) -> bool:
    """Remove it and what is on its way for it alone; False when there was none."""
    if not _follows(db, place, target):
        return False
    db.execute(
        "DELETE FROM subscription WHERE chat_id = ? AND thread_id = ? AND kind = ? AND slug = ?",
        (place.chat_id, place.thread_id, target.kind, target.slug),
    )
    outbox.withdraw(db, place, target)
    chats.bump(db)
    return True


def _follows(db: Database, place: Place, target: Target) -> bool:
    found = db.execute(
        "SELECT 1 FROM subscription WHERE chat_id = ? AND thread_id = ? AND kind = ? AND slug = ?",
        (place.chat_id, place.thread_id, target.kind, target.slug),
    ).fetchone()
    return found is not None


def admins(db: Database) -> frozenset[int]:
    """Return the users who became admin."""
    return frozenset(row["user_id"] for row in db.execute("SELECT user_id FROM admin"))


def add_admin(db: Database, user_id: int, now: datetime) -> None:
    """Make a user admin; once is enough."""
    db.table("admin").insert({"user_id": user_id, "since": micros(now)}, ignore=True)


def setting(db: Database, name: str) -> str | None:
    """Return a setting's value; None when it was never made."""
    row = db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row["value"])


def put_setting(db: Database, name: str, value: str) -> None:
    """Make a setting, over the old one."""
    db.table("setting").upsert({"name": name, "value": value}, pk="name")
