from __future__ import annotations

import os
import re
from itertools import pairwise

import pytest
from click.testing import CliRunner

from aggregator.cli import cli, compose, logs, main
from aggregator.cli.judge import judge_example
from aggregator.config.settings import Settings
from aggregator.errors import ConfigError
from aggregator.matching.rules import Example
from aggregator.model import Feed, FeedKind, Place, Target, TargetKind, Trust
from tests.newsroom import ROOT, plain_logging, shipped

FEEDS = 'feeds:\n  - {id: wire, url: "https://wire.example/rss", kind: news, name: Wire}\n'
WATCHLIST = """\
title: Storms
severity: low
when: storm
examples:
  match: [A storm nears]
  no_match: [The sun shines]
"""


@pytest.fixture(autouse=True)
def own_environment(monkeypatch):
    for name in [name for name in os.environ if name.startswith(("CASEWIRE_", "TELEGRAM_"))]:
        monkeypatch.delenv(name)
    with plain_logging():
        yield


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "rules" / "watchlists").mkdir(parents=True)
    (tmp_path / "rules" / "watchlists" / "storms.yaml").write_text(WATCHLIST)
    (tmp_path / "feeds.yaml").write_text(FEEDS)
    return tmp_path


def check(folder, *options):
    paths = ["--feeds", str(folder / "feeds.yaml"), "--rules", str(folder / "rules")]
    return CliRunner().invoke(cli, ["check", *paths, *options])


def test_what_is_right_is_said_in_one_line(folder):
    result = check(folder)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "All right: 1 feeds, 1 of them read; 0 cases, 1 watchlists, 0 entities; 2 examples hold.\n"
    )


def test_the_rules_and_feeds_that_ship_are_right_even_strictly():
    result = CliRunner().invoke(
        cli,
        ["check", "--strict", "--feeds", str(ROOT / "feeds.yaml"), "--rules", str(ROOT / "rules")],
        env={"CASEWIRE_CONTACT": "desk@wire.example"},
    )
    told = [line for line in result.stderr.splitlines() if "is switched off, and open" not in line]
    assert told == []
    assert result.exit_code == 0


@pytest.mark.parametrize(("contact", "warned"), [("", True), ("desk@wire.example", False)])
def test_c14_a_feed_of_sec_gov_without_a_contact_is_warned_of(folder, contact, warned):
    sec = "  - {id: sec, url: 'https://www.sec.gov/news/pressreleases.rss', kind: regulator}\n"
    (folder / "feeds.yaml").write_text(FEEDS + sec)
    args = ["check", "--feeds", str(folder / "feeds.yaml"), "--rules", str(folder / "rules")]
    result = CliRunner().invoke(cli, args, env={"CASEWIRE_CONTACT": contact})
    assert result.exit_code == 0
    assert ("sec.gov turns away who names no contact" in result.stderr) is warned


@pytest.mark.parametrize(
    ("key", "warned"), [("", True), ("0123456789abcdef" * 2 + "01234567", False)]
)
def test_a_source_that_needs_a_key_and_has_none_is_warned_of_with_its_line(folder, key, warned):
    url = "https://www.courtlistener.com/api/rest/v4/search/?type=r"
    api = f"  - {{id: docket, url: '{url}', kind: court, court: dcd, format: courtlistener}}\n"
    (folder / "feeds.yaml").write_text(FEEDS + api)
    args = ["check", "--feeds", str(folder / "feeds.yaml"), "--rules", str(folder / "rules")]
    result = CliRunner().invoke(cli, args, env={"CASEWIRE_COURTLISTENER_TOKEN": key})
    assert result.exit_code == 0
    line = len(FEEDS.splitlines()) + 1
    said = f":{line}: warning: `docket` is refused without a key"
    assert (said in result.stderr) is warned


CASE = """\
caption: Alpha v. Beta
title: Alpha v. Beta
court: {court}
when: alpha
status: {{text: Stands, date: 2023-09-18, closed: {closed}, source: 'https://court.example/1'}}
"""
DOCKET = """\
  - id: docket
    url: https://court.example/rss
    kind: court
    court: dcd
    enabled: {enabled}
"""


