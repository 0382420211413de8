from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from aggregator.model import (
    Case,
    Place,
    Severity,
    Subscription,
    Target,
    TargetKind,
    Watch,
    Watchlist,
)
from aggregator.store.sqlite import SqliteStore
from aggregator.telegram import words as common
from aggregator.telegram.access import Access
from aggregator.telegram.ask import Follow, Hooks, Member, View
from aggregator.telegram.carry import carry_out
from aggregator.telegram.commands import answer
from aggregator.telegram.incoming import ChatType
from aggregator.telegram.naming import Setup
from aggregator.telegram.talk.follow import FOLLOWS_MAX
from aggregator.telegram.words import here as words
from tests.talking import keys, pressed, said, shown

NOW = datetime(2024, 6, 28, 22, 0, tzinfo=UTC)
ANN, ROOM, CHANNEL = 2, -1001, -1001234567890
CASE = Target(kind=TargetKind.CASE, slug="sec-v-binance")
THEME = Target(kind=TargetKind.WATCHLIST, slug="stablecoins")
SETUP = Setup(
    cases={
        slug: Case(slug=slug, caption=title, title=title, aliases=names)
        for slug, title, names in (
            ("sec-v-binance", "SEC v. Binance", ("binance",)),
            ("cftc-v-binance", "CFTC v. Binance", ("swaps case",)),
            ("cftc-v-other", "CFTC v. Other", ("swaps case",)),
        )
    },
    watchlists={
        "stablecoins": Watchlist(
            name="stablecoins", title="Stablecoin rules", severity=Severity.LOW
        )
    },
    access=Access(is_open=True),
)


class Desk:
    """Answers with a real store, and carries out what follows."""

    def __init__(self, store):
        self.store = store
        self.setup = SETUP
        self.member = None
        self.asked = []
        self.updates = 0

    async def gets(self, incoming):
        self.updates += 1
        incoming = replace(incoming, update_id=self.updates)
        watches = await self.store.watches_at(incoming.place)
        view = View(
            setup=replace(self.setup, watches={one.id: one.query for one in watches}),
            subscriptions=await self.store.subscriptions_at(incoming.place),
        )
        given = await answer(incoming, view, self.store, NOW, Hooks(member=self._member))
        await carry_out(self.store, incoming, given, NOW)
        return given

    async def _member(self, chat, user):
        self.asked.append((chat, user))
        return self.member

    async def shows(self, incoming):
        given = await self.gets(incoming)
        (message,) = (*given.replies, *([given.edit] if given.edit else []))
        return shown(message).text, keys(message)

    async def follows(self, place):
        return {one.target for one in await self.store.subscriptions_at(place)}


@pytest.fixture
async def desk():
    store = await SqliteStore.open(":memory:")
    yield Desk(store)
    await store.close()


def topic(thread, text=None, *, data=None, admin=True):
    group = {"chat_id": ROOM, "chat_type": ChatType.SUPERGROUP, "thread_id": thread}
    made = said(text, ANN, **group) if data is None else pressed(data, ANN, **group)
    return replace(made, is_group_admin=admin)


def place(thread=0):
    return Place(chat_id=ROOM, thread_id=thread)


def channel(*, admin=True, posts=True, is_channel=True):
    return Member(
        chat_id=CHANNEL,
        title="Crypto <Court>",
        is_admin=admin,
        bot_may_post=posts,
        is_channel=is_channel,
    )


async def test_a_topic_is_bound_to_a_name_and_what_it_hears_is_listed_with_a_button(desk):
    text, _ = await desk.shows(topic(4, "/here binance"))
    assert text == words.added("SEC v. Binance", "This topic")
    text, buttons = await desk.shows(topic(4, "/here"))
    assert "This topic hears 1 thing" in text
    assert "SEC v. Binance · case" in text
    assert buttons == [("Remove SEC v. Binance", "v1:unfollow:c:sec-v-binance")]


async def test_a_name_bound_here_is_heard_in_no_other_topic_of_the_chat(desk):
    await desk.gets(topic(4, "/follow binance"))
    await desk.gets(topic(5, "/follow binance"))
    text, _ = await desk.shows(topic(6, "/here binance"))
    assert text == words.heard_only_here("SEC v. Binance")
    assert [await desk.follows(place(thread)) for thread in (4, 5, 6)] == [set(), set(), {CASE}]


