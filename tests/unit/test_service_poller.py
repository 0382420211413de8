from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from aggregator.errors import StoreError
from aggregator.feeds import gaps
from aggregator.feeds.workers import InlineParser
from aggregator.model import (
    OWN_FAULT,
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
from aggregator.service.poller import BODIES_MAX, FETCHES_MAX, FETCHES_PER_HOST_MAX, Poller
from aggregator.service.vitals import examine
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


class SetClock(VirtualClock):
    """A clock that somebody sets."""

    off = timedelta()

    def now(self):
        return super().now() + self.off


class Room:
    def __init__(self, store, feeds):
        self.clock = SetClock(START)
        self.store = store
        self.web = Web()
        self.woken = 0
        self.feeds = feeds
        self.parser = InlineParser()
        self.poller = self.fresh()

    def fresh(self):
        self.gaps, self.told = [], []
        return Poller(
            on_gap=self.on_gap,
            on_feed=self.on_feed,
            feeds=self.feeds,
            store=self.store,
            fetcher=self.web,
            pipeline=Pipeline(
                store=self.store,
                parser=self.parser,
                matcher=shipped(),
                render=lambda alert, _: Message(html=alert.key),
            ),
            clock=self.clock,
            wake=self.wake,
        )

    async def on_gap(self, feed, gap):
        self.gaps.append((gap.feed_id, gap.why, gap.closed is not None))

    async def on_feed(self, feed, what):
        self.told.append((feed.id, what))

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


def besides_polls(logs):
    return [line for line in logs if line["event"] not in ("feed_read", "feed_polled")]


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


class SlowParser(InlineParser):
    async def parse(self, feed, fetched):
        await asyncio.sleep(3600)
        return await super().parse(feed, fetched)


def test_where_parsing_falls_behind_less_is_fetched():
    async def scenario(room):
        room.web.takes_s = 0
        room.parser = SlowParser()
        room.poller = room.fresh()
        polling = asyncio.create_task(room.poller.once())
        await asyncio.sleep(60)
        assert len(room.web.asked) == BODIES_MAX + FETCHES_MAX
        await polling
        assert len(room.web.asked) == 300

    room([feed(f"f{n}") for n in range(300)], scenario)


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


def test_a_feed_whose_poll_outlasts_its_interval_is_asked_again_and_again():
    class Slow(InlineParser):
        async def parse(self, feed, fetched):
            await asyncio.sleep(360)
            return await super().parse(feed, fetched)

    async def scenario(room):
        room.web.takes_s = 0
        room.parser = Slow()
        room.poller = room.fresh()
        await room.ticks(40 * MINUTES)
        for one in room.feeds:
            assert room.web.times(one.id)[-1] > 30 * MINUTES

    room([feed(f"f{n}") for n in range(2)], scenario)


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
        states = (await room.store.feed_states()).values()
        assert {state.feed_id for state in states if state.last_read} == {"good", "fine"}

    room([feed("good"), feed("bad"), feed("fine")], scenario)


def test_a_bug_of_our_own_stands_with_the_feed_and_is_told_once_until_it_is_another():
    async def scenario(room):
        bad = {one: ZeroDivisionError("somebody's words") for one in ("a", "b")}
        room.web.answers.update(bad)
        with capture_logs():
            await room.poller.once()
            await room.poller.once()
            ((_, what),) = room.told
            assert what.startswith(f"{OWN_FAULT}: ZeroDivisionError in service/poller.py line ")
            states = await room.store.feed_states()
            assert {state.last_error for state in states.values()} == {what}
            now = START + timedelta(minutes=1)
            poll = next(
                one for one in await examine(room.store, room.feeds, now) if one.name == "poll"
            )
            assert (poll.ok, what in poll.what) == (False, True)

            room.web.answers = {"b": KeyError("names")}
            await room.poller.once()
        assert [what for _, what in room.told][1:] == [what.replace("ZeroDivision", "Key")]
        states = await room.store.feed_states()
        assert states["a"].last_error == ""
        poll = next(one for one in await examine(room.store, room.feeds, now) if one.name == "poll")
        assert (poll.ok, "1 of 2 feeds" in poll.what) == (True, True)

    room([feed("a"), feed("b")], scenario)


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
        told = [(line["event"], line["feed"]) for line in besides_polls(logs)]
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
        assert besides_polls(logs) == []

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
        assert besides_polls(logs) == []

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
        ((why, times),) = totals.suppressed.items()
        assert why.startswith("old news when the feed was first read, or read anew")
        assert times == 1
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


# --- at the pace that a site bears ----------------------------------------------------------------

UNREACHED = FetchFailed(fault=FetchFault.CONNECT, detail="no route")


def test_p10_fifty_feeds_of_one_host_leave_half_a_second_between_two_requests():
    async def scenario(room):
        room.web.takes_s = 0.01
        await room.poller.once()
        times = sorted(at for _, at, _ in room.web.asked)
        assert len(times) == 50
        assert all(b - a >= 0.499 for a, b in pairwise(times))

    room([feed(f"f{n}", "one.example") for n in range(50)], scenario)


def test_p10_sec_gov_is_asked_at_most_ten_times_a_second_over_all_its_hosts():
    async def scenario(room):
        room.web.takes_s = 0.01
        await room.poller.once()
        times = sorted(at for _, at, _ in room.web.asked)
        assert max(sum(a <= b < a + 0.999 for b in times) for a in times) <= 10
        assert times[-1] < 4

    room([feed(f"f{n}", f"{'www' if n % 2 else 'data'}.sec.gov") for n in range(30)], scenario)


def test_p10_feeds_of_our_own_wait_for_no_turn():
    async def scenario(room):
        room.web.takes_s = 0
        await room.poller.once()
        assert {at for _, at, _ in room.web.asked} == {0}

    room([feed(f"f{n}", "127.0.0.1", allow_private=True) for n in range(20)], scenario)


def test_p05_after_a_429_nothing_goes_to_that_host_until_it_is_over():
    async def scenario(room):
        room.web.takes_s = 0.1
        busy = FetchFailed(
            fault=FetchFault.STATUS, detail="x", status=429, retry_after=timedelta(hours=1)
        )
        room.web.answers["f0"] = [busy, EMPTY]
        await room.ticks(60)
        told = sorted(at for name, at, _ in room.web.asked if name != "other")
        blocked = min(room.web.times("f0")) + 0.1
        room.poller = room.fresh()
        await room.poller.load()
        await room.ticks(100 * MINUTES)
        later = [at for name, at, _ in room.web.asked if name != "other" and at > blocked + 0.1]
        assert len(told) < 8
        assert min(later) >= blocked + 3600
        assert {name for name, at, _ in room.web.asked if at > blocked + 3600} >= {"f0", "f1", "f4"}
        assert len(room.web.times("other")) > 15

    room([feed(f"f{n}", "one.example") for n in range(5)] + [feed("other")], scenario)


@pytest.mark.parametrize("step", [timedelta(hours=3), timedelta(days=1), timedelta(days=400)])
def test_polling_goes_on_and_waits_are_kept_when_the_clock_is_set_back(step):
    async def scenario(room):
        hour = timedelta(hours=1)
        busy = FetchFailed(fault=FetchFault.STATUS, detail="x", status=429, retry_after=hour)
        room.web.answers["busy"] = [busy, EMPTY]
        await room.ticks(60)
        (held,) = room.web.times("busy")
        room.clock.off -= step
        found = {one.name: one for one in await examine(room.store, room.feeds, room.clock.now())}
        assert not found["poll"].ok
        assert "clock was set back" in found["poll"].what
        await room.ticks(90 * MINUTES)
        for name in ("f0", "f1", "f2"):
            times = room.web.times(name)
            assert max(after - before for before, after in pairwise(times)) <= 5 * MINUTES + 35
            assert times[-1] > 84 * MINUTES
        assert held + 3600 <= room.web.times("busy")[1] <= held + 3600 + 5 * MINUTES
        found = {one.name: one for one in await examine(room.store, room.feeds, room.clock.now())}
        assert found["poll"].ok

    room([feed(f"f{n}") for n in range(3)] + [feed("busy")], scenario)


def test_t02_fifty_hosts_that_drip_delay_no_other_feed():
    async def scenario(room):
        slow = FetchFailed(fault=FetchFault.TIMEOUT, detail="no whole answer within 30 s")
        fetch = room.web.fetch

        async def dripping(asked, validators):
            if asked.id == "good":
                room.web.takes_s = 0.1
                return await fetch(asked, validators)
            room.web.takes_s = 30
            await fetch(asked, validators)
            return slow

        room.web.fetch = dripping
        with capture_logs():
            await room.ticks(60 * MINUTES)
        times = room.web.times("good")
        assert times[0] <= 31
        assert all(b - a <= 302 for a, b in pairwise(times))

    room([feed(f"slow{n}") for n in range(50)] + [feed("good")], scenario)


def test_t01_a_fetch_that_never_ends_is_ended():
    async def scenario(room):
        room.web.takes_s = 10_000
        with capture_logs() as logs:
            await room.poller.once()
        assert asyncio.get_running_loop().time() < 61
        (failed,) = events(logs, "feed_failed")
        assert failed["fault"] == "timeout"

    room([feed("f")], scenario)


# --- whose fault it is ----------------------------------------------------------------------------


def test_p13_when_no_host_at_all_answers_no_feed_is_blamed():
    async def scenario(room):
        room.web.answers = {f"f{n}": UNREACHED for n in range(12)}
        with capture_logs() as logs:
            for _ in range(3):
                await room.poller.once()
        states = await room.store.feed_states()
        assert {state.failures for state in states.values()} == {0}
        assert len(events(logs, "network_down")) == 1
        room.web.answers = {f"f{n}": EMPTY for n in range(11)} | {"f11": UNREACHED}
        with capture_logs():
            await room.poller.once()
            await room.poller.once()
        states = await room.store.feed_states()
        assert [name for name, state in states.items() if state.failures] == ["f11"]

    room([feed(f"f{n}") for n in range(12)], scenario)


def test_r08_a_feed_that_is_gone_is_told_once_it_is_certain():
    async def scenario(room):
        room.web.answers["f"] = FetchFailed(fault=FetchFault.STATUS, detail="x", status=410)
        with capture_logs():
            await room.ticks(40 * 60 * MINUTES)
        assert [name for name, what in room.told if "gone for good" in what] == ["f"]
        room.web.answers["f"] = EMPTY
        with capture_logs():
            await room.ticks(26 * 60 * MINUTES)
        assert "is back" in room.told[-1][1]

    room([feed("f")], scenario)


def test_a_feed_that_fails_is_asked_at_its_other_address():
    async def scenario(room):
        room.web.answers["f"] = DOWN
        urls = []
        fetch = room.web.fetch

        async def seen(asked, validators):
            urls.append(asked.url)
            return await fetch(asked, validators)

        room.web.fetch = seen
        with capture_logs():
            await room.ticks(60 * MINUTES)
        assert urls[:4] == [*["https://f.example/f"] * 3, "https://spare.example/f"]

    room([feed("f", fallback_urls=("https://spare.example/f",))], scenario)


# --- what may have been missed --------------------------------------------------------------------


def page(*minutes):
    """Return a feed of entries so many minutes after the start."""
    return rss(*((f"{at}", f"Weather of {at}", START + timedelta(minutes=at)) for at in minutes))


def test_f07_a_page_that_rolled_over_is_a_gap_in_the_store_until_a_later_page_reaches_back():
    async def scenario(room):
        room.web.answers["f"] = page(-60, -30)
        await room.poller.once()
        await asyncio.sleep(2 * 60 * MINUTES)
        room.web.answers["f"] = page(110, 119)
        await room.poller.once()
        (gap,) = await room.store.gaps(START)
        assert (gap.feed_id, gap.why, gap.closed) == ("f", gaps.ROLLED, None)
        room.web.answers["f"] = page(-30, 50, 110, 119)
        told, room.poller = room.gaps, room.fresh()
        await room.poller.load()
        await room.poller.once()
        (gap,) = await room.store.gaps(START)
        assert gap.closed is not None
        assert told == [("f", gaps.ROLLED, False)]
        assert room.gaps == [("f", gaps.ROLLED, False), ("f", gaps.ROLLED, True)]

    room([feed("f")], scenario)


class DiesAfterCommit:
    """A store whose program dies as soon as a poll is in it."""

    def __init__(self, store):
        self.store = store

    def __getattr__(self, name):
        call = getattr(self.store, name)
        if name not in {"commit", "save_feed_state"}:
            return call

        async def once(*args):
            await call(*args)
            raise DiedError

        return once


class DiedError(Exception):
    """The process is gone."""


def test_a_roll_over_is_not_lost_by_a_program_that_dies_right_after_its_poll():
    async def scenario(room):
        room.web.answers["f"] = page(-60, -30)
        await room.poller.once()
        alive, room.store = room.store, DiesAfterCommit(room.store)
        dying, room.store = room.fresh(), alive
        await dying.load()
        await asyncio.sleep(2 * 60 * MINUTES)
        room.web.answers["f"] = page(110, 115)
        with capture_logs():
            await dying.once()
        assert room.gaps == []
        room.poller = room.fresh()
        await room.poller.load()
        assert room.gaps == [("f", gaps.ROLLED, False)]
        (row,) = await room.store.ledger(START, 9)
        assert row.key == "gap:1"

    room([feed("f")], scenario)


def test_a_database_that_fails_is_said_once_and_not_with_a_traceback():
    async def scenario(room):
        room.store = Failing(room.store)
        room.poller = room.fresh()
        with capture_logs() as logs:
            await room.poller.once()
            await room.poller.once()
            room.store.faults = False
            await room.poller.once()
            room.store.faults = True
            await room.poller.once()
        assert [line["why"] for line in events(logs, "store_failed")] == ["the disk is full"] * 2
        assert not events(logs, "job_failed")

    room([feed("f")], scenario)


class Failing:
    """A store that takes no writes while it `faults`."""

    def __init__(self, store):
        self.store, self.faults = store, True

    def __getattr__(self, name):
        call = getattr(self.store, name)

        async def maybe(*args):
            if self.faults and name in {"commit", "save_feed_state"}:
                raise StoreError("the disk is full")
            return await call(*args)

        return maybe


async def restarted(room, *, once=False):
    """Read every feed once, and start anew after a night in which nothing ran."""
    await room.poller.once()
    await asyncio.sleep(5 * 60 * MINUTES)
    room.poller = room.fresh()
    await room.poller.load(once=once)


async def still_open(room):
    return [(gap.feed_id, gap.why) for gap in await room.store.gaps(START) if gap.closed is None]


def test_a_time_when_the_program_was_down_is_a_gap_until_every_feed_shows_what_it_had():
    async def scenario(room):
        room.web.answers = {"f": page(-60, -30), "g": page(-20)}
        await restarted(room)
        assert await still_open(room) == [("", gaps.DOWN)]
        (gap,) = await room.store.gaps(START)
        assert gap.until is not None
        assert gap.until - gap.since > timedelta(hours=4.9)
        await room.poller.once()
        assert await still_open(room) == []
        # Nobody was told that something may have been missed, and nothing was.
        assert room.gaps == [("", gaps.DOWN, True)]

    room([feed("f"), feed("g")], scenario)


def test_after_a_time_when_the_program_was_down_only_feeds_that_may_have_missed_something_are_named():
    async def scenario(room):
        room.web.answers = {"f": page(-60, -30), "g": page(-20), "h": page(-20)}
        await restarted(room)
        room.web.answers = {"f": page(200, 290), "g": page(-20, 280), "h": DOWN}
        await room.poller.once()
        assert room.gaps == [
            ("f", gaps.ROLLED, False),
            ("h", gaps.DOWN, False),
            ("", gaps.TOLD_APART, True),
        ]
        assert sorted(await still_open(room)) == [("f", gaps.ROLLED), ("h", gaps.DOWN)]
        room.web.answers["h"] = page(-20, 285)
        await room.poller.once()
        assert room.gaps[3:] == [("h", gaps.DOWN, True)]
        assert await still_open(room) == [("f", gaps.ROLLED)]

    room([feed("f"), feed("g"), feed("h")], scenario)


def test_where_no_feed_can_be_read_the_time_is_said_of_every_feed_and_taken_back_later():
    feeds = [feed(name) for name in "abcdefg"]

    async def scenario(room):
        room.web.answers = {one.id: page(-30) for one in feeds}
        await restarted(room)
        room.web.answers = {one.id: DOWN for one in feeds}
        await room.poller.once()
        assert room.gaps == [("", gaps.DOWN, False)]
        room.poller = room.fresh()
        await room.poller.load()
        room.web.answers = {one.id: page(-30) for one in feeds}
        await room.poller.once()
        assert room.gaps == [("", gaps.DOWN, True)]
        assert await still_open(room) == []

    room(feeds, scenario)


@pytest.mark.parametrize("late", [False, True])
def test_who_polls_once_now_and_then_hears_of_the_time_between_only_when_it_cost_something(late):
    async def scenario(room):
        room.web.answers = {"f": page(-60, -30), "g": page(-30)}
        await restarted(room, once=True)
        if late:
            room.web.answers["g"] = DOWN
        await room.poller.once()
        told = [("g", gaps.DOWN)] if late else []
        assert await still_open(room) == told
        assert [(one, why) for one, why, _ in room.gaps] == told
        assert len(await room.store.ledger(START, 9)) == len(told)

    room([feed("f"), feed("g")], scenario)


def test_a_short_restart_is_no_gap():
    async def scenario(room):
        await room.poller.once()
        await asyncio.sleep(14 * MINUTES)
        room.poller = room.fresh()
        await room.poller.load()
        assert room.gaps == []

    room([feed("f"), feed("g")], scenario)


# --- what is learnt and kept ----------------------------------------------------------------------


def test_who_brings_a_story_first_is_credited_and_a_restart_knows_it():
    async def scenario(room):
        room.web.answers = {"a": rss(("1", TITLE, START))}
        with capture_logs():
            await room.poller.once()
        states = await room.store.feed_states()
        assert (states["a"].learnt.broke, states["b"].learnt.broke) == (1, 0)

    room([feed("a"), feed("b")], scenario)


def test_o01_each_poll_leaves_one_record():
    async def scenario(room):
        room.web.answers["f"] = [EMPTY, NotModified(validators=Validators(etag='"1"')), DOWN]
        with capture_logs() as logs:
            for _ in range(3):
                await room.poller.once()
        records = events(logs, "feed_polled")
        assert [line["status"] for line in records] == [200, 304, 500]
        assert [line["bytes"] for line in records] == [len(EMPTY), 0, 0]
        assert [line["asked_with"] for line in records] == ["", "etag", "etag"]
        assert all(line["next"] and line["why"] for line in records)
        assert all(line["took_s"] == 1 for line in records)

    room([feed("f")], scenario)
