"""What was sent: one delivery, those of a place, and how the queue stands."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlite_utils import Database

from aggregator.model import Counts, Delivery, Place, StoryId
from aggregator.store.outbox_rows import delivery_from_row
from aggregator.store.rows import MICROSECOND, maybe_moment, micros

delays_max = 500

PARKED = "state = 'unknown' AND claimed IS NULL"
"""Left to the reader for good: nobody looks for it any more."""

_SECOND = timedelta(seconds=1) // MICROSECOND


def delivery(db: Database, place: Place, key: str) -> Delivery | None:
    """Return a place's delivery of one key."""
    row = db.execute(
        "SELECT * FROM delivery WHERE chat_id = ? AND thread_id = ? AND key = ?",
        (place.chat_id, place.thread_id, key),
    ).fetchone()
    return None if row is None else delivery_from_row(row)


def delivery_of(db: Database, chat_id: int, message_id: int) -> Delivery | None:
    """Return what was sent to a chat under Telegram's number."""
    row = db.execute(
        "SELECT * FROM delivery WHERE message_id = ? AND chat_id = ? ORDER BY id DESC LIMIT 1",
        (message_id, chat_id),
    ).fetchone()
    return None if row is None else delivery_from_row(row)


def told(db: Database, place: Place, since: datetime) -> frozenset[StoryId]:
    """Return the stories that a message to `place` told of, sent or on its way."""
    rows = db.execute(
        "SELECT DISTINCT story_id FROM delivery WHERE chat_id = ? AND thread_id = ?"
        " AND created >= ? AND story_id IS NOT NULL"
        # One that was there and whose edit was refused was told.
        " AND (state <> 'dead' OR sent IS NOT NULL)",
        (place.chat_id, place.thread_id, micros(since)),
    )
    return frozenset(StoryId(row["story_id"]) for row in rows)


def alerts_of(db: Database, place: Place, limit: int) -> tuple[Delivery, ...]:
    """Return the newest alerts of one place in any state, newest first."""
    rows = db.execute(
        "SELECT * FROM delivery WHERE chat_id = ? AND thread_id = ? AND story_id IS NOT NULL"
        " ORDER BY created DESC, id DESC LIMIT ?",
        (place.chat_id, place.thread_id, limit),
    )
    return tuple(delivery_from_row(row) for row in rows)


def counts(db: Database) -> Counts:
    """Return how the queue stands."""
    row = db.execute(
        "SELECT"  # noqa: S608 -- PARKED is our own
        " (SELECT count(*) FROM delivery WHERE state = 'queued') AS queued,"
        " (SELECT min(created) FROM delivery WHERE state = 'queued') AS oldest,"
        " (SELECT count(*) FROM delivery WHERE state = 'unknown') AS unknown,"
        f" (SELECT count(*) FROM delivery WHERE {PARKED}) AS parked,"
        " (SELECT count(*) FROM delivery WHERE state = 'dead') AS dead"
    ).fetchone()
    return Counts(
        queued=row["queued"],
        unknown=row["unknown"],
        parked=row["parked"],
        dead=row["dead"],
        oldest=maybe_moment(row["oldest"]),
        delays_s=_delays_s(db),
    )


def _delays_s(db: Database) -> tuple[float, ...]:
    """Return the seconds from published to sent of the newest first alerts, newest first."""
    rows = db.execute(
        # The item that rang is the one that was seen when the delivery says so; `at` is when it
        # was published, or seen where its feed gives no date.
        "SELECT sent - coalesce((SELECT min(item.at) FROM decision"
        "  JOIN item ON item.key = decision.item_key"
        "  WHERE decision.story_id = delivery.story_id AND item.seen = delivery.item_seen),"
        "  item_seen) AS delay"
        " FROM delivery WHERE sent IS NOT NULL AND item_seen IS NOT NULL AND story_id IS NOT NULL"
        " AND key = 'story:' || story_id || ':1' ORDER BY id DESC LIMIT ?",
        (delays_max,),
    )
    # A clock that was set back in between makes no message arrive before its news.
    return tuple(max(row["delay"], 0) / _SECOND for row in rows)
