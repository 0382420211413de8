"""Valid files as the values that matching and the chat work with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from aggregator.config.models import (
    AliasEntry,
    CaseFile,
    DeliverEntry,
    EntitiesFile,
    EventsFile,
    ExampleEntry,
    ExamplesEntry,
    JudgeEntry,
    PartyEntry,
    WatchlistFile,
)
from aggregator.config.rulefiles import RuleFile
from aggregator.config.yamlfile import KeyPath
from aggregator.matching.query import Query
from aggregator.matching.rules import (
    Alias,
    CaseRule,
    Deliver,
    EntityRule,
    EventRule,
    Example,
    Examples,
    QuietRule,
    WatchlistRule,
)
from aggregator.model import Case, Milestone, Person, Watchlist

Queries = Mapping[KeyPath, Query]

_ATTACKING = frozenset({"plaintiff", "petitioner", "appellant"})
_DEFENDING = frozenset({"defendant", "respondent", "appellee"})


def entities_of(valid: EntitiesFile, queries: Queries) -> dict[str, EntityRule]:
    """Return the entities by slug."""
    return {
        slug: EntityRule(
            slug=slug,
            name=entry.name,
            kind=entry.kind,
            aliases=tuple(
                _alias(alias, queries.get(("entities", slug, "aliases", index, "needs")))
                for index, alias in enumerate(entry.aliases)
            ),
        )
        for slug, entry in valid.entities.items()
    }


def events_of(
    valid: EventsFile, queries: Queries
) -> tuple[tuple[EventRule, ...], tuple[QuietRule, ...]]:
    """Return the event rules and the quiet rules in the order of the file."""
    events = tuple(
        EventRule(kind=entry.kind, severity=entry.severity, when=queries["events", index, "when"])
        for index, entry in enumerate(valid.events)
    )
    quiet = tuple(
        QuietRule(name=entry.name, when=queries["quiet", index, "when"])
        for index, entry in enumerate(valid.quiet)
    )
    return events, quiet


def case_of(valid: CaseFile, rule: RuleFile, queries: Queries) -> CaseRule:
    """Return the case with what recognises it."""
    case = Case(
        slug=rule.slug,
        caption=valid.caption,
        title=valid.title,
        court=valid.court,
        court_name=valid.court_name or "",
        docket=valid.docket,
        docket_source=valid.docket_source or "",
        court_case_id=valid.court_case_id,
        judges=_people(valid.judges),
        parties=_people(valid.parties),
        filed=valid.filed or "",
        aliases=tuple(alias.text for alias in valid.aliases),
        primary_aliases=tuple(alias.text for alias in valid.aliases if alias.primary),
        milestones=tuple(
            Milestone(date=step.date, what=step.what, source=step.source, event=step.event)
            for step in valid.milestones
        ),
        severity=valid.severity,
    )
    if valid.status is not None:
        case = replace(
            case,
            status=valid.status.text,
            status_date=valid.status.date,
            status_source=valid.status.source,
            closed=valid.status.closed,
        )
    return CaseRule(
        case=case,
        when=queries[("when",)],
        plaintiffs=_side(valid.parties, _ATTACKING),
        defendants=_side(valid.parties, _DEFENDING),
        judges=frozenset(judge.entity for judge in valid.judges if judge.entity is not None),
        known_by=frozenset(valid.known_by),
        sisters=tuple(valid.sisters),
        examples=examples_of(valid.examples),
        file=rule.content.file,
        version=rule.content.digest,
    )


def watchlist_of(valid: WatchlistFile, rule: RuleFile, queries: Queries) -> WatchlistRule:
    """Return the watchlist with what recognises it."""
    return WatchlistRule(
        watchlist=Watchlist(name=rule.slug, title=valid.title, severity=valid.severity),
        when=queries[("when",)],
        deliver=tuple(map(_deliver, valid.deliver)),
        examples=examples_of(valid.examples),
        file=rule.content.file,
        version=rule.content.digest,
    )


def examples_of(valid: ExamplesEntry) -> Examples:
    """Return a rule's own tests."""
    return Examples(
        match=tuple(map(_example, valid.match)),
        related=tuple(map(_example, valid.related)),
        no_match=tuple(map(_example, valid.no_match)),
    )


def _deliver(entry: DeliverEntry) -> Deliver:
    return Deliver(
        to=None if isinstance(entry.to, str) else entry.to,
        thread=entry.thread or 0,
        digest=entry.mode,
        floor=entry.floor,
    )


def _example(entry: ExampleEntry) -> Example:
    return Example(
        title=entry.title,
        summary=entry.summary or "",
        published=entry.published,
        outlet=entry.outlet or "",
        url=entry.url or "",
    )


def _alias(entry: AliasEntry, needs: Query | None) -> Alias:
    return Alias(
        text=entry.text,
        cased=entry.cased,
        strict=entry.strict,
        fuzzy=entry.fuzzy,
        needs=needs,
        not_near=tuple(entry.not_near),
    )


def _people(entries: Iterable[JudgeEntry | PartyEntry]) -> tuple[Person, ...]:
    return tuple(
        Person(name=entry.name, role=entry.role, source=entry.source or "") for entry in entries
    )


def _side(parties: Iterable[PartyEntry], roles: frozenset[str]) -> frozenset[str]:
    return frozenset(
        party.entity for party in parties if party.role in roles and party.entity is not None
    )
