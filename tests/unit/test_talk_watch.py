from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.cli import compose
from aggregator.matching.search import Hit, Preview
from aggregator.model import (
    Batch,
    Mode,
    Place,
    Severity,
    Subscription,
    Target,
    TargetKind,
    Watch,
)
from aggregator.telegram import base36, words
from aggregator.telegram.access import Access
from aggregator.telegram.ask import AddWatch, ReviveChat, View
from aggregator.telegram.render_watch import OFTEN
from aggregator.telegram.render_watch import preview as render
from aggregator.telegram.talk import watch as talk
from aggregator.telegram.talk.follow import FOLLOWS_MAX
from tests.newsroom import item, shipped
from tests.talking import Newsroom, in_group, keys, pressed, said, shown, talking

NOW = datetime(2023, 9, 20, 12, 0, tzinfo=UTC)
HERE = Place(chat_id=2)
DAY = timedelta(days=1)
CASE = Target(kind=TargetKind.CASE, slug="sec-v-binance")
ENTITY = Target(kind=TargetKind.ENTITY, slug="binance")


def setup(**changes):
    made = compose.setup(compose.Settings.from_env({}), shipped())
    access = Access(allowed=frozenset({2, 3}))
    return replace(made, access=access, **changes)


VIEW_NAME = "casewire_bot"


@pytest.fixture
async def bot():
    async with talking(View(setup=setup(), bot_name=VIEW_NAME), NOW) as one:
        yield one


async def stores(bot, *items):
    window = await bot.store.window(NOW)
    await bot.store.commit(Batch(items=items), window.version)


def floods(count, *, hours=12):
    """Return as many developments with the words, one every so many hours."""
    topics = ["ferry", "harbour", "tunnel", "bridge", "station", "market", "tower", "school"]
    return [
        item(
            f"Zebra seen at the {topics[n % 8]} number {n}",
            at=NOW - n * timedelta(hours=hours),
            outlet=f"Wire {n}",
        )
        for n in range(count)
    ]


async def previewed(bot, query="zebra", update_id=77, **changes):
    done = await bot.does(said(f"/watch {query}", update_id=update_id, **changes))
    return done.replies[0]


async def test_a_preview_says_how_often_it_would_have_rung_with_the_headlines(bot):
    await stores(bot, *floods(4), item("Zebra long ago", at=NOW - 8 * DAY, outlet="Old"))
    message = await previewed(bot)
    text = shown(message).text
    assert "It would have rung 4 times in the last 7 days." in text
    for one in floods(4):
        assert one.title in text
    assert "Zebra long ago" not in text
    assert "Less than 7 days" not in text
    assert [name for name, _ in keys(message)] == ["Create", "High only", "Digest"]


async def test_a_preview_of_a_young_store_says_that_it_knows_less_than_a_week(bot):
    await stores(bot, *floods(1))
    text = shown(await previewed(bot)).text
    assert "It would have rung once in the last 7 days." in text
    assert "Less than 7 days of news is stored so far." in text


async def test_the_reports_of_one_development_count_once(bot):
    room = Newsroom(store=bot.store, place=HERE)
    await room.takes(
        item("Judge denies SEC request to inspect Binance.US software", at=NOW - DAY),
        item(
            "Judge denies SEC's request to inspect Binance.US software",
            at=NOW - DAY + timedelta(minutes=5),
            outlet="Wire Two",
        ),
    )
    text = shown(await previewed(bot, "software AND inspect")).text
    assert "It would have rung once" in text
    assert "2 reports" in text


async def test_what_never_rings_is_counted_apart(bot):
    await stores(bot, item("Zebra price prediction: can it reach $10?", at=NOW - DAY))
    text = shown(await previewed(bot)).text
    assert "It would not have rung in the last 7 days." in text
    assert "1 more matches and would not ring" in text


async def test_a_query_that_would_ring_often_is_said_to_be_a_lot(bot):
    await stores(bot, *floods(OFTEN + 1, hours=6))
    text = shown(await previewed(bot)).text
    assert f"It would have rung {OFTEN + 1} times" in text
    assert "and 10 more" in text
    assert "That is a lot" in text


