"""Under which numbers a message whose fate is unknown is looked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from aggregator.alerts.search import PROBES_BESIDE, PROBES_MAX, is_conclusive, numbers
from aggregator.model import Delivery, Message, Place, Priority, Unsettled

LOST = Unsettled(
    delivery=Delivery(
        place=Place(chat_id=7),
        key="story:a:0",
        message=Message(html="told"),
        priority=Priority.HIGH,
        created=datetime(2023, 9, 18, tzinfo=UTC),
        attempts=1,
    ),
    after=100,
    taken=frozenset(),
    highest=100,
)


def again(unsettled: Unsettled, attempts: int) -> Unsettled:
    return replace(unsettled, delivery=replace(unsettled.delivery, attempts=attempts))


def test_the_first_number_after_the_last_known_is_tried_first():
    assert numbers(LOST)[0] == 101
    assert len(numbers(LOST)) == 1 + PROBES_BESIDE


def test_of_several_copies_the_newest_is_looked_for_first():
    tried = numbers(again(LOST, 2))
    assert list(tried) == sorted(tried, reverse=True)
    assert tried[-1] == 101


def test_not_to_be_found_proves_nothing_where_others_write_unseen():
    assert is_conclusive(LOST)
    assert not is_conclusive(replace(LOST, crowded=True))


def test_not_to_be_found_proves_nothing_when_there_were_more_numbers_than_tries():
    assert not is_conclusive(replace(LOST, highest=100 + PROBES_MAX))


@given(
    taken=st.frozensets(st.integers(101, 140), max_size=30),
    highest=st.integers(100, 140),
    lost=st.integers(1, 5),
    attempts=st.integers(1, 4),
)
def test_no_number_of_another_message_is_ever_tried_and_none_too_many(
    taken, highest, lost, attempts
):
    unsettled = again(replace(LOST, taken=taken, highest=highest, lost=lost), attempts)
    tried = numbers(unsettled)
    assert not taken & set(tried)
    assert all(number > 100 for number in tried)
    assert len(set(tried)) == len(tried) <= PROBES_MAX
    if is_conclusive(unsettled):
        assert set(range(101, highest + 1)) - taken <= set(tried)
