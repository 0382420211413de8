"""`doctor`: whether all that Casewire needs is there and works, and what to do where not."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from aggregator.cli.jsonl import json_line
from aggregator.cli.progress import progress

if TYPE_CHECKING:
    from aggregator.cli.examine import Finding
    from aggregator.cli.progress import Bar
    from aggregator.config.settings import Settings
    from aggregator.model import Feed
    from aggregator.ports import Clock

EXIT_WRONG = 1
SIGNS = {"ok": "ok     ", "warning": "warning", "wrong": "WRONG  "}

Show = Callable[["Finding"], None]


@click.command()
@click.option(
    "--probe",
    "chat",
    type=int,
    metavar="CHAT_ID",
    help="Send a test message there, to see how Telegram answers about messages.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def doctor(chat: int | None, as_json: bool) -> None:
    """Look at token, chats, database, disk, clock, names and feeds; exit 1 if one is wrong."""
    from aggregator.cli import logs
    from aggregator.cli.compose import secret
    from aggregator.config.settings import Settings

    settings = Settings.from_env(os.environ)
    logs.hide(secret(settings))
    logs.set_up(settings.log, level=50)
    found: list[Finding] = []

    def show(finding: Finding) -> None:
        found.append(finding)
        if as_json:
            bar.say(json_line(asdict(finding)))
            return
        bar.say(f"{SIGNS[finding.level.value]} {finding.check}: {finding.what}")
        if finding.todo:
            bar.say(f"        → {finding.todo}")

    with progress("looking", machine=as_json) as bar:
        asyncio.run(_examine(settings, chat, show, bar))
    wrong, warnings = (sum(one.level == level for one in found) for level in ("wrong", "warning"))
    if not as_json:
        click.echo(f"{len(found)} things looked at: {wrong} wrong, {warnings} to think about")
    if wrong:
        sys.exit(EXIT_WRONG)


async def _examine(settings: Settings, chat: int | None, show: Show, bar: Bar) -> None:
    from aggregator.cli import examine
    from aggregator.feeds.resolve import SystemResolver
    from aggregator.service.clock import SystemClock

    bar.name("looking at the database")
    for finding in await asyncio.to_thread(examine.database, settings.database):
        show(finding)
    feeds, chats = _configured(settings, show)
    hosts = {host for feed in feeds if (host := urlsplit(feed.url).hostname)}
    bar.name("looking up names")
    names = await examine.names(SystemResolver(), hosts)
    for finding in names:
        show(finding)
    bar.name("asking what time it is")
    time = SystemClock()
    show(await examine.clock(settings.api_base, time.now))
    await _telegram(settings, chat, chats, show, bar)
    if names[0].what == examine.NO_NAME:
        return  # each feed would only say it once more
    await _feeds(settings, feeds, show, bar, time)


def _configured(settings: Settings, show: Show) -> tuple[Sequence[Feed], frozenset[int]]:
    """Show what the configuration itself tells; return the feeds that are read and the chats that
    watchlists name.
    """
    from aggregator.cli.examine import Finding, Level
    from aggregator.config.dormant import dormant, keyless
    from aggregator.config.feeds import load_feeds_with_overrides
    from aggregator.config.rules import load_rules
    from aggregator.errors import ConfigError
    from aggregator.feeds.pace import unnamed

    try:
        loaded = load_feeds_with_overrides(settings.feeds)
        rules = load_rules(settings.rules)
    except ConfigError as error:
        for fault in error.faults:
            todo = "mend it, and see with `check`"
            show(Finding(check="config", level=Level.WRONG, what=str(fault), todo=todo))
        return (), frozenset()
    for fault in dormant(loaded, [rule.case for rule in rules.cases.values()]):
        what, _, todo = str(fault).partition(". To read it ")
        show(Finding(check="dormant", level=Level.WARNING, what=what, todo=todo))
    for fault in keyless(loaded, has_key=settings.courtlistener_token is not None):
        what, _, todo = str(fault).rpartition(": ")
        show(Finding(check="key", level=Level.WRONG, what=what, todo=todo))
    enabled = [feed for feed in loaded.feeds if feed.enabled]
    for site in unnamed(enabled, settings.contact):
        what, todo = f"{site} turns away who names no contact", "set CASEWIRE_CONTACT"
        show(Finding(check="contact", level=Level.WRONG, what=what, todo=todo))
    wanted = (to for rule in rules.watchlists.values() for to in rule.deliver)
    return enabled, frozenset(to.to for to in wanted if to.to is not None)


async def _telegram(
    settings: Settings, chat: int | None, chats: frozenset[int], show: Show, bar: Bar
) -> None:
    from aggregator.cli import examine
    from aggregator.cli.compose import secret
    from aggregator.service.clock import SystemClock
    from aggregator.telegram.connect import close_bot, make_bot

    if settings.token is None:
        todo = "set TELEGRAM_BOT_TOKEN to one from @BotFather"
        what = "no token is set: alerts are printed on the console"
        show(examine.Finding(check="token", level=examine.Level.WARNING, what=what, todo=todo))
        return
    bar.name("asking Telegram")
    bot = make_bot(secret(settings), settings.api_base)
    try:
        known = await examine.token(bot)
        show(known)
        if known.level is not examine.Level.OK:
            return
        for finding in await examine.chats(bot, settings.ops_chat, chats):
            show(finding)
        if chat is not None:
            show(await examine.probe(bot, chat, SystemClock().now()))
    finally:
        await close_bot(bot)


async def _feeds(
    settings: Settings, feeds: Sequence[Feed], show: Show, bar: Bar, time: Clock
) -> None:
    from aggregator.cli import examine
    from aggregator.cli.compose import fetcher
    from aggregator.feeds.workers import WorkerParser

    web, parser, done = fetcher(settings), WorkerParser(), 0

    def tell(_feed: str) -> None:
        nonlocal done
        done += 1
        bar.tell(done, len(feeds))

    bar.name("asking the feeds")
    try:
        for finding in await examine.feeds(feeds, web, parser, time, tell):
            show(finding)
    finally:
        await web.close()
        await parser.close()
