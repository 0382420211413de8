"""All rules at once: one pass over an item's text, then only the rules that can hold.

Every phrase of every rule, family and alias is a key of one Aho-Corasick automaton.  A hit is kept
if it stands as whole words, in its case where that matters.  Each rule is filed under the rarest
thing it cannot do without; identical rules are run once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aggregator.matching import dockets, mentions, text
from aggregator.matching.evaluate import Atom, Found, Node
from aggregator.matching.plan import Builder, Check, Plan
from aggregator.matching.query import Query
from aggregator.matching.rules import EntityRule
from aggregator.matching.surface import Fields, Span, Surface, haystack
from aggregator.model import Evidence, TextField

__all__ = ["Fields", "Index", "Scan"]


class Hits(Mapping[str, tuple[Evidence, ...]]):
    """The rules that hold, each with the fewest spans that made it true, sorted.

    Evidence is worked out when it is asked for: most rules that hold are only counted.
    """

    __slots__ = ("_found", "_holding", "_known")

    def __init__(self, holding: Mapping[str, Node], found: Found) -> None:
        self._holding = holding
        self._found = found
        self._known: dict[str, tuple[Evidence, ...]] = {}

    def __getitem__(self, rule: str) -> tuple[Evidence, ...]:
        known = self._known.get(rule)
        if known is None:
            known = tuple(sorted(set(self._holding[rule].evidence(self._found)), key=_place))
            self._known[rule] = known
        return known

    def __contains__(self, rule: object) -> bool:
        return rule in self._holding

    def get(self, rule: str, default: Any = None) -> Any:
        """Return `rule`'s evidence or the default; the inherited one raises and catches."""
        return self[rule] if rule in self._holding else default

    def __iter__(self) -> Iterator[str]:
        return iter(self._holding)

    def __len__(self) -> int:
        return len(self._holding)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What one item hit; evidence is sorted and literally in the item."""

    hits: Mapping[str, tuple[Evidence, ...]]
    """Rule id to the fewest spans that made it true."""
    mentions: Mapping[str, tuple[Evidence, ...]]
    """Entity slug to every accepted mention in title, summary and source."""
    families: Mapping[str, tuple[Evidence, ...]]
    """Family name to every hit of one of its words in title and summary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """Rules ready to be scanned for; immutable, so scans may run side by side."""

    _plan: Plan

    @classmethod
    def build(
        cls,
        rules: Mapping[str, Query],
        entities: Mapping[str, EntityRule],
        families: Mapping[str, Sequence[str]],
    ) -> Index:
        """Return the index of `rules` by id.

        Raises `ValueError` for what a loader must refuse: a name that is not there, a rule that
        wants nothing present, a family word or `not_near` that is no plain term.
        """
        return cls(_plan=Builder(entities, families).build(rules))

    def scan(self, fields: Fields) -> Scan:
        """Return every rule that holds on `fields`, every mention and every family word."""
        surface = Surface(fields, self._plan.fields)
        found = Found(surface)
        self._collect(found)
        if self._plan.aliases:
            mentions.settle(found, self._plan.aliases)
        self._state_facts(found, fields)
        return Scan(
            hits=self._run(found),
            mentions=_named(self._plan.entities, found, (found.hits, found.beyond), "source"),
            families=_named(self._plan.families, found, (found.hits,)),
        )

    def _collect(self, found: Found) -> None:
        """File the whole-word hits of every key under the atoms it serves."""
        straight, lead = found.surface.text, found.surface.lead
        hits, beyond = found.hits, found.beyond
        needles = self._plan.needles
        for number, first, last in self._plan.automaton.find_matches_as_indexes(
            haystack(straight), overlapping=True
        ):
            opens, closes, plain, checks, spellings = needles[number]
            start, end = first + opens, last - closes
            if spellings is not None:
                served = spellings.get(text.scannable(straight[start:end]))
                if served is None:
                    continue
                plain, checks = served
            # The blank is asked for first because nearly every word has one.
            if opens and straight[first] != " " and not text.opens(straight, start):
                continue
            if closes and straight[end] != " " and not text.closes(straight, end):
                continue
            store = hits if start < lead else beyond
            for atom in plain:
                if atom in store:
                    store[atom].append((start, end))
                else:
                    store[atom] = [(start, end)]
            for check in checks:
                if span := _checked(check, straight, start, end):
                    store.setdefault(check.atom, []).append(span)

    def _state_facts(self, found: Found, fields: Fields) -> None:
        """File dockets, the court and the court's case id."""
        court = fields.court
        at_court = (Evidence(field="court", start=0, end=len(court), text=court),) if court else ()
        if court and (atom := self._plan.courts.get(court)) is not None:
            found.facts[atom] = at_court
        if self._plan.dockets:
            for number, spans in _dockets_in(fields).items():
                for atom, wanted in self._plan.dockets.get(number, ()):
                    if wanted is None:
                        found.facts[atom] = spans
                    elif wanted == court:
                        found.facts[atom] = (*at_court, *spans)
        if self._plan.court_cases and (case := dockets.court_case(fields.url)) is not None:
            atom = self._plan.court_cases.get(case)
            start = fields.url.rfind(case[1])
            if atom is not None and start >= 0:
                end = start + len(case[1])
                found.facts[atom] = (Evidence(field="url", start=start, end=end, text=case[1]),)

    def _run(self, found: Found) -> Hits:
        """Run the queries that are filed under something found."""
        filed, settled, nodes = self._plan.filed, self._plan.settled, self._plan.nodes
        candidates: set[int] = set()
        holding: set[int] = set()
        for atom in found.hits:
            if atom in filed:
                candidates.update(filed[atom])
            if atom in settled:
                holding.update(settled[atom])
        for store in (found.beyond, found.facts):
            for atom in store.keys() & filed.keys():
                candidates.update(filed[atom])
        for number in candidates:
            if nodes[number][0].holds(found):
                holding.add(number)
        hits: dict[str, Node] = {}
        for number in sorted(holding):
            node, ids = nodes[number]
            for rule in ids:
                hits[rule] = node
        return Hits(hits, found)


