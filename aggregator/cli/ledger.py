"""`ledger`: what was sent to whom and when, and whether anyone changed the record."""

from __future__ import annotations

import csv
import sys
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.jsonl import json_line
from aggregator.cli.moments import FIRST, Moment, shown
from aggregator.cli.progress import progress
from aggregator.cli.stored import with_store

if TYPE_CHECKING:
    from aggregator.model import LedgerRow
    from aggregator.ports import Store

PAGE_ROWS = 2_000

COLUMNS = (
    "number", "kind", "at", "chat", "thread", "key", "story", "seen", "rule_version",
    "message_id", "note", "digest",
)  # fmt: skip

EXIT_NOT_FITTING = 1


@click.command()
@click.option("--since", type=Moment(), default=FIRST, help="From this day on, UTC.")
@click.option("--until", type=Moment(through=True), help="Through this day, UTC.")
@click.option("--csv", "as_csv", is_flag=True, help="As CSV with a header.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--verify", is_flag=True, help="Only say whether each row fits the one before.")
def ledger(
    since: datetime, until: datetime | None, as_csv: bool, as_json: bool, verify: bool
) -> None:
    """Show what Telegram accepted for which place, and possible losses; accepted is not read."""
    if as_csv + as_json + verify > 1:
        raise click.UsageError("--csv, --json and --verify are three different answers: give one")
    if until is not None and since >= until:
        raise click.UsageError("--since is not before the end of --until: no row lies between them")
    if verify:
        with progress("verifying the ledger"):
            count, wrong = with_store(_verified)
        if wrong is not None:
            click.echo(f"row {wrong} does not fit: it, or what stood before it, was changed")
            sys.exit(EXIT_NOT_FITTING)
        click.echo(f"{count} rows, all fit")
        return

    async def work(store: Store) -> None:
        show = _csv() if as_csv else _json if as_json else _line()
        async for row in _rows(store, since, until):
            show(row)

    # Rows on a terminal are their own progress; this is for those that go to a file.
    with progress("reading the ledger", machine=True):
        with_store(work)


async def _verified(store: Store) -> tuple[int, int | None]:
    return await store.verify_ledger()


async def _rows(store: Store, since: datetime, until: datetime | None) -> AsyncIterator[LedgerRow]:
    after = 0
    while page := await store.ledger(since, PAGE_ROWS, after=after):
        for row in page:
            # Not the end: the clock may have been set back between two rows.
            if until is None or row.at < until:
                yield row
        after = page[-1].number


def values(row: LedgerRow) -> dict[str, Any]:
    """Return a row as the columns that are shown."""
    return {
        "number": row.number,
        "kind": row.kind.value,
        "at": row.at.isoformat(),
        "chat": row.chat,
        "thread": row.thread_id,
        "key": row.key,
        "story": row.story,
        "seen": None if row.item_seen is None else row.item_seen.isoformat(),
        "rule_version": row.rule_version,
        "message_id": row.message_id,
        "note": row.note,
        "digest": row.digest,
    }


def _csv() -> Callable[[LedgerRow], None]:
    writer = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    writer.writeheader()
    return lambda row: writer.writerow(values(row))


def _json(row: LedgerRow) -> None:
    click.echo(json_line(values(row)))


def _line() -> Callable[[LedgerRow], None]:
    from aggregator.model import LedgerKind

    click.echo(
        f"{'number':>7}  {'at (UTC)':<20}  {'what':<10}  {'chat/topic':<20}  "
        f"{'message':>9}  {'seen':<20}  key, rule, note"
    )

    def show(row: LedgerRow) -> None:
        topic = f"/{row.thread_id}" if row.thread_id else ""
        # Sixty-four digits tell no more apart here than twelve.
        chat = f"{row.chat[:12]}…" if len(row.chat) > 20 else row.chat
        rule = row.rule_version if row.kind in (LedgerKind.SENT, LedgerKind.EDITED) else ""
        last = "  ".join(filter(None, (row.key, rule, row.note)))
        click.echo(
            f"{row.number:>7}  {shown(row.at):<20}  {row.kind:<10}  {chat + topic:<20}  "
            f"{row.message_id or '':>9}  {shown(row.item_seen):<20}  {last}"
        )

    return show
