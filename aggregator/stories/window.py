"""The live stories, found by their rarest words; what falls silent for 72 hours leaves."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aggregator.stories.features import Pile, Text
from aggregator.stories.terms import Words

WINDOW = timedelta(hours=72)
"""A story takes no more reports after so long a silence; what comes later is another one."""

POSTINGS_MAX = 64
"""Of the stories that have a stem only so many, the last told, are looked at: a stem that more
have tells nothing by itself."""

TOUCHED_MAX = 320
"""So many stories are looked at for one item, over all its stems, the rarest first."""

CANDIDATES_MAX = 6
"""So many of them, those that share the most, are compared in full."""

EXPIRED_MAX = 1000
"""So many stories leave at one step: after a silence of days the others wait for the next item,
unseen, so that no single item takes long."""


@dataclass(slots=True, kw_only=True)
class Live:
    """One story of the window."""

    id: str
    first_at: datetime
    last_at: datetime
    pile: Pile = field(default_factory=Pile)

    def apart(self, at: datetime) -> timedelta:
        """Return the time between `at` and the stretch in which the story was reported."""
        if at > self.last_at:
            return at - self.last_at
        return max(self.first_at - at, timedelta())


class Window:
    """Stories by id, and by stem; not shared between threads."""

    def __init__(self) -> None:
        self.words = Words()
        self.stories: dict[str, Live] = {}
        self._having: dict[str, dict[str, None]] = {}
        self._leaving: list[tuple[datetime, str]] = []
        self._now: datetime | None = None

    def put(self, story: str, at: datetime, text: Text) -> None:
        """Add one report to `story`, which begins with it if it is not here yet."""
        live = self.stories.get(story)
        new = live is None
        if live is None:
            live = self.stories[story] = Live(id=story, first_at=at, last_at=at)
            heapq.heappush(self._leaving, (at, story))
        live.first_at = min(live.first_at, at)
        live.last_at = max(live.last_at, at)
        self.words.add(live.pile.add(text), new=new)
        for term in text.terms:
            having = self._having.setdefault(term, {})
            having.pop(story, None)
            having[story] = None
        self._now = at if self._now is None else max(self._now, at)
        self._expire(self._now - WINDOW)

    def near(self, at: datetime, text: Text) -> Sequence[Live]:
        """Return the stories that share the most with `text`, the likeliest first."""
        weight = self.words.weight
        ranked = sorted([(-weight(term), term) for term in text.terms])
        shared: dict[str, float] = {}
        left = TOUCHED_MAX
        for minus, term in ranked:
            having = self._having.get(term)
            if having is None:
                continue
            gain = minus * minus
            for _, story in zip(range(min(POSTINGS_MAX, left)), reversed(having), strict=False):
                shared[story] = shared.get(story, 0.0) + gain
            left -= min(POSTINGS_MAX, left, len(having))
            if not left:
                break
        order = sorted(shared.items(), key=lambda pair: (-pair[1], pair[0]))
        found: list[Live] = []
        for story, _ in order:
            live = self.stories[story]
            if live.apart(at) <= WINDOW:
                found.append(live)
                if len(found) == CANDIDATES_MAX:
                    break
        return found

    def _expire(self, before: datetime) -> None:
        """Drop stories last told before `before`."""
        for _ in range(EXPIRED_MAX):
            if not self._leaving or self._leaving[0][0] >= before:
                return
            _, story = heapq.heappop(self._leaving)
            live = self.stories[story]
            if live.last_at >= before:
                heapq.heappush(self._leaving, (live.last_at, story))
                continue
            del self.stories[story]
            self.words.remove(live.pile.counts)
            for term in live.pile.counts:
                having = self._having[term]
                del having[story]
                if not having:
                    del self._having[term]