def test_a_preview_that_could_not_read_all_says_at_least():
    hit = Hit(item=floods(1)[0], evidence=())
    found = Preview(count=300, hits=(hit,))
    text = shown(render("zebra", found, "1", days=7, at_least=True, short=False)).text
    assert "It would have rung at least 300 times" in text


@pytest.mark.parametrize(
    ("button", "floor", "mode", "told"),
    [
        ("Create", Severity.LOW, Mode.INSTANT, "It rings at once."),
        ("High only", Severity.HIGH, Mode.INSTANT, "It rings at once, for High only."),
        ("Digest", Severity.LOW, Mode.DIGEST, "It comes in the digest."),
    ],
)
async def test_a_button_creates_the_watch_as_it_says(bot, button, floor, mode, told):
    message = await previewed(bot, "zebra AND NOT horse")
    done = await bot.answer(bot.presses(message, button, update_id=99))
    made = Watch(id=base36.written(77), place=HERE, query="zebra AND NOT horse", created=NOW)
    subscription = Subscription(place=HERE, target=made.target, since=NOW, floor=floor, mode=mode)
    assert done.effects == (AddWatch(watch=made, subscription=subscription),)
    assert done.toast == "Created."
    text = shown(done.edit).text
    assert text.startswith("Watching “zebra AND NOT horse”.")
    assert told in text


async def test_a_created_watch_is_kept_by_the_store_and_not_created_twice(bot):
    message = await previewed(bot)
    (effect,) = (await bot.answer(bot.presses(message, "Create"))).effects
    assert await bot.store.add_watch(effect.watch, effect.subscription)
    view = View(setup=setup(watches={effect.watch.id: "zebra"}))
    again = await bot.answer(bot.presses(message, "Digest"), view)
    assert (again.toast, again.effects) == ("This watch was created already.", ())
    other = await previewed(bot, update_id=78)
    same = await bot.answer(bot.presses(other, "Create"), view)
    assert same.effects == ()
    assert "already watched here" in shown(same.edit).text


async def test_a_name_offers_to_follow_it_first_and_the_words_all_the_same(bot):
    await stores(bot, *floods(1))
    message = await previewed(bot, "binance")
    offered = keys(message)
    assert (f"Follow {'Binance'} (name)", "v1:follow:e:binance") in offered
    assert ("Watch the words anyway", f"v1:wp:{base36.written(77)}") == offered[-1]
    assert any(data.startswith("v1:follow:c:") for _, data in offered)
    assert "would have rung" not in shown(message).text
    done = await bot.answer(bot.presses(message, "Watch the words anyway"))
    assert "Watch “binance”" in shown(done.edit).text
    assert [name for name, _ in keys(done.edit)] == ["Create", "High only", "Digest"]


@pytest.mark.parametrize("name", ["sec v ripple", "@coinbase", "coinbase", "1:23-cv-01599"])
async def test_cases_names_and_dockets_are_names(bot, name):
    assert "Follow it, and each development rings once." in await bot.text(said(f"/watch {name}"))


async def test_a_watchlist_is_a_name(bot):
    slug, watchlist = next(iter(bot.view.setup.watchlists.items()))
    for name in (slug, watchlist.title):
        offered = await bot.buttons(said(f"/watch {name}"))
        assert f"v1:follow:w:{slug}" in [data for _, data in offered]


@pytest.mark.parametrize("query", ["binance AND settle", "binanse", "zebra crossing"])
async def test_what_names_nothing_goes_straight_to_the_preview(bot, query):
    assert "Watch “" in await bot.text(said(f"/watch {query}"))


async def test_what_is_followed_already_is_not_offered_again(bot):
    rows = tuple(Subscription(place=HERE, target=one, since=NOW) for one in (CASE, ENTITY))
    view = replace(bot.view, subscriptions=rows)
    offered = [data for _, data in await bot.buttons(said("/watch binance"), view)]
    assert "v1:follow:e:binance" not in offered
    assert "v1:follow:c:sec-v-binance" not in offered


