from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from aggregator.errors import ConfigError
from aggregator.model import Case, Place, Priority, Severity, Target, TargetKind, Watchlist
from aggregator.store.sqlite import SqliteStore
from aggregator.telegram import words
from aggregator.telegram.access import Access
from aggregator.telegram.chat import ChatLoop
from aggregator.telegram.connect import connect, make_bot
from aggregator.telegram.naming import Setup
from aggregator.telegram.notifier import TelegramNotifier
from tests.fake_telegram import DEADLINE_S, TOKEN, FakeTelegram

NOW = datetime(2023, 9, 18, 20, 14, tzinfo=UTC)
ADMIN, STRANGER = 1, 666
ROOM = -1001
CASE = Target(kind=TargetKind.CASE, slug="sec-v-binance")
SETUP = Setup(
    cases={
        "sec-v-binance": Case(
            slug="sec-v-binance",
            caption="Securities and Exchange Commission v. Binance Holdings Limited",
            title="SEC v. Binance",
            primary_aliases=("binance",),
        )
    },
    watchlists={
        "stablecoins": Watchlist(
            name="stablecoins", title="Stablecoin rules", severity=Severity.MEDIUM
        )
    },
    access=Access(admins=frozenset({ADMIN})),
)


class SteppedClock:
    """A clock that stands, and whose sleeps end at once."""

    def __init__(self):
        self.at = NOW
        self.slept = []

    def now(self):
        return self.at

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)
        await asyncio.sleep(0)


class DyingAt:
    """A store whose program dies when it calls one method; everything else is the real one's."""

    error: type[BaseException] = asyncio.CancelledError

    def __init__(self, store, method):
        self._store = store
        self._method = method

    def __getattr__(self, name):
        if name != self._method:
            return getattr(self._store, name)
        self._method = ""

        async def fails(*given):
            raise self.error

        return fails


class FailingOnce(DyingAt):
    """A store that has a bug in one method, once."""

    error = RuntimeError


class Running:
    """A chat loop at work, with what it told the operator."""

    def __init__(self, telegram, store, clock, setup):
        self.store = store
        self.announced = []
        self.woken = 0
        self.bot = make_bot(TOKEN, telegram.base)
        self.loop = ChatLoop(
            bot=self.bot,
            store=store,
            clock=clock,
            setup=lambda: setup,
            announce=self.announced.append,
            wake=self._wake,
        )
        self.task = asyncio.create_task(self.loop.run())

    def _wake(self):
        self.woken += 1

    async def ends(self):
        async with asyncio.timeout(DEADLINE_S):
            return await self.task

    async def stops(self):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self.loop.close()


@pytest.fixture
async def telegram():
    async with FakeTelegram() as server:
        yield server


@pytest.fixture
async def store():
    opened = await SqliteStore.open(":memory:")
    yield opened
    await opened.close()


@pytest.fixture
def clock():
    return SteppedClock()


@asynccontextmanager
async def running(telegram, store, clock, setup=SETUP):
    one = Running(telegram, store, clock, setup)
    try:
        yield one
    finally:
        await one.stops()


async def replies(store):
    return [(d.place, d.key, d.message.html) for d in reversed(await store.deliveries(50))]


async def test_a_command_is_answered_through_the_outbox_and_its_offset_kept(telegram, store, clock):
    async with running(telegram, store, clock) as chat:
        update = telegram.says(ADMIN, "/follow binance")
        await telegram.waits_until_taken(update)
        (delivery,) = await store.deliveries(9)
        assert delivery.place == Place(chat_id=ADMIN)
        assert delivery.key == f"reply:{update}:0"
        assert delivery.priority is Priority.REPLY
        assert await store.setting("telegram_offset") == str(update + 1)
        (subscription,) = await store.subscriptions_at(Place(chat_id=ADMIN))
        assert (subscription.target, subscription.since) == (CASE, NOW)
        assert chat.woken == 1


async def test_the_answer_reaches_the_reader(telegram, store, clock):
    async with running(telegram, store, clock) as chat:
        await telegram.waits_until_taken(telegram.says(ADMIN, "/case binance"))
        (due,) = await store.claim(NOW, 5)
        await TelegramNotifier(chat.bot).deliver(due)
    (card,) = telegram.sent(ADMIN)
    assert card.text.startswith("Securities and Exchange Commission v. Binance Holdings Limited")
    assert card.data("Follow") == "v1:follow:c:sec-v-binance"


async def test_a_restart_goes_on_where_it_was_and_answers_nothing_twice(telegram, store, clock):
    async with running(telegram, store, clock):
        await telegram.waits_until_taken(telegram.says(ADMIN, "/id"))
    offline = telegram.says(ADMIN, "/cases")
    async with running(telegram, store, clock):
        await telegram.waits_until_taken(offline)
    keys = [key for _, key, _ in await replies(store)]
    assert keys == [f"reply:{offline - 1}:0", f"reply:{offline}:0"]


