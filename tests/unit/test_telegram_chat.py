from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from aggregator.errors import ConfigError, StoreError
from aggregator.model import Case, Place, Priority, Severity, Target, TargetKind, Watchlist
from aggregator.store.sqlite import SqliteStore
from aggregator.telegram import words
from aggregator.telegram.access import Access
from aggregator.telegram.chat import ChatLoop
from aggregator.telegram.connect import connect, make_bot
from aggregator.telegram.limits import COMMANDS_PER_MINUTE_MAX, PRESSES_PER_MINUTE_MAX
from aggregator.telegram.naming import Setup
from aggregator.telegram.notices import added_by
from aggregator.telegram.notifier import TelegramNotifier
from aggregator.telegram.rivals import PAUSE, SETTLED
from aggregator.telegram.words import trouble
from tests.fake_telegram import BOT_ID, DEADLINE_S, TOKEN, FakeTelegram

NOW = datetime(2023, 9, 18, 20, 14, tzinfo=UTC)
ADMIN, STRANGER = 1, 666
ROOM, CHANNEL = -1001, -1009
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


class Killed(BaseException):
    """The program dies here: nothing of it runs any more."""


class DyingAt:
    """A store whose program dies when it calls one method; everything else is the real one's."""

    error: type[BaseException] = Killed

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


class NoDisk:
    """A store of which one method finds the disk full, so many times."""

    def __init__(self, store, method, times=3):
        self._store, self._method, self._left = store, method, times

    def __getattr__(self, name):
        real = getattr(self._store, name)
        if name != self._method or not self._left:
            return real
        self._left -= 1

        async def fails(*given):
            raise StoreError("the disk is full")

        return fails


class SlowFor:
    """A store that makes one place wait at one method until `over`."""

    def __init__(self, store, place, method="subscriptions_at"):
        self._store = store
        self._place = place
        self._method = method
        self.over = asyncio.Event()

    def __getattr__(self, name):
        real = getattr(self._store, name)
        if name != self._method:
            return real

        async def waits(asked):
            if asked == self._place or not isinstance(asked, Place):
                await self.over.wait()
            return await real(asked)

        return waits


class Watched:
    """A store that tells when updates are done."""

    def __init__(self, store):
        self._store = store
        self.done = set()
        self.changed = asyncio.Condition()

    def __getattr__(self, name):
        return getattr(self._store, name)

    async def update_done(self, update_id):
        await self._store.update_done(update_id)
        async with self.changed:
            self.done.add(update_id)
            self.changed.notify_all()


class Running:
    """A chat loop at work, with what it told the operator."""

    def __init__(self, telegram, store, clock, setup):
        self.store = Watched(store)
        self.announced = []
        self.woken = 0
        self.held = []
        self.bot = make_bot(TOKEN, telegram.base)
        self.loop = ChatLoop(
            bot=self.bot,
            store=self.store,
            clock=clock,
            setup=lambda: setup,
            announce=self.announced.append,
            wake=self._wake,
            hold=self.held.append,
        )
        self.task = asyncio.create_task(self.loop.run())

    def _wake(self):
        self.woken += 1

    async def has_done(self, *updates):
        """Return once these are handled."""
        async with asyncio.timeout(DEADLINE_S), self.store.changed:
            await self.store.changed.wait_for(lambda: self.store.done.issuperset(updates))

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
        await chat.has_done(update)
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
        await chat.has_done(telegram.says(ADMIN, "/case binance"))
        (due,) = await store.claim(NOW, 5)
        await TelegramNotifier(chat.bot).deliver(due)
    (card,) = telegram.sent(ADMIN)
    assert card.text.startswith("Securities and Exchange Commission v. Binance Holdings Limited")
    assert card.data("Follow") == "v1:follow:c:sec-v-binance"


async def test_a_restart_goes_on_where_it_was_and_answers_nothing_twice(telegram, store, clock):
    async with running(telegram, store, clock) as chat:
        await chat.has_done(telegram.says(ADMIN, "/id"))
    offline = telegram.says(ADMIN, "/cases")
    async with running(telegram, store, clock) as chat:
        await chat.has_done(offline)
    keys = [key for _, key, _ in await replies(store)]
    assert keys == [f"reply:{offline - 1}:0", f"reply:{offline}:0"]


