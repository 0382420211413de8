"""Keeps the possible losses that polling shows: opens them, closes them, and tells who asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

import structlog

from aggregator.feeds import gaps
from aggregator.model import Feed, FeedState, Gap, Parsed
from aggregator.ports import Store

log = structlog.get_logger()

OnGap = Callable[[Feed | None, Gap], Awaitable[None]]
"""Told of each gap that opens, and once more, `closed` then, when nothing was missed after all."""

REMEMBERED = timedelta(days=30)
"""A gap that ended longer ago is closed by nothing any more."""


class Gaps:
    """The gaps that are still open, as the store has them."""

    def __init__(self, store: Store, on_gap: OnGap | None = None) -> None:
        self._store = store
        self._on_gap = on_gap
        self._open: dict[int, Gap] = {}

    async def load(
        self, feeds: Iterable[Feed], states: Mapping[str, FeedState], now: datetime
    ) -> None:
        """Take over what an earlier run left open, and say if nothing ran until now."""
        kept = await self._store.gaps(now - REMEMBERED)
        self._open = {gap.id: gap for gap in kept if gap.closed is None}
        down = gaps.down_at_start(feeds, states, now)
        if down is not None:
            await self._opened(None, down)

    async def polled(
        self, feed: Feed, before: FeedState, after: FeedState, parsed: Parsed | None, now: datetime
    ) -> None:
        """Open and close what a good answer shows; `parsed` is None for a 304."""
        known = [gap for gap in self._open.values() if gap.feed_id == feed.id]
        for decision in gaps.gaps_after(feed, before, after, parsed, now, known=known):
            match decision:
                case gaps.OpenGap(gap=gap):
                    await self._opened(feed, gap)
                case gaps.CloseGap(gap=gap):
                    await self._closed(feed, gap, now)
                case _:
                    assert_never(decision)

    async def made_up(
        self, feeds: Iterable[Feed], states: Mapping[str, FeedState], now: datetime
    ) -> None:
        """Close the times when the program was down and every feed still listed what it had."""
        known = tuple(self._open.values())
        for gap in known:
            if gap.why == gaps.DOWN and gaps.made_up_for(gap, feeds, states, known):
                await self._closed(None, gap, now)

    @property
    def was_down(self) -> bool:
        """Whether a time when the program was down still stands as a possible loss."""
        return any(gap.why == gaps.DOWN for gap in self._open.values())

    async def _opened(self, feed: Feed | None, gap: Gap) -> None:
        opened = await self._store.open_gap(gap)
        self._open[opened.id] = opened
        log.warning(
            "possible_loss", feed=gap.feed_id, why=gap.why, since=gap.since, until=gap.until
        )
        if self._on_gap is not None:
            await self._on_gap(feed, opened)

    async def _closed(self, feed: Feed | None, gap: Gap, now: datetime) -> None:
        await self._store.close_gap(gap.id, now)
        self._open.pop(gap.id, None)
        log.info("nothing_lost", feed=gap.feed_id, why=gap.why, since=gap.since)
        if self._on_gap is not None:
            await self._on_gap(feed, replace(gap, until=gap.until or now, closed=now))
