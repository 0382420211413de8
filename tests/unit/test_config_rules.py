import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.rules import load_rules, load_rules_with_lines
from aggregator.config.yamlfile import YamlFile, load_yaml
from aggregator.errors import ConfigError
from aggregator.matching import tree
from aggregator.matching.rules import Alias, EntityKind, Example, Rules
from aggregator.model import EventKind, Milestone, Person, Severity

WORDS = "families:\n  sue: [sue, lawsuit]\n"
ENTITIES = """\
entities:
  sec:
    name: Securities and Exchange Commission
    kind: agency
    aliases: [SEC]
  binance:
    name: Binance
    kind: company
    aliases:
      - Binance
      - {text: BAM, cased: true, needs: "@sec OR court", not_near: [football]}
  jane-roe:
    name: Jane Roe
    kind: judge
    aliases: [{text: Judge Wilberforce, fuzzy: true, strict: true}]
"""
EVENTS = """\
events:
  - {kind: settlement, severity: high, when: settle OR settlement}
quiet:
  - name: price talk
    when: title:"price prediction"
"""
CASE = """\
caption: SEC v. Binance Holdings Limited
title: SEC v. Binance
court: dcd
court_name: District of Columbia
docket: 1:23-cv-01599
docket_source: https://court.example/1
court_case_id: 256060
court_case_id_source: https://court.example/2
filed: 2023-06-05
judges:
  - {name: Jane Roe, role: magistrate, entity: jane-roe, source: https://court.example/3}
parties:
  - {name: SEC, role: plaintiff, entity: sec, source: https://court.example/4}
  - {name: Binance Ltd, role: defendant, entity: binance}
status: {text: Dismissed, date: 2025-05, closed: true, source: https://court.example/5}
aliases:
  - SEC v. Binance
  - {text: binance, primary: true}
severity: high
when:
  all: ["@sec", "@binance", ~sue]
sisters: [us-v-binance]
milestones:
  - {date: 2023, what: Complaint, event: complaint, source: https://court.example/6}
examples:
  match:
    - SEC sues Binance
  no_match:
    - {title: Binance up, summary: A coin, published: 2023-06-05, outlet: Wire One}
"""
WATCHLIST = "title: Stablecoin law\nwhen: stablecoin AND (bill OR law)\n"
GOOD = {
    "words.yaml": WORDS,
    "entities.yaml": ENTITIES,
    "events.yaml": EVENTS,
    "cases/sec-v-binance.yaml": CASE,
    "watchlists/stablecoins.yml": WATCHLIST,
}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def faults(*places: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_rules(places)
    return [f"{Path(fault.file).name}:{fault.line}: {fault.what}" for fault in caught.value.faults]


def rules(tmp_path: Path, **files: str) -> Rules:
    return load_rules([write(tmp_path, GOOD | files)])


def test_every_fact_of_a_case_arrives(tmp_path):
    rule = rules(tmp_path).cases["sec-v-binance"]
    case = rule.case
    assert (case.slug, case.title, case.court) == ("sec-v-binance", "SEC v. Binance", "dcd")
    assert (case.docket, case.court_case_id) == ("1:23-cv-01599", "256060")
    assert case.docket_source == "https://court.example/1"
    assert case.judges == (
        Person(name="Jane Roe", role="magistrate", source="https://court.example/3"),
    )
    assert case.parties[1] == Person(name="Binance Ltd", role="defendant")
    assert (case.status, case.status_date, case.closed) == ("Dismissed", "2025-05", True)
    assert case.status_source == "https://court.example/5"
    assert case.filed == "2023-06-05"
    assert case.aliases == ("SEC v. Binance", "binance")
    assert case.primary_aliases == ("binance",)
    assert case.severity is Severity.HIGH
    assert case.milestones == (
        Milestone(
            date="2023",
            what="Complaint",
            source="https://court.example/6",
            event=EventKind.COMPLAINT,
        ),
    )
    assert (rule.plaintiffs, rule.defendants, rule.judges) == ({"sec"}, {"binance"}, {"jane-roe"})
    assert rule.sisters == ("us-v-binance",)
    assert rule.when == tree.build({"all": ["@sec", "@binance", "~sue"]})
    assert rule.examples.match == (Example(title="SEC sues Binance"),)
    assert rule.examples.no_match == (
        Example(
            title="Binance up",
            summary="A coin",
            published=datetime(2023, 6, 5, tzinfo=UTC),
            outlet="Wire One",
        ),
    )


def test_entities_words_events_and_watchlists_arrive(tmp_path):
    loaded = rules(tmp_path)
    assert loaded.families == {"sue": ("sue", "lawsuit")}
    assert loaded.entities["sec"].kind is EntityKind.AGENCY
    assert loaded.entities["binance"].aliases == (
        Alias(text="Binance"),
        Alias(text="BAM", cased=True, needs=tree.build("@sec OR court"), not_near=("football",)),
    )
    assert loaded.entities["jane-roe"].aliases[0].fuzzy
    assert loaded.events[0].kind is EventKind.SETTLEMENT
    assert loaded.quiet[0].name == "price talk"
    watchlist = loaded.watchlists["stablecoins"].watchlist
    assert (watchlist.title, watchlist.severity) == ("Stablecoin law", Severity.MEDIUM)


def test_examples_keep_their_lines(tmp_path):
    placed = load_rules_with_lines([write(tmp_path, GOOD)]).examples
    assert [(str(each.target), each.group, each.line) for each in placed] == [
        ("case:sec-v-binance", "match", 27),
        ("case:sec-v-binance", "no_match", 29),
    ]


CASE_LINES = CASE.splitlines()


def case_with(line: int, text: str) -> dict[str, str]:
    """Return the good rules with one line of the case replaced; an empty text removes it."""
    lines = [*CASE_LINES]
    lines[line - 1 : line] = [text] if text else []
    return {"cases/sec-v-binance.yaml": "\n".join(lines)}


def added(name: str, text: str) -> dict[str, str]:
    return {name: GOOD[name] + text}


FAULTY = {
    "a case without a caption": (case_with(1, ""), "sec-v-binance.yaml:1", "add `caption: Sec"),
    "a case without a query": (
        {"cases/sec-v-binance.yaml": "caption: A\ntitle: B\n"},
        "sec-v-binance.yaml:1",
        "`when` is missing: add `when: (@sec NEAR/10",
    ),
    "a case with an empty query": (
        {"cases/a.yaml": "caption: A\ntitle: B\nwhen:\n"},
        "a.yaml:3",
        "is empty: write what to look for",
    ),
    "a misspelt key": (case_with(2, "titel: x"), "sec-v-binance.yaml:2", "did you mean `title`?"),
    "a docket without a source": (
        case_with(6, ""),
        "sec-v-binance.yaml:5",
        "add `docket_source: https://…`, or leave `docket` out",
    ),
    "a court's case id without a source": (
        case_with(8, ""),
        "sec-v-binance.yaml:7",
        "add `court_case_id_source:",
    ),
    "a docket without a court": (
        case_with(3, ""),
        "sec-v-binance.yaml:4",
        "add the court's id, such as `court: dcd`",
    ),
    "a source of nothing": (
        case_with(5, ""),
        "sec-v-binance.yaml:5",
        "is the source of nothing: add `docket: …`",
    ),
    "a source that cannot be opened": (
        case_with(6, "docket_source: PACER"),
        "sec-v-binance.yaml:6",
        "begins with https://",
    ),
    "a date that is not in the calendar": (
        case_with(9, "filed: 2023-02-30"),
        "sec-v-binance.yaml:9",
        "write a date that exists",
    ),
    "a date the wrong way round": (
        case_with(9, "filed: 05.06.2023"),
        "sec-v-binance.yaml:9",
        "write 2023-06-05, 2023-06 or 2023",
    ),
    "a date long ago": (case_with(9, "filed: 1023"), "sec-v-binance.yaml:9", "a year from 1900"),
    "a judge without a source": (
        case_with(11, "  - {name: Jane Roe}"),
        "sec-v-binance.yaml:11",
        "`source` is missing: add `source: https://",
    ),
    "a judge of an unknown rank": (
        case_with(11, "  - {name: J, role: judg, source: 'https://c.example'}"),
        "sec-v-binance.yaml:11",
        "did you mean `judge`? Write one of judge, magistrate",
    ),
    "a judge nobody knows": (
        case_with(11, "  - {name: J, entity: jane-row, source: 'https://c.example'}"),
        "sec-v-binance.yaml:11",
        "did you mean `jane-roe`?",
    ),
    "a party of an unknown side": (
        case_with(14, "  - {name: B, role: accused}"),
        "sec-v-binance.yaml:14",
        "Write one of plaintiff, defendant",
    ),
    "a party nobody knows": (
        case_with(14, "  - {name: B, role: defendant, entity: zzz}"),
        "sec-v-binance.yaml:14",
        "not in entities.yaml: Write it there, or leave it out",
    ),
    "a status without a source": (
        case_with(15, "status: {text: Open, date: 2025}"),
        "sec-v-binance.yaml:15",
        "add `source: https://",
    ),
    "a status without a date": (
        case_with(15, "status: {text: Open, source: 'https://c.example'}"),
        "sec-v-binance.yaml:15",
        "add `date: '2025-05-29'`",
    ),
    "a status that is a text": (
        case_with(15, "status: open"),
        "sec-v-binance.yaml:15",
        "must be a mapping: write `{text: Dismissed",
    ),
    "a milestone without a source": (
        case_with(24, "  - {date: 2023, what: Complaint}"),
        "sec-v-binance.yaml:24",
        "add `source: https://",
    ),
    "a milestone of an unknown event": (
        case_with(24, "  - {date: 2023, what: C, event: complain, source: 'https://c.example'}"),
        "sec-v-binance.yaml:24",
        "did you mean `complaint`?",
    ),
    "an alias given twice": (
        case_with(18, "  - SEC v. Binance"),
        "sec-v-binance.yaml:18",
        "(first on line 17): keep one",
    ),
    "a primary alias of two cases": (
        {"cases/us-v-binance.yaml": "caption: A\ntitle: B\nwhen: x\naliases: [{text: Binance, primary: true}]"},
        "us-v-binance.yaml:4",
        "remove `primary: true` from one of the two",
    ),
    "a case that is its own sister": (
        case_with(22, "sisters: [sec-v-binance]"),
        "sec-v-binance.yaml:22",
        "remove it from `sisters`",
    ),
    "an unknown severity": (
        case_with(19, "severity: urgent"),
        "sec-v-binance.yaml:19",
        "Write one of low, medium, high",
    ),
    "an unknown entity in a tree": (
        case_with(21, '  all:\n    - "@sec"\n    - any: [~sue, "@binence"]'),
        "sec-v-binance.yaml:23",
        "`@binence` is not in entities.yaml: did you mean `binance`? Write it there",
    ),
    "an unknown family in a tree": (
        case_with(21, '  all: ["@sec", ~seu]'),
        "sec-v-binance.yaml:21",
        "`~seu` is not in words.yaml: did you mean `sue`?",
    ),
    "an unknown key in a tree": (
        case_with(21, '  all: ["@sec"]\n  non: [x]'),
        "sec-v-binance.yaml:22",
        "unknown key",
    ),
    "a query that does not parse": (
        {"watchlists/a.yaml": "title: A\nwhen: stablecoin AND (bill"},
        "a.yaml:2",
        "(column 16)",
    ),
    "an unknown entity in a query": (
        {"watchlists/a.yaml": "title: A\nwhen: >\n  stablecoin\n  AND @treasury\n"},
        "a.yaml:2",
        "`@treasury` is not in entities.yaml",
    ),
    "a regular expression": (
        {"watchlists/a.yaml": "title: A\nwhen: /stable.*/"},
        "a.yaml:2",
        "regular expressions are not supported",
    ),
    "an example that is a number of nothing": (
        {"watchlists/a.yaml": "title: A\nwhen: x\nexamples:\n  match:\n    -\n"},
        "a.yaml:5",
        "write a text",
    ),
    "an example dated badly": (
        {
            "watchlists/a.yaml": "title: A\nwhen: x\nexamples:\n  match:\n"
            "    - title: B\n      published: June"
        },
        "a.yaml:6",
        "write 2023-09-18 or 2023-09-18T14:30:00Z",
    ),
    "an example in an unknown group": (
        {"watchlists/a.yaml": "title: A\nwhen: x\nexamples:\n  nomatch: [a]\n"},
        "a.yaml:4",
        "did you mean `no_match`?",
    ),
    "an entity without aliases": (
        added("entities.yaml", "  x: {name: X, kind: company, aliases: []}"),
        "entities.yaml:16",
        "is an empty list: add `aliases: [Binance]`",
    ),
    "an entity of an unknown kind": (
        added("entities.yaml", "  x: {name: X, kind: firm, aliases: [X]}"),
        "entities.yaml:16",
        "Write one of company, person",
    ),
    "an entity with a name in capitals": (
        added("entities.yaml", "  X Corp: {name: X, kind: company, aliases: [X]}"),
        "entities.yaml:16",
        "such as `x-corp`",
    ),
    "an alias of punctuation": (
        added("entities.yaml", "  x: {name: X, kind: company, aliases: ['!!']}"),
        "entities.yaml:16",
        "write the words to look for",
    ),
    "an alias with a misspelt condition": (
        added("entities.yaml", "  x: {name: X, kind: company, aliases: [{text: X, case: true}]}"),
        "entities.yaml:16",
        "did you mean `cased`?",
    ),
    "an alias that needs someone unknown": (
        added("entities.yaml", "  x: {name: X, kind: company, aliases: [{text: X, needs: '@y'}]}"),
        "entities.yaml:16",
        "`@y` is not in entities.yaml",
    ),
    "a short name with one edit": (
        added("entities.yaml", "  x: {name: X, kind: person, aliases: [{text: Joe, fuzzy: true}]}"),
        "entities.yaml:16",
        "remove `fuzzy`",
    ),
    "a family that is one word": (
        added("words.yaml", "  win: win"),
        "words.yaml:3",
        "must be a list: write `- …` lines under it, or [one, two]",
    ),
    "a family named twice": (added("words.yaml", "  sue: [x]"), "words.yaml:3", "keep one"),
    "an event without a severity": (
        {"events.yaml": "events:\n  - kind: order\n    when: order\n"},
        "events.yaml:2",
        "add `severity: high`",
    ),
    "an event of an unknown sort": (
        {"events.yaml": "events:\n  - {kind: setlement, severity: high, when: x}\n"},
        "events.yaml:2",
        "did you mean `settlement`?",
    ),
    "an event about someone unknown": (
        {"events.yaml": "events:\n  - kind: order\n    severity: low\n    when: '@nobody'\n"},
        "events.yaml:4",
        "`@nobody` is not in entities.yaml",
    ),
    "a quiet rule given twice": (
        added("events.yaml", "  - {name: price talk, when: x}"),
        "events.yaml:6",
        "join the two with `any`",
    ),
    "a misspelt file": ({"entites.yaml": "a: 1"}, "entites.yaml:1", "did you mean `entities`?"),
    "a case beside the folders": (
        {"sec-v-ripple.yaml": "a: 1"},
        "sec-v-ripple.yaml:1",
        "move it to cases/ or watchlists/",
    ),
    "a misspelt folder": ({"case/a.yaml": "a: 1"}, "a.yaml:1", "did you mean `cases`?"),
    "a folder in a folder": ({"cases/us/a.yaml": "a: 1"}, "a.yaml:1", "move it"),
    "a case in two files": (
        {"cases/sec-v-binance.yml": CASE},
        "sec-v-binance.yml:1",
        "keep one of them",
    ),
    "a file name with a space": ({"cases/SEC v X.yaml": CASE}, "SEC v X.yaml:1", "rename the file"),
    "broken YAML": ({"cases/a.yaml": "when: @sec"}, "a.yaml:1", 'put it in quotes: "@sec"'),
    "an empty file": ({"cases/a.yaml": ""}, "a.yaml:1", "write `caption:`, `title:` and `when:`"),
}  # fmt: skip


@pytest.mark.parametrize(("files", "place", "remedy"), FAULTY.values(), ids=FAULTY.keys())
def test_a_faulty_rule_names_the_file_the_line_and_the_remedy(tmp_path, files, place, remedy):
    found = faults(write(tmp_path, GOOD | files))
    assert [fault for fault in found if fault.startswith(f"{place}: ") and remedy in fault], found
    assert all("\n" not in fault for fault in found)


@pytest.mark.parametrize("mistake", [(9, "filed: soon"), (2, "titel: x")])
def test_one_mistake_is_one_fault(tmp_path, mistake):
    assert len(faults(write(tmp_path, GOOD | case_with(*mistake)))) == 1


def test_faults_of_all_files_are_told_at_once(tmp_path):
    files = case_with(9, "filed: soon") | {"words.yaml": "x: 1", "cases/b.yaml": "caption: ["}
    names = {fault.split(":")[0] for fault in faults(write(tmp_path, GOOD | files))}
    assert names == {"sec-v-binance.yaml", "words.yaml", "b.yaml"}


def test_a_broken_entity_file_does_not_make_every_reference_a_fault(tmp_path):
    (fault,) = faults(write(tmp_path, GOOD | {"entities.yaml": ENTITIES + "  x: ["}))
    assert fault.startswith("entities.yaml:16: ")


JUNK = st.recursive(
    st.sampled_from([None, True, 7, "", "x", "@sec", "~sue", "/x/", "2023", "high", "(", "sec"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [
                    "any",
                    "all",
                    "none",
                    "near",
                    "words",
                    "title",
                    "court",
                    "docket",
                    "text",
                    "needs",
                    "fuzzy",
                    "match",
                    "date",
                    "source",
                    "aliases",
                    "entity",
                    "when",
                    "kind",
                    "name",
                    "severity",
                    "role",
                ]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=8,
)


@given(st.sampled_from(sorted(GOOD)), st.integers(min_value=0), JUNK)
def test_no_value_anywhere_makes_the_loader_raise_anything_but_its_faults(name, where, junk):
    spots = []
    file = load_yaml(GOOD[name].encode(), name)
    assert isinstance(file, YamlFile)
    pending, top = [file.data], file.data
    while pending:
        here = pending.pop()
        keys = list(here) if isinstance(here, dict) else range(len(here))
        for key in keys:
            spots.append((here, key))
            if isinstance(here[key], dict | list):
                pending.append(here[key])
    holder, key = spots[where % len(spots)]
    holder[key] = junk
    with tempfile.TemporaryDirectory() as folder:
        place = write(Path(folder), GOOD | {name: yaml.safe_dump(top)})
        try:
            load_rules([place])
        except ConfigError as error:
            told = error.faults
        else:
            told = ()
    assert all(fault.line >= 1 and "\n" not in str(fault) for fault in told)


def test_a_missing_folder_says_how_to_make_one(tmp_path):
    (fault,) = faults(tmp_path / "rules")
    assert "there is no such folder: make the folder" in fault
    assert "CASEWIRE_RULES" in fault


def test_a_file_in_place_of_the_folder_is_a_fault(tmp_path):
    write(tmp_path, {"rules.yaml": "a: 1"})
    (fault,) = faults(tmp_path / "rules.yaml")
    assert "is a file, not a folder" in fault


def test_an_empty_folder_is_a_fault(tmp_path):
    (fault,) = faults(tmp_path)
    assert "write cases/<slug>.yaml or watchlists/<name>.yaml" in fault


def test_what_editors_leave_behind_is_not_read(tmp_path):
    litter = {
        ".hidden.yaml": "[",
        "cases/.a.yaml.swp": "[",
        "cases/a.yaml~": "[",
        "cases/a.yaml.bak": "[",
        "..data/a.yaml": "[",
        "README.md": "# Rules",
        "notes/todo.txt": "x",
    }
    assert set(rules(tmp_path, **litter).cases) == {"sec-v-binance"}


def test_a_later_folder_wins_name_by_name(tmp_path):
    ours = write(tmp_path / "ours", GOOD)
    yours = write(
        tmp_path / "yours",
        {
            "words.yaml": "families: {sue: [sue], win: [win]}",
            "entities.yaml": "entities: {sec: {name: S, kind: agency, aliases: [SEC]}}",
            "cases/sec-v-binance.yaml": CASE.replace("title: SEC", "title: The SEC"),
            "watchlists/mine.yaml": "title: Mine\nwhen: ~win AND @binance",
            "events.yaml": "events: [{kind: order, severity: low, when: order}]\n"
            "quiet: [{name: price talk, when: price}, {name: list, when: list}]",
        },
    )
    both = load_rules([ours, yours])
    assert both.families == {"sue": ("sue",), "win": ("win",)}
    assert (both.entities["sec"].name, both.entities["binance"].name) == ("S", "Binance")
    assert both.cases["sec-v-binance"].case.title == "The SEC v. Binance"
    assert set(both.watchlists) == {"stablecoins", "mine"}
    assert [event.kind for event in both.events] == [EventKind.ORDER, EventKind.SETTLEMENT]
    assert [(quiet.name, quiet.when) for quiet in both.quiet] == [
        ("price talk", tree.build("price")),
        ("list", tree.build("list")),
    ]


def test_a_folder_of_your_own_may_be_empty(tmp_path):
    ours = write(tmp_path / "ours", GOOD)
    (tmp_path / "yours").mkdir()
    assert set(load_rules([ours, tmp_path / "yours"]).cases) == {"sec-v-binance"}


def test_versions_change_with_the_file_and_only_with_it(tmp_path):
    before = rules(tmp_path)
    again = rules(tmp_path)
    after = rules(tmp_path, **{"watchlists/stablecoins.yml": WATCHLIST + "severity: low\n"})
    assert before == again
    assert before.version != after.version
    assert before.cases["sec-v-binance"].version == after.cases["sec-v-binance"].version
    assert before.watchlists["stablecoins"].version != after.watchlists["stablecoins"].version
