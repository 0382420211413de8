"""Who follows what, who is admin, and the settings made at run time."""

from __future__ import annotations

from datetime import datetime

from sqlite_utils import Database

from aggregator.model import People, Place, Subscription, Target, TargetKind
from aggregator.store import chats, outbox, write
from aggregator.store.outbox_rows import subscription_from_row, subscription_to_row
from aggregator.store.places import mute_from_row, place_of, settings_from_row
from aggregator.store.rows import micros
from aggregator.store.watches import watch_from_row

_ALIVE = "chat_id NOT IN (SELECT chat_id FROM chat WHERE gone)"

Kept = dict[int, People]
"""The people of the last look, under the count of changes they were read at."""


def everyone(db: Database, kept: Kept) -> People:
    """Return everyone who may hear of something, except chats that are gone.

    `kept` is kept by the caller from one call to the next: people change far less often than news.
    """
    version = chats.people_version(db)
    if version not in kept:
        kept.clear()
        kept[version] = _read(db)
    return kept[version]


def _read(db: Database) -> People:
    settings = [settings_from_row(row) for row in db.execute(f"SELECT * FROM place WHERE {_ALIVE}")]  # noqa: S608 -- our own
    mutes = db.execute(
        f"SELECT * FROM mute WHERE {_ALIVE} ORDER BY chat_id, thread_id, kind, name"  # noqa: S608 -- our own
    )
    watches = db.execute(f"SELECT * FROM watch WHERE {_ALIVE} ORDER BY created, id")  # noqa: S608 -- our own
    return People(
        subscriptions=subscriptions(db),
        settings={each.place: each for each in settings},
        mutes=tuple(mute_from_row(row) for row in mutes),
        watches=tuple(watch_from_row(row) for row in watches),
    )


def subscriptions(db: Database) -> tuple[Subscription, ...]:
    """Return the subscriptions of every chat that still takes messages."""
    rows = db.execute(
        f"SELECT * FROM subscription WHERE {_ALIVE} ORDER BY chat_id, thread_id, kind, slug"  # noqa: S608 -- our own
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
    chats.bump_people(db)
    return True


def unsubscribe(db: Database, place: Place, target: Target) -> bool:
    """Remove it and what is on its way for it alone; False when there was none."""
    if not _follows(db, place, target):
        return False
    _drop(db, place, target)
    if target.kind is TargetKind.WATCH:
        db.execute("DELETE FROM watch WHERE id = ?", (target.slug,))
    chats.bump_people(db)
    return True


def change(db: Database, subscription: Subscription) -> bool:
    """Put it in the place of the one to the same target; False when there is none."""
    place, target = subscription.place, subscription.target
    if not _follows(db, place, target):
        return False
    db.table("subscription").insert(subscription_to_row(subscription), replace=True)
    chats.bump_people(db)
    return True


def places_of(db: Database, chat_id: int) -> dict[Place, int]:
    """Return the places of a chat that follow something, with how much each does."""
    rows = db.execute(
        "SELECT chat_id, thread_id, count(*) AS followed FROM subscription WHERE chat_id = ?"
        " GROUP BY thread_id ORDER BY thread_id",
        (chat_id,),
    )
    return {place_of(row): int(row["followed"]) for row in rows}


def move(db: Database, chat_id: int, target: Target, to: Place) -> bool:
    """Let only the place `to` of its chat follow `target`; False when nowhere else did.

    A place that followed it already goes on as it did; otherwise it takes over the wishes of the
    one that began first.
    """
    rows = db.execute(
        "SELECT * FROM subscription WHERE chat_id = ? AND kind = ? AND slug = ?"
        " ORDER BY since, thread_id",
        (chat_id, target.kind, target.slug),
    )
    held = {found.place: found for found in map(subscription_from_row, rows)}
    elsewhere = [found for place, found in held.items() if place != to]
    if not elsewhere:
        return False
    if to not in held:
        moved = subscription_to_row(elsewhere[0])
        db.table("subscription").insert(moved | {"thread_id": to.thread_id, "chat_id": to.chat_id})
        outbox.resume(db, to)
    if target.kind is TargetKind.WATCH:
        db.execute(
            "UPDATE watch SET chat_id = ?, thread_id = ? WHERE id = ?",
            (to.chat_id, to.thread_id, target.slug),
        )
    for found in elsewhere:
        _drop(db, found.place, target)
    chats.bump_people(db)
    return True


def _drop(db: Database, place: Place, target: Target) -> None:
    db.execute(
        "DELETE FROM subscription WHERE chat_id = ? AND thread_id = ? AND kind = ? AND slug = ?",
        (place.chat_id, place.thread_id, target.kind, target.slug),
    )
    outbox.withdraw(db, place, target)


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
    write.upsert(db, "setting", {"name": name, "value": value}, "name")
