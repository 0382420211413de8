"""Claims from the outbox when there is a slot, keeps the budget, hands over, settles.

A message is claimed only when its slot is near, so that what is urgent waits behind nothing that
is not.  Times between messages are measured on a clock that never jumps; what stands in the store
is dated by the clock on the wall.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from typing import TypeVar, assert_never

import structlog

from aggregator.alerts import budget
from aggregator.alerts.budget import Budget
from aggregator.errors import StoreError
from aggregator.model import (
    ChatGone,
    Delivery,
    DeliveryOutcome,
    NotSent,
    Priority,
    Rejected,
    RetryAt,
    Sent,
    Turn,
    Unknown,
    Unsettled,
)
from aggregator.ports import Clock, Notifier, Store
from aggregator.service.jobs import GRACE_S
from aggregator.store import fate
from aggregator.telegram import words

T = TypeVar("T")

log = structlog.get_logger()

CLAIM_MAX = 64
"""Deliveries in flight at once, one a chat; as many again may be looked for."""

AHEAD = timedelta(seconds=0.2)
"""How long before its slot a message is claimed: long enough to keep the pace, short enough that
an urgent one which comes now waits for a handful of others at most."""

LATE = budget.BOT_SPACING
"""So long after its slot a message takes another one: what the disk held up with it would leave
at the same moment."""

PROBES_MAX = 20
"""Numbers tried for a message that may be there; each is an edit and counts as a message."""

PROBES_BESIDE = 8
"""Numbers tried beyond those of the lost messages: what people wrote meanwhile took some too."""

PROBE_ROUNDS_MAX = 3
"""Rounds without an answer, after which it is no longer looked for."""

PROBE_AGAIN_S = 5.0

OFFLINE_S_MAX = 60.0
"""The longest pause after a probe that never left; the first is 2 s, each next twice as long."""

FAULTS_MAX = 3
"""So often one message may run into a fault of our own before it is given up."""

STORE_AGAIN_S = 1.0
"""What became of a message is told to a store that fails until it listens."""

PAUSE_S_MAX = 30.0
"""The longest wait between two looks: the clock on the wall may be set forward meanwhile."""

MEMORY = "sender"
"""The setting that holds the budget between two lives of the program."""
ALIVE = "alive"
"""What stands there while the program runs, and after it was killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offline:
    """A probe never left: nothing was learnt."""

    detail: str


