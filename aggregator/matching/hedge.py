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
    r"can|what|why|how|would-be|upcoming|on (?:track|course) (?:to|for)|on the (?:verge|brink|cusp) of|"
    r"as good as|all but(?! (?:one|two|three|a|some))|draft(?:ed|s)?|tentative(?:ly)?|deadline (?:for|to)|"
    r"hints? (?:of|at)|hinted at|signs of|talk of|rul(?:es|ed) out|stop(?:s|ped)? short of|"
    r"back(?:s|ed)? away from|far from|instead of|rather than|"
    r"(?:fake|false|bogus|hoax)(?: \w+){0,2}? (?:report|announcement|news|claim|rumou?r|document|"
    r"filing|letter|release|story|post)s?"
)
_UNDECIDED = (
    r"neither|not inclined|no ruling|no decision|no verdict|no settlement|no deal|yet to|has not|have not|"
    r"hasn't|haven't|did not|didn't|does not|doesn't|declin\w+ to rule|without (?:a )?ruling|"
    r"withholds? (?:a )?ruling|reserv\w+ (?:judgment|ruling|decision)|under advisement|"
    r"defer(?:s|red|ring)?|postpon\w+|delay(?:s|ed|ing)?|adjourn\w*|undecided|unclear|never|"
    r"fail(?:s|ed)? to reach|den(?:y|ies|ied) (?:any )?(?:report|rumou?r|claim)\w*|not"
)


_AFTER = (
    r"(?:is |are |was |were |still |remains? |now )*(?:expected|likely|due|looms?|looming|possible|"
    r"unlikely|nears?|nearing|talks?|hopes?|odds|rumou?rs?|speculation|deadline|in limbo|uncertain|"
    r"delayed|postponed|pending|awaited|unclear|on the horizon|in sight|could|may|might|would|will|"
    r"under negotiation)"
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
    r"(?:settl|deal|agree|plea|guilty plea|compromise|resol|dismiss|drop|toss|throw|withdraw|end|"
    r"sentenc|pardon|clemency|commut)",
    re.IGNORECASE,
)
"""What can be refused: a settlement that one side does not want, a dismissal that is not given."""

_UNMADE = (
    r"collaps(?:es|ed)|falls? (?:through|apart)|fell (?:through|apart)|unravels?|unraveled|"
    r"breaks? down|broke down|stands?|(?:is |are |was |were )?(?:denied|refused|rejected|revoked|"
    r"false|untrue|not true|off the table|ruled out)|hits? (?:a )?snag|stalls?|stalled|fails?|failed"
)
"""What takes an outcome back right behind it, or with a few words between."""

_FOLLOWED = re.compile(
    rf"\W{{1,3}}{_AFTER}(?!\w)|(?:\s[\w.]+){{1,3}}\s(?:{_BELIEVED})(?!\w)|"
    rf"(?:\s(?!(?:as|after|but|and|while|despite|to)\b)[\w.$'-]+){{0,6}}?\s(?:{_UNMADE})(?!\w)",
    re.IGNORECASE,
)
_PUT_OFF = re.compile(
    r"(?:sentencing|ruling|decision|verdict|settlement|dismissal|judgment|plea)(?:\s[\w'.-]+){0,5}?\s"
    r"(?:postponed|delayed|adjourned|rescheduled|pushed back|set for|scheduled|passes|negotiat\w+)"
    r"(?!\w)",
    re.IGNORECASE,
)
"""What has a date or lost it has not happened: "sentencing of X set for June"."""

_OPEN_END = re.compile(
    r"(?<!\w)without (?:a |any )?(?:decision|ruling|verdict|resolution|order|deal|agreement)(?!\w)",
    re.IGNORECASE,
)
_TOPIC = re.compile(
    r"(?:\s[\w.'-]+){0,3}?:\s[^:]*?(?<!\w)(?:no (?:decision|plans?|deal|ruling|agreement|settlement|"
    r"verdict)|not (?:decided|yet|true|considered|happening|on the table)|undecided|yet to|false|"
    r"denies|denied)(?!\w)",
    re.IGNORECASE,
)
"""A headline that names an outcome as its topic, and says behind the colon that there is none."""

_NONE = re.compile(r"(?<!\w)(?:no|without)\s+(?:\w+\s+)?$", re.IGNORECASE)
"""Right before the words of an outcome: "no charges filed", "without suing"."""

_MUST = re.compile(r"(?<!\w)(?:must|ought to|needs? to|ha(?:s|ve) to)\s+$", re.IGNORECASE)
_TO_BE = re.compile(r"(?<!\w)to be\s+(?:\w+ly\s+)?$", re.IGNORECASE)
_PLANNED = re.compile(
    r"(?<!agree)(?<!agrees)(?<!agreed)(?<!decides)(?<!decided)(?<!votes)(?<!voted)(?<!opts)"
    r"(?<!stipulation)(?<!deal)(?<!agreement)(?<!move)(?<!joins)(?<!refuses)(?<!declines)"
    r"\sto\s+(?:\w+ly\s+)?$",
    re.IGNORECASE,
)
_PLANNABLE = re.compile(
    r"(?:plead|drop|dismiss|abandon|withdraw|toss|sue|charge)(?!\w)", re.IGNORECASE
)
"""A headline's future: "X to plead guilty".  "To pay" and "to settle" mostly tell of a deal made."""

