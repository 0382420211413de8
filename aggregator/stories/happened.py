"""What happened, how far it got, and how much it matters: by what the source can know."""

from __future__ import annotations

from aggregator.matching.matcher import Happening, Reading
from aggregator.model import (
    Event,
    EventKind,
    FeedKind,
    Item,
    Relation,
    Severity,
    Status,
    TargetKind,
    Trust,
)


def event_of(item: Item, reading: Reading) -> Event:
    """Return the event that `item` tells of, with the status its source can vouch for."""
    happening = reading.happening
    return Event(
        kind=happening.kind,
        status=_status(item, happening),
        severity=_severity(reading),
        evidence=happening.evidence,
        quiet=happening.quiet,
    )


def _status(item: Item, happening: Happening) -> Status:
    """Return how far it got: a court's docket and an agency's release know, the press reports."""
    if item.kind is FeedKind.COURT:
        return Status.DOCKETED
    if item.trust is Trust.PRIMARY:
        match happening.kind:
            case EventKind.COMPLAINT | EventKind.MOTION | EventKind.APPEAL:
                return Status.FILED
            case EventKind.ORDER | EventKind.RULING | EventKind.STAY | EventKind.SENTENCE:
                return Status.ORDERED
            case _:
                return Status.REPORTED
    return Status.ARGUED if happening.kind is EventKind.HEARING else Status.REPORTED


def _severity(reading: Reading) -> Severity:
    """Return the highest severity that a chief match gives: a rule's own, else the event's."""
    own = [
        match.severity or reading.happening.severity
        for match in reading.matches
        if match.relation is Relation.CHIEF
        and (match.target.kind is not TargetKind.CASE or match.severity)
    ]
    if any(
        match.relation is Relation.CHIEF
        and match.target.kind is TargetKind.CASE
        and match.severity is None
        for match in reading.matches
    ):
        own.append(reading.happening.severity)
    return max(own, key=lambda severity: severity.rank, default=reading.happening.severity)
