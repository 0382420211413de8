from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.alerts.budget import MEMORY, Budget, dumped, flooded
from aggregator.model import (
    REPEATS_MAX,
    Case,
    ChatGone,
    Delivery,
    Feed,
    FeedKind,
    FeedState,
    Gap,
    Message,
    Mute,
    MuteKind,
    Place,
    PlaceSettings,
    Priority,
    Rejected,
    Subscription,
    Target,
    TargetKind,
    Trust,
    Unknown,
)
from aggregator.store.sqlite import SqliteStore
from aggregator.telegram import words as common
from aggregator.telegram.access import Access
from aggregator.telegram.ask import Hooks, View
from aggregator.telegram.commands import answer
from aggregator.telegram.naming import Setup
from aggregator.telegram.words import operator as told
from aggregator.telegram.words import status as words
from tests.talking import keys, pressed, said, shown

NOW = datetime(2024, 6, 28, 22, 0, tzinfo=UTC)
ADMIN, ANN = 1, 2
HERE = Place(chat_id=ANN)
CASE = Target(kind=TargetKind.CASE, slug="sec-v-binance")


def feed(id_, kind=FeedKind.NEWS, **changes):
    url = f"https://{id_}.example/feed"
    trust = Trust.PRIMARY if kind is FeedKind.COURT else Trust.INDEPENDENT
    return Feed(id=id_, url=url, kind=kind, name=id_.title(), trust=trust, **changes)


def ago(**span):
    return NOW - timedelta(**span)


WIRE, POST = feed("wire"), feed("post")
DCD, NYSD = feed("dcd", FeedKind.COURT, court="dcd"), feed("nysd", FeedKind.COURT, court="nysd")
SETUP = Setup(
    cases={
        "sec-v-binance": Case(
            slug="sec-v-binance", caption="SEC v. Binance", title="SEC v. Binance", court="dcd"
        )
    },
    feeds=(WIRE, POST, DCD, NYSD),
    access=Access(is_open=True, admins=frozenset({ADMIN})),
)


class Desk:
    """Asks the bot, with feeds that fare as they are told to."""

    def __init__(self, store):
        self.store = store
        self.setup = SETUP
        self.hooks = Hooks()

    async def reads(self, feed, at, **changes):
        state = FeedState(
            feed_id=feed.id, first_read=at, last_read=at, last_polled=at, next_poll=at, **changes
        )
        await self.store.save_feed_state(state)

    async def follows(self, target=CASE):
        await self.store.subscribe(Subscription(place=HERE, target=target, since=NOW))

    async def message(self, incoming):
        rows = await self.store.subscriptions_at(incoming.place)
        view = View(setup=self.setup, subscriptions=rows)
        given = await answer(incoming, view, self.store, NOW, self.hooks)
        (found,) = (*given.replies, *([given.edit] if given.edit else []))
        return found

    async def says(self, text, user=ANN):
        return shown(await self.message(said(text, user))).text


@pytest.fixture
async def desk():
    store = await SqliteStore.open(":memory:")
    yield Desk(store)
    await store.close()


async def test_only_the_court_of_a_followed_case_counts_beside_the_press(desk):
    await desk.follows()
    for one in SETUP.feeds:
        await desk.reads(one, ago(minutes=1))
    text = await desk.says("/status")
    assert f"{words.SOURCES}: 3 of 3 fresh" in text
    assert words.NO_GAPS in text


async def test_who_follows_nothing_or_a_theme_is_shown_every_source(desk):
    assert f"{words.ALL_SOURCES}: 0 of 4 fresh" in await desk.says("/status")
    await desk.follows(Target(kind=TargetKind.WATCHLIST, slug="stablecoins"))
    assert f"{words.SOURCES}: 0 of 4 fresh" in await desk.says("/status")


async def test_late_and_blind_sources_are_named_with_since_when_and_why(desk):
    await desk.follows()
    await desk.reads(WIRE, ago(minutes=1))
    await desk.reads(POST, ago(minutes=47))
    await desk.reads(DCD, ago(hours=9), failures=4, last_error="HTTP 403 <b>")
    text = await desk.says("/status")
    assert f"{words.SOURCES}: 1 of 3 fresh" in text
    assert "Post, last read 47 min ago" in text
    assert "Dcd, blind since 28 Jun 2024, 13:00 UTC (HTTP 403 <b>)" in text


