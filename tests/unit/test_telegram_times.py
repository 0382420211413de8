from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.alerts.zones import zone
from aggregator.model import Quiet, Schedule
from aggregator.telegram.times import Alike, clock, hours, local, span, until, wish, zone_named

NOW = datetime(2023, 9, 18, 20, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("8:00", time(8)),
        ("08:00", time(8)),
        ("08.00", time(8)),
        ("0800", time(8)),
        ("8", time(8)),
        ("8am", time(8)),
        ("8 AM", time(8)),
        ("8 a.m.", time(8)),
        ("8:30pm", time(20, 30)),
        ("12am", time(0)),
        ("12pm", time(12)),
        ("24:00", time(0)),
        ("23:59", time(23, 59)),
        ("20h30", time(20, 30)),
        *((bad, None) for bad in ("", "25:00", "8:60", "13pm", "0am", "eight", "8m", "8:0", "-8")),
    ],
)
def test_times_of_day_as_people_write_them(text, wanted):
    assert clock(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("daily 08:00", Schedule(at=time(8))),
        ("daily", Schedule(at=time(8))),
        ("Daily at 7.30", Schedule(at=time(7, 30))),
        ("18:00", Schedule(at=time(18))),
        ("weekly mon 08:00", Schedule(at=time(8), weekday=0)),
        ("weekly", Schedule(at=time(8), weekday=0)),
        ("weekly Friday", Schedule(at=time(8), weekday=4)),
        ("weekly on sunday at 9pm", Schedule(at=time(21), weekday=6)),
        ("weekly 10:00", Schedule(at=time(10), weekday=0)),
        ("thurs 8am", Schedule(at=time(8), weekday=3)),
        ("off", "off"),
        ("OFF", "off"),
        ("now", "now"),
        *((bad, None) for bad in ("", " ", "hourly", "daily 25:00", "weekly m 8", "off now")),
    ],
)
def test_digests_as_people_ask_for_them(text, wanted):
    assert wish(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("22:00-07:00", Quiet(start=time(22), end=time(7))),
        ("22-7", Quiet(start=time(22), end=time(7))),
        ("10pm – 7am", Quiet(start=time(22), end=time(7))),
        ("22:00 to 07:00", Quiet(start=time(22), end=time(7))),
        ("22:00-22:00", Quiet(start=time(22), end=time(22))),
        *((bad, None) for bad in ("22:00", "22:00-", "22:00-07:00-08:00", "night", "25-7")),
    ],
)
def test_quiet_hours_as_people_write_them(text, wanted):
    assert hours(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("30m", HOUR / 2),
        ("24h", 24 * HOUR),
        ("24 h", 24 * HOUR),
        ("3d", 72 * HOUR),
        ("1w", 168 * HOUR),
        ("2 hours", 2 * HOUR),
        ("90 mins", 1.5 * HOUR),
        *((bad, None) for bad in ("", "24", "24x", "-3h", "1.5h", "999999h")),
    ],
)
def test_lengths_of_time_as_people_write_them(text, wanted):
    assert span(text) == wanted


def test_until_a_time_is_the_next_one_by_the_places_clock():
    berlin = zone("Europe/Berlin")
    assert until("until 08:00", berlin, NOW) == datetime(2023, 9, 19, 6, tzinfo=UTC)
    assert until("24h", berlin, NOW) == NOW + 24 * HOUR
    assert until("until noon", berlin, NOW) is None
    assert until("soon", berlin, NOW) is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        (" AMERICA/new york ", "America/New_York"),
        ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("utc", "UTC"),
        ("Etc/UTC", "UTC"),
        ("GMT", "UTC"),
        ("berlin", Alike(names=("Europe/Berlin",))),
        ("New York", Alike(names=("America/New_York",))),
        ("São Paulo", Alike(names=("America/Sao_Paulo",))),
        ("Europe/Berln", Alike(names=("Europe/Berlin",))),
        ("Germany/Berlin", Alike(names=("Europe/Berlin",))),
        ("singapor", Alike(names=("Asia/Singapore",))),
        *((name, Alike(placeless=True)) for name in ("EST", "cet", "Etc/GMT-14", "Japan")),
        *((bad, Alike()) for bad in ("CET+1", "UTC+2", "+02:00", "", "/", "nowhere at all")),
    ],
)
def test_zones_as_people_write_them(text, wanted):
    found = zone_named(text)
    if isinstance(wanted, Alike) and wanted.names:
        assert isinstance(found, Alike)
        assert found.names[: len(wanted.names)] == wanted.names
    else:
        assert found == wanted


@given(st.text(max_size=80))
def test_nothing_that_anyone_types_raises(text):
    clock(text), wish(text), hours(text), span(text), zone_named(text)
    until(text, UTC, NOW)
    until(f"until {text}", UTC, NOW)


def test_a_time_is_shown_by_the_places_clock_with_the_date_where_it_is_not_today():
    assert local(NOW + 3 * HOUR, "UTC", NOW) == "23:14 UTC"
    assert local(NOW + 13 * HOUR, "UTC", NOW) == "19 Sep, 09:14 UTC"
    assert local(NOW + 24 * HOUR, "UTC", NOW) == "19 Sep, 20:14 UTC"
    assert local(NOW + 3 * HOUR, "Europe/Berlin", NOW) == "19 Sep, 01:14 CEST"
    assert local(NOW, "Europe/Berlin", NOW) == "22:14 CEST"
    assert local(NOW + 72 * HOUR, "Asia/Singapore", NOW) == "22 Sep, 04:14 UTC+08"
