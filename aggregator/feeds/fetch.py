"""Ask a feed's server once: resolve, check, connect to exactly what was checked, read to the end.

Every hop of a redirect goes through the same door.  One deadline bounds all of it, because
timeouts per operation do not bound a server that drips.  What a server or a network does comes
back as a value.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus

import httpx

from aggregator.feeds import guard, headers
from aggregator.feeds.guard import Destination
from aggregator.feeds.inflate import InflateError, Inflater, TooLargeError
from aggregator.feeds.quota import Quotas
from aggregator.feeds.robots import ROBOTS_BYTES_MAX, RobotsBook
from aggregator.model import (
    Feed,
    FeedFormat,
    Fetched,
    FetchFailed,
    FetchFault,
    FetchOutcome,
    NotModified,
    Validators,
)
from aggregator.ports import Resolver

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_BODIES = frozenset({200, 203})
_ROBOTS_SHARE = 1 / 3
"""Of the deadline: a robots.txt that drips must not cost the feed its poll."""
_ADDRESSES_MAX = 4
"""How many of a host's addresses are tried before it counts as down."""
_NO_VALIDATORS = Validators()
_QUOTA_USED = FetchFailed(
    fault=FetchFault.STATUS, detail="not asked: what its host allows a free key is used up"
)


class _Stop(Exception):  # noqa: N818 - carries a value up to `fetch`, it is no error of ours
    def __init__(self, failed: FetchFailed) -> None:
        self.failed = failed
        super().__init__(failed.detail)


