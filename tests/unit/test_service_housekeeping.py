"""What is done once a day: pruning and backups, also after restarts and failures."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.errors import StoreError
from aggregator.model import Batch, FeedKind, Gap, Item, ItemKey, Trust
from aggregator.service.housekeeping import (
    BACKUPS_KEPT,
    FIRST_S,
    LOOK_S,
    Housekeeping,
    Keep,
    copies_in,
)
from aggregator.store.sqlite import SqliteStore

NOW = datetime(2026, 11, 1, 3, tzinfo=UTC)
DAY = timedelta(days=1)


class HandClock:
    """A clock that stands until someone sleeps, and then is that much later."""

    def __init__(self):
        self.at = NOW
        self.slept = []

    def now(self):
        return self.at

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)
        await asyncio.sleep(0)


class Copier:
    """Writes copies, or fails as often as told."""

    def __init__(self):
        self.made = []
        self.failures = 0

    async def back_up(self, to):
        if self.failures:
            self.failures -= 1
            raise StoreError(f"{to}: the disk is full")
        to.touch()
        self.made.append(to.name)
        return 4


@pytest.fixture
async def store():
    opened = await SqliteStore.open(":memory:")
    yield opened
    await opened.close()


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def copier():
    return Copier()


@pytest.fixture
def told():
    return []


@pytest.fixture
def keeper(store, clock, copier, told, tmp_path):
    async def tell(lines):
        told.extend(lines)

    return Housekeeping(
        store=store,
        clock=clock,
        keep=Keep(),
        folder=tmp_path / "backups",
        back_up=copier.back_up,
        tidy=store.tidy,
        tell=tell,
    )


async def seen(store, *days_ago):
    """Store an item for each age."""
    items = tuple(
        Item(
            key=ItemKey(f"{days:032x}"),
            feed_id="wire-one",
            outlet="Wire One",
            kind=FeedKind.NEWS,
            trust=Trust.INDEPENDENT,
            url="",
            title="Bakery opens",
            summary="",
            published=None,
            seen=NOW - days * DAY,
        )
        for days in days_ago
    )
    await store.commit(Batch(items=items), (await store.window(NOW)).version)


async def ages(store):
    items = await store.items_of_feed("wire-one", 1000)
    return [(NOW - one.seen).days for one in items]


async def test_what_is_older_than_is_kept_goes_once_a_day(keeper, store, clock):
    await seen(store, 1, 29, 31)
    await keeper.look()
    assert await ages(store) == [1, 29]

    clock.at += DAY - timedelta(seconds=1)
    await keeper.look()
    assert await ages(store) == [1, 29]

    clock.at += timedelta(seconds=1)
    await keeper.look()
    assert await ages(store) == [1]


async def test_much_that_is_old_goes_in_steps_with_pauses_between(keeper, store, clock):
    await seen(store, *range(31, 1_600))

    await keeper.look()

    assert await ages(store) == []
    assert len(clock.slept) >= 3


async def test_the_ledger_is_kept_for_ever_unless_the_operator_says_otherwise(store, clock):
    for days in (4000, 80):
        at = NOW - days * DAY
        await store.open_gap(Gap(feed_id=f"f{days}", why="x", since=at, until=at, opened=at))
    await Housekeeping(store=store, clock=clock, keep=Keep()).look()
    assert await store.verify_ledger() == (2, None)

    clock.at += DAY
    await Housekeeping(store=store, clock=clock, keep=Keep(ledger=90 * DAY)).look()
    assert await store.verify_ledger() == (1, None)


async def test_a_copy_is_put_by_each_day_and_only_the_last_ones_are_kept(
    keeper, clock, copier, tmp_path
):
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "casewire-mine.db").write_text("mine")
    for _ in range(BACKUPS_KEPT + 2):
        await keeper.look()
        await keeper.look()
        clock.at += DAY

    assert copier.made == [f"casewire-2026-11-0{day}.db" for day in range(1, 10)]
    assert [file.name for file in copies_in(folder)] == copier.made[: -BACKUPS_KEPT - 1 : -1]
    assert (folder / "casewire-mine.db").read_text() == "mine"


async def test_a_restart_makes_no_second_copy_the_same_day(keeper, store, clock, copier, tmp_path):
    await keeper.look()
    clock.at += timedelta(hours=3)

    again = Housekeeping(
        store=store, clock=clock, keep=Keep(), folder=tmp_path, back_up=copier.back_up
    )
    await again.look()

    assert len(copier.made) == 1


async def test_a_copy_that_failed_is_tried_again_and_the_operator_hears_of_it_once(
    keeper, clock, copier, told, store
):
    copier.failures = 2
    for _ in range(3):
        await keeper.look()
        clock.at += timedelta(hours=1)

    assert copier.made == ["casewire-2026-11-01.db"]
    assert len(told) == 1
    assert "the disk is full" in told[0]


async def test_a_folder_that_cannot_be_made_stops_no_pruning(store, clock, copier, told, tmp_path):
    await seen(store, 31)
    (tmp_path / "file").write_text("x")

    async def tell(lines):
        told.extend(lines)

    keeper = Housekeeping(
        store=store,
        clock=clock,
        keep=Keep(),
        folder=tmp_path / "file" / "backups",
        back_up=copier.back_up,
        tell=tell,
    )
    await keeper.look()

    assert await ages(store) == []
    assert len(told) == 1


async def test_a_clock_that_was_set_back_does_not_stop_it_for_days(keeper, store, clock, copier):
    await keeper.look()
    clock.at -= 5 * DAY

    await keeper.look()

    assert copier.made == ["casewire-2026-11-01.db", "casewire-2026-10-27.db"]


async def test_without_a_folder_nothing_is_copied(store, clock, copier):
    await Housekeeping(store=store, clock=clock, keep=Keep(), back_up=copier.back_up).look()

    assert copier.made == []


async def test_a_failure_is_no_end_of_the_loop(store, clock):
    outcomes = [StoreError("the disk is full"), None]
    again = asyncio.Event()

    async def tidy():
        if failure := outcomes.pop(0):
            raise failure
        again.set()

    keeper = Housekeeping(store=store, clock=clock, keep=Keep(), tidy=tidy)
    running = asyncio.create_task(keeper.run())
    await again.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert clock.slept[:2] == [FIRST_S, LOOK_S]
    assert clock.at >= NOW + DAY
