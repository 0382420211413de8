"""What Casewire holds in memory after an hour, and whether a month makes it more.

    python benchmarks/memory.py --hours 1            # the shipped feeds and rules, 100 chats
    python benchmarks/memory.py --days 30            # a line a day; fails when it grows
    python benchmarks/memory.py --days 5 --trace     # and where the growth was allocated

The program's own poller, pipeline, parse worker (a process), store (a file), deliverer, digests,
housekeeping, metrics and heartbeat live through virtual time on the shipped `feeds.yaml` and
`rules/`.  Only who brings bytes and who takes messages is played: each feed publishes at a made-up
rate of its kind, whose entries follow from the feed and their number, so that nothing of the
publisher is kept; a publisher answers 304 to who knows its newest entry.  The HTTP client and the
bot are made and held, unused.  Memory is resident bytes as the kernel counts them, of this process
and of its workers; what the processes share is counted in each.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import selectors
import sqlite3
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from random import Random
from xml.sax.saxutils import escape

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from aggregator.cli import lean

# ruff: noqa: E402 -- what is loaded lean must be the first to load it, as in `run`
lean.load("httpx", "sqlite_utils", "structlog")

import structlog

from aggregator.cli import compose, garbage
from aggregator.cli.backup import housekeeping
from aggregator.cli.monitor import WatchedStore
from aggregator.config.settings import Settings
from aggregator.feeds.workers import WorkerParser
from aggregator.matching.fulltext import indexed
from aggregator.matching.matcher import Matcher
from aggregator.model import (
    Delivery,
    DeliveryOutcome,
    Feed,
    FeedFormat,
    FeedKind,
    Fetched,
    FetchOutcome,
    Mode,
    NotModified,
    ParseOutcome,
    Place,
    Sent,
    Subscription,
    Target,
    TargetKind,
    Validators,
    Watch,
)
from aggregator.ports import Fetcher, Notifier, Parser, Store
from aggregator.service.heartbeat import Heart
from aggregator.service.metrics import MeasuredFetcher, MeasuredNotifier, MeasuredParser, Meters
from aggregator.service.vitals import Sending, examine
from aggregator.telegram.connect import close_bot, make_bot
from tests.fakes import TOKEN
from tests.newsroom import VirtualClock
from tests.sim.press import COMPANIES, TOLD, WHAT

ROOT = Path(__file__).resolve().parents[1]
START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
HOUR_S, DAY_S = 3_600.0, 86_400.0
BOUND_MB = 150.0
"""What both processes together may hold with the shipped content."""
WARM_DAYS = 5
"""Left out of the slope: the window of stories and the caches fill meanwhile."""
GROWTH_MB_A_DAY_MAX = 0.2
POLL_TICK_S = 15.0
REAL_WAIT_S = 0.05
LISTED = 30
"""Entries a feed lists."""
A_DAY = {FeedKind.NEWS: 30.0, FeedKind.BLOG: 3.0, FeedKind.REGULATOR: 4.0, FeedKind.COURT: 60.0}
"""What a feed of a kind publishes, give or take two thirds."""
HITS = {FeedKind.NEWS: 0.05, FeedKind.BLOG: 0.1, FeedKind.REGULATOR: 0.05, FeedKind.COURT: 0.05}
CHATS, FOLLOWED, WATCHES = 100, 5, 20
SYLLABLES = ("ba", "cor", "den", "fi", "gan", "hol", "ji", "kam", "lo", "mer", "nos", "pra", "tul")
IDLE = "{a} and {b} report {n} % more visitors in {c}"


# --- time -----------------------------------------------------------------------------------------


class _Jump(selectors.DefaultSelector):
    """Jumps to the next thing to do, but waits for a process while one is `at_work`."""

    now = 0.0
    at_work = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if self.at_work:
            return super().select(REAL_WAIT_S)
        if timeout is None:
            return super().select(REAL_WAIT_S)
        self.now += timeout
        return ready


class Loop(asyncio.SelectorEventLoop):
    """An event loop in virtual time, which stands still while the parse worker works."""

    def __init__(self) -> None:
        self.jump = _Jump()
        super().__init__(self.jump)

    def time(self) -> float:
        return self.jump.now


class Patient:
    """A `Parser` during whose work time stands still."""

    def __init__(self, parser: WorkerParser, loop: Loop) -> None:
        self._parser = parser
        self._loop = loop

    async def parse(self, feed: Feed, fetched: Fetched) -> ParseOutcome:
        self._loop.jump.at_work += 1
        try:
            return await self._parser.parse(feed, fetched)
        finally:
            self._loop.jump.at_work -= 1

    async def close(self) -> None:
        await self._parser.close()


# --- the world ------------------------------------------------------------------------------------


class Press:
    """A `Fetcher`: what each feed lists follows from the time and the feed alone."""

    def __init__(self, feeds: Sequence[Feed], now: Callable[[], datetime]) -> None:
        self._now = now
        self._rates = {
            feed.id: A_DAY[feed.kind] * Random(feed.id).uniform(1 / 3, 5 / 3) for feed in feeds
        }
        self.bodies = self.asked = 0

    async def fetch(self, feed: Feed, validators: Validators) -> FetchOutcome:
        self.asked += 1
        rate = self._rates[feed.id]
        days = (self._now() - START) / timedelta(days=1)
        newest = LISTED + int(days * rate)
        etag = f'"{newest}"'
        if validators.etag == etag:
            return NotModified(validators=validators)
        self.bodies += 1
        entries = "".join(
            _entry(feed, number, START + timedelta(days=(number - LISTED) / rate))
            for number in range(newest, newest - LISTED, -1)
        )
        body = f"<rss version='2.0'><channel><title>{feed.id}</title>{entries}</channel></rss>"
        return Fetched(
            url=feed.url,
            body=body.encode(),
            content_type="application/rss+xml; charset=utf-8",
            validators=Validators(etag=etag),
        )

    async def close(self) -> None:
        pass


def _entry(feed: Feed, number: int, at: datetime) -> str:
    rng = Random(f"{feed.id}:{number}")
    if rng.random() < HITS[feed.kind]:
        # What the day's development is about: outlets tell one story, and tomorrow another.
        topic = Random(f"{at:%Y-%m-%d}:{rng.randrange(4)}")
        what = f"{_word(topic)} {_word(topic)} {topic.choice(WHAT)}"
        title = topic.choice(TOLD).format(name=topic.choice(list(COMPANIES)), what=what)
    else:
        name, other, town = (_word(rng).title() for _ in range(3))
        title = IDLE.format(a=name, b=other, c=town, n=rng.randint(2, 99))
    summary = " ".join(_word(rng) for _ in range(rng.randint(20, 90)))
    link = f"https://{feed.id}.example/{number}"
    return (
        f"<item><guid isPermaLink='false'>{feed.id}-{number}</guid><link>{link}</link>"
        f"<title>{escape(title)}</title><description>&lt;p&gt;{summary}&lt;/p&gt;</description>"
        f"<pubDate>{format_datetime(at)}</pubDate></item>"
    )


def _word(rng: Random) -> str:
    return "".join(rng.choices(SYLLABLES, k=rng.randint(2, 4)))


class Chats:
    """A `Notifier` that takes every message and keeps none."""

    def __init__(self) -> None:
        self.sent = 0

    async def deliver(self, delivery: Delivery) -> DeliveryOutcome:
        self.sent += 1
        return Sent(message_id=delivery.message_id or self.sent)

    async def probe(self, delivery: Delivery, message_id: int) -> DeliveryOutcome:  # noqa: ARG002 -- the port
        return Sent(message_id=message_id)


async def people_come(store: Store, matcher: Matcher) -> None:
    """Let chats follow what is shipped, a third of it by digest, and some watch a query."""
    rng = Random(1)
    rules = matcher.rules
    targets = [
        *(Target(kind=TargetKind.CASE, slug=slug) for slug in sorted(rules.cases)),
        *(Target(kind=TargetKind.WATCHLIST, slug=name) for name in sorted(rules.watchlists)),
        *(Target(kind=TargetKind.ENTITY, slug=slug) for slug in sorted(rules.entities)),
    ]
    for chat in range(1, CHATS + 1):
        place = Place(chat_id=chat)
        for target in rng.sample(targets, FOLLOWED):
            mode = Mode.DIGEST if rng.random() < 1 / 3 else Mode.INSTANT
            await store.subscribe(Subscription(place=place, target=target, since=START, mode=mode))
    for number in range(WATCHES):
        place = Place(chat_id=number + 1)
        query = (
            f"{rng.choice(list(COMPANIES))} AND ({_word(rng)} OR {rng.choice(WHAT).split()[-1]})"
        )
        watch = Watch(id=f"w{number}", place=place, query=query, created=START)
        await store.add_watch(watch, Subscription(place=place, target=watch.target, since=START))


# --- measuring ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How it stands at a moment."""

    hours: float
    parent_mb: float
    workers_mb: float
    objects: int
    """That the collector knows of in the parent."""
    database_mb: float
    rows: Counter[str]
    polls: int
    bodies: int
    sent: int
    real_s: float

    @property
    def both_mb(self) -> float:
        return self.parent_mb + self.workers_mb


