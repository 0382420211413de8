from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.cases.chart import chart_data
from aggregator.cases.timeline import timeline
from aggregator.model import Button, EventKind, Milestone
from aggregator.telegram.render_timeline import chart
from aggregator.telegram.render_timeline import timeline as render
from tests.casefile import CASE, NOW, PAPERS, docket_entry, on, report, story
from tests.fake_telegram import read_html
from tests.goldens import is_golden, shown

STORIES = (
    story(report("Wire One", event=EventKind.RULING, at=on("2025-05-29", 18)), report("Gazette")),
    story(docket_entry("MINUTE ORDER setting a hearing", at=on("2025-06-02", 15))),
    story(report("Wire <Two>", "Harbor & SEC spar", event=EventKind.HEARING, at=on("2024-07-01"))),
)
MANY = tuple(
    story(report(title=f"Report {n}", at=NOW - timedelta(days=n)), name=f"{n:03}")
    for n in range(30)
)


def texts(message):
    return [[button.text for button in row] for row in message.buttons]


@pytest.mark.parametrize("court_only", [False, True])
def test_a_timeline_looks_as_it_is_kept(court_only):
    message = render(timeline(CASE, STORIES, NOW, court_only=court_only))
    assert is_golden(f"timeline{'-court' if court_only else ''}.txt", shown(message))


def test_a_chart_carries_its_words_as_it_is_kept():
    weeks = [(date(2025, 5, 26), 7), (date(2025, 6, 2), 2)]
    message = chart(chart_data(CASE, weeks, STORIES, NOW), CASE.slug, "chart-1.png")
    assert is_golden("chart.txt", shown(message))


def test_an_event_is_a_ruling_only_when_a_court_or_authority_says_so():
    text = read_html(render(timeline(CASE, STORIES, NOW)).html).text
    assert "29 May 2025 · Ruling\n" in text
    assert "Mar 2024 · Reported: stay\n" in text
    assert "Reported: hearing" in text


def test_a_row_of_both_carries_both_links():
    page = read_html(render(timeline(CASE, STORIES, NOW)).html)
    assert ("courtlistener.com", PAPERS) in page.links
    assert "courtlistener.com · Wire One, also reported by 1 outlet" in page.text


def test_the_buttons_lead_to_the_pages_there_are():
    first, middle, last = (render(timeline(CASE, MANY, NOW, page=n)) for n in (1, 2, 5))
    assert texts(first) == [["Older"], ["Court only", "Case"]]
    assert texts(middle) == [["Newer", "Older"], ["Court only", "Case"]]
    assert texts(last) == [["Newer"], ["Court only", "Case"]]
    assert [one.data for row in middle.buttons for one in row] == [
        "v1:tl:1:a:sec-v-harbor",
        "v1:tl:3:a:sec-v-harbor",
        "v1:tl:1:c:sec-v-harbor",
        "v1:case:sec-v-harbor",
    ]


def test_the_toggle_leads_back_to_all_events_and_pages_keep_it():
    entries = [story(docket_entry(f"Order {n}", at=NOW - timedelta(days=n))) for n in range(20)]
    message = render(timeline(CASE, entries, NOW, page=2, court_only=True))
    assert texts(message) == [["Newer", "Older"], ["All events", "Case"]]
    assert message.buttons[0][1].data == "v1:tl:3:c:sec-v-harbor"
    assert message.buttons[1][0].data == "v1:tl:1:a:sec-v-harbor"


def test_whoever_shows_the_page_may_make_its_buttons():
    def button(text, page, court_only):
        return [Button(text=text, data=f"x:{page}:{court_only}")]

    message = render(timeline(CASE, MANY, NOW), button)
    assert message.buttons[0][0].data == "x:2:False"


def test_a_slug_too_long_for_a_button_leaves_the_button_out():
    long = replace(CASE, slug="s" * 60)
    assert render(timeline(long, MANY, NOW)).buttons == ()


def test_an_empty_timeline_says_so():
    bare = replace(CASE, milestones=())
    assert "Nothing on file yet." in render(timeline(bare, (), NOW)).html
    court = render(timeline(bare, (), NOW, court_only=True)).html
    assert "Nothing from a court or an authority on file yet." in court


HOSTILE = (
    st.text(max_size=400)
    | st.text(alphabet="<>&\"'/@.: \n\u202e\u0301אa", max_size=400)
    | st.just("http://a.b/" * 60)
)


@given(
    st.lists(st.tuples(HOSTILE, HOSTILE, HOSTILE), min_size=1, max_size=10),
    HOSTILE,
    st.booleans(),
)
@settings(max_examples=50, deadline=None)
def test_a_page_of_any_text_is_one_message_that_telegram_takes(texts_, title, court_only):
    case = replace(
        CASE,
        title=title,
        milestones=tuple(
            Milestone(date="2024-01-01", what=what, source=source, event=EventKind.RULING)
            for what, source, _ in texts_
        ),
    )
    told = [
        story(
            report(outlet, what, at=on("2024-01-01"), event=EventKind.RULING, url=source),
            name=str(n),
        )
        for n, (what, source, outlet) in enumerate(texts_)
    ]
    page = read_html(render(timeline(case, told, NOW, court_only=court_only)).html)
    assert 0 < len(page.text) <= 3800
    assert len(page.tags) <= 90
    assert len(page.links) <= 2 * 8
    caption = read_html(chart(chart_data(case, [], told, NOW), "x", "c.png").html)
    assert len(caption.text) <= 1024
