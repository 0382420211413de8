"""What 10,000 feeds cost: the program's own poller against a server on the loopback.

    python benchmarks/many_feeds.py [--feeds 10000] [--every 300] [--rounds 1]
    python benchmarks/many_feeds.py --short

Each feed is a host of its own (127.a.b.c) and is asked each `--every` seconds; at three polls of
ten its body has a new entry, the others answer 304.  A server process of its own answers; its CPU
does not count.  Ours is all that `run` does for news: schedule, fetch, parse in the worker, match
against the shipped rules, join, commit to a database file.  A first round, in which every body is
new, is reported but not judged; then `--rounds` rounds are measured: CPU of our process and of its
parser, their memory, and how late the event loop came back to who slept 10 ms, in all and as far as
our own code had the processor meanwhile.
`--short` keeps the pace, 33 polls a second, with a tenth of the feeds.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from statistics import quantiles
from time import perf_counter, thread_time
from typing import ClassVar, TextIO

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from aggregator.cli import logs
from aggregator.cli.compose import configuration, works
from aggregator.config.settings import Settings
from aggregator.feeds.fetch import HttpFetcher
from aggregator.feeds.resolve import SystemResolver
from aggregator.feeds.workers import WorkerParser
from aggregator.matching.fulltext import indexed
from aggregator.model import Feed, FeedKind, Rejected, Trust
from aggregator.service.clock import SystemClock, Ticker
from aggregator.service.program import TICK_S
from aggregator.store.sqlite import SqliteStore

CHANGED = 0.3
ENTRIES = 25
LAG_EVERY_S = 0.01
LOOK_S = 5.0
POSTS_EVERY = timedelta(hours=2)
"""How far apart the entries are that a feed lists at first."""
WORDS = (
    "The agency said on Monday that it had reviewed the filing of the exchange and would answer "
    "within the time that the court has set, as both sides had asked for in a joint letter. "
)


# --- the publisher, in a process of its own -------------------------------------------------------


def body(feed: int, version: int, times: Sequence[str]) -> bytes:
    """Return the feed as it is after so many new entries; `times` are those it lists, newest first."""
    items = "".join(
        f"<item><guid isPermaLink='false'>{feed}-{n}</guid><title>Report {n} of desk {feed}</title>"
        f"<link>https://wire-{feed}.example/{n}</link><pubDate>{at}</pubDate>"
        f"<description><![CDATA[<p>{WORDS}{WORDS}</p><p><a href='/x'>{WORDS}</a></p>]]>"
        "</description></item>"
        for n, at in zip(range(version + len(times), version, -1), times, strict=True)
    )
    head = f"<rss version='2.0'><channel><title>Desk {feed}</title>"
    return f"{head}{items}</channel></rss>".encode()


class Publisher(asyncio.Protocol):
    """One connection: one request, one answer, closed."""

    versions: ClassVar[Counter[int]] = Counter()
    times: ClassVar[dict[int, deque[str]]]
    chance = random.Random(1)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.head = b""

    def data_received(self, data: bytes) -> None:
        self.head += data
        if b"\r\n\r\n" not in self.head:
            return
        transport = self.transport
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 -- start_server makes these
        path = self.head.split(b" ", 2)[1][1:]
        if not path.isdigit():
            transport.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        else:
            transport.write(self.answer(int(path), conditional=b"\r\nIf-None-Match:" in self.head))
        self.head = b""
        transport.close()

    def answer(self, feed: int, *, conditional: bool) -> bytes:
        changed = self.chance.random() < CHANGED
        self.versions[feed] += changed
        version = self.versions[feed]
        etag = f'ETag: "{feed}-{version}"\r\n'
        if conditional and not changed:
            return f"HTTP/1.1 304 Not Modified\r\n{etag}\r\n".encode()
        times = self.times[feed]
        if changed:
            times.appendleft(format_datetime(datetime.now(UTC)))
        data = body(feed, version, times)
        kind = f"Content-Type: application/rss+xml\r\nContent-Length: {len(data)}\r\n"
        return f"HTTP/1.1 200 OK\r\n{kind}{etag}\r\n".encode() + data


async def publish(entries: int) -> None:
    """Answer on every address of the loopback until the standard input closes."""
    now = datetime.now(UTC)
    first = [format_datetime(now - POSTS_EVERY * n) for n in range(1, entries + 1)]
    Publisher.times = defaultdict(lambda: deque(first, maxlen=entries))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Publisher, "0.0.0.0", 0, backlog=4096)  # noqa: S104 -- all of 127/8
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


# --- ours ----------------------------------------------------------------------------------------


def cpu_s(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def parser_s(pids: Iterable[int]) -> float:
    """Return the CPU seconds of the parsers that ended and of those that run."""
    return cpu_s(resource.RUSAGE_CHILDREN) + sum(map(cpu_of, pids))


def cpu_of(pid: int) -> float:
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def rss_mb(pid: int | str) -> float:
    with suppress(OSError):
        pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    return 0.0


class Nobody:
    """No message leaves: the feeds tell of no case."""

    async def deliver(self, _delivery):
        return Rejected(detail="nobody is there")

    async def probe(self, _delivery, _message_id):
        return Rejected(detail="nobody is there")


class Counted:
    """A fetcher that counts what came of it."""

    def __init__(self, fetcher: HttpFetcher) -> None:
        self.fetcher = fetcher
        self.outcomes: Counter[str] = Counter()

    async def fetch(self, feed, validators):
        outcome = await self.fetcher.fetch(feed, validators)
        self.outcomes[type(outcome).__name__] += 1
        return outcome

    async def close(self) -> None:
        await self.fetcher.close()


class Watch:
    """What a stretch of time cost: CPU, memory, and the loop's lag."""

    def __init__(self, parser: WorkerParser, web: Counted, pace: float) -> None:
        """`pace` is how many polls a second there are to be."""
        self.parser, self.web, self.pace = parser, web, pace
        self.begin()

    def begin(self) -> None:
        self.web.outcomes.clear()
        self.lags: list[float] = []
        self.own_lags: list[float] = []
        self.own_mb = self.all_mb = 0.0
        self.start, self.before = perf_counter(), self.used_s()

    def used_s(self) -> tuple[float, float]:
        return cpu_s(resource.RUSAGE_SELF), parser_s(self.parser.pids)

    async def lag(self) -> None:
        while True:
            start, busy = perf_counter(), thread_time()
            await asyncio.sleep(LAG_EVERY_S)
            lag = perf_counter() - start - LAG_EVERY_S
            self.lags.append(lag)
            # Later than that somebody else had the processor.
            self.own_lags.append(min(lag, thread_time() - busy))

    async def memory(self) -> None:
        while True:
            own = rss_mb("self")
            self.own_mb = max(self.own_mb, own)
            self.all_mb = max(self.all_mb, own + sum(map(rss_mb, self.parser.pids)))
            await asyncio.sleep(LOOK_S)

    def report(self, name: str) -> None:
        took = perf_counter() - self.start
        own, parser = (now - then for now, then in zip(self.used_s(), self.before, strict=True))
        polls, lag = sum(self.web.outcomes.values()), quantiles(self.lags, n=1000)
        own_lag = quantiles(self.own_lags, n=1000)
        found = {
            "stretch": name,
            "seconds": round(took),
            "polls_a_second": round(polls / took, 1),
            **self.web.outcomes,
            "cpu_share_of_a_core": round((own + parser) / took, 3),
            "of_it_parser": round(parser / took, 3),
            # Also where the machine is too busy to keep the pace.
            "share_at_full_pace": round((own + parser) / polls * self.pace, 3),
            "ms_a_poll": round(1000 * (own + parser) / polls, 2),
            "memory_mb": round(self.all_mb),
            "of_it_parser_mb": round(self.all_mb - self.own_mb),
            "lag_p50_ms": round(lag[499] * 1e3, 1),
            "lag_p99_ms": round(lag[989] * 1e3, 1),
            "lag_max_ms": round(max(self.lags) * 1e3),
            "lag_by_us_p99_ms": round(own_lag[989] * 1e3, 1),
            "lag_by_us_max_ms": round(max(self.own_lags) * 1e3),
        }
        print(json.dumps(found), flush=True)


