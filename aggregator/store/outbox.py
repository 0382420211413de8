"""Deliveries: what is queued, what is on its way, what became of it.

`fate` decides each step; here rows are found, handed to it, and written back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from sqlite3 import Row

from sqlite_utils import Database

from aggregator.model import (
    REPEAT_SIGN,
    ChatGone,
    Delivery,
    DeliveryOutcome,
    DeliveryState,
    NotSent,
    Place,
    Priority,
    RetryAt,
    Sent,
    Target,
    Turn,
    Unsettled,
)
from aggregator.store import chats, fate, ledger, numbers, places, write
from aggregator.store.fate import Kept
from aggregator.store.outbox_rows import delivery_from_row, kept_from_row, kept_to_row
from aggregator.store.rows import maybe_micros, maybe_moment, micros

_SOUGHT = "state = 'unknown' AND claimed IS NOT NULL"
"""May or may not be there, and is still looked for; what is parked has no claim."""

FREE = (
    "state = 'queued' AND chat_id NOT IN"  # noqa: S608 -- our own
    " (SELECT chat_id FROM delivery WHERE state = 'sending'"
    f" UNION ALL SELECT chat_id FROM delivery WHERE {_SOUGHT})"
)
"""Queued, and nothing else is on its way to the same chat, or may be.

Two selects, because each has an index of its own and `IN` would read the whole table.
"""

UNSETTLED = (
    f"SELECT id, min(claimed) FROM delivery WHERE {_SOUGHT}"  # noqa: S608 -- our own
    " AND chat_id NOT IN (SELECT chat_id FROM chat WHERE gone)"
    " AND chat_id NOT IN (SELECT chat_id FROM delivery WHERE state = 'sending')"
    " GROUP BY chat_id ORDER BY 2, 1 LIMIT :limit"
)
"""Of each chat what left first and may or may not be there, in the order in which they left, in
which Telegram numbered them.  Beside `min` SQLite takes the other columns from the same row.

Only a group's upgrade brings another one that is being sent into the chat; its number, which
nobody knows yet, must not be tried.
"""

_FOLLOWED = (
    "EXISTS (SELECT 1 FROM story_target AS t JOIN subscription AS s"
    " ON s.kind = t.kind AND s.slug = t.slug"
    " WHERE t.story_id = delivery.story_id AND t.relation = 'chief'"
    " AND s.chat_id = delivery.chat_id AND s.thread_id = delivery.thread_id)"
)
"""The delivery's place follows something that its story is chiefly about."""


def put(db: Database, delivery: Delivery) -> None:
    """Queue a delivery, or renew the one with its place and key."""
    known = _find(db, delivery.place, delivery.key)
    if known is None:
        if delivery.edit_only:
            return
        _save(db, fate.fresh(replace(delivery, id=0)))
    else:
        _save(db, fate.renewed(known, delivery))


def enqueue(db: Database, deliveries: Sequence[Delivery]) -> None:
    """Queue deliveries; one whose place and key are known is dropped."""
    for delivery in deliveries:
        if not delivery.edit_only and _find(db, delivery.place, delivery.key) is None:
            _save(db, fate.fresh(replace(delivery, id=0)))


def renew(db: Database, deliveries: Sequence[Delivery]) -> None:
    """Queue deliveries, or give those whose place and key are known their new text."""
    for delivery in deliveries:
        put(db, delivery)


