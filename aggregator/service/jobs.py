"""`Jobs` as asyncio tasks of this process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger()

GRACE_S = 4.0
"""What runs at SIGTERM may finish for so long; the whole shutdown stays under 10 s with it."""


class TaskJobs:
    """`Jobs` as asyncio tasks of this process."""

    def __init__(self) -> None:
        self._running: dict[tuple[str, str], asyncio.Task[None]] = {}

    def defer(self, name: str, key: str, work: Callable[[], Awaitable[None]]) -> bool:
        if (name, key) in self._running:
            return False

        async def run() -> None:
            try:
                await work()
            except Exception:  # the top of this loop: one job's bug must not end the others
                log.exception("job_failed", job=name, key=key)

        task = asyncio.create_task(run(), name=f"{name}:{key}")
        self._running[(name, key)] = task
        task.add_done_callback(lambda _: self._running.pop((name, key), None))
        return True

    @property
    def idle(self) -> bool:
        return not self._running

    async def settled(self) -> None:
        """Return when nothing runs."""
        while self._running:
            await asyncio.wait(list(self._running.values()))

    async def close(self, grace_s: float) -> None:
        tasks = list(self._running.values())
        if tasks:
            await asyncio.wait(tasks, timeout=grace_s)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
