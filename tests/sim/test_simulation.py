from __future__ import annotations

import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import pytest

from tests.sim.broken import BREAKS
from tests.sim.weather import CALM, EVENTS, FEED, TELEGRAM, Weather
from tests.sim.world import Size, World

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SEEDS = 200
AT_ONCE = 20
"""Seeds a test plays: each costs a fraction of a second, starting a test costs one too."""
LARGE = Size(hours=72, feeds=(50, 50), per_hour=12)


def kept() -> list[World]:
    """Return the worlds of seeds.txt: a seed, `name=number` for what its size is, and why."""
    worlds = []
    for line in (HERE / "seeds.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            seed, *rest = line.split()
            sized = dict(word.split("=") for word in takewhile(lambda word: "=" in word, rest))
            size = {name: float(number) for name, number in sized.items()}
            worlds.append(World(int(seed), size=Size(**size)))
    return worlds


def judged(world: World) -> list[str]:
    """Return what was broken, with the way to see it again."""
    return [f"seed {world.seed}: {what}" for what in world.broken[:3]]


@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
def test_whatever_goes_wrong_nothing_is_lost_repeated_or_sent_too_fast(first):
    worlds = [World(seed).plays() for seed in range(first, first + AT_ONCE)]
    assert [line for world in worlds for line in judged(world)] == []


def test_no_seed_that_ever_failed_fails_again():
    worlds = [world.plays() for world in kept()]
    assert len(worlds) > 10
    assert [line for world in worlds for line in judged(world)] == []


def test_where_nothing_goes_wrong_every_alert_is_there():
    world = World("calm", weather=CALM).plays()
    assert judged(world) == []
    assert sum(1 for _ in world.messenger.all()) > 10
    assert world.lives == 2


def test_the_same_seed_tells_the_same_story():
    first, second = World(7).plays(), World(7).plays()
    assert first.points > 500
    assert first.log == second.log


def test_another_process_tells_the_same_story_under_another_hash_seed():
    script = "from tests.sim.world import World; print(World(11).plays().log)"
    told = [
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert told[0] == told[1]


def test_another_seed_tells_another_story():
    assert World(7).plays().log != World(8).plays().log


def test_the_seeds_reach_every_fault_and_every_kind_of_end():
    drawn = [World(seed).weather for seed in range(40)]
    assert {name for weather in drawn for name in weather.telegram} == set(TELEGRAM)
    assert {name for weather in drawn for name in weather.feed} == set(FEED)
    assert {name for weather in drawn for name in weather.events} == set(EVENTS)
    disk = World("disk", weather=Weather(events={"busy": 9, "disk_full": 9}))
    worlds = [*(World(seed) for seed in range(11)), disk]
    said = {word for one in worlds for line in one.plays().log_lines for word in line.split()[1:4]}
    assert {"starts,", "stops", "killed", "heals", "send", "edit", "probe", "commit"} <= said
    assert {"busy", "fails"} <= said, "the disk did not fail"


@pytest.mark.parametrize("name", BREAKS)
def test_a_program_that_is_broken_on_purpose_is_caught(name):
    how = BREAKS[name]
    found: list[str] = []
    for seed in range(60):
        world = World(seed, weather=how.weather, store=how.store, mouth=how.mouth).plays()
        found += world.broken
        if any(what.startswith(how.law) for what in found):
            return
    pytest.fail(f"60 worlds did not notice; they said {found[:3]}")


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(5))
def test_days_of_fifty_feeds_end_well(seed):
    assert judged(World(f"large {seed}", size=LARGE).plays()) == []


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("first", range(1000, 6000, 250))
def test_thousands_of_small_worlds_end_well(first):
    worlds = [World(seed).plays() for seed in range(first, first + 250)]
    assert [line for world in worlds for line in judged(world)] == []
