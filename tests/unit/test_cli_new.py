import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from aggregator.cli import cli
from aggregator.cli.judge import judge_example
from aggregator.cli.new import text
from aggregator.config.examples import check_examples
from aggregator.config.models import WatchlistFile
from aggregator.config.rules import load_rules_with_lines
from aggregator.config.yamlfile import YamlFile, load_yaml
from aggregator.errors import InputError
from aggregator.matching import tree
from aggregator.matching.matcher import Matcher

ROOT = Path(__file__).parents[2]
SLUGS = st.from_regex(r"[a-z0-9]{1,9}(-[a-z0-9]{1,9}){0,3}", fullmatch=True)
AWKWARD = ["a", "7", "123", "true", "null", "no", "and-or-not", "near", "a-b", "2-24-cv-00001"]
BORROWED = ["orchestra", "bakery-wins", "rain", "bread", "play", "sky", "its", "for", "in", "wins"]


def new(*arguments: str, **env: str) -> Result:
    return CliRunner().invoke(cli, ["new", "watchlist", *arguments], env=env)


def holds(name: str, folder: Path) -> None:
    file = folder / "watchlists" / f"{name}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text(name), encoding="utf-8")
    loaded = load_rules_with_lines([folder])
    matcher = Matcher(loaded.rules)
    report = check_examples(loaded, lambda example, target: judge_example(matcher, target, example))
    assert (report.ran, report.faults, report.warnings) == (2, (), ())


@pytest.mark.parametrize("name", [*AWKWARD, *BORROWED])
def test_an_awkward_name_still_makes_a_file_that_passes(tmp_path, name):
    holds(name, tmp_path)


@given(name=SLUGS)
def test_any_name_makes_a_file_that_passes_strictly(tmp_path_factory, name):
    holds(name, tmp_path_factory.mktemp("rules"))


def test_the_file_goes_to_the_last_place_and_passes_the_strict_check(tmp_path):
    rules = os.pathsep.join((str(ROOT / "rules"), str(tmp_path)))
    made = new("tornado-cash", CASEWIRE_RULES=rules)
    file = tmp_path / "watchlists" / "tornado-cash.yaml"
    assert made.exit_code == 0
    assert f"Wrote {file}: edit it, then run `python bot.py check`" in made.output
    checked = CliRunner().invoke(cli, ["check", "--strict", "--rules", str(tmp_path)])
    assert "1 watchlists" in checked.output
    assert checked.exit_code == 0, checked.output


def test_the_file_goes_where_it_is_told_to(tmp_path):
    assert new("mixers", "--rules", str(tmp_path / "mine")).exit_code == 0
    assert (tmp_path / "mine" / "watchlists" / "mixers.yaml").is_file()


def test_editors_find_the_schema_from_the_new_file(tmp_path):
    new("mixers", "--rules", str(tmp_path))
    file = tmp_path / "watchlists" / "mixers.yaml"
    first = file.read_text(encoding="utf-8").partition("\n")[0]
    schema = first.removeprefix("# yaml-language-server: $schema=")
    assert (file.parent / schema).resolve() == ROOT / "schemas" / "watchlist.schema.json"


def test_nothing_is_overwritten(tmp_path):
    file = tmp_path / "watchlists" / "mixers.yml"
    file.parent.mkdir()
    file.write_text("title: mine", encoding="utf-8")
    refused = new("mixers", "--rules", str(tmp_path)).exception
    assert isinstance(refused, InputError)
    assert "mixers.yml is there already: choose another name, or edit it" in str(refused)
    assert file.read_text(encoding="utf-8") == "title: mine"
    assert [each.name for each in file.parent.iterdir()] == ["mixers.yml"]


def test_a_name_of_ours_is_refused_with_the_way_to_extend_it(tmp_path):
    rules = os.pathsep.join((str(ROOT / "rules"), str(tmp_path)))
    refused = new("staking", CASEWIRE_RULES=rules).exception
    assert isinstance(refused, InputError)
    assert "choose another name, or write `extends: staking` in a file" in str(refused)
    assert not list(tmp_path.rglob("*.yaml"))


@pytest.mark.parametrize("name", ["Tornado Cash", "a/b", "../up", "", "-x-", "x" * 49, "é"])
def test_a_bad_name_is_refused_and_nothing_is_written(tmp_path, name):
    refused = new("--rules", str(tmp_path), "--", name).exception
    assert isinstance(refused, InputError)
    assert "cannot be a name: write small letters" in str(refused) or "is empty" in str(refused)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    refused = new("mixers", "--rules", str(tmp_path / "file")).exception
    assert isinstance(refused, InputError)
    assert "cannot be written (" in str(refused)


def test_what_stands_in_the_comments_is_right_too():
    lines = text("mixers").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("#   all:"))
    shown = "\n".join(["when:", *(f"  {line[1:]}" for line in lines[start : start + 5])])
    file = load_yaml(shown.encode(), "shown")
    assert isinstance(file, YamlFile)
    one_line = lines[lines.index("# The same as one line:") + 1].removeprefix("#").strip()
    assert tree.build(file.data["when"]) == tree.build(one_line)
    deliver = next(i for i, line in enumerate(lines) if line.startswith("# deliver:"))
    routes = "\n".join(line[2:] for line in lines[deliver : deliver + 3])
    live = load_yaml(f"title: A\nwhen: b\n{routes}".encode(), "routes")
    assert isinstance(live, YamlFile)
    valid = WatchlistFile.model_validate(live.data)
    assert [str(each.floor) for each in valid.deliver] == ["high", "low"]
