"""`backup` and `restore`: a copy of the database while it is used, and the way back."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from aggregator.config.settings import Settings
    from aggregator.ports import Clock
    from aggregator.service.housekeeping import Housekeeping
    from aggregator.store.copying import Progress
    from aggregator.store.sqlite import SqliteStore

SHOWN_AFTER_S = 2.0


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Over a file that is there.")
def backup(file: Path, force: bool) -> None:
    """Copy the database to FILE while the program runs, and check that the copy is whole."""
    from aggregator.config.settings import Settings
    from aggregator.store.backup import back_up

    database = Settings.from_env(os.environ).database
    with _progress(f"copying {database}") as tell:
        size = back_up(database, file, force=force, progress=tell)
    click.echo(f"{file}: a whole copy of {database}, {size:,} bytes")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def restore(file: Path) -> None:
    """Put a copy that `backup` made in the place of the database; the program must not run."""
    from aggregator.config.settings import Settings
    from aggregator.store.backup import restore as put_back

    database = Settings.from_env(os.environ).database
    with _progress(f"restoring {database}") as tell:
        done = put_back(file, database, progress=tell)
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


@contextmanager
def _progress(what: str) -> Iterator[Progress]:
    """Show a bar once it takes longer than `SHOWN_AFTER_S`, on a terminal only."""
    from rich.console import Console
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    began = time.monotonic()
    with Bar(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, visible=False)

        def tell(done: int, total: int) -> None:
            late = time.monotonic() - began > SHOWN_AFTER_S
            bar.update(task, completed=done, total=total, visible=late)

        yield tell
