"""A story in the words in which a ring told it, whatever its publishers say since; pure.

A ring is a message that people read and act on: what it told is not rewritten under them.
"""

from __future__ import annotations

from dataclasses import replace

from aggregator.model import Report, RingKind, Story
from aggregator.stories.join import event_of_story


def as_told(story: Story, ring: int) -> Story:
    """Return `story` as its ring of that number tells it, the first being 1."""
    if not any(report.former for report in story.reports):
        return story
    reports = tuple(_then(report, ring) for report in story.reports)
    return replace(story, reports=reports, event=event_of_story(reports))


def before(story: Story, ring: int) -> Report | None:
    """Return the report that stood before a later ring of `story`, in the words it had then.

    None where the words are not known: stories stored by older versions kept only the newest.
    """
    rung = story.again[ring - 2]
    keys = [report.item_key for report in story.reports]
    if rung.report not in keys:
        return None
    place = keys.index(rung.report)
    own = story.reports[place]
    if any(former.rings == ring - 1 for former in own.former):
        return _then(own, ring - 1)
    changed = [one.report for one in story.again[: ring - 2] if one.kind is RingKind.CHANGED]
    if changed and changed[-1] in keys:
        told = story.reports[keys.index(changed[-1])]
    elif place:
        # Its own report may be the lead by now, and was not when it came.
        told = replace(story, reports=story.reports[:place]).lead
    else:
        return None
    return None if told is own else _then(told, ring - 1)


def _then(report: Report, ring: int) -> Report:
    former = next((one for one in report.former if one.rings >= ring), None)
    if former is None:
        return report
    return replace(
        report,
        title=former.title,
        summary=former.summary,
        event=former.event,
        evidence=former.evidence,
    )
