"""Rules laid out for scanning: what to look for, whom each hit serves, where each rule is filed.

Built once for a set of rules and never changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, assert_never

import ahocorasick_rs

from aggregator.matching import dockets, evaluate, inflect, mentions, shape, terms, text
from aggregator.matching.evaluate import Atom, Leaf, Leafy, Node, OneAtom
from aggregator.matching.mentions import AliasRule
from aggregator.matching.query import (
    CourtCase,
    Docket,
    Entity,
    Family,
    InField,
    Phrase,
    Query,
)
from aggregator.matching.rules import Alias, EntityRule
from aggregator.matching.surface import haystack
from aggregator.model import TextField

_RARE = 0.001
"""How often a docket number or a court's case id hits, beside words."""
_NAMED_ONLY: tuple[Literal["url", "tag"], ...] = ("url", "tag")
"""Fields that are scanned only if some rule names them."""


class Check(NamedTuple):
    """What a hit of a key must satisfy, beyond its edges, to be a hit of an atom."""

    atom: Atom
    prefix: bool = False
    cased: str | None = None
    strict: bool = False
    capital: bool = False
    """A misspelt name must at least begin with a capital."""


class Served(NamedTuple):
    """Whom a hit of a spelling serves."""

    plain: tuple[Atom, ...]
    """Atoms that ask for nothing but both edges."""
    checks: tuple[Check, ...]


class Needle(NamedTuple):
    """A pattern of the automaton, and whom a hit of it serves."""

    opens: int
    """Blanks (none or one) put before the pattern, because a word begins there."""
    closes: int
    plain: tuple[Atom, ...]
    checks: tuple[Check, ...]
    spellings: Mapping[str, Served] | None
    """Whom it serves by what the text says; None for one word in plain letters, where the bytes
    leave no doubt."""


