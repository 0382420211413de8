from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.matching.matcher import Happening, Reading
from aggregator.model import (
    Batch,
    Committed,
    DecisionKind,
    EventKind,
    FeedKind,
    Match,
    Relation,
    Severity,
    Status,
    Target,
    TargetKind,
    Trust,
)
from aggregator.store.sqlite import SqliteStore
from aggregator.stories import find as rules
from aggregator.stories.happened import event_of
from aggregator.stories.join import REPORTS_MAX, WINDOW, join
from tests.newsroom import item

AT = datetime(2023, 9, 18, 20, 0, tzinfo=UTC)
BINANCE = Target(kind=TargetKind.CASE, slug="sec-v-binance")
COINBASE = Target(kind=TargetKind.CASE, slug="sec-v-coinbase")
THEME = Target(kind=TargetKind.WATCHLIST, slug="exchange-enforcement")
TITLE = "Judge rejects SEC request to inspect Binance.US software"
DOCKET = "1:23-cv-01599 SECURITIES AND EXCHANGE COMMISSION v. BINANCE HOLDINGS LIMITED et al"
ALERT, UPDATE = DecisionKind.ALERT, DecisionKind.UPDATE
SUPPRESS, IGNORE = DecisionKind.SUPPRESS, DecisionKind.IGNORE


def match(target=BINANCE, relation=Relation.CHIEF, reason="both sides in the headline"):
    return Match(target=target, relation=relation, evidence=(), reason=reason)


def reading(*matches, kind=EventKind.HEARING, severity=Severity.MEDIUM, quiet=""):
    return Reading(
        matches=matches,
        happening=Happening(kind=kind, severity=severity, quiet=quiet),
        mentions={},
    )


class Table:
    """Joins what it is told, in turn, by hand-made readings."""

    def __init__(self):
        self.stories = {}

    def take(self, one, read=None, *, old=False):
        read = read or reading(match())
        joined = join(one, read, event_of(one, read), self.stories, old=old)
        if joined.story is not None:
            self.stories[joined.story.id] = joined.story
        return joined

    def kinds(self, *pairs):
        return [self.take(one, read).decision.kind for one, read in pairs]


def later(**span):
    return AT + timedelta(**span)


# --- what joins and what does not -----------------------------------------------------------------


def test_what_matches_nothing_is_ignored_and_makes_no_story():
    joined = Table().take(item(TITLE, at=AT), reading())
    assert (joined.decision.kind, joined.story) == (IGNORE, None)


def test_what_is_only_related_is_suppressed_with_its_reasons_and_makes_no_story():
    only = match(relation=Relation.RELATED, reason="names the matter in passing")
    joined = Table().take(item(TITLE, at=AT), reading(only))
    assert joined.decision.kind is SUPPRESS
    assert joined.decision.reason == "only mentioned: names the matter in passing"
    assert joined.story is None


def test_a_first_report_rings_and_says_for_which_target():
    joined = Table().take(item(TITLE, at=AT))
    assert joined.decision.kind is ALERT
    assert joined.decision.reason == "new development: sec-v-binance, both sides in the headline"
    assert (joined.story.rings, joined.story.rang) == (1, AT)


def test_the_same_address_is_the_same_story_whatever_the_headline_becomes():
    table = Table()
    first = table.take(item(TITLE, at=AT, url="https://wire-one.example/a?utm_source=x"))
    changed = item(
        "Live: courts this Monday", at=later(minutes=5), url="http://www.wire-one.example/a/"
    )
    second = table.take(changed)
    assert second.decision.kind is UPDATE
    assert second.story.id == first.story.id


def test_one_headline_at_two_outlets_is_the_same_story_even_when_the_events_were_read_apart():
    table = Table()
    first = item("Order book: SEC v. Binance.US", at=AT)
    again = item("Order Book — SEC v. Binance.US | Docket Desk", at=later(hours=2), outlet="Other")
    assert table.kinds(
        (first, reading(match(), kind=EventKind.MOTION)),
        (again, reading(match(), kind=EventKind.VERDICT)),
    ) == [ALERT, UPDATE]
    assert "same text as “Order book: SEC v. Binance.US”" in table.take(again).decision.reason


