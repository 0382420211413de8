"""From python-telegram-bot's `Update` to our own value; what we do not handle becomes None."""

from __future__ import annotations

from telegram import CallbackQuery, Chat, ChatMember, ChatMemberUpdated, Message, Update

from aggregator.telegram.intent import ChatType, Incoming

ALLOWED_UPDATES = ("message", "callback_query", "my_chat_member")
"""What we ask Telegram for."""


def incoming(update: Update) -> Incoming | None:
    """Return the update as a value; None for edits, channel posts and all other sorts."""
    if update.message is not None:
        return _message(update.update_id, update.message)
    if update.callback_query is not None:
        return _pressed(update.update_id, update.callback_query)
    if update.my_chat_member is not None:
        return _member(update.update_id, update.my_chat_member)
    return None


def _message(update_id: int, message: Message) -> Incoming | None:
    if message.text is None:
        return None
    user = message.from_user
    # An admin who writes as the group itself is shown as the group.
    as_group = message.sender_chat is not None and message.sender_chat.id == message.chat.id
    return Incoming(
        update_id=update_id,
        chat_id=message.chat.id,
        chat_type=_type(message.chat),
        thread_id=_topic(message),
        user_id=None if user is None else user.id,
        user_name="" if user is None else user.full_name,
        text=message.text,
        is_group_admin=True if as_group else None,
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
