"""Claims from the outbox, keeps the budget, hands over, settles."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from typing import assert_never

import structlog

from aggregator.alerts.budget import Budget, reserve
from aggregator.errors import StoreError
from aggregator.model import (
    ChatGone,
    Delivery,
    DeliveryOutcome,
    NotSent,
    Rejected,
    RetryAt,
    Sent,
    Unknown,
    Unsettled,
)
from aggregator.ports import Clock, Notifier, Store
from aggregator.service.jobs import GRACE_S

log = structlog.get_logger()

CLAIM_MAX = 64
"""Deliveries in flight at once, one a chat; as many again may be looked for."""

PROBES_MAX = 20
"""Numbers tried for a message that may be there; each is an edit and counts as a message."""

PROBES_BESIDE = 8
"""Numbers tried beyond those of the lost messages: what people wrote meanwhile took some too."""

PROBE_SPACING = timedelta(seconds=0.2)
"""Between two probes in one chat: an edit of nothing shows nothing, and a command may wait."""

PROBE_ROUNDS_MAX = 3
"""Rounds without an answer, after which it is sent again: rather a repeat than a loss."""

PROBE_AGAIN_S = 5.0


class Deliverer:
    """Claims from the outbox, keeps the budget, hands over, settles."""

    def __init__(self, *, store: Store, notifier: Notifier, clock: Clock) -> None:
        self._store = store
        self._notifier = notifier
        self._clock = clock
        self._budget = Budget()
        self._woken = asyncio.Event()
        self._inflight: set[asyncio.Task[None]] = set()
        self._probing: set[int] = set()
        self._rounds: dict[int, int] = {}
        self._later: dict[int, datetime] = {}

    def wake(self) -> None:
        """Something may be due."""
        self._woken.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        while True:
            self._woken.clear()
            try:
                started = await self._start_probes() + await self._start_due()
                pause = None if started else await self._pause()
            except Exception:  # the top of this loop: a full disk now may be free in a moment
                log.exception("delivering_failed")
                started, pause = 0, 5.0
            if started:
                continue
            await self._wait(pause)

    async def drain(self) -> None:
        """Deliver what is due now, and return when none of it is in flight."""
        while await self._start_probes() or await self._start_due() or self._inflight:
            if self._inflight:
                await asyncio.wait(self._inflight, return_when=asyncio.FIRST_COMPLETED)

    async def close(self) -> None:
        """Let what is on the wire finish; what still waits for its slot goes back to the queue."""
        if self._inflight:
            await asyncio.wait(self._inflight, timeout=GRACE_S)
        for task in self._inflight:
            task.cancel()
        await asyncio.gather(*self._inflight, return_exceptions=True)

    @property
    def _room(self) -> int:
        """Deliveries that may start now: what is looked for takes no room from the others."""
        return CLAIM_MAX + len(self._probing) - len(self._inflight)

    async def _start_due(self) -> int:
        if self._room <= 0:
            return 0
        claimed = await self._store.claim(self._clock.now(), self._room)
        for delivery in claimed:
            task = asyncio.create_task(self._deliver(delivery))
            self._inflight.add(task)
            task.add_done_callback(self._done)
        return len(claimed)

    async def _start_probes(self) -> int:
        """Look for messages whose fate is not known, before anything else goes to their chats."""
        started, now = 0, self._clock.now()
        self._later = {id_: at for id_, at in self._later.items() if at > now}
        for unsettled in await self._store.unsettled(CLAIM_MAX):
            if unsettled.delivery.id in self._probing or unsettled.delivery.id in self._later:
                continue
            self._probing.add(unsettled.delivery.id)
            task = asyncio.create_task(self._settle_unknown(unsettled))
            self._inflight.add(task)
            task.add_done_callback(self._done)
            started += 1
        return started

    def _done(self, task: asyncio.Task[None]) -> None:
        self._inflight.discard(task)
        self._woken.set()

    async def _pause(self) -> float | None:
        """Return the seconds until something may be due; None: until woken."""
        due = await self._store.next_due() if self._room > 0 else None
        times = [*self._later.values(), *([due] if due else [])]
        if not times:
            return None
        return max(0.05, (min(times) - self._clock.now()).total_seconds())

    async def _wait(self, pause: float | None) -> None:
        try:
            async with asyncio.timeout(pause):
                await self._woken.wait()
        except TimeoutError:
            pass

    async def _deliver(self, delivery: Delivery) -> None:
        sending = False
        try:
            now = self._clock.now()
            at, self._budget = reserve(self._budget, delivery.place.chat_id, now)
            await self._clock.sleep((at - now).total_seconds())
            sending = True
            outcome = await self._notifier.deliver(delivery)
            await self._store.settle(delivery, outcome, self._clock.now())
            _log_delivery(delivery, outcome)
        except asyncio.CancelledError:
            if not sending:
                await self._store.release([delivery.id])
            raise
        except Exception as error:  # the top of this loop: one message's bug stops no other
            log.exception("delivery_failed", chat=delivery.place.chat_id, key=delivery.key)
            # Left as being sent it would hold its chat until the next start.
            lost = Unknown(detail=f"our own error: {type(error).__name__}")
            with suppress(StoreError):
                await self._store.settle(delivery, lost, self._clock.now())

    async def _settle_unknown(self, unsettled: Unsettled) -> None:
        """Find the message, or learn that it is not there; then say so to the store."""
        delivery = unsettled.delivery
        try:
            outcome = await self._sought(unsettled)
            if isinstance(outcome, RetryAt):
                # An answer, so it is no round without one; nor is it slept out here, where it
                # would hold up `drain` for as long as a day.
                self._later[delivery.id] = self._clock.now() + outcome.after
                _log_delivery(delivery, outcome)
                return
            rounds = self._rounds[delivery.id] = self._rounds.get(delivery.id, 0) + 1
            if isinstance(outcome, Unknown) and rounds < PROBE_ROUNDS_MAX:
                await self._clock.sleep(PROBE_AGAIN_S)
                return
            if isinstance(outcome, Unknown):
                log.warning("may_be_repeated", chat=delivery.place.chat_id, key=delivery.key)
                outcome = NotSent(detail="still not known; sent again, it may be a repeat")
            self._rounds.pop(delivery.id, None)
            await self._store.settle(delivery, outcome, self._clock.now())
            _log_delivery(delivery, outcome)
        except Exception:  # the top of this loop: one message's bug stops no other
            log.exception("probe_failed", chat=delivery.place.chat_id, key=delivery.key)
            await self._clock.sleep(PROBE_AGAIN_S)
        finally:
            self._probing.discard(delivery.id)

    async def _sought(self, unsettled: Unsettled) -> DeliveryOutcome:
        """Return Sent with its number, or NotSent when no number it can have is it."""
        delivery = unsettled.delivery
        number = unsettled.after
        for _ in range(min(PROBES_MAX, unsettled.lost + PROBES_BESIDE)):
            number += 1
            while number in unsettled.taken:
                number += 1
            now = self._clock.now()
            at, self._budget = reserve(
                self._budget, delivery.place.chat_id, now, spacing=PROBE_SPACING
            )
            await self._clock.sleep((at - now).total_seconds())
            match await self._notifier.probe(delivery, number):
                case Rejected():
                    continue
                case NotSent(detail=detail):  # this probe never left: nothing was learnt
                    return Unknown(detail=detail)
                case settled:
                    return settled
        return NotSent(detail="looked for and not found")


def _log_delivery(delivery: Delivery, outcome: DeliveryOutcome) -> None:
    say = log.bind(chat=delivery.place.chat_id, key=delivery.key)
    match outcome:
        case Sent(message_id=message_id):
            say.info("delivered", message=message_id, edit=delivery.message_id is not None)
        case RetryAt(after=after):
            say.warning("told_to_wait", seconds=after.total_seconds())
        case NotSent(detail=detail):
            say.warning("not_sent", detail=detail)
        case Unknown(detail=detail):
            say.warning("outcome_unknown", detail=detail)
        case ChatGone(detail=detail):
            say.warning("chat_gone", detail=detail)
        case Rejected(detail=detail):
            say.error("message_refused", detail=detail)
        case _:
            assert_never(outcome)
