"""The guide shows what the program answers, word for word."""

from __future__ import annotations

import os
import re

import pytest

from tests.docs.guide import scenes
from tests.docs.pages import ROOT
from tests.goldens import VARIABLE

GUIDE = ROOT / "docs" / "guide.md"
SHOWN = re.compile(r"<!-- shown: (?P<name>[a-z-]+) -->\n```text\n(?P<text>.*?)```\n", re.DOTALL)


def _written() -> dict[str, str]:
    """Return what the page shows, by scene; made anew first where that is asked for."""
    page = GUIDE.read_text(encoding="utf-8")
    if os.environ.get(VARIABLE) == "write":
        played = scenes()
        page = SHOWN.sub(
            lambda found: (
                f"<!-- shown: {found['name']} -->\n```text\n{played[found['name']]}\n```\n"
            ),
            page,
        )
        GUIDE.write_text(page, encoding="utf-8")
    return {found["name"]: found["text"] for found in SHOWN.finditer(page)}


WRITTEN = _written()


@pytest.mark.parametrize("name", WRITTEN)
def test_the_guide_shows_what_the_program_answers(name: str) -> None:
    assert WRITTEN[name] == f"{scenes()[name]}\n"


def test_every_command_of_the_menu_is_shown_in_the_guide() -> None:
    from aggregator.telegram.words import COMMANDS

    page = GUIDE.read_text(encoding="utf-8")
    assert [name for name, _, _ in COMMANDS if f"> /{name}" not in page and name != "help"] == []
