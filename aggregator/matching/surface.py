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


_SCANNED = bytes(
    ord(text.lower(chr(code))) if code < 0x80 and text.in_word(chr(code)) else ord(" ")
    for code in range(0x100)
).replace(b" ", b" ")