def desk(number: int, port: int, every: timedelta) -> Feed:
    """Return a feed on a host of its own."""
    host = f"127.{1 + number // 62_500}.{number // 250 % 250}.{1 + number % 250}"
    return Feed(
        id=f"desk-{number}",
        url=f"http://{host}:{port}/{number}",
        kind=FeedKind.NEWS,
        name=f"Desk {number}",
        trust=Trust.INDEPENDENT,
        every=every,
        allow_private=True,
    )


async def ours(given: argparse.Namespace, folder: str, log: TextIO) -> None:
    logs.set_up("json", stream=log)
    matcher, _ = configuration(Settings.from_env({}))
    store = await SqliteStore.open(f"sqlite:///{folder}/many.db", words=indexed)
    parser = WorkerParser()
    web = Counted(
        HttpFetcher(SystemResolver(), user_agent="Casewire/bench", robots_of_private=True)
    )
    every = timedelta(seconds=given.every)
    clock = SystemClock()
    parts = works(
        matcher=matcher, feeds=[desk(n, given.port, every) for n in range(given.feeds)],
        store=store, web=web, parser=parser, notifier=Nobody(), clock=clock, pace=clock,
    )  # fmt: skip
    poller = parts.poller
    await poller.load()
    ticker = Ticker()
    ticker.every(TICK_S, poller.tick, "poll")
    ticker.start()
    watch = Watch(parser, web, given.feeds / given.every)
    looks = [asyncio.create_task(look()) for look in (watch.lag, watch.memory)]
    profiler = cProfile.Profile() if given.profile else None
    for number in range(given.rounds + 1):
        if number == 1 and profiler is not None:
            profiler.enable()
        watch.begin()
        end = watch.start + given.every
        while perf_counter() < end or (not number and poller.totals.polls < given.feeds):  # noqa: ASYNC110 -- time is what is waited for
            await asyncio.sleep(1)
        watch.report(f"round {number}" if number else "first")
    if profiler is not None:
        profiler.disable()
        profiler.dump_stats(given.profile)
    for look in looks:
        look.cancel()
    ticker.close()
    await asyncio.gather(*looks, poller.close(), return_exceptions=True)
    for part in (parts.deliverer, parser, web, store):
        await part.close()


