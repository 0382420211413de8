"""The program as a process, killed at moments that chance picks, between real HTTP on both sides."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from tests.e2e.invented import FIRMS, WATCHLIST, headline, write_rules
from tests.e2e.program import News, Program, rss
from tests.fakes import FakeTelegram, FakeWeb

FOLLOWERS = (611, 612, 613, 614)
NOW = datetime.now(UTC)
NOISE = News(title="Bitcoin opens the week little changed", at=NOW - timedelta(days=1))
STARTED_S = 60.0
"""How long a life may take to its first calls, on a machine that has other things to do."""
ANSWERED_S = 180.0
"""How long the last life may take to look for all that the lives before it left open."""


class Newsroom:
    """A web and a Bot API server, and the lives of the program between them."""

    def __init__(self, place: Path, rng: Random) -> None:
        self.place = place
        self.rng = rng
        self.web = FakeWeb()
        self.telegram = FakeTelegram()
        self.rules = write_rules(place)
        self.news = [NOISE]
        self.asked: Counter[int] = Counter()

    def life(self) -> Program:
        return Program(
            place=self.place,
            web=self.web,
            telegram=self.telegram,
            feeds={"wire-one": "/wire-one"},
            env={"CASEWIRE_RULES": str(self.rules)},
        )

    def publishes(self, *news: News) -> None:
        self.news += news
        self.web.serves("/wire-one", rss("wire-one", *self.news))

    def asks(self, user: int, text: str) -> None:
        """Let `user` write a command, each of which brings one answer."""
        self.asked[user] += 1
        self.telegram.says(user, text)

    async def a_moment(self) -> None:
        """Return at the start, or in the thick of it: somewhere in some call, or a little later."""
        sends = self.rng.random() < 0.7
        calls, nth = self.telegram.calls, self.rng.randint(1, 6)
        before = len(calls)

        def reached() -> bool:
            new = [method for method, _ in calls[before:]]
            return new.count("sendMessage") >= nth if sends else len(new) >= nth

        await self.telegram.waits_until(reached, "calls to be killed in", STARTED_S)
        if self.rng.random() < 0.5:
            await asyncio.sleep(self.rng.uniform(0.0, 0.05))

    def alerts(self, user: int) -> list[str]:
        """Return the alerts that `user` was sent."""
        return [one.text for one in self.telegram.sent(user) if "wire-one" in one.text]

    def answers(self, user: int) -> list[str]:
        """Return the answers that `user` was sent."""
        return [one.text for one in self.telegram.sent(user) if "wire-one" not in one.text]

    async def all_there(self, alerts: int) -> None:
        """Return once everybody has so many alerts, and every answer."""

        def complete() -> bool:
            return all(
                len(self.alerts(user)) >= alerts and len(self.answers(user)) >= count
                for user, count in self.asked.items()
            )

        await self.telegram.waits_until(complete, "every alert and answer", ANSWERED_S)


async def is_killed(place: Path, kills: int, seed: object) -> None:
    """Kill the program in the middle of its alerts; then see that each is there, and once."""
    room = Newsroom(place, Random(f"{seed}"))  # noqa: S311 -- chance that can be repeated
    titles = [headline(firm) for firm in FIRMS[:kills]]
    async with room.web, room.telegram, AsyncExitStack() as last:
        room.publishes()
        async with room.life() as program:
            for user in FOLLOWERS:
                room.asks(user, f"/follow {WATCHLIST}")
            await room.all_there(0)
            await room.web.asked("/wire-one")
            await program.ends(signal.SIGKILL)
        for title in titles:
            room.publishes(News(title=title, at=datetime.now(UTC)))
            room.asks(room.rng.choice(FOLLOWERS), "/id")
            async with room.life() as program:
                await room.a_moment()
                await program.ends(signal.SIGKILL)
        final = await last.enter_async_context(room.life())
        await room.all_there(kills)
        # What is answered last comes after all that could still be repeated.
        for user in FOLLOWERS:
            room.asks(user, "/id")
        await room.all_there(kills)
        for user, count in room.asked.items():
            told = Counter(title for title in titles for text in room.alerts(user) if title in text)
            assert told == Counter(titles), user
            assert len(room.alerts(user)) == kills, user
            assert len(room.answers(user)) == count, user
        assert await final.ends() == 0


@pytest.mark.timeout(180)
async def test_ten_kills_lose_no_alert_and_no_command_and_repeat_none(tmp_path: Path) -> None:
    # Side by side, since most of a life is waiting for Telegram's pace.
    await asyncio.gather(*(is_killed(tmp_path / f"{n}", 5, f"ten {n}") for n in range(2)))


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_a_hundred_kills_lose_no_alert_and_no_command_and_repeat_none(tmp_path: Path) -> None:
    await is_killed(tmp_path, 100, "hundred")


async def test_a_program_told_to_stop_is_gone_in_time_and_keeps_its_queue(tmp_path: Path) -> None:
    room = Newsroom(tmp_path, Random("stop"))  # noqa: S311 -- chance that can be repeated
    async with room.web, room.telegram as telegram:
        room.publishes()
        async with room.life() as program:
            for user in FOLLOWERS:
                room.asks(user, f"/follow {WATCHLIST}")
            await room.all_there(0)
            await room.web.asked("/wire-one")
            telegram.hangs_after_accepting(chat=FOLLOWERS[0])
            for user in FOLLOWERS[1:]:
                telegram.floods(user, retry_after=2)
            room.publishes(News(title=headline(FIRMS[0]), at=NOW))
            await program.says("told_to_wait", len(FOLLOWERS) - 1)
            assert await program.ends() == 0
        async with room.life():
            await room.all_there(1)
            for user in FOLLOWERS:
                room.asks(user, "/id")
            await room.all_there(1)
        assert [len(room.alerts(user)) for user in FOLLOWERS] == [1] * len(FOLLOWERS)
