"""Bad input while running: each fault is said once, and nothing else stops for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.e2e.program import News, Program, rss
from tests.fakes import TOKEN, FakeTelegram, FakeWeb

AT = datetime.now(UTC) - timedelta(hours=6)
NOISE = News(title="Dollar steady before central bank meetings", at=AT - timedelta(days=1))
RULING = News(title="Judge lets most of SEC case against Binance proceed", at=AT)


async def test_broken_feeds_are_said_once_each_and_the_good_one_still_rings(
    tmp_path: Path,
) -> None:
    async with FakeWeb() as web:
        web.serves("/good", rss("good", NOISE))
        web.answers("/down", 500)
        web.serves("/page", "<html><head><title>Just a moment</title></head></html>")
        web.serves("/broken", "<rss><channel><item><title>half an it")
        web.serves("/empty", rss("empty"))
        web.cuts("/cut", 100)
        feeds = {name: f"/{name}" for name in ("good", "down", "page", "broken", "empty", "cut")}
        async with Program(place=tmp_path, web=web, feeds=feeds) as program:
            for path in feeds.values():
                await web.asked(path, 2)
            web.serves("/good", rss("good", NOISE, RULING))
            await program.says("SEC v. Binance · Reported: ruling · High")
            assert await program.ends() == 0
        failed = program.events("feed_failed")
        assert [line["feed"] for line in failed if line["feed"] == "down"] == ["down"]
        unread = [line["feed"] for line in program.events("feed_unreadable")]
        assert unread.count("page") == 1
        assert "good" not in unread


async def test_a_fault_in_yaml_while_running_leaves_the_old_rules_live_and_is_said_once(
    tmp_path: Path,
) -> None:
    async with FakeWeb() as web:
        web.serves("/good", rss("good", NOISE))
        async with Program(place=tmp_path, web=web, feeds={"good": "/good"}) as program:
            await web.asked("/good")
            good = program.feeds_file.read_text()
            program.feeds_file.write_text(good + "  - {id: bad, url: ftp://x, kind: news}\n")
            await program.says("rules_refused")
            web.serves("/good", rss("good", NOISE, RULING))
            await program.says("SEC v. Binance · Reported: ruling · High")
            program.feeds_file.write_text(good)
            await program.says("rules_reloaded")
            assert await program.ends() == 0
        refused = program.events("rules_refused")
        assert len(refused) == 1
        assert "feeds.yaml:7:" in str(refused[0]["fault"])


async def test_one_round_polls_prints_and_exits_and_a_second_prints_nothing_new(
    tmp_path: Path,
) -> None:
    now = datetime.now(UTC)
    fresh = News(title=RULING.title, at=now - timedelta(hours=1))
    async with FakeWeb() as web:
        web.serves("/good", rss("good", fresh))
        feeds, once = {"good": "/good"}, ("run", "--once")
        async with Program(place=tmp_path, web=web, feeds=feeds, arguments=once) as program:
            assert await program.finished() == 0
        assert program.output.count("Reported: ruling · High") == 1
        assert "TELEGRAM_BOT_TOKEN" in program.output
        async with Program(place=tmp_path, web=web, feeds=feeds, arguments=once) as again:
            assert await again.finished() == 0
        assert "Reported: ruling" not in again.output


async def test_one_round_that_waits_for_telegram_ends_when_it_is_told_to(tmp_path: Path) -> None:
    async with FakeWeb() as web, FakeTelegram() as telegram:
        web.serves("/good", rss("good", NOISE))
        for _ in range(10):
            telegram.refuses("getMe", 502, "Bad Gateway")
        async with Program(
            place=tmp_path,
            web=web,
            telegram=telegram,
            feeds={"good": "/good"},
            arguments=("run", "--once"),
        ) as program:
            await program.says("telegram_unreachable")
            assert await program.ends() == 0


async def test_a_faulty_file_is_told_to_the_operators_chat(tmp_path: Path) -> None:
    ops = 900
    async with FakeWeb() as web, FakeTelegram() as telegram:
        web.serves("/good", rss("good", NOISE))
        program = Program(
            place=tmp_path,
            web=web,
            telegram=telegram,
            feeds={"good": "/good"},
            env={"CASEWIRE_OPS_CHAT": str(ops), "CASEWIRE_ADMINS": str(ops)},
        )
        async with program:
            await web.asked("/good")
            good = program.feeds_file.read_text()
            program.feeds_file.write_text(good + "  - {id: bad, url: ftp://x, kind: news}\n")
            (notice,) = await telegram.waits_for(ops, 1)
            assert "feeds.yaml:7" in notice.text


async def test_a_token_that_is_revoked_ends_the_program_with_one_clear_line(
    tmp_path: Path,
) -> None:
    async with FakeWeb() as web, FakeTelegram() as telegram:
        web.serves("/good", rss("good", NOISE))
        program = Program(place=tmp_path, web=web, telegram=telegram, feeds={"good": "/good"})
        async with program:
            await web.asked("/good")
            telegram.revokes_the_token()
            assert await program.finished() == 1
        assert program.output.count("TELEGRAM_BOT_TOKEN: the Bot API does not accept") == 1
        assert TOKEN not in program.output
        assert "Traceback" not in program.output
