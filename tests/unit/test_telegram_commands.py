from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import (
    Case,
    ChatGone,
    Person,
    Place,
    Severity,
    Subscription,
    Target,
    TargetKind,
    Watchlist,
)
from aggregator.telegram import words
from aggregator.telegram.access import Access, Claim
from aggregator.telegram.ask import Follow, Hooks, MakeAdmin, Member, ReviveChat, Unfollow, View
from aggregator.telegram.buttons import case_target, watchlist_target
from aggregator.telegram.naming import Many, One, Setup, resolve
from aggregator.telegram.registry import COMMANDS, FEATURES, VERBS
from aggregator.telegram.talk.follow import FOLLOWS_MAX
from tests.fake_telegram import read_html
from tests.talking import ROOM, in_group, keys, pressed, said, shown, talking

NOW = datetime(2023, 9, 18, 20, 14, tzinfo=UTC)
ADMIN, USER, STRANGER = 1, 2, 666
SOURCE = "https://docket.example/1"
SEC = Case(
    slug="sec-v-binance",
    caption="Securities and Exchange Commission v. Binance Holdings Limited",
    title="SEC v. Binance",
    court="dcd",
    court_name="D.D.C.",
    docket="1:23-cv-01599",
    docket_source=SOURCE,
    judges=(Person(name="Amy Berman Jackson", role="judge", source=SOURCE),),
    status="dismissed with prejudice",
    status_date="2025-05-29",
    status_source=SOURCE,
    closed=True,
    aliases=("Binance",),
    primary_aliases=("binance",),
)
CFTC = Case(slug="cftc-v-binance", caption="CFTC v. Binance", title="CFTC v. Binance")
RIPPLE = Case(slug="sec-v-ripple", caption="SEC v. Ripple Labs", title="SEC v. Ripple")
THEME = Watchlist(name="stablecoins", title="Stablecoin rules", severity=Severity.MEDIUM)
SETUP = Setup(
    cases={case.slug: case for case in (SEC, CFTC, RIPPLE)},
    watchlists={"stablecoins": THEME},
    entities={"binance": "Binance", "coinbase": "Coinbase"},
    access=Access(admins=frozenset({ADMIN}), allowed=frozenset({USER})),
)
VIEW = View(setup=SETUP, bot_name="casewire_bot")
CASE = Target(kind=TargetKind.CASE, slug="sec-v-binance")
OTHER = Target(kind=TargetKind.CASE, slug="cftc-v-binance")
LIST = Target(kind=TargetKind.WATCHLIST, slug="stablecoins")
ENTITY = Target(kind=TargetKind.ENTITY, slug="binance")


def following(*targets, view=VIEW, place=None):
    where = place or Place(chat_id=USER)
    return replace(
        view, subscriptions=tuple(Subscription(place=where, target=t, since=NOW) for t in targets)
    )


@pytest.fixture
async def bot():
    async with talking(VIEW, NOW) as one:
        yield one


async def test_a_name_that_is_one_cases_opens_its_card_with_the_other_matters(bot):
    text = await bot.text(said("/case binance"))
    assert text.startswith("Securities and Exchange Commission v. Binance Holdings Limited\n")
    assert "Status: Closed, dismissed with prejudice, as of 29 May 2025 (source)" in text
    assert "Docket: 1:23-cv-01599 (source)" in text
    assert "Judge: Amy Berman Jackson" in text
    assert "Parties: not on file" in text
    assert text.endswith("No articles read yet. Not legal advice.")
    assert await bot.buttons(said("/case binance")) == [
        ("Timeline", "v1:tl:1:a:sec-v-binance"),
        ("Chart", "v1:chart:sec-v-binance"),
        ("Follow", "v1:follow:c:sec-v-binance"),
        ("Sources", "v1:src:sec-v-binance"),
        ("CFTC v. Binance", "v1:case:cftc-v-binance"),
    ]


async def test_the_card_of_a_followed_case_offers_to_unfollow(bot):
    found = dict(await bot.buttons(said("/case sec v binance"), following(CASE)))
    assert found["Unfollow"] == "v1:unfollow:c:sec-v-binance"
    assert "Follow" not in found


