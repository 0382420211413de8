"""The parts of `run` that let others see how it fares: /metrics, /health and the heartbeat."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from aggregator.config.settings import Settings
from aggregator.errors import ConfigError, Fault, StoreError
from aggregator.model import Batch, CommitOutcome, Committed, Feed
from aggregator.ports import Clock, Fetcher, Notifier, Parser
from aggregator.service.heartbeat import ANSWER_S, Heart
from aggregator.service.http import Answer, HttpServer, get
from aggregator.service.vitals import Finding, Sending, examine
from aggregator.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from aggregator.service.metrics import Meters

Work = Callable[[], Awaitable[None]]


class WatchedStore(SqliteStore):
    """A store that tells `on_commit` of each batch that is in."""

    on_commit: Callable[[Batch], None] | None = None

    async def commit(self, batch: Batch, expected_version: int) -> CommitOutcome:
        """As the port says."""
        outcome = await super().commit(batch, expected_version)
        if self.on_commit is not None and isinstance(outcome, Committed):
            self.on_commit(batch)
        return outcome


class Monitor:
    """Wraps the ports, and gives the loops and the server that answer for them."""

    def __init__(
        self,
        settings: Settings,
        store: WatchedStore,
        clock: Clock,
        feeds: Callable[[], Sequence[Feed]],
    ) -> None:
        """`feeds` are those that are live at each moment."""
        self._settings = settings
        self._store = store
        self._clock = clock
        self._feeds = feeds
        self._sending: Sending | None = None
        self._server: HttpServer | None = None
        self._meters: Meters | None = None
        if settings.http is not None:
            from aggregator.service.metrics import Meters

            self._meters = Meters()
            store.on_commit = self._meters.committed

    def fetcher(self, web: Fetcher) -> Fetcher:
        """Return `web`, counted where somebody may ask for the numbers."""
        if self._meters is None:
            return web
        from aggregator.service.metrics import MeasuredFetcher

        return MeasuredFetcher(web, self._meters)

    def parser(self, parser: Parser) -> Parser:
        """Return `parser`, counted likewise."""
        if self._meters is None:
            return parser
        from aggregator.service.metrics import MeasuredParser

        return MeasuredParser(parser, self._meters)

    def notifier(self, notifier: Notifier) -> Notifier:
        """Return `notifier`, listened to, and counted likewise."""
        self._sending = sending = Sending(notifier, self._clock)
        if self._meters is None:
            return sending
        from aggregator.service.metrics import MeasuredNotifier

        return MeasuredNotifier(sending, self._meters, self._clock.now)

    async def start(self) -> None:
        """Listen where CASEWIRE_HTTP says; raises ConfigError where that cannot be."""
        if self._settings.http is None:
            return
        host, port = self._settings.http
        server = HttpServer({"/metrics": self._scrape, "/health": self._health})
        try:
            await server.start(host, port)
        except OSError as error:
            # asyncio wraps the reason into a sentence of its own; a name that has no address
            # comes with a number below zero and words of its own.
            number = error.errno or 0
            why = os.strerror(number) if number > 0 else error.strerror
            what = f"cannot listen at {host} port {port} ({why}): choose another"
            raise ConfigError([Fault(file="CASEWIRE_HTTP", line=0, what=what)]) from error
        self._server = server

    @property
    def loops(self) -> list[Work]:
        """What runs beside the rest."""
        address = self._settings.heartbeat

        async def ping() -> int:
            assert address is not None  # noqa: S101 -- given only when there is one
            return (await get(address.get_secret_value(), total_s=ANSWER_S)).status

        heart = Heart(
            store=self._store,
            clock=self._clock,
            examine=self._examined,
            ping=ping if address else None,
        )
        if self._meters is None:
            return [heart.run]
        from aggregator.service.metrics import Lag

        return [heart.run, Lag(self._clock, self._meters.lag.set).run]

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            await self._server.close()

    async def _examined(self) -> tuple[Finding, ...]:
        now = self._clock.now()
        found = await examine(self._store, self._feeds(), now)
        return found if self._sending is None else (*found, self._sending.found(now))

    async def _scrape(self) -> Answer:
        assert self._meters is not None  # noqa: S101 -- served only when they are counted
        try:
            return await self._meters.scraped(self._store, self._feeds(), self._clock.now())
        except StoreError as error:
            return Answer(status=503, body=f"{error}\n".encode())

    async def _health(self) -> Answer:
        found = await self._examined()
        ok = all(each.ok for each in found)
        said = {
            "ok": ok,
            "checks": {each.name: {"ok": each.ok, "what": each.what} for each in found},
        }
        body = f"{json.dumps(said, ensure_ascii=False)}\n".encode()
        return Answer(status=200 if ok else 503, kind="application/json", body=body)


def asked(settings: Settings, *, total_s: float) -> Finding:
    """Ask a running program's /health once; call it only when CASEWIRE_HTTP is set."""
    assert settings.http is not None  # noqa: S101 -- see above
    host, port = settings.http
    # What listens everywhere is asked at home.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 -- read, not bound
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}/health"
    try:
        answer = asyncio.run(get(url, total_s=total_s))
    except (OSError, ValueError) as error:
        why = "no answer in time" if isinstance(error, TimeoutError) else str(error)
        return Finding(name="http", ok=False, what=f"{url}: {why}")
    return Finding(name="http", ok=answer.status == 200, what=f"{url} answers {answer.status}")
