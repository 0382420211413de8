"""What the models of `models` have in common, and how they describe themselves to editors."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

JsonSchema = dict[str, Any]


class Entry(BaseModel):
    """The base: a mapping whose keys are all known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Plain(Entry):
    """An entry that may be written as its first key's text alone."""

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {next(iter(cls.model_fields)): value}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchema:
        said = handler(core_schema)
        here = handler.resolve_ref_schema(said)
        whole = dict(here)
        text = whole["properties"][next(iter(cls.model_fields))]
        here.clear()
        here["description"] = whole.pop("description")
        here["anyOf"] = [{"type": text["type"]}, whole]
        return said


class Overlay(Entry):
    """An entry of which a later place may write only what differs."""

    named_by: ClassVar[tuple[str, ...]] = ()
    """The key that says which earlier one it is; none where the name stands outside."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchema:
        said = handler(core_schema)
        here = handler.resolve_ref_schema(said)
        needed = here.pop("required", [])
        here["anyOf"] = [{"required": needed}]
        if "extends" in cls.model_fields:
            here["anyOf"].append({"required": [*cls.named_by, "extends"]})
        off = {"properties": {"enabled": {"const": False}}, "required": [*cls.named_by, "enabled"]}
        here["anyOf"].append(off)
        return said
