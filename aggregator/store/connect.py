"""Opening the database file, and saying what to do when it cannot be used."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sqlite_utils import Database

from aggregator.errors import StoreError
from aggregator.store.copying import copy_to
from aggregator.store.schema import MIGRATIONS, from_the_future, of_another_program

Words = Callable[[str], str]

MEMORY = ":memory:"
SCHEME = "sqlite:///"

busy_timeout_s = 5
"""How long to wait for another process that writes, `sqlite3` at a prompt for instance."""

checked_bytes_max = 256 * 1024 * 1024
"""Up to this size the whole file is checked at start: 0.6 ms a megabyte once it is read, so
that a start takes a second or two on a slow disk.  A larger one is found broken where it is read,
and then refused just the same."""

wal_bytes_max = 64 * 1024 * 1024
"""What the write-ahead log is cut back to after a burst."""


def location(url: str) -> str:
    """Return the file that `url` names, or ":memory:".

    `sqlite:///data/x.db` is relative to the working directory, `sqlite:////srv/x.db` absolute;
    a bare path is taken as it is.  Raises StoreError for other databases.
    """
    if url.startswith(SCHEME):
        path = url.removeprefix(SCHEME)
    elif "://" in url:
        scheme = url.partition("://")[0]
        raise StoreError(
            f"DATABASE_URL begins with {scheme}://, which is not supported: "
            "write sqlite:///data/casewire.db"
        )
    else:
        path = url
    if not path:
        raise StoreError("DATABASE_URL names no file: write sqlite:///data/casewire.db")
    return path


def unfinished(database: Path) -> Path:
    """Return where a copy waits while what it replaces is put aside."""
    return database.with_name(f"{database.name}.restored")


def connect(
    where: str, *, reading: bool = False, older: bool = False, words: Words = str
) -> Database:
    """Open the database at `where`, create or bring it up to date, and return it.

    `words` is what the search index holds of a text; one database is always written with the same.

    `reading` opens one that exists and changes nothing, beside the program that writes to it;
    with `older` also one that a migration is still to bring up to date, for copying it.
    Raises StoreError when it cannot be used.
    """
    if reading and where != MEMORY and not Path(where).is_file():
        raise StoreError(
            f"{where} is not there: let DATABASE_URL name the database, or `run` first"
        )
    if where != MEMORY and unfinished(Path(os.path.realpath(where))).exists():
        raise StoreError(
            f"{where} is being restored, or that was cut short: do `restore` again with its copy"
        )
    try:
        if where != MEMORY:
            Path(where).parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(where, timeout=busy_timeout_s, isolation_level=None)
    except OSError as error:
        raise StoreError(
            f"{where}: its folder cannot be made ({error.strerror}): "
            "create it, or let DATABASE_URL name a file elsewhere"
        ) from error
    except sqlite3.Error as error:
        raise explain(error, where) from error
    try:
        if reading:
            return _look(connection, where, older=older)
        connection.create_function("words", 1, words, deterministic=True)
        return _prepare(connection, where)
    except sqlite3.Error as error:
        connection.close()
        raise explain(error, where) from error
    except BaseException:
        connection.close()
        raise


def _look(connection: sqlite3.Connection, where: str, *, older: bool) -> Database:
    """Open for reading what a program may be writing to at this moment."""
    db = _ours(connection, where)
    if not MIGRATIONS.applied(db):
        raise StoreError(f"{where} is empty: let DATABASE_URL name the database, or `run` first")
    if (pending := MIGRATIONS.pending(db)) and not older:
        raise StoreError(
            f"{where} is from an older Casewire (it lacks {pending[0].name}): "
            "start `run` once, which brings it up to date"
        )
    connection.execute("PRAGMA query_only = ON").close()
    connection.row_factory = sqlite3.Row
    return db


def _ours(connection: sqlite3.Connection, where: str) -> Database:
    """Refuse what this program did not make, or a newer one changed."""
    # A plug-in installed for sqlite-utils' own command has no business in here.
    db = Database(connection, execute_plugins=False)
    if of_another_program(db):
        raise StoreError(
            f"{where} is a database of another program: let DATABASE_URL name a new file"
        )
    if newer := from_the_future(db):
        raise StoreError(
            f"{where} was last used by a newer Casewire (it has {newer[-1]}): "
            "run that one, or restore the copy from before the update"
        )
    return db


def _prepare(connection: sqlite3.Connection, where: str) -> Database:
    _check(connection, where)
    db = _ours(connection, where)
    _keep_a_copy(db, where)
    for pragma in (
        "journal_mode = WAL",  # readers, such as a backup, never wait for the writer
        # NORMAL may lose the last commits in a power cut: then an alert that was promised is
        # forgotten, or one that was sent is sent again.  FULL costs one fsync a transaction.
        "synchronous = FULL",
        # A table that is made anew is dropped first, which must not take along what refers to it.
        "foreign_keys = OFF",
        f"journal_size_limit = {wal_bytes_max}",
    ):
        connection.execute(f"PRAGMA {pragma}").close()
    # A write, even with nothing to migrate, shows at start and not at the first alert that the
    # file is in use or read-only; of a read-only file BEGIN IMMEDIATE alone takes no notice.
    connection.execute("BEGIN IMMEDIATE")
    MIGRATIONS.apply(db)
    connection.execute("UPDATE version SET number = number")
    connection.execute("COMMIT")
    connection.execute("PRAGMA foreign_keys = ON").close()
    connection.row_factory = sqlite3.Row
    return db


def _keep_a_copy(db: Database, where: str) -> None:
    """Copy a database that is about to be migrated, so that the older program can go back to it."""
    pending = MIGRATIONS.pending(db)
    if where == MEMORY or not pending or not MIGRATIONS.applied(db):
        return
    copy = Path(f"{where}.before-{pending[0].name}")
    try:
        copy_to(db.conn, copy)
    except OSError as error:
        raise StoreError(
            f"{copy} cannot be written ({error.strerror}), and the tables are to be changed: "
            "give this user write access to the folder, and free some space"
        ) from error


def _check(connection: sqlite3.Connection, where: str) -> None:
    """Refuse a damaged file before anything is written to it."""
    with suppress(FileNotFoundError):
        if where != MEMORY and Path(where).stat().st_size > checked_bytes_max:
            return
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise _damaged(where, found)


def _damaged(where: str, found: object) -> StoreError:
    return StoreError(
        f"{where} is damaged ({found}): stop the program, keep a copy of the file, "
        "and restore the last backup"
    )


def explain(error: sqlite3.Error, where: str) -> Exception:
    """Return the StoreError that says what to do about `error`, or `error` itself, if our bug."""
    # An extended result code keeps the plain one in its lowest byte.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        if code == sqlite3.SQLITE_NOTADB:
            return StoreError(
                f"{where} is not a database: let DATABASE_URL name another file, "
                "or restore a backup there"
            )
        return _damaged(where, error)
    if code == sqlite3.SQLITE_ERROR and str(error).startswith("no such table"):
        return StoreError(
            f"{where} lacks what every database of Casewire has ({error}): restore the last backup"
        )
    advice = {
        sqlite3.SQLITE_FULL: "the disk is full: free some space; nothing stored is lost",
        sqlite3.SQLITE_IOERR: "the disk fails or is full: look at its health and free space; "
        "nothing stored is lost",
        sqlite3.SQLITE_READONLY: "it cannot be written: give this user write access to the file "
        "and its folder",
        sqlite3.SQLITE_PERM: "it cannot be written: give this user write access to the file "
        "and its folder",
        sqlite3.SQLITE_CANTOPEN: "it cannot be opened: see that the folder exists, that this "
        "user may write there, and that it is no folder itself",
        sqlite3.SQLITE_BUSY: "another program is writing to it: stop that one, "
        "or give each its own DATABASE_URL",
        sqlite3.SQLITE_LOCKED: "another program is writing to it: stop that one, "
        "or give each its own DATABASE_URL",
        sqlite3.SQLITE_NOLFS: "it is too large for this file system: move it to another",
    }.get(code)
    return error if advice is None else StoreError(f"{where}: {advice} ({error})")
