"""Does a story that rang ring again?  Only for what is new to the reader, and never for more talk.

A later report is an edit of the alert.  Three things are worth another ring: a source that can
know confirms what was only reported, an outcome turns out otherwise, or the report tells what
nobody told before: a figure or a date in the place of another, an actor, an outcome.
"""

from __future__ import annotations

from aggregator.model import Event, Item, Report, RingKind, Rung, Story, Trust
from aggregator.stories.added import added, decides
from aggregator.stories.outcome import contrary, outcome

AGAIN_MAX = 4
"""A story rings so often at most; an outcome that flips more often is a quarrel of outlets."""


def again(story: Story, item: Item, report: Report) -> Rung | None:
    """Return the ring that `story`, which rang, makes for `item`, which joins it; None: an edit."""
    if len(story.again) >= AGAIN_MAX:
        return None
    what = ""
    if _confirms(story, item, report.event):
        kind = RingKind.CONFIRMED
    elif _changes(story, item):
        kind = RingKind.CHANGED
    else:
        # Who only repeats others brings nothing of its own.
        what = added(story, report) if item.trust is not Trust.CORROBORATES else ""
        kind = RingKind.ADDED
    if kind is RingKind.ADDED and not what:
        return None
    return Rung(kind=kind, report=item.key, at=item.seen, what=what)


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
