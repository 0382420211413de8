"""What becomes of one delivery: its states and the steps between them.

::

              claim            Sent
    queued ----------> sending ------> sent --(new text)--> queued, as an edit
      ^   RetryAt, NotSent, |  |
      |   release           |  | Rejected, ChatGone, too old
      +---------------------+  +------> dead
                            |
                            | Unknown, or the program died
                            +--------> unknown --(a probe settles it)--> sent, queued

Pure: values in, values out.  None as an answer means that nothing is left to remember.  Only the
first message to a place can become `unknown`; an edit is simply made again, because doing so
twice rings nobody and shows the same text.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, assert_never

from aggregator.model import (
    ChatGone,
    Delivery,
    DeliveryOutcome,
    DeliveryState,
    Message,
    NotSent,
    Rejected,
    RetryAt,
    Sent,
    Unknown,
)

backoff_max_s = 300
undelivered_max = timedelta(days=7)
"""How long a message that provably never left is tried: no outage over a holiday costs an
alert, and news older than a week is no alert any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A delivery, with what only the store has to know of it."""

    delivery: Delivery
    since: datetime
    """When its present text was queued: a repeated failure gives up by this age."""
    tried: Message | None = None
    """What the last claim handed out: what to look for when its outcome is unknown."""
    accepted: Message | None = None
    """What the place shows; None when that is nothing, or not certain."""
    claimed: datetime | None = None
    withdrawn: bool = False
    """Its place stopped following while it was being sent: not to be queued again."""


def backoff(attempts: int) -> timedelta:
    """Return how long to wait after the `attempts`-th failure: 2, 4, 8 … seconds, capped."""
    return timedelta(seconds=min(2 ** min(attempts, 9), backoff_max_s))


def later(one: datetime | None, other: datetime | None) -> datetime | None:
    """Return the later of two times, None meaning "at once"."""
    if one is None or other is None:
        return one or other
    return max(one, other)


def fresh(delivery: Delivery) -> Kept:
    """Return a delivery that no one knew before, as it is first kept."""
    return Kept(delivery=delivery, since=delivery.created)


def renewed(kept: Kept, new: Delivery) -> Kept:
    """Give a kept delivery the text of `new`, which has the same place and key."""
    old = kept.delivery
    taken = replace(old, message=new.message, priority=new.priority)
    match old.state:
        case DeliveryState.QUEUED:
            taken = replace(taken, not_before=later(old.not_before, new.not_before))
            return _unless_shown(replace(kept, delivery=taken, since=new.created))
        case DeliveryState.SENT:
            shown = kept.accepted or old.message
            if old.message_id is None or shown.html == new.message.html:
                return kept
            taken = replace(
                taken,
                state=DeliveryState.QUEUED,
                attempts=0,
                not_before=new.not_before,
                error="",
            )
            return replace(kept, delivery=taken, since=new.created)
        case DeliveryState.SENDING | DeliveryState.UNKNOWN:
            # Whatever is on its way stays on its way; settling it finds that the text moved on.
            return replace(kept, delivery=taken, since=new.created, withdrawn=False)
        case DeliveryState.DEAD:
            return kept
        case _:
            assert_never(old.state)


def claimed(kept: Kept, now: datetime) -> Kept:
    """Hand the delivery out for sending."""
    old = kept.delivery
    sending = replace(old, state=DeliveryState.SENDING, attempts=old.attempts + 1)
    return replace(kept, delivery=sending, tried=old.message, claimed=now)


def released(kept: Kept) -> Kept | None:
    """Take it back unsent."""
    return _back(kept, attempts=kept.delivery.attempts - 1)


def recovered(kept: Kept) -> Kept | None:
    """Judge what was being sent when the program died."""
    if kept.delivery.message_id is not None:
        return _back(replace(kept, accepted=None))
    return _unknown(kept, "the program ended while sending it")


def withdrawn(kept: Kept) -> Kept | None:
    """Stop what nobody at the place follows any more; what was sent stays as it was sent."""
    old = kept.delivery
    if old.state in (DeliveryState.SENDING, DeliveryState.UNKNOWN):
        return replace(kept, withdrawn=True)
    if old.state is not DeliveryState.QUEUED:
        return kept
    if old.message_id is None:
        return None
    shown = kept.accepted or old.message
    sent = replace(old, state=DeliveryState.SENT, message=shown, not_before=None)
    return replace(kept, delivery=sent, withdrawn=False)


def settled(kept: Kept, outcome: DeliveryOutcome, now: datetime) -> Kept | None:
    """Follow the outcome of sending what `claimed` handed out."""
    old = kept.delivery
    match outcome:
        case Sent(message_id=message_id):
            return _sent(kept, message_id, now)
        case RetryAt(after=after):
            return _back(kept, attempts=old.attempts - 1, not_before=now + after)
        case NotSent(detail=detail) if old.state is DeliveryState.UNKNOWN and old.attempts <= 1:
            # Looked for and not there: it goes out before what was queued behind it.  Only once,
            # or a message that Telegram never answers would go round without a pause.
            return _back(kept, error=detail)
        case NotSent(detail=detail):
            return _again(kept, detail, now)
        case Unknown(detail=detail) if old.message_id is not None:
            return _again(replace(kept, accepted=None), detail, now)
        case Unknown(detail=detail):
            return _unknown(kept, detail)
        case ChatGone(detail=detail, migrated_to=None):
            return _dead(kept, detail)
        case ChatGone():
            return _back(kept, attempts=old.attempts - 1)
        case Rejected(detail=detail):
            return _dead(kept, detail)
        case _:
            assert_never(outcome)


def _sent(kept: Kept, message_id: int, now: datetime) -> Kept | None:
    shown = kept.tried or kept.delivery.message
    there = replace(
        kept.delivery,
        state=DeliveryState.SENT,
        message_id=message_id,
        sent=kept.delivery.sent or now,
        not_before=None,
        error="",
    )
    kept = replace(kept, delivery=there, accepted=shown)
    if there.message.html != shown.html:
        return _back(kept, attempts=0)
    return replace(kept, tried=None, claimed=None, withdrawn=False)


def _again(kept: Kept, detail: str, now: datetime) -> Kept | None:
    if now - kept.since >= undelivered_max:
        return _dead(kept, f"given up after {undelivered_max.days} days: {detail}")
    return _back(kept, not_before=now + backoff(kept.delivery.attempts), error=detail)


def _unknown(kept: Kept, detail: str) -> Kept:
    unknown = replace(kept.delivery, state=DeliveryState.UNKNOWN, error=detail)
    return replace(kept, delivery=unknown)


def _dead(kept: Kept, error: str) -> Kept:
    dead = replace(kept.delivery, state=DeliveryState.DEAD, not_before=None, error=error)
    return replace(kept, delivery=dead, tried=None, claimed=None, withdrawn=False)


def _back(kept: Kept, **changes: Any) -> Kept | None:
    queued = replace(kept.delivery, state=DeliveryState.QUEUED, **changes)
    back = replace(kept, delivery=queued, tried=None, claimed=None, withdrawn=False)
    return withdrawn(back) if kept.withdrawn else _unless_shown(back)


def _unless_shown(kept: Kept) -> Kept:
    """Spare an edit to the very text that is there."""
    queued = kept.delivery
    if queued.message_id is None or kept.accepted is None:
        return kept
    if queued.message.html != kept.accepted.html:
        return kept
    sent = replace(queued, state=DeliveryState.SENT, not_before=None, error="")
    return replace(kept, delivery=sent)
