"""The program, broken on purpose: each way is one that a bot was really built in.

A simulation that finds nothing wrong with these proves nothing about ours.
"""

from __future__ import annotations

import asyncio
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
    Evidence,
    NotSent,
    RetryAt,
    Sent,
    Turn,
    Unknown,
)
from tests.sim.weather import Weather
from tests.sim.world import Life, World

STORMY = Weather(
    telegram=dict.fromkeys(("lost_before", "hang_after", "cut_after", "gateway_after"), 0.05)
    | {"flood": 0.1},
    feed={"timeout": 0.1},
    events={"blocks": 2, "busy": 1, "storm": 1},
    kills=8,
    graceful=0.0,
    slow=0.3,
)


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


class KeepsLess(Around):
    """Stores a batch without one part of it."""

    without: tuple[str, ...] = ()

    async def commit(self, batch: Batch, expected_version: int) -> CommitOutcome:
        less = replace(batch, **dict.fromkeys(self.without, ()))
        done: CommitOutcome = await self.inner.commit(less, expected_version)
        return done


class NoMatches(KeepsLess):
    """Forgets why an item was wanted."""

    without = ("matches",)


class NoDecisions(KeepsLess):
    """Forgets what was decided."""

    without = ("decisions",)


class OnlyTheFeed(KeepsLess):
    """Marks a feed as read without what was in it."""

    without = ("items", "matches", "decisions", "stories", "deliveries")


class OneATopic(Around):
    """Takes the topics of a group for one chat."""

    async def commit(self, batch: Batch, expected_version: int) -> CommitOutcome:
        first = {(one.place.chat_id, one.key): one for one in reversed(batch.deliveries)}
        less = replace(batch, deliveries=tuple(first.values()))
        done: CommitOutcome = await self.inner.commit(less, expected_version)
        return done


class WrongTopic(Around):
    """Sends to the first topic that it knows of."""

    async def deliver(self, delivery: Delivery) -> DeliveryOutcome:
        thread = 3 if delivery.place.thread_id else 0
        place = replace(delivery.place, thread_id=thread)
        outcome: DeliveryOutcome = await self.inner.deliver(replace(delivery, place=place))
        return outcome


class Misquotes(Around):
    """Says that its evidence stands one letter further on."""

    async def commit(self, batch: Batch, expected_version: int) -> CommitOutcome:
        matches = tuple(
            (key, replace(match, evidence=tuple(map(_shifted, match.evidence))))
            for key, match in batch.matches
        )
        done: CommitOutcome = await self.inner.commit(
            replace(batch, matches=matches), expected_version
        )
        return done


def _shifted(span: Evidence) -> Evidence:
    return replace(span, start=span.start + 1, end=span.end + 1)


class Hoards(Around):
    """Keeps a note of each message for ever."""

    async def settle(self, delivery: Delivery, outcome: DeliveryOutcome, now: Any) -> None:
        await self.inner.settle(delivery, outcome, now)
        await self.inner.put_setting(f"told:{delivery.id}", "yes")


class NewestFirst(Around):
    """Sends what came last in each chat first."""

    async def claim(self, now: Any, limit: int, turn: Turn | None = None) -> tuple[Delivery, ...]:
        older = "state = 'queued' AND id < (SELECT max(id) FROM delivery AS other WHERE"
        older += " other.chat_id = delivery.chat_id AND other.state = 'queued')"
        rows = self.world.db.execute(f"SELECT id FROM delivery WHERE {older}").fetchall()  # noqa: S608 -- our own
        ids = ", ".join(str(row["id"]) for row in rows)
        self.world.db.execute(f"UPDATE delivery SET state = 'dead' WHERE id IN ({ids})")  # noqa: S608 -- our own
        try:
            claimed: tuple[Delivery, ...] = await self.inner.claim(now, limit, turn)
        finally:
            self.world.db.execute(f"UPDATE delivery SET state = 'queued' WHERE id IN ({ids})")  # noqa: S608 -- our own
        return claimed