def claim(
    db: Database, now: datetime, limit: int, turn: Turn | None = None
) -> tuple[Delivery, ...]:
    """Mark as sending, and return, the first due delivery of each chat that is free."""
    rest = turn or Turn()
    due = db.execute(
        "WITH due AS ("  # noqa: S608 -- FREE is our own
        " SELECT id, priority, chat_id,"
        "  row_number() OVER (PARTITION BY chat_id ORDER BY priority, id) AS nth"
        f" FROM delivery WHERE {FREE} AND (not_before IS NULL OR not_before <= :now)"
        " AND chat_id NOT IN (SELECT value FROM json_each(:resting))"
        " AND (message_id IS NULL OR priority <= :reply OR (:edits AND"
        "  chat_id NOT IN (SELECT value FROM json_each(:still)))))"
        " SELECT due.id FROM due LEFT JOIN json_each(:served) AS turn ON turn.value = due.chat_id"
        " WHERE nth = 1 ORDER BY due.priority, coalesce(turn.key, -1), due.id LIMIT :limit",
        {
            "now": micros(now),
            "limit": limit,
            "resting": json.dumps(list(rest.resting)),
            "edits": rest.still is not None,
            "still": json.dumps(list(rest.still or ())),
            "served": json.dumps(list(rest.served)),
            "reply": int(Priority.REPLY),
        },
    ).fetchall()
    waits = turn is not None
    taken = [fate.claimed(kept, now, waits=waits) for kept in _load(db, (row["id"] for row in due))]
    for kept in taken:
        _save(db, kept)
    return tuple(_answering(db, kept.delivery) for kept in taken)


def leaving(db: Database, id_: int, now: datetime) -> Delivery | None:
    """Note that a claimed delivery leaves now, and return it; None when it no longer may."""
    for kept in _load(db, (id_,)):
        if kept.delivery.state is not DeliveryState.SENDING:
            return None
        chat_id = kept.delivery.place.chat_id
        if kept.withdrawn or chats.gone(db, chat_id) is not None:
            _replace(db, kept, fate.released(kept))
            return None
        if _overtakes(db, kept.delivery, now):
            _replace(db, kept, fate.released(kept))
            return None
        leaves = fate.leaving(kept, now, numbers.highest(db, chat_id))
        _save(db, leaves)
        return _answering(db, leaves.delivery)
    return None


def _overtakes(db: Database, delivery: Delivery, now: datetime) -> bool:
    """Say whether something older is due first: an upgraded group brings its queue with it."""
    found = db.execute(
        "SELECT 1 FROM delivery WHERE state = 'queued' AND chat_id = ? AND priority <= ?"
        " AND id < ? AND message_id IS NULL AND (not_before IS NULL OR not_before <= ?) LIMIT 1",
        (delivery.place.chat_id, int(delivery.priority), delivery.id, micros(now)),
    ).fetchone()
    return delivery.message_id is None and found is not None


def unfound(db: Database, id_: int, now: datetime, *, detail: str, mark: str) -> bool:
    """Let `fate` decide on what was looked for in vain, as its place chose; say if it is parked."""
    parked = False
    for kept in _load(db, (id_,)):
        never_repeat = places.settings_at(db, kept.delivery.place).never_repeat
        after = fate.unfound(kept, now, detail=detail, mark=mark, never_repeat=never_repeat)
        _replace(db, kept, after)
        _keep_order(db, after)
        parked = after is not None and fate.parked(after)
    return parked


def _answering(db: Database, delivery: Delivery) -> Delivery:
    """Return `delivery` with the id of the message it answers, if that one is there."""
    if not delivery.reply_to:
        return delivery
    answered = _find(db, delivery.place, delivery.reply_to)
    return replace(delivery, reply_to_id=None if answered is None else answered.delivery.message_id)


def unsettled(db: Database, limit: int) -> tuple[Unsettled, ...]:
    """Return what may or may not have arrived, with the numbers it can and cannot have."""
    rows = db.execute(UNSETTLED, {"limit": limit}).fetchall()
    return tuple(_sought(db, kept) for kept in _load(db, [row["id"] for row in rows]))


def _sought(db: Database, kept: Kept) -> Unsettled:
    chat_id = kept.delivery.place.chat_id
    known = numbers.numbered(chat_id)
    after = kept.after
    if after is None:
        after = db.execute(
            f"SELECT coalesce(max(message_id), 0) AS id {known} AND sent <= :left",
            {"chat": chat_id, "left": maybe_micros(kept.claimed) or 0},
        ).fetchone()["id"]
    taken = db.execute(
        f"SELECT message_id {known} AND message_id > :after",
        {"chat": chat_id, "after": after},
    )
    lost = db.execute(
        f"SELECT count(*) AS n FROM delivery WHERE {_SOUGHT} AND {numbers.same_count(chat_id)}",  # noqa: S608 -- our own
        {"chat": chat_id},
    ).fetchone()["n"]
    tried = replace(kept.delivery, message=kept.tried or kept.delivery.message)
    return Unsettled(
        delivery=tried,
        after=after,
        taken=frozenset(row["message_id"] for row in taken) | numbers.others(db, chat_id),
        highest=numbers.highest(db, chat_id),
        lost=lost,
        crowded=numbers.unheard(db, chat_id),
        haunted=_haunted(db, kept, after),
    )


