"""One tree for one meaning: how parts of a query are put together, whichever way it was spelt.

Nested AND and OR are flat, a group of one is that one, negations stand last and joined, and a
docket number beside its court becomes the proof that the pair is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import assert_never

from aggregator.matching.query import (
    All,
    Any,
    CourtCase,
    Docket,
    Entity,
    Family,
    Field,
    InField,
    Near,
    Not,
    Phrase,
    Query,
)

NEAR_PARTS_MAX = 8
"""Trying every order of more parts costs more than anyone's rule is worth."""
DEPTH_MAX = 20
"""Groups within groups; nobody reads more, and recursion stays shallow."""


def all_of(parts: Iterable[Query]) -> Query:
    """Return the query that wants every one of `parts` (at least one)."""
    flat: list[Query] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, All) else (part,))
    wanted = _pair_docket_with_court([part for part in flat if not isinstance(part, Not)])
    unwanted = [part.part for part in flat if isinstance(part, Not)]
    if unwanted:
        wanted.append(Not(part=any_of(unwanted)))
    found = _distinct(wanted)
    return found[0] if len(found) == 1 else All(parts=found)


def any_of(parts: Iterable[Query]) -> Query:
    """Return the query that wants one of `parts` (at least one)."""
    flat: list[Query] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Any) else (part,))
    found = _distinct(flat)
    return found[0] if len(found) == 1 else Any(parts=found)


def negate(part: Query) -> Query:
    """Return the query that wants `part` absent."""
    return part.part if isinstance(part, Not) else Not(part=part)


def _distinct(parts: Sequence[Query]) -> tuple[Query, ...]:
    return tuple(dict.fromkeys(parts))


def _pair_docket_with_court(parts: list[Query]) -> list[Query]:
    courts = {
        part.part.text
        for part in parts
        if isinstance(part, InField) and part.field == "court" and isinstance(part.part, Phrase)
    }
    if len(courts) != 1 or not any(
        isinstance(part, Docket) and part.court is None for part in parts
    ):
        return parts
    (court,) = courts
    return [
        replace(part, court=court) if isinstance(part, Docket) and part.court is None else part
        for part in parts
        if not (isinstance(part, InField) and part.field == "court")
    ]


def is_anchored(query: Query) -> bool:
    """Say whether something must be present for `query` to hold, so that it can be filed."""
    match query:
        case All(parts=parts):
            return any(is_anchored(part) for part in parts)
        case Any(parts=parts):
            return all(is_anchored(part) for part in parts)
        case Not():
            return False
        case InField(part=part):
            return is_anchored(part)
        case Phrase() | Entity() | Family() | Docket() | CourtCase() | Near():
            return True
        case _:
            assert_never(query)


def fits_near(query: Query) -> bool:
    """Say whether `query` is something with a place in the text: a term, or one of several."""
    match query:
        case Phrase() | Entity() | Family():
            return True
        case Any(parts=parts):
            return all(fits_near(part) for part in parts)
        case All() | Not() | Near() | InField() | Docket() | CourtCase():
            return False
        case _:
            assert_never(query)


def fits_field(query: Query) -> bool:
    """Say whether `query` can be looked for in one field: it names no field or docket itself."""
    match query:
        case Phrase() | Entity() | Family():
            return True
        case All(parts=parts) | Any(parts=parts) | Near(parts=parts):
            return all(fits_field(part) for part in parts)
        case Not(part=part):
            return fits_field(part)
        case InField() | Docket() | CourtCase():
            return False
        case _:
            assert_never(query)


def leaves(query: Query) -> Iterator[Phrase | Entity | Family | Docket | CourtCase]:
    """Yield every leaf, so that a loader can check which entities and families are named."""
    match query:
        case All(parts=parts) | Any(parts=parts) | Near(parts=parts):
            for part in parts:
                yield from leaves(part)
        case Not(part=part) | InField(part=part):
            yield from leaves(part)
        case Phrase() | Entity() | Family() | Docket() | CourtCase():
            yield query
        case _:
            assert_never(query)


def fields(query: Query) -> set[Field]:
    """Return the fields that `query` names."""
    match query:
        case All(parts=parts) | Any(parts=parts) | Near(parts=parts):
            return {field for part in parts for field in fields(part)}
        case Not(part=part):
            return fields(part)
        case InField(field=field, part=part):
            return {field} | fields(part)
        case Phrase() | Entity() | Family() | Docket() | CourtCase():
            return set()
        case _:
            assert_never(query)
