"""One item against all rules: which cases and watchlists it is about, and what happened.

The one place where the index, the aboutness of cases and the event words meet.  A `Matcher` is
immutable; a reload builds a new one beside it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, replace

from aggregator.matching import about, docket_entry, dockets
from aggregator.matching.hedge import DECISIONS, OUTCOMES, Hedge, hedge, not_appealed
from aggregator.matching.index import Fields, Index, Scan
from aggregator.matching.opening import SUMMARY_LEAD_CHARS, headlined, moved_back
from aggregator.matching.query import Any as AnyOf
from aggregator.matching.query import CourtCase, Docket, InField, Query
from aggregator.matching.rules import EntityKind, EventRule, Rules
from aggregator.matching.watches import NO_WATCHES, WatchMatcher
from aggregator.model import (
    EventKind,
    Evidence,
    FeedKind,
    Item,
    Match,
    Relation,
    Severity,
    Target,
    TargetKind,
    Watch,
)

__all__ = ["SUMMARY_LEAD_CHARS", "Happening", "Matcher", "Reading"]

SENTENCE_CHARS = 200
"""A summary's first sentence is news for so long; further on it tells what came before."""

BY_COURT = re.compile(
    r"\b(?:judge|court|magistrate|panel|fails?|loses?|lost|denied)\b", re.IGNORECASE
)
"""Who refuses a dismissal decides that the case goes on, unless it is the party that sued."""

IN_SESSION = re.compile(
    r"\b(?:hears?|heard|hearings?|arguments?|weighs?|inclined|under advisement|from the bench|"
    r"no ruling|without (?:a )?ruling|declines? to rule|reserv\w+|defer\w*|delay\w*|postpone\w*|"
    r"adjourn\w*)\b",
    re.IGNORECASE,
)
"""Words of a day in court; where nothing was decided elsewhere, nobody was heard."""

PENAL = (
    "guilt",
    "not guilt",
    "found guilt",
    "convict",
    "acquit",
    "plead",
    "plea",
    "pardon",
    "indict",
)
"""How the words of an event begin that no civil court has."""

