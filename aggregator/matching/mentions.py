"""Which hits of an alias are mentions of its entity.

An alias may need company (`BAM` near a court), refuse some (`SEC` near football) and lose to a
longer name around it (`Binance` inside `Binance.US`).  What it needs is looked for among mentions
that stand on their own, so two names cannot vouch for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from string import ascii_lowercase

from aggregator.matching import inflect, text
from aggregator.matching.evaluate import Atom, Found, Leaf, Node
from aggregator.matching.query import NEAR_WORDS_DEFAULT
from aggregator.matching.surface import Span, Surface

FUZZY_LETTERS_MIN = 6
"""Shorter names are one edit away from too many others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasRule:
    """What makes a hit of one alias a mention."""

    entity: Atom
    needs: Node | None = None
    not_near: tuple[Leaf, ...] = ()


def settle(found: Found, aliases: Mapping[Atom, AliasRule]) -> None:
    """File the accepted mentions under their entities' atoms, in text and beyond."""
    for store in (found.hits, found.beyond):
        raw = [
            (span, aliases[alias])
            for alias in store.keys() & aliases.keys()
            for span in store[alias]
        ]
        if not raw:
            continue
        near = [(span, rule) for span, rule in raw if not _spoilt(span, rule, found)]
        alone = [(span, rule) for span, rule in near if rule.needs is None]
        _file(store, alone)
        vouched = [
            (span, rule)
            for span, rule in near
            if rule.needs is not None and rule.needs.holds(found)
        ]
        if vouched:
            _file(store, [*alone, *vouched])


def _file(store: dict[Atom, list[Span]], mentions: list[tuple[Span, AliasRule]]) -> None:
    """Put mentions under their entities, in place of what was there."""
    for _, rule in mentions:
        store.pop(rule.entity, None)
    longest = _longest(span for span, _ in mentions)
    for span, rule in mentions:
        if span in longest:
            spans = store.setdefault(rule.entity, [])
            if span not in spans:
                spans.append(span)


def _longest(spans: Iterable[Span]) -> set[Span]:
    """Return the spans that stand in no longer one."""
    kept: set[Span] = set()
    reach: Span = (-1, -1)
    for start, end in sorted(set(spans), key=lambda span: (span[0], -span[1])):
        if end > reach[1]:
            reach = (start, end)
            kept.add(reach)
    return kept


def _spoilt(span: Span, rule: AliasRule, found: Found) -> bool:
    """Say whether a word that the alias must not be near to is near."""
    return any(
        _beside(span, other, found.surface)
        for leaf in rule.not_near
        for other in found.spans(leaf.atom, leaf.field)
    )


def _beside(one: Span, other: Span, surface: Surface) -> bool:
    first, second = sorted((one, other))
    if second[0] < first[1]:
        return True
    if text.SEPARATOR in surface.text[first[1] : second[0]]:
        return False
    return surface.near(first[1], second[0], NEAR_WORDS_DEFAULT)


def misspellings(name: str) -> Iterator[str]:
    """Yield the spellings of a name that are one edit away, in one of its long words.

    A letter left out, put in, changed, or swapped with the next.  Never the first letter, never a
    word that means something.
    """
    words = name.split()
    for place, word in enumerate(words):
        if len(word) < FUZZY_LETTERS_MIN or not word[0].isupper() or not word.isalpha():
            continue
        for slip in sorted(_slips(text.lower(word)) - inflect.KNOWN):
            yield " ".join([*words[:place], slip, *words[place + 1 :]])


def _slips(word: str) -> set[str]:
    inner = range(1, len(word))
    slips = {word[:at] + word[at + 1 :] for at in inner}
    slips |= {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in inner[:-1]}
    slips |= {word[:at] + letter + word[at + 1 :] for at in inner for letter in ascii_lowercase}
    slips |= {
        word[:at] + letter + word[at:]
        for at in range(1, len(word) + 1)
        for letter in ascii_lowercase
    }
    return slips - {word}
