from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.alerts import decide
from aggregator.model import (
    Batch,
    Button,
    Case,
    Delivery,
    Event,
    EventKind,
    Feed,
    FeedKind,
    ItemKey,
    Message,
    MuteKind,
    Priority,
    Report,
    Severity,
    Status,
    Story,
    StoryId,
    Subscription,
    Target,
    TargetKind,
    Trust,
    Watchlist,
)
from aggregator.telegram import words
from aggregator.telegram.access import Access
from aggregator.telegram.keyboard import mute_buttons
from aggregator.telegram.naming import Setup
from tests.conversation import conversation, names
from tests.talking import ROOM, shown

NOW = datetime(2023, 9, 18, 20, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)
USER = 2
CASE = Target(kind=TargetKind.CASE, slug="sec-v-binance")
OTHER = Target(kind=TargetKind.CASE, slug="cftc-v-binance")
TITLE = "Judge <hears> @binance"
READ = (Button(text="Read", url="https://wire-one.example/a"),)


def case(slug, title, *aliases):
    return Case(slug=slug, caption=title, title=title, aliases=aliases)


SETUP = Setup(
    cases={
        one.slug: one
        for one in (
            case("sec-v-binance", "SEC v. Binance", "Binance"),
            case("cftc-v-binance", "CFTC v. Binance", "Binance"),
            case("sec-v-ripple", "SEC v. Ripple", "Ripple"),
        )
    },
    watchlists={"mixers": Watchlist(name="mixers", title="Mixers", severity=Severity.LOW)},
    entities={"kraken": "Kraken"},
    feeds=(
        Feed(
            id="wire-one",
            url="https://wire-one.example/rss",
            kind=FeedKind.NEWS,
            name="Wire One",
            trust=Trust.INDEPENDENT,
        ),
    ),
    access=Access(allowed=frozenset({USER})),
)


@pytest.fixture
async def chat():
    async with conversation(SETUP, NOW) as opened:
        yield opened


async def mutes(chat):
    found = await chat.store.mutes_at(chat.place, chat.now)
    return [(one.kind, one.name, one.until - chat.now, one.keep_high) for one in found]


def story_of(number="s1"):
    event = Event(kind=EventKind.HEARING, status=Status.REPORTED, severity=Severity.MEDIUM)
    report = Report(
        item_key=ItemKey(f"{number:0>32}"),
        outlet="Wire One",
        trust=Trust.INDEPENDENT,
        kind=FeedKind.NEWS,
        url="https://wire-one.example/a",
        title=TITLE,
        summary="",
        at=NOW,
        seen=NOW,
        event=event,
    )
    return Story(
        id=StoryId(number),
        targets=frozenset({CASE}),
        related=frozenset(),
        event=event,
        reports=(report,),
        first_at=NOW,
        last_at=NOW,
        rings=1,
        rang=NOW,
    )


async def alerted(chat):
    """Let an alert stand in the chat, with its mute buttons."""
    story = story_of()
    version = (await chat.store.window(NOW)).version
    rows = (READ, *mute_buttons(story, CASE))
    sent = Delivery(
        place=chat.place,
        key=decide.key(story.id, 1),
        message=Message(html="An alert", buttons=rows),
        priority=Priority.NORMAL,
        created=NOW,
    )
    await chat.store.commit(Batch(stories=(story,), deliveries=(sent,)), version)
    await chat.deliver()
    return chat.last


