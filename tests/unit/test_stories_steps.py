"""The next step of a case, however soon: an alert of its own, not an edit of the last."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.model import DecisionKind, FeedKind, RingKind, Story
from tests.newsroom import Desk, item

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
ALERT = DecisionKind.ALERT


def told(*titles: str) -> tuple[list[DecisionKind], list[Story]]:
    """Return what was decided on headlines of as many outlets, an hour apart, and the stories."""
    desk = Desk()
    kinds = [
        desk.take(item(title, at=AT + timedelta(hours=number), outlet=f"Outlet {number}")).kind
        for number, title in enumerate(titles)
    ]
    return kinds, list(desk.stories.values())


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (
            "Judge denies Roman Storm's motion for acquittal",
            "Judge sets Roman Storm sentencing for March",
        ),
        (
            "Judge Failla denies Roman Storm motion for acquittal in Tornado Cash case",
            "Judge orders Roman Storm detained until sentencing in Tornado Cash case",
        ),
        (
            "Jury convicts Roman Storm at retrial",
            "Roman Storm sentencing set for April 9 after jury verdict",
        ),
        (
            "SEC sues Binance over staking program",
            "Binance asks judge to dismiss new SEC lawsuit over staking program",
        ),
        (
            "Appeals court affirms Bankman-Fried conviction",
            "Bankman-Fried asks Supreme Court to review conviction",
        ),
        (
            "Judge Jackson orders Binance.US software inspection in SEC case",
            "Binance appeals order for Binance.US software inspection in SEC case",
        ),
        (
            "Judge denies Roman Storm's motion for acquittal in Tornado Cash case",
            "Tornado Cash's Roman Storm appeals to Second Circuit",
        ),
    ],
)
def test_what_follows_on_a_decision_an_hour_later_is_an_alert_of_its_own(
    first: str, then: str
) -> None:
    kinds, stories = told(first, then)
    assert kinds == [ALERT, ALERT]
    assert len(stories) == 2


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (
            "Judge sets June 3 trial in Aguilar v. Pump.fun class action",
            "Judge moves Aguilar v. Pump.fun class action trial to September 9",
        ),
        ("Roman Storm sentencing set for March 3", "Roman Storm sentencing moved to April 9"),
        (
            "CFTC fines Binance $50 million over reporting failures",
            "CFTC fines Binance $85 million over reporting failures, correcting earlier figure",
        ),
    ],
)
def test_another_date_or_amount_in_the_place_of_the_first_rings_again(
    first: str, then: str
) -> None:
    kinds, stories = told(first, then)
    assert kinds == [ALERT, ALERT]
    (story,) = stories
    assert [rung.kind for rung in story.again] == [RingKind.ADDED]


@pytest.mark.parametrize(
    "titles",
    [
        (
            "Judge Failla denies Roman Storm's bid for acquittal in Tornado Cash case",
            "Roman Storm loses acquittal motion, Tornado Cash conviction stands",
            "Tornado Cash developer Roman Storm's conviction upheld by Judge Failla",
            "Judge won't toss Roman Storm verdict in Tornado Cash case",
            "Court keeps Roman Storm guilty verdict in place",
            "US judge rejects Roman Storm's acquittal request",
        ),
        (
            "Judge McMahon dismisses RICO claims in Aguilar v. Pump.fun",
            "Pump.fun wins dismissal of RICO claims in Aguilar class action",
            "Judge McMahon throws out Aguilar v. Pump.fun racketeering claims",
            "RICO claims in Aguilar v. Pump.fun tossed by judge",
        ),
        (
            "Judge dismisses Aguilar class action against Pump.fun",
            "Judge throws out Aguilar class action against Pump.fun",
            "Pump.fun class action by Aguilar tossed",
        ),
    ],
)
def test_one_ruling_in_many_words_rings_once(titles: tuple[str, ...]) -> None:
    kinds, stories = told(*titles)
    assert kinds.count(ALERT) == 1, kinds
    assert len(stories) == 1


def test_a_docket_entry_that_makes_a_high_outcome_of_a_medium_report_rings() -> None:
    desk = Desk()
    first = item("Judge grants SEC request in Ripple case, lawyers say", at=AT)
    entry = item(
        "Securities and Exchange Commission v. Ripple Labs Inc.",
        "[Order on Motion for Summary Judgment]",
        at=AT + timedelta(hours=1),
        outlet="nysd",
        kind=FeedKind.COURT,
        court="nysd",
        url="https://ecf.nysd.uscourts.gov/cgi-bin/DktRpt.pl?551082",
    )
    before = desk.take(first)
    assert before.story
    assert desk.stories[before.story].event.severity.value == "medium"
    assert desk.take(entry).kind is ALERT
    assert [rung.kind for rung in desk.stories[before.story].again] == [RingKind.CONFIRMED]
