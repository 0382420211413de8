from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.model import (
    Button,
    ChatGone,
    Delivery,
    Message,
    NotSent,
    Place,
    Priority,
    Rejected,
    RetryAt,
    Sent,
    Unknown,
)
from aggregator.telegram import notifier as module
from aggregator.telegram.connect import close_bot, make_bot
from aggregator.telegram.notifier import ConsoleNotifier, TelegramNotifier
from aggregator.telegram.outcome import NoRights, Remedy
from tests.fake_telegram import TOKEN, FakeTelegram

NOW = datetime(2023, 9, 18, 20, 14, tzinfo=UTC)
CHAT, ROOM = 7, -1001
READ = Button(text="Read", url="https://wire-one.example/a")
OPEN = Button(text="Open case", data="v1:case:sec-v-binance")
MESSAGE = Message(html="<b>SEC v. Binance</b> &amp; more", buttons=((OPEN, READ),))


def delivery(message=MESSAGE, *, chat=CHAT, thread=0, message_id=None):
    return Delivery(
        place=Place(chat_id=chat, thread_id=thread),
        key="story:s1:1",
        message=message,
        priority=Priority.NORMAL,
        created=NOW,
        message_id=message_id,
    )


@asynccontextmanager
async def connected(telegram, **options):
    bot = make_bot(TOKEN, telegram.base)
    try:
        yield TelegramNotifier(bot, **options)
    finally:
        await close_bot(bot)


@pytest.fixture
async def telegram():
    async with FakeTelegram() as server:
        yield server


async def test_a_message_arrives_as_html_with_buttons_and_without_preview(telegram):
    async with connected(telegram) as notifier:
        outcome = await notifier.deliver(delivery())
    (message,) = telegram.sent(CHAT)
    assert outcome == Sent(message_id=message.message_id)
    assert message.text == "SEC v. Binance & more"
    assert message.buttons == [
        [
            {"text": "Open case", "callback_data": "v1:case:sec-v-binance"},
            {"text": "Read", "url": "https://wire-one.example/a"},
        ]
    ]
    assert not message.preview
    assert not message.silent


async def test_an_edit_changes_the_message_and_keeps_its_buttons(telegram):
    async with connected(telegram) as notifier:
        first = await notifier.deliver(delivery())
        assert isinstance(first, Sent)
        changed = replace(MESSAGE, html="<b>SEC v. Binance</b>, also reported by 1 outlet")
        outcome = await notifier.deliver(delivery(changed, message_id=first.message_id))
    (message,) = telegram.sent(CHAT)
    assert outcome == first
    assert message.text == "SEC v. Binance, also reported by 1 outlet"
    assert message.edits == ["SEC v. Binance & more"]
    assert message.button_texts == ["Open case", "Read"]
    assert not message.preview


async def test_an_edit_that_changes_nothing_counts_as_sent(telegram):
    async with connected(telegram) as notifier:
        first = await notifier.deliver(delivery())
        assert isinstance(first, Sent)
        assert await notifier.deliver(delivery(message_id=first.message_id)) == first
    assert telegram.sent(CHAT)[0].edits == []


async def test_an_edit_of_what_is_not_there_is_rejected(telegram):
    async with connected(telegram) as notifier:
        outcome = await notifier.deliver(delivery(message_id=99))
    assert isinstance(outcome, Rejected)
    assert "not found" in outcome.detail


async def test_a_probe_finds_what_is_there_and_changes_nothing(telegram):
    async with connected(telegram) as notifier:
        sent = await notifier.deliver(delivery())
        assert await notifier.probe(delivery(), sent.message_id) == sent
        missed = await notifier.probe(delivery(), sent.message_id + 1)
    assert isinstance(missed, Rejected)
    assert len(telegram.sent(CHAT)) == 1


async def test_a_probe_finds_what_was_sent_without_its_refused_markup(telegram):
    bad = delivery(Message(html="<b>Bad<br></b> text"))
    async with connected(telegram) as notifier:
        sent = await notifier.deliver(bad)
        assert isinstance(sent, Sent)
        assert await notifier.probe(bad, sent.message_id) == sent


async def test_a_silent_message_makes_no_sound(telegram):
    async with connected(telegram) as notifier:
        await notifier.deliver(delivery(replace(MESSAGE, silent=True)))
    assert telegram.sent(CHAT)[0].silent


async def test_markup_that_telegram_refuses_is_sent_once_more_as_plain_text(telegram):
    bad = Message(html='<b>Bad<br></b> &lt; <a href="https://x.example/">x</a>', buttons=((OPEN,),))
    async with connected(telegram) as notifier:
        outcome = await notifier.deliver(delivery(bad))
    (message,) = telegram.sent(CHAT)
    assert outcome == Sent(message_id=message.message_id)
    assert message.text == "Bad < x (https://x.example/)"
    assert message.button_texts == ["Open case"]
    assert len(telegram.called("sendMessage")) == 2


