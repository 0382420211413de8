"""Looks for messages that may or may not have arrived, before anything else goes to their chats."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from aggregator.alerts import budget
from aggregator.alerts.budget import Budget
from aggregator.model import (
    REPEATS_MAX,
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
from aggregator.service.known import Known, count_of
from aggregator.service.pacer import Pacer
from aggregator.service.settle import insist, settle
from aggregator.store import fate
from aggregator.telegram import words

log = structlog.get_logger()

ROUNDS_MAX = 3
"""Rounds without an answer, after which it is no longer looked for."""

AGAIN_S = 5.0

OFFLINE_S_MAX = 60.0
"""The longest pause after a probe that never left; the first is 2 s, each next twice as long."""


ACTIVE_MAX = 16
"""Messages of one count looked for at once, the oldest first: what they find need not be tried
for those behind them."""

ACTIVE_S = 30.0
"""One that is looked for this long gets no answers, and takes no other's place."""

PATIENCE_S = 60.0
"""So long after it failed a message waits for what others of its count show."""

OTHERS_S = 2.0
"""Between two looks at what they have shown."""

Tell = Callable[[Delivery, Rejected | Unknown], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offline:
    """A probe never left: nothing was learnt."""

    detail: str


class Seeker:
    """Finds a message by the number that Telegram gave it, or lets its place's choice decide."""

    def __init__(
        self,
        *,
        store: Store,
        notifier: Notifier,
        clock: Clock,
        pacer: Pacer,
        probe: bool,
        tell: Tell,
    ) -> None:
        """`probe` False never looks for a message: its place's choice decides at once.

        `tell` hears of what was repeated in vain.
        """
        self._store = store
        self._notifier = notifier
        self._clock = clock
        self._pacer = pacer
        self._probe = probe
        self._tell = tell
        self._sought: dict[int, tuple[int, datetime]] = {}
        """What is looked for: in which count, and since when."""
        self._known = Known()
        self._rounds: dict[int, int] = {}
        self._offline: dict[int, int] = {}
        """How many probes in a row never left, by delivery."""
        self._later: dict[int, datetime] = {}
        """When what was looked for is looked for again, by delivery, on the steady clock."""
        self.resume: datetime | None = None
        """When the next one may be looked for; None when there is none that waits."""

    def __len__(self) -> int:
        """Return how many are being looked for."""
        return len(self._sought)

    def forgets(self, delivery: Delivery) -> None:
        """Its fate is known: the rounds that were made for it count no more."""
        self._forgets_rounds(delivery)
        self._known.forgets(delivery)

    def _forgets_rounds(self, delivery: Delivery) -> None:
        for kept in (self._rounds, self._offline, self._later):
            kept.pop(delivery.id, None)

    def lost(self, delivery: Delivery) -> None:
        """It failed just now, and may be there."""
        self.forgets(delivery)
        self._known.lost(delivery, self._pacer.now())

    def given(self, delivery: Delivery, number: int, left: datetime) -> None:
        """It got a `number`, and `left` at that moment of the steady clock."""
        self._known.given(delivery.place.chat_id, number, left)

    async def due(self, most: int) -> Sequence[Unsettled]:
        """Return those of the first `most` that may be looked for now; each must be `settled`."""
        # One that is settled while the store is asked may be in its answer as it was before.
        busy = set(self._sought)
        found = await self._store.unsettled(most)
        kept = await self._pacer.load()
        self.resume = None
        self._known.begins(self._pacer.now())
        self._known.found(found)
        return [one for one in found if one.delivery.id not in busy and self._takes(one, kept)]

    def _takes(self, unsettled: Unsettled, kept: Budget) -> bool:
        delivery, now, steady = unsettled.delivery, self._clock.now(), self._pacer.now()
        rest = budget.resting(kept, steady).get(delivery.place.chat_id, steady) - steady
        until = now + rest if rest > budget.GROUP_SPACING else now
        again = now + (self._later.get(delivery.id, steady) - steady)
        until = max(until, again, delivery.not_before or until)
        if until > now:
            self.resume = min(self.resume or until, until)
            return False
        counted = count_of(delivery.place.chat_id)
        young = steady - timedelta(seconds=ACTIVE_S)
        active = [one for one, since in self._sought.values() if one == counted and since > young]
        if len(active) >= ACTIVE_MAX:
            soon = now + timedelta(seconds=OTHERS_S)
            self.resume = min(self.resume or soon, soon)
            return False
        self._sought[delivery.id] = counted, steady
        return True

    async def settled(self, unsettled: Unsettled) -> None:
        """Find the message, or learn that it is not there; then say so to the store."""
        delivery = unsettled.delivery
        try:
            await self._settled(unsettled)
        except Exception:  # the top of this loop: one message's bug stops no other
            log.exception("probe_failed", chat=delivery.place.chat_id, key=delivery.key)
            self._again_in(delivery, AGAIN_S)
            if not self._looks_again(unsettled):
                await self._gives_up(delivery)
        finally:
            self._sought.pop(delivery.id, None)

    async def _settled(self, unsettled: Unsettled) -> None:
        delivery = unsettled.delivery
        match await self._outcome(unsettled):
            case Offline(detail=detail):
                log.warning(
                    "not_sent", chat=delivery.place.chat_id, key=delivery.key, detail=detail
                )
                if self._clock.now() - delivery.created < fate.undelivered_max:
                    self._waits_for_network(delivery)
                else:
                    await self._gives_up(delivery)
            case Unknown() if self._looks_again(unsettled):
                self._again_in(delivery, AGAIN_S)
            case Unknown():
                await self._gives_up(delivery)
            case NotSent() if not self._known.is_conclusive(unsettled):
                if self._others_may_show(unsettled):
                    self._again_in(delivery, OTHERS_S)
                else:
                    await self._gives_up(delivery)
            case outcome:
                await settle(
                    delivery, outcome, store=self._store, pacer=self._pacer, clock=self._clock
                )
                match outcome:
                    case RetryAt():
                        # When it failed still says which numbers came after it.
                        self._forgets_rounds(delivery)
                    case ChatGone(migrated_to=int()):
                        # Looked for among other numbers from now on.
                        self.lost(delivery)
                    case _:
                        self.forgets(delivery)

    def _looks_again(self, unsettled: Unsettled) -> bool:
        """Count a round that brought no answer; say whether there is to be another."""
        if not self._probe or unsettled.haunted:
            return False
        id_ = unsettled.delivery.id
        self._rounds[id_] = self._rounds.get(id_, 0) + 1
        self._offline.pop(id_, None)
        return self._rounds[id_] < ROUNDS_MAX

    def _waits_for_network(self, delivery: Delivery) -> None:
        failed = self._offline[delivery.id] = self._offline.get(delivery.id, 0) + 1
        self._again_in(delivery, min(2.0 ** min(failed, 9), OFFLINE_S_MAX))

    def _again_in(self, delivery: Delivery, seconds: float) -> None:
        self._later[delivery.id] = self._pacer.now() + timedelta(seconds=seconds)

    async def _gives_up(self, delivery: Delivery) -> None:
        """Let the place's own choice decide: again, marked, or parked."""
        self.forgets(delivery)
        detail, mark = "looked for in vain", words.MAY_BE_REPEAT
        parked = await insist(
            lambda: self._store.unfound(delivery, detail, mark, self._clock.now()), self._clock
        )
        event = "parked" if parked else "may_be_repeated"
        if not parked:
            self._known.goes_again(delivery.place.chat_id, self._pacer.now())
        log.warning(event, chat=delivery.place.chat_id, key=delivery.key)
        if parked and fate.marked(delivery.message) and delivery.attempts > REPEATS_MAX:
            await self._tell(delivery, Unknown(detail=detail))

    async def _outcome(self, unsettled: Unsettled) -> DeliveryOutcome | Offline:
        """Return Sent with its number, NotSent when none that was tried is it, or what befell it."""
        delivery = unsettled.delivery
        if not self._probe or unsettled.haunted:
            return Unknown(detail="not looked for")
        while self._known.left(unsettled):
            await self._pacer.turn(delivery.place.chat_id)
            # While it waited for its turn a number may have turned out to be another message's.
            if not (left := self._known.left(unsettled)):
                break
            match await self._notifier.probe(delivery, left[0]):
                case Rejected():
                    self._known.tried(delivery, left[0])
                case NotSent(detail=detail):
                    return Offline(detail=detail)
                case Sent() as sent:
                    self._known.given(delivery.place.chat_id, left[0], None)
                    return sent
                case settled:
                    return settled
        return NotSent(detail="looked for and not found")

    def _others_may_show(self, unsettled: Unsettled) -> bool:
        now = self._pacer.now()
        patient = self._known.failed_for(unsettled.delivery, now) < timedelta(seconds=PATIENCE_S)
        return patient and self._known.others_may_show(unsettled, now)
