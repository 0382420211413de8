"""Keeps the possible losses that polling shows, and tells who asked; they are in the store before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from aggregator.feeds import gaps
from aggregator.model import Feed, FeedState, Gap
from aggregator.ports import Store

log = structlog.get_logger()

OnGap = Callable[[Feed | None, Gap], Awaitable[None]]
"""Told of each gap that opens, and once more, `closed` then, when nothing was missed after all;
after a restart perhaps twice."""

REMEMBERED = timedelta(days=30)
"""A gap that ended longer ago is closed by nothing any more."""

TOLD_AGAIN = timedelta(days=2)
"""A program that is down for longer than that left nobody a gap to be told of late."""


class Gaps:
    """The gaps that are still open, as the store has them."""

    def __init__(self, store: Store, on_gap: OnGap | None = None) -> None:
        self._store = store
        self._on_gap = on_gap
        self._open: dict[int, Gap] = {}

    async def load(
        self, feeds: Iterable[Feed], states: Mapping[str, FeedState], now: datetime
    ) -> None:
        """Take over what an earlier run left open, and say if nothing ran until now.

        What was found shortly before the program ended is told again, as it may not have been;
        who hears keeps one notice a gap.
        """
        feeds = tuple(feeds)
        by_id = {feed.id: feed for feed in feeds}
        kept = await self._store.gaps(now - REMEMBERED)
        self._open = {gap.id: gap for gap in kept if gap.closed is None}
        for gap in kept:
            if now - (gap.closed or gap.opened) <= TOLD_AGAIN and self._on_gap is not None:
                await self._on_gap(by_id.get(gap.feed_id), gap)
        down = gaps.down_at_start(feeds, states, now)
        if down is not None:
            await self._tell(None, await self._store.open_gap(down))

    def open_on(self, feed: Feed) -> tuple[Gap, ...]:
        """Return the gaps of a feed that are open."""
        return tuple(gap for gap in self._open.values() if gap.feed_id == feed.id)

    async def polled(self, feed: Feed, found: Iterable[Gap]) -> None:
        """Tell of what a poll opened and closed, as it is in the store."""
        for gap in found:
            await self._tell(feed, gap)

    async def made_up(
        self, feeds: Iterable[Feed], states: Mapping[str, FeedState], now: datetime
    ) -> None:
        """Close the times when the program was down and every feed still listed what it had."""
        known = tuple(self._open.values())
        for gap in known:
            if gap.why == gaps.DOWN and gaps.made_up_for(gap, feeds, states, known):
                await self._store.close_gap(gap.id, now)
                await self._tell(None, replace(gap, until=gap.until or now, closed=now))

    @property
    def was_down(self) -> bool:
        """Whether a time when the program was down still stands as a possible loss."""
        return any(gap.why == gaps.DOWN for gap in self._open.values())

    async def _tell(self, feed: Feed | None, gap: Gap) -> None:
        if gap.closed is None:
            self._open[gap.id] = gap
            log.warning(
                "possible_loss", feed=gap.feed_id, why=gap.why, since=gap.since, until=gap.until
            )
        else:
            self._open.pop(gap.id, None)
            log.info("nothing_lost", feed=gap.feed_id, why=gap.why, since=gap.since)
        if self._on_gap is not None:
            await self._on_gap(feed, gap)
