"""Whoever changes the ledger behind the program's back is found out."""

import sqlite3
from contextlib import closing

import pytest

from aggregator.model import Place
from aggregator.store.sqlite import SqliteStore
from tests.contract.made import HERE_TOO, NOW, deliver, delivery


@pytest.fixture
async def path(tmp_path):
    """Return a database with five rows in its ledger."""
    path = tmp_path / "casewire.db"
    store = await SqliteStore.open(str(path))
    await deliver(store, *(delivery(key=f"n:{n}") for n in range(4)), delivery(HERE_TOO, "n:4"))
    await store.close()
    return path


def change(path, *statements):
    """Change the file as someone with a database tool would, triggers out of the way."""
    with closing(sqlite3.connect(path)) as db, db:
        for name in ("ledger_stays", "ledger_forgets", "ledger_ages"):
            db.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            db.execute(statement)


async def verified(path):
    store = await SqliteStore.open(str(path), reading=True)
    try:
        return await store.verify_ledger()
    finally:
        await store.close()


ADDED = """
    INSERT INTO ledger SELECT 6, kind, at, chat, chat_hash, thread_id, 'n:9', story, item_seen,
    rule_version, message_id, note, digest FROM ledger WHERE number = 5
"""
TAMPERED = {
    "a time": ("UPDATE ledger SET at = at + 1 WHERE number = 3", 3),
    "a message's number": ("UPDATE ledger SET message_id = 99 WHERE number = 3", 3),
    "a note": ("UPDATE ledger SET note = 'read' WHERE number = 1", 1),
    "a rule's version": ("UPDATE ledger SET rule_version = 'v9' WHERE number = 5", 5),
    "the chat": ("UPDATE ledger SET chat = 102 WHERE number = 2", 2),
    "the chat's hash": ("UPDATE ledger SET chat = NULL, chat_hash = 'x' WHERE number = 2", 2),
    "a digest": ("UPDATE ledger SET digest = 'x' WHERE number = 4", 4),
    "a row in the middle is gone": ("DELETE FROM ledger WHERE number = 3", 3),
    "the first row is gone": ("DELETE FROM ledger WHERE number = 1", 1),
    "the last row is gone": ("DELETE FROM ledger WHERE number = 5", 5),
    "every row is gone": ("DELETE FROM ledger", 1),
    "a chat's name is gone": ("UPDATE ledger SET chat = NULL WHERE number = 4", 4),
    "every chat's name is gone": ("UPDATE ledger SET chat = NULL", 1),
    "the end is not where it was": ("UPDATE ledger_start SET last_digest = ''", 5),
    "the beginning is gone": ("DELETE FROM ledger_start", 1),
    "a number": ("UPDATE ledger SET number = 9 WHERE number = 3", 3),
    "a row is added": (ADDED, 6),
    "the key is gone": ("DELETE FROM setting WHERE name = 'ledger_key'", 1),
}


@pytest.mark.parametrize(("statement", "first"), TAMPERED.values(), ids=TAMPERED.keys())
async def test_a_changed_ledger_names_the_first_row_that_does_not_fit(path, statement, first):
    assert await verified(path) == (5, None)

    change(path, statement)

    assert (await verified(path))[1] == first


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET at = 0",
        "UPDATE ledger SET message_id = 1 WHERE number = 3",
        "UPDATE ledger SET chat = 102 WHERE number = 5",
        "DELETE FROM ledger WHERE number = 5",
        "DELETE FROM ledger",
    ],
)
async def test_a_careless_statement_is_refused_by_the_database_itself(path, statement):
    with (
        closing(sqlite3.connect(path)) as db,
        pytest.raises(sqlite3.IntegrityError, match="ledger"),
    ):
        db.execute(statement)

    assert await verified(path) == (5, None)


async def test_of_a_forgotten_chat_no_id_is_left_in_the_whole_file(tmp_path):
    path = tmp_path / "casewire.db"
    place = Place(chat_id=7_345_678_901_234)
    store = await SqliteStore.open(str(path))
    await deliver(store, delivery(place, "n:1"))
    await store.put_setting(f"digest:case:x:{place.chat_id}:0", "told")
    await store.forget(place.chat_id, NOW)
    await store.close()

    with closing(sqlite3.connect(path)) as db:
        tables = [
            row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        cells = {
            str(cell)
            for table in tables
            for row in db.execute(f"SELECT * FROM {table}")  # noqa: S608 -- its own tables
            for cell in row
        }
    assert not [cell for cell in cells if str(place.chat_id) in cell]


@pytest.mark.parametrize(("kept", "row"), [(0, 1), (3, 4)])
async def test_a_ledger_cut_short_is_found_out_though_its_numbers_begin_anew(path, kept, row):
    change(
        path,
        *(f"DELETE FROM ledger WHERE number = {number}" for number in range(kept + 1, 6)),  # noqa: S608 -- a test's own number
        f"UPDATE sqlite_sequence SET seq = {kept} WHERE name = 'ledger'",  # noqa: S608 -- the same
    )
    assert await verified(path) == (kept, row)


async def test_a_chat_that_was_forgotten_and_came_back_may_lack_its_name(path):
    store = await SqliteStore.open(str(path))
    await store.forget(HERE_TOO.chat_id, NOW)
    await store.revive_chat(HERE_TOO.chat_id)
    assert await store.verify_ledger() == (5, None)
    await store.close()
