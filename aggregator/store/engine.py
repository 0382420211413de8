"""One SQLite file, one thread that owns its connection, one transaction a call."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Concatenate, ParamSpec, Self, TypeVar

from sqlite_utils import Database

from aggregator.store.connect import MEMORY, Words, connect, explain, location

P = ParamSpec("P")
T = TypeVar("T")


class Engine:
    """Runs functions of a database as transactions, off the event loop.

    All of it is in the file when a call returns, nothing of it when it raises; `StoreError` when
    the file cannot be used.
    """

    def __init__(self, db: Database, where: str, thread: ThreadPoolExecutor | None) -> None:
        self._db = db
        self._where = where
        self._thread = thread
        self._closed = False

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        inline: bool | None = None,
        reading: bool = False,
        words: Words = str,
    ) -> Self:
        """Open `sqlite:///relative.db`, `sqlite:////absolute.db`, `sqlite:///:memory:` or a path.

        `inline` runs the SQL on the caller's own thread: by default for memory, which never
        waits, and for simulations, whose virtual time runs away from any other thread.
        `reading` makes and migrates no file, so that it may be used beside a running program.
        `words` is what the search index holds of a text; a database keeps the one it began with.
        """
        where = location(url)
        if inline or (inline is None and where == MEMORY):
            return cls(connect(where, reading=reading, words=words), where, None)
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="casewire-store")
        try:
            db = await asyncio.wrap_future(
                thread.submit(connect, where, reading=reading, words=words)
            )
        except BaseException:
            thread.shutdown(wait=False)
            raise
        return cls(db, where, thread)

    async def tidy(self) -> None:
        """Put the write-ahead log into the file and cut it off, as far as no reader needs it."""
        if self._thread is None:
            self._checkpoint()
        else:
            await asyncio.wrap_future(self._submit(self._checkpoint))

    def _checkpoint(self) -> None:
        try:
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error as error:
            raise explain(error, self._where) from error

    async def close(self) -> None:
        """Finish what runs and let go of the file; a second time does nothing."""
        if self._closed:
            return
        self._closed = True
        if self._thread is None:
            self._db.close()
            return
        try:
            await asyncio.wrap_future(self._thread.submit(self._db.close))
        finally:
            self._thread.shutdown(wait=False)

    async def _read(
        self, work: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        # A transaction even so: what is read together was true together.
        return await self._run("BEGIN", lambda db: work(db, *args, **kwargs))

    async def _write(
        self, work: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        # IMMEDIATE: a lock refused half-way through could not be waited for.
        return await self._run("BEGIN IMMEDIATE", lambda db: work(db, *args, **kwargs))

    async def _run(self, begin: str, work: Callable[[Database], T]) -> T:
        if self._thread is None:
            return self._transact(begin, work)
        return await asyncio.wrap_future(self._submit(self._transact, begin, work))

    def _submit(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        assert self._thread is not None  # noqa: S101 -- inline work is never submitted
        return self._thread.submit(call, *args, **kwargs)

    def _transact(self, begin: str, work: Callable[[Database], T]) -> T:
        try:
            with _transaction(self._db, begin):
                return work(self._db)
        except sqlite3.Error as error:
            explained = explain(error, self._where)
            if explained is error:
                raise
            raise explained from error


@contextmanager
def _transaction(db: Database, begin: str) -> Iterator[None]:
    db.execute(begin)
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        db.rollback()
        raise
