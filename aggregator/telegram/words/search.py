"""What is said about looking through the stored news."""

from __future__ import annotations

from typing import Final

OLDER: Final = "Older"
NEWEST: Final = "Newest"
FOLLOWED: Final = "Latest on what is followed here"
EVERYTHING: Final = "Latest on everything (nothing is followed here)"
NO_MORE: Final = "Nothing older is stored."
NOTHING_YET: Final = "Nothing is stored yet."
NO_RULES: Final = "Queries cannot be read just now: no rules are set up."
QUERY_MISSING: Final = "Add a query, for example <code>/{command} @binance AND settle</code>. /help shows the language."
SAME_WORDS: Final = "Send the command again with the query put right."
NOTHING_HELP: Final = (
    "Every word must be there. A plain word finds its other forms: settle finds settled. "
    "Fewer words find more, and OR finds either."
)


def found(query: str) -> str:
    return f"Stored news for “{query}”, newest first"


def latest_of(title: str) -> str:
    return f"Latest on {title}"


def nothing(query: str) -> str:
    return f"Nothing stored matches “{query}”."


def search_instead(query: str) -> str:
    return f"To look for these words in the stored news, send <code>/search {query}</code>."


def nothing_of(title: str) -> str:
    return f"Nothing is stored on {title}."


def looked_through(rows: int, back_to: str) -> str:
    return f"Looked through {rows} stored items, back to {back_to}. Older looks further."


def column(number: int) -> str:
    return f"Column {number}"


def query_missing(command: str) -> str:
    return QUERY_MISSING.format(command=command)
