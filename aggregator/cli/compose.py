"""The composition root: the only place where ports meet their implementations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from aggregator import __version__
from aggregator.config.feeds import load_feeds
from aggregator.config.rules import load_rules
from aggregator.config.settings import Access as WhoMay
from aggregator.config.settings import Settings
from aggregator.errors import ConfigError, Fault
from aggregator.feeds.fetch import HttpFetcher, SystemResolver
from aggregator.matching.matcher import Matcher
from aggregator.model import Alert, Feed, Message, Place, Subscription, Target, TargetKind
from aggregator.pipeline import Pipeline
from aggregator.ports import Clock, Fetcher, Notifier, Parser, Store
from aggregator.service.deliverer import Deliverer
from aggregator.service.poller import Poller
from aggregator.telegram import render
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
    return HttpFetcher(SystemResolver(), user_agent=user_agent(settings.contact))


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
    return found


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
) -> Works:
    """Join the parts: news live in `clock`'s time, deliveries keep the `pace` of real time."""
    pipeline = Pipeline(store=store, parser=parser, matcher=matcher, render=render_alert)
    deliverer = Deliverer(store=store, notifier=notifier, clock=pace)
    poller = Poller(
        feeds=feeds,
        store=store,
        fetcher=web,
        pipeline=pipeline,
        clock=clock,
        wake=deliverer.wake,
    )
    return Works(pipeline=pipeline, deliverer=deliverer, poller=poller)


def setup(settings: Settings, matcher: Matcher) -> Setup:
    """Return what the chat is to know of the configuration."""
    rules = matcher.rules
    return Setup(
        cases={slug: rule.case for slug, rule in rules.cases.items()},
        watchlists={name: rule.watchlist for name, rule in rules.watchlists.items()},
        entities={slug: entity.name for slug, entity in rules.entities.items()},
        access=Access(
            is_open=settings.access is WhoMay.OPEN,
            admins=settings.admins,
            allowed=settings.users,
        ),
    )


def feed_of(feeds: Sequence[Feed], *, outlet: str, url: str) -> Feed | None:
    """Return the feed that `outlet` names, or the one on the host of `url`."""
    from urllib.parse import urlsplit

    for feed in feeds:
        if outlet and outlet.casefold() in {feed.name.casefold(), feed.id}:
            return feed
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    if not host:
        return None
    return next(
        (f for f in feeds if (urlsplit(f.url).hostname or "").removeprefix("www.") == host), None
    )
