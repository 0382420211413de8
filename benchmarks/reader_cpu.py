# ruff: noqa: PLC0415 - each side runs in an environment that may lack what the other needs
"""CPU per feed and hour, ours beside `reader` (PyPI), updating the same feeds from the loopback.

    python benchmarks/reader_cpu.py --reader-python VENV/bin/python [--feeds 60] [--rounds 12] [--repeat 3]

Each feed lists 50 entries, those of every other one with their whole article; in a round three of
ten have a new one (and a new ETag), the others answer 304.  Twelve rounds are an hour at one poll in five minutes.  Both run in a process of their
own, after a first round that is not counted.  Ours is the whole way: fetch, parse in the worker,
match against the shipped rules, join, commit; CPU of the worker process is counted.  Event-loop lag
is that of our process, taken every 5 ms while the rounds run back to back.  With `--repeat` both take
turns, and the medians are given.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

ENTRIES = 50
CHANGED = 0.3
LAG_EVERY_S = 0.005
START = datetime(2023, 9, 18, tzinfo=UTC)
WORDS = (
    "The agency said on Monday that it had reviewed the filing of the exchange and would answer "
    "within the time that the court has set, as both sides had asked for in a joint letter. "
)
SPACES = (
    " xmlns:content='http://purl.org/rss/1.0/modules/content/'"
    " xmlns:dc='http://purl.org/dc/elements/1.1/'"
)
ARTICLE = (
    "<dc:creator><![CDATA[A. Writer]]></dc:creator><category><![CDATA[Policy]]></category>"
    "<content:encoded><![CDATA["
    + f"<p class='lead'>{WORDS}</p><figure><img src='/a.jpg' alt='x'/></figure><h2>Why</h2>" * 2
    + f"<p>{WORDS}<a href='/b' rel='nofollow'>more</a> {WORDS}</p><ul><li>{WORDS}</li></ul>" * 4
    + "]]></content:encoded>"
)
"""What the feeds of most press sites carry: the whole article beside its first lines."""


def version(feed: int, round_: int, feeds: int) -> int:
    """Return how often `feed` changed up to `round_`: the same share in each, in turn."""
    changed = max(1, round(feeds * CHANGED))
    return sum((feed - changed * past) % feeds < changed for past in range(1, round_ + 1))


def body(feed: int, number: int) -> bytes:
    items = "".join(
        f"<item><guid isPermaLink='false'>{feed}-{n}</guid><title>Report {n} of desk {feed}</title>"
        f"<link>https://wire-{feed}.example/{n}</link>"
        f"<pubDate>{format_datetime(START + timedelta(minutes=n))}</pubDate>"
        f"<description><![CDATA[<p>{WORDS * 2}</p><p><a href='/x'>{WORDS}</a></p>]]></description>"
        f"{ARTICLE if feed % 2 else ''}</item>"
        for n in range(number + ENTRIES, number, -1)
    )
    return f"<rss version='2.0'{SPACES}><channel><title>Desk {feed}</title>{items}</channel></rss>".encode()


class Publisher:
    """Serves every feed as it is in the round of the moment."""

    def __init__(self, feeds: int) -> None:
        self.feeds = feeds
        self.round = 0
        self.bodies: dict[tuple[int, int], bytes] = {}

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                path = head.split(" ", 2)[1].lstrip("/")
                if path.startswith("round/"):
                    self.round = int(path.removeprefix("round/"))
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                elif not path.isdigit():
                    writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                else:
                    feed = int(path)
                    number = version(feed, self.round, self.feeds)
                    etag = f'"{feed}-{number}"'
                    if f"if-none-match: {etag}" in head.lower():
                        writer.write(f"HTTP/1.1 304 Not Modified\r\nETag: {etag}\r\n\r\n".encode())
                    else:
                        data = self.bodies.setdefault((feed, number), body(feed, number))
                        writer.write(
                            f"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: {etag}"
                            f"\r\nContent-Length: {len(data)}\r\n\r\n".encode()
                            + data
                        )
                await writer.drain()
                if "connection: close" in head.lower():
                    break
        writer.close()


def cpu_s(*pids: int) -> float:
    """Return the CPU seconds of this process, its ended children and the running ones named."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


