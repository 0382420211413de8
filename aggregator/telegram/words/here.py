"""What is said about what a place hears."""

from __future__ import annotations

from typing import Final

REMOVE: Final = "Remove"
MOVE: Final = "Move here"
ADD: Final = "Add"
HEARS_NOTHING: Final = "Nothing is followed here yet."
ADD_ONE: Final = (
    "<code>/here NAME</code> makes this place, and only this one of the chat, hear something."
)
PRIVATE: Final = (
    "For a channel, send <code>/here @channel</code> here; in a group or a topic, send /here there."
)
ELSEWHERE: Final = "Followed elsewhere in this chat"
GENERAL: Final = "the general topic"
CHANNEL_UNSEEN: Final = "I cannot see that channel. Make me an admin of it, allow me to post, and check its name. Nothing was changed."
NO_CHANNEL: Final = (
    "That is no channel. In a group or a topic, an admin sends /here there. Nothing was changed."
)
CHANNEL_ADMINS_ONLY: Final = (
    "Only admins of that channel can change what it hears. Nothing was changed."
)
CANNOT_POST: Final = "I may not post in that channel. Make me an admin who may post messages, then send this again. Nothing was changed."
PRIVATE_ONLY: Final = "Send this in a private chat with me. Nothing was changed."


def hears(place: str, count: int) -> str:
    return f"{place} hears {count} thing{'' if count == 1 else 's'}"


def this_place(is_topic: bool, is_channel: bool) -> str:  # noqa: FBT001  two facts of one place
    return "This topic" if is_topic else "This channel" if is_channel else "This chat"


def topic(thread_id: int) -> str:
    return f"topic {thread_id}"


def add_to_channel(channel: str) -> str:
    return f"<code>/here {channel} NAME</code> adds something."


def heard_only_here(title: str) -> str:
    return f"{title} is told here now, and nowhere else in this chat."


def added(title: str, place: str) -> str:
    return f"{place} follows {title} now. Each new development rings once."


def removed(title: str, place: str) -> str:
    return f"{place} no longer follows {title}."


def already(title: str, place: str) -> str:
    return f"{place} follows {title} already. Nothing was changed."
