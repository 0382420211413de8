"""Inside a story that was told: what is new rings once more, a rewrite never does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.model import (
    DecisionKind,
    FeedKind,
    Match,
    Relation,
    RingKind,
    Target,
    TargetKind,
    Trust,
)
from aggregator.stories.added import added
from aggregator.stories.happened import event_of
from aggregator.stories.join import join
from aggregator.stories.ring import AGAIN_MAX
from tests.newsroom import Desk, item, shipped

CASE = Target(kind=TargetKind.CASE, slug="sec-v-ripple")
AT = datetime(2023, 11, 21, 18, 0, tzinfo=UTC)
ALERT, UPDATE = DecisionKind.ALERT, DecisionKind.UPDATE

FIRST = "Binance to pay $1bn to settle with Justice Department"


def told(*titles, **last):
    """Return the decision on the last of `titles`, a quarter of an hour apart, and its story."""
    desk = Desk()
    for number, title in enumerate(titles):
        own = last if number == len(titles) - 1 else {}
        at = AT + timedelta(minutes=15 * number)
        decision = desk.take(item(title, at=at, outlet=f"Outlet {number}", **own))
    return decision, desk.stories[decision.story]


def test_another_amount_in_the_same_place_rings_again_and_names_both():
    decision, story = told(FIRST, "Binance to pay $4.3bn in Justice Department settlement")
    assert decision.kind is ALERT
    assert decision.reason.startswith(f"added $4.3bn (before $1bn): same story as “{FIRST}”")
    (rung,) = story.again
    assert (rung.kind, rung.what) == (RingKind.ADDED, "$4.3bn (before $1bn)")
    assert (story.rings, rung.report) == (2, story.reports[-1].item_key)


@pytest.mark.parametrize(
    "rewrite",
    [
        "Binance to pay $4.3bn to settle with Justice Department",
        "Binance to pay $4.32 billion to settle with Justice Department",
        "Binance to pay over $4 billion to settle with Justice Department",
        "Binance to pay nearly $5bn to settle with Justice Department",
        "Binance to settle with Justice Department as bitcoin trades at $37,000",
        "Binance to pay $4.3bn and Zhao $50 million to settle with Justice Department",
        "Binance to settle with Justice Department in 60-day deal",
    ],
)
def test_a_rewrite_that_rounds_or_names_another_figure_in_passing_is_an_edit(rewrite):
    decision, story = told("Binance to pay $4.3bn to settle with Justice Department", rewrite)
    assert decision.kind is not ALERT
    assert story.again == ()


def test_a_question_adds_nothing():
    known = report("Ripple to pay $50m to settle with SEC")
    asked = report("Why did Ripple agree to pay $125m to settle with SEC?", minutes=5).lead
    stated = report("Ripple agrees to pay $125m to settle with SEC", minutes=5).lead
    assert added(known, asked) == ""
    assert added(known, stated) == "$125m (before $50m)"


def test_a_new_amount_rings_once_however_many_repeat_it():
    decision, story = told(
        FIRST,
        "Binance to pay $4.3bn to settle with Justice Department",
        "Binance to pay $4.3 billion to settle with Justice Department",
        "Binance to pay about $1 billion to settle with Justice Department",
    )
    assert decision.kind is UPDATE
    assert len(story.again) == 1


def test_who_only_corroborates_adds_nothing():
    decision, story = told(
        FIRST, "Binance to pay $4.3bn to settle with Justice Department", kind=FeedKind.BLOG
    )
    assert decision.kind is UPDATE
    assert story.again == ()


def test_another_date_for_the_same_step_rings_and_one_a_day_off_does_not():
    first = "Judge sets hearing in SEC v. Binance for January 22"
    decision, story = told(first, "Judge sets hearing in SEC v. Binance for February 12")
    assert decision.kind is ALERT
    assert story.again[0].what == "February 12 (before January 22)"
    decision, story = told(first, "Judge sets hearing in SEC v. Binance for January 23")
    assert decision.kind is UPDATE


def test_a_fine_of_another_person_is_no_other_amount_of_the_same_fine():
    _, story = told(
        "Binance to pay $4.3bn to settle with Justice Department",
        "Binance's Changpeng Zhao to pay $50m to settle with Justice Department",
    )
    assert story.again == ()


def report(title, *, minutes=0):
    """Return the story of one report, read by the shipped rules, of one case."""
    one = item(title, at=AT + timedelta(minutes=minutes), outlet=title[:9])
    match = Match(target=CASE, relation=Relation.CHIEF, evidence=(), reason="both sides")
    read = replace(shipped().read(one), matches=(match,))
    return join(one, read, event_of(one, read), {}, old=False).story


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [
        ("Regulator in Delaware sues Ripple", "CFTC sues Ripple", ""),
        ("Ripple sued in Delaware", "CFTC sues Ripple", "CFTC"),
        ("Ripple sued in Delaware", "Analyst thinks CFTC sues Ripple", ""),
        ("SEC sues Ripple", "SEC sues Ripple over XRP", ""),
        ("Prosecutors charge Ripple", "Justice Department charges Ripple", ""),
        ("SEC appeals Ripple ruling", "Appeals court stays Ripple ruling", ""),
    ],
)
def test_an_agency_or_court_that_nobody_spoke_of_is_an_actor_that_is_new(first, second, what):
    known, mine = report(first), report(second, minutes=9).lead
    assert added(known, mine) == what


def test_an_outcome_is_new_where_there_was_only_talk_of_less_and_old_where_it_was_told():
    hearing = report("Judge hears SEC and Ripple on penalty")
    settled = report("SEC settles with Ripple", minutes=20).lead
    assert added(hearing, settled) == "settles"
    assert added(report("SEC settles with Ripple, ending long fight"), settled) == ""
    assert added(report("SEC sues Coinbase for the old reasons"), settled) == "", "a high one rang"


def test_a_story_rings_again_only_so_often():
    desk = Desk()
    amounts = ("$1bn", "$2bn", "$3bn", "$4.4bn", "$5.5bn", "$6.6bn", "$7.7bn", "$8.8bn")
    kinds = [
        desk.take(
            item(
                f"Binance to pay {amount} to settle with Justice Department",
                at=AT + timedelta(minutes=number),
                outlet=f"Outlet {number}",
            )
        ).kind
        for number, amount in enumerate(amounts)
    ]
    assert kinds == [ALERT] * (1 + AGAIN_MAX) + [UPDATE] * (len(amounts) - 1 - AGAIN_MAX)


def test_a_report_that_happened_before_the_told_one_corrects_nothing():
    desk = Desk()
    desk.take(item("Binance to pay $4.3bn to settle with Justice Department", at=AT))
    earlier = item(FIRST, at=AT - timedelta(hours=3), seen=AT + timedelta(hours=1), outlet="Slow")
    assert desk.take(earlier).kind is UPDATE


def test_what_the_docket_confirms_rings_as_confirmed_and_not_as_added():
    desk = Desk()
    desk.take(item(FIRST, at=AT))
    release = item(
        "Binance to pay $4.3bn in Justice Department settlement",
        at=AT + timedelta(hours=1),
        outlet="Agency",
        kind=FeedKind.REGULATOR,
        trust=Trust.PRIMARY,
    )
    decision = desk.take(release)
    assert decision.kind is ALERT
    assert desk.stories[decision.story].again[0].kind is RingKind.CONFIRMED


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (
            "SEC sues crypto exchange KuCoin over unregistered offerings",
            "Judge dismisses SEC lawsuit against crypto exchange KuCoin",
        ),
        (
            "Jury finds crypto exchange KuCoin liable in SEC trial",
            "SEC sues crypto exchange KuCoin over staking programme",
        ),
    ],
)
def test_a_complaint_and_its_end_are_two_however_soon_and_alike_they_are_told(first, then):
    desk = Desk()
    for number, title in enumerate((first, then)):
        decision = desk.take(item(title, at=AT + timedelta(minutes=number), outlet=f"No {number}"))
        assert decision.kind is ALERT, title
    assert len(desk.stories) == 2
