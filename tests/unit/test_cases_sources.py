from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.cases.sources import GAPS_MAX, agencies, facts, outlets, watched
from aggregator.model import FeedKind, Gap, Person
from tests.casefile import (
    CASE,
    CHARGED,
    DOCKET,
    FEEDS,
    MINUTES,
    NOW,
    OPINIONS,
    OTHER_DOCKET,
    PAPERS,
    RELEASES,
    STATES,
    feed,
    report,
    story,
)


def test_the_feeds_of_the_cases_own_court_are_those_that_watch_it():
    seen = watched(CASE, FEEDS, STATES, NOW)
    assert [one.feed for one in seen.court_feeds] == [DOCKET]
    assert seen.docket_watched
    assert (seen.court, seen.court_feeds[0].health.since) == ("D.D.C.", NOW - 3 * MINUTES)


def test_a_feed_that_is_off_watches_nothing():
    seen = watched(CASE, [replace(DOCKET, enabled=False)], STATES, NOW)
    assert (seen.court_feeds, seen.docket_watched) == ((), False)


def test_a_court_whose_opinions_alone_are_read_is_not_watched():
    seen = watched(CASE, [OPINIONS], {}, NOW)
    assert [one.opinions_only for one in seen.court_feeds] == [True]
    assert not seen.docket_watched


def test_a_case_without_a_court_is_watched_by_no_court_feed():
    seen = watched(replace(CASE, court=None, court_name=""), FEEDS, STATES, NOW)
    assert (seen.court, seen.docket_watched) == ("", False)


def test_the_releases_of_the_agencies_that_are_parties_are_told_from_those_of_others():
    seen = watched(CASE, FEEDS, STATES, NOW)
    assert seen.agencies == ("SEC",)
    assert [one.feed for one in seen.releases] == [RELEASES]
    assert len(seen.regulators) == 2


@pytest.mark.parametrize(
    ("party", "names"),
    [
        ("Securities and Exchange Commission", ("SEC",)),
        ("Commodity Futures Trading Commission", ("CFTC",)),
        ("United States", ("DOJ", "Department of Justice")),
        ("Office of Foreign Assets Control", ("OFAC",)),
        ("Board of Governors of the Federal Reserve System", ("BGFRS", "Federal Reserve")),
        ("Department of the Treasury", ("Treasury",)),
        ("SEC", ("SEC",)),
        ("Harbor Exchange Ltd.", ()),
        ("Jane Quill", ()),
        ("", ()),
    ],
)
def test_an_agency_is_known_by_what_its_feeds_call_it(party, names):
    assert agencies(replace(CASE, parties=(Person(name=party, role="plaintiff"),))) == names


def test_justice_releases_are_those_of_a_criminal_case():
    justice = feed("U.S. Department of Justice", FeedKind.REGULATOR)
    assert watched(CHARGED, [justice], {}, NOW).agencies == ("Department of Justice",)


def gap(feed_id="", hours=5, **how):
    return Gap(
        **{
            "feed_id": feed_id,
            "why": "the program stood still",
            "since": NOW - timedelta(hours=hours),
            "until": NOW - timedelta(hours=hours - 1),
            "opened": NOW,
            **how,
        }
    )


def test_a_possible_loss_on_a_feed_that_covers_it_or_on_all_is_told_newest_first():
    gaps = [
        gap(DOCKET.id, 9),
        gap("", 5),
        gap(RELEASES.id, 7),
        gap(OTHER_DOCKET.id),
        gap("not-set-up"),
    ]
    lost = watched(CASE, FEEDS, STATES, NOW, gaps).gaps
    assert [one.feed for one in lost] == [None, RELEASES, DOCKET]


def test_a_gap_that_turned_out_to_have_lost_nothing_or_is_long_past_is_not_told():
    gaps = [gap(closed=NOW), gap(hours=24 * 40), gap(hours=24 * 40, until=None)]
    (lost,) = watched(CASE, FEEDS, STATES, NOW, gaps).gaps
    assert lost.until is None


def test_a_possible_loss_of_the_press_stands_with_every_case():
    press = next(feed for feed in FEEDS if feed.enabled and feed.kind is FeedKind.NEWS)
    assert [one.feed for one in watched(CASE, FEEDS, STATES, NOW, [gap(press.id)]).gaps] == [press]


def test_only_the_newest_gaps_are_told():
    gaps = [gap(hours=n) for n in range(2, 12)]
    lost = watched(CASE, FEEDS, STATES, NOW, gaps).gaps
    assert [one.since for one in lost] == [NOW - timedelta(hours=n) for n in (2, 3, 4)]
    assert len(lost) == GAPS_MAX


def test_every_fact_on_the_card_has_its_source_and_what_has_none_is_no_fact():
    bare = replace(
        CASE,
        status_source="",
        docket_source="",
        parties=(Person(name="Nobody", role="defendant"), CASE.parties[0]),
    )
    assert [fact.text for fact in facts(bare)] == [
        "Ada Example",
        "Max Muster",
        "Securities and Exchange Commission",
    ]
    assert {fact.label for fact in facts(CASE)} >= {"status", "docket", "judge", "defendant"}
    assert all(fact.source for fact in facts(CASE))


def test_the_docket_is_the_source_for_those_it_names():
    person = Person(name="Jane Quill", role="defendant")
    assert facts(replace(CASE, parties=(person,)))[-1].source == PAPERS


def test_outlets_are_counted_the_most_first():
    told = [
        story(report("Wire One"), report("Gazette")),
        story(report("Gazette")),
        story(report("Ark")),
    ]
    assert outlets(told) == (("Gazette", 2), ("Ark", 1), ("Wire One", 1))
