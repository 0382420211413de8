"""Databases of every earlier version: brought up to date, with a copy of what they were."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest
from sqlite_utils import Database

from aggregator.errors import StoreError
from aggregator.model import Batch, Delivery, ItemKey, Message, Place, Priority, Target, TargetKind
from aggregator.store.connect import connect
from aggregator.store.schema import MIGRATIONS
from aggregator.store.sqlite import SqliteStore

NOW = datetime(2023, 9, 18, 19, 30, tzinfo=UTC)
CASE = Target(kind=TargetKind.CASE, slug="sec-v-binance")

with Database(memory=True, execute_plugins=False) as _nothing:
    NAMES = [migration.name for migration in MIGRATIONS.pending(_nothing)]
EARLIER = NAMES[1:]
"""The first migration that a database of each earlier version lacks."""

AT = 1_695_000_000_000_000
ITEM = (
    "INSERT INTO item (key, feed_id, outlet, kind, trust, url, title, summary, seen, at, tags)"
    " VALUES (?, 'wire-one', 'Wire One', 'news', 'independent', '', ?, '', ?, ?, '[]')"
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "casewire.db"


def made_by(path, lacks):
    """Make the database as a program that ended before the migration `lacks` left it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.create_function("words", 1, str)
        connection.execute("PRAGMA journal_mode = WAL")
        MIGRATIONS.apply(Database(connection, execute_plugins=False), stop_before=lacks)
        for number, title in enumerate(("Judge hears motion", "Bakery opens")):
            connection.execute(ITEM, (f"{number:032x}", title, AT + number, AT + number))
        connection.execute(
            "INSERT INTO match (item_key, kind, slug, relation, evidence, reason, rule_version)"
            " VALUES (?, 'case', 'sec-v-binance', 'chief', '[]', 'names it', '')",
            (f"{0:032x}",),
        )
        connection.execute(
            "INSERT INTO decision (item_key, kind, reason, story_id) VALUES (?, 'alert', 'new', 's1')",
            (f"{0:032x}",),
        )
        connection.execute(
            "INSERT INTO subscription (chat_id, thread_id, kind, slug, since)"
            " VALUES (1, 0, 'case', 'sec-v-binance', ?)",
            (AT,),
        )
        connection.execute(
            "INSERT INTO delivery (chat_id, thread_id, key, story_id, state, priority, attempts,"
            " created, since, reply_to, withdrawn, error, message)"
            " VALUES (1, 0, 'story:s1:1', 's1', 'queued', 1, 0, ?, ?, '', 0, '',"
            " '[\"text\",[],false]')",
            (AT, AT),
        )


@pytest.mark.parametrize("lacks", EARLIER)
async def test_a_database_of_each_earlier_version_keeps_everything(path, lacks):
    made_by(path, lacks)

    store = await SqliteStore.open(str(path))

    keys = [ItemKey(f"{number:032x}") for number in range(2)]
    assert [one.key for one in await store.items_of_feed("wire-one", 9)] == keys[::-1]
    assert await store.known_items(keys) == set(keys)
    assert [each.target for (each,) in (await store.matches(keys)).values()] == [CASE]
    assert await store.stories_of_items(keys) == {keys[0]: "s1"}
    (follow,) = (await store.people()).subscriptions
    assert (follow.place, follow.target, follow.paused) == (Place(chat_id=1), CASE, False)
    (sending,) = await store.claim(NOW, 5)
    assert (sending.key, sending.message) == ("story:s1:1", Message(html="text"))
    # What is found by its words was stored before there was an index of them.
    found = await store.search("judge", since=None, before=None, limit=9)
    assert [one.key for one in found] == keys[:1]
    assert await store.verify_ledger() == (0, None)
    await store.close()


