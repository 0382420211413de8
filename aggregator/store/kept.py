"""What waits to be used: files that messages carry, updates from Telegram, readers' feedback."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlite_utils import Database

from aggregator.model import Feedback, ItemKey, StoryId, Target, TargetKind
from aggregator.store import numbers, people
from aggregator.store.rows import micros, moment

OFFSET = "telegram_offset"
"""The setting that says from which update to poll."""


def put_file(db: Database, name: str, data: bytes, now: datetime) -> None:
    """Keep a file, over the old one of its name."""
    db.table("file").upsert({"name": name, "at": micros(now), "data": data}, pk="name")


def file(db: Database, name: str) -> bytes | None:
    """Return a file's bytes; None when there is none of that name."""
    row = db.execute("SELECT data FROM file WHERE name = ?", (name,)).fetchone()
    return None if row is None else bytes(row["data"])


def keep_updates(
    db: Database,
    updates: Sequence[tuple[int, str]],
    offset: int,
    heard: Mapping[int, Collection[int]],
) -> None:
    """Keep updates that are new, the message numbers `heard` in them, and the offset to poll from."""
    numbers.heard(db, heard)
    # What lies before the offset was kept once, and may be done by now.
    taken = int(people.setting(db, OFFSET) or 0)
    db.table("telegram_update").insert_all(
        ({"id": number, "body": body} for number, body in updates if number >= taken), ignore=True
    )
    people.put_setting(db, OFFSET, str(max(offset, taken)))


def waiting_updates(db: Database, limit: int) -> tuple[tuple[int, str], ...]:
    """Return the updates that are not done, oldest first."""
    rows = db.execute("SELECT id, body FROM telegram_update ORDER BY id LIMIT ?", (limit,))
    return tuple((int(row["id"]), str(row["body"])) for row in rows)


def update_done(db: Database, update_id: int) -> None:
    """Let go of an update."""
    db.execute("DELETE FROM telegram_update WHERE id = ?", (update_id,))


def add_feedback(db: Database, given: Feedback) -> None:
    """Keep what a reader called not relevant."""
    db.table("feedback").insert(
        {
            "at": micros(given.at),
            "kind": given.target.kind,
            "slug": given.target.slug,
            "rule_version": given.rule_version,
            "story_id": given.story,
            "item_key": given.item,
            "title": given.title,
        }
    )


def feedback(db: Database, since: datetime) -> tuple[Feedback, ...]:
    """Return what readers called not relevant, oldest first."""
    rows = db.execute("SELECT * FROM feedback WHERE at >= ? ORDER BY at, id", (micros(since),))
    return tuple(
        Feedback(
            at=moment(row["at"]),
            target=Target(kind=TargetKind(row["kind"]), slug=row["slug"]),
            rule_version=row["rule_version"],
            story=StoryId(row["story_id"]),
            item=ItemKey(row["item_key"]),
            title=row["title"],
        )
        for row in rows
    )
