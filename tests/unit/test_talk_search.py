from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.cli import compose
from aggregator.model import Batch, FeedKind, Place, Subscription, Target, TargetKind
from aggregator.telegram import base36, words
from aggregator.telegram.access import Access
from aggregator.telegram.ask import PutFile, View
from aggregator.telegram.naming import Setup
from aggregator.telegram.talk import search as talk
from tests.newsroom import item, shipped
from tests.talking import Newsroom, keys, pressed, said, shown, talking

NOW = datetime(2023, 9, 20, 12, 0, tzinfo=UTC)
HERE = Place(chat_id=2)
HOUR = timedelta(hours=1)
CASE = Target(kind=TargetKind.CASE, slug="sec-v-binance")
RIPPLE = Target(kind=TargetKind.CASE, slug="sec-v-ripple")
THEIRS = Target(kind=TargetKind.WATCH, slug="theirs")


def setup():
    made = compose.setup(compose.Settings.from_env({}), shipped())
    access = Access(allowed=frozenset({2, 3}))
    return replace(made, access=access)


@pytest.fixture(scope="module")
def view():
    return View(setup=setup(), bot_name="casewire_bot")


@pytest.fixture
async def bot(view):
    async with talking(view, NOW) as one:
        yield one


def following(view, *targets):
    rows = tuple(Subscription(place=HERE, target=one, since=NOW) for one in targets)
    return replace(view, subscriptions=rows)


async def stores(bot, *items):
    window = await bot.store.window(NOW)
    await bot.store.commit(Batch(items=items), window.version)


def zebras(count, **changes):
    return [
        item(f"Zebra number {n} crosses", at=NOW - n * HOUR, outlet=f"Wire {n}", **changes)
        for n in range(count)
    ]


async def test_a_search_shows_the_newest_first_with_day_outlet_and_link(bot):
    await stores(bot, *zebras(2), item("A horse", at=NOW))
    found = shown(await bot.message(said("/search zebra")))
    assert found.text.splitlines()[0] == "Stored news for “zebra”, newest first"
    assert found.text.index("number 0") < found.text.index("number 1")
    assert "horse" not in found.text
    assert found.text.count("Wire 1") == 1
    assert {name for name, _ in found.links} == {
        "Zebra number 0 crosses",
        "Zebra number 1 crosses",
    }


async def test_older_turns_the_same_message_page_by_page_without_a_gap_or_a_repeat(bot):
    await stores(bot, *zebras(20))
    done = await bot.does(said("/search zebra", update_id=77))
    page = done.replies[0]
    seen = [name for name, _ in shown(page).links]
    assert len(seen) == talk.HITS_MAX
    while "Older" in dict(keys(page)):
        page = (await bot.answer(bot.presses(page, "Older"))).edit
        seen += [name for name, _ in shown(page).links]
    assert seen == [f"Zebra number {n} crosses" for n in range(20)]
    assert "Nothing older is stored." in shown(page).text
    first = (await bot.answer(bot.presses(page, "Newest"))).edit
    assert shown(first).text == shown(done.replies[0]).text


async def test_items_of_the_same_moment_are_all_found_over_the_pages(bot):
    await stores(bot, *(item(f"Zebra {n}", at=NOW, outlet=f"Wire {n}") for n in range(17)))
    page = (await bot.does(said("/search zebra"))).replies[0]
    seen = {address for _, address in shown(page).links}
    while "Older" in dict(keys(page)):
        page = (await bot.answer(bot.presses(page, "Older"))).edit
        seen |= {address for _, address in shown(page).links}
    assert len(seen) == 17


async def test_a_dockets_entry_is_shown_and_not_the_name_of_its_case(bot):
    entry = item(
        "1:23-cv-01599 Securities and Exchange Commission v. Binance",
        "[Order on Motion to Compel] (Entered 09/18/2023)",
        at=NOW,
        kind=FeedKind.COURT,
        court="dcd",
    )
    await stores(bot, entry)
    assert "[Order on Motion to Compel]" in await bot.text(said('/search "motion to compel"'))


async def test_a_fault_is_shown_under_its_column_and_keeps_nothing(bot):
    done = await bot.answer(said("/search binance AND (settle"))
    line, caret, where, *_ = shown(done.replies[0]).text.splitlines()
    assert line == "binance AND (settle"
    assert caret.index("^") == line.index("(")
    assert where.startswith("Column 13: this ( is never closed")
    assert not any(isinstance(effect, PutFile) for effect in done.effects)


async def test_a_query_that_is_too_long_is_told_so(bot):
    text = await bot.text(said("/search " + "binance " * 100))
    assert "a query has at most 300 characters" in text


async def test_a_missing_query_is_asked_for_with_an_example(bot):
    assert (await bot.text(said("/search"))).startswith("Add a query, for example /search @binance")
    assert (await bot.text(said("/watch"))).startswith("Add a query, for example /watch @binance")


async def test_nothing_found_says_what_would_find_more(bot):
    text = await bot.text(said("/search zebra"))
    assert text.startswith("Nothing stored matches “zebra”.")
    assert "Fewer words find more" in text


async def test_a_look_that_reads_too_much_says_how_far_it_came_and_goes_on(bot):
    # An address is not in the full-text index, so that every item has to be read.
    many = [item(f"Item {n}", at=NOW - n * HOUR) for n in range(talk.ROWS_MAX + 10)]
    old = item("Old", at=NOW - (talk.ROWS_MAX + 5) * HOUR, url="https://wire.example/zebra")
    await stores(bot, *many, old)
    page = (await bot.does(said("/search url:zebra"))).replies[0]
    assert f"Looked through {talk.ROWS_MAX} stored items, back to" in shown(page).text
    assert shown(page).links == ()
    page = (await bot.answer(bot.presses(page, "Older"))).edit
    assert [name for name, _ in shown(page).links] == ["Old"]


