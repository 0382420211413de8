"""`check`: whether the configuration is right and the rules keep what their examples promise."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click


@click.command()
@click.option(
    "--feeds",
    "feeds_files",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Instead of CASEWIRE_FEEDS; several are read in their order.",
)
@click.option(
    "--rules",
    "rules_dirs",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Instead of CASEWIRE_RULES; several are read in their order.",
)
@click.option("--strict", is_flag=True, help="Missing examples are faults too.")
def check(feeds_files: tuple[Path, ...], rules_dirs: tuple[Path, ...], strict: bool) -> None:
    """Validate feeds.yaml and rules/: one line per fault, `file:line: what is wrong`; exit 1.

    Names each thing of an earlier place that a later one replaces or switches off.
    """
    from aggregator.cli.judge import judge_example
    from aggregator.config.dormant import dormant, keyless
    from aggregator.config.examples import check_examples
    from aggregator.config.feeds import LoadedFeeds, load_feeds_with_overrides
    from aggregator.config.rules import load_rules_with_lines
    from aggregator.config.settings import Settings
    from aggregator.errors import ConfigError, Fault
    from aggregator.feeds.pace import unnamed
    from aggregator.matching.matcher import Matcher

    settings = Settings.from_env(os.environ)
    faults: list[Fault] = []
    warnings: list[Fault] = []
    said: list[str] = []
    overrides: list[str] = []
    read = LoadedFeeds(feeds=())
    try:
        read = load_feeds_with_overrides(feeds_files or settings.feeds)
        overrides += read.overrides
        on = sum(feed.enabled for feed in read.feeds)
        said.append(f"{len(read.feeds)} feeds, {on} of them read")
    except ConfigError as error:
        faults += error.faults
    try:
        loaded = load_rules_with_lines(rules_dirs or settings.rules)
    except ConfigError as error:
        faults += error.faults
    else:
        matcher = Matcher(loaded.rules)
        found = check_examples(
            loaded, lambda example, target: judge_example(matcher, target, example)
        )
        faults += found.faults
        (faults if strict else warnings).extend(found.warnings)
        warnings += () if settings.ops_chat else loaded.ops_routes
        cases = [rule.case for rule in loaded.rules.cases.values()]
        warnings += dormant(read, cases)
        overrides += loaded.overrides
        said.append(
            f"{len(loaded.rules.cases)} cases, {len(loaded.rules.watchlists)} watchlists, "
            f"{len(loaded.rules.entities)} entities; {found.ran} examples hold"
        )
    warnings += keyless(read, has_key=settings.courtlistener_token is not None)
    for line in overrides:
        click.echo(line)
    for site in unnamed(read.feeds, settings.contact):
        what = f"{site} turns away who names no contact: set CASEWIRE_CONTACT to your address"
        click.echo(f"warning: {what}", err=True)
    for name in settings.unknown:
        click.echo(f"warning: {name}", err=True)
    for warning in sorted(warnings):
        click.echo(f"{warning.file}:{warning.line}: warning: {warning.what}", err=True)
    for fault in sorted(set(faults)):
        click.echo(str(fault), err=True)
    if faults:
        sys.exit(1)
    click.echo("All right: " + "; ".join(said) + ".")
