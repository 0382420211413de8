from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from aggregator.model import (
    Batch,
    Case,
    Event,
    EventKind,
    Feed,
    FeedKind,
    ItemKey,
    Mode,
    Quiet,
    Report,
    Schedule,
    Severity,
    Status,
    Story,
    StoryId,
    Subscription,
    Target,
    TargetKind,
    Trust,
)
from aggregator.service.places import Places
from aggregator.telegram import words
from aggregator.telegram.access import Access
from aggregator.telegram.naming import Setup
from tests.conversation import conversation, names
from tests.talking import ROOM, shown

NOW = datetime(2023, 9, 18, 20, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)
USER = 2
CASE = Target(kind=TargetKind.CASE, slug="sec-v-binance")
SETUP = Setup(
    cases={"sec-v-binance": Case(slug="sec-v-binance", caption="SEC v. B", title="SEC v. Binance")},
    feeds=(
        Feed(
            id="wire-one",
            url="https://wire-one.example/rss",
            kind=FeedKind.NEWS,
            name="Wire One",
            trust=Trust.INDEPENDENT,
        ),
    ),
    access=Access(allowed=frozenset({USER})),
)


@pytest.fixture
async def chat():
    async with conversation(SETUP, NOW) as opened:
        yield opened


async def settings(chat):
    return await chat.store.settings_at(chat.place)


async def held(chat, name, seen):
    """Let a story be there that waits for the digest."""
    event = Event(kind=EventKind.HEARING, status=Status.REPORTED, severity=Severity.MEDIUM)
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
    story = Story(
        id=StoryId(name),
        targets=frozenset({CASE}),
        related=frozenset(),
        event=event,
        reports=(report,),
        first_at=seen,
        last_at=seen,
        held="may be the same event",
    )
    version = (await chat.store.window(seen)).version
    await chat.store.commit(Batch(stories=(story,)), version)


async def follows(chat, since=NOW - 48 * HOUR):
    await chat.store.subscribe(
        Subscription(place=chat.place, target=CASE, since=since, mode=Mode.DIGEST)
    )


# --- /digest --------------------------------------------------------------------------------------


async def test_digest_alone_shows_what_holds_with_buttons_to_change_it(chat):
    (message,) = await chat.say("/digest")
    assert shown(message).text == (
        "A digest comes daily at 08:00 (UTC), next 19 Sep, 08:00 UTC. "
        "Nobody chose this, so it comes only when there is something to tell."
    )
    assert names([message]) == ["Daily 08:00", "Weekly Mon 08:00", "Off", "Now"]


@pytest.mark.parametrize(
    ("typed", "wanted", "said"),
    [
        ("daily 08:00", Schedule(at=time(8)), "daily at 08:00 (UTC), next 19 Sep, 08:00 UTC."),
        ("21:00", Schedule(at=time(21)), "daily at 21:00 (UTC), next 21:00 UTC."),
        (
            "weekly mon 08:00",
            Schedule(at=time(8), weekday=0),
            "every Monday at 08:00 (UTC), next 25 Sep, 08:00 UTC.",
        ),
    ],
)
async def test_digest_takes_a_schedule_by_name(chat, typed, wanted, said):
    assert await chat.text(f"/digest {typed}") == f"A digest comes {said}"
    found = await settings(chat)
    assert (found.digest, found.digest_asked) == (wanted, True)


async def test_digest_off_and_its_buttons(chat):
    assert "No digest comes here." in await chat.text("/digest off")
    assert (await settings(chat)).digest is None
    await chat.press("Weekly Mon 08:00")
    assert (await settings(chat)).digest == Schedule(at=time(8), weekday=0)
    assert "every Monday at 08:00" in chat.toasts[-1]
    assert "every Monday at 08:00" in chat.messages[chat.last].html
    await chat.press("Daily 08:00")
    assert (await settings(chat)).digest == Schedule(at=time(8))
    await chat.press("Off")
    assert (await settings(chat)).digest is None


async def test_what_is_no_schedule_is_refused_with_examples_and_changes_nothing(chat):
    text = await chat.text("/digest daily at <25:00>")
    assert text.startswith("I cannot read “daily at <25:00>” as a time for a digest. For example")
    assert text.endswith("Nothing was changed.")
    assert not (await settings(chat)).digest_asked


async def test_digest_now_tells_at_once_and_the_next_one_does_not_repeat_it(chat):
    await follows(chat)
    await held(chat, "a", NOW - HOUR)
    first = await chat.text("/digest now")
    assert "1 development since 17 Sep 2023, 20:14 UTC" in first
    assert "News a" in first
    chat.now += HOUR
    second = await chat.text("/digest now")
    assert second.splitlines()[1] == "Nothing new in 1 case; 0 of 1 source read; blind: Wire One"
    await held(chat, "b", chat.now + HOUR)
    places = Places(store=chat.store, setup=lambda: SETUP, always=tuple, wake=lambda: None)
    await places.look(NOW + 24 * HOUR)
    (digest,) = await chat.deliver()
    assert "News b" in shown(digest).text
    assert "News a" not in shown(digest).text