@pytest.mark.parametrize("method", ["keep_updates", "enqueue", "subscribe", "update_done"])
async def test_a_command_survives_a_death_at_any_step_and_is_answered_once(
    telegram, store, clock, method
):
    update = telegram.says(ADMIN, "/follow binance")
    async with running(telegram, DyingAt(store, method), clock) as chat:
        with pytest.raises(Killed):
            await chat.ends()
    async with running(telegram, store, clock) as chat:
        await chat.has_done(update)
    ((_, key, html),) = await replies(store)
    assert key == f"reply:{update}:0"
    assert html.startswith("Following the case SEC v. Binance.")
    assert len(await store.subscriptions_at(Place(chat_id=ADMIN))) == 1


async def test_an_update_that_cannot_be_handled_is_logged_by_its_id_and_passed_over(
    telegram, store, clock
):
    with capture_logs() as logs:
        async with running(telegram, FailingOnce(store, "subscriptions_at"), clock) as chat:
            bad = telegram.says(ADMIN, "/following")
            await chat.has_done(telegram.says(ADMIN, "/id"))
    assert [line["update_id"] for line in logs if line["log_level"] == "error"] == [bad]
    assert len(await replies(store)) == 1


@pytest.mark.parametrize("method", ["keep_updates", "subscriptions_at", "enqueue", "update_done"])
async def test_a_database_that_fails_for_a_while_loses_no_question_and_ends_nothing(
    telegram, store, clock, method
):
    with capture_logs() as logs:
        async with running(telegram, NoDisk(store, method), clock) as chat:
            await chat.has_done(telegram.says(ADMIN, "/following"), telegram.says(ADMIN, "/id"))
    assert [line["why"] for line in logs if line["event"] == "receiving_failed"] == [
        "the disk is full"
    ]
    assert {1.0, 2.0, 4.0} <= set(clock.slept)
    assert len(await replies(store)) == 2


async def test_a_database_that_fails_at_the_start_ends_the_program(telegram, store, clock):
    with pytest.raises(StoreError):
        async with running(telegram, NoDisk(store, "waiting_updates"), clock) as chat:
            await chat.task


async def test_a_button_is_answered_and_worked_on(telegram, store, clock):
    async with running(telegram, store, clock) as chat:
        telegram.presses(ADMIN, "v1:follow:c:sec-v-binance")
        await chat.has_done(telegram.presses(ADMIN, "v0:old"))
    assert telegram.toasts == [("q1", ""), ("q2", "This button is from an older message.")]
    assert len(await replies(store)) == 1
    assert len(await store.subscriptions_at(Place(chat_id=ADMIN))) == 1


async def test_a_button_that_cannot_be_answered_any_more_is_still_worked_on(telegram, store, clock):
    telegram.refuses("answerCallbackQuery", 400, "Bad Request: query is too old")
    async with running(telegram, store, clock) as chat:
        await chat.has_done(telegram.presses(ADMIN, "v1:follow:c:sec-v-binance"))
    assert len(await store.subscriptions_at(Place(chat_id=ADMIN))) == 1


async def test_a_stranger_is_refused_by_word_and_by_button(telegram, store, clock):
    refusal = "This bot is private. Your id is 666, ask the operator."
    async with running(telegram, store, clock) as chat:
        telegram.says(STRANGER, "/follow binance")
        await chat.has_done(telegram.presses(STRANGER, "v1:follow:c:sec-v-binance"))
    assert [html for _, _, html in await replies(store)] == [refusal]
    assert telegram.toasts == [("q1", refusal)]
    assert await store.subscriptions_at(Place(chat_id=STRANGER)) == ()


OPEN = replace(SETUP, access=Access(is_open=True))


async def test_in_a_group_telegram_says_who_is_admin(telegram, store, clock):
    telegram.is_group(ROOM, admins=[77])
    async with running(telegram, store, clock, OPEN) as chat:
        telegram.says(STRANGER, "/follow binance", chat=ROOM)
        telegram.says(77, "/follow binance", chat=ROOM, thread=5)
        last = telegram.says(STRANGER, "/follow stablecoins", chat=ROOM, as_group=True)
        await chat.has_done(last)
    first, second, third = await replies(store)
    assert first[2] == words.GROUP_ADMINS_ONLY
    assert second[0] == Place(chat_id=ROOM, thread_id=5)
    assert len(await store.subscriptions_at(Place(chat_id=ROOM, thread_id=5))) == 1
    assert third[2].startswith("Following the watchlist")
    asked = [int(call["user_id"]) for call in telegram.called("getChatMember")]
    assert [user for user in asked if user != BOT_ID] == [STRANGER, 77]


