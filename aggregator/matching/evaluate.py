"""Queries made ready to run: does it hold on what the scan found, and which words made it so.

A query's leaves have become *atoms*, numbers under which the scan files its hits.  `anchor` says
which atoms a query cannot hold without; it is only looked at when one of them hit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, assert_never

from aggregator.matching.proximity import Chain, Placed
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
from aggregator.matching.surface import Span, Surface
from aggregator.model import Evidence, TextField

Atom = int
Anchor = tuple[float, frozenset[Atom]]
"""How often it will hit, roughly, and the atoms of which one must hit."""


class Found:
    """What one scan found; filled by the index, read by the nodes, gone with the scan."""

    __slots__ = ("beyond", "facts", "hits", "surface")

    def __init__(self, surface: Surface) -> None:
        self.surface = surface
        self.hits: dict[Atom, list[Span]] = {}
        """In title and summary."""
        self.beyond: dict[Atom, list[Span]] = {}
        """In the fields that must be named."""
        self.facts: dict[Atom, tuple[Evidence, ...]] = {}
        """What is not a place in the text: dockets, courts, case ids."""

    def store(self, field: TextField | None) -> dict[Atom, list[Span]]:
        """Return where hits in `field` are filed; None is title and summary."""
        return self.hits if field in (None, "title", "summary") else self.beyond

    def spans(self, atom: Atom, field: TextField | None) -> Sequence[Span]:
        """Return the hits of `atom` in `field`; None is title and summary."""
        spans = self.store(field).get(atom)
        if field is None:
            return spans or ()
        if not spans:
            return ()
        start, end = self.surface.bounds(field)
        return [span for span in spans if start <= span[0] and span[1] <= end]


class Node(Protocol):
    """A part of a query, ready to run."""

    def holds(self, found: Found) -> bool:
        """Say whether it holds."""
        ...

    def evidence(self, found: Found) -> list[Evidence]:
        """Return the fewest spans that make it hold; only asked when it does."""
        ...

    def anchor(self, weights: Sequence[float]) -> Anchor | None:
        """Return the rarest atoms it needs; None when it can hold on nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Leaf:
    """A term, an entity or a family, in one field or in title and summary."""

    atom: Atom
    field: TextField | None

    def holds(self, found: Found) -> bool:
        if self.field is None:
            return self.atom in found.hits
        return bool(found.spans(self.atom, self.field))

    def evidence(self, found: Found) -> list[Evidence]:
        return [found.surface.evidence(min(found.spans(self.atom, self.field)))]

    def anchor(self, weights: Sequence[float]) -> Anchor:
        return weights[self.atom], frozenset((self.atom,))


@dataclass(frozen=True, slots=True)
class Fact:
    """A docket number, a court, a court's case id."""

    atom: Atom

    def holds(self, found: Found) -> bool:
        return self.atom in found.facts

    def evidence(self, found: Found) -> list[Evidence]:
        return list(found.facts[self.atom])

    def anchor(self, weights: Sequence[float]) -> Anchor:
        return weights[self.atom], frozenset((self.atom,))


@dataclass(frozen=True, slots=True)
class Every:
    """All parts hold."""

    parts: tuple[Node, ...]

    def holds(self, found: Found) -> bool:
        return all(part.holds(found) for part in self.parts)

    def evidence(self, found: Found) -> list[Evidence]:
        return [span for part in self.parts for span in part.evidence(found)]

    def anchor(self, weights: Sequence[float]) -> Anchor | None:
        anchors = [anchor for part in self.parts if (anchor := part.anchor(weights))]
        return min(anchors, key=lambda anchor: anchor[0], default=None)


@dataclass(frozen=True, slots=True)
class OneOf:
    """At least one part holds; the evidence is that of the one that stands first."""

    parts: tuple[Node, ...]

    def holds(self, found: Found) -> bool:
        return any(part.holds(found) for part in self.parts)

    def evidence(self, found: Found) -> list[Evidence]:
        ways = [part.evidence(found) for part in self.parts if part.holds(found)]
        return min(ways, key=_place)

    def anchor(self, weights: Sequence[float]) -> Anchor | None:
        return _union([part.anchor(weights) for part in self.parts])


@dataclass(frozen=True, slots=True)
class OneAtom:
    """`OneOf` of leaves in the same field: nearly all of them, and a set comparison."""

    atoms: frozenset[Atom]
    field: TextField | None

    def holds(self, found: Found) -> bool:
        if self.field is None:
            return not found.hits.keys().isdisjoint(self.atoms)
        return any(
            found.spans(atom, self.field) for atom in self.atoms & found.store(self.field).keys()
        )

    def evidence(self, found: Found) -> list[Evidence]:
        hit = self.atoms & found.store(self.field).keys()
        spans = [span for atom in hit for span in found.spans(atom, self.field)]
        return [found.surface.evidence(min(spans))]

    def anchor(self, weights: Sequence[float]) -> Anchor:
        return sum(weights[atom] for atom in self.atoms), self.atoms


