from dataclasses import replace
from datetime import UTC, datetime, timedelta

from aggregator.feeds.health import Sight, health
from aggregator.feeds.parse import parse
from aggregator.feeds.polling import state_after
from aggregator.model import (
    Entry,
    Feed,
    FeedKind,
    FeedState,
    Fetched,
    NotModified,
    Parsed,
    Trust,
    Validators,
)

NOW = datetime(2023, 9, 18, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
DESK = Feed(
    id="release-desk",
    url="https://agency.example/rss.xml",
    kind=FeedKind.REGULATOR,
    name="Release desk",
    trust=Trust.PRIMARY,
)
COURT = replace(DESK, id="dcd", kind=FeedKind.COURT, court="dcd")
BODY = Fetched(url=DESK.url, body=b"<rss/>")
PAGE = b"<!doctype html><html><head><title>One moment</title></head><body>Click</body></html>"


def listed(*ages: timedelta, site: str = "https://agency.example", now: datetime = NOW) -> Parsed:
    return Parsed(
        entries=tuple(
            Entry(guid=f"{now - age}", link=f"{site}/{n}", published=now - age)
            for n, age in enumerate(ages)
        )
    )


def read(feed: Feed, *answers: Parsed | None, start: datetime = NOW, every=HOUR) -> FeedState:
    """Read answers in turn; None is a 304."""
    state = FeedState(feed_id=feed.id)
    for number, parsed in enumerate(answers):
        now = start + number * every
        outcome = NotModified(validators=Validators()) if parsed is None else BODY
        state = state_after(feed, state, outcome, parsed, now)
    return state


FRESH = listed(HOUR, 5 * HOUR, 30 * HOUR)


def test_p14_a_valid_feed_whose_newest_entry_is_years_old_is_blind_from_the_first_look():
    old = listed(*(650 * DAY + n * 3 * DAY for n in range(20)))
    found = health(DESK, read(DESK, old), NOW)
    assert found.sight is Sight.BLIND
    assert found.since == NOW - 650 * DAY
    assert "nothing newer than 2021-12-07" in found.why


def test_p14_a_feed_that_falls_silent_beyond_its_rhythm_is_blind_since_its_last_entry():
    answers = [listed(HOUR, 5 * HOUR, 30 * HOUR), *[None] * 40]
    state = read(DESK, *answers, every=DAY)
    found = health(DESK, state, NOW + 40 * DAY)
    assert (found.sight, found.since) == (Sight.BLIND, NOW - HOUR)


def test_a_feed_that_posts_is_fresh():
    assert health(DESK, read(DESK, FRESH), NOW).sight is Sight.FRESH


def test_f02_a_challenge_page_in_the_place_of_the_feed_is_blindness_at_once():
    page = parse(PAGE, content_type="text/html", base_url=DESK.url)
    state = state_after(DESK, read(DESK, FRESH), replace(BODY, body=PAGE), page, NOW + MINUTE)
    found = health(DESK, state, NOW + MINUTE)
    assert (found.sight, found.since) == (Sight.BLIND, NOW)
    assert "a web page comes instead of the feed" in found.why
    assert "One moment" in found.why
    back = state_after(DESK, state, BODY, FRESH, NOW + HOUR)
    assert health(DESK, back, NOW + HOUR).sight is Sight.FRESH


def test_f03_a_feed_that_suddenly_lists_nothing_is_blind_until_it_lists_something():
    state = read(DESK, FRESH, listed(), listed())
    found = health(DESK, state, NOW + 2 * HOUR)
    assert (found.sight, found.since) == (Sight.BLIND, NOW + HOUR)
    assert "listed 3" in found.why
    assert health(DESK, read(DESK, FRESH, listed(), FRESH), NOW + 2 * HOUR).sight is Sight.FRESH


def test_a_feed_that_never_listed_anything_is_not_suddenly_empty():
    assert health(DESK, read(DESK, listed(), listed()), NOW + HOUR).sight is Sight.FRESH


def test_a_courts_feed_is_rightly_empty_after_a_weekend():
    state = read(COURT, FRESH, *[listed()] * 3, every=DAY)
    assert health(COURT, state, NOW + 3 * DAY).sight is Sight.FRESH
    longer = read(COURT, FRESH, *[listed()] * 16, every=DAY)
    assert health(COURT, longer, NOW + 16 * DAY).sight is Sight.BLIND


def test_entries_of_another_sort_are_told_and_after_a_week_taken_as_they_are():
    other = listed(HOUR, 2 * HOUR, site="https://parked.example")
    state = read(DESK, FRESH, other)
    found = health(DESK, state, NOW + HOUR)
    assert (found.sight, found.since) == (Sight.BLIND, NOW + HOUR)
    assert "linking to parked.example, dated, and were linking to agency.example" in found.why
    days = [listed(HOUR, site="https://parked.example", now=NOW + n * DAY) for n in range(1, 10)]
    assert health(DESK, read(DESK, FRESH, *days, every=DAY), NOW + 9 * DAY).sight is Sight.FRESH


def test_entries_that_lose_their_dates_are_of_another_sort():
    bare = Parsed(entries=tuple(replace(one, published=None) for one in FRESH.entries))
    found = health(DESK, read(DESK, FRESH, bare), NOW + HOUR)
    assert "linking to agency.example, undated" in found.why


def test_a_feed_that_fails_is_not_called_silent_too():
    state = replace(read(DESK, FRESH), failures=5, last_error="timeout: no answer")
    found = health(DESK, state, NOW + 60 * DAY)
    assert (found.sight, found.why) == (Sight.BLIND, "timeout: no answer")
