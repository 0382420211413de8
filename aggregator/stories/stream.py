"""Clusters a stream of items alone, with no rules: every item joins a story or starts one.

The same items in the same order give the same stories.  After a restart, `put` the reports of
the last 72 hours in their old order: nothing else is remembered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aggregator.model import EventKind
from aggregator.stories.features import Text, Weighed, compare
from aggregator.stories.score import Model, probability, shipped_model
from aggregator.stories.similar import shown
from aggregator.stories.window import Live, Window

JOIN = 0.6
"""From this score on an item joins a story of the window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where an item went, and why."""

    story: str
    score: float
    """Of the best story there was, whether joined or not; 0 where nothing was near."""
    why: str
    joined: bool


class Clusterer:
    """An online clusterer over a 72-hour window."""

    def __init__(
        self, *, model: Model | None = None, join: float = JOIN, with_time: bool = True
    ) -> None:
        self.window = Window()
        self._model = shipped_model() if model is None else model
        self._join = join
        self._with_time = with_time

    def add(
        self,
        id: str,  # noqa: A002 - it is the item's id, whatever builtin is called so
        at: datetime,
        title: str,
        summary: str = "",
        event: EventKind = EventKind.OTHER,
    ) -> Placed:
        """Place one item; a story that begins with it has its id."""
        text = Text(title, summary, event)
        best: tuple[float, Live, tuple[str, ...]] | None = None
        weight = Weighed(self.window.words.weight).__getitem__
        for live in self.window.near(at, text):
            features = compare(
                text,
                live.pile,
                weight,
                hours=live.apart(at).total_seconds() / 3600 if self._with_time else 0.0,
            )
            logit = self._model.logit(features)
            if best is None or logit > best[0]:
                best = logit, live, features.shared
        score = probability(best[0]) if best else 0.0
        if best is not None and score >= self._join:
            live = best[1]
            hours = live.apart(at).total_seconds() / 3600
            why = f"shares {', '.join(best[2])}; {hours:.0f} h apart; score {shown(score)}"
            placed = Placed(story=live.id, score=score, why=why, joined=True)
        else:
            placed = Placed(story=id, score=score, why="nothing like it", joined=False)
        self.put(placed.story, at, text)
        return placed

    def put(self, story: str, at: datetime, text: Text) -> None:
        """Add a report that is known to belong to `story`."""
        self.window.put(story, at, text)
