"""A model's complaints as faults: one line each, with what to write instead."""

from __future__ import annotations

import difflib
import re
import types
from collections.abc import Iterable
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from aggregator.config.yamlfile import KeyPath, YamlFile
from aggregator.errors import Fault

_SHOWN_MAX = 60


M = TypeVar("M", bound=BaseModel)


def did_you_mean(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return ` did you mean `…`?` when something known looks like `word`, else nothing."""
    near = _nearest(word, known, cutoff)
    return f" did you mean `{near}`?" if near else ""


def _nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    table = {each.casefold(): each for each in known}
    near = difflib.get_close_matches(word.casefold(), sorted(table), n=1, cutoff=cutoff)
    return table[near[0]] if near else ""


def validate(model: type[M], file: YamlFile) -> M | tuple[Fault, ...]:
    """Return the file as a `model`, or every fault of it in the order of its lines.

    A key that is missing because it is misspelt is one fault, the misspelt one.
    """
    try:
        return model.model_validate(file.data)
    except ValidationError as error:
        found = error.errors()
        meant = {_meant(details, model) for details in found}
        told = (each for each in found if each["type"] != "missing" or each["loc"] not in meant)
        return tuple(sorted(_fault(details, model, file) for details in told))


def _meant(details: ErrorDetails, model: type[BaseModel]) -> KeyPath | None:
    """Return the path of the known key that an unknown one looks like."""
    path: KeyPath = details["loc"]
    if details["type"] != "extra_forbidden":
        return None
    parent, _ = _type_at(model, path)
    return (*path[:-1], _nearest(str(path[-1]), [] if parent is None else parent.model_fields))


def _fault(details: ErrorDetails, model: type[BaseModel], file: YamlFile) -> Fault:
    path: KeyPath = details["loc"]
    if path and path[-1] == "[key]":
        return Fault(file=file.file, line=file.key_line(path[:-1]), what=_value_error(details))
    parent, annotation = _type_at(model, path)
    name = next((f"`{part}`" for part in reversed(path) if isinstance(part, str)), "the file")
    if path and isinstance(path[-1], int):
        name = f"item {path[-1] + 1} of {name}"
    match details["type"]:
        case "extra_forbidden":
            known = [] if parent is None else list(parent.model_fields)
            near = did_you_mean(str(path[-1]), known) or " remove it."
            what = f"{name} is not known here:{near} Known: {', '.join(known)}"
            return Fault(file=file.file, line=file.key_line(path), what=what)
        case "missing":
            what = f"{name} is missing: add {_example(parent, path)}"
            return file.fault(path[:-1], what)
        case "too_short":
            return file.fault(path, f"{name} is an empty list: add {_example(parent, path)}")
        case "value_error":
            return file.fault(path, f"{name}: {_value_error(details)}")
        case _:
            return file.fault(path, f"{name} {_wrong_type(details, annotation)}")


def _wrong_type(details: ErrorDetails, annotation: Any) -> str:
    value = _short(details["input"])
    match details["type"]:
        case "enum" | "literal_error":
            allowed = re.findall(r"'([^']+)'", str(details.get("ctx", {}).get("expected", "")))
            near = did_you_mean(value, allowed) if isinstance(details["input"], str) else ""
            return f"cannot be `{value}`:{near} Write one of {', '.join(allowed)}"
        case "bool_type":
            return f"cannot be `{value}`: write true or false"
        case "list_type":
            return "must be a list: write `- …` lines under it, or [one, two]"
        case "model_type" | "dict_type":
            return f"must be a mapping: write {_mapping(annotation)}"
        case _:
            return f"cannot be `{value}` ({details['msg']}): write what the guide shows for it"


def _value_error(details: ErrorDetails) -> str:
    error = details.get("ctx", {}).get("error")
    return details["msg"] if error is None else str(error)


def _type_at(model: type[BaseModel], path: KeyPath) -> tuple[type[BaseModel] | None, Any]:
    """Return the model that holds the last key of `path`, and the type of that key's value."""
    parent: type[BaseModel] | None = None
    here: Any = model
    for part in path:
        if isinstance(here, type) and issubclass(here, BaseModel):
            parent = here
            field = here.model_fields.get(str(part))
            if field is None:
                return parent, None
            here = _bare(field.annotation)
        elif get_args(here):
            here = _bare(get_args(here)[-1])
    return parent, here


def _bare(annotation: Any) -> Any:
    """Return `annotation` without `Annotated` and without `| None`."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return _bare(next(arg for arg in get_args(annotation) if arg is not type(None)))
    return annotation


def _example(parent: type[BaseModel] | None, path: KeyPath) -> str:
    key = str(path[-1])
    field = None if parent is None else parent.model_fields.get(key)
    if field is None or not field.examples:
        return f"`{key}: …`"
    return f"`{key}: {_flow(field.examples[0])}`"


def _mapping(annotation: Any) -> str:
    if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return "`key: value` lines under it"
    needed = {
        key: (field.examples or ["…"])[0]
        for key, field in annotation.model_fields.items()
        if field.is_required()
    }
    return f"`{_flow(needed)}`" if needed else "`key: value` lines under it"


def _flow(value: Any) -> str:
    text: str = yaml.safe_dump(
        value, default_flow_style=True, width=10_000, sort_keys=False, allow_unicode=True
    )
    return text.removesuffix("...\n").strip()


def _short(value: object) -> str:
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = "nothing" if value is None else str(value)
    if isinstance(value, bool):
        text = text.lower()
    return text if len(text) <= _SHOWN_MAX else text[: _SHOWN_MAX - 1] + "…"
