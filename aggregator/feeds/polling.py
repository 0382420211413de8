"""When to ask which feed next, and what to remember of a poll; pure.

Every decision is a function of a feed, its state and the time, so a restart asks nothing early
and a simulated day runs in seconds.  A publisher may ask for patience within bounds: only
Retry-After is obeyed past a class's cap, since an alert a day late is no alert.  Errors slow a
feed down; they never stop it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import assert_never

from aggregator.model import (
    Feed,
    FeedKind,
    FeedState,
    Fetched,
    FetchFailed,
    FetchOutcome,
    NotModified,
    Parsed,
    ParseFailed,
    ParseOutcome,
)

FLOOR = timedelta(seconds=60)
CAPS = {
    FeedKind.COURT: timedelta(minutes=5),
    FeedKind.REGULATOR: timedelta(minutes=5),
    FeedKind.NEWS: timedelta(minutes=10),
    FeedKind.BLOG: timedelta(minutes=60),
}
BACKOFF_MAX = timedelta(hours=6)
RETRY_AFTER_MAX = timedelta(hours=24)
JITTER = 0.1
FIRST_POLLS_WITHIN = timedelta(seconds=30)
"""A start, or a restart after a long stop, spreads its first polls over this."""
ERROR_CHARS_MAX = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class PollPlan:
    """When a feed is asked next, and why then, in words for the operator."""

    at: datetime
    reason: str


def interval(feed: Feed) -> timedelta:
    """Return the longest wait between two good polls: `every`, else the cap of its kind.

    Feeds on private addresses are the operator's own and know no floor.
    """
    wanted = CAPS[feed.kind] if feed.every is None else feed.every
    return wanted if feed.allow_private else max(wanted, FLOOR)


def after(
    feed: Feed,
    state: FeedState,
    outcome: FetchOutcome,
    parsed: ParseOutcome | None,
    now: datetime,
) -> PollPlan:
    """Return when to ask `feed` again after `outcome` at `now`; `state` is the one before it.

    `parsed` is what became of a `Fetched` body; None for every other outcome.
    """
    match outcome:
        case Fetched():
            if not isinstance(parsed, Parsed):
                return _back_off(feed, state.failures + 1, now)
            return _as_usual(feed, _longest(outcome.max_age, parsed.ttl), now)
        case NotModified():
            return _as_usual(feed, outcome.max_age, now)
        case FetchFailed():
            if outcome.retry_after is None:
                return _back_off(feed, state.failures + 1, now)
            wait = min(outcome.retry_after, RETRY_AFTER_MAX)
            return PollPlan(
                at=now + max(wait, interval(feed)), reason=f"the server asks for {_span(wait)}"
            )
        case _:
            assert_never(outcome)


def state_after(
    feed: Feed,
    state: FeedState | None,
    outcome: FetchOutcome,
    parsed: ParseOutcome | None,
    now: datetime,
) -> FeedState:
    """Return what to remember of the poll that ended with `outcome` at `now`.

    Validators are kept only with a body that parsed whole, so that a broken one is asked for
    again and not answered with "not modified".
    """
    state = state or FeedState(feed_id=feed.id)
    plan = after(feed, state, outcome, parsed, now)
    state = replace(state, last_polled=now, next_poll=plan.at, next_poll_reason=plan.reason)
    match outcome, parsed:
        case Fetched(), Parsed():
            return replace(
                state,
                validators=outcome.validators,
                first_read=state.first_read or now,
                last_read=now,
                failures=0,
                last_error="",
            )
        case NotModified(), _:
            return replace(
                state, validators=outcome.validators, last_read=now, failures=0, last_error=""
            )
        case _:
            return replace(state, failures=state.failures + 1, last_error=_error(outcome, parsed))


def due_at(feed: Feed, state: FeedState | None, *, started: datetime | None) -> datetime | None:
    """Return when `feed` is to be asked; None for "at once".

    `started` is when the program began to poll: what was never polled, or fell due while the
    program was down, is spread over the first half minute from there.  None spreads nothing.
    """
    at = None if state is None else state.next_poll
    if state is not None and at is not None and state.last_polled is not None:
        # A shorter `every` counts at once, and no clock that was wrong once delays a feed for
        # long: a good poll is never followed later than `interval`, a bad one than a day.
        longest = interval(feed) if state.failures == 0 else RETRY_AFTER_MAX
        at = min(at, state.last_polled + max(longest, interval(feed)))
    if started is None or feed.allow_private:
        return at
    if at is not None and at > started:
        return at
    return started + FIRST_POLLS_WITHIN * _share(feed.id)


def due(
    feeds: Iterable[Feed],
    states: Mapping[str, FeedState],
    now: datetime,
    *,
    started: datetime | None,
) -> tuple[Feed, ...]:
    """Return the enabled feeds to be asked at `now`, the longest overdue first."""
    found: list[tuple[datetime, str, Feed]] = []
    for feed in feeds:
        if not feed.enabled:
            continue
        state = states.get(feed.id)
        at = due_at(feed, state, started=started)
        stepped_back = (
            state is not None
            and state.last_polled is not None
            and (state.last_polled > now + FLOOR)
        )
        if at is None or at <= now or stepped_back:
            found.append((at or now, feed.id, feed))
    return tuple(feed for _, _, feed in sorted(found, key=lambda one: one[:2]))


def _as_usual(feed: Feed, hint: timedelta | None, now: datetime) -> PollPlan:
    cap = interval(feed)
    usual = cap if feed.every is not None else min(cap, cap * _jitter(feed.id))
    if hint is None or hint <= usual:
        return PollPlan(at=now + usual, reason=f"every {_span(cap)}")
    wait = min(hint, cap)
    bound = "" if hint <= cap else f", at most {_span(cap)}"
    return PollPlan(at=now + wait, reason=f"the publisher asks for {_span(hint)}{bound}")


def _back_off(feed: Feed, failures: int, now: datetime) -> PollPlan:
    """Double the wait with each failure in a row; the first is tried again as usual."""
    usual = interval(feed)
    # Sixteen doublings of a second pass the maximum; more would only overflow.
    wait = usual * 2 ** min(failures - 1, 16)
    if feed.every is None:
        wait = wait * _jitter(feed.id)
    wait = min(wait, max(usual, BACKOFF_MAX))
    times = "failure" if failures == 1 else f"{failures} failures in a row"
    return PollPlan(at=now + wait, reason=f"after {times}")


def _jitter(feed_id: str) -> float:
    return 1 - JITTER + 2 * JITTER * _share(feed_id)


def _share(feed_id: str) -> float:
    """Return a number from 0 to 1 that is always the same for this feed."""
    return int.from_bytes(blake2b(feed_id.encode(), digest_size=4).digest(), "big") / 2**32


def _longest(*hints: timedelta | None) -> timedelta | None:
    return max((hint for hint in hints if hint is not None), default=None)


def _error(outcome: FetchOutcome, parsed: ParseOutcome | None) -> str:
    if isinstance(outcome, FetchFailed):
        return f"{outcome.fault}: {outcome.detail}"[:ERROR_CHARS_MAX]
    return (parsed.detail if isinstance(parsed, ParseFailed) else "not parsed")[:ERROR_CHARS_MAX]


def _span(span: timedelta) -> str:
    seconds = round(span.total_seconds())
    for size, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size} {name}"
    return f"{seconds} s" if seconds else f"{span.total_seconds():.1f} s"
