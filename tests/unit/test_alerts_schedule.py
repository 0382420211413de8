from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.alerts import quiet
from aggregator.alerts.schedule import following, last, moment
from aggregator.alerts.zones import names, zone
from aggregator.model import Quiet, Schedule

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)

zones = st.sampled_from(
    [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Asia/Kolkata",
        "Australia/Lord_Howe",  # half an hour of summer time
        "America/Nuuk",  # its clocks go forward over midnight
        "Africa/Casablanca",  # goes back for one month a year
        "Pacific/Kiritimati",
        "Pacific/Chatham",
        "America/Santiago",  # its clocks go back and forward at midnight
        "Asia/Beirut",
    ]
).map(zone)
times = st.builds(time, st.integers(0, 23), st.sampled_from((0, 15, 30, 59)))
moments = st.datetimes(datetime(2012, 1, 1), datetime(2036, 12, 31)).map(  # noqa: DTZ001  made aware below
    lambda at: at.replace(microsecond=0, tzinfo=UTC)
)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "at", "where", "wanted"),
    [
        ("2023-09-18", time(8), BERLIN, "2023-09-18T06:00"),
        ("2023-12-18", time(8), BERLIN, "2023-12-18T07:00"),
        # 02:30 comes twice when the clocks go back: the first.
        ("2023-10-29", time(2, 30), BERLIN, "2023-10-29T00:30"),
        # It does not come when they go forward: the first moment after the gap.
        ("2023-03-26", time(2, 30), BERLIN, "2023-03-26T01:00"),
        ("2023-03-26", time(2), BERLIN, "2023-03-26T01:00"),
        ("2023-03-26", time(3), BERLIN, "2023-03-26T01:00"),
        ("2023-03-12", time(2, 59), NEW_YORK, "2023-03-12T07:00"),
        ("2023-11-05", time(1, 15), NEW_YORK, "2023-11-05T05:15"),
        # Half an hour, and a gap whose end is the next day.
        ("2023-10-01", time(2, 15), ZoneInfo("Australia/Lord_Howe"), "2023-09-30T15:30"),
        ("2024-03-30", time(23, 30), ZoneInfo("America/Nuuk"), "2024-03-31T01:00"),
    ],
)
def test_a_time_of_day_is_one_moment_on_every_day(day, at, where, wanted):
    assert moment(date.fromisoformat(day), at, where) == utc(wanted)


def test_a_weekly_digest_comes_on_its_weekday_by_the_places_own_clock():
    monday = Schedule(at=time(8), weekday=0)
    auckland = zone("Pacific/Auckland")
    at = following(monday, auckland, utc("2023-09-15T00:00"))
    assert at == utc("2023-09-17T20:00")
    assert at.astimezone(auckland).strftime("%A %H:%M") == "Monday 08:00"
    assert last(monday, auckland, at) == at
    assert last(monday, auckland, at - MINUTE) == at - 7 * DAY


@settings(deadline=None)
@given(zones, times, st.none() | st.integers(0, 6), moments)
def test_last_and_following_are_neighbours(where, at, weekday, now):
    wanted = Schedule(at=at, weekday=weekday)
    before, after = last(wanted, where, now), following(wanted, where, now)
    assert before <= now < after
    assert following(wanted, where, before) == after
    assert last(wanted, where, after - timedelta(seconds=1)) == before
    assert after - before <= (1 if weekday is None else 7) * DAY + 2 * HOUR


@settings(deadline=None, max_examples=20)
@given(zones, times, st.integers(2012, 2036))
def test_every_day_of_a_year_has_one_digest_at_its_hour_or_right_after_a_gap(where, at, year):
    wanted = Schedule(at=at)
    found = [following(wanted, where, datetime(year, 1, 2, tzinfo=UTC))]
    while len(found) < 360:
        found.append(following(wanted, where, found[-1]))
    shown = [one.astimezone(where) for one in found]
    for one in shown:
        on_time = (one.hour, one.minute, one.fold) == (at.hour, at.minute, 0)
        minute_before = (one.astimezone(UTC) - MINUTE).astimezone(where)
        assert on_time or minute_before.utcoffset() < one.utcoffset(), one
    assert all(DAY - 2 * HOUR <= b - a <= DAY + 2 * HOUR for a, b in pairwise(found))


@settings(deadline=None)
@given(zones, times, times, moments)
def test_quiet_hours_are_what_the_clock_on_the_wall_says_but_where_it_jumps(where, start, end, now):
    if start == end:
        return
    shown = now.astimezone(where)
    wall = shown.time().replace(tzinfo=None)
    by_wall = start <= wall < end if start < end else wall >= start or wall < end
    jumps = {
        (now + shift).astimezone(where).utcoffset()
        for shift in (-26 * HOUR, -HOUR, 0 * HOUR, HOUR, 26 * HOUR)
    }
    if len(jumps) == 1:
        assert quiet.holds(Quiet(start=start, end=end), where, now) is by_wall


@settings(deadline=None, max_examples=30)
@given(zones, times, times, moments)
def test_a_night_has_one_end_and_is_over_right_then(where, start, end, now):
    if start == end:
        return
    hours = Quiet(start=start, end=end)
    over = quiet.ended(hours, where, now)
    assert over <= now
    assert not quiet.holds(hours, where, over)
    # Between that end and the next start nothing is quiet, and then it is until the next end.
    steps = [over + step * 15 * MINUTE for step in range(int(DAY / (15 * MINUTE)) - 8)]
    states = [quiet.holds(hours, where, at) for at in steps]
    changes = sum(before != after for before, after in pairwise(states))
    assert changes <= 2


@pytest.mark.parametrize(
    ("start", "end", "at", "holds"),
    [
        (time(22), time(7), "2023-10-28T20:00", True),
        (time(22), time(7), "2023-10-29T05:59", True),  # 06:59 in winter time
        (time(22), time(7), "2023-10-29T06:00", False),
        (time(22), time(7), "2023-03-26T04:59", True),  # 06:59 in summer time
        (time(22), time(7), "2023-03-26T05:00", False),
        # The first 02:30 ends them, though clocks show 02:00 a second time.
        (time(22), time(2, 30), "2023-10-29T00:29", True),
        (time(22), time(2, 30), "2023-10-29T00:30", False),
        (time(22), time(2, 30), "2023-10-29T01:15", False),
        # An end that does not come is the end of the gap.
        (time(22), time(2, 30), "2023-03-26T00:59", True),
        (time(22), time(2, 30), "2023-03-26T01:00", False),
    ],
)
def test_quiet_hours_on_the_days_when_the_clocks_change(start, end, at, holds):
    assert quiet.holds(Quiet(start=start, end=end), BERLIN, utc(at)) is holds


def test_an_unknown_zone_is_utc_and_only_places_with_clocks_of_their_own_can_be_chosen():
    assert zone("Europe/Atlantis") is UTC
    assert zone("../etc/passwd") is UTC
    known = names()
    assert known["europe/berlin"] == "Europe/Berlin"
    assert known["utc"] == "UTC"
    assert not {"est", "etc/gmt+5", "cet", "posixrules", "localtime"} & set(known)
