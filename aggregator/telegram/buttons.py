"""What a button sends back when it is pressed: written and read here, and nowhere else.

`v1:<verb>:<rest>`, at most 64 bytes, Telegram's limit.  A button that would not fit is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aggregator.model import Button, Target, TargetKind
from aggregator.telegram.markup import clip

DATA_BYTES_MAX = 64
VERSION: Final = "v1"
TEXT_CHARS_MAX = 40
KIND: Final = {TargetKind.CASE: "c", TargetKind.WATCHLIST: "w", TargetKind.ENTITY: "e"}
KIND_OF: Final = {letter: kind for kind, letter in KIND.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPressed:
    """Show this case or watchlist."""

    target: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowPressed:
    """Follow this."""

    target: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfollowPressed:
    """Stop following this."""

    target: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class OldPressed:
    """A button that this version does not know."""


Pressed = OpenPressed | FollowPressed | UnfollowPressed | OldPressed


def case_target(slug: str) -> Target:
    """Return the case as a thing to follow."""
    return Target(kind=TargetKind.CASE, slug=slug)


def watchlist_target(slug: str) -> Target:
    """Return the watchlist as a thing to follow."""
    return Target(kind=TargetKind.WATCHLIST, slug=slug)


def open_case(slug: str, text: str) -> list[Button]:
    """Return the button that opens a case, or none when its slug is too long for one."""
    return _button(text, "case", slug)


def follow(target: Target, text: str) -> list[Button]:
    """Return the button that follows `target`, or none."""
    return _button(text, "follow", f"{KIND[target.kind]}:{target.slug}")


def unfollow(target: Target, text: str) -> list[Button]:
    """Return the button that stops following `target`, or none."""
    return _button(text, "unfollow", f"{KIND[target.kind]}:{target.slug}")


def read(data: str) -> Pressed:
    """Return what a pressed button asks for."""
    match data.split(":"):
        case ["v1", "case", slug] if slug:
            return OpenPressed(target=case_target(slug))
        case ["v1", "follow", kind, slug] if kind in KIND_OF and slug:
            return FollowPressed(target=Target(kind=KIND_OF[kind], slug=slug))
        case ["v1", "unfollow", kind, slug] if kind in KIND_OF and slug:
            return UnfollowPressed(target=Target(kind=KIND_OF[kind], slug=slug))
        case _:
            return OldPressed()


def _button(text: str, verb: str, rest: str) -> list[Button]:
    data = f"{VERSION}:{verb}:{rest}"
    if len(data.encode()) > DATA_BYTES_MAX:
        return []
    return [Button(text=clip(text, TEXT_CHARS_MAX) or verb, data=data)]