async def test_what_other_topics_hear_can_be_moved_here_by_a_button(desk):
    await desk.gets(topic(4, "/follow binance"))
    await desk.gets(topic(0, "/follow stablecoins"))
    text, buttons = await desk.shows(topic(9, "/here"))
    assert words.HEARS_NOTHING in text
    assert "SEC v. Binance · case · topic 4" in text
    assert f"Stablecoin rules · watchlist · {words.GENERAL}" in text
    data = dict(buttons)["Move here: SEC v. Binance"]
    await desk.gets(topic(9, data=data))
    assert await desk.follows(place(9)) == {CASE}
    assert await desk.follows(place(4)) == set()


async def test_another_chat_with_topics_of_the_same_numbers_is_left_alone(desk):
    elsewhere = Place(chat_id=-1002, thread_id=4)
    await desk.store.subscribe(Subscription(place=elsewhere, target=CASE, since=NOW))
    await desk.gets(topic(5, "/here binance"))
    assert await desk.follows(elsewhere) == {CASE}


async def test_a_place_that_hears_it_already_is_told_so(desk):
    await desk.gets(topic(4, "/here binance"))
    text, _ = await desk.shows(topic(4, "/here binance"))
    assert text == words.already("SEC v. Binance", "This topic")


async def test_a_member_who_is_no_admin_changes_nothing_by_word_or_button(desk):
    given = await desk.gets(topic(4, "/here binance", admin=False))
    assert shown(given.replies[0]).text == common.GROUP_ADMINS_ONLY
    given = await desk.gets(topic(4, data="v1:here:c:sec-v-binance", admin=False))
    assert given.toast == common.GROUP_ADMINS_ONLY
    assert await desk.follows(place(4)) == set()


async def test_a_name_that_may_mean_several_is_asked_back_and_a_wrong_one_is_helped(desk):
    text, buttons = await desk.shows(topic(4, "/here swaps case"))
    assert {text for text, _ in buttons} == {"CFTC v. Binance", "CFTC v. Other"}
    text, buttons = await desk.shows(topic(4, "/here binanse"))
    assert "Nothing found" in text
    assert ("SEC v. Binance", "v1:here:c:sec-v-binance") in buttons


async def test_a_forged_button_cannot_follow_the_watch_of_another_chat(desk):
    watch = Watch(id="abc", place=Place(chat_id=99), query="secret", created=NOW)
    row = Subscription(place=watch.place, target=watch.target, since=NOW)
    await desk.store.add_watch(watch, row)
    given = await desk.gets(topic(4, data="v1:here:q:abc"))
    assert given.toast == common.OLD_BUTTON
    desk.member = channel()
    given = await desk.gets(pressed(f"v1:chan:add:{CHANNEL}:q:abc", ANN))
    assert given.toast == common.OLD_BUTTON
    assert await desk.follows(place(4)) == await desk.follows(Place(chat_id=CHANNEL)) == set()


async def test_a_watch_of_the_own_chat_moves_with_its_query(desk):
    watch = Watch(id="abc", place=place(4), query="mixers", created=NOW)
    await desk.store.add_watch(watch, Subscription(place=place(4), target=watch.target, since=NOW))
    await desk.gets(topic(5, data="v1:here:q:abc"))
    assert [one.query for one in await desk.store.watches_at(place(5))] == ["mixers"]
    assert await desk.store.watches_at(place(4)) == ()


async def test_a_full_place_takes_no_more(desk):
    for number in range(FOLLOWS_MAX):
        target = Target(kind=TargetKind.CASE, slug=f"case-{number}")
        await desk.store.subscribe(Subscription(place=place(4), target=target, since=NOW))
    text, _ = await desk.shows(topic(4, "/here binance"))
    assert text == common.too_many(FOLLOWS_MAX)
    text, buttons = await desk.shows(topic(4, "/here"))
    assert common.and_more(FOLLOWS_MAX - 20) in text
    assert len(buttons) == 20


