"""Time as it is, and APScheduler ticking in it.

What is due is decided by `feeds.polling` from values; the scheduler only calls at a steady pace.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler


class SystemClock:
    """Time as it is."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Ticker:
    """APScheduler, used for nothing but calling at a steady pace of real time."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(timezone=UTC)

    def every(self, seconds: float, call: Callable[[], Awaitable[None]], name: str) -> None:
        """Call `call` on the event loop; one still running is not started again."""
        self._scheduler.add_job(
            call,
            "interval",
            seconds=seconds,
            id=name,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )

    def start(self) -> None:
        self._scheduler.start()

    def close(self) -> None:
        self._scheduler.shutdown(wait=False)