async def test_a_fault_stands_under_its_column(bot):
    done = await bot.answer(said("/watch zebra AND (crossing"))
    line, caret, where, *_ = shown(done.replies[0]).text.splitlines()
    assert caret.index("^") == line.index("(")
    assert where.startswith("Column 11: this ( is never closed")
    assert done.effects == (ReviveChat(),)
    assert keys(done.replies[0]) == []


async def test_a_query_whose_name_left_the_rules_is_told_so_when_it_is_created(bot):
    message = await previewed(bot, "@binance AND zebra")
    rules = replace(shipped().rules, entities={})
    view = replace(bot.view, setup=replace(bot.view.setup, rules=rules))
    done = await bot.answer(bot.presses(message, "Create"), view)
    assert done.effects == ()
    assert "there is no entity" in shown(done.edit).text


async def test_fifty_watches_of_a_chat_are_the_limit_over_all_its_topics(bot):
    message = await previewed(bot)
    for n in range(talk.WATCHES_MAX):
        place = Place(chat_id=2, thread_id=n % 2)
        made = Watch(id=f"w{n}", place=place, query="zebra", created=NOW)
        row = Subscription(place=place, target=made.target, since=NOW)
        assert await bot.store.add_watch(made, row)
    refused = "This chat has 50 watches, and that is the limit. Nothing was changed."
    assert (await bot.text(said("/watch zebra"))).startswith(refused)
    done = await bot.answer(bot.presses(message, "Create"))
    assert done.effects == ()
    assert shown(done.edit).text.startswith(refused)


async def test_a_place_full_of_follows_takes_no_watch(bot):
    rows = tuple(
        Subscription(place=HERE, target=Target(kind=TargetKind.CASE, slug=f"c{n}"), since=NOW)
        for n in range(FOLLOWS_MAX)
    )
    view = replace(bot.view, subscriptions=rows)
    assert f"{FOLLOWS_MAX} things" in await bot.text(said("/watch zebra"), view)


async def test_in_groups_only_admins_create_watches(bot):
    refused = await bot.text(in_group(said("/watch zebra"), admin=False))
    assert refused == words.GROUP_ADMINS_ONLY
    done = await bot.does(in_group(said("/watch zebra"), admin=True))
    press = in_group(bot.presses(done.replies[0], "Create"), admin=False)
    assert (await bot.answer(press)).toast == words.GROUP_ADMINS_ONLY
    assert (await bot.answer(replace(press, is_group_admin=True))).toast == "Created."


async def test_a_button_creates_nothing_from_another_chats_query(bot):
    message = await previewed(bot)
    done = await bot.answer(bot.presses(message, "Create", user=3))
    assert (done.toast, done.effects) == (words.OLD_BUTTON, ())


@pytest.mark.parametrize(
    "data", ["v1:wc", "v1:wc:zz:i", "v1:wc:25:x", "v1:wp", "v1:wp:!", "v1:wp:"]
)
async def test_a_button_whose_query_is_gone_is_from_an_older_message(bot, data):
    assert (await bot.answer(pressed(data))).toast == words.OLD_BUTTON


async def test_what_a_chat_typed_goes_when_it_asks_to_be_forgotten(bot):
    message = await previewed(bot)
    await bot.does(said("/search zebra", update_id=78))
    await bot.store.forget(2, NOW)
    assert (await bot.answer(bot.presses(message, "Create"))).toast == words.OLD_BUTTON
    assert await bot.store.file(f"search:2:{base36.written(78)}") is None


HOSTILE = st.text(max_size=400) | st.text(alphabet="<>&\"'/@.: \n\u202eא\u0301", max_size=400)


@given(query=HOSTILE, title=HOSTILE, outlet=HOSTILE)
@settings(max_examples=60, deadline=None)
def test_a_preview_of_any_text_is_one_message_that_telegram_takes(query, title, outlet):
    hit = Hit(item=item(title, at=NOW, outlet=outlet, url="tg://x"), evidence=(), reports=2)
    found = Preview(count=20, hits=(hit,) * 5, quiet=3)
    seen = shown(render(query, found, "1", days=7, at_least=False, short=True))
    assert seen.links == ()
    assert "\u202e" not in seen.text
