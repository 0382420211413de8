"""Keeps the possible losses that polling shows, and tells who asked; they are in the store before.

A time when the program was down is one of every feed until each was looked at.  What then reaches
back lost nothing, what rolled over has a gap of its own, and what could not be read gets one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from aggregator.feeds import gaps
from aggregator.model import Feed, FeedState, Gap
from aggregator.ports import Store

log = structlog.get_logger()

OnGap = Callable[[Feed | None, Gap], Awaitable[None]]
"""Told of each gap that is to be said, and once more, `closed` then, when nothing was missed after
all, or when that is said apart by now (`TOLD_APART`); after a restart perhaps twice, and of what is
closed also when it was never said."""

REMEMBERED = timedelta(days=30)
"""A gap that ended longer ago is closed by nothing any more."""

TOLD_AGAIN = timedelta(days=2)
"""A program that is down for longer than that left nobody a gap to be told of late."""

FIRST_LOOK = timedelta(minutes=15)
"""So long after a start nobody is told that the program was down: most often nothing was missed,
and each feed says so itself."""

NAMED_MAX = 5
"""So many feeds that cannot be read are named one by one; more stay the gap of every feed."""


@dataclass(slots=True, kw_only=True)
class _Down:
    """A time when nobody was polled, until each feed was read again."""

    gap: Gap
    unread: set[str]
    """Feeds that may have missed something by it."""
    unlooked: set[str]
    """Those of them that were not even asked since."""
    say_at: datetime
    said: bool = False
    lost: bool = False
    """A feed that was read since had rolled over."""


class Gaps:
    """The gaps that are still open, as the store has them."""

    def __init__(self, store: Store, on_gap: OnGap | None = None) -> None:
        self._store = store
        self._on_gap = on_gap
        self._of: dict[str, dict[int, Gap]] = {}
        """The open gaps of each feed."""
        self._down: dict[int, _Down] = {}
        """The times when the program was down; under 0 the one that is not in the store."""
        self._judging = asyncio.Lock()

    async def load(
        self,
        feeds: Iterable[Feed],
        states: Mapping[str, FeedState],
        now: datetime,
        *,
        once: bool = False,
    ) -> None:
        """Take over what an earlier run left open, and see if nothing ran until now.

        What was found shortly before the program ended is told again, as it may not have been;
        who hears keeps one notice a gap.  A program that polls `once` and ends is down in between
        by its operator's choice: that is kept in mind only, until `finish`.
        """
        feeds = tuple(feeds)
        by_id = {feed.id: feed for feed in feeds}
        for gap in await self._store.gaps(now - REMEMBERED):
            if gap.closed is None and not gap.feed_id:
                self._wait_for(gap, gaps.unread_since(gap, feeds, states), now)
                continue
            if gap.closed is None:
                self._keep(gap)
            if now - (gap.closed or gap.opened) <= TOLD_AGAIN and self._on_gap is not None:
                await self._on_gap(by_id.get(gap.feed_id), gap)
        down = gaps.down_at_start(feeds, states, now)
        if down is None:
            return
        if not once:
            down = await self._store.open_gap(down)
            _log_loss(down)
        self._wait_for(down, gaps.missed_by(down, feeds, states), now)

    def open_on(self, feed: Feed) -> tuple[Gap, ...]:
        """Return the gaps of a feed that are open."""
        return tuple(self._of.get(feed.id, {}).values())

    async def polled(
        self,
        feed: Feed,
        found: Iterable[Gap],
        feeds: Mapping[str, Feed],
        now: datetime,
        *,
        is_read: bool,
    ) -> None:
        """Tell of what a poll opened and closed, as it is in the store.

        `is_read` says that the feed answered with what it has, or that this is unchanged; `feeds`
        are all that are polled now.
        """
        lost = False
        for gap in found:
            lost |= gap.why == gaps.ROLLED and gap.closed is None
            await self._tell(feed, gap)
        if is_read:
            for gap in self.open_on(feed):
                if gap.why == gaps.DOWN:
                    await self._end(feed, gap, now, lost=lost)
        for down in tuple(self._down.values()):
            down.unlooked.discard(feed.id)
            if is_read:
                down.unread.discard(feed.id)
            down.lost |= lost
        await self._judge_all(feeds, now)

    async def finish(self, feeds: Mapping[str, Feed], now: datetime) -> None:
        """Say what is still open of a time when the program was down, as nothing more is polled."""
        for down in tuple(self._down.values()):
            down.say_at = now
        await self._judge_all(feeds, now)

    async def _judge_all(self, feeds: Mapping[str, Feed], now: datetime) -> None:
        if self._down:
            async with self._judging:  # polls end side by side
                for down in tuple(self._down.values()):
                    await self._judge(down, feeds, now)

    async def _judge(self, down: _Down, feeds: Mapping[str, Feed], now: datetime) -> None:
        """End what every feed showed to be no loss, and say what is left once all were asked."""
        if not any(one in feeds for one in down.unread):
            await self._over(down, now)
            return
        if now < down.say_at and any(one in feeds for one in down.unlooked):
            return
        if down.said and len(down.unread) > NAMED_MAX:
            return
        unread = sorted(one for one in down.unread if one in feeds)
        if len(unread) <= NAMED_MAX:
            for one in unread:
                alone = replace(down.gap, id=0, feed_id=one, opened=now)
                await self._tell(feeds[one], await self._store.open_gap(alone))
            down.lost = True
            await self._over(down, now)
        elif not down.said:
            await self._say(down)

    async def _say(self, down: _Down) -> None:
        """Tell that every feed may have missed something."""
        if not down.gap.id:
            del self._down[0]
            down.gap = await self._store.open_gap(down.gap)
            self._down[down.gap.id] = down
            _log_loss(down.gap)
        down.said = True
        if self._on_gap is not None:
            await self._on_gap(None, down.gap)

    async def _over(self, down: _Down, now: datetime) -> None:
        if down.gap.id:
            await self._end(None, down.gap, now, lost=down.lost)
        self._down.pop(down.gap.id, None)

    async def _end(self, feed: Feed | None, gap: Gap, now: datetime, *, lost: bool) -> None:
        """Close a time when the program was down; what was `lost` by it has a gap of its own."""
        await self._store.close_gap(gap.id, now)
        self._drop(gap)
        log.info("looked_since_down", feed=gap.feed_id, since=gap.since, lost=lost)
        if self._on_gap is not None:
            why = gaps.TOLD_APART if lost else gap.why
            await self._on_gap(feed, replace(gap, why=why, until=gap.until or now, closed=now))

    def _wait_for(self, gap: Gap, unread: Collection[str], now: datetime) -> None:
        known = self._down.get(gap.id)
        whole = set(unread) if known is None else known.unread | set(unread)
        self._down[gap.id] = _Down(
            gap=gap, unread=whole, unlooked=set(whole), say_at=now + FIRST_LOOK
        )

    def _keep(self, gap: Gap) -> None:
        self._of.setdefault(gap.feed_id, {})[gap.id] = gap

    def _drop(self, gap: Gap) -> None:
        self._of.get(gap.feed_id, {}).pop(gap.id, None)

    async def _tell(self, feed: Feed, gap: Gap) -> None:
        if gap.closed is None:
            self._keep(gap)
            _log_loss(gap)
        else:
            self._drop(gap)
            log.info("nothing_lost", feed=gap.feed_id, why=gap.why, since=gap.since)
        if self._on_gap is not None:
            await self._on_gap(feed, gap)


def _log_loss(gap: Gap) -> None:
    log.warning("possible_loss", feed=gap.feed_id, why=gap.why, since=gap.since, until=gap.until)
