"""What a place is sent, and the fate of each message."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from aggregator.model.items import Target
from aggregator.model.people import Place
from aggregator.model.stories import Rung, Story


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """An inline button: a `url` to open, or `data` (at most 64 bytes) sent back when pressed."""

    text: str
    data: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a place is to see: Telegram HTML, every foreign word escaped."""

    html: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    silent: bool = False
    attachment: str = ""
    """The name of a stored file that goes with it, `html` being its caption; empty for none.  A
    name that ends in `.png` is shown as a picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A story that a place must hear of, or whose message there must be brought up to date."""

    place: Place
    key: str
    """`story:<id>:<ring>`: unique within the place."""
    story: Story
    targets: tuple[Target, ...]
    """Those of the story's targets that this place follows: the reason why it is told."""
    again: Rung | None = None
    """Set for a ring after the first."""
    reply_to: str = ""
    """The key of the message this one answers; empty for none."""
    edit_only: bool = False
    """The place is not to be told anew (muted, quiet hours, digest); what it was told is edited."""


class DeliveryState(StrEnum):
    """Where one message stands."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    DEAD = "dead"


class Priority(IntEnum):
    """Lower goes first."""

    REPLY = 0
    HIGH = 1
    NORMAL = 2
    LOW = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one place, and its fate.  A queued one with a `message_id` is an edit."""

    place: Place
    key: str
    message: Message
    priority: Priority
    created: datetime
    id: int = 0
    """Given by the store; 0 until then."""
    state: DeliveryState = DeliveryState.QUEUED
    not_before: datetime | None = None
    attempts: int = 0
    message_id: int | None = None
    sent: datetime | None = None
    """When it was first accepted."""
    error: str = ""
    item_seen: datetime | None = None
    reply_to: str = ""
    """The key of the message in the same place that this one answers."""
    reply_to_id: int | None = None
    """That message's id, filled in when the delivery is claimed."""
    edit_only: bool = False
    """Brings an existing message up to date, and is dropped where there is none."""
    rule_version: str = ""
    """Of the rule that made it, for the ledger."""


REPEAT_SIGN = "↻"
"""Begins the first line of a message that may be a repeat; new text for it keeps that line."""


REPEATS_MAX = 5
"""So many marked copies of one message are sent, whose attempts then are one more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsettled:
    """A message that may or may not be there, and where to look for it.

    Telegram numbers the messages of private chats and basic groups in one count per bot, those of
    a supergroup or channel in its own; no document promises it.  What was accepted before this
    message left has lower numbers.
    """

    delivery: Delivery
    """With the text that was tried."""
    after: int
    """The highest number that was given before."""
    taken: frozenset[int]
    """Numbers above it that belong to other messages."""
    highest: int = 0
    """The highest number of the count that is known by now."""
    below: int | None = None
    """A number given in the count to what left after this message had failed; None: none known."""
    lost: int = 1
    """How many messages of the same count have a fate that is not known."""
    crowded: bool = False
    """Others write in the same count, unseen by us: not to be found proves little."""
    haunted: bool = False
    """Another message of the chat, looked for in vain, may lie above `after`: looking might write
    over that one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Whose turn it is: what the sender's budget allows at the moment of a claim."""

    resting: Collection[int] = ()
    """Chats that nothing may be sent to just now."""
    still: Collection[int] | None = ()
    """Chats where nothing may be edited just now, answers to commands excepted; None: all."""
    served: Sequence[int] = ()
    """Chats that had their turn, the longest ago first; others come before them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Accepted; `message_id` is the place's name for it."""

    message_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryAt:
    """Telegram asks to wait; nothing was sent and no attempt is spent."""

    after: timedelta
    flood: bool = True
    """False where the wait is our own choice, such as after a loss of rights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """It provably never left; try again later."""

    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """It left, and no answer came: it may or may not be there."""

    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatGone:
    """The place does not take messages from us any more."""

    detail: str
    migrated_to: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Telegram refused this very message; sending it again will not help."""

    detail: str


DeliveryOutcome = Sent | RetryAt | NotSent | Unknown | ChatGone | Rejected
