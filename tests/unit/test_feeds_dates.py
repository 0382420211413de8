from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.feeds.dates import parse_date

NOON = datetime(2023, 9, 18, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "Mon, 18 Sep 2023 12:00:00 GMT",
        "Mon, 18 Sep 2023 12:00:00 +0000",
        "Mon, 18 Sep 2023 07:00:00 EST",
        "Mon, 18 Sep 2023 08:00:00 EDT",
        "Mon, 18 Sep 2023 05:00:00 MST",
        "Mon, 18 Sep 2023 05:00:00 PDT",
        "Mon, 18 Sep 2023 04:00:00 pst",
        "Mon, 18 Sep 2023 20:00:00 HKT",
        "Mon, 18 Sep 2023 12:00:00",
        "Mon, 18 Sep 2023 12:00 Z",
        "Mon, 18 Sep 23 12:00:00 GMT",
        "Monday, 18-Sep-23 12:00:00 GMT",
        "Mon Sep 18 12:00:00 2023",
        "Mon Sep 18 08:00:00 EDT 2023",
        "18 Sep 2023 12:00:00 GMT",
        "18 September 2023 12:00:00 UT",
        "Mon,18 Sep 2023 12:00:00 GMT",
        "Mo, 18 Sep 2023 14:00:00 +0200 (CEST)",
        "Mon, 18 Sep 2023 14:00:00 +02:00",
        "Mon, 18 Sep 2023 14:00:00 GMT+0200",
        "September 18, 2023 12:00 PM",
        "Sep. 18, 2023, 8:00 a.m. ET".replace(" ET", " EDT"),
        "2023-09-18T12:00:00Z",
        "2023-09-18T12:00Z",
        "2023-09-18T12:00:00.000Z",
        "2023-09-18T14:00:00+02:00",
        "2023-09-18T14:00:00+0200",
        "2023-09-18 12:00:00",
        "2023-09-18 07:00:00 -05:00",
        "20230918T12:00:00Z",
        "20230918T120000Z",
        "2023-09-18T1200Z",
        "Mon, 18 Sep 2023 17:00:00 UTC+5",
        "Mon, 18 Sep 2023 07:00:00 GMT -5",
        "Mon, 18 Sep 2023 17:30:00 UTC+05:30",
        "Mon, 18 Sep 2023 08:00:00 America/New_York",
        "2023-09-18T09:00:00 America/Argentina/Buenos_Aires",
        "9/18/2023 12:00:00 PM",
        "9/18/2023 8:00 AM EDT",
        "09/18/2023 12:00",
        "18/09/2023 12:00",
        "18.09.2023 12:00",
        "2023/09/18 12:00",
        "2023/9/18 12:00:00 PM",
        "Mon, 18 Sep 2023 17:30:00 utc+5:30",
        "18 сен 2023 12:00:00 +0000",
        "Пн, 18 сентября 2023 г., 15:00 МСК",
        "18 вересня 2023 12:00",
        "Montag, 18. September 2023 12:00",
        "Montag, 18. September 2023, um 12:00 Uhr",
        "1695038400",
        "1695038400000",
        "  Mon,\n 18 Sep 2023   12:00:00 GMT ",
    ],
)
def test_d01_every_form_in_use_names_the_same_moment(text):
    assert parse_date(text) == NOON


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Mon, 18 Sep 2023 24:00:00 GMT", datetime(2023, 9, 19, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2023-09-18", datetime(2023, 9, 18, tzinfo=UTC)),
        ("2023-09", datetime(2023, 9, 1, tzinfo=UTC)),
        ("2023", datetime(2023, 1, 1, tzinfo=UTC)),
        ("18 Sep 2023", datetime(2023, 9, 18, tzinfo=UTC)),
        ("September 18, 2023", datetime(2023, 9, 18, tzinfo=UTC)),
        ("September 18, 2023 12:30 AM", datetime(2023, 9, 18, 0, 30, tzinfo=UTC)),
        ("Mi, 03 Mai 2023 12:00:00 GMT", datetime(2023, 5, 3, 12, tzinfo=UTC)),
        ("Mon, 18 Sep 2023 12:00:00 XYZ", NOON),
        ("2023-09-18T12:00:00.123456789Z", NOON + timedelta(microseconds=123456)),
        ("Wed, 18 Jan 2023 12:00:00 America/New_York", datetime(2023, 1, 18, 17, tzinfo=UTC)),
        ("Mon, 18 Sep 2023 12:00:00 America/Nowhere", NOON),
        ("Mon, 18 Sep 2023 12:00:00 America/Argentina", NOON),
        ("3/4/2023 3:04:05 PM", datetime(2023, 3, 4, 15, 4, 5, tzinfo=UTC)),
        ("05/05/2023", datetime(2023, 5, 5, tzinfo=UTC)),
        ("03.04.2023", datetime(2023, 4, 3, tzinfo=UTC)),
        ("5 мая 2023", datetime(2023, 5, 5, tzinfo=UTC)),
        ("Fri, 01 Jan 99 00:00:00 GMT", datetime(1999, 1, 1, tzinfo=UTC)),
    ],
)
def test_d01_odd_but_readable_dates_are_read(text, moment):
    assert parse_date(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "yesterday",
        "0",
        "-1",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "1969-12-31T19:00:00-05:00",
        "Thu, 09 Feb 2923 12:00:00 GMT",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59-12:00",
        "Mon, 31 Feb 2023 12:00:00 GMT",
        "Mon, 18 Smarch 2023 12:00:00 GMT",
        "2023-13-01",
        "2023-09-18T25:00:00Z",
        "2023-09-18T12:61:00Z",
        "2023-09-18T24:01:00Z",
        "03/04/2023 10:00",
        "13/13/2023",
        "09.18.2023",
        "2023091812",
        "169503840",
        "x" * 10_000,
    ],
)
def test_d01_what_names_no_possible_moment_is_none(text):
    assert parse_date(text) is None


def test_d02_a_future_date_is_kept_as_it_is():
    assert parse_date("2041-11-16T19:11:00Z") == datetime(2041, 11, 16, 19, 11, tzinfo=UTC)


@given(
    st.datetimes(datetime(1991, 1, 1), datetime(2099, 1, 1)),  # noqa: DTZ001 - st gives the zone
    st.integers(-14 * 60, 14 * 60),
)
def test_iso_dates_of_any_zone_come_back_as_the_same_moment(naive: datetime, minutes: int):
    moment = naive.replace(tzinfo=UTC)
    local = moment + timedelta(minutes=minutes)
    sign = "-" if minutes < 0 else "+"
    text = f"{local:%Y-%m-%dT%H:%M:%S.%f}{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    assert parse_date(text) == moment


@given(st.text(max_size=100))
def test_no_text_makes_the_date_reader_fail(text: str):
    moment = parse_date(text)
    assert moment is None or moment.tzinfo is UTC
