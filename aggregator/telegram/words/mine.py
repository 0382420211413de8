"""What is said about somebody's own data: a test, an export, and deleting it all."""

from __future__ import annotations

from typing import Final

from aggregator.model import Severity, TargetKind
from aggregator.telegram.words import KIND, SEVERITY

TEST_HEAD: Final = "TEST: a sample, no real event"
TEST_CASE: Final = "Sample v. Example"
TEST_TITLE: Final = "Judge hears arguments in Sample v. Example"
TEST_SUMMARY: Final = (
    "This sample shows what an alert looks like and that it reaches this chat. Nothing happened."
)
TEST_OUTLET: Final = "Sample Wire"

NOTHING_TO_EXPORT: Final = (
    "Nothing is followed here and no alert was sent: there is nothing to export."
)
EXPORTED_WATCHLIST: Final = "Sends a watchlist here from the rules: save it in the <code>watchlists/</code> of a folder after the shipped one."
EXPORTED_ALERTS: Final = "The alerts of this place as CSV, newest first. Times are UTC."

NAME_COMMENT: Final = (
    "its mention with the words of a proceeding, since a query knows no new matter"
)

STOP_ASK: Final = "Delete everything that is kept of this chat: what it follows, its own watches, its settings and what is still queued? It cannot be undone; /export first if you want a copy."
STOP_YES: Final = "Yes, delete it all"
STOP_NO: Final = "Keep it"
STOP_DONE: Final = "Deleted: follows, watches, settings, names and queue of this chat. The operator's ledger of what was sent keeps its rows for its retention time, with a keyed hash in the place of this chat's id. /start begins anew."
STOP_KEPT: Final = "Nothing was deleted."


def exported_rules(floor: Severity) -> str:
    rings = "" if floor is Severity.LOW else f" and rings from {SEVERITY[floor]} on"
    return f"What is followed here{rings}, as a watchlist: save it in <code>rules/watchlists/</code>, look at the comments at its top, and run <code>check</code>."


def comment(kind: TargetKind, title: str, *, digest: bool, paused: bool) -> str:
    """Say what one query of an exported file was, and what of it the file does not hold."""
    lost = [
        *([NAME_COMMENT] if kind is TargetKind.ENTITY else []),
        *(["in the digest here, the file rings at once"] if digest else []),
        *(["paused here, the file rings"] if paused else []),
    ]
    return f"{KIND[kind]} {title} ({'; '.join(lost)})" if lost else f"{KIND[kind]} {title}"
