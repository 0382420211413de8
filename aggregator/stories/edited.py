"""A report that its publisher edited: its new words stand in the story, and may ring; pure.

The alert is edited in silence.  Only where the outlet now says the contrary of what it said does
the story ring again, by the same rule as for any other report.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from aggregator.matching.matcher import Reading
from aggregator.model import Event, Item, Relation, Report, RingKind, Rung, Story
from aggregator.stories.join import event_of_story
from aggregator.stories.ring import again


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """The story as it is now, and its new ring where the outcome turned."""

    story: Story
    rung: Rung | None = None


def edited(story: Story, item: Item, reading: Reading, event: Event) -> Edited:
    """Return `story` with the words of `item`, one of its reports, as they are now.

    `reading` and `event` are those of the new words; where these match nothing any more, what the
    old ones told stays, without evidence.
    """
    old = next(report for report in story.reports if report.item_key == item.key)
    report = _rewritten(old, item, reading, event)
    rung = again(story, item, report) if story.rings else None
    if rung is not None and rung.kind is not RingKind.CHANGED:
        rung = None
    reports = tuple(report if one is old else one for one in story.reports)
    now = replace(story, reports=reports, event=event_of_story(reports))
    if rung is None:
        return Edited(story=now)
    now = replace(now, rings=now.rings + 1, again=(*now.again, rung))
    return Edited(story=now, rung=rung)


def _rewritten(old: Report, item: Item, reading: Reading, event: Event) -> Report:
    spans = {
        span
        for match in reading.matches
        if match.relation is Relation.CHIEF
        for span in match.evidence
    }
    return replace(
        old,
        title=item.title,
        summary=item.summary,
        event=event if spans else replace(old.event, evidence=()),
        evidence=tuple(sorted(spans)),
        names=reading.names or old.names,
        edits=old.edits + 1,
    )
