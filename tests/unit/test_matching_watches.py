"""Personal watches beside the rules."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from aggregator.matching import language
from aggregator.matching.matcher import Matcher
from aggregator.matching.rules import (
    Alias,
    EntityKind,
    EntityRule,
    QuietRule,
    Rules,
    WatchlistRule,
)
from aggregator.matching.watches import LATE_MAX
from aggregator.model import (
    FeedKind,
    Item,
    ItemKey,
    Place,
    Relation,
    Severity,
    Target,
    TargetKind,
    Trust,
    Watch,
    Watchlist,
)

NOW = datetime(2029, 3, 4, 12, tzinfo=UTC)


def entity(slug, *aliases):
    return EntityRule(
        slug=slug,
        name=aliases[0],
        kind=EntityKind.OTHER,
        aliases=tuple(Alias(text=alias) for alias in aliases),
    )


RULES = Rules(
    entities={
        "wire-coin": entity("wire-coin", "Wire Coin"),
        "wire-coin-bank": entity("wire-coin-bank", "Wire Coin Bank"),
    },
    families={"sue": ("sue", "lawsuit")},
    watchlists={
        "custody": WatchlistRule(
            watchlist=Watchlist(name="custody", title="Custody", severity=Severity.LOW),
            when=language.parse("custody"),
        )
    },
    quiet=(QuietRule(name="price", when=language.parse('"price prediction"')),),
)


def watch(number, query):
    return Watch(id=f"w{number}", place=Place(chat_id=number), query=query, created=NOW)


def target(number):
    return Target(kind=TargetKind.WATCH, slug=f"w{number}")


def item(title, summary="", kind=FeedKind.NEWS):
    return Item(
        key=ItemKey("k"),
        feed_id="wire-one",
        outlet="Wire One",
        kind=kind,
        trust=Trust.INDEPENDENT,
        url="https://wire-one.example/1",
        title=title,
        summary=summary,
        published=NOW,
        seen=NOW,
    )


@pytest.fixture(scope="module")
def matcher():
    return Matcher(RULES)


def test_a_watch_matches_beside_the_rules_and_says_why(matcher):
    reading = matcher.with_watches([watch(1, "@wire-coin NEAR/5 ~sue")]).read(
        item("Agency sues Wire Coin over custody")
    )
    assert reading.chief == {target(1), Target(kind=TargetKind.WATCHLIST, slug="custody")}
    (match,) = (match for match in reading.matches if match.target == target(1))
    assert match.reason == "your watch: @wire-coin NEAR/5 ~sue"
    assert [span.text for span in match.evidence] == ["sues", "Wire Coin"]
    assert match.severity is None


def test_watches_leave_the_matcher_they_were_made_from_as_it_was(matcher):
    with_one = matcher.with_watches([watch(1, "custody")])
    with_other = with_one.with_watches([watch(2, "custody")])
    news = item("Custody rule")
    assert target(1) not in matcher.read(news).chief
    assert with_one.read(news).chief & {target(1), target(2)} == {target(1)}
    assert with_other.read(news).chief & {target(1), target(2)} == {target(2)}


def test_watches_that_come_go_and_change_are_read_as_if_laid_out_at_once(matcher):
    news = item("Custody rule", "Agency sues Wire Coin")
    queries = ("custody", "@wire-coin", "airdrop", "~sue AND custody", "@gone-coin")
    many = {number: queries[number % 5] for number in range(2 * LATE_MAX)}
    steps = [dict(many)]
    steps.append({number: query for number, query in many.items() if number % 3})
    steps.append({**steps[-1], 1: "custody", 2: "airdrop", 999: "custody"})
    steps += [{1: "custody"}, {}, {7: "custody"}]
    grown = matcher
    for step in steps:
        watches = [watch(number, query) for number, query in step.items()]
        grown, afresh = grown.with_watches(watches), matcher.with_watches(watches)
        expected = {(match.target, match.rule_version) for match in afresh.read(news).matches}
        found = [(match.target, match.rule_version) for match in grown.read(news).matches]
        assert len(found) == len(set(found))
        assert set(found) == expected
        assert grown.watches.faults == afresh.watches.faults


def test_what_is_quiet_for_a_watchlist_is_quiet_for_a_watch(matcher):
    reading = matcher.with_watches([watch(1, "custody")]).read(item("Custody price prediction"))
    match = next(match for match in reading.matches if match.target == target(1))
    assert (match.relation, match.reason) == (Relation.RELATED, "price")
    assert not reading.chief


def test_a_watch_rings_for_a_summary_too(matcher):
    watched = matcher.with_watches([watch(1, "custody")])
    assert target(1) in watched.read(item("Bank news", "A new custody service")).chief


def test_evidence_of_an_item_without_a_headline_lies_in_its_summary(matcher):
    news = item("", "Agency opens custody case. More below.")
    reading = matcher.with_watches([watch(1, "title:custody")]).read(news)
    (span,) = next(match for match in reading.matches if match.target == target(1)).evidence
    assert (span.field, news.summary[span.start : span.end]) == ("summary", "custody")


def test_a_longer_name_on_file_wins_though_no_watch_names_it(matcher):
    watched = matcher.with_watches([watch(1, "@wire-coin")])
    assert target(1) not in watched.read(item("Wire Coin Bank opens")).chief
    assert target(1) in watched.read(item("Wire Coin opens")).chief


def test_a_watch_whose_name_is_gone_is_left_out_and_the_others_stay(matcher):
    watches = [watch(1, "@wire-coin"), watch(2, "@gone-coin"), watch(3, "@gone-coin")]
    watched = matcher.with_watches(watches)
    assert watched.watches.faults.keys() == {"w2", "w3"}
    assert watched.watches.faults["w2"].column == 1
    assert watched.read(item("Wire Coin opens")).chief == {target(1)}
    reloaded = Matcher(replace(RULES, entities={})).with_watches(watches)
    assert reloaded.watches.faults.keys() == {"w1", "w2", "w3"}
    assert not reloaded.read(item("Wire Coin opens")).chief


def test_the_same_query_of_two_places_is_two_matches_of_one_version(matcher):
    reading = matcher.with_watches([watch(1, "custody"), watch(2, "custody")]).read(
        item("Custody rule")
    )
    own = [match for match in reading.matches if match.target.kind is TargetKind.WATCH]
    assert {match.target for match in own} == {target(1), target(2)}
    assert len({match.rule_version for match in own}) == 1
    assert own[0].rule_version


def test_a_long_query_is_cut_in_the_reason(matcher):
    query = "custody OR " + " OR ".join(f"word{number}" for number in range(20))
    reading = matcher.with_watches([watch(1, query)]).read(item("Custody rule"))
    match = next(match for match in reading.matches if match.target == target(1))
    assert match.reason.endswith("…")
    assert len(match.reason) <= 80


def test_a_watch_that_nobody_follows_is_not_seen(matcher):
    reading = matcher.with_watches([watch(1, "custody")]).read(item("Custody rule"))
    assert target(1) in reading.seen_by({target(1)}).chief
    assert target(1) not in reading.seen_by(set()).chief
