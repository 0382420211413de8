import tempfile
from datetime import time, timedelta
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from aggregator.cli import cli
from aggregator.config.feeds import LoadedFeeds, load_feeds_with_overrides
from aggregator.config.rules import LoadedRules, load_rules_with_lines
from aggregator.errors import ConfigError
from aggregator.matching import tree
from aggregator.matching.rules import Deliver
from aggregator.model import Severity

ENTITIES = """\
entities:
  sec: {name: SEC, kind: agency, aliases: [SEC]}
  binance:
    name: Binance
    kind: company
    aliases:
      - Binance
      - {text: BAM, cased: true}
"""
CASE = """\
caption: SEC v. Binance Holdings Limited
title: SEC v. Binance
court: dcd
docket: 1:23-cv-01599
docket_source: https://court.example/1
parties: [{name: Binance, role: defendant, entity: binance}, {name: SEC, role: plaintiff, entity: sec}]
aliases: [SEC v. Binance, the Binance case]
when: "@sec AND @binance"
examples:
  match: [SEC sues Binance, SEC and Binance settle]
  no_match: [Binance lists a coin]
"""
WATCHLIST = "title: Staking\nwhen: staking\nexamples: {match: [Staking rules], no_match: [Rain]}\n"
EVENTS = """\
quiet:
  - {name: price, when: price}
  - {name: list, when: best}
events: [{kind: complaint, severity: high, when: sue OR settle}]
"""
OURS = {
    "entities.yaml": ENTITIES,
    "words.yaml": "families: {sue: [sue]}",
    "events.yaml": EVENTS,
    "cases/sec-v-binance.yaml": CASE,
    "watchlists/staking.yaml": WATCHLIST,
}


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Let faults and overrides be named as from the folder that holds all places."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def layered(places: Path, *yours: dict[str, str]) -> LoadedRules:
    folders = [write(places / "rules", OURS)]
    folders += [write(places / f"yours{number}", files) for number, files in enumerate(yours)]
    return load_rules_with_lines(folders)