PROCEEDINGS = frozenset(EventKind) - {
    EventKind.OTHER,
    EventKind.MOTION,
    EventKind.DISCOVERY,
    EventKind.HEARING,
    EventKind.RULEMAKING,
}
"""What a follower of a company or person hears of in any matter; the small steps are for those
who follow the case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What the words of an item say happened; what its source can know is decided later."""

    kind: EventKind
    severity: Severity
    evidence: tuple[Evidence, ...] = ()
    quiet: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the rules make of one item."""

    matches: tuple[Match, ...]
    happening: Happening
    mentions: Mapping[str, tuple[Evidence, ...]]
    names: tuple[str, ...] = ()
    """The companies, people and agencies in the headline."""

    @property
    def chief(self) -> frozenset[Target]:
        """The targets it is chiefly about."""
        return frozenset(m.target for m in self.matches if m.relation is Relation.CHIEF)

    def seen_by(self, followed: Collection[Target]) -> Reading:
        """Return the reading without entities and watches that nobody follows.

        Cases and watchlists are what the rules are for; the others are only for who asked.
        """
        matches = tuple(
            match
            for match in self.matches
            if match.target.kind not in (TargetKind.ENTITY, TargetKind.WATCH)
            or match.target in followed
        )
        return self if len(matches) == len(self.matches) else replace(self, matches=matches)

    @property
    def related(self) -> frozenset[Target]:
        """The targets it only touches."""
        return frozenset(m.target for m in self.matches if m.relation is Relation.RELATED)


class Matcher:
    """All rules, indexed, and the watches of people."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.watches = NO_WATCHES
        self._index = Index.build(_queries(rules), rules.entities, rules.families)
        self._companies = frozenset(
            slug
            for slug, entity in rules.entities.items()
            if entity.kind in {EntityKind.COMPANY, EntityKind.PERSON}
        )
        self._agencies = frozenset(
            slug for slug, entity in rules.entities.items() if entity.kind is EntityKind.AGENCY
        )

    def with_watches(self, watches: Iterable[Watch]) -> Matcher:
        """Return a matcher of the same rules that also reads `watches`, in place of its own.

        The rules are not laid out again; watches that they cannot serve are in `watches.faults`.
        """
        matcher = copy(self)
        matcher.watches = WatchMatcher.build(self.rules, watches, self.watches)
        return matcher

    def read(self, item: Item) -> Reading:
        """Return what `item` matches, with evidence, and what happened by its words."""
        if opening := headlined(item):
            return _moved(self.read(opening))
        scan = self._index.scan(Fields.of(item))
        happening = self._happening(item, scan)
        matches = [*self._cases(item, scan, happening), *self._watchlists(scan, happening)]
        on_file = any(match.target.kind is TargetKind.CASE for match in matches)
        matches += self._entities(scan, happening, on_file=on_file)
        matches += self.watches.read(item, happening.quiet)
        named = self._companies | self._agencies
        names = sorted(
            slug
            for slug in named & scan.mentions.keys()
            if any(span.field == "title" for span in scan.mentions[slug])
        )
        return Reading(
            matches=tuple(matches),
            happening=happening,
            mentions=scan.mentions,
            names=tuple(names),
        )

    def _happening(self, item: Item, scan: Scan) -> Happening:
        if item.kind is FeedKind.COURT:
            return _docketed(item)
        quiet = next(
            (rule.name for rule in self.rules.quiet if f"quiet:{rule.name}" in scan.hits), ""
        )
        if item.kind is FeedKind.REGULATOR:
            quiet = ""  # a release is never opinion or price talk
        for place in ("title", "summary"):
            text = item.title if place == "title" else item.summary
            for number, rule in enumerate(self.rules.events):
                spans = scan.hits.get(f"event:{number}:{place}")
                if not spans or (place == "summary" and not _opens(spans, text, rule.kind)):
                    continue
                kind, severity = _sobered(rule, text, spans)
                if kind is not EventKind.OTHER:
                    return Happening(kind=kind, severity=severity, evidence=spans, quiet=quiet)
        return Happening(kind=EventKind.OTHER, severity=Severity.LOW, quiet=quiet)

    def _cases(self, item: Item, scan: Scan, happening: Happening) -> list[Match]:
        signals = {
            slug: about.signals(
                rule,
                item,
                scan,
                companies=self._companies,
                agencies=self._agencies,
                lead_chars=SUMMARY_LEAD_CHARS,
            )
            for slug, rule in self.rules.cases.items()
            if f"case:{slug}" in scan.hits
            or f"caption:{slug}" in scan.hits
            or f"proof:{slug}" in scan.hits
            or about.released(rule, item, scan)
        }
        found = []
        for slug, signal in signals.items():
            rule = self.rules.cases[slug]
            verdict = about.judge(
                rule,
                signal,
                item,
                event=happening.kind,
                headlined=any(span.field == "title" for span in happening.evidence),
                penal=_penal(happening),
                quiet=happening.quiet,
                others=signals,
            )
            if verdict is None:
                continue
            relation, reason = verdict
            found.append(
                Match(
                    target=Target(kind=TargetKind.CASE, slug=slug),
                    relation=relation,
                    evidence=signal.evidence,
                    reason=reason,
                    severity=rule.case.severity,
                    rule_version=rule.version,
                )
            )
        return found

    def _entities(self, scan: Scan, happening: Happening, *, on_file: bool) -> list[Match]:
        """Return the companies and people whose proceeding the headline tells of."""
        if happening.quiet or happening.kind not in PROCEEDINGS:
            return []
        found = []
        for slug in sorted(self._companies & scan.mentions.keys()):
            spans = tuple(span for span in scan.mentions[slug] if span.field == "title")
            if spans:
                reason = "named in a proceeding" if on_file else "new matter, not on file"
                found.append(
                    Match(
                        target=Target(kind=TargetKind.ENTITY, slug=slug),
                        relation=Relation.CHIEF,
                        evidence=spans,
                        reason=reason,
                        rule_version=self.rules.version,
                    )
                )
        return found

    def _watchlists(self, scan: Scan, happening: Happening) -> list[Match]:
        found = []
        for name, rule in self.rules.watchlists.items():
            spans = scan.hits.get(f"watchlist:{name}")
            if not spans:
                continue
            chief, reason = about.theme(spans, happening.quiet, lead_chars=SUMMARY_LEAD_CHARS)
            found.append(
                Match(
                    target=Target(kind=TargetKind.WATCHLIST, slug=name),
                    relation=Relation.CHIEF if chief else Relation.RELATED,
                    evidence=spans,
                    reason=reason,
                    severity=rule.watchlist.severity,
                    rule_version=rule.version,
                )
            )
        return found


