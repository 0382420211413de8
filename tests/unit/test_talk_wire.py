"""The pages over real HTTP: what is pressed is edited, pictures arrive, a query waits for its button."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aggregator.alerts import decide
from aggregator.cases import chart as charts
from aggregator.cli import compose
from aggregator.model import (
    Batch,
    Delivery,
    Message,
    Place,
    Priority,
    Severity,
    Subscription,
    Target,
    TargetKind,
)
from aggregator.store.sqlite import SqliteStore
from aggregator.telegram.access import Access
from aggregator.telegram.chat import ChatLoop
from aggregator.telegram.connect import make_bot
from aggregator.telegram.keyboard import alert_buttons
from aggregator.telegram.notifier import TelegramNotifier
from tests.fake_telegram import TOKEN, FakeTelegram
from tests.newsroom import item, shipped
from tests.talking import Newsroom

NOW = datetime(2023, 9, 20, 12, 0, tzinfo=UTC)
USER, OTHER = 2, 3
HERE = Place(chat_id=USER)
CASE = Target(kind=TargetKind.CASE, slug="sec-v-binance")
ROOM = -1_000_000_000_001


class StillClock:
    """A clock that stands, and whose sleeps end at once."""

    def now(self):
        return NOW

    async def sleep(self, seconds):
        await asyncio.sleep(0)


@dataclass(kw_only=True)
class Chat:
    """A chat loop and a sender at work against a Telegram of our own."""

    telegram: FakeTelegram
    store: SqliteStore
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def sends(self, notifier):
        while True:
            await self.woken.wait()
            self.woken.clear()
            while due := await self.store.claim(NOW, 8):
                for delivery in due:
                    outcome = await notifier.deliver(delivery)
                    await self.store.settle(delivery, outcome, NOW)

    async def shows(self, text, *, chat=USER):
        """Return the newest message once it says `text`."""
        await self.telegram.waits_until(
            lambda: any(text in one.text for one in self.telegram.sent(chat)), repr(text)
        )
        return next(one for one in reversed(self.telegram.sent(chat)) if text in one.text)

    def presses(self, message, button, *, user=USER):
        self.telegram.presses(
            user, message.data(button), chat=message.chat, message_id=message.message_id
        )


@asynccontextmanager
async def at_work():
    made = compose.setup(compose.Settings.from_env({}), shipped())
    setup = replace(
        made,
        access=Access(admins=frozenset({1}), allowed=frozenset({USER, OTHER})),
    )
    store = await SqliteStore.open(":memory:")
    async with FakeTelegram() as telegram:
        chat = Chat(telegram=telegram, store=store)
        bot: Any = make_bot(TOKEN, telegram.base)
        loop = ChatLoop(
            bot=bot,
            store=store,
            clock=StillClock(),
            setup=lambda: setup,
            announce=lambda _: None,
            wake=chat.woken.set,
        )
        tasks = [
            asyncio.create_task(loop.run()),
            asyncio.create_task(chat.sends(TelegramNotifier(bot, files=store.file))),
        ]
        try:
            yield chat
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await loop.close()
    await store.close()


@pytest.fixture
async def chat():
    async with at_work() as one:
        yield one


async def stores(chat, *items):
    window = await chat.store.window(NOW)
    await chat.store.commit(Batch(items=items), window.version)


async def test_a_watch_is_previewed_and_created_in_the_same_message(chat):
    await stores(chat, item("Zebra at the harbour", at=NOW - timedelta(days=1)))
    chat.telegram.says(USER, "/watch zebra")
    preview = await chat.shows("It would have rung once")
    chat.presses(preview, "High only")
    created = await chat.shows("Watching “zebra”")
    assert created.message_id == preview.message_id
    assert created.button_texts == []
    (watch,) = await chat.store.watches_at(HERE)
    assert watch.query == "zebra"
    (row,) = await chat.store.subscriptions_at(HERE)
    assert (row.target, row.floor) == (watch.target, Severity.HIGH)


async def test_a_search_is_turned_within_its_message(chat):
    await stores(chat, *(item(f"Zebra {n}", at=NOW - n * timedelta(hours=1)) for n in range(12)))
    chat.telegram.says(USER, "/search zebra")
    page = await chat.shows("Zebra 7")
    chat.presses(page, "Older")
    older = await chat.shows("Zebra 11")
    assert (older.message_id, len(chat.telegram.sent(USER))) == (page.message_id, 1)


async def test_a_card_turns_to_its_pages_and_back_and_sends_its_chart(chat):
    chat.telegram.says(USER, "/case sec v binance")
    card = await chat.shows("Not legal advice")
    first = card.text
    chat.presses(card, "Timeline")
    page = await chat.shows("· timeline")
    chat.presses(page, "Case")
    back = await chat.shows("Parties:")
    assert (back.text, back.message_id) == (first, card.message_id)
    if charts.available():
        chat.presses(back, "Chart")
        picture = (await chat.telegram.waits_for(USER, 2))[1]
        assert picture.is_picture
        assert picture.file.startswith(b"\x89PNG")
        # A picture cannot become a text: its pages are new messages.
        chat.presses(picture, "Timeline")
        (*_, timeline) = await chat.telegram.waits_for(USER, 3)
        assert "· timeline" in timeline.text


async def test_an_alert_is_explained_by_reply_and_by_button_and_called_not_relevant(chat):
    await chat.store.subscribe(Subscription(place=HERE, target=CASE, since=NOW))
    room = Newsroom(store=chat.store, place=HERE)
    news = item("Judge denies SEC request to inspect Binance.US software", at=NOW)
    (story,) = await room.takes(news, told=False)
    key = decide.key(story.id, 1)
    alert = Delivery(
        place=HERE,
        key=key,
        message=Message(html="An alert", buttons=alert_buttons(story, [CASE], {})),
        priority=Priority.HIGH,
        created=NOW,
    )
    await chat.store.enqueue([alert])
    chat.woken.set()
    shown = await chat.shows("An alert")
    chat.telegram.says(USER, "/why", answers=shown.message_id)
    why = await chat.shows("Why this alert")
    assert "Rule: case SEC v. Binance" in why.text
    chat.presses(shown, "Why")
    (*_, again) = await chat.telegram.waits_for(USER, 3)
    assert again.text == why.text
    chat.presses(shown, "Not relevant")
    assert (await chat.telegram.waits_for_toast(2)).startswith("Noted: not relevant for SEC v.")
    await chat.telegram.waits_until_taken(chat.telegram.says(USER, "/id"))
    await chat.shows("Your id")
    assert chat.telegram.sent(USER)[0].text == "An alert"
    (noted,) = await chat.store.feedback(NOW - timedelta(days=1))
    assert (noted.target, noted.item) == (CASE, news.key)


async def test_in_a_group_a_member_is_refused_and_an_admin_is_not(chat):
    chat.telegram.is_group(ROOM, admins=[USER])
    chat.telegram.says(USER, "/watch zebra", chat=ROOM)
    preview = await chat.shows("Watch “zebra”", chat=ROOM)
    chat.presses(preview, "Create", user=OTHER)
    toast = await chat.telegram.waits_for_toast()
    assert "Only admins of this group" in toast
    assert await chat.store.watches_at(Place(chat_id=ROOM)) == ()
