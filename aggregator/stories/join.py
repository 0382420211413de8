"""Each matched item joins the story it reports, or starts one; and what that leads to.

Pure: a story's id comes from its first item, so the same items in the same order make the same
stories, restart or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from aggregator.feeds import clean
from aggregator.matching.matcher import Reading
from aggregator.matching.spun import spun_words
from aggregator.model import (
    Decision,
    DecisionKind,
    Event,
    EventKind,
    FeedKind,
    Item,
    Relation,
    Report,
    Rung,
    Severity,
    Story,
    StoryId,
    Target,
    TargetKind,
    Trust,
)
from aggregator.stories.ring import again, decides
from aggregator.stories.similar import Likeness, hours_apart, likeness
from aggregator.stories.steps import conflict
from aggregator.stories.window import WINDOW

JOIN_CASE = 0.5
JOIN_THEME = 0.6
"""From these scores on an item joins.  Reports that share a case share much else already, reports
that share only a theme need to be told alike."""

FIRST_REPORTS, NEWEST_REPORTS = 4, 8
"""Of a story's reports an item is compared with these."""

REPORTS_MAX = 200
"""A story keeps this many reports, its lead and its best source among them; the oldest of the
others only count as coverage in the item table."""

GREY = 0.15
"""So far under the floor an item starts a story of its own that says which one it may be."""

OTHER_WORD_HOURS = 6
"""Desks that file one event under two steps do so within so long."""

JOIN_OUTCOME = 0.85
"""From this score on a high outcome joins a story that so far told of none."""

DOCKET_HOURS = 36
"""A docket entry follows the report of its event, or the other way round, within so long."""

IN_COURT = frozenset({EventKind.HEARING, EventKind.DISCOVERY, EventKind.ORDER, EventKind.RULING})
"""What different desks, and the clerk, call one day in court."""


class Grade(StrEnum):
    """How sure it is that two reports tell of one event."""

    SAME = "same"
    MAYBE = "maybe"


KEYS_MAX = 65_536
"""Addresses and headlines whose keys are remembered: each is compared with every later report."""

