"""What a place hears: a group, a topic, a channel; bound there, or for a channel from afar.

In a channel nobody is told who posted, and only its admins can, so a command posted there is an
admin's.  From a private chat Telegram is asked at each command and each press whether this user is
an admin of the channel and whether the bot may post in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, assert_never

from aggregator.cases.names import fold
from aggregator.model import Button, Message, Place, Subscription, Target, TargetKind
from aggregator.telegram import buttons, render_lists
from aggregator.telegram import words as common
from aggregator.telegram.ask import (
    Answer,
    Ask,
    Command,
    Follow,
    Member,
    MoveHere,
    Unfollow,
    Verb,
    Who,
    reply,
    say,
)
from aggregator.telegram.incoming import ChatType
from aggregator.telegram.markup import clip, escape, own
from aggregator.telegram.naming import Many, Nothing, One, resolve
from aggregator.telegram.talk.follow import FOLLOWS_MAX
from aggregator.telegram.words import here as words

ROWS_MAX = 20
"""Things listed with a button each; what is beyond them is counted."""
TITLE_CHARS_MAX = 80
CHANNEL: Final = re.compile(
    r"(?:https?://)?(?:t\.me/|@)(?P<name>[A-Za-z]\w{3,31})/?|(?P<id>-100\d{1,16})", re.ASCII
)
"""A channel's @name, its link, or its id."""


async def here(ask: Ask) -> Answer:
    """Show what this place hears, bind a name to it, or do so for a channel."""
    first, _, rest = ask.argument.partition(" ")
    channel = CHANNEL.fullmatch(first)
    if channel is not None and (ask.incoming.is_private or channel["id"]):
        if not ask.incoming.is_private:
            return say(words.PRIVATE_ONLY)
        return await _channel(ask, channel, rest.strip())
    if fold(ask.argument):
        return await _bind_name(ask)
    return reply(await _shown(ask))


# --- this place -----------------------------------------------------------------------------------


async def _bind_name(ask: Ask) -> Answer:
    match resolve(ask.argument, ask.setup):
        case One(target=target):
            return await _bind(ask, target)
        case Many(targets=targets):
            question = common.several(len(targets), escape(ask.argument))
            return reply(render_lists.choice(question, targets, ask.setup, _move))
        case Nothing(suggestions=suggestions):
            return reply(render_lists.nothing_found(ask.argument, suggestions, _move, ask.setup))
        case never:
            assert_never(never)


async def _bind(ask: Ask, target: Target) -> Answer:
    """Let this place, and only this one of its chat, hear `target`."""
    title = own(ask.setup.title(target))
    elsewhere = any(row.target == target for row in await _elsewhere(ask))
    followed = target in ask.view.followed
    if followed and not elsewhere:
        return say(words.already(title, _name(ask)))
    if not followed and len(ask.view.subscriptions) >= FOLLOWS_MAX:
        return say(common.too_many(FOLLOWS_MAX))
    if elsewhere:
        moved = MoveHere(target=target, to=ask.place)
        return Answer(replies=(Message(html=words.heard_only_here(title)),), effects=(moved,))
    if not _anyones(ask, target):
        return Answer(toast=common.OLD_BUTTON)
    said = Message(html=words.added(title, _name(ask)))
    return Answer(replies=(said,), effects=(Follow(target=target),))


async def _bind_pressed(ask: Ask) -> Answer:
    target = buttons.target_of(*ask.args) if len(ask.args) == 2 else None
    return Answer(toast=common.OLD_BUTTON) if target is None else await _bind(ask, target)


