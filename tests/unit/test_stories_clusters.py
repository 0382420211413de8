"""Developments as the press tells them: one alert each, by the rules that ship.

Every headline is our own wording of a dated public event, every outlet is invented.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from aggregator.model import DecisionKind, FeedKind, Status, Target, TargetKind
from aggregator.stories.outcome import disagreement
from tests.newsroom import Desk, item

ALERT, UPDATE = DecisionKind.ALERT, DecisionKind.UPDATE

OUTLETS = (
    "Wire One",
    "Chain Courier",
    "Northlight",
    "Ledger Post",
    "Docket Desk",
    "Exchange Watch",
    "Token Ferry",
    "Coin Gazette",
    "Market Minute",
    "Court Echo",
)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def reports(*rows):
    """Return one item a row of time, headline and opening, each at an outlet of its own."""
    return [
        item(title, summary, at=at(time), outlet=OUTLETS[number % len(OUTLETS)])
        for number, (time, title, summary) in enumerate(rows)
    ]


INSPECTION = reports(
    (
        "2023-09-18T20:05",
        "Judge rejects SEC bid to inspect Binance.US software",
        "Magistrate Judge Zia Faruqui turned the agency's request down at a hearing on Monday.",
    ),
    (
        "2023-09-18T20:20",
        "Court denies SEC access to Binance.US systems",
        "The regulator wanted to look into custody software; a magistrate judge did not allow it.",
    ),
    (
        "2023-09-18T20:44",
        "Federal judge blocks SEC's immediate inspection of Binance.US",
        "The affiliate need not open its software for now, the judge said on Monday.",
    ),
    (
        "2023-09-18T21:02",
        "Judge makes no ruling on SEC request to examine Binance.US",
        "Zia Faruqui told both sides to work out their discovery dispute and return in October.",
    ),
    (
        "2023-09-18T21:30",
        "SEC suffers setback as magistrate declines to order Binance.US software inspection",
        "The judge asked for narrower requests and more depositions.",
    ),
    (
        "2023-09-18T22:15",
        "US magistrate not inclined to let SEC inspect Binance.US software at this time",
        "Judge Faruqui said the agency should first ask more specific questions.",
    ),
    (
        "2023-09-19T02:40",
        "Binance.US wins early round as SEC's inspection request is refused",
        "The Securities and Exchange Commission had asked the court to compel access.",
    ),
    (
        "2023-09-19T08:10",
        "SEC turned away in push for Binance.US software",
        "At Monday's hearing the judge sided with the exchange on most discovery points.",
    ),
    (
        "2023-09-19T13:00",
        "SEC v. Binance.US: no inspection for now, judge says",
        "The hearing before Magistrate Judge Zia Faruqui lasted an hour.",
    ),
)

MOTION = reports(
    (
        "2023-09-21T21:10",
        "Binance and Zhao file motion to dismiss SEC lawsuit",
        "The exchange and its founder say the agency oversteps its authority.",
    ),
    (
        "2023-09-21T22:00",
        "Binance asks judge to throw out SEC case",
        "In a filing on Thursday, Binance Holdings and Changpeng Zhao say the complaint fails.",
    ),
    (
        "2023-09-22T05:00",
        "Binance, CZ seek dismissal of SEC suit",
        "The joint filing says tokens sold on the exchange are no securities.",
    ),
)

COINBASE_IN_PRINCIPLE = reports(
    (
        "2025-02-21T13:00",
        "Coinbase says SEC staff agreed to drop lawsuit",
        "Its chief lawyer announced an agreement that the commissioners have yet to approve.",
    ),
    (
        "2025-02-21T13:30",
        "SEC agrees in principle to dismiss case against Coinbase",
        "The company would pay no fine, it said on Friday.",
    ),
    (
        "2025-02-21T14:30",
        "SEC set to abandon Coinbase suit",
        "The dismissal would end the agency's most watched crypto case.",
    ),
)

COINBASE_DISMISSED = reports(
    (
        "2025-02-27T21:00",
        "SEC dismisses lawsuit against Coinbase",
        "The commission announced a joint stipulation with the exchange, with prejudice.",
    ),
    (
        "2025-02-27T21:40",
        "SEC officially drops Coinbase case",
        "The stipulation was filed in Manhattan federal court.",
    ),
    (
        "2025-02-28T08:00",
        "US regulator ends Coinbase enforcement case",
        "The dismissal lets a new task force write rules instead, the SEC said.",
    ),
)

BINANCE_DISMISSED = reports(
    (
        "2025-05-29T20:00",
        "SEC dismisses lawsuit against Binance",
        "A joint stipulation filed on Thursday ends the case with prejudice.",
    ),
    (
        "2025-05-29T20:20",
        "SEC drops Binance case for good",
        "The agency, the exchange and Changpeng Zhao told the court they had agreed to end it.",
    ),
    (
        "2025-05-29T20:50",
        "Binance and SEC file joint stipulation to end suit",
        "The filing in Washington says the claims cannot be brought again.",
    ),
    (
        "2025-05-30T06:00",
        "US securities regulator abandons case against crypto exchange Binance",
        "The Securities and Exchange Commission sued it in June 2023.",
    ),
)

RIPPLE_SETTLES = reports(
    (
        "2025-05-08T20:00",
        "SEC and Ripple sign $50 million settlement, ask judge to lift injunction",
        "The deal would hand most of the escrowed penalty back to the company.",
    ),
    (
        "2025-05-08T21:00",
        "Ripple, SEC agree to settle for $50M",
        "Both asked Judge Analisa Torres for an indicative ruling.",
    ),
)

RIPPLE_REFUSED = reports(
    (
        "2025-05-15T19:00",
        "Judge Torres rejects SEC and Ripple's settlement request",
        "She called the joint motion procedurally improper.",
    ),
    (
        "2025-05-15T20:00",
        "Court denies joint bid by Ripple and SEC to cut penalty",
        "The motion was filed under the wrong rule, Judge Analisa Torres wrote.",
    ),
)

RIPPLE_APPEAL = reports(
    (
        "2024-10-02T21:50",
        "SEC files notice of appeal in Ripple case",
        "The agency will ask the Second Circuit to review the ruling on XRP sales.",
    ),
    (
        "2024-10-02T22:10",
        "SEC to appeal Ripple ruling",
        "The regulator gave notice on Wednesday that it takes the XRP decision higher.",
    ),
    (
        "2024-10-02T22:30",
        "SEC appeals XRP decision in Ripple lawsuit",
        "The move had been expected since the final judgment in August.",
    ),
    (
        "2024-10-03T07:00",
        "US regulator challenges Ripple ruling at appeals court",
        "The Securities and Exchange Commission filed its notice hours before the deadline.",
    ),
)

RIPPLE_CROSS_APPEAL = reports(
    (
        "2024-10-10T19:00",
        "Ripple files cross-appeal in SEC case",
        "The company wants the Second Circuit to leave no question open on sales of XRP.",
    ),
    (
        "2024-10-10T20:00",
        "Ripple cross-appeals in fight with SEC",
        "Its chief lawyer announced the filing on Thursday.",
    ),
)

STAY_ORDERED = reports(
    (
        "2025-02-11T15:00",
        "Judge pauses SEC lawsuit against Binance for 60 days",
        "Amy Berman Jackson granted the joint request within a day.",
    ),
    (
        "2025-02-11T15:40",
        "Court grants 60-day stay in SEC v. Binance",
        "The parties are to report on their talks in April.",
    ),
)

CONSENT_AGREED = reports(
    (
        "2023-06-17T03:00",
        "SEC and Binance.US reach deal on customer assets",
        "The proposed order would keep an asset freeze away.",
    ),
    (
        "2023-06-17T04:00",
        "Binance.US and SEC agree on deal to keep customer assets in the country",
        "A judge has yet to approve it.",
    ),
)

CONSENT_APPROVED = reports(
    (
        "2023-06-18T01:00",
        "Judge approves deal between SEC and Binance.US on customer assets",
        "Amy Berman Jackson signed the order late on Saturday.",
    ),
    (
        "2023-06-18T02:10",
        "Court signs off on SEC deal with Binance.US",
        "Customers can go on withdrawing their assets.",
    ),
)

ONE_MOTION_GRANTED = reports(
    (
        "2024-03-04T15:00",
        "Judge grants SEC motion to compel depositions of Binance.US staff",
        "Six employees are to be heard this spring.",
    ),
)

ANOTHER_DENIED = reports(
    (
        "2024-03-05T16:00",
        "Judge denies SEC motion to seal Binance.US exhibits",
        "The papers stay public, the magistrate wrote.",
    ),
)

STAY_ASKED = reports(
    (
        "2025-02-11T02:00",
        "SEC and Binance ask court to pause lawsuit for 60 days",
        "A joint motion points to the agency's new crypto task force.",
    ),
    (
        "2025-02-11T03:30",
        "Binance, SEC jointly seek 60-day stay of case",
        "The filing says the task force may help settle the dispute.",
    ),
    (
        "2025-02-11T09:00",
        "SEC wants to put Binance lawsuit on hold for two months",
        "Both sides filed the request in Washington on Monday.",
    ),
    (
        "2025-02-11T13:00",
        "SEC, Binance request halt in legal battle",
        "They told the judge the pause would save resources.",
    ),
)

DEVELOPMENTS = {
    "no inspection, in nine tellings": [INSPECTION],
    "the next step three days later": [INSPECTION, MOTION],
    "an agreement, then the dismissal": [COINBASE_IN_PRINCIPLE, COINBASE_DISMISSED],
    "a dismissal told as an end": [BINANCE_DISMISSED],
    "a settlement, then its refusal": [RIPPLE_SETTLES, RIPPLE_REFUSED],
    "an appeal, then the other side's": [RIPPLE_APPEAL, RIPPLE_CROSS_APPEAL],
    "a stay asked for, then ordered the same day": [STAY_ASKED, STAY_ORDERED],
    "a deal, then the judge's approval": [CONSENT_AGREED, CONSENT_APPROVED],
    "one motion granted, another denied a day later": [ONE_MOTION_GRANTED, ANOTHER_DENIED],
}


@pytest.mark.parametrize("name", DEVELOPMENTS)
def test_each_development_rings_once_however_it_is_told(name):
    clusters = DEVELOPMENTS[name]
    desk = Desk()
    told = [desk.told(cluster) for cluster in clusters]
    assert told == [[ALERT] + [UPDATE] * (len(cluster) - 1) for cluster in clusters]


def test_nine_outlets_with_opposite_verbs_make_one_story_whoever_is_first():
    for turn in range(len(INSPECTION)):
        desk = Desk()
        kinds = desk.told(INSPECTION[turn:] + INSPECTION[:turn])
        assert kinds.count(ALERT) == 1, INSPECTION[turn].title
        assert kinds.count(UPDATE) == len(INSPECTION) - 1, INSPECTION[turn].title
        (story,) = desk.stories.values()
        assert len(story.reports) == len(INSPECTION)


def test_nine_outlets_with_opposite_verbs_show_one_disagreement_in_their_own_words():
    desk = Desk()
    desk.told(INSPECTION)
    (story,) = desk.stories.values()
    sides = disagreement(story.reports)
    assert [words for _, words in sides] == ["rejects", "no ruling"]
    assert {report.outlet for report, _ in sides} == {"Wire One", "Ledger Post"}


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("Faruqui", "Farqui"),
        ("Binance.US", "Binance. US"),
        ("Binance.US", "BinanceUS"),
        ("SEC's", "SECโ€™s"),
        ("—", "โ€”"),
        ("software", "software โ though not for good —"),
    ],
)
def test_misspelled_names_and_broken_signs_change_nothing(right, wrong):
    broken = [
        replace(
            one, title=one.title.replace(right, wrong), summary=one.summary.replace(right, wrong)
        )
        for one in INSPECTION
    ]
    desk = Desk()
    assert desk.told(broken) == [ALERT] + [UPDATE] * (len(INSPECTION) - 1)
    assert len(desk.stories) == 1


def test_a_notice_of_appeal_on_the_docket_is_the_one_that_the_press_reported():
    desk = Desk()
    entry = item(
        "1:20-cv-10832 Securities and Exchange Commission v. Ripple Labs Inc. et al",
        "[Notice of Appeal] (989)",
        at=at("2024-10-03T13:00"),
        outlet="S.D.N.Y.",
        kind=FeedKind.COURT,
        court="nysd",
        url="https://ecf.nysd.uscourts.gov/cgi-bin/DktRpt.pl?551082",
    )
    assert desk.told([*RIPPLE_APPEAL, entry]) == [ALERT] + [UPDATE] * len(RIPPLE_APPEAL)
    (story,) = desk.stories.values()
    assert story.event.status is Status.DOCKETED


def test_a_motion_and_the_order_on_it_are_two_developments_on_the_docket_and_in_the_press():
    desk = Desk()
    docket = {
        "outlet": "D.D.C.",
        "kind": FeedKind.COURT,
        "court": "dcd",
        "url": "https://ecf.dcd.uscourts.gov/cgi-bin/DktRpt.pl?256060",
    }
    name = "1:23-cv-01599 SECURITIES AND EXCHANGE COMMISSION v. BINANCE HOLDINGS LIMITED et al"
    asked = item(name, "[Motion to Stay] (291)", at=at("2025-02-11T03:00"), **docket)
    ordered = item(name, "[Order on Motion to Stay] (292)", at=at("2025-02-11T14:50"), **docket)
    kinds = desk.told([STAY_ASKED[0], asked, ordered, *STAY_ORDERED])
    assert kinds == [ALERT, UPDATE, ALERT, UPDATE, UPDATE]


def test_the_reason_names_shared_words_as_the_headline_spells_them():
    desk = Desk()
    desk.take(INSPECTION[0])
    reason = desk.take(INSPECTION[2]).reason
    assert reason.startswith(f"same story as “{INSPECTION[0].title}”: shares ")
    shared = reason.split("shares ")[1].split(";")[0].split(", ")
    assert "Binance.US" in shared
    assert all(word in INSPECTION[2].title for word in shared)
    assert re.search(r"; 1 h apart; score (?:1\.00|\.\d\d)$", reason)


def test_the_hearing_and_the_motion_three_days_later_ring_once_each_for_the_case():
    desk = Desk()
    kinds = desk.told([*INSPECTION, *MOTION])
    assert kinds.count(ALERT) == 2
    assert {target for story in desk.stories.values() for target in story.targets} >= {
        Target(kind=TargetKind.CASE, slug="sec-v-binance")
    }


@pytest.mark.parametrize(
    ("title", "summary"),
    [
        (
            "BNB price analysis after the Binance.US hearing",
            "The token slipped while lawyers argued over the SEC's request in Washington.",
        ),
        (
            "Opinion: the SEC needs engineers in its suit against Binance.US",
            "A column on what an inspection of software could show a court.",
        ),
        (
            "Exchange volumes fall again",
            "Binance.US, which the Securities and Exchange Commission has sued, lost most.",
        ),
    ],
)
def test_price_talk_opinion_and_background_do_not_ring_and_join_nothing(title, summary):
    desk = Desk()
    desk.told(INSPECTION)
    decision = desk.take(item(title, summary, at=at("2023-09-19T09:00"), outlet="Aside"))
    assert decision.kind is DecisionKind.SUPPRESS
    assert decision.reason
    assert decision.story is None


def test_spun_copies_of_the_hearing_join_without_ringing_counting_or_leading():
    desk = Desk()
    copy = item(
        "Choose Zia Faruqui denies Securities and Trade Fee entry to Binance.US software program",
        "SEC v. Binance: the Choose dominated towards an inspection on Monday.",
        at=at("2023-09-18T20:01"),
        outlet="Blockside",
        kind=FeedKind.BLOG,
    )
    kinds = desk.told([copy, *INSPECTION])
    assert kinds[0] is not ALERT
    assert kinds.count(ALERT) == 1
    for story in desk.stories.values():
        assert story.lead.outlet != "Blockside" or story.rings == 0
        assert not any(r.counted for r in story.reports if r.outlet == "Blockside")


def test_hearings_in_two_cases_on_one_day_are_two_developments():
    desk = Desk()
    kinds = desk.told(
        reports(
            (
                "2024-01-17T16:00",
                "Judge Failla questions SEC over Coinbase lawsuit",
                "The exchange wants the case dismissed; the hearing in Manhattan took hours.",
            ),
            (
                "2024-01-17T17:00",
                "Judge Jackson questions SEC over Binance lawsuit",
                "The exchange wants the case dismissed; the hearing in Washington took hours.",
            ),
            (
                "2024-01-17T18:00",
                "SEC pressed by judge at Coinbase hearing",
                "Katherine Polk Failla asked how far the agency's reading would reach.",
            ),
        )
    )
    assert kinds == [ALERT, ALERT, UPDATE]
