"""The composition root: the only place where ports meet their implementations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from aggregator import __version__
from aggregator.alerts.digest import Digest, Route
from aggregator.cli import logs
from aggregator.config.feeds import load_feeds
from aggregator.config.rules import load_rules
from aggregator.config.settings import Access as WhoMay
from aggregator.config.settings import Settings
from aggregator.errors import ConfigError, Fault
from aggregator.feeds.fetch import HttpFetcher
from aggregator.feeds.resolve import SystemResolver
from aggregator.feeds.sources import courtlistener
from aggregator.feeds.weight import weight_of
from aggregator.matching.matcher import Matcher
from aggregator.matching.rules import Deliver
from aggregator.model import (
    Alert,
    Feed,
    FeedFormat,
    Message,
    Place,
    Subscription,
    Target,
    TargetKind,
)
from aggregator.pipeline import Pipeline
from aggregator.ports import Clock, Fetcher, Notifier, Parser, Store
from aggregator.service.deliverer import Deliverer
from aggregator.service.digest import Digests
from aggregator.service.gaps import OnGap
from aggregator.service.places import Places
from aggregator.service.poller import OnFeed, Poller
from aggregator.service.seeker import Tell
from aggregator.telegram import render, render_digest
from aggregator.telegram.access import Access
from aggregator.telegram.naming import Setup

CONSOLE = Place(chat_id=0)
"""The console as a place; no Telegram chat has this id."""


def secret(settings: Settings) -> str:
    """Return the bot's token; empty without one."""
    return settings.token.get_secret_value() if settings.token else ""


def user_agent(contact: str) -> str:
    """Return how we name ourselves to publishers; SEC.gov wants a contact it can write to."""
    product = f"Casewire/{__version__} (crypto-regulation news reader)"
    return f"{product} {contact}".strip()


def fetcher(settings: Settings) -> HttpFetcher:
    key = settings.courtlistener_token.get_secret_value() if settings.courtlistener_token else ""
    logs.hide(key)
    return HttpFetcher(
        SystemResolver(),
        user_agent=user_agent(settings.contact),
        tokens={courtlistener.HOST: f"Token {key}"} if key else {},
    )


def configuration(settings: Settings) -> tuple[Matcher, tuple[Feed, ...]]:
    """Return the rules, indexed, and the feeds; raise `ConfigError` with the faults of both."""
    faults: list[Fault] = []
    feeds: tuple[Feed, ...] = ()
    matcher: Matcher | None = None
    try:
        feeds = load_feeds(settings.feeds)
    except ConfigError as error:
        faults += error.faults
    try:
        matcher = Matcher(load_rules(settings.rules))
    except ConfigError as error:
        faults += error.faults
    if faults or matcher is None:
        raise ConfigError(faults)
    return matcher, feeds


def fingerprint(settings: Settings) -> Mapping[str, tuple[int, int]]:
    """Return the size and change time of every configuration file: differs when one changed."""
    files: list[Path] = []
    for place in (*settings.feeds, *settings.rules):
        files += sorted(place.rglob("*.y*ml")) if place.is_dir() else [place]
    found = {}
    for file in files:
        try:
            status = file.stat()
        except OSError:  # gone between the listing and the look: that is a change too
            found[str(file)] = (0, 0)
        else:
            found[str(file)] = (status.st_mtime_ns, status.st_size)
    return found


def everything(matcher: Matcher, place: Place) -> tuple[Subscription, ...]:
    """Return subscriptions of `place` to all that can be followed."""
    since = datetime.min.replace(tzinfo=UTC)
    return tuple(
        Subscription(place=place, target=target, since=since)
        for target in (
            *(Target(kind=TargetKind.CASE, slug=slug) for slug in matcher.rules.cases),
            *(Target(kind=TargetKind.WATCHLIST, slug=name) for name in matcher.rules.watchlists),
        )
    )


def routed(settings: Settings, matcher: Matcher) -> tuple[Subscription, ...]:
    """Return the subscriptions that watchlists make themselves with an instant `deliver`."""
    since = datetime.min.replace(tzinfo=UTC)
    return tuple(
        Subscription(place=place, target=target, since=since, floor=wanted.floor)
        for target, wanted in _wanted(matcher)
        if wanted.digest is None and (place := _place(settings, wanted)) is not None
    )


def digest_routes(settings: Settings, matcher: Matcher) -> tuple[Route, ...]:
    """Return the digests that watchlists ask for; of two at one place the first."""
    found: dict[tuple[Place, Target], Route] = {}
    for target, wanted in _wanted(matcher):
        place = _place(settings, wanted)
        if wanted.digest is not None and place is not None:
            route = Route(place=place, target=target, at=wanted.digest, floor=wanted.floor)
            found.setdefault((place, target), route)
    return tuple(found.values())


def nowhere(settings: Settings, matcher: Matcher) -> tuple[str, ...]:
    """Return the watchlists that go to the operator's chat while there is none."""
    names = (target.slug for target, to in _wanted(matcher) if _place(settings, to) is None)
    return tuple(dict.fromkeys(names))


def named(settings: Settings, matcher: Matcher) -> frozenset[int]:
    """Return the chats that configuration names, be it a watchlist's or the operator's."""
    places = [_place(settings, wanted) for _, wanted in _wanted(matcher)]
    return frozenset(place.chat_id for place in (*places, settings.ops_chat) if place is not None)


