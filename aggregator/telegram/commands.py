"""From an update to its answer: which command or button it is, who may use it, and who answers.

What each does stands in `talk`; this only finds it and keeps the gates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from aggregator.cases.lookup import NotFound, find
from aggregator.model import ChatGone
from aggregator.ports import Store
from aggregator.telegram import buttons, words
from aggregator.telegram.ask import (
    ARGUMENT_CHARS_MAX,
    Answer,
    Ask,
    Handler,
    Hooks,
    ReviveChat,
    View,
    Who,
    say,
)
from aggregator.telegram.incoming import ChatType, Incoming
from aggregator.telegram.registry import COMMANDS, VERBS
from aggregator.telegram.talk import case
from aggregator.telegram.words import trouble

COMMAND: Final = re.compile(
    r"/([a-z0-9_]{1,32})(?:@(\w{1,64}))?(?:\s+(.*))?", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an update asks for."""

    run: Handler
    who: Who
    argument: str = ""
    args: tuple[str, ...] = ()
    slow: bool = False


async def _unknown_command(ask: Ask) -> Answer:  # noqa: ARG001  a handler
    return say(words.UNKNOWN_COMMAND)


async def _unknown_text(ask: Ask) -> Answer:  # noqa: ARG001  a handler
    return say(words.UNKNOWN_TEXT)


async def _old_button(ask: Ask) -> Answer:  # noqa: ARG001  a handler
    return Answer(toast=words.OLD_BUTTON)


def asked(incoming: Incoming, view: View) -> Asked | None:
    """Return what `incoming` asks for; None when it is not meant for us."""
    if incoming.data is not None:
        return _button(incoming.data)
    text = (incoming.text or "").strip()
    if (found := COMMAND.fullmatch(text)) is not None:
        return _command(found, incoming, view.bot_name)
    # In a group people talk to each other; what is no command is not for us.
    if not text or not incoming.is_private:
        return None
    name = " ".join(text.split())[:ARGUMENT_CHARS_MAX]
    meant = find(name, view.setup.cases)
    unknown = isinstance(meant, NotFound) and not meant.suggestions
    return Asked(run=_unknown_text if unknown else case.show, who=Who.USER, argument=name)


def _button(data: str) -> Asked:
    read = buttons.read(data)
    verb = None if read is None else VERBS.get(read[0])
    if read is None or verb is None:
        return Asked(run=_old_button, who=Who.USER)
    return Asked(run=verb.run, who=verb.who, args=read[1], slow=verb.slow)


def _command(found: re.Match[str], incoming: Incoming, bot_name: str) -> Asked | None:
    name, addressee = found[1].lower(), (found[2] or "").lower()
    if addressee and addressee != bot_name.lower():
        return None
    command = COMMANDS.get(name)
    if command is not None:
        argument = " ".join((found[3] or "").split())[: command.chars_max]
        return Asked(run=command.run, who=command.who, argument=argument)
    # Several bots can share a group: an unknown command without our name is not ours.
    ours = incoming.is_private or addressee
    return Asked(run=_unknown_command, who=Who.USER) if ours else None


async def answer(
    incoming: Incoming,
    view: View,
    reads: Store,
    now: datetime,
    hooks: Hooks | None = None,
) -> Answer:
    """Return the answer to one update; it changes nothing but by its effects."""
    match incoming.member:
        case "out":
            return Answer(effects=(ChatGone(detail="the bot was blocked or removed"),))
        case "in":
            return Answer(effects=(ReviveChat(),))
        case None:
            pass
    if incoming.migrated_to is not None:
        gone = ChatGone(detail="became a supergroup", migrated_to=incoming.migrated_to)
        return Answer(effects=(gone,))
    wanted = asked(incoming, view)
    if wanted is None:
        return Answer()
    ask = Ask(
        incoming=incoming,
        view=view,
        reads=reads,
        now=now,
        argument=wanted.argument,
        args=wanted.args,
        hooks=hooks or Hooks(),
    )
    refused = await _refused(ask, wanted.who)
    if refused:
        given = Answer(toast=refused) if incoming.data is not None else say(refused)
    else:
        given = await wanted.run(ask)
    if not given.replies:
        return given
    return replace(given, effects=(ReviveChat(), *given.effects))


async def _refused(ask: Ask, who: Who) -> str:
    """Return why this person may not; empty when they may."""
    incoming, access = ask.incoming, ask.setup.access
    if who is Who.ANYONE:
        return ""
    if not access.admits(incoming.user_id):
        if incoming.chat_type is ChatType.CHANNEL:
            return trouble.private_channel(incoming.chat_id)
        return words.private(incoming.user_id or incoming.chat_id)
    if incoming.user_id in access.admins:
        return ""
    match who:
        case Who.OPERATOR:
            return words.OPERATORS_ONLY
        case Who.CHAT if not incoming.is_private:
            return await _not_group_admin(ask)
        case _:
            return ""


async def _not_group_admin(ask: Ask) -> str:
    incoming = ask.incoming
    if incoming.is_group_admin is None and incoming.user_id is not None:
        member = await ask.hooks.member(incoming.chat_id, incoming.user_id)
        if member is None:
            return words.GROUP_UNCHECKED
        return "" if member.is_admin else words.GROUP_ADMINS_ONLY
    return "" if incoming.is_group_admin else words.GROUP_ADMINS_ONLY
