"""`health`: whether the running program does its work, for people and for HEALTHCHECK."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from aggregator.cli.stored import with_store
from aggregator.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from aggregator.config.settings import Settings
    from aggregator.model import Feed

ASK_S = 5.0
EXIT_UNHEALTHY = 1


@click.command()
def health() -> None:
    """Say whether the loop is alive, when it polled, how old the outbox is: code 0 or 1."""
    from aggregator.cli.monitor import asked
    from aggregator.config.settings import Settings
    from aggregator.service.vitals import Finding, examine
    from aggregator.store.lock import held

    settings = Settings.from_env(os.environ)
    try:
        found = with_store(lambda store: examine(store, _feeds(settings), datetime.now(UTC)))
        if held(settings.database) is False:  # its last beat may be young all the same
            gone = Finding(name="loop", ok=False, what="no program runs on this database")
            found = (gone, *(each for each in found if each.name != gone.name))
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
    from aggregator.config.feeds import load_feeds

    try:
        return load_feeds(settings.feeds)
    except ConfigError:
        return ()
