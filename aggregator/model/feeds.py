"""What is read: the feeds, the answers they give, and what is remembered of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal


class FeedKind(StrEnum):
    """What sort of publisher a feed is; decides trust, pace and how entries are told apart."""

    NEWS = "news"
    REGULATOR = "regulator"
    COURT = "court"
    BLOG = "blog"


class Trust(StrEnum):
    """What a source can know: the thing itself, its own reporting, or what others reported."""

    PRIMARY = "primary"
    INDEPENDENT = "independent"
    CORROBORATES = "corroborates"


class FeedFormat(StrEnum):
    """What a source answers with: a feed of any kind, or an API's own shape."""

    FEED = "feed"
    FEDERAL_REGISTER = "federal-register"
    COURTLISTENER = "courtlistener"


DedupPart = Literal["guid", "link", "title", "summary", "published"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A source we poll, as `feeds.yaml` describes it."""

    id: str
    url: str
    kind: FeedKind
    name: str
    trust: Trust
    court: str | None = None
    """The court's id (`dcd`, `nysd`); set exactly when `kind` is COURT."""
    every: timedelta | None = None
    language: str = "en"
    enabled: bool = True
    note: str = ""
    allow_private: bool = False
    fallback_urls: tuple[str, ...] = ()
    """Asked in turn while `url` fails."""
    jurisdiction: str = ""
    """Whose law it is about, as its configuration says it (`us`, `us-ny`, `eu`)."""
    dedup_key: tuple[DedupPart, ...] = ()
    """What tells one entry from another here; empty leaves it to the kind."""
    format: FeedFormat = FeedFormat.FEED
    heed_robots: bool = True
    """False where the operator wrote down why its host's robots.txt does not hold for us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server gave to ask "changed since?" with; opaque, sent back byte for byte."""

    etag: str | None = None
    last_modified: str | None = None
    url: str = field(default="", compare=False)
    """Where they came from: they are told to no other address; empty where that is not known."""


class FetchFault(StrEnum):
    """Why a fetch brought no body."""

    REFUSED_ADDRESS = "refused address"
    ROBOTS = "forbidden by robots.txt"
    DNS = "name not found"
    CONNECT = "no connection"
    TLS = "TLS failure"
    TIMEOUT = "timeout"
    TOO_LARGE = "too large"
    BROKEN = "broken answer"
    REDIRECT = "bad redirect"
    STATUS = "HTTP status"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A whole body, decoded from its transfer encoding, never cut short."""

    url: str
    """Where the body came from in the end, after redirects."""
    body: bytes
    content_type: str = ""
    validators: Validators = Validators()
    max_age: timedelta | None = None
    moved_to: str = ""
    """Where permanent redirects led, up to the first other one; empty when there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The server said 304; `validators` are those to use from now on."""

    validators: Validators
    max_age: timedelta | None = None
    moved_to: str = ""
    """As for `Fetched`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchFailed:
    """No usable body; `detail` is one line for the operator."""

    fault: FetchFault
    detail: str
    status: int | None = None
    retry_after: timedelta | None = None
    ours: bool = False
    """No host at all answers: the network here is down, and no feed is to blame."""


FetchOutcome = Fetched | NotModified | FetchFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry as the parser understood it: plain text, absolute link, no markup."""

    guid: str = ""
    link: str = ""
    title: str = ""
    summary: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A feed that parsed whole; `entries` in document order."""

    entries: tuple[Entry, ...]
    title: str = ""
    ttl: timedelta | None = None
    skip_hours: frozenset[int] = frozenset()
    """Hours of the day, 0 to 23 in UTC, in which the publisher posts nothing."""
    skip_days: frozenset[int] = frozenset()
    """Days of the week, 0 is Monday, in which the publisher posts nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseFailed:
    """Bytes that are no feed; `detail` is one line that says what they are instead."""

    detail: str


ParseOutcome = Parsed | ParseFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a feed lives by now, and what its server was caught at; see `feeds.standing`."""

    asked: str = ""
    """The feed's own URL that all this is about; under another one it starts anew."""
    answered: str = ""
    """Where the validators came from."""
    moved_to: str = ""
    """Where permanent redirects lead of late, not yet believed."""
    moved_times: int = 0
    moved_since: datetime | None = None
    adopted: str = ""
    """Asked in the place of the feed's own URL, since permanent redirects led there for long."""
    gone_times: int = 0
    """How often in a row the server said 410 Gone."""
    gone_since: datetime | None = None
    muted: datetime | None = None
    """When the 410 was confirmed; hardly asked since."""
    whole: datetime | None = None
    """When a whole body was last read; a 304 brings none."""
    forced: datetime | None = None
    """When it was last asked without validators, to see whether they are frozen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """What a feed's own past teaches: how it posts, what it looks like, how it answers.

    Counts fade: what happened a half-life ago counts half (see `feeds.rate`).
    """

    counted: datetime | None = None
    """Up to when its posts are counted; None until it was first read whole."""
    posts: float = 0.0
    days: float = 0.0
    """How long it was watched, faded like the posts."""
    hours: tuple[float, ...] = ()
    """Posts by hour of the week, from Monday 00:00 UTC; 168 of them, or none so far."""
    minutes: tuple[float, ...] = ()
    """Posts by minute of the hour: desks that post at a fixed minute; 60, or none so far."""
    longest: timedelta = timedelta()
    """The longest silence between two posts, slowly forgotten."""
    newest: datetime | None = None
    """The date of its newest entry that was not dated ahead."""
    fresh: datetime | None = None
    """When an entry was last found that was not there before."""
    page: tuple[str, ...] = ()
    """Short names of the entries it last listed, where it dates none of them."""
    entries: int = 0
    """How many it listed when it last listed any."""
    empty_since: datetime | None = None
    """Since when it lists nothing, though it used to."""
    page_since: datetime | None = None
    """Since when a web page comes in the place of the feed."""
    shape: str = ""
    """What its entries are like: where they link to, whether they are dated."""
    other_shape: str = ""
    other_since: datetime | None = None
    """Since when they are of another sort, not yet taken for the new normal."""
    body_bytes: int = 0
    polls: float = 0.0
    not_modified: float = 0.0
    """How many of the polls ended in 304."""
    unchanged: float = 0.0
    """How many brought a whole body with nothing new in it."""
    ttl: timedelta | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
    """What the publisher asked for in its last body."""
    broke: float = 0.0
    """Stories that it was the first to bring, faded since `broke_at`."""
    broke_at: datetime | None = None
    weight: float = 1.0
    """How much hangs on it: who follows what only it can bring."""
    held_until: datetime | None = None
    """Until when its server asked to be left alone."""
    spare: int = 0
    """Which of its addresses is asked: 0 is `url`, others are `fallback_urls` in their order."""
    spare_since: datetime | None = None
    """When `url` was last given up; it is tried again after a while."""


OWN_FAULT = "a fault of Casewire's own"
"""How the last error of a feed begins whose poll a bug of ours ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What we remember of a feed between polls; committed with the items of the poll."""

    feed_id: str
    validators: Validators = Validators()
    first_read: datetime | None = None
    """When the feed was first read whole; None until then."""
    last_polled: datetime | None = None
    last_read: datetime | None = None
    next_poll: datetime | None = None
    next_poll_reason: str = ""
    failures: int = 0
    """Failures in a row."""
    last_error: str = ""
    standing: Standing = Standing()
    learnt: Learnt = Learnt()