class _Key(NamedTuple):
    """Something to look for, and whether its ends are ends of words."""

    spelling: str
    opens: int
    closes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that a scan looks up."""

    automaton: ahocorasick_rs.BytesAhoCorasick
    needles: tuple[Needle, ...]
    aliases: Mapping[Atom, AliasRule]
    entities: Mapping[Atom, str]
    families: Mapping[Atom, str]
    dockets: Mapping[str, tuple[tuple[Atom, str | None], ...]]
    court_cases: Mapping[tuple[str, str], Atom]
    courts: Mapping[str, Atom]
    fields: tuple[TextField, ...]
    nodes: tuple[tuple[Node, tuple[str, ...]], ...]
    """Each distinct query with the ids of the rules that are it."""
    filed: Mapping[Atom, tuple[int, ...]]
    """The queries to look at when an atom hit."""
    settled: Mapping[Atom, tuple[int, ...]]
    """The queries that hold as soon as an atom hit in title or summary."""


class Builder:
    """Numbers the atoms and gathers the keys."""

    def __init__(
        self, entities: Mapping[str, EntityRule], families: Mapping[str, Sequence[str]]
    ) -> None:
        self.entities = entities
        self.families = families
        self.atoms: dict[object, Atom] = {}
        self.weights: list[float] = []
        self.keys: dict[_Key, list[Check]] = {}
        self.fields: set[TextField] = {"source"}

    def build(self, rules: Mapping[str, Query]) -> Plan:
        for name, words in self.families.items():
            self._family(self._atom(Family(name=name)), words)
        aliases = self._aliases()
        same: dict[Query, list[str]] = {}
        for rule, query in rules.items():
            same.setdefault(query, []).append(rule)
        nodes = tuple(
            (evaluate.ready(query, self.resolve), tuple(ids)) for query, ids in same.items()
        )
        self._look_in(rules.values())
        self._misspell()
        filed: dict[Atom, list[int]] = {}
        settled: dict[Atom, list[int]] = {}
        for number, (node, ids) in enumerate(nodes):
            anchor = node.anchor(self.weights)
            if anchor is None:
                raise ValueError(f"{ids[0]} wants nothing present, so it cannot be filed")
            alone = isinstance(node, Leaf | OneAtom) and node.field is None
            for atom in anchor[1]:
                (settled if alone else filed).setdefault(atom, []).append(number)
        leaves = self.atoms.items()
        needles = self._needles()
        return Plan(
            automaton=ahocorasick_rs.BytesAhoCorasick(
                [pattern for pattern, _ in needles],
                matchkind=ahocorasick_rs.MatchKind.Standard,
            ),
            needles=tuple(needle for _, needle in needles),
            aliases=aliases,
            entities={atom: leaf.slug for leaf, atom in leaves if isinstance(leaf, Entity)},
            families={atom: leaf.name for leaf, atom in leaves if isinstance(leaf, Family)},
            dockets=self._dockets(),
            court_cases={
                (leaf.court, leaf.case_id): atom
                for leaf, atom in leaves
                if isinstance(leaf, CourtCase)
            },
            courts={
                leaf.part.text: atom
                for leaf, atom in leaves
                if isinstance(leaf, InField) and isinstance(leaf.part, Phrase)
            },
            fields=tuple(sorted(self.fields)),
            nodes=nodes,
            filed={atom: tuple(numbers) for atom, numbers in filed.items()},
            settled={atom: tuple(numbers) for atom, numbers in settled.items()},
        )

    def _dockets(self) -> dict[str, tuple[tuple[Atom, str | None], ...]]:
        """Return, by number, the atoms that want it and the court they want it at."""
        wanted: dict[str, list[tuple[Atom, str | None]]] = {}
        for leaf, atom in self.atoms.items():
            if isinstance(leaf, Docket):
                wanted.setdefault(leaf.number, []).append((atom, leaf.court))
        return {number: tuple(those) for number, those in wanted.items()}

    def resolve(self, leaf: Leafy) -> Atom:
        """Return the atom of a query's leaf."""
        match leaf:
            case Phrase():
                known = leaf in self.atoms
                atom = self._atom(leaf)
                if not known:
                    self._phrase(atom, leaf)
                return atom
            case Entity(slug=slug):
                if slug not in self.entities:
                    raise ValueError(f"there is no entity @{slug}")
                return self._atom(leaf)
            case Family(name=name):
                if name not in self.families:
                    raise ValueError(f"there is no family ~{name}")
                return self._atom(leaf)
            case Docket(number=number):
                canonical = replace(leaf, number=dockets.normalise(number) or number)
                return self._atom(canonical, _RARE)
            case CourtCase() | InField():
                return self._atom(leaf, _RARE)
            case _:
                assert_never(leaf)

    def _atom(self, of: object, weight: float = 0.0) -> Atom:
        atom = self.atoms.setdefault(of, len(self.atoms))
        if atom == len(self.weights):
            self.weights.append(weight)
        return atom

    def _key(self, spelling: str, check: Check) -> None:
        """Let `spelling` be scanned for on behalf of an atom."""
        key = text.scannable(spelling)
        if not key.strip():
            raise ValueError(f"nothing to look for in {spelling!r}")
        closes = text.in_word(key[-1]) and not check.prefix
        checks = self.keys.setdefault(_Key(key, int(text.in_word(key[0])), int(closes)), [])
        if check not in checks:
            checks.append(check)
            self.weights[check.atom] += 1000 / len(key) ** 2

    def _needles(self) -> list[tuple[bytes, Needle]]:
        """Return the patterns of the automaton, each with what it stands for."""
        patterns: dict[tuple[bytes, int, int], dict[str, Served]] = {}
        for (spelling, opens, closes), wanted in self.keys.items():
            scanned = haystack(spelling)
            patterns.setdefault((scanned, opens, closes), {})[spelling] = _served(wanted)
        needles = []
        for (scanned, opens, closes), spellings in patterns.items():
            if b" " in scanned or b"?" in scanned:
                needle = Needle(opens, closes, (), (), spellings)
            else:
                ((plain, checks),) = spellings.values()
                needle = Needle(opens, closes, plain, checks, None)
            needles.append((b" " * opens + scanned + b" " * closes, needle))
        return needles

    def _phrase(self, atom: Atom, phrase: Phrase) -> None:
        plain = text.compact(phrase.text)
        spellings = (
            {plain} if phrase.exact else inflect.phrase_forms(plain, keep_last=phrase.prefix)
        )
        for spelling in sorted(spellings):
            cased = spelling.replace("-", " ") if phrase.cased else None
            self._key(spelling, Check(atom, phrase.prefix, cased, phrase.strict))

    def _family(self, atom: Atom, words: Sequence[str]) -> None:
        for word in words:
            query = terms.term(word)
            if not isinstance(query, Phrase):
                raise ValueError(f"a family holds words and phrases, not {word}")  # noqa: TRY004  a value of the file
            self._phrase(atom, query)

    def _aliases(self) -> dict[Atom, AliasRule]:
        rules: dict[Atom, AliasRule] = {}
        for slug, entity in self.entities.items():
            named = self._atom(Entity(slug=slug))
            for number, alias in enumerate(entity.aliases):
                atom = self._atom((slug, number))
                self._alias(atom, alias)
                self.weights[named] += self.weights[atom]
                rules[atom] = AliasRule(
                    entity=named,
                    needs=None
                    if alias.needs is None
                    else evaluate.ready(alias.needs, self.resolve),
                    not_near=tuple(
                        leaf for term in alias.not_near for leaf in self._not_near(term)
                    ),
                )
        return rules

    def _alias(self, atom: Atom, alias: Alias) -> None:
        plain = text.compact(alias.text)
        cased = terms.is_acronym(plain) if alias.cased is None else alias.cased
        exact = plain.replace("-", " ") if cased else None
        self._key(plain, Check(atom, cased=exact, strict=alias.strict))

    def _not_near(self, term: str) -> list[Leaf]:
        query = terms.term(term)
        if isinstance(query, Entity):
            raise ValueError(f"not_near takes words, phrases and families, not {term}")  # noqa: TRY004  a value of the file
        return evaluate.terms(query, self.resolve)

    def _look_in(self, queries: Iterable[Query]) -> None:
        """Scan the fields that some query names."""
        needs = (alias.needs for entity in self.entities.values() for alias in entity.aliases)
        for query in (*queries, *(query for query in needs if query is not None)):
            named = shape.fields(query)
            self.fields.update(field for field in _NAMED_ONLY if field in named)

    def _misspell(self) -> None:
        """Add the misspelt names, but none that is another name or a word of one."""
        words = {word for key in self.keys for word in key.spelling.split()}
        for slug, entity in self.entities.items():
            for number, alias in enumerate(entity.aliases):
                plain = text.compact(alias.text)
                own = set(text.scannable(plain).split())
                for spelling in mentions.misspellings(plain) if alias.fuzzy else ():
                    if not (set(text.scannable(spelling).split()) - own) & words:
                        atom = self.atoms[slug, number]
                        self._key(spelling, Check(atom, strict=alias.strict, capital=True))


def _served(checks: Sequence[Check]) -> Served:
    return Served(
        plain=tuple(check.atom for check in checks if check == Check(check.atom)),
        checks=tuple(check for check in checks if check != Check(check.atom)),
    )
