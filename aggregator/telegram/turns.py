"""Who is served when: updates of one chat in order, those of several chats at once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

CHATS_AT_ONCE_MAX = 8
WAITING_MAX = 1000
"""Updates held in memory; with more, none are fetched until some are done."""

Update = dict[str, Any]


class Turns:
    """Hands each update to `work`, which says by raising that the program must end."""

    def __init__(self, work: Callable[[int, Update], Awaitable[None]]) -> None:
        self._work = work
        self._lines: dict[int, deque[tuple[int, Update]]] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._gate = asyncio.Semaphore(CHATS_AT_ONCE_MAX)
        self._waiting = 0
        self._room = asyncio.Event()
        self._room.set()
        self._broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def add(self, chat_id: int, update_id: int, update: Update) -> None:
        """Let an update wait for its turn, behind those of the same chat."""
        self._lines.setdefault(chat_id, deque()).append((update_id, update))
        self._waiting += 1
        if self._waiting >= WAITING_MAX:
            self._room.clear()
        if chat_id not in self._tasks:
            task = asyncio.create_task(self._serve(chat_id))
            self._tasks[chat_id] = task
            task.add_done_callback(self._over)

    async def room(self) -> None:
        """Return when more updates may be added."""
        await self._room.wait()

    async def broken(self) -> None:
        """Raise what `work` raised, once it does."""
        await asyncio.shield(self._broken)

    async def close(self) -> None:
        """Leave off; what is in hand is cut short."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._broken.done():
            self._broken.exception()  # looked at, so that nobody warns that it never was
        else:
            self._broken.cancel()

    async def _serve(self, chat_id: int) -> None:
        line = self._lines[chat_id]
        try:
            while line:
                # Taken anew for each update, so that chats that wait take turns.
                async with self._gate:
                    await self._work(*line.popleft())
                self._waiting -= 1
                if self._waiting < WAITING_MAX:
                    self._room.set()
        finally:
            del self._tasks[chat_id], self._lines[chat_id]

    def _over(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or self._broken.done():
            return
        if (error := task.exception()) is not None:
            self._broken.set_exception(error)
