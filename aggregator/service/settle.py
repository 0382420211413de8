"""What became of a message is told to the store, and to whoever reads the log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar, assert_never

import structlog

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
)
from aggregator.ports import Clock, Store
from aggregator.service.pacer import Pacer

T = TypeVar("T")

log = structlog.get_logger()

STORE_AGAIN_S = 1.0
"""What became of a message is told to a store that fails until it listens."""


async def insist(work: Callable[[], Awaitable[T]], clock: Clock) -> T:
    """Return what the store answers once it does."""
    while True:
        try:
            return await work()
        except StoreError as error:
            log.warning("store_failed", why=str(error))
            await clock.sleep(STORE_AGAIN_S)


async def settle(
    delivery: Delivery, outcome: DeliveryOutcome, *, store: Store, pacer: Pacer, clock: Clock
) -> None:
    """Tell the store, which may be full or locked just now, for nobody else knows.

    The whole bot is held when several chats ask to wait at once.  That is written down first, so
    that a program killed between the two does not forget it.
    """
    if isinstance(outcome, RetryAt) and outcome.flood:
        held = await insist(lambda: pacer.flooded(delivery.place.chat_id, outcome.after), clock)
        if held:
            log.warning("bot_told_to_wait", seconds=outcome.after.total_seconds())
        await insist(lambda: pacer.remember(closing=False), clock)
    await insist(lambda: store.settle(delivery, outcome, clock.now()), clock)
    _log_delivery(delivery, outcome)


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
        case ChatGone(migrated_to=int(new)):
            say.info("chat_migrated", to=new)
        case ChatGone(detail=detail):
            say.warning("chat_gone", detail=detail)
        case Rejected(detail=detail):
            say.error("message_refused", detail=detail)
        case _:
            assert_never(outcome)
