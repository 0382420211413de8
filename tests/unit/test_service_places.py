from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from aggregator.alerts import decide
from aggregator.errors import StoreError
from aggregator.model import (
    Batch,
    Case,
    Committed,
    Decision,
    DecisionKind,
    Delivery,
    Event,
    EventKind,
    Feed,
    FeedKind,
    FeedState,
    Gap,
    Item,
    ItemKey,
    Message,
    Mode,
    Mute,
    MuteKind,
    Place,
    Quiet,
    Report,
    RingKind,
    Rung,
    Schedule,
    Sent,
    Severity,
    Status,
    Story,
    StoryId,
    Subscription,
    Target,
    TargetKind,
    Trust,
)
from aggregator.service.digest import Digests
from aggregator.service.places import Places
from aggregator.store.sqlite import SqliteStore
from aggregator.telegram.naming import Setup
from tests.fake_telegram import read_html
from tests.newsroom import VirtualClock, plain_logging, played

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2023, 9, 18, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CASE = Target(kind=TargetKind.CASE, slug="sec-v-binance")
THEME = Target(kind=TargetKind.WATCHLIST, slug="staking")
HERE, THERE = Place(chat_id=7), Place(chat_id=-5, thread_id=3)
WIRE = Feed(
    id="wire-one",
    url="https://wire-one.example/rss",
    kind=FeedKind.NEWS,
    name="Wire One",
    trust=Trust.INDEPENDENT,
)
OTHER = replace(WIRE, id="wire-two", name="Wire Two")
COURT = replace(WIRE, id="nysd", name="S.D.N.Y.", kind=FeedKind.COURT, court="nysd")
SETUP = Setup(
    cases={
        "sec-v-binance": Case(
            slug="sec-v-binance", caption="SEC v. Binance", title="SEC v. Binance", court="dcd"
        )
    },
    feeds=(WIRE, OTHER, COURT),
)
NIGHT = Quiet(start=time(22), end=time(7))


@pytest.fixture(autouse=True)
def own_logging():
    with plain_logging():
        yield


class Town:
    """A store with places and news, and the loop that tells them, at a time that is set."""

    def __init__(self, store, now=START):
        self.store = store
        self.now = now
        self.always = ()
        self.woken = 0
        self.stories = {}

    def wake(self):
        self.woken += 1

    def places(self, store=None):
        return Places(
            store=store or self.store,
            setup=lambda: SETUP,
            always=lambda: self.always,
            wake=self.wake,
        )

    async def look(self, at=None):
        self.now = at or self.now
        await self.places().look(self.now)

    async def runs_until(self, end, step=10 * MINUTE):
        """Look at a steady pace."""
        while self.now < end:
            self.now = min(self.now + step, end)
            await self.look()

    async def follows(self, target=CASE, place=HERE, **changes):
        await self.store.subscribe(
            Subscription(place=place, target=target, since=self.now, **changes)
        )
        await self.look()

    async def wants(self, place=HERE, **changes):
        await self.store.put_settings(replace(await self.store.settings_at(place), **changes))
        await self.look()

    async def happens(self, name, at=None, *, rings=True, **changes):
        """Let a story ring, or be held, as the pipeline would; at its time."""
        self.now = at or self.now
        story = replace(made(name, self.now), **changes)
        if rings:
            story = replace(story, rings=1, rang=self.now)
        await self.commits(story)
        return story

    async def commits(self, story):
        window = await self.store.window(datetime.min.replace(tzinfo=UTC))
        people = await self.store.people()
        alerts = decide.alerts([story], people, window.stories)
        deliveries = [
            Delivery(
                place=alert.place,
                key=alert.key,
                message=Message(html=f"{story.id}:{len(story.reports)}"),
                priority=decide.priority(story.event.severity),
                created=self.now,
                edit_only=alert.edit_only,
            )
            for alert in alerts
        ]
        items = [item_of(report) for report in story.reports]
        batch = Batch(
            items=tuple(items),
            decisions=tuple(
                (one.key, Decision(kind=DecisionKind.ALERT, reason="", story=story.id))
                for one in items
            ),
            stories=(story,),
            deliveries=tuple(deliveries),
        )
        assert isinstance(await self.store.commit(batch, window.version), Committed)

    async def told(self, place=HERE):
        """Return the key and the text of every digest and catch-up, oldest first."""
        found = reversed(await self.store.deliveries(500))
        return [
            (one.key, read_html(one.message.html).text)
            for one in found
            if one.place == place and not one.key.startswith("story:")
        ]

    async def keys(self, place=HERE):
        return [key for key, _ in await self.told(place)]

    async def rang(self, place=HERE):
        found = reversed(await self.store.deliveries(500))
        return [one.key for one in found if one.place == place and one.key.startswith("story:")]


