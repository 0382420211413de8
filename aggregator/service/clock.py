"""Time as it is, and APScheduler ticking in it.

What is due is decided by `feeds.polling` from values; the scheduler only calls at a steady pace.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

SLEW = 0.9
"""How fast a clock that was ahead goes on until the machine's has caught up with it."""

AHEAD_MAX = timedelta(hours=2)
"""Further ahead than that it was nonsense, and the machine's clock is believed at once."""


class Steady:
    """A clock on the wall that is never set back, only slowed down until it is right again.

    Who followed at 12:00 hears of what rings afterwards, also when it is 11:10 once more.
    """

    def __init__(self, wall: Callable[[], datetime], elapsed_s: Callable[[], float]) -> None:
        """`wall` may jump, `elapsed_s` may not."""
        self._wall = wall
        self._elapsed_s = elapsed_s
        self._last: datetime | None = None
        self._at = 0.0

    def not_before(self, floor: datetime) -> None:
        """Start no earlier than `floor`, such as the last thing that is dated in the store."""
        self._last, self._at = floor, self._elapsed_s()

    def now(self) -> datetime:
        """Return the time."""
        wall, at = self._wall(), self._elapsed_s()
        if self._last is not None:
            least = self._last + timedelta(seconds=(at - self._at) * SLEW)
            if wall < least <= wall + AHEAD_MAX:
                wall = least
        self._last, self._at = wall, at
        return wall


class SystemClock:
    """Time as it is, without its steps back."""

    def __init__(self) -> None:
        self._steady = Steady(lambda: datetime.now(UTC), time.monotonic)

    def not_before(self, floor: datetime) -> None:
        """Start no earlier than `floor`."""
        self._steady.not_before(floor)

    def now(self) -> datetime:
        return self._steady.now()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class SteadyScheduler(AsyncIOScheduler):  # type: ignore[misc]  # APScheduler 3 is not typed
    """APScheduler, which sets alarms on the wall clock, without waiting for one that was set back.

    Each job's alarm is within one interval of now, so one that is not was set by another clock: it
    rings at once, also for the years that a clock which was set forward seems to have skipped.
    """

    def wakeup(self) -> None:
        """Look at what is due; APScheduler's timer, which runs on elapsed time, comes here too."""
        now = datetime.now(UTC)
        for job in self.get_jobs():
            if abs(job.next_run_time - now) > job.trigger.interval:
                job.modify(next_run_time=now)
        super().wakeup()


class Ticker:
    """APScheduler, used for nothing but calling at a steady pace of real time."""

    def __init__(self) -> None:
        self._scheduler = SteadyScheduler(timezone=UTC)

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
