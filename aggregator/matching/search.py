"""One query against stored news: found by the full-text index, settled as live rules are.

`/search` and `/latest` ask it, and the preview of a watch before there is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from aggregator.feeds.clean import canonical_url, title_key
from aggregator.matching.asked import QUERY_CHARS_MAX, QueryFault, understood
from aggregator.matching.fulltext import COLUMNS, indexed, prefilter
from aggregator.matching.index import Fields, Index
from aggregator.matching.matcher import Matcher
from aggregator.matching.needed import needed
from aggregator.matching.opening import headlined, moved_back
from aggregator.matching.query import Query
from aggregator.matching.rules import Rules
from aggregator.model import Evidence, FeedKind, Item, ItemKey, StoryId

__all__ = [
    "COLUMNS",
    "QUERY_CHARS_MAX",
    "Hit",
    "Preview",
    "QueryFault",
    "Searcher",
    "compile_query",
    "indexed",
    "prefilter",
    "preview",
]

_RULE = "asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Searcher:
    """A query ready to be put to items; immutable."""

    text: str
    query: Query
    match: str | None
    """The full-text expression that finds every hit; None when every item must be read."""
    _index: Index

    def hit(self, item: Item) -> tuple[Evidence, ...] | None:
        """Return the spans that make the query hold on `item`; None when it does not."""
        opening = headlined(item)
        hits = self._index.scan(Fields.of(opening or item)).hits
        if _RULE not in hits:
            return None
        return moved_back(hits[_RULE]) if opening else hits[_RULE]


def compile_query(text: str, rules: Rules) -> Searcher | QueryFault:
    """Return a typed query ready to be put to items, or what is wrong with it."""
    query = understood(text, rules)
    if isinstance(query, QueryFault):
        return query
    entities, families = needed((query,), rules)
    return Searcher(
        text=text,
        query=query,
        match=prefilter(query, entities, families),
        _index=Index.build({_RULE: query}, entities, families),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A development that a query finds: its newest item, and how many items tell of it."""

    item: Item
    evidence: tuple[Evidence, ...]
    reports: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """How often a watch would have rung, and for what, newest first."""

    count: int
    """Developments, also beyond those in `hits`."""
    hits: tuple[Hit, ...]
    quiet: int = 0
    """Items it hits that never ring: opinion, price talk and the like."""


def preview(
    searcher: Searcher,
    matcher: Matcher,
    items: Iterable[Item],
    *,
    stories: Mapping[ItemKey, StoryId] | None = None,
    hits_max: int = 5,
) -> Preview:
    """Return what `searcher` would have rung for among `items`, each development once.

    `matcher` says what never rings.  Items of one story are one development, and so are items with
    the same page or headline.
    """
    found: list[tuple[Item, tuple[Evidence, ...]]] = []
    quiet = 0
    for item in items:
        evidence = searcher.hit(item)
        if evidence is None:
            continue
        if matcher.read(item).happening.quiet:
            quiet += 1
        else:
            found.append((item, evidence))
    found.sort(key=lambda hit: (hit[0].at, hit[0].key), reverse=True)
    groups = _grouped([_names(item, stories or {}) for item, _ in found])
    hits = tuple(
        Hit(item=found[group[0]][0], evidence=found[group[0]][1], reports=len(group))
        for group in groups
    )
    return Preview(count=len(hits), hits=hits[:hits_max], quiet=quiet)


def _names(item: Item, stories: Mapping[ItemKey, StoryId]) -> tuple[str, ...]:
    """Return what items of the same development share.

    On a docket neither counts: the page is the case's, and the headline its name.
    """
    story = stories.get(item.key)
    if story:
        return (f"story {story}",)
    if item.kind is FeedKind.COURT:
        return ()
    page, title = canonical_url(item.url), title_key(item.title, outlet=item.outlet)
    return (*((f"page {page}",) if page else ()), *((f"title {title}",) if title else ()))


def _grouped(names: Sequence[tuple[str, ...]]) -> list[list[int]]:
    """Return the places that share a name, directly or through others; each group in order."""
    first: dict[str, int] = {}
    root = list(range(len(names)))

    def top(place: int) -> int:
        while root[place] != place:
            root[place] = place = root[root[place]]
        return place

    for place, own in enumerate(names):
        for name in own:
            one, other = sorted((top(place), top(first.setdefault(name, place))))
            root[other] = one
    groups: dict[int, list[int]] = {}
    for place in range(len(names)):
        groups.setdefault(top(place), []).append(place)
    return [groups[place] for place in sorted(groups)]
