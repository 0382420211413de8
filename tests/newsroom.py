"""What the tests of the middle rooms share: items, the shipped rules, and a desk that joins.

`Desk` runs items through matching and joining in memory, without store or loop, so that a story
can be told as a list of headlines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

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
        reading = self.matcher.read(one)
        joined = join(one, reading, event_of(one, reading), self.stories, old=old)
        if joined.story is not None:
            self.stories[joined.story.id] = joined.story
        return joined.decision

    def told(self, items: Iterable[Item]) -> list[DecisionKind]:
        """Join items in turn and return the kinds of what was decided."""
        return [self.take(one).kind for one in items]


def minutes_apart(start: datetime, step: float = 20) -> Iterator[datetime]:
    """Yield `start` and then times `step` minutes apart."""
    while True:
        yield start
        start += timedelta(minutes=step)
