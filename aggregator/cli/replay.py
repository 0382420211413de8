"""`replay`: news from a file through the very same pipeline, without sending."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path

import click

from aggregator.cli.progress import progress
from aggregator.errors import InputError


@click.command()
@click.argument("source", metavar="ITEMS.jsonl[.gz]|-")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, in input order.")
@click.option(
    "--rules", "rules_dir", type=click.Path(path_type=Path), help="Instead of CASEWIRE_RULES."
)
@click.option("--everything", is_flag=True, help="Take every item as matched: joining alone.")
@click.option("--case", "case", help="Only this case; everything else is ignored.")
def replay(
    source: str, as_json: bool, rules_dir: Path | None, case: str | None, everything: bool
) -> None:
    """Run the news of a file through the pipeline without sending.

    One object a line: id, published (ISO 8601), outlet, url, title, summary; the last three may
    be empty or missing.  A faulty line is named on stderr, the others go on; exit 2 at the end.
    """
    from aggregator.cli import logs, replaying
    from aggregator.cli.compose import configuration
    from aggregator.config.settings import Settings

    settings = Settings.from_env(os.environ)
    logs.set_up(settings.log, level=40)
    if rules_dir:
        settings = replace(settings, rules=(rules_dir,))
    matcher, feeds = configuration(settings)
    if case and case not in matcher.rules.cases:
        known = ", ".join(sorted(matcher.rules.cases))
        raise InputError(f"no case “{case}” in the rules; there are: {known}")
    narrowed = replaying.Narrowed(matcher, case) if case else matcher
    with progress(f"reading {source}", machine=as_json) as bar:
        lines, faults = replaying.read(source, feeds, bar)
        bar.name(f"replaying {source}")
        if everything:
            outcomes = replaying.joined(lines, narrowed, bar)
        else:
            outcomes = asyncio.run(replaying.run(lines, narrowed, bar))
    replaying.show(outcomes, as_json=as_json)
    if faults:
        sys.exit(2)
