from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from aggregator.feeds.workers import InlineParser
from aggregator.model import (
    Feed,
    FeedKind,
    Fetched,
    FetchFailed,
    FetchFault,
    Message,
    NotModified,
    Place,
    Subscription,
    Target,
    TargetKind,
    Trust,
    Validators,
)
from aggregator.pipeline import Pipeline
from aggregator.service.poller import FETCHES_MAX, FETCHES_PER_HOST_MAX, Poller
from aggregator.store.sqlite import SqliteStore
from tests.newsroom import VirtualClock, plain_logging, played, rss, shipped

START = datetime(2023, 9, 18, 20, 0, tzinfo=UTC)
MINUTES = 60.0
TITLE = "Judge rejects SEC request to inspect Binance.US software"
EMPTY = rss()
DOWN = FetchFailed(fault=FetchFault.STATUS, detail="HTTP 500", status=500)


@pytest.fixture(autouse=True)
def own_logging():
    with plain_logging():
        yield


class Web:
    """A fetcher that answers from memory and counts who is at it."""

    def __init__(self):
        self.answers = {}
        self.takes_s = 1.0
        self.asked = []
        self.now = self.most = 0
        self.now_at = {}
        self.most_at = {}

    async def fetch(self, feed, validators):
        host = feed.url.split("/")[2]
        self.asked.append((feed.id, round(asyncio.get_running_loop().time(), 3), validators))
        self.now += 1
        self.most = max(self.most, self.now)
        self.now_at[host] = self.now_at.get(host, 0) + 1
        self.most_at[host] = max(self.most_at.get(host, 0), self.now_at[host])
        try:
            await asyncio.sleep(self.takes_s)
        finally:
            self.now -= 1
            self.now_at[host] -= 1
        answer = self.answers.get(feed.id, EMPTY)
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, bytes):
            return Fetched(url=feed.url, body=answer, validators=Validators(etag='"1"'))
        return answer

    async def close(self):
        pass

    def times(self, feed):
        return [at for name, at, _ in self.asked if name == feed]


def feed(name, host=None, **changes):
    made = Feed(
        id=name,
        url=f"https://{host or name + '.example'}/{name}",
        kind=FeedKind.NEWS,
        name=name,
        trust=Trust.INDEPENDENT,
        every=timedelta(minutes=5),
    )
    return replace(made, **changes)


class Room:
    def __init__(self, store, feeds):
        self.store = store
        self.web = Web()
        self.woken = 0
        self.feeds = feeds
        self.poller = self.fresh()

    def fresh(self):
        return Poller(
            feeds=self.feeds,
            store=self.store,
            fetcher=self.web,
            pipeline=Pipeline(
                store=self.store,
                parser=InlineParser(),
                matcher=shipped(),
                render=lambda alert, _: Message(html=alert.key),
            ),
            clock=VirtualClock(START),
            wake=self.wake,
        )

    def wake(self):
        self.woken += 1

    async def ticks(self, seconds):
        """Tick every second for so long."""
        for _ in range(int(seconds)):
            await self.poller.tick()
            await asyncio.sleep(1)


def room(feeds, scenario):
    """Play `scenario(room)` in virtual time."""

    async def play():
        store = await SqliteStore.open("sqlite:///:memory:")
        try:
            await scenario(Room(store, feeds))
        finally:
            await store.close()

    played(play())


def events(logs, event):
    return [line for line in logs if line["event"] == event]


# --- how many at once -----------------------------------------------------------------------------


def test_no_host_is_asked_by_more_than_two_at_once():
    async def scenario(room):
        await room.poller.once()
        assert room.web.most_at == {"one.example": FETCHES_PER_HOST_MAX, "two.example": 1}
        assert len(room.web.asked) == 8

    feeds = [feed(f"f{n}", "one.example") for n in range(7)] + [feed("g", "two.example")]
    room(feeds, scenario)


def test_no_more_than_so_many_fetches_run_at_once():
    async def scenario(room):
        await room.poller.once()
        assert room.web.most == FETCHES_MAX
        assert len(room.web.asked) == 3 * FETCHES_MAX

    room([feed(f"f{n}") for n in range(3 * FETCHES_MAX)], scenario)


def test_feeds_that_queue_for_one_host_take_no_place_from_the_others():
    async def scenario(room):
        room.web.takes_s = 100
        await room.poller.once()
        assert room.web.times("other") == [0]

    feeds = [feed(f"f{n}", "slow.example") for n in range(40)] + [feed("other")]
    room(feeds, scenario)


# --- when -----------------------------------------------------------------------------------------


def test_a_feed_is_asked_when_it_is_due_and_not_while_it_is_being_asked():
    async def scenario(room):
        room.web.takes_s = 20
        await room.ticks(20 * MINUTES)
        first, *rest = room.web.times("f")
        assert first <= 30, "the first polls are spread over half a minute"
        assert [round(at - first) for at in rest] == [320, 640, 960]

    room([feed("f")], scenario)


def test_a_disabled_feed_is_never_asked():
    async def scenario(room):
        await room.poller.once()
        await room.ticks(MINUTES)
        assert room.web.times("off") == []

    room([feed("on"), feed("off", enabled=False)], scenario)


def test_once_asks_every_feed_whatever_is_due_and_returns_when_all_are_done():
    async def scenario(room):
        await room.poller.once()
        await room.poller.once()
        assert len(room.web.times("f")) == 2
        assert room.poller.totals.polls == 2

    room([feed("f")], scenario)