def faults(places: Path, *yours: dict[str, str]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        layered(places, *yours)
    return [str(fault) for fault in caught.value.faults]


def test_what_is_not_written_comes_from_the_one_extended(places):
    loaded = layered(places, {"cases/sec-v-binance.yaml": "extends: sec-v-binance\nseverity: high"})
    rule = loaded.rules.cases["sec-v-binance"]
    assert rule.case.severity is Severity.HIGH
    assert (rule.case.title, rule.case.docket) == ("SEC v. Binance", "1:23-cv-01599")
    assert rule.when == tree.build("@sec AND @binance")
    assert rule.file == "yours0/cases/sec-v-binance.yaml"
    assert loaded.overrides == (
        "yours0/cases/sec-v-binance.yaml extends rules/cases/sec-v-binance.yaml",
    )


def test_lists_are_replaced_but_aliases_and_examples_are_added_to(places):
    yours = "extends: sec-v-binance\nparties: []\naliases: [binance]\nexamples:\n  match: [SEC, meet Binance]\n"
    rule = layered(places, {"cases/sec-v-binance.yaml": yours}).rules.cases["sec-v-binance"]
    assert rule.case.parties == ()
    assert rule.case.aliases == ("SEC v. Binance", "the Binance case", "binance")
    assert [each.title for each in rule.examples.match] == [
        "SEC sues Binance",
        "SEC and Binance settle",
        "SEC",
        "meet Binance",
    ]
    assert [each.title for each in rule.examples.no_match] == ["Binance lists a coin"]


def test_an_alias_or_example_written_again_takes_the_place_of_ours(places):
    yours = (
        "extends: sec-v-binance\naliases: [{text: the Binance case, primary: true}]\n"
        "examples: {no_match: [SEC and Binance settle]}"
    )
    rule = layered(places, {"cases/sec-v-binance.yaml": yours}).rules.cases["sec-v-binance"]
    assert rule.case.aliases == ("SEC v. Binance", "the Binance case")
    assert rule.case.primary_aliases == ("the Binance case",)
    assert [each.title for each in rule.examples.match] == ["SEC sues Binance"]
    assert [each.title for each in rule.examples.no_match] == [
        "Binance lists a coin",
        "SEC and Binance settle",
    ]


def test_a_key_with_nothing_after_it_leaves_ours_out(places):
    yours = "extends: sec-v-binance\ndocket:\ndocket_source:\n"
    case = layered(places, {"cases/sec-v-binance.yaml": yours}).rules.cases["sec-v-binance"].case
    assert (case.docket, case.docket_source, case.court) == (None, "", "dcd")


def test_a_new_name_may_extend_one_of_ours_which_stays(places):
    loaded = layered(places, {"watchlists/mine.yaml": "extends: staking\ntitle: Mine"})
    assert {name: rule.watchlist.title for name, rule in loaded.rules.watchlists.items()} == {
        "staking": "Staking",
        "mine": "Mine",
    }
    assert loaded.overrides == ()


def test_a_third_place_extends_what_the_second_made(places):
    first = {"watchlists/staking.yaml": "extends: staking\ntitle: Two"}
    second = {"watchlists/staking.yaml": "extends: staking\nseverity: high"}
    rule = layered(places, first, second).rules.watchlists["staking"]
    assert (rule.watchlist.title, rule.watchlist.severity) == ("Two", Severity.HIGH)
    assert rule.when == tree.build("staking")


def test_the_version_of_an_extending_rule_changes_with_either_file(places):
    yours = {"watchlists/staking.yaml": "extends: staking\ntitle: Mine"}
    before = layered(places, yours).rules
    write(places / "rules", {"watchlists/staking.yaml": WATCHLIST + "severity: low"})
    after = load_rules_with_lines([places / "rules", places / "yours0"]).rules
    ours = after.watchlists["staking"]
    assert ours.version != before.watchlists["staking"].version
    assert after.version != before.version


def test_a_switched_off_rule_is_gone(places):
    loaded = layered(
        places,
        {
            "cases/sec-v-binance.yaml": "enabled: false",
            "watchlists/staking.yaml": "enabled: false",
            "events.yaml": "quiet: [{name: price, enabled: false}]",
        },
    )
    assert (dict(loaded.rules.cases), dict(loaded.rules.watchlists)) == ({}, {})
    assert [rule.name for rule in loaded.rules.quiet] == ["list"]
    assert loaded.examples == ()
    assert loaded.overrides == (
        "yours0/cases/sec-v-binance.yaml switches off rules/cases/sec-v-binance.yaml",
        "yours0/watchlists/staking.yaml switches off rules/watchlists/staking.yaml",
        "yours0/events.yaml:1: price switches off rules/events.yaml:2",
    )


def test_an_entity_can_be_extended_and_switched_off(places):
    yours = "entities:\n  binance: {extends: binance, aliases: [BNB, {text: BAM, strict: true}]}\n"
    loaded = layered(places, {"entities.yaml": yours})
    aliases = loaded.rules.entities["binance"].aliases
    assert [(each.text, each.cased, each.strict) for each in aliases] == [
        ("Binance", None, False),
        ("BNB", None, False),
        ("BAM", None, True),
    ]
    assert loaded.overrides == ("yours0/entities.yaml:2: binance extends rules/entities.yaml:3",)
    off = {"entities.yaml": "entities: {binance: {enabled: false}}"}
    told = faults(places, off)
    assert any("`@binance` is not in entities.yaml" in fault for fault in told)
    off["cases/sec-v-binance.yaml"] = "enabled: false"
    assert set(layered(places, off).rules.entities) == {"sec"}


def test_a_rule_of_your_own_can_be_off_too(places):
    loaded = layered(places, {"watchlists/mine.yaml": "title: Mine\nwhen: x\nenabled: false"})
    assert set(loaded.rules.watchlists) == {"staking"}
    assert loaded.overrides == ("yours0/watchlists/mine.yaml is off",)


def test_a_whole_file_of_the_same_name_overrides_ours(places):
    yours = {
        "watchlists/staking.yaml": "title: Mine\nwhen: stake",
        "words.yaml": "families: {sue: [suit]}",
    }
    loaded = layered(places, yours)
    assert loaded.rules.watchlists["staking"].examples.match == ()
    assert loaded.rules.families == {"sue": ("suit",)}
    assert loaded.overrides == (
        "yours0/watchlists/staking.yaml overrides rules/watchlists/staking.yaml",
        "yours0/words.yaml:1: sue overrides rules/words.yaml:1",
    )


def test_what_is_overridden_is_no_longer_held_against_anyone(places):
    """An upgrade that names what you switched off must not stop the program."""
    write(places / "rules", OURS)
    broken = {"cases/sec-v-binance.yaml": CASE.replace("@binance", "@gone")}
    write(places / "rules", broken)
    mine = write(places / "mine", {"cases/sec-v-binance.yaml": "enabled: false"})
    assert not load_rules_with_lines([places / "rules", mine]).rules.cases


FAULTY = {
    "nothing of that name to extend": (
        {"watchlists/mine.yaml": "title: Mine\nextends: stakng"},
        "yours0/watchlists/mine.yaml:2: `extends: stakng` has nothing to start from: no earlier place has the watchlist `stakng`: did you mean `staking`?",
    ),
    "another kind of thing to extend": (
        {"watchlists/mine.yaml": "extends: sec-v-binance"},
        "no earlier place has the watchlist `sec-v-binance`: Correct the name",
    ),
    "something in the same place to extend": (
        {"watchlists/a.yaml": "title: A\nwhen: x", "watchlists/b.yaml": "extends: a"},
        "yours0/watchlists/b.yaml:1: `extends: a` has nothing to start from",
    ),
    "nothing to switch off": (
        {"cases/sec-v-binanse.yaml": "enabled: false"},
        "yours0/cases/sec-v-binanse.yaml:1: switches off nothing: no earlier place has the case `sec-v-binanse`: did you mean `sec-v-binance`?",
    ),
    "no entity to switch off": (
        {"entities.yaml": "entities:\n  binanse: {enabled: false}"},
        "yours0/entities.yaml:2: switches off nothing: no earlier place has the entity",
    ),
    "a switch that is a text": (
        {"watchlists/staking.yaml": "extends: staking\nenabled: no"},
        "yours0/watchlists/staking.yaml:2: `enabled` cannot be `no`: write true or false",
    ),
    "a list to extend": (
        {"watchlists/staking.yaml": "extends: [staking]\nwhen: x\ntitle: A"},
        "yours0/watchlists/staking.yaml:1: `extends`: is a list where one text is expected",
    ),
    "an unknown key beside extends": (
        {"watchlists/staking.yaml": "extends: staking\nseverty: low"},
        "yours0/watchlists/staking.yaml:2: `severty` is not known here: did you mean `severity`?",
    ),
    "a docket whose inherited source is taken away": (
        {"cases/sec-v-binance.yaml": "severity: low\nextends: sec-v-binance\ndocket_source:\n"},
        "yours0/cases/sec-v-binance.yaml:2: `docket` has no source",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("yours", "told"), FAULTY.values(), ids=FAULTY.keys())
def test_a_faulty_overlay_names_the_line_and_the_remedy(places, yours, told):
    found = faults(places, yours)
    assert [fault for fault in found if told in fault], found
    assert len(found) == 1


def test_a_broken_file_of_ours_does_not_make_every_overlay_a_fault(places):
    write(places / "rules", OURS | {"watchlists/staking.yaml": "title: ["})
    mine = write(places / "mine", {"watchlists/staking.yaml": "extends: staking\ntitle: Mine"})
    with pytest.raises(ConfigError) as caught:
        load_rules_with_lines([places / "rules", mine])
    assert [fault.file for fault in caught.value.faults] == ["rules/watchlists/staking.yaml"]


def test_inherited_examples_are_found_at_the_line_that_extends(places):
    yours = "title: Mine\nextends: staking\nexamples:\n  match:\n    - Own\n"
    loaded = layered(places, {"watchlists/staking.yaml": yours})
    lines = {each.example.title: each.line for each in loaded.examples if "yours0" in each.file}
    assert lines == {"Staking rules": 2, "Rain": 2, "Own": 5}


JUNK = st.recursive(
    st.sampled_from([None, True, False, 7, "", "x", "staking", "binance", "price", "@sec"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["extends", "enabled", "id", "name", "url", "aliases", "examples", "match", "text"]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=8,
)
SPOTS = {
    "watchlists/staking.yaml": lambda junk: (
        {"extends": "staking", "aliases": junk} | as_table(junk)
    ),
    "cases/sec-v-binance.yaml": lambda junk: {"extends": "sec-v-binance"} | as_table(junk),
    "entities.yaml": lambda junk: {"entities": {"binance": junk, "sec": {"aliases": junk}}},
    "words.yaml": lambda junk: {"families": {"sue": junk}},
    "events.yaml": lambda junk: {"quiet": [junk, {"name": junk, "enabled": False}]},
}


def as_table(junk: object) -> dict[str, object]:
    return junk if isinstance(junk, dict) else {"examples": junk}


@given(name=st.sampled_from(sorted(SPOTS)), junk=JUNK)
def test_no_overlay_makes_the_loader_raise_anything_but_its_faults(name, junk):
    with tempfile.TemporaryDirectory() as folder:
        ours = write(Path(folder) / "ours", OURS)
        yours = write(Path(folder) / "yours", {name: yaml.safe_dump(SPOTS[name](junk))})
        try:
            load_rules_with_lines([ours, yours])
        except ConfigError as error:
            told = error.faults
        else:
            told = ()
    assert all(fault.line >= 1 for fault in told)


@given(junk=JUNK, more=JUNK)
def test_no_overlay_of_a_feed_makes_the_loader_raise_anything_but_its_faults(junk, more):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("ours", FEEDS), ("yours", yaml.safe_dump({"feeds": [junk, more]}))):
            (Path(folder) / name).write_text(text, encoding="utf-8")
        try:
            load_feeds_with_overrides([Path(folder) / "ours", Path(folder) / "yours"])
        except ConfigError as error:
            told = error.faults
        else:
            told = ()
    assert all(fault.line >= 1 for fault in told)


def test_an_id_in_quotes_with_spaces_around_it_is_the_same_id(places):
    loaded = feeds(places, "feeds: [{id: ' mine ', url: 'https://two.example/rss', kind: blog}]")
    assert [feed.id for feed in loaded.feeds] == ["one", "mine"]


# --- feeds ------------------------------------------------------------------------------------

FEEDS = """\
feeds:
  - id: one
    url: https://one.example/rss
    kind: news
    every: 5m
  - {id: two, url: 'https://two.example/rss', kind: blog}
"""


def feeds(places: Path, *yours: str) -> LoadedFeeds:
    files = []
    for number, text in enumerate((FEEDS, *yours)):
        files.append(places / f"feeds{number}.yaml")
        files[-1].write_text(text, encoding="utf-8")
    return load_feeds_with_overrides(files)


def test_a_feed_of_ours_is_changed_by_what_differs(places):
    loaded = feeds(places, "feeds:\n- {id: one, extends: one, every: 10m}")
    one = loaded.feeds[0]
    assert (one.url, one.every) == ("https://one.example/rss", timedelta(minutes=10))
    assert loaded.overrides == ("feeds1.yaml:2: one extends feeds0.yaml:2",)


def test_a_feed_of_ours_is_switched_off_by_its_id_alone(places):
    loaded = feeds(places, "feeds: [{id: two, enabled: false}]")
    assert [(feed.id, feed.enabled) for feed in loaded.feeds] == [("one", True), ("two", False)]
    assert loaded.feeds[1].url == "https://two.example/rss"
    assert loaded.overrides == ("feeds1.yaml:1: two switches off feeds0.yaml:6",)


def test_a_feed_written_whole_overrides_ours(places):
    loaded = feeds(places, "feeds: [{id: one, url: 'https://new.example', kind: news}]")
    assert (loaded.feeds[0].url, loaded.feeds[0].every) == ("https://new.example", None)
    assert loaded.overrides == ("feeds1.yaml:1: one overrides feeds0.yaml:2",)


def test_a_feed_at_the_address_of_ours_replaces_it_and_says_so(places):
    loaded = feeds(places, "feeds: [{id: mine, url: 'https://TWO.example/rss', kind: news}]")
    assert [feed.id for feed in loaded.feeds] == ["one", "mine"]
    assert loaded.overrides == (
        "feeds1.yaml:1: mine replaces two of feeds0.yaml:6, which has the same address",
    )


@pytest.mark.parametrize(
    ("yours", "told"),
    [
        (
            "feeds:\n- {id: onne, enabled: false}",
            "feeds1.yaml:2: no earlier file has a feed `onne` to start from: did you mean `one`?",
        ),
        ("feeds:\n- {id: x, extends: zzz}", "feeds1.yaml:2: no earlier file has a feed `zzz`"),
        (
            "feeds:\n- {id: x, extends: one}\n- {id: y, extends: one}",
            "feeds1.yaml:3: `url: https://one.example/rss` is used twice (first on line 2)",
        ),
        ("feeds:\n- {id: one, extends: one, evry: 1h}", "did you mean `every`?"),
    ],
)
def test_a_faulty_overlay_of_a_feed_names_the_line_and_the_remedy(places, yours, told):
    with pytest.raises(ConfigError) as caught:
        feeds(places, yours)
    (fault,) = map(str, caught.value.faults)
    assert told in fault


def test_a_first_file_that_cannot_be_read_does_not_make_every_overlay_a_fault(places):
    (places / "mine.yaml").write_text("feeds: [{id: one, enabled: false}]", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_feeds_with_overrides([places / "none.yaml", places / "mine.yaml"])
    assert [fault.file for fault in caught.value.faults] == ["none.yaml"]


# --- deliver ----------------------------------------------------------------------------------


def delivered(places: Path, *lines: str) -> LoadedRules:
    text = WATCHLIST + "deliver:\n" + "".join(f"  - {line}\n" for line in lines)
    return layered(places, {"watchlists/mine.yaml": text})


def test_where_a_watchlist_goes_arrives(places):
    loaded = delivered(
        places,
        "{to: ops}",
        "{to: ops, mode: digest 08:00, floor: medium}",
        "{to: -1001234567890, thread: 7, mode: instant, floor: high}",
        "{to: '42', mode: 'digest 23:59'}",
    )
    assert loaded.rules.watchlists["mine"].deliver == (
        Deliver(to=None),
        Deliver(to=None, digest=time(8), floor=Severity.MEDIUM),
        Deliver(to=-1001234567890, thread=7, floor=Severity.HIGH),
        Deliver(to=42, digest=time(23, 59)),
    )
    assert [(fault.file, fault.line) for fault in loaded.ops_routes] == [
        ("yours0/watchlists/mine.yaml", 5),
        ("yours0/watchlists/mine.yaml", 6),
    ]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{mode: instant}", "`to` is missing: add `to: ops`"),
        ("{to: '@desk'}", "`@desk` is no Telegram id: write the number that /id answers"),
        ("{to: 0}", "or ops for the operator's chat"),
        ("{to: ops, thread: 0}", "`0` is no topic: write the number that /id answers in it"),
        ("{to: ops, mode: daily}", "`daily`: write instant, or a time of day in UTC such as"),
        ("{to: ops, mode: digest 8}", "such as digest 08:00"),
        ("{to: ops, mode: digest 24:00}", "such as digest 08:00"),
        ("{to: ops, mode:}", "`mode`: is empty"),
        ("{to: ops, floor: urgent}", "Write one of low, medium, high"),
        ("{to: ops, tread: 5}", "did you mean `thread`?"),
        ("ops", "must be a mapping: write `{to: ops}`"),
    ],
)
def test_a_faulty_route_names_the_line_and_the_remedy(places, line, told):
    with pytest.raises(ConfigError) as caught:
        delivered(places, "{to: 1}", line)
    (fault,) = caught.value.faults
    assert fault.line == 6
    assert told in fault.what


def test_one_place_gets_each_sort_of_message_once(places):
    with pytest.raises(ConfigError) as caught:
        delivered(places, "{to: 5}", "{to: 5, mode: digest 08:00}", "{to: 5, mode: digest 20:00}")
    (fault,) = caught.value.faults
    assert fault.line == 7
    assert "`to: 5` gets each digest twice (first on line 6): keep one of them" in fault.what


# --- what check says --------------------------------------------------------------------------


def checked(places: Path, *arguments: str, **env: str | None) -> tuple[int, str]:
    feeds(places)
    fixed = {"CASEWIRE_FEEDS": "feeds0.yaml", "CASEWIRE_OPS_CHAT": None}
    result = CliRunner().invoke(cli, ["check", *arguments], env=fixed | env)
    return result.exit_code, result.output


def test_check_names_what_is_overridden(places):
    layered(places, {"watchlists/staking.yaml": "extends: staking\nseverity: high"})
    code, output = checked(places, CASEWIRE_RULES="rules:yours0")
    assert "yours0/watchlists/staking.yaml extends rules/watchlists/staking.yaml\n" in output
    assert code == 0


def test_check_warns_of_an_operator_chat_that_is_not_set(places):
    delivered(places, "{to: ops}")
    warning = "yours0/watchlists/mine.yaml:5: warning: `to: ops` reaches nobody while"
    code, output = checked(places, "--rules", "rules", "--rules", "yours0", "--strict")
    assert (code, warning in output) == (0, True)
    code, output = checked(places, CASEWIRE_RULES="rules:yours0", CASEWIRE_OPS_CHAT="7")
    assert (code, "warning" in output) == (0, False)


def test_missing_examples_are_a_warning_and_under_strict_a_fault(places):
    layered(places, {"watchlists/mine.yaml": "title: Mine\nwhen: x\n"})
    missing = "mine has no examples under `match` and `no_match`"
    code, output = checked(places, CASEWIRE_RULES="rules:yours0")
    assert (code, f"warning: {missing}" in output) == (0, True)
    code, output = checked(places, "--strict", CASEWIRE_RULES="rules:yours0")
    assert (code, f"yours0/watchlists/mine.yaml:1: {missing}" in output) == (1, True)