@pytest.mark.parametrize("lacks", EARLIER)
async def test_a_database_is_as_sound_after_the_change_as_a_new_one(path, lacks, tmp_path):
    made_by(path, lacks)
    await (await SqliteStore.open(str(path))).close()
    await (await SqliteStore.open(str(tmp_path / "new.db"))).close()

    shapes = []
    for file in (path, tmp_path / "new.db"):
        with closing(sqlite3.connect(file)) as db:
            assert db.execute("PRAGMA foreign_key_check").fetchall() == []
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            db.execute("INSERT INTO item_fts (item_fts) VALUES ('integrity-check')")
            shapes.append(
                db.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
            )
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("lacks", EARLIER)
async def test_a_copy_of_what_was_there_is_kept_and_can_be_opened_by_the_older_program(path, lacks):
    made_by(path, lacks)

    await (await SqliteStore.open(str(path))).close()

    with closing(sqlite3.connect(path.with_name(f"casewire.db.before-{lacks}"))) as db:
        names = [row[0] for row in db.execute("SELECT name FROM _sqlite_migrations")]
        assert names == NAMES[: NAMES.index(lacks)]
        assert db.execute("SELECT count(*) FROM item").fetchone() == (2,)


async def test_a_database_that_is_up_to_date_or_new_is_not_copied(path):
    for _ in range(2):
        await (await SqliteStore.open(str(path))).close()

    assert list(path.parent.glob("*before*")) == []


async def test_without_a_copy_nothing_is_changed(path):
    made_by(path, "0005_search")
    path.with_name("casewire.db.before-0005_search").mkdir()

    with pytest.raises(StoreError, match="the tables are to be changed"):
        await SqliteStore.open(str(path))

    with closing(sqlite3.connect(path)) as db:
        names = [row[0] for row in db.execute("SELECT name FROM _sqlite_migrations")]
    assert names[-1] == "0004_followers"


async def test_what_a_migrated_table_refers_to_still_goes_with_it(path):
    made_by(path, EARLIER[-1])
    store = await SqliteStore.open(str(path))

    await store.prune(unmatched=NOW, matched=NOW, done=NOW)

    keys = [ItemKey(f"{number:032x}") for number in range(2)]
    assert await store.matches(keys) == {}
    assert await store.decisions(keys) == {}
    await store.close()


async def test_a_change_that_fails_leaves_the_database_as_it_was(path):
    made_by(path, "0005_search")
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE numbered_item (x TEXT)")  # in the way

    with pytest.raises(sqlite3.OperationalError):
        await SqliteStore.open(str(path))

    with closing(sqlite3.connect(path)) as db:
        names = [row[0] for row in db.execute("SELECT name FROM _sqlite_migrations")]
        assert names[-1] == "0004_followers"
        assert db.execute("SELECT count(*) FROM item").fetchone() == (2,)
        db.execute("DROP TABLE numbered_item")
    await (await SqliteStore.open(str(path))).close()


# --- beside a running program -----------------------------------------------------------------


async def test_reading_beside_the_writer_sees_what_it_wrote_and_changes_nothing(path):
    writer = await SqliteStore.open(str(path))
    await writer.put_setting("a", "1")
    reader = await SqliteStore.open(str(path), reading=True)

    assert await reader.setting("a") == "1"
    with pytest.raises(StoreError):
        await reader.put_setting("a", "2")

    assert await writer.setting("a") == "1"
    await writer.commit(
        Batch(
            deliveries=(
                Delivery(
                    place=Place(chat_id=1), key="n:1", message=Message(html="x"),
                    priority=Priority.NORMAL, created=NOW,
                ),
            )
        ),
        (await writer.window(NOW)).version,
    )  # fmt: skip
    assert [one.key for one in await reader.deliveries(5)] == ["n:1"]
    await reader.close()
    await writer.close()


async def test_reading_makes_no_database_where_there_is_none(path):
    with pytest.raises(StoreError, match="is not there"):
        await SqliteStore.open(str(path), reading=True)

    path.touch()
    with pytest.raises(StoreError, match="is empty"):
        await SqliteStore.open(str(path), reading=True)
    assert path.stat().st_size == 0


async def test_reading_leaves_the_upgrade_to_the_program(path):
    made_by(path, EARLIER[-1])

    with pytest.raises(StoreError, match="start `run` once"):
        await SqliteStore.open(str(path), reading=True)

    with closing(connect(str(path), reading=True, older=True)) as db:
        assert len(MIGRATIONS.applied(db)) == len(NAMES) - 1
