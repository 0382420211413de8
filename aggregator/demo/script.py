"""What is played: the stretches of time, their pace, and the scripted feeds of `stage/*.yaml`.

Every outlet is invented and lives under `.example`; only the court's own addresses are real in
form, because its feed is recognised by them.  The facts of the cases are the public ones: the
hearing of 18 September 2023, document 118 of 21 September 2023, and document 248 and the
Consensys complaint of 28 June 2024.  The sentences are Casewire's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import yaml
from pydantic import AwareDatetime, ConfigDict, TypeAdapter

from aggregator.model import FeedKind, Trust

# --- the pace, all in one place ----------------------------------------------------------------

STRETCHES = (
    (datetime(2023, 9, 18, 6, tzinfo=UTC), datetime(2023, 9, 22, 6, tzinfo=UTC)),
    (datetime(2024, 6, 28, 12, tzinfo=UTC), datetime(2024, 6, 30, 0, tzinfo=UTC)),
)
"""132 hours in two pieces.  The first report comes 15 hours in, so that every feed has been read
once before anything rings, even on a slow machine."""

SPEED = 16_000.0
"""132 h / 16,000 = 29.7 s of real time."""

EVERY = {
    FeedKind.NEWS: timedelta(minutes=50),
    FeedKind.BLOG: timedelta(minutes=60),
    FeedKind.REGULATOR: timedelta(minutes=60),
    FeedKind.COURT: timedelta(minutes=30),
}
"""Virtual time between polls.  Nine news feeds, a blog, a regulator and a court at `SPEED` make
66 requests a second of real time; a court's 24 h window lasts 5.4 s of it."""

TRUST = {
    FeedKind.NEWS: Trust.INDEPENDENT,
    FeedKind.BLOG: Trust.CORROBORATES,
    FeedKind.REGULATOR: Trust.PRIMARY,
    FeedKind.COURT: Trust.PRIMARY,
}

# --- the shapes --------------------------------------------------------------------------------

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One piece in an outlet's feed, there from `at` on.  Plain text, no markup."""

    __pydantic_config__ = _STRICT

    at: AwareDatetime
    slug: str
    title: str
    summary: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DocketEntry:
    """One event on a court's docket.  `number` is the document's; None for an entry without one."""

    __pydantic_config__ = _STRICT

    at: AwareDatetime
    docket: str
    caption: str
    case_id: int
    seq: int
    event: str
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """The feed's server answers `status` from `start` until `end`."""

    __pydantic_config__ = _STRICT

    start: AwareDatetime
    end: AwareDatetime
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """The first request at or after `start` gets a web page that asks for a browser."""

    __pydantic_config__ = _STRICT

    start: AwareDatetime
    challenge: Literal[True]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedFeed:
    """An outlet's feed over both stretches.  `items` are in the order of `at`."""

    __pydantic_config__ = _STRICT

    id: str
    name: str
    site: str
    kind: FeedKind
    format: Literal["rss", "atom", "rdf", "court"]
    language: str = "en"
    court: str | None = None
    about: str
    items: tuple[Article, ...] = ()
    entries: tuple[DocketEntry, ...] = ()
    faults: tuple[Outage | Challenge, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """The whole play."""

    stretches: tuple[tuple[datetime, datetime], ...]
    speed: float
    feeds: tuple[ScriptedFeed, ...]

    def feed(self, feed_id: str) -> ScriptedFeed | None:
        """Return the feed called `feed_id`, if there is one."""
        return next((feed for feed in self.feeds if feed.id == feed_id), None)


# --- what a feed shows at a moment -------------------------------------------------------------

NEWS_ITEMS_MAX = 20
NEWS_WINDOW = timedelta(days=7)
COURT_WINDOW = timedelta(hours=24)
"""CM/ECF feeds keep a day: what rolled off is gone for good."""


def articles_at(feed: ScriptedFeed, now: datetime) -> tuple[Article, ...]:
    """Return what an outlet's feed shows at `now`, newest first."""
    shown = [item for item in feed.items if now - NEWS_WINDOW < item.at <= now]
    return tuple(reversed(shown[-NEWS_ITEMS_MAX:]))


def entries_at(feed: ScriptedFeed, now: datetime) -> tuple[DocketEntry, ...]:
    """Return what a court's feed shows at `now`, newest first."""
    return tuple(reversed([e for e in feed.entries if now - COURT_WINDOW < e.at <= now]))


# --- loading -----------------------------------------------------------------------------------

STAGE = Path(__file__).with_name("stage")
_FEED = TypeAdapter(ScriptedFeed)


def load(stage: Path = STAGE) -> Script:
    """Read every feed of `stage`, by file name.

    Raises `ValueError` (pydantic's is one) for a file that does not have the shapes above or
    breaks their order: the script ships with the program, so that is a bug of ours.
    """
    feeds = tuple(
        _checked(_FEED.validate_python(yaml.safe_load(path.read_text(encoding="utf-8"))), path)
        for path in sorted(stage.glob("*.yaml"))
    )
    if not feeds:
        raise ValueError(f"{stage} holds no feeds")
    return Script(stretches=STRETCHES, speed=SPEED, feeds=feeds)


def _checked(feed: ScriptedFeed, path: Path) -> ScriptedFeed:
    if feed.id != path.stem:
        raise ValueError(f"{path.name}: id is {feed.id!r}, not the name of its file")
    if not (urlsplit(feed.site).hostname or "").endswith((".example", ".uscourts.gov")):
        raise ValueError(f"{path.name}: {feed.site} is not a site of ours to invent")
    is_court = feed.kind is FeedKind.COURT
    if is_court != (feed.format == "court") or is_court != (feed.court is not None):
        raise ValueError(f"{path.name}: a court has its court id and the court's format")
    if feed.items if is_court else feed.entries:
        raise ValueError(f"{path.name}: a court has entries, any other feed has items")
    times = [item.at for item in (feed.entries or feed.items)]
    if times != sorted(times):
        raise ValueError(f"{path.name}: items must be in the order of their time")
    return feed