def made(name, seen, severity=Severity.MEDIUM):
    event = Event(kind=EventKind.HEARING, status=Status.REPORTED, severity=severity)
    report = Report(
        item_key=ItemKey(f"{name:0>32}"),
        outlet="Wire One",
        trust=Trust.INDEPENDENT,
        kind=FeedKind.NEWS,
        url=f"https://wire-one.example/{name}",
        title=f"News {name}",
        summary="",
        at=seen,
        seen=seen,
        event=event,
    )
    return Story(
        id=StoryId(name),
        targets=frozenset({CASE}),
        related=frozenset(),
        event=event,
        reports=(report,),
        first_at=report.at,
        last_at=report.at,
    )


def item_of(report):
    return Item(
        key=report.item_key,
        feed_id="wire-one",
        outlet=report.outlet,
        kind=report.kind,
        trust=report.trust,
        url=report.url,
        title=report.title,
        summary="",
        published=report.at,
        seen=report.seen,
    )


def high(name, seen):
    return made(name, seen, Severity.HIGH).event


def news(text):
    return [line.split(" · ")[0] for line in text.splitlines() if line.startswith("News ")]


@asynccontextmanager
async def opened(path=":memory:", kind=SqliteStore):
    store = await kind.open(f"sqlite:///{path}", inline=True)
    try:
        yield store
    finally:
        await store.close()


@pytest.fixture
async def town():
    async with opened() as store:
        yield Town(store)


# --- the digest -----------------------------------------------------------------------------------


async def test_who_never_chose_gets_a_digest_at_08_00_utc_only_when_there_is_something(town):
    await town.follows(mode=Mode.DIGEST)
    await town.happens("a", START + HOUR)
    await town.runs_until(START + 3 * DAY)
    ((key, text),) = await town.told()
    assert key == "digest:2023-09-19T08:00"
    assert text.splitlines()[:2] == [
        "Digest · 19 Sep 2023, 08:00 UTC",
        "1 development since 18 Sep 2023, 12:00 UTC",
    ]
    assert "Medium · SEC v. Binance · Reported: hearing" in text
    assert news(text) == ["News a"]
    assert await town.rang() == []


async def test_what_a_message_told_is_in_no_digest(town):
    await town.follows()
    await town.happens("a")
    await town.runs_until(START + 2 * DAY)
    assert (await town.rang(), await town.told()) == (["story:a:1"], [])


async def test_an_empty_digest_is_one_line_for_who_asked_for_it_by_name(town):
    await town.follows()
    await town.follows(THEME)
    await town.wants(digest=Schedule(at=time(9)), digest_asked=True)
    fresh = START + 20 * HOUR
    await town.store.save_feed_state(
        FeedState(feed_id="wire-one", first_read=START, last_polled=fresh, last_read=fresh)
    )
    await town.look(START + 21 * HOUR)
    ((_, text),) = await town.told()
    assert text.splitlines()[1:] == [
        "Nothing new in 1 case and 1 watchlist; 1 of 3 sources read; blind: Wire Two, S.D.N.Y."
    ]
    (sent,) = await town.store.deliveries(1)
    assert sent.message.silent


