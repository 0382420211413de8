"""What a docket entry's label says happened: `[Order on Motion to Dismiss]`, `[Letter]`.

CM/ECF feeds give no text but this label, which the court's clerk or the filer chose from a list.
The first words that hit decide, so the table goes from the ruling to what it rules on.
"""

from __future__ import annotations

import re

from aggregator.model import EventKind, Severity

LABEL = re.compile(r"\[([^\][]{1,200})\]")

ROUTINE = (
    "notice of appearance",
    "pro hac vice",
    "corporate disclosure",
    "certificate of",
    "add and terminate attorneys",
    "withdraw attorney",
    "withdrawal of attorney",
    "change of address",
    "summons",
    "notice to counsel",
    "notice of attorney",
)
"""What the clerk must file and nobody needs to hear: https://free.law bots leave the same out."""

_TABLE: tuple[tuple[tuple[str, ...], EventKind, Severity], ...] = (
    (("proposed order", "proposed judgment"), EventKind.MOTION, Severity.MEDIUM),
    (("jury verdict", "verdict"), EventKind.VERDICT, Severity.HIGH),
    (("sentencing", "judgment in a criminal case"), EventKind.SENTENCE, Severity.HIGH),
    (
        ("order on motion to dismiss", "order on motion for summary judgment"),
        EventKind.RULING,
        Severity.HIGH,
    ),
    (("order dismissing", "order of dismissal"), EventKind.DISMISSAL, Severity.HIGH),
    (("restraining order", "injunction"), EventKind.ORDER, Severity.HIGH),
    (("order staying", "order on motion to stay"), EventKind.STAY, Severity.MEDIUM),
    (("opinion", "judgment", "memorandum decision", "findings"), EventKind.RULING, Severity.HIGH),
    (("notice of appeal", "appeal"), EventKind.APPEAL, Severity.MEDIUM),
    (("order",), EventKind.ORDER, Severity.MEDIUM),
    (("stipulation of dismissal", "voluntary dismissal"), EventKind.DISMISSAL, Severity.HIGH),
    (("consent", "settlement"), EventKind.SETTLEMENT, Severity.HIGH),
    (("complaint", "indictment", "information", "petition"), EventKind.COMPLAINT, Severity.HIGH),
    (("plea",), EventKind.SETTLEMENT, Severity.HIGH),
    (
        ("minute entry", "hearing", "conference", "oral argument", "transcript"),
        EventKind.HEARING,
        Severity.MEDIUM,
    ),
    (("discovery", "deposition", "subpoena", "interrogator"), EventKind.DISCOVERY, Severity.MEDIUM),
    (
        ("motion", "memorandum", "opposition", "reply", "response", "brief", "answer", "letter"),
        EventKind.MOTION,
        Severity.MEDIUM,
    ),
)


def event(summary: str) -> tuple[EventKind, Severity, str]:
    """Return what the label in `summary` says happened, how much it matters, and the label.

    A text without a label in brackets is taken as the label itself.
    """
    found = LABEL.search(summary)
    label = found.group(1) if found else summary[:200]
    low = label.casefold()
    for words, kind, severity in _TABLE:
        if any(word in low for word in words):
            return kind, severity, label
    return EventKind.OTHER, Severity.LOW, label


def routine(label: str) -> bool:
    """Say whether an entry is one that every case has and that moves none."""
    low = label.casefold()
    return any(word in low for word in ROUTINE)