def test_after_a_restart_nothing_is_asked_early_and_validators_are_used():
    async def scenario(room):
        await room.poller.once()
        room.poller = room.fresh()
        await room.poller.load()
        await room.ticks(10 * MINUTES)
        (_, _, first), (_, at, second) = room.web.asked[:2]
        assert first == Validators()
        assert second == Validators(etag='"1"')
        assert at >= 300

    room([feed("f")], scenario)


def test_feeds_that_are_replaced_are_those_asked_from_then_on():
    async def scenario(room):
        await room.poller.once()
        room.poller.replace_feeds([feed("new"), feed("off", enabled=False)])
        await room.poller.once()
        assert [name for name, _, _ in room.web.asked] == ["old", "new"]

    room([feed("old")], scenario)


# --- what goes wrong ------------------------------------------------------------------------------


def test_a_bug_in_one_feed_is_logged_with_its_id_and_stops_no_other():
    async def scenario(room):
        room.web.answers["bad"] = ZeroDivisionError("a bug")
        with capture_logs() as logs:
            await room.poller.once()
        (line,) = events(logs, "job_failed")
        assert line["key"] == "bad"
        assert set(await room.store.feed_states()) == {"good", "fine"}

    room([feed("good"), feed("bad"), feed("fine")], scenario)


def test_a_feed_whose_poll_fails_by_a_bug_is_not_asked_again_every_second():
    async def scenario(room):
        room.web.answers["bad"] = ZeroDivisionError("a bug")
        with capture_logs():
            await room.ticks(11 * MINUTES)
        assert len(room.web.times("bad")) == 3

    room([feed("bad")], scenario)


def test_a_fault_is_logged_once_when_it_begins_and_once_when_it_is_over():
    async def scenario(room):
        page = b"<!doctype html><html><body>Sign in</body></html>"
        room.web.answers["f"] = [DOWN, DOWN, DOWN, page, page, b"", EMPTY, EMPTY]
        with capture_logs() as logs:
            for _ in range(8):
                await room.poller.once()
        told = [(line["event"], line["feed"]) for line in logs if line["event"] != "feed_read"]
        assert told == [
            ("feed_failed", "f"),
            ("feed_unreadable", "f"),
            ("feed_unreadable", "f"),
            ("feed_recovered", "f"),
        ]
        (failed,) = events(logs, "feed_failed")
        assert (failed["fault"], failed["status"], failed["detail"]) == (
            "HTTP status",
            500,
            "HTTP 500",
        )
        (recovered,) = events(logs, "feed_recovered")
        assert recovered["after_failures"] == 6

    room([feed("f")], scenario)


def test_a_restart_does_not_say_a_known_fault_again():
    async def scenario(room):
        room.web.answers["f"] = DOWN
        await room.poller.once()
        room.poller = room.fresh()
        await room.poller.load()
        with capture_logs() as logs:
            await room.poller.once()
        assert logs == []

    room([feed("f")], scenario)


def test_a_failing_feed_is_asked_less_and_less_and_never_given_up():
    async def scenario(room):
        room.web.answers["f"] = DOWN
        with capture_logs():
            await room.ticks(100 * MINUTES)
        times = room.web.times("f")
        waits = [b - a for a, b in pairwise(times)]
        assert len(waits) >= 3
        assert waits == sorted(waits)
        assert (await room.store.feed_states())["f"].failures == len(times)

    room([feed("f")], scenario)


def test_not_modified_is_no_fault():
    async def scenario(room):
        room.web.answers["f"] = NotModified(validators=Validators(etag='"2"'))
        with capture_logs() as logs:
            await room.poller.once()
        assert logs == []

    room([feed("f")], scenario)


# --- what is counted and who is woken -------------------------------------------------------------


def test_the_totals_say_what_came_of_it_and_the_deliverer_is_woken_only_for_messages():
    async def scenario(room):
        room.web.takes_s = 0
        follows = Target(kind=TargetKind.CASE, slug="sec-v-binance")
        await room.store.subscribe(
            Subscription(place=Place(chat_id=7), target=follows, since=START - timedelta(days=1))
        )
        old = START - timedelta(days=3)
        room.web.answers = {
            "a": rss(("1", TITLE, START), ("2", "Bitcoin is up", START)),
            "b": rss(("3", TITLE, START), ("4", "Judge Torres denies SEC and Ripple motion", old)),
            "c": rss(("5", "Weather is fine", START)),
        }
        with capture_logs() as logs:
            await room.poller.once()
        totals = room.poller.totals
        assert (totals.polls, totals.items, totals.matched) == (3, 5, 3)
        assert (totals.alerts, totals.updates, len(totals.stories)) == (1, 1, 2)
        assert totals.suppressed == {"old news when the feed was first read, or read anew": 1}
        assert room.woken == 2
        told = {line["title"]: line for line in events(logs, "item_decided")}
        assert TITLE in told
        assert "Bitcoin is up" not in told
        assert all(line["reason"] for line in told.values())

    room([feed("a"), feed("b"), feed("c")], scenario)


def test_closing_cancels_what_hangs_within_its_grace():
    async def scenario(room):
        room.web.takes_s = 10_000
        await room.poller.tick()
        await room.ticks(40)
        before = asyncio.get_running_loop().time()
        await room.poller.close()
        assert asyncio.get_running_loop().time() - before < 5
        assert room.web.now == 0

    room([feed("f")], scenario)
