"""What of an item is matched, and the one stretch of text that it is scanned as.

The fields stand one after another in one straightened text, so that a single pass covers them; a
hit is a pair of offsets into it, and becomes evidence in the item's own words at the end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from aggregator.matching import text
from aggregator.model import Evidence, Item, TextField

Span = tuple[int, int]
"""Start and end in the joined text."""

TAG_JOINER = " | "
"""Evidence in tags is counted in the tags joined by this; no phrase runs across it."""

_MARGIN = text.SEPARATOR * 2
"""What stands before, between and after fields, so that looking at neighbours never falls off."""

_WORD_GOES_ON = re.compile(r"(?<=\w)\w*(?:['.&-]\w+)*|(?<=\w['.&-])\w+(?:['.&-]\w+)*")
"""The rest of a `text.WORD` that began before."""

_PRINTABLE = bytes(range(0x20, 0x7F))
_ALONE = (("\0", "\u02ff"), ("\u0370", "\u0482"), ("\u048a", "\u052f"), ("\u2000", "\u20cf"))
"""Latin, Greek, Cyrillic, punctuation, currencies: nothing in there composes with its neighbour."""
_DEPENDS = "\u20ac\u0402"
"""What makes a mangled quote of the letter before it."""
_NO_LETTER = re.compile(r"[^\x00-\x7f\w]")
_SCANNED = bytes(
    ord("?" if code == ord("?") else chr(code).lower() if text.in_word(chr(code)) else " ")
    for code in range(0x80)
).ljust(0x100)


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


def haystack(straight: str) -> bytes:
    """Return straightened text as the bytes to scan, one a character, words between blanks.

    Letters and digits are in lower case, those beyond ASCII are `?`, all else is blank.
    """
    letters = straight.replace("?", " ")
    if not letters.isascii():
        for char in set(_NO_LETTER.findall(letters)):
            if not text.in_word(char):
                letters = letters.replace(char, " ")
    return letters.encode("ascii", "replace").translate(_SCANNED)


class Surface:
    """The joined text of one item, and the way back from it."""

    __slots__ = (
        *("_bounds", "_evidence", "_fields", "_folded", "_lines", "_more"),
        *("lead", "text", "title_end"),
    )

    def __init__(self, fields: Fields, more: Sequence[TextField]) -> None:
        """Join title and summary, then the fields `more` that some rule looks at."""
        self._fields = fields
        self._more = more
        lines = [fields.title, fields.summary, *map(fields.text, more)]
        joined = _straightened(_MARGIN.join(("", *lines, "")), margins=len(lines) + 1)
        self._folded: list[text.Folded] | None = None
        if joined is None:
            self._folded = [text.fold(line) for line in lines]
            lines = [folded.text for folded in self._folded]
            joined = _MARGIN.join(("", *lines, ""))
        self.text = joined
        self._lines = lines
        self.title_end = len(_MARGIN) + len(lines[0])
        self.lead = self.title_end + len(_MARGIN) + len(lines[1])
        """Where title and summary end: what rules look at unless they name a field."""
        self._bounds: dict[TextField, Span] = {}
        self._evidence: dict[Span, Evidence] = {}

    def bounds(self, field: TextField) -> Span:
        """Return where `field` stands; an empty span where it was not joined."""
        return self._places().get(field, (0, 0))

    def _places(self) -> dict[TextField, Span]:
        """Return where each field stands, in order; worked out for the first who asks."""
        if not self._bounds:
            end = 0
            for name, line in zip(("title", "summary", *self._more), self._lines, strict=True):
                start = end + len(_MARGIN)
                end = start + len(line)
                self._bounds[name] = start, end
        return self._bounds

    def evidence(self, span: Span) -> Evidence:
        """Return `span` in the item's own words; rules share spans, so each is made once."""
        known = self._evidence.get(span)
        if known is not None:
            return known
        number, field, at = next(
            (number, field, at)
            for number, (field, (at, end)) in enumerate(self._places().items())
            if span[0] < end
        )
        start, end = span[0] - at, span[1] - at
        if self._folded is not None:
            start, end = self._folded[number].original(start, end)
        said = self._fields.text(field)[start:end]
        made = Evidence(field=field, start=start, end=end, text=said)
        self._evidence[span] = made
        return made

    def near(self, end: int, start: int, words: int) -> bool:
        """Say whether at most `words` words stand wholly between: after `end`, before `start`."""
        if start - end <= 2 * words:
            return True  # a word and what parts it from the next take two characters
        rest = _WORD_GOES_ON.match(self.text, end)
        for word in text.WORD.finditer(self.text, rest.end() if rest else end):
            if word.end() > start:
                break
            words -= 1
            if words < 0:
                return False
        return True


def _straightened(joined: str, margins: int) -> str | None:
    """Return joined fields as `fold` would write them, if none of them changes its length.

    That is nearly always, and one pass over all fields then does for what `fold` does to each.
    """
    rest = joined.encode(errors="replace").translate(None, _PRINTABLE).decode()
    if rest.count(text.SEPARATOR) != margins * len(_MARGIN):
        return None
    for char in set(rest) - {text.SEPARATOR}:
        straight = _straight(char)
        if straight is None:
            return None
        if straight != char:
            joined = joined.replace(char, straight)
    return None if "  " in joined else joined


@lru_cache(maxsize=4096)
def _straight(char: str) -> str | None:
    """Return `char` as `fold` writes it; None if what it becomes may depend on its neighbours."""
    if char in _DEPENDS or not any(low <= char <= high for low, high in _ALONE):
        return None
    straight = text.fold(char).text
    return straight if len(straight) == 1 else None
