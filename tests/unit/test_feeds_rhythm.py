from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.feeds.rate import counted, dates, hour_of_week, per_day
from aggregator.feeds.rhythm import by_minute, profile, rolls_over, silence_max, wait
from aggregator.model import Entry, FeedKind, Learnt, Parsed

MONDAY = datetime(2023, 9, 4, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NEWS = FeedKind.NEWS


def page(*times: datetime) -> Parsed:
    return Parsed(entries=tuple(Entry(guid=f"{at}", published=at) for at in reversed(times)))


def watched(times: list[datetime], start: datetime, end: datetime) -> Learnt:
    """Read a feed of twenty entries each hour from `start` to `end`."""
    learnt, now = Learnt(), start
    while now < end:
        now += HOUR
        learnt = counted(learnt, page(*[at for at in times if at <= now][-20:]), now)
    return learnt


# --- how much -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "rate"),
    [(FeedKind.COURT, 60), (FeedKind.REGULATOR, 2), (NEWS, 20), (FeedKind.BLOG, 0.5)],
)
def test_of_a_feed_that_is_not_known_what_is_usual_for_its_kind_is_expected(kind, rate):
    assert per_day(kind, Learnt()) == pytest.approx(rate)


def test_the_first_page_tells_the_rate_already():
    times = [MONDAY + n * 2 * HOUR for n in range(37)]
    learnt = counted(Learnt(), page(*times), MONDAY + 3 * DAY)
    assert per_day(NEWS, learnt) == pytest.approx(12, rel=0.1)


def test_watching_on_counts_each_post_once():
    times = [MONDAY + n * 2 * HOUR for n in range(12 * 20)]
    learnt = watched(times, MONDAY, MONDAY + 20 * DAY)
    assert per_day(NEWS, learnt) == pytest.approx(12, rel=0.05)
    again = counted(learnt, page(*times[-20:]), MONDAY + 20 * DAY)
    assert per_day(NEWS, again) == pytest.approx(12, rel=0.05)


def test_the_past_fades_alike_however_often_a_feed_is_asked():
    times = [MONDAY + n * DAY + 9 * HOUR for n in range(12)]
    learnt = counted(Learnt(), page(*times), MONDAY + 12 * DAY)
    often = learnt
    for minute in range(1, 14 * 24 * 60 + 1):
        often = counted(often, None, MONDAY + 12 * DAY + minute * MINUTE)
    once = counted(learnt, None, MONDAY + 26 * DAY)
    assert often.posts == pytest.approx(once.posts, rel=0.001)
    assert often.days == pytest.approx(once.days, rel=0.001)
    both = [counted(one, page(*times, MONDAY + 27 * DAY), MONDAY + 27 * DAY)
            for one in (often, once)]  # fmt: skip
    assert both[0].hours == pytest.approx(both[1].hours, abs=0.01)
    assert sum(both[0].hours) == pytest.approx(both[0].posts, abs=0.1)


def test_one_quiet_week_does_not_sink_the_rate_and_a_quiet_quarter_does():
    times = [MONDAY + n * 2 * HOUR for n in range(12 * 28)]
    learnt = watched(times, MONDAY, MONDAY + 28 * DAY)
    quiet = counted(learnt, None, MONDAY + 35 * DAY)
    assert 6 < per_day(NEWS, quiet) < 10
    assert per_day(NEWS, counted(learnt, None, MONDAY + 118 * DAY)) < 0.5


def test_an_entry_that_is_dated_ahead_is_no_post_yet():
    parsed = page(MONDAY, MONDAY + 3 * DAY, MONDAY + HOUR + 5 * MINUTE)
    assert dates(parsed, MONDAY + HOUR) == (MONDAY, MONDAY + HOUR)


def test_posts_without_dates_are_told_by_their_names():
    def listed(*names: str) -> Parsed:
        return Parsed(entries=tuple(Entry(guid=name) for name in names))

    learnt = counted(Learnt(), listed("a", "b"), MONDAY)
    learnt = counted(learnt, listed("c", "a", "b"), MONDAY + DAY)
    assert learnt.posts == 1
    assert learnt.fresh == MONDAY + DAY
    learnt = counted(learnt, listed("c", "a", "b"), MONDAY + 2 * DAY)
    assert learnt.fresh == MONDAY + DAY
    assert learnt.posts < 1


@given(
    st.lists(st.timedeltas(timedelta(), 40 * DAY), max_size=30),
    st.lists(st.timedeltas(timedelta(), 3 * DAY), max_size=10),
)
def test_no_page_and_no_pause_make_the_rate_anything_but_a_positive_number(ages, pauses):
    learnt, now = Learnt(), MONDAY
    parsed = page(*[MONDAY - age for age in ages])
    for pause in [timedelta(), *pauses]:
        now += pause
        learnt = counted(learnt, parsed, now)
        assert 0 < per_day(NEWS, learnt) < 1e7
        assert wait(NEWS, learnt, now, longest=10 * MINUTE) <= 10 * MINUTE


