import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.feeds.clean import canonical_url, plain_text, tidy, title_key


def text_of(markup: str, chars_max: int = 500) -> str:
    return plain_text(markup, chars_max=chars_max)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Food &amp; Water", "Food & Water"),
        ("AT&amp;T", "AT&T"),
        ("AT&T", "AT&T"),
        ("&lt;b&gt; is a tag", "<b> is a tag"),
        ("Wire One&amp;#8217;s desk", "Wire One’s desk"),
        ("Wire One&amp;rsquo;s desk", "Wire One’s desk"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("&nbsp;Order&nbsp;entered&reg;", "Order entered®"),
        ("R&D &co; R&amp;D", "R&D &co; R&D"),
    ],
)
def test_e05_entities_are_decoded_the_right_number_of_times(markup, text):
    assert text_of(markup) == text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>one</p><p>two<br/>three</p>", "one two three"),
        ("Wire<b>One</b>", "WireOne"),
        ("[Order] (<a href='https://court.example/1'>12</a>)", "[Order] (12)"),
        ("a<script>alert(1)</script><style>p{}</style><!-- note --> b", "a b"),
        ("<img src=x onerror=alert(1)>after", "after"),
        ("<ul><li>one</li><li>two</li></ul>", "one two"),
        ("unclosed <a href='x", "unclosed"),
    ],
)
def test_markup_goes_and_blocks_part_words(markup, text):
    assert text_of(markup) == text


@pytest.mark.parametrize("text", ["5 < 6 and 7 > 3", "<3 this", "x <y> z", "a << b", "<Wire> One"])
def test_e02_a_less_than_sign_that_opens_no_tag_is_text(text):
    assert text_of(text) == text


def test_plain_text_keeps_what_looks_like_a_tag():
    assert plain_text("use <b> &amp; <i>", chars_max=99, is_html=False) == "use <b> & <i>"


@pytest.mark.parametrize(
    ("broken", "right"),
    [
        ("SECâ€™s filing", "SEC’s filing"),
        ("cafÃ© owner", "café owner"),
        ("SECโ€™s filing", "SEC’s filing"),
        ("β€œno rulingβ€\x9d", "“no ruling”"),
    ],
)
def test_e04_provable_mojibake_is_repaired(broken, right):
    assert text_of(broken) == right


@pytest.mark.parametrize(
    "text",
    ["naïve café", "“quoted”", "SÃO PAULO".replace("Ã", "Ã"), "Zürich", "Β§ 5", "Москва", "日本",
     "prix : 5 €", "ÅÄÖ", "ГОСТ №5", "ไทย €5"],
)  # fmt: skip
def test_e04_text_that_may_have_been_meant_is_left_alone(text):
    assert text_of(text) == unicodedata.normalize("NFC", text)


def test_controls_bidi_and_invisible_characters_go():
    hostile = "a\u202eb\u2066c\u200bd\x00e\x1bf\ufeffg\u00adh\U000e0041i\u200fj"
    assert tidy(hostile, chars_max=99) == "abcdefghij"


def test_a_joiner_goes_between_latin_letters_and_stays_in_an_emoji():
    assert tidy("Bin\u200dance 👩\u200d⚖️", chars_max=99) == "Binance 👩\u200d⚖️"


def test_stacked_marks_are_cut_and_accents_composed():
    assert tidy("e\u0301" + "o" + "\u0300" * 500, chars_max=99) == "é" + "ò" + "\u0300" * 2


def test_white_space_of_every_sort_becomes_one_blank():
    assert tidy(" a\u00a0\u2003b\r\n\tc\u2028d\x0b ", chars_max=99) == "a b c d"


def test_a_long_text_is_cut_at_a_word_and_says_so():
    assert tidy("one two three four", chars_max=15) == "one two three…"
    assert tidy("x" * 50, chars_max=10) == "x" * 9 + "…"
    assert tidy("one two three four", chars_max=18) == "one two three four"