async def _shown(ask: Ask) -> Message:
    """Return what this place hears, and what other topics of its chat hear."""
    heard = _by_title(ask, ask.view.subscriptions)
    lines = [f"<b>{words.hears(_name(ask), len(heard))}</b>" if heard else words.HEARS_NOTHING]
    lines += _listed(ask, heard)
    drops = [buttons.unfollow(one, f"{words.REMOVE} {ask.setup.title(one)}") for one in heard]
    elsewhere = await _elsewhere(ask)
    if elsewhere:
        lines += ["", f"<b>{words.ELSEWHERE}</b>"]
        lines += [
            f"{_title(ask, row.target)} · {_topic(row.place)}" for row in elsewhere[:ROWS_MAX]
        ]
        if len(elsewhere) > ROWS_MAX:
            lines.append(common.and_more(len(elsewhere) - ROWS_MAX))
    theirs = dict.fromkeys(row.target for row in elsewhere)
    moves = [_move(one, f"{words.MOVE}: {ask.setup.title(one)}") for one in theirs]
    lines += ["", words.PRIVATE if ask.incoming.is_private else words.ADD_ONE]
    return _message(lines, [*drops[:ROWS_MAX], *moves[:ROWS_MAX]])


async def _elsewhere(ask: Ask) -> list[Subscription]:
    """Return what other places of this chat follow."""
    places = [one for one in await ask.reads.places_of(ask.place.chat_id) if one != ask.place]
    found = [row for one in places for row in await ask.reads.subscriptions_at(one)]
    return sorted(found, key=lambda row: (ask.setup.title(row.target).casefold(), row.place))


def _move(target: Target, text: str) -> list[Button]:
    return buttons.button(text, "here", *buttons.code(target))


def _name(ask: Ask) -> str:
    is_channel = ask.incoming.chat_type is ChatType.CHANNEL
    return words.this_place(bool(ask.place.thread_id), is_channel)


def _topic(place: Place) -> str:
    return words.topic(place.thread_id) if place.thread_id else words.GENERAL


# --- a channel, from a private chat ---------------------------------------------------------------


async def _channel(ask: Ask, named: re.Match[str], name: str) -> Answer:
    member = await _admin(ask, f"@{named['name']}" if named["name"] else int(named["id"]))
    if isinstance(member, str):
        return say(member)
    heard = await ask.reads.subscriptions_at(Place(chat_id=member.chat_id))
    if not fold(name):
        return reply(_channel_shown(ask, member, [row.target for row in heard]))
    match resolve(name, ask.setup):
        case One(target=target):
            return _for_channel(ask, member, heard, target)
        case Many(targets=targets):
            question = common.several(len(targets), escape(name))
            message = render_lists.choice(
                question, targets, ask.setup, lambda one, text: _put(member, one, text)
            )
            return reply(message)
        case Nothing(suggestions=suggestions):
            message = render_lists.nothing_found(
                name, suggestions, lambda one, text: _put(member, one, text), ask.setup
            )
            return reply(message)
        case never:
            assert_never(never)


def _for_channel(ask: Ask, member: Member, heard: Sequence[Subscription], target: Target) -> Answer:
    title, channel = own(ask.setup.title(target)), own(member.title)
    followed = [row.target for row in heard]
    if target in followed:
        return say(words.already(title, channel))
    if len(followed) >= FOLLOWS_MAX:
        return say(common.too_many(FOLLOWS_MAX))
    shown = _channel_shown(ask, member, [*followed, target])
    said = f"{words.added(title, channel)}\n\n{shown.html}"
    return Answer(
        replies=(Message(html=said, buttons=shown.buttons),),
        effects=(Follow(target=target, place=Place(chat_id=member.chat_id)),),
    )


async def _channel_pressed(ask: Ask) -> Answer:
    """Add to a channel or remove from it, and show what it hears then."""
    match ask.args:
        case (("add" | "del") as wish, chat, kind, slug) if _is_id(chat):
            target = buttons.target_of(kind, slug)
        case _:
            return Answer(toast=common.OLD_BUTTON)
    if target is None or not ask.incoming.is_private:
        return Answer(toast=common.OLD_BUTTON)
    member = await _admin(ask, int(chat))
    if isinstance(member, str):
        return Answer(toast=member)
    place = Place(chat_id=member.chat_id)
    followed = [row.target for row in await ask.reads.subscriptions_at(place)]
    title, channel = ask.setup.title(target), member.title
    if wish == "del":
        rest = [one for one in followed if one != target]
        return Answer(
            edit=_channel_shown(ask, member, rest),
            effects=(Unfollow(target=target, place=place),),
            toast=words.removed(title, channel),
        )
    if not _anyones(ask, target):
        return Answer(toast=common.OLD_BUTTON)
    if target not in followed and len(followed) >= FOLLOWS_MAX:
        return Answer(toast=common.too_many(FOLLOWS_MAX))
    now = list(dict.fromkeys([*followed, target]))
    return Answer(
        edit=_channel_shown(ask, member, now),
        effects=(Follow(target=target, place=place),),
        toast=words.added(title, channel),
    )


