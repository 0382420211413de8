"""Following: what it answers, the list, and each row's switches."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.config.rules import load_rules
from aggregator.model import (
    Case,
    Mode,
    Place,
    Severity,
    Subscription,
    Target,
    TargetKind,
    Watchlist,
)
from aggregator.telegram.access import Access
from aggregator.telegram.ask import Who
from aggregator.telegram.naming import Setup
from aggregator.telegram.registry import COMMANDS
from aggregator.telegram.talk.following import ROWS_MAX
from tests.conversation import conversation, names
from tests.newsroom import ROOT
from tests.talking import shown

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HERE = Place(chat_id=2)
RULES = load_rules((ROOT / "rules",))
SETUP = Setup(
    cases={slug: rule.case for slug, rule in RULES.cases.items()},
    watchlists={name: rule.watchlist for name, rule in RULES.watchlists.items()},
    entities={slug: entity.name for slug, entity in RULES.entities.items()},
    rules=RULES,
    access=Access(is_open=True),
)
BINANCE = Target(kind=TargetKind.CASE, slug="sec-v-binance")


@pytest.fixture
async def chat():
    async with conversation(SETUP, NOW) as one:
        yield one


async def _one(chat) -> Subscription:
    (subscription,) = await chat.store.subscriptions_at(HERE)
    return subscription


async def test_following_a_closed_case_says_since_when_and_offers_its_company(chat):
    said = await chat.text("/follow binance")

    assert "Closed 29 May 2025. I would ring for a reopening, appeal or new order." in said
    assert "Follow everything about Binance?" in said
    await chat.press("Follow Binance")
    followed = {one.target for one in await chat.store.subscriptions_at(HERE)}
    assert followed == {BINANCE, Target(kind=TargetKind.ENTITY, slug="binance")}


async def test_an_empty_list_says_how_to_begin(chat):
    assert "/cases" in await chat.text("/following")


async def test_a_row_is_paused_and_resumed_and_hears_only_of_what_rings_from_then_on(chat):
    await chat.say("/follow binance")
    await chat.say("/following")
    await chat.press("1 SEC v. Binance")
    chat.now += timedelta(hours=1)
    await chat.press("Pause")
    assert (await _one(chat)).paused
    assert "paused" in chat.toasts[-1]
    chat.now += timedelta(hours=1)
    await chat.press("Resume")
    resumed = await _one(chat)
    assert not resumed.paused
    assert resumed.since == chat.now


@pytest.mark.parametrize(
    ("button", "floor"), [("High only", Severity.HIGH), ("Medium up", Severity.MEDIUM)]
)
async def test_a_row_has_a_floor_of_severity(chat, button, floor):
    await chat.say("/follow binance")
    await chat.say("/following")
    await chat.press("1 SEC v. Binance")
    await chat.press(button)
    assert (await _one(chat)).floor is floor
    await chat.press("Everything")
    assert (await _one(chat)).floor is Severity.LOW


async def test_a_row_goes_to_the_digest_and_back(chat):
    await chat.say("/follow binance")
    await chat.say("/following")
    await chat.press("1 SEC v. Binance")
    await chat.press("Digest")
    assert (await _one(chat)).mode is Mode.DIGEST
    await chat.press("Instant")
    assert (await _one(chat)).mode is Mode.INSTANT


async def test_deleting_asks_first_and_can_be_thought_better_of(chat):
    await chat.say("/follow binance")
    await chat.say("/following")
    await chat.press("1 SEC v. Binance")
    (asked,) = await chat.press("Delete")
    assert shown(asked).text == "Stop following SEC v. Binance? What was sent stays."
    await chat.press("Keep")
    assert await chat.store.subscriptions_at(HERE)
    await chat.press("Delete")
    (gone,) = await chat.press("Yes, delete")
    assert await chat.store.subscriptions_at(HERE) == ()
    assert "Nothing is followed here yet" in shown(gone).text


async def test_a_switch_under_an_old_list_says_that_the_row_is_gone(chat):
    await chat.say("/follow binance")
    await chat.say("/following")
    await chat.press("1 SEC v. Binance")
    await chat.store.unsubscribe(HERE, BINANCE)
    assert await chat.press("Pause") == []
    assert chat.toasts[-1] == "This is not followed here any more."


async def test_a_long_list_is_paged_and_every_row_stands_on_one_page(chat):
    cases = {
        f"case-{number}": Case(
            slug=f"case-{number}", caption=f"A v. {number:02}", title=f"A v. {number:02}"
        )
        for number in range(2 * ROWS_MAX + 1)
    }
    chat.setup = replace(SETUP, cases=cases)
    for slug in cases:
        await chat.store.subscribe(
            Subscription(place=HERE, target=Target(kind=TargetKind.CASE, slug=slug), since=NOW)
        )
    pages = [await chat.say("/following")]
    pages.append(await chat.press("Next page"))
    pages.append(await chat.press("Next page"))
    rows = [name for page in pages for name in names(page) if name[0].isdigit()]
    assert rows == [f"{at} A v. {at - 1:02}" for at in range(1, 2 * ROWS_MAX + 2)]
    assert "Page 3 of 3" in shown(pages[-1][0]).text
    back = await chat.press("Previous page")
    assert "Page 2 of 3" in shown(back[0]).text


async def test_a_watchlist_called_like_markup_is_shown_as_it_is(chat):
    theme = Watchlist(name="odd", title="<b>A & B</b>", severity=Severity.LOW)
    chat.setup = replace(SETUP, watchlists={"odd": theme})
    await chat.say("/follow odd")
    assert "<b>A & B</b>" in await chat.text("/following")


async def test_a_place_chooses_between_a_loss_and_a_repeat_under_its_status(chat):
    assert "Never miss:" in await chat.text("/status")
    await chat.press("Never repeat")
    assert (await chat.store.settings_at(HERE)).never_repeat
    assert "Never repeat:" in await chat.text("/status")
    await chat.press("Never miss")
    assert not (await chat.store.settings_at(HERE)).never_repeat


@pytest.mark.parametrize(
    "command",
    [
        "follow",
        "unfollow",
        "watch",
        "mute",
        "unmute",
        "digest",
        "quiet",
        "tz",
        "here",
        "export",
        "stop",
        "test",
    ],
)
def test_what_changes_a_chat_is_for_its_admins(command):
    assert COMMANDS[command].who is Who.CHAT


@pytest.mark.parametrize("command", ["feeds", "reload", "audit"])
def test_what_concerns_the_whole_bot_is_for_operators(command):
    assert COMMANDS[command].who is Who.OPERATOR
