"""Finding a case by what is pasted: a docket number in any form, or a link.

Docket numbers are not unique: each court counts its own, so a number alone may mean several cases,
and a court named beside it decides.  A court's own number for a case is unique only there too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from aggregator.cases import courts
from aggregator.cases.names import FILLERS, fold
from aggregator.matching import dockets
from aggregator.matching.text import straighten
from aggregator.model import Case

Cases = tuple[Case, ...]

ADDRESS = re.compile(
    r"https?://\S+|(?:[\w-]+\.)*(?:uscourts\.gov|courtlistener\.com)/\S*", re.IGNORECASE
)
OPENING_LINK = re.compile(r"DktRpt\.pl\?(\d{1,12})\b")
"""The end of a court's own link to a docket, pasted without its host."""
RECAP = re.compile(r"gov\.uscourts\.([a-z0-9]{2,5})\.(\d{1,9})(?!\d)")
"""Court and its number for the case, as copies of court files are named."""
COURTLISTENER = re.compile(
    r"courtlistener\.com/(?:api/rest/v\d/)?(?P<page>dockets?|opinion)/(?P<id>\d{1,12})"
    r"(?:/\d+)*(?:/(?P<slug>[a-z0-9-]*[a-z][a-z0-9-]*))?",
    re.IGNORECASE,
)

SPACED = re.compile(
    r"(?<=\d)\s*[-.\s]?\s*\b(cv|civ|civil|crim|cr|mc|misc|md|mj|mag|bk|ap|adv)\b\.?\s*-?\s*(?=\d)",
    re.IGNORECASE,
)
"""`23 cv 1599`, `23 - CV - 1599`: what people type wider than anyone prints it."""
OFFICE = re.compile(r"(?<![\w:-])(\d{1,2})(?::|-(?=(?:\d{2}){1,2}-?[a-z]))(?=\d)", re.IGNORECASE)
ABOUT_NUMBERS = frozenset(
    [
        "no",
        "nos",
        "number",
        "case",
        "cases",
        "docket",
        "dkt",
        "civil",
        "criminal",
        "action",
        "appeal",
        "court",
        "us",
    ]
)
"""Words beside a docket number that tell no case from another."""


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


@lru_cache(maxsize=4096)
def docket_number(text: str) -> Docket | None:
    """Read `1:23-cv-01599-ABJ-ZMF`, `23cv1599`, `No. 23-1599` or `23 Civ. 10832 (AT)`.

    Judges' initials are read over.  None when the whole text is not one docket number.
    """
    line = SPACED.sub(r"-\1-", straighten(text).strip())
    canonical = dockets.normalise(line)
    return None if canonical is None else _docket(canonical, line)


def by_number(query: str, every: Cases) -> Cases:
    """Return the cases that bear the docket number in `query`, narrowed by what stands beside it:
    a court, or a name.
    """
    line = SPACED.sub(r"-\1-", straighten(query).strip())
    whole = docket_number(line)
    if whole is not None:
        return _bearing(whole, every)
    found = dockets.find(line, bare=True)
    if not found:
        return ()
    start, end, canonical = found[0]
    hits = _bearing(_docket(canonical, line[:end]), every)
    return _narrowed(hits, f"{line[:start]} {line[end:]}")


def address_in(query: str) -> str:
    """Return the link in `query`, or nothing."""
    if (found := ADDRESS.search(query)) is None:
        return query if OPENING_LINK.search(query) else ""
    return found[0].rstrip(").,;>]\"'")


def by_address(address: str, every: Cases) -> Cases:
    """Return the cases that `address` leads to: a court's page, a copy of a docket, or a source
    of ours.
    """
    ways: tuple[Callable[[str, Cases], Cases], ...] = (_court, _courtlistener, _sourced, _in_path)
    return next((hits for way in ways if (hits := way(address, every))), ())


def _docket(canonical: str, line: str) -> Docket:
    year, *kind, number = canonical.split("-")
    office = OFFICE.search(line)
    return Docket(
        year=int(year),
        number=int(number),
        kind=kind[0] if kind else None,
        office=int(office[1]) if office else None,
    )