class HttpFetcher:
    """HTTP/1.1 with httpx's transport: no cookies, no proxies, no Referer, nothing kept alive.

    Connections are not reused, because the pool knows only addresses: two names behind one
    address would share a connection whose certificate was checked for the first.
    """

    def __init__(
        self,
        resolver: Resolver,
        *,
        user_agent: str,
        total_s: float = 30.0,
        connect_s: float = 10.0,
        body_bytes_max: int = 15 * 2**20,
        redirects_max: int = 5,
        tls: ssl.SSLContext | None = None,
        tokens: Mapping[str, str] | None = None,
        robots: RobotsBook | None = None,
        robots_of_private: bool = False,
        quotas: Quotas | None = None,
    ) -> None:
        """`tokens` holds the Authorization header for hosts that want one, told over https only.

        `robots` is honoured for public feeds; one's own servers (`allow_private`) are asked for
        theirs only with `robots_of_private`.  `quotas` are kept whatever the schedule says.
        """
        self._resolver = resolver
        self._user_agent = user_agent
        self._total_s = total_s
        self._connect_s = connect_s
        self._body_bytes_max = body_bytes_max
        self._redirects_max = redirects_max
        self._tokens = dict(tokens or {})
        self._robots = RobotsBook(user_agent.partition("/")[0]) if robots is None else robots
        self._robots_of_private = robots_of_private
        self._quotas = Quotas() if quotas is None else quotas
        self._transport = httpx.AsyncHTTPTransport(
            verify=httpx.create_ssl_context(trust_env=False) if tls is None else tls,
            trust_env=False,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )

    async def close(self) -> None:
        """Let go of every connection."""
        await self._transport.aclose()

    async def fetch(self, feed: Feed, validators: Validators) -> FetchOutcome:
        """Ask for `feed` once, conditionally; never raises for what a server or network does."""
        try:
            async with asyncio.timeout(self._total_s):
                return await self._follow(feed, validators)
        except _Stop as stop:
            return stop.failed
        except TimeoutError:
            return _failed(FetchFault.TIMEOUT, f"no whole answer within {self._total_s:g} s")

    async def _follow(
        self, feed: Feed, validators: Validators, *, robots: bool = True
    ) -> FetchOutcome:
        url, moved_to, permanent = feed.url, "", True
        start: Destination | None = None
        before: Destination | None = None
        for hop in range(self._redirects_max + 1):
            to = guard.destination(url, credentials=hop == 0)
            if isinstance(to, str):
                fault = FetchFault.REDIRECT if hop else FetchFault.REFUSED_ADDRESS
                raise _Stop(_failed(fault, f"redirected to a bad URL: {to}" if hop else to))
            if before is not None and before.scheme == "https" and to.scheme == "http":
                raise _Stop(_failed(FetchFault.REDIRECT, f"redirected from https to {to.url}"))
            start, before = start or to, to
            if hop and permanent and start.credentials is None:
                moved_to = to.url
            addresses = await self._addresses(to, allow_private=feed.allow_private)
            if robots:
                await self._heed_robots(feed, to)
            wait = self._quotas.wait(to.host, asyncio.get_running_loop().time())
            if wait is not None:
                raise _Stop(replace(_QUOTA_USED, retry_after=wait))
            home = _same_site(start, to) and validators.url in {"", to.url}
            sent = validators if home else _NO_VALIDATORS
            credentials = start.credentials if _same_site(start, to) else None
            async with self._ask(to, addresses, sent, credentials) as response:
                if response.status_code not in _REDIRECTS:
                    return await self._read(to, response, sent, moved_to, whole=robots)
                location = headers.location(response.headers.raw, to.url)
                if location is None:
                    raise _Stop(_failed(FetchFault.REDIRECT, f"{_status(response)} to nowhere"))
                permanent = permanent and response.status_code in _PERMANENT
                url = location
        raise _Stop(_failed(FetchFault.REDIRECT, f"more than {self._redirects_max} redirects"))

    async def _heed_robots(self, feed: Feed, to: Destination) -> None:
        # An API is there for programs; robots.txt speaks of the pages beside it.
        api = feed.format is not FeedFormat.FEED
        private = feed.allow_private and not self._robots_of_private
        if api or private or not feed.heed_robots:
            return
        origin = f"{to.scheme}://{to.authority}"

        async def read() -> bytes | None:
            page = replace(feed, url=f"{origin}/robots.txt")
            try:
                async with asyncio.timeout(self._total_s * _ROBOTS_SHARE):
                    found = await self._follow(page, _NO_VALIDATORS, robots=False)
            except (_Stop, TimeoutError):
                return None
            if isinstance(found, Fetched):
                return found.body
            status = found.status if isinstance(found, FetchFailed) else None
            # 429 is a host under load, not one without a robots.txt.
            none = status in range(400, 500) and status != HTTPStatus.TOO_MANY_REQUESTS
            return b"" if none else None

        if not await self._robots.allows(origin, to.target, read):
            detail = f"{origin}/robots.txt does not let us ask for {to.target}"
            raise _Stop(_failed(FetchFault.ROBOTS, detail[:300]))

    async def _addresses(self, to: Destination, *, allow_private: bool) -> Sequence[str]:
        addresses = await self._resolver.resolve(to.host, to.port)
        if not addresses:
            raise _Stop(_failed(FetchFault.DNS, f"{to.host} has no address"))
        why = guard.refusal(addresses, allow_private=allow_private)
        if why is not None:
            raise _Stop(_failed(FetchFault.REFUSED_ADDRESS, f"{to.host}: {why}"))
        return addresses[:_ADDRESSES_MAX]

    @asynccontextmanager
    async def _ask(
        self,
        to: Destination,
        addresses: Sequence[str],
        validators: Validators,
        credentials: tuple[str, str] | None,
    ) -> AsyncIterator[httpx.Response]:
        """Yield the answer's head from the first address that takes the connection."""
        failed = _failed(FetchFault.CONNECT, "no address")
        for address in addresses:
            request = self._request(to, address, validators, credentials)
            try:
                response = await self._transport.handle_async_request(request)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failed = _connect_failed(to, error)
                continue
            except httpx.HTTPError as error:
                raise _Stop(_failed(FetchFault.BROKEN, _why(error))) from error
            try:
                yield response
            finally:
                await response.aclose()
            return
        raise _Stop(failed)

    def _request(
        self,
        to: Destination,
        address: str,
        validators: Validators,
        credentials: tuple[str, str] | None,
    ) -> httpx.Request:
        return httpx.Request(
            "GET",
            httpx.URL(
                scheme=to.scheme,
                host=address,
                port=to.port,
                raw_path=to.target.encode("ascii"),
            ),
            headers=headers.request(
                to.authority,
                user_agent=self._user_agent,
                validators=validators,
                credentials=credentials,
                authorization=self._tokens.get(to.host, "") if to.scheme == "https" else "",
            ),
            extensions={
                # The name to put into SNI and to check the certificate against.
                "sni_hostname": to.host,
                "timeout": {"connect": self._connect_s},
            },
        )

    async def _read(
        self,
        to: Destination,
        response: httpx.Response,
        sent: Validators,
        moved_to: str,
        *,
        whole: bool,
    ) -> FetchOutcome:
        raw, now = response.headers.raw, datetime.now(UTC)
        status = response.status_code
        if status == HTTPStatus.NOT_MODIFIED and sent != _NO_VALIDATORS:
            return NotModified(
                validators=replace(headers.validators(raw, before=sent), url=to.url),
                max_age=headers.max_age(raw, now),
                moved_to=moved_to,
            )
        if status not in _BODIES:
            return FetchFailed(
                fault=FetchFault.STATUS,
                detail=_status(response),
                status=status,
                retry_after=headers.retry_after(raw, now),
            )
        return Fetched(
            url=to.url,
            body=await self._body(response, whole=whole),
            content_type=headers.header(raw, b"content-type") or "",
            validators=replace(headers.validators(raw), url=to.url),
            max_age=headers.max_age(raw, now),
            moved_to=moved_to,
        )

    async def _body(self, response: httpx.Response, *, whole: bool) -> bytes:
        """Return the body; of a robots.txt, which is not wanted `whole`, what must be heeded."""
        encoding = headers.joined(response.headers.raw, b"content-encoding")
        inflater = Inflater(encoding, self._body_bytes_max if whole else 2 * ROBOTS_BYTES_MAX)
        try:
            async for chunk in response.aiter_raw():
                inflater.feed(chunk)
            return inflater.finish()
        except TooLargeError:
            if not whole:
                return inflater.so_far
            detail = f"the body is larger than {self._body_bytes_max} bytes"
            raise _Stop(_failed(FetchFault.TOO_LARGE, detail)) from None
        except InflateError as error:
            raise _Stop(_failed(FetchFault.BROKEN, str(error))) from error
        except httpx.HTTPError as error:
            raise _Stop(
                _failed(FetchFault.BROKEN, f"the body breaks off: {_why(error)}")
            ) from error