@dataclass(frozen=True, slots=True)
class Absent:
    """The part does not hold; nothing can be shown for it."""

    part: Node

    def holds(self, found: Found) -> bool:
        return not self.part.holds(found)

    def evidence(self, found: Found) -> list[Evidence]:  # noqa: ARG002  the protocol's
        return []

    def anchor(self, weights: Sequence[float]) -> None:  # noqa: ARG002  the protocol's
        return None


@dataclass(frozen=True, slots=True)
class Together:
    """Parts within so many words of their neighbours, in one field, each in words of its own."""

    parts: tuple[frozenset[Atom], ...]
    field: TextField | None
    words: int
    ordered: bool

    def holds(self, found: Found) -> bool:
        return self._chain(found) is not None

    def evidence(self, found: Found) -> list[Evidence]:
        return [found.surface.evidence(span) for span in self._chain(found) or ()]

    def anchor(self, weights: Sequence[float]) -> Anchor:
        ways = ((sum(weights[atom] for atom in part), part) for part in self.parts)
        return min(ways, key=lambda anchor: anchor[0])

    def _chain(self, found: Found) -> list[Span] | None:
        store = found.store(self.field)
        atoms = store.keys()  # a view compares itself with a set by the smaller of the two
        if any(atoms.isdisjoint(part) for part in self.parts):
            return None
        placed: list[Placed] = sorted(
            {
                (start, end, number)
                for number, part in enumerate(self.parts)
                for atom in atoms & part
                for start, end in found.spans(atom, self.field)
            }
        )
        title_end = found.surface.title_end
        title = [place for place in placed if place[0] < title_end]
        for field in (title, placed[len(title) :]):
            search = Chain(field, len(self.parts), self.words, found.surface, ordered=self.ordered)
            if chain := search.first():
                return chain
        return None


def _place(evidence: list[Evidence]) -> tuple[int, int]:
    """Return where evidence begins, in reading order; nothing comes last."""
    order = {"title": 0, "summary": 1}
    return min(((order.get(span.field, 2), span.start) for span in evidence), default=(3, 0))


def _union(anchors: Sequence[Anchor | None]) -> Anchor | None:
    known = [anchor for anchor in anchors if anchor is not None]
    if len(known) < len(anchors):
        return None
    return sum(cost for cost, _ in known), frozenset().union(*(atoms for _, atoms in known))


Leafy = Phrase | Entity | Family | Docket | CourtCase | InField
"""What has an atom; an `InField` does when its field is `court`."""
Resolve = Callable[[Leafy], Atom]


def ready(query: Query, resolve: Resolve, field: TextField | None = None) -> Node:
    """Return `query` ready to run in `field`; of fields within fields the innermost counts."""
    match query:
        case Phrase() | Entity() | Family():
            return Leaf(resolve(query), field)
        case Docket() | CourtCase():
            return Fact(resolve(query))
        case InField():
            return _in_field(query, resolve)
        case All(parts=parts):
            return Every(tuple(ready(part, resolve, field) for part in parts))
        case Any(parts=parts):
            return _one_of(tuple(ready(part, resolve, field) for part in parts))
        case Not(part=part):
            return Absent(ready(part, resolve, field))
        case Near(parts=parts, words=words, ordered=ordered):
            atoms = tuple(
                frozenset(leaf.atom for leaf in terms(part, resolve, field)) for part in parts
            )
            return Together(atoms, field, words, ordered)
        case _:
            assert_never(query)


def _in_field(query: InField, resolve: Resolve) -> Node:
    match query.field:
        case "court":
            return Fact(resolve(query))
        case "docket":
            if not isinstance(query.part, Phrase):
                raise ValueError(f"not a docket number: {query.part}")  # noqa: TRY004  a value of the file
            return Fact(resolve(Docket(number=query.part.text)))
        case field:
            return ready(query.part, resolve, field)


def _one_of(parts: tuple[Node, ...]) -> Node:
    leaves = [part for part in parts if isinstance(part, Leaf)]
    fields = {leaf.field for leaf in leaves}
    if len(leaves) < len(parts) or len(fields) > 1:
        return OneOf(parts)
    return OneAtom(frozenset(leaf.atom for leaf in leaves), fields.pop())


def terms(part: Query, resolve: Resolve, field: TextField | None = None) -> list[Leaf]:
    """Return the terms of which one will do; raises `ValueError` for what has no place in a text."""
    match part:
        case Phrase() | Entity() | Family():
            return [Leaf(resolve(part), field)]
        case Any(parts=parts):
            return [leaf for inner in parts for leaf in terms(inner, resolve, field)]
        case _:
            raise ValueError(f"NEAR takes terms only: {part}")
