from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.cases.best import best, is_official, told
from aggregator.cases.timeline import ROWS_PER_PAGE, history, timeline
from aggregator.model import EventKind, FeedKind, Milestone, Trust
from tests.casefile import CASE, NOW, PAPERS, PRESS, docket_entry, on, report, story

RULING = story(report(event=EventKind.RULING, at=on("2025-05-29", 18)), name="ruling")


def dates(stories=(), **options):
    return [row.date for row in timeline(CASE, stories, NOW, **options).rows]


def test_milestones_and_developments_stand_on_one_line_newest_first():
    told_of = [story(report(at=on("2024-07-01")))]
    assert dates(told_of) == ["2025-05-29", "2024-07-01", "2024-03", "2024", "2023-06-05"]


def test_a_vague_date_stands_after_the_days_it_may_be_and_stays_vague():
    told_of = [story(report(at=on("2024-03-01"))), story(report(at=on("2024-02-28")))]
    assert dates(told_of)[1:5] == ["2024-03-01", "2024-03", "2024-02-28", "2024"]


def test_a_milestone_and_a_development_of_one_day_and_event_are_one_row_with_both_sources():
    row = timeline(CASE, [RULING], NOW).rows[0]
    assert (row.milestone, row.story) == (CASE.milestones[3], RULING)
    assert (row.what, row.report.outlet) == (
        "Motion to dismiss denied in part (Dkt. 88)",
        "Wire One",
    )
    assert len(timeline(CASE, [RULING], NOW).rows) == len(CASE.milestones)


def test_the_evening_in_washington_is_the_same_day_though_it_is_the_next_in_utc():
    late = story(report(event=EventKind.RULING, at=on("2025-05-30", 2)))
    assert timeline(CASE, [late], NOW).rows[0].story is late


@pytest.mark.parametrize(
    ("day", "kind"), [("2025-05-29", EventKind.ORDER), ("2025-05-31", EventKind.RULING)]
)
def test_another_event_or_another_day_is_a_row_of_its_own(day, kind):
    assert len(timeline(CASE, [story(report(event=kind, at=on(day)))], NOW).rows) == 5


def test_of_two_developments_that_fit_a_milestone_the_best_told_joins_and_the_other_stays():
    entry = story(docket_entry("ORDER on motion to dismiss", at=on("2025-05-29")), name="docket")
    first, second = timeline(CASE, [RULING, entry], NOW).rows[:2]
    assert {one.story.id for one in (first, second)} == {"docket", "ruling"}
    assert [one.story.id for one in (first, second) if one.milestone] == ["docket"]


def test_the_best_source_is_primary_before_independent_before_corroborating():
    blog = report("Blog", trust=Trust.CORROBORATES)
    wire, gazette = report("Wire One"), report("Gazette")
    court = docket_entry("ORDER")
    assert best(story(blog, wire, gazette, court)) is court
    assert best(story(blog, wire, gazette)) is wire
    assert best(story(blog)) is blog


def test_a_copy_that_does_not_count_never_stands_for_a_story_that_has_others():
    copy = report("Mill", trust=Trust.PRIMARY, counted=False)
    wire = report("Wire One", trust=Trust.CORROBORATES)
    assert best(story(copy, wire)) is wire
    assert best(story(copy)) is copy


def test_a_docket_entry_is_told_in_its_own_words_and_not_by_the_name_of_the_case():
    assert told(docket_entry("ORDER granting motion")) == "ORDER granting motion"
    assert told(replace(docket_entry(""), title="SEC v. Harbor")) == "SEC v. Harbor"
    assert told(report(title="A headline", summary="More")) == "A headline"


def test_court_only_keeps_what_a_court_or_an_authority_says_itself():
    told_of = [
        story(report(at=on("2024-07-01"))),
        story(report(at=on("2024-08-01")), docket_entry("ORDER", at=on("2024-08-01"))),
    ]
    assert dates(told_of, court_only=True) == ["2025-05-29", "2024-08-01", "2023-06-05"]