def _haunted(db: Database, kept: Kept, after: int) -> bool:
    """Say whether another message may stand in the chat under an unknown number above `after`."""
    found = db.execute(
        "SELECT 1 FROM delivery WHERE chat_id = ? AND id <> ? AND message_id IS NULL"
        " AND (state = 'unknown' AND (claimed IS NOT NULL OR after_id IS NULL OR after_id > ?) OR"
        "  state = 'queued' AND json_extract(message, '$[0]') LIKE ? || '%'"
        "  AND (after_id IS NULL OR after_id > ?))",
        (kept.delivery.place.chat_id, kept.delivery.id, after, REPEAT_SIGN, after),
    ).fetchone()
    return found is not None


def release(db: Database, ids: Sequence[int]) -> None:
    """Put back what `claim` handed out; others are left alone."""
    for kept in _load(db, ids):
        if kept.delivery.state is DeliveryState.SENDING:
            _replace(db, kept, fate.released(kept))


def settle(db: Database, delivery: Delivery, outcome: DeliveryOutcome, now: datetime) -> None:
    """Record the outcome of one delivery, and what it says about its chat."""
    chat_id = delivery.place.chat_id
    if isinstance(outcome, Sent) and chat_id:
        numbers.given(db, chat_id, outcome.message_id)
    if isinstance(outcome, RetryAt):
        chats.hold(db, chat_id, now + outcome.after)
    known = _load(db, (delivery.id,))
    if isinstance(outcome, Sent) and not known:
        # Its chat was forgotten while it was on its way; it was accepted all the same.
        ledger.record_sent(db, delivery, outcome.message_id, now)
    for kept in known:
        if kept.delivery.state in (DeliveryState.SENDING, DeliveryState.UNKNOWN):
            after = fate.settled(kept, outcome, now)
            _replace(db, kept, after)
            _keep_order(db, after, outcome)
            if isinstance(outcome, Sent):
                if kept.delivery.message_id is None:
                    _lie_below(db, chat_id, outcome.message_id)
                _record(db, kept.delivery, outcome, now)
    match outcome:
        case ChatGone(detail=detail, migrated_to=None):
            chats.leave(db, chat_id, detail)
        case ChatGone(migrated_to=int(new)):
            chats.migrate(db, chat_id, new)
        case _:
            pass  # the others say nothing lasting about the chat


def _lie_below(db: Database, chat_id: int, number: int) -> None:
    """Note that what is parked in the chat, or waits to be repeated, has a lower number than what
    left after it.
    """
    db.execute(
        "UPDATE delivery SET after_id = :number WHERE chat_id = :chat AND message_id IS NULL"
        " AND (state = 'unknown' AND claimed IS NULL OR"
        "  state = 'queued' AND json_extract(message, '$[0]') LIKE :sign || '%')"
        " AND (after_id IS NULL OR after_id > :number)",
        {"chat": chat_id, "number": number, "sign": REPEAT_SIGN},
    )


def _record(db: Database, delivery: Delivery, sent: Sent, now: datetime) -> None:
    """Write what was accepted into the ledger; keep no row of a chat that is forgotten."""
    note = ledger.FOUND if delivery.state is DeliveryState.UNKNOWN else ""
    if ledger.record_sent(db, delivery, sent.message_id, now, note=note):
        db.execute("DELETE FROM delivery WHERE id = ?", (delivery.id,))


def _keep_order(db: Database, kept: Kept | None, outcome: DeliveryOutcome | None = None) -> None:
    """Let what failed to leave and waits hold the others of its chat behind it, a few times."""
    if kept is None or not isinstance(outcome, NotSent | None):
        return
    delivery = kept.delivery
    waits = delivery.state is DeliveryState.QUEUED and delivery.message_id is None
    if fate.marked(delivery.message):
        # It may be there already: nothing that is new waits up to an hour for it.
        return
    if waits and delivery.not_before is not None and delivery.attempts <= fate.HELD_TRIES:
        chats.hold(db, delivery.place.chat_id, delivery.not_before)


