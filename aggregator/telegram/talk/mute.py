"""Silencing a case, a story, a source or everything for a while, by command or under an alert."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from aggregator.alerts.mutes import MUTE_MAX
from aggregator.alerts.zones import zone
from aggregator.cases.names import fold
from aggregator.model import (
    Button,
    Delivery,
    Message,
    Mute,
    StoryId,
)
from aggregator.telegram import buttons, render_lists, times, words
from aggregator.telegram.ask import Answer, Ask, Command, EndMute, StartMute, Verb, Who, reply, say
from aggregator.telegram.keyboard import HOUR, MUTE, MUTE_SPAN, offers
from aggregator.telegram.markup import clip, escape
from aggregator.telegram.naming import Nothing, Setup, resolve
from aggregator.telegram.talk.mutable import (
    TITLE_CHARS_MAX,
    What,
    called,
    of_button,
    of_mute,
    of_story,
    of_target,
    sentence,
    story_of,
)
from aggregator.telegram.words import mute as said

NAME_CHARS_MAX = 200
ROWS_MAX = 10
UNMUTE = "um"


async def mute(ask: Ask) -> Answer:
    """Mute what is named, or the story of the alert that is answered, for a while."""
    name, span, keep_high = _read(ask.argument[:NAME_CHARS_MAX])
    answered = await _answered(ask)
    if not name and answered is None:
        return reply(await _listed(ask)) if not ask.argument else say(said.MUTE_HINT)
    until = times.until(span, await _zone(ask), ask.now) if span else ask.now + MUTE_SPAN
    if until is None or until <= ask.now:
        return say(said.no_span(escape(span)))
    if until - ask.now > MUTE_MAX:
        return say(said.too_long(MUTE_MAX.days))
    if not name and answered is not None:
        return await _mute(ask, await of_story(ask, answered), until, keep_high=keep_high)
    meant = called(name, ask.setup)
    if len(meant) == 1:
        return await _mute(ask, meant[0], until, keep_high=keep_high)
    if meant:
        return reply(_which(meant, until - ask.now, keep_high=keep_high))
    return reply(_unknown(name, ask.setup, until - ask.now, keep_high=keep_high))


async def unmute(ask: Ask) -> Answer:
    """End the mute of what is named, or of the alert that is answered."""
    name = ask.argument[:NAME_CHARS_MAX]
    held = await ask.reads.mutes_at(ask.place, ask.now)
    answered = await _answered(ask)
    if not name and answered is None:
        return reply(await _listed(ask))
    if fold(name) in {"all", said.EVERYTHING}:
        effects = tuple(EndMute(place=one.place, kind=one.kind, name=one.name) for one in held)
        return Answer(
            replies=(Message(html=said.ENDED if held else said.NOTHING_MUTED),), effects=effects
        )
    meant = called(name, ask.setup) if name else ()
    if not name and answered is not None:
        meant = (await of_story(ask, answered),)
    for what in meant:
        if any((one.kind, one.name) == (what.kind, what.name) for one in held):
            end = EndMute(place=ask.place, kind=what.kind, name=what.name)
            return Answer(replies=(Message(html=said.unmuted(what.html)),), effects=(end,))
    title = meant[0].html if meant else f"“{escape(clip(name, TITLE_CHARS_MAX))}”"
    return say(said.not_muted(title))


async def _mute_pressed(ask: Ask) -> Answer:
    what = await of_button(ask)
    length = _length(ask.args[2]) if len(ask.args) == 4 else None
    if what is None or length is None or ask.args[3] not in {"0", "1"}:
        return Answer(toast=words.OLD_BUTTON)
    shown = await _pressed_on(ask)
    done = await _mute(ask, what, ask.now + length, keep_high=ask.args[3] == "1")
    if shown is None or not shown.key.startswith("story:"):
        (said_so,) = done.replies
        return replace(done, replies=(), edit=said_so)
    settings = await ask.reads.settings_at(ask.place)
    until = times.local(ask.now + length, settings.zone, ask.now)
    undo = buttons.rows(buttons.button(said.muted_button(until), UNMUTE, *what.code))
    return replace(done, replies=(), edit=_rebuilt(shown.message, undo))


async def _unmute_pressed(ask: Ask) -> Answer:
    what = await of_button(ask)
    if what is None:
        return Answer(toast=words.OLD_BUTTON)
    held = await ask.reads.mutes_at(ask.place, ask.now)
    found = any((one.kind, one.name) == (what.kind, what.name) for one in held)
    end = (EndMute(place=ask.place, kind=what.kind, name=what.name),) if found else ()
    shown = await _pressed_on(ask)
    if shown is not None and shown.key.startswith("story:"):
        edit = _rebuilt(shown.message, offers(what.code))
    else:
        edit = await _listed(ask, without=what)
    toast = said.unmuted(sentence(what.title, str)) if found else said.NOT_MUTED
    return Answer(edit=edit, effects=end, toast=toast)


async def _mute(ask: Ask, what: What, until: datetime, *, keep_high: bool) -> Answer:
    settings = await ask.reads.settings_at(ask.place)
    shown = times.local(until, settings.zone, ask.now)
    started = Mute(
        place=ask.place,
        kind=what.kind,
        name=what.name,
        since=ask.now,
        until=until,
        keep_high=keep_high,
    )
    undo = buttons.rows(buttons.button(said.UNDO, UNMUTE, *what.code))
    html = said.muted(what.html, shown, keep_high=keep_high)
    return Answer(
        replies=(Message(html=html, buttons=undo),),
        effects=(StartMute(mute=started),),
        toast=said.muted(sentence(what.title, str), shown, keep_high=keep_high),
    )


def _rebuilt(message: Message, row: tuple[buttons.Row, ...]) -> Message:
    """Return `message` with this row where its mute buttons stood, or at its end."""
    at = next((at for at, old in enumerate(message.buttons) if _mutes(old)), len(message.buttons))
    rest = [old for old in message.buttons if not _mutes(old)]
    return replace(message, buttons=(*rest[:at], *row, *rest[at:]))


def _mutes(row: Sequence[Button]) -> bool:
    return any((buttons.read(one.data) or ("",))[0] in {MUTE, UNMUTE} for one in row)


async def _listed(ask: Ask, without: What | None = None) -> Message:
    """Return what is muted here, each with the button that ends it."""
    held = [
        one
        for one in await ask.reads.mutes_at(ask.place, ask.now)
        if without is None or (one.kind, one.name) != (without.kind, without.name)
    ]
    if not held:
        return Message(html=f"{said.NOTHING_MUTED} {said.MUTE_HINT}")
    settings = await ask.reads.settings_at(ask.place)
    lines, found = [f"<b>{said.MUTED_TITLE}</b>"], []
    for one in held[:ROWS_MAX]:
        what = await of_mute(ask, one)
        until = times.local(one.until, settings.zone, ask.now)
        lines.append(said.row(what.html, until, keep_high=one.keep_high))
        found.append(buttons.button(f"{said.UNMUTE} {what.title}", UNMUTE, *what.code))
    if len(held) > ROWS_MAX:
        lines.append(words.and_more(len(held) - ROWS_MAX))
    return Message(html="\n".join(lines), buttons=buttons.rows(*found, width=1))


def _which(meant: Sequence[What], length: timedelta, *, keep_high: bool) -> Message:
    """Return the question which of these is meant, each answer a button."""
    choice = [
        buttons.button(what.title, MUTE, *what.code, _coded(length), "1" if keep_high else "0")
        for what in meant[: render_lists.BUTTONS_MAX]
    ]
    return Message(html=said.WHICH, buttons=buttons.rows(*choice, width=1))


def _unknown(name: str, setup: Setup, length: timedelta, *, keep_high: bool) -> Message:
    alike = resolve(name, setup)
    suggested = alike.suggestions if isinstance(alike, Nothing) else ()
    choice = _which(
        [of_target(target, setup) for _, target in suggested], length, keep_high=keep_high
    )
    nothing = said.nothing_called(escape(clip(name, TITLE_CHARS_MAX)))
    return Message(html=nothing, buttons=choice.buttons)


async def _answered(ask: Ask) -> StoryId | None:
    """Return the story of the alert that the command is a reply to."""
    if ask.incoming.answers is None:
        return None
    shown = await ask.reads.delivery_of(ask.incoming.chat_id, ask.incoming.answers)
    return None if shown is None else story_of(shown)


async def _pressed_on(ask: Ask) -> Delivery | None:
    if ask.incoming.message_id is None:
        return None
    return await ask.reads.delivery_of(ask.incoming.chat_id, ask.incoming.message_id)


async def _zone(ask: Ask) -> tzinfo:
    return zone((await ask.reads.settings_at(ask.place)).zone)


def _read(text: str) -> tuple[str, str, bool]:
    """Return the name, the span as written (empty for none), and whether High still rings."""
    parts = text.split()
    keep_high = not (parts and parts[-1].lower() == "high")
    if not keep_high:
        parts.pop()
    for size in (2, 1):
        tail = " ".join(parts[-size:]).lower()
        if len(parts) >= size and (times.span(tail) is not None or tail.startswith("until ")):
            return " ".join(parts[:-size]), tail, keep_high
    return " ".join(parts), "", keep_high


def _coded(length: timedelta) -> str:
    whole, rest = divmod(length, HOUR)
    return f"{length // timedelta(minutes=1)}m" if rest else str(whole)


def _length(coded: str) -> timedelta | None:
    """Return the length that a button carries: hours, or minutes with an m; None for neither."""
    length = times.span(coded if coded.endswith("m") else f"{coded}h")
    return length if length and length <= MUTE_MAX else None


COMMANDS: tuple[Command, ...] = (
    Command(name="mute", run=mute, who=Who.CHAT),
    Command(name="unmute", run=unmute, who=Who.CHAT),
)
VERBS: tuple[Verb, ...] = (
    Verb(name=MUTE, run=_mute_pressed, who=Who.CHAT),
    Verb(name=UNMUTE, run=_unmute_pressed, who=Who.CHAT),
)
