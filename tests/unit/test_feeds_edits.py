import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.feeds.edits import content_hash, is_edit

TITLE = "Judge rejects SEC request to inspect Binance.US software"
TEXT = "A judge was not inclined to allow the inspection. The next hearing is on Oct. 12."


@pytest.mark.parametrize(
    ("title", "summary"),
    [
        ("Judge  rejects SEC request to inspect\nBinance.US software", TEXT),
        (TITLE, TEXT.replace(" ", "  ")),
        (TITLE.upper(), TEXT),
        (TITLE + ".", TEXT.replace(".", " …")),
        (TITLE, "Advertisement " + TEXT),
        (TITLE, TEXT + " [Sponsored] "),
        (TITLE, TEXT + " The post Judge rejects appeared first on Wire One."),
        (TITLE, TEXT + " Read more about it at Wire One…"),
        (TITLE, TEXT + " 12 comments"),
        (TITLE, "3 hours ago " + TEXT),
        (TITLE, ""),
        ("", TEXT),
    ],
)
def test_f08_another_dress_is_no_edit(title, summary):
    assert not is_edit(before=(TITLE, TEXT), now=(title, summary))


@pytest.mark.parametrize(
    ("title", "summary"),
    [
        (TITLE.replace("rejects", "grants"), TEXT),
        ("Correction: " + TITLE, TEXT),
        (TITLE, TEXT.replace("12", "13")),
        (TITLE, TEXT + " Correction: an earlier version named another judge."),
        (TITLE, TEXT.replace("not inclined", "inclined")),
    ],
)
def test_f08_other_words_are_an_edit(title, summary):
    assert is_edit(before=(TITLE, TEXT), now=(title, summary))


def test_f08_a_currency_is_a_word():
    before, now = (TITLE, "A fine of $4.3 billion"), (TITLE, "A fine of €4.3 billion")
    assert is_edit(before=before, now=now)


def test_f08_a_text_that_comes_later_is_an_edit():
    assert is_edit(before=(TITLE, ""), now=(TITLE, TEXT))


@given(st.text(), st.text())
def test_f08_nothing_is_an_edit_of_itself(title, summary):
    assert not is_edit(before=(title, summary), now=(title, summary))
    assert content_hash(title, summary) == content_hash(f" {title} ", f"{summary}\n")
