"""Whatever can be typed, set or written is documented, and the pages lead somewhere."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from prometheus_client.metrics import MetricWrapperBase
from pydantic import BaseModel

from aggregator.cli import cli
from aggregator.config import models
from aggregator.config.variables import VARIABLES
from aggregator.matching.tree import KEYS
from aggregator.model import DecisionKind, EventKind, FeedKind, Severity, Trust
from aggregator.service.metrics import Meters
from aggregator.telegram import words as chat_words
from tests.docs.pages import (
    OPERATIONS,
    README,
    ROOT,
    RULES,
    Block,
    blocks,
    code_in,
    pages,
    prose,
    section,
    text,
)

FILES = [models.FeedsFile, models.WordsFile, models.EntitiesFile, models.CaseFile,
         models.WatchlistFile, models.EventsFile]  # fmt: skip
SHELL = frozenset({"export", ".", "sqlite3", "make", "python"})


def entries(model: Any) -> Iterator[type[BaseModel]]:
    """Yield a model and every model inside it."""
    if isinstance(model, type) and issubclass(model, BaseModel):
        yield model
        for field in model.model_fields.values():
            yield from entries(field.annotation)
    for part in getattr(model, "__args__", ()):
        yield from entries(part)


MODELS = sorted({each for file in FILES for each in entries(file)}, key=lambda each: each.__name__)


def commands(group: click.Group, *before: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command, those inside a group as well."""
    for name, command in group.commands.items():
        yield (*before, name)
        if isinstance(command, click.Group):
            yield from commands(command, *before, name)


@pytest.mark.parametrize("words", sorted(commands(cli)), ids=" ".join)
def test_every_command_and_each_of_its_options_is_in_the_operators_page(
    words: tuple[str, ...],
) -> None:
    command: click.Command = cli
    for word in words:
        assert isinstance(command, click.Group)
        command = command.commands[word]
    said = section(OPERATIONS, words[0])
    assert f"`python bot.py {words[0]}`" in section(OPERATIONS, "Commands")
    assert len(words) == 1 or f"`python bot.py {' '.join(words)}" in said
    options = [each for each in command.params if isinstance(each, click.Option)]
    missing = [
        spelt for each in options for spelt in each.opts if not re.search(rf"{spelt}\b", said)
    ]
    assert missing == []


def test_every_environment_variable_stands_in_the_readme_as_the_program_describes_it() -> None:
    table = section(README, "Environment")
    missing = [
        each.name
        for each in VARIABLES
        if f"| `{each.name}` | {each.default} | {each.meaning} |\n" not in table
    ]
    assert missing == []


def test_every_environment_variable_is_explained_to_the_operator_and_no_other_is() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \|", section(OPERATIONS, "Environment"), re.MULTILINE)
    assert rows == [each.name for each in VARIABLES]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_no_page_names_a_variable_that_does_not_exist(page: Path) -> None:
    named = set(re.findall(r"\b(?:CASEWIRE|TELEGRAM)_[A-Z_]+\b", text(page)))
    assert named <= {each.name for each in VARIABLES}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_key_of_a_yaml_file_is_in_the_page_on_rules(model: type[BaseModel]) -> None:
    known = code_in(RULES)
    assert sorted(set(model.model_fields) - known) == []


def test_every_key_of_a_query_tree_is_in_the_page_on_rules() -> None:
    said = section(RULES, "Queries")
    assert [key for key in KEYS if not re.search(rf"`[^`]*\b{key}:", said)] == []


@pytest.mark.parametrize("values", [EventKind, FeedKind, Severity, Trust])
def test_every_value_that_a_key_takes_is_in_the_page_on_rules(values: Any) -> None:
    assert sorted({str(value) for value in values} - code_in(RULES)) == []


def test_every_decision_of_a_replay_is_explained_to_the_operator() -> None:
    assert {str(kind) for kind in DecisionKind} <= code_in(OPERATIONS)