def recover(db: Database) -> int:
    """Judge what was on its way when the program died; return how many are now unknown."""
    judged = 0
    ids = [row["id"] for row in db.execute("SELECT id FROM delivery WHERE state = 'sending'")]
    for kept in _load(db, ids):
        after = fate.recovered(kept)
        _replace(db, kept, after)
        judged += after is not None and after.delivery.state is DeliveryState.UNKNOWN
    return judged


def withdraw(db: Database, place: Place, target: Target) -> None:
    """Drop what is on its way to `place` for `target` and for nothing else followed there."""
    orphans = db.execute(
        "SELECT id FROM delivery"  # noqa: S608 -- _FOLLOWED is our own
        " WHERE state IN ('queued', 'sending', 'unknown') AND chat_id = ? AND thread_id = ?"
        " AND EXISTS (SELECT 1 FROM story_target AS t WHERE t.story_id = delivery.story_id"
        "  AND t.relation = 'chief' AND t.kind = ? AND t.slug = ?)"
        f" AND NOT {_FOLLOWED}",
        (place.chat_id, place.thread_id, target.kind, target.slug),
    ).fetchall()
    for kept in _load(db, [row["id"] for row in orphans]):
        _replace(db, kept, fate.withdrawn(kept))


def resume(db: Database, place: Place) -> None:
    """Take back `withdraw` for what is still on its way and is followed again."""
    db.execute(
        "UPDATE delivery SET withdrawn = 0"  # noqa: S608 -- _FOLLOWED is our own
        " WHERE state IN ('sending', 'unknown') AND chat_id = ? AND thread_id = ?"
        f" AND withdrawn AND {_FOLLOWED}",
        (place.chat_id, place.thread_id),
    )


def newest(db: Database, limit: int) -> tuple[Delivery, ...]:
    """Return the newest deliveries in any state, newest first."""
    rows = db.execute("SELECT * FROM delivery ORDER BY id DESC LIMIT ?", (limit,))
    return tuple(delivery_from_row(row) for row in rows)


def next_due(db: Database) -> datetime | None:
    """Return when the next free delivery may go; None when there is none."""
    row = db.execute(
        f"SELECT min(coalesce(not_before, created)) AS due FROM delivery WHERE {FREE}"  # noqa: S608 -- our own
    ).fetchone()
    return maybe_moment(row["due"])


def _find(db: Database, place: Place, key: str) -> Kept | None:
    row: Row | None = db.execute(
        "SELECT * FROM delivery WHERE chat_id = ? AND thread_id = ? AND key = ?",
        (place.chat_id, place.thread_id, key),
    ).fetchone()
    return None if row is None else kept_from_row(row)


def _load(db: Database, ids: Iterable[int]) -> list[Kept]:
    found = (db.execute("SELECT * FROM delivery WHERE id = ?", (id_,)).fetchone() for id_ in ids)
    return [kept_from_row(row) for row in found if row is not None]


def _replace(db: Database, before: Kept, after: Kept | None) -> None:
    if after is None:
        db.execute("DELETE FROM delivery WHERE id = ?", (before.delivery.id,))
    else:
        _save(db, after)


def _save(db: Database, kept: Kept) -> None:
    """Write one delivery; nothing is queued for a chat that is gone, or before its wait is over."""
    delivery = kept.delivery
    if delivery.state is DeliveryState.QUEUED:
        chat_id = delivery.place.chat_id
        why = chats.gone(db, chat_id)
        if why is None:
            held = chats.held_until(db, chat_id)
            if held is not None and held > kept.since:
                delivery = replace(delivery, not_before=fate.later(delivery.not_before, held))
        else:
            delivery = replace(delivery, state=DeliveryState.DEAD, error=why)
        kept = replace(kept, delivery=delivery)
    if delivery.id:
        write.update(db, "delivery", delivery.id, kept_to_row(kept))
    else:
        write.insert(db, "delivery", kept_to_row(kept))
