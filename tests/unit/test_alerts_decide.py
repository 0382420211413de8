from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.alerts import decide
from aggregator.alerts.decide import priority
from aggregator.model import (
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
    Priority,
    Quiet,
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


def alerts(stories, subscriptions, *, mutes=(), settings=(), before=(), edits=False):
    """Return who is told anew; with `edits`, whose message is only brought up to date."""
    people = People(
        subscriptions=tuple(subscriptions),
        mutes=tuple(mutes),
        settings={each.place: each for each in settings},
    )
    found = decide.alerts(stories, people, {each.id: each for each in before})
    return tuple(alert for alert in found if alert.edit_only is edits)


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


# --- who is not told ----------------------------------------------------------------------------


def muted(kind, name="", *, since=AT - HOUR, until=AT + HOUR, place=HOME, keep_high=True):
    return Mute(place=place, kind=kind, name=name, since=since, until=until, keep_high=keep_high)


def high(one):
    return replace(one, event=replace(one.event, severity=Severity.HIGH))


def at_night(zone="UTC", start=time(19), end=time(7), place=HOME):
    return PlaceSettings(place=place, zone=zone, quiet=Quiet(start=start, end=end))


@pytest.mark.parametrize(
    "mute",
    [
        muted(MuteKind.ALL),
        muted(MuteKind.TARGET, "case:sec-v-binance"),
        muted(MuteKind.STORY, "s1"),
        muted(MuteKind.SOURCE, "wire one"),
    ],
)
def test_what_is_muted_rings_for_nobody_but_high_does(mute):
    follower = follows(HOME, CASE)
    assert alerts([story()], [follower], mutes=[mute]) == ()
    (edit,) = alerts([story()], [follower], mutes=[mute], edits=True)
    assert edit.targets == (CASE,)
    assert len(alerts([high(story())], [follower], mutes=[mute])) == 1
    silent = replace(mute, keep_high=False)
    assert alerts([high(story())], [follower], mutes=[silent]) == ()


@pytest.mark.parametrize(
    "mute",
    [
        muted(MuteKind.ALL, place=GROUP),
        muted(MuteKind.TARGET, "case:sec-v-coinbase"),
        muted(MuteKind.STORY, "s2"),
        muted(MuteKind.SOURCE, "Wire Two"),
        muted(MuteKind.ALL, since=AT + HOUR / 2),
        muted(MuteKind.ALL, until=AT),
    ],
)
def test_a_mute_silences_nothing_else(mute):
    assert len(alerts([story()], [follows(HOME, CASE)], mutes=[mute])) == 1


def test_a_mute_of_one_target_leaves_the_other_reason():
    (alert,) = alerts(
        [story(targets=(CASE, THEME))],
        [follows(HOME, CASE), follows(HOME, THEME)],
        mutes=[muted(MuteKind.TARGET, str(CASE))],
    )
    assert alert.targets == (THEME,)


def test_in_quiet_hours_only_high_rings_by_the_places_own_clock():
    follower = follows(HOME, CASE)
    assert alerts([story()], [follower], settings=[at_night()]) == ()
    assert len(alerts([high(story())], [follower], settings=[at_night()])) == 1
    # At 20:00 UTC it is 16:00 in New York.
    assert len(alerts([story()], [follower], settings=[at_night("America/New_York")])) == 1
    assert len(alerts([story()], [follower], settings=[at_night(place=GROUP)])) == 1


def test_a_paused_follow_and_one_for_the_digest_ring_not_but_keep_their_message_up_to_date():
    paused = replace(follows(HOME, CASE), paused=True)
    digest = replace(follows(GROUP, CASE), mode=Mode.DIGEST)
    assert alerts([story()], [paused, digest]) == ()
    assert [one.place for one in alerts([story()], [paused, digest], edits=True)] == [GROUP, HOME]


def test_a_place_hears_if_any_of_its_follows_would():
    digest = replace(follows(HOME, CASE), mode=Mode.DIGEST)
    floored = replace(follows(HOME, OTHER), floor=Severity.HIGH)
    (alert,) = alerts(
        [story(targets=(CASE, OTHER, THEME))], [digest, floored, follows(HOME, THEME)]
    )
    assert alert.targets == (THEME,)


# --- a later report ------------------------------------------------------------------------------


def grown(one, **changes):
    later = replace(one.reports[0], item_key=ItemKey("later"), seen=AT + HOUR)
    return replace(one, reports=(*one.reports, later), **changes)


def test_a_later_report_rings_late_for_nobody_whatever_has_changed_since():
    follower = follows(HOME, CASE)
    for settings, mutes in [
        ((), ()),
        ((at_night(),), ()),
        ((), (muted(MuteKind.ALL, until=AT + HOUR / 4),)),
    ]:
        now = grown(story())
        assert alerts([now], [follower], settings=settings, mutes=mutes, before=[story()]) == ()
        (edit,) = alerts([now], [follower], before=[story()], edits=True)
        assert edit.key == "story:s1:1"


def test_a_second_ring_rings_and_the_first_is_only_brought_up_to_date():
    rung = Rung(kind=RingKind.CHANGED, report=ItemKey("later"), at=AT + HOUR)
    now = grown(story(), again=(rung,), rings=2)
    (alert,) = alerts([now], [follows(HOME, CASE)], before=[story()])
    assert (alert.key, alert.again) == ("story:s1:2", rung)


def test_a_story_that_passes_a_floor_with_a_later_report_rings_for_whom_it_reaches():
    floored = replace(follows(HOME, CASE), floor=Severity.HIGH)
    found = alerts([high(grown(story()))], [floored, follows(GROUP, CASE)], before=[story()])
    assert [(one.place, one.key) for one in found] == [(HOME, "story:s1:1")]


def test_a_later_report_that_names_another_case_rings_for_its_followers():
    now = grown(story(), targets=frozenset({CASE, OTHER}))
    found = alerts([now], [follows(HOME, OTHER), follows(GROUP, CASE)], before=[story()])
    assert [(one.place, one.targets) for one in found] == [(HOME, (OTHER,))]
    late = follows(HOME, OTHER, since=AT + 2 * HOUR)
    assert alerts([now], [late], before=[story()]) == ()
    asleep = at_night(start=time(21), end=time(22))
    assert alerts([now], [follows(HOME, OTHER)], settings=[asleep], before=[story()]) == ()