async def test_a_server_that_knows_only_five_methods_is_enough(telegram, store, clock):
    telegram.unknown_methods = {"setMyCommands", "deleteWebhook", "getChatMember"}
    telegram.is_group(ROOM)
    async with running(telegram, store, clock, OPEN) as chat:
        in_group = telegram.says(STRANGER, "/follow binance", chat=ROOM)
        await chat.has_done(in_group, telegram.says(STRANGER, "/follow binance"))
    said = {place.chat_id: html for place, _, html in await replies(store)}
    assert said[ROOM] == words.GROUP_UNCHECKED
    assert len(await store.subscriptions_at(Place(chat_id=STRANGER))) == 1


def commands(menu):
    return [command["command"] for command in menu]


async def test_each_sort_of_chat_is_offered_its_own_menu(telegram, store, clock):
    async with running(telegram, store, clock):
        await telegram.waits_until(lambda: f"chat:{ADMIN}" in telegram.menus, "the last menu")
    seven = [name for name, _, _ in words.COMMANDS]
    menus = {scope: commands(menu) for scope, menu in telegram.menus.items()}
    assert menus["default"] == menus["all_private_chats"] == seven
    assert menus["all_group_chats"] == menus["all_chat_administrators"] == seven
    assert menus[f"chat:{ADMIN}"] == [*seven, "feeds", "reload", "audit"]
    assert all(command["description"] for menu in telegram.menus.values() for command in menu)
    assert telegram.called("deleteWebhook")


async def test_a_menu_that_telegram_has_taken_is_not_set_again_and_a_refused_one_is(
    telegram, store, clock
):
    telegram.refuses("setMyCommands", 400, "Bad Request: chat not found", chat=None)
    async with running(telegram, store, clock):
        await telegram.waits_until(lambda: f"chat:{ADMIN}" in telegram.menus, "the last menu")
    assert "default" not in telegram.menus
    first = len(telegram.called("setMyCommands"))
    async with running(telegram, store, clock):
        await telegram.waits_until(lambda: "default" in telegram.menus, "the refused menu")
    assert len(telegram.called("setMyCommands")) == first + 1


async def test_the_claim_link_is_announced_once_and_makes_one_admin(telegram, store, clock):
    nobody = replace(SETUP, access=Access())
    async with running(telegram, store, clock, nobody) as chat:
        await telegram.waits_until(lambda: bool(telegram.called("getUpdates")), "a poll")
        (line,) = chat.announced
        link = f"https://t.me/{telegram.name}?start="
        assert link in line
        payload = line.partition(link)[2]
        telegram.says(STRANGER, f"/start {payload}")
        await chat.has_done(telegram.says(667, f"/start {payload}"))
    assert await store.admins() == frozenset({STRANGER})
    made, refused = (html for _, _, html in await replies(store))
    assert made == words.ADMIN_NOW
    assert refused == words.private(667)
    async with running(telegram, store, clock, nobody) as chat:
        await chat.has_done(telegram.says(STRANGER, "/cases"))
        assert chat.announced == []


async def test_the_claim_link_runs_out_after_a_quarter_of_an_hour(telegram, store, clock):
    async with running(telegram, store, clock, replace(SETUP, access=Access())) as chat:
        await telegram.waits_until(lambda: bool(telegram.called("getUpdates")), "a poll")
        clock.at += timedelta(minutes=15)
        payload = chat.announced[0].partition("?start=")[2]
        await chat.has_done(telegram.says(STRANGER, f"/start {payload}"))
    assert await store.admins() == frozenset()


async def test_a_block_is_remembered_and_speaking_again_revives_the_chat(telegram, store, clock):
    async with running(telegram, store, clock) as chat:
        telegram.says(ADMIN, "/follow binance")
        await chat.has_done(telegram.blocks(ADMIN))
        assert await store.subscriptions() == ()
        await chat.has_done(telegram.says(ADMIN, "/start"))
        assert [one.target for one in await store.subscriptions()] == [CASE]
        await chat.has_done(telegram.blocks(ADMIN))
        await chat.has_done(telegram.unblocks(ADMIN))
        assert len(await store.subscriptions()) == 1


