"""What is said about mutes."""

from __future__ import annotations

from typing import Final

MUTE_KEEP_HIGH: Final = "Mute 24 h, keep High"
MUTE_ALL: Final = "Mute all 24 h"
UNDO: Final = "Undo"
NOTHING_MUTED: Final = "Nothing is muted here."
MUTED_TITLE: Final = "Muted here"
EVERYTHING: Final = "everything"
UNMUTE: Final = "Unmute"
ENDED: Final = "It rings again."
NOT_MUTED: Final = "This is not muted any more."
ALERT_GONE: Final = "I cannot find that alert any more. Nothing was changed."
MUTE_HINT: Final = "For example /mute binance 24h, /mute Wire One 3d, /mute all 8h, or /mute 24h as a reply to an alert to mute its story. What is muted goes to the digest; High still rings unless you add “high”."
UNMUTE_HINT: Final = "Add a name, for example /unmute binance, or /unmute all."
WHICH: Final = "Which one is meant?"


def no_span(text: str) -> str:
    return f"I cannot read “{text}” as a length of time. Write 30m, 24h, 3d, 1w or until 08:00. Nothing was changed."


def too_long(days: int) -> str:
    return f"{days} days is the longest. Nothing was changed."


def muted(what: str, until: str, *, keep_high: bool) -> str:
    high = "High still rings." if keep_high else "High is silent too."
    return f"{what} is muted until {until}. {high} What is muted goes to the digest."


def muted_button(until: str) -> str:
    return f"Muted till {until} · {UNDO}"


def row(what: str, until: str, *, keep_high: bool) -> str:
    return f"{what} · until {until} · {'High rings' if keep_high else 'High too'}"


def unmuted(what: str) -> str:
    return f"{what} rings again."


def not_muted(what: str) -> str:
    return f"{what} is not muted here. Nothing was changed."


def nothing_called(text: str) -> str:
    return f"I know no case, story or source called “{text}”. {MUTE_HINT}"


def story(title: str) -> str:
    return f"the story “{title}”"


def source(name: str) -> str:
    return f"the source {name}"
