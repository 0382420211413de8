"""Is something asked for, agreed, ended or ruled on?  By who acts in a headline, not by the topic.

"Both ask for a stay" and "judge orders a stay" share every word but one and are two developments;
so are a settlement signed and its approval, a dismissal in principle and the dismissal, a bill
passed and a bill signed.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from aggregator.matching.hedge import hedge
from aggregator.stories.stance import front
from aggregator.stories.terms import STOP, stem, words


class Phase(StrEnum):
    """How far a matter has come, where a headline says so."""

    AHEAD = "asked for or announced"
    AGREED = "agreed by the parties"
    ENDED = "ended by who brought it"
    RULED = "decided by a court"
    PASSED = "passed by a chamber"
    SIGNED = "signed into law"


_NEVER_ONE = (
    frozenset({Phase.AHEAD, Phase.RULED}),
    frozenset({Phase.AGREED, Phase.RULED}),
    frozenset({Phase.AHEAD, Phase.ENDED}),
    frozenset({Phase.PASSED, Phase.SIGNED}),
    frozenset({Phase.AHEAD, Phase.SIGNED}),
)

_GRANTS = (
    r"grants|granted|approves|approved|accepts|accepted|allows|allowed|lets|permits|permitted|"
    r"orders|ordered|signs off|signed off|pauses|paused|stays|stayed|halts|halted|extends|extended"
)
_REFUSES = (
    r"denies|denied|rejects|rejected|refuses|refused|declines|declined|blocks|blocked|bars|barred|"
    r"turns down|turned down|rebuffs|rebuffed|shoots down|shot down"
)
_DECIDES = (
    r"rules|ruled|dismisses|dismissed|tosses|tossed|throws out|threw out|sides with|sided with|"
    r"affirms|affirmed|reverses|reversed|vacates|vacated|overturns|overturned|upholds|upheld|strikes down|struck down|lifts|lifted|"
    r"freezes|froze|suspends|suspended|adjourns|adjourned"
)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{text})(?!\w)", re.IGNORECASE)


_RULED = _pattern(
    r"(?:judge|court|justice|magistrate|panel|jury|circuit)(?:\s[\w'’.-]+){0,4}?\s"
    rf"(?:(?P<yes>{_GRANTS})|(?P<no>{_REFUSES})|{_DECIDES})"
)
_OBTAINED = _pattern(
    r"(?:request|bid|motion|petition|stay|pause|settlement|deal|agreement|injunction|extension|"
    r"access|plan|proposal)(?:\s[\w'’.-]+){0,5}?\s(?:(?P<yes>granted|approved|accepted|allowed)|"
    r"(?P<no>denied|rejected|refused|turned down|shot down|blocked))|"
    r"(?:case|lawsuit|suit|litigation|battle|proceedings?)\s(?:is |was |gets |put |now )*"
    r"(?P<held>paused|stayed|halted|suspended|on hold)"
)
_AHEAD = _pattern(
    r"asks|ask|asked|seeks|seek|sought|requests|requested|request (?:a |an )?(?:halt|pause|stay|"
    r"delay|dismissal|extension|more time)|urges|urge|urged|wants|want|pushes (?:to|for)|"
    r"moves? (?:to|for)|moved (?:to|for)|petitions|petitioned|propose|proposes|proposed|"
    r"applies for|applied for|(?:files|file|filed|submit|submits|submitted)(?:\s[\w'’.-]+){0,3}?\s"
    r"(?:motion|request|petition|application)|in principle|set to|about to|poised to|"
    r"plans? to|planning to|prepares? to|intends? to|ready to|"
    r"(?<!agree )(?<!agreed )(?<!agrees )(?<!stipulation )(?<!deal )(?<!settlement )"
    r"to (?:drop|dismiss|settle|abandon|withdraw|end|ask|seek|request)"
)
_AGREED = _pattern(
    r"agree|agrees|agreed|settle|settles|settled|reach(?:es|ed)?|sign|signs|signed|ink|inks|inked|"
    r"strike|strikes|struck"
)
_DEAL = _pattern(r"settle\w*|deal|agreement|compromise|stipulation|plea")
_ENDED = _pattern(
    r"(?:drops|dropped|dismisses|dismissed|ends|ended|abandons|abandoned|withdraws|withdrew|"
    r"terminates|terminated|closes|closed)(?:\s[\w'’.-]+){0,5}?\s"
    r"(?:case|lawsuit|suit|complaint|charges|litigation|action|probe|investigation|appeal)"
)
_PASSED = _pattern(
    r"(?:house|senate|congress|parliament|lawmakers|chamber|bills?|act)(?:\s[\w'’.-]+){0,4}?\s"
    r"(?:pass(?:es|ed)?|approves?|approved|clears?|cleared|sends?|sent|votes?|voted)|"
    r"pass(?:es|ed)?(?:\s[\w'’.-]+){0,4}?\s(?:house|senate|congress|parliament)"
)
_SIGNED = _pattern(
    r"(?:signs|signed|signing)(?:\s[\w'’.-]+){0,5}?\s(?:law|bill|act)|becomes? (?:\w+ )?law|"
    r"enacted"
)
_SIGNS = re.compile(r"\W")
_GENERAL_WORDS = """
judge court motion request bid plea attempt effort push petition lawsuit suit case
"""
_GENERAL = frozenset(_GENERAL_WORDS.split())
"""What a ruling is about in general, which tells no two apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a headline says of the phase."""

    phase: Phase | None = None
    granted: bool | None = None
    """Of a ruling: whether something was granted; None where that is not said."""
    what: frozenset[str] = frozenset()
    """Of a ruling: the stems of what was granted or refused."""


NOTHING = Said()


def said(title: str) -> Said:
    """Return the phase that the news of `title` is in; its background does not count."""
    news = front(title)
    found = _RULED.search(news) or _OBTAINED.search(news)
    if found and hedge(title, found.span()) is None and not _AHEAD.search(news[: found.start()]):
        granted = True if found["yes"] else False if found["no"] else None
        return Said(phase=Phase.RULED, granted=granted, what=_what(news[found.start() :]))
    for phase, pattern in ((Phase.SIGNED, _SIGNED), (Phase.PASSED, _PASSED)):
        made = pattern.search(news)
        if made and hedge(title, made.span()) is None:
            return Said(phase=phase)
    if _AHEAD.search(news):
        return Said(phase=Phase.AHEAD)
    if _ENDED.search(news) and not _AGREED.search(news):
        return Said(phase=Phase.ENDED)
    if _AGREED.search(news) and _DEAL.search(news):
        return Said(phase=Phase.AGREED)
    return NOTHING


def apart(one: Said, other: Said) -> bool:
    """Say whether both cannot be the news of one event."""
    return frozenset({one.phase, other.phase}) in _NEVER_ONE


def turned(one: Said, other: Said, names: Collection[str]) -> bool:
    """Say whether one grants a thing and the other refuses another thing.

    `names` are the slugs of who is named: that both name the parties is no thing in common.
    """
    if one.granted is None or other.granted is None or one.granted is other.granted:
        return False
    # A slug is written `binance-us`, a headline says Binance.US or BinanceUS.
    parties = {name.replace("-", "") for name in names}
    parties |= {stem(part) for name in names for part in (name.replace("-", ""), *name.split("-"))}
    mine, theirs = (
        {term for term in side.what if _SIGNS.sub("", term) not in parties} for side in (one, other)
    )
    return bool(mine) and bool(theirs) and mine.isdisjoint(theirs)


def _what(ruling: str) -> frozenset[str]:
    verbs = {stem(word) for word in re.findall(r"\w+", f"{_GRANTS}|{_REFUSES}|{_DECIDES}")}
    return frozenset(
        term
        for word in words(ruling.casefold())
        if word not in STOP and (term := stem(word)) not in verbs and word not in _GENERAL
    )
