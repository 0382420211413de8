"""The database as a file: where it lies, what survives, and what is said when it cannot be used."""

import asyncio
import os
import resource
import signal
import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from aggregator.errors import StoreError
from aggregator.model import (
    Batch,
    Delivery,
    DeliveryState,
    FeedState,
    Gap,
    Message,
    People,
    Place,
    Priority,
    Sent,
    Stale,
    Subscription,
    Watch,
)
from aggregator.store import outbox
from aggregator.store.connect import connect, explain, location
from aggregator.store.sqlite import SqliteStore

NOW = datetime(2023, 9, 18, 19, 30, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "casewire.db"


def url(path):
    return f"sqlite:///{path}"


def delivery(key, html="text"):
    return Delivery(
        place=Place(chat_id=1),
        key=key,
        message=Message(html=html),
        priority=Priority.NORMAL,
        created=NOW,
    )


async def commit(store, *deliveries):
    version = (await store.window(NOW)).version
    return await store.commit(Batch(deliveries=deliveries), version)


# --- where it lies ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "file"),
    [
        ("sqlite:///data/casewire.db", "data/casewire.db"),
        ("sqlite:////srv/casewire.db", "/srv/casewire.db"),
        ("sqlite:///:memory:", ":memory:"),
        ("data/casewire.db", "data/casewire.db"),
    ],
)
def test_a_url_names_a_file(given, file):
    assert location(given) == file


@pytest.mark.parametrize("given", ["postgresql://u@h/db", "sqlite://data/x.db", "sqlite:///", ""])
def test_a_url_that_names_no_sqlite_file_is_refused_with_what_to_write(given):
    with pytest.raises(StoreError, match=r"write sqlite:///data/casewire\.db"):
        location(given)


def test_a_password_in_a_url_is_not_repeated():
    with pytest.raises(StoreError) as refused:
        location("postgresql://user:hush@db.example/casewire")

    assert "hush" not in str(refused.value)


async def test_the_folder_is_made_with_the_file(path):
    store = await SqliteStore.open(url(path))
    await store.close()

    assert path.is_file()


async def test_commits_are_synced_to_the_disk_and_readers_never_wait(path):
    with closing(connect(str(path))) as db:
        pragmas = {
            name: db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }

    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


async def test_sql_runs_off_the_event_loop(path):
    store = await SqliteStore.open(url(path))
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            writing = asyncio.ensure_future(store.put_setting("a", "1"))
            for _ in range(100):
                await asyncio.sleep(0)
            assert not writing.done()  # it waits for the lock, and this loop went on
            other.execute("COMMIT")
        await writing
    finally:
        await store.close()


async def test_a_claim_cancelled_under_way_gives_back_what_it_took(path):
    store = await SqliteStore.open(url(path))
    await commit(store, delivery("a"))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        claiming = asyncio.ensure_future(store.claim(NOW, 1))
        for _ in range(1000):
            await asyncio.sleep(0)  # by now the thread has begun, and waits for the lock
        claiming.cancel()
        other.execute("COMMIT")
    with pytest.raises(asyncio.CancelledError):
        await claiming

    (again,) = await store.claim(NOW, 1)
    assert (again.key, again.attempts) == ("a", 1)
    await store.close()


async def test_an_inline_store_uses_no_thread(path):
    store = await SqliteStore.open(url(path), inline=True)

    work = store.put_setting("a", "1")
    with pytest.raises(StopIteration):
        work.send(None)  # done at the first step: nothing was awaited

    await store.close()


# --- what survives ----------------------------------------------------------------------------


async def test_what_was_committed_is_there_after_closing(path):
    first = await SqliteStore.open(url(path))
    await commit(first, delivery("a"))
    await first.close()

    second = await SqliteStore.open(url(path))
    assert [one.key for one in await second.deliveries(5)] == ["a"]
    await second.close()


async def test_what_was_committed_is_there_after_the_store_was_abandoned(path):
    first = await SqliteStore.open(url(path))
    await commit(first, delivery("a"), delivery("b"))
    await first.claim(NOW, 1)

    second = await SqliteStore.open(url(path))
    assert await second.recover() == 1
    assert {one.key: one.state for one in await second.deliveries(5)} == {
        "a": DeliveryState.UNKNOWN,
        "b": DeliveryState.QUEUED,
    }
    await second.close()
    await first.close()