def test_one_day_in_court_told_alike_is_one_story_and_the_decision_says_why():
    table = Table()
    table.take(item(TITLE, at=AT))
    other = item("SEC denied access to Binance.US software by judge", at=later(hours=3), outlet="B")
    decision = table.take(other, reading(match(), kind=EventKind.DISCOVERY)).decision
    assert decision.kind is UPDATE
    assert f"same story as “{TITLE}”" in decision.reason
    assert "3 h apart" in decision.reason
    assert 0.5 <= decision.score <= 1


def test_the_next_step_of_the_same_case_is_a_new_story():
    asked = item("Binance files motion to dismiss SEC lawsuit", at=AT)
    ruled = item("Judge sentences Binance founder in separate case", at=later(hours=5), outlet="B")
    assert Table().kinds(
        (asked, reading(match(), kind=EventKind.MOTION)),
        (ruled, reading(match(), kind=EventKind.SENTENCE)),
    ) == [ALERT, ALERT]


def test_two_cases_never_merge_however_alike_they_are_told():
    one = item("Judge hears SEC lawsuit against crypto exchange", at=AT)
    two = item("Judge hears SEC lawsuit against crypto exchange", at=AT, outlet="B")
    assert Table().kinds((one, reading(match(BINANCE))), (two, reading(match(COINBASE)))) == [
        ALERT,
        ALERT,
    ]


def test_a_theme_that_two_cases_share_does_not_merge_them():
    one = item("Judge questions SEC over lawsuit against crypto exchange", at=AT)
    two = item("Judge questions SEC over lawsuit against crypto exchange", at=AT, outlet="B")
    assert Table().kinds(
        (one, reading(match(BINANCE), match(THEME))), (two, reading(match(COINBASE), match(THEME)))
    ) == [ALERT, ALERT]


def test_a_report_of_the_theme_alone_may_join_the_story_of_a_case():
    one = item("Judge questions SEC over lawsuit against crypto exchange", at=AT)
    two = item("Judge questions SEC over lawsuit against crypto exchange", at=AT, outlet="B")
    assert Table().kinds(
        (one, reading(match(BINANCE), match(THEME))), (two, reading(match(THEME)))
    ) == [ALERT, UPDATE]


def test_reports_that_share_only_a_theme_must_be_told_alike():
    table = Table()
    read = reading(match(THEME), kind=EventKind.OTHER)
    table.take(item("Regulator in Lisbon fines exchange over missing licence", at=AT), read)
    other = item("Watchdog in Oslo warns of unlicensed trading apps", at=AT, outlet="B")
    assert table.take(other, read).decision.kind is ALERT
    alike = item("Lisbon regulator fines exchange for missing licence", at=AT, outlet="C")
    assert table.take(alike, read).decision.kind is UPDATE


@pytest.mark.parametrize(
    ("after", "kind"), [(WINDOW, UPDATE), (WINDOW + timedelta(seconds=1), ALERT)]
)
def test_a_story_takes_no_more_reports_after_72_hours_of_silence(after, kind):
    table = Table()
    table.take(item(TITLE, at=AT))
    assert table.take(item(TITLE, at=AT + after, outlet="B")).decision.kind is kind


def test_each_report_keeps_the_window_open_for_the_next():
    table = Table()
    at = [AT + timedelta(hours=70) * step for step in range(4)]
    kinds = [table.take(item(TITLE, at=one, outlet=f"O{n}")).decision.kind
             for n, one in enumerate(at)]  # fmt: skip
    assert kinds == [ALERT, UPDATE, UPDATE, UPDATE]
    (story,) = table.stories.values()
    assert (story.first_at, story.last_at) == (at[0], at[-1])


def test_a_report_that_arrives_late_joins_by_when_it_happened():
    table = Table()
    table.take(item(TITLE, at=AT))
    before = item(TITLE, at=later(hours=-10), seen=later(hours=1), outlet="Slow Feed")
    story = table.take(before).story
    assert (story.first_at, story.last_at) == (later(hours=-10), AT)
    assert story.rings == 1


