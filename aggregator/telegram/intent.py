"""What somebody wants of the bot: one incoming update becomes one value, without any answer yet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from aggregator.model import Place, Target
from aggregator.telegram import buttons

TEXT_CHARS_MAX = 200
"""Of a name; a longer one is nobody's."""

COMMAND = re.compile(r"/([a-z0-9_]{1,32})(?:@(\w{1,64}))?(?:\s+(.*))?", re.IGNORECASE | re.DOTALL)
PAYLOAD = re.compile(r"(c|w|claim)_([A-Za-z0-9_-]{1,64})")
ALIASES: Final = {"subscribe": "follow", "unsubscribe": "unfollow", "list": "following"}


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
    member: Literal["in", "out"] | None = None
    """We were let in (or unblocked), or put out (or blocked)."""
    is_group_admin: bool | None = None
    """None: not known, or not asked."""

    @property
    def place(self) -> Place:
        """Where an answer goes."""
        return Place(chat_id=self.chat_id, thread_id=self.thread_id)

    @property
    def is_private(self) -> bool:
        """True in a chat between one person and the bot."""
        return self.chat_type is ChatType.PRIVATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """A command without argument: `start`, `help`, `cases`, `watchlists`, `following`, `id`."""

    command: Literal["start", "help", "cases", "watchlists", "following", "id"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowCase:
    """A case by what it is called."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTarget:
    """A case or watchlist by its slug, from a link or a button."""

    target: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowName:
    """Follow what is called so."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfollowName:
    """Stop following what is called so; an empty name asks for the choice."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowTarget:
    """Follow this, from a button."""

    target: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfollowTarget:
    """Stop following this, from a button."""

    target: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class UseClaim:
    """Become admin by the link."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OldButton:
    """A button of another version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownCommand:
    """A command that we do not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chatter:
    """Text that is no command."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForOthers:
    """Nothing that is meant for us."""


Intent = (
    Plain
    | ShowCase
    | OpenTarget
    | FollowName
    | UnfollowName
    | FollowTarget
    | UnfollowTarget
    | UseClaim
    | OldButton
    | UnknownCommand
    | Chatter
    | ForOthers
)


NAMED: Final[dict[str, type[ShowCase | FollowName | UnfollowName]]] = {
    "case": ShowCase,
    "follow": FollowName,
    "unfollow": UnfollowName,
}


def intent(incoming: Incoming, bot_name: str) -> Intent:
    """Return what `incoming` asks for; `bot_name` tells our commands from another bot's."""
    if incoming.data is not None:
        return _button(incoming.data)
    text = (incoming.text or "").strip()
    if (command := COMMAND.fullmatch(text)) is not None:
        return _command(command, incoming, bot_name)
    # In a group people talk to each other; what is no command is not for us.
    return Chatter(text=text[:TEXT_CHARS_MAX]) if text and incoming.is_private else ForOthers()


def _button(data: str) -> Intent:
    match buttons.read(data):
        case buttons.OpenPressed(target=target):
            return OpenTarget(target=target)
        case buttons.FollowPressed(target=target):
            return FollowTarget(target=target)
        case buttons.UnfollowPressed(target=target):
            return UnfollowTarget(target=target)
        case buttons.OldPressed():
            return OldButton()


def _command(command: re.Match[str], incoming: Incoming, bot_name: str) -> Intent:
    name, addressee = command[1].lower(), (command[2] or "").lower()
    argument = " ".join((command[3] or "").split())[: TEXT_CHARS_MAX + 1]
    if addressee and addressee != bot_name.lower():
        return ForOthers()
    name = ALIASES.get(name, name)
    match name:
        case "start":
            return _start(argument)
        case "help" | "cases" | "watchlists" | "following" | "id" as plain:
            return Plain(command=plain)
        case "case" | "follow" | "unfollow":
            return NAMED[name](name=argument)
        case _:
            # Several bots can share a group: an unknown command without our name is not ours.
            return UnknownCommand() if incoming.is_private or addressee else ForOthers()


def _start(payload: str) -> Intent:
    found = PAYLOAD.fullmatch(payload)
    match (found[1], found[2]) if found else None:
        case ("claim", code):
            return UseClaim(code=code)
        case ("c", slug):
            return OpenTarget(target=buttons.case_target(slug))
        case ("w", slug):
            return OpenTarget(target=buttons.watchlist_target(slug))
        case _:
            return Plain(command="start")
