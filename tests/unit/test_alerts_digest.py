from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.alerts.decide import alerts
from aggregator.alerts.digest import (
    LATE,
    REACH_MAX,
    Digest,
    Memory,
    Route,
    due,
    gather,
    hour_before,
)
from aggregator.model import (
    Event,
    EventKind,
    FeedKind,
    ItemKey,
    People,
    Place,
    Report,
    Severity,
    Status,
    Story,
    StoryId,
    Subscription,
    Target,
    TargetKind,
    Trust,
)
from aggregator.telegram.render_digest import digest
from tests.fake_telegram import read_html

EIGHT = datetime(2023, 9, 18, 8, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
THEME = Target(kind=TargetKind.WATCHLIST, slug="staking")
CASE = Target(kind=TargetKind.CASE, slug="sec-v-binance")
ROUTE = Route(place=Place(chat_id=-5, thread_id=7), target=THEME, at=time(8))
TITLES = {THEME: "Staking"}
BEFORE = Memory(until=EIGHT - DAY)


def story(
    name="one",
    *,
    seen=EIGHT - HOUR,
    at=None,
    severity=Severity.MEDIUM,
    targets=(THEME,),
    related=(),
    title=None,
    outlets=("Wire One",),
    rings=1,
):
    event = Event(kind=EventKind.SETTLEMENT, status=Status.REPORTED, severity=severity)
    reports = tuple(
        Report(
            item_key=ItemKey(f"{name}{number}"),
            outlet=outlet,
            trust=Trust.INDEPENDENT,
            kind=FeedKind.NEWS,
            url=f"https://wire-one.example/{name}/{number}",
            title=title or f"Headline of {name}",
            summary="",
            at=at or seen,
            seen=seen,
            event=event,
        )
        for number, outlet in enumerate(outlets)
    )
    return Story(
        id=StoryId(name),
        targets=frozenset(targets),
        related=frozenset(related),
        event=event,
        reports=reports,
        first_at=at or seen,
        last_at=at or seen,
        rings=rings,
        rang=seen if rings else None,
    )


def made(*stories, route=ROUTE, memory=BEFORE, until=EIGHT) -> Digest:
    return gather(route, memory, until, stories)


def names(stories):
    return [each.id for each in stories]


def test_a_digest_tells_what_was_seen_since_the_last_one():
    old, edge = story("old", seen=EIGHT - DAY - LATE), story("edge", seen=EIGHT)
    late = story("late", seen=EIGHT + timedelta(seconds=1))
    fresh = story("fresh", seen=EIGHT - DAY + timedelta(seconds=1))
    assert names(made(old, fresh, edge, late).chief) == ["edge", "fresh"]


def test_a_report_that_is_dated_before_the_last_digest_but_seen_after_it_is_told():
    assert names(made(story(seen=EIGHT - HOUR, at=EIGHT - 2 * DAY)).chief) == ["one"]


def test_the_most_severe_comes_first_and_then_the_newest():
    stories = [
        story("low", severity=Severity.LOW, seen=EIGHT),
        story("older", severity=Severity.HIGH, seen=EIGHT - 2 * HOUR),
        story("newer", severity=Severity.HIGH, seen=EIGHT - HOUR),
    ]
    assert names(made(*stories).chief) == ["newer", "older", "low"]


def test_what_only_touches_the_theme_is_kept_apart():
    touched = story("touched", targets=(CASE,), related=(THEME,))
    other = story("other", targets=(CASE,))
    found = made(story(), touched, other)
    assert (names(found.chief), names(found.related)) == (["one"], ["touched"])


def test_what_matters_less_than_the_floor_is_left_out():
    route = replace(ROUTE, floor=Severity.HIGH)
    touched = story("touched", targets=(CASE,), related=(THEME,))
    found = made(story(), touched, story("high", severity=Severity.HIGH), route=route)
    assert (names(found.chief), found.related) == (["high"], ())


def test_a_story_that_grew_is_told_once_unless_it_rang_again():
    first = made(story())
    grown = story(outlets=("Wire One", "Ledger Post"), seen=EIGHT + HOUR)
    again = made(grown, memory=first.memory, until=EIGHT + DAY)
    assert again.chief == ()
    rang = made(replace(grown, rings=2), memory=first.memory, until=EIGHT + DAY)
    assert names(rang.chief) == ["one"]


def test_a_story_that_came_over_the_floor_later_is_told_then():
    route = replace(ROUTE, floor=Severity.HIGH)
    first = made(story(), route=route)
    assert first.chief == ()
    risen = story(severity=Severity.HIGH, seen=EIGHT + HOUR)
    assert names(made(risen, route=route, memory=first.memory, until=EIGHT + DAY).chief) == ["one"]


def test_what_was_told_is_remembered_only_as_long_as_the_story_is_there():
    first = made(story("one"), story("two"))
    assert first.memory == Memory(until=EIGHT, told=frozenset({"one:1", "two:1"}))
    second = made(story("two"), memory=first.memory, until=EIGHT + DAY)
    assert second.memory.told == {"two:1"}


def test_making_the_same_digest_twice_gives_the_same_one():
    later = story("later", seen=EIGHT + timedelta(minutes=1))
    assert made(story()).chief == made(story(), later).chief
    assert made(story()).key == "digest:2023-09-18:staking"


def test_a_long_silence_is_not_told_whole():
    ancient = Memory(until=EIGHT - timedelta(days=90))
    found = made(story("old", seen=EIGHT - REACH_MAX - LATE), story("new"), memory=ancient)
    assert (names(found.chief), found.since) == (["new"], EIGHT - REACH_MAX)


@pytest.mark.parametrize(
    ("at", "now", "last"),
    [
        (time(8), EIGHT, EIGHT),
        (time(8), EIGHT - timedelta(seconds=1), EIGHT - DAY),
        (time(8), EIGHT + timedelta(hours=15, minutes=59), EIGHT),
        (time(0), EIGHT, EIGHT - 8 * HOUR),
        (time(23, 59), EIGHT, EIGHT - 8 * HOUR - timedelta(minutes=1)),
    ],
)
def test_the_hour_of_a_digest_is_the_last_one_that_has_come(at, now, last):
    assert hour_before(at, now) == last


def test_a_digest_is_due_at_its_hour_and_once_a_day():
    assert due(ROUTE, BEFORE, EIGHT - timedelta(seconds=1)) is None
    assert due(ROUTE, BEFORE, EIGHT) == EIGHT
    assert due(ROUTE, Memory(until=EIGHT), EIGHT + HOUR) is None
    assert due(ROUTE, BEFORE, EIGHT + 5 * HOUR) == EIGHT


def test_after_days_of_silence_one_digest_is_due_not_one_a_day():
    assert due(ROUTE, BEFORE, EIGHT + 3 * DAY + HOUR) == EIGHT + 3 * DAY


def test_an_hour_that_was_changed_neither_repeats_nor_skips_a_day():
    later = replace(ROUTE, at=time(20))
    assert due(later, Memory(until=EIGHT), EIGHT + 12 * HOUR) is None
    assert due(later, Memory(until=EIGHT), EIGHT + 36 * HOUR) == EIGHT + 36 * HOUR
    evening = Memory(until=EIGHT - 12 * HOUR)
    assert due(ROUTE, evening, EIGHT) == EIGHT


@given(
    minutes=st.lists(st.integers(1, 6 * 24 * 60), max_size=30),
    ticks=st.lists(st.integers(1, 3 * 24 * 60), min_size=1, max_size=20),
    lag=st.integers(0, int(LATE.total_seconds()) - 1),
)
def test_whenever_the_looks_come_every_story_is_told_exactly_once(minutes, ticks, lag):
    """Also one that is stored only `lag` seconds after it was seen."""
    stories = [
        story(str(number), seen=EIGHT + timedelta(minutes=minute))
        for number, minute in enumerate(minutes)
    ]
    memory, now, told = Memory(until=EIGHT), EIGHT, []
    for tick in [*ticks, 7 * 24 * 60]:
        now += timedelta(minutes=tick)
        stored = now - timedelta(seconds=lag)
        seen = [one for one in stories if one.reports[0].seen <= stored]
        until = due(ROUTE, memory, now)
        if until is not None and until - memory.until <= REACH_MAX:
            found = gather(ROUTE, memory, until, seen)
            told += names(found.chief)
            memory = found.memory
        elif until is not None:
            return
    due_by_now = [
        one.id for one in stories if one.reports[0].seen <= memory.until - timedelta(seconds=lag)
    ]
    assert sorted(set(told)) == sorted(told)
    assert set(due_by_now) <= set(told)
    assert not set(told) - {one.id for one in stories if one.reports[0].seen <= memory.until}


# --- the floor of an instant route ------------------------------------------------------------


def heard(one, followers):
    found = alerts([one], People(subscriptions=followers))
    return [alert.place.chat_id for alert in found if not alert.edit_only]


def test_a_place_with_a_floor_hears_only_of_what_reaches_it():
    since = datetime.min.replace(tzinfo=UTC)
    high = Subscription(place=Place(chat_id=1), target=THEME, since=since, floor=Severity.HIGH)
    medium = replace(high, place=Place(chat_id=2), floor=Severity.MEDIUM)
    everyone = Subscription(place=Place(chat_id=3), target=THEME, since=since)
    followers = (high, medium, everyone)
    assert heard(story(), followers) == [2, 3]
    assert heard(story(severity=Severity.HIGH), followers) == [1, 2, 3]


def test_who_follows_without_a_floor_hears_of_all_of_it_whatever_route_is_there():
    since = datetime.min.replace(tzinfo=UTC)
    here = Place(chat_id=1)
    floored = Subscription(place=here, target=THEME, since=since, floor=Severity.HIGH)
    follows = Subscription(place=here, target=THEME, since=since)
    assert heard(story(), (floored, follows)) == [1]


# --- the message ------------------------------------------------------------------------------


def shown(of: Digest) -> str:
    read = read_html(digest(of, TITLES).html)
    assert len(read.text) <= 4096
    assert len(read.tags) <= 100
    return read.text


def test_the_message_says_what_of_since_when_and_each_story():
    touched = story("touched", targets=(CASE,), related=(THEME,), title="SEC sues exchange")
    text = shown(made(story(outlets=("Wire One", "Ledger Post")), touched))
    lines = text.splitlines()
    assert lines[0] == "Staking · digest · 18 Sep 2023, 08:00 UTC"
    assert lines[1] == "1 development since 17 Sep 2023, 08:00 UTC"
    assert "Medium · Reported: settlement" in lines
    assert "Headline of one · Wire One · also reported by 1 outlet" in lines
    assert "Also touched on by 1 story:" in lines
    assert "SEC sues exchange · Wire One" in lines


def test_an_empty_digest_says_so_without_a_sound():
    message = digest(made(), TITLES)
    assert (
        read_html(message.html).text.splitlines()[1] == "Nothing new since 17 Sep 2023, 08:00 UTC"
    )
    assert message.silent


def test_a_digest_of_passing_mentions_only_says_that_there_is_no_development():
    touched = story("touched", targets=(CASE,), related=(THEME,))
    assert "No development since 17 Sep 2023" in shown(made(touched))
    assert not digest(made(touched), TITLES).silent


def test_a_busy_day_fits_one_message_and_says_how_much_more_there_was():
    stories = [story(f"{number:03}", title="word " * 60) for number in range(200)]
    touched = [
        story(f"t{number}", targets=(CASE,), related=(THEME,), title="other " * 60)
        for number in range(50)
    ]
    text = shown(made(*stories, *touched))
    told = text.count("Medium · Reported")
    assert told > 10
    assert f"and {200 - told} more" in text
    assert "Also touched on by 50 stories:" in text


def test_many_short_stories_keep_every_link():
    stories = [story(f"{number:03}", title="Short") for number in range(60)]
    found = made(*stories)
    assert "and 30 more" in shown(found)
    assert len(read_html(digest(found, TITLES).html).links) == 30


@given(title=st.text(max_size=300), outlet=st.text(max_size=80))
def test_no_headline_breaks_the_message(title, outlet):
    text = shown(made(story(title=title or "x", outlets=(outlet,)), story("two")))
    assert "Headline of two" in text
