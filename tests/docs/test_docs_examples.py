"""What the pages show is what the program does: YAML, the watchlist, the answers, the demo."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from aggregator.cli import cli, compose
from aggregator.cli.judge import judge_example
from aggregator.cli.run import CONNECT
from aggregator.config.examples import check_examples
from aggregator.config.feeds import load_feeds
from aggregator.config.rules import load_rules, load_rules_with_lines
from aggregator.config.yamlfile import YamlFile, load_yaml
from aggregator.demo import script as stage
from aggregator.demo.render import render
from aggregator.demo.server import DemoServer
from aggregator.errors import ConfigError
from aggregator.feeds.workers import InlineParser
from aggregator.matching.matcher import Matcher
from aggregator.model import Delivery, Feed, FeedState, Fetched, Sent, Status
from aggregator.pipeline import Pipeline
from aggregator.store.sqlite import SqliteStore
from aggregator.telegram import commands, words
from aggregator.telegram.ask import View
from aggregator.telegram.incoming import ChatType, Incoming
from aggregator.telegram.markup import plain
from aggregator.telegram.notifier import ConsoleNotifier
from tests.docs.pages import README, ROOT, RULES, Block, blocks, blocks_of, section, text

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ANN = 501
CUT = "…"
DOCKETED = words.STATUS[Status.DOCKETED]


# --- YAML -----------------------------------------------------------------------------------------


def home(data: dict[str, object], number: int) -> str:
    """Return the file that a block is, by its keys; each case and watchlist is one of its own."""
    for key in ("feeds", "families", "entities"):
        if key in data:
            return {"feeds": "feeds.yaml", "families": "words.yaml"}.get(key, "entities.yaml")
    if "events" in data or "quiet" in data:
        return "events.yaml"
    if "extends" in data:
        folder = "cases" if data["extends"] in load_rules((ROOT / "rules",)).cases else "watchlists"
        return f"{folder}/{data['extends']}.yaml"
    return f"cases/case-{number}.yaml" if "caption" in data else f"watchlists/list-{number}.yaml"


def written(found: Iterable[Block], place: Path) -> tuple[list[Path], list[str]]:
    """Write the blocks as files below `place`; return the files of feeds, and what is no YAML."""
    feeds, faults = [], []
    for number, block in enumerate(found):
        read = load_yaml(block.body.encode(), str(block))
        if not isinstance(read, YamlFile):
            faults += [str(fault) for fault in read.faults]
            continue
        name = home(read.data, number)
        path = place / (f"feeds-{number}.yaml" if name == "feeds.yaml" else f"rules/{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        assert not path.exists(), f"{block} is a second {name}"
        path.write_text(block.body, encoding="utf-8")
        if name == "feeds.yaml":
            feeds.append(path)
    return feeds, faults


def test_every_yaml_block_loads_beside_the_shipped_files_and_its_examples_hold(
    tmp_path: Path,
) -> None:
    shown = blocks("yaml")
    assert len(shown) > 5
    feeds, faults = written(shown, tmp_path)
    assert faults == []
    for file in feeds:
        assert load_feeds((ROOT / "feeds.yaml", file))
    loaded = load_rules_with_lines((ROOT / "rules", tmp_path / "rules"))
    matcher = Matcher(loaded.rules)
    report = check_examples(loaded, lambda example, target: judge_example(matcher, target, example))
    ours = [fault for fault in report.faults if str(tmp_path) in fault.file]
    assert [str(fault) for fault in ours] == []


def test_the_two_spellings_on_the_page_are_one_query(tmp_path: Path) -> None:
    twins = [
        block
        for block in blocks_of(RULES)
        if block.kind == "yaml" and block.body.startswith("title: SEC and exchanges\n")
    ]
    written(twins, tmp_path)
    lists = load_rules((ROOT / "rules", tmp_path / "rules")).watchlists
    one, other = (lists[f"list-{number}"].when for number in range(2))
    assert one == other


def test_a_block_with_a_misspelt_key_would_be_found(tmp_path: Path) -> None:
    bad = Block(page=README, line=1, kind="yaml", body="titel: x\nwhen: sec\n")
    written([bad], tmp_path)
    with pytest.raises(ConfigError, match="did you mean `title`"):
        load_rules((ROOT / "rules", tmp_path / "rules"))


# --- the watchlist of the README --------------------------------------------------------------------


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """Return a folder of rules with the README's watchlist in it."""
    (shown,) = [block for block in blocks_of(README) if block.kind == "yaml"]
    place = tmp_path / "watchlists"
    place.mkdir()
    (place / "crypto-tax.yaml").write_text(shown.body, encoding="utf-8")
    return tmp_path


