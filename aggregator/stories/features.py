"""What a report and a story have in common, as a few numbers that anyone can check by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from aggregator.model import EventKind
from aggregator.stories.phase import Said, apart, said
from aggregator.stories.stance import front, stance
from aggregator.stories.steps import conflict
from aggregator.stories.terms import STOP, figures, kinds, stem, stems, words

LEAD_CHARS = 220
"""What a summary adds to a headline stands at its beginning; the rest is background."""

FIRST_MAX = 4
NEWEST_MAX = 8
"""Of a story's reports its first and its newest are compared with: the others repeat these."""

NEAREST = 3
"""The likeness of headlines is the mean over this many nearest reports: one freak word can make
one report look near, hardly three."""

SHARED_MAX = 4
"""So many words say why two texts are alike."""

BEGINNING = 5
"""Words that share so many letters at their beginning are mostly forms of one."""

TITLE_CASE = 0.75
"""From this share of capital letters on, a capital says nothing about a name."""

FEATURES = (
    "near",
    "even",
    "contained",
    "covered",
    "usual",
    "rarest",
    "second",
    "names",
    "same_figure",
    "other_figure",
    "lead_near",
    "with_lead",
    "days",
    "same_event",
    "other_event",
    "same_case",
    "front",
    "only_figure",
    "one_stopped",
    "other_forms",
    "phrases",
)
"""The features in the order of `Features.row`."""


class Text:
    """A report's words, taken apart once."""

    __slots__ = (
        "beginnings",
        "event",
        "figures",
        "front",
        "lead",
        "names",
        "phrases",
        "said",
        "spelled",
        "stance",
        "stems",
        "terms",
    )

    def __init__(self, title: str, summary: str = "", event: EventKind = EventKind.OTHER) -> None:
        self.event = event
        found = [(word, stem(word.casefold())) for word in words(title)]
        telling = [(word, term) for word, term in found if word.casefold() not in STOP]
        self.terms: tuple[str, ...] = tuple(dict.fromkeys(term for _, term in telling))
        self.spelled: dict[str, str] = {term: word for word, term in reversed(telling)}
        self.said: Said = said(title)
        self.stems: frozenset[str] = frozenset(self.terms)
        self.beginnings: frozenset[str] = frozenset([term[:BEGINNING] for term in self.terms])
        inner = [term for _, term in telling]
        self.phrases: frozenset[tuple[str, str]] = frozenset(pairwise(inner))
        self.names: tuple[str, ...] = _names(telling)
        self.figures: frozenset[str] = figures(title)
        news = front(title)
        self.stance = stance([word for word, _ in found])
        self.front: frozenset[str] = (
            self.stems if news == title else frozenset(stems(news)) or self.stems
        )
        self.lead: dict[str, float] | None = None
        lead = stems(summary[:LEAD_CHARS])
        if lead:
            counts = dict.fromkeys(self.terms, 2)
            for term in lead:
                counts[term] = counts.get(term, 0) + 1
            self.lead = {term: 1 + math.log(n) for term, n in counts.items()}

    def word(self, term: str) -> str:
        """Return the word that `term` stands for, as the headline spells it, without its 's."""
        spelled = self.spelled[term]
        return spelled[:-2] if spelled[-2:] in {"'s", "’s"} else spelled


def _names(telling: list[tuple[str, str]]) -> tuple[str, ...]:
    """Return the stems of capitalised words after the first; none where every word has a capital."""
    capital = [term for word, term in telling[1:] if word[:1].isupper()]
    if len(capital) >= TITLE_CASE * max(1, len(telling) - 1):
        return ()
    return tuple(dict.fromkeys(capital))


TEXTS_MAX = 512
"""Reports whose words are remembered, some 5 kB each: more than three days of matched news bring."""


@lru_cache(maxsize=TEXTS_MAX)
def text_of(title: str, summary: str, event: EventKind) -> Text:
    """Return the words of a report, remembered."""
    return Text(title, summary, event)


class Weighed(dict[str, float]):
    """The weights of stems while one text is compared: six stories share most of theirs."""

    __slots__ = ("_weight",)

    def __init__(self, weight: Callable[[str], float]) -> None:
        super().__init__()
        self._weight = weight

    def __missing__(self, term: str) -> float:
        value = self[term] = self._weight(term)
        return value


class Pile:
    """What a story's reports say, added up."""

    __slots__ = ("counts", "figures", "members", "size")

    def __init__(self) -> None:
        self.members: list[Text] = []
        self.counts: dict[str, int] = {}
        self.figures: set[str] = set()
        self.size = 0

    def add(self, text: Text) -> list[str]:
        """Take in one report; return the stems that are new to the story."""
        self.size += 1
        self.members.append(text)
        if len(self.members) > FIRST_MAX + NEWEST_MAX:
            del self.members[FIRST_MAX]
        self.figures |= text.figures
        counts = self.counts
        fresh = [term for term in text.terms if term not in counts]
        for term in text.terms:
            counts[term] = counts.get(term, 0) + 1
        return fresh


