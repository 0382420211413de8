from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.cases.citation import docket_number
from aggregator.cases.lookup import Found, NotFound, Several, find
from aggregator.cases.names import fold
from aggregator.model import Case, Milestone, Person

SEC = Case(
    slug="sec-v-binance",
    caption="Securities and Exchange Commission v. Binance Holdings Limited et al.",
    title="SEC v. Binance",
    court="dcd",
    court_name="U.S. District Court for the District of Columbia",
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
    slug="doe-v-roe",
    caption="Doe v. Roe",
    title="Doe v. Roe",
    court="nyed",
    court_name="U.S. District Court for the Eastern District of New York",
    docket="1:23-cv-01599",
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


@pytest.mark.parametrize(
    "number",
    [
        "23cv1599",
        "23cv01599",
        "1:23cv1599",
        "23 cv 1599",
        "23 - CV - 1599",
        "1:2023cv01599",
        "No. 23 Civ. 1599",
        "No. 23 Civ. 1599 (ABJ)",
        "Civil Action No. 1:23-cv-01599",
        "  1:23-cv-01599  ",
        "Case 1:23-cv-01599-ABJ-ZMF",
        "1:23–cv–01599",
    ],
)
def test_a_docket_number_is_read_as_people_type_it(number):
    assert find(number, CASES) == Found(case=SEC)


BOTH = {**CASES, TWIN.slug: TWIN}


@pytest.mark.parametrize(
    "query",
    [
        "D.D.C. 1:23-cv-01599",
        "DDC 23-cv-1599",
        "dcd 1:23-cv-01599",
        "1:23-cv-01599 (D.D.C.)",
        "1:23-cv-01599, D.D.C.",
        "SEC v. Binance Holdings Ltd., No. 1:23-cv-01599 (D.D.C. June 28, 2024)",
        "U.S. District Court for the District of Columbia, 1:23-cv-01599",
        "Binance 1:23-cv-01599",
    ],
)
def test_a_court_or_a_name_beside_a_docket_number_decides_between_two(query):
    assert find(query, BOTH) == Found(case=SEC)


@pytest.mark.parametrize(
    "query",
    [
        "E.D.N.Y. 1:23-cv-01599",
        "EDNY 23cv1599",
        "Eastern District of New York 1:23-cv-01599",
        "Doe, 23-cv-1599",
    ],
)
def test_the_same_number_in_the_other_court_is_the_other_case(query):
    assert find(query, BOTH) == Found(case=TWIN)


def test_a_docket_number_in_a_court_that_has_no_such_case_finds_nothing():
    assert isinstance(find("N.D. Ill. 1:23-cv-01599", BOTH), NotFound)


def test_an_appeal_is_found_by_its_number_with_or_without_its_court():
    appeal = Case(
        slug="a-v-b", caption="A v. B", title="A v. B", court="ca2", court_name="", docket="22-972"
    )
    for query in ("22-972", "No. 22-972", "22-972 (2d Cir.)", "Second Circuit No. 22-972"):
        assert find(query, {**CASES, "a-v-b": appeal}) == Found(case=appeal)


@pytest.mark.parametrize("number", ["1:23-cr-01599", "2:23-cv-01599", "1:24-cv-01599", "23-1598"])
def test_a_docket_number_that_differs_in_any_part_is_another_case(number):
    assert find(number, CASES) == NotFound()


def test_the_courts_own_link_opens_the_case():
    assert find("https://ecf.dcd.uscourts.gov/cgi-bin/DktRpt.pl?256060", CASES) == Found(case=SEC)


@pytest.mark.parametrize(
    "address",
    [
        "https://ecf.dcd.uscourts.gov/cgi-bin/DktRpt.pl?256060",
        "https://ecf.dcd.uscourts.gov/cgi-bin/DktRpt.pl?256060-L_1_0-1",
        "https://ecf.dcd.uscourts.gov/cgi-bin/iqquerymenu.pl?256060",
        "ecf.dcd.uscourts.gov/cgi-bin/DktRpt.pl?256060",
        "HTTPS://ECF.DCD.USCOURTS.GOV/cgi-bin/DktRpt.pl?256060",
        "DktRpt.pl?256060",
        "see https://ecf.dcd.uscourts.gov/cgi-bin/DktRpt.pl?256060.",
        "https://storage.courtlistener.com/recap/gov.uscourts.dcd.256060/gov.uscourts.dcd.256060.248.0.pdf",
        "https://law.justia.com/cases/federal/district-courts/dcdce/1:2023cv01599/256060/248/",
        "https://law.justia.com/cases/federal/district-courts/dcdce/1%3A2023cv01599/256060/",
        "https://docs.example/1_23-cv-01599/17.pdf",
        "https://www.courtlistener.com/docket/67474542/securities-and-exchange-commission-v-binance-holdings-limited/",
        "courtlistener.com/docket/67474542/248/securities-and-exchange-commission-v-binance-holdings-limited/",
        "https://www.courtlistener.com/docket/67474542/sec-v-binance-holdings-limited/?page=2#entry-9",
        "https://www.courtlistener.com/docket/67474542/securities-and-exchange-commission-v-binance/",
    ],
)
def test_a_link_to_the_court_or_to_a_copy_of_its_docket_opens_the_case(address):
    assert find(address, CASES) == Found(case=SEC)


@pytest.mark.parametrize(
    "address",
    [
        "https://ecf.nysd.uscourts.gov/cgi-bin/DktRpt.pl?256060",
        "https://ecf.dcd.uscourts.gov/cgi-bin/DktRpt.pl?25606",
        "https://storage.courtlistener.com/recap/gov.uscourts.nysd.256060/x.pdf",
        "https://www.courtlistener.com/docket/67474542/",
        "https://www.courtlistener.com/docket/1/binance-holdings-limited-v-securities-and-exchange-commission/",
        "https://www.courtlistener.com/docket/1/doe-v-kangaroo/",
        "https://wire-one.example/binance",
        "https://[bad",
        "https://",
        "courtlistener.com/docket/",
    ],
)
def test_a_link_to_something_else_opens_no_case(address):
    assert isinstance(find(address, CASES), NotFound)


def test_a_page_whose_number_is_on_file_opens_its_own_case_and_no_namesake():
    known = replace(
        RIPPLE, docket_source="https://www.courtlistener.com/docket/555/sec-v-ripple-labs-inc/"
    )
    cases = {known.slug: known}
    assert find("https://www.courtlistener.com/docket/555/", cases) == Found(case=known)
    assert find("https://www.courtlistener.com/docket/556/sec-v-ripple-labs-inc/", cases) == (
        NotFound()
    )


def test_the_page_that_a_fact_comes_from_opens_the_case():
    step = Milestone(date="2024", what="Ruling", source="https://www.wire-one.example/a?id=1")
    known = replace(SEC, milestones=(step,))
    assert find("http://wire-one.example/a?id=1#top", {known.slug: known}) == Found(case=known)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("binanse", "binance"),
        ("binnance", "binance"),
        ("bianance", "binance"),
        ("the binanse case", "binance"),
        ("rippel", "ripple"),
        ("SEC v Binanc", "SEC v. Binance"),
        ("Changpeng Zao", "Changpeng Zhao"),
        ("sec vs ripple lab", "SEC v. Ripple"),
    ],
)
def test_a_typing_error_gives_suggestions_and_no_case(typed, meant):
    found = find(typed, CASES)
    assert isinstance(found, NotFound)
    assert found.suggestions[0].name == meant


