"""Stretches in which something may have been missed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from sqlite3 import Row

from sqlite_utils import Database

from aggregator.model import Gap, LedgerKind
from aggregator.store import ledger
from aggregator.store.rows import Columns, maybe_micros, maybe_moment, micros, moment


def record(db: Database, gap: Gap) -> Gap:
    """Record a gap that was found, or one that is `closed` now; return it with its id."""
    if gap.closed is None:
        return open_gap(db, gap)
    close_gap(db, gap.id, gap.closed)
    return gap


def open_gap(db: Database, gap: Gap) -> Gap:
    """Record a possible loss; one that is open for the same feed and reason and that it touches
    is made longer instead.  Return it with its id.
    """
    row = db.execute(
        "SELECT * FROM gap WHERE feed_id = :feed AND why = :why AND closed IS NULL"
        " AND (until IS NULL OR until >= :since) AND (:until IS NULL OR since <= :until)"
        " ORDER BY id DESC LIMIT 1",
        {
            "feed": gap.feed_id,
            "why": gap.why,
            "since": micros(gap.since),
            "until": maybe_micros(gap.until),
        },
    ).fetchone()
    if row is None:
        known = None
        columns = _to_row(gap)
        columns["id"] = db.table("gap").insert(columns).last_pk
        opened = replace(gap, id=int(columns["id"]))
    else:
        known = _from_row(row)
        opened = replace(known, since=min(known.since, gap.since), until=_later(known, gap))
        db.table("gap").update(opened.id, _to_row(opened))
    if opened != known:
        ledger.record_gap(db, LedgerKind.GAP, _key(opened), _note(opened), gap.opened)
    return opened


def _later(known: Gap, gap: Gap) -> datetime | None:
    """Return the end of both: what lasted is over when the newer finding says so."""
    if known.until is None or gap.until is None:
        return gap.until
    return max(known.until, gap.until)


def close_gap(db: Database, gap_id: int, now: datetime, until: datetime | None = None) -> None:
    """Record that nothing was missed after all; or, with `until`, when the gap was over."""
    row = db.execute("SELECT * FROM gap WHERE id = ? AND closed IS NULL", (gap_id,)).fetchone()
    if row is None:
        return
    known = _from_row(row)
    if until is None:
        after = replace(known, closed=now, until=known.until or now)
        kind = LedgerKind.GAP_CLOSED
    else:
        after = replace(known, until=until)
        kind = LedgerKind.GAP
    if after == known:
        return
    db.table("gap").update(gap_id, _to_row(after))
    ledger.record_gap(db, kind, _key(after), _note(after), now)


def gaps(db: Database, since: datetime) -> tuple[Gap, ...]:
    """Return the gaps that were open at or after `since`, oldest first."""
    rows = db.execute(
        "SELECT * FROM gap WHERE coalesce(until, closed) IS NULL OR coalesce(until, closed) >= :since"
        " OR closed >= :since ORDER BY since, id",
        {"since": micros(since)},
    )
    return tuple(_from_row(row) for row in rows)


def _key(gap: Gap) -> str:
    return f"gap:{gap.id}"


def _note(gap: Gap) -> str:
    until = "now" if gap.until is None else f"{gap.until:%Y-%m-%d %H:%M:%S}"
    feed = gap.feed_id or "every feed"
    return f"{feed}: {gap.why}, {gap.since:%Y-%m-%d %H:%M:%S} to {until} UTC"


def _to_row(gap: Gap) -> Columns:
    return {
        "feed_id": gap.feed_id,
        "why": gap.why,
        "since": micros(gap.since),
        "until": maybe_micros(gap.until),
        "opened": micros(gap.opened),
        "closed": maybe_micros(gap.closed),
    }


def _from_row(row: Row) -> Gap:
    return Gap(
        id=row["id"],
        feed_id=row["feed_id"],
        why=row["why"],
        since=moment(row["since"]),
        until=maybe_moment(row["until"]),
        opened=moment(row["opened"]),
        closed=maybe_moment(row["closed"]),
    )
