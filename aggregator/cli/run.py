"""`run`: the real thing."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import click
import structlog

from aggregator.config.settings import Settings
from aggregator.errors import ConfigError
from aggregator.matching.matcher import Matcher
from aggregator.model import Feed

if TYPE_CHECKING:
    from aggregator.cli.compose import Works
    from aggregator.ports import Clock, Store
    from aggregator.service.reload import Reloader

log = structlog.get_logger()

EXIT_LOOP_ENDED = 3
"""A loop ended for good, such as when another program polls the same bot."""

CONNECT = """\
No TELEGRAM_BOT_TOKEN is set, so alerts are printed here.  To get them in Telegram:
  1. open a chat with @BotFather, send /newbot, and copy the token it gives you
  2. set TELEGRAM_BOT_TOKEN to it (or TELEGRAM_BOT_TOKEN_FILE to a file that holds it)
  3. start Casewire again and open the claim link it prints: that makes you its admin
"""

Work = Callable[[], Awaitable[None]]
Tell = Callable[[Sequence[str]], Awaitable[None]]


@click.command()
@click.option("--once", is_flag=True, help="Poll every feed once, deliver, and exit.")
def run(once: bool) -> None:
    """Poll the feeds and send alerts, until SIGTERM or Ctrl-C."""
    from aggregator.cli import logs
    from aggregator.cli.compose import configuration, secret

    settings = Settings.from_env(os.environ)
    logs.hide(secret(settings))
    logs.set_up(settings.log)
    for name in settings.unknown:
        log.warning("unknown_setting", what=name)
    matcher, feeds = configuration(settings)
    if asyncio.run(_run(settings, matcher, feeds, once=once)):
        sys.exit(EXIT_LOOP_ENDED)


async def _run(settings: Settings, matcher: Matcher, feeds: Sequence[Feed], *, once: bool) -> bool:
    """Run, and say whether a loop ended for good."""
    from aggregator.cli import compose
    from aggregator.feeds.workers import WorkerParser
    from aggregator.service.clock import SystemClock
    from aggregator.service.program import Program
    from aggregator.store.sqlite import SqliteStore
    from aggregator.telegram.chat import ChatLoop
    from aggregator.telegram.connect import close_bot, connect, make_bot
    from aggregator.telegram.notifier import ConsoleNotifier, TelegramNotifier

    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    clock = SystemClock()
    store = await SqliteStore.open(settings.database)
    try:
        if lost := await store.recover():
            log.warning("deliveries_unknown", count=lost, why="the program died while sending")
        web, parser = compose.fetcher(settings), WorkerParser()
        bot = make_bot(compose.secret(settings), settings.api_base) if settings.token else None
        works = compose.works(
            matcher=matcher,
            feeds=feeds,
            store=store,
            web=web,
            parser=parser,
            notifier=TelegramNotifier(bot) if bot else ConsoleNotifier(say),
            clock=clock,
            pace=clock,
        )
        loops: list[Work] = []
        first: list[Callable[[], Awaitable[object]]] = []
        closers: list[Work] = [web.close, parser.close]
        if bot:
            await store.chat_gone(compose.CONSOLE.chat_id, "Telegram is connected now")
            chat = ChatLoop(
                bot=bot,
                store=store,
                clock=clock,
                setup=lambda: compose.setup(settings, works.pipeline.matcher),
                announce=say,
                wake=works.deliverer.wake,
            )
            loops.append(chat.run)
            closers.append(lambda: close_bot(bot))
            works.pipeline.follow(lambda live: compose.routed(settings, live))
            digests = compose.digests(settings, works, store, clock)
            loops.append(digests.run)
            first += [lambda: connect(bot, clock), digests.look]
        else:
            say(CONNECT)
            await store.revive_chat(compose.CONSOLE.chat_id)
            works.pipeline.follow(lambda live: compose.everything(live, compose.CONSOLE))
        program = Program(
            poller=works.poller,
            deliverer=works.deliverer,
            loops=loops,
            reloader=_reloader(
                settings, works, _ops(settings, store, works, clock) if bot else None
            ),
            closers=closers,
        )
        _say_nowhere(settings, matcher)
        log.info("started", feeds=sum(f.enabled for f in feeds), cases=len(matcher.rules.cases))
        ended = False
        if once:
            await _unless(stop, [*first, program.once])
        else:
            ended = await program.run(stop)
        totals = works.poller.totals
        log.info("stopped", polls=totals.polls, items=totals.items, alerts=totals.alerts)
        return ended
    finally:
        await store.close()


async def _unless(stop: asyncio.Event, work: Sequence[Callable[[], Awaitable[object]]]) -> None:
    """Do `work` in order, and leave off in the middle of it when `stop` is set."""

    async def all_of_it() -> None:
        for part in work:
            await part()

    working, stopped = asyncio.create_task(all_of_it()), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([working, stopped], return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working


def _ops(settings: Settings, store: Store, works: Works, clock: Clock) -> Tell | None:
    """Return what hands faults to the operator's chat; None when there is no such chat."""
    from aggregator.model import Delivery, Priority
    from aggregator.telegram import render

    place = settings.ops_chat
    if place is None:
        return None

    async def tell(faults: Sequence[str]) -> None:
        now = clock.now()
        notice = Delivery(
            place=place,
            key=f"notice:{now:%Y%m%dT%H%M%S%f}",
            message=render.faults(faults),
            priority=Priority.HIGH,
            created=now,
        )
        await store.enqueue([notice])
        works.deliverer.wake()

    return tell


def _reloader(settings: Settings, works: Works, tell: Tell | None) -> Reloader:
    from aggregator.cli import compose
    from aggregator.service.reload import Reloader

    async def load() -> tuple[Matcher, Sequence[Feed]] | str:
        try:
            return await asyncio.to_thread(compose.configuration, settings)
        except ConfigError as error:
            return str(error)

    def swap(matcher: Matcher, feeds: Sequence[Feed]) -> None:
        works.pipeline.matcher = matcher
        _say_nowhere(settings, matcher)
        works.poller.replace_feeds(feeds)

    return Reloader(
        fingerprint=lambda: compose.fingerprint(settings), load=load, swap=swap, tell=tell
    )


def _say_nowhere(settings: Settings, matcher: Matcher) -> None:
    """Log each watchlist whose `to: ops` reaches nobody."""
    from aggregator.cli import compose

    for name in compose.nowhere(settings, matcher):
        log.warning("ops_chat_not_set", watchlist=name, why="ops_chat_missing")


def say(line: str) -> None:
    """Print a line for the operator at once."""
    click.echo(line)
    sys.stdout.flush()
