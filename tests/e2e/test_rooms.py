"""The first steps of everyone who meets the bot, over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.telegram import words
from aggregator.telegram.words import here, trouble
from tests.e2e.program import News, Program, rss
from tests.e2e.room import Room
from tests.fake_telegram import read_html
from tests.fakes import FakeTelegram, FakeWeb

ANN, BEN, OPERATOR = 501, 502, 77
GROUP, FORUM, CHANNEL = -1001, -1002, -1009
NOISE = News(title="Bitcoin opens the week little changed", at=datetime.now(UTC))
RULING = "Judge lets most of SEC case against Binance proceed"


@asynccontextmanager
async def running(
    place: Path, telegram: FakeTelegram, **env: str
) -> AsyncIterator[tuple[Program, FakeWeb]]:
    async with FakeWeb() as web:
        web.serves("/wire-one", rss("wire-one", NOISE))
        program = Program(
            place=place,
            web=web,
            telegram=telegram,
            feeds={"wire-one": "/wire-one"},
            env={"CASEWIRE_ADMINS": str(OPERATOR), **env},
        )
        async with program:
            await web.asked("/wire-one")
            yield program, web


def news(web: FakeWeb, title: str) -> None:
    """Let the outlet report something of this hour."""
    at = datetime.now(UTC) - timedelta(minutes=20)
    web.serves("/wire-one", rss("wire-one", NOISE, News(title=title, at=at)))


async def test_in_private_a_newcomer_finds_a_case_follows_it_and_hears_of_it(
    tmp_path: Path,
) -> None:
    async with FakeTelegram() as telegram, running(tmp_path, telegram) as (_, web):
        ann = Room(telegram, user=ANN)
        assert words.START in (await ann.says("/start")).text
        assert words.NOT_LEGAL_ADVICE in (await ann.says("/help")).text
        card = await ann.says("binance")
        assert card.text.startswith("SEC v. Binance") or "Binance Holdings" in card.text
        followed = await ann.presses_for(card, "Follow")
        assert "SEC v. Binance" in followed.text
        assert "1 of 1 fresh" in (await ann.says("/status")).text
        before = len(ann.messages)
        news(web, RULING)
        await telegram.waits_for(ANN, before + 1)
        assert ann.last.text.startswith("SEC v. Binance")


async def test_in_a_group_its_admin_sets_and_a_member_only_looks(tmp_path: Path) -> None:
    async with FakeTelegram() as telegram, running(tmp_path, telegram):
        telegram.is_group(GROUP, admins=[ANN])
        ann, ben = Room(telegram, user=ANN, chat=GROUP), Room(telegram, user=BEN, chat=GROUP)
        refused = await ben.says("/follow binance")
        assert refused.text == words.GROUP_ADMINS_ONLY
        card = await ben.says("/case binance")
        assert await ben.presses(card, "Follow") == words.GROUP_ADMINS_ONLY
        assert "SEC v. Binance" in (await ann.presses_for(card, "Follow")).text
        shown = await ann.says("/here")
        assert "This chat hears 1 thing" in shown.text
        assert await ben.presses(shown, "Remove SEC v. Binance") == words.GROUP_ADMINS_ONLY
        assert "1 of 1 fresh" in (await ben.says("/status")).text


async def test_in_a_forum_each_topic_hears_its_own_and_a_case_moves_between_them(
    tmp_path: Path,
) -> None:
    async with FakeTelegram() as telegram, running(tmp_path, telegram) as (_, web):
        telegram.is_group(FORUM, admins=[ANN])
        first = Room(telegram, user=ANN, chat=FORUM, thread=4)
        second = Room(telegram, user=ANN, chat=FORUM, thread=5)
        await first.says("/here binance")
        listed = await second.says("/here")
        assert "SEC v. Binance · case · topic 4" in listed.text
        moved = await second.presses_for(listed, "Move here: SEC v. Binance")
        assert moved.text == here.heard_only_here("SEC v. Binance")
        told = len(first.messages), len(second.messages)
        news(web, RULING)
        await telegram.waits_for(FORUM, sum(told) + 1)
        assert (len(first.messages), len(second.messages)) == (told[0], told[1] + 1)


async def test_a_channel_is_set_by_its_admin_from_a_private_chat(tmp_path: Path) -> None:
    async with FakeTelegram() as telegram, running(tmp_path, telegram) as (_, web):
        telegram.is_channel(CHANNEL, name="courts", admins=[ANN])
        ann, ben = Room(telegram, user=ANN), Room(telegram, user=BEN)
        news_room = Room(telegram, chat=CHANNEL)
        assert (await ben.says("/here @courts binance")).text == here.CHANNEL_ADMINS_ONLY
        shown = await ann.says("/here @courts binance")
        assert "follows SEC v. Binance now" in shown.text
        news(web, RULING)
        await telegram.waits_for(CHANNEL, 1)
        assert news_room.last.text.startswith("SEC v. Binance")
        await ann.presses_to_turn(shown, "Remove SEC v. Binance")
        assert "hears 0 things" in shown.text


@pytest.mark.parametrize("access", ["open", "private"])
async def test_a_post_in_a_channel_is_a_command_only_where_the_bot_is_open(
    tmp_path: Path, access: str
) -> None:
    async with (
        FakeTelegram() as telegram,
        running(tmp_path, telegram, CASEWIRE_ACCESS=access),
    ):
        telegram.is_channel(CHANNEL)
        answer = await Room(telegram, chat=CHANNEL).says("/here binance")
        bound = here.added("SEC v. Binance", "This channel")
        refused = read_html(trouble.private_channel(CHANNEL)).text
        assert answer.text == (bound if access == "open" else refused)


async def test_an_operator_sees_delivery_feeds_and_audit_and_reloads(tmp_path: Path) -> None:
    async with FakeTelegram() as telegram, running(tmp_path, telegram) as (program, _):
        operator = Room(telegram, user=OPERATOR)
        assert "Outbox" in (await operator.says("/status")).text
        assert "wire-one" in (await operator.says("/feeds")).text.casefold()
        assert "Ledger" in (await operator.says("/audit")).text
        assert (await operator.says("/reload")).text == "Read anew; nothing changed."
        good = program.feeds_file.read_text()
        program.feeds_file.write_text(good + "  - {id: bad, url: ftp://x, kind: news}\n")
        assert "feeds.yaml:7" in (await operator.says("/reload")).text
        assert "feeds.yaml:7" in (await operator.says("/status")).text
        program.feeds_file.write_text(good)
        assert (await operator.says("/reload")).text == "Read anew; nothing changed."
        menus = {scope: [one["command"] for one in menu] for scope, menu in telegram.menus.items()}
        assert "reload" in menus[f"chat:{OPERATOR}"]
        assert "reload" not in menus["all_private_chats"]
