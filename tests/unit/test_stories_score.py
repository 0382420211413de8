"""The scorer: what two reports have in common, the window they are looked up in, the weights."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model import EventKind
from aggregator.stories.features import (
    FEATURES,
    FIRST_MAX,
    NEWEST_MAX,
    Pile,
    Text,
    compare,
)
from aggregator.stories.score import probability, shipped_model
from aggregator.stories.stance import front, stance
from aggregator.stories.stream import Clusterer
from aggregator.stories.terms import Words, figures, kinds, stem, weight
from aggregator.stories.window import CANDIDATES_MAX, WINDOW, Window

START = datetime(2024, 3, 1, tzinfo=UTC)

SUED = "Regulator sues Harbor Exchange over unlicensed staking"
SUED_TOO = "Harbor Exchange sued by regulator over its unlicensed staking service"
FINED = "Lakeside Bank fined $40 million for failed ledger audits"
WALLET = "Northlight wallet adds passkeys for phone users"


def pile(*titles, event=EventKind.OTHER):
    told = Pile()
    for title in titles:
        told.add(Text(title, "", event))
    return told


def numbers(title, *titles, hours=0.0, event=EventKind.OTHER, told_as=EventKind.OTHER):
    text = Text(title, "", event)
    compared = compare(text, pile(*titles, event=told_as), weight, hours=hours)
    return dict(zip(FEATURES, compared.row, strict=True))


def score(title, *titles, **known):
    text = Text(title, "", known.pop("event", EventKind.OTHER))
    told = pile(*titles, event=known.pop("told_as", EventKind.OTHER))
    hours = known.pop("hours", 0.0)
    return probability(shipped_model().logit(compare(text, told, weight, hours=hours, **known)))


def placed(titles, *, hours=1, clusterer=None):
    clusterer = clusterer or Clusterer()
    return [
        clusterer.add(f"n{number}", START + timedelta(hours=hours) * number, title)
        for number, title in enumerate(titles)
    ]


# --- figures ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a $250K loan", "a $250,000 loan"),
        ("pays $9.6B", "pays $9.6 billion"),
        ("a $1.022 billion deal", "a deal for over $1B"),
        ("fined 40 percent", "fined 40%"),
        ("due Sept. 18", "due 18 September"),
        ("holds 4,846 coins", "4846 coins held"),
    ],
)
def test_one_figure_spelled_two_ways_is_one(one, other):
    assert figures(one) == figures(other) != frozenset()


@pytest.mark.parametrize("text", ["the 2024 outlook", "three of 4 judges", "no figure at all"])
def test_years_and_small_counts_are_no_figures(text):
    assert figures(text) == frozenset()


def test_figures_contradict_only_in_kind():
    assert numbers("Bank fined $40 million", "Bank fined $75 million")["other_figure"] == 1
    assert numbers("Bank fined $40 million", "Bank fined for 30% of trades")["other_figure"] == 0
    assert kinds(figures("40% of $75 million")) == {"%", "$"}


def test_equal_headlines_with_another_amount_are_two_events():
    one = "Insider of Lakeside Bank sold shares worth $1,427,610, a filing says"
    other = "Insider of Lakeside Bank sold shares worth $640,708, a filing says"
    assert score(one, one) > 0.9
    assert score(other, one) < 0.5


# --- what is new in a headline ----------------------------------------------------------------


def test_what_follows_after_is_background():
    assert front("Exchange chief calls for new law after court fines Harbor") == (
        "Exchange chief calls for new law"
    )
    assert front("Court fines Harbor") == "Court fines Harbor"
    assert front("After a year, court fines Harbor") == "After a year, court fines Harbor"


def test_sharing_only_the_background_counts_for_less_than_sharing_the_news():
    news = "Accounting board votes for fair value of coins"
    follow_up = "More firms seen holding reserves after accounting board votes"
    retold = "Fair value of coins wins as accounting board votes"
    assert numbers(follow_up, news)["front"] < numbers(retold, news)["front"]


def test_an_approval_and_its_pause_are_told_apart_by_one_word():
    assert stance(["agency", "pauses", "fund"])
    assert numbers("Agency approves, then pauses fund", "Agency approves fund")["one_stopped"] == 1


def test_a_word_for_stopping_says_nothing_where_the_rules_know_both_steps():
    known = {"event": EventKind.STAY, "told_as": EventKind.STAY}
    assert numbers("Agency pauses suit", "Agency stops the clock", **known)["one_stopped"] == 0


@pytest.mark.parametrize(
    ("words", "stopped"),
    [
        ("Court halts inspection", True),
        ("Court declines to halt inspection", False),
        ("Court won’t block inspection", False),
        ("Court hears both sides", None),
    ],
)
def test_what_a_court_would_not_stop_is_the_contrary_of_what_it_stopped(words, stopped):
    assert stance(words.split()) is stopped
    against = numbers("Court halts search of Harbor", f"{words} of Harbor")
    assert against["other_event"] == (stopped is False)


def test_another_form_of_a_word_and_two_words_in_a_row_count_by_themselves():
    forms = numbers("Estonian regulator fines Harbor", "Estonia fines Harbor Exchange")
    assert forms["other_forms"] > 0
    assert numbers("Estonia fines Harbor", "Estonia fines Harbor")["other_forms"] == 0
    assert forms["phrases"] > 0
    assert numbers("Harbor fines Estonia", "Estonia fines Harbor")["phrases"] == 0


# --- features and weights ---------------------------------------------------------------------


def test_every_weight_that_ships_is_of_a_feature_and_every_feature_has_one():
    table = json.loads(
        resources.files("aggregator.stories").joinpath("weights.json").read_text("utf-8")
    )
    assert set(table["headline"]) == set(table["text"]) == {"bias", *FEATURES}


def test_a_headline_told_again_is_the_same_event_and_another_topic_is_not():
    assert score(SUED_TOO, SUED) > 0.65
    assert score(FINED, SUED) < 0.05
    assert score(WALLET, SUED) < 0.05


@pytest.mark.parametrize("summary", ["", "A magistrate heard both sides on Monday in the capital."])
def test_time_apart_and_another_step_make_one_event_less_likely_and_a_shared_case_more(summary):
    text = Text(SUED_TOO, summary, EventKind.COMPLAINT)
    for_told = {}
    for kind in (EventKind.COMPLAINT, EventKind.SETTLEMENT):
        for_told[kind] = Pile()
        for_told[kind].add(Text(SUED, summary, kind))

    def logit(kind=EventKind.COMPLAINT, **known):
        return shipped_model().logit(
            compare(text, for_told[kind], weight, **{"hours": 0.0, **known})
        )

    assert logit(hours=48.0) < logit()
    assert logit(EventKind.SETTLEMENT) < logit()
    assert logit(same_case=True) > logit()


def test_a_short_opening_is_compared_only_where_both_have_one():
    told = Pile()
    told.add(Text(SUED, "The complaint was filed in the capital."))
    bare = compare(Text(SUED_TOO), told, weight, hours=0)
    full = compare(Text(SUED_TOO, "A complaint was filed."), told, weight, hours=0)
    assert not bare.with_lead
    assert full.with_lead
    assert dict(zip(FEATURES, bare.row, strict=True))["lead_near"] == 0


def test_the_reason_names_the_most_telling_words_first():
    shared = compare(Text(SUED_TOO), pile(SUED), weight, hours=0).shared
    assert len(shared) == 4
    terms = [stem(word.casefold()) for word in shared]
    assert terms == sorted(terms, key=lambda term: (-weight(term), term))


def test_a_story_of_thousands_is_compared_with_a_few_of_its_reports():
    told = pile(*[f"{SUED} {number}" for number in range(5000)])
    assert len(told.members) == FIRST_MAX + NEWEST_MAX
    assert told.size == told.counts["harbor"] == 5000


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_any_text_compares_with_any_other_to_a_probability(one, other, summary):
    told = Pile()
    told.add(Text(other, summary))
    for known in (Text(one), Text(one, summary)):
        features = compare(known, told, weight, hours=1.0)
        assert 0 <= probability(shipped_model().logit(features)) <= 1
        assert all(-25 <= number <= 25 for number in features.row)


# --- the weight of words ----------------------------------------------------------------------


def test_a_word_of_many_live_stories_tells_less_and_as_much_again_when_they_are_gone():
    words = Words()
    cold = words.weight("harbor")
    for _ in range(50):
        words.add(["harbor"], new=True)
    assert words.weight("harbor") < cold - 0.1
    for _ in range(50):
        words.remove(["harbor"])
    assert words.weight("harbor") == pytest.approx(cold)


def test_a_word_counts_once_a_story_however_often_it_is_told():
    window = Window()
    for _ in range(40):
        window.put("one", START, Text(SUED))
    once = Window()
    once.put("one", START, Text(SUED))
    assert window.words.weight("harbor") == once.words.weight("harbor")


# --- the window -------------------------------------------------------------------------------


def test_reports_of_one_event_share_a_story_and_others_begin_their_own():
    first, second, third, fourth = placed([SUED, FINED, SUED_TOO, WALLET])
    assert (first.story, second.story, third.story, fourth.story) == ("n0", "n1", "n0", "n3")
    assert third.joined
    assert third.why.startswith("shares ")
    assert f"score {third.score:.2f}" in third.why
    assert not fourth.joined


def test_a_story_takes_no_report_after_72_silent_hours():
    clusterer = Clusterer()
    clusterer.add("a", START, SUED)
    assert clusterer.add("b", START + WINDOW + timedelta(seconds=1), SUED).story == "b"
    assert set(clusterer.window.stories) == {"b"}


def test_a_late_report_does_not_join_a_story_that_began_72_hours_after_it():
    clusterer = Clusterer()
    clusterer.add("a", START, SUED)
    assert clusterer.add("b", START - WINDOW - timedelta(seconds=1), SUED).story == "b"


def test_what_left_the_window_leaves_no_trace():
    window = Window()
    for number in range(300):
        window.put(f"s{number}", START, Text(f"{SUED} {number}"))
    window.put("late", START + 2 * WINDOW, Text(WALLET))
    fresh = Window()
    fresh.put("late", START + 2 * WINDOW, Text(WALLET))
    assert set(window.stories) == {"late"}
    assert window.words.weight("harbor") == pytest.approx(fresh.words.weight("harbor"))
    assert not window.near(START + 2 * WINDOW, Text(SUED))


def test_a_story_is_found_by_its_rare_words_among_thousands_that_share_the_common_ones():
    window = Window()
    window.put("wanted", START, Text("Quillfeather court sues exchange over staking"))
    for number in range(3000):
        window.put(f"s{number}", START, Text(f"Court sues exchange over staking {number}x{number}"))
    found = window.near(START, Text("Exchange sued over staking by Quillfeather court"))
    assert found[0].id == "wanted"
    assert len(found) <= CANDIDATES_MAX


TITLES = st.lists(
    st.lists(
        st.sampled_from(
            [
                "regulator",
                "sues",
                "harbor",
                "exchange",
                "staking",
                "fined",
                "bank",
                "audit",
                "pauses",
            ]
        ),
        min_size=2,
        max_size=6,
    ).map(" ".join),
    min_size=2,
    max_size=25,
)


@settings(max_examples=40, deadline=None)
@given(TITLES, st.data())
def test_a_restart_from_the_window_gives_the_same_stories_as_no_restart(titles, data):
    whole = placed(titles, hours=7)
    cut = data.draw(st.integers(0, len(titles)))
    again = Clusterer()
    for number in range(cut):
        at = START + timedelta(hours=7) * number
        again.put(whole[number].story, at, Text(titles[number]))
    rest = [
        again.add(f"n{number}", START + timedelta(hours=7) * number, titles[number])
        for number in range(cut, len(titles))
    ]
    assert rest == whole[cut:]


def test_hidden_time_changes_no_candidate_but_the_score():
    seen = placed([SUED, SUED_TOO], hours=40)[1]
    hidden = placed([SUED, SUED_TOO], hours=40, clusterer=Clusterer(with_time=False))[1]
    assert hidden.score > seen.score