def logged(lines: Iterable[str]) -> dict[str, int]:
    """Return how often each event was logged."""
    return Counter(json.loads(line).get("event", "?") for line in lines)


def compare(given: argparse.Namespace) -> None:
    server = subprocess.Popen(
        [sys.executable, __file__, "--as", "publisher", "--entries", str(given.entries)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert server.stdout is not None  # noqa: S101 -- it is a pipe
        port = server.stdout.readline().strip()
        with tempfile.TemporaryDirectory() as folder, Path(folder, "log").open("w+") as log:
            given.port = int(port)
            asyncio.run(ours(given, folder, log))
            log.seek(0)
            size = Path(folder, "many.db").stat().st_size / 2**20
            print(json.dumps({"database_mb": round(size), "logged": logged(log)}))
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    options.add_argument("--feeds", type=int, default=10_000)
    options.add_argument("--every", type=float, default=300.0, help="seconds")
    options.add_argument("--rounds", type=int, default=1)
    options.add_argument("--entries", type=int, default=ENTRIES)
    options.add_argument("--short", action="store_true", help="1,000 feeds at 30 s, four rounds")
    options.add_argument("--profile", help="write a profile of the measured rounds to this file")
    options.add_argument("--as", dest="who", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.short:
        given.feeds, given.every, given.rounds = 1_000, 30.0, 4
    if given.who == "publisher":
        asyncio.run(publish(given.entries))
    else:
        compare(given)


if __name__ == "__main__":
    main()
