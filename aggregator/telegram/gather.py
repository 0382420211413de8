"""What one place is to be told besides alerts: read from the store, decided, and rendered.

The loop that queues digests and `/digest now` both come here; neither the store nor the memory is
changed.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator.alerts import decide, personal
from aggregator.alerts.digest import LATE
from aggregator.alerts.personal import Memory, News, Personal, Reader
from aggregator.feeds.health import concerned, sources
from aggregator.model import (
    DeliveryState,
    Feed,
    Gap,
    Message,
    Place,
    Story,
    StoryId,
    TargetKind,
)
from aggregator.ports import Store
from aggregator.stories.window import WINDOW
from aggregator.telegram import render_digest
from aggregator.telegram.naming import Setup


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One message for one place, and what is to be remembered once it is queued."""

    key: str
    message: Message
    of: Personal
    memory: str


def name(place: Place) -> str:
    """Return the setting that holds a place's memory."""
    return f"told:{place.chat_id}:{place.thread_id}"


def remembered(text: str | None) -> Memory | None:
    """Return the memory that a setting holds."""
    if text is None:
        return None
    kept = json.loads(text)
    times = {at: datetime.fromisoformat(kept[at]) for at in ("until", "caught", "wished")}
    return Memory(
        **times, told=frozenset(kept["told"]), wish=kept["wish"], quiet=bool(kept["quiet"])
    )


def kept(memory: Memory) -> str:
    """Return a memory as a setting's text."""
    return json.dumps(
        {
            "until": memory.until.isoformat(),
            "caught": memory.caught.isoformat(),
            "told": sorted(memory.told),
            "wish": memory.wish,
            "wished": memory.wished.isoformat(),
            "quiet": memory.quiet,
        }
    )


async def stories(store: Store, since: datetime) -> Collection[Story]:
    """Return every story that may have news seen since then."""
    window = await store.window(since - WINDOW)
    # A report can be new to us and wear a date from long before.
    late = {story.id: story for story in await store.seen_since(since - LATE)}
    return {**window.stories, **late}.values()


async def digest(
    store: Store,
    setup: Setup,
    reader: Reader,
    memory: Memory,
    *,
    until: datetime,
    found: Collection[Story],
) -> Made:
    """Return the digest of a place that ends at `until`; `found` are the stories since `memory`."""
    since = max(memory.until, until - personal.REACH_MAX)
    feeds = _feeds(setup, reader)
    news = News(
        stories=found,
        told=await _told(store, reader.place, found),
        gaps=_concerning(await store.gaps(since - LATE), setup, feeds),
    )
    of = personal.digest(reader, memory, until, news)
    sight = sources(feeds, await store.feed_states(), until)
    message = render_digest.own_digest(of, await _titled(store, setup, reader.place), sight)
    return Made(key=personal.digest_key(until), message=message, of=of, memory=kept(of.memory))


async def catch_up(
    store: Store,
    setup: Setup,
    reader: Reader,
    memory: Memory,
    *,
    end: datetime,
    found: Collection[Story],
) -> Made:
    """Return what quiet hours held back until `end`; `found` are the stories of that time."""
    news = News(stories=found, told=await _told(store, reader.place, found))
    of = personal.catch_up(reader, memory, end, news)
    message = render_digest.catch_up(of, await _titled(store, setup, reader.place))
    return Made(key=personal.catch_up_key(end), message=message, of=of, memory=kept(of.memory))


async def _titled(store: Store, setup: Setup, place: Place) -> Setup:
    """Return `setup` with the queries of this place, which are their own titles."""
    watches = await store.watches_at(place)
    return replace(setup, watches={watch.id: watch.query for watch in watches})


async def _told(store: Store, place: Place, found: Collection[Story]) -> dict[StoryId, int]:
    """Return the last ring of each story that a message to `place` told of."""
    since = min((report.seen for story in found for report in story.reports), default=None)
    if since is None:
        return {}
    told = await store.told(place, since)
    return {story.id: await _last_told(store, place, story) for story in found if story.id in told}


async def _last_told(store: Store, place: Place, story: Story) -> int:
    for ring in range(story.rings, 1, -1):
        sent = await store.delivery(place, decide.key(story.id, ring))
        if sent is not None and (sent.state is not DeliveryState.DEAD or sent.sent is not None):
            return ring
    return 1


def _feeds(setup: Setup, reader: Reader) -> tuple[Feed, ...]:
    """Return the feeds that can bring news to what `reader` follows."""
    followed = [one.target for one in reader.subscriptions]
    if any(target.kind is not TargetKind.CASE for target in followed):
        return concerned(setup.feeds, None)
    cases = [setup.cases[target.slug] for target in followed if target.slug in setup.cases]
    return concerned(setup.feeds, {case.court for case in cases if case.court})


def _concerning(gaps: Collection[Gap], setup: Setup, feeds: Collection[Feed]) -> tuple[Gap, ...]:
    """Return the gaps of these feeds, of all feeds, and of feeds that are set up no more."""
    here, known = {feed.id for feed in feeds}, {feed.id for feed in setup.feeds}
    return tuple(gap for gap in gaps if gap.feed_id in here or gap.feed_id not in known)
