from datetime import UTC, datetime, timedelta

import pytest

from aggregator.feeds import headers
from aggregator.model import Validators

NOW = datetime(2023, 9, 18, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def raw(**fields: str) -> list[tuple[bytes, bytes]]:
    return [
        (name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in fields.items()
    ]


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("120", timedelta(seconds=120)),
        ("0", timedelta()),
        ("Mon, 18 Sep 2023 12:10:00 GMT", timedelta(minutes=10)),
        ("Monday, 18-Sep-23 12:10:00 GMT", timedelta(minutes=10)),
        ("Mon Sep 18 12:10:00 2023", timedelta(minutes=10)),
        ("Mon, 18 Sep 2023 11:00:00 GMT", timedelta()),
    ],
)
def test_p01_retry_after_is_read_in_both_forms(value, wait):
    assert headers.retry_after(raw(Retry_After=value), NOW) == wait


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("-5", None),
        ("abc", None),
        ("", None),
        ("1.5", None),
        ("١٢", None),
        ("99999999999", timedelta(hours=24)),
        ("9" * 400, timedelta(hours=24)),
        ("Mon, 18 Sep 2093 12:10:00 GMT", timedelta(hours=24)),
    ],
)
def test_p03_retry_after_is_clamped_and_garbage_ignored(value, wait):
    field = [(b"retry-after", value.encode("utf-8"))]
    assert headers.retry_after(field, NOW) == wait


def test_p04_a_retry_after_date_counts_from_the_servers_own_clock():
    field = raw(Retry_After="Mon, 18 Sep 2023 14:10:00 GMT", Date="Mon, 18 Sep 2023 14:00:00 GMT")
    assert headers.retry_after(field, NOW) == timedelta(minutes=10)


@pytest.mark.parametrize(
    ("value", "fresh"),
    [
        ("max-age=300", timedelta(seconds=300)),
        ('public, Max-Age = "300"', timedelta(seconds=300)),
        ("s-maxage=300", None),
        ("s-maxage=9, max-age=300", timedelta(seconds=300)),
        ("max-age=300, no-cache", None),
        ("no-store,max-age=300", None),
        ("max-age=0", None),
        ("max-age=-1", None),
        ("max-age=99999999999999999999", timedelta(days=30)),
    ],
)
def test_p06_max_age_is_read_and_no_cache_undoes_it(value, fresh):
    assert headers.max_age(raw(Cache_Control=value), NOW) == fresh


def test_p06_the_age_that_a_cache_reports_is_taken_off():
    assert headers.max_age(raw(Cache_Control="max-age=300", Age="290"), NOW) == timedelta(
        seconds=10
    )
    assert headers.max_age(raw(Cache_Control="max-age=300", Age="400"), NOW) is None


@pytest.mark.parametrize(
    ("value", "fresh"),
    [
        ("Mon, 18 Sep 2023 13:00:00 GMT", HOUR),
        ("Monday, 18-Sep-23 13:00:00 GMT", HOUR),
        ("Mon Sep 18 13:00:00 2023", HOUR),
        ("0", None),
        ("-1", None),
    ],
)
def test_p08_expires_is_read_in_all_its_forms(value, fresh):
    assert headers.max_age(raw(Expires=value), NOW) == fresh


def test_c07_what_a_304_leaves_out_stays_as_it_was_and_what_a_200_leaves_out_goes():
    before = Validators(etag='"a"', last_modified="then")
    answer = raw(ETag='W/"b"')
    assert headers.validators(answer, before=before) == Validators(
        etag='W/"b"', last_modified="then"
    )
    assert headers.validators(answer) == Validators(etag='W/"b"')


def test_a_validator_too_long_to_send_back_is_dropped():
    assert headers.validators(raw(ETag="x" * 5000)) == Validators()


def test_a_location_is_resolved_and_nonsense_is_none():
    assert headers.location(raw(Location="../b"), "http://x.example/a/c") == "http://x.example/b"
    assert headers.location(raw(Location="http://[bad"), "http://x.example/") is None
    assert headers.location([], "http://x.example/") is None
    wide = [(b"Location", "/ü".encode())]
    assert headers.location(wide, "http://x.example/") == "http://x.example/ü"
