"""Finding a case by what people call it: slug, name, alias, party, docket number or link.

Names are compared folded: case, accents, punctuation and the many ways to write "versus" do not
count.  Nothing is guessed: a misspelt name gives suggestions, never a case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from operator import itemgetter

from aggregator.cases.citation import address_in, by_address, by_number, docket_number
from aggregator.cases.names import FILLERS, fold, squash
from aggregator.model import Case

QUERY_CHARS_MAX = 200
ADDRESS_CHARS_MAX = 1000
SUGGESTIONS_MAX = 5
ALIAS_LETTERS_MIN = 2
"""Of a whole name, such as CZ; a single letter names nothing."""
WORD_LETTERS_MIN = 3
"""Of a part of a name that may stand for a case; shorter parts are only offered."""
LIKENESS_MIN = 0.75
"""Ratio of difflib from which two names are taken for a typing error: "binanse" scores 0.86."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One case is meant; `others` share the name and are offered beside it."""

    case: Case
    others: tuple[Case, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Several:
    """More than one case bears the name."""

    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A name that is written much like the one asked for."""

    name: str
    case: Case


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFound:
    """No case bears the name; `suggestions` holds the likest first, each case once."""

    suggestions: tuple[Suggestion, ...] = ()


Lookup = Found | Several | NotFound


def find(query: str, cases: Mapping[str, Case]) -> Lookup:
    """Return the case that `query` names.

    A docket number, slug, title or caption opens its case; so does a primary alias, with the
    other hits beside it, and an alias or a run of words that only one case bears.  A single letter
    names no case, and a part of a name shorter than `WORD_LETTERS_MIN` only suggests some.
    """
    every = tuple(cases[slug] for slug in sorted(cases))
    query = query.strip()
    if address := address_in(query[:ADDRESS_CHARS_MAX]):
        return _chosen(by_address(address, every)) or NotFound()
    query = query[:QUERY_CHARS_MAX]
    if docket_number(query) is not None:
        return _chosen(by_number(query, every)) or NotFound()
    wanted = fold(query)
    if len(squash(wanted)) < ALIAS_LETTERS_MIN:
        return NotFound()
    # A citation names its case in words too, but more of them than any name has.
    hits = _named(wanted, every) or _chosen(by_number(query, every))
    return NotFound(suggestions=_offered(wanted, every)) if hits is None else hits


def _named(wanted: str, every: tuple[Case, ...]) -> Lookup | None:
    words = _telling(wanted)
    loose = tuple(case for case in every if _bears_words(case, words))
    for names in (_proper, _primary, _aliases, _parties):
        exact = tuple(case for case in every if _bears(names(case), wanted))
        if len(exact) == 1:
            return Found(case=exact[0], others=tuple(c for c in loose if c is not exact[0]))
        if exact:
            return Several(cases=exact)
    return _chosen(loose) if any(len(word) >= WORD_LETTERS_MIN for word in words) else None


def _telling(folded: str) -> set[str]:
    return set(folded.split()) - FILLERS


def _chosen(hits: tuple[Case, ...]) -> Lookup | None:
    match hits:
        case ():
            return None
        case (only,):
            return Found(case=only)
        case _:
            return Several(cases=hits)


def _proper(case: Case) -> tuple[str, ...]:
    return (case.title, case.caption, case.slug)


def _primary(case: Case) -> tuple[str, ...]:
    return case.primary_aliases


def _aliases(case: Case) -> tuple[str, ...]:
    return case.aliases


def _parties(case: Case) -> tuple[str, ...]:
    return tuple(party.name for party in case.parties)


def _names(case: Case) -> tuple[str, ...]:
    return (*_proper(case), *_primary(case), *_aliases(case), *_parties(case))


def _bears(names: Iterable[str], wanted: str) -> bool:
    tight = squash(wanted)
    return any(fold(name) == wanted or squash(fold(name)) == tight for name in names)


def _bears_words(case: Case, words: set[str]) -> bool:
    return bool(words) and any(words <= set(fold(name).split()) for name in _names(case))


def _offered(wanted: str, every: tuple[Case, ...]) -> tuple[Suggestion, ...]:
    """Return the cases of which `wanted` is too short a part to mean one, else those written so."""
    words = _telling(wanted)
    part = [case for case in every if _bears_words(case, words)][:SUGGESTIONS_MAX]
    named = tuple(Suggestion(name=case.title, case=case) for case in part)
    return named or _like(wanted, every)


def _like(wanted: str, cases: Iterable[Case]) -> tuple[Suggestion, ...]:
    likeness = _Likeness(_core(wanted) or wanted)
    scored: list[tuple[float, bool, str, Case]] = []
    for case in cases:
        best = (0.0, "")
        for name in _names(case):
            folded = fold(name)
            for candidate in (folded, *_telling(folded)):
                shown = name if candidate == folded else candidate
                # At a tie the first name stays: the title, which reads best.
                best = max(best, (likeness.to(candidate), shown), key=itemgetter(0))
        if best[0] >= LIKENESS_MIN:
            scored.append((best[0], _bears(case.primary_aliases, fold(best[1])), best[1], case))
    scored.sort(key=lambda one: (-one[0], not one[1], one[3].slug))
    return tuple(Suggestion(name=name, case=case) for *_, name, case in scored[:SUGGESTIONS_MAX])


def _core(folded: str) -> str:
    return " ".join(word for word in folded.split() if word not in FILLERS)


class _Likeness:
    """How much names look like one; each different name is compared once."""

    def __init__(self, wanted: str) -> None:
        # The matcher keeps what it learnt of its second text.
        self._matcher = SequenceMatcher(None, "", wanted, autojunk=False)
        self._known: dict[str, float] = {}

    def to(self, candidate: str) -> float:
        """Return the ratio, or 0.0 for one below `LIKENESS_MIN`."""
        if candidate not in self._known:
            self._known[candidate] = self._ratio(_core(candidate) or candidate)
        return self._known[candidate]

    def _ratio(self, candidate: str) -> float:
        self._matcher.set_seq1(candidate)
        # The cheap upper bounds first: the full ratio is quadratic and most names are far off.
        bounds = (self._matcher.real_quick_ratio, self._matcher.quick_ratio)
        return 0.0 if any(bound() < LIKENESS_MIN for bound in bounds) else self._matcher.ratio()
