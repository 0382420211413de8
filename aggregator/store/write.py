"""Writes rows by statements that are made once for each set of columns.

sqlite-utils asks the schema before each write; on the way of every message and every poll that was
a fifth of all the time a busy program spends.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from sqlite_utils import Database

from aggregator.store.rows import Columns


def insert(db: Database, table: str, row: Columns) -> None:
    """Add `row`."""
    db.execute(_insert(table, tuple(row)), row)


def add_new(db: Database, table: str, rows: Iterable[Columns]) -> None:
    """Add those `rows` whose key is not there yet."""
    for row in rows:
        db.execute(_insert(table, tuple(row), "OR IGNORE "), row)


def update(db: Database, table: str, id_: int, row: Columns) -> None:
    """Give the row with this id the columns of `row`."""
    db.execute(_update(table, tuple(row)), row | {"id": id_})


def upsert(db: Database, table: str, row: Columns, key: str) -> None:
    """Add `row`, or give the one with the same `key` its columns."""
    db.execute(_upsert(table, tuple(row), key), row)


@lru_cache(maxsize=64)
def _insert(table: str, columns: tuple[str, ...], known: str = "") -> str:
    names, values = ", ".join(columns), ", ".join(f":{name}" for name in columns)
    return f"INSERT {known}INTO {table} ({names}) VALUES ({values})"  # noqa: S608 -- our own names


@lru_cache(maxsize=64)
def _update(table: str, columns: tuple[str, ...]) -> str:
    values = ", ".join(f"{name} = :{name}" for name in columns)
    return f"UPDATE {table} SET {values} WHERE id = :id"  # noqa: S608 -- our own names


@lru_cache(maxsize=64)
def _upsert(table: str, columns: tuple[str, ...], key: str) -> str:
    values = ", ".join(f"{name} = excluded.{name}" for name in columns if name != key)
    return f"{_insert(table, columns)} ON CONFLICT ({key}) DO UPDATE SET {values}"