async def test_a_poll_goes_on_while_an_update_waits_and_other_chats_are_answered(
    telegram, store, clock
):
    slow = SlowFor(store, Place(chat_id=ADMIN))
    async with running(telegram, slow, clock, OPEN) as chat:
        late = telegram.says(ADMIN, "/id")
        await telegram.waits_until_taken(late)
        await chat.has_done(telegram.says(STRANGER, "/id"))
        assert late not in chat.store.done
        assert [one for one, _ in await store.waiting_updates(9)] == [late]
        slow.over.set()
        await chat.has_done(late)
    assert await store.waiting_updates(9) == ()


async def test_what_was_stored_and_not_handled_is_handled_after_the_restart_in_order(
    telegram, store, clock
):
    slow = SlowFor(store, Place(chat_id=ADMIN))
    async with running(telegram, slow, clock):
        first = telegram.says(ADMIN, "/follow binance")
        second = telegram.says(ADMIN, "/unfollow binance")
        await telegram.waits_until_taken(second)
    assert await replies(store) == []
    async with running(telegram, store, clock) as chat:
        await chat.has_done(first, second)
    said = [html for _, _, html in await replies(store)]
    assert said[0].startswith("Following the case SEC v. Binance.")
    assert said[1].startswith("No longer following")


async def test_a_bug_in_one_answer_is_said_in_plain_words_and_the_rest_goes_on(
    telegram, store, clock
):
    with capture_logs() as logs:
        async with running(telegram, FailingOnce(store, "stories_of"), clock) as chat:
            bad = telegram.says(ADMIN, "/case binance")
            await chat.has_done(bad, telegram.says(ADMIN, "/id"))
    assert [line["update_id"] for line in logs if line["log_level"] == "error"] == [bad]
    assert next(html for _, _, html in await replies(store)) == trouble.OUR_FAULT


async def test_a_chat_that_asks_too_much_is_told_once_and_heard_again_a_minute_later(
    telegram, store, clock
):
    async with running(telegram, store, clock) as chat:
        updates = [telegram.says(ADMIN, "/id") for _ in range(COMMANDS_PER_MINUTE_MAX + 5)]
        other = telegram.says(ADMIN, "hello", chat=ROOM)
        await chat.has_done(*updates, other)
        said = [html for _, _, html in await replies(store)]
        assert len(said) == COMMANDS_PER_MINUTE_MAX + 1
        assert said[-1] == trouble.too_many_commands(COMMANDS_PER_MINUTE_MAX)
        telegram.a_minute_passes()
        await chat.has_done(telegram.says(ADMIN, "/id"))
    assert len(await replies(store)) == COMMANDS_PER_MINUTE_MAX + 2


async def test_talk_in_a_group_that_is_no_command_uses_up_nothing(telegram, store, clock):
    async with running(telegram, store, clock, OPEN) as chat:
        for _ in range(COMMANDS_PER_MINUTE_MAX + 1):
            telegram.says(STRANGER, "what a day", chat=ROOM)
        await chat.has_done(telegram.says(STRANGER, "/id", chat=ROOM))
    assert len(await replies(store)) == 1


async def test_too_many_presses_change_nothing_and_are_each_answered(telegram, store, clock):
    async with running(telegram, store, clock) as chat:
        presses = [telegram.presses(ADMIN, "v0:old") for _ in range(PRESSES_PER_MINUTE_MAX)]
        last = telegram.presses(ADMIN, "v1:follow:c:sec-v-binance")
        await chat.has_done(*presses, last)
    assert telegram.toasts[-1][1] == trouble.TOO_MANY_PRESSES
    assert len(telegram.toasts) == PRESSES_PER_MINUTE_MAX + 1
    assert await store.subscriptions_at(Place(chat_id=ADMIN)) == ()


async def test_what_takes_long_answers_its_button_before_it_is_worked_on(telegram, store, clock):
    slow = SlowFor(store, Place(chat_id=ADMIN), method="coverage_by_week")
    async with running(telegram, slow, clock) as chat:
        press = telegram.presses(ADMIN, "v1:chart:sec-v-binance")
        assert await telegram.waits_for_toast() == ""
        assert press not in chat.store.done
        slow.over.set()
        await chat.has_done(press)
    assert len(await replies(store)) == 1
    assert len(telegram.toasts) == 1


async def test_a_group_that_became_a_supergroup_keeps_what_it_follows(telegram, store, clock):
    old, new = -55, -1005500
    telegram.is_group(old, kind="group", admins=[77])
    async with running(telegram, store, clock, OPEN) as chat:
        await chat.has_done(telegram.says(77, "/follow binance", chat=old))
        await chat.has_done(telegram.tells_of_move(old, new))
    assert await store.subscriptions_at(Place(chat_id=old)) == ()
    assert [one.target for one in await store.subscriptions_at(Place(chat_id=new))] == [CASE]