async def test_what_was_committed_is_there_after_a_kill(path):
    script = """
import asyncio, os, signal, sys
from datetime import UTC, datetime
from aggregator.model import Batch, Delivery, Message, Place, Priority
from aggregator.store.sqlite import SqliteStore

async def main():
    # Inline, because the half-done transaction below is made on this very thread.
    store = await SqliteStore.open(sys.argv[1], inline=True)
    now = datetime(2023, 9, 18, tzinfo=UTC)
    made = [Delivery(place=Place(chat_id=1), key=f"n:{n}", message=Message(html="x"),
                     priority=Priority.NORMAL, created=now) for n in range(50)]
    await store.commit(Batch(deliveries=tuple(made)), 0)
    store._db.execute("BEGIN IMMEDIATE")
    store._db.execute("DELETE FROM delivery")
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", script, url(path))
    assert await killed.wait() == -signal.SIGKILL

    store = await SqliteStore.open(url(path))
    assert len(await store.deliveries(100)) == 50
    await store.close()


async def test_two_stores_on_one_file_see_each_other_s_commits(path):
    first, second = await SqliteStore.open(url(path)), await SqliteStore.open(url(path))
    seen = (await second.window(NOW)).version

    await commit(first, delivery("a"))

    assert isinstance(await second.commit(Batch(deliveries=(delivery("b"),)), seen), Stale)
    assert [one.key for one in await second.deliveries(5)] == ["a"]
    await first.close()
    await second.close()


async def test_a_commit_that_waited_for_another_process_rests_on_what_that_one_left(path):
    store = await SqliteStore.open(url(path))
    seen = (await store.window(NOW)).version
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE version SET number = number + 1")
        committing = asyncio.ensure_future(store.commit(Batch(deliveries=(delivery("a"),)), seen))
        for _ in range(100):
            await asyncio.sleep(0)
        other.execute("COMMIT")

    assert await committing == Stale(version=seen + 1)
    await store.close()


async def test_opening_a_second_time_migrates_nothing_again(path):
    for name in ("first", "second"):
        store = await SqliteStore.open(url(path))
        await store.put_setting(name, "here")
        await store.close()

    with closing(sqlite3.connect(path)) as db:
        applied = [row[0] for row in db.execute("SELECT name FROM _sqlite_migrations")]
        assert applied == [*dict.fromkeys(applied)]
        assert applied[:4] == ["0001_first", "0002_unknown", "0003_held", "0004_followers"]


async def test_looking_into_the_queue_reads_nothing_of_what_was_sent(path):
    await (await SqliteStore.open(url(path))).close()
    with closing(sqlite3.connect(path)) as db:
        plans = [
            step[3]
            for query in (
                f"SELECT min(created) FROM delivery WHERE {outbox.FREE}",  # noqa: S608 -- our own
                outbox.UNSETTLED,
            )
            for step in db.execute(f"EXPLAIN QUERY PLAN {query}", {"limit": 9})
        ]
    read = [plan for plan in plans if "delivery" in plan]
    assert read
    for plan in read:
        assert "INDEX delivery_" in plan, plan


# --- what is said when it cannot be used ------------------------------------------------------


async def refusal(path):
    """Open a file that cannot be used; return what the operator reads."""
    with pytest.raises(StoreError) as refused:
        await SqliteStore.open(url(path))
    assert str(path) in str(refused.value)
    return str(refused.value)


async def test_a_file_that_is_no_database_is_refused(path):
    path.parent.mkdir()
    path.write_bytes(b"title: my notes\n" * 100)

    assert "is not a database" in await refusal(path)
    assert path.read_bytes() == b"title: my notes\n" * 100


async def test_a_database_of_another_program_is_refused_untouched(path):
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE recipe (name TEXT)")
    before = path.read_bytes()

    assert "another program" in await refusal(path)
    assert path.read_bytes() == before


async def test_a_database_newer_than_the_program_is_refused(path):
    await (await SqliteStore.open(url(path))).close()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " VALUES ('casewire', '0999_later', '2030-01-01')"
        )

    assert "newer Casewire (it has 0999_later)" in await refusal(path)


async def test_a_damaged_database_is_refused(path):
    store = await SqliteStore.open(url(path))
    await commit(store, *(delivery(f"n:{n}", html="x" * 900) for n in range(200)))
    await store.close()
    content = bytearray(path.read_bytes())
    last = len(content) - 4096  # far from what opening the file looks at
    content[last : last + 64] = b"\xff" * 64
    path.write_bytes(content)

    assert "restore the last backup" in await refusal(path)


async def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "data").write_text("a file where the folder should be")

    assert "its folder cannot be made" in await refusal(tmp_path / "data" / "casewire.db")


async def test_a_folder_in_the_file_s_place_is_refused(path):
    path.mkdir(parents=True)

    assert "it cannot be opened" in await refusal(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes where it likes")
@pytest.mark.parametrize(("file", "folder"), [(0o444, 0o755), (0o644, 0o555), (0o444, 0o555)])
async def test_a_file_that_cannot_be_written_is_refused_at_start(path, file, folder):
    await (await SqliteStore.open(url(path))).close()
    path.chmod(file)
    path.parent.chmod(folder)
    try:
        assert "cannot be written" in await refusal(path)
    finally:
        path.parent.chmod(0o755)


def test_a_read_only_database_is_explained(path):
    connect(str(path)).close()

    with (
        closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db,
        pytest.raises(sqlite3.OperationalError) as error,
    ):
        db.execute("DELETE FROM setting")

    explained = explain(error.value, "x.db")
    assert isinstance(explained, StoreError)
    assert "give this user write access" in str(explained)


def test_a_full_disk_is_explained(path):
    with closing(connect(str(path))) as db:
        db.execute("PRAGMA max_page_count = 1")
        with pytest.raises(sqlite3.OperationalError) as error:
            db.table("setting").insert({"name": "a", "value": "x" * 1_000_000})

    explained = explain(error.value, "x.db")
    assert isinstance(explained, StoreError)
    assert "disk is full" in str(explained)


def test_a_bug_of_ours_is_not_blamed_on_the_disk(path):
    with (
        closing(connect(str(path))) as db,
        pytest.raises(sqlite3.OperationalError) as error,
    ):
        db.execute("SELECT nothing FROM nowhere")

    assert explain(error.value, "x.db") is error.value


def test_a_file_another_process_holds_is_explained(path):
    with (
        closing(connect(str(path))) as holder,
        closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other,
    ):
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError) as error:
            other.execute("BEGIN IMMEDIATE")

    assert "another program is writing" in str(explain(error.value, "x.db"))


async def test_when_the_disk_gives_out_nothing_stored_is_lost_and_work_goes_on_later(path):
    store = await SqliteStore.open(url(path))
    await commit(store, delivery("before"))
    state = FeedState(feed_id="wire-one", last_error="x" * 3_000_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        with pytest.raises(StoreError, match="free space"):
            await store.commit(
                Batch(feed_state=state, deliveries=(delivery("lost"),)),
                (await store.window(NOW)).version,
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert [one.key for one in await store.deliveries(5)] == ["before"]
    assert await store.feed_states() == {}
    await commit(store, delivery("after"))
    assert [one.key for one in await store.deliveries(5)] == ["after", "before"]
    await store.close()


async def test_a_full_disk_takes_nothing_from_ledger_watches_or_updates(path):
    store = await SqliteStore.open(url(path), inline=True)
    await commit(store, delivery("a"))
    (sent,) = await store.claim(NOW, 1)
    await store.settle(sent, Sent(message_id=1), NOW)
    long = "x" * 3_000_000
    watch = Watch(id="w1", place=Place(chat_id=1), query=long, created=NOW)
    asked = Subscription(place=watch.place, target=watch.target, since=NOW)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        for work in (
            store.add_watch(watch, asked),
            store.keep_updates([(1, long)], 2),
            store.put_file("chart.png", long.encode(), NOW),
            store.open_gap(Gap(feed_id="dcd", why=long, since=NOW, until=None, opened=NOW)),
        ):
            with pytest.raises(StoreError, match="free space"):
                await work
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert (await store.people(), await store.waiting_updates(5)) == (People(), ())
    assert await store.setting("telegram_offset") is None
    assert (await store.gaps(NOW), await store.file("chart.png")) == ((), None)
    assert await store.add_watch(replace(watch, query="sec"), asked)
    assert await store.verify_ledger() == (1, None)
    await store.close()
