"""What the answers of these APIs share: a JSON object with a list of `results`; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aggregator.model import ParseFailed

Record = Mapping[str, Any]


def results(text: str, *, entries_max: int) -> list[Record] | ParseFailed:
    """Return the records of an answer, or why it has none; `detail` is what the API says then."""
    try:
        answer = json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        return ParseFailed(detail=f"this is no JSON ({type(error).__name__})")
    if not isinstance(answer, dict):
        return ParseFailed(detail="this is JSON, but not an answer of this API")
    found = answer.get("results")
    if found is None and answer.get("count") == 0:
        return []
    if not isinstance(found, list):
        said = string(answer, "detail") or string(answer, "message")
        return ParseFailed(detail=f"the API answers: {said[:200]}" if said else "it has no results")
    if len(found) > entries_max:
        return ParseFailed(detail=f"refused: it has more than {entries_max} entries")
    return [one for one in found if isinstance(one, dict)]


def string(of: Record, key: str) -> str:
    """Return a text or a number as text; empty for anything else."""
    value = of.get(key)
    if isinstance(value, bool):
        return ""
    return str(value) if isinstance(value, str | int) else ""


def records(of: Record, key: str) -> list[Record]:
    """Return the objects of a list; none where it is no list."""
    value = of.get(key)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
