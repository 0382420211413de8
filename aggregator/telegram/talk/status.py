"""How well the sources of what a place follows are read, and for operators how delivery stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from aggregator.feeds.health import concerned, sources
from aggregator.model import Delivery, DeliveryState, Gap, PlaceSettings, Target, TargetKind
from aggregator.telegram import render_status
from aggregator.telegram.ask import Answer, Ask, Command, Settle, Verb, Who, reply
from aggregator.telegram.naming import Setup
from aggregator.telegram.words import OLD_BUTTON
from aggregator.telegram.words import status as words

GAPS_FOR = timedelta(days=30)
"""An older possible loss, though never closed, is in the ledger, not in the status."""
ALERTS_LOOKED_AT = 500
"""The newest alerts of a place, among which those that are parked are looked for."""


async def status(ask: Ask) -> Answer:
    """Say how the sources fare, what may be lost and what is parked."""
    setup = ask.setup
    feeds = concerned(setup.feeds, courts(ask.view.followed, setup))
    ids = {feed.id for feed in feeds}
    gaps = [
        gap
        for gap in await ask.reads.gaps(ask.now - GAPS_FOR)
        if _is_open(gap) and (gap.feed_id in ids or not gap.feed_id)
    ]
    operator = ask.incoming.user_id in setup.access.admins
    settings = await ask.reads.settings_at(ask.place)
    return reply(
        render_status.status(
            sources=sources(feeds, await ask.reads.feed_states(), ask.now),
            follows=bool(ask.view.followed),
            gaps=gaps,
            names={feed.id: feed.name for feed in setup.feeds},
            parked=await _parked(ask, settings),
            never_repeat=settings.never_repeat,
            now=ask.now,
            operation=await _operation(ask) if operator else None,
        )
    )


def courts(followed: Iterable[Target], setup: Setup) -> frozenset[str] | None:
    """Return the courts that matter to who follows these; None: any court's feed may."""
    found: set[str] = set()
    targets = tuple(followed)
    for target in targets:
        if target.kind is not TargetKind.CASE:
            return None
        case = setup.cases.get(target.slug)
        if case is not None and case.court:
            found.add(case.court)
    return frozenset(found) if targets else None


def _is_open(gap: Gap) -> bool:
    return gap.closed is None


async def _doubt_pressed(ask: Ask) -> Answer:
    """Choose what becomes of a message that may or may not have arrived."""
    match ask.args:
        case ("miss" | "repeat" as never,):
            settings = await ask.reads.settings_at(ask.place)
            chosen = replace(settings, never_repeat=never == "repeat")
            return Answer(
                effects=(Settle(settings=chosen),),
                toast=words.in_doubt(never_repeat=chosen.never_repeat),
            )
        case _:
            return Answer(toast=OLD_BUTTON)


async def _parked(ask: Ask, settings: PlaceSettings) -> list[Delivery]:
    """Return the messages that are not repeated because this place asked for none."""
    if not settings.never_repeat:
        return []
    alerts = await ask.reads.alerts_of(ask.place, ALERTS_LOOKED_AT)
    return [one for one in alerts if one.state is DeliveryState.UNKNOWN]


async def _operation(ask: Ask) -> render_status.Operation:
    return render_status.Operation(
        counts=await ask.reads.counts(), loaded=ask.setup.loaded, faults=ask.setup.faults
    )


COMMANDS: tuple[Command, ...] = (Command(name="status", run=status),)
VERBS: tuple[Verb, ...] = (Verb(name=render_status.DOUBT, run=_doubt_pressed, who=Who.CHAT),)
