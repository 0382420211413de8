from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.cases import chart as charts
from aggregator.cli import compose
from aggregator.model import (
    Case,
    Feed,
    FeedKind,
    FeedState,
    Milestone,
    Place,
    Severity,
    Subscription,
    Target,
    TargetKind,
    Trust,
    Watchlist,
)
from aggregator.telegram import words
from aggregator.telegram.access import Access
from aggregator.telegram.ask import Ask, PutFile, View
from aggregator.telegram.naming import Setup
from aggregator.telegram.registry import COMMANDS, VERBS
from aggregator.telegram.talk import case as talk
from tests.newsroom import item, shipped
from tests.talking import Newsroom, in_group, keys, pressed, said, shown, talking

NOW = datetime(2023, 9, 20, 12, 0, tzinfo=UTC)
ADMIN = 1
HERE = Place(chat_id=2)
DAY = timedelta(days=1)
SLUG = "sec-v-binance"
CASE = Target(kind=TargetKind.CASE, slug=SLUG)
NEWS = (
    item("SEC v. Binance: judge signs order on custody of wallets", at=NOW - 3 * DAY),
    item("Judge denies SEC request to inspect Binance.US software", at=NOW - DAY),
)


def setup(**changes):
    made = compose.setup(compose.Settings.from_env({}), shipped())
    access = Access(admins=frozenset({ADMIN}), allowed=frozenset({2, 3}))
    return replace(made, access=access, **changes)


@pytest.fixture
async def bot():
    async with talking(View(setup=setup(), bot_name="casewire_bot"), NOW) as one:
        yield one


@pytest.fixture
def room(bot):
    return Newsroom(store=bot.store, place=HERE)


async def test_a_primary_alias_opens_its_card_with_the_other_matters_as_buttons(bot):
    message = await bot.message(said("/case binance"))
    cases = bot.view.setup.cases
    chief = next(one for one in cases.values() if "binance" in one.primary_aliases)
    assert shown(message).text.startswith(chief.caption)
    names = [name for name, _ in keys(message)]
    assert names[:4] == ["Timeline", "Chart", "Follow", "Sources"]
    others = {data.removeprefix("v1:case:") for _, data in keys(message)[4:]}
    assert others
    assert chief.slug not in others
    assert others <= set(cases)


async def test_a_name_that_several_bear_gives_a_button_each(bot):
    offered = await bot.buttons(said("/case sec v"))
    assert len(offered) > 1
    assert all(data.startswith("v1:case:") for _, data in offered)


async def test_a_typo_is_answered_with_what_it_may_mean(bot):
    assert "Did you mean binance?" in await bot.text(said("/case binanse"))


async def test_a_card_says_when_its_courts_feed_was_read(bot):
    feed = Feed(
        id="dcd",
        url="https://court.example/rss",
        kind=FeedKind.COURT,
        name="D.D.C.",
        trust=Trust.PRIMARY,
        court="dcd",
    )
    read = NOW - timedelta(minutes=3)
    await bot.store.save_feed_state(FeedState(feed_id="dcd", last_read=read, first_read=read))
    view = replace(bot.view, setup=setup(feeds=(feed,)))
    assert "court feed read 3 min ago, not every entry type" in await bot.text(
        said("/case sec v binance"), view
    )
    assert "Docket not watched" in await bot.text(said("/case sec v binance"))


async def answered(bot, room, text):
    """Send a command and let its answer stand in the chat; return it with its number there."""
    (message,) = (await bot.does(said(text))).replies
    return message, await room.sends("reply:1:0", message.html, NOW)


async def test_the_pages_of_a_card_edit_it_and_lead_back(bot, room):
    await room.takes(*NEWS, told=False)
    message, number = await answered(bot, room, "/case sec v binance")
    for name, head in (
        ("Timeline", "SEC v. Binance · timeline"),
        ("Sources", "SEC v. Binance · sources"),
    ):
        page = await bot.answer(bot.presses(message, name, message_id=number))
        assert page.replies == ()
        assert shown(page.edit).text.startswith(head)
        back = await bot.answer(bot.presses(page.edit, "Case", message_id=number))
        assert shown(back.edit).text == shown(message).text


