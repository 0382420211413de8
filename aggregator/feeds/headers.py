"""What we say to a feed's server in headers, and what it says in its own; pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urljoin

from aggregator.feeds.dates import parse_date
from aggregator.model import Validators

ACCEPT = (
    "application/rss+xml, application/atom+xml, application/rdf+xml, application/feed+json, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"
)
RETRY_AFTER_MAX = timedelta(hours=24)
"""A hostile or broken value must not silence a feed for longer than a day."""
MAX_AGE_MAX = timedelta(days=30)
VALIDATOR_CHARS_MAX = 4096
"""More than this in a request header gets us a 431; such a validator is dropped."""

_NONE = Validators()
RawHeaders = Sequence[tuple[bytes, bytes]]


def request(
    authority: str,
    *,
    user_agent: str,
    validators: Validators,
    credentials: tuple[str, str] | None,
    authorization: str = "",
) -> list[tuple[bytes, bytes]]:
    """Return the headers of one conditional request; validators go back byte for byte.

    Only encodings are offered whose decoder can be held to a size.  `authorization` is that
    header's whole value, for who has no name and password in the URL.
    """
    ours = [
        (b"Host", authority.encode("ascii")),
        (b"User-Agent", user_agent.encode("ascii", "replace")),
        (b"Accept", ACCEPT.encode("ascii")),
        (b"Accept-Encoding", b"gzip, deflate"),
        (b"Connection", b"close"),
    ]
    if validators.etag is not None:
        ours.append((b"If-None-Match", validators.etag.encode("latin-1", "replace")))
    if validators.last_modified is not None:
        since = validators.last_modified.encode("latin-1", "replace")
        ours.append((b"If-Modified-Since", since))
    if credentials is not None:
        token = base64.b64encode(":".join(credentials).encode())
        ours.append((b"Authorization", b"Basic " + token))
    elif authorization:
        ours.append((b"Authorization", authorization.encode("latin-1", "replace")))
    return ours


def location(headers: RawHeaders, url: str) -> str | None:
    """Return the absolute URL that an answer from `url` redirects to; None when there is none."""
    value = header(headers, b"location")
    if not value:
        return None
    try:
        return urljoin(url, value.encode("latin-1").decode("utf-8", "replace").strip())
    except ValueError:
        return None


def header(headers: RawHeaders, name: bytes) -> str | None:
    """Return the first value of `name`, byte for byte (latin-1), or None."""
    for key, value in headers:
        if key.lower() == name:
            return value.decode("latin-1")
    return None


def joined(headers: RawHeaders, name: bytes) -> str:
    """Return all values of a list header as one comma-separated text."""
    return ",".join(value.decode("latin-1") for key, value in headers if key.lower() == name)


def validators(headers: RawHeaders, before: Validators = _NONE) -> Validators:
    """Return the validators of this answer; `before` stand in for those that it leaves out.

    A 200 passes no `before`, so what it does not repeat is forgotten; a 304 passes those that
    were sent (RFC 9111 section 4.3.4).
    """
    return Validators(
        etag=_opaque(headers, b"etag", before.etag),
        last_modified=_opaque(headers, b"last-modified", before.last_modified),
    )


def retry_after(headers: RawHeaders, now: datetime) -> timedelta | None:
    """Return how long the server asks us to stay away, 0 to 24 h; None when it does not say.

    A date counts from the server's own Date, so that a skewed clock there does not matter.
    """
    value = (header(headers, b"retry-after") or "").strip()
    if re.fullmatch(r"\d+", value, re.ASCII):
        # Eighteen digits of seconds are past any date; longer ones would overflow timedelta.
        return min(timedelta(seconds=int(value[:9])), RETRY_AFTER_MAX)
    until = parse_date(value)
    if until is None:
        return None
    wait = until - (parse_date(header(headers, b"date")) or now)
    return max(timedelta(), min(wait, RETRY_AFTER_MAX))


def max_age(headers: RawHeaders, now: datetime) -> timedelta | None:
    """Return for how long the answer stays fresh; None when it says nothing or "not at all".

    `s-maxage` is for shared caches and ignored; the Age a cache reports is taken off.
    """
    directives = joined(headers, b"cache-control").lower()
    if re.search(r"(?:^|[,\s])no-(?:cache|store)\b", directives):
        return None
    found = re.search(r'(?:^|[,\s])max-age\s*=\s*"?(\d+)', directives, re.ASCII)
    if found is not None:
        age = re.fullmatch(r"\s*(\d{1,9})\s*", header(headers, b"age") or "", re.ASCII)
        fresh = timedelta(seconds=int(found[1][:9]) - (int(age[1]) if age else 0))
    else:
        until = parse_date(header(headers, b"expires"))
        if until is None:
            return None
        fresh = until - (parse_date(header(headers, b"date")) or now)
    return min(fresh, MAX_AGE_MAX) if fresh > timedelta() else None


def _opaque(headers: RawHeaders, name: bytes, before: str | None) -> str | None:
    value = header(headers, name)
    if value is None:
        return before
    return value if 0 < len(value) <= VALIDATOR_CHARS_MAX else None
