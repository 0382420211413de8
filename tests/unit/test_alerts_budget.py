from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from aggregator.alerts.budget import (
    BOT_SPACING,
    CHAT_SPACING,
    CHATS_KEPT_MAX,
    GROUP_SPACING,
    Budget,
    after_a_kill,
    dumped,
    flooded,
    loaded,
    reserve,
    resting,
    slots,
    still,
    waits,
)

AT = datetime(2023, 9, 18, 20, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)

asks = st.lists(
    st.tuples(st.sampled_from((1, 2, 3, -1, -2)), st.integers(0, 900)), min_size=1, max_size=60
)


def served(asked):
    """Return (chat, asked at, may go at) for each ask, the waits between them in milliseconds."""
    budget, now, found = Budget(), AT, []
    for chat, wait_ms in asked:
        now += timedelta(milliseconds=wait_ms)
        at, budget = reserve(budget, chat, now)
        found.append((chat, now, at))
    return found


def most_within(times, span):
    """Return how many of the sorted `times` lie in the fullest stretch of `span`."""
    return max(sum(1 for t in times if start <= t < start + span) for start in times)


@given(asks)
def test_a_chat_is_never_written_to_faster_than_its_spacing(asked):
    found = served(asked)
    for chat in {chat for chat, _, _ in found}:
        times = [at for one, _, at in found if one == chat]
        spacing = GROUP_SPACING if chat < 0 else CHAT_SPACING
        assert all(b - a >= spacing for a, b in pairwise(times))
        assert most_within(times, MINUTE) <= (20 if chat < 0 else 60)


@given(asks)
def test_no_slot_is_in_the_past(asked):
    assert all(at >= now for _, now, at in served(asked))


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=150, unique=True))
def test_chats_of_their_own_go_out_no_faster_than_the_bot_may(chats):
    times = [at for _, _, at in served([(chat, 0) for chat in chats])]
    assert all(b - a >= BOT_SPACING for a, b in pairwise(times))
    assert most_within(times, SECOND) <= 30


@given(asks)
def test_the_bot_stays_under_thirty_messages_in_any_second(asked):
    times = sorted(at for _, _, at in served(asked))
    assert most_within(times, SECOND) <= 30


@given(st.integers(1, 40))
def test_one_busy_chat_delays_another_by_the_bots_own_spacing_at_most(messages):
    budget = Budget()
    for _ in range(messages):
        _, budget = reserve(budget, -1, AT)
    at, _ = reserve(budget, 2, AT)
    assert at - AT <= messages * BOT_SPACING


def test_an_idle_bot_sends_at_once():
    at, budget = reserve(Budget(), 1, AT)
    assert at == AT
    at, _ = reserve(budget, 1, AT + timedelta(hours=1))
    assert at == AT + timedelta(hours=1)


def test_a_group_waits_three_seconds_and_a_chat_one():
    budget = Budget()
    _, budget = reserve(budget, 5, AT)
    _, budget = reserve(budget, -5, AT)
    chat, budget = reserve(budget, 5, AT)
    group, _ = reserve(budget, -5, AT)
    assert chat - AT == CHAT_SPACING
    assert group - AT == GROUP_SPACING + BOT_SPACING


def test_chats_that_may_be_written_to_again_are_forgotten():
    budget = Budget()
    for chat in range(1, 200):
        _, budget = reserve(budget, chat, AT)
    _, budget = reserve(budget, 1000, AT + MINUTE)
    assert set(budget.chat_free) == {1000}


def test_what_is_remembered_is_bounded_and_the_soonest_free_go_first():
    free = {chat: AT + timedelta(seconds=chat) for chat in range(1, CHATS_KEPT_MAX + 1)}
    _, budget = reserve(Budget(bot_free=None, chat_free=free), -1, AT)
    assert len(budget.chat_free) == CHATS_KEPT_MAX
    assert 1 not in budget.chat_free
    assert -1 in budget.chat_free