def bot(place: Path, *arguments: str) -> Result:
    """Run a command with the shipped rules and those in `place`."""
    env = {name: None for name in os.environ if name.startswith(("CASEWIRE_", "TELEGRAM_"))}
    rules = os.pathsep.join((str(ROOT / "rules"), str(place)))
    env |= {"CASEWIRE_RULES": rules, "COLUMNS": "110"}
    return CliRunner().invoke(cli, arguments, env=env, catch_exceptions=False)


def answer(start: str) -> str:
    """Return the README's block of output that begins so."""
    found = [each.body for each in blocks_of(README) if each.body.startswith(start)]
    assert len(found) == 1, f"{len(found)} blocks begin with {start!r}"
    return found[0]


def test_check_says_of_the_readmes_watchlist_what_the_readme_says(ours: Path) -> None:
    result = bot(ours, "check")
    assert result.exit_code == 0, result.output
    # what is shipped grows; the sentence is what is promised
    assert re.sub(r"\d+", CUT, result.stdout) == answer("All right: ")


def test_check_says_of_the_misspelt_key_what_the_readme_says(ours: Path) -> None:
    file = ours / "watchlists" / "crypto-tax.yaml"
    file.write_text(file.read_text().replace("title:", "titel:", 1))
    with pytest.raises(ConfigError) as caught:
        load_rules((ROOT / "rules", ours))
    shown = answer("rules/watchlists/crypto-tax.yaml:1: ").removeprefix("rules/").strip()
    (fault,) = caught.value.faults
    assert shown.rstrip(CUT) in str(fault)


def test_replay_prints_of_the_readmes_news_what_the_readme_shows(ours: Path) -> None:
    (news,) = [block.body for block in blocks_of(README) if block.kind == "json"]
    assert all(json.loads(line)["id"] for line in news.splitlines())
    file = ours / "news.jsonl"
    file.write_text(news, encoding="utf-8")
    result = bot(ours, "replay", str(file))
    assert result.exit_code == 0, result.output
    assert unpadded(result.stdout) == unpadded(answer("published "))


def unpadded(table: str) -> list[str]:
    """Return the lines without the blanks at their ends; how alike two texts are is no promise."""
    return [re.sub(r"score \d\.\d+", "score N", line.rstrip()) for line in table.splitlines()]


# --- what the bot says ------------------------------------------------------------------------------


async def asked(ours: Path, said: str) -> str:
    """Return the first line of the bot's answer to an admin."""
    matcher = Matcher(load_rules((ROOT / "rules", ours)))
    settings = compose.Settings.from_env({"CASEWIRE_ADMINS": str(ANN)})
    incoming = Incoming(
        update_id=1, chat_id=ANN, chat_type=ChatType.PRIVATE, user_id=ANN, text=said
    )
    view = View(setup=compose.setup(settings, matcher), bot_name="bot")
    store = await SqliteStore.open(":memory:")
    try:
        done = await commands.answer(incoming, view, store, NOW)
    finally:
        await store.close()
    return plain(done.replies[0].html).splitlines()[0]


@pytest.mark.parametrize("said", ["/follow crypto-tax", "/follow ripple"])
async def test_the_bot_answers_what_the_readme_says(ours: Path, said: str) -> None:
    assert f"`{said}`" in text(README)
    told = await asked(ours, said)
    assert answer(told).strip() == told


def test_the_program_prints_how_to_connect_as_the_readme_shows() -> None:
    assert answer("No TELEGRAM_BOT_TOKEN").strip() == CONNECT.strip()


def test_the_claim_link_and_its_answer_read_as_in_the_readme() -> None:
    assert answer("No admin").strip() == words.claim_link("YOUR_BOT", CUT, 15)
    assert answer("You are").strip() == words.ADMIN_NOW


