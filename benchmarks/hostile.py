"""What hostile servers and feeds cost: time to the end, memory, and everyone else's punctuality.

    python benchmarks/hostile.py [--deadline-s 8] [--parse-deadline-s 4]

A server process on the loopback plays the attacks; this one fetches and parses each as the program
does (total deadline, capped decoding, a worker that can be killed).  All the while a good feed is
fetched and parsed every 100 ms by the same fetcher and parser, and the event loop's lag is taken
every 5 ms.  Memory is the growth of the peak resident set of this process and of the parser's.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import os
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles
from time import perf_counter

from aggregator.feeds.fetch import HttpFetcher
from aggregator.feeds.resolve import SystemResolver
from aggregator.feeds.workers import WorkerParser
from aggregator.model import (
    Feed,
    FeedKind,
    Fetched,
    FetchFailed,
    Parsed,
    ParseFailed,
    Trust,
    Validators,
)

GOOD_EVERY_S = 0.1
LAG_EVERY_S = 0.005
MEMORY_MB_MAX = 50
LATE_S_MAX = 1.0

ITEM = "<item><guid>{n}</guid><title>News {n}</title><description>Text</description></item>"
GOOD = "".join(ITEM.format(n=n) for n in range(20))


def rss(inner: str) -> bytes:
    return f"<rss version='2.0'><channel><title>x</title>{inner}</channel></rss>".encode()


def laughs() -> bytes:
    entities = "<!ENTITY l0 'ha'>" + "".join(
        f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10)
    )
    return f"<!DOCTYPE rss [{entities}]>".encode() + rss("<item><title>&l9;</title></item>")


def quadratic() -> bytes:
    doctype = f"<!DOCTYPE rss [<!ENTITY q '{'x' * 100_000}'>]>"
    return doctype.encode() + rss(f"<item><title>{'&q;' * 50_000}</title></item>")


BODIES: dict[str, Callable[[], bytes]] = {
    "attribute flood, 100,000": lambda: rss(
        f"<item {' '.join(f'a{n}=1' for n in range(100_000))}><title>x</title></item>"
    ),
    "attributes, 255 on 2,000 tags": lambda: rss(
        f"<item {' '.join(f'a{n}=1' for n in range(255))}><title>x</title></item>" * 2_000
    ),
    "billion laughs": laughs,
    "quadratic entity": quadratic,
    "200,000 nested tags": lambda: rss("<a>" * 200_000 + "</a>" * 200_000),
    "9,000 nested tags in 500 items": lambda: rss(
        f"<item><description>{'<a>' * 9_000}{'</a>' * 9_000}</description></item>" * 500
    ),
    "200,000 nested tags in a text": lambda: rss(
        f"<item><description><![CDATA[{'<div>' * 200_000}]]></description></item>"
    ),
    "ReDoS author": lambda: rss(
        f"<item><title>x</title><author>a@{'a.' * 500_000}!</author></item>"
    ),
    "200,000 items": lambda: rss("<item><title>x</title></item>" * 200_000),
    "9,999 items": lambda: rss("".join(ITEM.format(n=n) for n in range(9_999))),
    "100,000 unclosed links in a text": lambda: rss(
        f"<item><description><![CDATA[{'<a href=x ' * 100_000}]]></description></item>"
    ),
    "14 MB title": lambda: rss(f"<item><title>{'x' * 14_000_000}</title></item>"),
    "14 MB of bytes in no charset": lambda: (
        rss("<item><title>y</title></item>") + bytes(range(128, 256)) * 110_000
    ),
    "deep JSON": lambda: b"{" + b'"a":[' * 2_000_000,
}
WIRES = ("gzip bomb, 1 GB", "gzip bomb in a gzip bomb", "drip, 1 byte a second",
         "drip in the head", "endless body", "40 MB of headers", "silence", "redirect loop")  # fmt: skip
NAMES = (*WIRES, *BODIES)


# --- the attacker -----------------------------------------------------------------------------------


def bomb() -> bytes:
    squeeze = gzip.compress(b"\0" * 2**20, 9)
    return squeeze * 1024


async def attack(  # noqa: C901 - a list of attacks, one a case
    name: str, writer: asyncio.StreamWriter, made: dict[str, bytes]
) -> None:
    ok = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
    match name:
        case "good":
            writer.write(ok + b"\r\n" + rss(GOOD))
        case "gzip bomb, 1 GB" | "gzip bomb in a gzip bomb":
            writer.write(ok + b"Content-Encoding: gzip\r\n\r\n" + made[name])
        case "drip, 1 byte a second" | "drip in the head":
            head = name == "drip in the head"
            writer.write(ok if head else ok + b"\r\n")
            while not writer.is_closing():
                writer.write(b"X: 1\r\n" if head else b" ")
                await writer.drain()
                await asyncio.sleep(1)
        case "endless body":
            writer.write(ok + b"\r\n<rss>")
            while not writer.is_closing():
                writer.write(b" " * 65_536)
                await writer.drain()
        case "40 MB of headers":
            writer.write(ok)
            for _ in range(640):
                writer.write(b"X: " + b"x" * 65_000 + b"\r\n")
                await writer.drain()
        case "silence":
            await asyncio.sleep(3600)
        case "redirect loop":
            place = NAMES.index(name)
            writer.write(f"HTTP/1.1 301 Moved\r\nLocation: /{place}\r\n\r\n".encode())
        case _:
            writer.write(ok + b"\r\n" + made[name])
    await writer.drain()


async def serve() -> None:
    made = {name: make() for name, make in BODIES.items()}
    made["gzip bomb, 1 GB"] = bomb()
    made["gzip bomb in a gzip bomb"] = gzip.compress(bomb())

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].decode().lstrip("/")
            await attack("good" if path == "good" else NAMES[int(path)], writer, made)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


# --- the measured side ------------------------------------------------------------------------------


def memory_mb(pid: int | str, field: str) -> float:
    text = Path(f"/proc/{pid}/status").read_text("ascii")
    return int(text.split(f"{field}:")[1].split()[0]) / 1024


def forget_peak(pid: int | str) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")


class Room:
    def __init__(self, port: int, fetcher: HttpFetcher, parser: WorkerParser) -> None:
        self.port = port
        self.fetcher = fetcher
        self.parser = parser
        self.took_s: list[float] = []
        self.lags_s: list[float] = []

    def feed(self, path: str) -> Feed:
        return Feed(
            id=f"feed-{path}",
            url=f"http://127.0.0.1:{self.port}/{path}",
            kind=FeedKind.NEWS,
            name=path,
            trust=Trust.INDEPENDENT,
            allow_private=True,
        )

    async def read(self, path: str) -> tuple[str, int]:
        feed = self.feed(path)
        outcome = await self.fetcher.fetch(feed, Validators())
        if isinstance(outcome, FetchFailed):
            return f"{outcome.fault}: {outcome.detail}", 0
        if not isinstance(outcome, Fetched):
            return "not modified", 0
        parsed = await self.parser.parse(feed, outcome)
        match parsed:
            case Parsed(entries=entries):
                return f"{len(entries)} entries", len(entries)
            case ParseFailed(detail=detail):
                return detail, 0

    async def good_all_the_time(self) -> None:
        async def one() -> None:
            start = perf_counter()
            _, entries = await self.read("good")
            self.took_s.append(perf_counter() - start if entries == 20 else 999.0)

        async with asyncio.TaskGroup() as tasks:
            try:
                while True:
                    tasks.create_task(one())
                    await asyncio.sleep(GOOD_EVERY_S)
            except asyncio.CancelledError:
                return

    async def lag(self) -> None:
        while True:
            start = perf_counter()
            await asyncio.sleep(LAG_EVERY_S)
            self.lags_s.append(perf_counter() - start - LAG_EVERY_S)


async def measure(deadline_s: float, parse_deadline_s: float) -> bool:
    attacker = await asyncio.create_subprocess_exec(
        sys.executable, __file__, "--serve", stdout=asyncio.subprocess.PIPE, env=dict(os.environ)
    )
    port = int(await attacker.stdout.readline()) if attacker.stdout else 0
    fetcher = HttpFetcher(SystemResolver(), user_agent="Casewire/bench", total_s=deadline_s)
    parser = WorkerParser(deadline_s=parse_deadline_s)
    room = Room(port, fetcher, parser)
    for _ in range(20):
        await room.read("good")
    good = True
    print(f"{'attack':34}{'ends in':>9}{'us':>9}{'parser':>9}{'good p99':>10}{'good max':>10}"
          f"{'lag p99':>9}  outcome")  # fmt: skip
    try:
        for number, name in enumerate(NAMES):
            room.took_s, room.lags_s = [], []
            before = {pid: memory_mb(pid, "VmRSS") for pid in ("self", *parser.pids)}
            for pid in before:
                forget_peak(pid)
            background = [asyncio.create_task(room.good_all_the_time()),
                          asyncio.create_task(room.lag())]  # fmt: skip
            await asyncio.sleep(0.3)
            start = perf_counter()
            outcome, _ = await room.read(str(number))
            took_s = perf_counter() - start
            ours = memory_mb("self", "VmHWM") - before["self"]
            # One that was just started has no growth of its own to show; one that was killed none.
            stayed = [pid for pid in parser.pids if pid in before]
            theirs = max((memory_mb(pid, "VmHWM") - before[pid] for pid in stayed), default=0.0)
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            p99 = quantiles(room.took_s, n=100)[-1] if len(room.took_s) > 1 else 0.0
            lag = quantiles(room.lags_s, n=100)[-1]
            right = (
                took_s <= deadline_s + parse_deadline_s + 1
                and max(ours, theirs) <= MEMORY_MB_MAX
                and max(room.took_s) <= LATE_S_MAX
            )
            good = good and right
            print(
                f"{name:34}{took_s:8.2f}s{ours:+7.0f}MB{theirs:+7.0f}MB{p99 * 1000:8.0f}ms"
                f"{max(room.took_s) * 1000:8.0f}ms{lag * 1000:7.1f}ms  {'' if right else 'OVER: '}"
                f"{outcome[:70]}",
                flush=True,
            )
    finally:
        await parser.close()
        await fetcher.close()
        attacker.terminate()
        await attacker.wait()
    return good


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    options.add_argument("--deadline-s", type=float, default=8.0)
    options.add_argument("--parse-deadline-s", type=float, default=4.0)
    options.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.serve:
        asyncio.run(serve())
        return
    if not asyncio.run(measure(given.deadline_s, given.parse_deadline_s)):
        sys.exit(1)


if __name__ == "__main__":
    main()
