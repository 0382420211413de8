"""What becomes of one delivery: its states and the steps between them.

::

              claim            Sent
    queued ----------> sending ------> sent --(new text)--> queued, as an edit
      ^   RetryAt, NotSent, |  |
      |   release           |  | Rejected, ChatGone, too old
      +---------------------+  +------> dead
                            |
                            | Unknown, or the program died after it left
                            +--------> unknown --(a probe settles it)--> sent, queued
                                          |
                                          | looked for in vain
                                          +--> queued, marked as a repeat, a few times at growing
                                               pauses; then, or at once, parked as unknown

Pure: values in, values out.  None as an answer means that nothing is left to remember.  Only the
first message to a place can become `unknown`; an edit is simply made again, because doing so
twice rings nobody and shows the same text.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, assert_never

from aggregator.model import (
    REPEAT_SIGN,
    REPEATS_MAX,
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
    after: int | None = None
    """The highest number given in its count of messages when it left; `WAITING` while it waits
    for its slot; None when nobody noted it.  Of what is parked: a number it lies below, once known."""
    withdrawn: bool = False
    """Its place stopped following while it was being sent: not to be queued again."""


WAITING = -1

REPEAT_MIN = timedelta(minutes=1)
REPEAT_FACTOR = 8
REPEAT_MAX = timedelta(hours=1)
"""Between marked copies of one message: 1 min, 8 min, then 1 h.  The first leaves at once."""

HELD_TRIES = 5
"""So many times in a row what never left holds its whole chat, which keeps the order: the network
is down, or Telegram is.  After that the fault is the message's own, and it stands aside alone."""


def backoff(attempts: int) -> timedelta:
    """Return how long to wait after the `attempts`-th failure: 2, 4, 8 … seconds, capped."""
    return timedelta(seconds=min(2 ** min(attempts, 9), backoff_max_s))


def marked(message: Message) -> bool:
    """Say whether its first line says that it may be a repeat."""
    return message.html.startswith(REPEAT_SIGN)


def repeat_pause(copies: int) -> timedelta:
    """Return how long to wait before one more marked copy when there were so many."""
    if copies == 0:
        return timedelta()
    pause: timedelta = REPEAT_MIN * REPEAT_FACTOR ** min(copies - 1, 9)
    return min(pause, REPEAT_MAX)


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
    taken = replace(old, message=_marked(old.message, new.message), priority=new.priority)
    match old.state:
        case DeliveryState.QUEUED:
            taken = replace(taken, not_before=later(old.not_before, new.not_before))
            return _unless_shown(replace(kept, delivery=taken, since=new.created))
        case DeliveryState.SENT:
            shown = kept.accepted or old.message
            if old.message_id is None or _same(shown, taken.message):
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


def _marked(old: Message, new: Message) -> Message:
    """Return `new` with the line that says that it may be a repeat, if `old` has one."""
    line = old.html.partition("\n")[0]
    return replace(new, html=f"{line}\n{new.html}") if marked(old) else new


def _same(one: Message, other: Message) -> bool:
    """Say whether both look the same once they are there."""
    return one.html == other.html and one.buttons == other.buttons


def claimed(kept: Kept, now: datetime, *, waits: bool = False) -> Kept:
    """Hand the delivery out for sending; `waits`: `leaving` will be told before it leaves."""
    old = kept.delivery
    sending = replace(old, state=DeliveryState.SENDING, attempts=old.attempts + 1)
    after = WAITING if waits else None
    return replace(kept, delivery=sending, tried=old.message, claimed=now, after=after)


def leaving(kept: Kept, now: datetime, after: int) -> Kept:
    """Note that it is about to leave, with its newest text, above number `after`."""
    return replace(kept, tried=kept.delivery.message, claimed=now, after=after)


def released(kept: Kept) -> Kept | None:
    """Take it back unsent."""
    return _back(kept, attempts=kept.delivery.attempts - 1)


def recovered(kept: Kept) -> Kept | None:
    """Judge what was being sent when the program died."""
    if kept.after == WAITING:
        return released(kept)
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
    if kept.accepted is None:
        # Which text is there is not certain: the edit, which rings nobody, is finished.
        return replace(kept, withdrawn=False)
    sent = replace(old, state=DeliveryState.SENT, message=kept.accepted, not_before=None)
    return replace(kept, delivery=sent, withdrawn=False)


