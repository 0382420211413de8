"""How well the sources of what a place follows are read, and for operators how delivery stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from aggregator.alerts import budget
from aggregator.feeds.health import concerned, sources
from aggregator.model import (
    REPEATS_MAX,
    Delivery,
    DeliveryState,
    Gap,
    PlaceSettings,
    Target,
    TargetKind,
)
from aggregator.telegram import render_status
from aggregator.telegram.ask import Answer, Ask, Command, Settle, Verb, Who, reply
from aggregator.telegram.naming import Setup
from aggregator.telegram.words import OLD_BUTTON
from aggregator.telegram.words import status as words

GAPS_FOR = timedelta(days=30)
"""An older possible loss, though never closed, is in the ledger, not in the status."""
ALERTS_LOOKED_AT = 500
"""The newest alerts of a place, and for operators of all, among which those that are parked or
could not be delivered are looked for."""


async def status(ask: Ask) -> Answer:
    """Say how the sources fare, what may be lost, what is parked and what never came."""
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
    alerts = await ask.reads.alerts_of(ask.place, ALERTS_LOOKED_AT)
    return reply(
        render_status.status(
            sources=sources(feeds, await ask.reads.feed_states(), ask.now),
            follows=bool(ask.view.followed),
            gaps=gaps,
            names={feed.id: feed.name for feed in setup.feeds},
            doubtful=[one for one in alerts if _is_doubtful(one, settings)],
            dead=[one for one in alerts if _is_dead(one) and one.created > ask.now - GAPS_FOR],
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


def _is_doubtful(alert: Delivery, settings: PlaceSettings) -> bool:
    """Say whether it may be there and is not sent again: as the place asked, or often enough."""
    if alert.state is not DeliveryState.UNKNOWN:
        return False
    return settings.never_repeat or alert.attempts > REPEATS_MAX


def _is_dead(delivery: Delivery) -> bool:
    """Say whether it never came; what died as an edit stands there as it was."""
    return delivery.state is DeliveryState.DEAD and delivery.message_id is None


async def _operation(ask: Ask) -> render_status.Operation:
    held, told = budget.waits(await ask.reads.setting(budget.MEMORY) or "", ask.now)
    newest = await ask.reads.deliveries(ALERTS_LOOKED_AT)
    return render_status.Operation(
        counts=await ask.reads.counts(),
        held=held,
        waits=told,
        dead=[one for one in newest if _is_dead(one)],
        loaded=ask.setup.loaded,
        faults=ask.setup.faults,
    )


COMMANDS: tuple[Command, ...] = (Command(name="status", run=status),)
VERBS: tuple[Verb, ...] = (Verb(name=render_status.DOUBT, run=_doubt_pressed, who=Who.CHAT),)
