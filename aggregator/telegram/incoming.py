"""From python-telegram-bot's `Update` to our own value; what we do not handle becomes None."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from telegram import CallbackQuery, Chat, ChatMember, ChatMemberUpdated, Message, Update

from aggregator.model import Place

ALLOWED_UPDATES = ("message", "channel_post", "callback_query", "my_chat_member")
"""What we ask Telegram for."""


class ChatType(StrEnum):
    """Telegram's sorts of chat."""

    PRIVATE = "private"
    GROUP = "group"
    SUPERGROUP = "supergroup"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One update: a text, a pressed button, or our own standing in a chat, and who did it where."""

    update_id: int
    chat_id: int
    chat_type: ChatType
    thread_id: int = 0
    user_id: int | None = None
    user_name: str = ""
    text: str | None = None
    data: str | None = None
    """What a pressed button sent back."""
    callback_id: str = ""
    message_id: int | None = None
    """Of the text, or of the message under which the button stands."""
    answers: int | None = None
    """The id of the message that the text is a reply to."""
    member: Literal["in", "out"] | None = None
    """We were let in (or unblocked), or put out (or blocked)."""
    migrated_to: int | None = None
    """The supergroup that Telegram made of this group."""
    is_group_admin: bool | None = None
    """None: not known, or not asked."""
    sent: datetime | None = None
    """When a text was written; nobody says when a button was pressed."""

    @property
    def place(self) -> Place:
        """Where an answer goes."""
        return Place(chat_id=self.chat_id, thread_id=self.thread_id)

    @property
    def is_private(self) -> bool:
        """True in a chat between one person and the bot."""
        return self.chat_type is ChatType.PRIVATE


def incoming(update: Update) -> Incoming | None:
    """Return the update as a value; None for edits and all other sorts."""
    if update.message is not None:
        return _message(update.update_id, update.message)
    if update.channel_post is not None:
        return _message(update.update_id, update.channel_post)
    if update.callback_query is not None:
        return _pressed(update.update_id, update.callback_query)
    if update.my_chat_member is not None:
        return _member(update.update_id, update.my_chat_member)
    return None


def chat_of(update: dict[str, Any]) -> int:
    """Return the chat that a raw update belongs to; 0 when it names none."""
    for kind in ALLOWED_UPDATES:
        told = update.get(kind)
        within = told.get("message", told) if isinstance(told, dict) else None
        chat = within.get("chat") if isinstance(within, dict) else None
        if isinstance(chat, dict) and isinstance(chat.get("id"), int):
            return int(chat["id"])
    return 0


def numbers_in(updates: Iterable[dict[str, Any]]) -> dict[int, set[int]]:
    """Return the numbers of the messages that people wrote, by chat.

    Not of those that they point to, which may be ours.
    """
    found: dict[int, set[int]] = {}
    for update in updates:
        for kind in ("message", "channel_post"):
            told = update.get(kind)
            number = told.get("message_id") if isinstance(told, dict) else None
            if isinstance(number, int) and number > 0:
                found.setdefault(chat_of(update), set()).add(number)
    return found


def _message(update_id: int, message: Message) -> Incoming | None:
    if message.migrate_from_chat_id is not None:
        # The same as the old group said; either of both may be the one that arrives.
        return Incoming(
            update_id=update_id,
            chat_id=message.migrate_from_chat_id,
            chat_type=ChatType.GROUP,
            migrated_to=message.chat.id,
        )
    if message.text is None and message.migrate_to_chat_id is None:
        return None
    user = message.from_user
    # An admin who writes as the group or channel itself is shown as that.
    as_chat = message.sender_chat is not None and message.sender_chat.id == message.chat.id
    answered = message.reply_to_message
    return Incoming(
        update_id=update_id,
        chat_id=message.chat.id,
        chat_type=_type(message.chat),
        thread_id=_topic(message),
        user_id=None if user is None else user.id,
        user_name="" if user is None else user.full_name,
        text=message.text,
        message_id=message.message_id,
        answers=None if answered is None else answered.message_id,
        migrated_to=message.migrate_to_chat_id,
        # Only its admins can post in a channel.
        is_group_admin=True if as_chat or message.chat.type == Chat.CHANNEL else None,
        sent=message.date,
    )


def _pressed(update_id: int, query: CallbackQuery) -> Incoming | None:
    # A button of an inline result has no message, and we send none.
    if query.message is None:
        return None
    return Incoming(
        update_id=update_id,
        chat_id=query.message.chat.id,
        chat_type=_type(query.message.chat),
        thread_id=_topic(query.message) if isinstance(query.message, Message) else 0,
        user_id=query.from_user.id,
        user_name=query.from_user.full_name,
        data=query.data or "",
        callback_id=query.id,
        message_id=query.message.message_id,
    )


def _member(update_id: int, change: ChatMemberUpdated) -> Incoming:
    gone = change.new_chat_member.status in {ChatMember.LEFT, ChatMember.BANNED}
    return Incoming(
        update_id=update_id,
        chat_id=change.chat.id,
        chat_type=_type(change.chat),
        user_id=change.from_user.id,
        user_name=change.from_user.full_name,
        member="out" if gone else "in",
    )


def _topic(message: Message) -> int:
    """Return the forum topic; a thread of replies in an ordinary group is none."""
    return (message.message_thread_id or 0) if message.is_topic_message else 0


def _type(chat: Chat) -> ChatType:
    return ChatType(str(chat.type))