def _checked(check: Check, straight: str, start: int, end: int) -> Span | None:
    """Return the span that satisfies `check`, longer for a prefix; None if it does not."""
    if check.cased is not None and straight[start:end].replace("-", " ") != check.cased:
        return None
    if check.capital and not straight[start].isupper():
        return None
    if check.prefix:
        while text.in_word(straight[end]):
            end += 1
    if check.strict and not text.stands_alone(straight, start, end):
        return None
    return start, end


def _dockets_in(fields: Fields) -> dict[str, tuple[Evidence, ...]]:
    """Return where each docket number first stands in each of title and summary."""
    found: dict[str, tuple[Evidence, ...]] = {}
    for field in ("title", "summary"):
        line = fields.text(field)
        for start, end, number in dockets.find(line, bare=fields.court is not None):
            found.setdefault(
                number, (Evidence(field=field, start=start, end=end, text=line[start:end]),)
            )
    return found


def _named(
    names: Mapping[Atom, str],
    found: Found,
    stores: Iterable[dict[Atom, list[Span]]],
    *beyond: TextField,
) -> dict[str, tuple[Evidence, ...]]:
    """Return every hit of the atoms in `names` that stands in title, summary or `beyond`."""
    if not names:
        return {}
    fields = {"title", "summary", *beyond}
    said: dict[str, list[Evidence]] = {}
    for store in stores:
        for atom in store.keys() & names.keys():
            spans = map(found.surface.evidence, set(store[atom]))
            if shown := [span for span in spans if span.field in fields]:
                said.setdefault(names[atom], []).extend(shown)
    return {name: tuple(sorted(said[name], key=_place)) for name in sorted(said)}


def _place(span: Evidence) -> tuple[str, int, int]:
    """Return what evidence is ordered by; as a key it spares comparing whole values."""
    return span.field, span.start, span.end
