"""Where a feed lives by now, and whether its server keeps its word; pure.

A permanent redirect is believed only after it was seen for a day: parked domains and hotel portals
send them too.  A 410 is believed when it is said again a day later.  A server that answers "not
modified" for a day is asked once without validators, since some freeze them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import assert_never

from aggregator.model import (
    Feed,
    FeedState,
    Fetched,
    FetchFailed,
    FetchOutcome,
    NotModified,
    Parsed,
    ParseOutcome,
    Standing,
    Validators,
)

MOVED_TIMES_MIN = 3
MOVED_FOR_MIN = timedelta(hours=24)
"""A permanent redirect is adopted after so many sightings in a row over so long."""

ADOPTED_FAILURES_MAX = 3
"""After so many failures in a row at an adopted address the feed's own is asked again."""

GONE_TIMES_MIN = 2
GONE_FOR_MIN = timedelta(hours=24)
"""A 410 is confirmed when it is still said after so long."""

MUTED_EVERY = timedelta(hours=24)
"""What said 410 for good is asked this often, so that a feed that comes back is found."""

FROZEN_AFTER = timedelta(hours=24)
"""Whoever says "not modified" for so long is asked without validators, and no more often."""
_FROZEN_SPREAD = timedelta(hours=2)
"""Taken off by a share of its own for each feed, so that not all are asked whole at once."""

_GONE = 410


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What to fetch: the feed under the address it has now, and what to ask with."""

    feed: Feed
    validators: Validators
    state: FeedState
    """What to hand on with the answer."""


def ask(feed: Feed, state: FeedState | None, now: datetime) -> Ask:
    """Return how to ask for `feed` at `now`; `state` is None for one that was never asked."""
    state = state or FeedState(feed_id=feed.id)
    standing = state.standing
    if standing.asked != feed.url:
        # What was learnt belongs to another address; its validators go where they came from.
        whole = standing.whole or (now if state.first_read else None)
        standing = Standing(asked=feed.url, answered=standing.answered, whole=whole)
    if standing.adopted and state.failures >= ADOPTED_FAILURES_MAX:
        standing = replace(standing, adopted="")
    validators = replace(state.validators, url=state.validators.url or standing.answered)
    if validators != Validators() and _frozen(feed, standing, now):
        validators = Validators()
        standing = replace(standing, forced=now)
    return Ask(
        feed=replace(feed, url=standing.adopted or feed.url),
        validators=validators,
        state=replace(state, standing=standing),
    )


def remembered(
    state: FeedState, outcome: FetchOutcome, parsed: ParseOutcome | None, now: datetime
) -> FeedState:
    """Return `state`, that after the poll, with what `outcome` says of the feed's standing."""
    standing = after(state.standing, outcome, parsed, now)
    state = replace(state, standing=standing)
    if standing.muted is None:
        return state
    return replace(state, next_poll=now + MUTED_EVERY, next_poll_reason="gone: once a day")


def after(
    standing: Standing, outcome: FetchOutcome, parsed: ParseOutcome | None, now: datetime
) -> Standing:
    """Return what `outcome`, the answer at `now`, changes; `standing` is that of `ask`."""
    match outcome:
        case Fetched():
            if not isinstance(parsed, Parsed):
                return standing
            standing = replace(_moved(standing, outcome.moved_to, now), whole=now)
            return _here(standing, outcome.url)
        case NotModified():
            standing = _moved(standing, outcome.moved_to, now)
            return _here(standing, outcome.validators.url or standing.answered)
        case FetchFailed():
            return _gone(standing, now) if outcome.status == _GONE else _not_gone(standing, outcome)
        case _:
            assert_never(outcome)


def news(before: Standing, now: Standing) -> str:
    """Return in words what the operator must hear of between two polls; empty for nothing."""
    if now.muted is not None and before.muted is None:
        return (
            "the publisher says that this feed is gone for good (410, twice, a day apart): it is "
            "asked once a day from now on; remove it, or correct its `url`"
        )
    if before.muted is not None and now.muted is None:
        return "the feed that was gone is back and polled as before"
    if now.adopted and now.adopted != before.adopted:
        return f"the feed has moved for good and is read at {now.adopted}; write that as its `url`"
    return ""


def _here(standing: Standing, answered: str) -> Standing:
    return replace(standing, answered=answered, gone_times=0, gone_since=None, muted=None)


def _moved(standing: Standing, to: str, now: datetime) -> Standing:
    if not to or to == standing.adopted:
        return replace(standing, moved_to="", moved_times=0, moved_since=None)
    since = standing.moved_since if to == standing.moved_to else None
    if since is None:
        return replace(standing, moved_to=to, moved_times=1, moved_since=now)
    times = standing.moved_times + 1
    if times < MOVED_TIMES_MIN or now - since < MOVED_FOR_MIN:
        return replace(standing, moved_times=times)
    return replace(standing, adopted=to, moved_to="", moved_times=0, moved_since=None)


def _gone(standing: Standing, now: datetime) -> Standing:
    since = standing.gone_since or now
    times = standing.gone_times + 1
    confirmed = times >= GONE_TIMES_MIN and now - since >= GONE_FOR_MIN
    muted = standing.muted or (now if confirmed else None)
    return replace(standing, gone_since=since, gone_times=times, muted=muted)


def _not_gone(standing: Standing, failed: FetchFailed) -> Standing:
    """Another status is another answer; no answer at all says nothing."""
    if failed.status is None or standing.muted is not None:
        return standing
    return replace(standing, gone_times=0, gone_since=None)


def _frozen(feed: Feed, standing: Standing, now: datetime) -> bool:
    share = int.from_bytes(blake2b(feed.id.encode(), digest_size=4).digest(), "big") / 2**32
    patience = FROZEN_AFTER - _FROZEN_SPREAD * share
    last = max(filter(None, (standing.whole, standing.forced)), default=None)
    return last is not None and now - last >= patience
