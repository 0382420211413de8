"""Which way it went, by a headline's own words: enough to see that two headlines disagree.

"Denied" and "granted" are no opposites by themselves, because one denies what the other side
asked for; they are where both speak of one request.  What ends a case is the contrary of its
going on, however it is worded: who denies a motion to dismiss lets the case go on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from aggregator.matching.hedge import Hedge, hedge, takes_back
from aggregator.model import Report
from aggregator.stories.terms import STOP, stem, words


class Outcome(StrEnum):
    """What a headline says became of the matter."""

    UNDECIDED = "no decision"
    DECIDED = "a decision"
    ENDED = "the case ended"
    GOES_ON = "the case goes on"
    GRANTED = "granted"
    REFUSED = "refused"
    CONVICTED = "convicted"
    ACQUITTED = "acquitted"
    UPHELD = "upheld"
    REVERSED = "reversed"
    HEARD = "taken up"
    TURNED_AWAY = "turned away"
    SETTLED = "settled"
    NOT_SETTLED = "not settled"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one headline says became of the matter, in which words, and of what it says so."""

    outcome: Outcome
    words: str
    what: frozenset[str] = frozenset()
    """The stems of the request, the count, the ruling or the winner; empty where it is the case."""


SHARE_SAME = 0.5
"""Two headlines speak of one request where they share so much of its words."""

WORDS_BETWEEN = r"(?:\s[\w'’.\-]+){0,7}?\s"
"""What may stand between a verb and its object: names, mostly."""

_GRANTS = (
    r"grants?|granted|approves?|approved|allows?|allowed|permits?|permitted|accepts?|accepted|"
    r"signs off on|signed off on|greenlights?|endorses?|endorsed"
)
_REFUSES = (
    r"den(?:y|ies|ied)|rejects?|rejected|refus(?:es|ed)|declin(?:es|ed)|blocks?|blocked|"
    r"turns? down|turned down|rebuff(?:s|ed)|shoots? down|shot down|bars?|barred"
)
_NOT = (
    r"refus(?:es|ed)|declin(?:es|ed)|won['’]t|will not|would not|did not|didn['’]t|does not|"
    r"doesn['’]t|has not|hasn['’]t|not|never|fails?|failed"
)
_ASK = r"motions?|bids?|requests?|efforts?|attempts?|push|pleas?|petitions?|pitch"
_END = r"dismiss|toss(?: out)?|throw out|end|drop|quash|kill"
_CASE = r"case|lawsuit|suit|complaint|charges?|class action|action|claims?|counts?|indictment"
_RULING = r"convictions?|verdict|sentence|ruling|decision|judgment|order|injunction|penalty"
_UNDO = r"overturn|vacate|reverse|throw out|toss(?: out)?|set aside|undo|void|quash"


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{text})(?!\w)", re.IGNORECASE)


