"""`rules/`: what matters.  Several folders: ours, then yours; the later one wins by slug.

Entities, word families and quiet rules are replaced one by one, cases and watchlists file by file
(`overlays` says what `extends` and `enabled: false` do).  A later folder's events are tried before
an earlier one's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from aggregator.config import convert
from aggregator.config.checks import Names, check
from aggregator.config.faults import validate
from aggregator.config.models import (
    CaseFile,
    EntitiesFile,
    EventsFile,
    WatchlistFile,
    WordsFile,
)
from aggregator.config.overlays import layer
from aggregator.config.rulefiles import Folder, Kind, RuleFile, read_folder
from aggregator.config.yamlfile import YamlFile, shown
from aggregator.errors import ConfigError, Fault
from aggregator.matching.rules import (
    CaseRule,
    EntityRule,
    EventRule,
    Example,
    QuietRule,
    Rules,
    WatchlistRule,
)
from aggregator.model import Target, TargetKind

_NO_OPS = (
    "`to: ops` reaches nobody while CASEWIRE_OPS_CHAT is not set: set it to a chat's id, or write "
    "the id here"
)

Group = Literal["match", "related", "no_match"]

_MODELS: Mapping[Kind, type[BaseModel]] = {
    "words": WordsFile,
    "entities": EntitiesFile,
    "events": EventsFile,
    "case": CaseFile,
    "watchlist": WatchlistFile,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedExample:
    """An example of a rule, and where it is written."""

    target: Target
    group: Group
    example: Example
    file: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedRules:
    """The rules, the lines of their examples, and what else `check` has to say about them."""

    rules: Rules
    examples: tuple[PlacedExample, ...]
    overrides: tuple[str, ...] = ()
    """A line for each thing that a later place replaces or switches off."""
    ops_routes: tuple[Fault, ...] = ()
    """A warning for each `to: ops`, for where there is no such chat."""


def load_rules(places: Sequence[Path]) -> Rules:
    """Return the rules of all `places`; raises ConfigError with every fault of every file."""
    return load_rules_with_lines(places).rules


def load_rules_with_lines(places: Sequence[Path]) -> LoadedRules:
    """Return the rules with the lines of their examples, for `check`.

    Raises ConfigError with every fault of every file.
    """
    read = [read_folder(place) for place in places]
    layered = layer(read)
    folders = layered.folders
    names = Names(
        entities=_keys(folders, "entities", "entities"),
        families=_keys(folders, "words", "families"),
    )
    faults = [fault for folder in folders for fault in folder.faults]
    faults += layered.faults
    gathered = _Gathered()
    for folder in folders:
        gathered.next_folder()
        for rule in folder.files:
            faults += _take(gathered, rule, names)
    faults += _shared_primary_aliases(gathered)
    if not faults and not (gathered.entities or gathered.cases or gathered.watchlists):
        where = ", ".join(shown(place) for place in places) or "CASEWIRE_RULES"
        what = "holds no rules: write cases/<slug>.yaml or watchlists/<name>.yaml there"
        faults.append(Fault(file=where, line=1, what=what))
    if faults:
        raise ConfigError(sorted(set(faults)))
    return replace(gathered.loaded(_version(read)), overrides=layered.overrides)


@dataclass(slots=True)
class _Gathered:
    entities: dict[str, EntityRule] = field(default_factory=dict)
    families: dict[str, tuple[str, ...]] = field(default_factory=dict)
    cases: dict[str, tuple[CaseRule, YamlFile]] = field(default_factory=dict)
    watchlists: dict[str, tuple[WatchlistRule, YamlFile]] = field(default_factory=dict)
    earlier_events: tuple[EventRule, ...] = ()
    events: tuple[EventRule, ...] = ()
    quiet: dict[str, QuietRule] = field(default_factory=dict)

    def next_folder(self) -> None:
        self.earlier_events = self.events

    def loaded(self, version: str) -> LoadedRules:
        cases = {slug: rule for slug, (rule, _) in self.cases.items()}
        watchlists = {slug: rule for slug, (rule, _) in self.watchlists.items()}
        rules = Rules(
            entities=self.entities,
            families=self.families,
            cases=cases,
            watchlists=watchlists,
            events=self.events,
            quiet=tuple(self.quiet.values()),
            version=version,
        )
        files = {file.file: file for _, file in (*self.cases.values(), *self.watchlists.values())}
        placed: list[PlacedExample] = []
        for kind, table in ((TargetKind.CASE, cases), (TargetKind.WATCHLIST, watchlists)):
            for slug, rule in table.items():
                placed += _placed(Target(kind=kind, slug=slug), rule, files[rule.file])
        ops = [
            files[rule.file].fault(("deliver", index), _NO_OPS)
            for rule in watchlists.values()
            for index, route in enumerate(rule.deliver)
            if route.to is None
        ]
        return LoadedRules(rules=rules, examples=tuple(placed), ops_routes=tuple(ops))


def _take(gathered: _Gathered, rule: RuleFile, names: Names) -> list[Fault]:
    """Add the content of `rule` to `gathered`, or return its faults."""
    valid = validate(_MODELS[rule.kind], rule.content)
    checked = check(rule, names)
    if isinstance(valid, tuple):
        return [*valid, *checked.faults]
    if checked.faults:
        return checked.faults
    match valid:
        case WordsFile():
            gathered.families.update((key, tuple(words)) for key, words in valid.families.items())
        case EntitiesFile():
            gathered.entities.update(convert.entities_of(valid, checked.queries))
        case EventsFile():
            events, quiet = convert.events_of(valid, checked.queries)
            gathered.events = events + gathered.earlier_events
            gathered.quiet.update((each.name, each) for each in quiet)
        case CaseFile():
            case = convert.case_of(valid, rule, checked.queries)
            gathered.cases[rule.slug] = (case, rule.content)
        case WatchlistFile():
            watchlist = convert.watchlist_of(valid, rule, checked.queries)
            gathered.watchlists[rule.slug] = (watchlist, rule.content)
        case _:
            raise TypeError(f"no rule file is a {type(valid).__name__}")
    return []


def _keys(folders: Sequence[Folder], kind: Kind, key: str) -> frozenset[str] | None:
    """Return the names under `key` in all files of `kind`; None when one could not be read."""
    if any(kind in folder.unreadable for folder in folders):
        return None
    found: set[str] = set()
    for folder in folders:
        for rule in folder.files:
            if rule.kind == kind:
                table = rule.content.data.get(key)
                if not isinstance(table, dict):
                    return None
                found.update(table)
    return frozenset(found)


def _shared_primary_aliases(gathered: _Gathered) -> list[Fault]:
    """A primary alias opens one case: return a fault for each that would open two."""
    faults: list[Fault] = []
    seen: dict[str, str] = {}
    for rule, file in gathered.cases.values():
        for index, alias in enumerate(rule.case.aliases):
            if alias not in rule.case.primary_aliases:
                continue
            where = f"{file.file}:{file.line(('aliases', index))}"
            first = seen.setdefault(alias.casefold(), where)
            if first != where:
                what = (
                    f"the primary alias `{alias}` already opens another case ({first}): remove "
                    "`primary: true` from one of the two"
                )
                faults.append(file.fault(("aliases", index), what))
    return faults


def _placed(target: Target, rule: CaseRule | WatchlistRule, file: YamlFile) -> list[PlacedExample]:
    groups: dict[Group, tuple[Example, ...]] = {
        "match": rule.examples.match,
        "related": rule.examples.related,
        "no_match": rule.examples.no_match,
    }
    return [
        PlacedExample(
            target=target,
            group=group,
            example=example,
            file=file.file,
            line=file.line(("examples", group, index)),
        )
        for group, examples in groups.items()
        for index, example in enumerate(examples)
    ]


def _version(folders: Sequence[Folder]) -> str:
    """Return a short hash that changes whenever a rule file, its name or its place does."""
    parts = [
        f"{place}/{rule.kind}/{rule.slug}={rule.content.digest}"
        for place, folder in enumerate(folders)
        for rule in folder.files
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
