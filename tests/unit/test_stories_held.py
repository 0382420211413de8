"""What waits for the digest instead of ringing, and what ends the waiting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.matching.matcher import Happening, Reading
from aggregator.model import (
    DecisionKind,
    EventKind,
    FeedKind,
    Match,
    Relation,
    Severity,
    Target,
    TargetKind,
)
from aggregator.stories.find import GREY, JOIN_CASE
from aggregator.stories.happened import event_of
from aggregator.stories.join import join
from aggregator.stories.similar import likeness
from aggregator.stories.window import WINDOW
from tests.newsroom import item

AT = datetime(2025, 11, 20, 9, 0, tzinfo=UTC)
CASE = Target(kind=TargetKind.CASE, slug="sec-v-binance")
ALERT, UPDATE, SUPPRESS = DecisionKind.ALERT, DecisionKind.UPDATE, DecisionKind.SUPPRESS
TITLE = "Judge hears SEC and Binance on access to custody software"
UNSURE = "Regulator presses Binance on wallets"
"""Near enough to `TITLE` to be doubted, a day or so later, too far to be joined."""


class Table:
    """Joins what it is told, as an event of the kind and severity it is told."""

    def __init__(self):
        self.stories = {}

    def take(self, one, *, kind=EventKind.HEARING, severity=Severity.MEDIUM, old=False):
        reading = Reading(
            matches=(Match(target=CASE, relation=Relation.CHIEF, evidence=(), reason="both"),),
            happening=Happening(kind=kind, severity=severity),
            mentions={},
        )
        joined = join(one, reading, event_of(one, reading), self.stories, old=old)
        self.stories[joined.story.id] = joined.story
        return joined


def later(**span):
    return AT + timedelta(**span)


HIGH = {"kind": EventKind.SETTLEMENT, "severity": Severity.HIGH}
LATE = timedelta(hours=73)


# --- the grey zone --------------------------------------------------------------------------------


def doubted(**event):
    """Return the table and what became of a report that may be the same as one that rang."""
    table = Table()
    story = table.take(item(TITLE, at=AT)).story
    unsure = next(
        one
        for hours in range(72)
        if JOIN_CASE - GREY
        <= likeness(
            one := item(UNSURE, at=later(hours=hours), outlet="B"),
            event.get("kind", EventKind.HEARING),
            story,
            same_case=True,
        ).score
        < JOIN_CASE
    )
    return table, table.take(unsure, **event)


@pytest.mark.parametrize("severity", [Severity.LOW, Severity.MEDIUM])
def test_what_may_be_told_already_waits_for_the_digest(severity):
    table, joined = doubted(severity=severity)
    assert joined.decision.kind is SUPPRESS
    assert joined.decision.reason.startswith(
        f"for the digest: may be the same story as “{TITLE}”: shares "
    )
    assert joined.story.held == f"may be the same event as “{TITLE}”"
    assert (joined.story.rings, joined.story.rang) == (0, None)
    assert len(table.stories) == 2, "and is folded into nothing"


def test_what_may_be_told_already_rings_marked_where_it_is_high():
    _, joined = doubted(severity=Severity.HIGH)
    assert joined.decision.kind is ALERT
    assert joined.story.like_title == TITLE
    assert joined.story.held == ""


def test_a_high_report_ends_the_doubt_of_a_story_that_waits():
    table, waiting = doubted()
    joined = table.take(item(UNSURE, at=later(hours=40), outlet="C"), **HIGH)
    assert joined.story.id == waiting.story.id
    assert joined.decision.kind is ALERT
    assert (joined.story.held, joined.story.rings) == ("", 1)
    assert joined.story.like_title == TITLE


def test_another_medium_report_of_a_doubtful_story_waits_with_it():
    table, waiting = doubted()
    joined = table.take(item(UNSURE, at=later(hours=40), outlet="C"))
    assert joined.decision.kind is SUPPRESS
    assert joined.decision.reason.startswith("for the digest: may be the same event as ")
    assert (joined.story.id, joined.story.held) == (waiting.story.id, waiting.story.held)


def test_what_is_like_a_story_that_nobody_was_told_of_rings_without_a_mark():
    table = Table()
    table.take(item(TITLE, at=AT), old=True)
    joined = table.take(item(UNSURE, at=later(hours=26), outlet="B"))
    assert joined.decision.kind is ALERT
    assert (joined.story.like, joined.story.held) == (None, "")


# --- sources that only corroborate ----------------------------------------------------------------


def test_a_high_outcome_of_a_corroborating_source_waits_until_an_independent_one_rings_it():
    table = Table()
    title = "SEC and Binance sign a settlement"
    first = table.take(item(title, at=AT, outlet="Rumours", kind=FeedKind.BLOG), **HIGH)
    assert first.decision.kind is SUPPRESS
    assert first.story.held == "a high outcome from a source that only corroborates"
    second = table.take(item(title, at=AT, outlet="Echo", kind=FeedKind.BLOG), **HIGH)
    assert second.decision.reason.startswith(
        "for the digest: a high outcome from a source that only corroborates; same text as"
    )
    wire = table.take(item(title, at=later(minutes=20)), **HIGH)
    assert wire.decision.kind is ALERT
    assert (wire.story.id, wire.story.held, wire.story.rings) == (first.story.id, "", 1)


# --- late -----------------------------------------------------------------------------------------


def test_what_is_first_seen_more_than_72_hours_after_it_was_published_waits_as_late():
    joined = Table().take(item(TITLE, at=AT, seen=AT + LATE))
    assert joined.decision.kind is SUPPRESS
    assert joined.decision.reason == "for the digest: late: published 20 Nov"
    assert joined.story.held == "late: published 20 Nov"
    assert joined.story.late


def test_what_is_first_seen_in_time_is_not_late():
    joined = Table().take(item(TITLE, at=AT, seen=AT + WINDOW))
    assert joined.decision.kind is ALERT
    assert not joined.story.late


def test_a_late_high_development_rings_and_says_so():
    joined = Table().take(item(TITLE, at=AT, seen=AT + LATE), **HIGH)
    assert joined.decision.kind is ALERT
    assert joined.decision.reason.startswith("late: published 20 Nov; new development: ")
    assert joined.story.late
    assert joined.story.rang == AT + LATE


def test_a_late_date_of_another_year_carries_its_year():
    joined = Table().take(item(TITLE, at=AT, seen=AT + timedelta(days=60)))
    assert joined.story.held == "late: published 20 Nov 2025"


def test_a_fresh_report_of_a_late_story_rings_it_as_news():
    table = Table()
    table.take(item(TITLE, at=AT, seen=AT + LATE))
    joined = table.take(item(TITLE, at=later(hours=70), seen=AT + LATE, outlet="B"))
    assert joined.decision.kind is ALERT
    assert (joined.story.held, joined.story.late) == ("", False)


def test_a_late_report_of_a_story_that_rang_is_an_edit():
    table = Table()
    table.take(item(TITLE, at=AT))
    joined = table.take(item(TITLE, at=later(hours=1), seen=later(hours=80), outlet="B"))
    assert joined.decision.kind is UPDATE
    assert not joined.story.late


def test_what_a_feed_held_at_its_first_read_is_neither_rung_nor_held_however_high():
    joined = Table().take(item(TITLE, at=AT, seen=AT + LATE), old=True, **HIGH)
    assert joined.decision.kind is SUPPRESS
    assert "neither rung nor in a digest" in joined.decision.reason
    assert (joined.story.held, joined.story.late, joined.story.rings) == ("", False, 0)
