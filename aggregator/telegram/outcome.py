"""What a failed call to the Bot API means for the message: sent, not sent, unknown, or never.

`sendMessage` has no key that would make a repeat harmless, so the difference between "never left"
and "left without an answer" decides between losing and repeating.  Only the cause that
python-telegram-bot keeps behind its error tells; this module alone reads it.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)

from aggregator.model import (
    ChatGone,
    DeliveryOutcome,
    NotSent,
    Rejected,
    RetryAt,
    Sent,
    Unknown,
)

# Without this python-telegram-bot warns about its own attribute whenever it builds a RetryAfter.
os.environ.setdefault("PTB_TIMEDELTA", "true")

DETAIL_CHARS_MAX = 200
RIGHTS_RETRY: Final = timedelta(days=1)
"""A chat that took away our right to write is asked again once a day."""

NEVER_LEFT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
"""The request did not reach the server.  Every other cause may have come after it did."""

TOKEN = re.compile(r"\d{4,}:[\w-]{10,}")


class Remedy(StrEnum):
    """What to leave out of a message that Telegram refused, before it is sent once more."""

    PLAIN = "send as plain text"
    NO_THREAD = "send without topic"
    NO_BUTTONS = "send without buttons"
    NO_FILE = "send without its file"
    SHORT = "send a shorter text"
    BARE = "send its bare text, without markup, reply, buttons and file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amend:
    """Refused as it is; to be sent once more, amended."""

    remedy: Remedy
    detail: str
    for_good: bool = False
    """The next message there would be refused the same way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TooMany:
    """Refused for the number of messages, and Telegram does not say how long to wait."""

    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoRights:
    """The chat took away our right to write; to be asked again after `RIGHTS_RETRY`."""

    detail: str


AMENDS: Final = (
    ("can't parse entities", Remedy.PLAIN),
    ("unsupported start tag", Remedy.PLAIN),
    ("message is too long", Remedy.SHORT),
    ("text is too long", Remedy.SHORT),
    ("caption is too long", Remedy.SHORT),
    ("message_too_long", Remedy.SHORT),
    ("message thread not found", Remedy.NO_THREAD),
    ("topic_closed", Remedy.NO_THREAD),
    ("topic_deleted", Remedy.NO_THREAD),
    ("button_data_invalid", Remedy.NO_BUTTONS),
    ("button_url_invalid", Remedy.NO_BUTTONS),
    ("button url", Remedy.NO_BUTTONS),
    ("reply markup", Remedy.NO_BUTTONS),
    ("inline keyboard", Remedy.NO_BUTTONS),
    ("no caption in the message to edit", Remedy.NO_FILE),
    ("photo_invalid_dimensions", Remedy.NO_FILE),
    ("image_process_failed", Remedy.NO_FILE),
    ("file must be non-empty", Remedy.NO_FILE),
    ("not enough rights to send photos", Remedy.NO_FILE),
    ("not enough rights to send documents", Remedy.NO_FILE),
)
TOPIC_DELETED: Final = ("message thread not found", "topic_deleted")
GONE: Final = (
    "chat not found",
    "user not found",
    "user is deactivated",
    "peer_id_invalid",
    "bot was kicked",
    "bot was blocked",
    "group chat was deleted",
    "group chat was deactivated",
    "channel_private",
)
NOT_IT: Final = (
    "message to edit not found",
    "message not found",
    "can't be edited",
    "message_id_invalid",
    "message identifier is not specified",
    "message_author_required",
    "there is no text in the message",
    "there is no caption in the message",
)
"""What an edit is told where no message of ours, or one of another kind, has the number."""
NO_RIGHTS: Final = (
    "not enough rights",
    "have no rights",
    "need administrator rights",
    "chat_write_forbidden",
    "chat_restricted",
)


TOO_MANY: Final = re.compile(r"too many requests(?:: retry after (\d{1,6}))?", re.IGNORECASE)
"""A 429 without the field that says how long to wait: the library then has no class for it."""

Verdict = DeliveryOutcome | Amend | NoRights | TooMany


def outcome(error: TelegramError, message_id: int | None) -> Verdict:
    """Return what `error` means for a message; `message_id` is set when it was an edit."""
    detail = redacted(error)
    match error:
        case RetryAfter():
            wait = error.retry_after
            return RetryAt(after=wait if isinstance(wait, timedelta) else timedelta(seconds=wait))
        case ChatMigrated():
            return ChatGone(detail=detail, migrated_to=error.new_chat_id)
        case Forbidden() if not _no_rights(str(error).casefold()):
            return ChatGone(detail=detail)
        case Forbidden():
            return NoRights(detail=detail)
        case InvalidToken():
            return NotSent(detail="the Bot API does not accept the token")
        case Conflict():
            return NotSent(detail=detail)
        case BadRequest():
            return _refused(str(error).casefold(), detail, message_id)
        case _ if too_many := TOO_MANY.match(str(error)):
            said = too_many[1]
            return RetryAt(after=timedelta(seconds=int(said))) if said else TooMany(detail=detail)
        case _:
            left = not isinstance(error.__cause__, NEVER_LEFT)
            return Unknown(detail=detail) if left else NotSent(detail=detail)


def _refused(said: str, detail: str, message_id: int | None) -> Verdict:
    if "message is not modified" in said and message_id is not None:
        return Sent(message_id=message_id)
    for wording, remedy in AMENDS:
        if wording in said:
            return Amend(remedy=remedy, detail=detail, for_good=wording in TOPIC_DELETED)
    if any(wording in said for wording in GONE):
        return ChatGone(detail=detail)
    if _no_rights(said):
        return NoRights(detail=detail)
    if message_id is None:
        return Amend(remedy=Remedy.BARE, detail=detail)
    return Rejected(detail=detail)


def is_not_it(detail: str) -> bool:
    """Say whether a refused edit tells that no message of ours stands under its number."""
    return any(wording in detail.casefold() for wording in NOT_IT)


def _no_rights(said: str) -> bool:
    return any(wording in said for wording in NO_RIGHTS)


def redacted(error: BaseException) -> str:
    """Return what an error says, on one line, without the token that some of them carry."""
    said = " ".join(str(error).split()) or type(error).__name__
    return TOKEN.sub("<token>", said)[:DETAIL_CHARS_MAX]
