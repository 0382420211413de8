"""Claims from the outbox when there is a slot, hands over, settles.

A message is claimed only when its slot is near, so that what is urgent waits behind nothing that
is not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from aggregator.alerts import budget
from aggregator.errors import StoreError
from aggregator.model import ChatGone, Delivery, DeliveryOutcome, Rejected, Sent, Unknown
from aggregator.ports import Clock, Notifier, Store
from aggregator.service.jobs import GRACE_S
from aggregator.service.pacer import AHEAD, Pacer, turn_at
from aggregator.service.seeker import Seeker, Tell
from aggregator.service.settle import insist, settle

log = structlog.get_logger()

CLAIM_MAX = 64
"""Deliveries in flight at once, one a chat; as many again may be looked for."""

FAULTS_MAX = 3
"""So often one message may run into a fault of our own before it is given up."""

PAUSE_S_MAX = 30.0
"""The longest wait between two looks: the clock on the wall may be set forward meanwhile."""


class Deliverer:
    """Claims from the outbox, keeps the budget, hands over, settles."""

    def __init__(
        self,
        *,
        store: Store,
        notifier: Notifier,
        clock: Clock,
        probe: bool = True,
        given_up: Tell | None = None,
    ) -> None:
        """`probe` False never looks for a message: its place's choice decides at once.

        `given_up` hears of a message for which nothing more is tried, with its last outcome.
        """
        self._store = store
        self._notifier = notifier
        self._clock = clock
        self._pacer = Pacer(store=store, clock=clock)
        self._given_up = given_up
        self._seeker = Seeker(
            store=store,
            notifier=notifier,
            clock=clock,
            pacer=self._pacer,
            probe=probe,
            tell=self._tell,
        )
        self._woken = asyncio.Event()
        self._inflight: set[asyncio.Task[None]] = set()
        self._faults: dict[int, int] = {}
        self._due: datetime | None = None

    def wake(self) -> None:
        """Something may be due."""
        self._woken.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        while True:
            self._woken.clear()
            try:
                started = await self._start()
                pause = None if started else self._pause()
            except Exception:  # the top of this loop: a full disk now may be free in a moment
                log.exception("delivering_failed")
                started, pause = 0, 5.0
            if started:
                continue
            await self._wait(pause)

    async def drain(self) -> None:
        """Deliver what is due now, and return when none of it is in flight."""
        while True:
            if await self._start():
                continue
            if self._inflight:
                await asyncio.wait(self._inflight, return_when=asyncio.FIRST_COMPLETED)
            elif await self._is_due():
                await self._clock.sleep(self._pacer.rest_s())
            else:
                return

    async def close(self) -> None:
        """Let what is on the wire finish; what still waits for its slot goes back to the queue."""
        if self._inflight:
            await asyncio.wait(self._inflight, timeout=GRACE_S)
        for task in self._inflight:
            task.cancel()
        await asyncio.gather(*self._inflight, return_exceptions=True)
        with suppress(StoreError):
            await self._pacer.remember(closing=True)

    async def turn(self, chat_id: int) -> None:
        """Return when one more call may leave for `chat_id`, of which this one delivery has hold."""
        await self._pacer.turn(chat_id)

    def hold(self, wait: timedelta) -> None:
        """Send nothing for so long: another program may be sending for the same bot."""
        self._pacer.hold(wait)

    # starting what is due

    @property
    def _room(self) -> int:
        """Deliveries that may start now: what is looked for takes no room from the others."""
        return CLAIM_MAX + len(self._seeker) - len(self._inflight)

    async def _start(self) -> int:
        await self._pacer.load()
        return await self._start_probes() + await self._start_due()

    async def _start_due(self) -> int:
        if self._room <= 0 or not await self._is_due():
            return 0
        async with self._pacer.turnstile() as kept:
            now = self._pacer.now()
            room = min(self._room, budget.slots(kept, now, AHEAD))
            claimed = await self._store.claim(self._clock.now(), room, turn_at(kept, now))
            for delivery in claimed:
                self._spawn(self._deliver(delivery, await self._pacer.reserve(delivery, now)))
        return len(claimed)

    async def _is_due(self) -> bool:
        self._due = await self._store.next_due()
        return self._due is not None and self._due <= self._clock.now()

    async def _start_probes(self) -> int:
        """Look for messages whose fate is not known, before anything else goes to their chats."""
        due = await self._seeker.due(CLAIM_MAX)
        for unsettled in due:
            self._spawn(self._seeker.settled(unsettled))
        return len(due)

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._inflight.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._inflight.discard(task)
        self._woken.set()

    def _pause(self) -> float | None:
        """Return the seconds until something may be due; None: until woken."""
        if self._room <= 0:
            return None
        now = self._clock.now()
        pauses = [PAUSE_S_MAX]
        pauses += [
            (at - now).total_seconds() for at in (self._seeker.resume, self._due) if at is not None
        ]
        if self._due is not None and self._due <= now:
            pauses[-1] = self._pacer.rest_s()
        return max(0.01, min(pauses))

    async def _wait(self, pause: float | None) -> None:
        try:
            async with asyncio.timeout(pause):
                await self._woken.wait()
        except TimeoutError:
            pass

    # one message

    async def _deliver(self, delivery: Delivery, at: datetime) -> None:
        leaving: Delivery | None = None
        try:
            await self._clock.sleep((at - self._pacer.now()).total_seconds())
            if self._pacer.is_held:
                await insist(lambda: self._store.release([delivery.id]), self._clock)
                return
            leaving = await self._leaves(delivery, at)
            if leaving is None:
                return
            left = self._pacer.now()
            outcome = await self._sent(leaving)
            await self._settled(leaving, outcome, left)
        except asyncio.CancelledError:
            if leaving is None:
                with suppress(StoreError):
                    await self._store.release([delivery.id])
            raise
        except Exception:  # the top of this loop: one message's bug stops no other
            log.exception("delivery_failed", chat=delivery.place.chat_id, key=delivery.key)

    async def _leaves(self, delivery: Delivery, slot: datetime) -> Delivery | None:
        """Record that it leaves now, for which it had a `slot`; None when it does not."""
        try:
            leaving = await self._store.leaving(delivery.id, self._clock.now())
        except StoreError:
            log.warning("store_failed", chat=delivery.place.chat_id, key=delivery.key)
            await insist(lambda: self._store.release([delivery.id]), self._clock)
            return None
        if leaving is not None:
            await self._pacer.leaves(delivery, slot)
        return leaving

    async def _sent(self, delivery: Delivery) -> DeliveryOutcome:
        try:
            return await self._notifier.deliver(delivery)
        except Exception as error:  # our own bug: left as being sent it would hold its chat
            log.exception("delivery_failed", chat=delivery.place.chat_id, key=delivery.key)
            faults = self._faults[delivery.id] = self._faults.get(delivery.id, 0) + 1
            what = f"our own error: {type(error).__name__}"
            return Rejected(detail=what) if faults >= FAULTS_MAX else Unknown(detail=what)

    async def _settled(self, delivery: Delivery, outcome: DeliveryOutcome, left: datetime) -> None:
        if delivery.message_id is None:
            match outcome:
                case Sent(message_id=number):
                    self._seeker.given(delivery, number, left)
                case Unknown():
                    self._seeker.lost(delivery)
                case _:
                    pass  # the others say nothing of numbers
        await settle(delivery, outcome, store=self._store, pacer=self._pacer, clock=self._clock)
        if isinstance(outcome, Sent | Rejected | ChatGone):
            self._faults.pop(delivery.id, None)
        if not isinstance(outcome, Unknown):
            self._seeker.forgets(delivery)
        if isinstance(outcome, Rejected) and delivery.message_id is None:
            await self._tell(delivery, outcome)

    async def _tell(self, delivery: Delivery, outcome: Rejected | Unknown) -> None:
        if self._given_up is None:
            return
        try:
            await self._given_up(delivery, outcome)
        except Exception:  # what is told beside a message changes nothing of what became of it
            log.exception("notice_failed", key=delivery.key)
