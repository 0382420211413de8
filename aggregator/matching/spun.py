"""Copies that a synonym machine made: recognised by names that no desk would write.

Such a copy may turn an outcome into its opposite, so it never leads a story and is never counted
as a source.  The marks are whole phrases in which a proper name or a term of law has been
replaced word by word; one is enough, because no original text has any.
"""

from __future__ import annotations

import re

_AGENCY = r"(?:securities|safety|securit(?:y|ies)) (?:and|&) "
_JUDGE = r"(?:Choose|Decide|Settle)"
_NAMES = r"(?:[A-Z][a-z]+ ){0,3}[A-Z][a-z]+"
_RULES = (
    r"(?i:denies|denied|rejects|rejected|grants|granted|rules|ruled|orders|ordered|dismisses|"
    r"dismissed|says|said|asks|asked|tells|told|approves|approved|refuses|refused|tosses|tossed)\b"
)

MARKS: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern, flags)
    for pattern, flags in (
        (
            _AGENCY + r"(?:trade|alternate|change|swap|trading) (?:fee|payment|commission)",
            re.IGNORECASE,
        ),
        (_AGENCY + r"exchange fee\b", re.IGNORECASE),
        (r"commodity futures (?:buying and selling|trading) fee\b", re.IGNORECASE),
        # A capital letter where a sentence has none: no heading in capitals, no imperative.
        (
            (
                r"(?<!\w)(?!(?:to|and|or|the|can|will|may|you|we|must|who|they)\b)[a-z][\w'’]*,? "
                rf"({_JUDGE} {_NAMES})(?=['’.,;:]|$|\s[a-z])"
            ),
            re.MULTILINE,
        ),
        (rf"\b({_JUDGE} {_NAMES}) {_RULES}", 0),
        (r"\b(?:decide|determine)s? for \$\d", re.IGNORECASE),
        (r"\bU\.?S\.? (?:District|Justice of the Peace) (?:Choose|Decide|Settle)\b", re.IGNORECASE),
        (
            r"\b(?:choose|decide)s? (?:says|guidelines|dominated|denies|rejects|rules)\b",
            re.IGNORECASE,
        ),
        (r"\bgo well with (?:towards|against|in opposition)", re.IGNORECASE),
        (r"\bmovement to dismiss\b", re.IGNORECASE),
        (r"\bcourt docket listening to\b", re.IGNORECASE),
        (r"\b(?:could|might) \d{1,2}, (?:19|20)\d\d\b", re.IGNORECASE),
        (r"\bgemini make\b", re.IGNORECASE),
    )
)


def spun_words(text: str) -> tuple[str, ...]:
    """Return the spans of `text` that mark it as a reworded copy; empty for an original."""
    return tuple(sorted({m.group(m.lastindex or 0) for mark in MARKS if (m := mark.search(text))}))