@pytest.mark.parametrize(
    ("court", "closed", "enabled", "named"),
    [
        ("dcd", "false", "false", True),
        ("dcd", "true", "false", False),
        ("nysd", "false", "false", False),
        ("dcd", "false", "true", False),
    ],
)
def test_a_court_feed_that_is_off_is_named_while_a_case_is_open_there(
    folder, court, closed, enabled, named
):
    (folder / "feeds.yaml").write_text(FEEDS + DOCKET.format(enabled=enabled))
    (folder / "rules" / "cases").mkdir(exist_ok=True)
    (folder / "rules" / "cases" / "a.yaml").write_text(CASE.format(court=court, closed=closed))
    result = check(folder)
    assert result.exit_code == 0, result.stderr
    told = [line for line in result.stderr.splitlines() if "`docket`" in line]
    assert len(told) == named
    if named:
        line = (FEEDS + DOCKET).splitlines().index("    enabled: {enabled}") + 1
        assert told[0].partition(":")[2].startswith(f"{line}: warning: ")
        assert "open there: Alpha v. Beta" in told[0]
        assert "`- {id: docket, extends: docket, enabled: true}`" in told[0]


def test_every_fault_of_every_file_is_one_line_with_file_and_line(folder):
    (folder / "feeds.yaml").write_text(FEEDS + "  - {id: b, url: nonsense, kind: news}\n")
    bad = folder / "rules" / "watchlists" / "bad.yaml"
    bad.write_text("title: Bad\nseverity: low\nwhem: storm\n")
    events = folder / "rules" / "events.yaml"
    events.write_text("events:\n  - {kind: ruling, severity: huge, when: rules}\n")
    result = check(folder)
    assert result.exit_code == 1
    assert result.stdout == ""
    said = result.stderr.splitlines()
    assert all(re.match(r"\S+\.yaml:\d+: \S", line) for line in said)
    for file, number in (("feeds.yaml", 3), ("bad.yaml", 3), ("events.yaml", 2)):
        assert any(f"{file}:{number}: " in line for line in said), (file, said)
    assert len(said) == len(set(said))


def test_a_file_that_is_not_there_is_a_fault(folder):
    (folder / "feeds.yaml").unlink()
    result = check(folder)
    assert result.exit_code == 1
    assert "feeds.yaml" in result.stderr


def test_an_example_that_does_not_hold_is_a_fault_at_its_line(folder):
    (folder / "rules" / "watchlists" / "storms.yaml").write_text(
        WATCHLIST.replace("[A storm nears]", "[A storm nears, Rain in Lisbon]")
    )
    result = check(folder)
    assert result.exit_code == 1
    assert "storms.yaml:5: storms: the example “Rain in Lisbon” should match" in result.stderr


def test_missing_examples_are_a_warning_and_strictly_a_fault(folder):
    (folder / "rules" / "watchlists" / "rain.yaml").write_text(
        "title: Rain\nseverity: low\nwhen: rain\n"
    )
    lax, strict = check(folder), check(folder, "--strict")
    assert lax.exit_code == 0
    assert re.search(r"rain\.yaml:1: warning: rain has no examples", lax.stderr)
    assert "All right" in lax.stdout
    assert strict.exit_code == 1
    assert re.search(r"rain\.yaml:1: rain has no examples", strict.stderr)
    assert "warning" not in strict.stderr


def test_a_name_in_the_environment_that_is_nearly_ours_is_a_warning(folder, monkeypatch):
    monkeypatch.setenv("CASEWIRE_FEED", "x")
    result = check(folder)
    assert result.exit_code == 0
    assert "CASEWIRE_FEED" in result.stderr
    assert "CASEWIRE_FEEDS" in result.stderr


@pytest.mark.parametrize("command", [["check"], ["replay", "-"], ["peek", "x"], ["run"], ["demo"]])
def test_a_faulty_setting_stops_every_command(command, monkeypatch):
    monkeypatch.setenv("CASEWIRE_LOG", "xml")
    result = CliRunner().invoke(cli, command)
    assert isinstance(result.exception, ConfigError)
    assert str(result.exception) == "CASEWIRE_LOG: cannot be `xml`: write text or json"


