"""`doctor`: what it finds right and wrong, and what it says to do."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from aggregator.cli import examine
from aggregator.cli.examine import Level
from aggregator.model import Place
from aggregator.store.lock import hold_database
from aggregator.store.sqlite import SqliteStore
from aggregator.telegram.connect import close_bot, make_bot
from tests.fake_telegram import TOKEN, FakeTelegram
from tests.fakes import FakeWeb
from tests.newsroom import ROOT

NOW = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
ME, GROUP, CHANNEL = 500, -1_002_000_000_001, -1_002_000_000_002


@pytest.fixture
async def telegram():
    async with FakeTelegram() as server:
        yield server


@pytest.fixture
async def bot(telegram):
    made = make_bot(TOKEN, telegram.base)
    yield made
    await close_bot(made)


async def a_database(path):
    store = await SqliteStore.open(str(path))
    await store.close()
    return path


def levels(findings):
    return [(one.check, one.level) for one in findings]


# --- the database ---------------------------------------------------------------------------------


async def test_a_whole_database_that_nobody_uses_is_right(tmp_path):
    path = await a_database(tmp_path / "a.db")
    whole, user, disk = examine.database(str(path))
    assert (whole.level, user.what) == (Level.OK, "no program uses it")
    assert disk.check == "disk"


async def test_the_process_that_uses_a_database_is_named_and_nothing_is_wrong(tmp_path):
    path = await a_database(tmp_path / "a.db")
    with hold_database(str(path)):
        found = examine.database(str(path))
    (user,) = [one for one in found if "in use" in one.what]
    assert str(os.getpid()) in user.what
    assert user.level is Level.OK


async def test_a_damaged_database_is_wrong_and_what_to_do_is_said(tmp_path):
    path = await a_database(tmp_path / "a.db")
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 8192)
    found = examine.database(str(path))[0]
    assert found.level is Level.WRONG
    assert "restore" in found.todo


def test_a_database_that_is_not_there_yet_is_no_fault_and_none_is_made(tmp_path):
    path = tmp_path / "data" / "a.db"
    assert "`run` makes it" in examine.database(str(path))[0].what
    assert not path.parent.exists()


def test_a_database_of_another_program_is_wrong(tmp_path):
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE theirs (a)")
    assert examine.database(str(path))[0].level is Level.WRONG


# --- Telegram -------------------------------------------------------------------------------------


async def test_a_good_token_names_the_bot_and_a_bad_one_says_where_to_copy_it(telegram, bot):
    assert (await examine.token(bot)).what == "the bot is @casewire_test_bot"
    other = make_bot("123456789:another-token-that-nobody-knows", telegram.base)
    try:
        found = await examine.token(other)
    finally:
        await close_bot(other)
    assert found.level is Level.WRONG
    assert "@BotFather" in found.todo
    assert "another-token" not in f"{found}"


async def test_a_chat_that_the_bot_cannot_reach_is_wrong_and_none_is_a_warning(telegram, bot):
    await examine.token(bot)
    telegram.says(ME, "hello")
    telegram.is_group(GROUP, admins=[ME])
    assert levels(await examine.chats(bot, None, ())) == [("chat", Level.WARNING)]
    both = await examine.chats(bot, Place(chat_id=ME), {GROUP, ME})
    assert levels(both) == [("chat", Level.OK), ("chat", Level.OK)]
    for _ in range(2):
        telegram.refuses("getChat", 400, "Bad Request: chat not found")
    lost, routed = await examine.chats(bot, Place(chat_id=-1_009_999_999_999), {-1_009_999_999_998})
    assert (lost.level, "CASEWIRE_OPS_CHAT" in lost.todo) == (Level.WRONG, True)
    assert (routed.level, "deliver" in routed.todo) == (Level.WRONG, True)


async def test_the_probe_tells_what_is_there_from_what_is_not_and_leaves_one_message(telegram, bot):
    await examine.token(bot)
    assert (await examine.probe(bot, ME, NOW)).level is Level.OK
    (message,) = telegram.sent(ME)
    assert message.text == "A test by doctor, which is over: nothing to do."


async def test_a_server_that_finds_no_message_is_found_out_by_the_probe(telegram, bot):
    await examine.token(bot)
    telegram.refuses("editMessageText", 400, "Bad Request: message to edit not found")
    found = await examine.probe(bot, ME, NOW)
    assert found.level is Level.WRONG
    assert "CASEWIRE_PROBE=off" in found.todo


@pytest.mark.parametrize(
    ("ahead_s", "level"), [(0, Level.OK), (-45, Level.OK), (3600, Level.WRONG)]
)
async def test_the_clock_is_compared_with_the_date_of_an_answer(ahead_s, level):
    async with FakeWeb() as web:
        web.serves("/", "", headers={"Date": format_datetime(NOW, usegmt=True)})
        found = await examine.clock(web.url("/"), lambda: NOW + timedelta(seconds=ahead_s))
    assert found.level is level


async def test_an_answer_without_a_date_is_a_warning(telegram):
    assert (await examine.clock(telegram.base, lambda: NOW)).level is Level.WARNING


# --- names and feeds ------------------------------------------------------------------------------


class Book:
    """A resolver that knows some hosts."""

    def __init__(self, *hosts):
        self._hosts = hosts

    async def resolve(self, host, port):
        return ["192.0.2.1"] if host in self._hosts else []


async def test_a_host_without_address_is_named_and_no_network_is_said_once():
    hosts = {"a.example", "b.example"}
    assert levels(await examine.names(Book(*hosts), hosts)) == [("dns", Level.OK)]
    (lost,) = await examine.names(Book("a.example"), hosts)
    assert lost.what == "b.example has no address"
    (down,) = await examine.names(Book(), hosts)
    assert "network" in down.todo


def rss(at):
    item = f"<item><title>Rain</title><guid>1</guid><pubDate>{format_datetime(at)}</pubDate></item>"
    return f'<rss version="2.0"><channel><title>W</title>{item}</channel></rss>'


def write(place, web, **paths):
    lines = [
        f"- {{id: {name}, url: {web.url(path)!r}, kind: news, name: {name}, trust: independent,"
        " allow_private: true}"
        for name, path in paths.items()
    ]
    (place / "feeds.yaml").write_text("feeds:\n" + "\n".join(lines) + "\n")


async def run(place, *arguments, **env):
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "bot.py"),
        "doctor",
        *arguments,
        cwd=place,
        env={
            "PATH": os.environ["PATH"],
            "DATABASE_URL": f"sqlite:///{place}/casewire.db",
            "CASEWIRE_FEEDS": str(place / "feeds.yaml"),
            "CASEWIRE_RULES": str(ROOT / "rules"),
            "TELEGRAM_API_BASE": "http://127.0.0.1:9",
            **env,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_the_command_looks_at_everything_and_ends_with_1_where_something_is_wrong(
    tmp_path, telegram
):
    async with FakeWeb() as web:
        web.serves("/good", rss(datetime.now(UTC)))
        web.serves("/old", rss(datetime.now(UTC) - timedelta(days=90)))
        web.serves("/page", "<!doctype html><html><body>Sign in</body></html>")
        write(tmp_path, web, good="/good", old="/old")
        right, said, _ = await run(tmp_path)
        write(tmp_path, web, good="/good", old="/old", page="/page", gone="/gone")
        token = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_BASE": telegram.base}
        wrong, lines, _ = await run(tmp_path, "--json", "--probe", str(ME), **token)
    assert right == 0, said
    assert "1 entries, the newest 90 days old" in said
    assert wrong == 1
    found = [json.loads(line) for line in lines.splitlines()]
    assert all(set(one) == {"check", "level", "what", "todo"} for one in found)
    level = {one["what"].split(":")[0]: one["level"] for one in found if one["check"] == "feed"}
    assert level == {"good": "ok", "old": "warning", "page": "wrong", "gone": "wrong"}
    assert all(one["todo"] for one in found if one["level"] != "ok")
    assert {"database", "disk", "dns", "token", "chat", "probe", "clock"} <= {
        one["check"] for one in found
    }


async def test_faulty_files_are_named_and_wrong(tmp_path):
    (tmp_path / "feeds.yaml").write_text("feeds: [{id: A B}]\n")
    code, said, _ = await run(tmp_path)
    assert code == 1
    assert "WRONG   config: " in said
    assert "feeds.yaml:1" in said
