"""Which of the old Cyrillic charsets undeclared bytes are in, by how its letters look; pure.

Every byte of these charsets means something in each of the others, but only the right one makes
words: small letters after the first, mostly the frequent ones, and no dash or quote among them.
A detector for all the world's charsets needs more text than a title to see that.
"""

from __future__ import annotations

import re

SAMPLE_BYTES_MAX = 4096
"""More changes no verdict."""
CHARSETS = ("cp1251", "koi8-u", "iso8859-5", "cp866", "mac-cyrillic")
"""The likelier first.  KOI8-U has letters where KOI8-R draws boxes, and is the same otherwise."""

_CLEAR = 0.0
"""What a letter must score on average, which other scripts hardly do when read as Cyrillic.
Hebrew comes closest: it reads as capitals in KOI8."""
# About the binary logarithm of how much oftener than by chance (1 in 32) a letter comes.
_LETTERS = {
    **dict.fromkeys("оеаи", 1.5),
    **dict.fromkeys("нтсрвлі", 0.8),
    **dict.fromkeys("кмдпу", 0.0),
    **dict.fromkeys("яыьгзбчй", -0.8),
    **dict.fromkeys("хжшюъїєцщэфё", -1.8),
}
_RARE = -3.5
_WRONG = -4.0
"""A capital or a sign within a word, a Latin letter beside, a letter alone that is no word, a byte
that is nothing."""
_SIGN = -1.0
_ALONE = frozenset("авиокусяій")
"""Letters that are words."""
_INITIAL = 0.5
_CAPITALS = -0.3
"""Words in capitals are fewer, and KOI8 has them where cp1251 has small letters."""
_LONG_WORD = re.compile(rb"[\x80-\xff]{3}")
_WORD = re.compile(r"[^\W\d_]+")
_BETWEEN = re.compile(
    r"(?<=[^\W\d_])[«»„“”‘–—…№°§©®·•\xa0](?=[^\W\d_])|(?<!\w)[–—…](?=[^\W\d_])|(?<=[^\W\d_])€"
)
_SIGNS = frozenset("«»„“”‘’–—…№€°§©®·•\xa0\xad")


def charset_of(sample: bytes) -> str | None:
    """Return the charset in which `sample` is clearly Cyrillic, or None if it is in none."""
    sample = sample[:SAMPLE_BYTES_MAX]
    if not _LONG_WORD.search(sample):
        return None
    strange = sum(byte >= 0x80 for byte in sample)
    score, best = max(
        ((_score(sample.decode(name, "replace")), name) for name in CHARSETS),
        key=lambda found: found[0],  # of equals the first
    )
    return best if score > _CLEAR * strange else None


def _score(text: str) -> float:
    signs = (char for char in text if char > "\x7f" and not char.isalpha())
    total = sum(_SIGN if char in _SIGNS else _WRONG for char in signs)
    total += sum(map(_of_word, _WORD.findall(text)))
    return total + _WRONG * len(_BETWEEN.findall(text))


def _of_word(word: str) -> float:
    if word.isascii():
        return 0.0
    total = sum(_LETTERS.get(char, _RARE) for char in word.lower() if char > "\x7f")
    if any(char < "\u0400" for char in word):
        return total + _WRONG * len(word)
    if len(word) == 1:
        return total + (0.0 if word.lower() in _ALONE else _WRONG)
    if word.isupper():
        return total + _CAPITALS * len(word)
    capitals = sum(map(str.isupper, word[1:]))
    return total + _WRONG * capitals + _INITIAL * word[0].isupper()