def test_three_chats_that_ask_to_wait_within_seconds_hold_the_bot_as_long_as_the_longest():
    budget = Budget()
    for number, wait in enumerate((30, 90, 10), start=1):
        assert budget.held_until is None
        budget = flooded(budget, number, timedelta(seconds=wait), AT + number * SECOND)
    assert budget.held_until == AT + timedelta(seconds=92)
    at, _ = reserve(budget, 9, AT + 4 * SECOND)
    assert at == budget.held_until
    assert slots(budget, AT + 4 * SECOND, SECOND) == 0


def test_one_chat_that_asks_often_and_three_within_minutes_hold_only_themselves():
    budget = Budget()
    for _ in range(5):
        budget = flooded(budget, 1, MINUTE, AT)
    for chat in (2, 3):
        budget = flooded(budget, chat, MINUTE, AT + chat * MINUTE)
    assert budget.held_until is None
    assert 3 in resting(budget, AT + 3 * MINUTE + SECOND)


def test_edits_of_one_chat_are_three_a_minute_and_new_messages_do_not_wait_for_them():
    budget, times = Budget(), []
    for _ in range(7):
        at, budget = reserve(budget, 1, AT, edit=True)
        times.append(at)
    assert most_within(times, MINUTE) == 3
    assert set(still(budget, AT) or ()) == {1}
    _, budget = reserve(Budget(), 1, AT, edit=True)
    at, _ = reserve(budget, 1, AT)
    assert at == AT + CHAT_SPACING


@given(asks, st.integers(0, 5000))
def test_what_is_kept_over_a_stop_breaks_no_spacing(asked, pause_ms):
    budget, now = Budget(), AT
    for chat, wait_ms in asked:
        now += timedelta(milliseconds=wait_ms)
        _, budget = reserve(budget, chat, now)
    wall = AT + timedelta(days=3)
    again = loaded(dumped(budget, now, wall), AT, wall + timedelta(milliseconds=pause_ms))
    for chat in (1, 2, 3, -1, -2):
        owed = budget.chat_free.get(chat, now) - now - timedelta(milliseconds=pause_ms)
        spacing = GROUP_SPACING if chat < 0 else CHAT_SPACING
        at, _ = reserve(again, chat, AT)
        assert at - AT >= min(owed, spacing) - timedelta(milliseconds=1)


def test_after_a_kill_the_longest_spacing_is_kept_once_and_a_hold_of_the_bot_stays():
    known = Budget(held_until=AT + MINUTE, bot_free=AT + MINUTE)
    budget = after_a_kill(known, AT)
    assert budget.held_until == AT + MINUTE
    assert still(budget, AT) is None
    at, _ = reserve(after_a_kill(Budget(), AT), -1, AT)
    assert at == AT + GROUP_SPACING


def test_floods_before_and_after_a_kill_hold_the_bot_together_and_old_ones_do_not():
    budget = flooded(flooded(Budget(), 1, MINUTE, AT), 2, MINUTE, AT + SECOND)
    for pause, holds in ((1, True), (9, False)):
        wall = AT + timedelta(days=3)
        now = AT + timedelta(days=1)
        again = loaded(dumped(budget, AT + SECOND, wall), now, wall + pause * SECOND)
        again = flooded(after_a_kill(again, now), 3, SECOND, now + SECOND)
        assert (again.held_until is not None) is holds, pause


def test_what_is_kept_over_a_stop_names_no_chat_and_tells_who_waits_until_when():
    budget = flooded(Budget(), 777_001, MINUTE, AT)
    _, budget = reserve(budget, 777_002, AT, edit=True)
    kept = dumped(budget, AT, AT)
    assert "777" not in kept
    assert waits(kept, AT + SECOND) == (None, (AT + MINUTE,))
    again = dumped(loaded(kept, AT, AT), AT, AT)
    assert waits(again, AT + SECOND) == (None, (AT + MINUTE,))
    assert waits(again, AT + MINUTE) == (None, ())


def test_who_was_served_longest_ago_comes_first():
    budget = Budget()
    for chat in (1, 2, 3, 1):
        _, budget = reserve(budget, chat, AT)
    assert list(budget.served) == [2, 3, 1]