async def _admin(ask: Ask, chat: int | str) -> Member | str:
    """Return what the user is in the channel, or why they may change nothing there."""
    user = ask.incoming.user_id
    member = None if user is None else await ask.hooks.member(chat, user)
    if member is None:
        return words.CHANNEL_UNSEEN
    if not member.is_admin:
        return words.CHANNEL_ADMINS_ONLY
    if not member.is_channel:
        return words.NO_CHANNEL
    return member if member.bot_may_post else words.CANNOT_POST


def _channel_shown(ask: Ask, member: Member, followed: Sequence[Target]) -> Message:
    """Return what the channel hears, with what this chat follows to be added."""
    heard = sorted(followed, key=lambda one: (ask.setup.title(one).casefold(), one))
    lines = [f"<b>{words.hears(escape(clip(member.title, TITLE_CHARS_MAX)), len(heard))}</b>"]
    lines += _listed(ask, heard)
    drops = [
        _channel_button(member, "del", one, f"{words.REMOVE} {ask.setup.title(one)}")
        for one in heard
    ]
    mine = [
        one
        for one in _by_title(ask, ask.view.subscriptions)
        if one not in followed and _anyones(ask, one)
    ]
    adds = [_put(member, one, f"{words.ADD} {ask.setup.title(one)}") for one in mine]
    lines += ["", words.add_to_channel(str(member.chat_id))]
    return _message(lines, [*drops[:ROWS_MAX], *adds[:ROWS_MAX]])


def _put(member: Member, target: Target, text: str) -> list[Button]:
    return _channel_button(member, "add", target, text)


def _channel_button(member: Member, wish: str, target: Target, text: str) -> list[Button]:
    return buttons.button(text, "chan", wish, str(member.chat_id), *buttons.code(target))


def _is_id(text: str) -> bool:
    found = CHANNEL.fullmatch(text)
    return found is not None and found["id"] is not None


# --- both -----------------------------------------------------------------------------------------


def _anyones(ask: Ask, target: Target) -> bool:
    """Say whether any place may follow `target`: a watch is its own place's, whoever names it."""
    return target.kind is not TargetKind.WATCH and ask.setup.knows(target)


def _by_title(ask: Ask, rows: Sequence[Subscription]) -> list[Target]:
    titles = {row.target: ask.setup.title(row.target).casefold() for row in rows}
    return sorted(titles, key=lambda one: (titles[one], one))


def _title(ask: Ask, target: Target) -> str:
    shown = own(clip(ask.setup.title(target), TITLE_CHARS_MAX))
    return f"{shown} · {common.KIND[target.kind]}"


def _listed(ask: Ask, targets: Sequence[Target]) -> list[str]:
    lines = [_title(ask, target) for target in targets[:ROWS_MAX]]
    more = len(targets) - ROWS_MAX
    return lines if more <= 0 else [*lines, common.and_more(more)]


def _message(lines: Sequence[str], found: Sequence[list[Button]]) -> Message:
    return Message(html="\n".join(lines), buttons=buttons.rows(*found, width=1))


COMMANDS: tuple[Command, ...] = (Command(name="here", run=here, who=Who.CHAT),)
VERBS: tuple[Verb, ...] = (
    Verb(name="here", run=_bind_pressed, who=Who.CHAT),
    Verb(name="chan", run=_channel_pressed, who=Who.CHAT),
)
