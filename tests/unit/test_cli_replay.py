from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import threading
from itertools import count

import pytest
from click.testing import CliRunner

from aggregator.cli import cli
from aggregator.cli.replaying import LINE_CHARS_MAX
from aggregator.errors import ConfigError, InputError
from aggregator.model import EventKind, Severity
from tests.newsroom import ROOT, plain_logging

FEEDS = """\
feeds:
  - {id: wire-one, url: "https://wire-one.example/rss", kind: news, name: Wire One}
  - {id: rumours, url: "https://rumours.example/rss", kind: blog, name: Rumours}
  - {id: sec, url: "https://www.sec-releases.example/rss", kind: regulator, name: SEC releases}
  - {id: dcd, url: "https://ecf.dcd.uscourts.gov/rss", kind: court, court: dcd, name: D.D.C.}
"""
ENTITIES = """\
entities:
  sec: {name: SEC, kind: agency, aliases: [SEC, Securities and Exchange Commission]}
  marlowe: {name: Marlowe Exchange, kind: company, aliases: [Marlowe]}
  tilbury: {name: Tilbury Coin, kind: company, aliases: [Tilbury]}
"""
WORDS = (
    "families:\n  litigation: [lawsuit, sue, court, judge, settle]\n  courtroom: [court, judge]\n"
)
EVENTS = """\
events:
  - {kind: complaint, severity: high, when: sue}
  - {kind: settlement, severity: high, when: settle}
  - {kind: hearing, severity: medium, when: hearing}
quiet:
  - {name: price talk, when: 'title:"price"'}
"""


def case(slug, entity):
    return f"""\
caption: Securities and Exchange Commission v. {entity.title()}
title: SEC v. {entity.title()}
court: dcd
court_name: D.D.C.
parties:
  - {{name: SEC, role: plaintiff, entity: sec, source: "https://court.example/1"}}
  - {{name: {entity.title()}, role: defendant, entity: {entity}, source: "https://court.example/1"}}
when: {{all: ["@sec", "@{entity}"]}}
examples:
  match: [SEC sues {entity.title()}]
  no_match: [{entity.title()} hires]
"""


WATCHLIST = """\
title: Stablecoin law
severity: low
when: stablecoin AND bill
examples:
  match: [Stablecoin bill passes]
  no_match: [Stablecoin grows]
"""


