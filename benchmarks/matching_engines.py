"""The ways of matching that are timed against each other; each is built once and asked per item.

All take the same syntax trees and return the ids of the rules that hold.  The peers are imported
only when they are asked for: they live in an environment of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import product
from typing import Any, Protocol, cast

from aggregator.matching import text
from aggregator.matching.evaluate import Found
from aggregator.matching.index import Fields, Index
from aggregator.matching.plan import Builder
from aggregator.matching.query import All, Near, Not, Phrase, Query
from aggregator.matching.query import Any as AnyOf
from aggregator.matching.surface import Span, Surface

Rules = Mapping[str, Query]
_TOKEN = re.compile(r"\w+|[^\w ]")


class Engine(Protocol):
    name: str

    def match(self, item: Fields) -> Iterable[str]:
        """Return the ids of the rules that hold on `item`."""
        ...


class Casewire:
    """Ours: straightening, scan, evaluation, and the evidence for each rule that holds."""

    name = "Casewire"

    def __init__(self, rules: Rules) -> None:
        self._index = Index.build(rules, {}, {})

    def match(self, item: Fields) -> Iterable[str]:
        return list(self._index.scan(item).hits)


# --- a loop over the rules --------------------------------------------------------------------


class Page:
    """One item as the others see it: straightened and joined as ours is, its words counted alike."""

    def __init__(self, item: Fields) -> None:
        self._surface = Surface(item, ())
        self.text = self._surface.text

    @cached_property
    def lower(self) -> str:
        return text.scannable(self.text)

    @cached_property
    def spaced(self) -> str:
        return self.text.replace("-", " ")

    def near(self, one: Iterable[Span], other: Iterable[Span], words: int) -> bool:
        """Say whether a span of each part stands within so many words, in the same field."""
        return any(
            self._beside(*sorted((first, second)), words) for first, second in product(one, other)
        )

    def _beside(self, first: Span, second: Span, words: int) -> bool:
        cut = self._surface.title_end
        if second[0] < first[1] or (first[0] < cut) != (second[0] < cut):
            return False
        return self._surface.near(first[1], second[0], words)


class CompiledLoop:
    """Every rule on every item, every phrase a compiled `re`, nothing searched for in vain."""

    name = "loop of compiled re"
    looks_first = False

    def __init__(self, rules: Rules) -> None:
        self._rules = [(rule, self._ready(query)) for rule, query in rules.items()]

    def match(self, item: Fields) -> Iterable[str]:
        page = Page(item)
        return [rule for rule, holds in self._rules if holds(page)]

    def _ready(self, query: Query) -> Callable[[Page], bool]:
        match query:
            case Phrase():
                return self._search(query)
            case All(parts=parts):
                ready = [self._ready(part) for part in parts]
                return lambda page: all(part(page) for part in ready)
            case AnyOf(parts=parts):
                ready = [self._ready(part) for part in parts]
                return lambda page: any(part(page) for part in ready)
            case Not(part=part):
                unwanted = self._ready(part)
                return lambda page: not unwanted(page)
            case Near(parts=(one, other), words=words):
                first, second = self._ready(one), self._ready(other)
                ones, others = (
                    [expression(p) for p in leaves(one)],
                    [expression(p) for p in leaves(other)],
                )
                return lambda page: (
                    first(page)
                    and second(page)
                    and page.near(_spans(ones, page), _spans(others, page), words)
                )
            case _:
                raise NotImplementedError(f"not among the benchmark's rules: {query}")

    def _search(self, phrase: Phrase) -> Callable[[Page], bool]:
        search = expression(phrase).search
        if not self.looks_first:
            return lambda page: search(page.text) is not None
        if phrase.cased:
            said = phrase.text.replace("-", " ")
            return lambda page: said in page.spaced and search(page.text) is not None
        key = text.scannable(phrase.text)
        return lambda page: key in page.lower and search(page.text) is not None


class LookFirstLoop(CompiledLoop):
    """The same with `phrase in text` before each search."""

    name = "`phrase in text`, then re"
    looks_first = True


def leaves(part: Query) -> tuple[Phrase, ...]:
    return cast(tuple[Phrase, ...], part.parts if isinstance(part, AnyOf) else (part,))


def expression(phrase: Phrase) -> re.Pattern[str]:
    """Return what one would write for a phrase: its words, whole, a hyphen as good as a blank."""
    words = "[ -]".join(re.escape(word) for word in re.split("[ -]", phrase.text))
    return re.compile(rf"\b{words}\b", 0 if phrase.cased else re.IGNORECASE)


def _spans(expressions: Iterable[re.Pattern[str]], page: Page) -> Iterator[Span]:
    return (hit.span() for wanted in expressions for hit in wanted.finditer(page.text))


# --- peers ------------------------------------------------------------------------------------


class YaraX:
    """Each rule a YARA rule with its booleans; of NEAR it decides that both parts are there.

    How many words stand between is counted in Python, from YARA's own offsets, on its hits only:
    that is far quicker than an expression that spans the words between.
    """

    name = "YARA-X"

    def __init__(self, rules: Rules) -> None:
        import yara_x  # noqa: PLC0415  a peer

        compiler = yara_x.Compiler()
        self._near: dict[str, tuple[frozenset[str], frozenset[str], int]] = {}
        for rule, query in rules.items():
            phrases: dict[Phrase, str] = {}
            condition = self._condition(query, phrases)
            if isinstance(query, Near):
                one, other = (
                    frozenset("$" + phrases[phrase] for phrase in leaves(part))
                    for part in query.parts
                )
                self._near[rule] = one, other, query.words
            strings = "\n".join(
                f'${name} = "{phrase.text}" fullword{"" if phrase.cased else " nocase"}'
                for phrase, name in phrases.items()
            )
            compiler.add_source(f"rule {rule} {{ strings:\n{strings}\ncondition: {condition} }}")
        self._scanner = yara_x.Scanner(compiler.build())

    def _condition(self, query: Query, phrases: dict[Phrase, str]) -> str:
        match query:
            case Phrase():
                return "$" + phrases.setdefault(query, f"p{len(phrases)}")
            case All(parts=parts) | Near(parts=parts):
                return "(" + " and ".join(self._condition(p, phrases) for p in parts) + ")"
            case AnyOf(parts=parts):
                return "(" + " or ".join(self._condition(p, phrases) for p in parts) + ")"
            case Not(part=part):
                return f"not {self._condition(part, phrases)}"
            case _:
                raise NotImplementedError(f"not among the benchmark's rules: {query}")

    def match(self, item: Fields) -> Iterable[str]:
        page = Page(item)
        hits = []
        for rule in self._scanner.scan(page.spaced.encode()).matching_rules:
            near = self._near.get(rule.identifier)
            if near is None or self._holds(rule, near, page):
                hits.append(rule.identifier)
        return hits

    @staticmethod
    def _holds(rule: Any, near: tuple[frozenset[str], frozenset[str], int], page: Page) -> bool:
        *sides, words = near
        places: list[list[Span]] = [[], []]
        for pattern in rule.patterns:
            hits = [(hit.offset, hit.offset + hit.length) for hit in pattern.matches]
            for side, at in zip(sides, places, strict=True):
                if pattern.identifier in side:
                    at.extend(hits)
        if not page.text.isascii():  # YARA counts bytes
            data = page.spaced.encode()
            places = [
                [(len(data[:a].decode()), len(data[:b].decode())) for a, b in side]
                for side in places
            ]
        return page.near(*places, words)


class SpacyPhrases:
    """spaCy's PhraseMatcher in place of our scan; filing and all that follows are ours.

    Tokens are runs of letters and all else one by one, so that a phrase begins and ends where
    `\\b` sees it; spaCy's own tokenizer keeps `Binance.US` and `-` whole and takes longer.
    """

    name = "spaCy PhraseMatcher"

    def __init__(self, rules: Rules) -> None:
        import spacy  # noqa: PLC0415  a peer
        from spacy.matcher import PhraseMatcher  # noqa: PLC0415
        from spacy.tokens import Doc  # noqa: PLC0415

        builder = Builder({}, {})
        self._index = Index(_plan=builder.build(rules))
        self._doc = Doc
        self._vocab = spacy.blank("en").vocab
        self._matchers = []
        for attribute, cased in (("LOWER", False), ("ORTH", True)):
            matcher = PhraseMatcher(self._vocab, attr=attribute)
            for phrase, atom in builder.atoms.items():
                if isinstance(phrase, Phrase) and phrase.cased is cased:
                    matcher.add(str(atom), [self._tokens(phrase.text)[0]])
            self._matchers.append(matcher)
        self._atoms = {self._vocab.strings[str(atom)]: atom for atom in builder.atoms.values()}

    def _tokens(self, said: str) -> tuple[Any, list[tuple[int, int]]]:
        places = [word.span() for word in _TOKEN.finditer(said)]
        return self._doc(self._vocab, words=[said[start:end] for start, end in places]), places

    def match(self, item: Fields) -> Iterable[str]:
        surface = Surface(item, ())
        found = Found(surface)
        doc, places = self._tokens(surface.text.replace("-", " "))
        for matcher in self._matchers:
            for key, first, last in matcher(doc):
                span = places[first][0], places[last - 1][1]
                found.hits.setdefault(self._atoms[key], []).append(span)
        return list(self._index._run(found))  # noqa: SLF001  the very step that a scan ends with
