"""The pages of the documentation, and what stands in them."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
RULES = ROOT / "docs" / "rules.md"
OPERATIONS = ROOT / "docs" / "operations.md"

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<kind>\w*)\n(?P<body>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block: where it begins, what it is called, and what it holds."""

    page: Path
    line: int
    kind: str
    body: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def pages() -> list[Path]:
    """Return every page: the README, the changelog and what is in docs/."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def text(page: Path) -> str:
    """Return a page."""
    return page.read_text(encoding="utf-8")


def blocks(*kinds: str) -> list[Block]:
    """Return the fenced blocks of these kinds on all pages."""
    return [block for page in pages() for block in blocks_of(page) if block.kind in kinds]


def blocks_of(page: Path) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    whole = text(page)
    return [
        Block(
            page=page,
            line=whole.count("\n", 0, found.start()) + 1,
            kind=found["kind"],
            body=textwrap.dedent(found["body"]),
        )
        for found in _FENCE.finditer(whole)
    ]


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return _FENCE.sub("", text(page))


def code_in(page: Path) -> frozenset[str]:
    """Return every `code` of a page's prose."""
    return frozenset(re.findall(r"`([^`\n]+)`", prose(page)))


def section(page: Path, heading: str) -> str:
    """Return what stands under a heading, up to the next one of its rank or above."""
    found = re.search(
        rf"^(#+) {re.escape(heading)}\n(.*?)(?=^#{{1,6}} |\Z)", text(page), re.MULTILINE | re.DOTALL
    )
    assert found is not None, f"{page.name} has no section {heading!r}"
    return found[2]
