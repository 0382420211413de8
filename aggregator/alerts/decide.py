"""Which places hear of a story, and under which keys.

A place hears of a development once: its key is the story and the ring, so that later reports
become an edit of the same message and never a second one.  Who hears is decided for the moment of
the ring.  A ring that was there before does not ring late: whoever follows, wakes up or lifts a mute
afterwards gets no old alert, and what was sent is kept up to date.  It rings only for those whom the
story reaches with its newest report, because that named what they follow or passed their floor.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from aggregator.alerts import quiet
from aggregator.alerts.mutes import silences
from aggregator.alerts.zones import zone
from aggregator.model import (
    Alert,
    Mode,
    Mute,
    People,
    Place,
    PlaceSettings,
    Priority,
    Report,
    Rung,
    Severity,
    Story,
    StoryId,
    Subscription,
    Target,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """One ring of a story: the first or a later one, and the report that made it ring."""

    number: int
    at: datetime
    report: Report
    rung: Rung | None = None


def alerts(
    stories: Iterable[Story], people: People, before: Mapping[StoryId, Story] | None = None
) -> tuple[Alert, ...]:
    """Return an alert for each place that follows a target of a story, and each of its rings.

    `before` are the stories as they were until now: what rang in them is only brought up to date.
    """
    before = before or {}
    places = _Places.of(people)
    return tuple(
        alert for story in stories for alert in _of_story(story, before.get(story.id), places)
    )


def key(story: StoryId, ring: int) -> str:
    """Return the name, within a place, of the message for one ring of a story."""
    return f"story:{story}:{ring}"


def priority(severity: Severity) -> Priority:
    """Return the queue's order for an alert of `severity`."""
    match severity:
        case Severity.HIGH:
            return Priority.HIGH
        case Severity.MEDIUM:
            return Priority.NORMAL
        case Severity.LOW:
            return Priority.LOW


def rings(story: Story) -> Iterator[Ring]:
    """Yield the rings of a story, the first one first; none for one that is only kept."""
    if story.rang is None:
        return
    yield Ring(number=1, at=story.rang, report=story.lead)
    for number, rung in enumerate(story.again, start=2):
        report = next((one for one in story.reports if one.item_key == rung.report), story.lead)
        yield Ring(number=number, at=rung.at, report=report, rung=rung)


def calls_for(subscription: Subscription, story: Story) -> bool:
    """Say whether a subscription is to hear of `story` at all, at once or in a digest."""
    return (
        not subscription.paused
        and subscription.target in story.targets
        and story.event.severity.rank >= subscription.floor.rank
    )


def rings_for(
    subscription: Subscription, story: Story, ring: Ring, mutes: Iterable[Mute] = ()
) -> bool:
    """Say whether `ring` rings for a subscription at a place with `mutes`, outside quiet hours."""
    return (
        calls_for(subscription, story)
        and subscription.mode is Mode.INSTANT
        and subscription.since <= ring.at
        and not any(
            silences(
                mute,
                target=subscription.target,
                story=story.id,
                outlet=ring.report.outlet,
                severity=story.event.severity,
                at=ring.at,
            )
            for mute in mutes
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    """What is known of everyone, filed under what is asked for."""

    following: Mapping[Target, Sequence[Subscription]]
    mutes: Mapping[Place, Sequence[Mute]]
    settings: Mapping[Place, PlaceSettings]

    @classmethod
    def of(cls, people: People) -> Self:
        following: dict[Target, list[Subscription]] = {}
        for subscription in people.subscriptions:
            following.setdefault(subscription.target, []).append(subscription)
        mutes: dict[Place, list[Mute]] = {}
        for mute in people.mutes:
            mutes.setdefault(mute.place, []).append(mute)
        return cls(following=following, mutes=mutes, settings=people.settings)

    def of_story(self, story: Story) -> list[tuple[Place, list[Subscription]]]:
        """Return each place that follows a target of `story`, with its subscriptions to one."""
        found: dict[Place, list[Subscription]] = {}
        for target in sorted(story.targets):
            for subscription in self.following.get(target, ()):
                found.setdefault(subscription.place, []).append(subscription)
        return sorted(found.items())


def _of_story(story: Story, before: Story | None, places: _Places) -> Iterator[Alert]:
    followers = places.of_story(story)
    for ring in rings(story):
        old = before if before is not None and ring.number <= before.rings else None
        for place, here in followers:
            mutes = places.mutes.get(place, ())
            reasons = [one for one in here if rings_for(one, story, ring, mutes)]
            if old is None:
                told = ring if reasons else None
            else:
                now = _now(story, ring)
                reached = [one for one in here if not calls_for(one, old)]
                told = now if any(rings_for(one, story, now, mutes) for one in reached) else None
                told = told if ring.number == story.rings else None
            sounds = told is not None and not _asleep(places.settings.get(place), story, told)
            yield Alert(
                place=place,
                key=key(story.id, ring.number),
                story=story,
                targets=tuple(sorted({one.target for one in reasons or here})),
                again=ring.rung,
                reply_to=_answers(story, ring),
                edit_only=not sounds,
            )


def _now(story: Story, ring: Ring) -> Ring:
    """Return the ring as one of the moment of the newest report."""
    newest = max(story.reports, key=lambda report: report.seen)
    return replace(ring, at=max(newest.seen, ring.at), report=newest)


def _asleep(settings: PlaceSettings | None, story: Story, ring: Ring) -> bool:
    """Say whether the place has quiet hours at the ring, and the story may not break them."""
    return (
        settings is not None
        and settings.quiet is not None
        and story.event.severity is not Severity.HIGH
        and quiet.holds(settings.quiet, zone(settings.zone), ring.at)
    )


def _answers(story: Story, ring: Ring) -> str:
    """Return the key of the message that an alert is a reply to; empty for none."""
    if ring.rung is not None:
        return key(story.id, 1)
    return key(story.like, 1) if story.like else ""