async def test_only_the_courts_of_the_followed_cases_are_counted_for_who_follows_cases(town):
    await town.follows()
    await town.wants(digest=Schedule(at=time(9)), digest_asked=True)
    await town.look(START + 21 * HOUR)
    ((_, text),) = await town.told()
    assert "Nothing new in 1 case; 0 of 2 sources read; blind: Wire One, Wire Two" in text


async def test_what_was_held_waits_for_the_digest_and_says_why_it_is_less_sure(town):
    await town.follows()
    old = made("late", START)
    report = replace(old.reports[0], at=START - 40 * DAY)
    await town.happens(
        "late",
        rings=False,
        held="late",
        late=True,
        reports=(report,),
        first_at=report.at,
        last_at=report.at,
    )
    await town.happens(
        "grey", rings=False, held="may be", like=StoryId("x"), like_title="Judge hears Binance"
    )
    await town.happens("kept", rings=False)
    await town.look(START + DAY)
    ((_, text),) = await town.told()
    assert sorted(news(text)) == ["News grey", "News late"]
    assert "Late: published 9 Aug" in text
    assert "May be the same event as: Judge hears Binance" in text


async def test_the_most_severe_comes_first_and_what_only_touches_is_folded_away(town):
    await town.follows(mode=Mode.DIGEST)
    await town.happens("low", event=made("x", START, Severity.LOW).event)
    await town.happens("high", event=high("x", START))
    await town.happens("touch", targets=frozenset({THEME}), related=frozenset({CASE}))
    await town.happens("else", targets=frozenset({THEME}))
    await town.look(START + DAY)
    ((_, text),) = await town.told()
    assert news(text) == ["News high", "News low", "News touch"]
    assert "Also touched on by 1 story:" in text


async def test_the_floor_of_a_follow_holds_in_the_digest_and_a_paused_one_tells_nothing(town):
    await town.follows(mode=Mode.DIGEST, floor=Severity.HIGH)
    await town.follows(place=THERE, mode=Mode.DIGEST, paused=True)
    await town.happens("low")
    await town.happens("high", event=high("x", START))
    await town.look(START + DAY)
    ((_, text),) = await town.told()
    assert news(text) == ["News high"]
    assert await town.told(THERE) == []


async def test_a_new_follow_is_told_of_nothing_from_before_it(town):
    await town.happens("before", START - MINUTE)
    town.now = START
    await town.follows(mode=Mode.DIGEST)
    await town.happens("after", START + MINUTE)
    await town.look(START + DAY)
    ((_, text),) = await town.told()
    assert news(text) == ["News after"]


async def test_what_a_mute_silenced_is_in_the_next_digest(town):
    await town.follows()
    await town.store.mute(
        Mute(
            place=HERE,
            kind=MuteKind.TARGET,
            name=str(CASE),
            since=START,
            until=START + HOUR,
        )
    )
    await town.happens("muted", START + MINUTE)
    await town.happens("rings", START + 2 * HOUR)
    await town.look(START + DAY)
    assert await town.rang() == ["story:rings:1"]
    ((_, text),) = await town.told()
    assert news(text) == ["News muted"]


async def test_a_second_ring_that_a_mute_silenced_is_told_though_the_first_one_rang(town):
    await town.follows()
    story = await town.happens("a")
    await town.store.mute(
        Mute(place=HERE, kind=MuteKind.ALL, since=START + MINUTE, until=START + HOUR)
    )
    town.now = START + 2 * MINUTE
    later = replace(story.reports[0], item_key=ItemKey("f" * 32), seen=town.now)
    rung = Rung(kind=RingKind.CHANGED, report=later.item_key, at=town.now)
    await town.commits(replace(story, reports=(*story.reports, later), rings=2, again=(rung,)))
    await town.look(START + DAY)
    assert await town.rang() == ["story:a:1"]
    ((_, text),) = await town.told()
    assert news(text) == ["News a"]
    await town.look(START + 2 * DAY)
    assert len(await town.told()) == 1