def test_faults_are_printed_without_a_trace_and_end_with_1(monkeypatch, capsys):
    monkeypatch.setenv("CASEWIRE_LOG", "xml")
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "123:ab cd")
    monkeypatch.setattr("sys.argv", ["bot.py", "check"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 2
    assert "Traceback" not in said
    assert "ab cd" not in said, "a token is not shown, not even a faulty one"


# --- judging one example --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("example", "verdict"),
    [
        (Example(title="SEC sues Binance and its founder"), "match"),
        (Example(title="Binance volumes fall", summary="The SEC has sued Binance."), "related"),
        (Example(title="SEC basketball tournament tips off"), "no"),
    ],
)
def test_an_example_is_judged_as_an_item_of_the_day_of_the_complaint(example, verdict):
    target = Target(kind=TargetKind.CASE, slug="sec-v-binance")
    assert judge_example(shipped(), target, example) == verdict


# --- composing ------------------------------------------------------------------------------------


def test_the_user_agent_names_us_and_whom_to_write_to():
    assert user_agent_parts("") == ["Casewire", ""]
    assert user_agent_parts("ops@desk.example") == ["Casewire", "ops@desk.example"]


def user_agent_parts(contact):
    text = compose.user_agent(contact)
    return [text.split("/")[0], text.rpartition(") ")[2] if contact else ""]


def test_the_fingerprint_changes_with_any_file_and_with_a_new_one(folder):
    settings = Settings(feeds=(folder / "feeds.yaml",), rules=(folder / "rules",))
    seen = [compose.fingerprint(settings)]
    assert compose.fingerprint(settings) == seen[0]
    changes = [
        lambda: (folder / "feeds.yaml").write_text(FEEDS + "# more\n"),
        lambda: (folder / "rules" / "watchlists" / "new.yml").write_text(WATCHLIST),
        (folder / "rules" / "watchlists" / "new.yml").unlink,
        (folder / "feeds.yaml").unlink,
    ]
    for change in changes:
        change()
        seen.append(compose.fingerprint(settings))
    assert all(one != two for one, two in pairwise(seen))


def test_the_console_follows_all_cases_and_watchlists_since_ever():
    found = compose.everything(shipped(), Place(chat_id=0))
    assert {one.target.slug for one in found} == {
        *shipped().rules.cases,
        *shipped().rules.watchlists,
    }


def feed(name, url):
    return Feed(id=name.lower(), url=url, kind=FeedKind.NEWS, name=name, trust=Trust.INDEPENDENT)


@pytest.mark.parametrize(
    ("outlet", "url", "wanted"),
    [
        ("wire", "", "Wire"),
        ("WIRE", "https://post.example/1", "Wire"),
        ("", "https://www.post.example/1", "Post"),
        ("Nobody", "https://POST.example:443/1", "Post"),
        ("Nobody", "https://sub.post.example/1", None),
        ("Nobody", "", None),
        ("", "", None),
        ("Nobody", "post.example", None),
        ("Nobody", "https://[::1/", None),
    ],
)
def test_a_feed_is_found_by_name_or_host(outlet, url, wanted):
    feeds = [feed("Wire", "https://wire.example/rss"), feed("Post", "https://www.post.example/rss")]
    found = compose.feed_of(feeds, outlet=outlet, url=url)
    assert (found and found.name) == wanted


# --- logs -----------------------------------------------------------------------------------------


@pytest.fixture
def own_secrets(monkeypatch):
    """Secrets are hidden for as long as the process lives; here for the test."""
    monkeypatch.setattr(logs, "_secrets", set())


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_secret_reaches_no_line_not_even_in_a_traceback(own_secrets, form):
    import io
    import logging

    import structlog

    out = io.StringIO()
    logs.hide("123:TOPSECRET")
    logs.set_up(form, stream=out)
    url = "https://api.telegram.example/bot123:TOPSECRET/sendMessage"
    structlog.get_logger().info("asked", url=url, nested={"url": [url]}, error=ValueError(url))
    logging.getLogger("library").warning("POST %s", url)
    try:
        raise RuntimeError(url)  # noqa: TRY301  to be logged with its trace
    except RuntimeError:
        structlog.get_logger().exception("failed")
        logging.getLogger("library").exception("failed at %s", url)
    assert "TOPSECRET" not in out.getvalue()
    assert out.getvalue().count(logs.HIDDEN) >= 6


def test_libraries_that_log_whole_addresses_are_kept_quiet():
    import io
    import logging

    out = io.StringIO()
    logs.set_up("text", stream=out)
    for name in ("httpx", "httpcore", "telegram.ext", "apscheduler.scheduler"):
        logging.getLogger(name).info("every request")
    assert out.getvalue() == ""
