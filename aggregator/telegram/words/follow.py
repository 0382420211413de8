"""What is said about following: answers, the list, and its rows."""

from __future__ import annotations

from typing import Final

from aggregator.model import Mode, Severity

FLOOR: Final = {
    Severity.LOW: "everything",
    Severity.MEDIUM: "Medium and up",
    Severity.HIGH: "High only",
}
FLOOR_BUTTON: Final = {
    Severity.LOW: "Everything",
    Severity.MEDIUM: "Medium up",
    Severity.HIGH: "High only",
}
MODE: Final = {Mode.INSTANT: "instant", Mode.DIGEST: "digest"}
MODE_BUTTON: Final = {Mode.INSTANT: "Instant", Mode.DIGEST: "Digest"}
PAUSED: Final = "paused"
PAUSE: Final = "Pause"
RESUME: Final = "Resume"
DELETE: Final = "Delete"
DELETE_YES: Final = "Yes, delete"
KEEP: Final = "Keep"
BACK: Final = "Back to the list"
OLDER: Final = "Next page"
NEWER: Final = "Previous page"
NOT_FOLLOWED_NOW: Final = "This is not followed here any more."
LAST_DEVELOPMENTS: Final = "Last developments, none of which will ring"
TAP_A_ROW: Final = "Tap a row to pause it, choose what rings, or delete it."


def followed_here(count: int, limit: int) -> str:
    return f"Followed here ({count} of {limit})"


def page(number: int, pages: int) -> str:
    return f"Page {number} of {pages}"


def delete_sure(title: str) -> str:
    return f"Stop following {title}? What was sent stays."


def everything_about(name: str) -> str:
    return f"Follow everything about {name}?"


def everything_button(name: str) -> str:
    return f"Follow {name}"


def closed(when: str) -> str:
    """Say what following a closed case means; `when` is its date, or empty."""
    date = f" {when}" if when else ""
    return f"Closed{date}. I would ring for a reopening, appeal or new order."
