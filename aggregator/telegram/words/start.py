"""What the greeting and the help say beside the tables of commands."""

from __future__ import annotations

from typing import Final

ALL_CASES: Final = "All cases"
WATCHLISTS: Final = "Watchlists"
LATEST: Final = "Latest news"
HELP: Final = "Help"
THEN: Final = "Then press Follow on its card, or send <code>/watch</code> and words of your own."
BEGIN: Final = "Send /cases to choose a case."
MORE: Final = "More"
OPERATOR: Final = "For the operator"
LANGUAGE: Final = 'A query: <code>@binance NEAR/10 settle</code>, <code>"motion to dismiss" AND (SEC OR CFTC)</code>, <code>stablecoin* NOT airdrop</code>.'
PREVIOUS: Final = "Previous page"
NEXT: Final = "Next page"


def to_begin(name: str) -> str:
    return f"To begin, send the name of a case, such as {name}."


def page(number: int, pages: int) -> str:
    return f"Page {number} of {pages}"
