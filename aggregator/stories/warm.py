"""How telling a word is among the stories of the window: the shipped table, warmed by them.

What comes out follows from the stories alone, not from the way they came in, so that a program
that was started anew weighs every word as one that never stopped.
"""

from __future__ import annotations

from collections.abc import Mapping

from aggregator.model import Story, StoryId
from aggregator.stories.features import text_of
from aggregator.stories.terms import Words


class Warm:
    """The words of some stories, counted; brought up to date story by story."""

    def __init__(self) -> None:
        self._words = Words()
        self._told: dict[StoryId, tuple[Story, frozenset[str]]] = {}

    def weight(self, term: str) -> float:
        """Return how much sharing `term` tells."""
        return self._words.weight(term)

    def follow(self, stories: Mapping[StoryId, Story]) -> None:
        """Count these stories and no others."""
        for gone in self._told.keys() - stories.keys():
            self._drop(gone)
        for story in stories.values():
            self.put(story)

    def put(self, story: Story) -> None:
        """Count `story` as it is now."""
        before = self._told.get(story.id)
        if before is not None and before[0] is story:
            return
        stems = frozenset().union(
            *(text_of(r.title, r.summary, r.event.kind).stems for r in story.reports)
        )
        if before is None or before[1] != stems:
            if before is not None:
                self._drop(story.id)
            self._words.add(stems, new=True)
        self._told[story.id] = (story, stems)

    def _drop(self, story: StoryId) -> None:
        _, stems = self._told.pop(story)
        self._words.remove(stems)
