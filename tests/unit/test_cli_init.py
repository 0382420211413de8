import contextlib
import os
import shlex
from pathlib import Path

from click.testing import CliRunner

from aggregator.cli import cli
from aggregator.config.settings import Settings, _home
from aggregator.config.variables import VARIABLES


def init(folder):
    return CliRunner().invoke(cli, ["init", str(folder)])


def written(folder: Path) -> dict[str, str]:
    lines = (folder / ".env.example").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: " ".join(shlex.split(value)) for name, _, value in pairs}


def test_a_place_of_ones_own_passes_the_check_beside_the_shipped_ones(tmp_path):
    place = tmp_path / "my place"
    made = init(place)
    assert made.exit_code == 0, made.output
    assert (
        f"CASEWIRE_FEEDS='{Settings().feeds[0]}{os.pathsep}{place / 'feeds.yaml'}'" in made.output
    )
    assert (place / "rules" / "cases").is_dir()
    checked = CliRunner().invoke(cli, ["check"], env=written(place))
    assert checked.exit_code == 0, checked.output
    assert f"{len(list((Settings().rules[0] / 'cases').iterdir()))} cases" in checked.output


def test_in_a_place_of_ones_own_each_command_reads_it_beside_the_shipped_ones(tmp_path):
    place = tmp_path / "mine"
    init(place)
    with contextlib.chdir(place):
        Path("feeds.yaml").write_text("feeds: [{id: no-address, kind: news}]\n")
        assert "feeds.yaml:1: `url`" in CliRunner().invoke(cli, ["check"], env={}).output
        assert Settings.from_env({}).rules == (*Settings().rules, Path("rules"))
        Path("bot.py").touch()  # as in another clone, which holds the shipped ones again
        assert Settings.from_env({}).feeds == Settings().feeds


def test_what_the_commented_feeds_show_can_be_taken_as_it_stands(tmp_path):
    place = tmp_path / "mine"
    init(place)
    lines = (place / "feeds.yaml").read_text(encoding="utf-8").splitlines()
    shown = [line.removeprefix("#") for line in lines if line.startswith("#   ")]
    (place / "feeds.yaml").write_text("\n".join(["feeds:", *shown, ""]), encoding="utf-8")
    checked = CliRunner().invoke(cli, ["check"], env=written(place))
    assert checked.exit_code == 0, checked.output


def test_the_example_environment_is_one_that_the_program_reads(tmp_path):
    place = tmp_path / "mine"
    init(place)
    env = written(place)
    assert set(env) <= {variable.name for variable in VARIABLES}
    settings = Settings.from_env(env)
    assert settings.database == str(place / "data" / "casewire.db")
    assert settings.rules == (*Settings().rules, place / "rules")


def test_a_folder_that_holds_something_is_refused_and_left_alone(tmp_path):
    (tmp_path / "letter.txt").write_text("dear reader")
    refused = init(tmp_path)
    assert refused.exit_code == 1
    assert [each.name for each in tmp_path.iterdir()] == ["letter.txt"]


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path):
    (tmp_path / "file").touch()
    refused = init(tmp_path / "file" / "mine")
    assert refused.exit_code == 1
    assert "cannot be written" in str(refused.exception)


def test_an_installed_package_finds_what_its_wheel_put_below_share(tmp_path):
    package = tmp_path / "lib" / "python3.11" / "site-packages" / "aggregator"
    share = tmp_path / "share" / "casewire"
    share.mkdir(parents=True)
    assert _home(package) == Path()
    (share / "feeds.yaml").touch()
    assert _home(package) == share
