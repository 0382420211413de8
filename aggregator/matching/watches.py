"""Personal watches as rules: every place's own queries, in an automaton of their own.

A new watch lays out the watches again and never the rules, which are a hundred times as large.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from aggregator.matching.asked import QueryFault, understood
from aggregator.matching.index import Fields, Index
from aggregator.matching.needed import needed
from aggregator.matching.query import Query
from aggregator.matching.rules import Rules
from aggregator.model import Evidence, Item, Match, Relation, Target, Watch

REASON_CHARS_MAX = 60
"""Of the query, in the reason that an alert gives."""

LATE_MAX = 100
"""New watches that are laid out by themselves (some 50 ms); with more, all are laid out anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What is said of a watch's match."""

    target: Target
    query: str
    reason: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchMatcher:
    """Watches ready to be matched; immutable.

    Most stand in `_base`, which is kept while the rules stay; those that came since stand in
    `_late`, which is small and soon laid out.
    """

    faults: Mapping[str, QueryFault] = field(default_factory=dict)
    """Watches that the rules cannot serve (any more), by id: they are left out."""
    _asked: Mapping[str, Query | QueryFault] = field(default_factory=dict)
    """What each query says, by its text."""
    _watched: Mapping[str, Watched] = field(default_factory=dict)
    _settled: Mapping[str, Query] = field(default_factory=dict)
    """What `_base` was made of, by watch."""
    _base: Index | None = None
    _later: Mapping[str, Query] = field(default_factory=dict)
    _late: Index | None = None

    @classmethod
    def build(
        cls, rules: Rules, watches: Iterable[Watch], before: WatchMatcher | None = None
    ) -> WatchMatcher:
        """Return `watches` laid out; one that names what `rules` lack is a fault, never raised.

        `before`, made under the same rules, spares the work for the watches that it had.
        """
        before = before or cls()
        asked: dict[str, Query | QueryFault] = {}
        queries: dict[str, Query] = {}
        faults: dict[str, QueryFault] = {}
        watched: dict[str, Watched] = {}
        for watch in watches:
            text = watch.query
            known = asked.get(text) or before._asked.get(text) or understood(text, rules)  # noqa: SLF001  one of our own
            asked[text] = known
            if isinstance(known, QueryFault):
                faults[watch.id] = known
                continue
            queries[watch.id] = known
            watched[watch.id] = Watched(
                target=watch.target,
                query=text,
                reason=f"your watch: {clipped(text, REASON_CHARS_MAX)}",
                version=version_of(text),
            )
        settled, base = before._settled, before._base  # noqa: SLF001  one of our own
        later = {watch: query for watch, query in queries.items() if settled.get(watch) != query}
        if len(later) > LATE_MAX or len(settled) > 2 * len(queries) + LATE_MAX:
            settled, base, later = queries, _laid_out(queries, rules), {}
        return cls(
            faults=faults,
            _asked=asked,
            _watched=watched,
            _settled=settled,
            _base=base,
            _later=later,
            _late=_laid_out(later, rules),
        )

    @property
    def titles(self) -> dict[Target, str]:
        """What each watch is called: by its query."""
        return {
            watched.target: clipped(watched.query, REASON_CHARS_MAX)
            for watched in self._watched.values()
        }

    def read(self, item: Item, quiet: str) -> tuple[Match, ...]:
        """Return the watches that `item` hits; `quiet` says why it may not ring, if so."""
        if self._base is None and self._late is None:
            return ()
        fields = Fields.of(item)
        hits: dict[str, tuple[Evidence, ...]] = {}
        if self._base is not None:
            base = self._base.scan(fields).hits
            gone = self._later
            hits = {each: base[each] for each in base if each in self._watched and each not in gone}
        if self._late is not None:
            hits.update(self._late.scan(fields).hits)
        return tuple(
            Match(
                target=self._watched[watch].target,
                relation=Relation.RELATED if quiet else Relation.CHIEF,
                evidence=spans,
                reason=quiet or self._watched[watch].reason,
                rule_version=self._watched[watch].version,
            )
            for watch, spans in hits.items()
        )


NO_WATCHES = WatchMatcher()


def _laid_out(queries: Mapping[str, Query], rules: Rules) -> Index | None:
    return Index.build(queries, *needed(queries.values(), rules)) if queries else None


def version_of(query: str) -> str:
    """Return a short hash of a query, kept with what it matched."""
    return hashlib.sha256(query.encode(errors="replace")).hexdigest()[:12]


def clipped(query: str, chars_max: int) -> str:
    """Return a query on one line, cut with an ellipsis."""
    line = " ".join(query.split())
    return line if len(line) <= chars_max else line[: chars_max - 1].rstrip() + "…"