async def test_a_message_refused_twice_for_the_same_fault_is_rejected(telegram):
    said = "Bad Request: can't parse entities: nothing pleases me"
    telegram.refuses("sendMessage", 400, said)
    telegram.refuses("sendMessage", 400, said)
    async with connected(telegram) as notifier:
        assert isinstance(await notifier.deliver(delivery()), Rejected)
    assert len(telegram.called("sendMessage")) == 2


async def test_a_message_too_long_is_cut_and_sent(telegram):
    async with connected(telegram) as notifier:
        outcome = await notifier.deliver(delivery(Message(html="word " * 1000)))
    assert isinstance(outcome, Sent)
    assert telegram.sent(CHAT)[0].text.endswith("word…")


async def test_what_telegram_calls_too_long_is_cut_shorter_and_keeps_its_link(telegram):
    for _ in range(2):
        telegram.refuses("sendMessage", 400, "Bad Request: message is too long")
    html = f'<b>Label</b>\n<a href="{READ.url}">wire</a> ' + "word " * 100
    heard = []

    async def hears(_, what):
        heard.append(what.remedy)

    async with connected(telegram, heard=hears) as notifier:
        assert isinstance(await notifier.deliver(delivery(Message(html=html))), Sent)
    (shown,) = telegram.sent(CHAT)
    assert shown.text.startswith("Label\n")
    assert shown.text.endswith(f"…\n{READ.url}")
    assert len(shown.text) < 150
    assert heard == [Remedy.SHORT]


async def test_what_is_refused_for_an_unknown_reason_is_sent_once_more_bare(telegram):
    telegram.refuses("sendMessage", 400, "Bad Request: SOMETHING_NEW")
    answering = replace(delivery(chat=ROOM, thread=44), reply_to_id=3)
    async with connected(telegram) as notifier:
        assert isinstance(await notifier.deliver(answering), Sent)
        telegram.refuses("sendMessage", 400, "Bad Request: SOMETHING_NEW")
        telegram.refuses("sendMessage", 400, "Bad Request: SOMETHING_NEW")
        assert isinstance(await notifier.deliver(answering), Rejected)
    first, second, *_ = telegram.called("sendMessage")
    assert {"parse_mode", "reply_markup", "reply_parameters"} <= first.keys()
    assert not {"parse_mode", "reply_markup", "reply_parameters"} & second.keys()
    assert second["message_thread_id"] == first["message_thread_id"]
    assert second["text"] == "SEC v. Binance & more"
    assert len(telegram.called("sendMessage")) == 4


async def test_a_probe_whose_text_is_refused_shows_nothing(telegram):
    telegram.refuses("editMessageText", 400, "Bad Request: SOMETHING_NEW")
    async with connected(telegram) as notifier:
        assert isinstance(await notifier.probe(delivery(), 5), Unknown)
        assert isinstance(await notifier.probe(delivery(), 5), Rejected)


async def test_a_429_that_names_no_time_waits_longer_each_time_until_one_goes_through(telegram):
    waits = []
    async with connected(telegram) as notifier:
        for refused in (True, True, True, False, True):
            if refused:
                telegram.refuses("sendMessage", 429, "Too Many Requests: retry later")
            outcome = await notifier.deliver(delivery())
            waits.append(outcome.after.total_seconds() if refused else None)
    assert waits == [5, 10, 20, None, 5]


async def test_a_lost_topic_falls_back_to_the_chat(telegram):
    telegram.refuses("sendMessage", 400, "Bad Request: message thread not found")
    async with connected(telegram) as notifier:
        outcome = await notifier.deliver(delivery(chat=-1001, thread=44))
    assert isinstance(outcome, Sent)
    assert telegram.sent(-1001)[0].thread is None


async def test_a_deleted_topic_is_not_tried_again_and_a_closed_one_is(telegram):
    telegram.deletes_topic(ROOM, 44)
    telegram.closes_topic(ROOM, 45)
    async with connected(telegram) as notifier:
        for _ in range(2):
            await notifier.deliver(delivery(chat=ROOM, thread=44))
        await notifier.deliver(delivery(chat=ROOM, thread=45))
        telegram.reopens_topic(ROOM, 45)
        await notifier.deliver(delivery(chat=ROOM, thread=45))
    assert [message.thread for message in telegram.sent(ROOM)] == [None, None, None, 45]
    assert len(telegram.called("sendMessage")) == 6


