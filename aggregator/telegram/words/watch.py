"""What is said about a query of one's own."""

from __future__ import annotations

from typing import Final

ALL_THE_SAME: Final = "Watch the words anyway"
CREATE: Final = "Create"
HIGH_ONLY: Final = "High only"
DIGEST: Final = "Digest"
LESS: Final = "That is a lot: High only, Digest or a narrower query keeps it calm."
SHORT_STORE: Final = "Less than 7 days of news is stored so far."
CREATED: Final = "Created."
CREATED_ALREADY: Final = "This watch was created already."
HOW: Final = "It stands in /following, where it can be paused, changed and deleted."
IN_PLACE: Final = {
    "i": "It rings at once.",
    "h": "It rings at once, for High only.",
    "d": "It comes in the digest.",
}


def is_name(query: str, count: int) -> str:
    names = "something I know" if count == 1 else f"{count} things I know"
    return f"“{query}” names {names}. Follow it, and each development rings once."


def preview(query: str) -> str:
    return f"Watch “{query}”"


def would_have_rung(count: int, days: int, *, at_least: bool) -> str:
    times = "once" if count == 1 else f"{count} times"
    more = "at least " if at_least and count else ""
    return (
        f"It would have rung {more}{times} in the last {days} days."
        if count
        else (f"It would not have rung in the last {days} days.")
    )


def quiet(count: int) -> str:
    reports = "1 more matches" if count == 1 else f"{count} more match"
    return f"{reports} and would not ring: opinion, price talk and the like."


def reports(count: int) -> str:
    return f"{count} reports"


def watching(query: str) -> str:
    return f"Watching “{query}”."


def watched_already(query: str) -> str:
    return f"“{query}” is already watched here. Nothing was changed."


def too_many(limit: int) -> str:
    return f"This chat has {limit} watches, and that is the limit. Nothing was changed. Delete one in /following."