class Unread:
    """A store that nobody may read."""

    def __getattr__(self, name):
        raise AssertionError(f"{name} was read")


async def test_a_stranger_and_a_change_by_a_group_member_read_nothing(bot):
    bot.store = Unread()
    refused = await bot.text(said("/case binance", STRANGER))
    assert refused.startswith("This bot is private.")
    assert (await bot.answer(in_group(said("/follow binance"), admin=False))).effects == (
        ReviveChat(),
    )


async def test_telegram_is_asked_who_is_admin_only_for_what_changes(bot):
    asked = []

    async def member(chat, user):
        asked.append((chat, user))
        return Member(chat_id=ROOM, title="Room", is_admin=user == USER, bot_may_post=True)

    hooks = Hooks(member=member)
    await bot.answer(in_group(said("/cases")), hooks=hooks)
    await bot.answer(said("/follow binance"), hooks=hooks)
    assert asked == []
    done = await bot.answer(in_group(said("/follow binance")), hooks=hooks)
    assert asked == [(ROOM, USER)]
    assert done.effects[-1] == Follow(target=CASE)


@pytest.mark.parametrize("payload", ["c_sec-v-binance", "w_stablecoins"])
async def test_deep_links_open_what_they_name(bot, payload):
    text = await bot.text(said(f"/start {payload}"))
    assert text.startswith(("Securities and Exchange", "Stablecoin rules"))


@pytest.mark.parametrize("payload", ["c_gone", "w_gone"])
async def test_a_deep_link_to_what_is_gone_says_so(bot, payload):
    assert "no longer set up" in await bot.text(said(f"/start {payload}"))


async def test_start_says_what_this_is_and_what_to_send_first(bot):
    text = await bot.text(said("/start"))
    assert text.startswith(words.START)
    assert "SEC v. Binance" in text
    assert await bot.text(said("/start broken payload!")) == text


async def test_help_lists_every_command(bot):
    text = await bot.text(said("/help"))
    for name, _, does in words.COMMANDS:
        assert f"/{name}" in text
        assert does in text
    assert "Not legal advice" in text


def test_help_and_the_registry_name_the_same_commands():
    listed = [name for name, _, _ in (*words.COMMANDS, *words.MORE, *words.OPERATOR)]
    assert len(listed) == len(set(listed))
    registered = {command.name for feature in FEATURES for command in feature.COMMANDS}
    assert registered - {"start"} == set(listed)


def test_no_two_buttons_and_no_two_commands_share_a_name():
    verbs = [verb.name for feature in FEATURES for verb in feature.VERBS]
    assert len(verbs) == len(set(verbs)) == len(VERBS)
    names = [
        name
        for feature in FEATURES
        for command in feature.COMMANDS
        for name in (command.name, *command.aliases)
    ]
    assert len(names) == len(set(names)) == len(COMMANDS)


async def test_cases_are_listed_open_ones_first_each_with_its_link(bot):
    (message,) = (await bot.answer(said("/cases"))).replies
    shown = read_html(message.html)
    assert shown.text == (
        "Cases\nCFTC v. Binance\nSEC v. Ripple\nSEC v. Binance · 1:23-cv-01599 · closed"
    )
    assert shown.links[2] == ("SEC v. Binance", "https://t.me/casewire_bot?start=c_sec-v-binance")


async def test_a_list_longer_than_a_message_is_turned_page_by_page(bot):
    many = {
        f"case-{n}": Case(slug=f"case-{n}", caption="C", title=f"Commission v. Number {n}")
        for n in range(90)
    }
    view = replace(VIEW, setup=replace(SETUP, cases=many))
    page = await bot.message(said("/cases"), view)
    seen = [name for name, _ in shown(page).links]
    assert "Page 1 of 3" in shown(page).text
    while "Next page" in dict(keys(page)):
        page = await bot.message(bot.presses(page, "Next page"), view)
        seen += [name for name, _ in shown(page).links]
    assert "Page 3 of 3" in shown(page).text
    assert sorted(seen) == sorted(case.title for case in many.values())
    back = await bot.text(bot.presses(page, "Previous page"), view)
    assert "Page 2 of 3" in back


