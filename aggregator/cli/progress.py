"""Progress on a terminal, for what takes longer than two seconds; nothing anywhere else.

The bar is on stderr, so that stdout can be kept or piped on; what a command prints while a bar is
there goes above it.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import click

if TYPE_CHECKING:
    from rich.progress import Progress

SHOWN_AFTER_S = 2.0


class Bar(Protocol):
    """What a command tells of how far it is."""

    def tell(self, done: float, total: float) -> None:
        """Say how much of how much is done; without it the bar only says that work goes on."""

    def name(self, what: str) -> None:
        """Say what is being done now."""

    def say(self, line: str, *, err: bool = False) -> None:
        """Print a line of the command's own, above the bar."""


@contextmanager
def progress(what: str, *, machine: bool = False) -> Iterator[Bar]:
    """Show a bar once `what` takes longer than `SHOWN_AFTER_S`, on a terminal only.

    With `machine` stdout is for a program, and no bar shares a terminal with it.
    """
    if not sys.stderr.isatty() or (machine and sys.stdout.isatty()):
        yield _Silent()
        return
    bar = _Shown(what)
    try:
        yield bar
    finally:
        bar.ends()


class _Silent:
    def tell(self, done: float, total: float) -> None:
        pass

    def name(self, what: str) -> None:
        pass

    def say(self, line: str, *, err: bool = False) -> None:
        click.echo(line, err=err)


class _Shown:
    def __init__(self, what: str) -> None:
        self._what, self._done, self._total = what, 0.0, 0.0
        self._bar: Progress | None = None
        self._over = False
        self._lock = threading.Lock()
        # Not the command's own thread: that may be busy for all of the time.
        self._timer = threading.Timer(SHOWN_AFTER_S, self._starts)
        self._timer.daemon = True
        self._timer.start()

    def tell(self, done: float, total: float) -> None:
        self._done, self._total = done, total
        self._update()

    def name(self, what: str) -> None:
        self._what = what
        self._update()

    def say(self, line: str, *, err: bool = False) -> None:
        with self._lock:
            if self._bar is None or not (err or sys.stdout.isatty()):
                click.echo(line, err=err)
                return
            from rich.text import Text

            # As it is: no markup, and not broken where a terminal breaks it by itself.
            self._bar.console.print(Text(line), soft_wrap=True)

    def ends(self) -> None:
        self._timer.cancel()
        with self._lock:
            self._over = True
            if self._bar is not None:
                self._bar.stop()

    def _starts(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            Progress,
            TaskProgressColumn,
            TextColumn,
            TimeRemainingColumn,
        )

        with self._lock:
            if self._over:
                return
            # rich would send the whole of stdout to stderr's terminal, wherever it was sent.
            self._bar = Progress(
                TextColumn("{task.description}", markup=False),  # it may be a file's name
                BarColumn(),
                TaskProgressColumn(),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._bar.add_task(self._what, total=None)
            self._bar.start()
        self._update()

    def _update(self) -> None:
        bar = self._bar
        if bar is not None:
            bar.update(
                bar.task_ids[0],
                description=self._what,
                completed=self._done,
                total=self._total or None,
            )
