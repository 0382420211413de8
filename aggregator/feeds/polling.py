"""When to ask which feed next, and what to remember of a poll; pure.

Every decision is a function of a feed, its state and the time, so a restart asks nothing early
and a simulated day runs in seconds.  How often is learnt (`rate`, `rhythm`), between a floor and
the cap of its kind.  A publisher may ask for patience within bounds: only Retry-After is obeyed
past a class's cap, since an alert a day late is no alert.  Errors slow a feed down; they never
stop it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import assert_never

from aggregator.feeds import content, rate, rhythm, spare, standing
from aggregator.model import (
    Feed,
    FeedKind,
    FeedState,
    Fetched,
    FetchFailed,
    FetchOutcome,
    Learnt,
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
FIRST_CAP = timedelta(minutes=3)
"""The cap of a news feed that was the first to bring a story not long ago."""
BROKE_MIN = 0.5
BROKE_HALF_LIFE = timedelta(days=30)
POLLS_MAX = 2000
"""From so many on, polls are counted in halves, so that the shares are those of late."""
BACKOFF_MAX = timedelta(hours=6)
RETRY_AFTER_MAX = timedelta(hours=24)
TOO_MANY = 429
JITTER = 0.1
FIRST_POLLS_WITHIN = timedelta(seconds=30)
"""A start, or a restart after a long stop, spreads its first polls at least over this."""
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


def cap(feed: Feed, learnt: Learnt, now: datetime) -> timedelta:
    """Return the longest wait as far as is learnt: who broke stories first is asked sooner."""
    longest = interval(feed)
    if feed.kind is not FeedKind.NEWS or feed.every is not None:
        return longest
    first = learnt.broke_at is not None and (
        learnt.broke * rate.fade(now - learnt.broke_at, BROKE_HALF_LIFE) >= BROKE_MIN
    )
    return min(FIRST_CAP, longest) if first else longest


def credited(state: FeedState, stories: int, now: datetime) -> FeedState:
    """Return `state` of a feed that was the first to bring so many stories."""
    learnt = state.learnt
    since = now - (learnt.broke_at or now)
    broke = learnt.broke * rate.fade(since, BROKE_HALF_LIFE) + stories
    return replace(state, learnt=replace(learnt, broke=round(broke, 4), broke_at=now))


def weighed(state: FeedState, weight: float) -> FeedState:
    """Return `state` of a feed on which so much hangs; 1 is usual."""
    return replace(state, learnt=replace(state.learnt, weight=weight))


def after(
    feed: Feed,
    state: FeedState,
    outcome: FetchOutcome,
    parsed: ParseOutcome | None,
    now: datetime,
) -> PollPlan:
    """Return when to ask `feed` again after `outcome` at `now`.

    `state` is the one before it, but for what was learnt, which counts the outcome already.
    `parsed` is what became of a `Fetched` body; None for every other outcome.
    """
    match outcome:
        case Fetched():
            if not isinstance(parsed, Parsed):
                return _back_off(feed, state.failures + 1, now)
            return _as_usual(feed, state.learnt, outcome.max_age, now)
        case NotModified():
            return _as_usual(feed, state.learnt, outcome.max_age, now)
        case FetchFailed(ours=True):
            return PollPlan(at=now + interval(feed), reason="no host answers: the fault is here")
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

    `state` is that of `asked`.  Validators are kept only with a body that parsed whole, so that a
    broken one is asked for again and not answered with "not modified".
    """
    state = state or FeedState(feed_id=feed.id)
    spare_before = state.learnt.spare
    state = replace(state, learnt=_learnt(feed, state, outcome, parsed, now))
    plan = after(feed, state, outcome, parsed, now)
    state = _polled(state, outcome, parsed, now, plan)
    if spare_before == 0:
        state = standing.remembered(state, outcome, parsed, now)
    elif isinstance(parsed, Parsed):
        state = replace(state, standing=replace(state.standing, whole=now))
    if state.learnt.spare not in (0, spare_before):
        reason = f"the next of its addresses is tried ({state.learnt.spare + 1})"
        state = replace(state, next_poll=now + FLOOR, next_poll_reason=reason)
    return state


def asked(feed: Feed, state: FeedState | None, now: datetime) -> standing.Ask:
    """Return what to fetch for `feed` at `now`, and the state to hand on with the answer."""
    ask = standing.ask(feed, state, now)
    url, learnt = spare.addressed(feed, ask.state.learnt, ask.state.failures, now)
    handed_on = replace(ask.state, learnt=learnt)
    if learnt.spare == 0:
        return replace(ask, state=handed_on)
    return replace(ask, feed=replace(feed, url=url), state=handed_on)


