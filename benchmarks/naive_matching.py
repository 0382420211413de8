"""The naive evaluator that the engine must agree with, and random rules and texts to try both on.

Nothing is indexed and nothing shared but the syntax tree, the inflections and the misspellings:
every phrase is a compiled `re`, every query is evaluated on every item, NEAR tries every choice of
spans in every order.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import pairwise, permutations, product
from typing import assert_never

from aggregator.matching import inflect, language, shape
from aggregator.matching.index import Fields, Index
from aggregator.matching.mentions import misspellings
from aggregator.matching.query import (
    All,
    Any,
    CourtCase,
    Docket,
    Entity,
    Family,
    InField,
    Near,
    Not,
    Phrase,
    Query,
)
from aggregator.matching.rules import Alias, EntityKind, EntityRule

Span = tuple[str, int, int]
"""Field, start, end in the plain text of the field."""

_WORD = re.compile(r"\w+(?:['.&-]\w+)*")
_PLAIN = {
    **dict.fromkeys("‘’‛′ʼ´", "'"),
    **dict.fromkeys("“”„«»", '"'),
    **dict.fromkeys("‐‑‒–−", "-"),
    "―": "—",
}


def plain(text: str) -> str:
    """Return text composed, with plain quotes and hyphens, single-spaced, nothing invisible."""
    text = unicodedata.normalize("NFC", text)
    text = re.sub("[\u00ad\u200b-\u200f\u2060\ufeff]", "", text)
    text = "".join(_PLAIN.get(char, char) for char in text)
    return re.sub(r"\s+", " ", text)


@cache
def pattern(
    spellings: frozenset[str], *, cased: bool, prefix: bool, strict: bool, capital: bool = False
) -> re.Pattern[str]:
    """Return the expression for one of `spellings` as whole words."""
    ways = []
    for spelling in sorted(spellings, key=len, reverse=True):
        body = "".join("[ -]" if char in " -" else re.escape(char) for char in spelling)
        opened = r"(?<!\w)(?<![^\W_]&)" if re.match(r"\w", spelling) else ""
        closed = r"(?!\w)(?!&[^\W_])(?!'[tT](?!\w))" if re.search(r"\w$", spelling) else ""
        if prefix:
            closed = r"\w*"
        if strict:
            opened += r"(?<![^\W_][.-])"
            closed += r"(?![.-][^\W_])"
        if capital:
            opened += r"(?-i:(?=[A-Z]))"
        ways.append(f"{opened}{body}{closed}")
    return re.compile("|".join(ways), 0 if cased else re.IGNORECASE)


class Naive:
    """The same questions as `Index`, answered slowly."""

    def __init__(
        self,
        rules: Mapping[str, Query],
        entities: Mapping[str, EntityRule],
        families: Mapping[str, Sequence[str]],
    ) -> None:
        self.rules = rules
        self.entities = entities
        self.families = families

    def hits(self, fields: Fields) -> set[str]:
        """Return the ids of the rules that hold."""
        return _Reading(self, fields).hits()


class _Reading:
    def __init__(self, naive: Naive, fields: Fields) -> None:
        self.naive = naive
        self.court = fields.court
        self.texts = {
            "title": plain(fields.title),
            "summary": plain(fields.summary),
            "source": plain(fields.source),
            "tag": plain(" | ".join(fields.tags)),
            "url": plain(fields.url),
        }
        self.mentions: dict[str, set[Span]] = {}
        self._mention()

    def hits(self) -> set[str]:
        return {rule for rule, query in self.naive.rules.items() if self.holds(query, None)}

    def holds(self, query: Query, field: str | None) -> bool:
        match query:
            case Phrase() | Entity() | Family():
                return bool(self.spans(query, field))
            case All(parts=parts):
                return all(self.holds(part, field) for part in parts)
            case Any(parts=parts):
                return any(self.holds(part, field) for part in parts)
            case Not(part=part):
                return not self.holds(part, field)
            case InField(field="court", part=part):
                return isinstance(part, Phrase) and part.text == self.court
            case InField(field=inner, part=part):
                return self.holds(part, inner)
            case Near(parts=parts, words=words, ordered=ordered):
                choices = [self.spans(part, field) for part in parts]
                return any(
                    self._near(order, words)
                    for choice in product(*choices)
                    for order in ([choice] if ordered else permutations(choice))
                )
            case Docket() | CourtCase():
                raise NotImplementedError("dockets have tests of their own")
            case _:
                assert_never(query)

    def _near(self, order: Sequence[Span], words: int) -> bool:
        return all(
            one[0] == two[0] and one[2] <= two[1] and self._words(one[0], one[2], two[1]) <= words
            for one, two in pairwise(order)
        )

    def _words(self, field: str, after: int, before: int) -> int:
        return sum(
            word.start() >= after and word.end() <= before
            for word in _WORD.finditer(self.texts[field])
        )

    def spans(self, part: Query, field: str | None) -> set[Span]:
        fields = [field] if field else ["title", "summary"]
        match part:
            case Phrase():
                spellings = (
                    frozenset((part.text,))
                    if part.exact
                    else inflect.phrase_forms(part.text, keep_last=part.prefix)
                )
                return self._find(
                    fields,
                    spellings,
                    cased=part.cased,
                    prefix=part.prefix,
                    strict=part.strict,
                )
            case Family(name=name):
                return {
                    span
                    for word in self.naive.families[name]
                    for span in self.spans(language.term(word), field)
                }
            case Entity(slug=slug):
                return {span for span in self.mentions.get(slug, ()) if span[0] in fields}
            case Any(parts=parts):
                return {span for inner in parts for span in self.spans(inner, field)}
            case _:
                raise TypeError(f"no place in a text: {part}")

    def _find(
        self,
        fields: Sequence[str],
        spellings: frozenset[str],
        *,
        cased: bool,
        prefix: bool = False,
        strict: bool = False,
        capital: bool = False,
    ) -> set[Span]:
        found = set()
        for spelling in spellings:
            expression = pattern(
                frozenset((spelling,)), cased=cased, prefix=prefix, strict=strict, capital=capital
            )
            for name in fields:
                text = self.texts[name]
                at = 0
                while hit := expression.search(text, at):
                    found.add((name, *hit.span()))
                    at = hit.start() + 1
        return found

    def _mention(self) -> None:
        """Find the mentions: those that stand alone first, then those that need them."""
        alone: list[tuple[Span, str]] = []
        needy: list[tuple[Span, str, Query]] = []
        for slug, entity in self.naive.entities.items():
            for alias in entity.aliases:
                spoilers = [self.spans(language.term(term), None) for term in alias.not_near]
                for span in self._alias(alias):
                    if any(self._beside(span, other) for spans in spoilers for other in spans):
                        continue
                    if alias.needs is None:
                        alone.append((span, slug))
                    else:
                        needy.append((span, slug, alias.needs))
        self.mentions = self._longest(alone)
        vouched = [(span, slug) for span, slug, needs in needy if self.holds(needs, None)]
        self.mentions = self._longest([*alone, *vouched])

    def _alias(self, alias: Alias) -> set[Span]:
        fields = ["title", "summary", "source", "tag", "url"]
        text = plain(alias.text)
        letters = sum(char.isalpha() for char in text)
        cased = text.isupper() and letters <= 5 if alias.cased is None else alias.cased
        spans = self._find(fields, frozenset((text,)), cased=cased, strict=alias.strict)
        if alias.fuzzy:
            slips = frozenset(misspellings(text))
            spans |= self._find(fields, slips, cased=False, strict=alias.strict, capital=True)
        return spans

    def _beside(self, one: Span, other: Span) -> bool:
        first, second = sorted((one, other))
        return one[0] == other[0] and (
            second[1] < first[2] or self._words(one[0], first[2], second[1]) <= 10
        )

    @staticmethod
    def _longest(found: list[tuple[Span, str]]) -> dict[str, set[Span]]:
        kept: dict[str, set[Span]] = {}
        for span, slug in found:
            field, start, end = span
            if not any(
                other != span and other[0] == field and other[1] <= start and end <= other[2]
                for other, _ in found
            ):
                kept.setdefault(slug, set()).add(span)
        return kept


ENTITIES: dict[str, EntityRule] = {
    slug: EntityRule(slug=slug, name=slug, kind=EntityKind.OTHER, aliases=aliases)
    for slug, aliases in {
        "sec": (
            Alias(text="SEC", not_near=("football", "Southeastern Conference")),
            Alias(text="Securities and Exchange Commission"),
        ),
        "binance": (
            Alias(text="Binance"),
            Alias(text="BAM", needs=language.parse("@sec OR ~court OR @binance")),
        ),
        "binance-us": (
            Alias(text="Binance.US"),
            Alias(text="BAM Trading"),
            Alias(text="Binance US"),
        ),
        "binance-strict": (Alias(text="Binance", strict=True),),
        "faruqui": (Alias(text="Faruqui", fuzzy=True), Alias(text="Zia Faruqui", fuzzy=True)),
        "att": (Alias(text="AT&T"), Alias(text="T")),
        "court-of-moscow": (Alias(text="Суд"),),
    }.items()
}
FAMILIES = {
    "sue": ["sue", "lawsuit", "suit", "file a complaint"],
    "court": ["court", "judge", "суд", '"v."'],
}
_TERMS = (
    *("@sec", "@binance", "@binance-us", "@binance-strict", "@faruqui", "@att", "@court-of-moscow"),
    *("~sue", "~court", "SEC", "sec", "settle", "deny", "motion", "motion to dismiss", "ban"),
    *("regulat*", "crypto regulat*", '"ban"', "Binance", "Zürich", "суд", "AT&T", "new", "plan"),
    *("class-action", "class action", "exchange", '"Exchange Commission"', "freeze", "U.S.", "win"),
)
_PIECES = (
    *("SEC", "sec", "Sec", "SEC’s", "SEC's", "second", "SECURE", "Binance", "binance", "BINANCE"),
    *("Binance.US", "Binance.US'", "Binance US", "BinanceUS", "Binance-linked", "Binance‑linked"),
    *("SEC–Binance", "SEC—Binance", "BAM", "Bam", "BAM Trading", "Faruqui", "Farqui", "farqui"),
    *(
        "Zia Faruqi",
        "AT&T",
        "AT&T’s",
        "T",
        "AT",
        "R&D",
        "суд",
        "СУД",
        "суды",
        "Zürich",
        "Zu\u0308rich",
    ),
    *(
        "settles",
        "settled",
        "deny",
        "denies",
        "denied",
        "motion",
        "motions to dismiss",
        "ban",
        "bans",
    ),
    *("banned", "band", "regulation", "regulators", "crypto", "crypto-regulators", "class-action"),
    *("class action", "lawsuit", "sued", "suing", "suit", "suits", "court", "judge", "football"),
    *("Southeastern Conference", "Securities and Exchange Commission", "Securities", "exchange"),
    *("files", "a", "complaint", "filed a complaint", "new", "news", "plan", "planned", "froze"),
    *("won't", "won’t", "win", "won", "U.S.", "v.", "(SEC)", '"SEC"', "“SEC”", "#SEC", "@SEC_News"),
    *("the", "of", "in", "—", "-", "–", "…", "x", "1:23-cv-01599", "SEC\u200bsues", "co\u00adurt"),
    *("Nethe\u0301rlands", "İstanbul", "don't", "SEC/CFTC", "pre-SEC", "SEC.", "SEC,"),
)
_GAPS = (*[" "] * 12, "\u00a0", "  ", "\n", ", ", ". ", "/", "-", "")


def random_text(rng: random.Random, pieces_max: int) -> str:
    """Return words that rules are made of, joined as carelessly as the press joins them."""
    parts: list[str] = []
    for _ in range(rng.randint(0, pieces_max)):
        parts += (rng.choice(_PIECES), rng.choice(_GAPS))
    return "".join(parts)


def random_fields(rng: random.Random) -> Fields:
    """Return an item's fields, dense with words that rules are made of."""
    return Fields(
        title=random_text(rng, 10),
        summary=random_text(rng, 25),
        source=random_text(rng, 3),
        url="https://wire-one.example/" + random_text(rng, 3),
        court=rng.choice((None, None, "dcd")),
        tags=tuple(random_text(rng, 2) for _ in range(rng.randint(0, 2))),
    )


