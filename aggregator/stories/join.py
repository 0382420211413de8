"""Each matched item joins the story it reports, or starts one; and what that leads to.

Pure: a story's id comes from its first item, so the same items in the same order make the same
stories, restart or not.  What must not ring but is news waits for the digest: `Story.held`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from aggregator.matching.hedge import takes_back
from aggregator.matching.matcher import Reading
from aggregator.matching.spun import spun_words
from aggregator.model import (
    Decision,
    DecisionKind,
    Event,
    FeedKind,
    Item,
    Match,
    Relation,
    Report,
    Severity,
    Story,
    StoryId,
    TargetKind,
    Trust,
)
from aggregator.stories.find import Found, Grade, find
from aggregator.stories.ring import again
from aggregator.stories.similar import shown
from aggregator.stories.window import WINDOW

REPORTS_MAX = 200
"""A story keeps this many reports, its lead, its best source and those that rang among them; the
oldest of the others only count as coverage in the item table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What became of one item: the decision, and the story as it is now, if it is in one."""

    decision: Decision
    story: Story | None = None


def join(
    item: Item,
    reading: Reading,
    event: Event,
    stories: Mapping[StoryId, Story],
    *,
    old: bool,
    weight: Callable[[str], float] | None = None,
) -> Joined:
    """Decide on one item, given the stories it may join.

    `old` is True for what a feed held before anyone read it, or lists anew: kept, never rung.
    `weight` says how telling a shared stem is: by the shipped table where it is not given.
    """
    if not reading.matches:
        return Joined(decision=Decision(kind=DecisionKind.IGNORE, reason="matches nothing"))
    if not reading.chief:
        why = "; ".join(sorted({match.reason for match in reading.matches}))
        return Joined(
            decision=Decision(kind=DecisionKind.SUPPRESS, reason=f"only mentioned: {why}")
        )
    if event.quiet:
        # Kept out of the stories: else a routine docket entry would lead the next report's alert.
        return Joined(decision=Decision(kind=DecisionKind.SUPPRESS, reason=event.quiet))
    spun = () if item.trust is Trust.PRIMARY else spun_words(f"{item.title}\n{item.summary}")
    report = _report(item, reading, event, counted=not spun)
    found = find(item, report, reading.chief, stories.values(), weight)
    story, how = _placed(item, report, reading, found)
    hush = _hush(spun, old=old)
    if hush:
        kind, reason = DecisionKind.SUPPRESS, f"{hush}; {how}" if found else hush
    else:
        story, kind, reason = _decided(item, report, story, found, how)
    score = None if found is None else found.like.score if found.like else 1.0
    return Joined(
        decision=Decision(kind=kind, reason=reason, story=story.id, score=score), story=story
    )


def _placed(item: Item, report: Report, reading: Reading, found: Found | None) -> tuple[Story, str]:
    """Return the story with the report in it, and in words how it came there."""
    if found is None:
        return _new(item, report, reading), f"new development: {_first_reason(reading)}"
    if found.grade is Grade.SAME:
        # Who takes back what was told is no other outlet that reports it.
        report = replace(report, counted=report.counted and not takes_back(item.title))
        return _grown(found.story, report, reading), _explain(found)
    story = _new(item, report, reading)
    if found.story.rings or found.story.held:
        # What nobody was told of is no reason to doubt that this is news.
        story = replace(story, like=found.story.id, like_title=found.story.lead.title)
    return story, f"may be the {_explain(found)}"


def _decided(
    item: Item, report: Report, story: Story, found: Found | None, how: str
) -> tuple[Story, DecisionKind, str]:
    """Return the story as it is now, what the item leads to, and why."""
    if story.rings:
        if found and (rung := again(found.story, item, report)):
            story = replace(story, rings=story.rings + 1, again=(*story.again, rung))
            new = f"{rung.kind.value} {rung.what}".rstrip()
            return story, DecisionKind.ALERT, f"{new}: {how}"
        return story, DecisionKind.UPDATE, how
    late = item.seen - item.at > WINDOW
    held = _held(item, report.event, story, late=late)
    if held:
        if found is None:
            why = f"for the digest: {held}"
        elif found.grade is Grade.MAYBE and not late:
            why = f"for the digest: {how}"
        else:
            why = f"for the digest: {held}; {how}"
        return replace(story, held=held, late=late), DecisionKind.SUPPRESS, why
    story = replace(story, held="", late=late, rings=1, rang=item.seen)
    return story, DecisionKind.ALERT, f"{_late(item)}; {how}" if late else how


def _report(item: Item, reading: Reading, event: Event, *, counted: bool) -> Report:
    chief = _chief(reading)
    # Whose own watch holds is told to nobody else, unless nothing but watches brought it here.
    public = [match for match in chief if match.target.kind is not TargetKind.WATCH]
    spans = {span for match in public or chief for span in match.evidence}
    return Report(
        item_key=item.key,
        outlet=item.outlet,
        trust=item.trust,
        kind=item.kind,
        url=item.url,
        title=item.title,
        summary=item.summary,
        at=item.at,
        seen=item.seen,
        event=event,
        evidence=tuple(sorted(spans)),
        names=reading.names,
        counted=counted,
    )


def _new(item: Item, report: Report, reading: Reading) -> Story:
    return Story(
        id=StoryId(item.key[:16]),
        targets=reading.chief,
        related=reading.related,
        event=report.event,
        reports=(report,),
        first_at=item.at,
        last_at=item.at,
    )


def _grown(story: Story, report: Report, reading: Reading) -> Story:
    """Return `story` with one more report; its event is its best source's."""
    reports = (*story.reports, report)
    lead, best = _lead_and_best(reports)
    event = event_of_story(reports)
    if len(reports) > REPORTS_MAX:
        shown = replace(story, reports=reports).lead
        rang = {rung.report for rung in story.again}
        spare = next(r for r in reports if r not in (lead, best, shown) and r.item_key not in rang)
        reports = tuple(r for r in reports if r is not spare)
    return replace(
        story,
        reports=reports,
        targets=story.targets | reading.chief,
        related=(story.related | reading.related) - story.targets - reading.chief,
        event=event,
        first_at=min(story.first_at, report.at),
        last_at=max(story.last_at, report.at),
    )


