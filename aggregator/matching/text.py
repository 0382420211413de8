"""Text made comparable, with every position still pointing into what the item says.

`straighten` and `normalise` never change the length.  `fold` goes further where it must (text that
is decomposed, double-spaced, mangled by a wrong decoding or strewn with invisible characters) and
then keeps, for each character, where it came from.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

SEPARATOR = "\x1f"
"""Stands between fields; `straighten` turns it into a space, so no text can contain it."""

_SAME_LENGTH = (
    *((char, "'") for char in "\u2018\u2019\u201b\u2032\u02bc\u00b4\uff07"),
    *((char, '"') for char in "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\uff02"),
    # Em dash and bar part sentences ("Binance\u2014which ..."), so they stay dashes: joined by one
    # is not joined, which `strict` edges and the counting of words rely on.
    *((char, "-") for char in "\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d"),
    ("\u2015", "\u2014"),
    *((char, " ") for char in "\u0085\u00a0\u1680\u202f\u205f\u3000\u2028\u2029"),
    *((chr(code), " ") for code in range(0x2000, 0x200B)),
)
_CONTROLS = dict.fromkeys([*range(0x20), 0x7F], " ")

_INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
_MANGLED = "[âβโв][€Ђ]"
"""E2 80, the first two bytes of curly quotes and dashes, as code pages 1252, 1253, 874, 1251."""
_MANGLED_THIRD = {
    "™": "'",
    "\x99": "'",
    "˜": "'",
    "\x98": "'",
    "œ": '"',
    "њ": '"',
    "\x9c": '"',
    "ќ": '"',
    "\x9d": '"',
    "“": "-",
    "”": "\u2014",
    "¦": "\u2026",
}
_AWKWARD = re.compile(f"[{_INVISIBLE}]|{_MANGLED}")
_PIECE = re.compile(
    rf"(?P<mangled>{_MANGLED}[{''.join(_MANGLED_THIRD)}])|(?P<gone>[{_INVISIBLE}]+)|(?P<space>\s+)"
)
WORD = re.compile(r"\w+(?:['.&-]\w+)*")
"""One word for the counting of NEAR, in straightened text: `Binance.US`, `AT&T`, `well-known`."""


def straighten(text: str) -> str:
    """Return `text` with plain quotes, hyphens and spaces, of the same length, in its own case."""
    if text.isascii():
        return text if text.isprintable() else text.translate(_CONTROLS)
    for old, new in _SAME_LENGTH:
        if old in text:
            text = text.replace(old, new)
    return text if text.isprintable() else text.translate(_CONTROLS)


def lower(text: str) -> str:
    """Return `text` in lower case and of the same length (`İ` alone would grow)."""
    small = text.lower()
    if len(small) != len(text):
        small = "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
    return small.replace("ς", "σ") if "ς" in small else small


def normalise(text: str) -> str:
    """Return `text` as it is compared without regard to case: straightened, lower, same length."""
    return lower(straighten(text))


def scannable(straight: str) -> str:
    """Return straightened text as it is scanned: in lower case, hyphens as spaces, same length.

    The press writes `class action` and `class-action`, `motion to dismiss` and
    `motion-to-dismiss`; both are found by either.
    """
    return lower(straight).replace("-", " ")


def compact(text: str) -> str:
    """Return a rule's own wording in the form that `fold` gives to an item's text."""
    return fold(text).text.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """Straightened text; `starts` and `ends` give each character's place in the original.

    They are None where places are the same, which is nearly always.
    """

    text: str
    starts: tuple[int, ...] | None = None
    ends: tuple[int, ...] | None = None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return where the non-empty `text[start:end]` stands in the original."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def fold(text: str) -> Folded:
    """Return `text` composed (NFC), straightened, single-spaced, free of invisible characters."""
    straight = straighten(text)
    if "  " not in straight and (
        straight.isascii()
        or (unicodedata.is_normalized("NFC", straight) and not _AWKWARD.search(straight))
    ):
        return Folded(text=straight)
    return _fold_slowly(text)


def _fold_slowly(text: str) -> Folded:
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    while at < len(text):
        piece = _PIECE.match(text, at)
        if piece is None:
            end = at + 1
            while end < len(text) and _continues(text[end]):
                end += 1
            new = straighten(unicodedata.normalize("NFC", text[at:end]))
        else:
            end = piece.end()
            new = {"mangled": _MANGLED_THIRD.get(text[end - 1], ""), "gone": "", "space": " "}[
                str(piece.lastgroup)
            ]
        chars.extend(new)
        starts.extend([at] * len(new))
        ends.extend([end] * len(new))
        at = end
    return Folded(text="".join(chars), starts=tuple(starts), ends=tuple(ends))


def _continues(char: str) -> bool:
    """Say whether `char` belongs to the one before it: a combining mark, a Hangul vowel or tail."""
    return unicodedata.combining(char) != 0 or "\u1160" <= char <= "\u11ff"


def in_word(char: str) -> bool:
    """Say whether `char` can be part of a word."""
    return (
        char.isalnum() or char == "_" or (not char.isascii() and unicodedata.combining(char) != 0)
    )


def opens(straight: str, start: int) -> bool:
    """Say whether a word can begin at `start`; needs two characters before it.

    A letter joined by `&` is inside a name: `T` is not a word of `AT&T`.
    """
    before = straight[start - 1]
    return not in_word(before) and not (before == "&" and straight[start - 2].isalnum())


def closes(straight: str, end: int) -> bool:
    """Say whether a word can end at `end`; needs two characters after it.

    A possessive may follow (`SEC's`, `Binance.US'`), an `n't` may not: `won` is not in `won't`.
    """
    after = straight[end]
    if after == "'":
        return straight[end + 1] not in "tT" or in_word(straight[end + 2])
    return not in_word(after) and not (after == "&" and straight[end + 1].isalnum())


def stands_alone(straight: str, start: int, end: int) -> bool:
    """Say whether no dot or hyphen joins a neighbour: `Binance` in `Binance.US` does not."""
    return not (
        (straight[start - 1] in ".-" and straight[start - 2].isalnum())
        or (straight[end] in ".-" and straight[end + 1].isalnum())
    )
