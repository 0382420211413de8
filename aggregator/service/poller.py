"""Polls what is due, at the pace each site bears, and hands it to the pipeline."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from aggregator.errors import StoreError
from aggregator.feeds import outage, pace
from aggregator.feeds.polling import asked, credited, due, held, interval, weighed
from aggregator.feeds.standing import Ask, news
from aggregator.model import (
    DecisionKind,
    Feed,
    FeedState,
    FetchFailed,
    FetchFault,
    FetchOutcome,
    NotModified,
    Parsed,
    ParseFailed,
    StoryId,
)
from aggregator.pipeline import Pipeline, Polled
from aggregator.ports import Clock, Fetcher, Store
from aggregator.service.gaps import Gaps, OnGap
from aggregator.service.jobs import GRACE_S, TaskJobs
from aggregator.service.record import record

log = structlog.get_logger()

FETCHES_MAX = 64
FETCHES_SLOW_MAX = 16
"""Of feeds that took too long the last time: however many drip, the others have their places."""
FETCHES_PER_HOST_MAX = 2
POLL_S_MAX = 60.0
"""What fetches has a deadline of its own; this one holds where that fails."""

OnFeed = Callable[[Feed, str], Awaitable[None]]
"""Told, in words for the operator, that a feed moved, is gone or is back."""


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
    """Polls what is due, at the pace each site bears, and hands it to the pipeline."""

    def __init__(
        self,
        *,
        feeds: Sequence[Feed],
        store: Store,
        fetcher: Fetcher,
        pipeline: Pipeline,
        clock: Clock,
        wake: Callable[[], None],
        on_gap: OnGap | None = None,
        on_feed: OnFeed | None = None,
        weigh: Callable[[Feed], float] = lambda _: 1.0,
        poll_s_max: float = POLL_S_MAX,
    ) -> None:
        """`on_gap` and `on_feed` are told what the operator must know; `weigh` says how much hangs
        on a feed, 1 being usual.
        """
        self._feeds: tuple[Feed, ...] = ()
        self._hosts: frozenset[str] = frozenset()
        self.replace_feeds(feeds)
        self._store = store
        self._fetcher = fetcher
        self._pipeline = pipeline
        self._clock = clock
        self._wake = wake
        self._on_feed = on_feed
        self._weigh = weigh
        self._poll_s_max = poll_s_max
        self._jobs = TaskJobs()
        self._gate = asyncio.Semaphore(FETCHES_MAX)
        self._slow = asyncio.Semaphore(FETCHES_SLOW_MAX)
        self._places: dict[str, asyncio.Semaphore] = {}
        self._sites: dict[str, pace.Site] = {}
        self._line = outage.Line()
        self._polling: set[str] = set()
        self._forgiven: dict[str, int] = {}
        self._gaps = Gaps(store, on_gap)
        self._states: dict[str, FeedState] = {}
        self._started = clock.now()
        self._store_fault = ""
        self.totals = Totals()

    async def load(self) -> None:
        """Read the feeds' states, so that a restart polls nothing early."""
        self._states = await self._store.feed_states()
        for feed in self._feeds:
            state = self._states.get(feed.id)
            if state is not None and state.learnt.held_until is not None:
                self._hold(pace.site_of(feed.url), state.learnt.held_until)
        await self._gaps.load(self._feeds, self._states, self._clock.now())

    def replace_feeds(self, feeds: Sequence[Feed]) -> None:
        """Poll these from now on."""
        self._feeds = tuple(feed for feed in feeds if feed.enabled)
        self._hosts = frozenset(pace.site_of(feed.url) for feed in self._feeds)

    async def tick(self) -> None:
        """Start a poll of each feed that is due and not being polled."""
        now = self._clock.now()
        for feed in due(self._feeds, self._states, now, started=self._started):
            if not pace.is_held(self._site(pace.site_of(feed.url)), now):
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
        self._polling.add(feed.id)
        try:
            try:
                await self._poll_in_turn(feed)
            finally:
                self._polling.discard(feed.id)
                await self._forgive()
        except StoreError as error:
            # A full disk is no bug: said once, and the feed is asked again in its turn.
            if str(error) != self._store_fault:
                log.warning("store_failed", feed=feed.id, why=str(error))
            self._store_fault = str(error)
        else:
            self._store_fault = ""

    async def _poll_in_turn(self, feed: Feed) -> None:
        before = self._states.get(feed.id)
        site = pace.site_of(asked(feed, before, self._clock.now()).feed.url)
        places = self._places.setdefault(site, asyncio.Semaphore(FETCHES_PER_HOST_MAX))
        slow = before is not None and before.last_error.startswith(FetchFault.TIMEOUT)
        async with AsyncExitStack() as turn:
            await turn.enter_async_context(places)
            if not feed.allow_private and not await self._may_ask(site):
                return
            await turn.enter_async_context(self._slow if slow else self._gate)
            began = self._clock.now()
            ask = asked(feed, before, began)
            state = weighed(ask.state, self._weigh(feed))
            # Should the rest fail by a bug or a full disk, nobody is asked again at every tick.
            self._states[feed.id] = replace(
                state, last_polled=began, next_poll=began + interval(feed)
            )
            outcome = await self._fetch(ask)
        now = self._clock.now()
        outcome = self._judged(site, state, outcome)
        until = held(outcome, feed, now)
        if until is not None:
            self._hold(site, until)
        polled = await self._pipeline.ingest(feed, state, outcome, now, self._gaps.open_on(feed))
        self._states[feed.id] = polled.state
        self._count(feed, state, polled)
        took_s = (now - began).total_seconds()
        log.debug("feed_polled", feed=feed.id, **record(ask, polled), took_s=round(took_s, 3))
        await self._follow_up(feed, state, polled)

    async def _may_ask(self, site: str) -> bool:
        """Wait for the site's next turn; False when it asked to be left alone meanwhile."""
        at, self._sites[site] = pace.turn(self._site(site), site, self._clock.now())
        wait_s = (at - self._clock.now()).total_seconds()
        if wait_s > 0:
            await self._clock.sleep(wait_s)
        return not pace.is_held(self._site(site), self._clock.now())

    async def _fetch(self, ask: Ask) -> FetchOutcome:
        try:
            async with asyncio.timeout(self._poll_s_max):
                return await self._fetcher.fetch(ask.feed, ask.validators)
        except TimeoutError:
            detail = f"no whole answer within {self._poll_s_max:g} s"
            return FetchFailed(fault=FetchFault.TIMEOUT, detail=detail)

    def _judged(self, site: str, before: FeedState, outcome: FetchOutcome) -> FetchOutcome:
        """Return `outcome`, marked as ours when no host at all can be reached."""
        line = outage.heard(self._line, site, before, outcome)
        if not isinstance(outcome, FetchFailed) or not line.is_down(len(self._hosts)):
            self._line = line
            return outcome
        if self._line.blamed:
            log.warning("network_down", hosts=len(line.hosts), detail=outcome.detail)
        self._forgiven |= self._line.blamed
        self._line = replace(line, blamed={})
        return replace(outcome, ours=True)

    async def _forgive(self) -> None:
        """Take back what was counted against feeds while the network was down."""
        feeds = {feed.id: feed for feed in self._feeds}
        for feed_id in [one for one in self._forgiven if one not in self._polling]:
            failures = self._forgiven.pop(feed_id)
            state, feed = self._states.get(feed_id), feeds.get(feed_id)
            if feed is not None and state is not None and state.failures > failures:
                state = outage.forgiven(feed, state, failures, self._clock.now())
                self._states[feed_id] = state
                await self._store.save_feed_state(state)

    async def _follow_up(self, feed: Feed, before: FeedState, polled: Polled) -> None:
        """Remember who broke a story, and say aloud what may have been missed."""
        now, state = self._clock.now(), polled.state
        told = news(before.standing, state.standing)
        if told:
            log.warning("feed_changed", feed=feed.id, what=told)
            if self._on_feed is not None:
                await self._on_feed(feed, told)
        broke = sum(one.kind is DecisionKind.ALERT for one in polled.taken.decisions)
        if broke:
            self._states[feed.id] = state = credited(state, broke, now)
            await self._store.save_feed_state(state)
        await self._gaps.polled(feed, polled.gaps)
        is_good = isinstance(polled.parsed, Parsed) or isinstance(polled.outcome, NotModified)
        if is_good and self._gaps.was_down:
            await self._gaps.made_up(self._feeds, self._states, now)

    def _site(self, name: str) -> pace.Site:
        return self._sites.get(name, pace.Site())

    def _hold(self, name: str, until: datetime) -> None:
        site = self._site(name)
        self._sites[name] = replace(site, held_until=max(until, site.held_until or until))

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