async def test_in_a_private_chat_the_way_to_a_channel_is_shown(desk):
    text, _ = await desk.shows(said("/here", ANN))
    assert "/here @channel" in text


@pytest.mark.parametrize("name", ["@courts", str(CHANNEL), "https://t.me/courts", "t.me/courts"])
async def test_an_admin_sees_and_sets_from_a_private_chat_what_a_channel_hears(desk, name):
    desk.member = channel()
    text, buttons = await desk.shows(said(f"/here {name}", ANN))
    assert desk.asked == [(CHANNEL if name.startswith("-") else "@courts", ANN)]
    assert "Crypto <Court> hears 0 things" in text
    assert buttons == []
    text, buttons = await desk.shows(said(f"/here {name} binance", ANN))
    assert text.startswith("Crypto <Court> follows SEC v. Binance now.")
    assert await desk.follows(Place(chat_id=CHANNEL)) == {CASE}
    given = await desk.gets(pressed(dict(buttons)["Remove SEC v. Binance"], ANN))
    assert given.toast == words.removed("SEC v. Binance", "Crypto <Court>")
    assert await desk.follows(Place(chat_id=CHANNEL)) == set()


async def test_what_is_followed_in_private_can_be_added_to_a_channel_by_a_button(desk):
    desk.member = channel()
    await desk.gets(said("/follow stablecoins", ANN))
    _, buttons = await desk.shows(said("/here @courts", ANN))
    await desk.gets(pressed(dict(buttons)["Add Stablecoin rules"], ANN))
    assert await desk.follows(Place(chat_id=CHANNEL)) == {THEME}
    assert await desk.follows(Place(chat_id=ANN)) == {THEME}


@pytest.mark.parametrize(
    ("member", "refusal"),
    [
        (None, words.CHANNEL_UNSEEN),
        (channel(admin=False), words.CHANNEL_ADMINS_ONLY),
        (channel(is_channel=False), words.NO_CHANNEL),
        (channel(posts=False), words.CANNOT_POST),
    ],
)
async def test_whoever_may_not_set_a_channel_is_told_why_by_word_and_by_button(
    desk, member, refusal
):
    desk.member = member
    text, _ = await desk.shows(said("/here @courts binance", ANN))
    assert text == refusal
    given = await desk.gets(pressed(f"v1:chan:add:{CHANNEL}:c:sec-v-binance", ANN))
    assert given.toast == refusal
    assert await desk.follows(Place(chat_id=CHANNEL)) == set()


async def test_an_admin_who_was_dismissed_is_refused_at_the_next_press(desk):
    desk.member = channel()
    _, buttons = await desk.shows(said("/here @courts binance", ANN))
    desk.member = channel(admin=False)
    given = await desk.gets(pressed(dict(buttons)["Remove SEC v. Binance"], ANN))
    assert given.toast == words.CHANNEL_ADMINS_ONLY
    assert await desk.follows(Place(chat_id=CHANNEL)) == {CASE}


async def test_a_channel_is_not_set_from_a_group(desk):
    desk.member = channel()
    text, _ = await desk.shows(topic(4, f"/here {CHANNEL} binance"))
    assert text == words.PRIVATE_ONLY
    given = await desk.gets(topic(4, data=f"v1:chan:add:{CHANNEL}:c:sec-v-binance"))
    assert given.toast == common.OLD_BUTTON


@pytest.mark.parametrize(
    "data",
    [
        "v1:chan",
        "v1:chan:add",
        "v1:chan:add:7:c:sec-v-binance",
        "v1:chan:sub:-1001234567890:c:sec-v-binance",
        "v1:chan:add:-1001234567890:x:sec-v-binance",
        "v1:chan:add:-1001234567890:c:no-such-case",
        "v1:here",
        "v1:here:c",
        "v1:here:c:no-such-case",
    ],
)
async def test_a_button_that_no_list_of_ours_has_changes_nothing(desk, data):
    desk.member = channel()
    given = await desk.gets(pressed(data, ANN))
    assert given.toast == common.OLD_BUTTON
    assert not any(isinstance(effect, Follow) for effect in given.effects)