async def test_a_chat_without_rights_is_asked_again_a_day_later_and_somebody_hears_of_it(telegram):
    telegram.is_channel(ROOM, bot_posts=False)
    heard = []

    async def hears(about, what):
        heard.append((about.place.chat_id, what))

    async with connected(telegram, heard=hears) as notifier:
        outcome = await notifier.deliver(delivery(chat=ROOM))
    assert outcome == RetryAt(after=timedelta(days=1), flood=False)
    ((chat, what),) = heard
    assert chat == ROOM
    assert isinstance(what, NoRights)


async def test_whoever_hears_of_trouble_cannot_change_what_became_of_the_message(telegram):
    async def breaks(about, what):
        raise RuntimeError

    bad = Message(html="<b>Bad<br></b>")
    async with connected(telegram, heard=breaks) as notifier:
        assert isinstance(await notifier.deliver(delivery(bad)), Sent)


PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
FILES = {"chart.png": PNG, "7-follows.yaml": b"when: binance\n", "bad.png": b"no picture"}
CHART = Message(
    html="<b>SEC v. Binance</b> &amp; weeks", attachment="chart.png", buttons=((OPEN,),)
)


async def files(name):
    return FILES.get(name)


async def test_a_picture_is_shown_with_the_text_as_its_caption(telegram):
    async with connected(telegram, files=files) as notifier:
        outcome = await notifier.deliver(delivery(CHART, chat=ROOM, thread=5))
    (message,) = telegram.sent(ROOM)
    assert outcome == Sent(message_id=message.message_id)
    assert (message.is_picture, message.file, message.thread) == (True, PNG, 5)
    assert message.text == "SEC v. Binance & weeks"
    assert message.button_texts == ["Open case"]


async def test_any_other_file_is_a_document_under_its_own_name(telegram):
    export = Message(html="What is followed", attachment="7-follows.yaml")
    async with connected(telegram, files=files) as notifier:
        await notifier.deliver(delivery(export))
    (message,) = telegram.sent(CHAT)
    assert (message.is_picture, message.attachment) == (False, "7-follows.yaml")
    assert message.file == FILES["7-follows.yaml"]


@pytest.mark.parametrize("name", ["gone.png", "bad.png"])
async def test_a_file_that_is_missing_or_refused_costs_no_text(telegram, name):
    async with connected(telegram, files=files) as notifier:
        outcome = await notifier.deliver(delivery(replace(CHART, attachment=name)))
    (message,) = telegram.sent(CHAT)
    assert outcome == Sent(message_id=message.message_id)
    assert (message.text, message.attachment) == ("SEC v. Binance & weeks", "")


async def test_a_server_that_takes_no_files_gets_the_text(telegram):
    telegram.unknown_methods = {"sendPhoto"}
    async with connected(telegram, files=files) as notifier:
        assert isinstance(await notifier.deliver(delivery(CHART)), Sent)
    assert telegram.sent(CHAT)[0].text == "SEC v. Binance & weeks"


async def test_a_caption_whose_markup_is_refused_or_that_is_too_long_goes_as_plain_text(telegram):
    broken = replace(CHART, html="<b>Bad<br></b>")
    long = replace(CHART, html="word " * 400)
    async with connected(telegram, files=files) as notifier:
        await notifier.deliver(delivery(broken))
        await notifier.deliver(delivery(long))
    first, second = telegram.sent(CHAT)
    assert (first.text, first.is_picture) == ("Bad", True)
    assert second.text.endswith("word…")
    assert len(second.text) <= 1024


async def test_a_caption_is_edited_and_a_probe_finds_it(telegram):
    async with connected(telegram, files=files) as notifier:
        sent = await notifier.deliver(delivery(CHART))
        assert await notifier.probe(delivery(CHART), sent.message_id) == sent
        missed = await notifier.probe(delivery(CHART), sent.message_id + 1)
        changed = replace(CHART, html="new")
        assert await notifier.deliver(delivery(changed, message_id=sent.message_id)) == sent
    assert isinstance(missed, Rejected)
    assert telegram.sent(CHAT)[0].text == "new"
    assert telegram.sent(CHAT)[0].is_picture


async def test_a_probe_finds_what_was_sent_without_its_file(telegram):
    lost = delivery(replace(CHART, attachment="gone.png"))
    async with connected(telegram, files=files) as notifier:
        sent = await notifier.deliver(lost)
        assert await notifier.probe(lost, sent.message_id) == sent
    assert len(telegram.sent(CHAT)) == 1


async def test_a_topic_is_reached_and_the_general_topic_needs_no_id(telegram):
    async with connected(telegram) as notifier:
        await notifier.deliver(delivery(chat=-1001, thread=44))
        await notifier.deliver(delivery(chat=-1001, thread=1))
    assert [message.thread for message in telegram.sent(-1001)] == [44, None]


async def test_refused_buttons_are_left_out(telegram):
    long = Message(html="x", buttons=((Button(text="Open", data="x" * 65),),))
    async with connected(telegram) as notifier:
        outcome = await notifier.deliver(delivery(long))
    assert isinstance(outcome, Sent)
    assert telegram.sent(CHAT)[0].buttons == []


