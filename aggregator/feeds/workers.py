"""Parse in a process of its own, which can be killed; and in this one, for replays and tests.

Parsing hostile bytes can take for ever or all memory, and no thread can be stopped.  A worker
process lives on between parses; it is killed at the deadline and replaced.  Only lengths and JSON
cross the pipe: a worker that was taken over can say nothing but entries.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import struct
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from aggregator.feeds.known import KnownEntries
from aggregator.feeds.parse import parse
from aggregator.model import Entry, Feed, Fetched, Parsed, ParseFailed, ParseOutcome

_LENGTH = struct.Struct(">I")
_ANSWER_BYTES_MAX = 64 * 2**20
_START_S = 30.0
_PARSES_MAX = 1000
"""After so many a worker is replaced, so that what it leaked once does not stay for ever."""
_WARM_UP = b"<rss><channel><item><title>Caf\xe9 &eacute; <b>x</b></title></item></channel></rss>"
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH",
                "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PYTHONHOME", "VIRTUAL_ENV")  # fmt: skip


class InlineParser:
    """Parses right here, without a deadline; for replays, the simulation and tests."""

    async def parse(self, feed: Feed, fetched: Fetched) -> ParseOutcome:
        """Return the entries; never raises for what the bytes are."""
        return parse(
            fetched.body,
            content_type=fetched.content_type,
            base_url=fetched.url,
            format=feed.format,
        )

    async def close(self) -> None:
        """Nothing to end."""


class WorkerParser:
    """A worker process, and a second one for whoever waits too long behind a slow feed."""

    def __init__(
        self,
        *,
        deadline_s: float = 10.0,
        memory_bytes_max: int = 512 * 2**20,
        patience_s: float = 0.3,
        linger_s: float = 60.0,
    ) -> None:
        """Who waited `patience_s` goes to the second worker, which ends when idle for `linger_s`."""
        self._lane = _Lane(deadline_s, memory_bytes_max)
        self._passing = _Lane(deadline_s, memory_bytes_max)
        self._patience_s = patience_s
        self._linger_s = linger_s
        self._passing_now = 0
        self._passed_s = 0.0

    @property
    def pid(self) -> int | None:
        """The first worker's process id, while there is one."""
        return self._lane.pid

    @property
    def pids(self) -> tuple[int, ...]:
        """The process ids of all workers."""
        return tuple(pid for pid in (self._lane.pid, self._passing.pid) if pid is not None)

    async def parse(self, feed: Feed, fetched: Fetched) -> ParseOutcome:
        """Return the entries; never raises for what the bytes are."""
        try:
            async with asyncio.timeout(self._patience_s):
                await self._lane.lock.acquire()
        except TimeoutError:
            return await self._pass(feed, fetched)
        try:
            return await self._lane.parse(feed, fetched)
        finally:
            self._lane.lock.release()
            await self._rest()

    async def _pass(self, feed: Feed, fetched: Fetched) -> ParseOutcome:
        """Parse beside a feed that holds up the first worker."""
        self._passing_now += 1
        try:
            async with self._passing.lock:
                return await self._passing.parse(feed, fetched)
        finally:
            self._passing_now -= 1
            self._passed_s = asyncio.get_running_loop().time()

    async def _rest(self) -> None:
        """End the second worker when nobody needed it for a while."""
        idle_s = asyncio.get_running_loop().time() - self._passed_s
        if self._passing.pid is not None and not self._passing_now and idle_s >= self._linger_s:
            async with self._passing.lock:
                await self._passing.end()

    async def close(self) -> None:
        """End the workers."""
        for lane in (self._lane, self._passing):
            async with lane.lock:
                await lane.end()


class _Lane:
    """One worker process, started when first needed; who holds the lock parses one body."""

    def __init__(self, deadline_s: float, memory_bytes_max: int) -> None:
        self._deadline_s = deadline_s
        self._memory_bytes_max = memory_bytes_max
        self.lock = asyncio.Lock()
        self._worker: asyncio.subprocess.Process | None = None
        self._parses = 0

    @property
    def pid(self) -> int | None:
        """The worker's process id, while there is one."""
        return None if self._worker is None else self._worker.pid

    async def parse(self, feed: Feed, fetched: Fetched) -> ParseOutcome:
        """Return the entries; never raises for what the bytes are."""
        try:
            worker = await self._ready()
        except (OSError, EOFError, TimeoutError, asyncio.IncompleteReadError) as error:
            await self.end()
            return ParseFailed(detail=f"the parser did not start ({type(error).__name__})")
        try:
            async with asyncio.timeout(self._deadline_s):
                answer = await _exchange(worker, feed, fetched)
            if answer.get("spent"):
                await self.end()
            return outcome_of(answer)
        except TimeoutError:
            await self.end()
            return ParseFailed(detail=f"refused: parsing took more than {self._deadline_s:g} s")
        except (OSError, EOFError, ValueError):
            await self.end()
            return ParseFailed(detail="refused: the parser died of it")
        except BaseException:
            # Cancelled half-way: the pipe holds half a message, so this worker is spent.
            await self.end()
            raise

    async def _ready(self) -> asyncio.subprocess.Process:
        worker = self._worker
        if worker is not None and worker.returncode is None and self._parses < _PARSES_MAX:
            self._parses += 1
            return worker
        await self.end()
        # A session of its own: Ctrl-C and `kill` of our group are for us, not for the worker.
        worker = self._worker = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "aggregator.feeds.workers",
            str(self._memory_bytes_max),
            str(max(1, round(self._deadline_s * 3))),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment_of(os.environ),
            start_new_session=True,
        )
        self._parses = 1
        async with asyncio.timeout(_START_S):
            await _receive(worker)
        return worker

    async def end(self) -> None:
        """Kill the worker, if there is one."""
        worker, self._worker = self._worker, None
        if worker is None:
            return
        with contextlib.suppress(ProcessLookupError):
            worker.kill()
        if worker.stdin is not None:
            worker.stdin.close()
        await worker.wait()