@given(st.text(alphabet=st.characters(), max_size=300), st.integers(2, 100))
def test_tidying_twice_is_tidying_once(text: str, chars_max: int):
    once = tidy(text, chars_max=chars_max)
    assert tidy(once, chars_max=chars_max) == once
    assert len(once) <= chars_max


@given(st.text(max_size=300))
def test_plain_text_is_one_line_of_nfc_without_controls(text: str):
    plain = text_of(text)
    assert plain == " ".join(plain.split())
    assert unicodedata.is_normalized("NFC", plain)
    assert not any(unicodedata.category(char) in {"Cc", "Cs"} for char in plain)


@pytest.mark.parametrize(
    "hostile",
    ["<div>" * 200_000, "<a " * 200_000, "<" * 500_000, "&" * 500_000, "&amp;" * 200_000,
     "<b><table><a>" * 50_000, "\u0300" * 500_000, "a " * 500_000, "<!--" * 100_000,
     "Ã" * 500_000],
)  # fmt: skip
def test_hostile_markup_takes_no_time(hostile):
    started = time.process_time()
    assert len(text_of(hostile)) <= 500
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "url",
    [
        "https://wire-one.example/2023/09/ruling",
        "http://wire-one.example/2023/09/ruling/",
        "https://www.wire-one.example/2023/09/ruling?utm_source=rss&utm_medium=referral",
        "HTTPS://Wire-One.example:443/2023/09/ruling#comments",
        "https://amp.wire-one.example/2023/09/ruling/amp/?fbclid=xyz",
        "http://wire-one.example:80/2023/09/ruling?outputType=amp",
    ],
)
def test_links_to_one_page_have_one_canonical_form(url):
    assert canonical_url(url) == "https://wire-one.example/2023/09/ruling"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://court.example/DktRpt.pl?256060", "https://court.example/DktRpt.pl?256061"),
        ("https://court.example/a?id=1", "https://court.example/a?id=2"),
        ("https://court.example/A", "https://court.example/a"),
        ("https://one.example/a", "https://two.example/a"),
        ("https://one.example:8443/a", "https://one.example/a"),
        ("https://one.example/camp", "https://one.example/c"),
    ],
)
def test_links_to_two_pages_stay_two(one, other):
    assert canonical_url(one) != canonical_url(other)


def test_the_order_of_parameters_makes_no_difference():
    assert canonical_url("https://x.example/?b=2&a=1") == canonical_url(
        "https://x.example/?a=1&b=2"
    )


@given(st.text(max_size=60))
def test_canonical_urls_are_their_own_canonical_form(rest: str):
    for url in (f"https://wire-one.example/{rest}", rest):
        once = canonical_url(url)
        assert canonical_url(once) == once


@pytest.mark.parametrize(
    "title",
    [
        "Judge makes no ruling in exchange's document dispute",
        "JUDGE MAKES NO RULING IN EXCHANGE’S DOCUMENT DISPUTE!",
        "Judge Makes No Ruling in Exchange's Document Dispute - WireOne",
        "Judge Makes No Ruling in Exchange's Document Dispute | Wire One Legal",
        "Judge makes no ruling in exchange's document dispute – The Daily Wire",
        "Judge makes no ruling in “exchange's” document dispute — Harbour Times",
    ],
)
def test_the_same_words_have_the_same_title_key(title):
    assert title_key(title) == "judge makes no ruling in exchange s document dispute"


def test_a_named_outlet_is_stripped_whatever_it_is_called():
    title = "Judge makes no ruling in the dispute - wire of the seven seas"
    assert title_key(title, outlet="Wire of the Seven Seas") == title_key(title.partition(" - ")[0])


@pytest.mark.parametrize(
    "title",
    [
        "SEC v. Exchange - judge denies request",
        "Judge denies the agency's request - Exchange wins",
        "Judge denies the agency's request - Exchange Wins",
        "Ruling - Reaction",
    ],
)
def test_a_title_in_two_halves_keeps_both(title):
    assert title_key(title) == title_key(title.replace(" - ", " "))
