"""Does a story that rang ring again?  Only for what is new to the reader, and never for more talk.

A later report is an edit of the alert.  Three things are worth another ring: a source that can
know confirms what was only reported, an outcome turns out otherwise, or the report tells what
nobody told before: a figure or a date in the place of another, an actor, an outcome.
"""

from __future__ import annotations

from aggregator.matching.hedge import takes_back
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
    """A primary source, the first in the story, says an outcome, whatever the press called it."""
    return (
        item.trust is Trust.PRIMARY
        and decides(event)
        and not any(report.trust is Trust.PRIMARY for report in story.reports)
    )


def _changes(story: Story, item: Item) -> bool:
    """Say whether what was told is taken back, or the contrary said by who said it or can know."""
    if item.trust is not Trust.CORROBORATES and takes_back(item.title):
        return not any(rung.kind is RingKind.CHANGED for rung in story.again)
    now = outcome(item.title)
    if now is None:
        return False
    changed = {rung.report for rung in story.again if rung.kind is RingKind.CHANGED}
    for report in story.reports:
        known = outcome(report.title) if report.item_key in changed else None
        if known is not None and known.outcome is now.outcome:
            return False
    own = [report for report in story.reports if report.outlet == item.outlet]
    before = [own[-1]] if own else []
    if item.trust is Trust.PRIMARY:
        before.append(story.lead)
    return any((said := outcome(one.title)) is not None and contrary(said, now) for one in before)
