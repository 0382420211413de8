"""Writes many small things in one transaction: on most disks its end costs more than its rows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Together(Generic[T]):
    """Writes the first at once, and what comes within a moment of it all at once.

    Whoever puts something is back when it is in the file, or gets the error that kept it out.
    """

    def __init__(self, write: Callable[[Sequence[T]], Awaitable[None]], *, every_s: float) -> None:
        self._write = write
        self._every_s = every_s
        self._waiting: list[tuple[T, asyncio.Future[Exception | None]]] = []
        self._closing = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None

    async def put(self, one: T) -> None:
        """Write `one`."""
        done: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((one, done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._run())
        error = await done
        if error is not None:
            raise error

    async def close(self) -> None:
        """Write what waits, now."""
        self._closing.set()
        if self._writer is not None:
            await self._writer

    async def _run(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            error: Exception | None = None
            try:
                await self._write([one for one, _ in batch])
            except Exception as caught:  # noqa: BLE001 -- each who waits raises it
                error = caught
            for _, done in batch:
                if not done.done():  # cancelled meanwhile; what it put is written all the same
                    done.set_result(error)
            await self._pause()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(self._every_s):
                await self._closing.wait()
        except TimeoutError:
            return
