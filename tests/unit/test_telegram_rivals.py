"""Two programs that poll one bot: which of them gives way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from aggregator.telegram.rivals import CONTESTS_MAX, CONTESTS_WITHIN, SETTLED, Tenure

NOW = datetime(2023, 9, 18, 20, 14, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_who_never_polled_gives_way():
    assert Tenure().contested(NOW) is None


def test_who_has_just_begun_gives_way():
    assert Tenure().polled(NOW).contested(NOW + SETTLED - SECOND) is None


def test_who_was_there_first_asks_again():
    assert Tenure().polled(NOW).polled(NOW + SETTLED).contested(NOW + SETTLED) is not None


def test_who_loses_again_and_again_gives_way():
    tenure, lost = Tenure(since=NOW - SETTLED), 0
    while tenure is not None:
        tenure, lost = tenure.contested(NOW + lost * SECOND), lost + 1
    assert lost == CONTESTS_MAX


def test_conflicts_far_apart_are_forgotten():
    tenure = Tenure(since=NOW - SETTLED)
    for each in range(3 * CONTESTS_MAX):
        tenure = tenure.contested(NOW + each * CONTESTS_WITHIN)
        assert tenure is not None