async def test_a_possible_loss_on_a_feed_that_concerns_a_place_is_told_once_and_when_it_ends(town):
    await town.follows()
    gap = Gap(
        feed_id="wire-two",
        why="more entries came than the feed lists",
        since=START + 2 * HOUR,
        until=START + 6 * HOUR,
        opened=START + 6 * HOUR,
    )
    elsewhere = replace(gap, feed_id="nysd")
    lasting = replace(gap, feed_id="", why="the program stood still", until=None)
    closed = await town.store.open_gap(replace(gap, feed_id="wire-one"))
    await town.store.close_gap(closed.id, START + 7 * HOUR)
    await town.store.open_gap(gap)
    await town.store.open_gap(elsewhere)
    kept = await town.store.open_gap(lasting)
    await town.look(START + DAY)
    await town.look(START + 2 * DAY)
    ((_, text),) = await town.told()
    assert text.splitlines()[1:3] == [
        (
            "Possible loss 14:00 to 18:00 on feed Wire Two, 18 Sep 2023 UTC:"
            " more entries came than the feed lists"
        ),
        "Possible loss 14:00 until now on every feed, 18 Sep 2023 UTC: the program stood still",
    ]
    await town.store.close_gap(kept.id, START + 50 * HOUR, until=START + 50 * HOUR)
    await town.look(START + 3 * DAY)
    assert len(await town.told()) == 2
    (_, text) = (await town.told())[-1]
    assert text.splitlines()[1:] == [
        "Possible loss 18 Sep, 14:00 to 20 Sep, 14:00 UTC on every feed: the program stood still",
        "No development since 20 Sep 2023, 08:00 UTC",
    ]


async def test_a_changed_hour_counts_from_its_next_moment_and_skips_no_news(town):
    await town.follows(mode=Mode.DIGEST)
    await town.happens("a", START + HOUR)
    town.now = START + 2 * HOUR
    # 08:00 to 13:00: today's 13:00 is past already.
    await town.wants(digest=Schedule(at=time(13)))
    await town.runs_until(START + 20 * HOUR)
    assert await town.told() == []
    await town.runs_until(START + 2 * DAY)
    ((key, text),) = await town.told()
    assert (key, news(text)) == ("digest:2023-09-19T13:00", ["News a"])


async def test_a_digest_that_is_off_tells_nothing(town):
    await town.follows(mode=Mode.DIGEST)
    await town.wants(digest=None)
    await town.happens("a")
    await town.runs_until(START + 2 * DAY, HOUR)
    assert await town.told() == []


async def test_who_follows_by_configuration_has_a_digest_too(town):
    town.always = (Subscription(place=THERE, target=CASE, since=datetime.min.replace(tzinfo=UTC)),)
    await town.look()
    await town.happens("held", START + MINUTE, rings=False, held="may be")
    await town.look(START + DAY)
    assert await town.keys(THERE) == ["digest:2023-09-19T08:00"]


async def test_a_weekly_digest_tells_of_the_whole_week(town):
    await town.follows(mode=Mode.DIGEST)
    await town.wants(digest=Schedule(at=time(8), weekday=0), digest_asked=True)
    for day in range(7):
        await town.happens(str(day), START + day * DAY + HOUR)
        await town.look(START + day * DAY + 2 * HOUR)
    await town.look(START + 7 * DAY)
    ((key, text),) = await town.told()
    assert key == "digest:2023-09-25T08:00"
    assert sorted(news(text)) == [f"News {day}" for day in range(7)]