def test_the_case_that_bears_the_name_first_is_suggested_first():
    suggested = find("binanse", CASES)
    assert isinstance(suggested, NotFound)
    assert [one.case for one in suggested.suggestions] == [SEC, CFTC]


@pytest.mark.parametrize(
    "name", ["", "   ", "?!", "v", "the case of", "kangaroo", "\x00", "x" * 5000]
)
def test_what_names_nothing_finds_nothing(name):
    assert find(name, CASES) == NotFound()


@given(
    st.text(max_size=300)
    | st.text(alphabet="0123456789:-cvr .()", max_size=60)
    | st.text(alphabet="https://.[]courtlistenergovdk0123456789?&-", max_size=60).map(
        "https://courtlistener.com/docket/".__add__
    )
)
def test_any_text_is_looked_up_without_failing_and_folding_is_stable(text):
    assert isinstance(find(text, CASES), Found | Several | NotFound)
    assert fold(fold(text)) == fold(text)


@given(st.integers(1, 9), st.integers(0, 99), st.integers(1, 99_999))
def test_a_docket_number_survives_its_own_form(office, year, number):
    read = docket_number(f"{office}:{year:02}-cv-{number:05}")
    assert read is not None
    assert (read.office, read.year, read.kind, read.number) == (office, year, "cv", number)


LETTERED = replace(
    RIPPLE, slug="doe-v-acme", title="Doe v. Acme", caption="Doe v. Acme d/b/a QX Coin", aliases=()
)


@pytest.mark.parametrize("name", ["b", "a*", '"><b>', "<b>", "d", "a b", "qx"])
def test_a_letter_or_a_fragment_of_a_name_opens_no_case(name):
    assert isinstance(find(name, {LETTERED.slug: LETTERED}), NotFound)


def test_a_fragment_of_two_letters_suggests_the_cases_that_bear_it():
    assert [one.case for one in find("qx", {LETTERED.slug: LETTERED}).suggestions] == [LETTERED]
    assert find("b", {LETTERED.slug: LETTERED}).suggestions == ()


def test_a_whole_alias_of_two_letters_opens_its_case():
    assert find("cz", CASES).case is SEC
