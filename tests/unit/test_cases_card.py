from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.cases.card import LATEST_MAX, Charges, card, charges
from aggregator.model import (
    Case,
    Event,
    EventKind,
    FeedKind,
    ItemKey,
    Milestone,
    Person,
    Report,
    Severity,
    Status,
    Story,
    StoryId,
    Trust,
)
from tests.casefile import CHARGED, docket_entry, report
from tests.casefile import story as development

NOW = datetime(2025, 6, 10, 12, 0, tzinfo=UTC)
SOURCE = "https://docket.example/1"
CASE = Case(
    slug="sec-v-binance",
    caption="Securities and Exchange Commission v. Binance Holdings Limited",
    title="SEC v. Binance",
    court="dcd",
    court_name="D.D.C.",
    docket="1:23-cv-01599",
    docket_source=SOURCE,
    judges=(Person(name="Amy Berman Jackson", role="judge"),),
    parties=(Person(name="Binance Holdings Limited", role="defendant", source=SOURCE),),
    status="dismissed with prejudice",
    status_date="2025-05-29",
    status_source=SOURCE,
    closed=True,
    filed="2023-06-05",
    milestones=(
        Milestone(date="2023-06-05", what="Complaint filed", source=SOURCE),
        Milestone(date="2025-04", what="Stay extended", source=SOURCE),
        Milestone(date="2024-06-28", what="Motion to dismiss granted in part", source=SOURCE),
        Milestone(date="2025-05-30", what="Told by nobody who can be opened", source=""),
    ),
)


def story(day, title="A report", quiet="", outlets=("Wire One",)):
    at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=day)
    event = Event(kind=EventKind.OTHER, status=Status.REPORTED, severity=Severity.LOW, quiet=quiet)
    reports = tuple(
        Report(
            item_key=ItemKey(f"{title}{outlet}"),
            outlet=outlet,
            trust=Trust.INDEPENDENT,
            kind=FeedKind.NEWS,
            url="https://wire.example/a",
            title=title,
            summary="",
            at=at,
            seen=at,
            event=event,
            counted=outlet != "Spin Mill",
        )
        for outlet in outlets
    )
    return Story(
        id=StoryId(title),
        targets=frozenset(),
        related=frozenset(),
        event=event,
        reports=reports,
        first_at=at,
        last_at=at,
    )


def test_developments_come_newest_first_and_milestones_fill_up_what_is_older():
    shown = card(CASE, [story(10, "older"), story(30, "newer")], (4, 2), NOW)
    assert [(step.date, step.what) for step in shown.latest] == [
        ("2025-01-31", "newer"),
        ("2025-01-11", "older"),
        ("2024-06-28", "Motion to dismiss granted in part"),
        ("2023-06-05", "Complaint filed"),
    ]
    assert (shown.items, shown.outlets) == (4, 2)


def test_without_developments_the_sourced_milestones_stand_newest_first():
    assert [step.date for step in card(CASE, [], (0, 0), NOW).latest] == [
        "2025-04",
        "2024-06-28",
        "2023-06-05",
    ]


def test_no_more_than_five_steps_are_shown():
    shown = card(CASE, [story(day, f"s{day}") for day in range(9)], (9, 1), NOW)
    assert [step.what for step in shown.latest] == ["s8", "s7", "s6", "s5", "s4"]
    assert len(shown.latest) == LATEST_MAX


def test_what_must_not_ring_and_what_lies_ahead_is_no_development():
    shown = card(CASE, [story(10, "opinion", quiet="opinion"), story(900, "ahead")], (2, 1), NOW)
    assert {step.outlet for step in shown.latest} == {""}


def test_other_outlets_are_counted_once_and_copies_not_at_all():
    outlets = ("Wire One", "Wire Two", "Wire Two", "Spin Mill", "Wire One")
    (first, *_) = card(CASE, [story(10, outlets=outlets)], (5, 3), NOW).latest
    assert (first.outlet, first.more) == ("Wire One", 1)


def test_developments_newer_than_the_status_are_counted():
    told = [story(day, f"s{day}") for day in (140, 150, 155)]
    assert card(CASE, told, (3, 1), NOW).later == 2


def test_a_fact_without_a_source_is_not_on_the_card():
    bare = replace(CASE, docket_source="", status_source="")
    shown = card(bare, [], (0, 0), NOW)
    assert (shown.docket, shown.status, shown.status_date, shown.judges) == (None, None, "", ())
    assert [party.name for party in shown.parties] == ["Binance Holdings Limited"]


def test_the_docket_stands_for_the_judges_named_on_it():
    assert [judge.name for judge in card(CASE, [], (0, 0), NOW).judges] == ["Amy Berman Jackson"]


def test_a_development_is_shown_by_its_best_source_in_that_sources_words():
    entry = docket_entry("ORDER denying motion", at=NOW)
    told = development(report("Wire One", at=NOW), report("Wire Two", at=NOW), entry)
    (first, *_) = card(CASE, [told], (3, 3), NOW).latest
    assert (first.what, first.outlet, first.more, first.primary) == (
        "ORDER denying motion",
        "D.D.C. docket",
        2,
        True,
    )


def test_whoever_is_charged_and_not_judged_is_only_accused():
    assert charges(CHARGED) is Charges.OPEN
    assert charges(replace(CHARGED, docket=None)) is Charges.OPEN


def test_a_civil_case_charges_nobody():
    assert charges(CASE) is Charges.NONE
    assert charges(replace(CHARGED, docket="1:24-cv-00077")) is Charges.NONE


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Quill pleaded guilty, Ink sentenced to two years", Charges.NONE),
        ("Both defendants sentenced", Charges.NONE),
        ("All three defendants convicted", Charges.NONE),
        ("Quill convicted on two counts", Charges.PARTLY),
        ("Quill and Ink: partial verdict, convicted on one count", Charges.PARTLY),
        ("Quill and Ink convicted; retrial on one count set", Charges.PARTLY),
        ("Quill pleaded not guilty", Charges.OPEN),
        ("Not guilty plea entered", Charges.OPEN),
        ("Trial set for May", Charges.OPEN),
    ],
)
def test_a_plea_or_verdict_decides_for_those_it_names(said, left):
    assert charges(replace(CHARGED, status=said)) is left
    step = Milestone(date="2025-01-01", what=said, source=SOURCE)
    assert charges(replace(CHARGED, status="", milestones=(step,))) is left


def test_a_verdict_on_file_decides_for_the_only_defendant():
    alone = replace(CHARGED, parties=CHARGED.parties[:2], status="")
    verdict = Milestone(
        date="2025-01-01", what="Jury is back", source=SOURCE, event=EventKind.VERDICT
    )
    assert charges(alone) is Charges.OPEN
    assert charges(replace(alone, milestones=(verdict,))) is Charges.NONE
