"""A web server on the loopback with verbs: it serves, redirects, drips, cuts and remembers.

Real sockets, because what goes wrong on the wire is what the fetcher is about.  A path without a
verb is a 404.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip as gzip_module
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Self

_HEAD_BYTES_MAX = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it came in; header names in lower case, values byte for byte (latin-1)."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


Writer = asyncio.StreamWriter
Answer = Callable[[Request, Writer], Awaitable[None]]


class FakeWeb:
    """`async with FakeWeb() as web:` or `web = await FakeWeb.start()` and `await web.close()`."""

    def __init__(self, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        self._host = host
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._answers: dict[str, Answer] = {}
        self._requests: list[Request] = []
        self._busy: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self.port = 0

    @classmethod
    async def start(cls, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> FakeWeb:
        """Return a server that listens on a free port."""
        web = cls(host=host, tls=tls)
        await web.__aenter__()
        return web

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._connected, self._host, 0, ssl=self._tls, limit=_HEAD_BYTES_MAX
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Stop listening and hang up on everyone."""
        if self._server is not None:
            self._server.close()
        for task in self._busy:
            task.cancel()
        await asyncio.gather(*self._busy, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()

    # --- verbs --------------------------------------------------------------------------------

    def url(self, path: str, *, host: str | None = None) -> str:
        """Return the URL of `path` here; `host` names the server differently."""
        return (
            f"{'http' if self._tls is None else 'https'}://{host or self._host}:{self.port}{path}"
        )

    def serves(
        self,
        path: str,
        body: bytes | str,
        *,
        content_type: str = "application/rss+xml; charset=utf-8",
        etag: str | None = None,
        last_modified: str | None = None,
        headers: Mapping[str, str] | None = None,
        gzip: bool = False,
    ) -> None:
        """Answer 200 with `body`, or 304 to who asks with the validators given here."""
        data = body.encode() if isinstance(body, str) else body
        validators = {
            name: value
            for name, value in (("ETag", etag), ("Last-Modified", last_modified))
            if value is not None
        }
        extra = {**validators, **(headers or {})}

        async def answer(request: Request, writer: Writer) -> None:
            if _knows(request, etag, last_modified):
                await _send(writer, 304, extra, None)
                return
            full = {"Content-Type": content_type, **extra}
            if gzip:
                full["Content-Encoding"] = "gzip"
            await _send(writer, 200, full, gzip_module.compress(data, mtime=0) if gzip else data)

        self._answers[path] = answer

    def answers(
        self,
        path: str,
        status: int,
        headers: Mapping[str, str] | None = None,
        body: bytes | str = b"",
    ) -> None:
        """Answer with exactly this; a Content-Length of yours replaces the true one."""
        data = body.encode() if isinstance(body, str) else body

        async def answer(request: Request, writer: Writer) -> None:
            await _send(writer, status, headers or {}, data)

        self._answers[path] = answer

    def redirects(self, path: str, to: str, status: int = 301) -> None:
        """Answer with a redirect to `to`, which may be relative or nonsense."""
        self.answers(path, status, {"Location": to})

    def says(self, path: str, raw: bytes) -> None:
        """Answer with these bytes, head and all, and hang up."""

        async def answer(request: Request, writer: Writer) -> None:
            writer.write(raw)
            await writer.drain()

        self._answers[path] = answer

    def times_out(self, path: str) -> None:
        """Take the request and never say a word."""

        async def answer(request: Request, writer: Writer) -> None:
            await asyncio.Event().wait()

        self._answers[path] = answer

    def drips(self, path: str, *, every_s: float = 0.02, head: bool = False) -> None:
        """Answer 200 and then one byte at a time for ever; with `head`, a header at a time."""

        async def answer(request: Request, writer: Writer) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\n" + (b"" if head else b"\r\n<rss>"))
            while not writer.is_closing():
                writer.write(b"X-Drip: 1\r\n" if head else b" ")
                await writer.drain()
                await asyncio.sleep(every_s)

        self._answers[path] = answer

    def cuts(self, path: str, after_bytes: int, body: bytes | str = b"<rss>" + b" " * 4096) -> None:
        """Promise the whole of `body` and break the connection after `after_bytes` of it."""
        data = body.encode() if isinstance(body, str) else body

        async def answer(request: Request, writer: Writer) -> None:
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(data)}\r\n\r\n".encode()
            writer.write(head + data[:after_bytes])
            await writer.drain()

        self._answers[path] = answer

    def forgets(self, path: str) -> None:
        """Have no such page any more."""
        self._answers.pop(path, None)

    def requests(self, path: str | None = None) -> list[Request]:
        """Return what was asked so far, of one path or in all."""
        return [one for one in self._requests if path is None or one.path == path]

    async def asked(self, path: str, times: int = 1) -> None:
        """Return once `path` was asked for `times` times."""
        while len(self.requests(path)) < times:
            await self._change()

    async def quiet(self) -> None:
        """Return once nobody is connected any more."""
        while self._busy:
            await self._change()

    # --- the wire -----------------------------------------------------------------------------

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    async def _connected(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._busy.add(task)
        try:
            # Who hangs up on us is part of the game.
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                request = _request(await reader.readuntil(b"\r\n\r\n"))
                self._requests.append(request)
                self._changed.set()
                answer = self._answers.get(request.target) or self._answers.get(request.path)
                if answer is None:
                    await _send(writer, 404, {}, b"no such page")
                else:
                    await answer(request, writer)
        except asyncio.CancelledError:
            # Only `close` cancels; asyncio's stream callback would report it as an error.
            return
        finally:
            writer.close()
            if task is not None:
                self._busy.discard(task)
            self._changed.set()


def _request(head: bytes) -> Request:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.strip().lower(): value.strip(" \t") for name, _, value in pairs}
    return Request(method=method, target=target, headers=headers)


def _knows(request: Request, etag: str | None, last_modified: str | None) -> bool:
    """Whether the request is conditional and nothing changed (RFC 9110 section 13.2.2)."""
    if "if-none-match" in request.headers:
        return etag is not None and request.headers["if-none-match"] == etag
    return last_modified is not None and request.headers.get("if-modified-since") == last_modified


async def _send(
    writer: Writer, status: int, headers: Mapping[str, str], body: bytes | None
) -> None:
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    names = {name.lower() for name in headers}
    if body is not None and not names & {"content-length", "transfer-encoding"}:
        lines.append(f"Content-Length: {len(body)}")
    writer.write("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1"))
    if body:
        writer.write(body)
    await writer.drain()


class Names:
    """A resolver that knows only what it was told; each lookup is remembered."""

    def __init__(self, **hosts: str) -> None:
        self._answers: dict[str, list[Sequence[str]]] = {}
        self.asked: list[str] = []
        for host, address in hosts.items():
            self.knows(host, address)

    def knows(self, host: str, *addresses: str) -> None:
        """Answer lookups of `host` with these from now on."""
        self._answers[host] = [addresses]

    def rebinds(self, host: str, *answers: Sequence[str]) -> None:
        """Answer the first lookup with the first of `answers`, and so on; the last one stays."""
        self._answers[host] = list(answers)

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """Return what is known of `host`; an address is its own answer."""
        self.asked.append(host)
        if host not in self._answers:
            return (host,) if host.replace(".", "").isdigit() or ":" in host else ()
        known = self._answers[host]
        return known.pop(0) if len(known) > 1 else known[0]
