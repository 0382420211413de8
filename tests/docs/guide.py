"""What the guide shows, made by the program: a follower's day, told in invented headlines.

`scenes` plays it once on an empty store and returns, by name, what was written or pressed and what
the chat showed.  The page holds these texts between marks, and a test compares the two.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from aggregator.cli.compose import render_alert, setup
from aggregator.config.export import as_watchlist_yaml, extended_yaml
from aggregator.config.feeds import load_feeds
from aggregator.config.settings import Settings
from aggregator.feeds.workers import InlineParser
from aggregator.matching.fulltext import indexed
from aggregator.model import FeedKind, FeedState, Item, Message
from aggregator.pipeline import Pipeline
from aggregator.store.sqlite import SqliteStore
from aggregator.telegram.ask import Hooks
from tests.conversation import Conversation
from tests.newsroom import ROOT, item, shipped
from tests.talking import shown

NOW = datetime(2023, 9, 18, 20, 14, tzinfo=UTC)
FOLLOWED_FOR = timedelta(days=30)
HEADLINE = "Judge not inclined to let SEC inspect Binance.US software for now"
SUMMARY = (
    "At a hearing on Monday the magistrate judge was not inclined to order an inspection of the "
    "software of Binance.US and asked the SEC for narrower requests."
)
LATER = (
    ("Ledger Post", "SEC request to inspect Binance.US software gets no ruling from judge", 14),
    ("Chain Courier", "Judge rejects SEC bid to inspect Binance.US software", 52),
    (
        "Docket Desk",
        "Judge holds off on SEC bid to inspect software of Binance.US",
        75,
    ),
)


@dataclass(kw_only=True)
class Day:
    """A chat, and the newsroom that it hears from."""

    chat: Conversation
    pipeline: Pipeline
    shots: dict[str, str] = field(default_factory=dict)

    async def says(self, name: str, text: str, *, answers: int | None = None) -> None:
        """Write `text`, and keep what it led to as `name`."""
        self.shots[name] = _shot(f"> {text}", await self.chat.say(text, answers=answers))

    async def presses(self, name: str, button: str) -> None:
        """Press a button, and keep what it led to as `name`."""
        appeared = await self.chat.press(button)
        toast = self.chat.toasts[-1]
        told = [f"({toast})"] if toast else []
        self.shots[name] = "\n".join([_shot(f"> [{button}]", appeared), *told])

    async def reads(self, name: str, *items: Item) -> None:
        """Let news come in, and keep what the chat shows of it as `name`."""
        for one in items:
            self.chat.now = max(self.chat.now, one.seen)
            await self.pipeline.take([one])
        appeared = await self.chat.deliver()
        self.shots[name] = _shot("", appeared[-1:])


def _shot(said: str, messages: list[Message]) -> str:
    blocks = [said] if said else []
    for message in messages:
        rows = [" ".join(f"[{button.text}]" for button in row) for row in message.buttons]
        text = shown(message).text
        blocks.append("\n".join([text, *(["", *rows] if rows else [])]))
    # Isolates and joiners protect the reader's screen; on a page they are only noise.
    return "\n\n".join(blocks).translate(dict.fromkeys(map(ord, "\u2068\u2069\u2060")))


def _first() -> Item:
    return item(HEADLINE, SUMMARY, at=NOW - timedelta(minutes=4), outlet="Wire One", seen=NOW)


def _others() -> list[Item]:
    return [
        item(title, at=NOW + timedelta(minutes=after), outlet=outlet)
        for outlet, title, after in LATER
    ]


async def _play() -> dict[str, str]:
    settings = Settings.from_env({"CASEWIRE_ACCESS": "open"})
    matcher = shipped()
    feeds = load_feeds((ROOT / "feeds.yaml",))
    store = await SqliteStore.open(":memory:", words=indexed)
    try:
        hooks = Hooks(
            watchlist=lambda name, queries, hits, to, floor: as_watchlist_yaml(
                name, queries, hits, matcher.rules, to=to, floor=floor
            ),
            extended=extended_yaml,
        )
        chat = Conversation(
            store=store,
            setup=replace(setup(settings, matcher), feeds=feeds),
            now=NOW - timedelta(hours=1),
            hooks=hooks,
        )
        pipeline = Pipeline(
            store=store, parser=InlineParser(), matcher=matcher, render=render_alert
        )
        day = Day(chat=chat, pipeline=pipeline)
        await _scenes(day)
    finally:
        await store.close()
    return day.shots


async def _read(day: Day) -> None:
    """Let every feed have been read three minutes ago."""
    read = day.chat.now - timedelta(minutes=3)
    for feed in day.chat.setup.feeds:
        if feed.enabled:
            state = FeedState(feed_id=feed.id, first_read=read, last_polled=read, last_read=read)
            await day.chat.store.save_feed_state(state)


async def _scenes(day: Day) -> None:
    chat = day.chat
    await _read(day)
    await day.says("start", "/start")
    await day.says("help", "/help")
    await day.says("case", "/case binance")
    await day.presses("timeline", "Timeline")
    await day.says("typo", "/case binanse")
    await day.says("several", "/case sec v")
    await day.says("follow", "/follow binance")
    await day.reads("alert", _first())
    alert = chat.last
    await day.reads("updated", *_others())
    await day.says("why", "/why", answers=alert)
    await day.says("mute", "/mute binance 24h")
    await day.says("unmute", "/unmute binance")
    await day.says("latest", "/latest")
    await day.says("search", "/search binance AND software")
    await day.says("fault", "/search binance AND (software")
    await day.says("watch", "/watch software NEAR/8 inspect*")
    await day.presses("create", "High only")
    await day.says("following", "/following")
    await day.presses("row", "1 SEC v. Binance")
    await day.says("digest", "/digest daily 08:00")
    late = item(
        "SEC and Binance argue over discovery in software dispute",
        at=chat.now - timedelta(days=5),
        outlet="Ledger Post",
        seen=chat.now,
    )
    await day.reads("late", late)
    await day.says("digest-now", "/digest now")
    await day.says("quiet", "/quiet 22:00-07:00")
    await day.says("tz", "/tz europe/berlin")
    await _read(day)
    await day.says("status", "/status")
    await day.says("here", "/here")
    await day.says("test", "/test")
    await day.says("export", "/export")
    await day.says("stop", "/stop")
    docket = item(
        "1:23-cv-01599 SECURITIES AND EXCHANGE COMMISSION v. BINANCE HOLDINGS LIMITED et al",
        "[Order on Motion for Miscellaneous Relief] ( 95 )",
        at=chat.now + timedelta(minutes=30),
        outlet="D.D.C.",
        kind=FeedKind.COURT,
        court="dcd",
        url="https://ecf.dcd.uscourts.gov/cgi-bin/DktRpt.pl?256060",
    )
    await day.reads("docket", docket)


@lru_cache(maxsize=1)
def scenes() -> dict[str, str]:
    """Return what each scene shows, by name."""
    return asyncio.run(_play())
