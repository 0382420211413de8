import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.matching import text


def test_no_character_changes_the_length_when_compared():
    grown = [
        char
        for char in map(chr, range(sys.maxunicode + 1))
        if len(text.normalise(char)) != 1 and not 0xD800 <= ord(char) < 0xE000
    ]
    assert grown == []


@given(st.text())
def test_normalising_keeps_the_length_and_settles_at_once(line):
    once = text.normalise(line)
    assert len(once) == len(line)
    assert text.normalise(once) == once


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("SEC’s", "sec's"),
        ("“Fraud”", '"fraud"'),
        ("Binance‑linked", "binance-linked"),
        ("2020–2023", "2020-2023"),
        ("one\u00a0word", "one word"),
        ("one\nword", "one word"),
        ("СУД", "суд"),
        ("ΟΔΟΣ", "οδοσ"),
    ],
)
def test_quotes_hyphens_spaces_and_case_are_made_plain(written, compared):
    assert text.normalise(written) == compared


def test_an_em_dash_parts_and_is_no_hyphen():
    assert text.straighten("Binance—which") == "Binance—which"


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Zu\u0308rich", "Zürich"),
        ("Bi\u200bnance", "Binance"),
        ("co\u00adurt", "court"),
        ("two  blanks", "two blanks"),
        ("SECâ€™s", "SEC's"),
        ("SECโ€™s", "SEC's"),
        ("SECβ€™s", "SEC's"),
        ("SECвЂ™s", "SEC's"),
        ("caseâ€”now", "case—now"),
        ("\u1112\u1161\u11ab", "한"),
    ],
)
def test_folding_composes_and_drops_what_nobody_sees(written, folded):
    assert text.fold(written).text == folded


def test_a_place_in_folded_text_leads_back_to_the_original():
    written = "in  Zu\u0308rich\u200b today"
    folded = text.fold(written)
    start = folded.text.index("Zürich")
    begin, end = folded.original(start, start + len("Zürich"))
    assert written[begin:end] == "Zu\u0308rich"


@given(st.text())
def test_every_folded_character_comes_from_somewhere_in_order(line):
    folded = text.fold(line)
    places = [folded.original(at, at + 1) for at in range(len(folded.text))]
    assert all(0 <= start < end <= len(line) for start, end in places)
    assert places == sorted(places)


@given(st.text(alphabet="aeuAU\u0308\u0301 -’"))
def test_composed_and_decomposed_text_fold_alike(line):
    composed = unicodedata.normalize("NFC", line)
    decomposed = unicodedata.normalize("NFD", line)
    assert text.fold(composed).text == text.fold(decomposed).text