@pytest.mark.parametrize("method", ["enqueue", "subscribe", "put_setting"])
async def test_a_command_survives_a_death_at_any_step_and_is_answered_once(
    telegram, store, clock, method
):
    update = telegram.says(ADMIN, "/follow binance")
    async with running(telegram, DyingAt(store, method), clock) as chat:
        with pytest.raises(asyncio.CancelledError):
            await chat.ends()
    assert await store.setting("telegram_offset") is None
    async with running(telegram, store, clock):
        await telegram.waits_until_taken(update)
    ((_, key, html),) = await replies(store)
    assert key == f"reply:{update}:0"
    assert html.startswith("Following the case SEC v. Binance.")
    assert len(await store.subscriptions_at(Place(chat_id=ADMIN))) == 1


async def test_an_update_that_cannot_be_handled_is_logged_by_its_id_and_passed_over(
    telegram, store, clock
):
    with capture_logs() as logs:
        async with running(telegram, FailingOnce(store, "subscriptions_at"), clock):
            bad = telegram.says(ADMIN, "/following")
            await telegram.waits_until_taken(telegram.says(ADMIN, "/id"))
    assert [line["update_id"] for line in logs if line["log_level"] == "error"] == [bad]
    assert len(await replies(store)) == 1


async def test_a_button_is_answered_and_worked_on(telegram, store, clock):
    async with running(telegram, store, clock):
        telegram.presses(ADMIN, "v1:follow:c:sec-v-binance")
        await telegram.waits_until_taken(telegram.presses(ADMIN, "v0:old"))
    assert telegram.toasts == [("q1", ""), ("q2", "This button is from an older message.")]
    assert len(await replies(store)) == 1
    assert len(await store.subscriptions_at(Place(chat_id=ADMIN))) == 1


async def test_a_button_that_cannot_be_answered_any_more_is_still_worked_on(telegram, store, clock):
    telegram.refuses("answerCallbackQuery", 400, "Bad Request: query is too old")
    async with running(telegram, store, clock):
        await telegram.waits_until_taken(telegram.presses(ADMIN, "v1:follow:c:sec-v-binance"))
    assert len(await store.subscriptions_at(Place(chat_id=ADMIN))) == 1


async def test_a_stranger_is_refused_by_word_and_by_button(telegram, store, clock):
    refusal = "This bot is private. Your id is 666, ask the operator."
    async with running(telegram, store, clock):
        telegram.says(STRANGER, "/follow binance")
        await telegram.waits_until_taken(telegram.presses(STRANGER, "v1:follow:c:sec-v-binance"))
    assert [html for _, _, html in await replies(store)] == [refusal]
    assert telegram.toasts == [("q1", refusal)]
    assert await store.subscriptions_at(Place(chat_id=STRANGER)) == ()


OPEN = replace(SETUP, access=Access(is_open=True))


async def test_in_a_group_telegram_says_who_is_admin(telegram, store, clock):
    telegram.is_group(ROOM, admins=[77])
    async with running(telegram, store, clock, OPEN):
        telegram.says(STRANGER, "/follow binance", chat=ROOM)
        telegram.says(77, "/follow binance", chat=ROOM, thread=5)
        last = telegram.says(STRANGER, "/follow stablecoins", chat=ROOM, as_group=True)
        await telegram.waits_until_taken(last)
    first, second, third = await replies(store)
    assert first[2] == words.GROUP_ADMINS_ONLY
    assert second[0] == Place(chat_id=ROOM, thread_id=5)
    assert len(await store.subscriptions_at(Place(chat_id=ROOM, thread_id=5))) == 1
    assert third[2].startswith("Following the watchlist")
    assert len(telegram.called("getChatMember")) == 2


async def test_a_server_that_knows_only_five_methods_is_enough(telegram, store, clock):
    telegram.unknown_methods = {"setMyCommands", "deleteWebhook", "getChatMember"}
    telegram.is_group(ROOM)
    async with running(telegram, store, clock, OPEN):
        telegram.says(STRANGER, "/follow binance", chat=ROOM)
        await telegram.waits_until_taken(telegram.says(STRANGER, "/follow binance"))
    assert (await replies(store))[0][2] == words.GROUP_UNCHECKED
    assert len(await store.subscriptions_at(Place(chat_id=STRANGER))) == 1


async def test_the_menu_is_set(telegram, store, clock):
    async with running(telegram, store, clock):
        await telegram.waits_until(lambda: bool(telegram.called("getUpdates")), "a poll")
    assert [command["command"] for command in telegram.menu] == [n for n, _, _ in words.COMMANDS]
    assert telegram.called("deleteWebhook")


