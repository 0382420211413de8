"""The one-line query language: text to syntax tree, with errors that point at the column.

::

    (@sec NEAR/10 @binance) AND NOT title:"price prediction"

Operators are in capitals: AND, OR, NOT, NEAR/n (any order), ONEAR/n (in this order); two terms side
by side mean AND.  A term is a word (with all its inflections), `word*`, `"words exactly"`,
`@entity`, `~family` or `field:term`; a capital initial marks a name and is not inflected, an
ALL-CAPS word of up to five letters keeps its case.  There are no regular expressions.
"""

from __future__ import annotations

import re
from functools import cache
from typing import cast

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, v_args
from lark.exceptions import UnexpectedToken, VisitError

from aggregator.errors import CasewireError
from aggregator.matching import dockets, shape, text
from aggregator.matching.query import (
    NEAR_WORDS_DEFAULT,
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

QUERY_CHARS_MAX = 2_000
ACRONYM_LETTERS_MAX = 5
TEXT_FIELDS = ("title", "summary", "source", "tag", "url")
FIELDS = (*TEXT_FIELDS, "court", "docket")

_GRAMMAR = r"""
?start: either
either: both (_OR both)*
both: one (_AND? one)*
?one: _NOT one -> negated
    | nearby
nearby: atom (NEAR atom)*
?atom: "(" either ")"
    | FIELD atom -> scoped
    | leaf
leaf: COURT | DOCKET | QUOTED | WORD

_OR.5: /OR(?![^\s()"])/
_AND.5: /AND(?![^\s()"])/
_NOT.5: /NOT(?![^\s()"])/
NEAR.5: /O?NEAR(\/\d+)?(?![^\s()"])/
COURT.4: /court:\s*[^\s()"]*/i
DOCKET.4: /docket:\s*("[^"]*"|[^\s()"]*)/i
FIELD.4: /(title|summary|source|tag|url):/i
QUOTED.3: /"[^"]*"/
WORD.1: /[^\s()"]+/

%ignore /\s+/
"""


class QueryError(CasewireError):
    """A query that cannot be read: what is wrong, what to write instead, and where (from 1)."""

    def __init__(self, message: str, column: int) -> None:
        self.message = message
        self.column = column
        super().__init__(f"column {column}: {message}")


def parse(query: str) -> Query:
    """Return the tree of a one-line query; raises `QueryError`."""
    line = text.straighten(query)
    _check_outside(line)
    try:
        return cast(Query, _Builder().transform(_parser().parse(line)))
    except VisitError as error:
        if isinstance(error.orig_exc, QueryError):
            raise error.orig_exc from None
        raise
    except UnexpectedInput as error:
        raise _explain(error, line) from None


def term(leaf: str) -> Query:
    """Return the tree of one term as it stands in a YAML list; raises `QueryError`.

    Several words are one phrase here: `motion to dismiss`, `title:price prediction`.
    """
    line = text.straighten(leaf)
    at = len(line) - len(line.lstrip()) + 1
    line = line.strip()
    if found := re.search(r"(?<!\S)(AND|OR|NOT|O?NEAR/\d+)(?!\S)", line):
        if line.startswith('"'):
            return _leaf(line, at)
        raise QueryError(
            f"{found[1]} in a term: write {{query: '...'}} for a one-line query here",
            at + found.start(),
        )
    name, colon, rest = line.partition(":")
    field = name.lower()
    if colon and field in FIELDS:
        start = at + len(name) + 1 + len(rest) - len(rest.lstrip())
        return _scoped(field, rest.strip(), start)
    return _leaf(line, at)


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


def _scoped(field: str, rest: str, column: int) -> Query:
    """Return a term with a field before it."""
    if field == "court":
        return court(rest, column)
    if field == "docket":
        return docket(rest.strip('"'), column)
    return in_field(field, _leaf(rest, column), column)


_SLUG = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*")
_REGEX = re.compile(r"\\|\.\*|\.\+|\(\?|[\[\]{}^|]|\$$")


def _leaf(leaf: str, column: int) -> Query:
    """Return the tree of a term without a field."""
    if leaf.startswith('"'):
        return _quoted(leaf, column)
    if leaf[:1] in ("@", "~"):
        slug = leaf[1:].lower()
        if not _SLUG.fullmatch(slug):
            what = "@entity" if leaf[0] == "@" else "~family"
            raise QueryError(
                f"{leaf!r} names nothing; write {what} with letters and hyphens", column
            )
        return Entity(slug=slug) if leaf[0] == "@" else Family(name=slug)
    if leaf.startswith("/") or _REGEX.search(leaf):
        raise QueryError(
            "regular expressions are not supported; use inflections, word*, NEAR/n, OR "
            "or field:, or put the text in double quotes",
            column,
        )
    if found := re.match(r"([a-zA-Z]+):\S", leaf):
        raise QueryError(
            f"unknown field {found[1]!r}; fields are {', '.join(FIELDS)}; "
            "text with a colon goes in double quotes",
            column,
        )
    if '"' in leaf:
        raise QueryError("a quote in the middle of a term; quote the whole term", column)
    prefix = leaf.endswith("*")
    return _phrase(leaf.removesuffix("*"), column, exact=False, prefix=prefix)


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


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", propagate_positions=True)


class _At:
    """A part of the tree with the column it begins at."""

    __slots__ = ("column", "query")

    def __init__(self, query: Query, column: int) -> None:
        self.query = query
        self.column = column


class _Builder(Transformer[Token, object]):
    """Turns lark's tree into ours, from the leaves up."""

    def leaf(self, children: list[Token]) -> _At:
        (token,) = children
        column = token.column or 1
        if token.type in ("COURT", "DOCKET"):
            field, _, rest = token.partition(":")
            start = column + len(field) + 1 + len(rest) - len(rest.lstrip())
            return _At(_scoped(field.lower(), rest.strip(), start), column)
        if token in ("and", "or", "not", "near", "onear") or re.match(r"o?near/\d", token, re.I):
            raise QueryError(
                f"write {token.upper()} in capitals to join terms; "
                f'as a word, put it in quotes: "{token}"',
                column,
            )
        return _At(_leaf(str(token), column), column)

    def scoped(self, children: list[object]) -> _At:
        field, part = cast(tuple[Token, _At], tuple(children))
        name = field.lower().removesuffix(":")
        return _At(in_field(name, part.query, part.column), field.column or 1)

    def nearby(self, children: list[object]) -> _At:
        parts = cast(list[_At], children[::2])
        if len(parts) == 1:
            return parts[0]
        operators = cast(list[Token], children[1::2])
        if len(set(operators)) > 1:
            raise QueryError(
                f"{operators[0]} and {operators[1]} in one chain; join two NEARs with AND",
                operators[1].column or 1,
            )
        name, _, words = operators[0].partition("/")
        built = near(
            [part.query for part in parts],
            int(words) if words else NEAR_WORDS_DEFAULT,
            [part.column for part in parts],
            ordered=name == "ONEAR",
        )
        return _At(built, parts[0].column)

    @v_args(meta=True)
    def negated(self, meta: object, children: list[object]) -> _At:
        (part,) = cast(list[_At], children)
        return _At(shape.negate(part.query), cast(int, getattr(meta, "column", part.column)))

    def both(self, children: list[object]) -> _At:
        parts = cast(list[_At], children)
        return _At(shape.all_of(part.query for part in parts), parts[0].column)

    def either(self, children: list[object]) -> _At:
        parts = cast(list[_At], children)
        if len(parts) > 1:
            for part in parts:
                _require_anchor(part)
        return _At(shape.any_of(part.query for part in parts), parts[0].column)

    def transform(self, tree: object) -> Query:  # type: ignore[override]  # the top has no column
        top = cast(_At, super().transform(tree))  # type: ignore[arg-type]  # lark's own tree
        _require_anchor(top)
        return top.query


def _require_anchor(part: _At) -> None:
    if not shape.is_anchored(part.query):
        raise QueryError(
            "only what must be absent; say what must be there, as in binance AND NOT airdrop",
            part.column,
        )


def _check_outside(line: str) -> None:
    """Raise `QueryError` for what is wrong before any grammar: length, quotes, parentheses."""
    if not line.strip():
        raise QueryError("the query is empty", 1)
    if len(line) > QUERY_CHARS_MAX:
        raise QueryError(f"a query has at most {QUERY_CHARS_MAX} characters", QUERY_CHARS_MAX + 1)
    opened: list[int] = []
    quote = 0
    for column, char in enumerate(line, start=1):
        if char == '"':
            quote = 0 if quote else column
        elif quote:
            continue
        elif char == "(":
            opened.append(column)
            if len(opened) > shape.DEPTH_MAX:
                raise QueryError(f"more than {shape.DEPTH_MAX} groups within groups", column)
        elif char == ")":
            if not opened:
                raise QueryError("this ) closes nothing; remove it or write its (", column)
            opened.pop()
    if quote:
        raise QueryError("this quote is never closed", quote)
    if opened:
        raise QueryError("this ( is never closed", opened[-1])


def _explain(error: UnexpectedInput, line: str) -> QueryError:
    """Say in words what the grammar did not expect."""
    if isinstance(error, UnexpectedCharacters):
        return QueryError(f"{line[error.column - 1]!r} means nothing here", error.column)
    if not isinstance(error, UnexpectedToken):
        return QueryError("the query ends too early", len(line))
    token = error.token
    before = line[: (token.start_pos if token.start_pos is not None else len(line))].split()
    last = before[-1].lstrip("(") if before else ""
    if token.type == "$END":
        return QueryError(f"something must follow {last}", len(line.rstrip()) + 1)
    if token.type == "RPAR":
        what = f"something must follow {last}" if last else "nothing inside these parentheses"
        return QueryError(what, token.column)
    what = f"{token} needs a term on its left"
    return QueryError(f"{what}, not {last}" if last else what, token.column)
