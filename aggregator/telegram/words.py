"""Every sentence the bot says, in one place, so that other languages can come later.

Headlines and quotations are not here: they stay as published.  What comes in as an argument is
put in as it is; whoever builds HTML escapes it first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from aggregator.model import EventKind, RingKind, Severity, Status, TargetKind

SEVERITY: Final = {Severity.LOW: "Low", Severity.MEDIUM: "Medium", Severity.HIGH: "High"}

EVENT: Final = {
    EventKind.COMPLAINT: "Complaint",
    EventKind.MOTION: "Motion",
    EventKind.HEARING: "Hearing",
    EventKind.DISCOVERY: "Discovery",
    EventKind.ORDER: "Order",
    EventKind.RULING: "Ruling",
    EventKind.STAY: "Stay",
    EventKind.SETTLEMENT: "Settled",
    EventKind.DISMISSAL: "Dismissed",
    EventKind.APPEAL: "Appeal",
    EventKind.VERDICT: "Verdict",
    EventKind.SENTENCE: "Sentenced",
    EventKind.RULEMAKING: "Rulemaking",
    EventKind.OTHER: "Development",
}
"""What happened, said by a source that can know it."""

EVENT_SAID: Final = {
    EventKind.COMPLAINT: "complaint",
    EventKind.MOTION: "motion",
    EventKind.HEARING: "hearing",
    EventKind.DISCOVERY: "discovery",
    EventKind.ORDER: "order",
    EventKind.RULING: "ruling",
    EventKind.STAY: "stay",
    EventKind.SETTLEMENT: "settlement",
    EventKind.DISMISSAL: "dismissal",
    EventKind.APPEAL: "appeal",
    EventKind.VERDICT: "verdict",
    EventKind.SENTENCE: "sentence",
    EventKind.RULEMAKING: "rulemaking",
    EventKind.OTHER: "development",
}
"""The same after "Reported:", "Filed:" or "On the docket:"."""

STATUS: Final = {
    Status.REPORTED: "Reported",
    Status.ARGUED: "Argued",
    Status.FILED: "Filed",
    Status.ORDERED: "Ordered",
    Status.DOCKETED: "On the docket",
}

KIND: Final = {
    TargetKind.CASE: "case",
    TargetKind.WATCHLIST: "watchlist",
    TargetKind.ENTITY: "name",
}

# --- alerts -------------------------------------------------------------------------------------

AGAIN: Final = {
    RingKind.CONFIRMED: "Confirmed on the docket",
    RingKind.CHANGED: "Changed",
}
NEW_MATTER: Final = "new matter, not on file"
BEFORE: Final = "Before"
RULES_REFUSED: Final = "A changed file is at fault. The rules from before it are live."
MAY_BE_SAME: Final = "May be the same event as"
SOURCES_DIFFER: Final = "Sources differ"
WHY: Final = "Why"
FIRST: Final = "first"
NOT_COUNTED: Final = "not counted as an independent source"
PRIMARY: Final = "primary source"
OPEN_CASE: Final = "Open case"
READ: Final = "Read"


def also_reported(outlets: int) -> str:
    return f"also reported by {outlets} outlet{'' if outlets == 1 else 's'}"


def and_more(count: int) -> str:
    return f"and {count} more"


def followed(things: Sequence[tuple[TargetKind, str]], more: int) -> str:
    named = [f"the {KIND[kind]} {title}" for kind, title in things]
    return f"you follow {', '.join([*named, *([and_more(more)] if more else [])])}"


def matched(words: str) -> str:
    return f"matched {words}"


def later(delta: timedelta) -> str:
    """Say how much later (or earlier) another outlet was."""
    minutes = round(abs(delta).total_seconds() / 60)
    side = "later" if delta >= timedelta() else "earlier"
    if minutes == 0:
        return "the same minute"
    if minutes < 120:
        return f"{minutes} min {side}"
    if minutes < 48 * 60:
        return f"{round(minutes / 60)} h {side}"
    return f"{round(minutes / 60 / 24)} days {side}"


# --- digests ------------------------------------------------------------------------------------

DIGEST: Final = "digest"


def digest_of(count: int, since: str) -> str:
    developments = "1 development" if count == 1 else f"{count} developments"
    return f"{developments if count else 'No development'} since {since}"


def nothing_new_since(since: str) -> str:
    return f"Nothing new since {since}"


def also_touched(count: int) -> str:
    return "Also touched on by 1 story:" if count == 1 else f"Also touched on by {count} stories:"


# --- cards --------------------------------------------------------------------------------------

NOT_ON_FILE: Final = "not on file"
NOT_LEGAL_ADVICE: Final = "Not legal advice."
CLOSED: Final = "Closed"
COURT: Final = "Court"
DOCKET: Final = "Docket"
JUDGE: Final = "Judge"
STATUS_LABEL: Final = "Status"
FILED_LABEL: Final = "Filed"
PARTIES: Final = "Parties"
LATEST: Final = "Latest"
OTHER_MATTERS: Final = "Other matters"
FOLLOW: Final = "Follow"
UNFOLLOW: Final = "Unfollow"
SOURCE: Final = "source"


def as_of(day: str) -> str:
    return f"as of {day}"


def later_reports(count: int) -> str:
    reports = "1 later development" if count == 1 else f"{count} later developments"
    return f"{reports} may have changed this"


def coverage(items: int, outlets: int) -> str:
    if items == 0:
        return "No articles read yet."
    articles = "1 article" if items == 1 else f"{items} articles"
    return f"{articles} from {outlets} outlet{'' if outlets == 1 else 's'}."


# --- answers ------------------------------------------------------------------------------------

START: Final = "I read courts, regulators and the press on crypto regulation, join all reports of one development, and tell you once, with the reason why."
START_TRY: Final = "Send the name of a case to begin, for example:"
GROUP_HINT: Final = "In a group, an admin of the group chooses what it follows."
HELP_TITLE: Final = "Commands"
CASES_TITLE: Final = "Cases"
WATCHLISTS_TITLE: Final = "Watchlists"
FOLLOWING_TITLE: Final = "Followed here"
NO_CASES: Final = "No cases are set up."
NO_WATCHLISTS: Final = "No watchlists are set up."
NOTHING_FOLLOWED: Final = "Nothing is followed here yet. Send /cases to choose."
OLD_BUTTON: Final = "This button is from an older message."
UNKNOWN_COMMAND: Final = "I do not know that command. Send /help for the list."
UNKNOWN_TEXT: Final = "Send the name of a case, or /help for the list of commands."
WHICH_UNFOLLOW: Final = "Which one should I stop following?"
ADMIN_NOW: Final = "You are an admin of this bot now."
ADMIN_ALREADY: Final = "You are already an admin of this bot."
CLAIM_STALE: Final = (
    "This admin link has been used or has expired. Restart the program for a new one."
)
CLAIM_PRIVATE: Final = "Open the admin link in a private chat with me."
GROUP_ADMINS_ONLY: Final = (
    "Only admins of this group can change what it follows. Nothing was changed."
)
GROUP_UNCHECKED: Final = "I could not check whether you are an admin of this group. Nothing was changed. Please try again."
GONE_CASE: Final = "This case is no longer set up. Send /cases for the list."
GONE_WATCHLIST: Final = "This watchlist is no longer set up. Send /watchlists for the list."
TITLE_MISSING: Final = "(no title)"

COMMANDS: Final = (
    ("case", "NAME", "show a case: court, status, latest"),
    ("cases", "", "list all cases"),
    ("watchlists", "", "list all watchlists"),
    ("follow", "NAME", "be told of each development"),
    ("unfollow", "NAME", "stop being told"),
    ("following", "", "what is followed here"),
    ("id", "", "your id and this chat's id"),
    ("help", "", "this list"),
)
"""Name, argument, what it does; the menu and `/help` are made of it."""


def private(user_id: int) -> str:
    return f"This bot is private. Your id is {user_id}, ask the operator."


def follows(kind: TargetKind, title: str) -> str:
    return f"Following the {KIND[kind]} {title}. Each new development rings once."


def follows_closed(title: str, closed: str) -> str:
    """Say what following a closed case means; `closed` is its date, or empty."""
    when = f" ({closed})" if closed else ""
    return f"Following the case {title}. It is closed{when}: a reopening, an appeal or a new order would ring."


def follows_already(kind: TargetKind, title: str) -> str:
    return f"The {KIND[kind]} {title} is already followed here. Nothing was changed."


def unfollowed(kind: TargetKind, title: str) -> str:
    return f"No longer following the {KIND[kind]} {title}."


def not_followed(kind: TargetKind, title: str) -> str:
    return f"The {KIND[kind]} {title} is not followed here. Nothing was changed."


def too_many(limit: int) -> str:
    return f"{limit} things are followed here, and that is the limit. Nothing was changed."


def nothing_found(query: str) -> str:
    return f"Nothing found for “{query}”."


def did_you_mean(names: str) -> str:
    return f"Did you mean {names}?"


def several(count: int, query: str) -> str:
    return f"{count} match “{query}”"


SEE_CASES: Final = "Send /cases or /watchlists for the full lists."


def name_missing(command: str, example: str) -> str:
    return f"Add a name, for example /{command} {example}"


def ids(user_id: int | None, chat_id: int, thread_id: int) -> tuple[str, ...]:
    lines = [] if user_id is None else [f"Your id is {user_id}"]
    lines.append(f"This chat's id is {chat_id}")
    if thread_id:
        lines.append(f"This topic's id is {thread_id}")
    return tuple(lines)


# --- the console --------------------------------------------------------------------------------


def claim_link(bot_name: str, code: str, minutes: int) -> str:
    return f"No admin is set up. Open this link within {minutes} minutes to become one: https://t.me/{bot_name}?start=claim_{code}"
