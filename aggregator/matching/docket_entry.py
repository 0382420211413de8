"""What a docket entry's label says happened: `[Order on Motion to Dismiss]`, `[Letter]`.

CM/ECF feeds give no text but this label, which the clerk or the filer chose from a list.  How it
begins says who speaks: the court ("Order on …"), or a party that asks, answers or argues about
one ("Motion for …", "Response to Order").  What a party files is never told as the court's act.
"""

from __future__ import annotations

import re

from aggregator.model import EventKind, Severity

LABEL = re.compile(r"\[([^\][]{1,200})\]")

Told = tuple[EventKind, Severity]

MOTION: Told = EventKind.MOTION, Severity.MEDIUM
ORDER: Told = EventKind.ORDER, Severity.MEDIUM

ROUTINE = (
    "notice of appearance",
    "attorney appearance",
    "appearance of counsel",
    "pro hac vice",
    "corporate disclosure",
    "certificate of",
    "affidavit of service",
    "add and terminate attorneys",
    "withdraw attorney",
    "withdrawal of attorney",
    "change of address",
    "civil cover sheet",
    "summons",
    "notice to counsel",
    "notice of attorney",
    "~util",
    "terminate deadlines",
    "set/reset",
)
"""What every case has and what moves none: https://free.law bots leave the same out."""

_COURT = re.compile(
    r"(?:(?:amended|final|clerk'?s|default|consent|agreed|scheduling|protective|minute|so|sealed|"
    r"memorandum|opinion|stipulat\w+|and|&|ex parte|temporary|preliminary|partial|jury|of|the|"
    r"case management|endorsed|memo)[\s,]+)*"
    r"(?:order(?:ed|s)?|judgment|opinion|verdict|minute entry|injunction|decision|endorsement|"
    r"findings|mandate)\b"
)
"""A label that begins so is the court's own."""

_BARE_RELIEF = re.compile(
    r"(?:summary judgment|default judgment|judgment on the pleadings|preliminary injunction|"
    r"temporary restraining order|protective order|dismiss|stay|extension of time\b.*)$"
)
"""Some courts drop "Motion for": the bare name of what is asked for."""

_PARTY = re.compile(
    r"\b(?:motion|opposition|memorandum|reply|response|answer|letter|submission|brief|objection|"
    r"request|application|declaration|affidavit|exhibit|proposed|extension|notice of (?!appeal)|"
    r"stipulation of facts)"
)

_BY_COURT: tuple[tuple[str, Told], ...] = (
    (r"verdict", (EventKind.VERDICT, Severity.HIGH)),
    (r"judgment in a criminal case", (EventKind.SENTENCE, Severity.HIGH)),
    (
        r"order.* on .*(?:to dismiss|summary judgment|judgment on the pleadings|judgment of acquittal)",
        (EventKind.RULING, Severity.HIGH),
    ),
    (
        r"order (?:dismissing|of dismissal|on stipulation of dismissal)",
        (EventKind.DISMISSAL, Severity.HIGH),
    ),
    (r"order (?:staying|on motion to stay|granting stay)", (EventKind.STAY, Severity.MEDIUM)),
    (
        (
            r"^(?:order (?:granting|for|of) )?(?:temporary restraining order|preliminary injunction|"
            r"permanent injunction|injunction|asset freeze)"
        ),
        (EventKind.ORDER, Severity.HIGH),
    ),
    (r"consent (?:order|decree)", (EventKind.SETTLEMENT, Severity.HIGH)),
    (r"minute entry", (EventKind.HEARING, Severity.MEDIUM)),
    (r"opinion|judgment|decision|findings|mandate", (EventKind.RULING, Severity.HIGH)),
)

_OTHERS: tuple[tuple[str, Told], ...] = (
    (r"notice of appeal|^appeal|usca", (EventKind.APPEAL, Severity.MEDIUM)),
    (r"^sentencing$|^sentence\b", (EventKind.SENTENCE, Severity.HIGH)),
    (
        r"(?:stipulation|notice) of (?:voluntary )?dismissal|^voluntary dismissal",
        (EventKind.DISMISSAL, Severity.HIGH),
    ),
    (r"^(?:notice of )?settlement", (EventKind.SETTLEMENT, Severity.HIGH)),
    (
        (
            r"^(?:amended |third party |class action )?(?:complaint|indictment|petition)\b|"
            r"^(?:superseding )?(?:indictment|information)\b"
        ),
        (EventKind.COMPLAINT, Severity.HIGH),
    ),
    (r"^(?:change of )?plea\b|plea agreement", (EventKind.SETTLEMENT, Severity.HIGH)),
    (
        r"hearing|conference|oral argument|transcript|argument",
        (EventKind.HEARING, Severity.MEDIUM),
    ),
    (r"discovery|deposition|subpoena|interrogator", (EventKind.DISCOVERY, Severity.MEDIUM)),
)


def event(summary: str) -> tuple[EventKind, Severity, str]:
    """Return what the label in `summary` says happened, how much it matters, and the label.

    A text without a label in brackets is taken as the label itself.
    """
    found = LABEL.search(summary)
    label = found.group(1) if found else summary[:200]
    kind, severity = _told(" ".join(label.casefold().split()))
    return kind, severity, label


def routine(label: str) -> bool:
    """Say whether an entry is one that every case has and that moves none."""
    low = label.casefold()
    return any(word in low for word in ROUTINE) or low.startswith("1 - ")


def _told(label: str) -> Told:
    if _BARE_RELIEF.match(label):
        return MOTION
    if _COURT.match(label):
        return _first(_BY_COURT, label) or ORDER
    other = _first(_OTHERS, label)
    if other and (other[0] in {EventKind.APPEAL, EventKind.DISMISSAL} or "transcript" in label):
        return other  # "Notice of Appeal from Order", "Stipulation of Dismissal"
    if _PARTY.search(label):
        return MOTION
    return other or (EventKind.OTHER, Severity.LOW)


def _first(table: tuple[tuple[str, Told], ...], label: str) -> Told | None:
    return next((told for words, told in table if re.search(words, label)), None)
