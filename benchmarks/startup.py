"""How long Casewire takes from its start to its first poll, with the shipped rules.

    python benchmarks/startup.py                 # `bot.py run`, 11 runs a line, and `--help`
    python benchmarks/startup.py --runs 31
    python benchmarks/startup.py --imports       # the modules that cost most, by -X importtime

The real program is started as a process of its own, with the shipped rules and every feed that
`feeds.yaml` switches on, each of them on a loopback address that is not spread over the first half
minute.  The clock runs from before the process is made until the first request of any feed is
in; "cpu" is what the process itself (without its parse worker) had used by then, which a busy
machine changes less.  Byte code is written by an unmeasured first run, as an installer does.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.fakes import TOKEN, FakeTelegram

ROOT = Path(__file__).resolve().parents[1]
BOUND_S = 1.5
"""What a start may take, by the median."""
HELP_CPU_S = 0.4
FIRST_POLL_WITHIN_S = 60.0
EMPTY = b"<rss version='2.0'><channel><title>Empty</title></channel></rss>"
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \| (\s*)(\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One start: seconds on the clock, and seconds of CPU, until the first request."""

    wall_s: float
    cpu_s: float


class Publisher:
    """Serves an empty feed at every path and remembers when it was first asked."""

    def __init__(self) -> None:
        self.port = 0
        self.asked: asyncio.Event = asyncio.Event()
        self.at = 0.0
        self.cpu_s = 0.0
        self.process: asyncio.subprocess.Process | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            if not self.asked.is_set() and self.process is not None:
                self.at, self.cpu_s = time.monotonic(), cpu_s(self.process.pid)
                self.asked.set()
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nConnection: close\r\n"
                b"Content-Length: %d\r\n\r\n" % len(EMPTY) + EMPTY
            )
            await writer.drain()
        writer.close()


def cpu_s(pid: int) -> float:
    """Return the seconds of CPU that a process has used, its children left out."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / TICKS_A_SECOND


def loopback_feeds(port: int) -> str:
    """Return the shipped feeds file with every feed at a path of 127.0.0.1."""
    shipped = yaml.load((ROOT / "feeds.yaml").read_text(), yaml.CSafeLoader)
    feeds: list[dict[str, Any]] = []
    for feed in shipped["feeds"]:
        if feed.get("enabled", True) and "format" not in feed:
            here = {"url": f"http://127.0.0.1:{port}/{feed['id']}", "allow_private": True}
            feeds.append(feed | here)
    return yaml.safe_dump({"feeds": feeds}, allow_unicode=True, sort_keys=False)


def environment(place: Path, **more: str) -> dict[str, str]:
    """Return what the program is started with, and nothing of this shell's."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "TMPDIR": str(place),
        "PYTHONPYCACHEPREFIX": str(place / "bytecode"),
        "CASEWIRE_RULES": str(ROOT / "rules"),
        **more,
    }


async def started(place: Path, number: int, telegram: FakeTelegram | None) -> Start:
    """Start the program on a new database, and end it once it has polled."""
    publisher = Publisher()
    server = await asyncio.start_server(publisher.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    feeds = place / "feeds.yaml"
    database = place / f"{number}-{bool(telegram)}.db"
    feeds.write_text(loopback_feeds(port))
    bot = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_BASE": telegram.base} if telegram else {}
    env = environment(place, CASEWIRE_FEEDS=str(feeds), DATABASE_URL=f"sqlite:///{database}", **bot)
    pipe = asyncio.subprocess.PIPE
    began = time.monotonic()
    publisher.process = process = await asyncio.create_subprocess_exec(
        sys.executable, str(ROOT / "bot.py"), "run", cwd=place, env=env, stdout=pipe, stderr=pipe
    )
    asked = asyncio.ensure_future(publisher.asked.wait())
    said = asyncio.ensure_future(process.communicate())
    await asyncio.wait([asked, said], timeout=FIRST_POLL_WITHIN_S, return_when="FIRST_COMPLETED")
    asked.cancel()
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    _, error = await said
    server.close()
    await server.wait_closed()
    if not publisher.asked.is_set():
        raise SystemExit(f"no poll came:\n{error.decode(errors='replace')[-2_000:]}")
    return Start(wall_s=publisher.at - began, cpu_s=publisher.cpu_s)


async def starts(place: Path, runs: int, *, with_telegram: bool) -> list[Start]:
    """Return so many starts, after one that is not counted."""
    async with FakeTelegram() as telegram:
        bot = telegram if with_telegram else None
        return [await started(place, number, bot) for number in range(runs + 1)][1:]


def helped(place: Path, runs: int) -> list[float]:
    """Return the CPU seconds of so many `--help`."""
    found = []
    command = [sys.executable, str(ROOT / "bot.py"), "--help"]
    for _ in range(runs + 1):
        before = _children_s()
        subprocess.run(command, cwd=place, env=environment(place), check=True, capture_output=True)
        found.append(_children_s() - before)
    return found[1:]


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def dearest_imports(place: Path, count: int = 40) -> Iterator[tuple[float, float, str]]:
    """Yield own and total milliseconds of the modules that `run --once` imports, dearest first."""
    env: Mapping[str, str] = environment(
        place, CASEWIRE_FEEDS=str(place / "none.yaml"), DATABASE_URL=f"sqlite:///{place}/i.db"
    )
    (place / "none.yaml").write_text("feeds: []\n")
    command = [sys.executable, "-X", "importtime", str(ROOT / "bot.py"), "run", "--once"]
    said = ""
    for _ in range(2):
        done = subprocess.run(
            command, cwd=place, env=env, check=False, capture_output=True, text=True
        )
        said = done.stderr
    rows = [
        (int(found[1]) / 1000, int(found[2]) / 1000, found[4])
        for line in said.splitlines()
        if (found := _IMPORT.match(line))
    ]
    yield from sorted(rows, key=lambda row: -row[1])[:count]


@contextmanager
def _place() -> Iterator[Path]:
    place = Path(tempfile.mkdtemp(prefix="casewire-startup-"))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument("--imports", action="store_true", help="The dearest imports instead.")
    asked = parser.parse_args()
    with _place() as place:
        if asked.imports:
            print(f"{'own ms':>8} {'with its own imports':>21}  module")
            for own, total, name in dearest_imports(place):
                print(f"{own:8.1f} {total:21.1f}  {name}")
            return
        print(
            f"start to first poll, {asked.runs} runs of `bot.py run`, load {os.getloadavg()[0]:.1f}"
        )
        print(f"{'':12} {'median s':>9} {'least':>7} {'most':>7} {'cpu, median s':>14}")
        late = False
        for name, with_telegram in (("console", False), ("Telegram", True)):
            found = asyncio.run(starts(place, asked.runs, with_telegram=with_telegram))
            walls = [one.wall_s for one in found]
            median, cpu = statistics.median(walls), statistics.median(s.cpu_s for s in found)
            late |= median > BOUND_S
            print(f"{name:12} {median:9.2f} {min(walls):7.2f} {max(walls):7.2f} {cpu:14.2f}")
        help_s = statistics.median(helped(place, asked.runs))
        print(f"\n`bot.py --help`: {help_s:.2f} s of CPU, median; bound {HELP_CPU_S:g} s")
        print(f"start to first poll: {'OVER' if late else 'under'} the bound of {BOUND_S:g} s")
        sys.exit(late or help_s > HELP_CPU_S)


if __name__ == "__main__":
    main()
