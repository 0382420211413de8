"""What is said to the operator about feeds, reloads, and who follows what."""

from __future__ import annotations

from typing import Final

FEEDS: Final = "Feeds"
NO_FEEDS: Final = "No feeds are set up."
OFF: Final = "switched off"
NEXT: Final = "next"
NEVER_ASKED: Final = "not asked yet"
PREVIOUS_PAGE: Final = "Previous page"
NEXT_PAGE: Final = "Next page"
RELOADED: Final = "Read anew, and live now."
NOTHING_CHANGED: Final = "Read anew; nothing changed."
KEPT: Final = "Refused. The rules and feeds from before stay live."
AUDIT: Final = "Audit"
CASES: Final = "Cases"
WATCHLISTS: Final = "Watchlists"
NAMES: Final = "Names"
ALIVE: Final = "Chats that are gone are not counted."
RULES_DIFFER: Final = "Words and queries of rules changed."


def page(number: int, pages: int) -> str:
    return f"page {number} of {pages}"


def failed(count: int, why: str) -> str:
    times = "once" if count == 1 else f"{count} times in a row"
    return f"failed {times}{f' ({why})' if why else ''}"


def changed(what: str, added: int, removed: int, altered: int, now: int) -> str:
    parts = [
        f"{count} {word}"
        for count, word in ((added, "added"), (removed, "removed"), (altered, "changed"))
        if count
    ]
    return f"{what}: {', '.join(parts)}; {now} now"


def audience(chats: int, places: int) -> str:
    return f"{chats} chat{'' if chats == 1 else 's'} with {places} place{'' if places == 1 else 's'} that follow something"


def follows(follows: int, paused: int, watches: int, mutes: int) -> str:
    return f"{follows} follows ({paused} paused), {watches} watches, {mutes} mutes in force"


def ledger(rows: int, broken: int | None) -> str:
    if broken is None:
        return f"Ledger: {rows} row{'' if rows == 1 else 's'}, each fits the one before."
    return f"Ledger: {rows} rows, and row {broken} does not fit the one before: it was altered after it was written."