async def test_watchlists_are_listed(bot):
    assert (
        await bot.text(said("/watchlists")) == "Watchlists\nStablecoin rules · stablecoins · Medium"
    )


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("sec v ripple", Target(kind=TargetKind.CASE, slug="sec-v-ripple")),
        ("stablecoins", LIST),
        ("Stablecoin Rules", LIST),
        ("@binance", ENTITY),
        ("@Binance", ENTITY),
    ],
)
@pytest.mark.parametrize("command", ["follow", "subscribe"])
async def test_cases_watchlists_and_names_are_followed(bot, command, name, target):
    done = await bot.answer(said(f"/{command} {name}"))
    assert done.effects == (ReviveChat(), Follow(target=target))
    assert read_html(done.replies[0].html).text.startswith("Following the ")


async def test_following_a_closed_case_says_what_would_ring_and_offers_the_other_matters(bot):
    text = await bot.text(said("/follow binance"))
    assert "Closed 29 May 2025. I would ring for a reopening, appeal or new order." in text
    assert await bot.buttons(said("/follow binance")) == [
        ("CFTC v. Binance", "v1:follow:c:cftc-v-binance")
    ]


async def test_following_twice_is_said_plainly_and_changes_nothing(bot):
    done = await bot.answer(said("/follow binance"), following(CASE))
    assert done.effects == (ReviveChat(),)
    assert read_html(done.replies[0].html).text == (
        "The case SEC v. Binance is already followed here. Nothing was changed."
    )


async def test_a_name_that_several_bear_is_asked_back(bot):
    assert (await bot.answer(said("/follow sec"))).effects == (ReviveChat(),)
    assert await bot.buttons(said("/follow sec")) == [
        ("SEC v. Binance", "v1:follow:c:sec-v-binance"),
        ("SEC v. Ripple", "v1:follow:c:sec-v-ripple"),
    ]


async def test_a_misspelt_name_is_suggested_and_not_followed(bot):
    done = await bot.answer(said("/follow binanse"))
    assert done.effects == (ReviveChat(),)
    text = read_html(done.replies[0].html).text
    assert "Nothing found for “binanse”." in text
    assert "Did you mean binance?" in text
    assert "Did you mean @binance?" in await bot.text(said("/follow @binanse"))


async def test_a_name_without_its_at_sign_is_offered_with_it(bot):
    assert await bot.buttons(said("/follow coinbase")) == [("Coinbase", "v1:follow:e:coinbase")]


async def test_a_missing_name_is_asked_for_with_an_example(bot):
    assert await bot.text(said("/follow")) == "Add a name, for example /follow binance"
    assert await bot.text(said("/case")) == "Add a name, for example /case binance"


async def test_a_place_full_of_follows_says_so(bot):
    full = [Target(kind=TargetKind.CASE, slug=f"c{n}") for n in range(FOLLOWS_MAX)]
    done = await bot.answer(said("/follow binance"), following(*full))
    assert done.effects == (ReviveChat(),)
    assert f"{FOLLOWS_MAX} things" in done.replies[0].html


@pytest.mark.parametrize("command", ["unfollow", "unsubscribe"])
async def test_a_followed_case_is_unfollowed(bot, command):
    done = await bot.answer(said(f"/{command} binance"), following(CASE, OTHER))
    assert done.effects == (ReviveChat(), Unfollow(target=CASE))


async def test_unfollow_without_a_name_offers_what_is_followed(bot):
    assert await bot.buttons(said("/unfollow"), following(CASE, LIST)) == [
        ("SEC v. Binance", "v1:unfollow:c:sec-v-binance"),
        ("Stablecoin rules", "v1:unfollow:w:stablecoins"),
    ]
    assert "Nothing is followed here yet" in await bot.text(said("/unfollow"))


async def test_the_only_followed_thing_that_bears_the_name_is_unfollowed(bot):
    done = await bot.answer(said("/unfollow binance"), following(OTHER, LIST))
    assert done.effects == (ReviveChat(), Unfollow(target=OTHER))


async def test_unfollowing_what_is_not_followed_says_so(bot):
    done = await bot.answer(said("/unfollow ripple"), following(CASE))
    assert done.effects == (ReviveChat(),)
    assert "is not followed here" in done.replies[0].html