_TABLE = tuple(
    (outcome, _pattern(text))
    for outcome, text in (
        (
            Outcome.UNDECIDED,
            (
                r"no ruling|no decision|not inclined|declines? to rule|without (?:a )?ruling|"
                r"undecided|under advisement|reserves? (?:judgment|ruling|decision)|not final|"
                r"no order|defers? (?:ruling|decision)"
            ),
        ),
        (
            Outcome.NOT_SETTLED,
            (
                rf"(?:den(?:y|ies|ied)|{_NOT}){WORDS_BETWEEN}?(?:settl\w+|deal)(?! with prejudice)"
                r"(?<!settlement)(?<!deal)|den(?:y|ies|ied) (?:any |a |the )?"
                r"(?:settl\w+|deal) (?:report|claim|rumou?r|talk)s?|den(?:y|ies|ied) (?:reports?|claims?|"
                rf"rumou?rs?){WORDS_BETWEEN}?settl\w+|no (?:settlement|deal)|fails? to (?:settle|reach)|"
                r"(?:settlement|deal) (?:collapses|falls? (?:through|apart)|unravels|is off)|"
                r"(?:settle\w*|deal)(?:\s[\w'’.]+){0,8}?\s(?:is|are|was|were) (?:false|untrue|wrong)"
            ),
        ),
        (
            Outcome.GOES_ON,
            (
                rf"(?:{_REFUSES}|dismisses|tosses(?: out)?|loses|fails in){WORDS_BETWEEN}?(?:{_ASK})"
                rf"{WORDS_BETWEEN}?(?:to |for )?(?:{_END}|dismissal)|"
                rf"(?:{_NOT})(?: to)?(?: \w+ly)? (?:{_END}|dismissed|tossed|thrown out|dropped)"
                rf"(?!{WORDS_BETWEEN}?(?:{_RULING}|appeal)(?!\w))|"
                rf"(?:{_REFUSES}) dismissal|(?:dismissal|(?:{_ASK}) (?:to (?:{_END})|for dismissal))"
                rf"{WORDS_BETWEEN}?(?:{_REFUSES}|fails)|(?:vacat|revers|overturn)\w+{WORDS_BETWEEN}?"
                rf"dismissal|(?:reviv|reopen|reinstat)(?:es|ed){WORDS_BETWEEN}?(?:{_CASE})|"
                r"(?:can|may|to|will|lets?|allows?) (?:[\w'’.]+ ){0,8}?(?:proceed|go forward|go ahead|"
                r"move forward|move ahead|continue)|must face|survives?|in part|partly|partially|"
                r"trims?|narrows?|(?:most|bulk|part|majority|some) of"
            ),
        ),
        (
            Outcome.ENDED,
            (
                rf"(?:dismiss(?:es|ed)|toss(?:es|ed)|throws? out|threw out|drops?|dropped|ends?|ended)\s"
                rf"(?:[\w'’.\-]+ ){{0,6}}?(?:{_CASE})|(?:{_CASE})(?:\s(?:against|by|over)"
                rf"(?:\s[\w'’.\-]+){{1,4}}?)? (?:is |was |are |were |gets )?"
                rf"(?:dismissed|tossed|thrown out|dropped|over)|wins? (?:full |a )?dismissal|"
                rf"(?:{_GRANTS}|wins){WORDS_BETWEEN}?(?:(?:{_ASK}) (?:to (?:{_END})|for dismissal)|"
                rf"dismissal)|(?:affirm|uphold)s{WORDS_BETWEEN}?dismissal"
            ),
        ),
        (
            Outcome.UPHELD,
            (
                rf"affirm(?:s|ed)|uph(?:olds|eld)|(?:{_RULING}) (?:stands|survives|remains)|"
                rf"(?:keeps?|leaves?|left|lets){WORDS_BETWEEN}?(?:{_RULING}){WORDS_BETWEEN}?"
                rf"(?:in place|intact|stand)|(?:{_REFUSES}|{_NOT}|loses|lost){WORDS_BETWEEN}?"
                rf"(?:acquit\w*|new trial|(?:{_UNDO}){WORDS_BETWEEN}?(?:{_RULING}))|"
                rf"(?:acquittal|new trial){WORDS_BETWEEN}?(?:denied|rejected|refused|fails)"
            ),
        ),
        (
            Outcome.REVERSED,
            (
                rf"(?:revers|overturn|vacat|quash|void)(?:s|es|ed){WORDS_BETWEEN}?(?:{_RULING})|"
                rf"(?:throws out|threw out|tosses|sets aside|strikes down){WORDS_BETWEEN}?(?:{_RULING})|"
                rf"(?:{_RULING}) (?:is |was |gets )?(?:reversed|overturned|vacated|thrown out|tossed|"
                rf"quashed)"
            ),
        ),
        (
            Outcome.ACQUITTED,
            (
                r"acquits|acquitted|(?:found|finds|verdict|declare[sd]?)(?:\s[\w'’.]+){0,4}?\s"
                r"not (?:guilty|liable)|not guilty verdict|cleared of|clears"
            ),
        ),
        (
            Outcome.CONVICTED,
            (
                r"convicts|convicted|(?:found|finds)(?:\s[\w'’.]+){0,4}?\s(?:guilty|liable)|"
                r"guilty verdict|guilty on|guilty of"
            ),
        ),
        (
            Outcome.TURNED_AWAY,
            (
                r"(?:supreme court|justices)(?:\s[\w'’.]+){0,2}?\s(?:declin|refus|reject|den|turn|"
                r"won['’]t|will not|leave|pass(?:es)? on)\w*"
            ),
        ),
        (
            Outcome.HEARD,
            (
                r"(?:supreme court|justices)(?:\s[\w'’.]+){0,2}?\s(?:takes? up|took up|agrees? to|agreed "
                r"to|will (?:hear|review)|to (?:hear|review)|grants?|accepts?)"
            ),
        ),
        (Outcome.REFUSED, rf"{_REFUSES}"),
        (Outcome.GRANTED, rf"{_GRANTS}"),
        (
            Outcome.SETTLED,
            (
                r"settles?|settled|(?:reach(?:es|ed)?|strikes?|struck|inks?) (?:[\w'’.]+ ){0,3}?"
                r"(?:settlement|deal)|agrees? to (?:settle|pay)|agreed to (?:settle|pay)"
            ),
        ),
        (Outcome.LOST, r"loses|lost|defeated|fails"),
        (Outcome.WON, r"wins|won|prevails|beats|defeats"),
        (Outcome.DECIDED, r"orders?|ordered|rules?|ruled|sides with"),
    )
)

