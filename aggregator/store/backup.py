"""A copy of the database in a file of its own, and the way back."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from sqlite_utils import Database

from aggregator.errors import InputError, StoreError
from aggregator.store.connect import MEMORY, connect, explain, location, unfinished
from aggregator.store.copying import Progress, copy_to
from aggregator.store.lock import hold_database

_WITH_IT = ("", "-wal", "-shm")
"""What belongs to a database file beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """Where a copy now is, and where what was there before went; None when nothing was."""

    database: Path
    before: Path | None


def back_up(url: str, to: Path, *, force: bool = False, progress: Progress | None = None) -> int:
    """Copy the database to `to` while it is used; return the copy's bytes.

    Raises InputError when `to` is there and `force` is not given or cannot be written, and
    StoreError when the database cannot be read or its copy is damaged.
    """
    where = location(url)
    if to.exists() and not force:
        raise InputError(f"{to} is there already: name another file, or give --force")
    if where != MEMORY and to.exists() and Path(where).exists() and to.samefile(where):
        raise InputError(f"{to} is the database itself: name another file")
    try:
        with closing(connect(where, reading=True, older=True)) as db:
            copy_to(db.conn, to, progress=progress)
        return to.stat().st_size
    except OSError as error:
        raise InputError(
            f"{to} cannot be written ({error.strerror}): name another place"
        ) from error
    except sqlite3.Error as error:
        raise explain(error, str(to)) from error


def restore(copy: Path, url: str, *, progress: Progress | None = None) -> Restored:
    """Put `copy` in the place of the database, which is kept beside it.

    Raises InputError when `copy` is no whole database of this program, and StoreError while a
    program uses the database.
    """
    where = location(url)
    if where == MEMORY:
        raise InputError("a database in memory cannot be restored: let DATABASE_URL name a file")
    database = Path(os.path.realpath(where))
    if copy.exists() and database.exists() and copy.samefile(database):
        raise InputError(f"{copy} is the database itself: name a copy that `backup` made")
    with hold_database(url):
        fresh = database.with_name(f"{database.name}.restoring")
        try:
            with closing(_usable(copy)) as source:
                copy_to(source.conn, fresh, progress=progress)
            # From here on a program that starts sees that the rest is still to be done.
            whole = fresh.replace(unfinished(database))
            before = _aside(database)
            whole.replace(database)
        except OSError as error:
            raise StoreError(
                f"{where} cannot be replaced ({error.strerror}): "
                "give this user write access to its folder, and free some space"
            ) from error
        except sqlite3.Error as error:
            raise explain(error, where) from error
        finally:
            fresh.unlink(missing_ok=True)
    return Restored(database=database, before=before)


def _usable(copy: Path) -> Database:
    """Open a copy; raise InputError when it is none of ours, or not whole."""
    if not copy.is_file():
        raise InputError(f"{copy} is not there, or no file: name a copy that `backup` made")
    try:
        db = connect(str(copy), reading=True, older=True)
    except StoreError as error:
        raise InputError(f"{copy} is no copy that `backup` made: {error}") from error
    try:
        (found,) = db.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.Error as error:
        found = error
    if found != "ok":
        db.close()
        raise InputError(f"{copy} is damaged ({found}): name another copy")
    return db


def _aside(database: Path) -> Path | None:
    """Give the database that is there another name; return it."""
    number = 1
    while (kept := _named(database, number)).exists():
        number += 1
    if not database.exists():
        # What a restore that was cut short left behind belongs to what it had put aside.
        kept = _named(database, max(number - 1, 1))
        if not kept.exists():
            return None
    for part in _WITH_IT:
        with suppress(FileNotFoundError):
            Path(f"{database}{part}").replace(f"{kept}{part}")
    return kept


def _named(database: Path, number: int) -> Path:
    again = "" if number == 1 else f"-{number}"
    return database.with_name(f"{database.name}.before-restore{again}")


async def back_up_aside(url: str, to: Path) -> int:
    """Do `back_up` over what is there, in a thread that ends soon after it is cancelled."""
    ended = Event()

    def look(_done: int, _total: int) -> None:
        if ended.is_set():
            raise StoreError("the program ends before the copy is made")

    copying = asyncio.ensure_future(asyncio.to_thread(back_up, url, to, force=True, progress=look))
    try:
        return await asyncio.shield(copying)
    except asyncio.CancelledError:
        ended.set()
        await asyncio.wait([copying])
        copying.exception()  # asked for, so that nobody is told it was overlooked
        raise
