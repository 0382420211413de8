"""Two headlines of one event: which contradict each other, and which only use other words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.matching.hedge import takes_back
from aggregator.model import Decision, DecisionKind, FeedKind, RingKind, Story
from aggregator.stories.outcome import contrary, disagreement, outcome
from tests.newsroom import Desk, item

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
ALERT, UPDATE = DecisionKind.ALERT, DecisionKind.UPDATE

CONTRARY = (
    ("Jury acquits Roman Storm at retrial", "Jury convicts Roman Storm at retrial"),
    ("Storm found not guilty by jury", "Storm found guilty by jury"),
    ("Jury finds Storm guilty on all counts", "Jury clears Storm"),
    ("Appeals court affirms Bankman-Fried conviction", "Court reverses Bankman-Fried conviction"),
    ("Court upholds Ripple ruling", "Appeals court overturns Ripple ruling"),
    ("Judge grants SEC request to freeze assets", "Judge denies SEC request to freeze assets"),
    ("Judge approves Binance settlement with CFTC", "Judge rejects CFTC settlement with Binance"),
    ("Judge blocks sale of Robinhood shares", "Judge approves sale of Robinhood shares"),
    ("Judge dismisses SEC suit against Coinbase", "Judge refuses to dismiss SEC suit"),
    ("Judge dismisses class action against Pump.fun", "Judge won't toss Pump.fun class action"),
    ("Judge grants motion to dismiss", "Judge rejects Pump.fun's motion to dismiss"),
    ("Judge throws out SEC case", "Coinbase loses bid to dismiss SEC case"),
    (
        "SEC lawsuit against Kraken dismissed",
        "SEC lawsuit against Kraken not dismissed, clerk says",
    ),
    ("Judge dismisses SEC case", "Judge lets SEC case proceed"),
    ("Custodia wins appeal against Fed", "Custodia loses appeal against Fed"),
    ("Supreme Court takes up Custodia v. Fed", "Supreme Court declines Custodia v. Fed"),
    ("Supreme Court agrees to hear Custodia case", "Justices turn away Custodia case"),
    ("SEC settles with Ripple for $50 million", "SEC and Ripple deny settlement report"),
    ("Ripple and SEC reach settlement", "Ripple did not settle with SEC, source says"),
    ("Judge rejects SEC bid to inspect software", "Judge makes no ruling on SEC bid"),
    ("Judge dismisses SEC case", "No ruling yet in SEC case"),
    ("Judge refuses to acquit Storm", "Judge acquits Storm"),
)

AGREE = (
    ("Judge rejects SEC bid to inspect software", "Judge denies SEC request for software"),
    ("Judge grants in part motion to dismiss", "Judge denies in part motion to dismiss"),
    (
        "Judge partly grants Binance motion to dismiss",
        "Judge lets SEC case against Binance proceed",
    ),
    ("Judge denies motion to dismiss SEC case", "Judge lets SEC case proceed"),
    ("Judge tosses motion to dismiss Pump.fun class action", "Pump.fun must face class action"),
    ("Judge denies Storm's bid for acquittal", "Storm's conviction upheld by judge"),
    ("Judge refuses to acquit Storm", "Court keeps Storm guilty verdict in place"),
    ("Storm loses acquittal motion, conviction stands", "Judge won't toss Storm verdict"),
    ("Storm fails to overturn conviction", "Storm acquittal bid denied"),
    ("Judge grants Binance motion to bar inspection", "Judge rejects SEC request to inspect"),
    ("Judge blocks SEC from inspecting software", "Judge grants Binance.US protective order"),
    ("Ripple wins, judge rules against SEC", "SEC loses ruling on XRP sales"),
    ("Judge dismisses SEC case against Coinbase", "Judge tosses SEC lawsuit against Coinbase"),
    ("Jury convicts Storm on one count", "Jury clears Storm of two sanctions counts"),
    ("SEC drops lawsuit against Coinbase", "Coinbase wins dismissal of SEC lawsuit"),
    ("Judge approves deal to end SEC case", "SEC and Ripple settle"),
    ("Ripple and SEC settle", "Judge defers ruling on SEC request"),
    ("Binance asks judge to dismiss SEC case", "Judge lets SEC case proceed"),
    ("Judge may dismiss SEC case", "Judge denies motion to dismiss SEC case"),
    ("Supreme Court declines to hear appeal", "Supreme Court rejects appeal"),
    ("Appeals court affirms conviction", "Appeals court vacates sentence"),
    ("Judge denies stay", "Judge grants request for extension"),
)


@pytest.mark.parametrize(("one", "other"), CONTRARY)
def test_opposite_outcomes_of_one_matter_contradict_each_other(one: str, other: str) -> None:
    first, second = outcome(one), outcome(other)
    assert first
    assert second
    assert contrary(first, second), (first, second)
    assert contrary(second, first)


@pytest.mark.parametrize(("one", "other"), AGREE)
def test_one_outcome_in_other_words_is_no_disagreement(one: str, other: str) -> None:
    first, second = outcome(one), outcome(other)
    assert not (first and second and contrary(first, second)), (first, second)


def told(*lines: tuple[str, str], kind: FeedKind = FeedKind.NEWS) -> tuple[list[Decision], Story]:
    """Return the decisions on (outlet, headline) lines half an hour apart, and the last's story."""
    desk, decisions = Desk(), list[Decision]()
    for number, (outlet, title) in enumerate(lines):
        at = AT + timedelta(minutes=30 * number)
        own = kind if number == len(lines) - 1 else FeedKind.NEWS
        decisions.append(desk.take(item(title, at=at, outlet=outlet, kind=own)))
    last = decisions[-1].story
    assert last
    return decisions, desk.stories[last]