class Deliverer:
    """Claims from the outbox, keeps the budget, hands over, settles."""

    def __init__(
        self, *, store: Store, notifier: Notifier, clock: Clock, probe: bool = True
    ) -> None:
        """`probe` False never looks for a message: its place's choice decides at once."""
        self._store = store
        self._notifier = notifier
        self._clock = clock
        self._probe = probe
        self._budget: Budget | None = None
        self._woken = asyncio.Event()
        self._inflight: set[asyncio.Task[None]] = set()
        self._probing: set[int] = set()
        self._rounds: dict[int, int] = {}
        self._offline: dict[int, int] = {}
        """How many probes in a row never left, by delivery."""
        self._later: dict[int, datetime] = {}
        """When what was looked for is looked for again, by delivery, on the steady clock."""
        self._faults: dict[int, int] = {}
        self._resume: datetime | None = None
        self._due: datetime | None = None
        self._turnstile = asyncio.Lock()
        """First come, first served, for what is due and for one probe: neither starves the other."""
        self._gate = asyncio.Lock()
        """Where the other probes wait."""

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
                await self._clock.sleep(self._rest())
            else:
                return

    async def close(self) -> None:
        """Let what is on the wire finish; what still waits for its slot goes back to the queue."""
        if self._inflight:
            await asyncio.wait(self._inflight, timeout=GRACE_S)
        for task in self._inflight:
            task.cancel()
        await asyncio.gather(*self._inflight, return_exceptions=True)
        if self._budget is not None:
            with suppress(StoreError):
                await self._remember(closing=True)

    # time and budget

    def _steady(self) -> datetime:
        """Return a time that never jumps, for what lies between two messages."""
        return _ZERO + timedelta(seconds=asyncio.get_running_loop().time())

    async def _load(self) -> Budget:
        """Return the budget; at first from where the last life of the program left it."""
        if self._budget is None:
            kept = await self._store.setting(MEMORY)
            now = self._steady()
            match kept:
                case None:
                    self._budget = Budget()
                case str() if kept.startswith(ALIVE):
                    known = kept.removeprefix(ALIVE)
                    held = budget.loaded(known, now, self._clock.now()) if known else Budget()
                    self._budget = budget.after_a_kill(held, now)
                case _:
                    self._budget = budget.loaded(kept, now, self._clock.now())
            await self._remember(closing=False)
        return self._budget

    async def _remember(self, *, closing: bool) -> None:
        if self._budget is not None:
            text = budget.dumped(self._budget, self._steady(), self._clock.now())
            await self._store.put_setting(MEMORY, text if closing else f"{ALIVE}{text}")

    async def turn(self, chat_id: int) -> None:
        """Return when one more call may leave for `chat_id`, of which this one delivery has hold."""
        while True:
            kept, now = await self._load(), self._steady()
            free = budget.resting(kept, now).get(chat_id, now)
            if free > now:
                await self._clock.sleep((free - now).total_seconds())
                continue
            async with self._gate, self._turnstile:
                kept = await self._slot()
                at, self._budget = budget.reserve(kept, chat_id, self._steady())
            await self._clock.sleep((at - self._steady()).total_seconds())
            if not self._bot_held():
                return

    async def _slot(self) -> Budget:
        """Return the budget once the bot has a slot soon; whoever waits here holds the turnstile."""
        while True:
            kept, now = await self._load(), self._steady()
            if budget.slots(kept, now, AHEAD):
                return kept
            times = (kept.bot_free or now, kept.held_until or now)
            await self._clock.sleep(max(0.001, (max(times) - AHEAD - now).total_seconds()))

    def _bot_held(self) -> bool:
        held = None if self._budget is None else self._budget.held_until
        return held is not None and held > self._steady()

    # starting what is due

    @property
    def _room(self) -> int:
        """Deliveries that may start now: what is looked for takes no room from the others."""
        return CLAIM_MAX + len(self._probing) - len(self._inflight)

    async def _start(self) -> int:
        await self._load()
        return await self._start_probes() + await self._start_due()

    async def _start_due(self) -> int:
        if self._room <= 0 or not await self._is_due():
            return 0
        async with self._turnstile:
            kept = await self._slot()
            now = self._steady()
            still = budget.still(kept, now)
            turn = Turn(
                resting=tuple(budget.resting(kept, now)),
                still=None if still is None else tuple(still),
                served=tuple(kept.served),
            )
            room = min(self._room, budget.slots(kept, now, AHEAD))
            claimed = await self._store.claim(self._clock.now(), room, turn)
            for delivery in claimed:
                at, self._budget = budget.reserve(
                    await self._load(), delivery.place.chat_id, now, edit=_noise(delivery)
                )
                self._spawn(self._deliver(delivery, at))
        return len(claimed)

    async def _is_due(self) -> bool:
        self._due = await self._store.next_due()
        return self._due is not None and self._due <= self._clock.now()

    async def _start_probes(self) -> int:
        """Look for messages whose fate is not known, before anything else goes to their chats."""
        started, now = 0, self._clock.now()
        # One that is settled while the store is asked may be in its answer as it was before.
        busy = set(self._probing)
        found = await self._store.unsettled(CLAIM_MAX)
        self._resume = None
        steady = self._steady()
        rests = budget.resting(await self._load(), steady)
        for unsettled in found:
            delivery = unsettled.delivery
            if delivery.id in busy:
                continue
            rest = rests.get(delivery.place.chat_id, steady) - steady
            until = now + rest if rest > budget.GROUP_SPACING else now
            again = now + (self._later.get(delivery.id, steady) - steady)
            until = max(until, again, delivery.not_before or until)
            if until > now:
                self._resume = min(self._resume or until, until)
                continue
            self._probing.add(delivery.id)
            self._spawn(self._settle_unknown(unsettled))
            started += 1
        return started

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
        pauses += [(at - now).total_seconds() for at in (self._resume, self._due) if at is not None]
        if self._due is not None and self._due <= now:
            pauses[-1] = self._rest()
        return max(0.01, min(pauses))

    def _rest(self) -> float:
        """Return the seconds until the first chat that has been written to may be again."""
        kept, now = self._budget or Budget(), self._steady()
        rests = [*budget.resting(kept, now).values(), *(budget.still(kept, now) or {}).values()]
        if kept.edits_from is not None and kept.edits_from > now:
            rests.append(kept.edits_from)
        # None: what is due came after the claim.
        return max(0.01, (min(rests) - now).total_seconds()) if rests else 0.01

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
            await self._clock.sleep((at - self._steady()).total_seconds())
            if self._bot_held():
                await self._insist(lambda: self._store.release([delivery.id]))
                return
            leaving = await self._leaves(delivery, at)
            if leaving is None:
                return
            outcome = await self._sent(leaving)
            await self._settled(leaving, outcome)
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
            await self._insist(lambda: self._store.release([delivery.id]))
            return None
        if leaving is not None:
            now = self._steady()
            kept, chat, edit = await self._load(), delivery.place.chat_id, _noise(delivery)
            if now - slot > LATE:
                at, self._budget = budget.missed(kept, chat, now, edit=edit)
                await self._clock.sleep((at - now).total_seconds())
            else:
                self._budget = budget.left(kept, chat, now, now, edit=edit)
        return leaving

    async def _sent(self, delivery: Delivery) -> DeliveryOutcome:
        try:
            return await self._notifier.deliver(delivery)
        except Exception as error:  # our own bug: left as being sent it would hold its chat
            log.exception("delivery_failed", chat=delivery.place.chat_id, key=delivery.key)
            faults = self._faults[delivery.id] = self._faults.get(delivery.id, 0) + 1
            what = f"our own error: {type(error).__name__}"
            return Rejected(detail=what) if faults >= FAULTS_MAX else Unknown(detail=what)

    async def _settled(self, delivery: Delivery, outcome: DeliveryOutcome) -> None:
        """Tell the store, which may be full or locked just now; nobody else knows."""
        await self._insist(lambda: self._store.settle(delivery, outcome, self._clock.now()))
        if isinstance(outcome, Sent | Rejected | ChatGone):
            self._faults.pop(delivery.id, None)
        if not isinstance(outcome, Unknown):
            self._forget_rounds(delivery)
        _log_delivery(delivery, outcome)
        await self._note(delivery, outcome)

    async def _note(self, delivery: Delivery, outcome: DeliveryOutcome) -> None:
        """Hold the whole bot when several chats ask to wait at once."""
        if not isinstance(outcome, RetryAt) or not outcome.flood:
            return
        before = await self._load()
        self._budget = budget.flooded(before, delivery.place.chat_id, outcome.after, self._steady())
        if self._budget.held_until != before.held_until:
            log.warning("bot_told_to_wait", seconds=outcome.after.total_seconds())
            await self._insist(lambda: self._remember(closing=False))

    async def _insist(self, work: Callable[[], Awaitable[T]]) -> T:
        """Return what the store answers once it does."""
        while True:
            try:
                return await work()
            except StoreError as error:
                log.warning("store_failed", why=str(error))
                await self._clock.sleep(STORE_AGAIN_S)

    # one message that may be there

    async def _settle_unknown(self, unsettled: Unsettled) -> None:
        """Find the message, or learn that it is not there; then say so to the store."""
        delivery = unsettled.delivery
        try:
            match await self._sought(unsettled):
                case Offline(detail=detail):
                    chat, key = delivery.place.chat_id, delivery.key
                    log.warning("not_sent", chat=chat, key=key, detail=detail)
                    if self._clock.now() - delivery.created < fate.undelivered_max:
                        self._waits_for_network(delivery)
                    else:
                        await self._give_up(delivery)
                case Unknown() if self._looks_again(unsettled):
                    self._again_in(delivery, PROBE_AGAIN_S)
                case Unknown():
                    await self._give_up(delivery)
                case NotSent() if not _conclusive(unsettled):
                    await self._give_up(delivery)
                case outcome:
                    await self._settled(delivery, outcome)
        except Exception:  # the top of this loop: one message's bug stops no other
            log.exception("probe_failed", chat=delivery.place.chat_id, key=delivery.key)
            self._again_in(delivery, PROBE_AGAIN_S)
        finally:
            self._probing.discard(delivery.id)

    def _looks_again(self, unsettled: Unsettled) -> bool:
        """Count a round that brought no answer; say whether there is to be another."""
        if not self._probe or unsettled.haunted:
            return False
        id_ = unsettled.delivery.id
        self._rounds[id_] = self._rounds.get(id_, 0) + 1
        self._offline.pop(id_, None)
        return self._rounds[id_] < PROBE_ROUNDS_MAX

    def _waits_for_network(self, delivery: Delivery) -> None:
        failed = self._offline[delivery.id] = self._offline.get(delivery.id, 0) + 1
        self._again_in(delivery, min(2.0 ** min(failed, 9), OFFLINE_S_MAX))

    def _again_in(self, delivery: Delivery, seconds: float) -> None:
        self._later[delivery.id] = self._steady() + timedelta(seconds=seconds)

    def _forget_rounds(self, delivery: Delivery) -> None:
        for kept in (self._rounds, self._offline, self._later):
            kept.pop(delivery.id, None)

    async def _give_up(self, delivery: Delivery) -> None:
        """Let the place's own choice decide: again, marked, or parked."""
        self._forget_rounds(delivery)
        detail, mark = "looked for in vain", words.MAY_BE_REPEAT
        parked = await self._insist(
            lambda: self._store.unfound(delivery, detail, mark, self._clock.now())
        )
        event = "parked" if parked else "may_be_repeated"
        log.warning(event, chat=delivery.place.chat_id, key=delivery.key)

    async def _sought(self, unsettled: Unsettled) -> DeliveryOutcome | Offline:
        """Return Sent with its number, NotSent when none that was tried is it, or what befell it."""
        delivery = unsettled.delivery
        if not self._probe or unsettled.haunted:
            return Unknown(detail="not looked for")
        for number in _numbers(unsettled):
            await self.turn(delivery.place.chat_id)
            match await self._probed(delivery, number):
                case Rejected():
                    continue
                case NotSent(detail=detail):
                    return Offline(detail=detail)
                case settled:
                    return settled
        return NotSent(detail="looked for and not found")

    async def _probed(self, delivery: Delivery, number: int) -> DeliveryOutcome:
        try:
            return await self._notifier.probe(delivery, number)
        except Exception as error:  # our own bug: it must not hold the chat for good
            log.exception("probe_failed", chat=delivery.place.chat_id, key=delivery.key)
            return Unknown(detail=f"our own error: {type(error).__name__}")