async def test_digest_now_before_the_hour_moves_the_hour_for_nobody(chat):
    places = Places(store=chat.store, setup=lambda: SETUP, always=tuple, wake=lambda: None)
    await follows(chat)
    await chat.say("/digest daily 08:00")
    await places.look(NOW)
    await chat.press("Now")
    await places.look(NOW + 11 * HOUR)
    assert await chat.deliver() == []
    await places.look(NOW + 12 * HOUR)
    (digest,) = await chat.deliver()
    assert "Nothing new in 1 case" in shown(digest).text


async def test_digest_now_where_nothing_is_followed_says_so(chat):
    assert (await chat.text("/digest now")).startswith("Nothing is followed here yet")


async def test_the_digest_offers_its_cases_and_another_time(chat):
    await follows(chat)
    await held(chat, "a", NOW - HOUR)
    (message,) = await chat.say("/digest now")
    assert names([message]) == ["SEC v. Binance", "Change time"]
    (asked,) = await chat.press("Change time")
    assert shown(asked).text.startswith("A digest comes daily at 08:00")


# --- /quiet ---------------------------------------------------------------------------------------


async def test_quiet_shows_sets_and_ends_quiet_hours(chat):
    (message,) = await chat.say("/quiet")
    assert shown(message).text.startswith("No quiet hours here")
    assert names([message]) == ["22:00 to 07:00", "23:00 to 08:00", "Off"]
    assert await chat.text("/quiet 22:00-07:00") == (
        "Quiet from 22:00 to 07:00 (UTC). High still rings; the rest comes in one message at 07:00."
    )
    assert (await settings(chat)).quiet == Quiet(start=time(22), end=time(7))
    await chat.press("23:00 to 08:00")
    assert (await settings(chat)).quiet == Quiet(start=time(23), end=time(8))
    assert (await chat.text("/quiet off")).startswith("No quiet hours here")
    assert (await settings(chat)).quiet is None


@pytest.mark.parametrize("typed", ["22:00", "at night", "22:00-22:00", "25-7"])
async def test_what_are_no_quiet_hours_is_refused(chat, typed):
    await chat.say("/quiet 22-7")
    text = await chat.text(f"/quiet {typed}")
    assert "I cannot read" in text or "must end at another time" in text
    assert (await settings(chat)).quiet == Quiet(start=time(22), end=time(7))


# --- /tz ------------------------------------------------------------------------------------------


async def test_tz_shows_and_sets_the_zone_in_any_case(chat):
    assert "The time zone here is UTC, where it is 20:14 UTC." in await chat.text("/tz")
    text = await chat.text("/tz europe/berlin")
    assert text.startswith("The time zone here is Europe/Berlin, where it is 22:14 CEST.")
    assert (await settings(chat)).zone == "Europe/Berlin"
    assert "(Europe/Berlin), next 19 Sep, 08:00 CEST" in await chat.text("/digest")
    assert (await chat.text("/tz UTC")).startswith("The time zone here is UTC")


async def test_tz_asks_which_city_is_meant_and_a_button_answers(chat):
    (message,) = await chat.say("/tz berlin")
    assert names([message]) == ["Europe/Berlin"]
    assert (await settings(chat)).zone == "UTC"
    await chat.press("Europe/Berlin")
    assert (await settings(chat)).zone == "Europe/Berlin"
    assert "22:14 CEST" in chat.toasts[-1]


@pytest.mark.parametrize("typed", ["CET+1", "Mars/Olympus", "<b>"])
async def test_tz_refuses_what_is_no_zone(chat, typed):
    text = await chat.text(f"/tz {typed}")
    assert text.startswith(f"I know no time zone “{typed}”.")
    assert (await settings(chat)).zone == "UTC"


@pytest.mark.parametrize("typed", ["CET", "EST", "Etc/GMT-14"])
async def test_tz_says_plainly_why_a_clock_without_a_place_is_not_taken(chat, typed):
    text = await chat.text(f"/tz {typed}")
    assert text.startswith(f"“{typed}” names a clock but knows no place")
    assert "Europe/Berlin" in text
    assert (await settings(chat)).zone == "UTC"


# --- who may --------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["/digest off", "/quiet 22-7", "/tz Asia/Tokyo"])
async def test_in_a_group_only_its_admins_change_these(typed):
    async with conversation(SETUP, NOW, chat=ROOM) as room:
        before = await settings(room)
        (refused,) = await room._update(text=typed, is_group_admin=False)
        assert refused.html == words.GROUP_ADMINS_ONLY
        assert await settings(room) == before
        await room._update(text=typed, is_group_admin=True)
        assert await settings(room) != before


@pytest.mark.parametrize("data", ["v1:dg:hourly", "v1:qh:x", "v1:tz:Nowhere/Land", "v1:tz"])
async def test_a_button_that_means_nothing_any_more_says_so(chat, data):
    await chat.say("/digest")
    await chat._update(data=data, callback_id="q", message_id=chat.last)
    assert chat.toasts[-1] == words.OLD_BUTTON
