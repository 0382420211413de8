"""The models as JSON Schemas, so that editors complete and check while someone types.

A schema says what the loader says of single values: types, names of keys, what must be there.
What needs a second look (a query's grammar, a name that nobody wrote down) is left to `check`.
Draft 7, which editors' YAML servers know best.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from aggregator.config.fields import QUERY_MARK
from aggregator.config.models import (
    CaseFile,
    EntitiesFile,
    EventsFile,
    FeedsFile,
    WatchlistFile,
    WordsFile,
)
from aggregator.matching import terms, tree
from aggregator.matching.query import NEAR_WORDS_DEFAULT, NEAR_WORDS_MAX

Schema = dict[str, Any]

DRAFT = "http://json-schema.org/draft-07/schema#"
FILES: Mapping[str, type[BaseModel]] = {
    "feeds": FeedsFile,
    "entities": EntitiesFile,
    "words": WordsFile,
    "events": EventsFile,
    "case": CaseFile,
    "watchlist": WatchlistFile,
}


def file_name(kind: str) -> str:
    """Return what the schema of a kind of file is called: `watchlist.schema.json`."""
    return f"{kind}.schema.json"


def schemas() -> dict[str, Schema]:
    """Return the schema of each kind of file, by kind."""
    return {kind: _schema(model) for kind, model in FILES.items()}


def _schema(model: type[BaseModel]) -> Schema:
    found: Schema = _written(model.model_json_schema())
    if _mentions_query(found):
        found["$defs"] = found.get("$defs", {}) | _query()
    return {"$schema": DRAFT, **found}


def _written(node: Any) -> Any:
    """Return `node` with the query language in its places and every mapping's keys known."""
    match node:
        case dict():
            said = {key: _written(value) for key, value in node.items() if key != QUERY_MARK}
            if QUERY_MARK in node:
                said["$ref"] = "#/$defs/Query"
            if "patternProperties" in said:
                said["additionalProperties"] = False
            return said
        case list():
            return [_written(each) for each in node]
        case _:
            return node


def _mentions_query(node: Any) -> bool:
    match node:
        case dict():
            return node.get("$ref") == "#/$defs/Query" or any(map(_mentions_query, node.values()))
        case list():
            return any(map(_mentions_query, node))
        case _:
            return False


def _query() -> Schema:
    """Return the two spellings of a query: one line of text, or a tree."""
    line = {
        "type": "string",
        "minLength": 1,
        "description": 'One line: (@sec NEAR/10 @binance) AND NOT title:"price prediction"',
    }
    term = {
        "type": "string",
        "minLength": 1,
        "description": 'One term: word, several words, begin*, "as written", @entity, ~family',
    }
    parts = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/QueryPart"}}
    text = {"type": "string", "minLength": 1}
    keys: dict[str, Schema] = {
        "all": {**parts, "description": "Each of these must hold."},
        "any": {**parts, "description": "One of these must hold."},
        "none": {**parts, "description": "None of these may hold; beside `all` or `any`."},
        "near": {**parts, "minItems": 2, "description": "Within `words` words of each other."},
        "words": {
            "type": "integer",
            "minimum": 0,
            "maximum": NEAR_WORDS_MAX,
            "default": NEAR_WORDS_DEFAULT,
            "description": "How many words may stand between.",
        },
        "ordered": {"type": "boolean", "default": False, "description": "In this order only."},
        "query": line,
        "court": {**text, "description": "Items of this court's feeds."},
        "docket": {**text, "description": "A docket number in any form; proof beside `court`."},
    }
    fields = {name: {"$ref": "#/$defs/Query"} for name in terms.TEXT_FIELDS}
    whole = {
        "type": "object",
        "description": "Several keys in one mapping must all hold.",
        "properties": {key: (keys | fields)[key] for key in tree.KEYS},
        "dependencies": {"words": ["near"], "ordered": ["near"]},
        "additionalProperties": False,
        "minProperties": 1,
    }
    return {
        "Query": {"anyOf": [line, {"$ref": "#/$defs/QueryTree"}]},
        "QueryPart": {"anyOf": [term, {"$ref": "#/$defs/QueryTree"}]},
        "QueryTree": whole,
    }
