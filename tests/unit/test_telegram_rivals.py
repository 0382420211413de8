"""Two programs that poll one bot: which of them gives way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from aggregator.telegram.rivals import CONTESTS_MAX, CONTESTS_WITHIN, SETTLED, Standing

NOW = datetime(2023, 9, 18, 20, 14, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_who_never_polled_gives_way():
    assert Standing().contested(NOW) is None


def test_who_has_just_begun_gives_way():
    assert Standing().polled(NOW).contested(NOW + SETTLED - SECOND) is None


def test_who_was_there_first_asks_again():
    assert Standing().polled(NOW).polled(NOW + SETTLED).contested(NOW + SETTLED) is not None


def test_who_loses_again_and_again_gives_way():
    standing, lost = Standing(since=NOW - SETTLED), 0
    while standing is not None:
        standing, lost = standing.contested(NOW + lost * SECOND), lost + 1
    assert lost == CONTESTS_MAX


def test_conflicts_far_apart_are_forgotten():
    standing = Standing(since=NOW - SETTLED)
    for each in range(3 * CONTESTS_MAX):
        standing = standing.contested(NOW + each * CONTESTS_WITHIN)
        assert standing is not None