def settled(kept: Kept, outcome: DeliveryOutcome, now: datetime) -> Kept | None:
    """Follow the outcome of sending what `claimed` handed out."""
    old = kept.delivery
    if old.state is DeliveryState.UNKNOWN and (looked := _looked_for(kept, outcome, now)):
        return looked
    match outcome:
        case Sent(message_id=message_id):
            return _sent(kept, message_id, now)
        case RetryAt(after=after):
            return _back(kept, attempts=old.attempts - 1, not_before=now + after)
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


def _looked_for(kept: Kept, outcome: DeliveryOutcome, now: datetime) -> Kept | None:
    """Follow what looking for it brought, where that differs from sending; else None."""
    old = kept.delivery
    if parked(kept):
        return kept
    match outcome:
        case RetryAt(after=after):
            return replace(kept, delivery=replace(old, not_before=now + after))
        case ChatGone(migrated_to=int()):
            # It is no more known than before; the new chat counts from the start.
            return replace(kept, after=None)
        case ChatGone(detail=detail):
            # It may stand there all the same, under a number that is no other message's.
            return replace(_unknown(kept, detail), claimed=None, after=None)
        case NotSent(detail=detail) if old.attempts <= 1:
            # Not there: it goes out before what was queued behind it.  Only once, or a message
            # that Telegram never answers would go round without a pause.
            return _back(kept, error=detail)
        case _:
            return None


def unfound(
    kept: Kept, now: datetime, *, detail: str, mark: str, never_repeat: bool
) -> Kept | None:
    """Decide on what was looked for in vain: nobody knows whether it is there.

    A place that never wants to miss anything gets it again, with `mark` as its first line, up to
    `REPEATS_MAX` times; one that never wants a repeat has it parked at once, `unknown` for good
    and no longer in anyone's way.  From the first mark on, attempts count the copies.
    """
    old = kept.delivery
    if old.state is not DeliveryState.UNKNOWN:
        return kept
    copies = old.attempts - 1 if marked(old.message) else 0
    if never_repeat or copies >= REPEATS_MAX:
        return replace(_unknown(kept, detail), claimed=None, after=None)
    if now - kept.since >= undelivered_max:
        return _given_up(kept, detail)
    html = old.message.html if marked(old.message) else f"{mark}\n{old.message.html}"
    copy = replace(old, message=replace(old.message, html=html), attempts=copies + 1)
    at = now + repeat_pause(copies) if copies else None
    return _back(replace(kept, delivery=copy), not_before=at, error=detail)


def parked(kept: Kept) -> bool:
    """Say whether it is left to the reader for good: it may be there, and is not sent again."""
    return kept.delivery.state is DeliveryState.UNKNOWN and kept.claimed is None


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
    return replace(kept, tried=None, claimed=None, after=None, withdrawn=False)


def _again(kept: Kept, detail: str, now: datetime) -> Kept | None:
    if now - kept.since >= undelivered_max:
        return _given_up(kept, detail)
    old = kept.delivery
    if old.message_id is None and marked(old.message):
        # This copy is not there, so it does not count as one.
        return _back(kept, attempts=old.attempts - 1, not_before=now + REPEAT_MIN, error=detail)
    return _back(kept, not_before=now + backoff(old.attempts), error=detail)


def _given_up(kept: Kept, detail: str) -> Kept:
    return _dead(kept, f"given up after {undelivered_max.days} days: {detail}")


def _unknown(kept: Kept, detail: str) -> Kept:
    unknown = replace(kept.delivery, state=DeliveryState.UNKNOWN, error=detail)
    return replace(kept, delivery=unknown)


def _dead(kept: Kept, error: str) -> Kept:
    dead = replace(kept.delivery, state=DeliveryState.DEAD, not_before=None, error=error)
    return replace(kept, delivery=dead, tried=None, claimed=None, after=None, withdrawn=False)


def _back(kept: Kept, **changes: Any) -> Kept | None:
    queued = replace(kept.delivery, state=DeliveryState.QUEUED, **changes)
    back = replace(kept, delivery=queued, tried=None, claimed=None, after=None, withdrawn=False)
    return withdrawn(back) if kept.withdrawn else _unless_shown(back)


def _unless_shown(kept: Kept) -> Kept:
    """Spare an edit to the very text that is there."""
    queued = kept.delivery
    if queued.message_id is None or kept.accepted is None:
        return kept
    if not _same(queued.message, kept.accepted):
        return kept
    sent = replace(queued, state=DeliveryState.SENT, not_before=None, error="")
    return replace(kept, delivery=sent)