async def test_what_the_rules_no_longer_hold_can_still_be_unfollowed(bot):
    gone = Target(kind=TargetKind.CASE, slug="old-case")
    assert (await bot.answer(said("/unfollow old-case"), following(gone))).effects == (
        ReviveChat(),
        Unfollow(target=gone),
    )
    assert "old-case · case" in await bot.text(said("/following"), following(gone))


async def test_following_lists_what_is_followed(bot):
    text = await bot.text(said("/following"), following(CASE, LIST))
    assert text.startswith("Followed here")
    assert text.index("SEC v. Binance · case") < text.index("Stablecoin rules · watchlist")


async def test_buttons_do_what_they_say(bot):
    assert (await bot.answer(pressed("v1:follow:c:sec-v-binance"))).effects[-1] == Follow(
        target=CASE
    )
    assert (await bot.answer(pressed("v1:unfollow:w:stablecoins"), following(LIST))).effects[
        -1
    ] == Unfollow(target=LIST)
    assert "Binance Holdings" in await bot.text(pressed("v1:case:sec-v-binance"))
    assert "no longer set up" in await bot.text(pressed("v1:follow:c:gone"))


@pytest.mark.parametrize(
    "data", ["v0:case:sec-v-binance", "v2:x", "v1:mute:x", "v1:case:", "v1:follow:z:x", "", "hello"]
)
async def test_a_button_of_another_version_is_answered_and_does_nothing(bot, data):
    done = await bot.answer(pressed(data))
    assert (done.toast, done.replies, done.effects) == (
        "This button is from an older message.",
        (),
        (),
    )


async def test_a_stranger_of_a_private_bot_gets_the_refusal_and_nothing_else(bot):
    for text in ("/start", "/cases", "/follow binance", "hello", "/start claim_wrong", "/nonsense"):
        assert await bot.text(said(text, STRANGER)) == (
            "This bot is private. Your id is 666, ask the operator."
        )
        assert (await bot.answer(said(text, STRANGER))).effects == (ReviveChat(),)
    done = await bot.answer(pressed("v1:follow:c:sec-v-binance", STRANGER))
    assert done.toast == "This bot is private. Your id is 666, ask the operator."
    assert (done.replies, done.effects) == ((), ())


async def test_an_open_bot_serves_strangers(bot):
    view = replace(VIEW, setup=replace(SETUP, access=Access(is_open=True)))
    assert (await bot.answer(said("/follow sec-v-binance", STRANGER), view)).effects[-1] == Follow(
        target=CASE
    )


async def test_everybody_can_ask_for_the_ids(bot):
    assert await bot.text(said("/id", STRANGER)) == "Your id is 666\nThis chat's id is 666"
    assert await bot.text(in_group(said("/id", STRANGER, thread_id=9))) == (
        "Your id is 666\nThis chat's id is -1001\nThis topic's id is 9"
    )


CLAIM = Claim(code="a-Very_secret", until=NOW + timedelta(minutes=15))


async def test_the_claim_link_makes_whoever_opens_it_in_time_an_admin(bot):
    done = await bot.answer(
        said("/start claim_a-Very_secret", STRANGER), replace(VIEW, claim=CLAIM)
    )
    assert done.effects == (ReviveChat(), MakeAdmin(user_id=STRANGER))
    assert done.replies[0].html == words.ADMIN_NOW


@pytest.mark.parametrize(
    ("claim", "incoming"),
    [
        (CLAIM, said("/start claim_wrong", STRANGER)),
        (None, said("/start claim_a-Very_secret", STRANGER)),
        (replace(CLAIM, until=NOW), said("/start claim_a-Very_secret", STRANGER)),
        (CLAIM, in_group(said("/start claim_a-Very_secret", STRANGER))),
    ],
)
async def test_a_claim_that_is_wrong_used_late_or_public_makes_nobody_admin(bot, claim, incoming):
    done = await bot.answer(incoming, replace(VIEW, claim=claim))
    assert done.effects == (ReviveChat(),)