def test_every_command_of_the_chat_stands_in_the_readme_as_the_bot_describes_it() -> None:
    table = section(README, "Commands in Telegram")
    rows = [
        f"| `/{' '.join(filter(None, (name, argument)))}` | {does} |\n"
        for name, argument, does in (*chat_words.COMMANDS, *chat_words.MORE, *chat_words.OPERATOR)
    ]
    assert [row for row in rows if row not in table] == []


def test_every_event_that_is_logged_is_in_the_operators_table() -> None:
    said = code_in(OPERATIONS)
    logged = {name for file in sorted(ROOT.glob("aggregator/**/*.py")) for name in events_in(file)}
    assert "started" in logged
    assert sorted(logged - said) == []


def events_in(file: Path) -> Iterator[str]:
    """Yield what `file` logs: the first argument of `log.info(…)` and its like."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(
                func=ast.Attribute(
                    value=ast.Name(id="log" | "say"),
                    attr="debug" | "info" | "warning" | "error" | "exception",
                ),
                args=[ast.Constant(value=str(event)), *_],
            ):
                yield event
            case _:
                pass


def test_every_metric_and_each_of_its_labels_is_in_the_operators_table() -> None:
    table = section(OPERATIONS, "Metrics and health")
    rows = {
        name: set(re.findall(r"`(\w+)`", labels))
        for name, labels in re.findall(r"^\| `(casewire_\w+)` \|([^|]*)\|", table, re.MULTILINE)
    }
    # What is counted only when something happens is declared all the same.
    told = {
        f"{each._name}_total" if each._type == "counter" else each._name: set(each._labelnames)
        for each in vars(Meters()).values()
        if isinstance(each, MetricWrapperBase)
    }
    told |= {"casewire_started_timestamp_seconds": set(), "casewire_build_info": {"version"}}
    assert rows == told


def test_every_exit_code_of_the_program_is_in_the_operators_table() -> None:
    rows = set(re.findall(r"^\| (\d) \|", section(OPERATIONS, "Exit codes"), re.MULTILINE))
    source = "\n".join(file.read_text() for file in ROOT.glob("aggregator/cli/*.py"))
    ends = set(re.findall(r"sys\.exit\((\d)\)|EXIT_\w+ = (\d)", source))
    assert rows == {"0", *(code for pair in ends for code in pair if code)}


@pytest.mark.parametrize("block", blocks("sh"), ids=str)
def test_every_line_of_a_shell_block_is_a_command_that_exists(block: Block) -> None:
    for line in block.body.splitlines():
        name, *words = shlex.split(line)
        assert name in SHELL, line
        if name == "make":
            assert words[0] in targets(), line
        if name == "python":
            assert words.pop(0) == "bot.py", line
            parsed(words)


def parsed(words: list[str]) -> None:
    """Let click read a command line without running it; raises where it would refuse."""
    if words == ["--help"]:
        return
    command: click.Command = cli
    while isinstance(command, click.Group) and not (
        command.invoke_without_command and (not words or words[0].startswith("-"))
    ):
        command, words = command.commands[words[0]], words[1:]
    with command.make_context(command.name, words):
        pass


def targets() -> set[str]:
    """Return what `make` can be asked for."""
    return set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_command_in_prose_exists(page: Path) -> None:
    for code in code_in(page):
        if found := re.fullmatch(r"make (\w+)( [A-Z]+=\S+)?", code):
            assert found[1] in targets(), code
        if found := re.match(r"(?:python )?bot\.py (\w+)", code):
            assert found[1] in cli.commands, code


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_link_between_pages_leads_to_a_heading(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.is_file(), f"{page.name} links to {target}"
        assert not anchor or anchor in anchors(linked), f"{page.name} links to {target}"


def anchors(page: Path) -> set[str]:
    """Return the names by which the headings of a page can be linked to."""
    heads = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_the_readme_says_what_ci_runs() -> None:
    ran = (ROOT / ".ci" / "run").read_text().split("\n")[-2].strip()
    assert f"`.ci/run` calls exactly `{ran}`" in text(README)