FLIPS = (
    ("Jury acquits Roman Storm at retrial", "Jury convicts Roman Storm at retrial"),
    (
        "Judge dismisses Aguilar class action against Pump.fun",
        "Judge declines to dismiss Aguilar class action against Pump.fun",
    ),
    (
        "Judge rejects Pump.fun motion to dismiss Aguilar class action",
        "Judge grants Pump.fun motion to dismiss Aguilar class action",
    ),
    (
        "Appeals court affirms Bankman-Fried conviction",
        "Appeals court reverses Bankman-Fried conviction",
    ),
)


@pytest.mark.parametrize(("one", "other"), FLIPS)
def test_another_outlet_with_the_contrary_outcome_shows_a_disagreement_and_rings_not(
    one: str, other: str
) -> None:
    decisions, story = told(("Wire One", one), ("Ledger Post", other))
    assert [decision.kind for decision in decisions] == [ALERT, UPDATE]
    sides = disagreement(story.reports)
    assert [report.outlet for report, _ in sides] == ["Wire One", "Ledger Post"]


@pytest.mark.parametrize(("one", "other"), FLIPS)
def test_the_same_outlet_with_the_contrary_outcome_rings_changed_once(one: str, other: str) -> None:
    decisions, story = told(
        ("Wire One", one), ("Wire One", other), ("Wire One", f"Update: {other}")
    )
    assert [decision.kind for decision in decisions] == [ALERT, ALERT, UPDATE]
    assert [rung.kind for rung in story.again] == [RingKind.CHANGED]


@pytest.mark.parametrize(
    "title",
    [
        "Correction: Judge did not dismiss Aguilar class action against Pump.fun",
        "Corrected: Aguilar class action against Pump.fun goes on, judge has not dismissed it",
        "Clarification: Judge dismissed only two claims of Aguilar class action against Pump.fun",
        "Pump.fun and Aguilar deny report that judge dismissed class action",
        "Reports that judge dismissed Aguilar class action against Pump.fun are false",
    ],
)
def test_who_takes_a_report_back_rings_changed_and_is_no_outlet_that_agrees(title: str) -> None:
    first = "Judge dismisses Aguilar class action against Pump.fun"
    decisions, story = told(("Wire One", first), ("Ledger Post", title))
    assert [decision.kind for decision in decisions] == [ALERT, ALERT]
    assert [rung.kind for rung in story.again] == [RingKind.CHANGED]
    assert not story.reports[-1].counted


@pytest.mark.parametrize(
    ("title", "back"),
    [
        ("SEC and Ripple deny settlement report", True),
        ("Binance denies report that it settled with SEC", True),
        ("Pump.fun disputes claims of a deal with investors", True),
        ("Report of Ripple settlement is untrue, SEC says", True),
        ("Judge denies SEC claim against Binance", False),
        ("Court rejects report of expert in Ripple case", False),
        ("Judge denies motion to dismiss claims against Pump.fun", False),
        ("Binance denies SEC allegations in answer to complaint", False),
    ],
)
def test_a_correction_or_denial_is_told_from_a_ruling_on_a_claim(title: str, back: bool) -> None:
    assert takes_back(title) is back
