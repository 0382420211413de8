"""For operators: every feed and when it is asked next, reading the files anew, and the audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from aggregator.feeds.health import Sight, health
from aggregator.model import Feed, FeedState, Message
from aggregator.telegram import buttons
from aggregator.telegram import words as common
from aggregator.telegram.ask import Answer, Ask, Command, Verb, Who, reply
from aggregator.telegram.markup import clip, escape, own, time
from aggregator.telegram.naming import Setup
from aggregator.telegram.render_status import faults, unseen
from aggregator.telegram.words import operator as words
from aggregator.telegram.words import status as seen

T = TypeVar("T")

FEEDS_ON_A_PAGE = 10
NAME_CHARS_MAX = 60
WHY_CHARS_MAX = 80


async def feeds(ask: Ask) -> Answer:
    """List every feed with how it fares, and when and why it is asked next."""
    return reply(await _page(ask, 0))


async def _turned(ask: Ask) -> Answer:
    match ask.args:
        case (number,) if number.isdecimal():
            return Answer(edit=await _page(ask, int(number)))
        case _:
            return Answer(toast=common.OLD_BUTTON)


async def _page(ask: Ask, number: int) -> Message:
    every = sorted(ask.setup.feeds, key=lambda feed: (not feed.enabled, feed.name.casefold()))
    if not every:
        return Message(html=words.NO_FEEDS)
    states = await ask.reads.feed_states()
    pages = -(-len(every) // FEEDS_ON_A_PAGE)
    number = min(number, pages - 1)
    shown = every[number * FEEDS_ON_A_PAGE :][:FEEDS_ON_A_PAGE]
    lines = [f"<b>{words.FEEDS}</b>, {words.page(number + 1, pages)}"]
    lines += [_feed(ask, feed, states.get(feed.id)) for feed in shown]
    turns = [
        buttons.button(words.PREVIOUS_PAGE, "feeds", str(number - 1)) if number else [],
        buttons.button(words.NEXT_PAGE, "feeds", str(number + 1)) if number + 1 < pages else [],
    ]
    return Message(html="\n".join(lines), buttons=buttons.rows(*turns))


def _feed(ask: Ask, feed: Feed, state: FeedState | None) -> str:
    name = own(clip(feed.name, NAME_CHARS_MAX))
    if not feed.enabled:
        return f"{name}, {words.OFF}"
    found = health(feed, state, ask.now)
    line = f"{name}, {seen.FRESH}" if found.sight is Sight.FRESH else unseen(feed, found, ask.now)
    if state is None or state.next_poll is None:
        return f"{line} · {words.NEVER_ASKED}"
    if state.failures:
        line = f"{line} · {words.failed(state.failures, '')}"
    why = escape(clip(state.next_poll_reason, WHY_CHARS_MAX))
    return f"{line} · {words.NEXT} {time(state.next_poll, 't')}{f', {why}' if why else ''}"


async def reload(ask: Ask) -> Answer:
    """Read rules and feeds anew; say what changed, or the faults for which nothing did."""
    live = await ask.hooks.reload()
    if not isinstance(live, Setup):
        lines = [f"<b>{words.KEPT}</b>", *faults(live)] if live else [words.NOTHING_CHANGED]
        return reply(Message(html="\n".join(lines)))
    told = _changes(ask.setup, live)
    lines = [f"<b>{words.RELOADED}</b>", *told] if told else [words.NOTHING_CHANGED]
    return reply(Message(html="\n".join(lines)))


def _changes(before: Setup, after: Setup) -> list[str]:
    old = {feed.id: feed for feed in before.feeds}
    new = {feed.id: feed for feed in after.feeds}
    told = [
        *_change(words.CASES, before.cases, after.cases),
        *_change(words.WATCHLISTS, before.watchlists, after.watchlists),
        *_change(words.NAMES, before.entities, after.entities),
        *_change(words.FEEDS, old, new),
    ]
    if not told and _version(before) != _version(after):
        told.append(words.RULES_DIFFER)
    return told


def _version(setup: Setup) -> str:
    return "" if setup.rules is None else setup.rules.version


def _change(what: str, before: Mapping[str, T], after: Mapping[str, T]) -> Sequence[str]:
    added, removed = after.keys() - before.keys(), before.keys() - after.keys()
    altered = [key for key in after.keys() & before.keys() if after[key] != before[key]]
    if not added and not removed and not altered:
        return ()
    return (words.changed(what, len(added), len(removed), len(altered), len(after)),)


async def audit(ask: Ask) -> Answer:
    """Say in numbers who follows what, and whether the ledger is whole."""
    people = await ask.reads.people()
    places = {one.place for one in people.subscriptions}
    rows, broken = await ask.reads.verify_ledger()
    in_force = [mute for mute in people.mutes if mute.until > ask.now]
    paused = sum(one.paused for one in people.subscriptions)
    lines = [
        f"<b>{words.AUDIT}</b>, {time(ask.now)}",
        words.audience(len({place.chat_id for place in places}), len(places)),
        words.follows(len(people.subscriptions), paused, len(people.watches), len(in_force)),
        words.ledger(rows, broken),
        f"<i>{words.ALIVE}</i>",
    ]
    return reply(Message(html="\n".join(lines)))


COMMANDS: tuple[Command, ...] = (
    Command(name="feeds", run=feeds, who=Who.OPERATOR),
    Command(name="reload", run=reload, who=Who.OPERATOR),
    Command(name="audit", run=audit, who=Who.OPERATOR),
)
VERBS: tuple[Verb, ...] = (Verb(name="feeds", run=_turned, who=Who.OPERATOR),)