def test_a_stranger_is_told_what_the_readme_says() -> None:
    told = words.private(1).replace("1", CUT)
    assert f"`{told}`" in text(README)


# --- the demo -----------------------------------------------------------------------------------------


@cache
def excerpt() -> tuple[str, ...]:
    """Return the lines of the README's excerpt of the demo."""
    (shown,) = re.findall(r"```text\n(.*?)```", section(README, "See it"), re.DOTALL)
    return tuple(shown.splitlines())


async def played(say: Callable[[str], None]) -> dict[str, int]:
    """Play the demo's stage through the pipeline without a network; return what it came to."""
    script = stage.load()
    matcher = Matcher(load_rules((ROOT / "rules",)))
    store = await SqliteStore.open("sqlite:///:memory:")
    parser = InlineParser()
    pipeline = Pipeline(store=store, parser=parser, matcher=matcher, render=compose.render_alert)
    pipeline.follow(lambda live: compose.everything(live, compose.CONSOLE))
    console = ConsoleNotifier(say)
    totals = {"items": 0}
    states: dict[str, FeedState] = {}
    bodies: dict[str, bytes] = {}
    feeds = feeds_of(script)
    try:
        for now in moments(script):
            for feed, source in feeds:
                body = render(source, now).body
                if bodies.get(feed.id) == body:
                    continue
                bodies[feed.id] = body
                state = states.get(feed.id, FeedState(feed_id=feed.id))
                fetched = Fetched(url=feed.url, body=body)
                polled = await pipeline.ingest(feed, state, fetched, now)
                states[feed.id] = polled.state
                totals["items"] += len(polled.taken.items)
                for delivery in await store.claim(now, 64):
                    await deliver(store, console, delivery, now)
    finally:
        await store.close()
    return totals


def moments(script: stage.Script) -> list[datetime]:
    """Return when something new is on the stage: at the start, and with each item."""
    items = {item.at for feed in script.feeds for item in (*feed.items, *feed.entries)}
    return sorted(
        moment
        for start, end in script.stretches
        for moment in {start, *items}
        if start <= moment <= end
    )


async def deliver(
    store: SqliteStore, console: ConsoleNotifier, delivery: Delivery, now: datetime
) -> None:
    outcome = await console.deliver(delivery)
    assert isinstance(outcome, Sent)
    await store.settle(delivery, outcome, now)


def feeds_of(script: stage.Script) -> list[tuple[Feed, stage.ScriptedFeed]]:
    """Return the demo's feeds beside their script; nothing listens at their addresses."""

    class Nowhere(DemoServer):
        base_url = "http://127.0.0.1:9"

    feeds = Nowhere(script, None).feeds()  # type: ignore[arg-type]  # only a served one asks it
    return list(zip(feeds, script.feeds, strict=True))


def panels(lines: Iterable[str]) -> list[str]:
    """Return what stands in each frame, its lines joined, `new` or `updated` first."""
    found: list[str] = []
    for line in lines:
        if line.startswith("┌─ "):
            found.append(line.strip("┌─ "))
        elif line.startswith("│"):
            found[-1] += line.removeprefix("│")
    return found


def test_every_headline_outlet_and_address_of_the_demos_excerpt_is_on_its_stage() -> None:
    script = stage.load()
    staged = {item.title for feed in script.feeds for item in feed.items}
    slugs = {item.slug for feed in script.feeds for item in feed.items}
    shown = panels(excerpt())
    assert len(shown) > 2
    for panel in shown:
        assert any(title in panel for title in staged) or "docket (replay)" in panel, panel
        addresses = re.findall(r"\(https://[^)]+/([^/)]+)\)", panel)
        assert addresses
        assert set(addresses) <= {*slugs, "DktRpt.pl?256060"}


async def test_the_demo_prints_the_docket_alert_that_the_readme_shows() -> None:
    printed: list[str] = []
    totals = await played(lambda block: printed.extend(block.splitlines()))
    docketed = [each for each in panels(excerpt()) if each.startswith("new ") and DOCKETED in each]
    assert len(docketed) == 1
    assert docketed[0] in panels(printed)
    (summary,) = [line for line in excerpt() if " items read" in line]
    assert f"{totals['items']} items read, " in summary
