"""Which story does an item report?  None, one, or maybe one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from aggregator.feeds import clean
from aggregator.matching.hedge import takes_back
from aggregator.model import EventKind, FeedKind, Item, Report, Story, Target, TargetKind
from aggregator.stories.added import decides
from aggregator.stories.outcome import Outcome, outcome
from aggregator.stories.phase import NOTHING, Phase, Said, apart, said, turned
from aggregator.stories.similar import Likeness, hours_apart, likeness
from aggregator.stories.steps import act, conflict, far_apart
from aggregator.stories.window import WINDOW

JOIN_CASE = 0.5
JOIN_THEME = 0.6
"""From these scores on an item joins.  Reports that share a case share much else already, reports
that share only a theme need to be told alike."""

FIRST_REPORTS, NEWEST_REPORTS = 4, 8
"""Of a story's reports an item is compared with these."""

GREY = 0.15
"""So far under the floor an item starts a story of its own that says which one it may be."""

OTHER_WORD_HOURS = 6
"""Desks that file one event under two steps do so within so long."""

TURNED_HOURS = 12
"""After so long a ruling that goes the other way on another thing is another ruling; before, it
may be the same one, told by what the other side got."""

JOIN_OUTCOME = 0.85
"""From this score on a high outcome joins a story that so far told of none."""

DOCKET_HOURS = 36
"""A docket entry follows the report of its event, or the other way round, within so long."""

IN_COURT = frozenset({EventKind.HEARING, EventKind.DISCOVERY, EventKind.ORDER, EventKind.RULING})
"""What different desks, and the clerk, call one day in court."""

BY_COURT = frozenset(
    {
        EventKind.ORDER,
        EventKind.RULING,
        EventKind.STAY,
        EventKind.VERDICT,
        EventKind.SENTENCE,
    }
)
"""What an entry of these kinds says, the court says."""

BY_PARTY = frozenset({EventKind.MOTION, EventKind.STAY})
"""What the clerk calls a motion, the press calls by what is asked for."""

KEYS_MAX = 2_048
"""Addresses and headlines whose keys are remembered: each is compared with every later report of
three days."""

canonical_url = lru_cache(KEYS_MAX)(clean.canonical_url)
title_key = lru_cache(KEYS_MAX)(clean.title_key)
_said = lru_cache(KEYS_MAX)(said)


class Grade(StrEnum):
    """How sure it is that two reports tell of one event."""

    SAME = "same"
    MAYBE = "maybe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The story an item belongs to; `like` is None where the texts are the same."""

    story: Story
    grade: Grade
    like: Likeness | None = None


