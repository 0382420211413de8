"""`SqliteStore`: the `Store` port on one SQLite file.

Binds the plain functions of `news`, `outbox` and `people` to transactions, and those to the one
thread that owns the connection, so that the event loop never waits for the disk.  A method is a
transaction: all of it is in the file when it returns, nothing of it when it raises.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import Concatenate, ParamSpec, Self, TypeVar

from sqlite_utils import Database

from aggregator.model import (
    Batch,
    CommitOutcome,
    Delivery,
    DeliveryOutcome,
    FeedState,
    Item,
    ItemKey,
    Place,
    Story,
    StoryId,
    Subscription,
    Target,
    Unsettled,
    Window,
)
from aggregator.store import chats, news, outbox, people
from aggregator.store.connect import MEMORY, connect, explain, location

P = ParamSpec("P")
T = TypeVar("T")


class SqliteStore:
    """A `Store` on SQLite; open it with `open`, end it with `close`.

    One process at a time writes.  Every method raises StoreError when the file cannot be used.
    """

    def __init__(self, db: Database, where: str, thread: ThreadPoolExecutor | None) -> None:
        self._db = db
        self._where = where
        self._thread = thread
        self._closed = False
        self._parsed: news.Parsed = {}

    @classmethod
    async def open(cls, url: str, *, inline: bool | None = None) -> Self:
        """Open `sqlite:///relative.db`, `sqlite:////absolute.db`, `sqlite:///:memory:` or a path.

        `inline` runs the SQL on the caller's own thread: by default for memory, which never
        waits, and for simulations, whose virtual time runs away from any other thread.
        """
        where = location(url)
        if inline or (inline is None and where == MEMORY):
            return cls(connect(where), where, None)
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="casewire-store")
        try:
            db = await asyncio.wrap_future(thread.submit(connect, where))
        except BaseException:
            thread.shutdown(wait=False)
            raise
        return cls(db, where, thread)

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

    # feeds and items

    async def feed_states(self) -> dict[str, FeedState]:
        return await self._read(news.feed_states)

    async def save_feed_state(self, state: FeedState) -> None:
        await self._write(news.save_feed_state, state)

    async def known_items(self, keys: Collection[ItemKey]) -> frozenset[ItemKey]:
        return await self._read(news.known_items, keys)

    async def window(self, since: datetime) -> Window:
        return await self._read(news.window, since, self._parsed)

    async def commit(self, batch: Batch, expected_version: int) -> CommitOutcome:
        return await self._write(news.commit, batch, expected_version)

    async def story(self, story: StoryId) -> Story | None:
        return await self._read(news.story, story)

    async def stories_of(self, target: Target, limit: int) -> tuple[Story, ...]:
        return await self._read(news.stories_of, target, limit)

    async def coverage(self, target: Target) -> tuple[int, int]:
        return await self._read(news.coverage, target)

    async def items_of_feed(self, feed_id: str, limit: int) -> tuple[Item, ...]:
        return await self._read(news.items_of_feed, feed_id, limit)

    # deliveries

    async def enqueue(self, deliveries: Sequence[Delivery]) -> None:
        await self._write(outbox.enqueue, deliveries)

    async def unsettled(self, limit: int) -> tuple[Unsettled, ...]:
        """As the port says."""
        return await self._read(outbox.unsettled, limit)

    async def claim(self, now: datetime, limit: int) -> tuple[Delivery, ...]:
        """As the port says; a claim cancelled under way gives back what it took."""
        taken: list[int] = []

        def work(db: Database) -> tuple[Delivery, ...]:
            claimed = outbox.claim(db, now, limit)
            taken.extend(delivery.id for delivery in claimed)
            return claimed

        try:
            return await self._write(work)
        except asyncio.CancelledError:
            # The thread takes one job after the other: by then `taken` is known.
            self._submit(self._transact, "BEGIN IMMEDIATE", lambda db: outbox.release(db, taken))
            raise

    async def release(self, ids: Sequence[int]) -> None:
        await self._write(outbox.release, ids)

    async def settle(self, delivery: Delivery, outcome: DeliveryOutcome, now: datetime) -> None:
        await self._write(outbox.settle, delivery, outcome, now)

    async def recover(self) -> int:
        return await self._write(outbox.recover)

    async def deliveries(self, limit: int) -> tuple[Delivery, ...]:
        return await self._read(outbox.newest, limit)

    async def next_due(self) -> datetime | None:
        return await self._read(outbox.next_due)

    # people

    async def subscriptions(self) -> tuple[Subscription, ...]:
        return await self._read(people.subscriptions)

    async def subscriptions_at(self, place: Place) -> tuple[Subscription, ...]:
        return await self._read(people.subscriptions_at, place)

    async def subscribe(self, subscription: Subscription) -> bool:
        return await self._write(people.subscribe, subscription)

    async def unsubscribe(self, place: Place, target: Target) -> bool:
        return await self._write(people.unsubscribe, place, target)

    async def admins(self) -> frozenset[int]:
        return await self._read(people.admins)

    async def add_admin(self, user_id: int, now: datetime) -> None:
        await self._write(people.add_admin, user_id, now)

    async def revive_chat(self, chat_id: int) -> None:
        await self._write(chats.revive, chat_id)

    async def chat_gone(self, chat_id: int, detail: str) -> None:
        await self._write(chats.leave, chat_id, detail)

    async def setting(self, name: str) -> str | None:
        return await self._read(people.setting, name)

    async def put_setting(self, name: str, value: str) -> None:
        await self._write(people.put_setting, name, value)

    # one method, one transaction, one thread

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
