"""Polls what is due, at most so many at once and per host, and hands it to the pipeline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import structlog

from aggregator.feeds.polling import due, interval
from aggregator.model import Feed, FeedState, FetchFailed, ParseFailed, StoryId
from aggregator.pipeline import Pipeline, Polled
from aggregator.ports import Clock, Fetcher, Store
from aggregator.service.jobs import GRACE_S, TaskJobs

log = structlog.get_logger()

FETCHES_MAX = 16
FETCHES_PER_HOST_MAX = 2


@dataclass(slots=True, kw_only=True)
class Totals:
    """What a run did, for the summary at its end."""

    polls: int = 0
    items: int = 0
    matched: int = 0
    stories: set[StoryId] = field(default_factory=set)
    alerts: int = 0
    updates: int = 0
    suppressed: dict[str, int] = field(default_factory=dict)


class Poller:
    """Polls what is due, at most so many at once and per host, and hands it to the pipeline."""

    def __init__(
        self,
        *,
        feeds: Sequence[Feed],
        store: Store,
        fetcher: Fetcher,
        pipeline: Pipeline,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        self._feeds = tuple(feed for feed in feeds if feed.enabled)
        self._store = store
        self._fetcher = fetcher
        self._pipeline = pipeline
        self._clock = clock
        self._wake = wake
        self._jobs = TaskJobs()
        self._gate = asyncio.Semaphore(FETCHES_MAX)
        self._hosts: dict[str, asyncio.Semaphore] = {}
        self._states: dict[str, FeedState] = {}
        self._started = clock.now()
        self.totals = Totals()

    async def load(self) -> None:
        """Read the feeds' states, so that a restart polls nothing early."""
        self._states = await self._store.feed_states()

    def replace_feeds(self, feeds: Sequence[Feed]) -> None:
        """Poll these from now on."""
        self._feeds = tuple(feed for feed in feeds if feed.enabled)

    async def tick(self) -> None:
        """Start a poll of each feed that is due and not being polled."""
        now = self._clock.now()
        for feed in due(self._feeds, self._states, now, started=self._started):
            self._defer(feed)

    async def once(self) -> None:
        """Poll every feed once, now, and return when all are done."""
        for feed in self._feeds:
            self._defer(feed)
        await self._jobs.settled()

    async def close(self) -> None:
        await self._jobs.close(GRACE_S)

    def _defer(self, feed: Feed) -> None:
        self._jobs.defer("poll", feed.id, lambda: self._poll(feed))

    async def _poll(self, feed: Feed) -> None:
        host = urlsplit(feed.url).hostname or ""
        per_host = self._hosts.setdefault(host, asyncio.Semaphore(FETCHES_PER_HOST_MAX))
        async with per_host, self._gate:
            state = self._states.get(feed.id, FeedState(feed_id=feed.id))
            now = self._clock.now()
            # Should the rest fail by a bug or a full disk, nobody is asked again at every tick.
            held = replace(state, last_polled=now, next_poll=now + interval(feed))
            self._states[feed.id] = held
            outcome = await self._fetcher.fetch(feed, state.validators)
        polled = await self._pipeline.ingest(feed, state, outcome, self._clock.now())
        self._states[feed.id] = polled.state
        self._count(feed, state, polled)

    def _count(self, feed: Feed, before: FeedState, polled: Polled) -> None:
        totals, taken = self.totals, polled.taken
        totals.polls += 1
        totals.items += len(taken.items)
        totals.matched += sum(1 for reading in taken.readings if reading.matches)
        for item, decision in zip(taken.items, taken.decisions, strict=True):
            match decision.kind.value:
                case "alert":
                    totals.alerts += 1
                case "update":
                    totals.updates += 1
                case "suppress":
                    why = decision.reason.split(";")[0].split(" (")[0]
                    totals.suppressed[why] = totals.suppressed.get(why, 0) + 1
            if decision.story is not None:
                totals.stories.add(decision.story)
            if decision.kind.value != "ignore":
                log.info(
                    "item_decided",
                    feed=feed.id,
                    decision=decision.kind.value,
                    story=decision.story,
                    reason=decision.reason,
                    title=item.title,
                )
        if taken.deliveries:
            self._wake()
        self._report(feed, before, polled)

    def _report(self, feed: Feed, before: FeedState, polled: Polled) -> None:
        """Log a fault once when it begins and once when it is over, not at every poll."""
        if isinstance(polled.outcome, FetchFailed):
            if polled.state.last_error != before.last_error:
                log.warning(
                    "feed_failed",
                    feed=feed.id,
                    fault=polled.outcome.fault.value,
                    status=polled.outcome.status,
                    detail=polled.outcome.detail,
                    next=polled.state.next_poll_reason,
                )
        elif isinstance(polled.parsed, ParseFailed):
            if polled.state.last_error != before.last_error:
                log.warning("feed_unreadable", feed=feed.id, detail=polled.parsed.detail)
        else:
            if before.last_error:
                log.info("feed_recovered", feed=feed.id, after_failures=before.failures)
            if polled.taken.items:
                log.info("feed_read", feed=feed.id, new=len(polled.taken.items))
