"""A report that its publisher edited: its new words stand in the story, and may ring; pure.

The alert is edited in silence.  Only where the outlet now says the contrary of what it said does
the story ring again, by the same rule as for any other report; then, and where another told the
turn already, the words that were told are kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from aggregator.matching.hedge import takes_back
from aggregator.matching.matcher import Reading
from aggregator.model import Event, Former, Item, Relation, Report, RingKind, Rung, Story
from aggregator.stories.join import event_of_story
from aggregator.stories.outcome import contrary, outcome
from aggregator.stories.ring import again
from aggregator.stories.told import as_told


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
    # Against what was told: a turn that rang for nobody does not hide the next one.
    rung = again(as_told(story, story.rings), item, report) if story.rings else None
    if rung is not None and (rung.kind is not RingKind.CHANGED or item.title == old.title):
        rung = None
    if story.rings and (rung is not None or _turns(old.title, item.title)):
        report = replace(report, former=(*old.former, _former(old, story.rings)))
    reports = tuple(report if one is old else one for one in story.reports)
    now = replace(story, reports=reports, event=event_of_story(reports))
    if rung is None:
        return Edited(story=now)
    now = replace(now, rings=now.rings + 1, again=(*now.again, rung))
    return Edited(story=now, rung=rung)


def _turns(before: str, now: str) -> bool:
    """Say whether a headline takes back what it said, or says the contrary."""
    if takes_back(now) and not takes_back(before):
        return True
    one, other = outcome(before), outcome(now)
    return one is not None and other is not None and contrary(one, other)


def _former(old: Report, rings: int) -> Former:
    return Former(
        rings=rings,
        title=old.title,
        summary=old.summary,
        event=old.event,
        evidence=old.evidence,
    )


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
