"""Which places hear of a story, and under which keys.

A place hears of a development once: its key is the story and the ring, so that later reports
become an edit of the same message and never a second one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from aggregator.model import (
    Alert,
    Place,
    Priority,
    Rung,
    Severity,
    Story,
    StoryId,
    Subscription,
    Target,
)


def alerts(stories: Iterable[Story], subscriptions: Iterable[Subscription]) -> tuple[Alert, ...]:
    """Return an alert for each place that follows a target of a story, and each of its rings.

    Who began to follow after a ring hears of the next development, not of this one.
    """
    subscriptions = tuple(subscriptions)
    return tuple(
        alert
        for story in stories
        for ring, (rung, at) in enumerate(_rings(story), start=1)
        for alert in _of_ring(story, ring, rung, _followers(story, subscriptions, at))
    )


def key(story: StoryId, ring: int) -> str:
    """Return the name, within a place, of the message for one ring of a story."""
    return f"story:{story}:{ring}"


def priority(severity: Severity) -> Priority:
    """Return the queue's order for an alert of `severity`."""
    match severity:
        case Severity.HIGH:
            return Priority.HIGH
        case Severity.MEDIUM:
            return Priority.NORMAL
        case Severity.LOW:
            return Priority.LOW


def _rings(story: Story) -> Iterator[tuple[Rung | None, datetime]]:
    if story.rang is not None:
        yield None, story.rang
        for rung in story.again:
            yield rung, rung.at


def _followers(
    story: Story, subscriptions: Iterable[Subscription], at: datetime
) -> dict[Place, set[Target]]:
    followed: dict[Place, set[Target]] = {}
    for subscription in subscriptions:
        if (
            subscription.target in story.targets
            and subscription.since <= at
            and story.event.severity.rank >= subscription.floor.rank
        ):
            followed.setdefault(subscription.place, set()).add(subscription.target)
    return followed


def _of_ring(
    story: Story, ring: int, rung: Rung | None, followed: dict[Place, set[Target]]
) -> Iterator[Alert]:
    reply_to = key(story.id, 1) if rung else key(story.like, 1) if story.like else ""
    for place, targets in sorted(followed.items()):
        yield Alert(
            place=place,
            key=key(story.id, ring),
            story=story,
            targets=tuple(sorted(targets)),
            again=rung,
            reply_to=reply_to,
        )