def held(outcome: FetchOutcome, feed: Feed, now: datetime) -> datetime | None:
    """Return until when the host that gave `outcome` asks to be left alone; None if it does not."""
    if not isinstance(outcome, FetchFailed):
        return None
    if outcome.retry_after is not None:
        return now + min(outcome.retry_after, RETRY_AFTER_MAX)
    return now + interval(feed) if outcome.status == TOO_MANY else None


def due_at(
    feed: Feed,
    state: FeedState | None,
    *,
    started: datetime | None,
    spread: timedelta = FIRST_POLLS_WITHIN,
) -> datetime | None:
    """Return when `feed` is to be asked; None for "at once".

    `started` is when the program began to poll: what was never polled, or fell due while the
    program was down, is spread from there over `spread`, and over no more than its own interval.
    None spreads nothing; feeds of one's own are spread only where there are very many.
    """
    at = None if state is None else state.next_poll
    if state is not None and state.standing.asked not in ("", feed.url):
        at = None  # its address was corrected: what the old one asked for is past
    if state is not None and at is not None and state.last_polled is not None:
        # A shorter `every` counts at once, and no clock that was wrong once delays a feed for
        # long: a good poll is never followed later than `interval`, a bad one than a day.
        longest = interval(feed) if state.failures == 0 else RETRY_AFTER_MAX
        at = min(at, state.last_polled + max(longest, interval(feed)))
    few = feed.allow_private and spread <= FIRST_POLLS_WITHIN
    if started is None or few or (at is not None and at > started):
        return at
    return started + min(spread, max(interval(feed), FIRST_POLLS_WITHIN)) * _share(feed.id)


def _polled(
    state: FeedState,
    outcome: FetchOutcome,
    parsed: ParseOutcome | None,
    now: datetime,
    plan: PollPlan,
) -> FeedState:
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
        case FetchFailed(ours=True), _:
            return replace(state, last_error=_error(outcome, parsed))
        case _:
            return replace(state, failures=state.failures + 1, last_error=_error(outcome, parsed))


def _learnt(
    feed: Feed,
    state: FeedState,
    outcome: FetchOutcome,
    parsed: ParseOutcome | None,
    now: datetime,
) -> Learnt:
    learnt = replace(
        content.noticed(state.learnt, outcome, parsed, now), held_until=held(outcome, feed, now)
    )
    if isinstance(outcome, FetchFailed) and outcome.ours:
        return learnt
    if not isinstance(outcome, NotModified) and not isinstance(parsed, Parsed):
        return spare.failed(feed, _tallied(learnt), state.failures + 1, now)
    learnt = rate.counted(learnt, parsed if isinstance(parsed, Parsed) else None, now)
    is_304 = isinstance(outcome, NotModified)
    same = not is_304 and learnt.fresh != now
    return spare.answered(_tallied(learnt, not_modified=is_304, unchanged=same))


def _tallied(learnt: Learnt, *, not_modified: bool = False, unchanged: bool = False) -> Learnt:
    part = 0.5 if learnt.polls >= POLLS_MAX else 1.0
    return replace(
        learnt,
        polls=learnt.polls * part + 1,
        not_modified=learnt.not_modified * part + not_modified,
        unchanged=learnt.unchanged * part + unchanged,
    )


def _as_usual(feed: Feed, learnt: Learnt, max_age: timedelta | None, now: datetime) -> PollPlan:
    longest = cap(feed, learnt, now)
    if feed.every is not None:
        return PollPlan(at=now + longest, reason=f"every {_span(longest)}")
    wait = min(
        rhythm.wait(feed.kind, learnt, now, longest=longest),
        rhythm.rolls_over(learnt, feed.kind) if learnt.entries else longest,
    )
    wait = max(min(wait, longest) * _jitter(feed.id), FLOOR)
    posts = f"{rate.per_day(feed.kind, learnt):.2g} posts a day"
    reason = f"every {_about(wait)}, at {posts}"
    if wait >= longest * (1 - JITTER):
        wait, reason = min(wait, longest), f"every {_span(longest)}"
    hint = _longest(max_age, learnt.ttl)
    bound = f"at most {_span(longest)}"
    if hint is not None and hint > wait:
        asks = f"the publisher asks for {_span(hint)}"
        return PollPlan(
            at=now + min(hint, longest), reason=asks if hint <= longest else f"{asks}, {bound}"
        )
    if _rests(learnt, now + wait):
        return PollPlan(at=now + longest, reason=f"the publisher rests at that hour, {bound}")
    return PollPlan(at=now + wait, reason=reason)


def _rests(learnt: Learnt, at: datetime) -> bool:
    return at.hour in learnt.skip_hours or at.weekday() in learnt.skip_days


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


def _about(span: timedelta) -> str:
    seconds = span.total_seconds()
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.1f} min"


def _span(span: timedelta) -> str:
    seconds = round(span.total_seconds())
    for size, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size} {name}"
    return f"{seconds} s" if seconds else f"{span.total_seconds():.1f} s"
