"""The budget while the program runs: who waits for a slot, and what outlives the program.

Times between messages are measured on a clock that never jumps; what stands in the store is dated
by the clock on the wall.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from aggregator.alerts import budget
from aggregator.alerts.budget import MEMORY, Budget
from aggregator.model import Delivery, Priority, Turn
from aggregator.ports import Clock, Store

AHEAD = timedelta(seconds=0.2)
"""How long before its slot a message is claimed: long enough to keep the pace, short enough that
an urgent one which comes now waits for a handful of others at most."""

LATE = budget.BOT_SPACING
"""So long after its slot a message takes another one: what the disk held up with it would leave
at the same moment."""

ALIVE = "alive"
"""What stands there while the program runs, and after it was killed."""

_ZERO = datetime(2000, 1, 1, tzinfo=UTC)


class Pacer:
    """Gives out slots, one message after the other, and remembers them for the next life."""

    def __init__(self, *, store: Store, clock: Clock) -> None:
        """`clock` waits and tells the time of day; the event loop's own time does the pacing."""
        self._store = store
        self._clock = clock
        self._budget: Budget | None = None
        self._turnstile = asyncio.Lock()
        """First come, first served, for what is due and for one probe: neither starves the other."""
        self._gate = asyncio.Lock()
        """Where the other probes wait."""

    def now(self) -> datetime:
        """Return a time that never jumps, for what lies between two messages."""
        return _ZERO + timedelta(seconds=asyncio.get_running_loop().time())

    async def load(self) -> Budget:
        """Return the budget; at first from where the last life of the program left it."""
        if self._budget is None:
            kept = await self._store.setting(MEMORY)
            now = self.now()
            match kept:
                case None:
                    self._budget = Budget()
                case str() if kept.startswith(ALIVE):
                    known = kept.removeprefix(ALIVE)
                    held = budget.loaded(known, now, self._clock.now()) if known else Budget()
                    self._budget = budget.after_a_kill(held, now)
                case _:
                    self._budget = budget.loaded(kept, now, self._clock.now())
            await self.remember(closing=False)
        return self._budget

    async def remember(self, *, closing: bool) -> None:
        """Write down where the budget stands, if it was used; `closing` when nothing more leaves."""
        if self._budget is not None:
            text = budget.dumped(self._budget, self.now(), self._clock.now())
            await self._store.put_setting(MEMORY, text if closing else f"{ALIVE}{text}")

    async def turn(self, chat_id: int) -> None:
        """Return when one more call may leave for `chat_id`, of which this one delivery has hold."""
        while True:
            kept, now = await self.load(), self.now()
            free = budget.resting(kept, now).get(chat_id, now)
            if free > now:
                await self._clock.sleep((free - now).total_seconds())
                continue
            async with self._gate, self.turnstile() as kept:
                at, self._budget = budget.reserve(kept, chat_id, self.now())
            await self._clock.sleep((at - self.now()).total_seconds())
            if not self.is_held:
                return

    @asynccontextmanager
    async def turnstile(self) -> AsyncIterator[Budget]:
        """Let one through when the bot has a slot soon; yield the budget as it then stands."""
        async with self._turnstile:
            while True:
                kept, now = await self.load(), self.now()
                if budget.slots(kept, now, AHEAD):
                    break
                times = (kept.bot_free or now, kept.held_until or now)
                await self._clock.sleep(max(0.001, (max(times) - AHEAD - now).total_seconds()))
            yield kept

    async def reserve(self, delivery: Delivery, now: datetime) -> datetime:
        """Return the slot of `delivery`, which is its own from now on."""
        kept, chat = await self.load(), delivery.place.chat_id
        at, self._budget = budget.reserve(kept, chat, now, edit=_noise(delivery))
        return at

    async def leaves(self, delivery: Delivery, slot: datetime) -> None:
        """Note that `delivery` leaves now; if it has missed its `slot`, wait for another first."""
        now = self.now()
        kept, chat, edit = await self.load(), delivery.place.chat_id, _noise(delivery)
        if now - slot > LATE:
            at, self._budget = budget.missed(kept, chat, now, edit=edit)
            await self._clock.sleep((at - now).total_seconds())
        else:
            self._budget = budget.left(kept, chat, now, now, edit=edit)

    async def flooded(self, chat_id: int, after: timedelta) -> bool:
        """Note that `chat_id` asked to wait; say whether that made the whole bot wait longer.

        Whoever calls it writes it down with `remember`, or a kill would forget it.
        """
        before = await self.load()
        self._budget = budget.flooded(before, chat_id, after, self.now())
        return self._budget.held_until != before.held_until

    def hold(self, wait: timedelta) -> None:
        """Let nothing leave for so long."""
        if self._budget is not None:
            self._budget = budget.held(self._budget, wait, self.now())

    @property
    def is_held(self) -> bool:
        """Say whether Telegram asked the whole bot to wait."""
        held = None if self._budget is None else self._budget.held_until
        return held is not None and held > self.now()

    def rest_s(self) -> float:
        """Return the seconds until the first chat that has been written to may be again."""
        kept, now = self._budget or Budget(), self.now()
        rests = [*budget.resting(kept, now).values(), *(budget.still(kept, now) or {}).values()]
        if kept.edits_from is not None and kept.edits_from > now:
            rests.append(kept.edits_from)
        # None: what is due came after the claim.
        return max(0.01, (min(rests) - now).total_seconds()) if rests else 0.01


def turn_at(kept: Budget, now: datetime) -> Turn:
    """Return which chats may not be written to at `now`, and whose turn was last."""
    still = budget.still(kept, now)
    return Turn(
        resting=tuple(budget.resting(kept, now)),
        still=None if still is None else tuple(still),
        served=tuple(kept.served),
    )


def _noise(delivery: Delivery) -> bool:
    """Say whether it brings up to date what was told; an answer to a person is none."""
    return delivery.message_id is not None and delivery.priority is not Priority.REPLY
