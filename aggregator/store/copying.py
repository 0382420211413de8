"""Copying a database while it is used: all of one moment, and whole or not there."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from aggregator.errors import StoreError

step_pages = 500
"""2 MB at a step: the progress moves, and the disk is not taken from the writer for long."""

Progress = Callable[[int, int], None]
"""Is told how many pages are copied, and of how many."""


def copy_to(source: sqlite3.Connection, to: Path, *, progress: Progress | None = None) -> None:
    """Copy what `source` is connected to into the file `to`, over what is there.

    The writer goes on meanwhile: a reader's view of a write-ahead log does not move, so the copy
    is that of the moment it began.  Raises sqlite3.Error, OSError, and StoreError where the copy
    turns out damaged; then `to` is as it was.
    """
    part = to.with_name(f"{to.name}.part")
    part.unlink(missing_ok=True)
    # Who follows what is nobody else's business: not even for a moment.
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        _copy(source, part, progress)
        part.replace(to)
        _sync(to.parent)
    finally:
        part.unlink(missing_ok=True)


def _copy(source: sqlite3.Connection, part: Path, progress: Progress | None) -> None:
    def told(_status: int, remaining: int, total: int) -> None:
        if progress is not None:
            progress(total - remaining, total)

    with closing(sqlite3.connect(part, isolation_level=None)) as copy:
        source.execute("BEGIN").close()
        try:
            # A transaction reads nothing, and so has no view yet, until it is asked something.
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
            source.backup(copy, pages=step_pages, progress=told)
        finally:
            source.execute("ROLLBACK").close()
        # One file, without a log beside it, so that it can be moved about.
        copy.execute("PRAGMA journal_mode = DELETE").fetchone()
        (found,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise StoreError(f"the copy is damaged ({found}): the disk fails, or the database does")


def _sync(folder: Path) -> None:
    """Have the folder's new name of a file on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