# --- clocks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "hour"),
    [
        (datetime(2023, 3, 24, 12, tzinfo=UTC), time(8)),
        (datetime(2023, 3, 24, 12, tzinfo=UTC), time(2, 30)),
        (datetime(2023, 10, 27, 12, tzinfo=UTC), time(8)),
        (datetime(2023, 10, 27, 12, tzinfo=UTC), time(2, 30)),
    ],
)
async def test_each_day_has_one_digest_at_its_hour_when_the_clocks_change(town, start, hour):
    town.now = start
    await town.follows(mode=Mode.DIGEST)
    await town.wants(zone="Europe/Berlin", digest=Schedule(at=hour), digest_asked=True)
    for number in range(4 * 24):
        await town.happens(str(number), start + number * HOUR)
        await town.look()
    await town.look(start + 4 * DAY)
    told = await town.told()
    ends = [
        datetime.fromisoformat(key.removeprefix("digest:")).replace(tzinfo=UTC).astimezone(BERLIN)
        for key, _ in told
    ]
    assert [end.day for end in ends] == [start.day + day for day in range(1, 5)]
    assert {end.hour for end in ends} <= {hour.hour, 3 if hour.hour == 2 else 8}
    # An hour's news is told at its end: nothing twice, nothing left out.
    told_of = sorted(int(one.removeprefix("News ")) for _, text in told for one in news(text))
    last = int((ends[-1] - start) / HOUR)
    assert told_of == list(range(last + 1))


@pytest.mark.parametrize(
    "start", [datetime(2023, 3, 25, 12, tzinfo=UTC), datetime(2023, 10, 28, 12, tzinfo=UTC)]
)
async def test_quiet_hours_end_with_one_catch_up_when_the_clocks_change(town, start):
    town.now = start
    await town.follows()
    await town.wants(zone="Europe/Berlin", quiet=NIGHT, digest=None)
    for number in range(48):
        at = start + number * HOUR
        event = high("x", at) if number % 5 == 0 else made("x", at).event
        await town.happens(str(number), at, event=event)
        await town.look()
    rang = {int(key.split(":")[1]) for key in await town.rang()}
    told = await town.told()
    ends = [
        datetime.fromisoformat(key.removeprefix("catchup:")).replace(tzinfo=UTC).astimezone(BERLIN)
        for key, _ in told
    ]
    assert [end.strftime("%d %H:%M") for end in ends] == [
        f"{start.day + 1} 07:00",
        f"{start.day + 2} 07:00",
    ]
    caught = [int(one.removeprefix("News ")) for _, text in told for one in news(text)]
    assert len(caught) == len(set(caught))
    for number in range(48):
        local = (start + number * HOUR).astimezone(BERLIN).hour
        asleep = local >= 22 or local < 7
        assert (number in rang) is (not asleep or number % 5 == 0)
        assert (number in caught) is (asleep and number % 5 != 0)


async def test_a_quiet_night_in_which_nothing_was_held_ends_without_a_message(town):
    await town.follows()
    await town.wants(quiet=NIGHT)
    await town.happens("day", START + HOUR)
    await town.runs_until(START + 2 * DAY, HOUR)
    assert await town.told() == []


async def test_what_the_catch_up_told_is_not_in_the_digest(town):
    await town.follows()
    await town.wants(quiet=NIGHT, digest_asked=True)
    await town.happens("night", START + 12 * HOUR)
    await town.runs_until(START + DAY)
    (caught, digest) = await town.told()
    assert caught[0] == "catchup:2023-09-19T07:00"
    assert caught[1].startswith("While it was quiet · 1 development since")
    assert news(caught[1]) == ["News night"]
    assert digest[1].splitlines()[1].startswith("Nothing new in 1 case;")


async def test_quiet_hours_that_are_switched_off_in_the_night_end_at_once(town):
    await town.follows()
    await town.wants(quiet=NIGHT, digest=None)
    await town.happens("night", START + 11 * HOUR)
    await town.look(START + 11 * HOUR + MINUTE)
    assert await town.told() == []
    town.now = START + 12 * HOUR
    await town.wants(quiet=None)
    ((key, text),) = await town.told()
    assert (key, news(text)) == ("catchup:2023-09-19T00:00", ["News night"])
    await town.runs_until(START + 2 * DAY, HOUR)
    assert len(await town.told()) == 1


# --- crashes --------------------------------------------------------------------------------------


