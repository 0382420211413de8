"""What of an item is matched, and the one stretch of text that it is scanned as.

The fields stand one after another in one straightened text, so that a single pass covers them; a
hit is a pair of offsets into it, and becomes evidence in the item's own words at the end.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from aggregator.matching import text
from aggregator.model import Evidence, Item, TextField

Span = tuple[int, int]
"""Start and end in the joined text."""

TAG_JOINER = " | "
"""Evidence in tags is counted in the tags joined by this; no phrase runs across it."""

_MARGIN = text.SEPARATOR * 2
"""What stands before, between and after fields, so that looking at neighbours never falls off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What of an item rules can look at."""

    title: str
    summary: str = ""
    source: str = ""
    url: str = ""
    court: str | None = None
    tags: tuple[str, ...] = ()

    @classmethod
    def of(cls, item: Item) -> Fields:
        """Return the fields of `item`; its source is the outlet's name."""
        return cls(
            title=item.title,
            summary=item.summary,
            source=item.outlet,
            url=item.url,
            court=item.court,
            tags=item.tags,
        )

    def text(self, field: TextField) -> str:
        """Return the text that evidence of `field` points into."""
        match field:
            case "tag":
                return TAG_JOINER.join(self.tags)
            case "court":
                return self.court or ""
            case "title":
                return self.title
            case "summary":
                return self.summary
            case "source":
                return self.source
            case "url":
                return self.url


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    field: TextField
    start: int
    end: int
    original: str
    folded: text.Folded


class Surface:
    """The joined text of one item, and the way back from it."""

    __slots__ = ("_bounds", "_evidence", "_stretches", "_words", "lead", "text", "title_end")

    def __init__(self, fields: Fields, more: Sequence[TextField]) -> None:
        """Join title and summary, then the fields `more` that some rule looks at."""
        stretches = []
        pieces = [_MARGIN]
        at = len(_MARGIN)
        for field in ("title", "summary", *more):
            original = fields.text(field)
            folded = text.fold(original)
            end = at + len(folded.text)
            stretches.append(
                _Stretch(field=field, start=at, end=end, original=original, folded=folded)
            )
            pieces += (folded.text, _MARGIN)
            at = end + len(_MARGIN)
        self.text = "".join(pieces)
        self.title_end = stretches[0].end
        self.lead = stretches[1].end
        """Where title and summary end: what rules look at unless they name a field."""
        self._stretches = stretches
        self._bounds = {stretch.field: (stretch.start, stretch.end) for stretch in stretches}
        self._evidence: dict[Span, Evidence] = {}
        self._words: tuple[list[int], list[int]] | None = None

    def bounds(self, field: TextField) -> Span:
        """Return where `field` stands; an empty span where it was not joined."""
        return self._bounds.get(field, (0, 0))

    def evidence(self, span: Span) -> Evidence:
        """Return `span` in the item's own words; rules share spans, so each is made once."""
        known = self._evidence.get(span)
        if known is not None:
            return known
        stretch = next(part for part in self._stretches if span[0] < part.end)
        start, end = stretch.folded.original(span[0] - stretch.start, span[1] - stretch.start)
        made = Evidence(field=stretch.field, start=start, end=end, text=stretch.original[start:end])
        self._evidence[span] = made
        return made

    def words_between(self, end: int, start: int) -> int:
        """Return how many words stand wholly between two spans: after `end`, before `start`."""
        if self._words is None:
            words = [word.span() for word in text.WORD.finditer(self.text)]
            self._words = ([first for first, _ in words], [last for _, last in words])
        starts, ends = self._words
        upto = bisect_left(starts, start)
        count = upto - bisect_left(starts, end)
        return count - 1 if count > 0 and ends[upto - 1] > start else max(count, 0)
