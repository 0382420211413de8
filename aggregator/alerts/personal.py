"""What one place is told besides its alerts: its own digest, and what its quiet hours held back.

Values only: the caller brings the stories, the time, and what messages told before.  A digest ends
at its moment, not when it is made, so that one made twice (a crash in between) is the same one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from aggregator.alerts import quiet, schedule
from aggregator.alerts.decide import Ring, calls_for, rings, rings_for
from aggregator.alerts.digest import LATE, mark
from aggregator.alerts.zones import zone
from aggregator.model import (
    Gap,
    Mute,
    Place,
    PlaceSettings,
    Story,
    StoryId,
    Subscription,
    Target,
)

REACH_MAX = timedelta(days=15)
"""After a longer silence a digest looks back no more: two weeks, for one that became weekly."""

NIGHT_MAX = timedelta(hours=26)
"""Quiet hours last less than a day, and a day has at most 25 hours."""

GRACE = timedelta(minutes=2)
"""Who asks for 08:00 at the last moment gets it: the wish is noticed a little later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is remembered of a place between two of its messages."""

    until: datetime
    """When its last digest ended."""
    caught: datetime
    """Until when it was told of what quiet hours held back."""
    told: frozenset[str] = frozenset()
    """What digests told of."""
    wish: str = ""
    """The schedule it had when last looked at."""
    wished: datetime
    """From when on it had that one: earlier moments of it are not due."""
    quiet: bool = False
    """Whether it had quiet hours when last looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A place, what it hears of, and how it wants to be told."""

    settings: PlaceSettings
    subscriptions: tuple[Subscription, ...]
    mutes: tuple[Mute, ...] = ()

    @property
    def place(self) -> Place:
        return self.settings.place


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What the store knows that a place may have to be told."""

    stories: Collection[Story] = ()
    told: Mapping[StoryId, int] = field(default_factory=dict)
    """The number of the last ring of each story that a message to the place told of."""
    gaps: Collection[Gap] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """One message: the developments, what only touches the place's targets, possible losses."""

    reader: Reader
    since: datetime
    until: datetime
    chief: tuple[Story, ...] = ()
    related: tuple[Story, ...] = ()
    gaps: tuple[Gap, ...] = ()
    memory: Memory
    """To be kept once the message is queued."""

    @property
    def is_empty(self) -> bool:
        """Say whether there is nothing that anyone would call news."""
        return not self.chief and not self.gaps


def digest_key(until: datetime) -> str:
    """Return the name, within a place, of the digest that ends then (UTC)."""
    return f"digest:{until:%Y-%m-%dT%H:%M}"


def catch_up_key(until: datetime) -> str:
    """Return the name, within a place, of what the quiet hours that ended then held back (UTC)."""
    return f"catchup:{until:%Y-%m-%dT%H:%M}"


def first(settings: PlaceSettings, now: datetime) -> Memory:
    """Return the memory of a place that is looked at for the first time: nothing is due yet."""
    return Memory(
        until=now, caught=now, wish=_wish(settings), wished=now, quiet=settings.quiet is not None
    )


def noticed(memory: Memory, settings: PlaceSettings, now: datetime) -> Memory:
    """Return the memory once the place's present wishes were seen.

    The moments of a new schedule that are past already bring nothing.
    """
    if _wish(settings) != memory.wish:
        memory = replace(memory, wish=_wish(settings), wished=now - GRACE)
    if settings.quiet is not None and not memory.quiet:
        memory = replace(memory, quiet=True, caught=now)
    return memory


def digest_due(settings: PlaceSettings, memory: Memory, now: datetime) -> datetime | None:
    """Return the moment of the digest that is due; None while it has been made, or is off."""
    if settings.digest is None:
        return None
    at = schedule.last(settings.digest, zone(settings.zone), now)
    return at if at > memory.until and at >= memory.wished else None


def catch_up_due(settings: PlaceSettings, memory: Memory, now: datetime) -> datetime | None:
    """Return when the quiet hours ended that were not told of yet; None if there are none.

    Quiet hours that were switched off end now.
    """
    if settings.quiet is None:
        return now if memory.quiet else None
    at = quiet.ended(settings.quiet, zone(settings.zone), now)
    return at if at > memory.caught else None


