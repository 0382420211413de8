"""Queues each day's digests, once a day each, whatever happens in between.

First the message is queued, then the digest is remembered.  After a crash in between the same
message is made again, and dropped by the store because its key is there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from aggregator.alerts import digest
from aggregator.alerts.digest import Digest, Memory, Route
from aggregator.model import Delivery, Message, Priority
from aggregator.ports import Clock, Store
from aggregator.service.places import Places
from aggregator.telegram.gather import stories

log = structlog.get_logger()

TICK_S = 30.0


class Digests:
    """Looks every `TICK_S` whether a digest is due."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        routes: Callable[[], Sequence[Route]],
        render: Callable[[Digest], Message],
        wake: Callable[[], None],
        places: Places | None = None,
    ) -> None:
        """`routes` is asked at each look, so that a reload counts at once; `places` have digests
        of their own.
        """
        self._store = store
        self._clock = clock
        self._routes = routes
        self._render = render
        self._wake = wake
        self._places = places

    async def run(self) -> None:
        """Look until cancelled; the first time after a pause, so that feeds are read before."""
        while True:
            await self._clock.sleep(TICK_S)
            try:
                await self.look()
            except Exception:  # the top of this loop: a full disk now may be free in a moment
                log.exception("digests_failed")

    async def look(self) -> None:
        """Queue every digest that is due."""
        now = self._clock.now()
        for route in self._routes():
            await self._look(route, now)
        if self._places is not None:
            await self._places.look(now)

    async def _look(self, route: Route, now: datetime) -> None:
        name = f"digest:{route.target}:{route.place.chat_id}:{route.place.thread_id}"
        memory = _memory(await self._store.setting(name))
        if memory is None:
            # The first one comes at its next hour, not at once with whatever was found before.
            memory = Memory(until=digest.hour_before(route.at, now))
            await self._store.put_setting(name, _text(memory))
        until = digest.due(route, memory, now)
        if until is None:
            return
        found = await stories(self._store, digest.since(memory, until))
        made = digest.gather(route, memory, until, found)
        delivery = Delivery(
            place=route.place,
            key=made.key,
            message=self._render(made),
            priority=Priority.LOW,
            created=now,
        )
        await self._store.enqueue([delivery])
        await self._store.put_setting(name, _text(made.memory))
        self._wake()
        log.info("digest_queued", key=made.key, stories=len(made.chief), touched=len(made.related))


def _memory(text: str | None) -> Memory | None:
    if text is None:
        return None
    kept = json.loads(text)
    return Memory(until=datetime.fromisoformat(kept["until"]), told=frozenset(kept["told"]))


def _text(memory: Memory) -> str:
    return json.dumps({"until": memory.until.isoformat(), "told": sorted(memory.told)})
