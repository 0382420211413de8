"""Folding names, so that what people type meets what the rules say."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

VERSUS = frozenset({"v", "vs", "versus"})
WORD = re.compile(r"\w+")
FILLERS = frozenset({"the", "case", "lawsuit", "matter", "of", "and", "in", "re", "v", "et", "al"})
"""Words that tell no case from another."""
APOSTROPHES = re.compile(r"(?<=\w)['’ʼ](?=\w)")


@lru_cache(maxsize=16_384)
def fold(text: str) -> str:
    """Return `text` as lower-case words with single spaces: "SEC vs. Binance.US" as
    "sec v binance us".  The names of all cases are folded for every lookup, so it is remembered.
    """
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    plain = APOSTROPHES.sub("", plain.casefold().replace("_", " "))
    return " ".join("v" if word in VERSUS else word for word in WORD.findall(plain))


def squash(folded: str) -> str:
    """Return a folded name without its spaces, so that "binanceus" is "binance us"."""
    return folded.replace(" ", "")
