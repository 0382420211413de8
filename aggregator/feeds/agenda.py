"""Which feed is asked next of ten thousand, without looking at each of them each second; pure.

Feeds stand in a heap by when they are due.  One that is being asked stands nowhere, and is planned
anew with the state that its poll left behind.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from aggregator.feeds.polling import FIRST_POLLS_WITHIN, FLOOR, due_at
from aggregator.model import Feed, FeedState

FIRST_POLLS_A_SECOND = 34
"""A start with so many feeds that this pace takes longer spreads their first polls by it: then
10,000 feeds take five minutes."""

_STALE_TIMES = 2
"""The heap may hold so many times what is planned before it is made anew."""


def spread(feeds: int) -> timedelta:
    """Return over how long the first polls of so many feeds are spread."""
    return max(FIRST_POLLS_WITHIN, timedelta(seconds=feeds / FIRST_POLLS_A_SECOND))


class Agenda:
    """When each feed is due; asks no clock."""

    def __init__(
        self,
        feeds: Iterable[Feed],
        states: Mapping[str, FeedState],
        now: datetime,
        *,
        started: datetime | None,
    ) -> None:
        """Plan the enabled ones of `feeds`; `started` is when the program began to poll, from
        where what is due anyway is spread.  None spreads nothing.
        """
        enabled = [feed for feed in feeds if feed.enabled]
        self._started = started
        self._spread = spread(len(enabled))
        self._planned: dict[str, tuple[datetime, Feed]] = {}
        self._heap: list[tuple[datetime, str]] = []
        self._looked = now
        for feed in enabled:
            self.plan(feed, states.get(feed.id), now)

    @property
    def waiting(self) -> int:
        """How many places the heap holds, void ones too."""
        return len(self._heap)

    def plan(
        self,
        feed: Feed,
        state: FeedState | None,
        now: datetime,
        *,
        held_until: datetime | None = None,
    ) -> None:
        """Let `feed` be due as `state` says, yet not before its site may be asked again."""
        at = due_at(feed, state, started=self._started, spread=self._spread) or now
        if state is not None and state.last_polled is not None and state.last_polled > now + FLOOR:
            at = now  # the clock stepped back: what was planned by the other one is void
        if held_until is not None:
            at = max(at, held_until)
        self._planned[feed.id] = (at, feed)
        heapq.heappush(self._heap, (at, feed.id))
        if len(self._heap) > _STALE_TIMES * len(self._planned) + 64:
            self._heap = [(when, name) for name, (when, _) in self._planned.items()]
            heapq.heapify(self._heap)

    def take(self, now: datetime) -> tuple[Feed, ...]:
        """Return the feeds that are due at `now`, the longest overdue first, and forget them."""
        found = []
        while self._heap and self._heap[0][0] <= now:
            at, feed_id = heapq.heappop(self._heap)
            planned = self._planned.get(feed_id)
            if planned is not None and planned[0] == at:
                del self._planned[feed_id]
                found.append(planned[1])
        self._looked = now
        return tuple(found)

    def stepped_back(self, now: datetime) -> timedelta | None:
        """Return how far the clock stepped back since the last look, so that all is to be planned
        anew; None if it did not.
        """
        step = self._looked - now
        return step if step > FLOOR else None
