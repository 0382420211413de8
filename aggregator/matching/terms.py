"""One term of a query, and what it may be combined into: words, `@entity`, `~family`, a field.

A term is spelt the same in a one-line query and in a YAML list, so both go through here.
"""

from __future__ import annotations

import re
from typing import cast

from aggregator.errors import CasewireError
from aggregator.matching import dockets, shape, text
from aggregator.matching.query import (
    NEAR_WORDS_MAX,
    PREFIX_LETTERS_MIN,
    Docket,
    Entity,
    Family,
    Field,
    InField,
    Near,
    Phrase,
    Query,
)

ACRONYM_LETTERS_MAX = 5
TEXT_FIELDS = ("title", "summary", "source", "tag", "url")
FIELDS = (*TEXT_FIELDS, "court", "docket")


class QueryError(CasewireError):
    """A query that cannot be read: what is wrong, what to write instead, and where (from 1)."""

    def __init__(self, message: str, column: int) -> None:
        self.message = message
        self.column = column
        super().__init__(f"column {column}: {message}")


def term(said: str) -> Query:
    """Return the tree of one term as it stands in a YAML list; raises `QueryError`.

    Several words are one phrase here: `motion to dismiss`, `title:price prediction`.
    """
    line = text.straighten(said)
    at = len(line) - len(line.lstrip()) + 1
    line = line.strip()
    if found := re.search(r"(?<!\S)(AND|OR|NOT|O?NEAR/\d+)(?!\S)", line):
        if line.startswith('"'):
            return leaf(line, at)
        raise QueryError(
            f"{found[1]} in a term: write {{query: '...'}} for a one-line query here",
            at + found.start(),
        )
    name, colon, rest = line.partition(":")
    field = name.lower()
    if colon and field in FIELDS:
        start = at + len(name) + 1 + len(rest) - len(rest.lstrip())
        return scoped(field, rest.strip(), start)
    return leaf(line, at)


def court(name: str, column: int = 1) -> Query:
    """Return the query for items of one court's feeds, by the court's id; raises `QueryError`."""
    if not re.fullmatch(r"[a-z0-9]{2,12}", name.lower()):
        raise QueryError(f"{name!r} is no court id; write one like court:dcd", column)
    return InField(field="court", part=Phrase(text=name.lower(), exact=True))


def docket(number: str, column: int = 1) -> Query:
    """Return the query for a docket number in any form; raises `QueryError`."""
    canonical = dockets.normalise(number)
    if canonical is None:
        raise QueryError(
            f"{number!r} is no docket number; write one like docket:1:23-cv-01599", column
        )
    return Docket(number=canonical)


def in_field(field: str, part: Query, column: int = 1) -> Query:
    """Return `part` confined to one field; raises `QueryError` where that means nothing."""
    if not shape.fits_field(part):
        raise QueryError(f"{field}: holds another field or a docket; put them side by side", column)
    return InField(field=cast(Field, field), part=part)


def near(parts: list[Query], words: int, columns: list[int], *, ordered: bool) -> Query:
    """Return `parts` within `words` of each other; raises `QueryError` at the part that cannot."""
    if words > NEAR_WORDS_MAX:
        raise QueryError(
            f"{words} words is not near; at most {NEAR_WORDS_MAX}, or use AND", columns[0]
        )
    if len(parts) > shape.NEAR_PARTS_MAX:
        raise QueryError(f"at most {shape.NEAR_PARTS_MAX} parts can be near", columns[0])
    for part, column in zip(parts, columns, strict=True):
        if not shape.fits_near(part):
            raise QueryError(
                "near takes terms, or several joined by OR (any); no AND, NOT, NEAR or field",
                column,
            )
    return Near(parts=tuple(parts), words=words, ordered=ordered)


def scoped(field: str, rest: str, column: int) -> Query:
    """Return a term with a field before it."""
    if field == "court":
        return court(rest, column)
    if field == "docket":
        return docket(rest.strip('"'), column)
    return in_field(field, leaf(rest, column), column)


_SLUG = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*")
_REGEX = re.compile(r"\\|\.\*|\.\+|\(\?|[\[\]{}^|]|\$$")


def leaf(said: str, column: int) -> Query:
    """Return the tree of a term without a field."""
    if said.startswith('"'):
        return _quoted(said, column)
    if said[:1] in ("@", "~"):
        slug = said[1:].lower()
        if not _SLUG.fullmatch(slug):
            what = "@entity" if said[0] == "@" else "~family"
            raise QueryError(
                f"{said!r} names nothing; write {what} with letters and hyphens", column
            )
        return Entity(slug=slug) if said[0] == "@" else Family(name=slug)
    if said.startswith("/") or _REGEX.search(said):
        raise QueryError(
            "regular expressions are not supported; use inflections, word*, NEAR/n, OR "
            "or field:, or put the text in double quotes",
            column,
        )
    if re.match(r"O?NEAR/", said):
        raise QueryError("NEAR takes its number of words right after the slash: NEAR/10", column)
    if found := re.match(r"([a-zA-Z]+):\S", said):
        raise QueryError(
            f"unknown field {found[1]!r}; fields are {', '.join(FIELDS)}; "
            "text with a colon goes in double quotes",
            column,
        )
    if '"' in said:
        raise QueryError("a quote in the middle of a term; quote the whole term", column)
    prefix = said.endswith("*")
    return _phrase(said.removesuffix("*"), column, exact=False, prefix=prefix)


def _quoted(leaf: str, column: int) -> Query:
    inner = leaf[1:-1]
    if len(leaf) < 2 or not leaf.endswith('"') or '"' in inner:
        raise QueryError("a quoted term is one pair of double quotes and nothing after it", column)
    if "*" in inner:
        raise QueryError("a * inside quotes means nothing; write word* without quotes", column)
    return _phrase(inner, column, exact=True, prefix=False)


def _phrase(words: str, column: int, *, exact: bool, prefix: bool) -> Query:
    plain = text.compact(words)
    if "*" in plain:
        raise QueryError("a * only stands at the end of a term, as in regulat*", column)
    if not any(char.isalnum() for char in plain):
        raise QueryError("a term needs a letter or a digit", column)
    if prefix:
        stem = re.split(r"[\s-]", plain)[-1]
        if sum(char.isalnum() for char in stem) < PREFIX_LETTERS_MIN or not stem[-1].isalnum():
            raise QueryError(
                f"a * needs at least {PREFIX_LETTERS_MIN} letters before it; "
                "inflections (sue, sued, suing) match without it",
                column,
            )
    return Phrase(text=plain, exact=exact, prefix=prefix, cased=is_acronym(plain))


def is_acronym(words: str) -> bool:
    """Say whether `words` are ALL-CAPS of up to five letters, and so keep their case."""
    return words.isupper() and sum(char.isalpha() for char in words) <= ACRONYM_LETTERS_MAX
