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
    tried = set(numbers(LOST))
    assert is_conclusive(LOST, tried)
    crowded = replace(LOST, crowded=True)
    assert len(numbers(crowded)) == PROBES_MAX
    assert not is_conclusive(crowded, set(numbers(crowded)))


def test_not_to_be_found_proves_nothing_when_there_were_more_numbers_than_tries():
    far = replace(LOST, highest=100 + PROBES_MAX)
    assert not is_conclusive(far, set(numbers(far)))


def test_a_number_given_later_bounds_the_search_whoever_writes_unseen():
    bounded = replace(LOST, crowded=True, below=105, taken=frozenset({102}))
    assert set(numbers(bounded)) == {101, 103, 104}
    assert not is_conclusive(bounded, {101, 103})
    assert is_conclusive(bounded, {101, 103, 104})
    assert list(numbers(again(bounded, 2), {104})) == [103, 101]


def test_what_left_behind_other_lost_messages_is_looked_for_behind_their_numbers_first():
    assert list(numbers(replace(LOST, lost=9), rank=3))[:4] == [104, 103, 105, 102]


@given(
    taken=st.frozensets(st.integers(101, 140), max_size=30),
    highest=st.integers(100, 140),
    lost=st.integers(1, 5),
    attempts=st.integers(1, 4),
    below=st.none() | st.integers(101, 150),
    rank=st.integers(0, 30),
    crowded=st.booleans(),
)
def test_no_number_of_another_message_is_ever_tried_and_none_too_many(  # noqa: PLR0917 -- drawn
    taken, highest, lost, attempts, below, rank, crowded
):
    unsettled = again(
        replace(LOST, taken=taken, highest=highest, lost=lost, below=below, crowded=crowded),
        attempts,
    )
    tried: set[int] = set()
    while left := numbers(unsettled, tried, rank):
        assert left[0] not in taken | tried
        assert 100 < left[0] < (below or 1000)
        tried.add(left[0])
    assert len(tried) <= PROBES_MAX
    if is_conclusive(unsettled, tried):
        assert set(range(101, highest + 1 if below is None else below)) - taken <= tried
