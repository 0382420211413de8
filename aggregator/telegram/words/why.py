"""What is said about why an alert was sent, and when it was not relevant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aggregator.model import DecisionKind, DeliveryState, TargetKind

NOT_RELEVANT: Final = "Not relevant"

HOW: Final = "Send <code>/why</code> as a reply to an alert, or press Why under it."
NO_ALERT: Final = "That message is no alert of mine, or too old to be explained."
FORGOTTEN: Final = "The news behind this alert is no longer stored."

TITLE: Final = "Why this alert"
RULE: Final = "Rule"
DECIDED: Final = "Decision"
SCORE: Final = "score"
LATER: Final = "Later reports"
NOTHING_FOLLOWED: Final = "Nothing that made it ring is followed here any more."
NEW: Final = "new development"

KIND: Final = {
    TargetKind.CASE: "case",
    TargetKind.WATCHLIST: "watchlist",
    TargetKind.ENTITY: "name",
    TargetKind.WATCH: "your watch",
}
DECISION: Final = {
    DecisionKind.ALERT: "rang",
    DecisionKind.UPDATE: "joined, updated the alert in silence",
    DecisionKind.SUPPRESS: "kept, did not ring",
    DecisionKind.IGNORE: "left out",
}
STATE: Final = {
    DeliveryState.QUEUED: "waiting to be sent",
    DeliveryState.SENDING: "being sent",
    DeliveryState.SENT: "sent",
    DeliveryState.UNKNOWN: "sent, arrival not known",
    DeliveryState.DEAD: "refused by Telegram",
}
FIELD: Final = {
    "title": "headline",
    "summary": "text",
    "url": "address",
    "source": "source",
    "court": "court",
    "tag": "tag",
}


def version(number: str) -> str:
    return f"rule version <code>{number}</code>"


def published(at: str) -> str:
    return f"Published {at}"


def seen(at: str) -> str:
    return f"First seen {at}"


def sent(at: str) -> str:
    return f"Sent {at}"


def and_more(count: int) -> str:
    return f"and {count} more"


def noted(titles: Sequence[str]) -> str:
    return f"Noted: not relevant for {', '.join(titles)}. The alert stays, nothing is muted."


NOTED_ALREADY: Final = "Already noted"
NOTED_NOTHING: Final = (
    "Nothing that made it ring is followed here any more, so there is no rule to note it for."
)
