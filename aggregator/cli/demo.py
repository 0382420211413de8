"""`demo`: a stretch of news, played over HTTP through the real program."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.cli.progress import progress
from aggregator.errors import InputError

if TYPE_CHECKING:
    from aggregator.cli.compose import Works
    from aggregator.cli.progress import Bar
    from aggregator.config.settings import Settings
    from aggregator.demo.clock import ReplayClock
    from aggregator.service.poller import Totals

DEMO_TICK_S = 0.1
TELEGRAM_PREFIX = "DEMO, replay of 18 Sep 2023"


@click.command()
@click.option("--telegram", is_flag=True, help="Send to CASEWIRE_DEMO_CHAT instead of printing.")
def demo(telegram: bool) -> None:
    """Play a stretch of invented feeds through the real program and print the alerts.

    The database is a temporary one; nothing is sent to Telegram unless asked for.
    """
    from aggregator.cli import logs
    from aggregator.cli.compose import secret
    from aggregator.config.settings import Settings

    settings = Settings.from_env(os.environ)
    logs.hide(secret(settings))
    logs.set_up(settings.log, level=40)
    if telegram and not (settings.token and settings.demo_chat):
        raise InputError(
            "demo --telegram needs TELEGRAM_BOT_TOKEN and CASEWIRE_DEMO_CHAT to be set"
        )
    with tempfile.TemporaryDirectory(prefix="casewire-demo-") as place:
        database = str(Path(place) / "demo.db")
        with progress("reading the feeds of the demo") as bar:
            played = _play(replace(settings, database=database), bar, telegram=telegram)
            totals = asyncio.run(played)
    _summary(totals)


async def _play(settings: Settings, bar: Bar, *, telegram: bool) -> Totals:
    from aggregator.cli import compose
    from aggregator.config.rules import load_rules
    from aggregator.demo.clock import ReplayClock
    from aggregator.demo.script import load
    from aggregator.demo.server import DemoServer
    from aggregator.feeds.workers import WorkerParser
    from aggregator.matching.fulltext import indexed
    from aggregator.matching.matcher import Matcher
    from aggregator.ports import Notifier
    from aggregator.service.clock import SystemClock
    from aggregator.service.program import Program
    from aggregator.store.sqlite import SqliteStore
    from aggregator.telegram.connect import close_bot, connect, make_bot
    from aggregator.telegram.notifier import ConsoleNotifier, TelegramNotifier

    script = load()
    matcher = Matcher(load_rules(settings.rules))
    clock = ReplayClock(script.stretches, script.speed, held=True)
    store = await SqliteStore.open(settings.database, words=indexed)
    web, parser = compose.fetcher(settings), WorkerParser()
    closers = [web.close, parser.close]
    place = compose.CONSOLE
    notifier: Notifier
    if telegram and settings.demo_chat:
        place, bot = settings.demo_chat, make_bot(compose.secret(settings), settings.api_base)
        notifier = TelegramNotifier(bot, prefix=TELEGRAM_PREFIX)
        await connect(bot, SystemClock())
        closers.append(lambda: close_bot(bot))
    else:
        notifier = ConsoleNotifier(bar.say)
    try:
        async with DemoServer(script, clock) as server:
            feeds = server.feeds()
            bar.say(
                f"Playing {len(feeds)} feeds from {server.base_url}, "
                f"{_stretches(script.stretches)}, in about {clock.length_s:.0f} s.\n"
            )
            works = compose.works(
                matcher=matcher,
                feeds=feeds,
                store=store,
                web=web,
                parser=parser,
                notifier=notifier,
                clock=clock,
                pace=SystemClock(),
            )
            works.pipeline.follow(lambda live: compose.everything(live, place))
            program = Program(
                poller=works.poller,
                deliverer=works.deliverer,
                closers=closers,
                tick_s=DEMO_TICK_S,
            )
            stop = asyncio.Event()
            conductor = asyncio.create_task(_conduct(clock, works, len(feeds), stop))
            watching = asyncio.create_task(_watch(clock, bar))
            await program.run(stop)
            await conductor
            watching.cancel()
            return works.poller.totals
    finally:
        await store.close()


async def _conduct(clock: ReplayClock, works: Works, feeds: int, stop: asyncio.Event) -> None:
    """Let time run once every feed was read, and end when it has run out and all is delivered."""
    while works.poller.totals.polls < feeds:  # noqa: ASYNC110  nothing signals a poll; it is a demo
        await asyncio.sleep(DEMO_TICK_S)
    clock.start()
    await clock.sleep(1e12)
    await asyncio.sleep(5 * DEMO_TICK_S)
    await works.deliverer.drain()
    stop.set()


async def _watch(clock: ReplayClock, bar: Bar) -> None:
    """Tell how much was played, and of which day, until cancelled."""
    while True:
        await asyncio.sleep(DEMO_TICK_S)
        if clock.played_s:
            bar.name(f"{clock.now():%-d %b %Y}")
            bar.tell(clock.played_s, clock.length_s)


def _stretches(stretches: Sequence[tuple[datetime, datetime]]) -> str:
    """Return the played days in words: `18 to 22 Sep 2023 and 28 to 30 Jun 2024`."""
    return " and ".join(f"{start.day} to {end:%-d %b %Y}" for start, end in stretches)


def _summary(totals: Totals) -> None:
    """Print what the replay came to."""
    click.echo(
        f"{totals.polls} polls, {totals.items} items read, {totals.matched} matched, "
        f"{len(totals.stories)} stories, {totals.alerts} alerts, "
        f"{totals.updates} reports joined to an alert already sent."
    )
    suppressed = sorted(totals.suppressed.items(), key=lambda pair: (-pair[1], pair[0]))
    click.echo(f"{sum(totals.suppressed.values())} matched and did not ring:")
    for why, count in suppressed:
        click.echo(f"  {count:3}  {why}")
