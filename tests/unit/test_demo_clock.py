from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.demo.clock import ReplayClock

DAY = timedelta(days=1)
FIRST = (datetime(2023, 9, 18, tzinfo=UTC), datetime(2023, 9, 20, tzinfo=UTC))
SECOND = (datetime(2024, 6, 28, tzinfo=UTC), datetime(2024, 6, 29, tzinfo=UTC))
DAY_A_SECOND = 86_400.0


class Stopwatch:
    """Real time by hand: a pause lets it pass."""

    def __init__(self) -> None:
        self.at = 1_000.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.at

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.at += seconds


def replay(watch: Stopwatch, *, held: bool = False) -> ReplayClock:
    return ReplayClock((FIRST, SECOND), DAY_A_SECOND, watch, pause=watch.pause, held=held)


@pytest.mark.parametrize(
    ("real_s", "virtual"),
    [
        (0.0, FIRST[0]),
        (0.5, FIRST[0] + DAY / 2),
        (2.0, SECOND[0]),
        (2.25, SECOND[0] + DAY / 4),
        (3.0, SECOND[1]),
        (60.0, SECOND[1]),
    ],
)
def test_time_runs_at_speed_and_jumps_between_stretches(real_s, virtual):
    watch = Stopwatch()
    clock = replay(watch)
    watch.at += real_s
    assert clock.now() == virtual
    assert clock.finished == (real_s >= 3.0)


@given(st.lists(st.floats(min_value=-1.0, max_value=2.0), max_size=30))
def test_the_clock_never_runs_backwards_even_when_the_real_one_does(steps):
    watch = Stopwatch()
    clock = replay(watch)
    seen = [clock.now()]
    for step in steps:
        watch.at += step
        seen.append(clock.now())
    assert all(earlier <= later for earlier, later in pairwise(seen))
    assert all(any(start <= at <= end for start, end in (FIRST, SECOND)) for at in seen)


async def test_a_sleep_takes_its_seconds_divided_by_the_speed():
    watch = Stopwatch()
    clock = replay(watch)
    await clock.sleep(43_200)
    assert watch.pauses == [0.5]
    assert clock.now() == FIRST[0] + DAY / 2


async def test_a_sleep_across_the_jump_counts_only_played_time():
    watch = Stopwatch()
    clock = replay(watch)
    await clock.sleep(2.5 * 86_400)
    assert clock.now() == SECOND[0] + DAY / 2


async def test_a_sleep_lasts_no_longer_than_the_replay():
    watch = Stopwatch()
    clock = replay(watch)
    await clock.sleep(365 * 86_400)
    assert watch.at == 1_003.0
    assert clock.finished


async def test_a_sleep_after_the_end_still_pauses_so_that_no_loop_spins():
    watch = Stopwatch()
    clock = replay(watch)
    watch.at += 10
    await clock.sleep(0)
    assert watch.at > 1_010


async def test_a_sleep_goes_on_when_its_timer_fires_early():
    watch = Stopwatch()

    async def early(seconds: float) -> None:
        watch.at += seconds * 0.9 + 1e-6

    clock = ReplayClock((FIRST,), DAY_A_SECOND, watch, pause=early)
    await clock.sleep(86_400)
    assert clock.now() >= FIRST[0] + DAY


async def test_a_held_clock_stands_and_keeps_sleepers_until_it_is_started():
    watch = Stopwatch()
    clock = replay(watch, held=True)
    sleeper = asyncio.create_task(clock.sleep(86_400))
    watch.at += 1.5
    await asyncio.sleep(0)
    assert clock.now() == FIRST[0]
    assert not sleeper.done()
    clock.start()
    await sleeper
    assert clock.now() == FIRST[0] + DAY


def test_starting_a_running_clock_does_not_turn_it_back():
    watch = Stopwatch()
    clock = replay(watch)
    watch.at += 1
    clock.start()
    assert clock.now() == FIRST[0] + DAY


def test_the_length_of_the_replay_is_told_in_real_seconds():
    assert replay(Stopwatch()).length_s == 3.0


@pytest.mark.parametrize(
    ("stretches", "speed"),
    [
        ((), 1.0),
        ((FIRST,), 0.0),
        ((SECOND, FIRST), 1.0),
        (((FIRST[0], FIRST[0]),), 1.0),
        (((FIRST[1], FIRST[0]),), 1.0),
    ],
)
def test_stretches_that_cannot_be_played_are_refused(stretches, speed):
    with pytest.raises(ValueError, match=r"stretch"):
        ReplayClock(stretches, speed)
