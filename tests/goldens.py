"""Pages kept as files in `tests/golden/`: a change of what people see shows as a change of a file.

`CASEWIRE_GOLDEN=write` writes them anew; read the difference before keeping it.
"""

from __future__ import annotations

import os
from pathlib import Path

from aggregator.model import Message
from tests.fake_telegram import read_html

FOLDER = Path(__file__).parent / "golden"
VARIABLE = "CASEWIRE_GOLDEN"


def shown(message: Message) -> str:
    """Return a message as a golden file keeps it: what is read, its HTML, and its buttons."""
    rows = [
        " ".join(f"[{one.text} → {one.data or one.url}]" for one in row) for row in message.buttons
    ]
    attached = [f"attachment: {message.attachment}"] if message.attachment else []
    parts = [
        read_html(message.html).text,
        "--- html",
        message.html,
        "--- buttons",
        *rows,
        *attached,
    ]
    return "\n".join([*parts, ""])


def is_golden(name: str, text: str) -> bool:
    """Say whether `text` is what the file holds; writes it first where that is asked for."""
    path = FOLDER / name
    if os.environ.get(VARIABLE) == "write":
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return path.is_file() and path.read_text(encoding="utf-8") == text