def environment_of(ours: Mapping[str, str]) -> dict[str, str]:
    """Return what the worker may know of our environment; the bot's token is not among it."""
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, (root, ours.get("PYTHONPATH"))))
    return {**{name: ours[name] for name in _ENVIRONMENT if name in ours}, "PYTHONPATH": path}


async def _exchange(
    worker: asyncio.subprocess.Process, feed: Feed, fetched: Fetched
) -> dict[str, Any]:
    if worker.stdin is None:
        raise EOFError
    about = json.dumps(
        {
            "content_type": fetched.content_type,
            "base_url": fetched.url,
            "format": feed.format.value,
        }
    ).encode()
    worker.stdin.write(_LENGTH.pack(len(about)) + about + _LENGTH.pack(len(fetched.body)))
    worker.stdin.write(fetched.body)
    await worker.stdin.drain()
    answer: dict[str, Any] = json.loads(await _receive(worker))
    return answer


async def _receive(worker: asyncio.subprocess.Process) -> bytes:
    if worker.stdout is None:
        raise EOFError
    (length,) = _LENGTH.unpack(await worker.stdout.readexactly(_LENGTH.size))
    if length > _ANSWER_BYTES_MAX:
        raise EOFError
    return await worker.stdout.readexactly(length)


def plain_of(outcome: ParseOutcome) -> dict[str, Any]:
    """Return `outcome` in what JSON knows."""
    if isinstance(outcome, ParseFailed):
        return {"failed": outcome.detail}
    return {
        "title": outcome.title,
        "skip_hours": sorted(outcome.skip_hours),
        "skip_days": sorted(outcome.skip_days),
        "ttl_s": None if outcome.ttl is None else outcome.ttl.total_seconds(),
        "entries": [
            [
                entry.guid,
                entry.link,
                entry.title,
                entry.summary,
                None if entry.published is None else entry.published.isoformat(),
                None if entry.updated is None else entry.updated.isoformat(),
                list(entry.tags),
            ]
            for entry in outcome.entries
        ],
    }


def outcome_of(plain: dict[str, Any]) -> ParseOutcome:
    """Return the outcome that `plain_of` made plain."""
    if "failed" in plain:
        return ParseFailed(detail=plain["failed"])
    return Parsed(
        title=plain["title"],
        skip_hours=frozenset(plain["skip_hours"]),
        skip_days=frozenset(plain["skip_days"]),
        ttl=None if plain["ttl_s"] is None else timedelta(seconds=plain["ttl_s"]),
        entries=tuple(
            Entry(
                guid=guid,
                link=link,
                title=title,
                summary=summary,
                published=None if published is None else datetime.fromisoformat(published),
                updated=None if updated is None else datetime.fromisoformat(updated),
                tags=tuple(tags),
            )
            for guid, link, title, summary, published, updated, tags in plain["entries"]
        ),
    )


def _work(source: BinaryIO, sink: BinaryIO, deadline_s: int) -> None:
    """Answer one request after the other until the pipe closes."""
    _send(sink, b"ready")
    known = KnownEntries()
    while (about := _take(source)) is not None and (body := _take(source)) is not None:
        # Should our parent be gone, nobody else would end a parse without end.
        signal.alarm(deadline_s)
        try:
            outcome = parse(body, **json.loads(about), known=known)
            answer = plain_of(outcome)
        except MemoryError:
            # What is left of this process is not to be trusted with another feed.
            answer = {"failed": "refused: parsing took too much memory", "spent": True}
        signal.alarm(0)
        _send(sink, json.dumps(answer).encode())


def _take(source: BinaryIO) -> bytes | None:
    head = source.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    data = source.read(length)
    return data if len(data) == length else None


def _send(sink: BinaryIO, data: bytes) -> None:
    sink.write(_LENGTH.pack(len(data)) + data)
    sink.flush()


def main(arguments: list[str]) -> None:
    """Be the worker: limit our memory, keep stdout for answers, work."""
    import resource  # noqa: PLC0415 - the parent needs none of it, and some systems lack it

    memory_bytes_max, deadline_s = map(int, arguments)
    # Loads what is loaded late, so that the limit below meets parsing alone.
    parse(_WARM_UP, content_type="", base_url="")
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes_max, memory_bytes_max))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with os.fdopen(os.dup(1), "wb") as sink:
        # What a library prints must not get among the answers.
        os.dup2(2, 1)
        _work(sys.stdin.buffer, sink, deadline_s)


if __name__ == "__main__":
    main(sys.argv[1:])
