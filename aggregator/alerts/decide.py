"""Which places hear of a story, and under which key.

A place hears of a development once: its key is the story and the ring, so that later reports
become an edit of the same message and never a second one.
"""

from __future__ import annotations

from collections.abc import Iterable

from aggregator.model import (
    Alert,
    Place,
    Priority,
    Severity,
    Story,
    Subscription,
    Target,
)


def alerts(stories: Iterable[Story], subscriptions: Iterable[Subscription]) -> tuple[Alert, ...]:
    """Return an alert for each place that follows a target of a story that rang.

    Who began to follow after the story rang hears of the next development, not of this one.
    """
    subscriptions = tuple(subscriptions)
    found = []
    for story in stories:
        if story.rang is None:
            continue
        followed: dict[Place, set[Target]] = {}
        for subscription in subscriptions:
            if subscription.target in story.targets and subscription.since <= story.rang:
                followed.setdefault(subscription.place, set()).add(subscription.target)
        found += [
            Alert(
                place=place,
                key=f"story:{story.id}:{story.rings}",
                story=story,
                targets=tuple(sorted(targets)),
            )
            for place, targets in sorted(followed.items())
        ]
    return tuple(found)


def priority(severity: Severity) -> Priority:
    """Return the queue's order for an alert of `severity`."""
    match severity:
        case Severity.HIGH:
            return Priority.HIGH
        case Severity.MEDIUM:
            return Priority.NORMAL
        case Severity.LOW:
            return Priority.LOW