@pytest.fixture
def rules(tmp_path, monkeypatch):
    """Write small rules and feeds, and let the environment name them and nothing else."""
    folder = tmp_path / "rules"
    (folder / "cases").mkdir(parents=True)
    (folder / "watchlists").mkdir()
    (folder / "entities.yaml").write_text(ENTITIES)
    (folder / "words.yaml").write_text(WORDS)
    (folder / "events.yaml").write_text(EVENTS)
    (folder / "cases" / "sec-v-marlowe.yaml").write_text(case("sec-v-marlowe", "marlowe"))
    (folder / "cases" / "sec-v-tilbury.yaml").write_text(case("sec-v-tilbury", "tilbury"))
    (folder / "watchlists" / "stablecoin-law.yaml").write_text(WATCHLIST)
    (tmp_path / "feeds.yaml").write_text(FEEDS)
    for name in [name for name in os.environ if name.startswith(("CASEWIRE_", "TELEGRAM_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CASEWIRE_RULES", str(folder))
    monkeypatch.setenv("CASEWIRE_FEEDS", str(tmp_path / "feeds.yaml"))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'never.db'}")
    with plain_logging():
        yield folder


numbers = count(1)


def line(title="SEC sues Marlowe", published="2024-03-01T10:00:00Z", **fields):
    made = {"id": f"n{next(numbers)}", "published": published, "outlet": "Northlight"}
    return {**made, "title": title, **fields}


@pytest.fixture
def replay(rules, tmp_path):
    """Run `replay --json` on lines and return what it printed, its exit code and its stderr."""

    def run(*lines, options=("--json",), raw=None):
        file = tmp_path / "items.jsonl"
        text = raw if raw is not None else "\n".join(
            one if isinstance(one, str) else json.dumps(one) for one in lines
        ).encode()  # fmt: skip
        file.write_bytes(text)
        result = CliRunner().invoke(cli, ["replay", str(file), *options])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        if "--json" not in options:
            return result
        return [json.loads(one) for one in result.stdout.splitlines()], result

    return run


# --- the contract ---------------------------------------------------------------------------------


def test_each_item_gives_one_object_with_just_the_promised_fields(replay):
    found, result = replay(line(id="a"), line(title="Weather is fine", id="b"))
    assert result.exit_code == 0
    assert result.stderr == ""
    for one in found:
        assert list(one) == [
            "id",
            "cases",
            "related",
            "watchlists",
            "event",
            "severity",
            "story",
            "decision",
            "reason",
            "evidence",
        ]
    rings, nothing = found
    assert (rings["id"], rings["cases"], rings["related"]) == ("a", ["sec-v-marlowe"], [])
    assert (rings["event"], rings["severity"]) == ("complaint", "high")
    assert rings["decision"] == "alert"
    assert rings["story"]
    assert nothing["decision"] == "ignore"
    assert (nothing["event"], nothing["severity"], nothing["story"]) == (None, None, None)
    assert nothing["evidence"] == []


def test_events_and_severities_are_those_that_were_promised():
    assert {kind.value for kind in EventKind} == {
        "complaint",
        "motion",
        "hearing",
        "discovery",
        "order",
        "ruling",
        "stay",
        "settlement",
        "dismissal",
        "appeal",
        "verdict",
        "sentence",
        "rulemaking",
        "other",
    }
    assert {severity.value for severity in Severity} == {"low", "medium", "high"}


def test_output_stands_in_input_order_and_decisions_follow_time(replay):
    found, _ = replay(
        line(id="late", published="2024-03-01T12:00:00Z", outlet="Late Post"),
        line(id="early", published="2024-03-01T09:00:00Z", outlet="Early Post"),
        line(id="middle", published="2024-03-01T10:00:00Z", outlet="Middle Post"),
    )
    assert [one["id"] for one in found] == ["late", "early", "middle"]
    assert [one["decision"] for one in found] == ["update", "alert", "update"]
    assert len({one["story"] for one in found}) == 1


def test_times_are_compared_as_moments_whatever_their_zone(replay):
    found, _ = replay(
        line(id="second", published="2024-03-01T10:30:00+02:00", outlet="A"),
        line(id="third", published="2024-03-01T09:00:00", outlet="B"),
        line(id="first", published="2024-03-01T01:00:00-07:00", outlet="C"),
    )
    decided = {one["id"]: one["decision"] for one in found}
    assert decided == {"first": "alert", "second": "update", "third": "update"}


def test_what_only_mentions_a_case_is_related_and_suppressed_with_the_reason(replay):
    ((one,), _) = replay(
        line(title="Exchange volumes fall", summary="Marlowe, which the SEC has sued, lost most.")
    )
    assert (one["cases"], one["related"], one["decision"]) == ([], ["sec-v-marlowe"], "suppress")
    assert one["reason"]
    assert one["evidence"]


def test_price_talk_is_suppressed_and_the_reason_says_so(replay):
    ((one,), _) = replay(line(title="Marlowe price slides as SEC sues"))
    assert one["decision"] == "suppress"
    assert "price talk" in one["reason"]


def test_a_watchlist_rings_too(replay):
    ((one,), _) = replay(line(title="Stablecoin bill passes committee"))
    assert (one["watchlists"], one["decision"], one["severity"]) == (
        ["stablecoin-law"],
        "alert",
        "low",
    )


def test_another_case_is_another_story(replay):
    found, _ = replay(line(), line(title="SEC sues Tilbury", outlet="B"))
    assert [one["decision"] for one in found] == ["alert", "alert"]
    assert found[0]["story"] != found[1]["story"]


@pytest.mark.parametrize(
    ("fields", "decision"),
    [
        ({"outlet": "Rumours"}, "suppress"),
        ({"outlet": "rumours"}, "suppress"),
        ({"outlet": "Nobody", "url": "https://www.rumours.example/x"}, "suppress"),
        ({"outlet": "Nobody", "url": "https://elsewhere.example/x"}, "alert"),
        ({"outlet": "Nobody"}, "alert"),
        ({"outlet": "Wire One"}, "alert"),
    ],
)
def test_an_outlets_trust_is_that_of_the_feed_with_its_name_or_host(replay, fields, decision):
    ((one,), _) = replay(line(title="SEC settles with Marlowe", **fields))
    assert one["decision"] == decision


def test_evidence_is_literally_in_the_item(replay):
    items = [
        line(
            title="“SEC” sues Marlowe — İstanbul ﬁlings 🚨 cited", summary="Straße: the SEC’s suit"
        ),
        line(title="  SEC\u00a0sues   Marlowe", summary="a\u0301 Marlowe"),
        line(title="SEC sues <b>Marlowe</b> &amp; others", summary="\u202eSEC\u202c \x00 Marlowe"),
    ]
    found, _ = replay(*items)
    spans = 0
    for given, one in zip(items, found, strict=True):
        for span in one["evidence"]:
            assert set(span) == {"field", "start", "end", "text"}
            text = given.get(span["field"], "")
            assert text[span["start"] : span["end"]] == span["text"], one
            spans += 1
    assert spans >= 6


def test_the_last_three_fields_may_be_missing_or_empty(replay):
    bare = {"id": "bare", "published": "2024-03-01", "outlet": "Northlight"}
    found, result = replay(
        bare, {**bare, "id": "empty", "url": "", "title": "", "summary": ""},
        {**bare, "id": "null", "url": None, "title": None, "summary": None},
        {**bare, "id": "summary only", "summary": "SEC sues Marlowe in court."},
    )  # fmt: skip
    assert result.exit_code == 0
    assert [one["decision"] for one in found[:3]] == ["ignore"] * 3
    assert found[3]["decision"] != "ignore"


def test_an_id_comes_back_as_it_was_given(replay):
    found, _ = replay(line(id=17), line(id="17"), line(id=-3), line(id="ü\u2028\t"))
    assert [one["id"] for one in found] == [17, "17", -3, "ü\u2028\t"]


def test_the_very_same_line_twice_rings_once(replay):
    same = line(id="twice")
    found, _ = replay(same, same)
    assert [one["decision"] for one in found] == ["alert", "update"]
    assert len({one["story"] for one in found}) == 1


def test_a_decision_does_not_depend_on_where_a_transaction_ends(replay):
    noise = [line(title="Weather is fine", published=f"2024-03-01T{h:02}:{m:02}:00Z", outlet=f"{h}")
             for h in range(10) for m in range(0, 60, 3)]  # fmt: skip
    same = line(published="2024-03-01T09:58:00Z")
    for ahead in (198, 199, 200):
        found, _ = replay(*noise[:ahead], same, {**same, "id": "other", "outlet": "B"})
        assert [one["decision"] for one in found[-2:]] == ["alert", "update"]


def test_hostile_texts_change_neither_the_form_nor_the_exit(replay):
    texts = [
        "SEC sues Marlowe \x1b[31m\x07",
        "SEC sues Marlowe [bold red]x[/]",
        "<script>SEC sues Marlowe</script>",
        "SEC sues Marlowe " + "a" * 50_000,
        "SEC sues Marlowe '; DROP TABLE item; --",
        "\ud83d SEC sues Marlowe \udc00",
        "SEC sues Marlowe\r\nINJECTED",
        "((((NEAR/10 SEC sues Marlowe",
    ]
    lines = [json.dumps(line(title=text, outlet=f"O{n}")) for n, text in enumerate(texts)]
    found, result = replay(*lines)
    assert result.exit_code == 0
    assert len(found) == len(texts)
    assert {one["decision"] for one in found} <= {"alert", "update"}
    table = replay(*lines, options=())
    assert table.exit_code == 0
    assert "\x1b" not in table.stdout
    assert "\x07" not in table.stdout


# --- faulty lines ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("{", "JSON"),
        ("[1]", "object"),
        ("null", "object"),
        ("[" * 100_000, "JSON"),
        (json.dumps({"published": "2024-03-01", "outlet": "A"}), "id"),
        (json.dumps({"id": "", "published": "2024-03-01", "outlet": "A"}), "id"),
        (json.dumps({"id": "a", "outlet": "A"}), "published"),
        (json.dumps({"id": "a", "published": "yesterday", "outlet": "A"}), "published"),
        (json.dumps({"id": "a", "published": 5, "outlet": "A"}), "published"),
        (json.dumps({"id": "a", "published": "2024-03-01"}), "outlet"),
        (json.dumps({"id": "a", "published": "2024-03-01", "outlet": "A", "title": 5}), "title"),
        (json.dumps({"id": ["a"], "published": "2024-03-01", "outlet": "A"}), "id"),
        (json.dumps({"id": True, "published": "2024-03-01", "outlet": "A"}), "id"),
        (
            json.dumps({"id": "a", "published": "0001-01-01T00:00+14:00", "outlet": "A"}),
            "published",
        ),
        (
            json.dumps({"id": "a", "published": "2024-03-01", "outlet": "x" * LINE_CHARS_MAX}),
            "longer",
        ),
    ],
)
def test_a_faulty_line_is_named_by_its_number_and_the_others_go_on(replay, bad, says):
    found, result = replay(line(id="before"), bad, line(id="after"))
    assert [one["id"] for one in found] == ["before", "after"]
    assert result.exit_code == 2
    (said,) = result.stderr.splitlines()
    assert said.startswith("line 2: ")
    assert says in said