def test_a_target_that_a_later_report_is_chiefly_about_is_no_longer_only_related():
    table = Table()
    table.take(item(TITLE, at=AT), reading(match(), match(THEME, Relation.RELATED)))
    story = table.take(item(TITLE, at=AT, outlet="B"), reading(match(), match(THEME))).story
    assert story.targets == {BINANCE, THEME}
    assert story.related == frozenset()


# --- what must not ring ---------------------------------------------------------------------------


def test_a_quiet_item_is_suppressed_with_its_reason():
    decision = Table().take(item(TITLE, at=AT), reading(match(), quiet="opinion")).decision
    assert (decision.kind, decision.reason) == (SUPPRESS, "opinion")


def test_a_routine_docket_entry_neither_leads_nor_names_the_report_that_follows_it():
    table = Table()
    table.take(docket("Notice of Appearance"), reading(match(), quiet="routine docket entry"))
    joined = table.take(item(DOCKET, at=later(hours=1)))
    assert joined.decision.kind is ALERT
    assert joined.story.event.status is Status.ARGUED
    assert [report.outlet for report in joined.story.reports] == ["Wire One"]


def test_what_a_feed_held_when_first_read_is_kept_but_never_rings():
    table = Table()
    joined = table.take(item(TITLE, at=AT), old=True)
    assert joined.decision.kind is SUPPRESS
    assert "first read" in joined.decision.reason
    assert (joined.story.rings, joined.story.rang) == (0, None)


def test_a_fresh_report_of_a_story_that_never_rang_rings():
    table = Table()
    table.take(item(TITLE, at=AT), old=True)
    joined = table.take(item(TITLE, at=later(hours=1), outlet="B"))
    assert joined.decision.kind is ALERT
    assert len(joined.story.reports) == 2


def test_a_reworded_copy_never_rings_and_says_which_words_gave_it_away():
    copy = item("Choose Zia Faruqui denies Securities and Trade Fee entry", at=AT, outlet="Spun")
    joined = Table().take(copy)
    assert joined.decision.kind is SUPPRESS
    assert "not counted as an independent source" in joined.decision.reason
    assert "Securities and Trade Fee" in joined.decision.reason
    assert not joined.story.reports[0].counted


def test_a_reworded_copy_never_leads_even_when_it_came_first():
    table = Table()
    title = "Judge Zia Faruqui denies SEC access to Binance.US software"
    spun = "Choose Zia Faruqui denies Securities and Trade Fee access to Binance.US software"
    table.take(item(spun, at=AT, outlet="Spun"))
    joined = table.take(item(title, at=later(minutes=9), outlet="Original"))
    assert joined.decision.kind is ALERT
    assert len(joined.story.reports) == 2
    assert joined.story.lead.title == title


def test_a_reworded_copy_cannot_change_what_happened():
    table = Table()
    table.take(item(TITLE, at=AT), reading(match(), kind=EventKind.HEARING))
    spun = item(f"{TITLE}, go well with towards Securities and Trade Fee", at=later(minutes=5))
    read = reading(match(), kind=EventKind.RULING, severity=Severity.HIGH)
    story = table.take(spun, read).story
    assert len(story.reports) == 2
    assert (story.event.kind, story.event.severity) == (EventKind.HEARING, Severity.MEDIUM)


HIGH = {"kind": EventKind.SETTLEMENT, "severity": Severity.HIGH}


def test_a_high_outcome_from_a_blog_alone_is_held_until_an_independent_report_rings():
    table = Table()
    blog = item("SEC settles with Binance", at=AT, outlet="Rumours", kind=FeedKind.BLOG)
    held = table.take(blog, reading(match(), **HIGH)).decision
    assert held.kind is SUPPRESS
    assert held.reason == "for the digest: a high outcome from a source that only corroborates"
    again = replace(blog, key="other", outlet="More Rumours", url="https://more.example/1")
    assert table.take(again, reading(match(), **HIGH)).decision.kind is SUPPRESS
    wire = item("SEC settles with Binance", at=later(minutes=40))
    joined = table.take(wire, reading(match(), **HIGH))
    assert joined.decision.kind is ALERT
    assert joined.story.rang == wire.seen


