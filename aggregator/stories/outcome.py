"""Which way it went, by a headline's own words: enough to see that two headlines disagree.

"Denied" and "granted" are no opposites by themselves, because one denies what the other side
asked for; so both are only *decided*.  What contradicts is a decision against none, and an end of
the case against its going on.
"""

from __future__ import annotations

import re
from enum import StrEnum

from aggregator.model import Report


class Outcome(StrEnum):
    """What a headline says became of the matter before the court."""

    UNDECIDED = "no decision"
    DECIDED = "a decision"
    ENDED = "the case ended"
    GOES_ON = "the case goes on"


_TABLE = tuple(
    (outcome, re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE))
    for outcome, words in (
        (
            Outcome.UNDECIDED,
            (
                r"no ruling|no decision|not inclined|declines? to rule|without (?:a )?ruling|"
                r"undecided|under advisement|reserves? (?:judgment|ruling|decision)|not final|"
                r"no order|defers? (?:ruling|decision)"
            ),
        ),
        (
            Outcome.GOES_ON,
            (
                r"(?:can|may|to|will|lets?|allows?) (?:[\w'’.]+ ){0,8}?(?:proceed|go forward|go ahead|"
                r"move forward|move ahead|continue)|must face|survives?|in part|partly|partially|"
                r"trims?|narrows?|(?:most|bulk|part|majority|some) of"
            ),
        ),
        (
            Outcome.ENDED,
            (
                r"(?:dismiss(?:es|ed)|toss(?:es|ed)|throws? out|threw out|drops?|dropped|ends?|ended) "
                r"(?:[\w'’.]+ ){0,6}?(?:case|lawsuit|suit|complaint|charges|action)|"
                r"(?:case|lawsuit|suit|complaint|charges) (?:is |was |are |were )?"
                r"(?:dismissed|tossed|thrown out|dropped|over)"
            ),
        ),
        (
            Outcome.DECIDED,
            (
                r"den(?:y|ies|ied)|reject(?:s|ed)?|refus(?:es|ed)|blocks?|blocked|turns? down|"
                r"turned down|rebuff(?:s|ed)|shoots? down|shot down|grants?|granted|approves?|approved|"
                r"allows?|allowed|orders?|ordered|rules?|ruled|sides with|fails?|loses?|wins?"
            ),
        ),
    )
)

_CONTRARY = (
    frozenset({Outcome.UNDECIDED, Outcome.DECIDED}),
    frozenset({Outcome.UNDECIDED, Outcome.ENDED}),
    frozenset({Outcome.UNDECIDED, Outcome.GOES_ON}),
    frozenset({Outcome.ENDED, Outcome.GOES_ON}),
)


def outcome(title: str) -> tuple[Outcome, str] | None:
    """Return what `title` says became of it, and in which words; None if it says nothing."""
    for kind, pattern in _TABLE:
        if found := pattern.search(title):
            return kind, found.group()
    return None


def contrary(one: Outcome, other: Outcome) -> bool:
    """Say whether both cannot be true of one event."""
    return frozenset({one, other}) in _CONTRARY


def disagreement(reports: tuple[Report, ...]) -> tuple[tuple[Report, str], ...]:
    """Return a report for each side, with its words, where counted reports contradict; else none."""
    sides: dict[Outcome, tuple[Report, str]] = {}
    for report in reports:
        said = outcome(report.title) if report.counted else None
        if said is not None:
            sides.setdefault(said[0], (report, said[1]))
    return tuple(
        side
        for kind, side in sides.items()
        if any(contrary(kind, other) for other in sides if other is not kind)
    )
