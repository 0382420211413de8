"""Whether the program does its work: judged from what the database says, inside or beside it.

The running program writes the time into the setting `beat` each minute.  A fresh one says that
the loop lives and that the database takes what is written, also to who only reads the file.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from aggregator.errors import StoreError
from aggregator.model import (
    OWN_FAULT,
    Counts,
    Delivery,
    DeliveryOutcome,
    Feed,
    FeedState,
    NotSent,
    Unknown,
)
from aggregator.ports import Clock, Notifier, Store

BEAT = "beat"
"""The setting that holds the time of the last beat."""
BEAT_S = 60.0
BEAT_MAX = timedelta(minutes=3)
WRITE_MAX = timedelta(seconds=2 * BEAT_S)
"""A beat that could not be written is made up by the next; two are a database that takes nothing."""
PACKAGE = __name__.partition(".")[0]
DATED_AHEAD_MAX = timedelta(hours=2)
"""A program on a clock that was set back runs ahead of it by no more; what is dated later was
polled before that, and says nothing of now."""
LATE_MAX = timedelta(minutes=15)
"""So long a feed may be due and nothing polled, a message due and not sent, Telegram silent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at."""

    name: str
    ok: bool
    what: str


async def examine(store: Store, feeds: Sequence[Feed], now: datetime) -> tuple[Finding, ...]:
    """Return how the program fares at `now`: loop, poll, outbox, database; never raises for it."""
    try:
        beat = await store.setting(BEAT)
        states = await store.feed_states()
        counts, due = await store.counts(), await store.next_due()
    except StoreError as error:
        return (Finding(name="database", ok=False, what=str(error)),)
    return (
        *_pulse(None if beat is None else datetime.fromisoformat(beat), now),
        _poll(feeds, states, now),
        _outbox(counts, due, now),
    )


def _pulse(beat: datetime | None, now: datetime) -> tuple[Finding, Finding]:
    if beat is None:
        return (
            Finding(name="loop", ok=False, what="never ran on this database"),
            Finding(name="database", ok=False, what="readable, and never written by a loop"),
        )
    age = now - beat
    alive, written = (-DATED_AHEAD_MAX <= age <= longest for longest in (BEAT_MAX, WRITE_MAX))
    said = f"beat {ago(age)} ago"
    # Only a write proves that one can be made: this says when there last was one, and no more.
    took = f"took a write {ago(age)} ago"
    if not written:
        took = f"no write since {beat:%Y-%m-%d %H:%M:%S} UTC: disk full, read-only, or no program"
    return (
        Finding(name="loop", ok=alive, what=f"{'alive' if alive else 'no sign of life'}, {said}"),
        Finding(name="database", ok=written, what=took),
    )


def _poll(feeds: Sequence[Feed], states: Mapping[str, FeedState], now: datetime) -> Finding:
    on = [feed for feed in feeds if feed.enabled]
    if not on:
        return Finding(name="poll", ok=True, what="no feed is switched on")
    known = [state for feed in on if (state := states.get(feed.id)) is not None]
    polled = [state.last_polled for state in known if state.last_polled is not None]
    if not polled:
        return Finding(name="poll", ok=False, what="no feed was polled yet")
    own = [state.last_error for state in known if state.last_error.startswith(OWN_FAULT)]
    if own and len(own) == len(known):
        return Finding(name="poll", ok=False, what=f"every feed fails by {own[0]}")
    believed = [at for at in polled if at <= now + DATED_AHEAD_MAX]
    if not believed:
        what = f"none since this machine's clock was set back by {ago(max(polled) - now)} or more"
        return Finding(name="poll", ok=False, what=what)
    silence = now - max(believed)
    # A site that asked to be left alone is not late.
    dues = [
        max(state.next_poll, state.learnt.held_until or state.next_poll)
        for state in known
        if state.next_poll is not None
    ]
    stuck = silence > LATE_MAX and any(now - due > LATE_MAX for due in dues)
    more = ", and feeds are due" if stuck else ""
    if own:
        more += f", {len(own)} of {len(known)} feeds fail by {own[0]}"
    return Finding(name="poll", ok=not stuck, what=f"last one {ago(silence)} ago{more}")


def _outbox(counts: Counts, due: datetime | None, now: datetime) -> Finding:
    if not counts.queued:
        return Finding(name="outbox", ok=True, what="empty")
    age = f", the oldest made {ago(now - counts.oldest)} ago" if counts.oldest else ""
    stuck = due is not None and now - due > LATE_MAX
    more = "; what is due is not sent" if stuck else ""
    return Finding(name="outbox", ok=not stuck, what=f"{counts.queued} queued{age}{more}")


def ago(age: timedelta) -> str:
    """Return how long that is, in its largest whole unit; a time to come counts as now."""
    seconds = max(0, int(age.total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def own_fault(error: Exception) -> str:
    """Say where in this program a bug struck; what it says may be anybody's words, and stays out."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if PACKAGE in Path(frame.filename).parts]
    at = ""
    if own:
        parts = Path(own[-1].filename).parts
        inside = parts[len(parts) - parts[::-1].index(PACKAGE) :]
        at = f" in {'/'.join(inside)} line {own[-1].lineno}"
    return f"{OWN_FAULT}: {type(error).__name__}{at}"


class Sending:
    """A `Notifier` that remembers since when nobody has answered."""

    def __init__(self, notifier: Notifier, clock: Clock) -> None:
        self._notifier = notifier
        self._clock = clock
        self._silent_since: datetime | None = None

    async def deliver(self, delivery: Delivery) -> DeliveryOutcome:
        """As the port says."""
        return self._heard(await self._notifier.deliver(delivery))

    async def probe(self, delivery: Delivery, message_id: int) -> DeliveryOutcome:
        """As the port says."""
        return self._heard(await self._notifier.probe(delivery, message_id))

    def _heard(self, outcome: DeliveryOutcome) -> DeliveryOutcome:
        if not isinstance(outcome, NotSent | Unknown):
            self._silent_since = None
        elif self._silent_since is None:
            self._silent_since = self._clock.now()
        return outcome

    def found(self, now: datetime) -> Finding:
        """Return whether messages are answered."""
        since = self._silent_since
        if since is None:
            return Finding(name="sending", ok=True, what="answered, or nothing was sent")
        return Finding(
            name="sending", ok=now - since <= LATE_MAX, what=f"no answer for {ago(now - since)}"
        )