def find(
    item: Item,
    mine: Report,
    chief: frozenset[Target],
    stories: Iterable[Story],
    weight: Callable[[str], float] | None = None,
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
    best: tuple[tuple[bool, bool, float], Found] | None = None
    for story in near:
        for report in story.reports:
            same_url = url and canonical_url(report.url) == url and item.kind is not FeedKind.COURT
            if same_url or (title and title_key(report.title) == title and _told(item, report)):
                return Found(story=story, grade=Grade.SAME)
        same_case = any(target.kind is TargetKind.CASE for target in story.targets & chief)
        if not same_case and _others_named(mine, story):
            continue
        like = likeness(item, event.kind, _brief(story), same_case=same_case, weight=weight)
        grade = _grade(like, mine, story, same_case=same_case)
        if same_case and grade is not Grade.SAME and _on_docket(mine, story):
            grade, like = Grade.SAME, replace(like, score=max(like.score, JOIN_CASE))
        if grade:
            # A ruling joins the reports of the ruling before those of the hearing on it.
            told = decides(event) and any(decides(report.event) for report in story.reports)
            rank = grade is Grade.SAME, told, like.score
            if best is None or rank > best[0]:
                best = rank, Found(story=story, grade=grade, like=like)
    return best[1] if best else None


def _brief(story: Story) -> Story:
    """Return `story` with its first and newest reports: what lies between repeats them."""
    reports = story.reports
    if len(reports) <= FIRST_REPORTS + NEWEST_REPORTS:
        return story
    return replace(story, reports=(*reports[:FIRST_REPORTS], *reports[-NEWEST_REPORTS:]))


def _grade(like: Likeness, mine: Report, story: Story, *, same_case: bool) -> Grade | None:
    """Return whether so alike a report is the same event, may be, or is another one.

    A high outcome is not folded into a story that has none unless it is told in the same words:
    the day after a hearing a ruling may come.
    """
    floor = JOIN_CASE if same_case else JOIN_THEME
    counted = [report for report in story.reports if report.counted]
    if takes_back(mine.title):
        # It is about what was told, and about no other step, whatever it calls that.
        return Grade.SAME if like.score >= floor - GREY else None
    if like.score < floor - GREY or _next_phase(mine, counted):
        return None
    event = mine.event
    kinds = {report.event.kind for report in counted}
    if kinds and all(far_apart(event.kind, kind) for kind in kinds):
        return None
    if _follows(mine, counted):
        return None
    if (kinds and all(conflict(event.kind, kind) for kind in kinds)) or _phases(
        apart, mine, counted
    ):
        # Another step of the case, however alike it is told; soon after, perhaps another word for it.
        return Grade.MAYBE if like.hours <= OTHER_WORD_HOURS and like.score >= floor else None
    told = any(decides(report.event) for report in counted)
    if like.score < floor or (decides(event) and not told and like.score < JOIN_OUTCOME):
        return Grade.MAYBE
    return Grade.SAME


def _next_phase(mine: Report, counted: list[Report]) -> bool:
    """Say whether a court now rules on what the story only asks for, or rules on another thing."""

    def ruled_on(one: Said, other: Said) -> bool:
        return apart(one, other) and Phase.RULED in {one.phase, other.phase}

    def turned_later(report: Report) -> bool:
        hours = abs(mine.at - report.at).total_seconds() / 3600
        names = {*mine.names, *report.names}
        return hours >= TURNED_HOURS and turned(_phase(mine), _phase(report), names)

    rulings = [report for report in counted if _phase(report).phase is Phase.RULED]
    return _phases(ruled_on, mine, counted) or (bool(rulings) and all(map(turned_later, rulings)))


def _follows(mine: Report, counted: list[Report]) -> bool:
    """Say whether one is decided and the other what follows: an appeal, a date, the custody."""
    own = act(mine.title)
    open_ends = {None, Outcome.DECIDED, Outcome.UNDECIDED}
    # Who tells of the decision too tells of no act alone.
    acts = {act(one.title) if _went(one) in open_ends else "" for one in counted}
    if not counted or own in acts or (not own and "" in acts):
        return False
    if FeedKind.COURT in {mine.kind, *(report.kind for report in counted)}:
        return False  # a label tells of no act
    if own and _went(mine) not in {None, Outcome.DECIDED}:
        return False  # tells of both
    if own and "" not in acts:
        return True  # an appeal, and the date of the sentence
    first = counted if own else [mine]
    return any(_went(report) not in {None, Outcome.UNDECIDED} for report in first)


def _went(report: Report) -> Outcome | None:
    said = outcome(report.title)
    return said.outcome if said else None


def _phases(differ: Callable[[Said, Said], bool], mine: Report, counted: list[Report]) -> bool:
    """Say whether all reports of a story whose headlines tell a phase `differ` from mine in it."""
    known = [one for report in counted if (one := _phase(report)).phase]
    return bool(known) and all(differ(_phase(mine), one) for one in known)


def _phase(report: Report) -> Said:
    """Return the phase a report tells: a docket entry's by whose label it is."""
    if report.kind is not FeedKind.COURT:
        return _said(report.title)
    if report.event.kind is EventKind.MOTION:
        return Said(phase=Phase.AHEAD)
    return Said(phase=Phase.RULED) if report.event.kind in BY_COURT else NOTHING


def _others_named(mine: Report, story: Story) -> bool:
    """Say whether a report of the same theme names someone the story does not, and vice versa.

    "CFTC sues KuCoin" and "CFTC sues Bitfinex" are told alike and are two.
    """
    names = set(mine.names)
    others = {name for report in story.reports if report.counted for name in report.names}
    return bool(names - others) and bool(others - names)


def _on_docket(mine: Report, story: Story) -> bool:
    """Say whether one is the docket entry of what the other reports.

    An entry has no words but its label, so the text cannot tell: the same step of the same case
    within `DOCKET_HOURS` can, where the story has no entry of its own yet.
    """
    entries = [report for report in story.reports if report.kind is FeedKind.COURT]
    told = [report for report in story.reports if report.counted]
    if mine.kind is FeedKind.COURT:
        if entries:
            return False
        others = told
    else:
        others = entries
    return (
        hours_apart(mine.at, story) <= DOCKET_HOURS
        and not _next_phase(mine, told)
        and any(_one_step(mine, report) for report in others)
    )


def _one_step(one: Report, other: Report) -> bool:
    kinds = {one.event.kind, other.event.kind}
    return (
        len(kinds) == 1
        or kinds <= IN_COURT
        or (kinds == BY_PARTY and _phase(one).phase is _phase(other).phase is Phase.AHEAD)
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
