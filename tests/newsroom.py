"""What the tests of the middle rooms share: items, the shipped rules, and a desk that joins.

`Desk` runs items through matching and joining in memory, without store or loop, so that a story
can be told as a list of headlines.
"""

from __future__ import annotations

import asyncio
import logging
import selectors
from collections.abc import Coroutine, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar
from xml.sax.saxutils import escape

import structlog

from aggregator.config.rules import load_rules
from aggregator.matching.matcher import Matcher
from aggregator.model import (
    Decision,
    DecisionKind,
    FeedKind,
    Item,
    ItemKey,
    Story,
    StoryId,
    Trust,
)
from aggregator.stories.happened import event_of
from aggregator.stories.join import join

T = TypeVar("T")

ROOT = Path(__file__).parents[1]

TRUST = {
    FeedKind.NEWS: Trust.INDEPENDENT,
    FeedKind.BLOG: Trust.CORROBORATES,
    FeedKind.COURT: Trust.PRIMARY,
    FeedKind.REGULATOR: Trust.PRIMARY,
}


@lru_cache(maxsize=1)
def shipped() -> Matcher:
    """Return the rules of this repository, indexed; half a second, so made once."""
    return Matcher(load_rules((ROOT / "rules",)))


def item(
    title: str,
    summary: str = "",
    *,
    at: datetime,
    outlet: str = "Wire One",
    kind: FeedKind = FeedKind.NEWS,
    trust: Trust | None = None,
    url: str | None = None,
    court: str | None = None,
    seen: datetime | None = None,
) -> Item:
    """Return an item whose key follows from what it says; `url` None makes one of its own."""
    own = f"{outlet}\0{title}\0{summary}\0{url}\0{at.isoformat()}"
    key = ItemKey(blake2b(own.encode(), digest_size=16).hexdigest())
    host = outlet.lower().replace(" ", "-")
    return Item(
        key=key,
        feed_id=host,
        outlet=outlet,
        kind=kind,
        trust=trust or TRUST[kind],
        url=f"https://{host}.example/{key[:8]}" if url is None else url,
        title=title,
        summary=summary,
        published=at,
        seen=seen or at,
        court=court,
    )


@dataclass(slots=True)
class Desk:
    """Reads items in turn, as the pipeline does, and keeps the stories."""

    matcher: Matcher = field(default_factory=shipped)
    stories: dict[StoryId, Story] = field(default_factory=dict)

    def take(self, one: Item, *, old: bool = False) -> Decision:
        """Join one item and say what was decided."""
        reading = self.matcher.read(one).seen_by(())
        joined = join(one, reading, event_of(one, reading), self.stories, old=old)
        if joined.story is not None:
            self.stories[joined.story.id] = joined.story
        return joined.decision

    def told(self, items: Iterable[Item]) -> list[DecisionKind]:
        """Join items in turn and return the kinds of what was decided."""
        return [self.take(one).kind for one in items]


def rss(*entries: tuple[str, str, datetime], site: str = "https://wire-one.example") -> bytes:
    """Return a feed of (slug, title, time) entries, the newest last."""
    items = "".join(
        f"<item><guid isPermaLink='false'>{slug}</guid><link>{site}/{slug}</link>"
        f"<title>{escape(title)}</title><pubDate>{format_datetime(at)}</pubDate></item>"
        for slug, title, at in entries
    )
    return f"<rss version='2.0'><channel><title>A feed</title>{items}</channel></rss>".encode()


class _Jump(selectors.DefaultSelector):
    """Never waits: when nothing is ready, time itself moves to the next thing to do."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            return []  # something is to be done already; whoever writes to a socket can wait for it
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("everything waits, and nothing will ever happen")
            self.now += max(timeout, 0)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in which an hour of waiting takes no time."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)

    def time(self) -> float:
        return self._jump.now


class VirtualClock:
    """The time of a `VirtualLoop` as a `Clock`."""

    def __init__(self, start: datetime) -> None:
        self._start = start

    def now(self) -> datetime:
        return self._start + timedelta(seconds=asyncio.get_running_loop().time())

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def played(scenario: Coroutine[Any, Any, T]) -> T:
    """Run `scenario` in virtual time and return what it returns."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(scenario)


@contextmanager
def plain_logging() -> Iterator[None]:
    """Log as the libraries do by themselves, and put back what was set up before.

    The commands set logging up for the whole process, and so for every test after theirs.
    """
    root = logging.getLogger()
    before = list(root.handlers), root.level
    structlog.reset_defaults()
    try:
        yield
    finally:
        structlog.reset_defaults()
        root.handlers[:], root.level = before