def _bearing(wanted: Docket, every: Iterable[Case]) -> Cases:
    return tuple(
        case
        for case in every
        if case.docket and (own := docket_number(case.docket)) is not None and own.agrees(wanted)
    )


def _narrowed(hits: Cases, beside: str) -> Cases:
    if (court := courts.named(beside)) is not None:
        # A number in another court is another case, so this may leave none.
        hits = tuple(case for case in hits if case.court in {None, court[0]})
        beside = court[1]
    words = set(fold(beside).split()) - FILLERS - ABOUT_NUMBERS
    shared = [len(words & _words(case)) for case in hits]
    # It only helps to choose: people shorten names beside a number as they like.
    return tuple(case for case, count in zip(hits, shared, strict=True) if count == max(shared))


def _words(case: Case) -> set[str]:
    return set(fold(f"{case.caption} {case.title} {case.court_name}").split())


def _court(address: str, every: Cases) -> Cases:
    if (bare := OPENING_LINK.search(address)) is not None and "uscourts.gov" not in address.lower():
        return tuple(case for case in every if case.court_case_id == bare[1])
    recap = RECAP.search(address)
    whole = address if "://" in address else f"https://{address}"
    place = (recap[1], recap[2]) if recap else dockets.court_case(whole)
    if place is None:
        return ()
    court, number = place
    docket = docket_number(number)
    return tuple(
        case
        for case in every
        if case.court == court
        and (case.court_case_id == number or (docket is not None and _bearing(docket, (case,))))
    )


def _courtlistener(address: str, every: Cases) -> Cases:
    if (page := COURTLISTENER.search(address)) is None:
        return ()
    if page["page"].lower() != "opinion":
        if hits := tuple(case for case in every if page["id"] in _docket_ids(case)):
            return hits
        # A case whose id is on file is known not to be this one.
        every = tuple(case for case in every if not _docket_ids(case))
    wanted = _sides((page["slug"] or "").replace("-", " "))
    if not any(wanted):
        return ()
    named = [(case, [_sides(name) for name in _captions(case)]) for case in every]
    exact = tuple(case for case, names in named if wanted in names)
    # Long captions are cut short in the address, and each side may be written as in any name.
    return exact or tuple(
        case
        for case, names in named
        if all(words <= set().union(*known) for words, *known in zip(wanted, *names, strict=True))
    )


def _captions(case: Case) -> list[str]:
    """Return those of its names that tell two sides apart, or all when none does."""
    names = (case.caption, case.title, *case.aliases)
    return [name for name in names if _sides(name)[1]] or list(names)


def _sides(name: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the words before and after the "v"; the second is empty where there is none."""
    first, _, second = f" {fold(name)} ".partition(" v ")
    return frozenset(first.split()) - FILLERS, frozenset(second.split()) - FILLERS


def _docket_ids(case: Case) -> frozenset[str]:
    pages = (COURTLISTENER.search(source) for source in _sources(case))
    return frozenset(page["id"] for page in pages if page and page["page"].lower() != "opinion")


def _sources(case: Case) -> Iterable[str]:
    yield case.docket_source
    yield case.status_source
    yield from (person.source for person in (*case.judges, *case.parties))
    yield from (milestone.source for milestone in case.milestones)


def _sourced(address: str, every: Cases) -> Cases:
    wanted = _bare(address)
    if not wanted:
        return ()
    return tuple(
        case for case in every if any(_bare(source) == wanted for source in _sources(case))
    )


def _bare(address: str) -> str:
    address = address.split("#", 1)[0].removeprefix("https://").removeprefix("http://")
    return address.removeprefix("www.").rstrip("/")


def _in_path(address: str, every: Cases) -> Cases:
    """Return the cases whose number stands in the address, as `/1:2023cv01599/` does."""
    try:
        path = unquote(urlsplit(address).path)
    except ValueError:  # a bracket that is none
        return ()
    for part in path.replace("_", ":").split("/"):
        docket = docket_number(part)
        if docket is not None and docket.kind is not None:
            return _bearing(docket, every)
    return ()
