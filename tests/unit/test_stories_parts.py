"""What joining rests on: likeness, terms, marks of spun copies, what a source can know."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.matching.matcher import Happening, Reading
from aggregator.matching.spun import spun_words
from aggregator.model import (
    EventKind,
    FeedKind,
    Match,
    Relation,
    Severity,
    Status,
    Story,
    StoryId,
    Target,
    TargetKind,
)
from aggregator.stories.happened import event_of
from aggregator.stories.join import join
from aggregator.stories.similar import conflict, hours_apart, likeness
from aggregator.stories.terms import figures, stem, stems, weight
from tests.newsroom import item

AT = datetime(2023, 9, 18, 20, 0, tzinfo=UTC)
CASE = Target(kind=TargetKind.CASE, slug="sec-v-binance")
THEME = Target(kind=TargetKind.WATCHLIST, slug="exchange-enforcement")


def reading(*matches, kind=EventKind.RULING, severity=Severity.MEDIUM):
    return Reading(matches=matches, happening=Happening(kind=kind, severity=severity), mentions={})


def match(target=CASE, severity=None, relation=Relation.CHIEF):
    return Match(
        target=target, relation=relation, evidence=(), reason="both sides", severity=severity
    )


def story_of(title, kind=EventKind.RULING, at=AT, summary=""):
    one, read = item(title, summary, at=at), reading(match(), kind=kind)
    return join(one, read, event_of(one, read), {}, old=False).story


# --- what a source can know -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", EventKind)
def test_only_a_primary_source_makes_an_order_or_a_filing_of_it(kind):
    told = event_of(item("x", at=AT), reading(match(), kind=kind))
    assert told.status in {Status.REPORTED, Status.ARGUED}


@pytest.mark.parametrize("kind", EventKind)
def test_what_stands_on_the_docket_is_said_to_stand_there(kind):
    told = event_of(item("x", at=AT, kind=FeedKind.COURT, court="dcd"), reading(kind=kind))
    assert told.status is Status.DOCKETED


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (EventKind.COMPLAINT, Status.FILED),
        (EventKind.ORDER, Status.ORDERED),
        (EventKind.RULEMAKING, Status.REPORTED),
    ],
)
def test_an_agency_vouches_for_what_it_filed_or_was_ordered(kind, status):
    assert event_of(item("x", at=AT, kind=FeedKind.REGULATOR), reading(kind=kind)).status is status


@pytest.mark.parametrize(
    ("matches", "severity"),
    [
        ([match()], Severity.MEDIUM),
        ([match(severity=Severity.HIGH)], Severity.HIGH),
        ([match(severity=Severity.LOW)], Severity.LOW),
        ([match(severity=Severity.LOW), match(THEME, Severity.HIGH)], Severity.HIGH),
        ([match(), match(THEME, Severity.LOW)], Severity.MEDIUM),
        ([match(THEME, Severity.HIGH, Relation.RELATED)], Severity.MEDIUM),
        ([], Severity.MEDIUM),
    ],
)
def test_the_severest_rule_that_it_is_chiefly_about_decides(matches, severity):
    assert event_of(item("x", at=AT), reading(*matches)).severity is severity


# --- likeness -------------------------------------------------------------------------------------


def test_likeness_is_a_probability_and_names_the_most_telling_shared_words_first():
    story = story_of("Judge rejects SEC bid to inspect Binance.US software")
    one = item("Court refuses SEC inspection of Binance.US software", at=AT + timedelta(hours=3))
    like = likeness(one, EventKind.RULING, story, same_case=True)
    assert 0.5 < like.score < 1
    assert like.hours == 3
    terms = [stem(word.casefold()) for word in like.shared]
    assert terms == sorted(terms, key=lambda term: -weight(term))


def test_likeness_falls_with_the_days_between():
    story = story_of("Judge rejects SEC bid to inspect Binance.US software")
    scores = [
        likeness(
            item("SEC loses bid over Binance.US", at=AT + timedelta(days=days)),
            EventKind.RULING,
            story,
            same_case=True,
        ).score
        for days in range(4)
    ]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > scores[-1]


def test_another_amount_speaks_against_the_same_event():
    story = story_of("Exchange settles with SEC for $30 million")
    same, other = (
        likeness(item(title, at=AT), EventKind.RULING, story, same_case=True).score
        for title in ("SEC settles with exchange for $30m", "SEC settles with exchange for $45m")
    )
    assert same > other


def test_a_report_without_any_words_is_like_nothing():
    story = story_of("Judge rejects SEC bid to inspect Binance.US software")
    assert likeness(item("", at=AT), EventKind.OTHER, story, same_case=False).score < 0.2


@given(st.sampled_from(EventKind), st.sampled_from(EventKind))
def test_conflict_has_no_direction_and_no_kind_conflicts_with_itself_or_with_other(one, two):
    assert conflict(one, two) == conflict(two, one)
    assert not conflict(one, one)
    assert not conflict(one, EventKind.OTHER)


def test_the_step_after_the_asking_is_a_conflict_where_the_kinds_differ():
    assert conflict(EventKind.MOTION, EventKind.RULING)
    assert conflict(EventKind.VERDICT, EventKind.SENTENCE)
    assert conflict(EventKind.COMPLAINT, EventKind.SETTLEMENT)
    assert not conflict(EventKind.HEARING, EventKind.RULING)


@pytest.mark.parametrize(("shift", "hours"), [(-5, 5), (0, 0), (4, 0), (10, 0), (13, 3)])
def test_hours_apart_count_from_the_stretch_in_which_a_story_was_reported(shift, hours):
    story = replace(story_of("x"), first_at=AT, last_at=AT + timedelta(hours=10))
    assert hours_apart(AT + timedelta(hours=shift), story) == hours


@pytest.mark.parametrize(
    ("first", "second", "joins"),
    [
        ("Motion to Dismiss", "Memorandum in Support of Motion to Dismiss", True),
        ("Order on Motion to Seal", "Order on Motion to Compel", False),
        ("Order on Motion to Compel", "Order on Motion to Compel", True),
    ],
)
def test_docket_entries_are_told_apart_by_their_labels(first, second, joins):
    kind = EventKind.MOTION if "Memorandum" in second else EventKind.ORDER
    docket = {"at": AT, "kind": FeedKind.COURT, "court": "dcd", "url": "https://court.example/1"}
    one, two = (item("SEC v. BINANCE et al", f"[{label}]", **docket) for label in (first, second))
    read = reading(match(), kind=kind)
    story = join(one, read, event_of(one, read), {}, old=False).story
    assert isinstance(story, Story)
    assert (likeness(two, kind, story, same_case=True).score >= 0.5) is joins


# --- terms ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "forms",
    [
        ("settle", "settles", "settled", "settling", "settlement"),
        ("reject", "rejects", "rejected", "rejecting"),
        ("dismisses", "dismissed", "dismissal"),
        ("appealed", "appealing"),
        ("inspect", "inspects", "inspection"),
    ],
)
def test_the_forms_of_a_verb_meet_in_one_stem(forms):
    assert len({stem(form) for form in forms}) == 1


@pytest.mark.parametrize(("one", "two"), [("case", "casino"), ("stay", "stake"), ("sec", "second")])
def test_different_words_stay_different(one, two):
    assert stem(one) != stem(two)


def test_stems_leave_out_what_every_text_has_and_keep_names_whole():
    assert stems("The judge is not in the Binance.US case") == ("judg", "binance.us", "case")


@pytest.mark.parametrize(
    "forms",
    [
        ("$4.3 billion", "$4.3bn", "$4.3 bn"),
        ("$1,427,610", "$1427610"),
        ("25 years", "25 year"),
        ("30%", "30 %"),
    ],
)
def test_one_figure_has_one_spelling(forms):
    assert len({figures(form) for form in forms}) == 1
    assert figures(forms[0])


def test_years_and_counts_of_one_digit_are_no_figures():
    assert figures("Two of 9 judges") == frozenset()


@given(st.text(max_size=200))
def test_any_text_has_stems_weights_and_figures(text):
    assert all(0 <= weight(word) <= 1 for word in stems(text))
    assert all(isinstance(figure, str) for figure in figures(text))


def test_a_rare_word_tells_more_than_a_common_one():
    assert weight("faruqui") > weight("crypto") > 0


# --- copies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "title",
    [
        "Securities and Alternate Fee sues Binance",
        "Securities & Trade Commission denied entry",
        "Choose Zia Faruqui denies entry to software program",
        "US District Choose dominated in favour of Binance",
        "Binance information movement to dismiss",
        "Commodity Futures Trading Fee recordsdata lawsuit",
        "Choose Carter denies bid to end trade suit",
        "Trade suit goes on as Choose Carter denies bid",
        "Case will likely be heard by Choose Carter.",
        "Decide Carter rules against the exchange",
        "Exchange and its users decide for $40 million",
    ],
)
def test_names_that_no_desk_would_write_mark_a_copy(title):
    assert spun_words(title)


@pytest.mark.parametrize(
    "title",
    [
        "Securities and Exchange Commission sues Binance",
        "Judge rejects SEC bid; exchange fee schedule unchanged",
        "Investors choose Kraken as trading fee falls",
        "How to choose a wallet, and what the fee is",
        "Gemini makes a filing in New York",
        "The trade commission denies it charged a fee",
        "You could choose between 10 plans in May 2024",
        "Judge Carter denies bid to end trade suit",
        "Why Investors Choose Kraken Over Coinbase in Germany",
        "Banks Choose Ripple for payments",
        "How to Choose Wallets that last",
        "Parties Settle Ripple Case for $40 Million",
        "Judge to decide for whom $40 million is meant",
    ],
)
def test_honest_headlines_carry_no_mark(title):
    assert spun_words(title) == ()


def test_a_primary_source_is_never_taken_for_a_copy():
    one = item("Securities and Trade Fee", at=AT, kind=FeedKind.REGULATOR)
    read = reading(match())
    assert join(one, read, event_of(one, read), {}, old=False).story.lead.counted


def test_a_story_is_named_after_its_first_item():
    story = story_of("x")
    assert story.id == StoryId(story.reports[0].item_key[:16])
