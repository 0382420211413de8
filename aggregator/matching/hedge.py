"""Was it done, or only feared, asked for, predicted?  Words that take an outcome back.

"Judge could dismiss", "SEC asks court to reject", "if the appeal is denied": the words of an
outcome stand there, and nothing has happened.  A hedge counts when it stands in the same clause
before the words of the outcome, or asks a question around them.
"""

from __future__ import annotations

import re
from enum import StrEnum

from aggregator.model import EventKind

DECISIONS = frozenset(
    {
        EventKind.COMPLAINT,
        EventKind.ORDER,
        EventKind.RULING,
        EventKind.SETTLEMENT,
        EventKind.DISMISSAL,
        EventKind.VERDICT,
        EventKind.SENTENCE,
    }
)
"""What a hedge turns into something else."""

OUTCOMES = DECISIONS | {EventKind.STAY, EventKind.APPEAL}
"""What can be announced as done and be wrong.  A stay or an appeal asked for is still about one."""


class Hedge(StrEnum):
    """How the words of an outcome are taken back."""

    ASKED = "asked for"
    EXPECTED = "expected, not done"
    UNDECIDED = "nothing decided"
    REFUSED = "refused"


_ASKED = (
    r"ask(?:s|ed|ing)?|seek(?:s|ing)?|sought|request(?:s|ed|ing)?|urg(?:e|es|ed|ing)|"
    r"want(?:s|ed|ing)?|mov(?:e|es|ed|ing) (?:to|for)|petition(?:s|ed|ing)?|"
    r"push(?:es|ed|ing)? (?:to|for|back)|plead(?:s|ed|ing)? with|beg(?:s|ged)?|"
    r"call(?:s|ed|ing)? (?:on|for)|demand(?:s|ed|ing)?|propos(?:e|es|ed|ing)|"
    r"appl(?:y|ies|ied) (?:to|for)|fil(?:e|es|ed|ing) (?:(?:a|its|their|new|joint) )*"
    r"(?:motion|request|petition|bid|notice) (?:to|for)|tr(?:y|ies|ied|ying) to|"
    r"argu(?:e|es|ed|ing)|oppos(?:e|es|ed|ing)|fight(?:s|ing)?|fought|"
    r"fir(?:e|es|ed|ing) back|hit(?:s|ting)? back|insist(?:s|ed)?|in (?:a |its )?bid to"
)
_EXPECTED = (
    r"could|may|might|would|will|shall|should|expect(?:s|ed|ing)?|predict(?:s|ed)?|likely|"
    r"unlikely|possibl[ey]|potential(?:ly)?|set to|due to|about to|poised to|plan(?:s|ned|ning)? to|"
    r"prepar(?:e|es|ed|ing) to|intend(?:s|ed|ing)? to|aim(?:s|ed|ing)? to|threaten(?:s|ed|ing)?|"
    r"consider(?:s|ed|ing)?|weigh(?:s|ed|ing)?|mull(?:s|ed|ing)?|hop(?:e|es|ed|ing)|"
    r"fear(?:s|ed|ing)?|speculat\w+|rumou?r\w*|whether|if|when|until|unless|ahead of|before|"
    r"await(?:s|ed|ing)?|wait(?:s|ed|ing)? for|near(?:s|ing)?|close to|clos(?:e|er) (?:to|on)|in talks|talks|odds|"
    r"chances? of|prospects? of|possibility of|ready to|agree(?:s|d)? in principle|explor(?:e|es|ed|ing)|"
    r"eye(?:s|d|ing)?|brac(?:e|es|ed|ing)|suggest(?:s|ed|ing)?|lean(?:s|ed|ing)?|signal(?:s|ed|ing)?|"
    r"can|what|why|how|would-be|upcoming"
)
_UNDECIDED = (
    r"not inclined|no ruling|no decision|no verdict|no settlement|no deal|yet to|has not|have not|"
    r"hasn't|haven't|did not|didn't|does not|doesn't|declin\w+ to rule|without (?:a )?ruling|"
    r"withholds? (?:a )?ruling|reserv\w+ (?:judgment|ruling|decision)|under advisement|"
    r"defer(?:s|red|ring)?|postpon\w+|delay(?:s|ed|ing)?|adjourn\w*|undecided|unclear|never|"
    r"fail(?:s|ed)? to reach|den(?:y|ies|ied) (?:any )?(?:report|rumou?r|claim)\w*|false report\w*|not"
)


