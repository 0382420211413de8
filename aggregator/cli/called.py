"""How this program was called, so that what it advises can be typed as it stands."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

INSTALLED = "casewire"
SCRIPT = "bot.py"


def called(place: Path | None = None) -> str:
    """Return the words before a command: `casewire`, or `python` and the path of `bot.py`.

    `place` is the folder from which it will be typed, where that is another one than now.
    """
    script = Path(sys.argv[0])
    if script.name == INSTALLED:
        return INSTALLED
    if script.name != SCRIPT:
        script = Path(SCRIPT)  # called from within Python, as tests do
    if place is not None and not script.is_absolute():
        script = Path(os.path.relpath(script, place))
    return f"python {shlex.quote(str(script))}"