async def test_the_claim_link_is_announced_once_and_makes_one_admin(telegram, store, clock):
    nobody = replace(SETUP, access=Access())
    async with running(telegram, store, clock, nobody) as chat:
        await telegram.waits_until(lambda: bool(telegram.called("getUpdates")), "a poll")
        (line,) = chat.announced
        link = f"https://t.me/{telegram.name}?start="
        assert link in line
        payload = line.partition(link)[2]
        telegram.says(STRANGER, f"/start {payload}")
        await telegram.waits_until_taken(telegram.says(667, f"/start {payload}"))
    assert await store.admins() == frozenset({STRANGER})
    made, refused = (html for _, _, html in await replies(store))
    assert made == words.ADMIN_NOW
    assert refused == words.private(667)
    async with running(telegram, store, clock, nobody) as chat:
        await telegram.waits_until_taken(telegram.says(STRANGER, "/cases"))
        assert chat.announced == []


async def test_the_claim_link_runs_out_after_a_quarter_of_an_hour(telegram, store, clock):
    async with running(telegram, store, clock, replace(SETUP, access=Access())) as chat:
        await telegram.waits_until(lambda: bool(telegram.called("getUpdates")), "a poll")
        clock.at += timedelta(minutes=15)
        payload = chat.announced[0].partition("?start=")[2]
        await telegram.waits_until_taken(telegram.says(STRANGER, f"/start {payload}"))
    assert await store.admins() == frozenset()


async def test_a_block_is_remembered_and_speaking_again_revives_the_chat(telegram, store, clock):
    async with running(telegram, store, clock):
        telegram.says(ADMIN, "/follow binance")
        await telegram.waits_until_taken(telegram.blocks(ADMIN))
        assert await store.subscriptions() == ()
        await telegram.waits_until_taken(telegram.says(ADMIN, "/start"))
        assert [one.target for one in await store.subscriptions()] == [CASE]
        await telegram.waits_until_taken(telegram.blocks(ADMIN))
        await telegram.waits_until_taken(telegram.unblocks(ADMIN))
        assert len(await store.subscriptions()) == 1


async def test_edits_and_pictures_are_passed_over(telegram, store, clock):
    async with running(telegram, store, clock):
        telegram.edits_own(ADMIN, "/follow binance")
        await telegram.waits_until_taken(telegram.posts_photo(ADMIN))
    assert await replies(store) == []


async def test_failures_of_the_network_are_waited_out_longer_each_time(telegram, store, clock):
    async with running(telegram, store, clock):
        await telegram.waits_until_taken(telegram.says(ADMIN, "/id"))
        telegram.answers_502("getUpdates")
        telegram.cuts_before("getUpdates")
        telegram.refuses(
            "getUpdates", 429, "Too Many Requests: retry after 9", parameters={"retry_after": 9}
        )
        telegram.says(ADMIN, "/id")
        await telegram.waits_until(lambda: len(clock.slept) == 3, "the third wait")
    assert clock.slept == [1.0, 2.0, 9.0]
    assert len(await replies(store)) == 2


async def test_a_start_without_network_waits_for_it(telegram, store, clock):
    telegram.answers_502("getMe")
    telegram.cuts_before("getMe")
    async with running(telegram, store, clock):
        await telegram.waits_until_taken(telegram.says(ADMIN, "/id"))
    assert clock.slept == [1.0, 2.0]


async def test_a_bad_token_is_an_error_that_says_what_to_do_and_keeps_the_secret(
    telegram, store, clock
):
    secret = "987654321:not-the-token-of-this-server_abc"
    bot = make_bot(secret, telegram.base)
    with pytest.raises(ConfigError) as raised:
        await connect(bot, clock)
    await bot.shutdown()
    assert "TELEGRAM_BOT_TOKEN" in str(raised.value)
    assert "@BotFather" in str(raised.value)
    assert secret not in str(raised.value)
    assert raised.value.__cause__ is None


async def test_a_token_revoked_while_running_ends_the_loop(telegram, store, clock):
    async with running(telegram, store, clock) as chat:
        await telegram.waits_until_taken(telegram.says(ADMIN, "/id"))
        telegram.revokes_the_token()
        with pytest.raises(ConfigError):
            await chat.ends()


async def test_a_second_program_on_the_same_bot_stops_the_first_with_one_clear_line(
    telegram, store, clock
):
    with capture_logs() as logs:
        async with running(telegram, store, clock) as first:
            await telegram.waits_until(lambda: bool(telegram.called("getUpdates")), "a poll")
            async with running(telegram, store, clock):
                await first.ends()
    errors = [line["event"] for line in logs if line["log_level"] == "error"]
    assert errors == ["polling_conflict"]