async def test_two_who_open_the_claim_link_at_once_do_not_both_become_admin(telegram, store, clock):
    async with running(telegram, store, clock, replace(SETUP, access=Access())) as chat:
        await telegram.waits_until(lambda: bool(telegram.called("getUpdates")), "a poll")
        payload = chat.announced[0].partition("?start=")[2]
        both = [telegram.says(user, f"/start {payload}") for user in (STRANGER, 667, 668)]
        await chat.has_done(*both)
    assert len(await store.admins()) == 1


async def test_who_let_the_bot_into_a_group_is_remembered(telegram, store, clock):
    async with running(telegram, store, clock) as chat:
        await chat.has_done(telegram.lets_in(ROOM, by=77))
    assert await store.setting(added_by(ROOM)) == "77"


async def test_a_post_in_a_channel_is_an_admins_command_where_the_bot_is_open(
    telegram, store, clock
):
    telegram.is_channel(CHANNEL)
    async with running(telegram, store, clock, OPEN) as chat:
        await chat.has_done(telegram.posts(CHANNEL, "/follow binance"))
    assert [one.target for one in await store.subscriptions_at(Place(chat_id=CHANNEL))] == [CASE]


async def test_a_post_in_a_channel_is_sent_to_a_private_chat_where_the_bot_is_private(
    telegram, store, clock
):
    telegram.is_channel(CHANNEL)
    async with running(telegram, store, clock) as chat:
        post = telegram.posts(CHANNEL, "/follow binance")
        await chat.has_done(post, telegram.posts(CHANNEL, "/id"))
    refused, told = [html for _, _, html in await replies(store)]
    assert refused == trouble.private_channel(CHANNEL)
    assert str(CHANNEL) in told
    assert await store.subscriptions_at(Place(chat_id=CHANNEL)) == ()


async def test_edits_and_pictures_are_passed_over(telegram, store, clock):
    async with running(telegram, store, clock) as chat:
        telegram.edits_own(ADMIN, "/follow binance")
        await chat.has_done(telegram.posts_photo(ADMIN))
    assert await replies(store) == []


async def test_failures_of_the_network_are_waited_out_longer_each_time(telegram, store, clock):
    async with running(telegram, store, clock) as chat:
        await chat.has_done(telegram.says(ADMIN, "/id"))
        telegram.answers_502("getUpdates")
        telegram.cuts_before("getUpdates")
        telegram.refuses(
            "getUpdates", 429, "Too Many Requests: retry after 9", parameters={"retry_after": 9}
        )
        again = telegram.says(ADMIN, "/id")
        await telegram.waits_until(lambda: len(clock.slept) == 3, "the third wait")
        await chat.has_done(again)
    assert clock.slept == [1.0, 2.0, 9.0]
    assert len(await replies(store)) == 2


async def test_a_start_without_network_waits_for_it(telegram, store, clock):
    telegram.answers_502("getMe")
    telegram.cuts_before("getMe")
    async with running(telegram, store, clock) as chat:
        await chat.has_done(telegram.says(ADMIN, "/id"))
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
        await chat.has_done(telegram.says(ADMIN, "/id"))
        telegram.revokes_the_token()
        with pytest.raises(ConfigError):
            await chat.ends()


async def test_of_two_programs_just_started_on_one_bot_one_ends_with_one_clear_line(
    telegram, store, clock
):
    with capture_logs() as logs:
        async with running(telegram, store, clock) as first:
            await telegram.waits_until(lambda: bool(telegram.called("getUpdates")), "a poll")
            async with running(telegram, store, clock):
                await first.ends()
    errors = [line["event"] for line in logs if line["log_level"] == "error"]
    assert errors == ["polling_conflict"]


async def test_the_program_that_was_there_keeps_its_bot_and_the_second_ends(telegram, store, clock):
    async with running(telegram, store, clock) as first:
        await first.has_done(telegram.says(ADMIN, "/id"))
        clock.at += SETTLED
        async with running(telegram, await SqliteStore.open(":memory:"), SteppedClock()) as second:
            await second.ends()
            await second.store.close()
        await first.has_done(telegram.says(ADMIN, "/id"))
        assert not first.task.done()
        assert set(first.held) == {PAUSE}
