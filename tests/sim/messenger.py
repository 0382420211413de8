"""Telegram as a world: chats that number their messages, people in them, and calls that go wrong.

It is a `Notifier`: what the wire would carry is decided here, and what is in the chats afterwards
is known exactly.  Private chats and basic groups share one count of messages, supergroups and
channels count for themselves.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from aggregator.model import (
    ChatGone,
    Delivery,
    DeliveryOutcome,
    NotSent,
    Rejected,
    RetryAt,
    Sent,
    Unknown,
)

OWN_COUNT_BELOW = -1_000_000_000_000
WRITTEN_BETWEEN_MAX = 6
"""So much is written in the shared count between two messages of ours: what the probe assumes."""
UNANSWERED_S = 20.0
"""How long a call without an answer takes to fail."""


@dataclass(slots=True, kw_only=True)
class Shown:
    """One message of ours, as it stands in a chat."""

    number: int
    thread: int
    key: str
    html: str
    first_html: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call that left."""

    at: float
    chat: int
    delivery: Delivery
    probe: bool = False

    @property
    def edit(self) -> bool:
        """An edit, or a probe, which is one."""
        return self.probe or self.delivery.message_id is not None


@dataclass(slots=True)
class Messenger:
    """The chats."""

    rng: Random
    shared: int = 0
    own: dict[int, int] = field(default_factory=dict)
    chats: dict[int, list[Shown]] = field(default_factory=dict)
    blocked: set[int] = field(default_factory=set)
    moved: dict[int, int] = field(default_factory=dict)
    storm_until: float = 0.0
    known: int = 0
    """The highest number of the shared count that the program has noted."""
    unheard: set[int] = field(default_factory=set)
    """Numbers of what was written to the bot alone, and not yet taken from Telegram."""
    waits: dict[int, float] = field(default_factory=dict)
    """Until when each chat asked last to wait."""

    def writes(self, chat: int, count: int) -> None:
        """Let people write so many messages in `chat`."""
        for _ in range(count):
            if chat < OWN_COUNT_BELOW or self.shared - self.known < WRITTEN_BETWEEN_MAX:
                number = self._number(chat)
                if chat > 0:
                    self.unheard.add(number)

    def heard(self) -> frozenset[int]:
        """Return the numbers that the program is told of now."""
        numbers, self.unheard = frozenset(self.unheard), set()
        return numbers

    def knows(self, chat: int, number: int) -> None:
        """The program has noted the number of a message."""
        if chat >= OWN_COUNT_BELOW:
            self.known = max(self.known, number)

    def migrates(self, old: int, new: int) -> None:
        """Make the supergroup `new` of the group `old`; its messages stay behind."""
        self.moved[old] = new

    def all(self) -> Iterator[tuple[int, Shown]]:
        """Return every message with its chat, a group's under what became of it."""
        for chat, messages in self.chats.items():
            for shown in messages:
                yield self.moved.get(chat, chat), shown

    def refuses(self, chat: int) -> DeliveryOutcome | None:
        """Return what a chat answers for good; None when it takes messages."""
        if chat in self.moved:
            return ChatGone(detail="upgraded", migrated_to=self.moved[chat])
        if chat in self.blocked:
            return ChatGone(detail="bot was blocked by the user")
        return None

    def takes(self, delivery: Delivery, number: int | None, now: float) -> DeliveryOutcome:
        """Carry out one call that reached the server."""
        chat = delivery.place.chat_id
        if (refused := self.refuses(chat)) is not None:
            return refused
        messages = self.chats.setdefault(chat, [])
        html = delivery.message.html
        if number is None:
            number = self._number(chat)
            messages.append(
                Shown(
                    number=number,
                    thread=delivery.place.thread_id,
                    key=delivery.key,
                    html=html,
                    first_html=html,
                    at=now,
                )
            )
            return Sent(message_id=number)
        for shown in messages:
            if shown.number == number:
                shown.html = html
                return Sent(message_id=number)
        return Rejected(detail="message to edit not found")

    def _number(self, chat: int) -> int:
        if chat < OWN_COUNT_BELOW:
            self.own[chat] = self.own.get(chat, 0) + 1
            return self.own[chat]
        self.shared += 1
        return self.shared


class Line:
    """The way to the messenger: one life's `Notifier`."""

    def __init__(
        self,
        *,
        messenger: Messenger,
        time: Callable[[], float],
        leaves: Callable[[Call], None],
        fault: Callable[[Call], str | None],
        waits: Callable[[str, float], Awaitable[None]],
    ) -> None:
        """`leaves` hears of each call, `waits` is where the program may die or lose time."""
        self._messenger = messenger
        self._time = time
        self._leaves = leaves
        self._fault = fault
        self._waits = waits

    async def deliver(self, delivery: Delivery) -> DeliveryOutcome:
        """Send or edit."""
        call = Call(at=self._time(), chat=delivery.place.chat_id, delivery=delivery)
        return await self._call(call, delivery.message_id)

    async def probe(self, delivery: Delivery, message_id: int) -> DeliveryOutcome:
        """Edit `message_id` to the text of `delivery`."""
        call = Call(at=self._time(), chat=delivery.place.chat_id, delivery=delivery, probe=True)
        found = await self._call(call, message_id)
        return Rejected(detail="not it") if isinstance(found, Rejected) else found

    async def _call(self, call: Call, number: int | None) -> DeliveryOutcome:
        fault = self._fault(call)
        self._leaves(call)
        if fault == "cut_before":
            await self._waits("connecting", 0.0)
            return NotSent(detail="no connection")
        await self._waits("under way", 0.0)
        if fault == "lost_before":
            await self._waits("no answer", UNANSWERED_S)
            return Unknown(detail="no answer, never arrived")
        if fault == "gateway_before":
            return Unknown(detail="502")
        if fault == "flood":
            after = timedelta(seconds=self._messenger.rng.randint(3, 60))
            self._messenger.waits[call.chat] = self._time() + after.total_seconds()
            await self._waits("answered", 0.0)
            return RetryAt(after=after)
        outcome = self._messenger.takes(call.delivery, number, self._time())
        if fault == "hang_after":
            await self._waits("no answer", UNANSWERED_S)
        await self._waits("answered", 0.0)
        if fault in {"hang_after", "cut_after", "gateway_after", "truncated"}:
            return Unknown(detail=f"accepted, then {fault}")
        return outcome
