"""The program as a process, killed at moments that chance picks, between real HTTP on both sides."""

from __future__ import annotations

import signal
from collections import Counter
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from tests.e2e.program import News, Program, rss
from tests.fakes import FakeTelegram, FakeWeb

FOLLOWERS = (611, 612, 613, 614)
NOW = datetime.now(UTC)
NOISE = News(title="Bitcoin opens the week little changed", at=NOW - timedelta(days=1))
NAMES = ("KuCoin", "Bitfinex", "Bittrex", "Huobi", "Poloniex", "Upbit", "Bybit", "OKX", "Bitget",
         "Bitstamp", "Genesis", "Voyager")  # fmt: skip
TOLD = (
    "SEC sues crypto exchange {} over unregistered securities",
    "Judge dismisses SEC lawsuit against crypto exchange {}",
    "Crypto exchange {} settles with SEC for $21 million",
    "SEC appeals dismissal of its case against crypto exchange {}",
    "Crypto exchange {} asks judge to stay SEC enforcement action",
    "Jury finds crypto exchange {} liable in SEC trial",
    "CFTC charges crypto exchange {} with illegal futures trading",
    "Court freezes assets of crypto exchange {} at the request of CFTC",
    "New York attorney general sues crypto exchange {}",
)
ANSWERED_S = 60.0
"""How long the last life may take to look for all that the lives before it left open."""


def developments(count: int) -> list[str]:
    """Return so many headlines, each of another event."""
    return [told.format(name) for told in TOLD for name in NAMES][:count]


async def killed_again_and_again(place: Path, kills: int) -> None:
    """Kill the program in the middle of its alerts; then see that each is there, and once."""
    rng = Random(kills)  # noqa: S311 -- chance that can be repeated
    titles = developments(kills)
    commands: Counter[int] = Counter(FOLLOWERS)
    async with FakeWeb() as web, FakeTelegram() as telegram, AsyncExitStack() as last:
        news = [NOISE]
        web.serves("/wire-one", rss("wire-one", *news))
        feeds = {"wire-one": "/wire-one"}
        async with Program(place=place, web=web, telegram=telegram, feeds=feeds) as program:
            for user in FOLLOWERS:
                telegram.says(user, "/follow exchange-enforcement")
                await telegram.waits_for(user, 1)
            await web.asked("/wire-one")
            await program.ends(signal.SIGKILL)
        for title in titles:
            user = rng.choice(FOLLOWERS)
            commands[user] += 1
            async with Program(place=place, web=web, telegram=telegram, feeds=feeds) as program:
                before = len(telegram.calls)
                news.append(News(title=title, at=datetime.now(UTC)))
                web.serves("/wire-one", rss("wire-one", *news))
                telegram.says(user, "/id")
                # Somewhere among its first calls: connecting, taking commands, looking, sending.
                some = before + rng.randint(3, 8)
                await telegram.waits_until(lambda: len(telegram.calls) >= some, "calls to kill in")  # noqa: B023 -- awaited here
                await program.ends(signal.SIGKILL)
        final = Program(place=place, web=web, telegram=telegram, feeds=feeds)
        await last.enter_async_context(final)

        def complete() -> bool:
            return all(
                len(alerts(telegram, user)) >= kills and len(answers(telegram, user)) >= count
                for user, count in commands.items()
            )

        await telegram.waits_until(complete, "every alert and answer", ANSWERED_S)
        # What is answered last comes after all that could still be repeated.
        for user in FOLLOWERS:
            commands[user] += 1
            telegram.says(user, "/id")
        await telegram.waits_until(complete, "the last answers", ANSWERED_S)
        for user, count in commands.items():
            told = Counter(
                title for title in titles for text in alerts(telegram, user) if title in text
            )
            assert told == Counter(titles), user
            assert len(alerts(telegram, user)) == kills, user
            assert len(answers(telegram, user)) == count, user
        assert await final.ends() == 0


def alerts(telegram: FakeTelegram, user: int) -> list[str]:
    """Return the alerts that `user` was sent."""
    return [one.text for one in telegram.sent(user) if "wire-one" in one.text]


def answers(telegram: FakeTelegram, user: int) -> list[str]:
    """Return the answers that `user` was sent."""
    return [one.text for one in telegram.sent(user) if "wire-one" not in one.text]


@pytest.mark.timeout(180)
async def test_ten_kills_lose_no_alert_and_no_command_and_repeat_none(tmp_path: Path) -> None:
    await killed_again_and_again(tmp_path, 10)


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_a_hundred_kills_lose_no_alert_and_no_command_and_repeat_none(tmp_path: Path) -> None:
    await killed_again_and_again(tmp_path, 100)


async def test_a_program_told_to_stop_is_gone_in_time_and_keeps_its_queue(tmp_path: Path) -> None:
    async with FakeWeb() as web, FakeTelegram() as telegram:
        web.serves("/wire-one", rss("wire-one", NOISE))
        feeds = {"wire-one": "/wire-one"}
        title = developments(1)[0]
        async with Program(place=tmp_path, web=web, telegram=telegram, feeds=feeds) as program:
            for user in FOLLOWERS:
                telegram.says(user, "/follow exchange-enforcement")
                await telegram.waits_for(user, 1)
            await web.asked("/wire-one")
            telegram.hangs_after_accepting(chat=FOLLOWERS[0])
            for user in FOLLOWERS[1:]:
                telegram.floods(user, retry_after=2)
            web.serves("/wire-one", rss("wire-one", NOISE, News(title=title, at=NOW)))
            await program.says("told_to_wait", len(FOLLOWERS) - 1)
            assert await program.ends() == 0
        async with Program(place=tmp_path, web=web, telegram=telegram, feeds=feeds):
            for user in FOLLOWERS:
                await telegram.waits_until(
                    lambda: len(alerts(telegram, user)) == 1,  # noqa: B023 -- awaited here
                    f"the alert of {user}",
                )
                telegram.says(user, "/id")
                await telegram.waits_for(user, 3)
        assert [len(alerts(telegram, user)) for user in FOLLOWERS] == [1] * len(FOLLOWERS)