_AFTER = (
    r"(?:is |are |was |were |still |remains? |now )*(?:expected|likely|due|looms?|looming|possible|"
    r"unlikely|nears?|nearing|talks?|hopes?|odds|rumou?rs?|speculation|deadline|in limbo|uncertain|"
    r"delayed|postponed|pending|awaited|unclear|on the horizon|in sight|could|may|might|would|will)"
)


_BELIEVED = r"likely|unlikely|expected|looms?|looming|possible|nears?|in sight|on the horizon"


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)


_TABLE = (
    (Hedge.UNDECIDED, _pattern(_UNDECIDED), 6),
    (Hedge.ASKED, _pattern(_ASKED), 10),
    (Hedge.EXPECTED, _pattern(_EXPECTED), 6),
)
"""Each hedge, and how many words before the outcome it may stand."""

_REFUSED = _pattern(
    r"reject(?:s|ed|ing)?|refus(?:e|es|ed|ing)|spurn(?:s|ed)?|turn(?:s|ed)? down|rebuff(?:s|ed)?|"
    r"declin(?:e|es|ed)|den(?:y|ies|ied)|oppos(?:e|es|ed)|walk(?:s|ed)? away from|"
    r"won't|will not|would not|wouldn't|fail(?:s|ed)?|lose(?:s)?|lost"
)
_REFUSABLE = re.compile(
    r"(?:settle|deal|agree|plea|compromise|resol|dismiss|drop|toss|throw|withdraw|end)",
    re.IGNORECASE,
)
"""What can be refused: a settlement that one side does not want, a dismissal that is not given."""

_FOLLOWED = re.compile(
    rf"\W{{1,3}}{_AFTER}(?!\w)|(?:\s[\w.]+){{1,3}}\s(?:{_BELIEVED})(?!\w)", re.IGNORECASE
)
_ACTOR = re.compile(
    r"(?:judge|court|justices?|panel|jury|magistrate|regulator|agency)s?", re.IGNORECASE
)
_MODAL = re.compile(
    r"(?<!\w)(?:could|may|might|would|will|should|can|must|to)\s+(?:\w+ly\s+)?$", re.IGNORECASE
)
_CLAUSE = re.compile(
    r"[;:.!?—–|]\s|,\s(?:but|and|as|while|after|though|judge|court)\s|\s(?:but|while|though)\s",
    re.IGNORECASE,
)
_WORD = re.compile(r"\S+")


def hedge(text: str, *spans: tuple[int, int]) -> Hedge | None:
    """Return how the words at `spans` of `text` are taken back; None if they stand.

    What stands shortly before them in their own clause counts, and what follows at once
    ("ruling expected"): in "Judge denies motion that could have ended the case" the denial
    stands.  A headline that ends in a question mark asks.
    """
    text = text.replace("’", "'")
    spans = tuple(sorted(spans))
    start, end = spans[0][0], max(stop for _, stop in spans)
    first = max((m.end() for m in _CLAUSE.finditer(text, 0, start)), default=0)
    spoken, within = text[first:start], text[start:end]
    words = [m.start() for m in _WORD.finditer(spoken)]
    near = words[-6] if len(words) >= 6 else 0
    if _REFUSABLE.match(within) and _REFUSED.search(spoken, near):
        return Hedge.REFUSED
    for kind, pattern, reach in _TABLE:
        near = words[-reach] if len(words) >= reach else 0
        if pattern.search(spoken, near):
            return kind
        if kind is Hedge.UNDECIDED and pattern.search(within):
            return kind
    if len(spans) > 1 and _ACTOR.fullmatch(text, *spans[0]) and _MODAL.search(text[: spans[1][0]]):
        return Hedge.EXPECTED  # "judge may dismiss", "court to rule"
    if text.rstrip().endswith("?") or text[end : end + 1] == "?" or _FOLLOWED.match(text, end):
        return Hedge.EXPECTED
    return None
