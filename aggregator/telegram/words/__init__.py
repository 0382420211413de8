"""Every sentence the bot says, in one place, so that other languages can come later.

Headlines and quotations are not here: they stay as published.  What comes in as an argument is
put in as it is; whoever builds HTML escapes it first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from aggregator.model import REPEAT_SIGN, EventKind, RingKind, Severity, Status, TargetKind

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
    TargetKind.WATCH: "watch",
}

# --- alerts -------------------------------------------------------------------------------------

AGAIN: Final = {
    RingKind.CONFIRMED: "Confirmed on the docket",
    RingKind.CHANGED: "Changed",
    RingKind.ADDED: "New in this story",
}
CONFIRMED_BY_PRIMARY: Final = "Confirmed by a primary source"
CORRECTION: Final = "Correction"
"""Only where the source itself says so."""
LATE: Final = "Late"
REPORTS_UNCONFIRMED: Final = "reports, not confirmed"
NEW_MATTER: Final = "new matter, not on file"
BEFORE: Final = "Before"
NOW_READS: Final = "Now reads"
"""Below a headline that its publisher turned after it was told."""
RULES_REFUSED: Final = "A changed file is at fault. The rules from before it are live."
MAY_BE_REPEAT: Final = f"{REPEAT_SIGN} May be a repeat: Telegram never said whether this arrived."
MAY_BE_SAME: Final = "May be the same event as"
SOURCES_DIFFER: Final = "Sources differ"
WHY: Final = "Why"
FIRST: Final = "first"
NOT_COUNTED: Final = "not counted as an independent source"
PRIMARY: Final = "primary source"
OPEN_CASE: Final = "Open case"
READ: Final = "Read"


def published_on(at: datetime, seen: datetime) -> str:
    """Say when something was published that was `seen` later; the year only if it was another."""
    year = "" if at.year == seen.year else f" {at.year}"
    return f"published {at.day} {at:%b}{year}"


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
OPERATORS_ONLY: Final = "Only the operator of this bot can do that. Nothing was changed."
GROUP_UNCHECKED: Final = "I could not check whether you are an admin of this group. Nothing was changed. Please try again."
GONE_CASE: Final = "This case is no longer set up. Send /cases for the list."
GONE_WATCHLIST: Final = "This watchlist is no longer set up. Send /watchlists for the list."
TITLE_MISSING: Final = "(no title)"

COMMANDS: Final = (
    ("case", "NAME", "show a case: court, status, latest"),
    ("follow", "NAME", "be told of each development"),
    ("following", "", "what is followed here, and how"),
    ("latest", "", "the newest developments"),
    ("digest", "daily 08:00", "one message a day or a week; weekly mon 08:00, off, now"),
    ("mute", "WHAT 24h", "silence a case, a story or a source for a while"),
    ("help", "", "this list"),
)
"""Name, argument, what it does: the menu, and the first part of `/help`."""

MORE: Final = (
    ("cases", "", "list all cases"),
    ("watchlists", "", "list all watchlists"),
    ("unfollow", "NAME", "stop being told"),
    ("watch", "QUERY", "a query of your own, with a preview"),
    ("search", "QUERY", "look through the stored news"),
    ("unmute", "WHAT", "let it ring again"),
    ("why", "", "as a reply to an alert: why it was sent"),
    ("quiet", "22:00-07:00", "hours in which only High rings; off"),
    ("tz", "Europe/Berlin", "the time zone of this chat"),
    ("here", "", "what this place hears; /here @channel for a channel"),
    ("status", "", "the sources of what is followed here"),
    ("test", "", "a marked sample alert"),
    ("export", "", "follows and watches as YAML, alerts as CSV"),
    ("stop", "", "delete what is kept of this chat"),
    ("id", "", "your id and this chat's id"),
)
"""The second part of `/help`."""

OPERATOR: Final = (
    ("feeds", "", "every feed, and how it fares"),
    ("reload", "", "read rules and feeds anew"),
    ("audit", "", "who follows what, in numbers, and the ledger's state"),
)
"""The part of `/help` that operators see."""


def private(user_id: int) -> str:
    return f"This bot is private. Your id is {user_id}, ask the operator."


def follows(kind: TargetKind, title: str) -> str:
    return f"Following the {KIND[kind]} {title}. Each new development rings once."


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
