from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.matching.docket_entry import event, routine
from aggregator.model import EventKind, Severity

K, S = EventKind, Severity


@pytest.mark.parametrize(
    ("label", "kind", "severity"),
    [
        ("Complaint", K.COMPLAINT, S.HIGH),
        ("Indictment", K.COMPLAINT, S.HIGH),
        ("Motion to Dismiss", K.MOTION, S.MEDIUM),
        ("Motion to Stay", K.MOTION, S.MEDIUM),
        ("Memorandum in Support of Motion to Dismiss", K.MOTION, S.MEDIUM),
        ("Order on Motion to Dismiss", K.RULING, S.HIGH),
        ("Order on Motion for Summary Judgment", K.RULING, S.HIGH),
        ("Memorandum & Opinion", K.RULING, S.HIGH),
        ("Order on Motion to Compel", K.ORDER, S.MEDIUM),
        ("Order on Motion to Stay", K.STAY, S.MEDIUM),
        ("Proposed Order", K.MOTION, S.MEDIUM),
        ("Order Dismissing Case", K.DISMISSAL, S.HIGH),
        ("Stipulation of Dismissal", K.DISMISSAL, S.HIGH),
        ("Notice of Voluntary Dismissal", K.DISMISSAL, S.HIGH),
        ("Consent Judgment", K.RULING, S.HIGH),
        ("Notice of Appeal", K.APPEAL, S.MEDIUM),
        ("Jury Verdict", K.VERDICT, S.HIGH),
        ("Sentencing", K.SENTENCE, S.HIGH),
        ("Minute Entry", K.HEARING, S.MEDIUM),
        ("Notice of Filing Transcript", K.HEARING, S.MEDIUM),
        ("Discovery", K.DISCOVERY, S.MEDIUM),
        ("Letter", K.MOTION, S.MEDIUM),
        ("Status Report", K.OTHER, S.LOW),
        ("Civil Cover Sheet", K.OTHER, S.LOW),
    ],
)
def test_a_label_says_what_happened(label, kind, severity):
    assert event(f"[{label}] (118)") == (kind, severity, label)


def test_the_case_of_the_letters_does_not_matter():
    assert event("[ORDER ON MOTION TO DISMISS]")[:2] == event("[order on motion to dismiss]")[:2]


def test_words_outside_the_label_decide_nothing():
    assert event("Judgment and verdict are near [Status Report] (9)")[0] is K.OTHER


def test_a_text_without_a_label_is_the_label():
    assert event("Notice of Appeal") == (K.APPEAL, S.MEDIUM, "Notice of Appeal")
    assert event("") == (K.OTHER, S.LOW, "")


@pytest.mark.parametrize(
    "label",
    [
        "Notice of Appearance",
        "Order on Motion for Leave to Appear Pro Hac Vice",
        "Rule 7.1 Corporate Disclosure Statement",
        "Certificate of Service",
        "Summons Returned Executed",
        "Notice of Change of Address",
        "Order on Motion to Withdraw Attorney",
    ],
)
def test_what_every_case_has_is_routine(label):
    assert routine(label)


@pytest.mark.parametrize("label", ["Order", "Motion to Dismiss", "Notice of Appeal", "Complaint"])
def test_what_moves_a_case_is_not_routine(label):
    assert not routine(label)


@given(st.text(max_size=600))
def test_any_text_has_an_event_and_the_label_is_a_bounded_part_of_it(text):
    kind, severity, label = event(text)
    assert kind in K
    assert severity in S
    assert label in text
    assert len(label) <= 200