def _same_site(start: Destination, to: Destination) -> bool:
    """Whether what belongs to `start` may be told to `to`: its origin, or the same host's https."""
    upgraded = (start.scheme, start.port, to.scheme, to.port) == ("http", 80, "https", 443)
    return start.origin == to.origin or (start.host == to.host and upgraded)


def _failed(fault: FetchFault, detail: str) -> FetchFailed:
    return FetchFailed(fault=fault, detail=detail)


def _status(response: httpx.Response) -> str:
    try:
        return f"HTTP {response.status_code} {HTTPStatus(response.status_code).phrase}"
    except ValueError:
        return f"HTTP {response.status_code}"


def _connect_failed(to: Destination, error: httpx.HTTPError) -> FetchFailed:
    if isinstance(error, httpx.ConnectTimeout):
        return _failed(FetchFault.TIMEOUT, f"{to.authority} takes no connection")
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return _failed(FetchFault.TLS, f"{to.authority}: {_why(cause)}")
        cause = cause.__cause__ or cause.__context__
    return _failed(FetchFault.CONNECT, f"{to.authority}: {_why(error)}")


def _why(error: BaseException) -> str:
    """Return the error in one printable line."""
    line = " ".join(str(error).split())
    return "".join(char for char in line if char.isprintable())[:200] or type(error).__name__
