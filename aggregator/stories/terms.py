"""A text's telling words: stems, the figures and dates it names, and how telling each stem is."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

_WORD = re.compile(r"[^\W_]+(?:[.'’][^\W_]+)*")
_FIGURE = re.compile(
    r"([$€£₹¥]?)\s?(\d+(?:,\d+)*(?:\.\d+)?)\s?(%|percent\b|bn\b|billion\b|b\b|million\b|mn\b|m\b|k\b|"
    r"thousand\b|trillion\b|years?\b|months?\b)?"
)
_TIMES = {"k": 3, "t": 3, "m": 6, "b": 9}
"""By a unit's first letter, thousand and trillion apart."""
_MONTH = r"(jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?"
_DATE = re.compile(rf"\b(?:{_MONTH}\s(\d{{1,2}})|(\d{{1,2}})\s{_MONTH})\b")

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_DIGIT = re.compile(r"\d")

_STOP_WORDS = """
a about after against also amid an and are as at be been before being but by can could did do
does for from had has have he her his how i if in into is it its may might more most new no not
now of off on once one or our out over own said say says she should so some such than that the
their them then there these they this those to under up us v vs was we were what when where
which while who why will with would you your
"""
STOP = frozenset(_STOP_WORDS.split())
"""The words that every text has."""

_SUFFIXES = (
    ("ies", "y"),
    ("sses", "ss"),
    ("ings", ""),
    ("ing", ""),
    ("ied", "y"),
    ("edly", ""),
    ("ed", ""),
    ("ments", ""),
    ("ment", ""),
    ("ions", ""),
    ("ion", ""),
    ("als", ""),
    ("al", ""),
    ("es", ""),
    ("s", ""),
)
STEM_LETTERS_MIN = 4


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """Return `word` without its ending: sues, sued and suing meet; a light hand, no dictionary."""
    for ending in ("'s", "’s", "'", "’"):
        word = word.removesuffix(ending)
    if not word.isalpha():
        return word
    for suffix, put in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= STEM_LETTERS_MIN - bool(put):
            word = word[: -len(suffix)] + put
            break
    return word.removesuffix("e") if len(word) > STEM_LETTERS_MIN else word


def words(text: str) -> list[str]:
    """Return the words of `text` as written, in order."""
    return _WORD.findall(text)


def stems(text: str) -> tuple[str, ...]:
    """Return the stems of `text` in order, without the words that every text has."""
    return tuple([stem(word) for word in _WORD.findall(text.casefold()) if word not in STOP])


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """An amount, share, term or date that a text names, and where."""

    kind: str
    """Only two of one kind can contradict each other: a currency's sign, #, %, year, month, day."""
    value: float
    """Of a date, the days since the year began, every month taken for 31."""
    key: str
    """The same for two spellings of one figure; amounts are rounded to two digits."""
    start: int
    end: int


def named(text: str) -> list[Figure]:
    """Return the figures that `text` names, dates first; spans index the case-folded text.

    Bare numbers below ten and years are left out, as every text has some.
    """
    if not _DIGIT.search(text):
        return []
    text = text.casefold()
    found = []
    for match in _DATE.finditer(text):
        month, day, day_first, month_last = match.groups()
        month, day = (month or month_last)[:3], day or day_first
        since = 31 * _MONTHS.index(month) + int(day)
        found.append(_figure("day", since, f"day {month} {day}", match))
    for match in _FIGURE.finditer(_DATE.sub(lambda date: " " * len(date.group()), text)):
        sign, digits, unit = match.groups(default="")
        value = float(digits.replace(",", ""))
        if unit in {"%", "percent"}:
            found.append(_figure("%", value, f"% {value:g}", match))
        elif unit.startswith(("year", "month")):
            kind = unit.rstrip("s")
            found.append(_figure(kind, value, f"{kind} {value:g}", match))
        elif unit or sign or (value >= 10 and not (1900 <= value < 2100 and "," not in digits)):
            value *= 10 ** (12 if unit == "trillion" else _TIMES.get(unit[:1], 0))
            kind = sign or "#"
            found.append(_figure(kind, value, f"{kind} {value:.1e}", match))
    return found


def _figure(kind: str, value: float, key: str, match: re.Match[str]) -> Figure:
    return Figure(kind=kind, value=value, key=key, start=match.start(), end=match.end())


def figures(text: str) -> frozenset[str]:
    """Return the amounts, shares, terms and dates that `text` names, each after its kind.

    Amounts are rounded to two digits, so that $1.022 billion and "over $1B" are one.
    """
    return frozenset([figure.key for figure in named(text)])


def kinds(figures_named: Iterable[str]) -> frozenset[str]:
    """Return the kinds of figures: only two of one kind can contradict each other."""
    return frozenset([figure.split(" ", 1)[0] for figure in figures_named])


@lru_cache(maxsize=1)
def frequencies() -> tuple[int, Mapping[str, int]]:
    """Return the shipped table: how many items it was counted on, and each stem's share of them."""
    table = json.loads(
        resources.files("aggregator.stories").joinpath("frequencies.json").read_text("utf-8")
    )
    return table["items"], table["stems"]


UNKNOWN_ITEMS = 3
"""A stem that the table lacks is taken for one of its rarest: in so many items."""

TABLE_STORIES = 300
"""The shipped table counts for as much as this many stories of the window.  On general headlines
that gave 0.015 B-cubed F1 more than no warming; 100 and 1000 gave a little less."""


class Words:
    """How telling it is to share a stem: its inverse document frequency, 0 to about 1.

    The shipped table is where it starts; each story of the window that has the stem counts once,
    however many reports tell it, so that a much-told story's own words stay telling.
    """

    def __init__(self) -> None:
        self._items, self._table = frequencies()
        self._scale = 1 / math.log(1 + self._items)
        self._stories = 0
        self._with: dict[str, int] = {}
        self._share: dict[str, float] = {}
        self._top = math.log(TABLE_STORIES) * self._scale

    def add(self, stems_of_story: Iterable[str], *, new: bool) -> None:
        """Count stems that a story has for the first time; `new` if the story itself is new."""
        for term in stems_of_story:
            self._with[term] = self._with.get(term, 0) + 1
            self._share.pop(term, None)
        if new:
            self._resize(1)

    def remove(self, stems_of_story: Iterable[str]) -> None:
        """Forget a story that had these stems."""
        for term in stems_of_story:
            left = self._with[term] - 1
            if left:
                self._with[term] = left
            else:
                del self._with[term]
            self._share.pop(term, None)
        self._resize(-1)

    def weight(self, term: str) -> float:
        """Return how much sharing `term` tells."""
        share = self._share.get(term)
        if share is None:
            expected = TABLE_STORIES * (self._table.get(term, UNKNOWN_ITEMS) + 0.5) / self._items
            share = math.log(expected + self._with.get(term, 0)) * self._scale
            if len(self._share) >= SHARES_MAX:
                self._share.clear()
            self._share[term] = share
        return self._top - share

    def _resize(self, by: int) -> None:
        self._stories += by
        self._top = math.log(TABLE_STORIES + self._stories) * self._scale


SHARES_MAX = 200_000
"""Remembered logarithms of stems; past this they are worked out anew."""


@lru_cache(maxsize=1)
def shipped() -> Words:
    """Return the weights of the shipped table alone; nobody may add to them."""
    return Words()


def weight(term: str) -> float:
    """Return how much sharing `term` tells by the shipped table alone."""
    return shipped().weight(term)
