"""The fake is what the other tests stand on, so what it refuses is tested too."""

from __future__ import annotations

import asyncio
import io

import httpx
import pytest
from telegram import BotCommand, BotCommandScopeChat, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest, Conflict, RetryAfter

from aggregator.telegram.connect import close_bot, make_bot
from tests.fake_telegram import TOKEN, CannotParse, FakeTelegram, read_html


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<b>a</b> &lt;b&gt; &amp; &quot;", 'a <b> & "'),
        ("&nbsp; &copy; a & b", "&nbsp; &copy; a & b"),
        ("&#65;&#x42;", "AB"),
        ('<a href="https://x.example/?a=1&amp;b=2">x</a>', "x"),
        ("<blockquote expandable>a <i>b</i></blockquote>", "a b"),
        ('<tg-time unix="1719612000" format="Dt">28 Jun 2024</tg-time>', "28 Jun 2024"),
        ('<span class="tg-spoiler">x</span>', "x"),
        ("a > b", "a > b"),
    ],
)
def test_html_that_telegram_takes_is_taken(html, text):
    assert read_html(html).text == text


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("a<br>b", 'Unsupported start tag "br" at byte offset 1'),
        ("ж<p>x</p>", 'Unsupported start tag "p" at byte offset 2'),
        ("<b>x", "Can't find end tag corresponding to start tag b"),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("1 < 2 > 0", 'Unsupported start tag ""'),
        ("<b", "Unclosed start tag"),
        ("<code><b>x</b></code>", "must not be inside"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>", "must not be inside"),
        ('<tg-time unix="soon" format="r">x</tg-time>', "Invalid Unix timestamp"),
        ('<tg-time unix="1" format="YYYY">x</tg-time>', "Invalid date-time format"),
        ('<a href="x" onclick="y">x</a>', 'Unexpected attribute "onclick"'),
        ("<span>x</span>", "tg-spoiler"),
    ],
)
def test_html_that_telegram_refuses_is_refused(html, said):
    with pytest.raises(CannotParse) as raised:
        read_html(html)
    assert said in str(raised.value)


@pytest.fixture
async def telegram():
    async with FakeTelegram() as server:
        yield server


@pytest.fixture
async def bot(telegram):
    made = make_bot(TOKEN, telegram.base)
    await made.initialize()
    yield made
    await close_bot(made)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Message text is empty"),
        (" \n ", "Message text is empty"),
        ("x" * 4097, "Message is too long"),
        ("&amp;" * 7000, "Text is too long"),
        ("<br>", "Can't parse entities"),
    ],
)
async def test_a_text_that_cannot_be_a_message_is_refused(bot, text, said):
    with pytest.raises(BadRequest, match=said):
        await bot.send_message(7, text, parse_mode="HTML")


async def test_4096_characters_count_after_the_markup_is_read(bot, telegram):
    await bot.send_message(7, "<b>" + "&lt;" * 4096 + "</b>", parse_mode="HTML")
    assert telegram.sent(7)[0].text == "<" * 4096


@pytest.mark.parametrize(
    "button",
    [
        InlineKeyboardButton("x", callback_data="é" * 33),
        InlineKeyboardButton("x", url="http://localhost/"),
        InlineKeyboardButton("x", url="javascript:alert(1)"),
        InlineKeyboardButton(" ", callback_data="x"),
    ],
)
async def test_a_button_that_cannot_be_is_refused(bot, button):
    with pytest.raises(BadRequest):
        await bot.send_message(7, "x", reply_markup=InlineKeyboardMarkup([[button]]))


async def test_private_chats_share_their_message_ids_and_supergroups_do_not(bot, telegram):
    ids = [
        (await bot.send_message(chat, "x")).message_id
        for chat in (7, 8, -5, -1001, -1002, 7, -1001)
    ]
    assert ids == [1, 2, 3, 1, 1, 4, 2]


async def test_an_edit_replaces_the_keyboard_and_an_equal_one_is_refused(bot, telegram):
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("x", callback_data="y")]])
    sent = await bot.send_message(7, "<b>a</b>", parse_mode="HTML", reply_markup=keyboard)
    await bot.edit_message_text("a", 7, sent.message_id)
    assert telegram.sent(7)[0].buttons == []
    with pytest.raises(BadRequest, match="Message is not modified"):
        await bot.edit_message_text("a", 7, sent.message_id)
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await bot.edit_message_text("a", 7, 99)


PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


async def test_a_picture_and_a_document_arrive_byte_for_byte_with_their_captions(bot, telegram):
    await bot.send_photo(7, io.BytesIO(PNG), caption="<b>a</b>", parse_mode="HTML")
    await bot.send_document(7, b"when: x\n", filename="x.yaml", caption="b")
    picture, document = telegram.sent(7)
    assert (picture.is_picture, picture.file, picture.text) == (True, PNG, "a")
    assert (document.is_picture, document.file, document.attachment) == (
        False,
        b"when: x\n",
        "x.yaml",
    )


async def test_a_caption_and_a_text_are_edited_each_in_their_own_way(bot, telegram):
    picture = await bot.send_photo(7, PNG, caption="a")
    text = await bot.send_message(7, "a")
    await bot.edit_message_caption(7, picture.message_id, caption="b")
    assert telegram.sent(7)[0].text == "b"
    with pytest.raises(BadRequest, match="no text in the message to edit"):
        await bot.edit_message_text("c", 7, picture.message_id)
    with pytest.raises(BadRequest, match="no caption in the message to edit"):
        await bot.edit_message_caption(7, text.message_id, caption="c")


