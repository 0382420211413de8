import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.service.clock import AHEAD_MAX, SLEW, Steady, SteadyScheduler

NOON = datetime(2024, 3, 1, 12, 0, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


class Machine:
    """A wall clock that is set by hand, and seconds that only pass."""

    def __init__(self) -> None:
        self.wall, self.elapsed_s = NOON, 0.0
        self.clock = Steady(lambda: self.wall, lambda: self.elapsed_s)

    def passes(self, span: timedelta) -> None:
        self.wall += span
        self.elapsed_s += span.total_seconds()


def test_a_clock_that_was_set_back_a_little_goes_on_and_is_met_again():
    machine = Machine()
    before = machine.clock.now()
    machine.wall -= 10 * MINUTE
    machine.passes(MINUTE)
    assert machine.clock.now() - before == MINUTE * SLEW
    machine.passes(100 * MINUTE)
    assert machine.clock.now() == machine.wall


@pytest.mark.parametrize("step", [-AHEAD_MAX - MINUTE, -DAY, 10 * MINUTE, DAY])
def test_a_clock_that_was_set_far_back_or_forward_is_believed_at_once(step):
    machine = Machine()
    machine.clock.now()
    machine.wall += step
    assert machine.clock.now() == machine.wall
    machine.passes(MINUTE)
    assert machine.clock.now() == machine.wall


@pytest.mark.parametrize("off", [10 * MINUTE, DAY, -DAY, -50 * 365 * DAY])
async def test_it_ticks_on_when_the_wall_clock_is_set(off):
    scheduler, ticks, ticked = SteadyScheduler(timezone=UTC), [], asyncio.Event()

    async def tick() -> None:
        ticks.append(1)
        ticked.set()

    scheduler.add_job(tick, "interval", seconds=0.05, id="tick", coalesce=True, max_instances=1)
    scheduler.start()
    try:
        async with asyncio.timeout(10):
            await ticked.wait()
            ticked.clear()
            before = len(ticks)
            # To the scheduler a clock that is set back is an alarm that lies so far ahead.
            scheduler.modify_job("tick", next_run_time=datetime.now(UTC) + off)
            for _ in range(2):
                await ticked.wait()
                ticked.clear()
            assert before + 2 <= len(ticks)
    finally:
        scheduler.shutdown(wait=False)
        await asyncio.sleep(0)  # APScheduler shuts down in the loop's next turn
