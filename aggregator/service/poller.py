"""Polls what is due, at the pace each site bears, and hands it to the pipeline."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from aggregator.errors import StoreError
from aggregator.feeds import outage, pace
from aggregator.feeds.agenda import Agenda
from aggregator.feeds.polling import RETRY_AFTER_MAX, asked, credited, held, interval, weighed
from aggregator.feeds.standing import Ask, news
from aggregator.model import (
    DecisionKind,
    Feed,
    FeedState,
    Fetched,
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
from aggregator.service.vitals import own_fault

log = structlog.get_logger()

FETCHES_MAX = 64
FETCHES_SLOW_MAX = 16
"""Of feeds that took too long the last time: however many drip, the others have their places."""
FETCHES_PER_HOST_MAX = 2
BODIES_MAX = 16
"""Fetched and not yet parsed and stored: where that falls behind, less is fetched, for bodies that
wait would fill the memory."""
POLL_S_MAX = 60.0
"""What fetches has a deadline of its own; this one holds where that fails."""

OWN_FAULTS_MAX = 20
"""So many different ones are told; whoever was told that many looks at the log."""

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
        self._bodies = asyncio.Semaphore(BODIES_MAX)
        self._places: dict[str, asyncio.Semaphore] = {}
        self._sites: dict[str, pace.Site] = {}
        self._line = outage.Line()
        self._polling: set[str] = set()
        self._forgiven: dict[str, int] = {}
        self._gaps = Gaps(store, on_gap)
        self._states: dict[str, FeedState] = {}
        self._started = clock.now()
        self._store_fault = ""
        self._own_faults: set[str] = set()
        self.totals = Totals()
        self.replace_feeds(feeds)

    async def load(self, *, once: bool = False) -> None:
        """Read the feeds' states, so that a restart polls nothing early.

        `once` says that each feed is polled once, and that nothing runs until the next time.
        """
        self._states = await self._store.feed_states()
        now = self._clock.now()
        for feed in self._feeds.values():
            state = self._states.get(feed.id)
            if state is not None and state.learnt.held_until is not None:
                # No site is left alone for longer: a later time was set by a clock that was wrong.
                until = min(state.learnt.held_until, now + RETRY_AFTER_MAX)
                self._hold(pace.site_of(feed.url), until)
        await self._gaps.load(self._feeds.values(), self._states, now, once=once)
        self._plan_all()

    def replace_feeds(self, feeds: Sequence[Feed]) -> None:
        """Poll these from now on."""
        self._feeds = {feed.id: feed for feed in feeds if feed.enabled}
        self._hosts = frozenset(pace.site_of(feed.url) for feed in self._feeds.values())
        self._plan_all()

    async def tick(self) -> None:
        """Start a poll of each feed that is due and not being polled."""
        now = self._clock.now()
        step = self._agenda.stepped_back(now)
        if step is not None:
            self._set_back(step, now)
        for feed in self._agenda.take(now):
            site = self._site(pace.site_of(feed.url))
            if pace.is_held(site, now):
                self._plan(feed, site)
            elif not self._defer(feed):
                self._plan(feed)  # its last poll is just ending: whoever is not planned is lost

    async def once(self) -> None:
        """Poll every feed once, now, and return when all are done."""
        for feed in self._feeds.values():
            self._defer(feed)
        await self._jobs.settled()
        await self._gaps.finish(self._feeds, self._clock.now())

    async def close(self) -> None:
        await self._jobs.close(GRACE_S)

    def _set_back(self, step: timedelta, now: datetime) -> None:
        """Wait for nothing that lies ahead only because the clock was set back by `step`."""
        log.warning("clock_set_back", by_s=round(step.total_seconds()))
        self._started = min(self._started, now)
        self._sites = {name: pace.set_back(site, step) for name, site in self._sites.items()}
        self._plan_all()

    def _plan_all(self) -> None:
        self._agenda = Agenda(
            self._feeds.values(), self._states, self._clock.now(), started=self._started
        )

    def _plan(self, feed: Feed, site: pace.Site | None = None) -> None:
        """Let `feed` be due again, unless it was taken out of the configuration meanwhile."""
        live = self._feeds.get(feed.id)
        if live is not None:
            until = None if site is None else site.held_until
            now = self._clock.now()
            self._agenda.plan(live, self._states.get(feed.id), now, held_until=until)

    def _defer(self, feed: Feed) -> bool:
        return self._jobs.defer("poll", feed.id, lambda: self._poll(feed))

    async def _poll(self, feed: Feed) -> None:
        self._polling.add(feed.id)
        try:
            try:
                await self._poll_in_turn(feed)
            finally:
                self._polling.discard(feed.id)
                self._plan(feed)
                await self._forgive()
        except StoreError as error:
            # A full disk is no bug: said once, and the feed is asked again in its turn.
            if str(error) != self._store_fault:
                log.warning("store_failed", feed=feed.id, why=str(error))
            self._store_fault = str(error)
        except Exception as error:
            await self._own_fault(feed, own_fault(error))
            raise  # to the top of the job, which logs it whole
        else:
            self._store_fault = ""

    async def _own_fault(self, feed: Feed, what: str) -> None:
        """Let who asks see that a bug of ours keeps `feed` from being read; say each bug once."""
        before = self._states.get(feed.id, FeedState(feed_id=feed.id))
        self._states[feed.id] = state = replace(before, last_error=what)
        await self._store.save_feed_state(state)
        known = what in self._own_faults or before.last_error == what
        if len(self._own_faults) < OWN_FAULTS_MAX:
            self._own_faults.add(what)
            if not known and self._on_feed is not None:
                await self._on_feed(feed, what)

    async def _poll_in_turn(self, feed: Feed) -> None:
        before = self._states.get(feed.id)
        site = pace.site_of(asked(feed, before, self._clock.now()).feed.url)
        places = self._places.setdefault(site, asyncio.Semaphore(FETCHES_PER_HOST_MAX))
        slow = before is not None and before.last_error.startswith(FetchFault.TIMEOUT)
        async with AsyncExitStack() as whole, AsyncExitStack() as turn:
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
            if isinstance(outcome, Fetched):
                await whole.enter_async_context(self._bodies)
            await turn.aclose()
            now = self._clock.now()
            outcome = self._judged(site, state, outcome)
            until = held(outcome, feed, now)
            if until is not None:
                self._hold(site, until)
            known = self._gaps.open_on(feed)
            polled = await self._pipeline.ingest(feed, state, outcome, now, known)
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
        for feed_id in [one for one in self._forgiven if one not in self._polling]:
            failures = self._forgiven.pop(feed_id, None)
            if failures is None:
                continue  # another poll forgave it while this one wrote
            state, feed = self._states.get(feed_id), self._feeds.get(feed_id)
            if feed is not None and state is not None and state.failures > failures:
                state = outage.forgiven(feed, state, failures, self._clock.now())
                self._states[feed_id] = state
                self._plan(feed)
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
        is_read = isinstance(polled.parsed, Parsed) or isinstance(polled.outcome, NotModified)
        await self._gaps.polled(feed, polled.gaps, self._feeds, now, is_read=is_read)

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
