"""The program, broken on purpose: each way is one that a bot was really built in.

A simulation that finds nothing wrong with these proves nothing about ours.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from aggregator.model import (
    Batch,
    ChatGone,
    CommitOutcome,
    Committed,
    Delivery,
    DeliveryOutcome,
    NotSent,
    RetryAt,
    Sent,
    Turn,
    Unknown,
)
from tests.sim.world import Life, World


class Around:
    """Forwards everything; what a subclass defines comes first."""

    def __init__(self, world: World, life: Life, inner: Any) -> None:
        self.world = world
        self.life = life
        self.inner = inner

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        forwarded: Callable[..., Awaitable[Any]] = getattr(self.inner, name)
        return forwarded


class SeenFirst(Around):
    """Marks items as seen in one step and queues their messages in the next."""

    async def commit(self, batch: Batch, expected_version: int) -> CommitOutcome:
        done: CommitOutcome = await self.inner.commit(
            replace(batch, deliveries=()), expected_version
        )
        if isinstance(done, Committed):
            await self.inner.renew(batch.deliveries)
        return done


class SendsAgain(Around):
    """Takes every failure for "not sent"."""

    async def deliver(self, delivery: Delivery) -> DeliveryOutcome:
        outcome: DeliveryOutcome = await self.inner.deliver(delivery)
        return NotSent(detail=outcome.detail) if isinstance(outcome, Unknown) else outcome


class GivesUp(Around):
    """Takes every failure for "sent"."""

    async def deliver(self, delivery: Delivery) -> DeliveryOutcome:
        outcome: DeliveryOutcome = await self.inner.deliver(delivery)
        return Sent(message_id=1) if isinstance(outcome, Unknown) else outcome


class NoWaiting(Around):
    """Tries again at once, whatever Telegram asks for."""

    async def settle(self, delivery: Delivery, outcome: DeliveryOutcome, now: Any) -> None:
        await self.inner.settle(delivery, outcome, now)
        if isinstance(outcome, RetryAt):
            self.world.db.execute("UPDATE delivery SET not_before = NULL")
            self.world.db.execute("UPDATE chat SET held_until = NULL")

    async def deliver(self, delivery: Delivery) -> DeliveryOutcome:
        outcome: DeliveryOutcome = await self.inner.deliver(delivery)
        if isinstance(outcome, RetryAt):
            return RetryAt(after=timedelta(seconds=1))
        return outcome


class StaysGone(Around):
    """Goes on writing to a chat that has left."""

    async def deliver(self, delivery: Delivery) -> DeliveryOutcome:
        outcome: DeliveryOutcome = await self.inner.deliver(delivery)
        if isinstance(outcome, ChatGone) and outcome.migrated_to is None:
            self.world.laws.left[delivery.place.chat_id] = self.world.points
            return NotSent(detail=outcome.detail)
        return outcome


class ManyAtOnce(Around):
    """Claims without a lock on the chat and without looking whose turn it is."""

    async def claim(self, now: Any, limit: int, turn: Turn | None = None) -> tuple[Delivery, ...]:
        first: tuple[Delivery, ...] = await self.inner.claim(now, limit, Turn())
        more = []
        for delivery in first:
            chat = delivery.place.chat_id
            # For a moment nothing is on its way, so that the next one of the chat is free.
            self.world.db.execute("UPDATE delivery SET state = 'dead' WHERE id = ?", (delivery.id,))
            others = {row["chat_id"] for row in self.world.db.execute("SELECT * FROM delivery")}
            turn = Turn(resting=tuple(others - {chat}))
            more += await self.inner.claim(now, 1, turn)
            self.world.db.execute(
                "UPDATE delivery SET state = 'sending' WHERE id = ?", (delivery.id,)
            )
        return (*first, *more)


class Forgetful(Around):
    """Does not look after a start at what was on its way when it died."""

    async def recover(self) -> int:
        return 0


class Trusting(Around):
    """Puts everything that was on its way back into the queue."""

    async def recover(self) -> int:
        self.world.db.execute(
            "UPDATE delivery SET state = 'queued' WHERE state IN ('sending', 'unknown')"
        )
        return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """One way to break it, and the law that must notice."""

    law: str
    store: type[Around] | None = None
    mouth: type[Around] | None = None


BREAKS = {
    "seen before it is queued": Break(law="every matched item", store=SeenFirst),
    "sent again on every failure": Break(law="delivered once", mouth=SendsAgain),
    "never sent again": Break(law="nothing is lost", mouth=GivesUp),
    "asked to wait, and does not": Break(law="a wait asked for", mouth=NoWaiting),
    "writes to who has left": Break(law="nothing goes to a chat", mouth=StaysGone),
    "no lock on the chat": Break(law="budget of a chat", store=ManyAtOnce),
    "forgets what was on its way": Break(law="it converges", store=Forgetful),
    "queues again what was on its way": Break(law="delivered once", store=Trusting),
}
