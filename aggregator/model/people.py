"""Who is told: places, what they follow, and how they want to hear of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum

from aggregator.model.items import ItemKey, Severity, Target, TargetKind
from aggregator.model.stories import StoryId


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """Where a message goes: a chat and, in a forum, its topic."""

    chat_id: int
    thread_id: int = 0
    """0 for a chat without topics and for the General topic."""


class Mode(StrEnum):
    """How a place hears of what it follows."""

    INSTANT = "instant"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A place that hears of a target."""

    place: Place
    target: Target
    since: datetime
    """It hears of what rings from then on; set anew when it is resumed or hears of more."""
    floor: Severity = Severity.LOW
    """It hears of nothing that matters less."""
    mode: Mode = Mode.INSTANT
    paused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One place's own query, in the one-line language; followed by a subscription to `target`."""

    id: str
    """Short, lower-case letters and digits; unique among all places."""
    place: Place
    query: str
    created: datetime

    @property
    def target(self) -> Target:
        """What the subscription names."""
        return Target(kind=TargetKind.WATCH, slug=self.id)


class MuteKind(StrEnum):
    """What a mute silences."""

    ALL = "all"
    TARGET = "target"
    STORY = "story"
    SOURCE = "source"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """A place's silence for a while: what would ring within it goes to the digest."""

    place: Place
    kind: MuteKind
    name: str = ""
    """The target as `case:slug`, the story's id, or the outlet; empty for all."""
    since: datetime
    until: datetime
    keep_high: bool = True
    """High rings all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """The hours in which only High rings, by the place's own clock; may pass midnight."""

    start: time
    end: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a digest comes, by the place's own clock."""

    at: time
    weekday: int | None = None
    """0 is Monday; None is every day."""


DAILY = Schedule(at=time(8))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceSettings:
    """How a place wants to be told; the defaults are those of a place that never said."""

    place: Place
    zone: str = "UTC"
    """An IANA name."""
    quiet: Quiet | None = None
    digest: Schedule | None = DAILY
    digest_asked: bool = False
    """Asked for by name: then an empty one is sent too, to tell silence from breakage."""
    never_repeat: bool = False
    """A message that may have arrived is parked instead of sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Everyone who may hear of something, as one state of the store."""

    subscriptions: tuple[Subscription, ...] = ()
    settings: Mapping[Place, PlaceSettings] = field(default_factory=dict)
    """Of the places that ever chose."""
    mutes: tuple[Mute, ...] = ()
    """Those that hold, and those that ended not long ago."""
    watches: tuple[Watch, ...] = ()

    def settings_of(self, place: Place) -> PlaceSettings:
        """Return how `place` wants to be told."""
        return self.settings.get(place) or PlaceSettings(place=place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """A reader said that an alert was not relevant; who it was is not kept."""

    at: datetime
    target: Target
    rule_version: str
    story: StoryId
    item: ItemKey
    title: str
