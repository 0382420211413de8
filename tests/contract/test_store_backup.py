"""Copies of the database, the way back, and who may use it."""

import asyncio
import os
import signal
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime

import pytest

from aggregator.errors import InputError, StoreError
from aggregator.store.backup import back_up, back_up_aside, restore
from aggregator.store.lock import hold, hold_database, hold_sender
from aggregator.store.sqlite import SqliteStore

NOW = datetime(2023, 9, 18, 19, 30, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "casewire.db"


@pytest.fixture
async def store(path):
    opened = await SqliteStore.open(str(path))
    await opened.put_setting("a", "1")
    yield opened
    await opened.close()


async def setting(file, name="a"):
    opened = await SqliteStore.open(str(file))
    try:
        return await opened.setting(name)
    finally:
        await opened.close()


# --- backup -----------------------------------------------------------------------------------


async def test_a_copy_holds_what_was_committed_and_is_one_file(store, path, tmp_path):
    copy = tmp_path / "copy.db"

    assert back_up(str(path), copy) == copy.stat().st_size

    assert sorted(tmp_path.glob("copy*")) == [copy]
    assert copy.stat().st_mode & 0o077 == 0
    assert await setting(copy) == "1"


async def test_the_writer_goes_on_while_the_copy_is_made_and_the_copy_is_of_its_beginning(
    store, path, tmp_path
):
    await store.put_file("large", os.urandom(4_000_000), NOW)
    seen = []

    def while_copying(done, total):
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
            other.execute("UPDATE setting SET value = value + 1 WHERE name = 'a'")
        seen.append((done, total))

    back_up(str(path), tmp_path / "copy.db", progress=while_copying)

    assert len(seen) > 1
    assert seen[-1][0] == seen[-1][1]
    assert await setting(tmp_path / "copy.db") == "1"
    assert await store.setting("a") == str(1 + len(seen))


async def test_a_file_that_is_there_is_not_overwritten_unless_forced(store, path, tmp_path):
    copy = tmp_path / "copy.db"
    copy.write_text("mine")

    with pytest.raises(InputError, match="--force"):
        back_up(str(path), copy)
    assert copy.read_text() == "mine"

    back_up(str(path), copy, force=True)
    assert await setting(copy) == "1"


async def test_the_database_is_never_copied_over_itself(store, path):
    with pytest.raises(InputError, match="is the database itself"):
        back_up(str(path), path, force=True)


async def test_a_copy_into_a_folder_that_is_not_there_is_refused(store, path, tmp_path):
    with pytest.raises(InputError, match="name another place"):
        back_up(str(path), tmp_path / "nowhere" / "copy.db")


async def test_a_copy_that_fails_leaves_the_last_one_as_it_was(store, path, tmp_path):
    copy = tmp_path / "copy.db"
    back_up(str(path), copy)
    await store.put_setting("a", "2")

    def fails(_done, _total):
        raise StoreError("stopped")

    with pytest.raises(StoreError, match="stopped"):
        back_up(str(path), copy, force=True, progress=fails)

    assert sorted(tmp_path.glob("copy*")) == [copy]
    assert await setting(copy) == "1"


async def test_nothing_can_be_copied_where_there_is_no_database(tmp_path):
    with pytest.raises(StoreError, match="is not there"):
        back_up(str(tmp_path / "none.db"), tmp_path / "copy.db")
    with pytest.raises(StoreError, match="is empty"):
        back_up(":memory:", tmp_path / "copy.db")


async def test_a_copy_aside_is_given_up_soon_after_it_is_cancelled(store, path, tmp_path):
    copying = asyncio.ensure_future(back_up_aside(str(path), tmp_path / "copy.db"))
    await asyncio.sleep(0)
    copying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await copying

    assert await back_up_aside(str(path), tmp_path / "copy.db") > 0


# --- restore ----------------------------------------------------------------------------------


async def test_a_restored_database_is_as_it_was_and_what_it_replaced_is_kept(path, tmp_path):
    store = await SqliteStore.open(str(path))
    await store.put_setting("a", "1")
    back_up(str(path), tmp_path / "copy.db")
    await store.put_setting("a", "2")
    await store.close()

    done = restore(tmp_path / "copy.db", str(path))

    assert (done.database, done.before) == (path, tmp_path / "casewire.db.before-restore")
    assert await setting(path) == "1"
    assert await setting(done.before) == "2"
    again = restore(tmp_path / "copy.db", str(path))
    assert again.before == tmp_path / "casewire.db.before-restore-2"


async def test_what_a_killed_program_left_in_its_log_is_kept_with_the_replaced_database(
    path, tmp_path
):
    await (await SqliteStore.open(str(path))).close()
    back_up(str(path), tmp_path / "copy.db")
    script = """
import asyncio, os, signal, sys
from aggregator.store.sqlite import SqliteStore

async def main():
    store = await SqliteStore.open(sys.argv[1])
    await store.put_setting("a", "2")
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", script, str(path))
    assert await killed.wait() == -signal.SIGKILL

    done = restore(tmp_path / "copy.db", str(path))

    assert await setting(path) is None
    assert await setting(done.before) == "2"


async def test_a_copy_is_restored_where_there_is_no_database(store, path, tmp_path):
    back_up(str(path), tmp_path / "copy.db")

    done = restore(tmp_path / "copy.db", str(tmp_path / "new" / "x.db"))

    assert done.before is None
    assert await setting(done.database) == "1"


async def test_a_damaged_database_can_be_replaced(path, tmp_path):
    await (await SqliteStore.open(str(path))).close()
    back_up(str(path), tmp_path / "copy.db")
    path.write_bytes(b"no database any more")

    done = restore(tmp_path / "copy.db", str(path))

    assert done.before.read_bytes() == b"no database any more"
    assert await setting(path) is None


async def test_nothing_is_restored_while_a_program_uses_the_database(path, tmp_path):
    await (await SqliteStore.open(str(path))).close()
    back_up(str(path), tmp_path / "copy.db")
    before = path.read_bytes()

    with hold_database(str(path)), pytest.raises(StoreError, match="stop that program"):
        restore(tmp_path / "copy.db", str(path))

    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["casewire.db", "link.db", "same.db"])
async def test_a_database_is_not_restored_from_itself_nor_copied_onto_itself(path, tmp_path, name):
    await (await SqliteStore.open(str(path))).close()
    (tmp_path / "link.db").symlink_to(path)
    (tmp_path / "same.db").hardlink_to(path)

    with pytest.raises(InputError, match="is the database itself"):
        restore(tmp_path / name, str(path))
    with pytest.raises(InputError, match="is the database itself"):
        back_up(str(path), tmp_path / name, force=True)
    assert list(tmp_path.glob("*before-restore*")) == []


async def test_only_a_whole_copy_of_ours_is_restored(store, path, tmp_path):
    copy = tmp_path / "copy.db"
    await store.put_file("large", b"x" * 100_000, NOW)
    back_up(str(path), copy)
    whole = copy.read_bytes()
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE recipe (name TEXT)")
    (tmp_path / "notes.db").write_text("title: my notes\n" * 100)
    (tmp_path / "empty.db").touch()
    (tmp_path / "cut.db").write_bytes(whole[: len(whole) // 2])
    await store.close()
    before = path.read_bytes()

    for name in ("other", "notes", "empty", "cut", "none"):
        with pytest.raises(InputError, match=f"{name}.db"):
            restore(tmp_path / f"{name}.db", str(path))

    assert path.read_bytes() == before
    assert list(tmp_path.glob("*before*")) == []


async def test_a_database_in_memory_cannot_be_restored(tmp_path):
    with pytest.raises(InputError, match="in memory"):
        restore(tmp_path / "copy.db", "sqlite:///:memory:")


# --- locks ------------------------------------------------------------------------------------


def test_a_role_is_held_once_and_the_second_is_told_by_whom(path):
    with hold_database(str(path)):
        with pytest.raises(StoreError) as refused:
            hold_database(str(path))
        assert f"{path} is in use by process {os.getpid()} on " in str(refused.value)
        assert "DATABASE_URL" in str(refused.value)

    hold_database(str(path)).close()


def test_closing_a_lock_twice_is_harmless_and_lets_the_next_one_in(path):
    first = hold(path, "sender")
    first.close()
    second = hold(path, "sender")
    first.close()

    with pytest.raises(StoreError, match="a bot of its own"):
        hold(path, "sender")
    second.close()


def test_one_token_has_one_sender_and_the_file_does_not_show_the_token(tmp_path):
    token = f"123456:not-a-real-token-{tmp_path}"
    with hold_sender(token, tmp_path):
        with pytest.raises(StoreError) as refused:
            hold_sender(token, tmp_path)
        hold_sender(f"{token}-another", tmp_path).close()

    assert "this bot token is in use" in str(refused.value)
    assert token not in str(refused.value)


def test_two_databases_have_two_locks_and_memory_has_none(tmp_path):
    one, other = (hold_database(str(tmp_path / name)) for name in ("a.db", "b.db"))
    memory = [hold_database(":memory:") for _ in range(2)]
    for lock in (one, other, *memory):
        lock.close()

    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.db.lock", "b.db.lock"]


async def test_a_killed_holder_holds_nothing(path):
    script = """
import sys, time
from aggregator.store.lock import hold_database
lock = hold_database(sys.argv[1])
print("held", flush=True)
time.sleep(60)
"""
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(path), stdout=asyncio.subprocess.PIPE
    )
    assert await holder.stdout.readline() == b"held\n"
    with pytest.raises(StoreError, match=f"in use by process {holder.pid} on"):
        hold_database(str(path))

    holder.kill()
    await holder.communicate()

    hold_database(str(path)).close()


def test_a_lock_is_not_handed_to_programs_that_are_started(path):
    lock = hold_database(str(path))

    assert not os.get_inheritable(lock._handle)
    lock.close()


def test_a_link_in_the_place_of_a_lock_is_not_followed(path, tmp_path):
    path.with_name("casewire.db.lock").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(StoreError, match="cannot be opened"):
        hold_database(str(path))
    assert not (tmp_path / "elsewhere").exists()


def test_a_lock_in_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "data").write_text("a file where the folder should be")

    with pytest.raises(StoreError, match="its folder cannot be made"):
        hold_database(str(tmp_path / "data" / "casewire.db"))


def test_a_link_to_a_database_has_the_lock_of_the_database(path, tmp_path):
    path.touch()
    link = tmp_path / "link.db"
    link.symlink_to(path)
    with hold_database(str(path)), pytest.raises(StoreError, match="in use by"):
        hold_database(str(link))


only_linux = pytest.mark.skipif(sys.platform != "linux", reason="has no names without a file")


@only_linux
def test_one_token_has_one_sender_also_where_each_has_its_own_folder_for_temporary_files(tmp_path):
    own, others = tmp_path / "own", tmp_path / "others"
    own.mkdir()
    others.mkdir()
    token = f"123456:not-a-real-token-{tmp_path}"
    with hold_sender(token, own):
        with pytest.raises(StoreError, match=f"this bot token is in use by process {os.getpid()}"):
            hold_sender(token, others)
        hold_sender(f"{token}-another", others).close()

    hold_sender(token, others).close()


@only_linux
def test_a_database_under_another_name_has_one_process_all_the_same(path, tmp_path):
    path.touch()
    (tmp_path / "same.db").hardlink_to(path)
    with (
        hold_database(str(path)),
        pytest.raises(StoreError, match=r"same\.db is in use by process"),
    ):
        hold_database(str(tmp_path / "same.db"))

    hold_database(str(tmp_path / "same.db")).close()


@pytest.mark.parametrize("step", ["nothing", "database", "log too"])
async def test_a_restore_cut_short_is_no_empty_database_and_can_be_done_again(path, tmp_path, step):
    copy, kept = tmp_path / "copy.db", tmp_path / "casewire.db.before-restore"
    store = await SqliteStore.open(str(path))
    await store.put_setting("a", "then")
    back_up(str(path), copy)
    await store.put_setting("a", "since")
    log = path.with_name("casewire.db-wal").read_bytes()
    await store.close()
    path.with_name("casewire.db-wal").write_bytes(log)
    path.with_name("casewire.db.restored").write_bytes(copy.read_bytes())
    if step != "nothing":
        path.rename(kept)
    if step == "log too":
        path.with_name("casewire.db-wal").rename(f"{kept}-wal")

    with pytest.raises(StoreError, match="do `restore` again"):
        await SqliteStore.open(str(path))

    restore(copy, str(path))
    assert await setting(path) == "then"
    assert await setting(kept) == "since"