async def test_a_timeline_is_newest_first_in_pages_with_a_court_only_view(bot, room):
    await room.takes(*NEWS, told=False)
    milestones = tuple(
        Milestone(date=f"2022-{n:02}-01", what=f"Step {n}", source="https://court.example/1")
        for n in range(1, 13)
    )
    cases = {SLUG: replace(bot.view.setup.cases[SLUG], milestones=milestones)}
    view = replace(bot.view, setup=setup(cases=cases))
    page = await bot.message(pressed(f"v1:tl:1:a:{SLUG}"), view)
    text = shown(page).text
    assert "Events 1 to 8 of 14, newest first" in text
    assert text.index("inspect Binance.US") < text.index("custody") < text.index("Step 12")
    older = await bot.message(bot.presses(page, "Older"), view)
    assert "Step 1 ·" in shown(older).text
    court = await bot.message(bot.presses(page, "Court only"), view)
    assert "inspect Binance.US" not in shown(court).text


async def test_under_an_alert_and_under_a_picture_a_page_is_a_new_message(bot, room):
    alert = await room.sends("story:s:1", "alert", NOW)
    picture = await room.sends("reply:2:0", "chart", NOW, attachment="chart-x.png")
    for number in (alert, picture, 999):
        for data in (f"v1:case:{SLUG}", f"v1:tl:1:a:{SLUG}", f"v1:src:{SLUG}"):
            done = await bot.answer(pressed(data, message_id=number))
            assert done.edit is None
            assert len(done.replies) == 1


@pytest.mark.skipif(not charts.available(), reason="needs the extra `charts`")
async def test_a_chart_is_a_picture_with_its_words_and_is_drawn_once(bot, room):
    await room.takes(*NEWS, told=False)
    first = await bot.does(pressed(f"v1:chart:{SLUG}"))
    (message,) = first.replies
    (kept,) = [effect for effect in first.effects if isinstance(effect, PutFile)]
    assert message.attachment == kept.name
    assert kept.name.startswith("chart-sec-v-binance-")
    assert kept.name.endswith(".png")
    assert kept.data.startswith(b"\x89PNG")
    assert len(shown(message).text) <= 1024
    assert "SEC v. Binance" in shown(message).text
    again = await bot.answer(pressed(f"v1:chart:{SLUG}"))
    assert again.replies == first.replies
    assert not any(isinstance(effect, PutFile) for effect in again.effects)
    await Newsroom(store=bot.store, place=HERE).takes(
        item("SEC v. Binance: judge stays discovery for 60 days", at=NOW - 30 * DAY), told=False
    )
    other = await bot.answer(pressed(f"v1:chart:{SLUG}"))
    assert other.replies[0].attachment != kept.name


@pytest.mark.skipif(not charts.available(), reason="needs the extra `charts`")
async def test_while_a_chart_is_drawn_others_are_answered(bot):
    drawing = asyncio.create_task(bot.answer(pressed(f"v1:chart:{SLUG}")))
    turns = 0
    while not drawing.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 20
    assert (await drawing).replies


async def test_without_the_extra_the_timeline_answers_for_the_chart(bot):
    ask = Ask(incoming=pressed(""), view=bot.view, reads=bot.store, now=NOW)
    case = bot.view.setup.cases[SLUG]
    done = await talk.chart(ask, case, drawable=False)
    (message,) = done.replies
    assert shown(message).text.startswith("SEC v. Binance · timeline")
    assert (message.attachment, done.effects) == ("", ())


@pytest.mark.parametrize("data", ["v1:case:gone", "v1:tl:1:a:gone", "v1:src:gone", "v1:chart:gone"])
async def test_a_button_of_a_case_that_is_gone_says_so(bot, data):
    assert "no longer set up" in await bot.text(pressed(data))


@pytest.mark.parametrize(
    "data",
    [
        "v1:tl",
        "v1:tl:x:a:y",
        "v1:tl:1:z:y",
        "v1:src",
        "v1:src:",
        "v1:cases:x",
        "v1:lists:x",
        "v1:chart",
    ],
)
async def test_a_button_that_names_nothing_is_from_an_older_message(bot, data):
    done = await bot.answer(pressed(data))
    told = done.toast or shown(done.replies[0]).text
    assert told == words.OLD_BUTTON


async def test_the_chart_is_answered_before_it_is_drawn():
    assert VERBS["chart"].slow


