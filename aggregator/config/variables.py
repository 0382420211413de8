"""The table of settings: what the documentation is checked against."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A row of the table of settings."""

    name: str
    default: str
    """What counts when it is not set, in words."""
    meaning: str


VARIABLES: tuple[Variable, ...] = (
    Variable(
        name="TELEGRAM_BOT_TOKEN",
        default="none: alerts go to the console",
        meaning="the token that BotFather gave",
    ),
    Variable(
        name="TELEGRAM_BOT_TOKEN_FILE",
        default="none",
        meaning="a file that holds the token, instead of TELEGRAM_BOT_TOKEN",
    ),
    Variable(
        name="TELEGRAM_API_BASE",
        default="https://api.telegram.org",
        meaning="a Bot API server of your own, or a test server such as http://127.0.0.1:8081",
    ),
    Variable(
        name="DATABASE_URL",
        default="sqlite:///data/casewire.db",
        meaning="where everything is kept: sqlite:///relative/path or sqlite:////absolute/path",
    ),
    Variable(
        name="CASEWIRE_FEEDS",
        default="the shipped feeds.yaml, and the one here in a place that `init` made",
        meaning=f"the files that list the feeds, separated by {os.pathsep!r}; a later one wins",
    ),
    Variable(
        name="CASEWIRE_RULES",
        default="the shipped rules, and those here in a place that `init` made",
        meaning=f"the folders with the rules, separated by {os.pathsep!r}; a later one wins",
    ),
    Variable(
        name="CASEWIRE_CONTACT",
        default="none",
        meaning="an address that goes into the User-Agent, so that publishers can reach you",
    ),
    Variable(
        name="CASEWIRE_ADMINS",
        default="none: the console prints a link that makes its opener admin",
        meaning="Telegram ids of the people who may run the bot, separated by commas or spaces",
    ),
    Variable(
        name="CASEWIRE_USERS",
        default="none",
        meaning="Telegram ids of people that may use a private bot",
    ),
    Variable(
        name="CASEWIRE_ACCESS",
        default="private",
        meaning="private (admins and users only) or open (everyone)",
    ),
    Variable(
        name="CASEWIRE_OPS_CHAT",
        default="none",
        meaning="the chat that hears of faults: its id, or id/thread for a topic",
    ),
    Variable(
        name="CASEWIRE_DEMO_CHAT",
        default="none",
        meaning="the chat that `make demo TELEGRAM=1` sends to: its id, or id/thread",
    ),
    Variable(
        name="CASEWIRE_BACKUP",
        default="none: no daily backup",
        meaning="the folder for a copy of the database each day; the last 7 are kept",
    ),
    Variable(
        name="CASEWIRE_KEEP_DAYS",
        default="30",
        meaning="for how many days news that matched nothing is kept",
    ),
    Variable(
        name="CASEWIRE_KEEP_MATCHED_DAYS",
        default="730",
        meaning="for how many days news that matched is kept, with its stories",
    ),
    Variable(
        name="CASEWIRE_LEDGER_DAYS",
        default="for ever",
        meaning="for how many days the ledger keeps what was sent",
    ),
    Variable(
        name="CASEWIRE_COURTLISTENER_TOKEN",
        default="none: sources of format courtlistener are refused by their server",
        meaning="the key of a free CourtListener account, told to its API alone",
    ),
    Variable(
        name="CASEWIRE_PROBE",
        default="on",
        meaning="on or off: whether a message without an answer is looked for by its number before "
        "it is sent again",
    ),
    Variable(name="CASEWIRE_LOG", default="text", meaning="text for people, json for machines"),
    Variable(
        name="CASEWIRE_HTTP",
        default="none: nothing listens",
        meaning="host and port where /metrics and /health are answered, such as 127.0.0.1:9464",
    ),
    Variable(
        name="CASEWIRE_HEARTBEAT_URL",
        default="none",
        meaning="an address that is asked each healthy minute, so that another service notices "
        "when this one is dead",
    ),
)
