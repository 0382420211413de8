"""The real program as a subprocess, between a loopback web and a loopback Bot API server."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from html import escape
from pathlib import Path
from types import TracebackType
from typing import Self
from zlib import crc32

from tests.fakes import TOKEN, FakeTelegram, FakeWeb

ROOT = Path(__file__).resolve().parents[2]
BYTECODE = ROOT / ".pytest_cache" / "bytecode"
"""Where a life leaves its modules compiled for the next one, beside the sources of none."""
DEADLINE_S = 45.0
END_WITHIN_S = 10.0
"""Who stops the program may kill it after so long: containers and service managers do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """An item of a scripted outlet."""

    title: str
    at: datetime
    summary: str = ""


def rss(name: str, *news: News) -> str:
    """Return an RSS 2.0 feed of invented news."""
    items = "".join(
        f"<item><title>{escape(one.title)}</title>"
        f"<link>https://{name}.example/{crc32(one.title.encode())}</link>"
        f"<guid isPermaLink='false'>{name}-{escape(one.title)}</guid>"
        f"<description>{escape(one.summary)}</description>"
        f"<pubDate>{format_datetime(one.at)}</pubDate></item>"
        for one in news
    )
    return f"<rss version='2.0'><channel><title>{name}</title>{items}</channel></rss>"


@dataclass(slots=True, kw_only=True)
class Program:
    """`bot.py run` in a place of its own; `async with` starts it and ends it with SIGTERM."""

    place: Path
    web: FakeWeb
    telegram: FakeTelegram | None = None
    feeds: Mapping[str, str] = field(default_factory=dict)
    """Path on `web` by feed id."""
    env: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ("run",)
    _process: asyncio.subprocess.Process | None = None
    _out: list[str] = field(default_factory=list)
    _readers: list[asyncio.Task[None]] = field(default_factory=list)
    _said: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def output(self) -> str:
        """Everything it printed so far, on stdout and stderr."""
        return "\n".join(self._out)

    @property
    def feeds_file(self) -> Path:
        """The feeds.yaml it reads."""
        return self.place / "feeds.yaml"

    def write_feeds(self) -> None:
        """Write feeds.yaml with every feed asked each second."""
        lines = ["feeds:"]
        for feed, path in self.feeds.items():
            where = f"    url: {self.web.url(path)}\n    kind: news\n    every: 1s"
            lines.append(f"  - id: {feed}\n{where}\n    allow_private: true")
        self.feeds_file.write_text("\n".join(lines) + "\n")

    async def __aenter__(self) -> Self:
        if not self.feeds_file.exists():
            self.write_feeds()
        env = {
            "PATH": os.environ.get("PATH", ""),
            "TMPDIR": str(self.place),
            "PYTHONPYCACHEPREFIX": str(BYTECODE),
            "CASEWIRE_FEEDS": str(self.feeds_file),
            "CASEWIRE_RULES": str(ROOT / "rules"),
            "CASEWIRE_ACCESS": "open",
            "CASEWIRE_LOG": "json",
            "DATABASE_URL": f"sqlite:///{self.place / 'casewire.db'}",
            **self.env,
        }
        if self.telegram is not None:
            env |= {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_BASE": self.telegram.base}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(ROOT / "bot.py"),
            *self.arguments,
            cwd=self.place,
            env=env,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._readers = [
            asyncio.create_task(self._read(self._process.stdout)),
            asyncio.create_task(self._read(self._process.stderr)),
        ]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None and self._process.returncode is None:
            await self.ends()

    async def ends(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit code, which must come within `END_WITHIN_S`.

        What it waits for a processor, because the machine is busy, is not counted.
        """
        assert self._process is not None
        began = time.monotonic()
        starved = before = self._starved_s()
        self._process.send_signal(by)
        while self._process.returncode is None:
            # What is gone is known no more.
            starved = max(starved, self._starved_s())
            left = began + END_WITHIN_S + starved - before - time.monotonic()
            if left <= 0:
                self._process.kill()
                await self._process.wait()
                raise AssertionError(f"did not end within {END_WITHIN_S} s:\n{self.output}")
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._process.wait()
        return await self.finished()

    def _starved_s(self) -> float:
        """Return for how long it was ready to run and had no processor; 0 where nobody knows."""
        assert self._process is not None
        try:
            known = Path(f"/proc/{self._process.pid}/schedstat").read_text()
        except OSError:
            return 0.0
        return int(known.split()[1]) / 1e9

    async def finished(self) -> int:
        """Return the exit code once it has ended by itself."""
        assert self._process is not None
        async with asyncio.timeout(DEADLINE_S):
            code = await self._process.wait()
            await asyncio.gather(*self._readers)
        return code

    async def says(self, text: str, times: int = 1) -> None:
        """Return once it printed `text` so often."""
        try:
            async with asyncio.timeout(DEADLINE_S), self._said:
                await self._said.wait_for(lambda: self.output.count(text) >= times)
        except TimeoutError:
            raise AssertionError(f"never said {text!r}:\n{self.output}") from None

    def events(self, name: str) -> list[dict[str, object]]:
        """Return the log lines with this event name."""
        lines = [json.loads(line) for line in self._out if line.startswith("{")]
        return [line for line in lines if line.get("event") == name]

    async def _read(self, stream: asyncio.StreamReader) -> None:
        async for line in stream:
            async with self._said:
                self._out.append(line.decode(errors="replace").rstrip("\n"))
                self._said.notify_all()
