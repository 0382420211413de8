"""`run`: the real thing."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import click
import structlog

from aggregator.config.settings import Settings
from aggregator.errors import ConfigError
from aggregator.matching.matcher import Matcher
from aggregator.model import Feed

log = structlog.get_logger()

CLAIM_GOOD_FOR = timedelta(minutes=15)

CONNECT = """\
No TELEGRAM_BOT_TOKEN is set, so alerts are printed here.  To get them in Telegram:
  1. open a chat with @BotFather, send /newbot, and copy the token it gives you
  2. set TELEGRAM_BOT_TOKEN to it (or TELEGRAM_BOT_TOKEN_FILE to a file that holds it)
  3. start Casewire again and open the claim link it prints: that makes you its admin
"""


@click.command()
@click.option("--once", is_flag=True, help="Poll every feed once, deliver, and exit.")
def run(once: bool) -> None:
    """Poll the feeds and send alerts, until SIGTERM or Ctrl-C."""
    from aggregator.cli import logs
    from aggregator.cli.compose import configuration

    settings = Settings.from_env(os.environ)
    logs.hide(settings.bot_token or "")
    logs.set_up(settings.log)
    for name in settings.unknown:
        log.warning("unknown_setting", what=name)
    matcher, feeds = configuration(settings)
    asyncio.run(_run(settings, matcher, feeds, once=once))


async def _run(settings: Settings, matcher: Matcher, feeds: Sequence[Feed], *, once: bool) -> None:
    from aggregator.cli import compose
    from aggregator.feeds.workers import WorkerParser
    from aggregator.pipeline import Pipeline
    from aggregator.service.clock import SystemClock
    from aggregator.service.deliverer import Deliverer
    from aggregator.service.poller import Poller
    from aggregator.service.program import Program
    from aggregator.service.reload import Reloader
    from aggregator.store.sqlite import SqliteStore
    from aggregator.telegram.notifier import ConsoleNotifier, TelegramNotifier

    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)

    clock = SystemClock()
    store = await SqliteStore.open(settings.database_url)
    web, parser = compose.fetcher(settings), WorkerParser()
    closers: list[Callable[[], Awaitable[None]]] = [web.close, parser.close]
    try:
        if lost := await store.recover():
            log.warning("deliveries_unknown", count=lost, why="the program died while sending")
        pipeline = Pipeline(
            store=store, parser=parser, matcher=matcher, render=compose.render_alert
        )
        loops: list[Callable[[], Awaitable[None]]] = []
        if settings.bot_token:
            await store.chat_gone(compose.CONSOLE.chat_id, "Telegram is connected now")
            bot = compose.bot(settings)
            deliverer = Deliverer(store=store, notifier=TelegramNotifier(bot), clock=clock)
            chat = await compose.chat(
                settings, bot=bot, store=store, clock=clock, pipeline=pipeline, wake=deliverer.wake
            )
            closers.append(chat.close)
            if not once:
                loops.append(chat.run)
        else:
            click.echo(CONNECT, err=True)
            pipeline.follow(lambda live: compose.everything(live, compose.CONSOLE))
            deliverer = Deliverer(store=store, notifier=ConsoleNotifier(click.echo), clock=clock)
        poller = Poller(
            feeds=feeds,
            store=store,
            fetcher=web,
            pipeline=pipeline,
            clock=clock,
            wake=deliverer.wake,
        )

        def swap(new: Matcher, changed: Sequence[Feed]) -> None:
            pipeline.matcher = new
            poller.replace_feeds(changed)

        async def load() -> tuple[Matcher, Sequence[Feed]] | str:
            try:
                return await asyncio.to_thread(compose.configuration, settings)
            except ConfigError as error:
                return str(error)

        reloader = Reloader(fingerprint=lambda: compose.fingerprint(settings), load=load, swap=swap)
        program = Program(
            poller=poller,
            deliverer=deliverer,
            loops=loops,
            reloader=reloader,
            closers=closers,
        )
        log.info("started", feeds=sum(f.enabled for f in feeds), cases=len(matcher.rules.cases))
        await (program.once() if once else program.run(stop))
        log.info("stopped", items=poller.totals.items, alerts=poller.totals.alerts)
    finally:
        await store.close()


def claim_code() -> str:
    """Return a code that nobody guesses, short enough for a link."""
    return secrets.token_urlsafe(9).replace("-", "A").replace("_", "B")


def say(line: str) -> None:
    """Print a line for the operator at once."""
    click.echo(line)
    sys.stdout.flush()