def test_lines_are_numbered_as_an_editor_does_and_blank_ones_are_no_fault(replay):
    good = json.dumps(line())
    _, result = replay(raw=f"\ufeff{good}\r\n\n   \n{{\n{good}\nnope".encode())
    assert result.exit_code == 2
    assert [said.split(":")[0] for said in result.stderr.splitlines()] == ["line 4", "line 6"]


def test_bytes_that_are_no_utf8_do_not_stop_the_others(replay):
    found, _ = replay(raw=b'\xff\xfe{"id"\n' + json.dumps(line(id="good")).encode())
    assert [one["id"] for one in found] == ["good"]


def test_an_empty_file_is_no_fault(replay):
    found, result = replay(raw=b"")
    assert (found, result.exit_code) == ([], 0)


# --- where the items come from --------------------------------------------------------------------


@pytest.mark.parametrize("name", ["items.jsonl.gz", "items.jsonl"])
def test_gzip_is_known_by_its_bytes_whatever_the_name(rules, tmp_path, name):
    file = tmp_path / name
    file.write_bytes(gzip.compress(json.dumps(line(id="z")).encode()))
    result = CliRunner().invoke(cli, ["replay", str(file), "--json"])
    assert [json.loads(one)["id"] for one in result.stdout.splitlines()] == ["z"]


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_pipe_is_read_from_its_first_byte_on(rules, tmp_path, pack):
    pipe = tmp_path / "items"
    os.mkfifo(pipe)
    given = "".join(json.dumps(line(id=name)) + "\n" for name in "ab").encode()
    writer = threading.Thread(target=pipe.write_bytes, args=(pack(given),))
    writer.start()
    result = CliRunner().invoke(cli, ["replay", str(pipe), "--json"])
    writer.join()
    assert [json.loads(one)["id"] for one in result.stdout.splitlines()] == ["a", "b"]
    assert result.exit_code == 0


