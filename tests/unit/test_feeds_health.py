from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.feeds.health import Sight, concerned, health, sources
from aggregator.model import OWN_FAULT, Feed, FeedKind, FeedState, Trust

NOW = datetime(2023, 9, 18, 8, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PRESS = Feed(
    id="wire-one",
    url="https://wire-one.example/rss",
    kind=FeedKind.NEWS,
    name="Wire One",
    trust=Trust.INDEPENDENT,
)
COURT = replace(PRESS, id="dcd", kind=FeedKind.COURT, trust=Trust.PRIMARY, court="dcd")


def read(before, failures=0, error=""):
    return FeedState(
        feed_id="wire-one", last_read=NOW - before, failures=failures, last_error=error
    )


@pytest.mark.parametrize(
    ("state", "sight"),
    [
        (read(10 * MINUTE), Sight.FRESH),
        (read(30 * MINUTE), Sight.FRESH),
        (read(31 * MINUTE), Sight.LATE),
        (read(6 * HOUR), Sight.LATE),
        (read(6 * HOUR + MINUTE), Sight.BLIND),
        (read(20 * MINUTE, failures=2), Sight.FRESH),
        (read(20 * MINUTE, failures=3), Sight.BLIND),
        (FeedState(feed_id="wire-one", failures=1, last_error="timeout"), Sight.BLIND),
        (None, Sight.BLIND),
    ],
)
def test_a_feed_is_fresh_late_or_blind(state, sight):
    assert health(PRESS, state, NOW).sight is sight


def test_a_feed_that_is_asked_once_a_day_is_not_blind_after_six_hours():
    daily = replace(PRESS, every=timedelta(days=1))
    assert health(daily, read(20 * HOUR), NOW).sight is Sight.FRESH
    assert health(daily, read(73 * HOUR), NOW).sight is Sight.BLIND


def test_a_feed_that_a_bug_of_ours_keeps_from_being_read_is_blind_at_once():
    why = f"{OWN_FAULT}: KeyError in store/rows.py line 1"
    state = FeedState(feed_id="f", last_polled=NOW, last_read=NOW, last_error=why)
    found = health(PRESS, state, NOW)
    assert (found.sight, found.since, found.why) == (Sight.BLIND, NOW, why)


def test_what_is_wrong_and_since_when_is_told():
    found = health(PRESS, read(7 * HOUR, failures=9, error="HTTP status: 503"), NOW)
    assert (found.since, found.why) == (NOW - 7 * HOUR, "HTTP status: 503")
    assert health(PRESS, None, NOW).since is None


def test_a_courts_feed_concerns_the_cases_of_that_court_and_who_follows_themes():
    off = replace(PRESS, id="off", enabled=False)
    feeds = (PRESS, COURT, off)
    assert concerned(feeds, {"dcd"}) == (PRESS, COURT)
    assert concerned(feeds, {"nysd"}) == (PRESS,)
    assert concerned(feeds, None) == (PRESS, COURT)


def test_late_sources_count_as_read_and_blind_ones_are_named():
    found = sources((PRESS, COURT), {"wire-one": read(2 * HOUR)}, NOW)
    assert found.read == 1
    assert found.blind == (COURT,)