def test_a_blog_may_ring_for_what_is_no_high_outcome():
    blog = item("Hearing in SEC v. Binance", at=AT, kind=FeedKind.BLOG)
    assert Table().take(blog).decision.kind is ALERT


def test_a_blog_joins_what_an_independent_report_has_told():
    table = Table()
    table.take(item("SEC settles with Binance", at=AT), reading(match(), **HIGH))
    blog = item("SEC settles with Binance", at=AT, kind=FeedKind.BLOG, outlet="Rumours")
    assert table.take(blog, reading(match(), **HIGH)).decision.kind is UPDATE


# --- what a story is said to be -------------------------------------------------------------------


def test_the_docket_knows_better_than_the_press_what_happened():
    table = Table()
    press = item(TITLE, at=AT)
    table.take(press, reading(match(), kind=EventKind.HEARING))
    docket = item(TITLE, "[Minute Entry]", at=later(hours=1), kind=FeedKind.COURT, outlet="dcd")
    docket = replace(docket, url=press.url, kind=FeedKind.REGULATOR)
    story = table.take(docket, reading(match(), kind=EventKind.ORDER, severity=Severity.LOW)).story
    assert (story.event.kind, story.event.status) == (EventKind.ORDER, Status.ORDERED)
    assert story.event.severity is Severity.MEDIUM, "and never less than the lead had it"
    assert story.lead.title == TITLE


def test_the_press_never_makes_an_order_of_it():
    table = Table()
    for number, kind in enumerate((EventKind.ORDER, EventKind.RULING, EventKind.STAY)):
        story = table.take(
            item(TITLE, at=later(minutes=number), outlet=f"O{number}"), reading(match(), kind=kind)
        ).story
        assert story.event.status is Status.REPORTED


def docket(label, **span):
    return item(
        DOCKET,
        f"[{label}] (118)",
        at=later(**span),
        kind=FeedKind.COURT,
        court="dcd",
        outlet="D.D.C.",
        url="https://ecf.dcd.uscourts.gov/cgi-bin/DktRpt.pl?256060",
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("Motion to Dismiss", EventKind.MOTION), ("Order on Motion to Dismiss", EventKind.RULING)),
        (("Motion to Stay", EventKind.MOTION), ("Order on Motion to Stay", EventKind.STAY)),
        (("Order on Motion to Compel", EventKind.ORDER), ("Notice of Appeal", EventKind.APPEAL)),
        (("Order on Motion to Seal", EventKind.ORDER), ("Order on Motion to Stay", EventKind.STAY)),
    ],
)
def test_two_docket_entries_under_one_title_are_two_developments(first, second):
    assert Table().kinds(
        (docket(first[0]), reading(match(), kind=first[1])),
        (docket(second[0], hours=26), reading(match(), kind=second[1])),
    ) == [ALERT, ALERT]


def test_a_docket_entry_is_not_merged_into_another_by_the_address_of_their_case():
    table = Table()
    table.take(docket("Complaint"), reading(match(), kind=EventKind.COMPLAINT))
    verdict = table.take(docket("Jury Verdict", hours=9), reading(match(), kind=EventKind.VERDICT))
    assert "same text" not in verdict.decision.reason


def test_a_docket_entry_read_again_is_the_same_development():
    table = Table()
    read = reading(match(), kind=EventKind.ORDER)
    table.take(docket("Order on Motion to Seal"), read)
    assert table.take(docket("Order on Motion to Seal", minutes=1), read).decision.kind is UPDATE


def test_a_story_keeps_its_lead_and_its_best_source_and_grows_no_further_than_its_limit():
    table = Table()
    first = item(TITLE, at=AT)
    table.take(first)
    primary = item(TITLE, at=AT, outlet="Agency", kind=FeedKind.REGULATOR)
    table.take(primary, reading(match(), kind=EventKind.ORDER))
    for number in range(REPORTS_MAX + 5):
        table.take(item(TITLE, at=later(minutes=number), outlet=f"Outlet {number}"))
    (story,) = table.stories.values()
    assert len(story.reports) == REPORTS_MAX
    assert story.lead.item_key == first.key
    assert story.event.status is Status.ORDERED
    assert story.last_at == later(minutes=REPORTS_MAX + 4)


