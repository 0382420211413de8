"""What people are told of a message that could not go out as it was: each thing once.

A notice goes through the outbox like everything else; its key makes it one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection
from typing import assert_never

from aggregator.model import (
    REPEATS_MAX,
    ChatGone,
    Delivery,
    Message,
    Place,
    Priority,
    Rejected,
    Unknown,
)
from aggregator.ports import Clock, Store
from aggregator.telegram.markup import escape
from aggregator.telegram.outcome import Amend, NoRights, Remedy
from aggregator.telegram.words import trouble as words

NOTICE = "notice:"
DIGITS = re.compile(r"\d+")
"""Offsets and ids differ from message to message where the reason is the same."""


def added_by(chat_id: int) -> str:
    """Return the setting that holds who let the bot into a chat."""
    return f"added_by:{chat_id}"


class Notices:
    """Tells a group's admins, whoever added the bot, and the operator."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        ops: Place | None,
        named: Callable[[], Collection[int]],
        wake: Callable[[], None],
    ) -> None:
        """`ops` is the operator's chat; `named` gives the chats that configuration files name."""
        self._store = store
        self._clock = clock
        self._ops = ops
        self._named = named
        self._wake = wake

    async def hear(
        self, delivery: Delivery, what: Amend | NoRights | ChatGone | Rejected | Unknown
    ) -> None:
        """Say once what became of `delivery` to whom it concerns."""
        if delivery.key.startswith(NOTICE):
            return
        chat_id, thread_id = delivery.place.chat_id, delivery.place.thread_id
        match what:
            case Amend(remedy=Remedy.NO_THREAD, for_good=for_good):
                said = words.TOPIC_DELETED if for_good else words.TOPIC_CLOSED
                await self._tell(Place(chat_id=chat_id), f"topic:{thread_id}:{for_good}", said)
            case Amend(remedy=remedy, detail=detail):
                digest = hashlib.sha256(delivery.message.html.encode()).hexdigest()[:16]
                said = words.refused(remedy.value, escape(delivery.key), escape(detail))
                await self._tell(self._ops, f"refused:{remedy.name.lower()}:{digest}", said)
            case NoRights(detail=detail):
                user = await self._store.setting(added_by(chat_id))
                to = Place(chat_id=int(user)) if user else self._ops
                said = words.no_rights(chat_id, escape(detail))
                await self._tell(to, f"rights:{chat_id}", said)
            case Rejected(detail=detail):
                # One for all chats and messages refused for the same reason on one day.
                why = hashlib.sha256(DIGITS.sub("", detail).encode()).hexdigest()[:16]
                said = words.undelivered(chat_id, escape(delivery.key), escape(detail))
                await self._tell(self._ops, f"dead:{self._clock.now():%Y-%m-%d}:{why}", said)
            case Unknown():
                said = words.repeated_in_vain(chat_id, escape(delivery.key), REPEATS_MAX)
                await self._tell(self._ops, f"parked:{delivery.key}", said)
            case ChatGone(detail=detail):
                if chat_id in self._named():
                    said = words.gone(chat_id, escape(detail))
                    await self._tell(self._ops, f"gone:{chat_id}", said)
            case never:
                assert_never(never)

    async def _tell(self, place: Place | None, key: str, html: str) -> None:
        if place is None:
            return
        notice = Delivery(
            place=place,
            key=f"{NOTICE}{key}",
            message=Message(html=html),
            priority=Priority.HIGH,
            created=self._clock.now(),
        )
        await self._store.enqueue([notice])
        self._wake()