@pytest.mark.parametrize(
    ("url", "official"),
    [
        ("https://www.sec.gov/a", True),
        ("https://ecf.dcd.uscourts.gov/x", True),
        ("https://www.gov.uk/x", True),
        ("https://www.fca.gov.uk/x", True),
        (PAPERS, True),
        ("https://law.justia.com/cases/x", True),
        ("https://verdict.justia.com/opinion", False),
        (PRESS, False),
        ("https://sec.gov.example/x", False),
        ("https://notsec-gov.example", False),
        ("https://[bad", False),
        ("", False),
    ],
)
def test_an_official_page_is_told_by_its_host(url, official):
    assert is_official(url) is official


def test_pages_cover_every_row_once_and_a_page_that_is_not_there_gives_the_nearest():
    told_of = [
        story(report(at=on(f"2024-{m:02}-{d:02}")), name=f"{m}-{d}")
        for m in (5, 6)
        for d in range(1, 16)
    ]
    whole = history(CASE, told_of, NOW)
    first = timeline(CASE, told_of, NOW)
    paged = [timeline(CASE, told_of, NOW, page=n + 1) for n in range(first.pages)]
    assert [row for page in paged for row in page.rows] == list(whole)
    assert all(len(page.rows) <= ROWS_PER_PAGE for page in paged)
    assert [page.first for page in paged] == [1, 9, 17, 25, 33]
    assert timeline(CASE, told_of, NOW, page=99).page == first.pages
    assert timeline(CASE, told_of, NOW, page=-3).page == 1


def test_what_must_not_ring_what_lies_ahead_and_what_has_no_source_is_left_out():
    bare = replace(CASE, milestones=(Milestone(date="2025-01-01", what="Said nobody", source=""),))
    told_of = [
        story(report(at=on("2024-07-01")), quiet="opinion"),
        story(report(at=on("2030-07-01"))),
    ]
    page = timeline(bare, told_of, NOW)
    assert (page.rows, page.pages, page.page, page.first, page.total) == ((), 1, 1, 0, 0)


DATES = st.from_regex(r"20[12]\d(-(0[1-9]|1[0-2])(-(0[1-9]|1\d|2[0-8]))?)?", fullmatch=True)
STORIES = st.lists(
    st.builds(
        lambda at, kind, n: story(report(at=at, event=kind), name=str(n)),
        st.datetimes(
            min_value=on("2015-01-01").replace(tzinfo=None),
            max_value=on("2026-01-01").replace(tzinfo=None),
        ).map(lambda at: at.replace(tzinfo=NOW.tzinfo)),
        st.sampled_from(EventKind),
        st.integers(0, 10**6),
    ),
    max_size=12,
)
MILESTONES = st.lists(
    st.builds(
        Milestone,
        date=DATES,
        what=st.text(max_size=5),
        source=st.sampled_from(["", PAPERS, PRESS]),
        event=st.none() | st.sampled_from(EventKind),
    ),
    max_size=12,
).map(tuple)


@given(STORIES, MILESTONES)
@settings(max_examples=80, deadline=None)
def test_every_milestone_and_development_stands_on_exactly_one_row_in_order(stories, milestones):
    rows = history(replace(CASE, milestones=milestones), stories, NOW)
    assert [row.date for row in rows] == sorted((row.date for row in rows), reverse=True)
    assert sum(row.milestone is not None for row in rows) == sum(bool(m.source) for m in milestones)
    shown = [id(row.story) for row in rows if row.story is not None]
    assert sorted(shown) == sorted(id(one) for one in stories if one.first_at <= NOW)


def test_the_order_does_not_hang_on_the_order_of_what_is_handed_over():
    told_of = [story(report(at=on("2024-07-01"), title=t), name=t) for t in "abc"]
    assert history(CASE, told_of, NOW) == history(CASE, told_of[::-1], NOW)


def test_a_court_feed_without_trust_in_it_is_not_taken_for_the_court():
    doubtful = report(kind=FeedKind.COURT, trust=Trust.CORROBORATES, at=on("2024-07-01"))
    assert "2024-07-01" not in dates([story(doubtful)], court_only=True)
