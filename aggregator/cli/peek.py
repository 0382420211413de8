"""`peek`: what the bot sees in a feed, and what each entry matches and why."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path

import click

from aggregator.cli.progress import progress


@click.command()
@click.argument("sources", metavar="URL|FILE…", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option(
    "--rules", "rules_dir", type=click.Path(path_type=Path), help="Instead of CASEWIRE_RULES."
)
def peek(sources: tuple[str, ...], as_json: bool, rules_dir: Path | None) -> None:
    """Show what the bot sees in each feed, by address or file, and what it matches and why.

    A source that is no feed is one line on stderr and the others go on; exit 1 if there was one.
    """
    from aggregator.cli import logs, peeking
    from aggregator.cli.compose import configuration
    from aggregator.config.settings import Settings

    settings = Settings.from_env(os.environ)
    logs.set_up(settings.log, level=40)
    if rules_dir:
        settings = replace(settings, rules=(rules_dir,))
    matcher, feeds = configuration(settings)
    with progress("reading", machine=as_json) as bar:
        failed = asyncio.run(peeking.peek(sources, matcher, feeds, settings, bar, as_json=as_json))
    if failed:
        sys.exit(1)