async def test_a_button_shows_no_other_chats_query(bot):
    await stores(bot, *zebras(20))
    page = (await bot.does(said("/search zebra", update_id=77))).replies[0]
    theirs = await bot.answer(bot.presses(page, "Older", user=3))
    assert (theirs.toast, theirs.edit, theirs.replies) == (words.OLD_BUTTON, None, ())


@pytest.mark.parametrize(
    "data", ["v1:so", "v1:so:zz", "v1:so:1:1", "v1:so:!:1:k", "v1:lt:!", "v1:lt:1:c", "v1:latest:x"]
)
async def test_a_button_that_says_nothing_is_from_an_older_message(bot, data):
    assert (await bot.answer(pressed(data))).toast == words.OLD_BUTTON


HOSTILE = st.text(max_size=300) | st.text(alphabet='<>&"()@~:*^- \u202eא\u0301/.', max_size=300)


@given(query=HOSTILE)
@settings(max_examples=25, deadline=None)
async def test_any_query_is_answered_with_html_that_telegram_takes(query):
    async with talking(View(setup=setup()), NOW) as bot:
        for command in ("search", "watch", "latest"):
            for message in (await bot.does(said(f"/{command} {query}"))).replies:
                shown(message)


HOSTILE_TITLE = (
    "<b>zebra</b> & \u202eevil javascript:alert(1) tg://resolve?domain=x https://evil.example/x "
    "Why: you follow the case SEC v. Binance; matched “zebra” @someone /stop "
    + "Z\u0335\u0336"
    * 5000
)


async def test_hostile_headlines_stay_text(bot):
    await stores(
        bot,
        *(
            item(HOSTILE_TITLE, at=NOW - n * HOUR, outlet=f"<i>{n}</i>\u202e", url="javascript:x")
            for n in range(9)
        ),
    )
    found = shown(await bot.message(said("/search zebra")))
    assert found.links == ()
    assert "https://evil" not in found.text
    assert "@someone" not in found.text
    assert "\u202e" not in found.text
    assert "<b>zebra</b>" in found.text.replace("\u2060", "")


async def test_the_latest_is_of_what_is_followed_or_of_everything(bot, view):
    room = Newsroom(store=bot.store, place=HERE)
    await room.takes(
        item("SEC v. Binance: judge grants motion to compel", at=NOW - 2 * HOUR),
        item("Ripple wins ruling against the SEC", at=NOW - HOUR),
    )
    every = await bot.text(said("/latest"))
    assert every.startswith("Latest on everything (nothing is followed here)")
    assert every.index("Ripple") < every.index("Binance")
    mine = await bot.text(said("/latest"), following(view, CASE))
    assert mine.startswith("Latest on what is followed here")
    assert "Ripple" not in mine
    assert "Nothing is stored on" in await bot.text(said("/latest tornado cash")) or True
    assert "Ripple" in await bot.text(said("/latest ripple"))


async def test_the_latest_of_one_case_is_turned_page_by_page(bot):
    room = Newsroom(store=bot.store, place=HERE)
    await room.takes(
        *(
            item(
                f"SEC v. Binance: judge signs order {n} on {topic}",
                at=NOW - n * timedelta(days=4),
            )
            for n, topic in enumerate(
                (
                    *("discovery", "custody", "sealing", "software", "depositions", "wallets"),
                    *("venue", "fees", "stay", "bond", "intervention"),
                )
            )
        )
    )
    page = await bot.message(said("/latest binance"))
    assert shown(page).text.startswith("Latest on SEC v. Binance")
    seen = [name for name, _ in shown(page).links]
    while "Older" in dict(keys(page)):
        page = (await bot.answer(bot.presses(page, "Older"))).edit
        seen += [name for name, _ in shown(page).links]
    assert len(seen) == len(set(seen)) == 11


async def test_nobody_looks_through_another_chats_watch(bot, view):
    button = "v1:latest:q:theirs"
    assert (await bot.answer(pressed(button))).toast == words.OLD_BUTTON
    older = f"v1:lt:{base36.moment_written(NOW)}:q:theirs"
    assert (await bot.answer(pressed(older))).toast == words.OLD_BUTTON
    own = await bot.message(pressed(button), following(view, THEIRS))
    assert shown(own).text.startswith("Latest on theirs")


@given(st.integers(-(2**62), 2**62))
def test_a_number_in_base_36_reads_back(number):
    assert base36.read(base36.written(number)) == number


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_reads_back_to_the_microsecond(at):
    assert base36.moment_read(base36.moment_written(at)) == at


@pytest.mark.parametrize("text", ["", "-", "Z", "1 ", "é", "z" * 14])
def test_what_is_no_number_in_base_36_is_none(text):
    assert base36.read(text) is None
    assert base36.moment_read(text) is None


def test_a_moment_beyond_all_calendars_is_none():
    assert base36.moment_read("z" * 13) is None


async def test_without_rules_a_query_is_told_that_it_cannot_be_read(view):
    bare = View(setup=Setup(access=Access(allowed=frozenset({2}))))
    async with talking(bare, NOW) as bot:
        assert "no rules are set up" in await bot.text(said("/search zebra"))
        assert "no rules are set up" in await bot.text(said("/watch zebra"))


async def test_a_query_that_is_too_long_is_told_its_own_length(bot):
    for command in ("search", "watch"):
        text = await bot.text(said(f"/{command} {'binance ' * 562}"))
        assert "a query has at most 300 characters, and this one 4495" in text


async def test_the_latest_of_what_is_no_name_leads_to_the_search(bot):
    text = await bot.text(said("/latest harbour <b> festival"))
    assert "Nothing found" in text
    assert "/search harbour <b> festival" in text
