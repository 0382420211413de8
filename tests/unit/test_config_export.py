"""A watch written as YAML, and read back by the loader and `check`."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.cli.judge import judge_example
from aggregator.config.examples import check_examples
from aggregator.config.export import EXAMPLES_MAX, as_watchlist_yaml
from aggregator.config.rules import load_rules_with_lines
from aggregator.matching.matcher import Matcher
from aggregator.model import FeedKind, Item, ItemKey, Trust

NOW = datetime(2029, 3, 4, 12, tzinfo=UTC)
ENTITIES = """
entities:
  wire-coin:
    name: Wire Coin
    kind: company
    aliases: [Wire Coin, {text: WCX, needs: "@harbour-office OR exchange"}]
  wire-coin-bank: {name: Wire Coin Bank, kind: company, aliases: [Wire Coin Bank]}
  harbour-office: {name: Harbour Office, kind: agency, aliases: [Harbour Office]}
"""
EVENTS = """
events: []
quiet:
  - name: price
    when: title:"price prediction"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("rules")
    (place / "entities.yaml").write_text(ENTITIES)
    (place / "words.yaml").write_text("families: {sue: [sue, lawsuit]}\n")
    (place / "events.yaml").write_text(EVENTS)
    (place / "watchlists").mkdir()
    return place


def item(title, summary="", **changes):
    values = {
        "key": ItemKey(title),
        "feed_id": "wire-one",
        "outlet": "Wire One",
        "kind": FeedKind.NEWS,
        "trust": Trust.INDEPENDENT,
        "url": "https://wire-one.example/1",
        "title": title,
        "summary": summary,
        "published": NOW,
        "seen": NOW,
    }
    return Item(**(values | changes))


def read_back(folder, query, hits):
    """Return what `check --strict` says, and the exported rule's examples as they were read."""
    path = folder / "watchlists" / "mine.yaml"
    path.unlink(missing_ok=True)
    rules = load_rules_with_lines([folder]).rules
    path.write_text(as_watchlist_yaml("mine", [query], hits, rules), encoding="utf-8")
    loaded = load_rules_with_lines([folder])
    matcher = Matcher(loaded.rules)
    report = check_examples(loaded, lambda example, target: judge_example(matcher, target, example))
    return (*report.faults, *report.warnings), loaded.rules.watchlists["mine"]


def test_an_exported_watch_passes_check_with_its_own_hits(folder):
    faults, rule = read_back(
        folder,
        "(@wire-coin NEAR/8 ~sue) AND NOT airdrop",
        [
            item("Harbour Office sues Wire Coin: “no licence” #1"),
            item("Markets close lower", "Wire Coin faces a lawsuit. More soon."),
            item("Wire Coin sued, price prediction inside"),
            item("Nothing of the kind"),
        ],
    )
    assert not faults
    assert [each.title for each in rule.examples.match] == [
        "Harbour Office sues Wire Coin: “no licence” #1"
    ]
    assert [each.title for each in rule.examples.related] == [
        "Markets close lower",
        "Wire Coin sued, price prediction inside",
    ]
    assert len(rule.examples.no_match) == 1
    assert rule.watchlist.title == "(@wire-coin NEAR/8 ~sue) AND NOT airdrop"


@pytest.mark.parametrize(
    "title",
    [
        "- custody: yes",
        "custody # not a comment",
        "'custody' \"twice\" quoted",
        "@custody *and &more !tags %here",
        "[custody, {and: more}]",
        "custody: 1:23-cv-01599",
        "| custody",
        "custody\n\nin lines",
        "custody 🤖 \u202eturned",
        "? custody",
        "custody:",
        "--- custody",
        "custody \x85 \x00 \ud800",
    ],
)
def test_no_headline_is_syntax_of_the_file(folder, title):
    faults, rule = read_back(folder, "custody OR harbour", [item(title)])
    assert not faults
    assert len(rule.examples.match) == ("custody" in title)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(title=st.text(max_size=40), summary=st.text(max_size=40))
def test_any_hit_comes_back_as_an_example_that_holds(folder, title, summary):
    hits = [item(f"{title} custody {summary}"), item(title or "x", f"{summary} custody")]
    faults, _ = read_back(folder, "custody", hits)
    assert not faults


@pytest.mark.parametrize(
    "query",
    [
        '"final rule" AND “custody”',
        "@wire-coin",
        "custody\nAND title:(rule OR licence)",
        "court:dcd custody",
        'source:"Wire One" url:opinion',
        "docket:1:29-cv-09999",
        "regulat*",
        "1234",
        "true OR false",
    ],
)
def test_any_query_comes_back_as_it_was_meant(folder, query):
    hits = [item("A final rule on custody; No. 1:29-cv-09999: regulators, Wire Coin", court="dcd")]
    faults, rule = read_back(folder, query, hits)
    assert not [fault for fault in faults if "no examples under `match`" not in fault.what]
    assert rule.when is not None


def test_a_hit_that_no_example_can_say_is_left_out(folder):
    faults, rule = read_back(folder, "court:dcd", [item("Order", court="dcd", kind=FeedKind.COURT)])
    assert rule.examples.match == rule.examples.related == ()
    assert [fault.line for fault in faults] == [1]


def test_a_file_holds_few_examples_and_each_headline_once(folder):
    hits = [item(f"Custody case {number // 2}") for number in range(60)]
    _, rule = read_back(folder, "custody", hits)
    titles = [example.title for example in rule.examples.match]
    assert len(titles) == len(set(titles)) == EXAMPLES_MAX


@pytest.mark.parametrize(("name", "query"), [("Mine!", "custody"), ("mine", "@gone"), ("mine", "")])
def test_what_the_loader_would_refuse_is_refused_before(folder, name, query):
    rules = load_rules_with_lines([folder]).rules
    with pytest.raises(ValueError, match=r"cannot be a name|no entity|empty"):
        as_watchlist_yaml(name, [query], (), rules)
