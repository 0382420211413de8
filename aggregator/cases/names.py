"""Folding names, so that what people type meets what the rules say."""

from __future__ import annotations

import re
import unicodedata

VERSUS = frozenset({"v", "vs", "versus"})
WORD = re.compile(r"\w+")
APOSTROPHES = re.compile(r"(?<=\w)['’ʼ](?=\w)")


def fold(text: str) -> str:
    """Return `text` as lower-case words with single spaces: "SEC vs. Binance.US" as
    "sec v binance us".
    """
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    plain = APOSTROPHES.sub("", plain.casefold().replace("_", " "))
    return " ".join("v" if word in VERSUS else word for word in WORD.findall(plain))


def squash(folded: str) -> str:
    """Return a folded name without its spaces, so that "binanceus" is "binance us"."""
    return folded.replace(" ", "")
