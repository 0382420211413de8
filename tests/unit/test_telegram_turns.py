from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from aggregator.telegram.turns import CHATS_AT_ONCE_MAX, WAITING_MAX, Turns


class Desk:
    """Work that waits where it is told to, and what it did."""

    def __init__(self):
        self.begun = []
        self.done = []
        self.held = {}
        self.changed = asyncio.Condition()

    def holds(self, update_id):
        self.held[update_id] = asyncio.Event()

    def lets(self, update_id):
        self.held.pop(update_id).set()

    async def work(self, update_id, update):
        self.begun.append(update_id)
        if update_id in self.held:
            await self.held[update_id].wait()
        if update.get("fails"):
            raise ValueError(update_id)
        async with self.changed:
            self.done.append(update_id)
            self.changed.notify_all()

    async def has_done(self, *updates):
        async with asyncio.timeout(5), self.changed:
            await self.changed.wait_for(lambda: set(updates) <= set(self.done))


@asynccontextmanager
async def serving(desk):
    turns = Turns(desk.work)
    try:
        yield turns
    finally:
        await turns.close()


async def test_updates_of_one_chat_keep_their_order():
    desk = Desk()
    desk.holds(1)
    async with serving(desk) as turns:
        for update in (1, 2, 3):
            turns.add(7, update, {})
        desk.lets(1)
        await desk.has_done(3)
    assert desk.done == [1, 2, 3]


async def test_a_chat_that_takes_long_holds_up_no_other():
    desk = Desk()
    desk.holds(1)
    async with serving(desk) as turns:
        turns.add(7, 1, {})
        turns.add(7, 2, {})
        turns.add(8, 3, {})
        await desk.has_done(3)
        assert desk.done == [3]
        desk.lets(1)
        await desk.has_done(2)


async def test_only_so_many_chats_are_served_at_once():
    desk = Desk()
    async with serving(desk) as turns:
        for chat in range(CHATS_AT_ONCE_MAX + 3):
            desk.holds(chat)
            turns.add(chat, chat, {})
        for _ in range(20):
            await asyncio.sleep(0)
        assert desk.begun == list(range(CHATS_AT_ONCE_MAX))
        for chat in range(CHATS_AT_ONCE_MAX + 3):
            desk.lets(chat)
        await desk.has_done(*range(CHATS_AT_ONCE_MAX + 3))


async def test_work_that_raises_is_told_and_what_came_before_is_done():
    desk = Desk()
    async with serving(desk) as turns:
        turns.add(7, 1, {})
        turns.add(7, 2, {"fails": True})
        with pytest.raises(ValueError, match="2"):
            await asyncio.wait_for(turns.broken(), 5)
    assert desk.done == [1]


async def test_no_more_is_taken_while_too_much_waits():
    desk = Desk()
    desk.holds(0)
    async with serving(desk) as turns:
        for update in range(WAITING_MAX):
            turns.add(7, update, {})
        room = asyncio.create_task(turns.room())
        await asyncio.sleep(0)
        assert not room.done()
        desk.lets(0)
        await asyncio.wait_for(room, 5)
