"""What is wrong between the keys of one rule file, and in what it refers to.

These checks look at the raw data, not at a validated model: a misspelt key must not hide an
unknown entity until the next start.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from aggregator.config.faults import did_you_mean
from aggregator.config.rulefiles import RuleFile
from aggregator.config.yamlfile import KeyPath, YamlFile
from aggregator.errors import Fault
from aggregator.matching import tree
from aggregator.matching.query import All, Entity, Family, InField, Near, Not, Query
from aggregator.matching.query import Any as AnyOf

_FUZZY_LETTERS_MIN = 6
"""One edit in a shorter name makes another name of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What rules may refer to; None where a faulty file keeps it from being known."""

    entities: Collection[str] | None
    families: Collection[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The queries of a file by where they stand, and the file's faults."""

    queries: dict[KeyPath, Query] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def check(rule: RuleFile, names: Names) -> Checked:
    """Build every query of `rule` and look for what does not fit together."""
    checked = Checked()
    file = rule.content
    for path, raw in _queries(rule):
        try:
            query = tree.build(raw)
        except tree.TreeError as error:
            where = f" (column {error.column})" if error.column is not None else ""
            checked.faults.append(file.fault((*path, *error.path), f"{error.message}{where}"))
        else:
            checked.queries[path] = query
            checked.faults.extend(_unknown_names(file, path, query, names))
    match rule.kind:
        case "case":
            checked.faults.extend(_case(file, rule.slug, names))
        case "entities":
            checked.faults.extend(_entities(file))
        case "events":
            checked.faults.extend(_quiet_twice(file))
        case "watchlist":
            checked.faults.extend(_delivered_twice(file))
        case "words":
            pass
    return checked


def mappings(data: Any, *keys: str) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
    """Yield the mappings in the list at `keys`, with their paths; nothing if it is no list."""
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    for index, entry in enumerate(data if isinstance(data, list) else ()):
        if isinstance(entry, dict):
            yield (*keys, index), entry


def _queries(rule: RuleFile) -> Iterator[tuple[KeyPath, Any]]:
    data = rule.content.data
    if data.get("when") is not None and rule.kind in ("case", "watchlist"):
        yield ("when",), data["when"]
    for key in ("events", "quiet") if rule.kind == "events" else ():
        for path, entry in mappings(data, key):
            if entry.get("when") is not None:
                yield (*path, "when"), entry["when"]
    entities = data.get("entities") if rule.kind == "entities" else None
    for slug in entities if isinstance(entities, dict) else ():
        for path, alias in mappings(data, "entities", slug, "aliases"):
            if alias.get("needs") is not None:
                yield (*path, "needs"), alias["needs"]


# --- references -------------------------------------------------------------------------------


def _unknown_names(file: YamlFile, path: KeyPath, query: Query, names: Names) -> Iterator[Fault]:
    for sign, name in sorted(set(_names_in(query))):
        known = names.entities if sign == "@" else names.families
        if known is None or name in known:
            continue
        home = "entities.yaml" if sign == "@" else "words.yaml"
        hint = did_you_mean(name, known)
        what = f"`{sign}{name}` is not in {home}:{hint or ''} Write it there, or correct the name"
        pattern = re.compile(rf"(?<![\w@~-]){re.escape(sign + name)}(?![\w-])", re.IGNORECASE)
        places = list(_strings(file, path, pattern)) or [path]
        for line in sorted({file.line(place) for place in places}):
            yield Fault(file=file.file, line=line, what=what)


def _names_in(query: Query) -> Iterator[tuple[str, str]]:
    match query:
        case Entity(slug=slug):
            yield "@", slug
        case Family(name=name):
            yield "~", name
        case All(parts=parts) | AnyOf(parts=parts) | Near(parts=parts):
            for part in parts:
                yield from _names_in(part)
        case Not(part=part) | InField(part=part):
            yield from _names_in(part)
        case _:
            pass


def _strings(file: YamlFile, path: KeyPath, pattern: re.Pattern[str]) -> Iterator[KeyPath]:
    """Yield where, at or under `path`, a text holds `pattern`."""
    value: Any = file.data
    for part in path:
        value = value[part]
    pending: list[tuple[KeyPath, Any]] = [(path, value)]
    while pending:
        here, value = pending.pop()
        match value:
            case str() if pattern.search(value):
                yield here
            case dict():
                pending += [((*here, key), each) for key, each in value.items()]
            case list():
                pending += [((*here, index), each) for index, each in enumerate(value)]
            case _:
                pass