def test_a_story_keeps_the_report_that_its_alert_shows_when_a_lesser_source_came_first():
    table = Table()
    table.take(item(TITLE, at=AT, outlet="Blog", kind=FeedKind.BLOG))
    shown = item(TITLE, at=AT, outlet="Desk")
    table.take(shown)
    primary = item(TITLE, at=AT, outlet="Agency", kind=FeedKind.REGULATOR)
    table.take(primary, reading(match(), kind=EventKind.ORDER))
    for number in range(REPORTS_MAX):
        table.take(item(TITLE, at=later(minutes=number), outlet=f"Outlet {number}"))
    (story,) = table.stories.values()
    assert len(story.reports) == REPORTS_MAX
    assert story.lead.item_key == shown.key


# --- the same items make the same stories ---------------------------------------------------------

HEADLINES = (
    (TITLE, EventKind.HEARING),
    ("SEC denied access to Binance.US software by judge", EventKind.DISCOVERY),
    ("Binance files motion to dismiss SEC lawsuit", EventKind.MOTION),
    ("Judge rules on SEC suit against Binance", EventKind.RULING),
    ("SEC and Binance", EventKind.OTHER),
)


@st.composite
def stretches(draw):
    """Items of one case, some late, in the order in which they were seen."""
    found = []
    for number in range(draw(st.integers(2, 12))):
        title, kind = draw(st.sampled_from(HEADLINES))
        at = AT + timedelta(hours=draw(st.integers(0, 240)))
        late = timedelta(hours=draw(st.sampled_from((0, 0, 0, 5, 90))))
        found.append((item(title, at=at, seen=at + late, outlet=f"Outlet {number}"), kind))
    return sorted(found, key=lambda pair: (pair[0].seen, pair[0].key))


def test_between_two_stories_of_one_headline_a_late_report_joins_the_nearer_in_any_order():
    early, far = item(TITLE, at=AT), item(TITLE, at=later(hours=146), outlet="B")
    late = item(TITLE, at=later(hours=80), seen=later(hours=150), outlet="C")
    last = item(TITLE, at=later(hours=81), seen=later(hours=151), outlet="D")
    table = Table()
    for one in (early, far):
        table.take(one)
    nearer = table.take(late).story
    assert nearer.lead.item_key == far.key
    table.stories = dict(reversed(table.stories.items()))
    assert table.take(last).story.id == nearer.id


@settings(max_examples=60, deadline=None)
@given(stretches())
async def test_a_restart_before_any_item_makes_the_same_stories(items):
    steady, restarted = Table(), []
    store = await SqliteStore.open("sqlite:///:memory:")
    try:
        for one, kind in items:
            read = reading(match(), kind=kind)
            window = await store.window(one.at - WINDOW)
            joined = join(one, read, event_of(one, read), window.stories, old=False)
            batch = Batch(items=(one,), stories=(joined.story,))
            assert isinstance(await store.commit(batch, window.version), Committed)
            restarted.append(joined.decision)
            assert steady.take(one, read).decision == joined.decision
    finally:
        await store.close()


@settings(max_examples=60, deadline=None)
@given(stretches())
def test_a_story_rings_at_most_once_and_holds_each_report_once(items):
    table = Table()
    rung = []
    for one, kind in items:
        joined = table.take(one, reading(match(), kind=kind))
        if joined.decision.kind is ALERT:
            rung.append(joined.story.id)
    assert len(rung) == len(set(rung))
    for story in table.stories.values():
        keys = [report.item_key for report in story.reports]
        assert len(keys) == len(set(keys))
        assert story.first_at == min(r.at for r in story.reports)
        assert story.last_at == max(r.at for r in story.reports)
        assert story.rings <= 1


def test_what_joins_a_theme_needs_is_more_than_what_joins_a_case_needs():
    assert 0 < rules.JOIN_CASE < rules.JOIN_THEME < 1


def test_a_trusted_source_is_what_its_feed_says_and_not_what_its_kind_usually_is():
    table = Table()
    blog = item("SEC settles with Binance", at=AT, kind=FeedKind.BLOG, trust=Trust.INDEPENDENT)
    assert table.take(blog, reading(match(), **HIGH)).decision.kind is ALERT