HEAD = (
    f"{'hours':>7} {'parent MB':>10} {'worker MB':>10} {'objects':>9} {'file MB':>8} {'items':>7} "
    f"{'stories':>8} {'deliveries':>11} {'polls':>8} {'bodies':>7} {'sent':>7} {'real s':>7}"
)


def line(look: Look) -> str:
    rows = look.rows
    return (
        f"{look.hours:7.0f} {look.parent_mb:10.1f} {look.workers_mb:10.1f} {look.objects:9} "
        f"{look.database_mb:8.1f} {rows['item']:7} {rows['story']:8} {rows['delivery']:11} "
        f"{look.polls:8} {look.bodies:7} {look.sent:7} {look.real_s:7.0f}"
    )


def resident_mb(pid: int) -> float:
    """Return what a process holds; 0 for one that is gone."""
    with suppress(FileNotFoundError):
        for row in Path(f"/proc/{pid}/status").read_text().splitlines():
            if row.startswith("VmRSS:"):
                return int(row.split()[1]) / 1024
    return 0.0


def counted(database: Path) -> Counter[str]:
    """Return the rows of each table."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        names = [
            name
            for (name,) in db.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'"
            )
        ]
        return Counter(
            {name: db.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608 -- its own names
        )


async def lived(
    loop: Loop, place: Path, hours: float, every_s: float, show: Callable[[Look], None]
) -> None:
    """Live so long, and show how it stands each `every_s`."""
    database = place / "casewire.db"
    settings = Settings.from_env(
        {
            "DATABASE_URL": f"sqlite:///{database}",
            "CASEWIRE_RULES": str(ROOT / "rules"),
            "CASEWIRE_FEEDS": str(ROOT / "feeds.yaml"),
        }
    )
    matcher, shipped = compose.configuration(settings)
    feeds = [feed for feed in shipped if feed.enabled and feed.format is FeedFormat.FEED]
    clock = VirtualClock(START)
    store = await WatchedStore.open(settings.database, inline=True, words=indexed)
    await people_come(store, matcher)
    unused = compose.fetcher(settings), make_bot(TOKEN, settings.api_base)
    press, chats, workers = Press(feeds, clock.now), Chats(), WorkerParser()
    meters = Meters()
    store.on_commit = meters.committed
    sending = Sending(chats, clock)
    web: Fetcher = MeasuredFetcher(press, meters)
    parser: Parser = MeasuredParser(Patient(workers, loop), meters)
    notifier: Notifier = MeasuredNotifier(sending, meters, clock.now)
    works = compose.works(
        matcher=matcher,
        feeds=feeds,
        store=store,
        web=web,
        parser=parser,
        notifier=notifier,
        clock=clock,
        pace=clock,
    )
    works.pipeline.follow(lambda live: compose.routed(settings, live))
    await works.poller.load()
    garbage.settles()  # as `run` does
    heart = Heart(store=store, clock=clock, examine=lambda: examine(store, feeds, clock.now()))

    async def polls() -> None:
        while True:
            await works.poller.tick()
            await clock.sleep(POLL_TICK_S)

    async def scrapes() -> None:
        while True:
            await meters.scraped(store, feeds, clock.now())
            await clock.sleep(300)

    loops: list[Callable[[], Awaitable[None]]] = [
        polls,
        scrapes,
        works.deliverer.run,
        heart.run,
        housekeeping(settings, store, clock, None).run,
        compose.digests(settings, works, store, clock, lambda: feeds).run,
    ]
    tasks = [asyncio.ensure_future(one()) for one in loops]
    began = time.monotonic()
    try:
        while loop.time() < hours * HOUR_S:
            await asyncio.sleep(min(every_s, hours * HOUR_S - loop.time()))
            for task in tasks:
                if task.done():
                    task.result()
            show(
                Look(
                    hours=loop.time() / HOUR_S,
                    parent_mb=resident_mb(os.getpid()),
                    workers_mb=sum(map(resident_mb, workers.pids)),
                    objects=len(gc.get_objects()),
                    database_mb=database.stat().st_size / 2**20,
                    rows=counted(database),
                    polls=press.asked,
                    bodies=press.bodies,
                    sent=chats.sent,
                    real_s=time.monotonic() - began,
                )
            )
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(works.poller.close(), works.deliverer.close())
        await workers.close()
        await store.close()
        await unused[0].close()
        await close_bot(unused[1])


def live(
    hours: float, *, every_s: float = DAY_S, show: Callable[[Look], None] = lambda _: None
) -> list[Look]:
    """Live through so many hours of virtual time, and return how it stood each `every_s`."""
    looks: list[Look] = []

    def seen(look: Look) -> None:
        looks.append(look)
        show(look)

    loop = Loop()
    with (
        tempfile.TemporaryDirectory(prefix="casewire-memory-") as place,
        asyncio.Runner(loop_factory=lambda: loop) as runner,
    ):
        runner.run(lived(loop, Path(place), hours, every_s, seen))
    return looks


def slope(looks: Sequence[Look], of: Callable[[Look], float]) -> float:
    """Return by how much it grows a day, after the warm-up, as the median of all pairs says."""
    kept = [look for look in looks if look.hours >= WARM_DAYS * 24]
    pairs = [
        (of(later) - of(earlier)) / ((later.hours - earlier.hours) / 24)
        for number, earlier in enumerate(kept)
        for later in kept[number + 1 :]
    ]
    return statistics.median(pairs) if pairs else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--days", type=float, help="Instead of hours; a line a day.")
    parser.add_argument("--trace", action="store_true", help="Tell where memory was allocated.")
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    garbage.begins()
    snapshots: list[tracemalloc.Snapshot] = []
    if asked.trace:
        tracemalloc.start(8)

    def show(look: Look) -> None:
        print(line(look), flush=True)
        if asked.trace:
            gc.collect()
            snapshots.append(tracemalloc.take_snapshot())

    print(HEAD)
    hours = asked.hours if asked.days is None else asked.days * 24
    looks = live(hours, every_s=HOUR_S if asked.days is None else DAY_S, show=show)
    if len(snapshots) > 1:
        print("\nwhat grew most since the first line")
        for one in snapshots[-1].compare_to(snapshots[0], "traceback")[:12]:
            print(f"{one.size_diff / 1024:+10.0f} kB  {one.count_diff:+8} blocks")
            print("\n".join(one.traceback.format(4)))
    most = max(look.both_mb for look in looks)
    print(f"\nmost: {most:.1f} MB of both processes; bound {BOUND_MB:g} MB")
    growth = slope(looks, lambda look: look.both_mb)
    if hours > (WARM_DAYS + 1) * 24:
        print(f"growth after day {WARM_DAYS}: {growth:+.3f} MB a day; bound {GROWTH_MB_A_DAY_MAX}")
    sys.exit(not asked.trace and (most > BOUND_MB or growth > GROWTH_MB_A_DAY_MAX))


if __name__ == "__main__":
    main()