async def test_an_admin_who_opens_the_link_again_is_told_so(bot):
    assert (await bot.answer(said("/start claim_x", ADMIN))).replies[0].html == words.ADMIN_ALREADY
    assert (await bot.answer(said("/start claim_x", USER))).replies[0].html == words.CLAIM_STALE


async def test_in_groups_only_admins_change_what_is_followed_and_the_refusal_says_so(bot):
    follow = said("/follow binance")
    assert (await bot.answer(in_group(follow, admin=True))).effects[-1] == Follow(target=CASE)
    assert (await bot.answer(in_group(replace(follow, user_id=ADMIN)))).effects[-1] == Follow(
        target=CASE
    )
    refused = await bot.answer(in_group(follow, admin=False))
    assert refused.effects == (ReviveChat(),)
    assert refused.replies[0].html == words.GROUP_ADMINS_ONLY
    assert (await bot.answer(in_group(follow))).replies[0].html == words.GROUP_UNCHECKED
    by_button = await bot.answer(
        in_group(pressed("v1:unfollow:c:sec-v-binance"), admin=False), following(CASE)
    )
    assert (by_button.toast, by_button.effects) == (words.GROUP_ADMINS_ONLY, ())


async def test_in_groups_everybody_admitted_may_read(bot):
    assert "Cases" in await bot.text(in_group(said("/cases")))


async def test_commands_for_another_bot_and_talk_in_a_group_are_left_alone(bot):
    for text in ("/cases@other_bot", "hello", "/unknown", ""):
        assert (await bot.answer(in_group(said(text)))).replies == ()
    assert "Cases" in await bot.text(in_group(said("/cases@Casewire_Bot")))
    assert await bot.text(in_group(said("/unknown@casewire_bot"))) == words.UNKNOWN_COMMAND


async def test_text_that_names_a_case_opens_it_and_other_text_gets_a_hint(bot):
    assert "Binance Holdings" in await bot.text(said("binance"))
    assert len(await bot.buttons(said("sec"))) == 2
    assert "Did you mean binance?" in await bot.text(said("binanse"))
    assert await bot.text(said("hello there")) == words.UNKNOWN_TEXT
    assert await bot.text(said("/nonsense")) == words.UNKNOWN_COMMAND


async def test_being_put_out_and_let_in_is_remembered(bot):
    out = await bot.answer(said(None, member="out"))
    assert (out.replies, len(out.effects)) == ((), 1)
    assert isinstance(out.effects[0], ChatGone)
    assert (await bot.answer(said(None, member="in"))).effects == (ReviveChat(),)


async def test_a_hostile_name_comes_back_harmless(bot):
    text = await bot.text(said("/follow <b>&\u202e@someone https://evil.example/x"))
    assert "<b>&" in text
    assert "@someone" not in text
    assert "https://evil" not in text


@given(st.text(max_size=120), st.sampled_from(["/case ", "/follow ", "/unfollow ", "/start ", ""]))
async def test_any_text_is_answered_with_html_that_telegram_takes(text, command):
    async with talking(following(CASE, LIST), NOW) as bot:
        for incoming in (said(command + text), in_group(said(command + text), admin=True)):
            for message in (await bot.answer(incoming)).replies:
                shown(message)


@given(st.text(max_size=64))
async def test_any_button_data_is_answered(data):
    async with talking(VIEW, NOW) as bot:
        done = await bot.answer(pressed(data))
        assert done.toast or done.replies


def test_a_watchlist_of_that_very_name_is_meant_with_the_cases_that_share_it_beside_it():
    theme = Watchlist(name="staking", title="Staking", severity=Severity.MEDIUM)
    case = Case(
        slug="sec-v-kraken-staking", caption="SEC v. Payward", title="SEC v. Kraken (staking)"
    )
    setup = Setup(cases={case.slug: case}, watchlists={theme.name: theme})
    assert resolve("staking", setup) == One(
        target=watchlist_target("staking"), others=(case_target(case.slug),)
    )
    known = replace(case, primary_aliases=("staking",))
    both = resolve("staking", replace(setup, cases={case.slug: known}))
    assert both == Many(targets=(case_target(case.slug), watchlist_target("staking")))