canonical_url = lru_cache(KEYS_MAX)(clean.canonical_url)
title_key = lru_cache(KEYS_MAX)(clean.title_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The story an item belongs to; `like` is None where the texts are the same."""

    story: Story
    grade: Grade
    like: Likeness | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What became of one item: the decision, and the story as it is now, if it is in one."""

    decision: Decision
    story: Story | None = None


def join(
    item: Item, reading: Reading, event: Event, stories: Mapping[StoryId, Story], *, old: bool
) -> Joined:
    """Decide on one item, given the stories it may join.

    `old` is True for what a feed held before anyone read it, or lists anew: kept, never rung.
    """
    chief = reading.chief
    if not reading.matches:
        return Joined(decision=Decision(kind=DecisionKind.IGNORE, reason="matches nothing"))
    if not chief:
        why = "; ".join(sorted({match.reason for match in reading.matches}))
        return Joined(
            decision=Decision(kind=DecisionKind.SUPPRESS, reason=f"only mentioned: {why}")
        )
    if event.quiet:
        # Kept out of the stories: else a routine docket entry would lead the next report's alert.
        return Joined(decision=Decision(kind=DecisionKind.SUPPRESS, reason=event.quiet))
    spun = () if item.trust is Trust.PRIMARY else spun_words(f"{item.title}\n{item.summary}")
    report = _report(item, reading, event, counted=not spun)
    found = _find(item, report, chief, stories.values())
    if found is None:
        story = _new(item, report, reading)
        how, score = f"new development: {_first_reason(reading)}", None
    elif found.grade is Grade.SAME:
        story = _grown(found.story, report, reading)
        how, score = _explain(found), found.like.score if found.like else 1.0
    else:
        story = replace(
            _new(item, report, reading), like=found.story.id, like_title=found.story.lead.title
        )
        how, score = f"may be the {_explain(found)}", found.like.score if found.like else 1.0
    hush = _hush(item, event, spun, story, old=old)
    if hush:
        kind, why = DecisionKind.SUPPRESS, hush if found is None else f"{hush}; {how}"
    elif not story.rings:
        kind, why = DecisionKind.ALERT, how
        story = replace(story, rings=1, rang=item.seen)
    elif found and (ring := again(found.story, item, event)):
        kind, why = DecisionKind.ALERT, f"{ring.value}: {how}"
        rung = Rung(kind=ring, report=item.key, at=item.seen)
        story = replace(story, rings=story.rings + 1, again=(*story.again, rung))
    else:
        kind, why = DecisionKind.UPDATE, how
    return Joined(
        decision=Decision(kind=kind, reason=why, story=story.id, score=score), story=story
    )


def _find(
    item: Item, mine: Report, chief: frozenset[Target], stories: Iterable[Story]
) -> Found | None:
    """Return the story that `item` reports, or may report; None if there is none."""
    near = sorted(
        (
            story
            for story in stories
            if story.targets & chief
            and not _other_case(story.targets, chief)
            and item.at - WINDOW <= story.last_at
            and item.at + WINDOW >= story.first_at
        ),
        # Of two that are as alike the nearer one is it, in whatever order the store gives them.
        key=lambda story: (hours_apart(item.at, story), story.id),
    )
    event = mine.event
    url, title = canonical_url(item.url), title_key(item.title)
    best: Found | None = None
    for story in near:
        for report in story.reports:
            same_url = url and canonical_url(report.url) == url and item.kind is not FeedKind.COURT
            if same_url or (title and title_key(report.title) == title and _told(item, report)):
                return Found(story=story, grade=Grade.SAME)
        same_case = any(target.kind is TargetKind.CASE for target in story.targets & chief)
        if not same_case and _others_named(mine, story):
            continue
        like = likeness(item, event.kind, _brief(story), same_case=same_case)
        grade = _grade(like.score, like.hours, event, story, same_case=same_case)
        if same_case and grade is not Grade.SAME and _on_docket(item, event, story):
            grade, like = Grade.SAME, replace(like, score=max(like.score, JOIN_CASE))
        if grade and (best is None or best.like is None or like.score > best.like.score):
            best = Found(story=story, grade=grade, like=like)
    return best


def _brief(story: Story) -> Story:
    """Return `story` with its first and newest reports: what lies between repeats them."""
    reports = story.reports
    if len(reports) <= FIRST_REPORTS + NEWEST_REPORTS:
        return story
    return replace(story, reports=(*reports[:FIRST_REPORTS], *reports[-NEWEST_REPORTS:]))


def _grade(
    score: float, hours: float, event: Event, story: Story, *, same_case: bool
) -> Grade | None:
    """Return whether so alike a report is the same event, may be, or is another one.

    A high outcome is not folded into a story that has none unless it is told in the same words:
    the day after a hearing a ruling may come.
    """
    floor = JOIN_CASE if same_case else JOIN_THEME
    if score < floor - GREY:
        return None
    kinds = {report.event.kind for report in story.reports if report.counted}
    if kinds and all(conflict(event.kind, kind) for kind in kinds):
        # Another step of the case, however alike it is told; soon after, perhaps another word for it.
        return Grade.MAYBE if hours <= OTHER_WORD_HOURS and score >= floor else None
    told = any(decides(report.event) for report in story.reports if report.counted)
    if score < floor or (decides(event) and not told and score < JOIN_OUTCOME):
        return Grade.MAYBE
    return Grade.SAME


def _others_named(mine: Report, story: Story) -> bool:
    """Say whether a report of the same theme names someone the story does not, and vice versa.

    "CFTC sues KuCoin" and "CFTC sues Bitfinex" are told alike and are two.
    """
    names = set(mine.names)
    others = {name for report in story.reports if report.counted for name in report.names}
    return bool(names - others) and bool(others - names)


def _on_docket(item: Item, event: Event, story: Story) -> bool:
    """Say whether one is the docket entry of what the other reports.

    An entry has no words but its label, so the text cannot tell: the same step of the same case
    within `DOCKET_HOURS` can, where the story has no entry of its own yet.
    """
    entries = [report for report in story.reports if report.kind is FeedKind.COURT]
    if item.kind is FeedKind.COURT:
        if entries:
            return False
        kinds = {report.event.kind for report in story.reports if report.counted}
    else:
        kinds = {report.event.kind for report in entries}
    return hours_apart(item.at, story) <= DOCKET_HOURS and any(
        kind is event.kind or {kind, event.kind} <= IN_COURT for kind in kinds
    )


def _other_case(one: frozenset[Target], other: frozenset[Target]) -> bool:
    """Say whether both are about cases and about none in common: a shared theme joins no cases."""
    cases, others = (
        {target for target in targets if target.kind is TargetKind.CASE} for targets in (one, other)
    )
    return bool(cases and others and not cases & others)


def _told(item: Item, report: Report) -> bool:
    """Say whether an equal headline means an equal event: on a docket it is the case's name."""
    if item.kind is FeedKind.COURT or report.kind is FeedKind.COURT:
        return item.kind is report.kind and item.summary == report.summary
    return True


def _report(item: Item, reading: Reading, event: Event, *, counted: bool) -> Report:
    spans = {
        span
        for match in reading.matches
        if match.relation is Relation.CHIEF
        for span in match.evidence
    }
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
    lead = next((r for r in reports if r.counted), reports[0])
    best = min((r for r in reports if r.counted), key=_standing, default=lead)
    if len(reports) > REPORTS_MAX:
        shown = replace(story, reports=reports).lead
        spare = next(r for r in reports if r not in (lead, best, shown))
        reports = tuple(r for r in reports if r is not spare)
    event = replace(
        best.event,
        severity=max((lead.event.severity, best.event.severity), key=lambda s: s.rank),
    )
    return replace(
        story,
        reports=reports,
        targets=story.targets | reading.chief,
        related=(story.related | reading.related) - story.targets - reading.chief,
        event=event,
        first_at=min(story.first_at, report.at),
        last_at=max(story.last_at, report.at),
    )


def _standing(report: Report) -> tuple[int, int]:
    """Order sources by what they can know: the docket, other primary ones, the press, the rest."""
    trust = (Trust.PRIMARY, Trust.INDEPENDENT, Trust.CORROBORATES).index(report.trust)
    return trust, 0 if report.kind is FeedKind.COURT else 1


def _hush(item: Item, event: Event, spun: tuple[str, ...], story: Story, *, old: bool) -> str:
    """Return why this item must not ring although it is about a followed matter; empty: it may."""
    if spun:
        return f"not counted as an independent source: reworded copy ({', '.join(spun)})"
    if old:
        return "old news when the feed was first read, or read anew"
    if (
        item.trust is Trust.CORROBORATES
        and event.severity is Severity.HIGH
        and not any(r.counted and r.trust is not Trust.CORROBORATES for r in story.reports)
    ):
        return "a high outcome from a source that only corroborates"
    return ""


def _first_reason(reading: Reading) -> str:
    return next(
        f"{match.target.slug}, {match.reason}"
        for match in reading.matches
        if match.relation is Relation.CHIEF
    )


def _explain(found: Found) -> str:
    story, like = found.story, found.like
    if like is None:
        return f"same text as “{story.lead.title}”"
    shares = ", ".join(like.shared) or "the case"
    return (
        f"same story as “{story.lead.title}”: shares {shares}; "
        f"{like.hours:.0f} h apart; score {like.score:.2f}"
    )