def event_of_story(reports: Sequence[Report]) -> Event:
    """Return what happened by the best source of `reports`, as severe as that or the first says."""
    lead, best = _lead_and_best(reports)
    severity = max((lead.event.severity, best.event.severity), key=lambda s: s.rank)
    return replace(best.event, severity=severity)


def _lead_and_best(reports: Sequence[Report]) -> tuple[Report, Report]:
    lead = next((r for r in reports if r.counted), reports[0])
    return lead, min((r for r in reports if r.counted), key=_standing, default=lead)


def _standing(report: Report) -> tuple[int, int]:
    """Order sources by what they can know: the docket, other primary ones, the press, the rest."""
    trust = (Trust.PRIMARY, Trust.INDEPENDENT, Trust.CORROBORATES).index(report.trust)
    return trust, 0 if report.kind is FeedKind.COURT else 1


def _hush(spun: tuple[str, ...], *, old: bool) -> str:
    """Return why this item is kept and told to nobody; empty: it may be told."""
    if spun:
        return f"not counted as an independent source: reworded copy ({', '.join(spun)})"
    if old:
        return (
            "old news when the feed was first read, or read anew; "
            "kept for the case's card, neither rung nor in a digest"
        )
    return ""


def _held(item: Item, event: Event, story: Story, *, late: bool) -> str:
    """Return why this item waits for the digest, in a story that never rang; empty: it rings."""
    high = event.severity is Severity.HIGH
    told = any(r.counted and r.trust is not Trust.CORROBORATES for r in story.reports)
    if high and item.trust is Trust.CORROBORATES and not told:
        return "a high outcome from a source that only corroborates"
    if high:
        return ""
    if late:
        return _late(item)
    return f"may be the same event as “{story.like_title}”" if story.like else ""


def _late(item: Item) -> str:
    """Return when an item was published that was long on its way; the year where it was another."""
    year = "" if item.at.year == item.seen.year else f" {item.at.year}"
    return f"late: published {item.at.day} {item.at:%b}{year}"


def _first_reason(reading: Reading) -> str:
    """Return the first reason that everyone may read: not what somebody's own watch asks."""
    public = (match for match in _chief(reading) if match.target.kind is not TargetKind.WATCH)
    return next((f"{match.target.slug}, {match.reason}" for match in public), "a watch")


def _chief(reading: Reading) -> list[Match]:
    return [match for match in reading.matches if match.relation is Relation.CHIEF]


def _explain(found: Found) -> str:
    story, like = found.story, found.like
    if like is None:
        return f"same text as “{story.lead.title}”"
    shares = ", ".join(like.shared) or "the case"
    return (
        f"same story as “{story.lead.title}”: shares {shares}; "
        f"{like.hours:.0f} h apart; score {shown(like.score)}"
    )
