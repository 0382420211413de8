"""The order of the calls; decides nothing.

::

    parse the bytes                                 feeds.parse, in a worker
    make items, drop those we have                  feeds.identity, store
    until committed:
        read the window of stories                  store
        match each item, say what happened          matching, stories.happened
        join it to a story, decide what follows     stories.join
        make deliveries for those who follow        alerts.decide, render
        commit the lot, or start over if stale      store

`ingest` does not care who brought the bytes; `take` does not care who brought the items.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from aggregator.alerts import decide
from aggregator.feeds.identity import items_of
from aggregator.feeds.polling import state_after
from aggregator.matching.matcher import Matcher, Reading
from aggregator.model import (
    Alert,
    Batch,
    Committed,
    Decision,
    DecisionKind,
    Delivery,
    Event,
    Feed,
    FeedState,
    Fetched,
    FetchOutcome,
    Item,
    ItemKey,
    Message,
    Parsed,
    ParseOutcome,
    Stale,
    Story,
    StoryId,
    Subscription,
    Window,
)
from aggregator.ports import Parser, Store
from aggregator.stories.happened import event_of
from aggregator.stories.join import join
from aggregator.stories.window import WINDOW

OLD = timedelta(hours=24)
"""What a feed already held for so long when it was first read is kept, and rings for nobody."""

RELISTED = timedelta(days=7)
RELISTED_MIN = 5
"""So many items older than that, new in one poll, are old news under new names: a feed that moved,
or a program that stood still.  They are kept and ring for nobody; a single one may be a late find."""

STALE_TRIES_MAX = 20
"""A commit that is stale so often means two writers in a loop: our bug, so it is raised."""

Renderer = Callable[[Alert, Matcher], Message]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a round of items led to, for the log and for the commands that show it."""

    items: tuple[Item, ...] = ()
    readings: tuple[Reading, ...] = ()
    decisions: tuple[Decision, ...] = ()
    events: tuple[Event, ...] = ()
    deliveries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """One poll: the feed's state after it, and what its new items led to."""

    state: FeedState
    outcome: FetchOutcome
    parsed: ParseOutcome | None = None
    taken: Taken = Taken()


class Pipeline:
    """The calls in their order, on one store."""

    def __init__(self, *, store: Store, parser: Parser, matcher: Matcher, render: Renderer) -> None:
        self._store = store
        self._parser = parser
        self._render = render
        self.matcher = matcher
        self._window: Window | None = None
        self._since: datetime | None = None
        self._subscriptions: tuple[Subscription, ...] = ()
        self._always: Callable[[Matcher], tuple[Subscription, ...]] = lambda _: ()
        self._serial = asyncio.Lock()

    def follow(self, always: Callable[[Matcher], tuple[Subscription, ...]]) -> None:
        """Let `always` follow beside the store's subscribers: the console, under any rules."""
        self._always = always

    async def ingest(
        self, feed: Feed, state: FeedState, outcome: FetchOutcome, now: datetime
    ) -> Polled:
        """Take in what a poll of `feed` brought; the items and the feed's state commit together."""
        parsed: ParseOutcome | None = None
        items: tuple[Item, ...] = ()
        if isinstance(outcome, Fetched):
            parsed = await self._parser.parse(feed, outcome)
        if isinstance(parsed, Parsed):
            items = items_of(feed, parsed, now)
            known = await self._store.known_items([item.key for item in items])
            items = tuple(item for item in items if item.key not in known)
        after = state_after(feed, state, outcome, parsed, now)
        polled = Polled(state=after, outcome=outcome, parsed=parsed)
        if not items:
            await self._store.save_feed_state(after)
            return polled
        taken = await self.take(items, state=after, first_read=state.first_read is None)
        return replace(polled, taken=taken)

    async def take(
        self,
        items: Sequence[Item],
        *,
        state: FeedState | None = None,
        first_read: bool = False,
    ) -> Taken:
        """Match, join and decide on `items`, in order, and commit what follows as one batch."""
        read = tuple(self.matcher.read(item) for item in items)
        async with self._serial:
            for _ in range(STALE_TRIES_MAX):
                window = await self._fresh_window(min(item.at for item in items))
                followers = (*self._subscriptions, *self._always(self.matcher))
                followed = {follower.target for follower in followers}
                readings = tuple(reading.seen_by(followed) for reading in read)
                events = tuple(map(event_of, items, readings))
                decisions, stories = _decide(items, readings, events, window, first_read=first_read)
                alerts = decide.alerts(stories, followers)
                deliveries = tuple(self._delivery(alert) for alert in alerts)
                batch = Batch(
                    feed_state=state,
                    items=tuple(items),
                    matches=tuple(
                        (item.key, match)
                        for item, reading in zip(items, readings, strict=True)
                        for match in reading.matches
                    ),
                    decisions=tuple(
                        (item.key, decision)
                        for item, decision in zip(items, decisions, strict=True)
                        if decision.kind is not DecisionKind.IGNORE
                    ),
                    stories=stories,
                    deliveries=deliveries,
                )
                committed = await self._store.commit(batch, window.version)
                match committed:
                    case Committed(version=version):
                        merged = {**window.stories, **{story.id: story for story in stories}}
                        self._window = Window(version=version, stories=merged)
                        return Taken(
                            items=tuple(items),
                            readings=readings,
                            decisions=decisions,
                            events=events,
                            deliveries=len(deliveries),
                        )
                    case Stale():
                        self._window = None
                    case _:
                        assert_never(committed)
        raise RuntimeError(f"still stale after {STALE_TRIES_MAX} tries")

    async def _fresh_window(self, first: datetime) -> Window:
        """Return the stories that items from `first` on may join; from memory while it holds."""
        since = first - WINDOW
        if self._window is None or self._since is None or since < self._since:
            window = await self._store.window(since)
            # After the window: who follows in between makes its version stale, and is not missed.
            self._subscriptions = await self._store.subscriptions()
            self._window, self._since = window, since
        elif since > self._since:
            kept = {k: s for k, s in self._window.stories.items() if s.last_at >= since}
            self._window = Window(version=self._window.version, stories=kept)
            self._since = since
        return self._window

    def _delivery(self, alert: Alert) -> Delivery:
        story = alert.story
        return Delivery(
            place=alert.place,
            key=alert.key,
            message=self._render(alert, self.matcher),
            priority=decide.priority(story.event.severity),
            created=story.reports[-1].seen,
            item_seen=story.lead.seen,
            reply_to=alert.reply_to,
        )


def _decide(
    items: Sequence[Item],
    readings: Sequence[Reading],
    events: Sequence[Event],
    window: Window,
    *,
    first_read: bool,
) -> tuple[tuple[Decision, ...], tuple[Story, ...]]:
    """Join each item in turn, each on the stories that the one before left behind."""
    stories: dict[StoryId, Story] = dict(window.stories)
    changed: dict[StoryId, None] = {}
    decisions = []
    seen: dict[ItemKey, Decision] = {}
    aged = sum(item.seen - item.at > RELISTED for item in items)
    limit = OLD if first_read else RELISTED if aged >= RELISTED_MIN else None
    for item, reading, event in zip(items, readings, events, strict=True):
        if item.key in seen:
            decisions.append(seen[item.key])
            continue
        old = limit is not None and item.seen - item.at > limit
        joined = join(item, reading, event, stories, old=old)
        if joined.story is not None:
            stories[joined.story.id] = joined.story
            changed[joined.story.id] = None
        decisions.append(joined.decision)
        seen[item.key] = joined.decision
    return tuple(decisions), tuple(stories[story] for story in changed)
