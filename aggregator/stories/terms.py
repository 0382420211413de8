"""A text's telling words: stems, their weight, and the figures it names."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources

_WORD = re.compile(r"[^\W_]+(?:[.'’][^\W_]+)*")
_FIGURE = re.compile(r"[$€£]?\d[\d,]*(?:\.\d+)?\s?(?:%|bn|billion|m|mn|million|k|years?|months?)?")

STOP = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "been",
        "being",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "for",
        "from",
        "had",
        "has",
        "have",
        "he",
        "her",
        "his",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "may",
        "might",
        "more",
        "most",
        "new",
        "no",
        "not",
        "now",
        "of",
        "off",
        "on",
        "once",
        "one",
        "or",
        "our",
        "out",
        "over",
        "own",
        "said",
        "say",
        "says",
        "she",
        "should",
        "so",
        "some",
        "such",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "to",
        "under",
        "up",
        "us",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "while",
        "who",
        "why",
        "will",
        "with",
        "would",
        "you",
        "your",
        "after",
        "before",
        "about",
        "also",
        "amid",
        "against",
        "vs",
        "v",
    ]
)

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


@lru_cache(maxsize=65536)
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


def stems(text: str) -> tuple[str, ...]:
    """Return the stems of `text` in order, without the words that every text has."""
    words = (match.group().casefold() for match in _WORD.finditer(text))
    return tuple(stem(word) for word in words if word not in STOP)


def figures(text: str) -> frozenset[str]:
    """Return the amounts, percentages and terms that `text` names, spelled one way."""
    found = set()
    for match in _FIGURE.finditer(text.casefold()):
        figure = match.group().replace(",", "").replace(" ", "")
        figure = figure.replace("billion", "bn").replace("million", "m").replace("mn", "m")
        if len(figure.strip("$€£%")) > 1 or not figure.isdigit():
            found.add(figure.rstrip("s"))
    return frozenset(found)


@lru_cache(maxsize=1)
def frequencies() -> tuple[int, Mapping[str, int]]:
    """Return the shipped table: how many items it was counted on, and each stem's share of them."""
    table = json.loads(
        resources.files("aggregator.stories").joinpath("frequencies.json").read_text("utf-8")
    )
    return table["items"], table["stems"]


@lru_cache(maxsize=65536)
def weight(term: str) -> float:
    """Return how much sharing `term` tells: its inverse document frequency, 0 to 1.

    A word that the table does not have is taken for one of its rarest.
    """
    items, table = frequencies()
    return math.log(1 + items / (1 + table.get(term, 3))) / math.log(1 + items)
