"""One world: a clock, outlets, chats, a disk, and the program living in it again and again.

`World(seed).plays()` draws everything from the seed, lets the program run through the faults, heals
them, waits until all is quiet, and returns the world to be judged.  A life of the program ends at
any of its awaits: from there on nothing of it reaches the disk or the wire.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import sqlite3
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import structlog

from aggregator.cli import compose
from aggregator.errors import StoreError
from aggregator.feeds.workers import InlineParser
from aggregator.model import (
    ChatGone,
    Committed,
    Delivery,
    Feed,
    FetchOutcome,
    Message,
    Place,
    Priority,
    RetryAt,
    Sent,
    Subscription,
    Target,
    Validators,
)
from aggregator.service.clock import Steady
from aggregator.store.connect import MEMORY, connect
from aggregator.store.sqlite import SqliteStore
from tests.newsroom import played, shipped
from tests.sim.laws import Damage, Laws
from tests.sim.messenger import Call, Line, Messenger
from tests.sim.press import TARGETS, Press
from tests.sim.weather import CALM, Weather, draw

START = datetime(2023, 9, 18, 8, 0, tzinfo=UTC)
TICK_S = 15.0
HEALING_S_MAX = 30 * 3600.0
PRIVATE, GROUP, FORUM = 7001, -5001, -1_001_234_567_890
GREW = -1_001_234_500_001
"""What becomes of the group when it is upgraded."""
PLACES = (
    Place(chat_id=PRIVATE),
    Place(chat_id=GROUP),
    Place(chat_id=FORUM, thread_id=3),
    Place(chat_id=FORUM, thread_id=8),
)
SHUT = "SELECT page_count FROM pragma_page_count"
PAGES_MAX = 1_073_741_823
WRITES = frozenset(
    {"commit", "save_feed_state", "claim", "leaving", "settle", "release", "unfound", "enqueue"}
    | {"renew", "put_setting", "recover", "keep_updates", "subscribe", "unsubscribe", "chat_gone"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a world is."""

    hours: float = 1.5
    feeds: tuple[int, int] = (2, 5)
    per_hour: float = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Something a person asks for; done only once its answer is queued and its effect stored."""

    number: int
    place: Place
    target: Target | None = None
    follow: bool = True
    back: bool = False
    gone: bool = False


@dataclass(slots=True)
class Life:
    """One run of the program, from its start to its end."""

    dead: bool = False
    ends: asyncio.Event = field(default_factory=asyncio.Event)
    mouth: Any = None
    store: Any = None


Wrap = Callable[["World", Life, Any], Any]


class World:
    """Everything that one seed decides."""

    def __init__(
        self,
        seed: object,
        *,
        size: Size = Size(),
        weather: Weather | None = None,
        store: Wrap | None = None,
        mouth: Wrap | None = None,
        lenient: bool = False,
    ) -> None:
        """`store` and `mouth` wrap what a life gets to see, to break the program on purpose;
        `lenient` lets it play on whatever it breaks, to count the damage.
        """
        self.seed = seed
        self.weather = draw(self._rng("weather")) if weather is None else weather
        self.size = size
        self._wrap_store, self._wrap_mouth = store, mouth
        rng = self._rng("press")
        span = size.hours * 3600
        self.span = span
        self.press = Press(rng, feeds=rng.randint(*size.feeds), span_s=span, per_hour=size.per_hour)
        self.messenger = Messenger(self._rng("messenger"))
        self.db = connect(MEMORY)
        self.laws = Laws(self.db, self.messenger, lenient=lenient)
        self.damage = Damage()
        self.commands: deque[Command] = deque()
        self.spoken = asyncio.Event()
        self.asked = 0
        self.shift = timedelta()
        self.read: dict[str, float] = {}
        """When each feed was read whole last, as the store knows."""
        self.busy_until = 0.0
        self.full = False
        self.leapt = False
        """Was the clock set forward in this life?  The next one cannot know for how long it slept."""
        self.log_lines: deque[str] = deque(maxlen=400)
        self.points = 0
        self.lives = 0
        self._clock = Steady(self._wall, self.time)
        self._digest = hashlib.sha256()
        self._chance = self._rng("chance")
        self._now = self.weather
        self._kill_at: int | None = None
        self._life: Life | None = None
        self._driver: asyncio.Task[Any] | None = None

    def _rng(self, name: str) -> Random:
        return Random(f"{self.seed}:{name}")  # noqa: S311 -- chance that can be repeated

    @property
    def log(self) -> str:
        """The digest of everything that happened."""
        return self._digest.hexdigest()

    @property
    def broken(self) -> list[str]:
        """The laws that were broken, in the order in which that was noticed."""
        return self.laws.broken

    def time(self) -> float:
        """Return the seconds of true time."""
        return asyncio.get_running_loop().time()

    def says(self, what: str) -> None:
        """Add a line to the log."""
        line = f"{self.time():.6f} {what}"
        self._digest.update(line.encode() + b"\n")
        self.log_lines.append(line)

    # --- a Clock

    def now(self) -> datetime:
        """Return the time as the program takes it from the machine's clock."""
        return self._clock.now()

    def _wall(self) -> datetime:
        """Return what the machine's clock shows, which may be wrong by hours."""
        return START + timedelta(seconds=self.time()) + self.shift

    async def sleep(self, seconds: float) -> None:
        """Wait in true time."""
        await asyncio.sleep(seconds)

    # --- playing

    def plays(self) -> World:
        """Live through it all, and judge what is there at the end."""
        with _logging(self.laws):
            played(self._play())
        self.damage = self.laws.damage()
        self.db.close()
        return self

    async def _play(self) -> None:
        self._driver = asyncio.current_task()
        for place in PLACES[: self._rng("places").randint(2, len(PLACES))]:
            for target in TARGETS:
                if self._rng(f"{place}{target}").random() < 0.7:
                    self.asks(Command(number=0, place=place, target=target))
        events = self._events()
        kills = sorted(self._chance.uniform(60, self.span) for _ in range(self.weather.kills))
        while self.time() < self.span and not self.broken:
            until = kills.pop(0) if kills else self.span
            await self._lives(until, events)
            await asyncio.sleep(self._chance.choice((0.0, 0.5, 30.0, 400.0)))
        if not self.broken:
            await self._heals(events)

    async def _lives(self, until: float, events: deque[tuple[float, str]]) -> None:
        """Let the program live until it is killed at an await soon after `until`, or stopped."""
        life = await self._born()
        if life is None:
            return
        await self._passes(life, until, events)
        if life.dead:
            await self._dies(life)
            return
        last = until >= self.span
        if self._chance.random() < self.weather.graceful or last:
            self.says("stops")
            await self._stops(life)
            return
        # It dies at one of the next awaits: a few steps on, or in the thick of it.
        self._kill_at = self.points + self._chance.choice((1, 2, 3, 5, 8, 13, 21, 34, 55))
        with suppress(TimeoutError):
            async with asyncio.timeout(1800):
                await life.ends.wait()
        await self._dies(life)

    async def _passes(self, life: Life, until: float, events: deque[tuple[float, str]]) -> None:
        """Let time pass, with what happens in it."""
        while self.time() < until and not life.dead and not self.broken:
            at = min(until, events[0][0]) if events else until
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, at - self.time())):
                    await life.ends.wait()
            if events and events[0][0] <= self.time():
                await self._happens(events.popleft()[1])
            self.laws.once()

    async def _born(self) -> Life | None:
        self.lives += 1
        self.says(f"starts, life {self.lives}")
        if self.leapt:
            self.laws.forgets_waits()
            self.leapt = False
        life = self._life = Life()
        inner = SqliteStore(self.db, MEMORY, None)
        guarded = Guarded(self, life, inner)
        store = self._wrap_store(self, life, guarded) if self._wrap_store else guarded
        mouth: Any = Line(
            messenger=self.messenger,
            time=self.time,
            leaves=self._leaves,
            fault=self._fault,
            waits=lambda what, span: self.point(life, what, span),
        )
        mouth = self._wrap_mouth(self, life, mouth) if self._wrap_mouth else mouth
        self._clock = Steady(self._wall, self.time)
        try:
            polled = [state.last_polled for state in (await store.feed_states()).values()]
            followed = [one.since for one in await store.subscriptions()]
            if known := [at for at in (*polled, *followed) if at is not None]:
                self._clock.not_before(max(known))
            await store.recover()
        except (StoreError, asyncio.CancelledError):
            self.says("does not start")
            await asyncio.sleep(10)
            return None
        works = compose.works(
            matcher=shipped(),
            feeds=self.press.feeds,
            store=store,
            web=Web(self, life),
            parser=InlineParser(),
            notifier=mouth,
            clock=self,
            pace=self,
        )
        life.store = store
        life.mouth = works
        try:
            await works.poller.load()
        except StoreError:
            return None
        asyncio.create_task(self._loop(works.deliverer.run), name="deliverer")  # noqa: RUF006 -- found again by all_tasks
        asyncio.create_task(self._ticks(works.poller.tick), name="ticker")  # noqa: RUF006 -- the same
        asyncio.create_task(self._loop(lambda: self._talks(works, store)), name="chat")  # noqa: RUF006 -- the same
        return life

    async def _loop(self, work: Callable[[], Awaitable[None]]) -> None:
        with suppress(asyncio.CancelledError):
            await work()

    async def _ticks(self, tick: Callable[[], Awaitable[None]]) -> None:
        while True:
            await tick()
            await asyncio.sleep(TICK_S)

    async def _talks(self, works: compose.Works, store: Any) -> None:
        """Answer people, each command until it is done, as the chat loop does."""
        while True:
            self.spoken.clear()
            while self.commands:
                command = self.commands[0]
                try:
                    await store.keep_updates([], 0, {PRIVATE: self.messenger.heard()})
                    await self._carries_out(command, store)
                except StoreError:
                    await asyncio.sleep(5)
                    continue
                self.commands.popleft()
                works.deliverer.wake()
            await self.spoken.wait()

    async def _carries_out(self, command: Command, store: Any) -> None:
        place, target = command.place, command.target
        if command.gone:
            await store.chat_gone(place.chat_id, "bot was blocked by the user")
            return
        if command.back:
            await store.revive_chat(place.chat_id)
        reply = Delivery(
            place=place,
            key=f"reply:{command.number}:0",
            message=Message(html=f"Answer {command.number}"),
            priority=Priority.REPLY,
            created=self.now(),
        )
        await store.enqueue([reply])
        if target is None:
            return
        if command.follow:
            followed = Subscription(place=place, target=target, since=self.now())
            await store.subscribe(followed)
        else:
            await store.unsubscribe(place, target)

    async def _stops(self, life: Life) -> None:
        """End it as SIGTERM does."""
        self._kill_at = None
        for task in self._tasks():
            if task.get_name() in {"deliverer", "ticker", "chat"}:
                task.cancel()
        await asyncio.sleep(0)
        closing = life.mouth.poller.close(), life.mouth.deliverer.close()
        for end in await asyncio.gather(*closing, return_exceptions=True):
            # Cancelled: killed while it stopped, which is a way to die like any other.
            if isinstance(end, Exception):
                raise end
        await self._dies(life)

    async def _dies(self, life: Life) -> None:
        life.dead = True
        self._kill_at = None
        self._life = None
        while tasks := self._tasks():
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        self.says("is dead")

    def _tasks(self) -> list[asyncio.Task[Any]]:
        mine = {self._driver, asyncio.current_task()}
        return sorted(
            (task for task in asyncio.all_tasks() if task not in mine), key=asyncio.Task.get_name
        )

    async def _heals(self, events: deque[tuple[float, str]]) -> None:
        """End every fault, and wait until all that was promised is done."""
        self.says("heals")
        self._now = CALM
        self._kill_at = None
        events.clear()
        self._disk(full=False)
        self.busy_until = 0.0
        for chat in sorted(self.messenger.blocked):
            self._returns(chat)
        life = await self._born()
        assert life is not None
        healed = self.time()
        end = healed + HEALING_S_MAX
        while self.time() < end and not self.broken:
            await asyncio.sleep(300)
            if self._quiet(healed):
                break
        await self._stops(life)
        published = sum(map(len, self.press.entries.values()))
        self.laws.once()
        self.laws.settled()
        self.laws.bounded(
            published=published,
            commands=self.asked,
            feeds=len(self.press.feeds),
            lives=self.lives,
        )
        self._all_read(published)

    def _quiet(self, healed: float) -> bool:
        if self.commands or any(self.read.get(f.id, 0.0) <= healed for f in self.press.feeds):
            return False
        on_its_way = self.db.execute(
            "SELECT count(*) FROM delivery WHERE state IN ('queued', 'sending', 'unknown')"
        ).fetchone()[0]
        return not on_its_way

    def _all_read(self, published: int) -> None:
        kept = self.db.execute("SELECT count(*) FROM item").fetchone()[0]
        if kept != published:
            self.laws.breaks("every item is read", f"{kept} of {published}")
        hits = {e.title for one in self.press.entries.values() for e in one if e.hit}
        rows = self.db.execute(
            "SELECT title FROM item WHERE key NOT IN (SELECT item_key FROM match)"
        ).fetchall()
        for row in rows:
            if row["title"] in hits:
                self.laws.breaks("every hit is matched", row["title"])
        rows = self.db.execute(
            "SELECT item_key FROM match WHERE item_key NOT IN (SELECT item_key FROM decision)"
        ).fetchall()
        for row in rows:
            self.laws.breaks("every match is decided on", row["item_key"])

    # --- what happens

    def asks(self, command: Command) -> None:
        """Let a person ask for something."""
        self.asked += 1
        self.messenger.writes(command.place.chat_id, 1)
        self.commands.append(replace(command, number=self.asked))
        self.spoken.set()

    def _events(self) -> deque[tuple[float, str]]:
        rng = self._rng("events")
        drawn = [
            (rng.uniform(60, self.span), name)
            for name, times in self.weather.events.items()
            for _ in range(times)
        ]
        drawn += [(rng.uniform(60, self.span), "asks") for _ in range(rng.randint(2, 8))]
        return deque(sorted(drawn))

    async def _happens(self, name: str) -> None:
        self.says(f"event {name}")
        rng, now = self._chance, self.time()
        match name:
            case "busy":
                self.busy_until = now + rng.choice((1.0, 30.0))
            case "disk_full":
                self._disk(full=True)
                asyncio.get_running_loop().call_later(
                    rng.choice((2.0, 60.0)), lambda: self._disk(full=False)
                )
            case "step_back":
                self.shift -= timedelta(hours=1)
            case "step_forward":
                self.shift += timedelta(hours=1)
                self.leapt = True
            case "storm":
                self.messenger.storm_until = now + 60
            case "blocks":
                chat = rng.choice([place.chat_id for place in PLACES])
                self.messenger.blocked.add(chat)
                if rng.random() < 0.5:
                    self.asked += 1
                    gone = Command(number=self.asked, place=Place(chat_id=chat), gone=True)
                    self.commands.append(gone)
                    self.spoken.set()
                asyncio.get_running_loop().call_later(600, lambda: self._returns(chat))
            case "migrates":
                self.messenger.migrates(GROUP, GREW)
            case "asks":
                place, target = rng.choice(PLACES), rng.choice(TARGETS)
                chat = self.messenger.moved.get(place.chat_id, place.chat_id)
                place = replace(place, chat_id=chat)
                if chat not in self.messenger.blocked:
                    kind = rng.choice(("follow", "unfollow", "help"))
                    wanted = None if kind == "help" else target
                    self.asks(
                        Command(number=0, place=place, target=wanted, follow=kind == "follow")
                    )

    def _returns(self, chat: int) -> None:
        """Let the bot in again; the person says so."""
        if chat in self.messenger.blocked:
            self.messenger.blocked.discard(chat)
            thread = 3 if chat == FORUM else 0
            self.asks(Command(number=0, place=Place(chat_id=chat, thread_id=thread), back=True))

    def _disk(self, *, full: bool) -> None:
        self.full = full
        pages = self.db.execute("PRAGMA page_count").fetchone()[0] if full else PAGES_MAX
        self.db.execute(f"PRAGMA max_page_count = {pages}").fetchone()

    # --- where a life touches the world

    async def point(self, life: Life, what: str, span: float = 0.0) -> None:
        """Be one await of the program: it may die here, or lose time."""
        self._alive(life)
        self.points += 1
        if self._kill_at is not None and self.points >= self._kill_at:
            self.says(f"is killed at {what}")
            life.dead = True
            life.ends.set()
            raise asyncio.CancelledError
        if span or self._chance.random() < self._now.slow:
            await asyncio.sleep(span or self._chance.choice((0.0, 0.001, 0.02, 0.2)))
        else:
            await asyncio.sleep(0)
        self._alive(life)

    @staticmethod
    def _alive(life: Life) -> None:
        if life.dead:
            raise asyncio.CancelledError

    def disk(self, name: str) -> None:
        """Fail as a locked file does, or a full disk; what fits on a page that is there goes in."""
        if self.full and name in WRITES and self._chance.random() < 0.7:
            self.says(f"store fails at {name}")
            raise StoreError("the disk is full")
        if self.time() < self.busy_until and self._chance.random() < 0.7:
            self.says(f"busy at {name}")
            raise StoreError("another program is writing to it")

    def _leaves(self, call: Call) -> None:
        how = "probe" if call.probe else "edit" if call.edit else "send"
        self.says(f"{how} {call.chat} {call.delivery.key}")
        self.laws.leaves(call)

    def _fault(self, call: Call) -> str | None:
        if self._now.writes and self._chance.random() < 0.3:
            most = round(self._now.writes * (5 if call.chat < 0 else 1))
            self.messenger.writes(call.chat, self._chance.randint(0, most))
        if self._now.dies and self._chance.random() < self._now.dies:
            self._kill_at = self.points + self._chance.randint(1, 4)
        if self.time() < self.messenger.storm_until and self._now is not CALM:
            return "flood"
        return self._drawn(self._now.telegram)

    def feed_fault(self) -> str | None:
        """Return what goes wrong with the next fetch."""
        return self._drawn(self._now.feed)

    def _drawn(self, chances: dict[str, float]) -> str | None:
        for name, chance in chances.items():
            if self._chance.random() < chance:
                return name
        return None


