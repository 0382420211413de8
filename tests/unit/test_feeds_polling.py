from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.feeds.agenda import Agenda
from aggregator.feeds.polling import (
    FLOOR,
    after,
    asked,
    credited,
    due_at,
    held,
    interval,
    state_after,
    weighed,
)
from aggregator.model import (
    Entry,
    Feed,
    FeedKind,
    FeedState,
    Fetched,
    FetchFailed,
    FetchFault,
    Learnt,
    NotModified,
    Parsed,
    ParseFailed,
    Standing,
    Trust,
    Validators,
)
from aggregator.store.feed_rows import from_json, to_json

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


def due(feeds, states, now, *, started) -> tuple[Feed, ...]:
    """What a program that began at `started`, and sees these states, asks at `now`."""
    return Agenda(feeds, states, now, started=started).take(now)


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
    rare = state(learnt=Learnt(counted=NOW, days=14.0))
    waits = [
        after(feed(f"feed-{n}", kind=kind), rare, BODY, READ, NOW).at - NOW for n in range(200)
    ]
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
    for wanted, waited in ((30 * DAY, DAY), (timedelta(), 10 * MINUTE)):
        busy = FetchFailed(fault=FetchFault.STATUS, detail="x", status=503, retry_after=wanted)
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
    hourly = Parsed(entries=(), ttl=HOUR)
    memory = state_after(feed("f"), None, replace(BODY, max_age=MINUTE), hourly, NOW)
    assert memory.next_poll == NOW + 10 * MINUTE
    assert memory.next_poll_reason.startswith("the publisher asks for 1 h")
    later = state_after(feed("f"), memory, NotModified(validators=V1), None, NOW + HOUR)
    assert later.next_poll == NOW + HOUR + 10 * MINUTE, "a 304 does not take it back"


@pytest.mark.parametrize(
    "rest", [{"skip_hours": frozenset(range(24))}, {"skip_days": frozenset(range(7))}]
)
def test_p09_a_publisher_that_always_rests_is_asked_at_the_cap(rest):
    memory = state_after(feed("f"), None, BODY, Parsed(entries=(), **rest), NOW)
    assert memory.next_poll == NOW + 10 * MINUTE
    assert memory.next_poll_reason == "the publisher rests at that hour, at most 10 min"


def test_p09_hours_of_rest_that_are_not_now_change_nothing():
    rested = Parsed(entries=(), skip_hours=frozenset({3}), skip_days=frozenset({6}))
    memory = state_after(feed("f"), None, BODY, rested, NOW)
    assert memory.next_poll == state_after(feed("f"), None, BODY, READ, NOW).next_poll


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
        next_poll_reason="every 5.4 min, at 20 posts a day",
        standing=Standing(answered=BODY.url, whole=NOW),
        learnt=Learnt(counted=NOW, polls=1, unchanged=1, body_bytes=len(BODY.body)),
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


@pytest.mark.parametrize(
    ("count", "seconds", "private"),
    [(1000, 30, False), (10_000, 295, False), (10_000, 295, True)],
)
def test_p11_first_polls_are_spread_over_half_a_minute_and_very_many_over_longer(
    count, seconds, private
):
    feeds = [feed(f"feed-{n}", allow_private=private) for n in range(count)]
    agenda = Agenda(feeds, {}, NOW, started=NOW)
    asked = [len(agenda.take(NOW + timedelta(seconds=at))) for at in range(seconds + 1)]
    assert sum(asked) == count
    assert max(asked) <= 3 * count / seconds


def test_p11_nobody_waits_longer_for_a_start_than_for_the_next_poll():
    feeds = [feed(f"feed-{n}", every=MINUTE if n % 2 else HOUR) for n in range(10_000)]
    asked = Agenda(feeds, {}, NOW, started=NOW).take(NOW + MINUTE)
    assert len([one for one in asked if one.every == MINUTE]) == 5000


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


@given(
    st.lists(
        st.tuples(st.sampled_from("abcdef"), st.integers(0, 90), st.integers(0, 30)), max_size=60
    )
)
def test_the_agenda_names_whom_a_look_at_every_feed_would_name(steps):
    """Each step plans a feed so many seconds from then, and some time passes."""
    feeds = {name: feed(name) for name in "abcdef"}
    agenda, plans, now = Agenda([], {}, NOW, started=None), {}, NOW
    for name, wait_s, passes_s in steps:
        at = now + timedelta(seconds=wait_s)
        agenda.plan(feeds[name], state(feed_id=name, next_poll=at), now)
        plans[name] = at
        now += timedelta(seconds=passes_s)
        expected = sorted((at, name) for name, at in plans.items() if at <= now)
        assert [one.id for one in agenda.take(now)] == [name for _, name in expected]
        plans = {name: at for name, at in plans.items() if at > now}
    assert agenda.waiting <= 2 * len(plans) + 64


