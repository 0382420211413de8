"""What is said when something stands in the way: too many questions, faults, lost topics."""

from __future__ import annotations

from typing import Final

OUR_FAULT: Final = "Something went wrong on my side, and it is in the operator's log. What you asked for may not have been done; please try again."
TOO_MANY_PRESSES: Final = "Too many buttons in one minute. Nothing was changed."
TOPIC_CLOSED: Final = "A topic of this group that I write to is closed, so its messages come here until it is open again. To the admins: /here in another topic makes that the place."
TOPIC_DELETED: Final = "A topic of this group that I wrote to is gone, so its messages come here. To the admins: /here in another topic makes that the place."


def too_many_commands(limit: int) -> str:
    return f"This chat sent more than {limit} commands within a minute, and that is the limit. The rest of this minute goes unanswered."


def refused(remedy: str, key: str, why: str) -> str:
    """Tell the operator of a message that Telegram refused as it was."""
    return f"Telegram refused the message <code>{key}</code> ({why}). What I did: {remedy}. The log has its text."


def undelivered(chat_id: int, key: str, why: str) -> str:
    """Tell the operator of a message that nothing could bring through."""
    return f"The message <code>{key}</code> to the chat <code>{chat_id}</code> could not be delivered: {why}. Leaving out what may be left out did not help, so it is not tried again. Others that end so today for the same reason are not named here; /status has the newest."


def repeated_in_vain(chat_id: int, key: str, copies: int) -> str:
    """Tell the operator of a message that left again and again without an answer."""
    return f"The message <code>{key}</code> to the chat <code>{chat_id}</code> was sent {copies} times more, marked as perhaps a repeat, and Telegram never said whether one arrived. It is not sent again; /status there shows it. Other chats in which the same message ended so are not named here."


def no_rights(chat_id: int, why: str) -> str:
    return f"I may not write in the chat <code>{chat_id}</code> any more ({why}). An admin there can give me the right back; I try again once a day, and what it follows is kept."


def gone(chat_id: int, why: str) -> str:
    return f"The chat <code>{chat_id}</code>, which a configuration file names, takes no messages ({why})."


def private_channel(chat_id: int) -> str:
    """Say where the settings of a channel are made while the bot is private."""
    return f"This bot is private, so it takes no commands in a channel. An admin of this channel who may use the bot sends <code>/here {chat_id}</code> in a private chat with me."
