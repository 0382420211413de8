"""`run`: the real thing."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli import garbage, lean

if TYPE_CHECKING:
    from aggregator.cli.monitor import WatchedStore
    from aggregator.config.settings import Settings
    from aggregator.matching.matcher import Matcher
    from aggregator.model import Feed

EXIT_LOOP_ENDED = 3
"""A loop ended for good, such as when another program polls the same bot."""

CONNECT = """\
No TELEGRAM_BOT_TOKEN is set, so alerts are printed here.  To get them in Telegram:
  1. open a chat with @BotFather, send /newbot, and copy the token it gives you
  2. set TELEGRAM_BOT_TOKEN to it (or TELEGRAM_BOT_TOKEN_FILE to a file that holds it)
  3. start Casewire again and open the claim link it prints: that makes you its admin
"""

Work = Callable[[], Awaitable[None]]


@click.command()
@click.option("--once", is_flag=True, help="Poll every feed once, deliver, and exit.")
def run(once: bool) -> None:
    """Poll the feeds and send alerts, until SIGTERM or Ctrl-C."""
    lean.load("httpx", "sqlite_utils", "structlog")
    from aggregator.cli import logs
    from aggregator.cli.compose import configuration, secret
    from aggregator.config.settings import Settings

    settings = Settings.from_env(os.environ)
    logs.hide(secret(settings))
    logs.hide(settings.heartbeat.get_secret_value() if settings.heartbeat else "")
    logs.set_up(settings.log)
    for name in settings.unknown:
        _log().warning("unknown_setting", what=name)
    matcher, feeds = configuration(settings)
    if asyncio.run(_run(settings, matcher, feeds, once=once)):
        sys.exit(EXIT_LOOP_ENDED)


async def _run(settings: Settings, matcher: Matcher, feeds: Sequence[Feed], *, once: bool) -> bool:
    """Run in the one place there is for it, and say whether a loop ended for good."""
    from aggregator.cli import compose
    from aggregator.cli.monitor import WatchedStore
    from aggregator.matching.fulltext import indexed
    from aggregator.store.lock import hold_database, hold_sender

    with ExitStack() as held:
        held.enter_context(hold_database(settings.database))
        if settings.token:
            # The same token at another server is another bot.
            sender = f"{compose.secret(settings)}@{settings.api_base}"
            held.enter_context(hold_sender(sender))
        store = await WatchedStore.open(settings.database, words=indexed)
        try:
            return await _run_on(store, settings, matcher, feeds, once=once)
        finally:
            await store.close()


async def _run_on(
    store: WatchedStore,
    settings: Settings,
    matcher: Matcher,
    feeds: Sequence[Feed],
    *,
    once: bool,
) -> bool:
    from aggregator.cli import compose, online
    from aggregator.cli.backup import housekeeping
    from aggregator.cli.monitor import Monitor
    from aggregator.feeds.workers import WorkerParser
    from aggregator.service.clock import SystemClock
    from aggregator.service.program import Program
    from aggregator.telegram.connect import close_bot, connect, make_bot
    from aggregator.telegram.notifier import ConsoleNotifier

    log, stop, clock = _log(), _stopped_by_signals(), SystemClock()
    polled = [state.last_polled for state in (await store.feed_states()).values()]
    followed = [one.since for one in await store.subscriptions()]
    if times := [at for at in (*polled, *followed) if at is not None]:
        # A clock that was set back while the program was down would miss who followed since.
        clock.not_before(max(times))
    if lost := await store.recover():
        log.warning("deliveries_unknown", count=lost, why="the program died while sending")
    live = online.Live(feeds=feeds, loaded=clock.now())
    monitor = Monitor(settings, store, clock, lambda: live.feeds)
    if not once:
        await monitor.start()
    web, parser = compose.fetcher(settings), WorkerParser()
    bot = make_bot(compose.secret(settings), settings.api_base) if settings.token else None
    works = compose.works(
        matcher=matcher,
        feeds=feeds,
        store=store,
        web=monitor.fetcher(web),
        parser=monitor.parser(parser),
        notifier=monitor.notifier(
            online.telegram(settings, bot, store, clock, lambda: works)
            if bot
            else ConsoleNotifier(say)
        ),
        clock=clock,
        pace=clock,
        probe=settings.probe,
        given_up=online.notices(settings, store, clock, lambda: works).hear if bot else None,
        on_gap=online.watched_losses(settings, store, lambda: works, clock) if bot else None,
        on_feed=online.feed_trouble(lambda: tell),
    )
    tell = online.ops(settings, store, works, clock) if bot else None
    reloader = online.reloader(settings, works, live, clock, tell)
    loops: list[Work] = [housekeeping(settings, store, clock, tell).run, *monitor.loops]
    first: list[Callable[[], Awaitable[object]]] = []
    closers: list[Work] = [monitor.close, web.close, parser.close]
    if bot:
        await store.chat_gone(compose.CONSOLE.chat_id, "Telegram is connected now")
        chat = online.chat(
            settings=settings,
            bot=bot,
            store=store,
            clock=clock,
            works=works,
            live=live,
            reloader=reloader,
            announce=say,
        )
        loops.append(chat.run)
        closers.append(lambda: close_bot(bot))
        works.pipeline.follow(lambda live: compose.routed(settings, live))
        digests = compose.digests(settings, works, store, clock, lambda: live.feeds)
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
        reloader=reloader,
        closers=closers,
    )
    online.say_nowhere(settings, matcher)
    log.info("started", feeds=sum(f.enabled for f in feeds), cases=len(matcher.rules.cases))
    garbage.settles()
    ended = await (_unless(stop, [*first, program.once]) if once else program.run(stop))
    totals = works.poller.totals
    log.info("stopped", polls=totals.polls, items=totals.items, alerts=totals.alerts)
    return ended


def _stopped_by_signals() -> asyncio.Event:
    """Return what SIGTERM and Ctrl-C set."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    return stop


async def _unless(stop: asyncio.Event, work: Sequence[Callable[[], Awaitable[object]]]) -> bool:
    """Do `work` in order, and leave off in the middle of it when `stop` is set.

    Returns False: no loop ended for good.
    """

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
    return False


def _log() -> Any:
    import structlog

    return structlog.get_logger()


def say(line: str) -> None:
    """Print a line for the operator at once."""
    click.echo(line)
    sys.stdout.flush()