@pytest.mark.parametrize(
    ("data", "caption", "said"),
    [
        (b"", "x", "non-empty"),
        (b"text", "x", "Image_process_failed"),
        (PNG, "x" * 1025, "too long"),
    ],
)
async def test_a_picture_that_cannot_be_is_refused(bot, data, caption, said):
    with pytest.raises(BadRequest, match=said):
        await bot.send_photo(7, data, caption=caption)


async def test_a_topic_that_is_closed_or_deleted_takes_no_message(bot, telegram):
    telegram.closes_topic(-1001, 4)
    telegram.deletes_topic(-1001, 5)
    with pytest.raises(BadRequest, match="Topic_closed"):
        await bot.send_message(-1001, "x", message_thread_id=4)
    with pytest.raises(BadRequest, match="thread not found"):
        await bot.send_message(-1001, "x", message_thread_id=5)
    telegram.reopens_topic(-1001, 4)
    await bot.send_message(-1001, "x", message_thread_id=4)


async def test_a_channel_is_known_by_name_and_says_whether_the_bot_may_post(bot, telegram):
    telegram.is_channel(-1009, name="courts", admins=[5], bot_posts=False)
    assert (await bot.get_chat("@Courts")).id == -1009
    assert (await bot.get_chat_member("@courts", 5)).status == "administrator"
    assert (await bot.get_chat_member(-1009, bot.id)).can_post_messages is False
    with pytest.raises(BadRequest, match="administrator rights"):
        await bot.send_message(-1009, "x")
    with pytest.raises(BadRequest, match="not found"):
        await bot.get_chat("@nobody")


async def test_a_post_in_a_channel_names_no_author(bot, telegram):
    telegram.is_channel(-1009)
    telegram.posts(-1009, "/id")
    (update,) = await bot.get_updates()
    assert update.channel_post.text == "/id"
    assert update.channel_post.from_user is None


async def test_each_scope_has_its_own_menu(bot, telegram):
    await bot.set_my_commands([BotCommand("case", "a case")])
    await bot.set_my_commands([BotCommand("feeds", "feeds")], BotCommandScopeChat(7))
    menus = {scope: [one["command"] for one in menu] for scope, menu in telegram.menus.items()}
    assert menus == {"default": ["case"], "chat:7": ["feeds"]}


async def test_a_group_that_moves_says_where_to(bot, telegram):
    telegram.tells_of_move(-5, -1005)
    (update,) = await bot.get_updates()
    assert update.message.migrate_to_chat_id == -1005


async def test_a_flood_holds_one_message(bot, telegram):
    telegram.floods(7, 4)
    with pytest.raises(RetryAfter):
        await bot.send_message(7, "x")
    await bot.send_message(7, "x")
    assert len(telegram.sent(7)) == 1


async def test_updates_stay_until_their_offset_is_passed(bot, telegram):
    first = telegram.says(7, "a")
    second = telegram.says(7, "b")
    assert [u.update_id for u in await bot.get_updates()] == [first, second]
    assert [u.update_id for u in await bot.get_updates(offset=first)] == [first, second]
    assert [u.update_id for u in await bot.get_updates(offset=second)] == [second]
    assert await bot.get_updates(offset=second + 1) == ()


async def test_a_long_poll_ends_when_something_comes(bot, telegram):
    poll = asyncio.create_task(bot.get_updates(timeout=10))
    await telegram.waits_until(lambda: bool(telegram.called("getUpdates")), "the poll")
    telegram.says(7, "a")
    assert len(await poll) == 1


async def test_the_first_of_two_pollers_is_told_of_the_other(bot, telegram):
    poll = asyncio.create_task(bot.get_updates(timeout=10))
    await telegram.waits_until(lambda: bool(telegram.called("getUpdates")), "the poll")
    other = make_bot(TOKEN, telegram.base)
    await other.initialize()
    assert await other.get_updates(timeout=0) == ()
    await close_bot(other)
    with pytest.raises(Conflict):
        await poll


async def test_waiting_for_what_does_not_come_fails_and_says_what_did(telegram, bot):
    await bot.send_message(7, "x")
    with pytest.raises(AssertionError, match=r"did not come: a miracle.*\{7: 1\}.*sendMessage"):
        await telegram.waits_until(lambda: False, "a miracle", deadline_s=0.05)


async def test_json_bodies_are_read_like_forms_and_strangers_are_turned_away(telegram):
    async with httpx.AsyncClient(base_url=telegram.base) as client:
        body = {"chat_id": 7, "text": "x", "reply_markup": {"inline_keyboard": []}}
        sent = await client.post(f"/bot{TOKEN}/sendMessage", json=body)
        wrong = await client.post("/bot1:x/getMe")
        unknown = await client.post(f"/bot{TOKEN}/flyAway")
    assert sent.json()["result"]["text"] == "x"
    assert (wrong.status_code, wrong.json()["description"]) == (401, "Unauthorized")
    assert unknown.status_code == 404
    assert [message.text for message in telegram.sent(7)] == ["x"]
