"""Databases as the programs of each earlier time really left them, opened by this one.

`generations/` holds one file for every shape the tables ever had: the statements that made them
and what a run on invented news wrote, killed with one alert sent and others still on their way.
"""

import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from aggregator.alerts import budget
from aggregator.model import (
    Batch,
    Committed,
    DeliveryState,
    ItemKey,
    Place,
    RingKind,
    Sent,
    Target,
    TargetKind,
)
from aggregator.store.rows import story_from_row, story_to_row
from aggregator.store.schema import MIGRATIONS
from aggregator.store.sqlite import SqliteStore
from tests.contract.made import delivery, item, story

FILES = sorted((Path(__file__).parent / "generations").glob("*.sql"))
FIRST, LATER = FILES[0], FILES[1:]
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BINANCE = Target(kind=TargetKind.CASE, slug="sec-v-binance")
STORY = "7114b702a9e33108"
NEWS = ItemKey("7114b702a9e331086098abc45f008c12")
RANG = f"story:{STORY}:1"

with Database(memory=True, execute_plugins=False) as _nothing:
    NAMES = [migration.name for migration in MIGRATIONS.pending(_nothing)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "casewire.db"


def made_from(path, file):
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.create_function("words", 1, str)
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(file.read_text("utf-8"))


def migrated(path, lacks):
    """Apply what a program did that ended before the migration `lacks`."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.create_function("words", 1, str)
        MIGRATIONS.apply(Database(db, execute_plugins=False), stop_before=lacks)


async def works(store):
    """Do with a store what a running program does, on what an earlier one left in it."""
    (state,) = (await store.feed_states()).values()
    assert (state.feed_id, state.failures) == ("wire-one", 0)
    await store.save_feed_state(replace(state, failures=1))

    (old,) = await store.stories_of(BINANCE, 5)
    (report,) = old.reports
    assert (old.id, report.item_key, report.edits) == (STORY, NEWS, 0)
    assert old.rings == len(old.again) + 1
    assert old.rang is not None
    (found,) = await store.search("dismisses", since=None, before=None, limit=9)
    assert found.key == NEWS
    assert {match.target for match in (await store.matches([NEWS]))[NEWS]} >= {BINANCE}
    assert (await store.decisions([NEWS]))[NEWS].story == STORY

    people = await store.people()
    assert [each.place.chat_id for each in people.subscriptions] == [5, 6]
    assert people.settings == {}
    assert int(await store.setting("telegram_offset")) == 1002
    assert await store.verify_ledger() in ((0, None), (3, None))

    assert await store.recover() == 1
    assert {one.delivery.place.chat_id for one in await store.unsettled(9)} == {7, 8}
    (waiting,) = await store.claim(NOW, 9)
    assert (waiting.key, waiting.place, waiting.reply_to) == (RANG, Place(chat_id=6), "")
    await store.settle(waiting, Sent(message_id=9), NOW)
    rang = await store.delivery(Place(chat_id=5), RANG)
    assert (rang.state, rang.message_id) == (DeliveryState.SENT, 5)

    window = await store.window(NOW - timedelta(days=30))
    assert list(window.stories) == [STORY]
    new = Batch(
        items=(item("b"),),
        stories=(replace(old, rings=old.rings + 1), story("s2")),
        deliveries=(delivery(Place(chat_id=5), "story:s2:1", reply_to=RANG),),
        feed_state=state,
    )
    assert isinstance(await store.commit(new, window.version), Committed)
    (reply,) = await store.claim(NOW, 9)
    assert reply.reply_to == RANG
    rows, wrong = await store.verify_ledger()
    assert (rows >= 1, wrong) == (True, None)
    await store.prune(unmatched=NOW, matched=NOW - timedelta(days=700), done=NOW)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_what_each_generation_left_goes_on_as_if_it_had_always_been_ours(path, file):
    made_from(path, file)
    store = await SqliteStore.open(str(path))
    try:
        await works(store)
    finally:
        await store.close()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_a_database_that_was_brought_forward_without_what_it_lacked_is_mended(path):
    made_from(path, FIRST)
    migrated(path, "0011_mended")
    store = await SqliteStore.open(str(path))
    try:
        await works(store)
    finally:
        await store.close()


def shape(db):
    """Return each table's columns with how they are declared, and each index and trigger."""
    found = {}
    for kind, name, sql in db.execute("SELECT type, name, sql FROM sqlite_master"):
        if sql is None or name.startswith(("sqlite_", "item_fts_")):
            continue
        words = re.sub(r"\s*--[^\n]*", "", sql)
        found[kind, name] = re.sub(r'[\s"]+', "", words)
    return found


@pytest.mark.parametrize("file", LATER, ids=lambda file: file.stem)
def test_a_migration_still_makes_what_it_made_when_databases_were_first_given_to_it(path, file):
    made_from(path, file)
    with closing(sqlite3.connect(path)) as old, closing(sqlite3.connect(":memory:")) as new:
        done = {name for (name,) in old.execute("SELECT name FROM _sqlite_migrations")}
        lacks = next(name for name in NAMES if name not in done)
        new.create_function("words", 1, str)
        MIGRATIONS.apply(Database(new, execute_plugins=False), stop_before=lacks)
        assert shape(old) == shape(new)


def columns(db, table):
    return {row[1]: row[2] for row in db.execute(f"PRAGMA table_info({table})")}


def test_the_oldest_database_has_every_column_of_a_new_one_in_the_end(path):
    made_from(path, FIRST)
    migrated(path, None)
    with closing(sqlite3.connect(path)) as old, closing(sqlite3.connect(":memory:")) as new:
        new.create_function("words", 1, str)
        MIGRATIONS.apply(Database(new, execute_plugins=False))
        tables = [name for kind, name in shape(new) if kind == "table"]
        assert {name: columns(old, name) for name in tables} == {
            name: columns(new, name) for name in tables
        }
        assert {key for key in shape(old) if key[0] != "table"} == {
            key for key in shape(new) if key[0] != "table"
        }


def test_whatever_came_later_into_a_report_or_a_ring_may_be_missing_from_a_stored_one(path):
    made_from(path, FIRST)
    with closing(sqlite3.connect(path)) as db:
        first = set(json.loads(db.execute("SELECT reports FROM story").fetchone()[0])[0])
    made = story("s1")
    made = replace(made, reports=(replace(made.reports[0], names=("binance",), edits=2),))
    row = story_to_row(made)
    (report,) = json.loads(row["reports"])

    later = set(report) - first
    assert later >= {"names", "edits"}
    for key in later:
        less = {name: value for name, value in report.items() if name != key}
        row["reports"] = json.dumps([less])
        (read,) = story_from_row(row).reports
        assert replace(read, **{key: getattr(made.reports[0], key)}) == made.reports[0]

    row["again"] = json.dumps([["confirmed", NEWS, 1]])
    (rung,) = story_from_row(row).again
    assert (rung.kind, rung.what) == (RingKind.CONFIRMED, "")


@pytest.mark.parametrize("file", FILES[4:], ids=lambda file: file.stem)
async def test_the_sender_goes_on_from_the_budget_that_an_older_program_wrote(path, file):
    made_from(path, file)
    store = await SqliteStore.open(str(path))
    kept = await store.setting("sender")
    await store.close()

    assert budget.loaded(kept.removeprefix("alive"), NOW, NOW).bot_free is not None
