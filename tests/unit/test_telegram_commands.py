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
from aggregator.telegram.commands import handle, need
from aggregator.telegram.follows import FOLLOWS_MAX
from aggregator.telegram.intent import ChatType, Incoming
from aggregator.telegram.naming import Setup
from aggregator.telegram.view import Follow, MakeAdmin, Need, ReviveChat, Unfollow, View
from tests.fake_telegram import read_html

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
ROOM = -1001


def said(text, user=USER, **changes):
    given = {
        "update_id": 1,
        "chat_id": user,
        "chat_type": ChatType.PRIVATE,
        "user_id": user,
        "text": text,
    }
    return Incoming(**{**given, **changes})


def pressed(data, user=USER, **changes):
    return said(None, user, data=data, callback_id="q", **changes)


def in_group(incoming, *, admin=None):
    return replace(incoming, chat_id=ROOM, chat_type=ChatType.SUPERGROUP, is_group_admin=admin)


def following(*targets, view=VIEW, place=None):
    where = place or Place(chat_id=USER)
    return replace(
        view, subscriptions=tuple(Subscription(place=where, target=t, since=NOW) for t in targets)
    )


def answer(incoming, view=VIEW):
    return handle(incoming, view, NOW)


def text_of(incoming, view=VIEW):
    (message,) = answer(incoming, view).replies
    return read_html(message.html).text


def buttons_of(incoming, view=VIEW):
    (message,) = answer(incoming, view).replies
    return [(button.text, button.data) for row in message.buttons for button in row]


def test_a_name_that_is_one_cases_opens_its_card_with_the_other_matters():
    text = text_of(said("/case binance"))
    assert text.startswith("Securities and Exchange Commission v. Binance Holdings Limited\n")
    assert "Status: Closed, dismissed with prejudice, as of 29 May 2025 (source)" in text
    assert "Docket: 1:23-cv-01599 (source)" in text
    assert "Judge: Amy Berman Jackson (judge)" in text
    assert "Parties: not on file" in text
    assert text.endswith("No articles read yet. Not legal advice.")
    assert buttons_of(said("/case binance")) == [
        ("Follow", "v1:follow:c:sec-v-binance"),
        ("CFTC v. Binance", "v1:case:cftc-v-binance"),
    ]


def test_the_card_of_a_followed_case_offers_to_unfollow():
    assert buttons_of(said("/case sec v binance"), following(CASE))[0] == (
        "Unfollow",
        "v1:unfollow:c:sec-v-binance",
    )


def test_what_the_answer_needs_is_named_before_it_is_given():
    assert need(said("/case binance"), VIEW) == Need(case=CASE)
    assert need(pressed("v1:case:sec-v-binance"), VIEW) == Need(case=CASE)
    assert need(said("/start c_sec-v-binance"), VIEW) == Need(case=CASE)
    assert need(said("/case binance", STRANGER), VIEW) == Need()
    assert need(said("/follow binance"), VIEW) == Need()
    assert need(in_group(said("/follow binance")), VIEW) == Need(group_admin=True)
    assert need(in_group(said("/cases")), VIEW) == Need()


@pytest.mark.parametrize("payload", ["c_sec-v-binance", "w_stablecoins"])
def test_deep_links_open_what_they_name(payload):
    text = text_of(said(f"/start {payload}"))
    assert text.startswith(("Securities and Exchange", "Stablecoin rules"))


@pytest.mark.parametrize("payload", ["c_gone", "w_gone"])
def test_a_deep_link_to_what_is_gone_says_so(payload):
    assert "no longer set up" in text_of(said(f"/start {payload}"))


def test_start_says_what_this_is_and_what_to_send_first():
    text = text_of(said("/start"))
    assert text.startswith(words.START)
    assert "SEC v. Binance" in text
    assert text_of(said("/start broken payload!")) == text


def test_help_lists_every_command():
    text = text_of(said("/help"))
    for name, _, does in words.COMMANDS:
        assert f"/{name}" in text
        assert does in text
    assert "Not legal advice" in text


def test_cases_are_listed_open_ones_first_each_with_its_link():
    (message,) = answer(said("/cases")).replies
    shown = read_html(message.html)
    assert shown.text == (
        "Cases\nCFTC v. Binance\nSEC v. Ripple\nSEC v. Binance · 1:23-cv-01599 · closed"
    )
    assert shown.links[2] == ("SEC v. Binance", "https://t.me/casewire_bot?start=c_sec-v-binance")


def test_a_list_longer_than_a_message_says_how_much_is_left():
    many = {
        f"case-{n}": Case(slug=f"case-{n}", caption="C", title=f"Commission v. Number {n} " * 3)
        for n in range(200)
    }
    text = text_of(said("/cases"), replace(VIEW, setup=replace(SETUP, cases=many)))
    assert len(text) <= 4096
    shown = text.count("\n") - 1
    assert text.endswith(f"and {200 - shown} more")