_ZERO = datetime(2000, 1, 1, tzinfo=UTC)


def _wanted(unsettled: Unsettled) -> int:
    """Return how many numbers would have to be tried to say that it is under none of them.

    Those that are free up to the highest known, and as many beyond as the lost messages and what
    we have not heard of yet may have taken.
    """
    known = unsettled.highest - unsettled.after
    taken = sum(1 for n in unsettled.taken if unsettled.after < n <= unsettled.highest)
    tries = unsettled.delivery.attempts
    return max(0, known - taken) + unsettled.lost + PROBES_BESIDE + tries - 1


def _conclusive(unsettled: Unsettled) -> bool:
    """Say whether to find it under no number proves that it is not there."""
    return not unsettled.crowded and _wanted(unsettled) <= PROBES_MAX


def _numbers(unsettled: Unsettled) -> Sequence[int]:
    """Return the numbers to try.

    Of several copies the newest must be found: an older one, unknown, lies below it and is in
    nobody's way, where a newer one would be taken for the chat's next message and written over.
    """
    tries = unsettled.delivery.attempts
    most = min(PROBES_MAX, _wanted(unsettled))
    free = (n for n in count(unsettled.after + 1) if n not in unsettled.taken)
    found = tuple(islice(free, most))
    return found if tries <= 1 else found[::-1]


def _noise(delivery: Delivery) -> bool:
    """Say whether it brings up to date what was told; an answer to a person is none."""
    return delivery.message_id is not None and delivery.priority is not Priority.REPLY


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
