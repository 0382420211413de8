"""Reading the database beside the program that may be writing to it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from aggregator.cli import lean

if TYPE_CHECKING:
    from aggregator.ports import Store

T = TypeVar("T")


def with_store(work: Callable[[Store], Awaitable[T]]) -> T:
    """Return what `work` makes of the database of DATABASE_URL, which it cannot change."""
    lean.load("sqlite_utils")
    from aggregator.config.settings import Settings
    from aggregator.store.sqlite import SqliteStore

    async def read() -> T:
        store = await SqliteStore.open(Settings.from_env(os.environ).database, reading=True)
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(read())
