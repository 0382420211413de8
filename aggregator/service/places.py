"""Queues what each place is told by its own clock: the catch-up after quiet hours, and its digest.

First the message is queued, then it is remembered.  After a crash in between the same message is
made again, and dropped by the store because its key is there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from aggregator.alerts import personal
from aggregator.alerts.personal import Memory, Reader
from aggregator.model import Delivery, Mute, People, Place, Priority, Story, Subscription
from aggregator.ports import Store
from aggregator.telegram import gather
from aggregator.telegram.gather import Made
from aggregator.telegram.naming import Setup

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What is due at one place: the end of its quiet hours, the moment of its digest, or both."""

    reader: Reader
    memory: Memory
    catch_up: datetime | None
    digest: datetime | None

    @property
    def since(self) -> datetime:
        """From when on its news begins."""
        starts = []
        if self.catch_up is not None:
            starts.append(max(self.memory.caught, self.catch_up - personal.NIGHT_MAX))
        if self.digest is not None:
            starts.append(max(self.memory.until, self.digest - personal.REACH_MAX))
        return min(starts)


class Places:
    """Looks at every place that follows something."""

    def __init__(
        self,
        *,
        store: Store,
        setup: Callable[[], Setup],
        always: Callable[[], Sequence[Subscription]],
        wake: Callable[[], None],
    ) -> None:
        """`setup` and `always`, who follows beside the store's subscribers, are asked each time."""
        self._store = store
        self._setup = setup
        self._always = always
        self._wake = wake
        self._known: dict[Place, Memory] = {}

    async def look(self, now: datetime) -> None:
        """Queue what is due."""
        people = await self._store.people()
        people = replace(people, subscriptions=(*people.subscriptions, *self._always()))
        each = tuple(readers(people))
        here = {reader.place for reader in each}
        self._known = {place: known for place, known in self._known.items() if place in here}
        due = [found for reader in each if (found := await self._due(reader, now))]
        if not due:
            return
        # All at once: at 08:00 most places are due, and their news is much the same.
        stories = await gather.stories(self._store, min(one.since for one in due))
        for one in due:
            await self._tell(one, stories, now)

    async def _due(self, reader: Reader, now: datetime) -> Due | None:
        known = self._known.get(reader.place)
        # Nothing but `/digest now` changes it elsewhere, and after that nothing is due sooner.
        if (
            known is not None
            and known == personal.noticed(known, reader.settings, now)
            and _due(reader, known, now) is None
        ):
            return None
        name = gather.name(reader.place)
        before = gather.remembered(await self._store.setting(name))
        memory = before or personal.first(reader.settings, now)
        memory = personal.noticed(memory, reader.settings, now)
        if memory != before:
            await self._store.put_setting(name, gather.kept(memory))
        self._known[reader.place] = memory
        return _due(reader, memory, now)

    async def _tell(self, due: Due, stories: Collection[Story], now: datetime) -> None:
        reader, memory, setup = due.reader, due.memory, self._setup()
        if due.catch_up is not None:
            made = await gather.catch_up(
                self._store, setup, reader, memory, end=due.catch_up, found=stories
            )
            await self._queue(reader.place, made, now, wanted=bool(made.of.chief))
            memory = made.of.memory
        if due.digest is not None:
            made = await gather.digest(
                self._store, setup, reader, memory, until=due.digest, found=stories
            )
            wanted = not made.of.is_empty or reader.settings.digest_asked
            await self._queue(reader.place, made, now, wanted=wanted)

    async def _queue(self, place: Place, made: Made, now: datetime, *, wanted: bool) -> None:
        """Queue the message if it is `wanted`, and remember it in any case."""
        if wanted:
            message = Delivery(
                place=place,
                key=made.key,
                message=made.message,
                priority=Priority.LOW,
                created=now,
            )
            await self._store.enqueue([message])
        await self._store.put_setting(gather.name(place), made.memory)
        self._known[place] = made.of.memory
        if wanted:
            self._wake()
            log.info("place_told", key=made.key, stories=len(made.of.chief))


def _due(reader: Reader, memory: Memory, now: datetime) -> Due | None:
    catch_up = personal.catch_up_due(reader.settings, memory, now)
    digest = personal.digest_due(reader.settings, memory, now)
    if catch_up is None and digest is None:
        return None
    return Due(reader=reader, memory=memory, catch_up=catch_up, digest=digest)


def readers(people: People) -> Iterable[Reader]:
    """Yield every place that follows something, with how it wants to be told."""
    found: dict[Place, list[Subscription]] = {}
    for subscription in people.subscriptions:
        found.setdefault(subscription.place, []).append(subscription)
    mutes: dict[Place, list[Mute]] = {}
    for mute in people.mutes:
        mutes.setdefault(mute.place, []).append(mute)
    for place, subscriptions in sorted(found.items()):
        yield Reader(
            settings=people.settings_of(place),
            subscriptions=tuple(subscriptions),
            mutes=tuple(mutes.get(place, ())),
        )
