from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.cases.lookup import Found, NotFound, Several, docket_number, find
from aggregator.cases.names import fold
from aggregator.model import Case, Person

SEC = Case(
    slug="sec-v-binance",
    caption="Securities and Exchange Commission v. Binance Holdings Limited et al.",
    title="SEC v. Binance",
    court="dcd",
    docket="1:23-cv-01599",
    court_case_id="256060",
    aliases=("SEC v. Binance.US", "Binance", "Binance.US", "BAM Trading", "CZ"),
    primary_aliases=("binance",),
    parties=(
        Person(name="Binance Holdings Limited", role="defendant"),
        Person(name="Changpeng Zhao", role="defendant"),
    ),
)
CFTC = Case(
    slug="cftc-v-binance",
    caption="Commodity Futures Trading Commission v. Changpeng Zhao et al.",
    title="CFTC v. Binance",
    court="ilnd",
    docket="1:23-cv-01887",
    aliases=("CFTC v. Zhao",),
    parties=(Person(name="Changpeng Zhao", role="defendant"),),
)
RIPPLE = Case(
    slug="sec-v-ripple",
    caption="Securities and Exchange Commission v. Ripple Labs, Inc. et al.",
    title="SEC v. Ripple",
    court="nysd",
    docket="1:20-cv-10832",
    aliases=("XRP case",),
)
TWIN = Case(
    slug="doe-v-roe", caption="Doe v. Roe", title="Doe v. Roe", court="nyed", docket="1:23-cv-01599"
)
CASES = {case.slug: case for case in (SEC, CFTC, RIPPLE)}


@pytest.mark.parametrize(
    "name",
    [
        "sec-v-binance",
        "SEC v. Binance",
        "sec vs Binance",
        "SEC versus BINANCE",
        "SEC v Binance.US",
        "securities and exchange commission v. binance holdings limited et al",
        "bam trading",
        "BinanceUS",
        "binance us",
        " cz ",
        "ＣＺ",
    ],
)
def test_a_case_is_found_by_slug_title_caption_and_alias_however_it_is_written(name):
    found = find(name, CASES)
    assert isinstance(found, Found)
    assert found.case is SEC


def test_a_primary_alias_opens_its_case_with_the_other_matters_beside_it():
    assert find("Binance", CASES) == Found(case=SEC, others=(CFTC,))


def test_a_primary_alias_wins_over_the_alias_of_another_case():
    other = Case(slug="x-v-y", caption="X v. Y", title="X v. Y", aliases=("binance",))
    assert find("binance", {**CASES, "x-v-y": other}) == Found(case=SEC, others=(CFTC, other))


def test_a_party_of_two_cases_gives_both():
    assert find("Changpeng Zhao", CASES) == Several(cases=(CFTC, SEC))


def test_words_that_one_case_bears_open_it_and_words_of_several_ask():
    assert find("ripple labs", CASES) == Found(case=RIPPLE)
    assert find("the ripple case", CASES) == Found(case=RIPPLE)
    assert find("securities exchange commission", CASES) == Several(cases=(SEC, RIPPLE))


@pytest.mark.parametrize(
    "number",
    [
        "1:23-cv-01599-ABJ-ZMF",
        "1:23-cv-01599-ABJ",
        "1:23-cv-01599",
        "23-cv-1599",
        "23-1599 (ABJ)",
        "1:23-01599",
        "1-23-cv-01599-ABJ",
        "No. 1:23-cv-01599",
        "Case No. 23-cv-1599",
        "case 23-CV-1599",
        "Docket No. 1:23-cv-01599 (ABJ-ZMF)",
        "1:23‑cv‑01599",
        "2023-cv-1599",
        "#23-cv-01599",
    ],
)
def test_a_docket_number_is_read_in_every_form(number):
    assert find(number, CASES) == Found(case=SEC)


def test_a_docket_number_in_the_reporters_form_is_read():
    assert find("20 Civ. 10832 (AT)", CASES) == Found(case=RIPPLE)


def test_a_docket_number_of_two_districts_gives_both_cases():
    assert find("1:23-cv-01599", {**CASES, TWIN.slug: TWIN}) == Several(cases=(TWIN, SEC))


@pytest.mark.parametrize("number", ["1:23-cr-01599", "2:23-cv-01599", "1:24-cv-01599", "23-1598"])
def test_a_docket_number_that_differs_in_any_part_is_another_case(number):
    assert find(number, CASES) == NotFound()


def test_the_courts_own_link_opens_the_case():
    assert find("https://ecf.dcd.uscourts.gov/cgi-bin/DktRpt.pl?256060", CASES) == Found(case=SEC)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("binanse", "binance"), ("rippel", "ripple"), ("SEC v Binanc", "SEC v. Binance")],
)
def test_a_typing_error_gives_suggestions_and_no_case(typed, meant):
    found = find(typed, CASES)
    assert isinstance(found, NotFound)
    assert found.suggestions[0].name == meant


@pytest.mark.parametrize(
    "name", ["", "   ", "?!", "v", "the case of", "kangaroo", "\x00", "x" * 5000]
)
def test_what_names_nothing_finds_nothing(name):
    assert find(name, CASES) == NotFound()


@given(st.text(max_size=300))
def test_any_text_is_looked_up_without_failing_and_folding_is_stable(text):
    assert isinstance(find(text, CASES), Found | Several | NotFound)
    assert fold(fold(text)) == fold(text)


@given(st.integers(1, 9), st.integers(0, 99), st.integers(1, 99_999))
def test_a_docket_number_survives_its_own_form(office, year, number):
    read = docket_number(f"{office}:{year:02}-cv-{number:05}")
    assert read is not None
    assert (read.office, read.year, read.kind, read.number) == (office, year, "cv", number)
