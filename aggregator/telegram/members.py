"""What Telegram says of a user in a chat."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, Final, TypeVar

import structlog
from telegram import Bot, Chat, ChatMember, ChatMemberAdministrator
from telegram.error import TelegramError

from aggregator.telegram.ask import Member
from aggregator.telegram.outcome import redacted

log = structlog.get_logger(__name__)

T = TypeVar("T")

QUICK_S = 5.0
"""Of a question asked while a person waits."""
QUICK: Final[dict[str, Any]] = {"read_timeout": QUICK_S, "connect_timeout": QUICK_S}
ADMINS: Final = frozenset({ChatMember.OWNER, ChatMember.ADMINISTRATOR})
OUTSIDE: Final = frozenset({ChatMember.LEFT, ChatMember.BANNED})


async def member(bot: Bot, chat: int | str, user_id: int) -> Member | None:
    """Ask what a user may do in a chat, by its id or @name; None when Telegram does not say."""
    found, asked, own = await asyncio.gather(
        _answered(bot.get_chat(chat, **QUICK)),
        _answered(bot.get_chat_member(chat, user_id, **QUICK)),
        _answered(bot.get_chat_member(chat, bot.id, **QUICK)),
    )
    where = chat if isinstance(chat, int) else found.id if found is not None else None
    if asked is None or where is None:
        return None
    is_channel = found is not None and found.type == Chat.CHANNEL
    return Member(
        chat_id=where,
        title="" if found is None else found.title or "",
        is_admin=asked.status in ADMINS,
        bot_may_post=own is not None and _may_post(own, is_channel=is_channel),
        is_channel=is_channel,
    )


async def _answered(call: Awaitable[T]) -> T | None:
    try:
        return await call
    except TelegramError as error:
        log.info("member_unknown", why=redacted(error))
        return None


def _may_post(own: ChatMember, *, is_channel: bool) -> bool:
    """Say whether the bot may write: in a channel only an admin with the right to post may."""
    if is_channel:
        return isinstance(own, ChatMemberAdministrator) and own.can_post_messages is not False
    return own.status not in OUTSIDE
