"""The YAML spelling of a query: plain lists and mappings to the same tree as the one-line one.

A string by itself is a one-line query; a string in a list is one term.  Several keys in one mapping
must all hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from aggregator.errors import CasewireError
from aggregator.matching import language, shape, terms
from aggregator.matching.query import NEAR_WORDS_DEFAULT, NEAR_WORDS_MAX, Query

Path = tuple[str | int, ...]
KEYS = ("all", "any", "none", "near", "words", "ordered", "query", *terms.FIELDS)
_Built = TypeVar("_Built")


class TreeError(CasewireError):
    """A tree that cannot be a query: `path` leads to the node, `column` into its string if any."""

    def __init__(self, path: Path, message: str, column: int | None = None) -> None:
        self.path = path
        self.message = message
        self.column = column
        super().__init__(f"{'.'.join(map(str, path)) or 'the query'}: {message}")


def build(node: object, *, path: Path = ()) -> Query:
    """Return the query that plain YAML data spells; raises `TreeError`.

    `path` is put before the paths of errors: where the tree stands in its file.
    """
    query = _node(node, path, 0)
    if not shape.is_anchored(query):
        raise TreeError(path, "only what must be absent; put all: or any: beside none:")
    return query


def _node(node: object, path: Path, depth: int) -> Query:
    match node:
        case str():
            return _said(lambda: language.parse(node), path)
        case dict():
            if depth > shape.DEPTH_MAX:
                raise TreeError(path, f"more than {shape.DEPTH_MAX} groups within groups")
            return _mapping(node, path, depth)
        case list():
            raise TreeError(path, "a list needs all: or any: above it")
        case _:
            raise TreeError(path, _not_text(node))


def _entry(node: object, path: Path, depth: int) -> Query:
    if isinstance(node, str):
        return _said(lambda: terms.term(node), path)
    return _node(node, path, depth)


def _not_text(node: object) -> str:
    match node:
        case bool():
            return "YAML reads this as true or false; put it in quotes"
        case None:
            return "nothing here; write a term, or all:/any: with a list"
        case _:
            return f"YAML reads {node} as something else than text; put it in quotes"


def _said(spell: Callable[[], _Built], path: Path) -> _Built:
    try:
        return spell()
    except terms.QueryError as error:
        raise TreeError(path, error.message, error.column) from None


def _mapping(node: Mapping[object, object], path: Path, depth: int) -> Query:
    if "near" not in node and (stray := {"words", "ordered"} & node.keys()):
        name = min(map(str, stray))
        raise TreeError((*path, name), f"{name}: belongs beside near:")
    parts: list[Query] = []
    for key, value in node.items():
        at = (*path, str(key))
        match key:
            case "all":
                parts.append(shape.all_of(_list(value, at, depth)))
            case "any":
                parts.append(shape.any_of(_alternatives(value, at, depth)))
            case "none":
                parts.append(shape.negate(shape.any_of(_list(value, at, depth))))
            case "near":
                parts.append(_near(node, path, depth))
            case "words" | "ordered":
                pass
            case str() if key == "query" or key in terms.FIELDS:
                parts.append(_keyed(key, value, at, depth))
            case _:
                raise TreeError(at, f"unknown key {key!r}; known are {', '.join(KEYS)}")
    if not parts:
        raise TreeError(path, "an empty mapping; write all: or any: with a list")
    return shape.all_of(parts)


def _keyed(key: str, value: object, path: Path, depth: int) -> Query:
    """Return the query of a key that takes one value: a field, or `query`."""
    if key in ("query", "court", "docket") and not isinstance(value, str):
        raise TreeError(path, f"{key}: takes text; put the value in quotes")
    if key == "court":
        return _said(lambda: terms.court(str(value)), path)
    if key == "docket":
        return _said(lambda: terms.docket(str(value)), path)
    part = _node(value, path, depth + 1)
    return part if key == "query" else _said(lambda: terms.in_field(key, part), path)


def _list(value: object, path: Path, depth: int) -> list[Query]:
    if not isinstance(value, list):
        raise TreeError(path, f"{path[-1]}: takes a list; put a - before each part")
    if not value:
        raise TreeError(path, f"{path[-1]}: is an empty list")
    return [_entry(part, (*path, place), depth + 1) for place, part in enumerate(value)]


def _alternatives(value: object, path: Path, depth: int) -> list[Query]:
    parts = _list(value, path, depth)
    for place, part in enumerate(parts):
        if len(parts) > 1 and not shape.is_anchored(part):
            raise TreeError((*path, place), "only what must be absent, so any text would do here")
    return parts


def _near(node: Mapping[object, object], path: Path, depth: int) -> Query:
    at = (*path, "near")
    parts = _list(node["near"], at, depth)
    if len(parts) < 2:
        raise TreeError(at, "near: takes at least two parts")
    words, ordered = node.get("words", NEAR_WORDS_DEFAULT), node.get("ordered", False)
    if not isinstance(words, int) or isinstance(words, bool) or not 0 <= words <= NEAR_WORDS_MAX:
        raise TreeError((*path, "words"), f"words: is a number from 0 to {NEAR_WORDS_MAX}")
    if not isinstance(ordered, bool):
        raise TreeError((*path, "ordered"), "ordered: is true or false")
    for place, part in enumerate(parts):
        if not shape.fits_near(part):
            raise TreeError(
                (*at, place), "near takes terms, or any: of terms; no all, none, near or field"
            )
    return _said(
        lambda: terms.near(parts, words, list(range(1, len(parts) + 1)), ordered=ordered), at
    )
