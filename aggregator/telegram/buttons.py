"""What a button sends back when it is pressed: written and read here, and nowhere else.

`v1:<verb>:<args>`, at most 64 bytes, Telegram's limit.  A button that would not fit is left out.
"""

from __future__ import annotations

from typing import Final

from aggregator.model import Button, Target, TargetKind
from aggregator.telegram.markup import clip

DATA_BYTES_MAX = 64
VERSION: Final = "v1"
TEXT_CHARS_MAX = 40
KIND: Final = {
    TargetKind.CASE: "c",
    TargetKind.WATCHLIST: "w",
    TargetKind.ENTITY: "e",
    TargetKind.WATCH: "q",
}
KIND_OF: Final = {letter: kind for kind, letter in KIND.items()}

Row = tuple[Button, ...]


def case_target(slug: str) -> Target:
    """Return the case as a thing to follow."""
    return Target(kind=TargetKind.CASE, slug=slug)


def watchlist_target(slug: str) -> Target:
    """Return the watchlist as a thing to follow."""
    return Target(kind=TargetKind.WATCHLIST, slug=slug)


def button(text: str, verb: str, *args: str) -> list[Button]:
    """Return the button that sends `verb` and `args` back, or none when they do not fit."""
    data = ":".join((VERSION, verb, *args))
    if len(data.encode()) > DATA_BYTES_MAX:
        return []
    return [Button(text=clip(text, TEXT_CHARS_MAX) or verb, data=data)]


def code(target: Target) -> tuple[str, str]:
    """Return the two args that name a target."""
    return KIND[target.kind], target.slug


def target_of(kind: str, slug: str) -> Target | None:
    """Return the target that two args name; None when they name none."""
    return Target(kind=KIND_OF[kind], slug=slug) if kind in KIND_OF and slug else None


def read(data: str) -> tuple[str, tuple[str, ...]] | None:
    """Return verb and args of a pressed button; None for one of another version."""
    version, *rest = data.split(":")
    if version != VERSION or not rest:
        return None
    return rest[0], tuple(rest[1:])


def rows(*found: list[Button], width: int = 2) -> tuple[Row, ...]:
    """Return buttons in rows of `width`; those that were left out leave no hole."""
    flat = [one for some in found for one in some]
    return tuple(tuple(flat[at : at + width]) for at in range(0, len(flat), width))


def open_case(slug: str, text: str) -> list[Button]:
    """Return the button that opens a case, or none when its slug is too long for one."""
    return button(text, "case", slug)


def follow(target: Target, text: str) -> list[Button]:
    """Return the button that follows `target`, or none."""
    return button(text, "follow", *code(target))


def unfollow(target: Target, text: str) -> list[Button]:
    """Return the button that stops following `target`, or none."""
    return button(text, "unfollow", *code(target))
