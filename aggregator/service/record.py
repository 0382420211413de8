"""What the log keeps of each poll."""

from __future__ import annotations

from typing import Any, assert_never

from aggregator.feeds.standing import Ask
from aggregator.model import Fetched, FetchFailed, NotModified, Validators
from aggregator.pipeline import Polled


def record(ask: Ask, polled: Polled) -> dict[str, Any]:
    """Return what the log keeps of one poll, to tell later when something could be known."""
    outcome, state = polled.outcome, polled.state
    match outcome:
        case Fetched():
            status: int | str = 200
            size = len(outcome.body)
        case NotModified():
            status, size = 304, 0
        case FetchFailed():
            status, size = outcome.status or outcome.fault.value, 0
        case _:
            assert_never(outcome)
    return {
        "status": status,
        "bytes": size,
        "asked_with": _named(ask.validators),
        "validators": _named(state.validators),
        "new": len(polled.taken.items),
        "next": state.next_poll,
        "why": state.next_poll_reason,
    }


def _named(validators: Validators) -> str:
    kinds = (("etag", validators.etag), ("last-modified", validators.last_modified))
    return " ".join(name for name, value in kinds if value is not None)