async def test_a_crash_between_queueing_and_remembering_repeats_and_skips_nothing(tmp_path):
    class Dies(SqliteStore):
        armed = False

        async def put_setting(self, name, value):
            if self.armed:
                raise StoreError("no room left on the disk")
            await super().put_setting(name, value)

    async with opened(tmp_path / "db", Dies) as store:
        town = Town(store)
        await town.follows(mode=Mode.DIGEST)
        await town.happens("a", START + HOUR)
        store.armed = True
        with pytest.raises(StoreError):
            await town.look(START + DAY)
    async with opened(tmp_path / "db") as store:
        town = Town(store, START + DAY)
        await town.happens("b", START + DAY + MINUTE)
        await town.runs_until(START + 3 * DAY, HOUR)
        assert [(key, news(text)) for key, text in await town.told()] == [
            ("digest:2023-09-19T08:00", ["News a"]),
            ("digest:2023-09-20T08:00", ["News b"]),
        ]


async def test_a_program_that_stood_still_for_days_tells_once_of_all_of_it(town):
    await town.follows(mode=Mode.DIGEST)
    await town.happens("a", START + HOUR)
    await town.look(START + 4 * DAY)
    ((key, text),) = await town.told()
    assert (key, news(text)) == ("digest:2023-09-22T08:00", ["News a"])


async def test_places_are_told_each_by_their_own_clock_and_the_sender_is_woken(town):
    await town.follows(mode=Mode.DIGEST)
    await town.follows(place=THERE, mode=Mode.DIGEST)
    await town.wants(place=THERE, zone="Asia/Tokyo")
    await town.happens("a", START + HOUR)
    await town.runs_until(START + DAY, HOUR)
    assert await town.keys() == ["digest:2023-09-19T08:00"]
    assert await town.keys(THERE) == ["digest:2023-09-18T23:00"]
    assert town.woken == 2


async def test_a_chat_that_is_gone_is_not_told_and_the_next_digest_reaches_one_that_is_back(town):
    await town.follows(mode=Mode.DIGEST)
    await town.store.chat_gone(HERE.chat_id, "blocked")
    await town.happens("a", START + HOUR)
    await town.look(START + DAY)
    assert await town.told() == []
    await town.store.revive_chat(HERE.chat_id)
    await town.look(START + DAY + HOUR)
    ((_, text),) = await town.told()
    assert news(text) == ["News a"]


def test_the_loop_tells_routes_and_places_over_a_change_of_clocks():
    """In virtual time, a look every half minute, over the end of summer time."""
    start = datetime(2023, 11, 3, 12, tzinfo=UTC)

    async def scenario():
        clock = VirtualClock(start)
        async with opened() as store:
            town = Town(store, start)
            await town.follows()
            await town.wants(
                zone="America/New_York", quiet=NIGHT, digest=Schedule(at=time(7)), digest_asked=True
            )
            digests = Digests(
                store=store,
                clock=clock,
                routes=tuple,
                render=lambda made: Message(html=made.key),
                wake=town.wake,
                places=town.places(),
            )
            loop = asyncio.create_task(digests.run())
            for number in range(3 * 8):
                await clock.sleep(3 * 3600)
                await town.happens(str(number), clock.now())
                for claimed in await store.claim(clock.now(), 10):
                    await store.settle(claimed, Sent(message_id=number + 1), clock.now())
            await asyncio.sleep(60)
            loop.cancel()
            await asyncio.gather(loop, return_exceptions=True)
            return await town.rang(), await town.told()

    rang, told = played(scenario())
    by_message = [int(key.split(":")[1]) for key in rang]
    by_catch_up = [
        int(one.removeprefix("News "))
        for key, text in told
        if key.startswith("catchup:")
        for one in news(text)
    ]
    digests = [text for key, text in told if key.startswith("digest:")]
    assert len(digests) == 3
    assert all("Nothing new in 1 case" in text for text in digests)
    assert sorted(by_message + by_catch_up) == list(range(24))
    assert by_catch_up