def test_a_clock_that_steps_back_under_a_running_program_voids_what_was_planned():
    agenda = Agenda([], {}, NOW, started=None)
    agenda.take(NOW)
    assert agenda.stepped_back(NOW - FLOOR) is None
    assert agenda.stepped_back(NOW - HOUR) == HOUR


def test_a_feed_whose_site_wants_to_be_left_alone_is_not_due_before():
    agenda = Agenda([], {}, NOW, started=None)
    agenda.plan(feed(), state(next_poll=NOW), NOW, held_until=NOW + HOUR)
    assert agenda.take(NOW + 59 * MINUTE) == ()
    assert agenda.take(NOW + HOUR) == (feed(),)


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


# --- what is learnt -------------------------------------------------------------------------------


def posts(*times: datetime) -> Parsed:
    return Parsed(entries=tuple(Entry(guid=str(at), published=at) for at in times))


def read_for(one: Feed, days: int, a_day: int) -> FeedState:
    """Read a feed hourly that posts by day and night, at any minute."""
    start = NOW - days * DAY
    times = sorted(start + DAY * (n * 0.6180339887 % 1) + (n // a_day) * DAY
                   for n in range(days * a_day))  # fmt: skip
    memory = None
    for hour in range(1, days * 24 + 1):
        now = start + hour * HOUR
        page = posts(*[at for at in times if at <= now][-60:])
        memory = state_after(one, memory, BODY, page, now)
    assert memory is not None
    return memory


def test_a_feed_that_posts_four_times_as_much_is_asked_twice_as_often():
    slow, quick = (read_for(feed("same"), 10, rate) for rate in (12, 48))
    ratio = (slow.next_poll - NOW) / (quick.next_poll - NOW)
    assert 1.6 < ratio < 2.4
    assert "posts a day" in quick.next_poll_reason


def test_nobody_is_asked_more_often_than_each_minute():
    assert read_for(feed("same"), 2, 1440).next_poll - NOW >= FLOOR


def test_every_in_the_configuration_wins_over_what_is_learnt():
    one = feed(every=7 * MINUTE)
    assert read_for(one, 2, 200).next_poll == NOW + 7 * MINUTE


def test_a_news_feed_that_was_first_with_a_story_is_asked_at_least_every_three_minutes():
    quiet = state(learnt=Learnt(counted=NOW, days=14.0))
    first = credited(quiet, 1, NOW)
    one = feed()
    assert after(one, first, BODY, READ, NOW).at - NOW <= 3 * MINUTE
    assert after(one, first, BODY, READ, NOW + 29 * DAY).at - (NOW + 29 * DAY) <= 3 * MINUTE
    assert after(one, first, BODY, READ, NOW + 31 * DAY).at - (NOW + 31 * DAY) > 3 * MINUTE
    assert after(feed(every=HOUR), first, BODY, READ, NOW).at == NOW + HOUR


def test_a_feed_on_which_four_times_as_much_hangs_is_asked_twice_as_often():
    memory = state(learnt=Learnt(counted=NOW, posts=6.0, days=0.5))
    plain, heavy = (
        after(feed(), weighed(memory, weight), BODY, READ, NOW).at - NOW for weight in (1.0, 4.0)
    )
    assert 1.9 < plain / heavy < 2.1


def test_f07_a_short_page_is_read_again_before_half_of_it_can_be_gone():
    start = NOW - DAY
    page = [start + n * DAY / 100 for n in range(101)]
    memory = None
    for hour in range(25):
        now = start + hour * HOUR
        shown = [at for at in page if at <= now][-2:]
        memory = state_after(feed("f"), memory, BODY, posts(*shown), now)
    assert memory.next_poll - NOW <= DAY / 60


def test_the_share_of_304_and_the_size_of_the_last_body_are_kept():
    memory = state_after(feed(), None, BODY, READ, NOW)
    for minutes in range(1, 4):
        memory = state_after(feed(), memory, NotModified(validators=V1), None, NOW + minutes * HOUR)
    assert (memory.learnt.polls, memory.learnt.not_modified) == (4, 3)
    assert memory.learnt.body_bytes == len(BODY.body)


def test_o02_the_shares_are_those_of_late_and_do_not_grow_for_ever():
    memory = state_after(feed(), None, BODY, READ, NOW)
    for minute in range(5000):
        memory = state_after(
            feed(), memory, NotModified(validators=V1), None, NOW + minute * MINUTE
        )
    assert memory.learnt.polls <= 2001
    assert memory.learnt.not_modified / memory.learnt.polls > 0.99


# --- whose fault it is, and other addresses -------------------------------------------------------


def test_p13_a_failure_of_the_network_here_counts_against_no_feed():
    ours = replace(DOWN, ours=True)
    memory = state_after(feed(), state(failures=2), ours, None, NOW)
    assert memory.failures == 2
    assert memory.next_poll == NOW + 10 * MINUTE
    assert memory.next_poll_reason == "no host answers: the fault is here"


def test_p05_what_a_host_asks_for_is_remembered_over_a_restart():
    busy = FetchFailed(fault=FetchFault.STATUS, detail="x", status=503, retry_after=2 * HOUR)
    memory = state_after(feed(), None, busy, None, NOW)
    assert memory.learnt.held_until == NOW + 2 * HOUR
    assert state_after(feed(), memory, BODY, READ, NOW + 2 * HOUR).learnt.held_until is None


def test_p05_too_many_requests_holds_the_host_though_it_names_no_time():
    plain = FetchFailed(fault=FetchFault.STATUS, detail="x", status=429)
    assert held(plain, feed(), NOW) == NOW + 10 * MINUTE
    assert held(replace(plain, status=500), feed(), NOW) is None


SPARE = feed(fallback_urls=("https://two.example/rss", "https://three.example/rss"))


def test_other_addresses_are_asked_in_turn_after_three_failures_and_the_first_again_later():
    memory, now, hosts = None, NOW, []
    for _ in range(7):
        ask = asked(SPARE, memory, now)
        hosts.append(ask.feed.url.split("/")[2])
        memory = state_after(SPARE, ask.state, DOWN, None, now)
        now = memory.next_poll
    one, two, three = "wire-one.example", "two.example", "three.example"
    assert hosts == [one, one, one, two, three, one, two]


def test_other_addresses_get_their_turn_however_rarely_the_feed_is_asked():
    memory, hosts = None, []
    for number in range(7):
        now = NOW + number * 4 * HOUR
        ask = asked(SPARE, memory, now)
        hosts.append(ask.feed.url.split("/")[2])
        works = hosts[-1] == "three.example"
        memory = state_after(
            SPARE, ask.state, BODY if works else DOWN, READ if works else None, now
        )
    one, two, three = "wire-one.example", "two.example", "three.example"
    assert hosts == [one, one, one, two, three, one, two]


def test_the_address_that_answers_is_kept_and_the_first_one_wins_when_it_is_back():
    memory, now = None, NOW
    for _ in range(3):
        memory = state_after(SPARE, asked(SPARE, memory, now).state, DOWN, None, now)
        now = memory.next_poll
    assert "next of its addresses" in memory.next_poll_reason
    hosts = []
    for _ in range(40):
        ask = asked(SPARE, memory, now)
        hosts.append(ask.feed.url.split("/")[2])
        memory = state_after(SPARE, ask.state, BODY, READ, now)
        now = memory.next_poll
    assert hosts[0] == "two.example"
    assert hosts[-1] == "wire-one.example"
    assert hosts.index("wire-one.example") > 10
    assert memory.learnt.spare == 0


def test_a_feed_without_other_addresses_is_always_asked_at_its_own():
    memory, now = None, NOW
    for _ in range(20):
        ask = asked(feed(), memory, now)
        assert ask.feed.url == feed().url
        memory = state_after(feed(), ask.state, DOWN, None, now)
        now = memory.next_poll


def test_an_address_that_was_corrected_is_asked_at_once():
    memory = state_after(feed(), asked(feed(), None, NOW).state, DOWN, None, NOW)
    moved = feed(url="https://wire-one.example/new")
    assert due_at(feed(), memory, started=None) is not None
    assert due_at(moved, memory, started=None) is None


@given(st.lists(OUTCOMES, min_size=1, max_size=12), st.sampled_from(FeedKind))
def test_what_is_learnt_survives_a_restart_whole(history, kind):
    one, memory, now = feed("f", kind=kind), None, NOW
    for outcome, parsed in history:
        memory = state_after(one, asked(one, memory, now).state, outcome, parsed, now)
        now = memory.next_poll
    assert from_json(to_json(memory.learnt), Learnt) == memory.learnt
    assert from_json(to_json(memory.standing), Standing) == memory.standing