def _moved(reading: Reading) -> Reading:
    """Return the reading of an opening that stood for a headline, as one of the summary it is."""
    happening = replace(reading.happening, evidence=moved_back(reading.happening.evidence))
    return replace(
        reading,
        matches=tuple(
            replace(match, evidence=moved_back(match.evidence)) for match in reading.matches
        ),
        happening=happening,
        mentions={slug: moved_back(spans) for slug, spans in reading.mentions.items()},
    )


def _penal(happening: Happening) -> bool:
    """Say whether only a criminal court has such an event."""
    return happening.kind is EventKind.SENTENCE or any(
        span.text.casefold().startswith(PENAL) for span in happening.evidence
    )


def _opens(spans: tuple[Evidence, ...], text: str, kind: EventKind) -> bool:
    """Say whether a summary tells of the event as news: an outcome only in its first sentence."""
    start = min(span.start for span in spans)
    if kind in OUTCOMES:
        stop = text.find(". ")
        return start < min(SENTENCE_CHARS, len(text) if stop < 0 else stop)
    return start < SUMMARY_LEAD_CHARS


def _sobered(rule: EventRule, text: str, spans: tuple[Evidence, ...]) -> tuple[EventKind, Severity]:
    """Return what is left of an event when its words are hedged."""
    if rule.kind is EventKind.APPEAL and not_appealed(text):
        return EventKind.OTHER, Severity.LOW
    if rule.kind not in DECISIONS:
        return rule.kind, rule.severity
    match hedge(text, *((span.start, span.end) for span in spans)):
        case None:
            return rule.kind, rule.severity
        case Hedge.ASKED:
            return EventKind.MOTION, Severity.MEDIUM
        case Hedge.UNDECIDED if IN_SESSION.search(text):
            return EventKind.HEARING, Severity.MEDIUM
        case Hedge.UNDECIDED:
            return EventKind.OTHER, Severity.MEDIUM
        case Hedge.REFUSED if rule.kind is EventKind.DISMISSAL and BY_COURT.search(text):
            return EventKind.RULING, Severity.HIGH  # the case goes on
        case Hedge.EXPECTED | Hedge.REFUSED:
            return EventKind.OTHER, Severity.LOW


def _docketed(item: Item) -> Happening:
    """Return what a docket entry tells by its label."""
    kind, severity, label = docket_entry.event(item.summary)
    start = item.summary.find(label)
    spans = (
        (Evidence(field="summary", start=start, end=start + len(label), text=label),)
        if label
        else ()
    )
    quiet = "routine docket entry" if docket_entry.routine(label) else ""
    return Happening(kind=kind, severity=severity, evidence=spans, quiet=quiet)


def _queries(rules: Rules) -> dict[str, Query]:
    """Return every query under the id that `Matcher` asks for it by."""
    queries: dict[str, Query] = {}
    for slug, rule in rules.cases.items():
        queries[f"case:{slug}"] = rule.when
        queries |= about.own_queries(rule)
        proofs: list[Query] = []
        if rule.case.court and rule.case.court_case_id:
            proofs.append(CourtCase(court=rule.case.court, case_id=rule.case.court_case_id))
        docket = dockets.normalise(rule.case.docket or "")
        if rule.case.court and docket:
            proofs.append(Docket(number=docket, court=rule.case.court))
        if proofs:
            queries[f"proof:{slug}"] = AnyOf(parts=tuple(proofs))
    for name, watchlist in rules.watchlists.items():
        queries[f"watchlist:{name}"] = watchlist.when
    for number, event in enumerate(rules.events):
        queries[f"event:{number}:title"] = InField(field="title", part=event.when)
        queries[f"event:{number}:summary"] = InField(field="summary", part=event.when)
    for quiet in rules.quiet:
        queries[f"quiet:{quiet.name}"] = quiet.when
    return queries
