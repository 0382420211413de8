"""What a report brings that is new to a story: a figure, a date, an actor, an outcome.

Rewrites round figures, name others in passing and put the agency in other words, so each is held
against everything that was told, and only a figure in the place of a told one counts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aggregator.matching.hedge import DECISIONS, hedge
from aggregator.model import Event, EventKind, Report, Severity, Story
from aggregator.stories.terms import Figure, named, stem, stems

ROLE_WORDS_MAX = 7
"""So many words away from a figure stands what it is the figure of."""

SHARE_SAME = 0.05
"""Amounts so near to each other are one, however many digits each is told with."""

DAYS_SAME = 1
"""Dates so near are one day in two time zones, or a slip."""

_ROLES = tuple(
    (role, re.compile(rf"(?<!\w)(?:{words})(?!\w)"))
    for role, words in (
        (
            "paid",
            (
                r"pay|pays|paying|paid|payment|fine|fines|fined|penalty|penalties|settle\w*|deal|"
                r"forfeit\w*|disgorge\w*|restitution|judgment|damages"
            ),
        ),
        ("bail", r"bail|bond"),
        ("term", r"sentence[sd]?|prison|jail|behind bars|probation"),
        (
            "set",
            (
                r"hearing|trial|sentencing|deadline|due|until|by|set|sets|scheduled|postpone\w*|"
                r"moved|moves|delay\w*|adjourn\w*|extend\w*|resume\w*"
            ),
        ),
        ("stay", r"stay\w*|pause\w*|halt\w*|freeze\w*|extension"),
    )
)
"""What a figure can be the figure of; two that play the same part contradict each other."""

_ACTORS = (
    (r"sec|securities and exchange commission", r"sec|securities\b.*\bcommission|regulator|agency"),
    (r"cftc|commodity futures trading commission", r"cftc|commodity futures|regulator|agency"),
    (
        r"doj|justice department|department of justice|(?:federal |u\.?s\.? |manhattan )?prosecutors",
        r"doj|justice department|department of justice|prosecutors?|feds|government|criminal",
    ),
    (r"fincen|ofac|(?:u\.?s\.? )?treasury", r"fincen|ofac|treasury"),
    (r"nyag|(?:new york |state )?attorney general", r"nyag|attorney general"),
    (r"nydfs", r"nydfs|department of financial services"),
    (r"ftc|federal trade commission", r"ftc|federal trade commission"),
    (r"(?:u\.?s\.? )?supreme court", r"supreme court|justices"),
    (
        r"(?:\w+ circuit|(?:u\.?s\.? |federal )?appeals court|court of appeals)",
        r"circuit|appeals court|court of appeals|appellate|appeal\w*",
    ),
)
"""Agencies and courts as a headline's subject, and the words that name them when they are told of."""