# --- by name --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "what", "length", "keep_high"),
    [
        ("ripple 24h", (MuteKind.TARGET, "case:sec-v-ripple"), 24 * HOUR, True),
        ("SEC v. Binance 3d", (MuteKind.TARGET, "case:sec-v-binance"), 72 * HOUR, True),
        ("mixers 30m high", (MuteKind.TARGET, "watchlist:mixers"), HOUR / 2, False),
        ("@kraken 1 w", (MuteKind.TARGET, "entity:kraken"), 168 * HOUR, True),
        ("ripple", (MuteKind.TARGET, "case:sec-v-ripple"), 24 * HOUR, True),
        ("ripple until 21:14", (MuteKind.TARGET, "case:sec-v-ripple"), HOUR, True),
        ("Wire One 8h", (MuteKind.SOURCE, "Wire One"), 8 * HOUR, True),
        ("@wire-one 8h", (MuteKind.SOURCE, "Wire One"), 8 * HOUR, True),
        ("all 8h", (MuteKind.ALL, ""), 8 * HOUR, True),
    ],
)
async def test_mute_silences_what_is_named_for_so_long(chat, typed, what, length, keep_high):
    await chat.say(f"/mute {typed}")
    assert await mutes(chat) == [(*what, length, keep_high)]


async def test_the_answer_says_what_until_when_and_whether_high_rings_and_can_be_undone(chat):
    await chat.say("/tz Europe/Berlin")
    text = await chat.text("/mute ripple 12h")
    assert text == (
        "SEC v. Ripple is muted until 19 Sep, 10:14 CEST. High still rings. "
        "What is muted goes to the digest."
    )
    await chat.press("Undo")
    assert await mutes(chat) == []
    assert chat.toasts[-1] == "SEC v. Ripple rings again."


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("ripple 31d", "30 days is the longest. Nothing was changed."),
        ("ripple 0h", "I cannot read “0h” as a length of time."),
        ("ripple until noon", "I cannot read “until noon” as a length of time."),
        ("zzzzz 24h", "I know no case, story or source called “zzzzz”."),
        ("24h", "For example /mute binance 24h"),
    ],
)
async def test_what_cannot_be_muted_is_refused_and_changes_nothing(chat, typed, said):
    assert (await chat.text(f"/mute {typed}")).startswith(said)
    assert await mutes(chat) == []


async def test_a_name_of_several_is_asked_back_and_the_answer_mutes_it_as_asked(chat):
    (asked,) = await chat.say("/mute binance 90m high")
    assert sorted(names([asked])) == ["CFTC v. Binance", "SEC v. Binance"]
    assert await mutes(chat) == []
    await chat.press("CFTC v. Binance")
    assert await mutes(chat) == [(MuteKind.TARGET, str(OTHER), 1.5 * HOUR, False)]
    assert "High is silent too." in shown(chat.messages[chat.last]).text


async def test_a_name_with_a_typing_error_is_offered(chat):
    (message,) = await chat.say("/mute ripplle 24h")
    assert names([message]) == ["SEC v. Ripple"]
    await chat.press("SEC v. Ripple")
    assert await mutes(chat) == [(MuteKind.TARGET, "case:sec-v-ripple", 24 * HOUR, True)]


# --- lists and their end --------------------------------------------------------------------------


async def test_mute_alone_lists_what_is_muted_with_a_button_each(chat):
    assert (await chat.text("/mute")).startswith("Nothing is muted here.")
    await chat.say("/mute ripple 24h")
    await chat.say("/mute Wire One 3d high")
    (message,) = await chat.say("/unmute")
    assert shown(message).text.splitlines() == [
        "Muted here",
        "SEC v. Ripple · until 19 Sep, 20:14 UTC · High rings",
        "The source Wire One · until 21 Sep, 20:14 UTC · High too",
    ]
    assert names([message]) == ["Unmute SEC v. Ripple", "Unmute the source Wire One"]
    await chat.press("Unmute the source Wire One")
    assert [name for _, name, *_ in await mutes(chat)] == ["case:sec-v-ripple"]
    assert names([chat.messages[chat.last]]) == ["Unmute SEC v. Ripple"]


async def test_unmute_ends_what_is_named_or_all(chat):
    for what in ("ripple", "Wire One", "mixers"):
        await chat.say(f"/mute {what} 24h")
    assert await chat.text("/unmute ripple") == "SEC v. Ripple rings again."
    assert await chat.text("/unmute ripple") == (
        "SEC v. Ripple is not muted here. Nothing was changed."
    )
    assert await chat.text("/unmute nobody") == "“nobody” is not muted here. Nothing was changed."
    assert await chat.text("/unmute all") == "It rings again."
    assert await mutes(chat) == []


