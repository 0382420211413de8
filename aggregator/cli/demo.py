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

from aggregator.config.settings import Settings
from aggregator.errors import InputError

if TYPE_CHECKING:
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

    settings = Settings.from_env(os.environ)
    logs.hide(settings.bot_token or "")
    logs.set_up(settings.log, level=40)
    if telegram and not (settings.bot_token and settings.demo_chat):
        raise InputError(
            "make demo TELEGRAM=1 needs TELEGRAM_BOT_TOKEN and CASEWIRE_DEMO_CHAT to be set"
        )
    with tempfile.TemporaryDirectory(prefix="casewire-demo-") as place:
        database = f"sqlite:///{Path(place) / 'demo.db'}"
        totals = asyncio.run(_play(replace(settings, database_url=database), telegram=telegram))
    _summary(totals)


async def _play(settings: Settings, *, telegram: bool) -> Totals:
    from aggregator.cli import compose
    from aggregator.config.rules import load_rules
    from aggregator.demo.clock import ReplayClock
    from aggregator.demo.script import load
    from aggregator.demo.server import DemoServer
    from aggregator.feeds.workers import WorkerParser
    from aggregator.matching.matcher import Matcher
    from aggregator.pipeline import Pipeline
    from aggregator.ports import Notifier
    from aggregator.service.clock import SystemClock
    from aggregator.service.deliverer import Deliverer
    from aggregator.service.poller import Poller
    from aggregator.service.program import Program
    from aggregator.store.sqlite import SqliteStore
    from aggregator.telegram.notifier import ConsoleNotifier, TelegramNotifier

    script = load()
    matcher = Matcher(load_rules(settings.rules))
    clock = ReplayClock(script.stretches, script.speed, held=True)
    store = await SqliteStore.open(settings.database_url)
    web, parser = compose.fetcher(settings), WorkerParser()
    closers = [web.close, parser.close]
    place = compose.CONSOLE
    notifier: Notifier
    if telegram and settings.demo_chat:
        place, bot = settings.demo_chat, compose.bot(settings)
        notifier = TelegramNotifier(bot, prefix=TELEGRAM_PREFIX)
        await bot.initialize()
        closers.append(bot.shutdown)
    else:
        notifier = ConsoleNotifier(click.echo)
    try:
        async with DemoServer(script, clock) as server:
            feeds = server.feeds()
            click.echo(
                f"Playing {len(feeds)} feeds from {server.base_url}, "
                f"{_stretches(script.stretches)}, in about {clock.length_s:.0f} s.\n"
            )
            pipeline = Pipeline(
                store=store, parser=parser, matcher=matcher, render=compose.render_alert
            )
            pipeline.follow(lambda live: compose.everything(live, place))
            deliverer = Deliverer(store=store, notifier=notifier, clock=SystemClock())
            poller = Poller(
                feeds=feeds,
                store=store,
                fetcher=web,
                pipeline=pipeline,
                clock=clock,
                wake=deliverer.wake,
            )
            program = Program(
                poller=poller, deliverer=deliverer, closers=closers, tick_s=DEMO_TICK_S
            )
            stop = asyncio.Event()

            async def conduct() -> None:
                while poller.totals.polls < len(feeds):
                    await asyncio.sleep(DEMO_TICK_S)
                clock.start()
                while not clock.finished:
                    await asyncio.sleep(DEMO_TICK_S)
                await asyncio.sleep(2 * DEMO_TICK_S)
                await deliverer.drain()
                stop.set()

            conductor = asyncio.create_task(conduct())
            await program.run(stop)
            await conductor
            return poller.totals
    finally:
        await store.close()


def _stretches(stretches: Sequence[tuple[datetime, datetime]]) -> str:
    """Return the played days in words: `18 to 22 Sep 2023 and 28 to 30 Jun 2024`."""
    return " and ".join(f"{start.day} to {end:%-d %b %Y}" for start, end in stretches)


def _summary(totals: Totals) -> None:
    """Print what the replay came to."""
    click.echo(
        f"{totals.polls} polls, {totals.items} items read, {totals.matched} matched, "
        f"{totals.stories} stories, {totals.alerts} alerts, "
        f"{totals.updates} reports joined to an alert already sent."
    )
    suppressed = sorted(totals.suppressed.items(), key=lambda pair: (-pair[1], pair[0]))
    click.echo(f"{sum(totals.suppressed.values())} matched and did not ring:")
    for why, count in suppressed:
        click.echo(f"  {count:3}  {why}")