def _wanted(matcher: Matcher) -> Iterator[tuple[Target, Deliver]]:
    for name, rule in matcher.rules.watchlists.items():
        for wanted in rule.deliver:
            yield Target(kind=TargetKind.WATCHLIST, slug=name), wanted


def _place(settings: Settings, wanted: Deliver) -> Place | None:
    """Return where `wanted` goes; a topic of its own goes before that of CASEWIRE_OPS_CHAT."""
    if wanted.to is not None:
        return Place(chat_id=wanted.to, thread_id=wanted.thread)
    ops = settings.ops_chat
    if ops is None or not wanted.thread:
        return ops
    return Place(chat_id=ops.chat_id, thread_id=wanted.thread)


def digests(
    settings: Settings,
    works: Works,
    store: Store,
    clock: Clock,
    feeds: Callable[[], Sequence[Feed]] = tuple,
) -> Digests:
    """Return what queues the digests of watchlists and of places, under the rules and `feeds`
    that are live at each moment.
    """

    def rendered(made: Digest) -> Message:
        return render_digest.digest(made, titles(works.pipeline.matcher))

    places = Places(
        store=store,
        setup=lambda: replace(setup(settings, works.pipeline.matcher), feeds=feeds()),
        always=lambda: routed(settings, works.pipeline.matcher),
        wake=works.deliverer.wake,
    )
    return Digests(
        store=store,
        clock=clock,
        routes=lambda: digest_routes(settings, works.pipeline.matcher),
        render=rendered,
        wake=works.deliverer.wake,
        places=places,
    )


def titles(matcher: Matcher) -> dict[Target, str]:
    """Return the short title of everything that can be followed."""
    rules = matcher.rules
    found = {
        Target(kind=TargetKind.CASE, slug=slug): rule.case.title
        for slug, rule in rules.cases.items()
    }
    found |= {
        Target(kind=TargetKind.WATCHLIST, slug=name): rule.watchlist.title
        for name, rule in rules.watchlists.items()
    }
    found |= {
        Target(kind=TargetKind.ENTITY, slug=slug): entity.name
        for slug, entity in rules.entities.items()
    }
    return found | matcher.watches.titles


def render_alert(alert: Alert, matcher: Matcher) -> Message:
    """Render an alert with the titles and facts of these rules."""
    cases = {slug: rule.case for slug, rule in matcher.rules.cases.items()}
    return render.alert(alert, cases, titles(matcher))


@dataclass(frozen=True, slots=True, kw_only=True)
class Works:
    """The parts that run, joined; `run` and `demo` drive the same ones."""

    pipeline: Pipeline
    deliverer: Deliverer
    poller: Poller


def works(
    *,
    matcher: Matcher,
    feeds: Sequence[Feed],
    store: Store,
    web: Fetcher,
    parser: Parser,
    notifier: Notifier,
    clock: Clock,
    pace: Clock,
    probe: bool = True,
    given_up: Tell | None = None,
    on_gap: OnGap | None = None,
    on_feed: OnFeed | None = None,
) -> Works:
    """Join the parts: news live in `clock`'s time, deliveries keep the `pace` of real time."""
    pipeline = Pipeline(store=store, parser=parser, matcher=matcher, render=render_alert)
    deliverer = Deliverer(
        store=store, notifier=notifier, clock=pace, probe=probe, given_up=given_up
    )
    poller = Poller(
        feeds=feeds,
        store=store,
        fetcher=web,
        pipeline=pipeline,
        clock=clock,
        wake=deliverer.wake,
        on_gap=on_gap,
        on_feed=on_feed,
        weigh=lambda feed: weight_of(feed, pipeline.cases, pipeline.people.subscriptions),
    )
    return Works(pipeline=pipeline, deliverer=deliverer, poller=poller)


def setup(settings: Settings, matcher: Matcher) -> Setup:
    """Return what the chat is to know of the configuration."""
    rules = matcher.rules
    return Setup(
        cases={slug: rule.case for slug, rule in rules.cases.items()},
        watchlists={name: rule.watchlist for name, rule in rules.watchlists.items()},
        entities={slug: entity.name for slug, entity in rules.entities.items()},
        rules=rules,
        matcher=matcher,
        access=Access(
            is_open=settings.access is WhoMay.OPEN,
            admins=settings.admins,
            allowed=settings.users,
        ),
    )


def host_of(url: str) -> str:
    """Return the host of `url` without `www.`; empty for what is no address."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:  # such as a bracket that is never closed
        return ""


def feed_of(feeds: Sequence[Feed], *, outlet: str, url: str) -> Feed | None:
    """Return the feed that `outlet` names, or the one on the host of `url`.

    A site with an API carries pages of every court, so an item of its host need not be the feed's.
    """
    for feed in feeds:
        if (
            feed.format is FeedFormat.FEED
            and outlet
            and outlet.casefold() in {feed.name.casefold(), feed.id}
        ):
            return feed
    host = host_of(url)
    plain = (feed for feed in feeds if feed.format is FeedFormat.FEED)
    return next((feed for feed in plain if host and host_of(feed.url) == host), None)
