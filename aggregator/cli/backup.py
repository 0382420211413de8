"""`backup` and `restore`: a copy of the database while it is used, and the way back."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.cli.progress import progress

if TYPE_CHECKING:
    from aggregator.config.settings import Settings
    from aggregator.ports import Clock
    from aggregator.service.housekeeping import Housekeeping
    from aggregator.store.sqlite import SqliteStore


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Over a file that is there.")
def backup(file: Path, force: bool) -> None:
    """Copy the database to FILE while the program runs, and check that the copy is whole."""
    from aggregator.config.settings import Settings
    from aggregator.store.backup import back_up

    database = Settings.from_env(os.environ).database
    with progress(f"copying {database}") as bar:
        size = back_up(database, file, force=force, progress=bar.tell)
    click.echo(f"{file}: a whole copy of {database}, {size:,} bytes")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def restore(file: Path) -> None:
    """Put a copy that `backup` made in the place of the database; the program must not run."""
    from aggregator.config.settings import Settings
    from aggregator.store.backup import restore as put_back

    database = Settings.from_env(os.environ).database
    with progress(f"restoring {database}") as bar:
        done = put_back(file, database, progress=bar.tell)
    click.echo(f"{done.database} is {file} now")
    if done.before is not None:
        click.echo(f"what was there is kept as {done.before}")


def housekeeping(
    settings: Settings,
    store: SqliteStore,
    clock: Clock,
    tell: Callable[[Sequence[str]], Awaitable[None]] | None,
) -> Housekeeping:
    """Return the loop that prunes and backs up as the settings say; `tell` hears of failures."""
    from aggregator.service.housekeeping import Housekeeping, Keep
    from aggregator.store.backup import back_up_aside

    return Housekeeping(
        store=store,
        clock=clock,
        keep=Keep(
            unmatched=settings.keep, matched=settings.keep_matched, ledger=settings.keep_ledger
        ),
        folder=settings.backup,
        back_up=lambda to: back_up_aside(settings.database, to),
        tidy=store.tidy,
        tell=tell,
    )
