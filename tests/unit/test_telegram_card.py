from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.cases.card import card
from aggregator.model import Case, Milestone, Person
from aggregator.telegram.render_case import card as render
from tests.fake_telegram import read_html

NOW = datetime(2025, 6, 10, 12, 0, tzinfo=UTC)
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
        "Judge: Amy Berman Jackson (judge)\n"
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


def test_other_matters_get_a_button_each_up_to_six():
    others = [Case(slug=f"c-{n}", caption="C", title=f"Case {n}") for n in range(9)]
    buttons = [b.text for row in shown(CASE, others=others).buttons for b in row]
    assert buttons == ["Follow", *(f"Case {n}" for n in range(6))]


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
    message = shown(case, others=[case])
    assert 0 < len(read_html(message.html).text) <= 4096
    assert len(message.html.encode()) <= 32_768
    assert all(len(b.data.encode()) <= 64 and b.text for row in message.buttons for b in row)
