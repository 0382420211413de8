"""Each minute: a sign of life in the database and, while all is well, one for somebody outside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import structlog

from aggregator.ports import Clock, Store
from aggregator.service.vitals import BEAT, BEAT_S, Finding

log = structlog.get_logger()

ANSWER_S = 10.0

Examine = Callable[[], Awaitable[Sequence[Finding]]]
Ping = Callable[[], Awaitable[int]]
"""Ask the address outside; return the HTTP status, raise OSError or ValueError without one."""


class Heart:
    """Beats each `BEAT_S`; every fault is logged when it begins, and no more until it is over."""

    def __init__(
        self, *, store: Store, clock: Clock, examine: Examine, ping: Ping | None = None
    ) -> None:
        self._store = store
        self._clock = clock
        self._examine = examine
        self._ping = ping
        self._wrong: tuple[str, ...] = ()
        self._unheard = False
        self._began = False

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            try:
                await self.beat()
            except Exception:  # the top of this loop: a full disk now may be free in a minute
                if self._wrong != ("database",):
                    log.exception("beat_failed")
                self._wrong = ("database",)
            await self._clock.sleep(BEAT_S)

    async def beat(self) -> None:
        """Write the time, look how all fares, and tell outside when it is well."""
        await self._store.put_setting(BEAT, self._clock.now().isoformat())
        if self._ping is None:
            return
        wrong = tuple(found.name for found in await self._examine() if not found.ok)
        if not self._began:
            # What was left undone while the program was down is done in its first minute.
            self._began = True
            if wrong:
                return
        if wrong and wrong != self._wrong:
            log.warning("unhealthy", what=", ".join(wrong))
        self._wrong = wrong
        if not wrong:
            await self._tell(self._ping)

    async def _tell(self, ping: Ping) -> None:
        try:
            status = await ping()
            why = "" if 200 <= status < 300 else f"HTTP {status}"
        except (OSError, ValueError) as error:
            why = type(error).__name__
        if why and not self._unheard:
            log.warning("heartbeat_failed", why=why)
        self._unheard = bool(why)
