"""A small HTTP/1.1 server for what is known inside, and one GET for telling someone outside.

It answers GET of a fixed set of paths, one a connection, and reads no body: nothing that a
stranger sends is kept or grows.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

import structlog

log = structlog.get_logger()

HEAD_BYTES_MAX = 8 * 1024
BODY_BYTES_MAX = 64 * 1024
"""Of an answer to `get`; the rest is not read."""
CONNECTIONS_MAX = 32
"""The oldest makes room for one more: who dawdles on all of them locks nobody out."""
REQUEST_S = 5.0
"""From the connection to the last byte of the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is answered: a status, a body and its content type."""

    status: int = 200
    kind: str = "text/plain; charset=utf-8"
    body: bytes = b""


Route = Callable[[], Awaitable[Answer]]


class HttpServer:
    """Answers GET of each path in `routes`, from `start` to `close`."""

    def __init__(self, routes: Mapping[str, Route]) -> None:
        self._routes = routes
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def start(self, host: str, port: int) -> int:
        """Listen, and return the port (a free one for 0); raises OSError where that cannot be."""
        self._server = await asyncio.start_server(self._connected, host, port, limit=HEAD_BYTES_MAX)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening and drop who is connected."""
        if self._server is None:
            return
        self._server.close()
        serving = dict(self._open)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        for writer in serving.values():
            writer.transport.abort()  # a task that never began closed nothing
            with suppress(OSError):
                await writer.wait_closed()
        await self._server.wait_closed()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._open) >= CONNECTIONS_MAX:
            oldest = next(iter(self._open))
            self._open.pop(oldest).transport.abort()
            oldest.cancel()
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._open[task] = writer
        task.add_done_callback(lambda done: self._open.pop(done, None))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_S):
                writer.write(_written(await self._answer(reader)))
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass  # it went away, or says nothing
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader) -> Answer:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            return _plain(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        line = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        if len(line) != 3 or not line[2].startswith("HTTP/1."):
            return _plain(HTTPStatus.BAD_REQUEST)
        if line[0] != "GET":
            return _plain(HTTPStatus.METHOD_NOT_ALLOWED)
        route = self._routes.get(line[1].partition("?")[0])
        if route is None:
            return _plain(HTTPStatus.NOT_FOUND)
        try:
            return await route()
        except Exception:  # the top of this request: its bug ends no other
            log.exception("http_failed", path=line[1])
            return _plain(HTTPStatus.INTERNAL_SERVER_ERROR)


async def get(url: str, *, total_s: float) -> Answer:
    """Ask for `url` once, following nothing.

    Raises OSError (TimeoutError is one) where nobody answers, ValueError for what is no HTTP.
    """
    parts = urlsplit(url)
    tls = parts.scheme == "https"
    host, port = parts.hostname or "", parts.port or (443 if tls else 80)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    async with asyncio.timeout(total_s):
        reader, writer = await asyncio.open_connection(
            host, port, ssl=ssl.create_default_context() if tls else None
        )
        try:
            name = parts.netloc.rpartition("@")[2]
            head = f"GET {path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode("ascii"))
            await writer.drain()
            raw = bytearray()
            while len(raw) < BODY_BYTES_MAX and (more := await reader.read(BODY_BYTES_MAX)):
                raw += more
        finally:
            # Not `close`: a peer that takes no more must not outlast the deadline.
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()
    return _read(bytes(raw))


def _read(raw: bytes) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    words = head.split(b"\r\n", 1)[0].split(b" ", 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():
        raise ValueError("what answers does not speak HTTP")
    return Answer(status=int(words[1]), body=body)


def _plain(status: HTTPStatus) -> Answer:
    return Answer(status=status, body=f"{status} {status.phrase}\n".encode())


def _written(answer: Answer) -> bytes:
    status = HTTPStatus(answer.status)
    allow = "Allow: GET\r\n" if status is HTTPStatus.METHOD_NOT_ALLOWED else ""
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {answer.kind}\r\n"
        f"Content-Length: {len(answer.body)}\r\nCache-Control: no-store\r\n{allow}"
        "Connection: close\r\n\r\n"
    )
    return head.encode("latin-1") + answer.body
