"""Every command, button and page, on the real program over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from aggregator.telegram import words
from aggregator.telegram.registry import COMMANDS, VERBS
from tests.e2e.program import News, Program, rss
from tests.e2e.room import Room
from tests.fakes import FakeTelegram, FakeWeb, SentMessage

ANN, BEN, OPERATOR = 501, 502, 77
GROUP, FORUM = -1001, -1002
NOISE = News(title="Bitcoin opens the week little changed", at=datetime.now(UTC))
RULING = "Judge lets most of SEC case against Binance proceed"
REWRITE = "Most of SEC case against Binance to proceed, judge rules"
EVERYWHERE = ("/start", "/help", "/cases", "/watchlists", "/case binance", "/latest", "/status")


@asynccontextmanager
async def running(place: Path, telegram: FakeTelegram) -> AsyncIterator[FakeWeb]:
    async with FakeWeb() as web:
        for outlet in ("wire-one", "courier"):
            web.serves(f"/{outlet}", rss(outlet, NOISE))
        program = Program(
            place=place,
            web=web,
            telegram=telegram,
            feeds={"wire-one": "/wire-one", "courier": "/courier"},
            env={"CASEWIRE_ADMINS": str(OPERATOR)},
        )
        async with program:
            await web.asked("/courier")
            yield web


def tell(web: FakeWeb, outlet: str, title: str) -> None:
    """Let an outlet report something of this hour."""
    at = datetime.now(UTC) - timedelta(minutes=20)
    web.serves(f"/{outlet}", rss(outlet, NOISE, News(title=title, at=at)))


async def alerted(web: FakeWeb, room: Room) -> SentMessage:
    """Let news come in and return the alert it makes."""
    before = len(room.messages)
    tell(web, "wire-one", RULING)
    await room.telegram.waits_until(lambda: len(room.messages) > before, "the alert")
    return room.last


async def test_in_private_every_page_turns_and_every_switch_holds(tmp_path: Path) -> None:
    async with FakeTelegram() as telegram, running(tmp_path, telegram) as web:
        ann = Room(telegram, user=ANN)
        for command in EVERYWHERE:
            assert (await ann.says(command)).text
        card = await ann.says("/case binance")
        for button in ("Timeline", "Older", "Newer", "Court only", "All events", "Case", "Sources"):
            await ann.presses_to_turn(card, button)
        card = await ann.says("/case binance")
        picture = await ann.presses_for(card, "Chart")
        assert picture.is_picture
        assert picture.file.startswith(b"\x89PNG")
        assert "Follow everything about Binance?" in (await ann.presses_for(card, "Follow")).text
        telegram.a_minute_passes()

        listed = await ann.says("/following")
        await ann.presses_to_turn(listed, "1 SEC v. Binance")
        for switch in ("Pause", "Resume", "Digest", "Instant", "High only", "Everything"):
            await ann.presses_to_turn(listed, switch)
        await ann.presses_to_turn(listed, "Delete")
        await ann.presses_to_turn(listed, "Keep")
        await ann.presses_to_turn(listed, "Back to the list")

        alert = await alerted(web, ann)
        assert "not confirmed" in alert.text
        tell(web, "courier", REWRITE)
        await telegram.waits_until(lambda: "1 outlet" in alert.text, "the edit")
        assert RULING in (await ann.presses_for(alert, "Why")).text
        assert "Later reports" in (await ann.says("/why", answers=alert)).text
        assert await ann.presses(alert, "Not relevant")
        await ann.presses_to_turn(alert, "Mute 24 h, keep High")
        assert any("Undo" in name for name in alert.button_texts)


async def test_in_private_queries_wishes_and_ones_own_data(tmp_path: Path) -> None:
    async with FakeTelegram() as telegram, running(tmp_path, telegram) as web:
        ann = Room(telegram, user=ANN)
        await ann.says("/follow binance")
        await alerted(web, ann)
        assert RULING in (await ann.says("/search binance AND case")).text
        assert "^" in (await ann.says("/search binance AND (case")).text
        assert RULING in (await ann.says("/latest binance")).text

        first = await ann.says("/watch binance")
        assert "Follow" in str(first.buttons)
        preview = await ann.says('/watch "case against"')
        assert "once in the last 7 days" in preview.text
        await ann.presses_to_turn(preview, "High only")
        assert "case against" in (await ann.says("/following")).text
        telegram.a_minute_passes()

        assert "21:00" in (await ann.says("/quiet 21:00-06:30")).text
        assert "Europe/Berlin" in (await ann.says("/tz europe/berlin")).text
        assert "08:00" in (await ann.says("/digest weekly mon 08:00")).text
        assert "Digest" in (await ann.says("/digest now")).text
        assert "No digest comes here" in (await ann.says("/digest off")).text
        muted = await ann.says("/mute binance 3d")
        assert "muted until" in muted.text
        assert "rings again" in (await ann.says("/unmute binance")).text
        doubt = await ann.says("/status")
        assert "Never repeat" in await ann.presses(doubt, "Never repeat")
        assert (await ann.says("/test")).text.startswith("TEST")
        assert "This chat hears" in (await ann.says("/here")).text
        telegram.a_minute_passes()

        rules, high, alerts = await ann.says_for("/export", 3)
        assert "when" in yaml.safe_load(rules.file)
        assert {"to": ANN, "floor": "high"} in yaml.safe_load(high.file)["deliver"]
        assert b"story:" in alerts.file
        asked = await ann.says("/stop")
        await ann.presses_to_turn(asked, "Keep it")
        asked = await ann.says("/stop")
        assert "keyed hash" in (await ann.presses_for(asked, "Yes, delete it all")).text
        assert words.NOTHING_FOLLOWED in (await ann.says("/following")).text
        assert str(ANN) in (await ann.says("/id")).text


async def test_a_member_of_a_group_sees_everything_and_changes_nothing(tmp_path: Path) -> None:
    async with FakeTelegram() as telegram, running(tmp_path, telegram) as web:
        telegram.is_group(GROUP, admins=[ANN])
        ann, ben = Room(telegram, user=ANN, chat=GROUP), Room(telegram, user=BEN, chat=GROUP)
        await ann.says("/follow binance")
        alert = await alerted(web, ann)
        assert RULING in (await ben.says("/why", answers=alert)).text
        # A group takes a message in three seconds; the other commands have the same gate.
        for command in ("/unfollow binance", "/watch tariff zebra", "/stop"):
            assert (await ben.says(command)).text == words.GROUP_ADMINS_ONLY, command
        assert await ben.presses(alert, "Mute all 24 h") == words.GROUP_ADMINS_ONLY


async def test_operators_commands_are_refused_to_everyone_else(tmp_path: Path) -> None:
    async with FakeTelegram() as telegram, running(tmp_path, telegram):
        ann, operator = Room(telegram, user=ANN), Room(telegram, user=OPERATOR)
        for command in ("/feeds", "/reload", "/audit"):
            assert (await ann.says(command)).text == words.OPERATORS_ONLY
            assert (await operator.says(command)).text != words.OPERATORS_ONLY


async def test_a_topic_has_wishes_of_its_own(tmp_path: Path) -> None:
    async with FakeTelegram() as telegram, running(tmp_path, telegram) as web:
        telegram.is_group(FORUM, admins=[ANN])
        first = Room(telegram, user=ANN, chat=FORUM, thread=4)
        second = Room(telegram, user=ANN, chat=FORUM, thread=5)
        await first.says("/follow binance")
        await second.says("/follow binance")
        await second.says("/mute binance 24h")
        told = len(second.messages)
        await alerted(web, first)
        tell(web, "courier", "SEC and Ripple file a joint notice, lawyers say")
        await second.says("/latest")
        assert len(second.messages) == told + 1


async def test_an_older_button_and_an_unknown_word_are_never_met_with_silence(
    tmp_path: Path,
) -> None:
    async with FakeTelegram() as telegram, running(tmp_path, telegram):
        ann = Room(telegram, user=ANN)
        card = await ann.says("/case binance")
        for data in ("v0:case:x", "v1:nothing", "v1:fs:c:x:off", "hello", "v1:why:x:1"):
            count = len(telegram.toasts) + 1
            telegram.presses(ANN, data, chat=ANN, message_id=card.message_id)
            assert await telegram.waits_for_toast(count)
        assert "/help" in (await ann.says("/nonsense")).text
        assert "/help" in (await ann.says("what is this")).text


def test_the_scenes_above_know_every_command_and_button() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    assert {name.name for name in COMMANDS.values() if f"/{name.name}" not in source} == set()
    assert len(VERBS) > 20