def test_watchlists_are_listed():
    assert text_of(said("/watchlists")) == "Watchlists\nStablecoin rules · stablecoins · Medium"


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
def test_cases_watchlists_and_names_are_followed(command, name, target):
    done = answer(said(f"/{command} {name}"))
    assert done.effects == (ReviveChat(), Follow(target=target))
    assert read_html(done.replies[0].html).text.startswith("Following the ")


def test_following_a_closed_case_says_what_would_ring_and_offers_the_other_matters():
    text = text_of(said("/follow binance"))
    assert "It is closed (29 May 2025): a reopening, an appeal or a new order would ring." in text
    assert buttons_of(said("/follow binance")) == [
        ("CFTC v. Binance", "v1:follow:c:cftc-v-binance")
    ]


def test_following_twice_is_said_plainly_and_changes_nothing():
    done = answer(said("/follow binance"), following(CASE))
    assert done.effects == (ReviveChat(),)
    assert read_html(done.replies[0].html).text == (
        "The case SEC v. Binance is already followed here. Nothing was changed."
    )


def test_a_name_that_several_bear_is_asked_back():
    assert answer(said("/follow sec")).effects == (ReviveChat(),)
    assert buttons_of(said("/follow sec")) == [
        ("SEC v. Binance", "v1:follow:c:sec-v-binance"),
        ("SEC v. Ripple", "v1:follow:c:sec-v-ripple"),
    ]


def test_a_misspelt_name_is_suggested_and_not_followed():
    done = answer(said("/follow binanse"))
    assert done.effects == (ReviveChat(),)
    text = read_html(done.replies[0].html).text
    assert "Nothing found for “binanse”." in text
    assert "Did you mean binance?" in text
    assert "Did you mean @binance?" in text_of(said("/follow @binanse"))


def test_a_name_without_its_at_sign_is_offered_with_it():
    assert buttons_of(said("/follow coinbase")) == [("@coinbase", "v1:follow:e:coinbase")]


def test_a_missing_name_is_asked_for_with_an_example():
    assert text_of(said("/follow")) == "Add a name, for example /follow binance"
    assert text_of(said("/case")) == "Add a name, for example /case binance"


def test_a_place_full_of_follows_says_so():
    full = [Target(kind=TargetKind.CASE, slug=f"c{n}") for n in range(FOLLOWS_MAX)]
    done = answer(said("/follow binance"), following(*full))
    assert done.effects == (ReviveChat(),)
    assert f"{FOLLOWS_MAX} things" in done.replies[0].html


@pytest.mark.parametrize("command", ["unfollow", "unsubscribe"])
def test_a_followed_case_is_unfollowed(command):
    done = answer(said(f"/{command} binance"), following(CASE, OTHER))
    assert done.effects == (ReviveChat(), Unfollow(target=CASE))


def test_unfollow_without_a_name_offers_what_is_followed():
    assert buttons_of(said("/unfollow"), following(CASE, LIST)) == [
        ("SEC v. Binance", "v1:unfollow:c:sec-v-binance"),
        ("Stablecoin rules", "v1:unfollow:w:stablecoins"),
    ]
    assert "Nothing is followed here yet" in text_of(said("/unfollow"))


def test_the_only_followed_thing_that_bears_the_name_is_unfollowed():
    done = answer(said("/unfollow binance"), following(OTHER, LIST))
    assert done.effects == (ReviveChat(), Unfollow(target=OTHER))


def test_unfollowing_what_is_not_followed_says_so():
    done = answer(said("/unfollow ripple"), following(CASE))
    assert done.effects == (ReviveChat(),)
    assert "is not followed here" in done.replies[0].html


def test_what_the_rules_no_longer_hold_can_still_be_unfollowed():
    gone = Target(kind=TargetKind.CASE, slug="old-case")
    assert answer(said("/unfollow old-case"), following(gone)).effects == (
        ReviveChat(),
        Unfollow(target=gone),
    )
    assert text_of(said("/following"), following(gone)) == "Followed here\nold-case · case"


def test_following_lists_what_is_followed():
    assert text_of(said("/following"), following(CASE, LIST)) == (
        "Followed here\nSEC v. Binance · case\nStablecoin rules · watchlist"
    )


def test_buttons_do_what_they_say():
    assert answer(pressed("v1:follow:c:sec-v-binance")).effects[-1] == Follow(target=CASE)
    assert answer(pressed("v1:unfollow:w:stablecoins"), following(LIST)).effects[-1] == Unfollow(
        target=LIST
    )
    assert "Binance Holdings" in text_of(pressed("v1:case:sec-v-binance"))
    assert "no longer set up" in text_of(pressed("v1:follow:c:gone"))


@pytest.mark.parametrize(
    "data", ["v0:case:sec-v-binance", "v2:x", "v1:mute:x", "v1:case:", "v1:follow:z:x", "", "hello"]
)
def test_a_button_of_another_version_is_answered_and_does_nothing(data):
    done = answer(pressed(data))
    assert (done.toast, done.replies, done.effects) == (
        "This button is from an older message.",
        (),
        (),
    )


