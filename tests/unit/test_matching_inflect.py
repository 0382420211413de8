import pytest

from aggregator.matching import inflect


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("sue", "sue sues sued suing"),
        ("dismiss", "dismiss dismisses dismissed dismissing"),
        ("deny", "deny denies denied denying"),
        ("file", "file files filed filing"),
        ("plead", "plead pleads pled pleaded pleading"),
        ("seek", "seek seeks sought seeking"),
        ("settle", "settle settles settled settling"),
        ("stay", "stay stays stayed staying"),
        ("freeze", "freeze freezes froze frozen freezing"),
        ("bring", "bring brings brought bringing"),
        ("ban", "ban bans banned banning"),
        ("withhold", "withhold withholds withheld withholding"),
        ("veto", "veto vetoes vetoed vetoing"),
        ("cancel", "cancel cancels canceled cancelled canceling cancelling"),
        ("lawsuit", "lawsuit lawsuits"),
        ("ruling", "ruling rulings"),
        ("hearing", "hearing hearings"),
        ("motion", "motion motions"),
        ("party", "party parties"),
        ("stablecoin", "stablecoin stablecoins"),
        ("tax", "tax taxes taxed taxing"),
        ("chairman", "chairman chairmen"),
        ("ETF", "ETF ETFs"),
    ],
)
def test_a_word_has_its_inflections_and_no_others(word, forms):
    assert inflect.forms(word) == frozenset(forms.split())


@pytest.mark.parametrize(
    ("said", "meant"),
    [("sued", "sue"), ("sought", "seek"), ("charges", "charge"), ("frozen", "freeze")],
)
def test_any_form_of_a_listed_word_leads_to_all(said, meant):
    assert inflect.forms(said) == inflect.forms(meant)


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("new", "news"),
        ("sec", "second"),
        ("ban", "band"),
        ("ban", "bane"),
        ("plan", "plane"),
        ("past", "pasted"),
        ("us", "used"),
        ("futures", "future"),
        ("securities", "security"),
        ("news", "new"),
        ("damages", "damage"),
        ("regulation", "regulator"),
        ("rate", "rat"),
        ("status", "statu"),
        ("process", "proces"),
    ],
)
def test_no_form_is_another_word(word, other):
    assert other not in inflect.forms(word)


@pytest.mark.parametrize("name", ["Ripple", "Strike", "Circle", "the", "of", "23", "v", "U.S."])
def test_names_numbers_and_function_words_stay_as_written(name):
    assert inflect.forms(name) == {name}


def test_a_phrase_has_the_forms_of_its_words():
    assert {"motion to dismiss", "motions to dismiss"} <= inflect.phrase_forms("motion to dismiss")


def test_a_prefix_keeps_its_last_word():
    assert inflect.phrase_forms("bank regulat", keep_last=True) == {
        "bank regulat",
        "banks regulat",
    }


def test_a_long_phrase_has_a_bounded_number_of_forms():
    forms = inflect.phrase_forms("sue seek freeze bring deny file settle plead")
    assert len(forms) <= inflect.FORMS_MAX
    assert "sued seek freeze bring deny file settle pleaded" in forms


def test_every_listed_word_is_a_form_of_itself():
    assert all(word in inflect.forms(word) for word in inflect.KNOWN)


def test_two_content_words_never_exceed_the_bound():
    most = max(len(inflect.forms(word)) for word in inflect.KNOWN)
    assert most * most <= inflect.FORMS_MAX