# --- cases ------------------------------------------------------------------------------------


def _case(file: YamlFile, slug: str, names: Names) -> Iterator[Fault]:
    data = file.data
    for fact, needed in (
        ("docket", "docket_source"),
        ("court_case_id", "court_case_id_source"),
    ):
        if data.get(fact) is not None and data.get(needed) is None:
            what = f"`{fact}` has no source: add `{needed}: https://…`, or leave `{fact}` out"
            yield file.fault((fact,), what)
        if data.get(fact) is not None and data.get("court") is None:
            what = (
                f"`{fact}` without `court`: courts use the same numbers; add the court's id, such "
                "as `court: dcd`"
            )
            yield file.fault((fact,), what)
        if data.get(needed) is not None and data.get(fact) is None:
            yield file.fault((needed,), f"`{needed}` is the source of nothing: add `{fact}: …`")
    if names.entities is not None:
        for path, entity in _named_entities(data):
            yield from _unknown_entity(file, path, entity, names.entities)
    sisters = data.get("sisters")
    if isinstance(sisters, list) and slug in sisters:
        path = ("sisters", sisters.index(slug))
        yield file.fault(path, f"`{slug}` is this case itself: remove it from `sisters`")
    yield from _alias_twice(file, ("aliases",))


def _named_entities(data: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    """Yield every entity that a case names, with where it stands."""
    for people in ("judges", "parties"):
        for path, person in mappings(data, people):
            if isinstance(entity := person.get("entity"), str):
                yield (*path, "entity"), entity
    known_by = data.get("known_by")
    if isinstance(known_by, list):
        for at, entity in enumerate(known_by):
            if isinstance(entity, str):
                yield ("known_by", at), entity


def _unknown_entity(
    file: YamlFile, path: KeyPath, entity: str, known: Collection[str]
) -> Iterator[Fault]:
    if entity not in known:
        hint = did_you_mean(entity, known)
        what = f"`{entity}` is not in entities.yaml:{hint} Write it there, or leave it out"
        yield file.fault(path, what)


# --- entities and events ----------------------------------------------------------------------


def _entities(file: YamlFile) -> Iterator[Fault]:
    entities = file.data.get("entities")
    for slug in entities if isinstance(entities, dict) else ():
        yield from _alias_twice(file, ("entities", slug, "aliases"))
        for path, alias in mappings(file.data, "entities", slug, "aliases"):
            text = alias.get("text")
            if alias.get("fuzzy") is not True or not isinstance(text, str):
                continue
            if all(len(word) < _FUZZY_LETTERS_MIN for word in text.split()):
                what = (
                    f"`fuzzy` needs a name of {_FUZZY_LETTERS_MIN} letters or more, and `{text}` "
                    "has none: remove `fuzzy`"
                )
                yield file.fault((*path, "fuzzy"), what)


def _alias_twice(file: YamlFile, path: KeyPath) -> Iterator[Fault]:
    value: Any = file.data
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    seen: dict[str, int] = {}
    for index, alias in enumerate(value if isinstance(value, list) else ()):
        text = alias.get("text") if isinstance(alias, dict) else alias
        if isinstance(text, str):
            line = file.line((*path, index))
            if text in seen:
                what = f"the alias `{text}` is given twice (first on line {seen[text]}): keep one"
                yield Fault(file=file.file, line=line, what=what)
            seen.setdefault(text, line)


def _delivered_twice(file: YamlFile) -> Iterator[Fault]:
    """Yield a fault for each place that gets the same sort of message twice."""
    seen: dict[tuple[str, str, bool], int] = {}
    for path, entry in mappings(file.data, "deliver"):
        is_digest = str(entry.get("mode")).startswith("digest")
        line = file.line(path)
        first = seen.setdefault((str(entry.get("to")), str(entry.get("thread")), is_digest), line)
        if first != line:
            sort = "digest" if is_digest else "alert"
            what = (
                f"`to: {entry.get('to')}` gets each {sort} twice (first on line {first}): "
                "keep one of them"
            )
            yield Fault(file=file.file, line=line, what=what)


def _quiet_twice(file: YamlFile) -> Iterator[Fault]:
    seen: dict[str, int] = {}
    for path, entry in mappings(file.data, "quiet"):
        name = entry.get("name")
        if isinstance(name, str):
            line = file.line((*path, "name"))
            if name in seen:
                what = (
                    f"`name: {name}` is given twice (first on line {seen[name]}): join the two "
                    "with `any`"
                )
                yield Fault(file=file.file, line=line, what=what)
            seen.setdefault(name, line)
