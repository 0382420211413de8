from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.matching import dockets


@pytest.mark.parametrize(
    "written",
    [
        "1:23-cv-01599-ABJ-ZMF",
        "1:23-cv-01599",
        "23-cv-1599",
        "No. 1:23-cv-01599",
        "Case No. 1:23-cv-01599 (ABJ)",
        "Civil Action No. 23-1599 (ABJ)",
        "1-23-cv-01599-ABJ",
        "1:23-01599",
        "23-1599 (ABJ)",
        "1:23-CV-1599",
        "1:2023cv01599",
        "23 Civ. 1599 (ABJ)",
        "1:23‑cv‑01599",
    ],
)
def test_every_way_to_write_a_district_number_is_the_same_number(written):
    assert dockets.normalise(written) == "23-cv-01599"
    assert [found[2] for found in dockets.find(f"In {written}, the court sat.")] == ["23-cv-01599"]


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("20 Civ. 10832 (AT)", "20-cv-10832"),
        ("24-cv-9842", "24-cv-09842"),
        ("24-cr-82", "24-cr-00082"),
        ("24 Cr. 82", "24-cr-00082"),
        ("8:26CV59", "26-cv-00059"),
        ("CV 124-115", "24-cv-00115"),
        ("1:22-md-03076-KMM", "22-md-03076"),
        ("1:24-cr-00082-RJL-1", "24-cr-00082"),
    ],
)
def test_courts_own_habits_of_numbering_are_understood(written, canonical):
    assert dockets.normalise(written) == canonical
    assert dockets.find(f"See {written}; more below.")[0][2] == canonical


def test_civil_and_criminal_numbers_differ():
    assert dockets.normalise("23-cv-430") != dockets.normalise("23-cr-430")


def test_an_appellate_number_keeps_its_short_form():
    assert dockets.normalise("No. 22-1142") == "22-1142"
    assert dockets.normalise("22-1142") == "22-1142"


def test_an_appellate_number_in_a_text_needs_a_word_that_announces_it():
    assert dockets.find("Appeal No. 22-1142 was argued") == ((11, 18, "22-1142"),)
    assert dockets.find("a 22-1142 split") == ()


def test_in_a_courts_own_feed_a_bare_number_counts():
    assert dockets.find("22-1142 Grey v. Blue", bare=True) == ((0, 7, "22-1142"),)
    assert dockets.find("16-10992-smb Sun Inc.", bare=True) == ((0, 12, "16-10992"),)


@pytest.mark.parametrize(
    "text",
    [
        "On 2023-09-18 the court sat",
        "18-09-2023",
        "open 9:30-1030 today",
        "open 10:30-11:00",
        "prices of 20-1500 (USD) apiece",
        "from $23-1599 (ABJ)",
        "a rise of 10-20% since 12-2023",
        "call 555-23-1599",
        "COVID-19-2020",
        "https://wire-one.example/2023-24-1234",
        "won 23-16, lost 10-1000",
    ],
)
def test_dates_times_prices_and_scores_are_no_dockets(text):
    assert dockets.find(text) == ()


def test_a_found_number_is_where_the_span_says():
    text = "The suit (1:23-cv-01599-ABJ) and No. 22-1142 go on"
    assert [text[start:end] for start, end, _ in dockets.find(text)] == [
        "1:23-cv-01599-ABJ",
        "22-1142",
    ]


@pytest.mark.parametrize(
    "text", ["", "Binance", "2023", "1:23", "cv-23", "23-cv-", "23-cv-1234567"]
)
def test_what_is_no_number_is_refused(text):
    assert dockets.normalise(text) is None


@given(st.text(alphabet="0123456789:-cvr. ()ABJNo#$", max_size=40))
def test_any_text_is_searched_without_overlap_and_what_is_found_is_normal(text):
    found = dockets.find(text, bare=True)
    assert all(one[1] <= two[0] for one, two in pairwise(found))
    assert all(dockets.normalise(number) == number for _, _, number in found)


@pytest.mark.parametrize(
    ("url", "case"),
    [
        ("https://ecf.dcd.uscourts.gov/cgi-bin/DktRpt.pl?256060", ("dcd", "256060")),
        ("https://ecf.dcd.uscourts.gov/cgi-bin/DktRpt.pl?256060-L_1_0-1", ("dcd", "256060")),
        ("http://ECF.DCD.uscourts.gov/cgi-bin/iqquerymenu.pl?256060", ("dcd", "256060")),
        ("https://ecf.nysd.uscourts.gov/doc1/12713?caseid=49&de_seq_num=2", ("nysd", "49")),
        (
            "https://ecf.cadc.uscourts.gov/n/beam/servlet/TransportRoom?caseNum=22-1142",
            ("cadc", "22-1142"),
        ),
    ],
)
def test_a_courts_link_names_the_court_and_its_own_case_id(url, case):
    assert dockets.court_case(url) == case


@pytest.mark.parametrize(
    "url",
    [
        "https://wire-one.example/cgi-bin/DktRpt.pl?256060",
        "https://ecf.dcd.uscourts.gov.wire-one.example/cgi-bin/DktRpt.pl?256060",
        "https://ecf.dcd.uscourts.gov/",
        "https://ecf.dcd.uscourts.gov/cgi-bin/rss_outside.pl",
        "https://[broken",
        "",
    ],
)
def test_other_links_name_no_case(url):
    assert dockets.court_case(url) is None