@dataclass(frozen=True, slots=True)
class Features:
    """The numbers in the order of `FEATURES`, and the most telling words in common."""

    row: tuple[float, ...]
    with_lead: bool
    """Whether both say more than a headline."""
    shared: tuple[str, ...]
    """As the text that was compared spells them, the most telling first."""


def compare(
    text: Text,
    pile: Pile,
    weight: Callable[[str], float],
    *,
    hours: float,
    same_case: bool = False,
) -> Features:
    """Return how `text` and the story `pile` compare; `weight` says how telling a stem is."""
    mine = {term: weight(term) for term in text.terms}
    whole = sum(mine.values()) or 1.0
    norm = math.sqrt(sum([value * value for value in mine.values()])) or 1.0
    counts = pile.counts
    found = [(value, term) for term, value in mine.items() if term in counts]
    covered = sum([value for value, _ in found]) / whole
    usual = sum([value * counts[term] for value, term in found]) / (whole * pile.size)
    found.sort(key=lambda pair: (-pair[0], pair[1]))

    cosines: list[tuple[float, int]] = []
    for at, member in enumerate(pile.members):
        common = text.stems & member.stems
        if common:
            dot = sum([mine[term] * mine[term] for term in common])
            theirs = sum([weight(term) ** 2 for term in member.terms])
            cosines.append((dot / (norm * math.sqrt(theirs)), -at))
        else:
            cosines.append((0.0, -at))
    cosines.sort(reverse=True)
    nearest = [(cosine, pile.members[-at]) for cosine, at in cosines[:NEAREST]]
    near = sum([cosine for cosine, _ in nearest]) / len(nearest)
    top = nearest[0][1]
    shorter = min(whole, sum([weight(term) for term in top.terms])) or 1.0
    contained = sum([mine[term] for term in text.stems & top.stems]) / shorter

    names = sum([term in counts for term in text.names]) / len(text.names) if text.names else 0.5
    same_figure = not text.figures.isdisjoint(pile.figures)
    other_figure = not same_figure and not kinds(text.figures).isdisjoint(kinds(top.figures))
    other_phase = apart(text.said, top.said) or {text.stance, top.stance} == {True, False}
    same_event = (
        not other_phase
        and text.event is not EventKind.OTHER
        and any(member.event is text.event for _, member in nearest)
    )
    other_event = other_phase or (not same_event and conflict(text.event, top.event))
    # Where the rules know both steps they know better than a word does.
    one_stopped = bool(text.stance) != bool(top.stance) and EventKind.OTHER in {
        text.event,
        top.event,
    }
    only_figure = _retold(text, top, weight) if other_figure else 0.0
    leads = [_lead_cosine(text, member, weight) for _, member in nearest if member.lead]
    with_lead = bool(leads) and text.lead is not None
    return Features(
        row=(
            near,
            near - cosines[0][0],
            contained,
            covered,
            usual,
            found[0][0] if found else 0.0,
            found[1][0] if len(found) > 1 else 0.0,
            names,
            float(same_figure),
            float(other_figure),
            max(leads) if with_lead else 0.0,
            float(with_lead),
            hours / 24,
            float(same_event),
            float(other_event),
            float(same_case),
            min(_share(text.front, top.stems, weight), _share(top.front, text.stems, weight)),
            only_figure,
            float(one_stopped),
            sum([mine[term] for term in _other_forms(text, top)]) / whole,
            sum([mine[one] * mine[two] for one, two in text.phrases & top.phrases]),
        ),
        with_lead=with_lead,
        shared=tuple([text.word(term) for _, term in found[:SHARED_MAX]]),
    )


def _other_forms(text: Text, top: Text) -> list[str]:
    """Return the stems whose beginning another word of `top` has: Ukraine, Ukrainian."""
    if len(text.beginnings & top.beginnings) <= len(text.stems & top.stems):
        return []  # nearly always: each common beginning is that of a common word
    alike = top.beginnings
    return [t for t in text.terms if t not in top.stems and t[:BEGINNING] in alike]


def _lead_cosine(one: Text, other: Text, weight: Callable[[str], float]) -> float:
    """Return the cosine of two whole texts, headline counted twice."""
    if one.lead is None or other.lead is None:
        return 0.0
    small, large = one.lead, other.lead
    dot = sum([small[term] * large[term] * weight(term) ** 2 for term in small if term in large])
    if not dot:
        return 0.0
    norms = sum([(tf * weight(term)) ** 2 for term, tf in small.items()]) * sum(
        [(tf * weight(term)) ** 2 for term, tf in large.items()]
    )
    return dot / math.sqrt(norms)


def _retold(text: Text, top: Text, weight: Callable[[str], float]) -> float:
    """Return how far two headlines are one sentence with other figures in it: a mould, no news."""
    one, other = (
        frozenset([term for term in told.stems if not term[0].isdigit()]) for told in (text, top)
    )
    return min(_share(one, other, weight), _share(other, one, weight)) ** 3


def _share(of: frozenset[str], within: frozenset[str], weight: Callable[[str], float]) -> float:
    """Return how much of the weight of `of` is `within`."""
    total = sum([weight(term) for term in of])
    return sum([weight(term) for term in of & within]) / total if total else 0.0
