import asyncio

import pytest

from aggregator.errors import StoreError
from aggregator.store.together import Together


class Disk:
    """Takes what is written, when it is let."""

    def __init__(self):
        self.writes, self.free, self.full = [], asyncio.Event(), False
        self.free.set()

    async def write(self, some):
        await self.free.wait()
        if self.full:
            raise StoreError("the disk is full")
        self.writes.append(list(some))


async def settled():
    for _ in range(10):
        await asyncio.sleep(0)


async def test_the_first_is_written_at_once_and_what_comes_meanwhile_together():
    disk = Disk()
    states = Together(disk.write, every_s=3600)
    await states.put("a")
    puts = [asyncio.create_task(states.put(one)) for one in "bcd"]
    await settled()
    assert disk.writes == [["a"]]
    assert not any(put.done() for put in puts)
    await states.close()
    await asyncio.gather(*puts)
    assert disk.writes == [["a"], ["b", "c", "d"]]


async def test_who_puts_something_is_back_when_it_is_written_and_not_before():
    disk = Disk()
    disk.free.clear()
    states = Together(disk.write, every_s=0)
    put = asyncio.create_task(states.put("a"))
    await settled()
    assert not put.done()
    disk.free.set()
    await put
    await states.close()


async def test_each_who_waits_hears_that_nothing_was_written_and_the_next_may_succeed():
    disk = Disk()
    disk.full = True
    states = Together(disk.write, every_s=0)
    with pytest.raises(StoreError):
        await states.put("a")
    disk.full = False
    await states.put("b")
    await states.close()
    assert disk.writes == [["b"]]


async def test_what_a_cancelled_task_put_is_written_all_the_same():
    disk = Disk()
    states = Together(disk.write, every_s=3600)
    await states.put("a")
    put = asyncio.create_task(states.put("b"))
    await settled()
    put.cancel()
    await settled()
    await states.close()
    assert disk.writes == [["a"], ["b"]]
