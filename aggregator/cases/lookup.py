"""Finding a case by what people call it: slug, name, alias, party, or docket number.

Names are compared folded: case, accents, punctuation and the many ways to write "versus" do not
count.  Nothing is guessed: a misspelt name gives suggestions, never a case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from operator import itemgetter

from aggregator.cases.names import fold, squash
from aggregator.model import Case

QUERY_CHARS_MAX = 200
SUGGESTIONS_MAX = 5
LIKENESS_MIN = 0.75
"""Ratio of difflib from which two names are taken for a typing error: "binanse" scores 0.86."""

FILLERS = frozenset({"the", "case", "lawsuit", "matter", "of", "and", "in", "re", "v", "et", "al"})
"""Words that tell no case from another."""

OPENING_LINK = re.compile(r"DktRpt\.pl\?(\d{1,12})\b")
"""A court's own link to a docket, as its feed carries it."""

DOCKET = re.compile(
    r"(?:(?:case|docket)\s*)?(?:(?:no|nos|number)\b\.?\s*|#\s*)?"
    r"(?:(?P<office>\d{1,2})[:-])?(?P<year>(?:19|20)?\d{2})"
    r"(?:\s*[-. ]\s*(?P<kind>civ|cv|crim|cr|mc|md|mj|bk|ap|misc)\b\.?)?"
    r"\s*[-. ]\s*(?P<number>\d{1,6})"
    r"(?:\s*-\s*[a-z]{2,4})*(?:\s*\(\s*[a-z]{2,4}(?:\s*[-/,]?\s*[a-z]{2,4})*\s*\))*",
    re.IGNORECASE,
)
KINDS = {"civ": "cv", "crim": "cr", "misc": "mc"}
DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Docket:
    """A docket number taken apart; None where the writer left a part out."""

    year: int
    """The last two digits."""
    number: int
    kind: str | None = None
    office: int | None = None

    def agrees(self, other: Docket) -> bool:
        """Say whether both may mean the same case: a part that one leaves out does not count."""
        return (
            (self.year, self.number) == (other.year, other.number)
            and (self.kind is None or other.kind is None or self.kind == other.kind)
            and (self.office is None or other.office is None or self.office == other.office)
        )


def docket_number(text: str) -> Docket | None:
    """Read `1:23-cv-01599-ABJ-ZMF`, `23-cv-1599`, `No. 23-1599` or `23 Civ. 10832 (AT)`.

    Judges' initials are read over.  None when the whole text is not one docket number.
    """
    found = DOCKET.fullmatch(text.translate(DASHES).strip())
    if found is None:
        return None
    kind = found["kind"]
    return Docket(
        year=int(found["year"]) % 100,
        number=int(found["number"]),
        kind=None if kind is None else KINDS.get(kind.lower(), kind.lower()),
        office=None if found["office"] is None else int(found["office"]),
    )


def find(query: str, cases: Mapping[str, Case]) -> Lookup:
    """Return the case that `query` names.

    A docket number, slug, title or caption opens its case; so does a primary alias, with the
    other hits beside it, and an alias or a run of words that only one case bears.
    """
    query = query.strip()[:QUERY_CHARS_MAX]
    every = tuple(cases[slug] for slug in sorted(cases))
    if (link := OPENING_LINK.search(query)) is not None:
        return _chosen(tuple(case for case in every if case.court_case_id == link[1]))
    if (docket := docket_number(query)) is not None:
        return _chosen(tuple(case for case in every if _has_docket(case, docket)))
    return _named(fold(query), every)


def _named(wanted: str, every: tuple[Case, ...]) -> Lookup:
    if not wanted:
        return NotFound()
    loose = tuple(case for case in every if _bears_words(case, wanted))
    for names in (_proper, _primary, _aliases, _parties):
        exact = tuple(case for case in every if _bears(names(case), wanted))
        if len(exact) == 1:
            return Found(case=exact[0], others=tuple(c for c in loose if c is not exact[0]))
        if exact:
            return Several(cases=exact)
    return _chosen(loose) if loose else NotFound(suggestions=_like(wanted, every))


def _chosen(hits: tuple[Case, ...]) -> Lookup:
    match hits:
        case ():
            return NotFound()
        case (only,):
            return Found(case=only)
        case _:
            return Several(cases=hits)


def _has_docket(case: Case, wanted: Docket) -> bool:
    own = None if case.docket is None else docket_number(case.docket)
    return own is not None and own.agrees(wanted)


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


def _bears_words(case: Case, wanted: str) -> bool:
    words = set(wanted.split()) - FILLERS
    return bool(words) and any(words <= set(fold(name).split()) for name in _names(case))


def _like(wanted: str, cases: Iterable[Case]) -> tuple[Suggestion, ...]:
    scored: list[tuple[float, str, Case]] = []
    for case in cases:
        best = (0.0, "")
        for name in _names(case):
            folded = fold(name)
            for candidate in (folded, *(set(folded.split()) - FILLERS)):
                shown = name if candidate == folded else candidate
                # At a tie the first name stays: the title, which reads best.
                best = max(best, (_likeness(wanted, candidate), shown), key=itemgetter(0))
        if best[0] >= LIKENESS_MIN:
            scored.append((*best, case))
    scored.sort(key=lambda one: (-one[0], one[2].slug))
    return tuple(Suggestion(name=name, case=case) for _, name, case in scored[:SUGGESTIONS_MAX])


def _likeness(one: str, other: str) -> float:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    # The cheap upper bounds first: the full ratio is quadratic and most names are far off.
    if matcher.real_quick_ratio() < LIKENESS_MIN or matcher.quick_ratio() < LIKENESS_MIN:
        return 0.0
    return matcher.ratio()
