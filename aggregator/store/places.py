"""How a place wants to be told: its settings and its mutes."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from sqlite3 import Row

from sqlite_utils import Database

from aggregator.model import Mute, MuteKind, Place, PlaceSettings, Quiet, Schedule
from aggregator.store import chats
from aggregator.store.rows import Columns, micros, moment

ended_mute_kept = timedelta(days=8)
"""The longest time between two digests and a day: a digest lists what was muted before it."""


def settings_at(db: Database, place: Place) -> PlaceSettings:
    """Return how `place` wants to be told; the defaults where it never said."""
    row = db.execute(
        "SELECT * FROM place WHERE chat_id = ? AND thread_id = ?", (place.chat_id, place.thread_id)
    ).fetchone()
    return PlaceSettings(place=place) if row is None else settings_from_row(row)


def put_settings(db: Database, settings: PlaceSettings) -> None:
    """Keep how a place wants to be told, over what it said before."""
    db.table("place").upsert(_settings_to_row(settings), pk=("chat_id", "thread_id"))
    chats.bump_people(db)


def _settings_to_row(settings: PlaceSettings) -> Columns:
    quiet, digest = settings.quiet, settings.digest
    return {
        "chat_id": settings.place.chat_id,
        "thread_id": settings.place.thread_id,
        "zone": settings.zone,
        "quiet_start": None if quiet is None else quiet.start.isoformat(),
        "quiet_end": None if quiet is None else quiet.end.isoformat(),
        "digest_at": None if digest is None else digest.at.isoformat(),
        "digest_weekday": None if digest is None else digest.weekday,
        "digest_asked": int(settings.digest_asked),
        "never_repeat": int(settings.never_repeat),
    }


def settings_from_row(row: Row) -> PlaceSettings:
    start, end, at = row["quiet_start"], row["quiet_end"], row["digest_at"]
    return PlaceSettings(
        place=place_of(row),
        zone=row["zone"],
        quiet=None
        if start is None
        else Quiet(start=time.fromisoformat(start), end=time.fromisoformat(end)),
        digest=None
        if at is None
        else Schedule(at=time.fromisoformat(at), weekday=row["digest_weekday"]),
        digest_asked=bool(row["digest_asked"]),
        never_repeat=bool(row["never_repeat"]),
    )


def place_of(row: Row) -> Place:
    return Place(chat_id=row["chat_id"], thread_id=row["thread_id"])


def mute(db: Database, muted: Mute) -> None:
    """Keep a mute, over one of the same place, kind and name."""
    db.execute(
        "DELETE FROM mute WHERE chat_id = ? AND thread_id = ? AND until < ?",
        (muted.place.chat_id, muted.place.thread_id, micros(muted.since - ended_mute_kept)),
    )
    db.table("mute").upsert(
        {
            "chat_id": muted.place.chat_id,
            "thread_id": muted.place.thread_id,
            "kind": muted.kind,
            "name": muted.name,
            "since": micros(muted.since),
            "until": micros(muted.until),
            "keep_high": int(muted.keep_high),
        },
        pk=("chat_id", "thread_id", "kind", "name"),
    )
    chats.bump_people(db)


def unmute(db: Database, place: Place, kind: MuteKind, name: str, now: datetime) -> bool:
    """End a mute; False when none held."""
    held = db.execute(
        "UPDATE mute SET until = :now WHERE chat_id = :chat AND thread_id = :thread"
        " AND kind = :kind AND name = :name AND until > :now",
        {
            "now": micros(now),
            "chat": place.chat_id,
            "thread": place.thread_id,
            "kind": kind,
            "name": name,
        },
    ).rowcount
    if held:
        chats.bump_people(db)
    return bool(held)


def mutes_at(db: Database, place: Place, now: datetime) -> tuple[Mute, ...]:
    """Return the mutes that hold, the one that ends first at the front."""
    rows = db.execute(
        "SELECT * FROM mute WHERE chat_id = ? AND thread_id = ? AND until > ?"
        " ORDER BY until, kind, name",
        (place.chat_id, place.thread_id, micros(now)),
    )
    return tuple(mute_from_row(row) for row in rows)


def mute_from_row(row: Row) -> Mute:
    return Mute(
        place=place_of(row),
        kind=MuteKind(row["kind"]),
        name=row["name"],
        since=moment(row["since"]),
        until=moment(row["until"]),
        keep_high=bool(row["keep_high"]),
    )
