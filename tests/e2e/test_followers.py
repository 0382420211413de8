"""A follower in Telegram, from the feed's bytes to the message, over real HTTP."""

from __future__ import annotations

import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.e2e.program import News, Program, rss
from tests.fakes import TOKEN, FakeTelegram, FakeWeb

ANN = 501
OUTLETS = ("wire-one", "ledger-post", "chain-courier", "coin-gazette", "token-ferry")
HEARING = datetime.now(UTC) - timedelta(hours=60)
"""News older than 72 h goes to the digest, so what is to ring is dated after that."""

FIVE_WAYS = (
    "Magistrate judge not inclined to let SEC inspect Binance.US software",
    "Judge rejects SEC request for access to Binance.US systems",
    "SEC bid to look into Binance.US software denied by court",
    "Judge makes no ruling in document dispute between SEC and Binance.US",
    "SEC fails to win inspection of Binance.US software at Monday hearing",
)
NEXT = "Binance and Changpeng Zhao file motion to dismiss SEC lawsuit"
NOISE = News(title="Bitcoin opens the week little changed", at=HEARING - timedelta(days=1))


async def test_five_outlets_in_different_words_are_one_alert_and_the_next_step_is_one_more(
    tmp_path: Path,
) -> None:
    async with FakeWeb() as web, FakeTelegram() as telegram:
        for outlet in OUTLETS:
            web.serves(f"/{outlet}", rss(outlet, NOISE))
        feeds = {outlet: f"/{outlet}" for outlet in OUTLETS}
        program = Program(place=tmp_path, web=web, telegram=telegram, feeds=feeds)
        async with program:
            telegram.says(ANN, "/follow binance")
            await telegram.waits_for(ANN, 1)
            for outlet in OUTLETS:
                await web.asked(f"/{outlet}")
            for number, (outlet, title) in enumerate(zip(OUTLETS, FIVE_WAYS, strict=True)):
                at = HEARING + timedelta(hours=number)
                web.serves(f"/{outlet}", rss(outlet, NOISE, News(title=title, at=at)))
                await program.says(f'"title": "{title}"')
            await telegram.waits_until(
                lambda: "also reported by 4 outlets" in telegram.sent(ANN)[-1].text,
                "the fifth outlet in the alert",
            )
            assert len(telegram.sent(ANN)) == 2

            step = News(title=NEXT, at=HEARING + timedelta(days=2))
            web.serves("/wire-one", rss("wire-one", NOISE, step))
            messages = await telegram.waits_for(ANN, 3)
            assert messages[1].text.startswith("SEC v. Binance · Reported")
            assert messages[2].text.startswith("SEC v. Binance · Reported: motion")
            assert TOKEN not in program.output

        async with Program(place=tmp_path, web=web, telegram=telegram, feeds=feeds):
            for outlet in OUTLETS:
                before = len(web.requests(f"/{outlet}"))
                await web.asked(f"/{outlet}", before + 1)
            telegram.says(ANN, "/following")
            await telegram.waits_for(ANN, 4)
            assert [m.text for m in telegram.sent(ANN)[1:3]] == [m.text for m in messages[1:3]]
        assert len(telegram.sent(ANN)) == 4


async def test_a_program_killed_before_it_could_send_sends_once_after_the_restart(
    tmp_path: Path,
) -> None:
    async with FakeWeb() as web, FakeTelegram() as telegram:
        web.serves("/wire-one", rss("wire-one", NOISE))
        feeds = {"wire-one": "/wire-one"}
        async with Program(place=tmp_path, web=web, telegram=telegram, feeds=feeds) as program:
            telegram.says(ANN, "/follow binance")
            await telegram.waits_for(ANN, 1)
            await web.asked("/wire-one")
            telegram.floods(ANN, retry_after=2)
            web.serves("/wire-one", rss("wire-one", NOISE, News(title=FIVE_WAYS[0], at=HEARING)))
            await program.says("told_to_wait")
            await program.ends(signal.SIGKILL)
        assert len(telegram.sent(ANN)) == 1
        async with Program(place=tmp_path, web=web, telegram=telegram, feeds=feeds):
            await telegram.waits_for(ANN, 2)
            telegram.says(ANN, "/id")
            await telegram.waits_for(ANN, 3)
        assert sum("Binance.US software" in message.text for message in telegram.sent(ANN)) == 1