def test_a_stranger_of_a_private_bot_gets_the_refusal_and_nothing_else():
    for text in ("/start", "/cases", "/follow binance", "hello", "/start claim_wrong", "/nonsense"):
        assert text_of(said(text, STRANGER)) == (
            "This bot is private. Your id is 666, ask the operator."
        )
        assert answer(said(text, STRANGER)).effects == (ReviveChat(),)
    done = answer(pressed("v1:follow:c:sec-v-binance", STRANGER))
    assert done.toast == "This bot is private. Your id is 666, ask the operator."
    assert (done.replies, done.effects) == ((), ())


def test_an_open_bot_serves_strangers():
    view = replace(VIEW, setup=replace(SETUP, access=Access(is_open=True)))
    assert answer(said("/follow sec-v-binance", STRANGER), view).effects[-1] == Follow(target=CASE)


def test_everybody_can_ask_for_the_ids():
    assert text_of(said("/id", STRANGER)) == "Your id is 666\nThis chat's id is 666"
    assert text_of(in_group(said("/id", STRANGER, thread_id=9))) == (
        "Your id is 666\nThis chat's id is -1001\nThis topic's id is 9"
    )


CLAIM = Claim(code="a-Very_secret", until=NOW + timedelta(minutes=15))


def test_the_claim_link_makes_whoever_opens_it_in_time_an_admin():
    done = answer(said("/start claim_a-Very_secret", STRANGER), replace(VIEW, claim=CLAIM))
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
def test_a_claim_that_is_wrong_used_late_or_public_makes_nobody_admin(claim, incoming):
    done = answer(incoming, replace(VIEW, claim=claim))
    assert done.effects == (ReviveChat(),)


def test_an_admin_who_opens_the_link_again_is_told_so():
    assert answer(said("/start claim_x", ADMIN)).replies[0].html == words.ADMIN_ALREADY
    assert answer(said("/start claim_x", USER)).replies[0].html == words.CLAIM_STALE


def test_in_groups_only_admins_change_what_is_followed_and_the_refusal_says_so():
    follow = said("/follow binance")
    assert answer(in_group(follow, admin=True)).effects[-1] == Follow(target=CASE)
    assert answer(in_group(replace(follow, user_id=ADMIN))).effects[-1] == Follow(target=CASE)
    refused = answer(in_group(follow, admin=False))
    assert refused.effects == (ReviveChat(),)
    assert refused.replies[0].html == words.GROUP_ADMINS_ONLY
    assert answer(in_group(follow)).replies[0].html == words.GROUP_UNCHECKED
    by_button = answer(
        in_group(pressed("v1:unfollow:c:sec-v-binance"), admin=False), following(CASE)
    )
    assert (by_button.toast, by_button.effects) == (words.GROUP_ADMINS_ONLY, ())


def test_in_groups_everybody_admitted_may_read():
    assert "Cases" in text_of(in_group(said("/cases")))


def test_commands_for_another_bot_and_talk_in_a_group_are_left_alone():
    for text in ("/cases@other_bot", "hello", "/unknown", ""):
        assert answer(in_group(said(text))).replies == ()
    assert "Cases" in text_of(in_group(said("/cases@Casewire_Bot")))
    assert text_of(in_group(said("/unknown@casewire_bot"))) == words.UNKNOWN_COMMAND


def test_text_that_names_a_case_opens_it_and_other_text_gets_a_hint():
    assert "Binance Holdings" in text_of(said("binance"))
    assert text_of(said("hello there")) == words.UNKNOWN_TEXT
    assert text_of(said("/nonsense")) == words.UNKNOWN_COMMAND


def test_being_put_out_and_let_in_is_remembered():
    out = answer(said(None, member="out"))
    assert (out.replies, len(out.effects)) == ((), 1)
    assert isinstance(out.effects[0], ChatGone)
    assert answer(said(None, member="in")).effects == (ReviveChat(),)


def test_a_hostile_name_comes_back_harmless():
    text = text_of(said("/follow <b>&\u202e@someone https://evil.example/x"))
    assert "<b>&" in text
    assert "@someone" not in text
    assert "https://evil" not in text


@given(st.text(max_size=120), st.sampled_from(["/case ", "/follow ", "/unfollow ", "/start ", ""]))
def test_any_text_is_answered_with_html_that_telegram_takes(text, command):
    for incoming in (said(command + text), in_group(said(command + text), admin=True)):
        need(incoming, VIEW)
        for message in answer(incoming, following(CASE, LIST)).replies:
            assert 0 < len(read_html(message.html).text) <= 4096
            for row in message.buttons:
                assert all(len(button.data.encode()) <= 64 for button in row)


@given(st.text(max_size=64))
def test_any_button_data_is_answered(data):
    done = answer(pressed(data))
    assert done.toast or done.replies