def random_query(rng: random.Random) -> Query:
    """Return a query that a rule file could hold."""
    while True:
        query = _random_part(rng, 3)
        if shape.is_anchored(query):
            return query


def _random_part(rng: random.Random, depth: int) -> Query:
    def term() -> Query:
        return language.term(rng.choice(_TERMS))

    def near() -> Query:
        parts: list[Query] = [
            shape.any_of([term(), term()]) if rng.random() < 0.2 else term()
            for _ in range(rng.choice((2, 2, 2, 3)))
        ]
        return Near(parts=tuple(parts), words=rng.randint(0, 6), ordered=rng.random() < 0.4)

    def several() -> list[Query]:
        return [_random_part(rng, depth - 1) for _ in range(rng.randint(2, 3))]

    def scoped() -> Query:
        part = rng.choice((term, near))()
        return InField(field=rng.choice(("title", "summary", "source", "tag", "url")), part=part)

    def at_court() -> Query:
        return language.parse("court:dcd")

    leaves: list[Callable[[], Query]] = [term, term, near, near, scoped, at_court]
    if not depth:
        return rng.choice(leaves)()
    groups: list[Callable[[], Query]] = [
        lambda: shape.all_of(several()),
        lambda: shape.any_of(several()),
        lambda: shape.all_of([_random_part(rng, depth - 1), shape.negate(term())]),
    ]
    return rng.choice([*leaves, *groups, *groups])()


def disagreements(seed: int, cases: int, rules: int = 12, texts: int = 8) -> list[str]:
    """Try `cases` pairs of a random rule and a random text; return what the two do not agree on."""
    rng = random.Random(seed)
    wrong: list[str] = []
    for _ in range(-(-cases // (rules * texts))):
        queries = {str(number): random_query(rng) for number in range(rules)}
        index = Index.build(queries, ENTITIES, FAMILIES)
        naive = Naive(queries, ENTITIES, FAMILIES)
        for _ in range(texts):
            fields = random_fields(rng)
            scan, expected = index.scan(fields), naive.hits(fields)
            wrong += [f"{queries[rule]} on {fields}" for rule in expected ^ scan.hits.keys()]
            wrong += [
                f"{span} is not in {fields}"
                for spans in (*scan.hits.values(), *scan.mentions.values(), *scan.families.values())
                for span in spans
                if fields.text(span.field)[span.start : span.end] != span.text
            ]
    return wrong
