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

from lark import Lark, Token, Transformer, Tree, UnexpectedCharacters, UnexpectedInput, v_args
from lark.exceptions import UnexpectedToken, VisitError

from aggregator.matching import shape, terms, text
from aggregator.matching.query import NEAR_WORDS_DEFAULT, Query
from aggregator.matching.terms import FIELDS, TEXT_FIELDS, QueryError, term

__all__ = ["FIELDS", "TEXT_FIELDS", "QueryError", "parse", "term"]

QUERY_CHARS_MAX = 2_000
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


def parse(query: str) -> Query:
    """Return the tree of a one-line query; raises `QueryError`."""
    line = text.straighten(query)
    _check_outside(line)
    try:
        return _Builder().tree(_parser().parse(line))
    except VisitError as error:
        if isinstance(error.orig_exc, QueryError):
            raise error.orig_exc from None
        raise
    except UnexpectedInput as error:
        raise _explain(error, line) from None


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", lexer="basic", propagate_positions=True)


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
            return _At(terms.scoped(field.lower(), rest.strip(), start), column)
        if token in ("and", "or", "not", "near", "onear") or re.match(
            r"o?near/\d", token, re.IGNORECASE
        ):
            raise QueryError(
                f"write {token.upper()} in capitals to join terms; "
                f'as a word, put it in quotes: "{token}"',
                column,
            )
        return _At(terms.leaf(str(token), column), column)

    def scoped(self, children: list[object]) -> _At:
        field, part = cast(tuple[Token, _At], tuple(children))
        name = field.lower().removesuffix(":")
        return _At(terms.in_field(name, part.query, part.column), field.column or 1)

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
        built = terms.near(
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

    def tree(self, parsed: Tree[Token]) -> Query:
        top = cast(_At, self.transform(parsed))
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
    unquoted = re.sub(r'"[^"]*"', lambda quoted: " " * len(quoted[0]), line)
    if '"' in unquoted:
        raise QueryError("this quote is never closed", unquoted.index('"') + 1)
    opened: list[int] = []
    for paren in re.finditer(r"[()]", unquoted):
        column = paren.start() + 1
        if paren[0] == "(":
            opened.append(column)
        elif opened:
            opened.pop()
        else:
            raise QueryError("this ) closes nothing; remove it or write its (", column)
        if len(opened) > shape.DEPTH_MAX:
            raise QueryError(f"more than {shape.DEPTH_MAX} groups within groups", column)
    if opened:
        raise QueryError("this ( is never closed", opened[-1])


def _explain(error: UnexpectedInput, line: str) -> QueryError:
    """Say in words what the grammar did not expect."""
    if isinstance(error, UnexpectedCharacters):
        return QueryError(f"{line[error.column - 1]!r} means nothing here", error.column)
    if not isinstance(error, UnexpectedToken):
        return QueryError("the query ends too early", len(line))
    token = error.token
    end = len(line) if token.type == "$END" or token.start_pos is None else token.start_pos
    before = line[:end].split()
    last = before[-1].lstrip("(") if before else ""
    if token.type == "$END":
        return QueryError(f"something must follow {last}", len(line.rstrip()) + 1)
    if token.type == "RPAR":
        what = f"something must follow {last}" if last else "nothing inside these parentheses"
        return QueryError(what, token.column)
    what = f"{token} needs a term on its left"
    return QueryError(f"{what}, not {last}" if last else what, token.column)