async def test_a_kill_while_messages_are_on_the_wire_loses_none_and_repeats_none(
    tmp_path: Path,
) -> None:
    there, cut, fine = 511, 512, 513
    async with FakeWeb() as web, FakeTelegram() as telegram:
        web.serves("/wire-one", rss("wire-one", NOISE))
        feeds = {"wire-one": "/wire-one"}
        async with Program(place=tmp_path, web=web, telegram=telegram, feeds=feeds) as program:
            for user in (there, cut, fine):
                telegram.says(user, "/follow binance")
                await telegram.waits_for(user, 1)
            await web.asked("/wire-one")
            telegram.hangs_after_accepting(chat=there)
            telegram.cuts_before(chat=cut)
            web.serves("/wire-one", rss("wire-one", NOISE, News(title=FIVE_WAYS[0], at=HEARING)))
            await telegram.waits_for(there, 2)
            await program.says('"event": "outcome_unknown"')
            await program.ends(signal.SIGKILL)
        async with Program(place=tmp_path, web=web, telegram=telegram, feeds=feeds):
            for user in (there, cut, fine):
                await telegram.waits_for(user, 2)
                telegram.says(user, "/id")
                await telegram.waits_for(user, 3)
        for user in (there, cut, fine):
            told = [one for one in telegram.sent(user) if "Binance.US software" in one.text]
            assert len(told) == 1, user


async def test_a_blocked_chat_stops_nobody_else(tmp_path: Path) -> None:
    ben = 502
    async with FakeWeb() as web, FakeTelegram() as telegram:
        web.serves("/wire-one", rss("wire-one", NOISE))
        feeds = {"wire-one": "/wire-one"}
        async with Program(place=tmp_path, web=web, telegram=telegram, feeds=feeds) as program:
            for user in (ANN, ben):
                telegram.says(user, "/follow binance")
                await telegram.waits_for(user, 1)
            telegram.blocks(ANN)
            web.serves("/wire-one", rss("wire-one", NOISE, News(title=FIVE_WAYS[0], at=HEARING)))
            messages = await telegram.waits_for(ben, 2)
            assert "Binance.US software" in messages[1].text
            assert await program.ends() == 0


async def test_feed_text_is_escaped_and_previews_are_off(tmp_path: Path) -> None:
    hostile = "SEC v. Binance: judge <b>rules</b> & says <a href='tg://x'>5 < 6</a>"
    async with FakeWeb() as web, FakeTelegram() as telegram:
        web.serves("/wire-one", rss("wire-one", NOISE))
        feeds = {"wire-one": "/wire-one"}
        async with Program(place=tmp_path, web=web, telegram=telegram, feeds=feeds):
            telegram.says(ANN, "/follow binance")
            await telegram.waits_for(ANN, 1)
            await web.asked("/wire-one")
            web.serves("/wire-one", rss("wire-one", NOISE, News(title=hostile, at=HEARING)))
            messages = await telegram.waits_for(ANN, 2)
        assert "tg://" not in messages[1].html
        for call in telegram.called("sendMessage"):
            options = call["link_preview_options"]
            assert '"is_disabled": true' in options or '"is_disabled":true' in options


async def test_a_stranger_is_told_the_id_to_give_to_the_operator(tmp_path: Path) -> None:
    async with FakeWeb() as web, FakeTelegram() as telegram:
        web.serves("/wire-one", rss("wire-one", NOISE))
        program = Program(
            place=tmp_path,
            web=web,
            telegram=telegram,
            feeds={"wire-one": "/wire-one"},
            env={"CASEWIRE_ACCESS": "private", "CASEWIRE_ADMINS": "77"},
        )
        async with program:
            telegram.says(ANN, "/follow binance")
            messages = await telegram.waits_for(ANN, 1)
            refusal = f"This bot is private. Your id is {ANN}, ask the operator."
            assert messages[0].text == refusal
            telegram.says(77, "/follow binance")
            assert "SEC v. Binance" in (await telegram.waits_for(77, 1))[0].text


async def test_the_claim_link_makes_the_first_admin_once(tmp_path: Path) -> None:
    async with FakeWeb() as web, FakeTelegram() as telegram:
        web.serves("/wire-one", rss("wire-one", NOISE))
        program = Program(
            place=tmp_path,
            web=web,
            telegram=telegram,
            feeds={"wire-one": "/wire-one"},
            env={"CASEWIRE_ACCESS": "private"},
        )
        async with program:
            link = f"https://t.me/{telegram.name}?start=claim_"
            await program.says(link)
            code = program.output.split("?start=")[1].split()[0]
            telegram.says(ANN, f"/start {code}")
            await telegram.waits_for(ANN, 1)
            telegram.says(502, f"/start {code}")
            assert "private" in (await telegram.waits_for(502, 1))[0].text
            telegram.says(ANN, "/case binance")
            assert "1:23-cv-01599" in (await telegram.waits_for(ANN, 2))[1].text