async def test_a_flood_comes_back_as_a_wait(telegram):
    telegram.floods(CHAT, 3)
    async with connected(telegram) as notifier:
        assert await notifier.deliver(delivery()) == RetryAt(after=timedelta(seconds=3))
        assert isinstance(await notifier.deliver(delivery()), Sent)


async def test_a_chat_that_blocked_left_or_moved_is_gone(telegram):
    telegram.blocks(CHAT)
    telegram.deactivates(8)
    telegram.loses(9)
    telegram.migrates(-10, -100200)
    async with connected(telegram) as notifier:
        blocked = await notifier.deliver(delivery())
        assert isinstance(blocked, ChatGone)
        assert "blocked by the user" in blocked.detail
        assert isinstance(await notifier.deliver(delivery(chat=8)), ChatGone)
        assert isinstance(await notifier.deliver(delivery(chat=9)), ChatGone)
        moved = await notifier.deliver(delivery(chat=-10))
    assert isinstance(moved, ChatGone)
    assert moved.migrated_to == -100200


async def test_nobody_listening_means_not_sent(telegram):
    await telegram.stops()
    async with connected(telegram) as notifier:
        assert isinstance(await notifier.deliver(delivery()), NotSent)


@pytest.mark.parametrize("trouble", ["cuts_before", "cuts_after", "answers_502"])
async def test_a_broken_answer_leaves_it_unknown(telegram, trouble):
    getattr(telegram, trouble)("sendMessage")
    async with connected(telegram) as notifier:
        assert isinstance(await notifier.deliver(delivery()), Unknown)
    assert len(telegram.sent(CHAT)) == (1 if trouble == "cuts_after" else 0)


async def test_an_answer_that_never_comes_leaves_it_unknown(telegram):
    telegram.hangs_after_accepting()
    bot = make_bot(TOKEN, telegram.base)
    try:
        notifier = TelegramNotifier(bot, total_s=1.0)
        assert isinstance(await notifier.deliver(delivery()), Unknown)
    finally:
        await close_bot(bot)
    assert len(telegram.sent(CHAT)) == 1


async def test_a_revoked_token_means_not_sent_and_is_not_named(telegram):
    telegram.revokes_the_token()
    async with connected(telegram) as notifier:
        outcome = await notifier.deliver(delivery())
    assert isinstance(outcome, NotSent)
    assert "token" in outcome.detail
    assert TOKEN not in outcome.detail


async def test_a_prefix_stands_first_in_each_message(telegram):
    async with connected(telegram, prefix="DEMO, replay of 18 Sep 2023") as notifier:
        first = await notifier.deliver(delivery())
        assert isinstance(first, Sent)
        await notifier.deliver(delivery(Message(html="new"), message_id=first.message_id))
    (message,) = telegram.sent(CHAT)
    assert message.edits == ["DEMO, replay of 18 Sep 2023\nSEC v. Binance & more"]
    assert message.text == "DEMO, replay of 18 Sep 2023\nnew"


async def test_the_console_prints_new_alerts_whole_and_of_updates_what_changed():
    printed: list[str] = []
    console = ConsoleNotifier(printed.append, prefix="DEMO")
    html = "<b>SEC v. Binance</b> · Low\nHeadline\n\n“Quoted.” Wire One\n\nD.D.C.\nWire One first\n<i>Why: x</i>"
    first = await console.deliver(delivery(Message(html=html)))
    second = await console.deliver(delivery(Message(html="other")))
    assert (first, second) == (Sent(message_id=1), Sent(message_id=2))
    edit = delivery(Message(html=html), message_id=1)
    assert await console.deliver(edit) == first
    new, _, updated = (block.split("\n") for block in printed)
    assert new[0].startswith("┌─ DEMO ─ new ─")
    assert new[1:-1] == [
        "│ SEC v. Binance · Low",
        "│ Headline",
        "│",
        "│ “Quoted.” Wire One",
        "│",
        "│ D.D.C.",
        "│ Wire One first",
        "│ Why: x",
    ]
    assert updated[0].startswith("┌─ DEMO ─ updated ─")
    assert updated[1:-1] == ["│ SEC v. Binance · Low", "│ Headline", "│ Wire One first"]


async def test_long_lines_are_wrapped_on_the_console_and_addresses_are_not():
    printed: list[str] = []
    url = "https://x.example/" + "y" * 120
    await ConsoleNotifier(printed.append).deliver(delivery(Message(html="word " * 60 + url)))
    lines = printed[0].split("\n")
    assert f"│ {url}" in lines
    assert all(len(line) <= module.CONSOLE_COLUMNS for line in lines if url not in line)
