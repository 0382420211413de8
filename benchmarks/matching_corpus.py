"""News that nobody wrote and rules for it: what the speed of matching is measured on.

Texts have the frequencies of real ones (few words make up most of a text, most words are rare) and
the edges that the press has: possessives, curly quotes, hyphens, acronyms.  Rules are drawn from
the texts they are to be tried on, so real news can take the place of the generated.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from aggregator.matching.index import Fields
from aggregator.matching.query import All as AllOf
from aggregator.matching.query import Any as AnyOf
from aggregator.matching.query import Near, Not, Phrase, Query

COMMON = """the of to and a in for is on that by with as at from it its be was are has have had an
not this will or which who after over new their they he she would could been more about said says
than into also one two first last year years month months week day days under against between
before when while where what how no some all other such may can if but there we our us you out up
were his her them only most many any both each because through during since until without within
several early late now still just even well next three four"""
TOPICAL = """court judge ruling lawsuit regulator exchange token investor customer platform digital
asset market trading price bank federal state agency commission complaint motion order settlement
fine penalty charge fraud wallet staking custody reserve stablecoin protocol network developer mixer
sanction license registration security securities commodity broker dealer disclosure filing hearing
appeal dismissal discovery document deposition attorney counsel defendant plaintiff prosecutor jury
verdict sentence plea bill law act rule proposal vote senate house committee treasury enforcement
investigation probe subpoena injunction claim damages class holder fund product listing withdrawal
deposit liquidity bankruptcy creditor estate restructuring acquisition merger executive founder
officer director company firm subsidiary affiliate partner user account transfer transaction
blockchain mining energy software code privacy compliance program audit report statement record
evidence argument brief decision opinion question issue matter step move plan deal agreement offer
stake share stock bond rate inflation economy policy government minister president congress reform
framework guidance consultation deadline extension delay review approval rejection application
spot future option derivative index benchmark yield loan collateral lender borrower payment card
merchant remittance currency dollar euro central reserve issuer backing audit reserve attestation
denies grants files seeks orders rejects argues alleges settles agrees freezes halts opens closes
launches delays approves drops pays moves asks tells warns bans backs joins leaves names raises cuts
former current major global local foreign domestic private public senior chief national regional
technical legal financial criminal civil illegal unregistered alleged pending proposed final initial
partial sealed joint proposed amended emergency temporary permanent preliminary"""
_ONSETS = (
    "b br c ch cl cr d dr f fl g gl gr h j k kr l m n p pl pr qu r s sh sk sl st t th tr v w z"
)
_VOWELS = "a e i o u ai ea io ou"
_CODAS = " n r l s t x m nd rk st th ck ll nt"
_ENDS = "ance ex chain io vest pay corp coin dex labs bit swap mark well son berg ini ova ley"


@dataclass(frozen=True, slots=True)
class Lengths:
    """Shares of items by their number of words: a headline with a summary, a body, a long body."""

    shares: tuple[float, ...] = (0.6, 0.3, 0.1)
    words: tuple[tuple[int, int], ...] = ((15, 50), (160, 370), (800, 900))


def invented_names(
    rng: random.Random, count: int, *, but: frozenset[str] = frozenset()
) -> list[str]:
    """Return `count` names that sound like companies and people and are none of `but`."""
    onsets, vowels, codas = _ONSETS.split(), _VOWELS.split(), _CODAS.split(" ")
    ends = _ENDS.split()
    names: dict[str, None] = {}
    while len(names) < count:
        stem = rng.choice(onsets) + rng.choice(vowels) + rng.choice(codas)
        if rng.random() < 0.5:
            stem += rng.choice(onsets) + rng.choice(vowels)
        name = (stem + rng.choice(ends)).capitalize()
        if rng.random() < 0.25:
            name += " " + rng.choice(("Group", "Capital", "Markets", "Trust", "Digital", "Trading"))
        if name.lower() not in but:
            names[name] = None
    return list(names)


def _rare_words(rng: random.Random, count: int) -> list[str]:
    """Return lower-case words: the topical ones, then made-up ones for the long tail."""
    onsets, vowels, codas = _ONSETS.split(), _VOWELS.split(), _CODAS.split(" ")
    words = dict.fromkeys(TOPICAL.split())
    while len(words) < count:
        parts = (
            rng.choice(onsets) + rng.choice(vowels) + rng.choice(codas)
            for _ in range(rng.choice((1, 1, 2, 2, 3)))
        )
        words["".join(parts) + rng.choice(("", "s", "ed", "ing", "er", "tion", "al"))] = None
    return list(words)


class Newsroom:
    """Writes items; the same seed writes the same."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        acronyms = dict.fromkeys(
            "".join(self.rng.choices("ABCDEFGHIJKLMNOPRSTUVW", k=self.rng.choice((2, 3, 3, 4))))
            for _ in range(400)
        )
        lowered = _rare_words(self.rng, 9_000)
        self._pools = [
            _Zipf(COMMON.split(), 0.7),
            _Zipf(lowered, 0.9),
            _Zipf(invented_names(self.rng, 3_000), 0.8),
            _Zipf(list(acronyms), 0.9),
        ]

    def items(self, count: int, lengths: Lengths = Lengths()) -> Iterator[Fields]:
        """Yield items in the mix of `lengths`."""
        for _ in range(count):
            (low, high), *_ = self.rng.choices(lengths.words, lengths.shares)
            words = self.rng.randint(low, high)
            title = self._sentence(min(words // 3, self.rng.randint(7, 13))).rstrip(".")
            body: list[str] = []
            left = words - len(title.split())
            while left > 0:
                body.append(self._sentence(min(left, self.rng.randint(8, 26))))
                left -= len(body[-1].split())
            number = self.rng.randrange(10**9)
            yield Fields(
                title=title,
                summary=" ".join(body),
                source="Wire One",
                url=f"https://wire-one.example/{number}",
            )

    def _sentence(self, count: int) -> str:
        pools = self.rng.choices(self._pools, (48, 42, 8, 2), k=max(count, 3))
        words = [pool.draw(self.rng) for pool in pools]
        words[0] = words[0][0].upper() + words[0][1:]
        for at in range(len(words) - 1):
            chance = self.rng.random()
            if chance < 0.06:
                words[at] += ","
            elif chance < 0.075 and words[at][:1].isupper():
                words[at] += self.rng.choice(("'s", "’s"))
            elif chance < 0.08:
                words[at] = f"“{words[at]}”"
            elif chance < 0.09:
                words[at] += "-"  # joins the next one
        return " ".join(words).replace("- ", "-") + "."


class _Zipf:
    """Draws words, the n-th with a weight of n to the power of minus `slope`."""

    def __init__(self, words: Sequence[str], slope: float) -> None:
        self.words = words
        self.weights = list(accumulate((rank + 2) ** -slope for rank in range(len(words))))

    def draw(self, rng: random.Random) -> str:
        return rng.choices(self.words, cum_weights=self.weights)[0]


def read_items(path: Path) -> list[Fields]:
    """Return the items of a JSON-lines file, or of every such file in a folder; gzip or not."""
    files = sorted(path.glob("*.jsonl*")) if path.is_dir() else [path]
    items = []
    for file in files:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as lines:
            for line in lines:
                data = json.loads(line)
                items.append(
                    Fields(
                        title=data.get("title") or "",
                        summary=data.get("summary") or "",
                        source=data.get("outlet") or "",
                        url=data.get("url") or "",
                    )
                )
    return items


@dataclass(frozen=True, slots=True)
class Wording:
    """What rules are made of."""

    names: Sequence[str]
    words: Sequence[str]
    pairs: Sequence[str]
    acronyms: Sequence[str]

    @classmethod
    def of(cls, items: Sequence[Fields], rng: random.Random) -> Wording:
        """Return the wording of `items`: half of the names are in none of them."""
        seen: Counter[str] = Counter()
        names: Counter[str] = Counter()
        acronyms: Counter[str] = Counter()
        pairs: Counter[str] = Counter()
        for item in items:
            text = f"{item.title}. {item.summary}"
            words = re.findall(r"(?<![\w&'’])[^\W\d_]+(?![\w&]|['’]t)", text)
            seen.update({word.lower() for word in words})
            names.update(
                {word for word in words[1:] if word.istitle() and word.isascii() and len(word) > 3}
            )
            acronyms.update({w for w in words if w.isupper() and w.isascii() and 2 <= len(w) <= 5})
            pairs.update({found.lower() for found in re.findall(r"\b[a-z]{3,} [a-z]{4,}\b", text)})
        rare, usual = max(2, len(items) // 2_000), max(3, len(items) // 50)
        known = sorted(name for name, count in names.items() if rare <= count <= usual)
        lowered = frozenset(seen)  # sorted below: the order of sets is another in every run
        return cls(
            names=[*known, *invented_names(rng, len(known), but=lowered)],
            words=sorted(
                word
                for word, count in seen.items()
                if word.isascii() and len(word) > 3 and rare <= count <= usual
            ),
            pairs=sorted(pair for pair, count in pairs.items() if rare <= count <= usual),
            acronyms=sorted(word for word, count in acronyms.items() if rare <= count <= usual),
        )


def rules(wording: Wording, count: int, rng: random.Random) -> Mapping[str, Query]:
    """Return `count` rules of three to eight phrases, one in ten a copy of another's.

    35 % names and words [but not words], 20 % NEAR, 30 % lists, 15 % of three parts.
    """
    made: dict[str, Query] = {}
    while len(made) < count:
        copied = made and rng.random() < 0.1
        made[f"r{len(made)}"] = rng.choice(list(made.values())) if copied else _rule(wording, rng)
    return made


def _rule(wording: Wording, rng: random.Random) -> Query:
    kind = rng.random()
    if kind < 0.35:
        parts = [_names(wording, rng, 1, 3), _words(wording, rng, 2, 3)]
        if rng.random() < 0.5:
            parts.append(Not(part=_words(wording, rng, 1, 2)))
        return AllOf(parts=tuple(parts))
    if kind < 0.55:
        near = _names(wording, rng, 2, 3), _words(wording, rng, 1, 4)
        return Near(parts=near, words=rng.randint(3, 20))
    if kind < 0.85:
        return _one_of(
            _name(wording, rng) if rng.random() < 0.7 else _word(wording, rng)
            for _ in range(rng.randint(3, 8))
        )
    three = (
        _names(wording, rng, 1, 3),
        _words(wording, rng, 1, 3),
        _words(wording, rng, 1, 2),
    )
    return AllOf(parts=three)


def _names(wording: Wording, rng: random.Random, low: int, high: int) -> Query:
    return _one_of(_name(wording, rng) for _ in range(rng.randint(low, high)))


def _words(wording: Wording, rng: random.Random, low: int, high: int) -> Query:
    return _one_of(_word(wording, rng) for _ in range(rng.randint(low, high)))


def _one_of(parts: Iterable[Phrase]) -> Query:
    distinct = tuple(dict.fromkeys(parts))
    return distinct[0] if len(distinct) == 1 else AnyOf(parts=distinct)


def _name(wording: Wording, rng: random.Random) -> Phrase:
    return Phrase(text=rng.choice(wording.names), exact=True)


def _word(wording: Wording, rng: random.Random) -> Phrase:
    """Return a word or a pair of words; one in ten is an acronym that keeps its case."""
    if rng.random() < 0.1:
        return Phrase(text=rng.choice(wording.acronyms), exact=True, cased=True)
    pool = wording.pairs if rng.random() < 0.3 else wording.words
    return Phrase(text=rng.choice(pool), exact=True)
