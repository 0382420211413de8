"""Plain values for the contract tests, and what they do with a store."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from aggregator.model import (
    Batch,
    Button,
    Committed,
    Delivery,
    Event,
    EventKind,
    Evidence,
    FeedKind,
    Item,
    ItemKey,
    Match,
    Message,
    Mute,
    MuteKind,
    Place,
    Priority,
    Relation,
    Report,
    Sent,
    Severity,
    Status,
    Story,
    StoryId,
    Subscription,
    Target,
    TargetKind,
    Trust,
    Watch,
)

NOW = datetime(2023, 9, 18, 19, 30, 0, 123456, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
CASE = Target(kind=TargetKind.CASE, slug="sec-v-binance")
OTHER = Target(kind=TargetKind.CASE, slug="sec-v-ripple")
THEME = Target(kind=TargetKind.WATCHLIST, slug="stablecoins")
HERE = Place(chat_id=100)
HERE_TOO = Place(chat_id=101)
THERE = Place(chat_id=-200)
TOPIC = Place(chat_id=-200, thread_id=7)


def item(name, **changes):
    return replace(
        Item(
            key=ItemKey(f"{name:0>32}"),
            feed_id="wire-one",
            outlet="Wire One",
            kind=FeedKind.NEWS,
            trust=Trust.INDEPENDENT,
            url=f"https://wire-one.example/{name}",
            title=f"Judge hears “{name}” – part 1",
            summary="",
            published=NOW - HOUR,
            seen=NOW,
            tags=("crypto", "courts"),
        ),
        **changes,
    )


def match(target=CASE, **changes):
    span = Evidence(field="title", start=0, end=5, text="Judge")
    made = Match(target=target, relation=Relation.CHIEF, evidence=(span,), reason="names it")
    return replace(made, **changes)


def story(name="s1", *, last_at=NOW, targets=(CASE,), related=(THEME,), rings=1):
    event = Event(kind=EventKind.HEARING, status=Status.REPORTED, severity=Severity.HIGH)
    report = Report(
        item_key=ItemKey("a" * 32),
        outlet="Wire One",
        trust=Trust.INDEPENDENT,
        kind=FeedKind.NEWS,
        url="https://wire-one.example/a",
        title="Judge hears it",
        summary="",
        at=last_at,
        seen=NOW,
        event=event,
        evidence=(Evidence(field="title", start=0, end=5, text="Judge"),),
    )
    return Story(
        id=StoryId(name),
        targets=frozenset(targets),
        related=frozenset(related),
        event=event,
        reports=(report, replace(report, outlet="Wire Two", counted=False)),
        first_at=last_at - HOUR,
        last_at=last_at,
        rings=rings,
    )


def message(html="first text"):
    return Message(
        html=html, buttons=((Button(text="Open", url="https://wire-one.example/a"),),), silent=True
    )


def delivery(place=HERE, key="story:s1:1", html="first text", **changes):
    made = Delivery(
        place=place,
        key=key,
        message=message(html),
        priority=Priority.NORMAL,
        created=NOW,
        item_seen=NOW - SECOND,
    )
    return replace(made, **changes)


def follow(place=HERE, target=CASE):
    return Subscription(place=place, target=target, since=NOW)


async def version(store):
    return (await store.window(NOW)).version


async def commit(store, **parts):
    outcome = await store.commit(Batch(**parts), await version(store))
    assert isinstance(outcome, Committed)
    return outcome.version


async def queue(store, *deliveries):
    await commit(store, deliveries=deliveries)


async def send(store, message_id=11, now=NOW):
    """Claim one delivery and settle it as sent."""
    (claimed,) = await store.claim(now, 1)
    await store.settle(claimed, Sent(message_id=message_id), now)
    return claimed


async def only(store):
    (kept,) = await store.deliveries(10)
    return kept


def mute(place=HERE, kind=MuteKind.ALL, name="", **changes):
    made = Mute(place=place, kind=kind, name=name, since=NOW, until=NOW + 24 * HOUR)
    return replace(made, **changes)


def watch(name="w1", place=HERE, **changes):
    made = Watch(id=name, place=place, query="stablecoin AND @sec", created=NOW)
    return replace(made, **changes)


async def deliver(store, *deliveries, now=NOW, first_id=11):
    """Queue deliveries and settle each as sent, under rising numbers."""
    await store.renew(deliveries)
    number = first_id
    while claimed := await store.claim(now, 50):
        for one in claimed:
            await store.settle(one, Sent(message_id=one.message_id or number), now)
            number += 1
