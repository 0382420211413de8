from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from aggregator.model import ChatGone, Delivery, Message, Place, Priority, Rejected, Unknown
from aggregator.store.sqlite import SqliteStore
from aggregator.telegram.connect import close_bot, make_bot
from aggregator.telegram.notices import Notices, added_by
from aggregator.telegram.notifier import TelegramNotifier
from aggregator.telegram.words import trouble
from tests.fake_telegram import TOKEN, FakeTelegram, read_html

NOW = datetime(2024, 6, 28, 22, 0, tzinfo=UTC)
OPS, CHAT, ROOM, ANN = 900, 7, -1001, 501


class Standing:
    def now(self):
        return NOW

    async def sleep(self, seconds):
        raise AssertionError(seconds)


def delivery(html="<b>x</b>", *, chat=CHAT, thread=0, key="story:s1:1"):
    return Delivery(
        place=Place(chat_id=chat, thread_id=thread),
        key=key,
        message=Message(html=html),
        priority=Priority.NORMAL,
        created=NOW,
    )


@pytest.fixture
async def telegram():
    async with FakeTelegram() as server:
        yield server


@pytest.fixture
async def store():
    opened = await SqliteStore.open(":memory:")
    yield opened
    await opened.close()


@asynccontextmanager
async def sending(telegram, store, *, ops=OPS, named=()):
    woken = []
    place = None if ops is None else Place(chat_id=ops)
    notices = Notices(
        store=store, clock=Standing(), ops=place, named=lambda: named, wake=lambda: woken.append(1)
    )
    bot = make_bot(TOKEN, telegram.base)
    try:
        yield TelegramNotifier(bot, heard=notices.hear)
    finally:
        await close_bot(bot)


async def told(store):
    """Return each notice as its place and what its reader sees."""
    found = reversed(await store.deliveries(50))
    return [(one.place, read_html(one.message.html).text) for one in found]


async def test_markup_that_telegram_refuses_is_told_to_the_operator_once_for_all_chats(
    telegram, store
):
    async with sending(telegram, store) as notifier:
        for chat in (CHAT, 8, 9):
            await notifier.deliver(delivery("<b>Bad<br></b>", chat=chat))
    ((place, said),) = await told(store)
    assert place == Place(chat_id=OPS)
    assert "story:s1:1" in said
    assert "plain text" in said
    assert [len(telegram.sent(chat)) for chat in (CHAT, 8, 9)] == [1, 1, 1]


async def test_what_could_not_be_delivered_is_told_once_a_day_for_each_reason(store):
    notices = Notices(
        store=store,
        clock=Standing(),
        ops=Place(chat_id=OPS),
        named=lambda: (),
        wake=lambda: None,
    )
    for chat, at in ((CHAT, 3), (8, 44)):
        await notices.hear(delivery(chat=chat), Rejected(detail=f"Something_new at {at}"))
    await notices.hear(delivery(key="notice:x"), Rejected(detail="Of its own"))
    for chat in (CHAT, 8):
        await notices.hear(delivery(chat=chat), Unknown(detail="looked for in vain"))
    (_, refused), (_, repeated) = await told(store)
    assert "story:s1:1" in refused
    assert f"to the chat {CHAT} could not be delivered: Something_new at 3" in refused
    assert "sent 5 times more" in repeated


async def test_a_notice_that_is_itself_refused_makes_no_further_notice(telegram, store):
    async with sending(telegram, store) as notifier:
        await notifier.deliver(delivery("<b>Bad<br></b>", chat=OPS, key="notice:refused:x"))
    assert await told(store) == []


async def test_without_an_operators_chat_the_message_still_goes_out(telegram, store):
    async with sending(telegram, store, ops=None) as notifier:
        await notifier.deliver(delivery("<b>Bad<br></b>"))
    assert await told(store) == []
    assert len(telegram.sent(CHAT)) == 1


async def test_a_lost_topic_is_told_once_in_its_own_chat(telegram, store):
    telegram.deletes_topic(ROOM, 44)
    telegram.closes_topic(ROOM, 45)
    async with sending(telegram, store) as notifier:
        for thread in (44, 44, 45, 45):
            await notifier.deliver(delivery(chat=ROOM, thread=thread))
    assert await told(store) == [
        (Place(chat_id=ROOM), trouble.TOPIC_DELETED),
        (Place(chat_id=ROOM), trouble.TOPIC_CLOSED),
    ]


async def test_missing_rights_are_told_once_to_whoever_added_the_bot(telegram, store):
    telegram.is_channel(ROOM, bot_posts=False)
    await store.put_setting(added_by(ROOM), str(ANN))
    async with sending(telegram, store) as notifier:
        await notifier.deliver(delivery(chat=ROOM))
        await notifier.deliver(delivery(chat=ROOM))
    ((place, said),) = await told(store)
    assert place == Place(chat_id=ANN)
    assert str(ROOM) in said


async def test_missing_rights_are_told_to_the_operator_when_nobody_is_known(telegram, store):
    telegram.is_channel(ROOM, bot_posts=False)
    async with sending(telegram, store) as notifier:
        await notifier.deliver(delivery(chat=ROOM))
    ((place, _),) = await told(store)
    assert place == Place(chat_id=OPS)


@pytest.mark.parametrize("named", [True, False])
async def test_a_chat_that_is_gone_is_told_to_the_operator_where_a_file_names_it(
    telegram, store, named
):
    telegram.loses(CHAT)
    async with sending(telegram, store, named={CHAT} if named else ()) as notifier:
        assert isinstance(await notifier.deliver(delivery()), ChatGone)
    said = await told(store)
    assert len(said) == (1 if named else 0)
    assert all(str(CHAT) in text for _, text in said)
