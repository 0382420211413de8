"""Does a story that rang ring again?  Only for what is new to the reader, and never for more talk.

A later report is an edit of the alert.  Two things are worth a second ring: a source that can
know confirms what was only reported, and an outcome that turns out otherwise.
"""

from __future__ import annotations

from aggregator.matching.hedge import DECISIONS
from aggregator.model import Event, Item, RingKind, Severity, Story, Trust
from aggregator.stories.outcome import contrary, outcome

AGAIN_MAX = 4
"""A story rings so often at most; an outcome that flips more often is a quarrel of outlets."""


def again(story: Story, item: Item, event: Event) -> RingKind | None:
    """Return why `story`, which rang, rings for `item`, which joins it; None: it is an edit."""
    if len(story.again) >= AGAIN_MAX:
        return None
    if _confirms(story, item, event):
        return RingKind.CONFIRMED
    return RingKind.CHANGED if _changes(story, item) else None


def decides(event: Event) -> bool:
    """Say whether `event` is an outcome that matters much."""
    return event.kind in DECISIONS and event.severity is Severity.HIGH


def _confirms(story: Story, item: Item, event: Event) -> bool:
    """A primary source, the first in the story, says an outcome that the press reported."""
    return (
        item.trust is Trust.PRIMARY
        and decides(event)
        and decides(story.event)
        and not any(report.trust is Trust.PRIMARY for report in story.reports)
    )


def _changes(story: Story, item: Item) -> bool:
    """The same outlet, or a source that can know, says the contrary of the alert's headline."""
    now = outcome(item.title)
    if now is None:
        return False
    for report in story.reports:
        own = report.outlet == item.outlet
        knows = item.trust is Trust.PRIMARY and report.item_key == story.lead.item_key
        before = outcome(report.title) if own or knows else None
        if before is not None and contrary(before[0], now[0]):
            return True
    return False
