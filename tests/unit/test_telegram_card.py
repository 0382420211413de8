from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.cases.card import card
from aggregator.cases.sources import watched
from aggregator.model import Case, Gap, Milestone, Person
from aggregator.telegram.render_case import card as render
from aggregator.telegram.render_case import sources
from tests import casefile
from tests.fake_telegram import read_html
from tests.goldens import is_golden
from tests.goldens import shown as golden

NOW = datetime(2025, 6, 10, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SOURCE = "https://docket.example/1?a=1&b=2"
CASE = Case(
    slug="sec-v-binance",
    caption="Securities and Exchange Commission v. Binance Holdings Limited",
    title="SEC v. Binance",
    court="dcd",
    court_name="D.D.C.",
    docket="1:23-cv-01599",
    docket_source=SOURCE,
    judges=(Person(name="Amy Berman Jackson", role="judge"),),
    parties=(
        Person(name="Securities and Exchange Commission", role="plaintiff"),
        Person(name="Binance Holdings Limited", role="defendant"),
    ),
    status="dismissed with prejudice",
    status_date="2025-05-29",
    status_source=SOURCE,
    closed=True,
    filed="2023-06-05",
    milestones=(
        Milestone(date="2023-06-05", what="Complaint filed", source=SOURCE),
        Milestone(date="2025-02", what="Case stayed", source=SOURCE),
    ),
)


def shown(case, coverage=(47, 12), **options):
    options = {"followed": False, **options}
    return render(card(case, (), coverage, NOW), **options)


def test_a_card_says_what_is_on_file_with_its_sources():
    message = shown(CASE)
    html = read_html(message.html)
    assert html.text == (
        "Securities and Exchange Commission v. Binance Holdings Limited\n"
        "Status: Closed, dismissed with prejudice, as of 29 May 2025 (source)\n"
        "Court: D.D.C.\n"
        "Docket: 1:23-cv-01599 (source)\n"
        "Judge: Amy Berman Jackson\n"
        "Filed: 5 Jun 2023\n"
        "Parties: Securities and Exchange Commission (plaintiff); Binance Holdings Limited "
        "(defendant)\n"
        "\n"
        "Latest\n"
        "Feb 2025: Case stayed (source)\n"
        "5 Jun 2023: Complaint filed (source)\n"
        "\n"
        "47 articles from 12 outlets. Not legal advice."
    )
    assert set(html.links) == {("source", SOURCE)}


def test_what_is_not_on_file_is_said_to_be_so():
    bare = Case(slug="x-v-y", caption="X v. Y", title="X v. Y")
    text = read_html(shown(bare, (1, 1)).html).text
    for label in ("Status", "Court", "Docket", "Judge", "Filed", "Parties"):
        assert f"{label}: not on file" in text
    assert "Latest\nnot on file" in text
    assert "1 article from 1 outlet." in text


def test_an_open_case_is_not_called_closed():
    case = replace(CASE, closed=False, status="discovery under way")
    assert "Status: discovery under way, as of 29 May 2025" in read_html(shown(case).html).text


def test_other_matters_are_named_and_get_a_button_each_up_to_six():
    others = [Case(slug=f"c-{n}", caption="C", title=f"Case {n}") for n in range(9)]
    message = shown(CASE, others=others)
    assert [[b.text for b in row] for row in message.buttons] == [
        ["Timeline", "Chart"],
        ["Follow", "Sources"],
        *([f"Case {n}"] for n in range(6)),
    ]
    text = read_html(message.html).text
    assert "Other matters: Case 0; Case 1; Case 2; Case 3; Case 4; Case 5; and 3 more" in text


def test_a_slug_too_long_for_a_button_leaves_the_buttons_out():
    long = replace(CASE, slug="s" * 64)
    assert shown(long).buttons == ()


def watched_lines(*feeds, states=casefile.STATES, case=casefile.CASE, gaps=()):
    seen = watched(case, feeds, states, NOW, gaps)
    message = render(card(case, (), (1, 1), NOW), followed=False, watched=seen)
    return read_html(message.html).text.split("Watched\n")[1].split("\n\n")[0].split("\n")


def test_the_card_says_when_the_courts_feed_was_read_and_that_it_is_not_the_docket():
    assert watched_lines(*casefile.FEEDS) == [
        "D.D.C. court feed read 3 min ago, not every entry type"
    ]


def test_the_card_says_what_is_read_where_the_docket_is_not_watched():
    feeds = (casefile.RELEASES, casefile.WIRE)
    assert watched_lines(*feeds) == ["Docket not watched: press and SEC releases only"]
    assert watched_lines(casefile.WIRE) == ["Docket not watched: press only"]
    assert watched_lines(casefile.WIRE, casefile.FOREIGN) == [
        "Docket not watched: press and other authorities' releases only"
    ]
    assert watched_lines() == ["Docket not watched: no source is read"]


def test_the_card_says_since_when_a_failing_court_feed_is_blind():
    failing = {casefile.DOCKET.id: casefile.read(casefile.DOCKET, timedelta(hours=2), failures=3)}
    assert watched_lines(casefile.DOCKET, states=failing) == [
        "D.D.C. court feed cannot be read: blind since 10 Jun 2025, 10:00 UTC"
    ]
    never = {casefile.DOCKET.id: casefile.read(casefile.DOCKET, None, failures=3)}
    assert watched_lines(casefile.DOCKET, states=never) == [
        "D.D.C. court feed cannot be read: never read so far"
    ]
    assert watched_lines(casefile.DOCKET, states={}) == ["D.D.C. court feed not read yet"]


def test_a_court_feed_nobody_asked_for_in_a_while_is_late():
    late = {casefile.DOCKET.id: casefile.read(casefile.DOCKET, timedelta(hours=3))}
    assert watched_lines(casefile.DOCKET, states=late) == [
        "D.D.C. court feed read 3 h ago, late, not every entry type"
    ]


def test_a_court_feed_that_failed_once_says_so_and_is_not_blind_yet():
    once = {casefile.DOCKET.id: casefile.read(casefile.DOCKET, timedelta(minutes=9), failures=1)}
    assert watched_lines(casefile.DOCKET, states=once) == [
        "D.D.C. court feed read 9 min ago, the last try failed, not every entry type"
    ]


def test_opinions_alone_are_not_called_the_docket():
    states = {casefile.OPINIONS.id: casefile.read(casefile.OPINIONS, timedelta(minutes=3))}
    assert watched_lines(casefile.OPINIONS, casefile.WIRE, states=states) == [
        "D.D.C. opinions feed read 3 min ago, opinions only",
        "Docket not watched: press only",
    ]


def test_a_possible_loss_is_told_with_its_time_and_reason():
    gap = Gap(
        feed_id=casefile.DOCKET.id,
        why="it fell",
        since=NOW - timedelta(hours=9),
        until=NOW - timedelta(hours=8),
        opened=NOW,
    )
    lasting = replace(gap, feed_id="", until=None)
    assert watched_lines(casefile.DOCKET, gaps=(gap, lasting))[1:] == [
        "Possible loss 03:00 to 04:00 on feed D.D.C. docket, 10 Jun 2025 UTC: it fell",
        "Possible loss 03:00 until now on every feed, 10 Jun 2025 UTC: it fell",
    ]


def test_later_developments_are_said_to_put_the_status_in_doubt():
    told = [
        casefile.story(casefile.report(at=NOW - timedelta(days=days)), name=str(days))
        for days in (1, 2, 3)
    ]
    text = read_html(render(card(CASE, told, (3, 1), NOW), followed=False).html).text
    assert "as of 29 May 2025 (source)\n3 later reports may have changed this\n" in text
    one = read_html(render(card(CASE, told[:1], (1, 1), NOW), followed=False).html).text
    assert "1 later report may have changed this" in one


def test_charges_are_called_allegations_and_no_role_is_a_judgment():
    text = read_html(shown(casefile.CHARGED).html).text
    assert "Charges are allegations." in text
    assert "Charges" not in read_html(shown(CASE).html).text
    branded = replace(CASE, parties=(Person(name="Jane Quill", role="fraudster"),))
    assert "Parties: Jane Quill\n" in read_html(shown(branded).html).text


def test_the_sources_page_gives_each_fact_its_page_and_says_who_reported():
    seen = watched(casefile.CASE, casefile.FEEDS, casefile.STATES, NOW)
    told = [casefile.story(casefile.report("Wire One"), casefile.report("Gazette <Two>"))]
    page = read_html(sources(casefile.CASE, seen, told).html)
    assert "Status: Motion to dismiss denied in part, discovery under way (courtlistener.com)" in (
        page.text
    )
    assert "Press: 2 of 2 feeds read on time" in page.text
    assert "Read for this case\nGazette <Two>, Wire One" in page.text
    assert ("courtlistener.com", casefile.PAPERS) in page.links


def test_the_sources_page_names_the_feeds_that_are_blind():
    states = {casefile.WIRE.id: casefile.read(casefile.WIRE, timedelta(hours=2), failures=3)}
    seen = watched(casefile.CASE, [casefile.WIRE], states, NOW)
    text = read_html(sources(casefile.CASE, seen, ()).html).text
    assert "Press: 0 of 1 feeds read on time; blind: Wire One since 10 Jun 2025, 10:00 UTC" in text


CARD_STORIES = (
    casefile.story(
        casefile.docket_entry("MINUTE ORDER setting a status conference", at=NOW),
        casefile.report("Wire One", at=NOW),
    ),
    casefile.story(
        casefile.report("Wire <One>", title="Harbor & SEC spar over papers", at=NOW - DAY)
    ),
)


@pytest.mark.parametrize(
    ("name", "case", "stories"),
    [("card", casefile.CASE, CARD_STORIES), ("card-charged", casefile.CHARGED, ())],
)
def test_a_card_looks_as_it_is_kept(name, case, stories):
    seen = watched(case, casefile.FEEDS, casefile.STATES, NOW)
    other = Case(slug="harbor-v-fed", caption="Harbor v. Fed", title="Harbor v. Fed")
    message = render(card(case, stories, (3, 2), NOW), followed=False, others=[other], watched=seen)
    assert is_golden(f"{name}.txt", golden(message))


def test_the_sources_page_looks_as_it_is_kept():
    seen = watched(casefile.CASE, casefile.FEEDS, casefile.STATES, NOW)
    message = sources(casefile.CASE, seen, CARD_STORIES)
    assert is_golden("sources.txt", golden(message))


TEXT = st.text(max_size=500) | st.text(alphabet="<>&\"'/@.: \n\u202eא", max_size=500)
PEOPLE = st.lists(st.builds(Person, name=TEXT, role=TEXT, source=TEXT), max_size=12).map(tuple)


@given(
    case=st.builds(
        Case,
        slug=st.text(max_size=80),
        caption=TEXT,
        title=TEXT,
        court_name=TEXT,
        docket=TEXT,
        docket_source=TEXT,
        judges=PEOPLE,
        parties=PEOPLE,
        status=TEXT,
        status_date=TEXT,
        status_source=TEXT,
        closed=st.booleans(),
        milestones=st.lists(
            st.builds(Milestone, date=st.text(max_size=10), what=TEXT, source=TEXT), max_size=8
        ).map(tuple),
    )
)
@settings(max_examples=60, deadline=None)
def test_a_card_of_any_text_is_one_message_that_telegram_takes(case):
    seen = watched(case, casefile.FEEDS, casefile.STATES, NOW)
    told = [casefile.story(casefile.report(case.title, case.caption))]
    for message in (
        render(card(case, told, (1, 1), NOW), followed=False, others=[case], watched=seen),
        sources(case, seen, told),
    ):
        page = read_html(message.html)
        assert 0 < len(page.text) <= 3800
        assert len(page.tags) <= 90
        assert len(message.html.encode()) <= 32_768
        assert all(len(b.data.encode()) <= 64 and b.text for row in message.buttons for b in row)
