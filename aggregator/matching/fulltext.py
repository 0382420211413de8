"""A query as an SQLite FTS5 expression that finds at least every text the exact evaluator takes.

It narrows down what is then read exactly, so whatever cannot be said in FTS5 is left out: a weaker
filter costs time, a tighter one would hide news.  The index holds `indexed` texts, not the raw
ones.  unicode61 keeps the tables of an old Unicode, in which newer signs (the signs of bitcoin and
rouble, most emoji) are letters and stick to the word beside them; and invisible characters part
words there.  Between `indexed` words stand only blanks, so both sides fall apart alike whatever
the tables say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import assert_never

from aggregator.matching import inflect, mentions, terms, text
from aggregator.matching.query import (
    All,
    Any,
    CourtCase,
    Docket,
    Entity,
    Family,
    InField,
    Near,
    Not,
    Phrase,
    Query,
)
from aggregator.matching.rules import Alias, EntityRule

COLUMNS = ("title", "summary", "outlet", "tags")
"""Of the full-text table, in this order."""

PHRASES_MAX = 1_000
"""Of one expression.  Each costs FTS5 a look-up, and beyond so many reading everything is as good."""

_COLUMNS_OF: Mapping[str | None, str] = {
    None: "{title summary}",
    # An item without a headline is read as if the opening of its summary were one.
    "title": "{title summary}",
    "summary": "summary",
    "source": "outlet",
    "tag": "tags",
}
_SURE = re.compile("[0-9a-z\u00df-\u00f6\u00f8-\u024f\u03b1-\u03c9\u0430-\u044f\u4e00-\u9fa5]")
"""Letters that unicode61 surely takes for such; a phrase without any may be empty to FTS5, and an
empty phrase finds nothing."""
_MISSPELT_LETTERS = 3
"""Misspelt names are looked for by so many first letters: there is an index of them."""


def indexed(said: str) -> str:
    """Return a text as the full-text index must hold it: words in lower case between blanks."""
    straight = text.lower(text.fold(said).text)
    return "".join(char if text.in_word(char) else " " for char in straight)


def prefilter(
    query: Query, entities: Mapping[str, EntityRule], families: Mapping[str, Sequence[str]]
) -> str | None:
    """Return the MATCH expression for `query`; None when every text must be read.

    For a table of `COLUMNS` with `indexed` texts, `tokenize='unicode61 remove_diacritics 2'`.
    """
    made = _Translator(entities, families)
    expression = made.of(query, None)
    return expression if made.phrases <= PHRASES_MAX else None


class _Translator:
    def __init__(
        self, entities: Mapping[str, EntityRule], families: Mapping[str, Sequence[str]]
    ) -> None:
        self.entities = entities
        self.families = families
        self.phrases = 0

    def of(self, query: Query, field: str | None) -> str | None:
        match query:
            case Phrase() | Entity() | Family():
                return self._in_columns(self._ways(query), field)
            case All(parts=parts) | Near(parts=parts):
                wanted = [part for each in parts if (part := self.of(each, field)) is not None]
                return _joined(" AND ", wanted)
            case Any(parts=parts):
                ways = [self.of(part, field) for part in parts]
                known = [way for way in ways if way is not None]
                return _joined(" OR ", known) if len(known) == len(ways) else None
            case InField(field=name, part=part):
                return self.of(part, name)
            case Not() | Docket() | CourtCase():
                return None
            case _:
                assert_never(query)

    def _in_columns(self, ways: frozenset[str] | None, field: str | None) -> str | None:
        """Return the expression for one of `ways` in the columns of `field`."""
        columns = _COLUMNS_OF.get(field)
        if not ways or columns is None:
            return None
        self.phrases += len(ways)
        return f"{columns} : ({' OR '.join(sorted(ways))})"

    def _ways(self, leaf: Phrase | Entity | Family) -> frozenset[str] | None:
        """Return expressions of which one holds where `leaf` does; None where none can be said."""
        match leaf:
            case Phrase():
                return _phrase(leaf)
            case Family(name=name):
                return _every(
                    _phrase(term) if isinstance(term := terms.term(word), Phrase) else None
                    for word in self.families.get(name, ())
                )
            case Entity(slug=slug):
                entity = self.entities.get(slug)
                return _every(map(_alias, entity.aliases)) if entity else None
            case _:
                assert_never(leaf)


def _joined(operator: str, parts: Sequence[str]) -> str | None:
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else f"({operator.join(parts)})"


def _every(parts: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    """Return all ways of all parts; None if one of them cannot be said."""
    ways: set[str] = set()
    for part in parts:
        if part is None:
            return None
        ways |= part
    return frozenset(ways)


def _phrase(phrase: Phrase) -> frozenset[str] | None:
    plain = text.compact(phrase.text)
    spellings = {plain} if phrase.exact else inflect.phrase_forms(plain, keep_last=phrase.prefix)
    return _every(_spelling(spelling, prefix=phrase.prefix) for spelling in spellings)


def _spelling(spelling: str, *, prefix: bool = False) -> frozenset[str] | None:
    """Return words that stand together, quoted; None if FTS5 may see no word in them."""
    words = " ".join(indexed(spelling).split())
    return frozenset((f'"{words}"{" *" * prefix}',)) if _SURE.search(words) else None


def _alias(alias: Alias) -> frozenset[str] | None:
    plain = text.compact(alias.text)
    ways = [_spelling(plain)]
    words = plain.split()
    for place, word in enumerate(words):
        slips = [*mentions.misspellings(word)] if alias.fuzzy else []
        if slips:
            rest = (" ".join(words[:place]), " ".join(words[place + 1 :]))
            ways.append(_around(rest, slips))
    return _every(ways)


def _around(rest: tuple[str, str], slips: Iterable[str]) -> frozenset[str] | None:
    """Return what finds a name with one word misspelt: the words around it, else its beginnings."""
    sure = [way for part in rest for way in _spelling(part) or ()]
    if sure:
        return frozenset((f"({' AND '.join(sure)})",))
    starts = sorted({slip[:_MISSPELT_LETTERS] for slip in slips})
    return _every(_spelling(start, prefix=True) for start in starts)
