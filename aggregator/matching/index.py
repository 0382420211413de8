"""All rules at once: one pass over an item's text, then only the rules that can hold.

Every phrase of every rule, family and alias is a key of one Aho-Corasick automaton.  A hit is kept
if it stands as whole words, in its case where that matters.  Each rule is filed under the rarest
thing it cannot do without; identical rules are run once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from aggregator.matching import dockets, mentions, text
from aggregator.matching.evaluate import Atom, Found
from aggregator.matching.plan import Builder, Check, Plan
from aggregator.matching.query import Query
from aggregator.matching.rules import EntityRule
from aggregator.matching.surface import Fields, Span, Surface
from aggregator.model import Evidence, TextField

__all__ = ["Fields", "Index", "Scan"]


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
        keys = self._plan.keys
        for number, start, end in self._plan.automaton.find_matches_as_indexes(
            text.scannable(straight), overlapping=True
        ):
            key = keys[number]
            if key.opens and straight[start - 1] != " " and not text.opens(straight, start):
                continue  # the blank is asked for first because nearly every word has one
            store = found.hits if start < lead else found.beyond
            closed = straight[end] == " " or not key.closes or text.closes(straight, end)
            if closed:
                for atom in key.plain:
                    store.setdefault(atom, []).append((start, end))
            for check in key.checks:
                if (closed or check.prefix) and (span := _checked(check, straight, start, end)):
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

    def _run(self, found: Found) -> dict[str, tuple[Evidence, ...]]:
        """Run the queries that are filed under something found."""
        filed = self._plan.filed
        candidates: set[int] = set()
        for store in (found.hits, found.beyond, found.facts):
            for atom in store.keys() & filed.keys():
                candidates.update(filed[atom])
        hits: dict[str, tuple[Evidence, ...]] = {}
        for number in sorted(candidates):
            node, ids = self._plan.nodes[number]
            if node.holds(found):
                evidence = tuple(sorted(set(node.evidence(found))))
                hits.update(dict.fromkeys(ids, evidence))
        return hits


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
    fields = {"title", "summary", *beyond}
    spans: dict[str, set[Evidence]] = {}
    for store in stores:
        for atom in store.keys() & names.keys():
            said = {found.surface.evidence(span) for span in store[atom]}
            spans.setdefault(names[atom], set()).update(e for e in said if e.field in fields)
    return {name: tuple(sorted(said)) for name, said in sorted(spans.items()) if said}
