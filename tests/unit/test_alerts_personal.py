from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.alerts import decide, personal
from aggregator.alerts.digest import LATE
from aggregator.alerts.personal import News, Reader
from aggregator.alerts.zones import zone
from aggregator.feeds.health import Sources
from aggregator.model import (
    DAILY,
    Case,
    Event,
    EventKind,
    FeedKind,
    ItemKey,
    Mode,
    Mute,
    MuteKind,
    People,
    Place,
    PlaceSettings,
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
from aggregator.telegram.naming import Setup
from aggregator.telegram.render_digest import catch_up, own_digest
from tests.talking import shown

START = datetime(2023, 10, 27, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CASE = Target(kind=TargetKind.CASE, slug="sec-v-binance")
THEME = Target(kind=TargetKind.WATCHLIST, slug="staking")
HERE = Place(chat_id=7)
SETUP = Setup(
    cases={
        "sec-v-binance": Case(
            slug="sec-v-binance", caption="SEC v. Binance", title="SEC v. Binance"
        )
    }
)


def story(name, seen, severity=Severity.MEDIUM, *, held="", title="", **changes):
    event = Event(kind=EventKind.HEARING, status=Status.REPORTED, severity=severity)
    report = Report(
        item_key=ItemKey(str(name)),
        outlet="Wire One",
        trust=Trust.INDEPENDENT,
        kind=FeedKind.NEWS,
        url=f"https://wire-one.example/{name}",
        title=title or f"News {name}",
        summary="",
        at=seen,
        seen=seen,
        event=event,
    )
    one = Story(
        id=StoryId(str(name)),
        targets=frozenset({CASE}),
        related=frozenset(),
        event=event,
        reports=(report,),
        first_at=seen,
        last_at=seen,
        rings=0 if held else 1,
        rang=None if held else seen,
        held=held,
    )
    return replace(one, **changes)


def reader(*, mutes=(), mode=Mode.INSTANT, since=START, **wishes):
    return Reader(
        settings=PlaceSettings(place=HERE, **wishes),
        subscriptions=(Subscription(place=HERE, target=CASE, since=since, mode=mode),),
        mutes=tuple(mutes),
    )


def memory_of(who, now=START):
    return personal.first(who.settings, now)


def ids(found):
    return [one.id for one in found]


@settings(deadline=None, max_examples=150)
@given(
    minutes=st.lists(
        st.integers(0, 6 * 24 * 60) | st.builds(lambda day, at: day * 1440 + at, st.integers(0, 5), st.integers(1195, 1201)),
        max_size=25, unique=True,
    ),
    held=st.sets(st.integers(0, 24)),
    high=st.sets(st.integers(0, 24)),
    looks=st.lists(st.integers(1, 20 * 60), max_size=40),
    lag=st.integers(0, int(LATE.total_seconds()) - 1),
    where=st.sampled_from(("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata")),
    quiet=st.none() | st.builds(Quiet, start=st.just(time(22)), end=st.sampled_from((time(2, 30), time(7)))),
    digest=st.sampled_from((DAILY, Schedule(at=time(2, 30)), Schedule(at=time(8), weekday=0))),
    mode=st.sampled_from(Mode),
    muted=st.booleans(),
)  # fmt: skip
def test_every_development_is_told_once_by_a_message_a_catch_up_or_a_digest(
    *, minutes, held, high, looks, lag, where, quiet, digest, mode, muted
):
    """Whenever the looks come, over a change of clocks, also what is stored only after a while."""
    night = Mute(
        place=HERE, kind=MuteKind.ALL, since=START + DAY, until=START + 2 * DAY, keep_high=True
    )
    who = reader(mutes=[night] if muted else [], mode=mode, zone=where, quiet=quiet, digest=digest)
    people = People(subscriptions=who.subscriptions, mutes=who.mutes, settings={HERE: who.settings})
    stories = [
        story(
            number,
            START + minute * MINUTE,
            Severity.HIGH if number in high else Severity.MEDIUM,
            held="unsure" if number in held else "",
        )
        for number, minute in enumerate(minutes)
    ]
    by_message = {
        alert.story.id: 1 for alert in decide.alerts(stories, people) if not alert.edit_only
    }
    memory, now, told = memory_of(who), START, list(by_message)
    for step in [*looks, *[12 * 60] * 30]:
        now += step * MINUTE
        memory = personal.noticed(memory, who.settings, now)
        there = [one for one in stories if one.reports[0].seen + timedelta(seconds=lag) <= now]
        news = News(stories=there, told=by_message)
        if (end := personal.catch_up_due(who.settings, memory, now)) is not None:
            caught = personal.catch_up(who, memory, end, news)
            assert quiet is not None
            told += ids(caught.chief)
            memory = caught.memory
        if (until := personal.digest_due(who.settings, memory, now)) is not None:
            made = personal.digest(who, memory, until, news)
            assert made.memory.until == until <= now
            told += ids(made.chief)
            memory = made.memory
    assert sorted(told) == sorted(ids(stories))
    if mode is Mode.INSTANT and not muted:
        rang = {one.id for one in stories if one.rings}
        asleep = {
            one.id
            for one in stories
            if quiet is not None
            and one.event.severity is not Severity.HIGH
            and personal.quiet.holds(quiet, zone(where), one.reports[0].seen)
        }
        assert set(by_message) == rang - asleep


def test_what_was_held_and_rings_later_is_news_again():
    who = reader(mode=Mode.DIGEST)
    held = story("a", START + HOUR, held="a high outcome from a source that only corroborates")
    first = personal.digest(who, memory_of(who), START + DAY, News(stories=(held,)))
    assert ids(first.chief) == ["a"]
    report = replace(held.reports[0], item_key=ItemKey("b"), seen=START + 25 * HOUR)
    rang = replace(held, held="", rings=1, rang=report.seen, reports=(*held.reports, report))
    second = personal.digest(who, first.memory, START + 2 * DAY, News(stories=(rang,)))
    assert ids(second.chief) == ["a"]
    third = personal.digest(who, second.memory, START + 3 * DAY, News(stories=(rang,)))
    assert third.is_empty


def test_a_story_that_only_grows_is_told_once():
    who = reader(mode=Mode.DIGEST)
    one = story("a", START + HOUR)
    first = personal.digest(who, memory_of(who), START + DAY, News(stories=(one,)))
    report = replace(one.reports[0], item_key=ItemKey("b"), seen=START + 25 * HOUR)
    grown = replace(one, reports=(*one.reports, report))
    second = personal.digest(who, first.memory, START + 2 * DAY, News(stories=(grown,)))
    assert second.chief == ()


def test_what_is_stored_only_after_its_digest_was_made_is_in_the_next_one():
    who = reader(mode=Mode.DIGEST)
    first = personal.digest(who, memory_of(who), START + DAY, News())
    slow = story("a", START + DAY - MINUTE)
    second = personal.digest(who, first.memory, START + 2 * DAY, News(stories=(slow,)))
    assert ids(second.chief) == ["a"]


def test_what_is_stored_only_after_its_catch_up_was_made_is_in_the_next_one():
    who = reader(quiet=Quiet(start=time(22), end=time(7)))
    end = START + 19 * HOUR
    first = personal.catch_up(who, memory_of(who), end, News())
    slow = story("a", end - MINUTE)
    second = personal.catch_up(who, first.memory, end + DAY, News(stories=(slow,)))
    assert ids(second.chief) == ["a"]
    third = personal.catch_up(who, second.memory, end + 2 * DAY, News(stories=(slow,)))
    assert third.chief == ()


def test_the_first_quiet_hours_hold_back_only_what_comes_after_they_were_set():
    who = reader()
    memory = memory_of(who)
    who = replace(who, settings=replace(who.settings, quiet=Quiet(start=time(22), end=time(7))))
    memory = personal.noticed(memory, who.settings, START + 9 * HOUR)
    assert personal.catch_up_due(who.settings, memory, START + 9 * HOUR) is None
    end = personal.catch_up_due(who.settings, memory, START + 19 * HOUR)
    assert end == START + 19 * HOUR
    before, night = story("a", START + HOUR), story("b", START + 12 * HOUR)
    caught = personal.catch_up(who, memory, end, News(stories=(before, night)))
    assert ids(caught.chief) == ["b"]


def test_a_catch_up_forgets_nothing_that_a_digest_told():
    who = reader(quiet=Quiet(start=time(22), end=time(7)))
    held = story("a", START + HOUR, held="unsure")
    first = personal.digest(who, memory_of(who), START + 8 * HOUR, News(stories=(held,)))
    night = story("b", START + 12 * HOUR)
    caught = personal.catch_up(who, first.memory, START + 19 * HOUR, News(stories=(held, night)))
    report = replace(held.reports[0], item_key=ItemKey("c"), seen=START + 20 * HOUR)
    grown = replace(held, reports=(*held.reports, report))
    news = News(stories=(grown, night))
    assert ids(caught.chief) == ["b"]
    assert personal.digest(who, caught.memory, START + 32 * HOUR, news).is_empty


@pytest.mark.parametrize(
    ("before", "after", "due_at"),
    [
        # Later the same day: once more, at the new hour.
        (Schedule(at=time(8)), Schedule(at=time(20)), START + 8 * HOUR),
        # Earlier: tomorrow.
        (Schedule(at=time(8)), Schedule(at=time(9)), START + 21 * HOUR),
        (Schedule(at=time(8), weekday=0), Schedule(at=time(8)), START + 20 * HOUR),
        (None, Schedule(at=time(8)), START + 20 * HOUR),
    ],
)
def test_a_new_schedule_begins_with_its_next_moment(before, after, due_at):
    wishes = PlaceSettings(place=HERE, digest=before)
    memory = personal.first(wishes, START - DAY)
    wishes = replace(wishes, digest=after)
    memory = personal.noticed(memory, wishes, START)
    assert personal.digest_due(wishes, memory, START) is None
    assert personal.digest_due(wishes, memory, due_at - MINUTE) is None
    assert personal.digest_due(wishes, memory, due_at) == due_at


def test_who_sets_an_hour_at_the_last_moment_gets_it():
    wishes = PlaceSettings(place=HERE, digest=None)
    memory = personal.first(wishes, START)
    wishes = replace(wishes, digest=Schedule(at=time(12, 1)))
    seen = START + timedelta(seconds=75)
    memory = personal.noticed(memory, wishes, seen)
    assert personal.digest_due(wishes, memory, seen) == START + MINUTE


def test_after_a_long_silence_a_digest_looks_back_a_fortnight():
    who = reader(mode=Mode.DIGEST, since=START - 90 * DAY)
    memory = replace(memory_of(who), until=START - 60 * DAY)
    old, new = story("old", START - 20 * DAY), story("new", START - DAY)
    made = personal.digest(who, memory, START, News(stories=(old, new)))
    assert (ids(made.chief), made.since) == (["new"], START - personal.REACH_MAX)


# --- the messages ---------------------------------------------------------------------------------


def test_a_digest_in_quiet_hours_and_a_catch_up_at_their_end_make_no_noise_and_some():
    who = reader(quiet=Quiet(start=time(22), end=time(7)), mode=Mode.DIGEST)
    news = News(stories=(story("a", START + HOUR),))
    night = personal.digest(who, memory_of(who), START + 12 * HOUR, news)
    day = personal.digest(who, memory_of(who), START + 20 * HOUR, news)
    assert own_digest(night, SETUP, Sources()).silent
    assert not own_digest(day, SETUP, Sources()).silent
    woken = replace(who, subscriptions=(replace(who.subscriptions[0], mode=Mode.INSTANT),))
    caught = personal.catch_up(woken, memory_of(who), START + 19 * HOUR, news)
    assert not catch_up(caught, SETUP).silent


def test_a_busy_fortnight_fits_one_message_and_says_how_much_more_there_was():
    who = reader(mode=Mode.DIGEST)
    stories = [
        story(number, START + number * MINUTE, title="Judge <b>& co</b> " * 12, late=True,
              like_title="another " * 30)
        for number in range(200)
    ]  # fmt: skip
    touching = [
        story(f"t{number}", START + MINUTE, targets=frozenset({THEME}), related=frozenset({CASE}))
        for number in range(50)
    ]
    made = personal.digest(who, memory_of(who), START + DAY, News(stories=(*stories, *touching)))
    seen = shown(own_digest(made, SETUP, Sources()))
    told = seen.text.count("Medium · SEC v. Binance")
    assert 5 < told <= 30
    assert f"and {200 - told} more" in seen.text
    assert "Also touched on by 50 stories:" in seen.text
    assert len(seen.tags) <= 100


@given(title=st.text(max_size=300), alike=st.text(max_size=300))
def test_no_headline_breaks_the_message(title, alike):
    who = reader(mode=Mode.DIGEST)
    one = story("a", START + HOUR, title=title or "x", like_title=alike)
    made = personal.digest(who, memory_of(who), START + DAY, News(stories=(one,)))
    assert "1 development since" in shown(own_digest(made, SETUP, Sources())).text
