"""Docket numbers in every form that courts and the press write, and case ids in court links.

Canonical: `23-cv-01599` (two digits of the year, kind, five digits), or `22-1142` where there is no
kind, as in courts of appeals.  The office digit before the colon and the judges' initials are
dropped: offices share one count, and initials change when a case is reassigned.  A number without
a kind but with an office digit or initials is a district court's; civil is meant.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from aggregator.matching.text import straighten

_KINDS = {"civ": "cv", "civil": "cv", "crim": "cr", "misc": "mc", "mag": "mj", "adv": "ap"}
_KIND = r"cv|cr|mc|md|ml|mj|mi|bk|ap|misc|mag|civil|civ|crim|adv"
_JUDGES = r"(?:-[A-Z]{1,4})*(?:-\d{1,2})?(?:\s?\([A-Z]{2,4}(?:[-/)(\s]{1,2}[A-Z]{2,4})*\))*"
_END = r"(?![\w-])"

_TYPED = re.compile(
    r"(?<![\w:-])(?:\d{1,2}[:-])?(?P<year>(?:19|20)?\d{2})"
    rf"(?:-(?P<kind>(?i:{_KIND}))-?|(?P<joined>(?i:cv|cr|mc|md|mj|bk))-?"
    r"|\s(?P<spoken>(?i:civ|cr|crim|misc|mag))\.?\s)"
    rf"(?P<number>\d{{1,5}}){_JUDGES}{_END}"
)
"""`1:23-cv-01599-ABJ-ZMF`, `8:26CV59`, `23 Civ. 10832 (AT)`."""
_REVERSED = re.compile(
    rf"(?<![\w-])(?P<kind>CV|CR)\s?\d(?P<year>\d{{2}})-(?P<number>\d{{1,5}}){_END}"
)
"""`CV 124-115`: S.D. Ga. writes kind, office and year, number."""
_OFFICE = re.compile(
    rf"(?<![\w:-])\d:(?P<year>\d{{2}})-(?P<number>\d{{3,5}}){_JUDGES}(?![\w:]|-\w|\s?[ap]\.?m)"
)
"""`1:23-01599`."""
_INITIALS = re.compile(
    r"(?<![\w:$€£.,-])(?P<year>\d{2})-(?P<number>\d{1,5})"
    r"\s?\((?!USD|EUR|GBP|JPY|ET\b|EST|EDT|UTC|GMT|PT\b|US\b|UK\b|EU\b)"
    r"[A-Z]{2,4}(?:[-/)(\s]{1,2}[A-Z]{2,4})*\)"
)
"""`23-1599 (ABJ)`."""
_CUED = re.compile(
    r"(?i:\b(?:nos?\.|no|case|docket|appeal|dkt\.?)\s?(?:no\.|nos\.|number)?\s?|#)"
    rf"(?P<whole>(?P<year>\d{{2}})-(?P<number>\d{{2,5}})){_END}"
)
"""`No. 22-1142`: without a word that announces it, such a number is a range or a date."""
_BARE = re.compile(
    r"(?<![\w:$€£.,/-])(?P<year>\d{2})-(?P<number>\d{2,5})(?:-[a-z]{2,4})?(?![\w/-]|[.,]\d)"
)
"""`22-1142`, and as bankruptcy courts write it with the judge's initials, `16-10992-smb`."""
_HINT = re.compile(r"\d-|\d\s?(?i:c[vri]|m[cdij])|C[VR]\s?\d")
"""What every form has; most texts do not, and are spared the rest."""
_PREFIX = re.compile(
    r"^(?:(?:civil|criminal)\s+(?:action|case)\s+|case\s+|docket\s+|appeal\s+)?"
    r"(?:nos?\.?|number|#)?:?\s*",
    re.IGNORECASE,
)
_COURT_HOST = re.compile(r"ecf\.([a-z0-9]{2,5})\.uscourts\.gov")
_CASE_PAGE = re.compile(r"(\d{1,9})(?:-[\w-]*)?")

Found = tuple[int, int, str]
"""Start, end, canonical number."""


def normalise(text: str) -> str | None:
    """Return the canonical number, or None when `text` is no docket number."""
    line = " ".join(straighten(text).split())
    line = line[_PREFIX.match(line).end() :]  # type: ignore[union-attr]  # it matches the empty text
    for pattern, kind in ((_TYPED, ""), (_REVERSED, ""), (_OFFICE, "cv"), (_INITIALS, "cv")):
        if found := pattern.fullmatch(line):
            return _canonical(found, kind)
    found = _BARE.fullmatch(line)
    return _canonical(found, None) if found else None


def find(text: str, *, bare: bool = False) -> tuple[Found, ...]:
    """Return every docket number in `text`, in order; spans never overlap.

    `bare` also takes `22-1142` standing by itself: right for a court's own feed, elsewhere it
    would take scores and ranges for cases.
    """
    straight = straighten(text)
    if not _HINT.search(straight):
        return ()
    found: list[Found] = []
    patterns: list[tuple[re.Pattern[str], str | None]] = [
        (_TYPED, ""),
        (_REVERSED, ""),
        (_INITIALS, "cv"),
        (_OFFICE, "cv"),
        (_CUED, None),
    ]
    if bare:
        patterns.append((_BARE, None))
    for pattern, kind in patterns:
        for hit in pattern.finditer(straight):
            if pattern is _OFFICE and len(hit["number"]) < 5 and not bare:
                continue  # `9:30-1030` is a time
            start, end = hit.span("whole") if pattern is _CUED else hit.span()
            if all(end <= left or right <= start for left, right, _ in found):
                found.append((start, end, _canonical(hit, kind)))
    return tuple(sorted(found))


def _canonical(found: re.Match[str], kind: str | None) -> str:
    """Write what was found; `kind` is given where the text has none, None for an appeal."""
    year, number = found["year"][-2:], int(found["number"])
    if kind is None:
        return f"{year}-{number}"
    groups = found.groupdict()
    said = kind or groups.get("kind") or groups.get("joined") or groups["spoken"]
    said = said.lower()
    return f"{year}-{_KINDS.get(said, said)}-{number:05d}"


def court_case(url: str) -> tuple[str, str] | None:
    """Return the court and its own id of the case that a court feed's link leads to.

    An appellate link carries the docket number or an internal id; either is returned as it is.
    """
    if "uscourts.gov" not in url.lower():
        return None
    try:
        parts = urlsplit(url.strip())
        host = _COURT_HOST.fullmatch((parts.hostname or "").lower())
    except ValueError:  # a bracket or port that is none
        return None
    if host is None:
        return None
    query = {name.lower(): values[0] for name, values in parse_qs(parts.query).items()}
    for name in ("caseid", "casenum", "case_id"):
        if query.get(name, "").strip():
            return host[1], query[name].strip()
    page = _CASE_PAGE.fullmatch(parts.query.split("&", 1)[0])
    return (host[1], page[1]) if page and parts.path.startswith("/cgi-bin/") else None
