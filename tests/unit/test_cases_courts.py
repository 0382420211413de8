from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.cases.courts import CIRCUITS, SIDES, STATES, named, short
from aggregator.cases.dates import placed, shown


@pytest.mark.parametrize(
    ("court", "said"),
    [
        ("dcd", "D.D.C."),
        ("nysd", "S.D.N.Y."),
        ("ilnd", "N.D. Ill."),
        ("mad", "D. Mass."),
        ("deb", "Bankr. D. Del."),
        ("nysb", "Bankr. S.D.N.Y."),
        ("ca2", "2d Cir."),
        ("ca10", "10th Cir."),
        ("cadc", "D.C. Cir."),
        ("med", "D. Me."),
        ("ndd", "D.N.D."),
        ("xxd", ""),
        ("", ""),
        ("scotus", ""),
    ],
)
def test_a_court_is_called_what_lawyers_write(court, said):
    assert short(court) == said


@pytest.mark.parametrize(
    ("text", "court"),
    [
        ("SDNY", "nysd"),
        ("in S. D. N. Y. today", "nysd"),
        ("N.D. Cal", "cand"),
        ("ddc", "dcd"),
        ("2nd Circuit", "ca2"),
        ("Ninth Circuit", "ca9"),
        ("D.C. Circuit", "cadc"),
        ("Federal Circuit", "cafc"),
        ("Doe v. Roe", None),
        ("sdnyx", None),
        ("11d", None),
        ("", None),
    ],
)
def test_a_court_is_read_in_the_forms_people_write(text, court):
    found = named(text)
    assert (found and found[0]) == court


def test_every_court_is_read_back_from_its_own_short_name():
    courts = [
        f"{state}{side}{kind}" for state in STATES for side in ("", *SIDES) for kind in ("d", "b")
    ]
    for court in (*courts, *CIRCUITS):
        back = named(short(court))
        assert back is not None
        assert short(back[0]) == short(court)
        assert back[1].strip() == ""


@given(st.text(max_size=60))
def test_any_text_is_read_without_failing(text):
    named(text)
    short(text)
    shown(text)
    placed(text)


@pytest.mark.parametrize(
    ("date", "said"),
    [
        ("2024-06-28", "28 Jun 2024"),
        ("2024-06", "Jun 2024"),
        ("2024", "2024"),
        ("2024-13", "2024-13"),
        ("2024-02-30", "2024-02-30"),
        ("soon", "soon"),
        ("٢٠٢٤", "٢٠٢٤"),
    ],
)
def test_a_date_is_shown_as_exact_as_it_is(date, said):
    assert shown(date) == said
