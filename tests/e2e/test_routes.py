"""A watchlist that goes to chats by itself, over real HTTP."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.e2e.program import News, Program, rss
from tests.fakes import FakeTelegram, FakeWeb

DESK, STRICT = -1001, -1002
AT = datetime.now(UTC) - timedelta(hours=60)
LOW = "Regulator weighs rules for staking in funds"
HIGH = "Exchange closes staking service in settlement over mixers"
OURS = {
    "staking": "title: Staking\nseverity: low\nwhen: staking\n",
    "mixers": "title: Mixers\nseverity: high\nwhen: mixer\n",
}
YOURS = """\
extends: staking
deliver:
  - {to: -1001, thread: 4}
  - {to: -1002, floor: high}
  - {to: ops, mode: digest 08:00}
"""


async def test_a_watchlist_reaches_the_chats_it_names_without_anyone_following(
    tmp_path: Path,
) -> None:
    places = [tmp_path / "ours", tmp_path / "yours"]
    for place, files in zip(places, (OURS, {"staking": YOURS}), strict=True):
        for name, text in files.items():
            file = place / "watchlists" / f"{name}.yaml"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    async with FakeWeb() as web, FakeTelegram() as telegram:
        news = [News(title="Bitcoin opens the week little changed", at=AT - timedelta(days=1))]
        web.serves("/wire-one", rss("wire-one", *news))
        async with Program(
            place=tmp_path,
            web=web,
            telegram=telegram,
            feeds={"wire-one": "/wire-one"},
            env={"CASEWIRE_RULES": os.pathsep.join(map(str, places))},
        ) as program:
            await web.asked("/wire-one")
            for number, title in enumerate((LOW, HIGH), start=1):
                news.append(News(title=title, at=AT + timedelta(days=number)))
                web.serves("/wire-one", rss("wire-one", *news))
                message = (await telegram.waits_for(DESK, number))[-1]
                assert title in message.text
                assert message.thread == 4
            (message,) = await telegram.waits_for(STRICT, 1)
            assert HIGH in message.text
            assert [each["watchlist"] for each in program.events("ops_chat_not_set")] == ["staking"]