_OPPOSITES = (
    frozenset({Outcome.ENDED, Outcome.GOES_ON}),
    frozenset({Outcome.GRANTED, Outcome.REFUSED}),
    frozenset({Outcome.CONVICTED, Outcome.ACQUITTED}),
    frozenset({Outcome.UPHELD, Outcome.REVERSED}),
    frozenset({Outcome.UPHELD, Outcome.ACQUITTED}),
    frozenset({Outcome.HEARD, Outcome.TURNED_AWAY}),
    frozenset({Outcome.SETTLED, Outcome.NOT_SETTLED}),
    frozenset({Outcome.WON, Outcome.LOST}),
)
_OPEN = frozenset({Outcome.UNDECIDED, Outcome.SETTLED, Outcome.NOT_SETTLED})
"""What no decision leaves possible: itself, and what the parties do between themselves."""

_SAME_THING = (
    frozenset({Outcome.GRANTED, Outcome.REFUSED}),
    frozenset({Outcome.WON, Outcome.LOST}),
)
"""Opposites only where both speak of one thing, or of one party."""

_OF_CASE = re.compile(r"claims?|counts?", re.IGNORECASE)
_COUNTS = re.compile(r"(?<!all )(?<!every )(?<!\w)(?:counts?|charges?)(?!\w)", re.IGNORECASE)
_CLASSES = tuple(
    (name, _pattern(text))
    for name, text in (
        ("conviction", r"convictions?|verdict|acquit\w*|new trial"),
        ("sentence", r"sentence|prison term"),
        ("injunction", r"injunction|restraining order"),
        ("ruling", r"ruling|decision|judgment|order|penalty"),
    )
)
_GENERAL_WORDS = (
    "judge court magistrate justice motion request bid plea attempt effort push petition"
)
_GENERAL = frozenset(stem(word) for word in _GENERAL_WORDS.split())
_VERB_WORDS = """
denies denied rejects rejected refuses refused declines declined blocks blocked bars grants granted
approves approved allows allowed permits permitted accepts accepted signs off down turns turned
"""
_VERBS = frozenset(stem(word) for word in _VERB_WORDS.split())


def outcome(title: str) -> Said | None:
    """Return what `title` says became of it, and in which words; None if it says nothing."""
    for kind, pattern in _TABLE:
        found = pattern.search(title)
        if found is None or _only_wanted(title, found.span()):
            continue
        if kind is Outcome.CONVICTED and any(
            one is Outcome.ACQUITTED and other.search(title) for one, other in _TABLE
        ):
            continue
        return Said(outcome=kind, words=found.group(), what=_what(kind, title, found))
    return None


def contrary(one: Said, other: Said) -> bool:
    """Say whether both cannot be true of one event."""
    kinds = frozenset({one.outcome, other.outcome})
    if Outcome.UNDECIDED in kinds:
        return len(kinds) > 1 and not kinds <= _OPEN
    if kinds not in _OPPOSITES:
        return False
    if kinds in _SAME_THING:
        everything = one.what | other.what
        return bool(everything) and len(one.what & other.what) >= SHARE_SAME * len(everything)
    return one.what == other.what


def disagreement(reports: tuple[Report, ...]) -> tuple[tuple[Report, str], ...]:
    """Return a report for each side, with its words, where counted reports contradict; else none.

    Who takes a report back counts as a side, though not as one who confirms it.
    """
    told = [
        (report, said)
        for report in reports
        if (report.counted or takes_back(report.title)) and (said := outcome(report.title))
    ]
    sides: list[tuple[Report, Said]] = []
    for number, (report, said) in enumerate(told):
        known = sides or told[:number]
        against = [one for one in known if contrary(one[1], said)]
        if not sides and against:
            sides = [against[0], (report, said)]
        elif sides and len(against) == len(sides):
            sides.append((report, said))
    return tuple((report, said.words) for report, said in sides)


def _only_wanted(title: str, span: tuple[int, int]) -> bool:
    """Say whether the words of an outcome are what somebody asks for or expects."""
    return hedge(title, span) in {Hedge.ASKED, Hedge.EXPECTED}


def _what(kind: Outcome, title: str, found: re.Match[str]) -> frozenset[str]:
    match kind:
        case Outcome.ENDED | Outcome.GOES_ON:
            return frozenset({"claims"} if _OF_CASE.search(title) else ())
        case Outcome.CONVICTED | Outcome.ACQUITTED if _COUNTS.search(title):
            return frozenset(stem(word) for word in words(title[found.end() :].casefold()))
        case Outcome.UPHELD | Outcome.REVERSED:
            named = (name for name, pattern in _CLASSES if pattern.search(title))
            first = next(named, "")
            return frozenset({first} - {"", "conviction"})
        case Outcome.GRANTED | Outcome.REFUSED:
            after = _content(title[found.end() :])
            return after or _content(title[: found.start()])
        case Outcome.WON | Outcome.LOST:
            return _content(title[: found.start()])
        case _:
            return frozenset()


def _content(text: str) -> frozenset[str]:
    return frozenset(
        term
        for word in words(text.casefold())
        if word not in STOP and (term := stem(word)) not in _GENERAL | _VERBS
    )