async def test_a_watchlist_opens_with_its_last_developments(bot, room):
    theme = Watchlist(name="theme", title="A theme", severity=Severity.MEDIUM)
    view = replace(bot.view, setup=setup(watchlists={"theme": theme}))
    empty = await bot.message(said("/start w_theme"), view)
    assert shown(empty).text == "A theme\ntheme · Medium"
    assert keys(empty) == [("Follow", "v1:follow:w:theme")]
    name = next(iter(shipped().rules.watchlists))
    opened = await bot.message(said(f"/start w_{name}"))
    assert ("Follow", f"v1:follow:w:{name}") in keys(opened)


async def test_the_greeting_leads_to_a_case_to_the_lists_and_to_help(bot):
    message = await bot.message(said("/start"))
    text = shown(message).text
    assert text.startswith(words.START)
    assert "\n" not in words.START
    assert "Send the name of a case to begin" in text
    offered = dict(keys(message))
    for example in bot.view.setup.examples:
        assert offered[example.title] == f"v1:case:{example.slug}"
    for name, head in (
        ("All cases", "Cases"),
        ("Watchlists", "Watchlists"),
        ("Latest news", "Latest on everything"),
        ("Help", words.START),
    ):
        assert (await bot.text(bot.presses(message, name))).startswith(head)


async def test_help_shows_the_menu_first_then_more_and_to_operators_theirs(bot):
    text = await bot.text(said("/help"))
    assert text.startswith(f"{words.START}\n\nTo begin, send the name of a case, such as ")
    first = [f"/{name}" for name, _, _ in words.COMMANDS]
    assert first == ["/case", "/follow", "/following", "/latest", "/digest", "/mute", "/help"]
    places = [text.index(f"\n{name}") for name in first]
    assert places == sorted(places)
    assert places[-1] < text.index("More")
    for name, _, does in (*words.COMMANDS, *words.MORE):
        assert f"/{name}" in text
        assert does in text
    assert "Not legal advice." in text
    assert not any(f"/{name}" in text for name, _, _ in words.OPERATOR)
    buttons = dict(keys(await bot.message(said("/help"))))
    assert list(buttons) == ["All cases", "Watchlists", "Latest news"]
    theirs = await bot.text(said("/help", ADMIN))
    assert "For the operator" in theirs
    assert all(f"\n/{name}" in theirs for name, _, _ in words.OPERATOR)
    in_a_group = await bot.text(in_group(said("/help")))
    assert not any(f"/{name}" in in_a_group for name, _, _ in words.OPERATOR)


def test_every_command_of_this_room_is_known():
    assert {
        "start",
        "help",
        "case",
        "cases",
        "watchlists",
        "search",
        "latest",
        "watch",
        "why",
    } <= set(COMMANDS)


HOSTILE = (
    st.text(max_size=300)
    | st.text(alphabet="<>&\"'/@.: \n\u202eא\u0301", max_size=300)
    | st.sampled_from(
        [
            "<b>bold</b> & \u202eevil",
            "javascript:alert(1) tg://resolve?domain=x https://evil.example/x",
            "Why: you follow the case SEC v. Binance; matched “x”",
            "Z\u0335\u0336" * 5000,
            "long " * 2000,
        ]
    )
)


@given(name=HOSTILE, title=HOSTILE, outlet=HOSTILE)
@settings(max_examples=25, deadline=None)
async def test_hostile_names_and_headlines_stay_text_on_every_page(name, title, outlet):
    case = Case(slug="x", caption="X v. Y", title="X v. Y", primary_aliases=("xvy",))
    view = View(
        setup=Setup(cases={"x": case}, access=Access(allowed=frozenset({2}))),
        subscriptions=(
            Subscription(place=HERE, target=Target(kind=TargetKind.CASE, slug="x"), since=NOW),
        ),
    )
    async with talking(view, NOW) as bot:
        room = Newsroom(store=bot.store, place=HERE)
        target = Target(kind=TargetKind.CASE, slug="x")
        await room.takes_as(target, item(title, at=NOW, outlet=outlet, url="tg://x"))
        for incoming in (
            said(f"/case {name}"),
            said(f"/latest {name}"),
            said("/case xvy"),
            said("/latest"),
            pressed("v1:tl:1:a:x"),
            pressed("v1:src:x"),
        ):
            for message in (await bot.answer(incoming)).replies:
                seen = shown(message)
                assert "https://evil" not in seen.text
                assert "\u202e" not in seen.text
                assert not any(address.startswith("tg:") for _, address in seen.links)
