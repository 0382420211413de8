"""When a place is told what did not ring: its digest, its quiet hours, its time zone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import assert_never

from aggregator.alerts import personal, schedule
from aggregator.alerts.personal import Reader
from aggregator.alerts.zones import names, zone
from aggregator.model import DAILY, Message, PlaceSettings, Schedule
from aggregator.telegram import buttons, gather, times, words
from aggregator.telegram.ask import (
    Answer,
    Ask,
    Command,
    Remember,
    Settle,
    Verb,
    Who,
    reply,
    say,
)
from aggregator.telegram.markup import clip, escape
from aggregator.telegram.words import digest as said

INPUT_CHARS_MAX = 60
FIRST_REACH = timedelta(days=1)
"""The first `/digest now` of a place that had no digest before tells of so long."""
WEEKLY = Schedule(at=DAILY.at, weekday=0)


async def digest(ask: Ask) -> Answer:
    """Show when the digest comes, or change it, or send it now."""
    settings = await ask.reads.settings_at(ask.place)
    if not ask.argument:
        return reply(_digest_shown(ask, settings))
    wish = times.wish(ask.argument[:INPUT_CHARS_MAX])
    if wish is None:
        return say(said.no_schedule(_quoted(ask)))
    if wish == "now":
        return await _now(ask, settings)
    changed = _wished(settings, None if wish == "off" else wish)
    return Answer(replies=(_digest_shown(ask, changed),), effects=(Settle(settings=changed),))


async def _digest_pressed(ask: Ask) -> Answer:
    settings = await ask.reads.settings_at(ask.place)
    match ask.args:
        case ():
            return reply(_digest_shown(ask, settings))
        case ("now",):
            return await _now(ask, settings)
        case ("daily",):
            changed = _wished(settings, DAILY)
        case ("weekly",):
            changed = _wished(settings, WEEKLY)
        case ("off",):
            changed = _wished(settings, None)
        case _:
            return Answer(toast=words.OLD_BUTTON)
    shown = _digest_shown(ask, changed)
    return Answer(edit=shown, effects=(Settle(settings=changed),), toast=shown.html)


def _wished(settings: PlaceSettings, wanted: Schedule | None) -> PlaceSettings:
    return replace(settings, digest=wanted, digest_asked=wanted is not None)


async def _now(ask: Ask, settings: PlaceSettings) -> Answer:
    """Tell at once what the next digest would; that one then tells only what comes after."""
    if not ask.view.subscriptions:
        return say(said.NOTHING_FOLLOWED)
    reader = Reader(settings=settings, subscriptions=ask.view.subscriptions)
    name = gather.name(ask.place)
    memory = gather.remembered(await ask.reads.setting(name))
    if memory is None:
        memory = replace(personal.first(settings, ask.now), until=ask.now - FIRST_REACH)
    found = await gather.stories(ask.reads, max(memory.until, ask.now - personal.REACH_MAX))
    made = await gather.digest(ask.reads, ask.setup, reader, memory, until=ask.now, found=found)
    return Answer(
        replies=(replace(made.message, silent=False),),
        effects=(Remember(name=name, value=made.memory),),
    )


def _digest_shown(ask: Ask, settings: PlaceSettings) -> Message:
    choice = buttons.rows(
        *(buttons.button(text, "dg", wish) for wish, text in said.DIGEST_BUTTONS.items())
    )
    if settings.digest is None:
        return Message(html=said.DIGEST_OFF, buttons=choice)
    at = schedule.following(settings.digest, zone(settings.zone), ask.now)
    when = said.schedule(times.hhmm(settings.digest.at), settings.digest.weekday)
    told = said.digest_is if settings.digest_asked else said.digest_when_news
    following = times.local(at, settings.zone, ask.now)
    return Message(html=told(when, settings.zone, following), buttons=choice)


async def quiet(ask: Ask) -> Answer:
    """Show the quiet hours, or change them."""
    settings = await ask.reads.settings_at(ask.place)
    text = ask.argument[:INPUT_CHARS_MAX]
    if not text:
        return reply(_quiet_shown(settings))
    if text.lower() in {"off", "none", "never"}:
        return _quieted(replace(settings, quiet=None))
    wanted = times.hours(text)
    if wanted is None:
        return say(said.no_quiet(_quoted(ask)))
    if wanted.start == wanted.end:
        return say(said.QUIET_SAME)
    return _quieted(replace(settings, quiet=wanted))


async def _quiet_pressed(ask: Ask) -> Answer:
    settings = await ask.reads.settings_at(ask.place)
    text = ask.args[0] if len(ask.args) == 1 else ""
    wanted = None if text == "off" else times.hours(text)
    if wanted is None and text != "off":
        return Answer(toast=words.OLD_BUTTON)
    changed = replace(settings, quiet=wanted)
    shown = _quiet_shown(changed)
    return Answer(edit=shown, effects=(Settle(settings=changed),), toast=shown.html)


def _quieted(changed: PlaceSettings) -> Answer:
    return Answer(replies=(_quiet_shown(changed),), effects=(Settle(settings=changed),))


def _quiet_shown(settings: PlaceSettings) -> Message:
    choice = buttons.rows(
        *(buttons.button(text, "qh", hours) for hours, text in said.QUIET_BUTTONS.items())
    )
    if settings.quiet is None:
        return Message(html=said.QUIET_OFF, buttons=choice)
    start, end = times.hhmm(settings.quiet.start), times.hhmm(settings.quiet.end)
    return Message(html=said.quiet_is(start, end, settings.zone), buttons=choice)


async def tz(ask: Ask) -> Answer:
    """Show the time zone, or change it, or ask which city is meant."""
    settings = await ask.reads.settings_at(ask.place)
    if not ask.argument:
        shown = _zone_shown(ask, settings)
        return say(f"{shown} {said.ZONE_HINT}")
    match times.zone_named(ask.argument):
        case times.Alike(placeless=True):
            return say(said.zone_without_place(_quoted(ask)))
        case times.Alike(names=()):
            return say(said.no_zone(_quoted(ask)))
        case times.Alike(names=alike):
            rows = buttons.rows(*(buttons.button(name, "tz", name) for name in alike), width=1)
            return reply(Message(html=said.did_you_mean_zone(_quoted(ask)), buttons=rows))
        case str(name):
            changed = replace(settings, zone=name)
            return Answer(
                replies=(Message(html=_zone_shown(ask, changed)),),
                effects=(Settle(settings=changed),),
            )
        case never:
            assert_never(never)


async def _tz_pressed(ask: Ask) -> Answer:
    name = ask.args[0] if len(ask.args) == 1 else ""
    if names().get(name.lower()) != name:
        return Answer(toast=words.OLD_BUTTON)
    changed = replace(await ask.reads.settings_at(ask.place), zone=name)
    shown = _zone_shown(ask, changed)
    return Answer(edit=Message(html=shown), effects=(Settle(settings=changed),), toast=shown)


def _zone_shown(ask: Ask, settings: PlaceSettings) -> str:
    return said.zone_is(settings.zone, times.local(ask.now, settings.zone, ask.now))


def _quoted(ask: Ask) -> str:
    return escape(clip(ask.argument, INPUT_CHARS_MAX))


COMMANDS: tuple[Command, ...] = (
    Command(name="digest", run=digest, who=Who.CHAT),
    Command(name="quiet", run=quiet, who=Who.CHAT),
    Command(name="tz", run=tz, who=Who.CHAT),
)
VERBS: tuple[Verb, ...] = (
    Verb(name="dg", run=_digest_pressed, who=Who.CHAT),
    Verb(name="qh", run=_quiet_pressed, who=Who.CHAT),
    Verb(name="tz", run=_tz_pressed, who=Who.CHAT),
)
