"""How alerts are delivered: pace, and what each fault loses or repeats.

    python benchmarks/delivery.py            # all three tables
    python benchmarks/delivery.py --quick    # fewer worlds in the last one

1. One alert to 300 chats over real HTTP to a Bot API server that floods who is too fast.
2. 150 messages over real HTTP, of which 8 % are accepted and never answered, 4 % accepted and cut,
   6 % cut before they are accepted, 5 % answered 502.
3. Each fault by itself, in the worlds of `tests/sim`: this program and the two usual designs, "mark
   as seen, then send" and "send, then mark as seen", through the same seeds.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from collections import Counter, deque
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import structlog

from aggregator.model import (
    ChatGone,
    Delivery,
    DeliveryState,
    Message,
    NotSent,
    Place,
    Priority,
    Sent,
    Unknown,
)
from aggregator.service.clock import SystemClock
from aggregator.service.deliverer import Deliverer
from aggregator.store.sqlite import SqliteStore
from aggregator.telegram.connect import close_bot, make_bot
from aggregator.telegram.notifier import TelegramNotifier
from tests.fake_telegram import TOKEN, FakeTelegram, Refused
from tests.sim.broken import Around
from tests.sim.weather import Weather
from tests.sim.world import World

CHATS, FAULTY = 300, 150
FLOOD_FROM_A_SECOND = 30
IDEAL_A_SECOND = 30
ANSWER_S = 2.0
FAULTS = {
    "hangs_after_accepting": 0.08,
    "cuts_after": 0.04,
    "cuts_before": 0.06,
    "answers_502": 0.05,
}
WORLDS = 30
CHANCE = 0.1
"""Of each fault by itself."""


class Strict(FakeTelegram):
    """Answers 429 to who sends faster than Telegram says one may."""

    def __init__(self) -> None:
        super().__init__()
        self.floods = 0
        self.sends = 0
        self.first = self.last = 0.0
        self._times: deque[float] = deque()
        self._by_chat: dict[str, float] = {}

    def _send(self, params: dict[str, Any]) -> dict[str, Any]:
        now, chat = time.monotonic(), str(params["chat_id"])
        self.sends += 1
        while self._times and self._times[0] <= now - 1:
            self._times.popleft()
        if len(self._times) >= FLOOD_FROM_A_SECOND or now - self._by_chat.get(chat, -9.0) < 0.95:
            self.floods += 1
            raise Refused(429, "Too Many Requests: retry after 1", {"retry_after": 1})
        self._times.append(now)
        self._by_chat[chat] = now
        self.first, self.last = self.first or now, now
        return super()._send(params)


def message(chat: int, text: str) -> Delivery:
    return Delivery(
        place=Place(chat_id=chat),
        key=f"story:{text}:1",
        message=Message(html=f"Alert {text} for {chat}"),
        priority=Priority.HIGH,
        created=datetime.now(UTC),
    )


async def delivered(telegram: FakeTelegram, chats: int) -> float:
    """Deliver one alert to so many chats; return the seconds until nothing is left to do."""
    with tempfile.TemporaryDirectory() as place:
        store = await SqliteStore.open(f"{place}/delivery.db")
        bot = make_bot(TOKEN, telegram.base)
        deliverer = Deliverer(
            store=store, notifier=TelegramNotifier(bot, total_s=ANSWER_S), clock=SystemClock()
        )
        await store.enqueue([message(chat, "one") for chat in range(1, chats + 1)])
        began = time.monotonic()
        running = asyncio.create_task(deliverer.run())
        while any(d.state is not DeliveryState.SENT for d in await store.deliveries(chats)):  # noqa: ASYNC110 -- the store tells nobody
            await asyncio.sleep(0.2)
        took = time.monotonic() - began
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await deliverer.close()
        await close_bot(bot)
        await store.close()
        return took


async def fan_out() -> None:
    async with Strict() as telegram:
        await delivered(telegram, CHATS)
        took = telegram.last - telegram.first
        ideal = (CHATS - 1) / IDEAL_A_SECOND
        print(f"fan-out to {CHATS} chats, {FLOOD_FROM_A_SECOND}/s allowed")
        print(f"  floods            {telegram.floods} of {telegram.sends} sends")
        print(f"  first to last     {took:.1f} s, ideal {ideal:.1f} s: {took / ideal:.2f} times")


async def mixed(seed: int) -> None:
    rng = Random(seed)
    async with FakeTelegram() as telegram:
        drawn: Counter[str] = Counter()
        for chat in range(1, FAULTY + 1):
            dice, edge = rng.random(), 0.0
            for verb, chance in FAULTS.items():
                edge += chance
                if dice < edge:
                    getattr(telegram, verb)(chat=chat)
                    drawn[verb] += 1
                    break
        took = await delivered(telegram, FAULTY)
        copies = [len(telegram.sent(chat)) for chat in range(1, FAULTY + 1)]
        said = ", ".join(
            f"{count} {verb.replace('_', ' ')}" for verb, count in sorted(drawn.items())
        )
        print(f"mixed faults on {FAULTY} sends, seed {seed}: {said}")
        print(f"  lost {copies.count(0)}, repeated {sum(c - 1 for c in copies if c)}, {took:.0f} s")


class SeenThenSend(Around):
    """Marks a message as done before it is sent; what fails is gone."""

    async def deliver(self, delivery: Delivery) -> Any:
        outcome = await self.inner.deliver(delivery)
        return outcome if isinstance(outcome, ChatGone) else Sent(message_id=_number(outcome))

    async def recover(self) -> int:
        self.world.db.execute("UPDATE delivery SET state = 'sent' WHERE state = 'sending'")
        return 0


class SendThenSeen(Around):
    """Marks a message as done after an answer; without one it is sent again."""

    async def deliver(self, delivery: Delivery) -> Any:
        outcome = await self.inner.deliver(delivery)
        return NotSent(detail="no answer") if isinstance(outcome, Unknown) else outcome

    async def recover(self) -> int:
        self.world.db.execute("UPDATE delivery SET state = 'queued' WHERE state = 'sending'")
        return 0


def _number(outcome: object) -> int:
    return outcome.message_id if isinstance(outcome, Sent) else 0


DESIGNS: dict[str, type[Around] | None] = {
    "seen, then send": SeenThenSend,
    "send, then seen": SendThenSeen,
    "this program": None,
}
ALONE = {
    "killed while it sends": Weather(dies=CHANCE, graceful=0.0),
    "cut before acceptance": Weather(telegram={"cut_before": CHANCE}),
    "timeout before acceptance": Weather(telegram={"lost_before": CHANCE}),
    "timeout after acceptance": Weather(telegram={"hang_after": CHANCE}),
    "cut after acceptance": Weather(telegram={"cut_after": CHANCE}),
    "502 before acceptance": Weather(telegram={"gateway_before": CHANCE}),
    "502 after acceptance": Weather(telegram={"gateway_after": CHANCE}),
    "truncated answer": Weather(telegram={"truncated": CHANCE}),
    "429": Weather(telegram={"flood": CHANCE}),
    "all of these": Weather(
        telegram=dict.fromkeys(
            ("cut_before", "lost_before", "hang_after", "cut_after", "gateway_before",
             "gateway_after", "truncated", "flood"), 0.03,
        ),
        dies=0.03, graceful=0.0, slow=0.3, writes=1.0,
    ),
}  # fmt: skip


def alone(seeds: int) -> None:
    print(f"\nper thousand messages, {CHANCE:.0%} of calls at fault, {seeds} worlds a line")
    heads = "".join(f"{name:>26}" for name in DESIGNS)
    print(f"{'':28}{heads}")
    print(f"{'fault':28}" + f"{'lost':>13}{'repeated':>13}" * len(DESIGNS) + f"{'marked':>10}")
    for fault, weather in ALONE.items():
        line, marked = f"{fault:28}", 0.0
        for design in DESIGNS.values():
            worlds = [
                World(seed, weather=weather, store=design, mouth=design, lenient=True).plays()
                for seed in range(seeds)
            ]
            wanted = sum(world.damage.wanted for world in worlds)
            lost, repeated, marked = (
                1000 * sum(getattr(world.damage, name) for world in worlds) / wanted
                for name in ("lost", "repeated", "marked")
            )
            line += f"{lost:>13.1f}{repeated:>13.1f}"
        print(f"{line}{marked:>10.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", choices=("http", "worlds"))
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    if asked.only != "worlds":
        asyncio.run(fan_out())
        for seed in (1, 2):
            asyncio.run(mixed(seed))
    if asked.only != "http":
        alone(4 if asked.quick else WORLDS)


if __name__ == "__main__":
    main()
