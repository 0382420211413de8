from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.alerts.decide import alerts, priority
from aggregator.model import (
    Event,
    EventKind,
    FeedKind,
    ItemKey,
    Place,
    Priority,
    Report,
    RingKind,
    Rung,
    Severity,
    Status,
    Story,
    StoryId,
    Subscription,
    Target,
    TargetKind,
    Trust,
)

AT = datetime(2023, 9, 18, 20, 0, tzinfo=UTC)
EVENT = Event(kind=EventKind.HEARING, status=Status.REPORTED, severity=Severity.MEDIUM)
HOUR = timedelta(hours=1)
CASE = Target(kind=TargetKind.CASE, slug="sec-v-binance")
OTHER = Target(kind=TargetKind.CASE, slug="sec-v-coinbase")
THEME = Target(kind=TargetKind.WATCHLIST, slug="staking")
HOME, GROUP, TOPIC = Place(chat_id=7), Place(chat_id=-100), Place(chat_id=-100, thread_id=4)


def story(name="s1", targets=(CASE,), rang=AT, rings=1):
    report = Report(
        item_key=ItemKey(name),
        outlet="Wire One",
        trust=Trust.INDEPENDENT,
        kind=FeedKind.NEWS,
        url="https://wire-one.example/a",
        title="A hearing",
        summary="",
        at=AT,
        seen=AT,
        event=EVENT,
    )
    return Story(
        id=StoryId(name),
        targets=frozenset(targets),
        related=frozenset(),
        event=EVENT,
        reports=(report,),
        first_at=AT,
        last_at=AT,
        rings=rings,
        rang=rang,
    )


def follows(place, target, since=AT - timedelta(days=1)):
    return Subscription(place=place, target=target, since=since)


def test_who_follows_a_target_of_a_story_that_rang_is_told_once():
    (alert,) = alerts([story()], [follows(HOME, CASE)])
    assert (alert.place, alert.key, alert.targets) == (HOME, "story:s1:1", (CASE,))


def test_a_story_that_never_rang_reaches_nobody():
    assert alerts([story(rang=None, rings=0)], [follows(HOME, CASE)]) == ()


def test_who_follows_something_else_hears_nothing():
    assert alerts([story()], [follows(HOME, OTHER)]) == ()


def test_what_a_story_is_only_related_to_reaches_nobody():
    touched = replace(story(), related=frozenset({OTHER}))
    assert alerts([touched], [follows(HOME, OTHER)]) == ()


def test_two_follows_of_one_place_make_one_alert_with_both_reasons():
    (alert,) = alerts([story(targets=(CASE, THEME))], [follows(HOME, THEME), follows(HOME, CASE)])
    assert alert.targets == (CASE, THEME)


def test_the_same_follow_twice_is_one_alert():
    (alert,) = alerts([story()], [follows(HOME, CASE)] * 2)
    assert alert.targets == (CASE,)


def test_two_topics_of_one_group_are_two_places():
    found = alerts([story()], [follows(TOPIC, CASE), follows(GROUP, CASE), follows(HOME, CASE)])
    assert [alert.place for alert in found] == sorted([GROUP, TOPIC, HOME])


@pytest.mark.parametrize(("late", "heard"), [(timedelta(0), 1), (timedelta(microseconds=1), 0)])
def test_who_follows_after_the_ring_hears_of_the_next_development(late, heard):
    assert len(alerts([story()], [follows(HOME, CASE, since=AT + late)])) == heard


def test_of_two_follows_only_the_one_before_the_ring_is_a_reason():
    (alert,) = alerts(
        [story(targets=(CASE, THEME))],
        [follows(HOME, CASE), follows(HOME, THEME, since=AT + timedelta(hours=1))],
    )
    assert alert.targets == (CASE,)


def test_a_story_that_rings_again_has_another_key():
    rung = Rung(kind=RingKind.CONFIRMED, report=ItemKey("k2"), at=AT + HOUR)
    again = replace(story(rings=2), again=(rung,))
    told = alerts([again], [follows(HOME, CASE)])
    assert [(one.key, one.reply_to) for one in told] == [
        ("story:s1:1", ""),
        ("story:s1:2", "story:s1:1"),
    ]


def test_who_followed_between_two_rings_hears_only_the_second():
    rung = Rung(kind=RingKind.CHANGED, report=ItemKey("k2"), at=AT + HOUR)
    again = replace(story(rings=2), again=(rung,))
    late = Subscription(place=HOME, target=CASE, since=AT + HOUR / 2)
    assert [one.key for one in alerts([again], [late])] == ["story:s1:2"]


def test_a_story_that_may_be_another_one_answers_its_alert():
    alike = replace(story(), like=StoryId("s0"))
    assert [one.reply_to for one in alerts([alike], [follows(HOME, CASE)])] == ["story:s0:1"]


@pytest.mark.parametrize(
    ("severity", "wanted"),
    [
        (Severity.HIGH, Priority.HIGH),
        (Severity.MEDIUM, Priority.NORMAL),
        (Severity.LOW, Priority.LOW),
    ],
)
def test_what_matters_more_goes_first(severity, wanted):
    assert priority(severity) is wanted
    assert priority(severity) > Priority.REPLY


targets = st.sampled_from((CASE, OTHER, THEME))
places = st.sampled_from((HOME, GROUP, TOPIC, Place(chat_id=8)))
moments = st.integers(-3, 3).map(lambda hours: AT + timedelta(hours=hours))


@given(
    st.lists(st.builds(follows, places, targets, moments), max_size=20),
    st.lists(st.tuples(st.sets(targets, min_size=1), st.none() | moments), max_size=5),
)
def test_a_place_has_at_most_one_alert_a_story_and_each_follow_before_the_ring_counts(
    subscriptions, told
):
    stories = [
        story(f"s{number}", names, rang, rings=0 if rang is None else 1)
        for number, (names, rang) in enumerate(told)
    ]
    found = alerts(stories, subscriptions)
    assert len({(alert.place, alert.key) for alert in found}) == len(found)
    reasons = {(alert.place, alert.story.id, target) for alert in found for target in alert.targets}
    assert reasons == {
        (subscription.place, one.id, subscription.target)
        for one in stories
        for subscription in subscriptions
        if one.rang is not None
        and subscription.since <= one.rang
        and subscription.target in one.targets
    }