def test_a_dash_reads_stdin(rules):
    given = json.dumps(line(id="in")) + "\nnope\n"
    result = CliRunner().invoke(cli, ["replay", "-", "--json"], input=given)
    assert [json.loads(one)["id"] for one in result.stdout.splitlines()] == ["in"]
    assert result.stderr.startswith("line 2: ")
    assert result.exit_code == 2


whole = gzip.compress(b"{}\n" * 1000)


@pytest.mark.parametrize(
    "content",
    [None, whole[:-20], whole[:12] + b"\xff\xff\xff\xff" + whole[16:]],
    ids=["gone", "cut off", "broken"],
)
def test_a_file_that_cannot_be_read_is_one_clear_error(rules, tmp_path, content):
    file = tmp_path / "items.jsonl.gz"
    if content is not None:
        file.write_bytes(content)
    result = CliRunner().invoke(cli, ["replay", str(file), "--json"])
    assert isinstance(result.exception, InputError)
    assert str(file) in str(result.exception)
    assert "\n" not in str(result.exception)


# --- narrowing, tables and settings ---------------------------------------------------------------


def test_one_case_alone_leaves_everything_else_ignored(replay):
    lines = [line(), line(title="SEC sues Tilbury", outlet="B"),
             line(title="Stablecoin bill passes", outlet="C")]  # fmt: skip
    found, _ = replay(*lines, options=("--json", "--case", "sec-v-tilbury"))
    assert [one["decision"] for one in found] == ["ignore", "alert", "ignore"]
    assert [one["cases"] for one in found] == [[], ["sec-v-tilbury"], []]