class Guarded:
    """A life's view of the store: each call may be its last, and the laws look on."""

    def __init__(self, world: World, life: Life, inner: SqliteStore) -> None:
        self.world = world
        self.life = life
        self.inner = inner

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method = getattr(self.inner, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            world = self.world
            await world.point(self.life, f"before {name}")
            world.disk(name)
            try:
                result = await method(*args, **kwargs)
            except StoreError:
                world.says(f"store fails at {name}")
                raise
            self._noted(name, args, result)
            await world.point(self.life, f"after {name}")
            return result

        return call

    def _noted(self, name: str, args: tuple[Any, ...], result: Any) -> None:
        laws, now = self.world.laws, self.world.time()
        laws.step += 1
        match name, args:
            case "commit", (batch, _) if isinstance(result, Committed):
                self.world.says(f"commit {result.version} {len(batch.deliveries)}")
                laws.committed(batch)
                if batch.feed_state is not None and not batch.feed_state.failures:
                    self.world.read[batch.feed_state.feed_id] = now
            case "save_feed_state", (state, *_) if not state.failures:
                self.world.read[state.feed_id] = now
            case "leaving", _ if result is not None:
                laws.cleared[result.id] = self.world.points
            case "settle", (delivery, Sent(message_id=number), _):
                self.world.messenger.knows(delivery.place.chat_id, number)
            case "settle", (delivery, RetryAt(), _):
                laws.notes_wait(delivery.place.chat_id, now)
            case "settle", (delivery, ChatGone(migrated_to=None), _):
                laws.left[delivery.place.chat_id] = self.world.points
            case "settle", (delivery, ChatGone(migrated_to=int(new)), _):
                self._moved(delivery.place.chat_id, new)
            case "chat_gone", (chat, _):
                laws.left[chat] = self.world.points
            case "revive_chat", (chat,):
                self._back(chat)
            case "subscribe", (subscription,):
                self._back(subscription.place.chat_id)
                who = subscription.place, subscription.target
                laws.following.setdefault(who, subscription)
                laws.since.setdefault(who, laws.step)
            case "unsubscribe", (place, target):
                laws.following.pop((place, target), None)
                laws.since.pop((place, target), None)

    def _back(self, chat: int) -> None:
        if self.world.laws.left.pop(chat, None) is not None:
            self.world.laws.back[chat] = self.world.laws.step

    def _moved(self, old: int, new: int) -> None:
        laws = self.world.laws
        for (place, target), one in list(laws.following.items()):
            if place.chat_id == old:
                del laws.following[place, target]
                there = replace(place, chat_id=new)
                laws.following.setdefault((there, target), replace(one, place=there))
                # Two of the same become one: the later, or the earlier; only the later is sure.
                began = laws.since.pop((place, target))
                laws.since[there, target] = max(began, laws.since.get((there, target), 0))
        laws.left.pop(new, None)
        laws.back[new] = max(laws.back.get(new, 0), laws.back.get(old, 0))


class Web:
    """A life's `Fetcher`."""

    def __init__(self, world: World, life: Life) -> None:
        self._world = world
        self._life = life

    async def fetch(self, feed: Feed, validators: Validators) -> FetchOutcome:
        """Answer for `feed` as the press does just now."""
        world = self._world
        await world.point(self._life, "fetching")
        fault = world.feed_fault()
        if fault == "timeout":
            await world.point(self._life, "waiting for a feed", 30.0)
        found = world.press.answers(feed, validators, world.time(), START, fault)
        await world.point(self._life, "fetched")
        return found

    async def close(self) -> None:
        """Nothing to let go of."""


@contextmanager
def _logging(laws: Laws) -> Iterator[None]:
    """Log nothing, for a world has a log of its own; but no fault of our own stays unseen."""

    def judged(_logger: object, _name: str, event: dict[str, Any]) -> dict[str, Any]:
        error = sys.exc_info()[1]
        if event.get("exc_info") and not isinstance(error, StoreError | sqlite3.Error):
            laws.breaks("no fault of our own", f"{event['event']}: {error!r}")
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(
        processors=[judged],
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
    )
    try:
        yield
    finally:
        structlog.configure(**before)
