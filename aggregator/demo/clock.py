"""Time for a replay: faster than real time inside the stretches, and a jump between them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

AFTER_END_S = 0.05
"""Real seconds a sleep takes once the replay is over, so that no loop spins on a dead clock."""


class ReplayClock:
    """A `Clock` that plays `stretches` at `speed` times real time, one after the other.

    It runs from the moment it is made, or with `held=True` from `start()`: until then `now()` is
    the first instant and a sleep waits.  `real` is a monotonic clock in seconds and `pause` waits
    on it; both are there for tests.  Raises `ValueError` for stretches that are empty, overlap or
    run backwards.
    """

    def __init__(
        self,
        stretches: Sequence[tuple[datetime, datetime]],
        speed: float,
        real: Callable[[], float] = time.monotonic,
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        held: bool = False,
    ) -> None:
        if not stretches or speed <= 0:
            raise ValueError("a replay needs a stretch of time and a speed above 0")
        edges = [edge for stretch in stretches for edge in stretch]
        if any(later <= earlier for earlier, later in pairwise(edges)):
            raise ValueError("stretches must each have a length and follow one another")
        self._stretches = tuple(stretches)
        self._total_s = sum((end - start).total_seconds() for start, end in stretches)
        self._speed = speed
        self._real = real
        self._pause = pause
        self._latest_s = 0.0
        self._started = asyncio.Event()
        self._origin = 0.0
        if not held:
            self.start()

    def start(self) -> None:
        """Let a held clock run; without effect on one that runs."""
        if not self._started.is_set():
            self._origin = self._real()
            self._started.set()

    def now(self) -> datetime:
        """Return the virtual time; the end of the last stretch once the replay is over."""
        played = self._played_s()
        for start, end in self._stretches:
            length = (end - start).total_seconds()
            if played < length:
                return start + timedelta(seconds=played)
            played -= length
        return self._stretches[-1][1]

    @property
    def finished(self) -> bool:
        """Whether the last stretch has been played to its end."""
        return self._played_s() >= self._total_s

    @property
    def length_s(self) -> float:
        """Real seconds that the whole replay takes."""
        return self._total_s / self._speed

    @property
    def played_s(self) -> float:
        """Real seconds of it that are over; 0 for one that is held."""
        return self._played_s() / self._speed

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of played time, or at the end of the replay if that is sooner.

        The jump between two stretches takes no time, so a sleep across it counts only what is
        played.
        """
        await self._started.wait()
        if self.finished:
            await self._pause(AFTER_END_S)
            return
        until = min(self._played_s() + max(seconds, 0.0), self._total_s)
        await self._pause((until - self._played_s()) / self._speed)
        while (left := until - self._played_s()) > 0:  # timers may fire a little early
            await self._pause(left / self._speed)

    def _played_s(self) -> float:
        """Virtual seconds played so far; never less than an earlier answer."""
        if self._started.is_set():
            played = (self._real() - self._origin) * self._speed
            self._latest_s = max(self._latest_s, min(played, self._total_s))
        return self._latest_s
