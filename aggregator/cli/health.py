"""`health`: whether the running program does its work, for people and for HEALTHCHECK."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime

import click

from aggregator.cli.stored import with_store
from aggregator.config.feeds import load_feeds
from aggregator.config.settings import Settings
from aggregator.errors import ConfigError, StoreError
from aggregator.model import Feed

ASK_S = 5.0
EXIT_UNHEALTHY = 1


@click.command()
def health() -> None:
    """Say whether the loop is alive, when it polled, how old the outbox is: code 0 or 1."""
    from aggregator.cli.monitor import asked
    from aggregator.service.vitals import Finding, examine

    settings = Settings.from_env(os.environ)
    try:
        found = with_store(lambda store: examine(store, _feeds(settings), datetime.now(UTC)))
    except StoreError as error:
        found = (Finding(name="database", ok=False, what=str(error)),)
    if settings.http is not None:
        found = (*found, asked(settings, total_s=ASK_S))
    for each in found:
        click.echo(f"{'ok  ' if each.ok else 'BAD '} {each.name:<8}  {each.what}")
    if not all(each.ok for each in found):
        sys.exit(EXIT_UNHEALTHY)


def _feeds(settings: Settings) -> tuple[Feed, ...]:
    """Return the feeds; none while a file is being edited, when the program keeps the old ones."""
    try:
        return load_feeds(settings.feeds)
    except ConfigError:
        return ()
