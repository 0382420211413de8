"""The committed JSON Schemas, held against the models, the shipped files and what is refused.

`accepts` is as much of JSON Schema as ours use; a keyword it does not know fails the test.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from aggregator.config.checks import Names, check
from aggregator.config.faults import validate
from aggregator.config.rulefiles import RuleFile
from aggregator.config.schema import FILES, file_name, schemas
from aggregator.config.yamlfile import YamlFile, load_yaml, read_yaml
from aggregator.matching import tree

ROOT = Path(__file__).parents[2]
SCHEMAS = schemas()
SHIPPED = [ROOT / "feeds.yaml", *sorted((ROOT / "rules").rglob("*.yaml"))]
TYPES = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "null": type(None),
    "array": list,
    "object": dict,
}
SAYS_NOTHING = {"$schema", "$defs", "title", "description", "default", "examples"}


def is_a(value: Any, name: str) -> bool:
    if isinstance(value, bool) and name == "integer":
        return False
    return isinstance(value, TYPES[name])


def accepts(schema: dict[str, Any], value: Any, top: dict[str, Any]) -> bool:
    return all(
        fulfils(key, want, schema, value, top)
        for key, want in schema.items()
        if key not in SAYS_NOTHING
    )


def fulfils(key: str, want: Any, schema: dict[str, Any], value: Any, top: dict[str, Any]) -> bool:
    table = value if isinstance(value, dict) else {}
    listed = value if isinstance(value, list) else []
    match key:
        case "$ref":
            return accepts(top["$defs"][want.removeprefix("#/$defs/")], value, top)
        case "anyOf":
            return any(accepts(each, value, top) for each in want)
        case "type":
            return any(is_a(value, name) for name in ([want] if isinstance(want, str) else want))
        case "const":
            return value == want and isinstance(value, type(want))
        case "enum":
            return value in want
        case "pattern":
            return not isinstance(value, str) or re.search(want, value) is not None
        case "minLength":
            return not isinstance(value, str) or len(value) >= want
        case "maxLength":
            return not isinstance(value, str) or len(value) <= want
        case "minimum":
            return not is_a(value, "integer") or value >= want
        case "maximum":
            return not is_a(value, "integer") or value <= want
        case "items":
            return all(accepts(want, each, top) for each in listed)
        case "minItems":
            return not isinstance(value, list) or len(listed) >= want
        case "minProperties":
            return not isinstance(value, dict) or len(table) >= want
        case "properties":
            return all(accepts(want[name], table[name], top) for name in want.keys() & table.keys())
        case "patternProperties":
            return all(
                accepts(each, table[name], top)
                for pattern, each in want.items()
                for name in table
                if re.search(pattern, name)
            )
        case "required":
            return not isinstance(value, dict) or set(want) <= table.keys()
        case "dependencies":
            return all(set(want[name]) <= table.keys() for name in want.keys() & table.keys())
        case "additionalProperties":
            assert want is False
            patterns = schema.get("patternProperties", {})
            known = schema.get("properties", {})
            return all(
                name in known or any(re.search(pattern, name) for pattern in patterns)
                for name in table
            )
        case _:
            raise AssertionError(f"the tests do not know the keyword {key}")


def taken(kind: str, text: str) -> bool:
    file = load_yaml(text.encode(), kind)
    assert isinstance(file, YamlFile), file
    return accepts(SCHEMAS[kind], file.data, SCHEMAS[kind])


@pytest.mark.parametrize("kind", FILES)
def test_a_committed_schema_is_what_the_models_say(kind):
    committed = json.loads((ROOT / "schemas" / file_name(kind)).read_text(encoding="utf-8"))
    assert committed == SCHEMAS[kind], "run scripts/schemas.py"


def test_the_script_writes_every_schema(tmp_path):
    subprocess.run(
        [sys.executable, ROOT / "scripts" / "schemas.py", tmp_path], check=True, capture_output=True
    )
    for kind in FILES:
        made = (tmp_path / file_name(kind)).read_text(encoding="utf-8")
        assert made == (ROOT / "schemas" / file_name(kind)).read_text(encoding="utf-8")


def test_no_schema_is_left_over():
    names = {path.name for path in (ROOT / "schemas").iterdir()}
    assert names == {file_name(kind) for kind in FILES}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_a_shipped_file_names_its_schema_and_fits_it(path):
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    schema = (path.parent / first.removeprefix("# yaml-language-server: $schema=")).resolve()
    kind = {"cases": "case", "watchlists": "watchlist"}.get(path.parent.name, path.stem)
    assert schema == ROOT / "schemas" / file_name(kind)
    file = read_yaml(path, remedy="")
    assert isinstance(file, YamlFile)
    assert accepts(SCHEMAS[kind], file.data, SCHEMAS[kind])


WATCHLIST = "title: A\n"
GOOD = {
    "a query in one line": ("watchlist", WATCHLIST + "when: '@sec AND (a OR b)'"),
    "a tree": (
        "watchlist",
        WATCHLIST + "when: {all: [a, {near: ['@sec', ~sue], words: 5, ordered: true}, "
        "{court: dcd, docket: '1:23-cv-01599'}, {title: {any: [x]}}], none: [{query: a b}]}",
    ),
    "where it goes": (
        "watchlist",
        WATCHLIST + "when: a\ndeliver:\n- {to: ops, floor: high}\n"
        "- {to: -1001234, thread: 3, mode: digest 08:00}\n- {to: 5, mode: instant}",
    ),
    "examples of both forms": (
        "watchlist",
        WATCHLIST + "when: a\nexamples: {match: [b, {title: c, published: 2023-06-05}]}",
    ),
    "a rule that extends another": ("watchlist", "extends: staking\nseverity: high"),
    "a rule that is off": ("case", "enabled: false"),
    "a case without its middle": ("case", "extends: sec-v-binance\naliases: [x, {text: y}]"),
    "numbers where texts are meant": (
        "case",
        "caption: 1\ntitle: 2\nwhen: a\ncourt_case_id: 256060\nfiled: 2023",
    ),
    "a feed that is off": ("feeds", "feeds: [{id: a, enabled: false}]"),
    "a feed that extends": ("feeds", "feeds: [{id: a, extends: a, every: 10m}]"),
    "an alias with conditions": (
        "entities",
        "entities: {x: {name: X, kind: company, aliases: [X, {text: Y, needs: {any: ['@sec']}}]}}",
    ),
    "an entity that is off": ("entities", "entities: {x: {enabled: false}}"),
    "a quiet rule that is off": ("events", "quiet: [{name: price, enabled: false}]"),
    "a family": ("words", "families: {sue: [sue, lawsuit]}"),
}
BAD = {
    "an unknown key": ("watchlist", WATCHLIST + "when: a\nseverty: high"),
    "an unknown key of an example": ("watchlist", WATCHLIST + "when: a\nexamples: {match: [{titel: b}]}"),
    "an unknown group of examples": ("watchlist", WATCHLIST + "when: a\nexamples: {matches: []}"),
    "an unknown key of a query": ("watchlist", WATCHLIST + "when: {some: [a]}"),
    "an unknown key deep in a query": ("watchlist", WATCHLIST + "when: {all: [a, {any: [{nor: b}]}]}"),
    "words without near": ("watchlist", WATCHLIST + "when: {any: [a], words: 3}"),
    "words too far apart": ("watchlist", WATCHLIST + "when: {near: [a, b], words: 26}"),
    "a near of one": ("watchlist", WATCHLIST + "when: {near: [a]}"),
    "an empty list in a query": ("watchlist", WATCHLIST + "when: {any: []}"),
    "a query that is a list": ("watchlist", WATCHLIST + "when: [a]"),
    "no query": ("watchlist", WATCHLIST),
    "no title": ("watchlist", "when: a"),
    "a text for a switch": ("watchlist", WATCHLIST + "when: a\nenabled: no"),
    "a switch that is on and nothing else": ("watchlist", "enabled: true"),
    "a chat by name": ("watchlist", WATCHLIST + "when: a\ndeliver: [{to: '@desk'}]"),
    "an hour that is none": ("watchlist", WATCHLIST + "when: a\ndeliver: [{to: ops, mode: digest 25:00}]"),
    "a route to nowhere": ("watchlist", WATCHLIST + "when: a\ndeliver: [{mode: instant}]"),
    "an unknown severity": ("watchlist", WATCHLIST + "when: a\nseverity: urgent"),
    "a judge without a source": ("case", "caption: A\ntitle: B\nwhen: c\njudges: [{name: J}]"),
    "a date the wrong way round": ("case", "caption: A\ntitle: B\nwhen: c\nfiled: 05.06.2023"),
    "an unknown event": (
        "case",
        "caption: A\ntitle: B\nwhen: c\nmilestones: [{date: 2023, what: D, event: e, source: 'https://s.example'}]",
    ),
    "an address without a scheme": ("feeds", "feeds: [{id: a, url: a.example/rss, kind: news}]"),
    "an unknown kind": ("feeds", "feeds: [{id: a, url: 'https://a.example/rss', kind: new}]"),
    "a feed of which nothing is said": ("feeds", "feeds: [{id: a}]"),
    "a pause without a unit": (
        "feeds",
        "feeds: [{id: a, url: 'https://a.example/rss', kind: news, every: '5'}]",
    ),
    "a name in capitals": ("entities", "entities: {X: {name: X, kind: company, aliases: [X]}}"),
    "no alias": ("entities", "entities: {x: {name: X, kind: company, aliases: []}}"),
    "a misspelt condition": (
        "entities",
        "entities: {x: {name: X, kind: company, aliases: [{text: X, case: true}]}}",
    ),
    "an event without a severity": ("events", "events: [{kind: order, when: a}]"),
    "a family that is a text": ("words", "families: {sue: sue}"),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "text"), GOOD.values(), ids=GOOD.keys())
def test_a_schema_accepts_what_the_loader_accepts(kind, text):
    assert taken(kind, text)


@pytest.mark.parametrize(("kind", "text"), BAD.values(), ids=BAD.keys())
def test_a_schema_refuses_what_the_loader_refuses(kind, text):
    assert not taken(kind, text)
    file = load_yaml(text.encode(), kind)
    assert isinstance(file, YamlFile)
    refused = isinstance(validate(FILES[kind], file), tuple)
    if not refused:
        rule = RuleFile(kind=kind, slug="a", content=file)
        refused = bool(check(rule, Names(entities=None, families=None)).faults)
    assert refused


def test_the_schema_knows_every_key_of_a_query():
    for kind in ("entities", "events", "case", "watchlist"):
        assert set(SCHEMAS[kind]["$defs"]["QueryTree"]["properties"]) == set(tree.KEYS)


def test_each_key_of_a_watchlist_is_completed_with_an_example_or_a_word_of_help():
    keys = SCHEMAS["watchlist"]["properties"]
    silent = [key for key, said in keys.items() if not said.keys() & {"description", "examples"}]
    assert silent == ["examples"]  # whose own keys say it