# --- under an alert -------------------------------------------------------------------------------


async def test_a_reply_to_an_alert_mutes_its_story(chat):
    number = await alerted(chat)
    (answer,) = await chat.say("/mute 24h", answers=number)
    assert (
        shown(answer)
        .text.replace("\u2060", "")
        .startswith(f"The story “{TITLE}” is muted until 19 Sep, 20:14 UTC.")
    )
    assert await mutes(chat) == [(MuteKind.STORY, "s1", 24 * HOUR, True)]
    await chat.say("/unmute", answers=number)
    assert await mutes(chat) == []


@pytest.mark.parametrize(
    ("button", "keep_high"), [("Mute 24 h, keep High", True), ("Mute all 24 h", False)]
)
async def test_a_button_under_an_alert_mutes_its_case_and_shows_until_when(chat, button, keep_high):
    number = await alerted(chat)
    await chat.say("/tz Asia/Tokyo")
    chat.now = NOW + HOUR
    await chat.press(button)
    assert await mutes(chat) == [(MuteKind.TARGET, str(CASE), 24 * HOUR, keep_high)]
    assert "SEC v. Binance is muted until 20 Sep, 06:14 JST." in chat.toasts[-1]
    assert ("High still rings." in chat.toasts[-1]) is keep_high
    alert = chat.messages[number]
    assert alert.html == "An alert"
    assert names([alert]) == ["Read", "Muted till 20 Sep, 06:14 JST · Undo"]


async def test_undo_under_an_alert_brings_the_buttons_back(chat):
    number = await alerted(chat)
    before = chat.messages[number]
    await chat.press("Mute all 24 h")
    undo = names([chat.messages[number]])[-1]
    await chat.press(undo)
    assert await mutes(chat) == []
    assert chat.messages[number] == before
    assert chat.toasts[-1] == "SEC v. Binance rings again."


async def test_undo_after_the_time_is_over_says_that_it_was_over(chat):
    await alerted(chat)
    await chat.press("Mute 24 h, keep High")
    chat.now = NOW + 25 * HOUR
    await chat.press(names([chat.messages[chat.last]])[-1])
    assert chat.toasts[-1] == "This is not muted any more."


async def test_in_a_group_a_member_who_is_no_admin_cannot_mute():
    async with conversation(SETUP, NOW, chat=ROOM) as room:
        number = await alerted(room)
        (press,) = [b.data for row in room.messages[number].buttons for b in row if "all" in b.text]
        await room._update(data=press, callback_id="q", message_id=number, is_group_admin=False)
        assert room.toasts[-1] == words.GROUP_ADMINS_ONLY
        assert await mutes(room) == []


@pytest.mark.parametrize(
    "data",
    ["v1:mu", "v1:mu:c:sec-v-binance", "v1:mu:c:sec-v-binance:x:1", "v1:mu:z:a:24:1",
     "v1:mu:c:a:999:1", "v1:mu:c:a:24:7", "v1:um", "v1:um:z:a"],
)  # fmt: skip
async def test_a_button_that_means_nothing_any_more_says_so(chat, data):
    await alerted(chat)
    await chat._update(data=data, callback_id="q", message_id=chat.last)
    assert chat.toasts[-1] == words.OLD_BUTTON
    assert await mutes(chat) == []


def test_a_name_too_long_for_a_button_mutes_the_story_instead():
    long = Target(kind=TargetKind.ENTITY, slug="x" * 60)
    ((keep, every),) = mute_buttons(story_of(), long)
    assert (keep.data, every.data) == ("v1:mu:s:s1:24:1", "v1:mu:s:s1:24:0")


async def test_what_was_muted_by_a_button_does_not_ring(chat):
    await alerted(chat)
    await chat.store.subscribe(Subscription(place=chat.place, target=CASE, since=NOW))
    await chat.press("Mute 24 h, keep High")
    people = await chat.store.people()
    (alert,) = decide.alerts([story_of("s2")], people)
    assert alert.edit_only
