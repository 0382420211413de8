import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from structlog.testing import capture_logs

from aggregator.alerts.digest import Route
from aggregator.errors import StoreError
from aggregator.model import (
    Batch,
    ChatGone,
    DeliveryState,
    Event,
    EventKind,
    FeedKind,
    ItemKey,
    Message,
    Place,
    Report,
    Sent,
    Severity,
    Status,
    Story,
    StoryId,
    Target,
    TargetKind,
    Trust,
)
from aggregator.service.digest import TICK_S, Digests
from aggregator.store.sqlite import SqliteStore
from tests.newsroom import VirtualClock, plain_logging, played

START = datetime(2023, 9, 18, 7, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
THEME = Target(kind=TargetKind.WATCHLIST, slug="staking")
HERE, THERE = Place(chat_id=-5, thread_id=7), Place(chat_id=9)
ROUTE = Route(place=HERE, target=THEME, at=time(8))


@pytest.fixture(autouse=True)
def own_logging():
    with plain_logging():
        yield


class SetClock:
    """A clock that stands where it is put."""

    def __init__(self, now=START):
        self.at = now

    def now(self):
        return self.at

    async def sleep(self, seconds):
        self.at += timedelta(seconds=seconds)


def story(name, seen):
    event = Event(kind=EventKind.ORDER, status=Status.REPORTED, severity=Severity.LOW)
    report = Report(
        item_key=ItemKey(name * 32),
        outlet="Wire One",
        trust=Trust.INDEPENDENT,
        kind=FeedKind.NEWS,
        url="https://wire-one.example/a",
        title=name,
        summary="",
        at=seen - 40 * HOUR,
        seen=seen,
        event=event,
    )
    return Story(
        id=StoryId(name),
        targets=frozenset({THEME}),
        related=frozenset(),
        event=event,
        reports=(report,),
        first_at=report.at,
        last_at=report.at,
    )


async def happens(store, *stories):
    version = (await store.window(START)).version
    await store.commit(Batch(stories=stories), version)


def shown(made):
    return Message(html=" ".join(["digest:", *sorted(one.id for one in made.chief)]))


def digests(store, clock, *routes, woken=lambda: None):
    return Digests(
        store=store, clock=clock, routes=lambda: routes or (ROUTE,), render=shown, wake=woken
    )


@asynccontextmanager
async def opened(path):
    store = await SqliteStore.open(f"sqlite:///{path}", inline=True)
    try:
        yield store
    finally:
        await store.close()


async def told(store, place=HERE):
    deliveries = reversed(await store.deliveries(100))
    return [(one.key, one.message.html) for one in deliveries if one.place == place]


async def test_the_first_digest_comes_at_its_next_hour_and_not_before(tmp_path):
    clock = SetClock()
    async with opened(tmp_path / "db") as store:
        await happens(store, story("a", START + timedelta(minutes=5)))
        await digests(store, clock).look()
        assert await told(store) == []
        clock.at = START + HOUR
        await digests(store, clock).look()
        assert await told(store) == [("digest:2023-09-18:staking", "digest: a")]


async def test_a_digest_goes_out_once_a_day_across_restarts(tmp_path):
    clock = SetClock()
    for look in range(5 * 24 * 2):
        async with opened(tmp_path / "db") as store:
            clock.at = START + look * HOUR / 2
            await digests(store, clock).look()
    async with opened(tmp_path / "db") as store:
        assert [key for key, _ in await told(store)] == [
            f"digest:2023-09-{day}:staking" for day in range(18, 23)
        ]


async def test_each_story_is_told_in_one_digest_and_an_empty_one_is_sent_too(tmp_path):
    clock = SetClock()
    async with opened(tmp_path / "db") as store:
        for day, seen in enumerate((("a", "b"), (), ("c",))):
            await digests(store, clock).look()
            at = START + day * DAY + timedelta(minutes=10)
            await happens(store, *(story(name, at) for name in seen))
            clock.at = START + day * DAY + HOUR
            await digests(store, clock).look()
        assert [html for _, html in await told(store)] == ["digest: a b", "digest:", "digest: c"]


async def test_a_crash_between_queueing_and_remembering_repeats_nothing(tmp_path):
    class Dies(SqliteStore):
        async def put_setting(self, name, value):
            if await self.setting(name) is not None:
                raise StoreError("no room left on the disk")
            await super().put_setting(name, value)

    clock = SetClock()
    store = await Dies.open(f"sqlite:///{tmp_path / 'db'}", inline=True)
    try:
        await digests(store, clock).look()
        await happens(store, story("a", START + timedelta(minutes=5)))
        clock.at = START + HOUR
        with pytest.raises(StoreError):
            await digests(store, clock).look()
    finally:
        await store.close()
    async with opened(tmp_path / "db") as store:
        await happens(store, story("b", START + HOUR + timedelta(minutes=1)))
        clock.at = START + 2 * HOUR
        await digests(store, clock).look()
        assert await told(store) == [("digest:2023-09-18:staking", "digest: a")]
        clock.at = START + HOUR + DAY
        await digests(store, clock).look()
        assert (await told(store))[-1] == ("digest:2023-09-19:staking", "digest: b")


async def test_places_and_watchlists_have_their_own_digests(tmp_path):
    other = Target(kind=TargetKind.WATCHLIST, slug="mixers")
    routes = (
        ROUTE,
        replace(ROUTE, place=THERE),
        replace(ROUTE, target=other),
        replace(ROUTE, place=THERE, target=other, at=time(9)),
    )
    clock = SetClock()
    async with opened(tmp_path / "db") as store:
        await digests(store, clock, *routes).look()
        clock.at = START + HOUR
        await digests(store, clock, *routes).look()
        assert [key for key, _ in await told(store)] == [
            "digest:2023-09-18:staking",
            "digest:2023-09-18:mixers",
        ]
        assert [key for key, _ in await told(store, THERE)] == ["digest:2023-09-18:staking"]


async def test_the_deliverer_is_woken_only_when_there_is_something_to_send(tmp_path):
    woken = []
    clock = SetClock()
    async with opened(tmp_path / "db") as store:
        works = digests(store, clock, woken=lambda: woken.append(clock.at))
        for minutes in (0, 59, 60, 61):
            clock.at = START + timedelta(minutes=minutes)
            await works.look()
    assert woken == [START + HOUR]


async def test_a_chat_that_left_gets_no_digest_and_the_next_when_it_is_back(tmp_path):
    clock = SetClock()
    async with opened(tmp_path / "db") as store:
        works = digests(store, clock)
        await works.look()
        clock.at = START + HOUR
        await works.look()
        (claimed,) = await store.claim(clock.at, 1)
        await store.settle(claimed, ChatGone(detail="kicked"), clock.at)
        clock.at += DAY
        await works.look()
        assert (await store.deliveries(1))[0].state is DeliveryState.DEAD
        assert await store.claim(clock.at, 1) == ()
        await store.revive_chat(HERE.chat_id)
        clock.at += DAY
        await works.look()
        (claimed,) = await store.claim(clock.at, 1)
        assert claimed.key == "digest:2023-09-20:staking"
        await store.settle(claimed, Sent(message_id=1), clock.at)


def test_the_loop_looks_at_a_steady_pace_and_outlives_a_full_disk(tmp_path):
    class Full(SqliteStore):
        tries = 0

        async def setting(self, name):
            self.tries += 1
            if self.tries <= 3:
                raise StoreError("no room left on the disk")
            return await super().setting(name)

    async def scenario():
        store = await Full.open("sqlite:///:memory:", inline=True)
        loop = asyncio.create_task(digests(store, VirtualClock(START)).run())
        await asyncio.sleep(2 * 3600)
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)
        keys = await told(store)
        await store.close()
        return keys, store.tries

    with capture_logs() as logs:
        keys, tries = played(scenario())
    assert keys == [("digest:2023-09-18:staking", "digest:")]
    assert tries == pytest.approx(2 * 3600 / TICK_S, abs=1)
    assert [line["event"] for line in logs].count("digests_failed") == 3
