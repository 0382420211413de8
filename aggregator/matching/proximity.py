"""NEAR: one span for each part, neighbours no further apart than asked, none sharing a word."""

from __future__ import annotations

from aggregator.matching.surface import Span, Surface

Placed = tuple[int, int, int]
"""Start, end, number of the part."""


class Chain:
    """The search for one span a part among `placed`, which are sorted and of one field.

    Bounded by the spans times two to the power of parts: a state (last span, parts left) that led
    nowhere is not tried again.
    """

    __slots__ = ("_dead", "_ordered", "_parts", "_placed", "_surface", "_words")

    def __init__(
        self, placed: list[Placed], parts: int, words: int, surface: Surface, *, ordered: bool
    ) -> None:
        self._placed = placed
        self._parts = parts
        self._words = words
        self._surface = surface
        self._ordered = ordered
        self._dead: set[tuple[int, int]] = set()

    def first(self) -> list[Span] | None:
        """Return the spans of the first chain that holds, in reading order; None without one."""
        every = (1 << self._parts) - 1
        for at, (_, _, part) in enumerate(self._placed):
            if self._may_follow(part, every) and (chain := self._grow(at, every ^ (1 << part))):
                return chain
        return None

    def _may_follow(self, part: int, left: int) -> bool:
        """Say whether `part` may come next when the parts in the bits of `left` are wanting."""
        bit = 1 << part
        return bit == left & -left if self._ordered else bool(bit & left)

    def _grow(self, at: int, left: int) -> list[Span] | None:
        """Return a chain from the span `at` through the parts `left`."""
        start, end, _ = self._placed[at]
        if not left:
            return [(start, end)]
        if (at, left) in self._dead:
            return None
        for following in range(at + 1, len(self._placed)):
            begin, _, part = self._placed[following]
            if begin < end:
                continue
            if not self._surface.near(end, begin, self._words):
                break
            if self._may_follow(part, left) and (rest := self._grow(following, left ^ (1 << part))):
                return [(start, end), *rest]
        self._dead.add((at, left))
        return None