async def test_a_possible_loss_is_said_with_its_times_and_feed_until_it_is_closed(desk):
    await desk.follows()
    day = NOW.replace(hour=2, minute=10)
    lost = Gap(
        feed_id="wire", why="rolled over", since=day, until=day + timedelta(hours=4.5), opened=NOW
    )
    gap = await desk.store.open_gap(lost)
    await desk.store.open_gap(replace(lost, feed_id="nysd"))
    await desk.store.open_gap(replace(lost, feed_id="", why="the program was down"))
    text = await desk.says("/status")
    assert "Possible loss 02:10 to 06:40 on feed Wire, 28 Jun 2024 UTC: rolled over" in text
    assert "02:10 to 06:40 on every feed, 28 Jun 2024 UTC: the program was down" in text
    assert "Nysd" not in text
    await desk.store.close_gap(gap.id, NOW)
    assert "on feed Wire" not in await desk.says("/status")


@pytest.mark.parametrize(
    ("until", "span"),
    [
        (None, "Possible loss 22:30 until now on feed Wire, 27 Jun 2024 UTC: w"),
        (
            datetime(2024, 6, 28, 6, 40, tzinfo=UTC),
            "Possible loss 27 Jun, 22:30 to 28 Jun, 06:40 UTC on feed Wire: w",
        ),
    ],
)
def test_a_possible_loss_that_lasts_or_passes_midnight_says_so(until, span):
    since = datetime(2024, 6, 27, 22, 30, tzinfo=UTC)
    assert words.possible_loss(since, until, "Wire", "w") == span


async def unknown(store, place=HERE):
    """Let an alert get lost on its way."""
    alert = Delivery(
        place=place,
        key="story:s1:1",
        message=Message(html="<b>SEC v. Binance</b> · Order\nmore"),
        priority=Priority.HIGH,
        created=NOW,
    )
    await store.enqueue([alert])
    (claimed,) = await store.claim(NOW, 1)
    await store.settle(claimed, Unknown(detail="no answer"), NOW)


async def test_what_is_parked_is_shown_to_who_asked_never_to_repeat(desk):
    await desk.follows()
    await unknown(desk.store)
    assert words.PARKED not in await desk.says("/status")
    await desk.store.put_settings(PlaceSettings(place=HERE, never_repeat=True))
    text = await desk.says("/status")
    assert words.PARKED in text
    assert "SEC v. Binance · Order · 28 Jun 2024, 22:00 UTC" in text


async def test_what_could_not_be_delivered_stands_in_the_status_with_its_subject(desk):
    await desk.store.enqueue(
        [
            Delivery(
                place=HERE,
                key="story:s2:1",
                message=Message(html="<b>SEC v. Ripple</b> · Ruling\nmore"),
                priority=Priority.HIGH,
                created=NOW,
            )
        ]
    )
    (claimed,) = await desk.store.claim(NOW, 1)
    await desk.store.settle(claimed, Rejected(detail="Something_new"), NOW)
    text = await desk.says("/status")
    assert "1 message could not be delivered\nSEC v. Ripple · Ruling" in text
    assert "Something_new" not in text
    text = await desk.says("/status", ADMIN)
    assert f"story:s2:1 to {HERE.chat_id}: Something_new" in text


async def test_what_was_repeated_in_vain_stands_in_the_status_of_a_place_that_misses_nothing(desk):
    await unknown(desk.store)
    assert words.REPEATED not in await desk.says("/status")
    now = NOW
    for _ in range(REPEATS_MAX + 1):
        (lost,) = await desk.store.unsettled(1)
        await desk.store.unfound(lost.delivery, "in vain", common.MAY_BE_REPEAT, now)
        now += timedelta(hours=2)
        for claimed in await desk.store.claim(now, 1):
            await desk.store.settle(claimed, Unknown(detail="no answer"), now)
    text = await desk.says("/status")
    assert f"{words.REPEATED}\nSEC v. Binance · Order" in text


async def test_an_operator_sees_who_was_told_to_wait_until_when(desk):
    budget = Budget()
    for chat in (1, 2, 3):
        budget = flooded(budget, chat, timedelta(minutes=chat), NOW)
    await desk.store.put_setting(MEMORY, f"alive{dumped(budget, NOW, NOW)}")
    text = await desk.says("/status", ADMIN)
    assert words.bot_waits("28 Jun 2024, 22:03 UTC") in text
    assert words.chats_wait(3, "28 Jun 2024, 22:03 UTC") in text
    assert "told" not in await desk.says("/status")