_GERUND = re.compile(r"\w+ing(?!\w)", re.IGNORECASE)
_TOWARDS = re.compile(
    r"(?<!\w)(?:before|without|about|on|over|against|of|towards?|from|for|to|instead of)\s+$",
    re.IGNORECASE,
)
"""Before a gerund: "arguments on dismissing", "more time before dismissing"; "after" is done."""

_NEARLY = re.compile(r"(?<!\w)(?:as good as|all but|almost|nearly|virtually)\s+$", re.IGNORECASE)
_LESSER = re.compile(
    r"accused of(?!\w)|(?:drop|withdraw|abandon|end)\w* (?:(?:a|an|the|its|their|his|her|new|any) )*"
    r"(?:hints?|demands?|requests?|bids?|plans?|objections?|opposition|motions?)(?!\w)",
    re.IGNORECASE,
)
"""Dropping these ends no case, and who is accused of something has sued nobody."""

_PLEADS = re.compile(r"(?<!\w)plea", re.IGNORECASE)
_NOT_GUILTY = re.compile(r"not guilty", re.IGNORECASE)
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
    if not _PLEADS.search(text):
        within = _NOT_GUILTY.sub("acquitted", within)  # that is an outcome, and no hedge
    words = [m.start() for m in _WORD.finditer(spoken)]
    near = words[-6] if len(words) >= 6 else 0
    if any(_REFUSABLE.match(text, *span) for span in spans) and _REFUSED.search(spoken, near):
        return Hedge.REFUSED
    for kind, pattern, reach in _TABLE:
        near = words[-reach] if len(words) >= reach else 0
        if pattern.search(spoken, near):
            return kind
        if kind is Hedge.UNDECIDED and pattern.search(within):
            return kind
    if _OPEN_END.search(text, end) or _TOPIC.match(text, end):
        return Hedge.UNDECIDED
    if (
        _NONE.search(spoken)
        or any(_only_towards(text, *span) for span in spans)
        or _PUT_OFF.match(text, start)
    ):
        return Hedge.EXPECTED
    if len(spans) > 1 and _ACTOR.fullmatch(text, *spans[0]) and _MODAL.search(text[: spans[1][0]]):
        return Hedge.EXPECTED  # "judge may dismiss", "court to rule"
    if text.rstrip().endswith("?") or text[end : end + 1] == "?" or _FOLLOWED.match(text, end):
        return Hedge.EXPECTED
    return None


_TAKES_BACK = re.compile(
    r"\W*(?:correct(?:ion|ed)|clarification|retraction|retracted)\b|"
    r"(?<!\w)(?:den(?:y|ies|ied)|disputes?|disputed|refut(?:es?|ed)|retracts?|retracted|"
    r"walks? back)(?!\w)(?:\s(?!(?:motion|bid|request)\b)[\w'.-]+){0,6}?\s"
    r"(?:reports?|claims?|rumou?rs?|stor(?:y|ies)|settl(?:ing|ed))(?!\w)|"
    r"(?<!\w)(?:reports?|claims?|rumou?rs?|stor(?:y|ies))(?!\w)[^;:?]*?\s(?:is|are|was|were) "
    r"(?:false|untrue|wrong|incorrect|inaccurate|unfounded|denied|baseless|not true)(?!\w)",
    re.IGNORECASE,
)
_IN_COURT = re.compile(
    r"(?<!\w)(?:judges?|court|justices?|panel|jury|circuit)(?!\w)", re.IGNORECASE
)


_NOT_APPEALED = re.compile(
    r"(?<!\w)(?:will not|won't|would not|does not|did not|not to|decid(?:es|ed) against|"
    r"rul(?:es|ed) out|waiv(?:es|ed)|forgo(?:es)?|no plans? to|opt(?:s|ed) against)"
    r"(?:\s(?:an?|any|its|the|his|her|their|right|to|file|pursue))*\sappeal(?:ing)?(?!\w)",
    re.IGNORECASE,
)


def not_appealed(text: str) -> bool:
    """Say whether `text` says that somebody does without an appeal."""
    return _NOT_APPEALED.search(text.replace("’", "'")) is not None


def takes_back(title: str) -> bool:
    """Say whether `title` corrects, denies or withdraws what was reported.

    A court that denies a claim rules on it; an outlet's own correction may name a court.
    """
    title = title.replace("’", "'")
    found = _TAKES_BACK.search(title)
    if found is None:
        return False
    return found.start() == 0 or not _IN_COURT.search(title, 0, found.start())


def _only_towards(text: str, start: int, stop: int) -> bool:
    """Say whether these words of an outcome are what somebody is only on the way to."""
    before = text[:start]
    return bool(
        _MUST.search(before)
        or _TO_BE.search(before)
        or _NEARLY.search(before)
        or (_GERUND.match(text, start, stop) and _TOWARDS.search(before))
        or (_PLANNABLE.match(text, start) and _PLANNED.search(before))
        or _LESSER.match(text, start)
    )