async def ours(port: int, feeds: int, rounds: int, folder: str) -> dict[str, float]:
    from aggregator.cli.compose import configuration, render_alert
    from aggregator.config.settings import Settings
    from aggregator.feeds.fetch import HttpFetcher
    from aggregator.feeds.polling import asked
    from aggregator.feeds.resolve import SystemResolver
    from aggregator.feeds.workers import WorkerParser
    from aggregator.model import Feed, FeedKind, Trust
    from aggregator.pipeline import Pipeline
    from aggregator.store.sqlite import SqliteStore

    matcher, _ = configuration(Settings.from_env({}))
    store = await SqliteStore.open(f"sqlite:///{folder}/ours.db")
    fetcher, parser = HttpFetcher(SystemResolver(), user_agent="Casewire/bench"), WorkerParser()
    pipeline = Pipeline(store=store, parser=parser, matcher=matcher, render=render_alert)
    followed = [
        Feed(id=f"f{n}", url=f"http://127.0.0.1:{port}/{n}", kind=FeedKind.NEWS, name=f"Desk {n}",
             trust=Trust.INDEPENDENT, allow_private=True)
        for n in range(feeds)
    ]  # fmt: skip
    states: dict[str, object] = {}
    items = 0
    gate = asyncio.Semaphore(16)

    async def poll(feed: Feed) -> None:
        nonlocal items
        async with gate:
            now = datetime.now(UTC)
            ask = asked(feed, states.get(feed.id), now)  # type: ignore[arg-type]
            outcome = await fetcher.fetch(ask.feed, ask.validators)
            polled = await pipeline.ingest(feed, ask.state, outcome, now)
            states[feed.id] = polled.state
            items += len(polled.taken.items)

    lags: list[float] = []

    async def lag() -> None:
        while True:
            start = perf_counter()
            await asyncio.sleep(LAG_EVERY_S)
            lags.append(perf_counter() - start - LAG_EVERY_S)

    await asyncio.gather(*map(poll, followed))
    start_s, started = cpu_s(*parser.pids), perf_counter()
    alone_s = cpu_s()
    items, probe = 0, asyncio.create_task(lag())
    for number in range(1, rounds + 1):
        await turn(port, number)
        await asyncio.gather(*map(poll, followed))
    used, alone = cpu_s(*parser.pids) - start_s, cpu_s() - alone_s
    probe.cancel()
    took = perf_counter() - started
    await parser.close()
    await fetcher.close()
    await store.close()
    return {"cpu_s": used, "parser_cpu_s": used - alone, "items": items, "wall_s": took, "lag_p99_ms": quantiles(lags, n=100)[-1] * 1e3,
            "lag_max_ms": max(lags) * 1e3}  # fmt: skip


async def turn(port: int, number: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /round/{number} HTTP/1.1\r\nConnection: close\r\n\r\n".encode())
    await reader.read()
    writer.close()


def theirs(port: int, feeds: int, rounds: int, folder: str) -> dict[str, float]:
    from reader import make_reader  # type: ignore[import-not-found]

    peer = make_reader(f"{folder}/reader.db")
    for number in range(feeds):
        peer.add_feed(f"http://127.0.0.1:{port}/{number}")
    peer.update_feeds()
    before = peer.get_entry_counts().total
    start_s, started = cpu_s(), perf_counter()
    for number in range(1, rounds + 1):
        asyncio.run(turn(port, number))
        peer.update_feeds(scheduled=False)
    return {"cpu_s": cpu_s() - start_s, "items": peer.get_entry_counts().total - before,
            "wall_s": perf_counter() - started}  # fmt: skip


async def compare(given: argparse.Namespace) -> None:
    publisher = Publisher(given.feeds)
    server = await asyncio.start_server(publisher.answer, "127.0.0.1", 0, limit=2**20)
    port = server.sockets[0].getsockname()[1]
    spent: dict[str, list[float]] = {"ours": [], "reader": []}
    for _ in range(given.repeat):
        for who, python in (("ours", sys.executable), ("reader", given.reader_python)):
            publisher.round = 0
            with tempfile.TemporaryDirectory() as folder:
                process = await asyncio.create_subprocess_exec(
                    python, __file__, "--as", who, "--port", str(port), "--feeds",
                    str(given.feeds), "--rounds", str(given.rounds), "--folder", folder,
                    stdout=subprocess.PIPE,
                )  # fmt: skip
                out, _ = await process.communicate()
            found = json.loads(out.splitlines()[-1])
            spent[who].append(found["cpu_s"] / given.feeds / (given.rounds / 12) * 1000)
            print(who, json.dumps({key: round(value, 2) for key, value in found.items()}))
    for who, each in spent.items():
        print(f"{who:8}{median(each):8.1f} ms CPU per feed and hour")
    ratios = [theirs / ours for ours, theirs in zip(*spent.values(), strict=True)]
    shown = ", ".join(f"{ratio:.1f}" for ratio in ratios)
    print(f"reader uses {median(ratios):.1f} times as much ({shown})")
    server.close()


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    options.add_argument("--reader-python", default=sys.executable)
    options.add_argument("--feeds", type=int, default=60)
    options.add_argument("--rounds", type=int, default=12)
    options.add_argument("--repeat", type=int, default=1)
    options.add_argument("--as", dest="who", help=argparse.SUPPRESS)
    options.add_argument("--port", type=int, help=argparse.SUPPRESS)
    options.add_argument("--folder", help=argparse.SUPPRESS)
    given = options.parse_args()
    match given.who:
        case None:
            asyncio.run(compare(given))
        case "ours":
            print(
                json.dumps(asyncio.run(ours(given.port, given.feeds, given.rounds, given.folder)))
            )
        case _:
            print(json.dumps(theirs(given.port, given.feeds, given.rounds, given.folder)))


if __name__ == "__main__":
    main()
