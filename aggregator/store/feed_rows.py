"""What is remembered of a feed: its schedule in columns, what its past taught as JSON.

The JSON holds only what was ever learnt, by field name: one that an older program did not write has
its default, one that this program does not know any more is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime, timedelta
from sqlite3 import Row
from typing import Any, TypeVar, get_type_hints

from aggregator.model import FeedState, Learnt, Standing, Validators
from aggregator.store.rows import (
    MICROSECOND,
    Columns,
    dump,
    maybe_micros,
    maybe_moment,
    micros,
    moment,
)

T = TypeVar("T", Learnt, Standing)


def _span(stored: int) -> timedelta:
    return stored * MICROSECOND


def _counts(stored: list[float]) -> tuple[float, ...]:
    # Most are nothing: one and the same nothing, which ten thousand feeds can tell by memory.
    return tuple(count or 0.0 for count in stored)


_READ: dict[Any, Callable[[Any], Any]] = {
    int: int,
    float: float,
    str: str,
    datetime | None: moment,
    timedelta: _span,
    timedelta | None: _span,
    tuple[float, ...]: _counts,
    tuple[str, ...]: tuple,
    frozenset[int]: frozenset,
}
"""How each type of field is read; what is None is never written."""

_HINTS = {kind: get_type_hints(kind) for kind in (Learnt, Standing)}


def feed_state_to_row(state: FeedState) -> Columns:
    return {
        "feed_id": state.feed_id,
        "etag": state.validators.etag,
        "last_modified": state.validators.last_modified,
        "first_read": maybe_micros(state.first_read),
        "last_polled": maybe_micros(state.last_polled),
        "last_read": maybe_micros(state.last_read),
        "next_poll": maybe_micros(state.next_poll),
        "next_poll_reason": state.next_poll_reason,
        "failures": state.failures,
        "last_error": state.last_error,
        "standing": to_json(state.standing),
        "learnt": to_json(state.learnt),
    }


def feed_state_from_row(row: Row) -> FeedState:
    return FeedState(
        feed_id=row["feed_id"],
        validators=Validators(etag=row["etag"], last_modified=row["last_modified"]),
        first_read=maybe_moment(row["first_read"]),
        last_polled=maybe_moment(row["last_polled"]),
        last_read=maybe_moment(row["last_read"]),
        next_poll=maybe_moment(row["next_poll"]),
        next_poll_reason=row["next_poll_reason"],
        failures=row["failures"],
        last_error=row["last_error"],
        standing=from_json(row["standing"], Standing),
        learnt=from_json(row["learnt"], Learnt),
    )


def to_json(value: Learnt | Standing) -> str:
    """Return the fields of `value` that are not at their defaults."""
    kept = {}
    for field in fields(value):
        held = getattr(value, field.name)
        if held != field.default:
            kept[field.name] = _plain(held)
    return dump(kept)


def from_json(text: str, kind: type[T]) -> T:
    """Return the value that `to_json` wrote."""
    hints, stored = _HINTS[kind], json.loads(text)
    return kind(
        **{name: _READ[hints[name]](held) for name, held in stored.items() if name in hints}
    )


def _plain(held: Any) -> Any:
    match held:
        case datetime():
            return micros(held)
        case timedelta():
            return held // MICROSECOND
        case tuple():
            return list(held)
        case frozenset():
            return sorted(held)
        case _:
            return held
