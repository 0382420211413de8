"""The parts of `run` that talk to people: sending, answering, the operator's notices, reloading."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from aggregator.cli import garbage
from aggregator.config.settings import Settings
from aggregator.errors import ConfigError
from aggregator.matching.matcher import Matcher
from aggregator.model import Feed, Gap

if TYPE_CHECKING:
    from telegram import Bot

    from aggregator.cli.compose import Works
    from aggregator.ports import Clock, Store
    from aggregator.service.gaps import OnGap
    from aggregator.service.poller import OnFeed
    from aggregator.service.reload import Reloader
    from aggregator.telegram.chat import ChatLoop
    from aggregator.telegram.naming import Setup
    from aggregator.telegram.notices import Notices
    from aggregator.telegram.notifier import TelegramNotifier

log = structlog.get_logger()

Tell = Callable[[Sequence[str]], Awaitable[None]]


@dataclass(slots=True, kw_only=True)
class Live:
    """The configuration that was taken last, for those who ask."""

    feeds: Sequence[Feed]
    loaded: datetime


def telegram(
    settings: Settings, bot: Bot, store: Store, clock: Clock, works: Callable[[], Works]
) -> TelegramNotifier:
    """Return what sends, with its files and with whom it tells of trouble."""
    from aggregator.telegram.notifier import TelegramNotifier

    async def turn(chat_id: int) -> None:
        await works().deliverer.turn(chat_id)

    return TelegramNotifier(
        bot,
        files=store.file,
        heard=notices(settings, store, clock, works).hear,
        turn=turn,
    )


def notices(settings: Settings, store: Store, clock: Clock, works: Callable[[], Works]) -> Notices:
    """Return what tells people of messages that could not go out as they were."""
    from aggregator.cli import compose
    from aggregator.telegram.notices import Notices

    def wake() -> None:
        works().deliverer.wake()

    return Notices(
        store=store,
        clock=clock,
        ops=settings.ops_chat,
        named=lambda: compose.named(settings, works().pipeline.matcher),
        wake=wake,
    )


def chat(
    *,
    settings: Settings,
    bot: Bot,
    store: Store,
    clock: Clock,
    works: Works,
    live: Live,
    reloader: Reloader,
    announce: Callable[[str], None],
) -> ChatLoop:
    """Return what answers people, about the configuration that is live at each moment."""
    from aggregator.cli import compose
    from aggregator.config.export import as_watchlist_yaml, extended_yaml
    from aggregator.telegram.ask import Hooks
    from aggregator.telegram.chat import ChatLoop

    def setup() -> Setup:
        return replace(
            compose.setup(settings, works.pipeline.matcher),
            feeds=live.feeds,
            loaded=live.loaded,
            faults=reloader.faults,
        )

    async def reload() -> tuple[str, ...] | Setup:
        return await reloader.reload() or setup()

    return ChatLoop(
        bot=bot,
        store=store,
        clock=clock,
        setup=setup,
        announce=announce,
        wake=works.deliverer.wake,
        hold=works.deliverer.hold,
        hooks=Hooks(
            reload=reload,
            watchlist=lambda name, queries, hits, to, floor: as_watchlist_yaml(
                name, queries, hits, works.pipeline.matcher.rules, to=to, floor=floor
            ),
            extended=extended_yaml,
        ),
    )


def ops(settings: Settings, store: Store, works: Works, clock: Clock) -> Tell | None:
    """Return what hands faults to the operator's chat; None when there is no such chat."""
    from aggregator.model import Delivery, Priority
    from aggregator.telegram import render

    place = settings.ops_chat
    if place is None:
        return None

    async def tell(faults: Sequence[str]) -> None:
        now = clock.now()
        notice = Delivery(
            place=place,
            key=f"notice:{now:%Y%m%dT%H%M%S%f}",
            message=render.faults(faults),
            priority=Priority.HIGH,
            created=now,
        )
        await store.enqueue([notice])
        works.deliverer.wake()

    return tell


def watched_losses(
    settings: Settings, store: Store, works: Callable[[], Works], clock: Clock
) -> OnGap:
    """Return what tells the operator of possible losses, and followers of a long one of a court."""
    from aggregator.feeds.gaps import TOLD_APART, at_once
    from aggregator.telegram import losses

    told: set[int] = set()

    async def on_gap(feed: Feed | None, gap: Gap) -> None:
        now = clock.now()
        places = {settings.ops_chat} if settings.ops_chat else set()
        if feed is not None and (gap.id in told or at_once(feed, gap, now)):
            told.add(gap.id)
            rules = works().pipeline.matcher.rules
            cases = {slug: rule.case for slug, rule in rules.cases.items()}
            people = await store.people()
            places |= set(losses.followers(feed, cases, people.subscriptions))
        notices = [losses.notice(gap, feed, place, now) for place in sorted(places)]
        if gap.closed is not None:
            # Who was never told of it need not hear that it is over.
            heard = [await store.delivery(each.place, each.key) for each in notices]
            if gap.why == TOLD_APART:  # "nothing was missed" would be said of too much
                still = replace(gap, closed=None)
                notices = [losses.notice(still, feed, each.place, now) for each in notices]
            notices = [each for each, known in zip(notices, heard, strict=True) if known]
        if notices:
            await store.renew(notices)
            works().deliverer.wake()

    return on_gap


def feed_trouble(tell: Callable[[], Tell | None]) -> OnFeed:
    """Return what tells the operator that a feed's content went wrong, or right again."""

    async def on_feed(feed: Feed, what: str) -> None:
        hear = tell()
        if hear is not None:
            await hear([f"{feed.id}: {what}"])

    return on_feed


def reloader(
    settings: Settings, works: Works, live: Live, clock: Clock, tell: Tell | None
) -> Reloader:
    from aggregator.cli import compose
    from aggregator.service.reload import Reloader

    async def load() -> tuple[Matcher, Sequence[Feed]] | str:
        try:
            return await asyncio.to_thread(compose.configuration, settings)
        except ConfigError as error:
            return str(error)

    def swap(matcher: Matcher, feeds: Sequence[Feed]) -> None:
        works.pipeline.matcher = matcher
        say_nowhere(settings, matcher)
        works.poller.replace_feeds(feeds)
        live.feeds, live.loaded = feeds, clock.now()
        garbage.settles()

    return Reloader(
        fingerprint=lambda: compose.fingerprint(settings), load=load, swap=swap, tell=tell
    )


def say_nowhere(settings: Settings, matcher: Matcher) -> None:
    """Log each watchlist whose `to: ops` reaches nobody."""
    from aggregator.cli import compose

    for name in compose.nowhere(settings, matcher):
        log.warning("ops_chat_not_set", watchlist=name, why="ops_chat_missing")
