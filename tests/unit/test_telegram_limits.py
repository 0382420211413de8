from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from aggregator.telegram.limits import Rate, Verdict

NOW = datetime(2024, 6, 28, 22, 0, tzinfo=UTC)


def after(seconds):
    return NOW + timedelta(seconds=seconds)


def test_so_many_a_minute_are_answered_then_one_refusal_then_silence_until_the_minute_is_over():
    rate = Rate(3)
    asked = [rate.asks(7, after(second)) for second in (0, 10, 20, 30, 40, 59)]
    assert asked == [Verdict.ANSWER] * 3 + [Verdict.REFUSE, Verdict.IGNORE, Verdict.IGNORE]
    assert rate.asks(7, after(60)) is Verdict.ANSWER


def test_one_chat_uses_up_nothing_of_another():
    rate = Rate(1)
    assert rate.asks(7, NOW) is Verdict.ANSWER
    assert rate.asks(7, NOW) is Verdict.REFUSE
    assert rate.asks(8, NOW) is Verdict.ANSWER


def test_a_clock_set_back_locks_nobody_out():
    rate = Rate(1)
    rate.asks(7, after(3600))
    assert rate.asks(7, NOW) is Verdict.ANSWER


@given(st.lists(st.integers(1, 50), max_size=200))
def test_no_more_chats_are_remembered_than_the_limit(chats):
    rate = Rate(5, chats_max=10)
    for chat in chats:
        rate.asks(chat, NOW)
    assert len(rate) <= 10


@given(st.lists(st.integers(0, 600), max_size=100))
def test_no_minute_that_began_with_a_question_has_more_answers_than_the_limit(seconds):
    rate = Rate(4)
    answered = [
        second for second in sorted(seconds) if rate.asks(7, after(second)) is Verdict.ANSWER
    ]
    # Two minutes that touch can have eight between them, never nine.
    for begin in answered:
        assert sum(begin <= second < begin + 60 for second in answered) <= 8