class EachForItself(Around):
    """Takes a flood for the business of its chat alone."""

    async def deliver(self, delivery: Delivery) -> DeliveryOutcome:
        outcome: DeliveryOutcome = await self.inner.deliver(delivery)
        return replace(outcome, flood=False) if isinstance(outcome, RetryAt) else outcome


class SparesEdits(Around):
    """Takes an edit for done without making it."""

    async def deliver(self, delivery: Delivery) -> DeliveryOutcome:
        if delivery.message_id is not None:
            return Sent(message_id=delivery.message_id)
        outcome: DeliveryOutcome = await self.inner.deliver(delivery)
        return outcome


class EditsOften(Around):
    """Brings a message up to date in four steps."""

    async def deliver(self, delivery: Delivery) -> DeliveryOutcome:
        outcome: DeliveryOutcome = await self.inner.deliver(delivery)
        for _ in range(3 if delivery.message_id is not None else 0):
            await asyncio.sleep(3.1)
            outcome = await self.inner.deliver(delivery)
        return outcome


class LooksTwice(Around):
    """Asks so many times, so fast, whether what it sent is there."""

    times, after_s = 0, 0.0

    async def deliver(self, delivery: Delivery) -> DeliveryOutcome:
        outcome: DeliveryOutcome = await self.inner.deliver(delivery)
        for _ in range(self.times if isinstance(outcome, Sent) else 0):
            await asyncio.sleep(self.after_s)
            await self.inner.probe(delivery, outcome.message_id)
        return outcome


class ForgetsGroups(LooksTwice):
    """Writes to a group as often as to a person."""

    times, after_s = 21, 1.1


class ForgetsTheBot(LooksTwice):
    """Keeps no pace for all chats together."""

    times, after_s = 30, 0.01


class Stumbles(Around):
    """Has a bug where it notes what became of a message."""

    async def settle(self, delivery: Delivery, outcome: DeliveryOutcome, now: Any) -> None:
        await self.inner.settle(delivery, outcome, now)
        raise KeyError(delivery.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """One way to break it, and the law that must notice."""

    law: str
    store: type[Around] | None = None
    mouth: type[Around] | None = None
    weather: Weather = STORMY


BREAKS = {
    "seen before it is queued": Break(law="every matched item", store=SeenFirst),
    "sent again on every failure": Break(law="delivered once", mouth=SendsAgain),
    "never sent again": Break(law="nothing is lost", mouth=GivesUp),
    "asked to wait, and does not": Break(law="a wait asked for", mouth=NoWaiting),
    "writes to who has left": Break(law="nothing goes to a chat", mouth=StaysGone),
    "no lock on the chat": Break(law="budget of a chat", store=ManyAtOnce),
    "forgets what was on its way": Break(law="it converges", store=Forgetful),
    "queues again what was on its way": Break(law="delivered once", store=Trusting),
    "forgets matches": Break(law="every hit is matched", store=NoMatches),
    "forgets decisions": Break(law="every match is decided on", store=NoDecisions),
    "read, and not kept": Break(law="every item is read", store=OnlyTheFeed),
    "two topics told as one": Break(law="every matched item", store=OneATopic),
    "one topic for another": Break(law="nothing is lost", mouth=WrongTopic),
    "quotes what is not there": Break(law="evidence is literally", store=Misquotes),
    "keeps a note of everything": Break(law="tables are bounded", store=Hoards),
    "the newest first": Break(law="order in a chat", store=NewestFirst),
    "holds one chat where many flood": Break(
        law="several floods", mouth=EachForItself, weather=Weather(telegram={"flood": 0.7})
    ),
    "does not make its edits": Break(law="the last state is shown", mouth=SparesEdits),
    "edits without end": Break(law="edits of a chat", mouth=EditsOften),
    "a group like a person": Break(law="budget of a group", mouth=ForgetsGroups),
    "no pace for the bot": Break(law="budget of the bot", mouth=ForgetsTheBot),
    "has a bug": Break(law="no fault of our own", store=Stumbles),
}