_ACTS = (
    r"(?:also |now |jointly )?(?:sues?|sued|charges|charged|joins|joined|files|filed|fines|fined|"
    r"orders|ordered|rules|ruled|takes up|agrees to hear|grants|granted|denies|denied|blocks|"
    r"blocked|stays|stayed|halts|halted|reverses|reversed|affirms|affirmed|vacates|vacated|"
    r"indicts|indicted|opens|opened|seizes|seized|sanctions|sanctioned|settles|settled)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """A figure of a headline, the part it plays there, and how it is spelled."""

    figure: Figure
    role: str
    spelled: str


def added(story: Story, mine: Report) -> str:
    """Return what `mine` tells that no counted report of `story` did; empty for nothing."""
    event = mine.event
    if event.kind is EventKind.OTHER or not mine.counted or mine.title.rstrip().endswith("?"):
        return ""
    told = [report for report in story.reports if report.counted]
    return _outcome(told, mine) or _figure(told, mine) or _actor(told, mine)


def decides(event: Event) -> bool:
    """Say whether `event` is an outcome that matters much."""
    return event.kind in DECISIONS and event.severity is Severity.HIGH


def _outcome(told: list[Report], mine: Report) -> str:
    """Return the words of a high outcome where so far there were only reports of less.

    Whose own words were told before as something that happened, whatever the rules called it, is
    told in other words only; told as hoped for or asked for, it is new.
    """
    spans = [span for span in mine.event.evidence if span.field == "title"]
    if not spans or not decides(mine.event) or any(decides(report.event) for report in told):
        return ""
    terms = {term for span in spans for term in stems(span.text)}
    if any(_stands(terms, report.title) for report in told):
        return ""
    return mine.title[min(span.start for span in spans) : max(span.end for span in spans)]


def _stands(terms: set[str], title: str) -> bool:
    """Say whether `title` has all these stems, and nothing takes them back."""
    spans = [
        match.span()
        for match in re.finditer(r"\w+", title)
        if stem(match.group().casefold()) in terms
    ]
    found = {stem(title[start:end].casefold()) for start, end in spans}
    return bool(spans) and found == terms and hedge(title, *spans) is None


def _figure(told: list[Report], mine: Report) -> str:
    """Return the one figure of a headline that contradicts a told one in the same place."""
    fresh = list(_placed(mine.title))
    known = [(placed, report) for report in told for placed in _placed(report.title)]
    everything = [f for report in told for f in named(f"{report.title}. {report.summary}")]
    for one in fresh:
        alone = [other.figure.kind for other in fresh].count(one.figure.kind) == 1
        if not alone or any(_same(one.figure, figure) for figure in everything):
            continue
        for other, report in known:
            # Another company's or person's fine is no other fine of this one.
            of_same = report.at <= mine.at and set(mine.names) <= set(report.names)
            if of_same and other.role == one.role and other.figure.kind == one.figure.kind:
                return f"{one.spelled} (before {other.spelled})"
    return ""


def _placed(title: str) -> Iterator[_Placed]:
    text = title.casefold()
    for figure in named(title):
        before = " ".join(text[: figure.start].split()[-ROLE_WORDS_MAX:])
        after = " ".join(text[figure.end :].split()[:ROLE_WORDS_MAX])
        for role, pattern in _ROLES:
            if (role == "set") is not (figure.kind == "day"):
                continue
            if pattern.search(before) or pattern.search(after):
                own = title if len(text) == len(title) else text
                spelled = own[figure.start : figure.end].strip()
                yield _Placed(figure=figure, role=role, spelled=spelled)
                break


def _same(one: Figure, other: Figure) -> bool:
    """Say whether two figures may be one, told with fewer digits."""
    if one.kind != other.kind:
        return False
    if one.kind == "day":
        return abs(one.value - other.value) <= DAYS_SAME
    small, large = sorted((one.value, other.value))
    if large - small <= SHARE_SAME * large:
        return True
    return any(
        math.isclose(rounded, rough)
        for exact, rough in ((one.value, other.value), (other.value, one.value))
        for rounded in _rounded(exact, _digits(rough))
    )


def _digits(value: float) -> int:
    """Return how many digits a round number is told with: 2 for 4.3 billion."""
    return len(f"{value:.6e}".split("e")[0].replace(".", "").rstrip("0")) or 1


def _rounded(value: float, digits: int) -> Iterable[float]:
    """Return `value` cut and raised to so many digits: "over 4", "nearly 5" billion."""
    if value <= 0:
        return (value,)
    step = 10.0 ** (math.floor(math.log10(value)) - digits + 1)
    return math.floor(value / step) * step, math.ceil(value / step) * step


def _actor(told: list[Report], mine: Report) -> str:
    """Return the agency or court that acts in a headline and that no report spoke of."""
    for name, known in _ACTORS:
        found = re.match(rf"(?:the )?({name}) {_ACTS}(?!\w)", mine.title, re.IGNORECASE)
        if found:
            pattern = re.compile(rf"(?<!\w)(?:{known})(?!\w)", re.IGNORECASE)
            heard = any(pattern.search(f"{report.title} {report.summary}") for report in told)
            return "" if heard else found.group(1)
    return ""