def test_a_case_that_is_not_there_is_an_error_that_names_those_that_are(replay):
    with pytest.raises(InputError, match="sec-v-marlowe, sec-v-tilbury"):
        replay(line(), options=("--json", "--case", "sec-v-nobody"))


def test_other_rules_may_be_named(replay, tmp_path):
    other = tmp_path / "other"
    (other / "watchlists").mkdir(parents=True)
    (other / "watchlists" / "weather.yaml").write_text(
        "title: Weather\nseverity: low\nwhen: storm\n"
    )
    found, _ = replay(line(title="A storm"), line(), options=("--json", "--rules", str(other)))
    assert [one["watchlists"] for one in found] == [["weather"], []]
    assert [one["decision"] for one in found] == ["alert", "ignore"]


def test_without_json_there_is_a_table_and_totals(replay):
    result = replay(line(), line(outlet="B"), line(title="Weather is fine"), options=())
    assert "sec-v-marlowe" in result.stdout
    assert "Weather" not in result.stdout
    assert "3 items: 1 alerts, 1 updates, 0 suppressed, 1 ignored; 1 stories." in result.stdout


def test_each_run_starts_from_nothing_and_touches_no_database(replay, tmp_path):
    one = line(id="again")
    assert replay(one)[0] == replay(one)[0]
    assert not (tmp_path / "never.db").exists()


def test_a_faulty_setting_is_an_error_of_its_own(replay, monkeypatch):
    monkeypatch.setenv("CASEWIRE_ACCESS", "everyone")
    with pytest.raises(ConfigError, match=r"CASEWIRE_ACCESS: .*write private or open"):
        replay(line())


def test_faulty_rules_stop_it_with_file_and_line(replay, rules):
    (rules / "watchlists" / "bad.yaml").write_text("title: Bad\nseverity: low\nwhem: x\n")
    with pytest.raises(ConfigError, match=r"bad\.yaml:3: "):
        replay(line())


def test_the_program_itself_ends_with_2_and_prints_errors_without_a_trace(rules, tmp_path):
    file = tmp_path / "items.jsonl"
    file.write_text(json.dumps(line(id="x")) + "\n{\n")
    run = [sys.executable, str(ROOT / "bot.py"), "replay"]
    done = subprocess.run([*run, str(file), "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert json.loads(done.stdout)["id"] == "x"
    assert done.stderr.startswith("line 2: ")
    gone = subprocess.run([*run, "/no/such/file"], capture_output=True, text=True, check=False)
    assert gone.returncode == 1
    assert "/no/such/file" in gone.stderr
    assert "Traceback" not in gone.stderr


def test_with_everything_even_what_matches_nothing_is_joined(tmp_path):
    lines = [
        {"id": "a", "published": "2024-05-01T10:00:00Z", "outlet": "Wire One",
         "title": "Harbour bridge closed after tanker collision"},
        {"id": "b", "published": "2024-05-01T11:00:00Z", "outlet": "Ledger Post",
         "title": "Tanker collision closes harbour bridge"},
        {"id": "c", "published": "2024-05-01T12:00:00Z", "outlet": "Ledger Post",
         "title": "Orchestra names new conductor"},
    ]  # fmt: skip
    file = tmp_path / "items.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines))
    run = CliRunner().invoke(cli, ["replay", "--json", "--everything", str(file)])
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    assert [row["decision"] for row in rows] == ["alert", "update", "alert"]
    assert rows[0]["story"] == rows[1]["story"] != rows[2]["story"]
