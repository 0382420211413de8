from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.feeds.polling import after, due, due_at, interval, state_after
from aggregator.model import (
    Feed,
    FeedKind,
    FeedState,
    Fetched,
    FetchFailed,
    FetchFault,
    NotModified,
    Parsed,
    ParseFailed,
    Trust,
    Validators,
)

NOW = datetime(2023, 9, 18, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
V1, V2 = Validators(etag='"1"'), Validators(etag='"2"', last_modified="then")
BODY = Fetched(url="https://wire-one.example/rss", body=b"<rss/>", validators=V2)
READ = Parsed(entries=())
DOWN = FetchFailed(fault=FetchFault.TIMEOUT, detail="no whole answer within 30 s")


def feed(feed_id: str = "wire-one", **changes: object) -> Feed:
    plain = Feed(
        id=feed_id,
        url="https://wire-one.example/rss",
        kind=FeedKind.NEWS,
        name="Wire One",
        trust=Trust.INDEPENDENT,
    )
    return replace(plain, **changes)


def state(**changes: object) -> FeedState:
    return replace(FeedState(feed_id="wire-one"), **changes)


def wait(of: Feed, outcome, parsed=None, *, failures: int = 0) -> timedelta:
    return after(of, state(failures=failures), outcome, parsed, NOW).at - NOW


@pytest.mark.parametrize(
    ("kind", "cap"),
    [
        (FeedKind.COURT, 5 * MINUTE),
        (FeedKind.REGULATOR, 5 * MINUTE),
        (FeedKind.NEWS, 10 * MINUTE),
        (FeedKind.BLOG, 60 * MINUTE),
    ],
)
def test_p11_each_kind_has_its_cap_and_jitter_stays_below_it(kind, cap):
    waits = [wait(feed(f"feed-{n}", kind=kind), BODY, READ) for n in range(200)]
    assert max(waits) <= cap
    assert min(waits) >= cap * 0.9
    assert len(set(waits)) > 50


def test_c18_an_explicit_interval_is_kept_to_the_second():
    for n in range(20):
        assert wait(feed(f"feed-{n}", every=7 * MINUTE), BODY, READ) == 7 * MINUTE


def test_the_floor_is_a_minute_except_on_feeds_of_our_own():
    assert interval(feed(every=timedelta(seconds=5))) == MINUTE
    assert interval(feed(every=timedelta(seconds=5), allow_private=True)) == timedelta(seconds=5)


def test_the_jitter_of_a_feed_is_always_the_same():
    assert wait(feed("a"), BODY, READ) == wait(feed("a"), BODY, READ)


def test_p01_retry_after_is_obeyed_past_the_cap():
    busy = FetchFailed(fault=FetchFault.STATUS, detail="x", status=429, retry_after=3 * HOUR)
    plan = after(feed(), state(), busy, None, NOW)
    assert plan.at == NOW + 3 * HOUR
    assert plan.reason == "the server asks for 3 h"


def test_p03_retry_after_never_silences_a_feed_for_more_than_a_day_nor_hurries_it():
    for asked, waited in ((30 * DAY, DAY), (timedelta(), 10 * MINUTE)):
        busy = FetchFailed(fault=FetchFault.STATUS, detail="x", status=503, retry_after=asked)
        assert wait(feed(), busy, failures=9) == waited


@pytest.mark.parametrize(
    "outcome", [replace(BODY, max_age=7 * DAY), NotModified(validators=V1, max_age=7 * DAY)]
)
def test_p06_p07_a_publishers_wish_is_bounded_by_the_cap(outcome):
    plan = after(feed(kind=FeedKind.COURT), state(), outcome, READ, NOW)
    assert plan.at == NOW + 5 * MINUTE
    assert plan.reason == "the publisher asks for 7 d, at most 5 min"


def test_p06_a_wish_within_the_cap_is_granted():
    waits = {wait(feed(f"f{n}"), replace(BODY, max_age=590 * MINUTE / 60), READ) for n in range(50)}
    assert min(waits) == timedelta(seconds=590)


def test_p09_ttl_counts_as_a_wish_and_the_longer_one_holds():
    asked = after(
        feed("f"), state(), replace(BODY, max_age=MINUTE), Parsed(entries=(), ttl=HOUR), NOW
    )
    assert asked.at == NOW + 10 * MINUTE
    assert asked.reason.startswith("the publisher asks for 1 h")


def test_p12_errors_double_the_wait_up_to_six_hours_and_never_stop():
    waits = [wait(feed(every=10 * MINUTE), DOWN, failures=n) for n in range(12)]
    assert waits[:4] == [10 * MINUTE, 20 * MINUTE, 40 * MINUTE, 80 * MINUTE]
    assert waits[6:] == [6 * HOUR] * 6
    assert wait(feed(), DOWN, failures=10**6) <= 6 * HOUR
    assert wait(feed(every=12 * HOUR), DOWN, failures=50) == 12 * HOUR


@pytest.mark.parametrize(
    ("outcome", "parsed"),
    [(DOWN, None), (BODY, ParseFailed(detail="this is an HTML page, not a feed"))],
)
def test_p12_a_feed_that_recovers_is_polled_as_usual_at_once(outcome, parsed):
    one = feed(every=10 * MINUTE)
    now, memory = NOW, None
    for _ in range(100):
        memory = state_after(one, memory, outcome, parsed, now)
        assert memory.next_poll is not None
        assert MINUTE <= memory.next_poll - now <= 6 * HOUR
        now = memory.next_poll
    assert memory is not None
    assert memory.failures == 100
    memory = state_after(one, memory, BODY, READ, now)
    assert (memory.failures, memory.last_error) == (0, "")
    assert memory.next_poll == now + 10 * MINUTE


def test_a_body_that_parsed_whole_leaves_its_validators_and_its_time():
    after_first = state_after(feed(), None, BODY, READ, NOW)
    assert after_first == FeedState(
        feed_id="wire-one",
        validators=V2,
        first_read=NOW,
        last_polled=NOW,
        last_read=NOW,
        next_poll=after_first.next_poll,
        next_poll_reason="every 10 min",
    )
    later = state_after(feed(), after_first, BODY, READ, NOW + HOUR)
    assert (later.first_read, later.last_read) == (NOW, NOW + HOUR)


def test_c06_validators_are_stored_anew_even_if_nothing_else_changed():
    before = state(validators=V1, first_read=NOW)
    assert state_after(feed(), before, BODY, READ, NOW).validators == V2


def test_c08_validators_that_a_body_does_not_carry_are_forgotten():
    bare = replace(BODY, validators=Validators())
    assert state_after(feed(), state(validators=V1), bare, READ, NOW).validators == Validators()


def test_c07_a_304_updates_the_validators_and_counts_as_read():
    before = state(validators=V1, first_read=NOW - DAY, last_read=NOW - DAY, failures=3)
    memory = state_after(feed(), before, NotModified(validators=V2), None, NOW)
    assert (memory.validators, memory.failures) == (V2, 0)
    assert (memory.first_read, memory.last_read) == (NOW - DAY, NOW)


@pytest.mark.parametrize(
    ("outcome", "parsed", "error"),
    [
        (DOWN, None, "timeout: no whole answer within 30 s"),
        (BODY, ParseFailed(detail="the answer is empty"), "the answer is empty"),
    ],
)
def test_c09_a_failure_changes_neither_validators_nor_what_was_read(outcome, parsed, error):
    before = state(validators=V1, first_read=NOW - DAY, last_read=NOW - HOUR)
    memory = state_after(feed(), before, outcome, parsed, NOW)
    assert (memory.validators, memory.first_read) == (V1, NOW - DAY)
    assert (memory.last_read, memory.last_polled) == (NOW - HOUR, NOW)
    assert (memory.failures, memory.last_error) == (1, error)


def test_c17_a_restart_asks_nothing_before_it_is_due():
    memory = state_after(feed(), None, BODY, READ, NOW)
    assert memory.next_poll is not None
    restarted = NOW + MINUTE
    for minute in range(9):
        now = restarted + minute * MINUTE
        asked = due([feed()], {"wire-one": memory}, now, started=restarted)
        assert bool(asked) == (now >= memory.next_poll)


def test_a_disabled_feed_is_never_due():
    assert due([feed(enabled=False)], {}, NOW, started=None) == ()


def test_p11_first_polls_are_spread_over_half_a_minute():
    feeds = [feed(f"feed-{n}") for n in range(1000)]
    seconds: Counter[int] = Counter()
    waiting = {one.id for one in feeds}
    for second in range(31):
        now = NOW + timedelta(seconds=second)
        asked = {one.id for one in due(feeds, {}, now, started=NOW)} & waiting
        seconds[second] = len(asked)
        waiting -= asked
    assert not waiting
    assert max(seconds.values()) <= 3 * 1000 / 30


def test_p11_what_fell_due_while_the_program_was_down_is_spread_too():
    feeds = [feed(f"feed-{n}") for n in range(1000)]
    states = {
        one.id: state_after(one, None, BODY, READ, NOW - DAY) for one in feeds
    }  # fmt: skip
    assert len(due(feeds, states, NOW, started=NOW)) < 100
    assert len(due(feeds, states, NOW + timedelta(seconds=30), started=NOW)) == 1000


def test_a_feed_of_our_own_is_asked_at_once():
    assert due([feed(allow_private=True)], {}, NOW, started=NOW)


def test_without_a_start_everything_that_is_due_is_asked():
    feeds = [feed(f"feed-{n}") for n in range(50)]
    assert len(due(feeds, {}, NOW, started=None)) == 50


def test_the_longest_overdue_feed_comes_first():
    states = {name: state(feed_id=name, next_poll=NOW - n * MINUTE)
              for n, name in enumerate("abc")}  # fmt: skip
    asked = due([feed(name) for name in "abc"], states, NOW, started=NOW - DAY)
    assert [one.id for one in asked] == ["c", "b", "a"]


def test_a_shorter_interval_in_the_configuration_counts_at_once():
    memory = state_after(feed(every=6 * HOUR), None, BODY, READ, NOW)
    assert due_at(feed(every=5 * MINUTE), memory, started=None) == NOW + 5 * MINUTE


def test_a_shorter_interval_does_not_cut_a_wait_that_the_server_asked_for():
    busy = FetchFailed(fault=FetchFault.STATUS, detail="x", status=429, retry_after=3 * HOUR)
    memory = state_after(feed(), None, busy, None, NOW)
    assert due_at(feed(every=5 * MINUTE), memory, started=None) == NOW + 3 * HOUR


def test_a_clock_that_was_put_back_silences_no_feed():
    memory = state_after(feed(), None, BODY, READ, NOW + 300 * DAY)
    assert due([feed()], {"wire-one": memory}, NOW, started=NOW - HOUR)


OUTCOMES = st.sampled_from([
    (BODY, READ), (BODY, ParseFailed(detail="x")), (DOWN, None), (NotModified(validators=V1), None),
    (replace(BODY, max_age=30 * DAY), Parsed(entries=(), ttl=7 * DAY)),
])  # fmt: skip


@given(
    st.lists(OUTCOMES, min_size=1, max_size=30),
    st.sampled_from(FeedKind),
    st.one_of(st.none(), st.timedeltas(timedelta(), 30 * DAY)),
    st.text(max_size=8),
)
def test_no_history_makes_a_feed_wait_longer_than_its_bound_or_less_than_the_floor(
    history, kind, every, name
):
    one = feed(name, kind=kind, every=every)
    memory, now = None, NOW
    for outcome, parsed in history:
        memory = state_after(one, memory, outcome, parsed, now)
        at = due_at(one, memory, started=None)
        assert at == memory.next_poll
        bound = interval(one) if memory.failures == 0 else max(6 * HOUR, interval(one))
        assert min(MINUTE, interval(one)) * 0.9 <= at - now <= bound
        now = at