async def test_only_operators_are_shown_delivery_and_reload(desk):
    desk.setup = replace(SETUP, loaded=NOW, faults=("rules/x.yaml:3: no <such> key",))
    await unknown(desk.store)
    assert words.DELIVERY not in await desk.says("/status")
    text = await desk.says("/status", ADMIN)
    assert words.NO_DELAYS in text
    assert "0 queued; 1 unknown, 0 of them parked; 0 dead" in text
    assert "live since 28 Jun 2024, 22:00 UTC" in text
    assert "rules/x.yaml:3: no <such> key" in text


def test_delays_are_said_in_units_one_reads_at_a_glance():
    assert [words.span(s) for s in (0, 74.4, 190, 7200, 200_000)] == [
        "0 s",
        "74 s",
        "3 min",
        "2 h",
        "2 days",
    ]


async def test_the_worst_status_still_fits_into_one_message(desk):
    long = "x" * 400
    feeds = tuple(replace(feed(f"f{number}"), name=f"{number} {long}") for number in range(60))
    desk.setup = replace(SETUP, feeds=feeds, loaded=NOW, faults=(long,) * 30)
    await desk.store.put_settings(PlaceSettings(place=Place(chat_id=ADMIN), never_repeat=True))
    await unknown(desk.store, Place(chat_id=ADMIN))
    for one in feeds[:30]:
        await desk.reads(one, ago(minutes=47))
    for one in feeds[30:]:
        await desk.reads(one, ago(days=2), failures=9, last_error=long)
    for number in range(20):
        hole = Gap(feed_id=f"f{number}", why=long, since=ago(hours=9), until=NOW, opened=NOW)
        await desk.store.open_gap(hole)
    text = await desk.says("/status", ADMIN)
    assert common.and_more(25) in text


async def test_feeds_are_paged_with_their_next_poll_and_its_reason(desk):
    off = feed("off", enabled=False)
    many = tuple(feed(f"n{number:02}") for number in range(11))
    desk.setup = replace(SETUP, feeds=(off, WIRE, *many))
    await desk.reads(WIRE, ago(minutes=1), next_poll_reason="every 10 min")
    first = await desk.message(said("/feeds", ADMIN))
    assert "page 1 of 2" in shown(first).text
    second = await desk.message(pressed(dict(keys(first))[told.NEXT_PAGE], ADMIN))
    text = shown(second).text
    assert "Wire, fresh · next 28 Jun 2024, 21:59 UTC, every 10 min" in text
    assert text.endswith(f"Off, {told.OFF}")
    assert [label for label, _ in keys(second)] == [told.PREVIOUS_PAGE]
    past = await desk.message(pressed("v1:feeds:99", ADMIN))
    assert shown(past).text == text


async def test_a_reload_says_what_changed_or_the_faults_and_that_nothing_did(desk):
    answers = [
        ("feeds.yaml:7: no <such> kind",),
        replace(SETUP, feeds=(WIRE, replace(POST, every=timedelta(hours=1)), feed("new"))),
        SETUP,
    ]

    async def reload():
        return answers.pop(0)

    desk.hooks = Hooks(reload=reload)
    refused = await desk.says("/reload", ADMIN)
    assert refused == f"{told.KEPT}\nfeeds.yaml:7: no <such> kind"
    assert await desk.says("/reload", ADMIN) == (
        f"{told.RELOADED}\nFeeds: 1 added, 2 removed, 1 changed; 3 now"
    )
    assert await desk.says("/reload", ADMIN) == told.NOTHING_CHANGED


async def test_the_audit_counts_people_and_reads_the_ledger(desk):
    await desk.follows()
    await desk.store.subscribe(
        Subscription(place=Place(chat_id=-1001, thread_id=4), target=CASE, since=NOW, paused=True)
    )
    await desk.store.subscribe(
        Subscription(place=Place(chat_id=-1001, thread_id=5), target=CASE, since=NOW)
    )
    await desk.store.mute(
        Mute(place=HERE, kind=MuteKind.ALL, since=NOW, until=NOW + timedelta(hours=1))
    )
    await desk.store.subscribe(Subscription(place=Place(chat_id=9), target=CASE, since=NOW))
    await desk.store.chat_gone(9, ChatGone(detail="blocked").detail)
    text = await desk.says("/audit", ADMIN)
    assert "2 chats with 3 places that follow something" in text
    assert "3 follows (1 paused), 0 watches, 1 mutes in force" in text
    assert told.ledger(0, None) in text


@pytest.mark.parametrize("command", ["/feeds", "/reload", "/audit"])
async def test_nobody_but_an_operator_may_use_them(desk, command):
    assert await desk.says(command) == common.OPERATORS_ONLY
