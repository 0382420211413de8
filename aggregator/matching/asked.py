"""A query that a person typed: its tree, or what is wrong with it and where.

Beside the grammar's own faults this refuses names that are not on file, queries longer than a
message is worth, and those that nearly every text would match.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import assert_never

from aggregator.matching import language, shape, text
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
from aggregator.matching.rules import Rules

QUERY_CHARS_MAX = 300
"""Of a query typed into a chat; a rule file may hold longer ones."""

WORD_LETTERS_MIN = 3
SHOWN_COLUMNS_MAX = 60
"""A line of fixed-width text that a phone shows without breaking it is hardly longer."""

_COMMON = """
the and for with from that this these those not but are was were been has have had will would can
could may its his her their our your who what when where why how all any new news say says said
after before over under into out about more than one two top via per you they
"""
EVERYWHERE = frozenset(_COMMON.split())
"""Words that tell no text from another."""

_EVERY_ADDRESS = frozenset(("http", "https", "www", "com", "html"))
_LIKENESS_MIN = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryFault:
    """What is wrong with a query, and what to write instead; `column` counts from 1."""

    text: str
    column: int
    what: str

    def pointer(self) -> tuple[str, str]:
        """Return the query, cut to the surroundings of the fault, and a caret under the fault.

        For fixed-width type: wide characters are given two columns, what has no place of its own
        none, and controls and marks that turn a line around are shown as a dot.
        """
        line = "".join(
            "·" if unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs") else char
            for char in text.straighten(self.text)
        )
        at = min(max(self.column - 1, 0), len(line))
        start = max(0, min(at - SHOWN_COLUMNS_MAX * 2 // 3, len(line) - SHOWN_COLUMNS_MAX))
        end = start + SHOWN_COLUMNS_MAX
        before = ("…" if start else "") + line[start:at]
        after = line[at:end] + ("…" if end < len(line) else "")
        return before + after, " " * sum(map(_columns, before)) + "^"


def understood(said: str, rules: Rules) -> Query | QueryFault:
    """Return the tree of a typed query, or its first fault."""
    if len(said) > QUERY_CHARS_MAX:
        return QueryFault(
            text=said,
            column=QUERY_CHARS_MAX + 1,
            what=f"a query has at most {QUERY_CHARS_MAX} characters, and this one {len(said)}; "
            "make two of it",
        )
    try:
        query = language.parse(said)
    except language.QueryError as error:
        return QueryFault(text=said, column=error.column, what=error.message)
    if fault := _unknown_name(said, query, rules):
        return fault
    if wide := _everywhere(query, None):
        return QueryFault(
            text=said,
            column=_column(said, wide, whole=True),
            what=f"{wide!r} is too short or too common to be looked for alone; add what must be "
            f"there too: a word of {WORD_LETTERS_MIN} letters or more, a name, an @entity",
        )
    return query


def did_you_mean(word: str, names: Mapping[str, str]) -> str | None:
    """Return the value in `names` whose key is written most like `word`; None without one.

    A word that is part of a longer name counts as like it: `gensler` leads to `gary gensler`.
    """
    wanted = _plain(word)
    table = {_plain(name): value for name, value in names.items()}
    parts = [name for name in table if wanted in name.split()]
    near = parts[:1] or difflib.get_close_matches(wanted, table, n=1, cutoff=_LIKENESS_MIN)
    return table[near[0]] if near else None


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", " ", text.normalise(name)).strip()


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def _unknown_name(said: str, query: Query, rules: Rules) -> QueryFault | None:
    unknown: list[tuple[int, str, str]] = []
    for leaf in shape.leaves(query):
        if isinstance(leaf, Entity) and leaf.slug not in rules.entities:
            unknown.append((_column(said, f"@{leaf.slug}"), "@", leaf.slug))
        elif isinstance(leaf, Family) and leaf.name not in rules.families:
            unknown.append((_column(said, f"~{leaf.name}"), "~", leaf.name))
    if not unknown:
        return None
    column, sign, name = min(unknown)
    names = {slug: slug for slug in (rules.entities if sign == "@" else rules.families)}
    if sign == "@":
        for slug, entity in rules.entities.items():
            for alias in (entity.name, *(alias.text for alias in entity.aliases)):
                names.setdefault(alias, slug)
    meant = did_you_mean(name, names)
    hint = f"did you mean {sign}{meant}?" if meant else "no name on file is like it."
    words = name.replace("-", " ")
    plain = f'"{words}"' if " " in words else words
    kind = "entity" if sign == "@" else "word list"
    return QueryFault(
        text=said,
        column=column,
        what=f"there is no {kind} {sign}{name}; {hint} Without {sign} it is a plain word: {plain}",
    )


def _column(said: str, term: str, *, whole: bool = False) -> int:
    """Return where `term` first stands in `said`; outside quotes unless `whole`; 1 if nowhere."""
    line = text.normalise(said)
    if not whole:
        line = re.sub(r'"[^"]*"', lambda quoted: " " * len(quoted[0]), line)
    found = re.search(rf"(?<![\w@~-]){re.escape(text.normalise(term))}(?![\w-])", line)
    return found.start() + 1 if found else 1


def _everywhere(query: Query, field: str | None) -> str | None:
    """Return the term for which `query` holds on nearly every text; None where it asks for more."""
    match query:
        case Phrase(text=words):
            common = EVERYWHERE | _EVERY_ADDRESS if field == "url" else EVERYWHERE
            return words if all(_says_little(word, common) for word in words.split()) else None
        case All(parts=parts) | Near(parts=parts):
            wide = [_everywhere(part, field) for part in parts if not isinstance(part, Not)]
            return _first(wide) if all(wide) else None
        case Any(parts=parts):
            return _first(_everywhere(part, field) for part in parts)
        case InField(field="court" | "docket"):
            return None
        case InField(field=name, part=part):
            return _everywhere(part, name)
        case Entity() | Family() | Docket() | CourtCase() | Not():
            return None
        case _:
            assert_never(query)


def _first(found: Iterable[str | None]) -> str | None:
    return next((each for each in found if each), None)


def _says_little(word: str, common: frozenset[str]) -> bool:
    """Say whether `word` tells no text from another; a short word of another script may."""
    if not word.isascii():
        return False
    letters = sum(char.isalnum() for char in word)
    return letters < WORD_LETTERS_MIN or text.lower(word) in common
