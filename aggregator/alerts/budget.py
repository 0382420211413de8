"""When a message may go: a pure function of what went before and of `now`.

Telegram's numbers are no contract, so we stay under them by spacing, never by a bucket that
starts full: about 30 messages a second for the whole bot, 1 a second for one chat, 20 a minute
for one group (https://core.telegram.org/bots/faq).  Edits count like messages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

BOT_SPACING = timedelta(seconds=1 / 26)
CHAT_SPACING = timedelta(seconds=1)
GROUP_SPACING = timedelta(seconds=3)
CHATS_KEPT_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What was promised so far: the next free moment of the bot and of each chat."""

    bot_free: datetime | None = None
    chat_free: Mapping[int, datetime] = field(default_factory=dict)


def reserve(
    budget: Budget, chat_id: int, now: datetime, *, spacing: timedelta | None = None
) -> tuple[datetime, Budget]:
    """Return the first moment at which a message to `chat_id` may go, and the budget after it.

    `spacing` is the pause after it in its chat; None takes that of its kind of chat.
    """
    slot = max(now, budget.bot_free or now)
    at = max(slot, budget.chat_free.get(chat_id, now))
    if spacing is None:
        spacing = GROUP_SPACING if chat_id < 0 else CHAT_SPACING
    chats = {chat: free for chat, free in budget.chat_free.items() if free > now}
    if len(chats) >= CHATS_KEPT_MAX:
        chats.pop(min(chats, key=chats.__getitem__))
    chats[chat_id] = at + spacing
    return at, replace(budget, bot_free=slot + BOT_SPACING, chat_free=chats)