# --- when -----------------------------------------------------------------------------------------


def test_four_times_the_rate_halves_the_wait():
    slow, quick = (Learnt(counted=MONDAY, posts=n, days=10.0) for n in (1.0, 7.0))
    longest = 100 * HOUR
    ratio = wait(NEWS, slow, MONDAY, longest=longest) / wait(NEWS, quick, MONDAY, longest=longest)
    assert ratio == pytest.approx(2, rel=0.01)


def office() -> Learnt:
    """Learn of a feed that posts on working days from 13 to 20 UTC, four times an hour."""
    times = [
        MONDAY + day * DAY + hour * HOUR + n * 15 * MINUTE + (7 * day + 3 * hour) % 13 * MINUTE
        for day in range(42)
        if day % 7 < 5
        for hour in range(13, 20)
        for n in range(4)
    ]
    return watched(times, MONDAY, MONDAY + 42 * DAY)


def test_the_hours_of_the_week_are_learnt():
    shape = profile(office())
    assert sum(shape) / 168 == pytest.approx(1, rel=0.05)
    tuesday, night = MONDAY + DAY + 15 * HOUR, MONDAY + DAY + 3 * HOUR
    saturday = MONDAY + 5 * DAY + 15 * HOUR
    assert shape[hour_of_week(tuesday)] > 10 * shape[hour_of_week(night)]
    assert shape[hour_of_week(tuesday)] > 4 * shape[hour_of_week(saturday)]


def test_a_feed_is_asked_more_often_in_the_hours_in_which_it_posts():
    learnt = office()
    by_day = wait(NEWS, learnt, MONDAY + 43 * DAY + 15 * HOUR, longest=4 * HOUR)
    at_night = wait(NEWS, learnt, MONDAY + 43 * DAY + 2 * HOUR, longest=4 * HOUR)
    assert by_day * 3 < at_night


def test_a_few_posts_make_no_profile():
    assert profile(counted(Learnt(), page(MONDAY, MONDAY + HOUR), MONDAY + DAY)) == ()
    assert by_minute(Learnt()) == ()


def test_a_desk_that_posts_on_the_hour_is_asked_right_after_it():
    times = [MONDAY + n * HOUR + timedelta(seconds=20) for n in range(24 * 10)]
    learnt = watched(times, MONDAY, MONDAY + 10 * DAY)
    now = MONDAY + 10 * DAY + 12 * HOUR + 52 * MINUTE
    waited = wait(NEWS, learnt, now, longest=20 * MINUTE)
    assert 8 * MINUTE < waited <= 10 * MINUTE


@given(
    st.floats(0.1, 500),
    st.integers(0, 60 * 24 * 7),
    st.timedeltas(2 * MINUTE, 4 * HOUR),
    st.lists(st.integers(0, 59), min_size=1, max_size=3),
)
def test_no_profile_makes_anyone_wait_beyond_the_cap(rate, minute, longest, rushes):
    minutes = tuple(40.0 if at in rushes else 0.0 for at in range(60))
    learnt = Learnt(counted=MONDAY, posts=rate * 10, days=10.0, hours=(rate / 16,) * 168,
                    minutes=minutes)  # fmt: skip
    waited = wait(NEWS, learnt, MONDAY + minute * MINUTE, longest=longest)
    assert timedelta() < waited <= longest


# --- silence --------------------------------------------------------------------------------------


def test_a_weekend_is_no_silence_for_a_court_and_two_weeks_are():
    times = [MONDAY + day * DAY + hour * HOUR for day in range(5) for hour in range(13, 21)]
    learnt = watched(times, MONDAY, MONDAY + 5 * DAY)
    assert 3 * DAY < silence_max(FeedKind.COURT, learnt) < 14 * DAY


def test_who_was_watched_for_long_is_measured_by_its_own_rhythm():
    times = [MONDAY + n * 20 * MINUTE for n in range(72 * 30)]
    learnt = watched(times, MONDAY, MONDAY + 30 * DAY)
    assert silence_max(NEWS, learnt) == 12 * HOUR


def test_a_long_silence_is_remembered_over_weeks():
    times = [MONDAY + n * HOUR for n in range(24)] + [
        MONDAY + 8 * DAY + n * HOUR for n in range(24)
    ]
    learnt = watched(times, MONDAY, MONDAY + 9 * DAY)
    later = counted(learnt, None, MONDAY + 39 * DAY)
    assert silence_max(NEWS, later) > 8 * DAY


def test_half_a_page_rolls_over_in_the_time_of_as_many_posts():
    learnt = Learnt(counted=MONDAY, posts=47.0, days=1.0, entries=12)
    assert rolls_over(learnt, FeedKind.REGULATOR) == pytest.approx(DAY * 6 / 32, rel=0.01)
