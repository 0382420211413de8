"""A web server on loopback that serves the scripted feeds as they stand at the clock's time.

It speaks as much HTTP/1.1 as a feed reader needs: GET and HEAD, connections that stay open,
validators with 304, and the faults of the script.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from types import TracebackType
from typing import Self, assert_never

from aggregator.demo.render import Rendered, render
from aggregator.demo.script import EVERY, TRUST, Challenge, Outage, Script, ScriptedFeed
from aggregator.model import Feed
from aggregator.ports import Clock

HEAD_BYTES_MAX = 16_384
IDLE_S = 30.0
"""Real seconds an open connection may stay silent."""

CHALLENGE = b"""<!DOCTYPE html>
<html lang="en"><head><title>One moment</title></head>
<body><h1>Checking your browser</h1><p>This page needs a browser with scripts.</p></body></html>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    status: HTTPStatus
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    method: str
    path: str
    headers: Mapping[str, str]


class DemoServer:
    """`async with DemoServer(script, clock) as server:` serves `<base_url>/<feed id>.xml`."""

    def __init__(self, script: Script, clock: Clock) -> None:
        self._script = script
        self._clock = clock
        self._challenged: set[tuple[str, Challenge]] = set()
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._server: asyncio.Server | None = None
        self.requests = 0
        """How many requests were answered."""
        self.not_modified = 0
        """How many of them with 304."""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._connected, "127.0.0.1", 0, limit=HEAD_BYTES_MAX
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.close()
            for writer in self._connections.values():
                writer.close()  # its reader sees the end; a cancelled one is logged as a fault
            await asyncio.gather(*self._connections)
            await self._server.wait_closed()
            self._server = None

    @property
    def base_url(self) -> str:
        """`http://127.0.0.1:<port>`; raises `RuntimeError` outside `async with`."""
        if self._server is None:
            raise RuntimeError("the demo's server is not running")
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def feeds(self) -> tuple[Feed, ...]:
        """Return the feeds as the program's configuration would hold them."""
        return tuple(
            Feed(
                id=feed.id,
                url=f"{self.base_url}/{feed.id}.xml",
                kind=feed.kind,
                name=feed.name,
                trust=TRUST[feed.kind],
                court=feed.court,
                every=EVERY[feed.kind],
                language=feed.language,
                note=feed.about,
                allow_private=True,
            )
            for feed in self._script.feeds
        )

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a connection is always handled in a task")
        self._connections[task] = writer
        try:
            while (request := await _read(reader)) is not None:
                answer = self._answer(request)
                self.requests += 1
                self.not_modified += answer.status is HTTPStatus.NOT_MODIFIED
                writer.write(_wire(answer, with_body=request.method != "HEAD"))
                await writer.drain()
                if request.headers.get("connection", "").lower() == "close":
                    break
        except (TimeoutError, ConnectionError):
            pass  # the client left or fell silent: all that is left is to close
        finally:
            del self._connections[task]
            writer.close()

    def _answer(self, request: _Request) -> _Answer:
        if request.method not in {"GET", "HEAD"}:
            return _Answer(status=HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "GET, HEAD"})
        feed = self._script.feed(request.path.removeprefix("/").removesuffix(".xml"))
        if feed is None or not request.path.endswith(".xml"):
            return _Answer(status=HTTPStatus.NOT_FOUND)
        return self._fault(feed) or _conditional(render(feed, self._clock.now()), request.headers)

    def _fault(self, feed: ScriptedFeed) -> _Answer | None:
        now = self._clock.now()
        for fault in feed.faults:
            match fault:
                case Outage():
                    if fault.start <= now < fault.end:
                        return _Answer(status=HTTPStatus(fault.status))
                case Challenge():
                    if fault.start <= now and (feed.id, fault) not in self._challenged:
                        self._challenged.add((feed.id, fault))
                        return _Answer(
                            status=HTTPStatus.OK,
                            headers={"Content-Type": "text/html; charset=utf-8"},
                            body=CHALLENGE,
                        )
                case _:
                    assert_never(fault)
        return None


def _conditional(rendered: Rendered, asked: Mapping[str, str]) -> _Answer:
    """Answer 304 where the asker holds this version (RFC 9110, section 13.2.2)."""
    headers = {"Content-Type": rendered.content_type}
    if rendered.etag is not None:
        headers["ETag"] = rendered.etag
    if rendered.modified is not None:
        headers["Last-Modified"] = format_datetime(rendered.modified, usegmt=True)
    if _holds(rendered, asked):
        return _Answer(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    return _Answer(status=HTTPStatus.OK, headers=headers, body=rendered.body)


def _holds(rendered: Rendered, asked: Mapping[str, str]) -> bool:
    tags = asked.get("if-none-match")
    if tags is not None:  # where both are sent, the tag decides alone
        held = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return rendered.etag is not None and rendered.etag in held
    since = asked.get("if-modified-since")
    if since is None or rendered.modified is None:
        return False
    try:
        return rendered.modified <= parsedate_to_datetime(since)
    except (ValueError, TypeError):  # no date, or one without a zone: as if not asked
        return False


async def _read(reader: asyncio.StreamReader) -> _Request | None:
    """Read one request's head; None when the client is done or speaks no HTTP."""
    try:
        async with asyncio.timeout(IDLE_S):
            head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return None
    first, *rest = head.decode("latin-1").split("\r\n")
    words = first.split()
    if len(words) != 3:
        return None
    pairs = (line.partition(":") for line in rest if line)
    return _Request(
        method=words[0],
        path=words[1].partition("?")[0],
        headers={name.strip().lower(): value.strip() for name, _, value in pairs},
    )


def _wire(answer: _Answer, *, with_body: bool) -> bytes:
    lines = [f"HTTP/1.1 {answer.status.value} {answer.status.phrase}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    if answer.status is not HTTPStatus.NOT_MODIFIED:
        lines.append(f"Content-Length: {len(answer.body)}")
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    return head + (answer.body if with_body else b"")
