"""What one message a day tells of a watchlist: which stories, since when, and under which key.

Values only: the caller brings the stories, the time and what was told before.  A digest ends at its
hour, not when it is made, so that one made twice (a crash in between) is the same one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from aggregator.model import Place, Severity, Story, Target

REACH_MAX = timedelta(days=7)
"""After a longer silence (a watchlist away for a month, then back) a digest looks back no more."""

LATE = timedelta(minutes=5)
"""What was seen so shortly before a digest's hour may have been stored after it was made: the
next one tells it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A digest that someone asked for: what of, where to, at which hour (UTC)."""

    place: Place
    target: Target
    at: time
    floor: Severity = Severity.LOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is remembered of a route: the hour its last digest ended at, and what it has told."""

    until: datetime
    told: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """The stories of one message: those chiefly about the target, and those that touch it."""

    route: Route
    since: datetime
    until: datetime
    chief: tuple[Story, ...] = ()
    related: tuple[Story, ...] = ()
    memory: Memory = field(kw_only=True)
    """To be kept once the digest is queued."""

    @property
    def key(self) -> str:
        """The name of the message within its place."""
        return key(self.until.date(), self.route.target)


def key(day: date, target: Target) -> str:
    """Return the name, within a place, of the digest of one day."""
    return f"digest:{day.isoformat()}:{target.slug}"


def hour_before(at: time, now: datetime) -> datetime:
    """Return the last time that it was `at` o'clock, UTC; `now` itself counts."""
    today = datetime.combine(now.astimezone(UTC).date(), at, UTC)
    return today if today <= now else today - timedelta(days=1)


def due(route: Route, memory: Memory, now: datetime) -> datetime | None:
    """Return the hour of the digest that is due; None while the day's has been made.

    By the day, so that an hour that was changed neither repeats nor skips one.
    """
    until = hour_before(route.at, now)
    return until if until.date() > memory.until.date() else None


def since(memory: Memory, until: datetime) -> datetime:
    """Return from when on the digest that ends at `until` tells."""
    return max(memory.until, until - REACH_MAX)


def gather(route: Route, memory: Memory, until: datetime, stories: Collection[Story]) -> Digest:
    """Return the digest that ends at `until`; highest severity first, then the newest.

    A story is told once for each time it rang (once for one that never did), as soon as it has a
    report that was seen in the digest's time.
    """
    start = since(memory, until)
    fresh = [
        story
        for story in stories
        if story.event.severity.rank >= route.floor.rank
        and mark(story) not in memory.told
        and any(start - LATE < report.seen <= until for report in story.reports)
    ]
    chief = [story for story in fresh if route.target in story.targets]
    related = [
        story
        for story in fresh
        if route.target in story.related and route.target not in story.targets
    ]
    known = {mark(story) for story in stories}
    told = frozenset(map(mark, (*chief, *related)))
    return Digest(
        route=route,
        since=start,
        until=until,
        chief=_ordered(chief),
        related=_ordered(related),
        memory=Memory(until=until, told=(memory.told & known) | told),
    )


def mark(story: Story) -> str:
    """Return the name under which a digest remembers that it told of a story, for one ring."""
    return f"{story.id}:{story.rings}"


def _ordered(stories: Iterable[Story]) -> tuple[Story, ...]:
    newest = sorted(stories, key=lambda story: (story.last_at, story.id), reverse=True)
    return tuple(sorted(newest, key=lambda story: -story.event.severity.rank))