def digest(reader: Reader, memory: Memory, until: datetime, news: News) -> Personal:
    """Return the digest that ends at `until`: what no message told since the last one."""
    start = max(memory.until, until - REACH_MAX)
    fresh = [
        story
        for story in news.stories
        if (story.rings or story.held)
        and any(start - LATE < report.seen <= until for report in story.reports)
        and mark(story) not in memory.told
        and not _was_told(story, news)
    ]
    chief, related = [], []
    for story in fresh:
        if any(_tells(one, story) for one in reader.subscriptions):
            chief.append(story)
        elif any(_touches(one, story) for one in reader.subscriptions):
            related.append(story)
    losses = [gap for gap in news.gaps if gap.closed is None and _gap_mark(gap) not in memory.told]
    known = {mark(story) for story in news.stories} | {_gap_mark(gap) for gap in news.gaps}
    told = {mark(story) for story in (*chief, *related)} | {_gap_mark(gap) for gap in losses}
    return Personal(
        reader=reader,
        since=start,
        until=until,
        chief=_ordered(chief, reader),
        related=_ordered(related, reader),
        gaps=tuple(losses),
        memory=replace(memory, until=until, told=(memory.told & known) | told),
    )


def catch_up(reader: Reader, memory: Memory, end: datetime, news: News) -> Personal:
    """Return what would have rung until quiet hours ended at `end`, and no message told."""
    start = max(memory.caught, end - NIGHT_MAX)

    def held(ring: Ring, story: Story) -> bool:
        return (
            start - LATE < ring.at < end
            and ring.number > news.told.get(story.id, 0)
            and any(rings_for(one, story, ring, reader.mutes) for one in reader.subscriptions)
        )

    found = [
        story
        for story in news.stories
        if mark(story) not in memory.told and any(held(ring, story) for ring in rings(story))
    ]
    return Personal(
        reader=reader,
        since=start,
        until=end,
        chief=_ordered(found, reader),
        memory=replace(
            memory,
            caught=end,
            told=memory.told | {mark(story) for story in found},
            quiet=reader.settings.quiet is not None,
        ),
    )


def named(story: Story, reader: Reader) -> Target | None:
    """Return what `reader` follows that `story` is about, or else touches; cases first."""
    followed = {subscription.target for subscription in reader.subscriptions}
    return next(
        (target for group in (story.targets, story.related) for target in sorted(group & followed)),
        None,
    )


def _tells(subscription: Subscription, story: Story) -> bool:
    return calls_for(subscription, story) and _after_follow(subscription, story)


def _touches(subscription: Subscription, story: Story) -> bool:
    return (
        not subscription.paused
        and subscription.target in story.related
        and story.event.severity.rank >= subscription.floor.rank
        and _after_follow(subscription, story)
    )


def _after_follow(subscription: Subscription, story: Story) -> bool:
    """Say whether the story was news after the place began to follow: rang, or was first seen."""
    return subscription.since <= max(_moments(story))


def _moments(story: Story) -> Iterator[datetime]:
    yield min(report.seen for report in story.reports)
    yield from (ring.at for ring in rings(story))


def _was_told(story: Story, news: News) -> bool:
    """Say whether a message told of the story's last ring."""
    return 0 < story.rings <= news.told.get(story.id, 0)


def _ordered(stories: Iterable[Story], reader: Reader) -> tuple[Story, ...]:
    """Order by severity, then by what is followed, then the newest first."""
    newest = sorted(stories, key=lambda story: (story.last_at, story.id), reverse=True)
    by_target = sorted(newest, key=lambda story: str(named(story, reader)))
    return tuple(sorted(by_target, key=lambda story: -story.event.severity.rank))


def _gap_mark(gap: Gap) -> str:
    """Return the name of a gap as it is: one that grew or ended is told again."""
    end = "" if gap.until is None else f"{gap.until:%Y-%m-%dT%H:%M}"
    return f"gap:{gap.id}:{end}"


def _wish(settings: PlaceSettings) -> str:
    wanted = settings.digest
    if wanted is None:
        return ""
    day = "" if wanted.weekday is None else f"{wanted.weekday} "
    return f"{day}{wanted.at:%H:%M} {settings.zone}"
