"""Bars on a terminal and nowhere else, and a command line that starts quickly."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from contextlib import suppress

from tests.newsroom import ROOT

WORK = """
import time
from aggregator.cli import progress
progress.SHOWN_AFTER_S = {after}
with progress.progress("counting [red]", machine={machine}) as bar:
    for done in range(4):
        bar.tell(done, 4)
        bar.say('{{"line": %d, "long": "%s"}}' % (done, "x" * 100))
        time.sleep(0.15)
"""


def played(*, after: float, machine: bool = False, stdout_is_terminal: bool) -> tuple[str, str]:
    """Return what stdout got where it is no terminal, and what the terminal got."""
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-c", WORK.format(after=after, machine=machine)],
            stdout=theirs if stdout_is_terminal else subprocess.PIPE,
            stderr=theirs,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TERM": "xterm"},
            check=True,
        )
    finally:
        os.close(theirs)
    shown = b""
    with suppress(OSError):  # Linux: the other side is closed
        while more := os.read(ours, 65_536):
            shown += more
    os.close(ours)
    return (done.stdout or b"").decode(), shown.decode()


def test_what_is_quick_shows_no_bar():
    said, shown = played(after=60, stdout_is_terminal=False)
    assert said.count("\n") == 4
    assert shown == ""


def test_a_bar_leaves_alone_what_goes_to_a_file():
    said, shown = played(after=0.05, stdout_is_terminal=False)
    assert [line[:11] for line in said.splitlines()] == [f'{{"line": {n},' for n in range(4)]
    assert "\x1b" not in said
    assert "counting [red]" in shown.replace("\x1b[0m", "")


def test_lines_go_above_the_bar_unbroken():
    _, shown = played(after=0.05, stdout_is_terminal=True)
    assert all(f'{{"line": {n}, "long": "{"x" * 100}"}}' in shown for n in range(4))
    assert "counting" in shown


def test_lines_for_a_program_share_no_terminal_with_a_bar():
    _, shown = played(after=0.05, machine=True, stdout_is_terminal=True)
    assert "\x1b" not in shown


def test_the_command_line_itself_imports_nothing_heavy():
    script = "import sys, aggregator.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True)
    heavy = {"aggregator.model", "httpx", "pydantic", "rich", "structlog", "telegram", "yaml"}
    assert heavy & set(done.stdout.decode().split()) == set()


def test_what_is_loaded_lean_takes_no_extras_and_hides_them_from_nobody_else():
    script = (
        "import sys; from aggregator.cli import lean; "
        "lean.load('httpx', 'sqlite_utils', 'structlog'); "
        "assert not {'numpy', 'rich'} & sys.modules.keys(); "
        "import rich.progress, structlog, httpx, sqlite_utils; print(httpx.Client, structlog.dev)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False)
    assert done.returncode == 0
