"""The whole program as one value: started, stopped in order, within its time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import structlog

from aggregator.service.clock import Ticker
from aggregator.service.deliverer import Deliverer
from aggregator.service.poller import Poller
from aggregator.service.reload import Reloader

log = structlog.get_logger()

TICK_S = 1.0
RELOAD_LOOK_S = 2.0


class Program:
    """Everything that runs, and what must be let go of at the end."""

    def __init__(
        self,
        *,
        poller: Poller,
        deliverer: Deliverer,
        loops: Sequence[Callable[[], Awaitable[None]]] = (),
        reloader: Reloader | None = None,
        closers: Sequence[Callable[[], Awaitable[None]]] = (),
        tick_s: float = TICK_S,
        reload_s: float = RELOAD_LOOK_S,
    ) -> None:
        self._poller = poller
        self._deliverer = deliverer
        self._loops = loops
        self._reloader = reloader
        self._closers = closers
        self._tick_s = tick_s
        self._reload_s = reload_s

    async def once(self) -> None:
        """Poll each feed once, deliver what is due, and end."""
        try:
            await self._poller.load(once=True)
            await self._poller.once()
            await self._deliverer.drain()
        finally:
            await self._close([])

    async def run(self, stop: asyncio.Event) -> bool:
        """Run until `stop` is set or a loop ends for good, then end in order; say if one did."""
        await self._poller.load()
        ticker = Ticker()
        ticker.every(self._tick_s, self._poller.tick, "poll")
        if self._reloader is not None:
            ticker.every(self._reload_s, self._reloader.look, "reload")
        tasks = [asyncio.create_task(_loop(work)) for work in (self._deliverer.run, *self._loops)]
        stopped = asyncio.create_task(stop.wait())
        ticker.start()
        await self._poller.tick()
        try:
            await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
            ended = [task for task in tasks if task.done()]
            for task in ended:
                task.result()
            return bool(ended)
        finally:
            ticker.close()
            stopped.cancel()
            with suppress(asyncio.CancelledError):
                await stopped
            await self._close(tasks)

    async def _close(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        """Stop what brings work, then what does it, then let go of the rest."""
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # Side by side, so that what hangs on both wires costs its grace once.
        await asyncio.gather(self._poller.close(), self._deliverer.close())
        for close in self._closers:
            await close()


async def _loop(work: Callable[[], Awaitable[None]]) -> None:
    await work()
