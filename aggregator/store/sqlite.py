"""`SqliteStore`: the `Store` port on one SQLite file.

Binds the plain functions of this package to transactions; what they do is written there, and what
they promise in the port.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime

from sqlite_utils import Database

from aggregator.model import (
    Batch,
    CommitOutcome,
    Counts,
    Decision,
    Delivery,
    DeliveryOutcome,
    Feedback,
    FeedState,
    Gap,
    Item,
    ItemKey,
    LedgerRow,
    Match,
    Mute,
    MuteKind,
    People,
    Place,
    PlaceSettings,
    Pruned,
    Story,
    StoryId,
    Subscription,
    Target,
    Turn,
    Unsettled,
    Watch,
    Window,
)
from aggregator.store import (
    chats,
    forget,
    gaps,
    history,
    kept,
    ledger,
    news,
    outbox,
    people,
    places,
    prune,
    search,
    watches,
)
from aggregator.store.engine import Engine
from aggregator.store.together import Together

LEDGER_STEP_ROWS = 5_000
VERIFY_STEP_ROWS = 500
"""Some 20 ms: so long others wait for the database while the ledger is verified."""

STATES_EVERY_S = 0.25
"""Feeds' states that come sooner after one another are written together."""


class SqliteStore(Engine):
    """A `Store` on SQLite; open it with `open`, end it with `close`.

    One process at a time writes.  Every method raises StoreError when the file cannot be used.
    """

    def __init__(self, db: Database, where: str, thread: ThreadPoolExecutor | None) -> None:
        super().__init__(db, where, thread)
        self._parsed: news.Parsed = {}
        self._people: people.Kept = {}
        self._states: Together[FeedState] = Together(self._save_states, every_s=STATES_EVERY_S)

    async def close(self) -> None:
        """As the port says; states that wait are written before."""
        await self._states.close()
        await super().close()

    # feeds and items

    async def feed_states(self) -> dict[str, FeedState]:
        return await self._read(news.feed_states)

    async def save_feed_state(self, state: FeedState, gaps: Sequence[Gap] = ()) -> tuple[Gap, ...]:
        if gaps or self._thread is None:
            return await self._write(news.save_poll, state, gaps)
        await self._states.put(state)
        return ()

    async def _save_states(self, states: Sequence[FeedState]) -> None:
        await self._write(news.save_feed_states, states)

    async def known_items(self, keys: Collection[ItemKey]) -> frozenset[ItemKey]:
        return await self._read(news.known_items, keys)

    async def window(self, since: datetime) -> Window:
        return await self._read(news.window, since, self._parsed)

    async def seen_since(self, since: datetime) -> tuple[Story, ...]:
        return await self._read(news.seen_since, since)

    async def commit(self, batch: Batch, expected_version: int) -> CommitOutcome:
        return await self._write(news.commit, batch, expected_version)

    async def story(self, story: StoryId) -> Story | None:
        return await self._read(news.story, story)

    async def stories_of(self, target: Target, limit: int) -> tuple[Story, ...]:
        return await self._read(news.stories_of, target, limit)

    async def coverage(self, target: Target) -> tuple[int, int]:
        return await self._read(news.coverage, target)

    async def items_of_feed(self, feed_id: str, limit: int) -> tuple[Item, ...]:
        return await self._read(news.items_of_feed, feed_id, limit)

    async def latest(
        self, targets: Collection[Target] | None, limit: int, *, before: datetime | None = None
    ) -> tuple[Story, ...]:
        return await self._read(search.latest, targets, limit, before)

    async def coverage_by_week(self, target: Target) -> tuple[tuple[date, int], ...]:
        return await self._read(search.coverage_by_week, target)

    async def search(
        self,
        fts: str | None,
        *,
        since: datetime | None,
        before: tuple[datetime, ItemKey] | None,
        limit: int,
    ) -> tuple[Item, ...]:
        return await self._read(search.search, fts, since, before, limit)

    async def stories_of_items(self, keys: Collection[ItemKey]) -> dict[ItemKey, StoryId]:
        return await self._read(search.stories_of_items, keys)

    async def item(self, key: ItemKey) -> Item | None:
        return await self._read(search.item, key)

    async def matches(self, keys: Collection[ItemKey]) -> dict[ItemKey, tuple[Match, ...]]:
        return await self._read(search.matches, keys)

    async def decisions(self, keys: Collection[ItemKey]) -> dict[ItemKey, Decision]:
        return await self._read(search.decisions, keys)

    async def prune(self, *, unmatched: datetime, matched: datetime, done: datetime) -> Pruned:
        return await self._write(prune.prune, unmatched, matched, done)

    # gaps and the ledger

    async def open_gap(self, gap: Gap) -> Gap:
        return await self._write(gaps.open_gap, gap)

    async def close_gap(self, gap_id: int, now: datetime, *, until: datetime | None = None) -> None:
        await self._write(gaps.close_gap, gap_id, now, until)

    async def gaps(self, since: datetime) -> tuple[Gap, ...]:
        return await self._read(gaps.gaps, since)

    async def ledger(self, since: datetime, limit: int, *, after: int = 0) -> tuple[LedgerRow, ...]:
        return await self._read(ledger.rows, since, limit, after)

    async def verify_ledger(self) -> tuple[int, int | None]:
        """As the port says, a stretch at a time, so that nobody waits for all of it."""
        found = ledger.Verified()
        while not found.done:
            found = await self._read(ledger.verify, found, VERIFY_STEP_ROWS)
            await asyncio.sleep(0)
        return found.rows, found.wrong

    async def prune_ledger(self, before: datetime) -> int:
        return await self._write(ledger.prune, before, LEDGER_STEP_ROWS)

    # deliveries

    async def enqueue(self, deliveries: Sequence[Delivery]) -> None:
        await self._write(outbox.enqueue, deliveries)

    async def renew(self, deliveries: Sequence[Delivery]) -> None:
        await self._write(outbox.renew, deliveries)

    async def unsettled(self, limit: int) -> tuple[Unsettled, ...]:
        """As the port says."""
        return await self._read(outbox.unsettled, limit)

    async def claim(
        self, now: datetime, limit: int, turn: Turn | None = None
    ) -> tuple[Delivery, ...]:
        """As the port says; a claim cancelled under way gives back what it took."""
        taken: list[int] = []

        def work(db: Database) -> tuple[Delivery, ...]:
            claimed = outbox.claim(db, now, limit, turn)
            taken.extend(delivery.id for delivery in claimed)
            return claimed

        try:
            return await self._write(work)
        except asyncio.CancelledError:
            # The thread takes one job after the other: by then `taken` is known.
            self._submit(self._transact, "BEGIN IMMEDIATE", lambda db: outbox.release(db, taken))
            raise

    async def leaving(self, delivery_id: int, now: datetime) -> Delivery | None:
        return await self._write(outbox.leaving, delivery_id, now)

    async def unfound(self, delivery: Delivery, detail: str, mark: str, now: datetime) -> bool:
        return await self._write(outbox.unfound, delivery.id, now, detail=detail, mark=mark)

    async def release(self, ids: Sequence[int]) -> None:
        await self._write(outbox.release, ids)

    async def settle(self, delivery: Delivery, outcome: DeliveryOutcome, now: datetime) -> None:
        await self._write(outbox.settle, delivery, outcome, now)

    async def recover(self) -> int:
        return await self._write(outbox.recover)

    async def deliveries(self, limit: int) -> tuple[Delivery, ...]:
        return await self._read(outbox.newest, limit)

    async def next_due(self) -> datetime | None:
        return await self._read(outbox.next_due)

    async def delivery(self, place: Place, key: str) -> Delivery | None:
        return await self._read(history.delivery, place, key)

    async def delivery_of(self, chat_id: int, message_id: int) -> Delivery | None:
        return await self._read(history.delivery_of, chat_id, message_id)

    async def told(self, place: Place, since: datetime) -> frozenset[StoryId]:
        return await self._read(history.told, place, since)

    async def alerts_of(self, place: Place, limit: int) -> tuple[Delivery, ...]:
        return await self._read(history.alerts_of, place, limit)

    async def counts(self) -> Counts:
        return await self._read(history.counts)

    async def put_file(self, name: str, data: bytes, now: datetime) -> None:
        await self._write(kept.put_file, name, data, now)

    async def file(self, name: str) -> bytes | None:
        return await self._read(kept.file, name)

    # updates from Telegram

    async def keep_updates(
        self,
        updates: Sequence[tuple[int, str]],
        offset: int,
        heard: Mapping[int, Collection[int]] | None = None,
    ) -> None:
        await self._write(kept.keep_updates, updates, offset, heard or {})

    async def waiting_updates(self, limit: int) -> tuple[tuple[int, str], ...]:
        return await self._read(kept.waiting_updates, limit)

    async def update_done(self, update_id: int) -> None:
        await self._write(kept.update_done, update_id)

    # people

    async def people(self) -> People:
        return await self._read(people.everyone, self._people)

    async def settings_at(self, place: Place) -> PlaceSettings:
        return await self._read(places.settings_at, place)

    async def put_settings(self, settings: PlaceSettings) -> None:
        await self._write(places.put_settings, settings)

    async def mute(self, mute: Mute) -> None:
        await self._write(places.mute, mute)

    async def unmute(self, place: Place, kind: MuteKind, name: str, now: datetime) -> bool:
        return await self._write(places.unmute, place, kind, name, now)

    async def mutes_at(self, place: Place, now: datetime) -> tuple[Mute, ...]:
        return await self._read(places.mutes_at, place, now)

    async def watches_at(self, place: Place) -> tuple[Watch, ...]:
        return await self._read(watches.watches_at, place)

    async def add_watch(self, watch: Watch, subscription: Subscription) -> bool:
        return await self._write(watches.add_watch, watch, subscription)

    async def change(self, subscription: Subscription) -> bool:
        return await self._write(people.change, subscription)

    async def places_of(self, chat_id: int) -> dict[Place, int]:
        return await self._read(people.places_of, chat_id)

    async def move(self, chat_id: int, target: Target, to: Place) -> bool:
        return await self._write(people.move, chat_id, target, to)

    async def forget(self, chat_id: int, now: datetime) -> None:
        del now  # what is forgotten leaves no date behind
        await self._write(forget.forget, chat_id)

    async def add_feedback(self, feedback: Feedback) -> None:
        await self._write(kept.add_feedback, feedback)

    async def feedback(self, since: datetime) -> tuple[Feedback, ...]:
        return await self._read(kept.feedback, since)

    async def subscriptions(self) -> tuple[Subscription, ...]:
        return await self._read(people.subscriptions)

    async def subscriptions_at(self, place: Place) -> tuple[Subscription, ...]:
        return await self._read(people.subscriptions_at, place)

    async def subscribe(self, subscription: Subscription) -> bool:
        return await self._write(people.subscribe, subscription)

    async def unsubscribe(self, place: Place, target: Target) -> bool:
        return await self._write(people.unsubscribe, place, target)

    async def admins(self) -> frozenset[int]:
        return await self._read(people.admins)

    async def add_admin(self, user_id: int, now: datetime) -> None:
        await self._write(people.add_admin, user_id, now)

    async def revive_chat(self, chat_id: int) -> None:
        await self._write(chats.revive, chat_id)

    async def chat_gone(self, chat_id: int, detail: str) -> None:
        await self._write(chats.leave, chat_id, detail)

    async def chat_moved(self, old: int, new: int) -> None:
        await self._write(chats.migrate, old, new)

    async def setting(self, name: str) -> str | None:
        return await self._read(people.setting, name)

    async def put_setting(self, name: str, value: str) -> None:
        await self._write(people.put_setting, name, value)
