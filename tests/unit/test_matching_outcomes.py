"""No invented outcome: texts whose words sound like an order, a settlement or an end of the case.

The first table has no outcome in it, whatever its words; not one of them may be told as one.  The
second has a real one; at most one in twenty may be missed.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from aggregator.matching.hedge import Hedge, hedge
from aggregator.model import EventKind
from tests.newsroom import item, shipped

AT = datetime(2024, 6, 28, 12, tzinfo=UTC)

OUTCOMES = {
    EventKind.ORDER,
    EventKind.RULING,
    EventKind.SETTLEMENT,
    EventKind.DISMISSAL,
    EventKind.VERDICT,
    EventKind.SENTENCE,
    EventKind.COMPLAINT,
}

NOTHING_HAPPENED = (
    "SEC asks court to reject Binance's motion to dismiss",
    "SEC urges judge to deny Coinbase's request for documents",
    "Coinbase wants judge to throw out SEC lawsuit",
    "Binance seeks dismissal of SEC lawsuit",
    "Ripple moves to dismiss part of SEC complaint",
    "Binance and Zhao ask court to toss SEC case",
    "Judge could dismiss SEC lawsuit against Coinbase this week",
    "SEC may settle with Ripple before summer, lawyer says",
    "Ripple settlement with SEC likely, former regulator believes",
    "Ripple and SEC expected to settle within weeks",
    "SEC v. Ripple ruling expected next month",
    "Will the SEC drop its case against Binance?",
    "Has the SEC dropped its lawsuit against Coinbase?",
    "SEC considers dropping lawsuit against Binance",
    "SEC weighs settlement with Binance",
    "Judge weighs throwing out SEC case against Coinbase",
    "Judge mulls dismissing parts of SEC suit against Binance",
    "Judge not inclined to let SEC inspect Binance.US software",
    "Judge makes no ruling in SEC dispute with Binance.US",
    "No ruling yet in SEC case against Coinbase",
    "Judge has not ruled on Binance motion to dismiss, court filing shows",
    "Judge declines to rule from the bench in SEC v. Coinbase",
    "Judge defers ruling on SEC request in Binance case",
    "SEC threatens to sue Coinbase",
    "Coinbase braces for SEC lawsuit after Wells notice",
    "SEC plans to sue Binance, report says",
    "Binance denies report that it will settle with SEC",
    "Ripple denies settlement talks with SEC",
    "If judge dismisses SEC case, Coinbase shares could double, analyst says",
    "What happens if the SEC settles with Ripple",
    "Ripple hopes judge will approve settlement with SEC",
    "SEC intends to appeal unless court orders Ripple to pay",
    "Settlement talks between SEC and Binance continue",
    "SEC opposes Binance bid to dismiss lawsuit",
    "Prosecutors urge court to reject Bankman-Fried appeal",
    "Bankman-Fried asks judge to overturn conviction",
    "Storm's lawyers ask judge to acquit him of the remaining count",
    "Jury yet to reach verdict in Roman Storm trial",
    "Roman Storm could face 45 years in prison",
    "Prosecutors want Kwon sentenced to twelve years in prison",
    "Judge to rule on Binance motion in June",
    "Court may order Ripple to pay two billion dollars",
    "SEC proposes that judge fine Ripple two billion dollars",
    "Lawyer predicts judge will deny SEC appeal in Ripple case",
    "Coinbase prepares to settle with SEC, rumour says",
    "Rumours of SEC settlement lift XRP",
    "SEC and Coinbase close to settlement, sources say",
    "Judge signals she may dismiss SEC suit against Coinbase",
    "SEC likely to lose Ripple case, former official says",
    "Zhao unlikely to be sentenced before March",
    "Judge skeptical of SEC settlement with Ripple",
    "Judge skeptical of SEC bid to dismiss Binance counterclaim",
    "SEC on track to drop Coinbase lawsuit",
    "SEC mulls ending case against Kraken",
    "Would-be settlement between SEC and Ripple collapses",
    "SEC has not been ordered to drop Binance case",
    "Did a judge just dismiss the SEC case against Binance?",
    "SEC would drop lawsuit if Coinbase registers, chair says",
    "Ripple lawyer says SEC ‘should have dismissed’ lawsuit long ago",
    "Coinbase says judge ‘must dismiss’ SEC lawsuit",
    "Binance argues SEC case was dismissed in all but name",
    "No charges filed against Binance founder in new probe",
    "SEC stops short of suing Coinbase",
    "Prosecutors drop hint of plea deal in Storm case",
    "Sentencing of Do Kwon postponed to December",
    "Sentencing of Do Kwon set for 11 December",
    "Ripple rules out settlement with SEC",
    "Trump rules out pardon for Bankman-Fried",
    "SEC tells court it needs more time before dismissing Binance case",
    "Court hears arguments on dismissing SEC v. Coinbase",
    "Hearing on motion to dismiss Binance case ends without decision",
    "Analyst: SEC case against Ripple as good as dismissed",
    "Deadline for SEC and Binance settlement passes",
    "Draft consent order in SEC v. Binance.US still under negotiation",
    "SEC accused of dropping Ripple case for political reasons",
    "Kwon to plead guilty, lawyers say",
    "SEC to drop Coinbase lawsuit, exchange says",
    "Fake SEC announcement of Binance settlement spreads online",
    "Rumored SEC-Binance settlement never materialized",
    "SEC drops demand for Binance.US software",
    "SEC and Ripple settlement collapses",
    "Binance settlement with CFTC falls through",
    "Plea deal for Roman Storm falls apart",
    "Reports that SEC settled with Tron founder Justin Sun are false",
    "Claims that Binance settled with SEC are untrue",
    "Pump.fun denies settling class action by Aguilar",
    "Ripple denies having settled with SEC",
    "Judge declines to sentence Do Kwon until June",
    "Court refuses to sentence Do Kwon before new filings",
    "Bankman-Fried pardon: White House says no decision made",
    "Roman Storm pardon: president has not decided, aide says",
    "CZ pardon revoked? Lawyers say it cannot be",
    "Samourai developer Keonne Rodriguez denied pardon",
    "Bankman-Fried pardon rejected by White House",
    "Appeals court hears Bankman-Fried bid to overturn conviction",
    "Judges hear Storm's request to vacate conviction",
    "Ripple says it will not appeal SEC ruling",
    "SEC won't appeal Ripple ruling",
    "Coinbase decides against an appeal of SEC ruling",
    "SEC will not sue Binance again, chair says",
    "Cumberland DRW did not settle with SEC, source says",
    "SEC v. Terraform: jury has not reached verdict on Do Kwon",
    "Judge has yet to rule on Binance's motion to dismiss SEC suit",
    "SEC and Ripple ask judge to dissolve injunction",
    "SEC asks judge to reopen Binance case",
    "LBRY asks court to vacate SEC judgment",
    "Judge sets Roman Storm sentencing for March",
    "Roman Storm to be sentenced in March, judge says",
    "Binance faces fines of up to $5 billion from CFTC",
    "Judge weighs whether to reopen SEC case against Kraken",
)

IT_HAPPENED = (
    ("SEC sues Binance and founder Changpeng Zhao", EventKind.COMPLAINT),
    ("SEC charges Tron founder Justin Sun with fraud", EventKind.COMPLAINT),
    ("Judge denies Binance's motion to dismiss SEC lawsuit", EventKind.RULING),
    ("Judge grants in part Binance's motion to dismiss SEC case", EventKind.RULING),
    ("Judge lets most of SEC case against Binance proceed", EventKind.RULING),
    ("Binance must face SEC lawsuit, judge rules", EventKind.RULING),
    ("Court rules XRP is not a security when sold on exchanges", EventKind.RULING),
    ("Judge orders SEC to hand over Hinman emails", EventKind.DISCOVERY),
    ("Judge approves consent order between SEC and Binance.US", EventKind.ORDER),
    ("Court grants restraining order against crypto firm", EventKind.ORDER),
    ("SEC drops its lawsuit against Coinbase", EventKind.DISMISSAL),
    ("SEC dismisses case against Binance with prejudice", EventKind.DISMISSAL),
    ("SEC ends case against Kraken", EventKind.DISMISSAL),
    ("Kraken settles with SEC over staking for thirty million dollars", EventKind.SETTLEMENT),
    ("Ripple agrees to pay 50 million dollars to end SEC case", EventKind.SETTLEMENT),
    ("Zhao pleads guilty and Binance agrees to pay four billion", EventKind.SETTLEMENT),
    ("Jury finds Bankman-Fried guilty on all counts", EventKind.VERDICT),
    ("Jury convicts Roman Storm on one count", EventKind.VERDICT),
    ("Bankman-Fried sentenced to 25 years in prison", EventKind.SENTENCE),
    ("Do Kwon sentenced to 15 years", EventKind.SENTENCE),
    ("Appeals court vacates SEC order in Grayscale case", EventKind.RULING),
    ("Judge rejects SEC bid to appeal Ripple ruling", None),
    ("Judge refuses to dismiss SEC lawsuit against Coinbase", EventKind.RULING),
    ("Judge vacates order granting SEC access to Binance.US software", None),
    ("Judge dismisses all but one claim in SEC suit against Coinbase", None),
    ("SEC and Binance file joint stipulation to dismiss lawsuit", EventKind.DISMISSAL),
    ("Kraken to pay $30 million to settle SEC charges", EventKind.SETTLEMENT),
    ("Ripple agrees to settle with SEC", EventKind.SETTLEMENT),
    ("SEC votes to drop Kraken lawsuit", EventKind.DISMISSAL),
    ("Operator of fake crypto exchange sentenced to nine years", EventKind.SENTENCE),
    ("Coinbase case dismissed after SEC agreed to drop lawsuit", EventKind.DISMISSAL),
    ("SEC ends Uniswap investigation without action", EventKind.DISMISSAL),
    ("Judge, without comment, denies Binance motion to dismiss", EventKind.RULING),
    ("Judge reopens SEC v. Coinbase after five-year pause", EventKind.RULING),
    ("Court revives SEC case against Kraken", EventKind.RULING),
    ("Court vacates dismissal of class action against Binance", EventKind.RULING),
    ("SEC refiles case against Coinbase", EventKind.COMPLAINT),
    ("Judge denies Storm's motion for acquittal", EventKind.RULING),
    ("Court keeps Roman Storm guilty verdict in place", EventKind.RULING),
    ("Supreme Court declines to hear Bankman-Fried appeal", EventKind.RULING),
    ("Supreme Court agrees to hear Custodia case against Fed", EventKind.RULING),
    ("Judge tosses Pump.fun class action", EventKind.DISMISSAL),
    ("Ripple fined $125 million by judge", EventKind.ORDER),
    ("CFTC fines Binance $50 million over reporting failures", EventKind.ORDER),
    ("Ooki DAO loses by default, judge orders shutdown", EventKind.RULING),
    ("Do Kwon pardoned", EventKind.SENTENCE),
    ("Jury could not agree on two counts but convicts Storm on one", EventKind.VERDICT),
)
"""Titles and their event; None where either a ruling, an order or an appeal is right."""


def read(title: str) -> EventKind:
    return shipped().read(item(title, at=AT)).happening.kind


@pytest.mark.parametrize("title", NOTHING_HAPPENED)
def test_what_is_asked_feared_or_undecided_is_told_as_no_outcome(title: str) -> None:
    assert read(title) not in OUTCOMES


def test_of_real_outcomes_at_most_one_in_twenty_is_missed() -> None:
    right = {EventKind.RULING, EventKind.ORDER, EventKind.APPEAL}
    missed = [
        (title, read(title))
        for title, kind in IT_HAPPENED
        if read(title) not in ({kind} if kind else right)
    ]
    assert len(missed) <= len(IT_HAPPENED) / 20, missed


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("SEC asks judge to dismiss the suit", "dismiss the suit", Hedge.ASKED),
        ("Judge may dismiss the suit", "dismiss the suit", Hedge.EXPECTED),
        ("Judge has not dismissed the suit", "dismissed the suit", Hedge.UNDECIDED),
        ("Ruling expected in June", "Ruling", Hedge.EXPECTED),
        ("Suit dismissed?", "dismissed", Hedge.EXPECTED),
        ("Judge dismisses suit that could have cost billions", "dismisses suit", None),
        ("SEC asked for more time; judge dismisses suit", "dismisses suit", None),
    ],
)
def test_a_hedge_counts_before_the_words_in_their_own_clause_and_right_after_them(
    text: str, words: str, expected: Hedge | None
) -> None:
    start = text.index(words)
    assert hedge(text, (start, start + len(words))) is expected


@pytest.mark.parametrize(
    "title",
    [
        "SEC will not sue Binance again, chair says",
        "Cumberland DRW did not settle with SEC, source says",
        "SEC v. Terraform: jury has not reached verdict on Do Kwon",
        "Judge has yet to rule on Binance's motion to dismiss SEC suit",
        "SEC and Ripple ask judge to dissolve injunction",
        "SEC asks Judge Amy Berman Jackson to reopen Binance lawsuit",
        "Coinbase has not been charged, lawyer says",
    ],
)
def test_where_nobody_was_heard_no_hearing_is_told(title: str) -> None:
    assert read(title) in {EventKind.OTHER, EventKind.MOTION}


def test_an_item_without_a_headline_is_read_by_its_first_sentence() -> None:
    summary = "Judge denies SEC motion to inspect Binance.US. More is to come."
    reading = shipped().read(item("", summary, at=AT))
    assert {target.slug for target in reading.chief} >= {"sec-v-binance"}
    spans = [span for match in reading.matches for span in match.evidence]
    assert spans
    assert all(summary[s.start : s.end] == s.text and s.field == "summary" for s in spans)


def test_a_docket_number_beside_its_judge_touches_the_case_without_naming_a_party() -> None:
    one = item("Judge Amy Berman Jackson sets hearing in 1:23-cv-01599", at=AT)
    assert {target.slug for target in shipped().read(one).related} >= {"sec-v-binance"}
