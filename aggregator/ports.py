"""The protocols for what touches the world.

Everything behind them is replaced by a fake with verbs in tests, and may be replaced by another
implementation later (PostgreSQL behind `Store`, a job runner behind `Jobs`) without any decision
moving.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from aggregator.model import (
    Batch,
    CommitOutcome,
    Counts,
    Decision,
    Delivery,
    DeliveryOutcome,
    Feed,
    Feedback,
    FeedState,
    Fetched,
    FetchOutcome,
    Gap,
    Item,
    ItemKey,
    LedgerRow,
    Match,
    Mute,
    MuteKind,
    ParseOutcome,
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
    Validators,
    Watch,
    Window,
)


class Clock(Protocol):
    """Time as the program lives it; sped up in the demo, virtual in the simulation."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of this clock's time."""
        ...


class Resolver(Protocol):
    """Names to addresses."""

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """Return every address of `host` as text; empty when it has none."""
        ...


class Fetcher(Protocol):
    """A feed's bytes."""

    async def fetch(self, feed: Feed, validators: Validators) -> FetchOutcome:
        """Ask for `feed` once, conditionally; never raises for what a server or network does."""
        ...

    async def close(self) -> None:
        """Let go of every connection."""
        ...


class Parser(Protocol):
    """Bytes to entries, off the event loop and with a deadline."""

    async def parse(self, feed: Feed, fetched: Fetched) -> ParseOutcome:
        """Return the entries; never raises for what the bytes are."""
        ...

    async def close(self) -> None:
        """End the workers."""
        ...


class Notifier(Protocol):
    """Where messages go: Telegram, or the console."""

    async def deliver(self, delivery: Delivery) -> DeliveryOutcome:
        """Send `delivery.message`, or edit `delivery.message_id` to it; never raises for what
        the other side does.
        """
        ...

    async def probe(self, delivery: Delivery, message_id: int) -> DeliveryOutcome:
        """Look whether `message_id` is `delivery`: Sent when it is there, Rejected when not."""
        ...


class Jobs(Protocol):
    """Work to be done outside the caller: asyncio tasks here, a job runner later."""

    def defer(self, name: str, key: str, work: Callable[[], Awaitable[None]]) -> bool:
        """Start `work` unless one with the same name and key still runs; say whether it did."""
        ...

    async def close(self, grace_s: float) -> None:
        """Wait up to `grace_s` for what runs, then cancel it."""
        ...


class Store(Protocol):
    """What is remembered.  One method is one transaction; no row or SQL crosses this line.

    The *version* counts every change that a decision about alerts may rest on (stories,
    subscriptions, chats).  `commit` takes the version its decisions were made on.
    Raises `StoreError` where the database itself fails.
    """

    async def close(self) -> None: ...

    # feeds and items
    async def feed_states(self) -> dict[str, FeedState]:
        """Return every feed's state by feed id."""
        ...

    async def save_feed_state(self, state: FeedState, gaps: Sequence[Gap] = ()) -> tuple[Gap, ...]:
        """Keep the outcome of a poll that brought no items, with the gaps that it found or (with
        `closed`) shows to be none; return these with their ids.
        """
        ...

    async def known_items(self, keys: Collection[ItemKey]) -> frozenset[ItemKey]:
        """Return those of `keys` that are stored."""
        ...

    async def window(self, since: datetime) -> Window:
        """Return the stories whose last report is at or after `since`, and the version."""
        ...

    async def seen_since(self, since: datetime) -> tuple[Story, ...]:
        """Return the stories with a report that was first seen at or after `since`, whatever
        date it wears.
        """
        ...

    async def commit(self, batch: Batch, expected_version: int) -> CommitOutcome:
        """Store the whole batch, or nothing and `Stale` when the version moved.

        A delivery whose (place, key) exists gets the new message: a queued one is replaced, a
        sent one whose text differs is queued again as an edit, a dead one stays dead.  One that
        only edits is dropped where nothing exists.
        """
        ...

    async def story(self, story: StoryId) -> Story | None: ...

    async def stories_of(self, target: Target, limit: int) -> tuple[Story, ...]:
        """Return the newest stories chiefly about `target`, newest first."""
        ...

    async def coverage(self, target: Target) -> tuple[int, int]:
        """Return how many items matched `target` chiefly, and of how many outlets."""
        ...

    async def items_of_feed(self, feed_id: str, limit: int) -> tuple[Item, ...]:
        """Return the newest items of a feed, newest first."""
        ...

    async def latest(
        self, targets: Collection[Target] | None, limit: int, *, before: datetime | None = None
    ) -> tuple[Story, ...]:
        """Return the newest stories chiefly about any of `targets` (None: any at all), newest
        first; `before` continues a page: only those whose last report is before it.
        """
        ...

    async def coverage_by_week(self, target: Target) -> tuple[tuple[date, int], ...]:
        """Return how many items matched `target` chiefly in each week that had one, by the
        week's Monday (UTC), oldest first.
        """
        ...

    async def search(
        self,
        fts: str | None,
        *,
        since: datetime | None,
        before: tuple[datetime, ItemKey] | None,
        limit: int,
    ) -> tuple[Item, ...]:
        """Return stored items that an FTS5 expression finds (None: all), newest first.

        Only those that happened at or after `since`; `before` continues after the last item of
        the page before, by its time and key.
        """
        ...

    async def stories_of_items(self, keys: Collection[ItemKey]) -> dict[ItemKey, StoryId]:
        """Return the story that each of `keys` was decided into; items in none are left out."""
        ...

    async def item(self, key: ItemKey) -> Item | None: ...

    async def matches(self, keys: Collection[ItemKey]) -> dict[ItemKey, tuple[Match, ...]]:
        """Return what each of `keys` matched; items that matched nothing are left out."""
        ...

    async def decisions(self, keys: Collection[ItemKey]) -> dict[ItemKey, Decision]:
        """Return what was decided about each of `keys`."""
        ...

    async def prune(self, *, unmatched: datetime, matched: datetime, done: datetime) -> Pruned:
        """Remove what is older: items that matched nothing, items that did with their stories,
        and deliveries and files that are done with; at most a few thousand rows at a call.

        A pruned item stays known by its key, so that a feed that still lists it brings no news.
        """
        ...

    # gaps and the ledger
    async def open_gap(self, gap: Gap) -> Gap:
        """Record a possible loss, in the ledger too; one still open for the same feed and reason
        is made longer instead.  Return it with its id.
        """
        ...

    async def close_gap(self, gap_id: int, now: datetime, *, until: datetime | None = None) -> None:
        """Record that nothing was missed after all, or when it was over."""
        ...

    async def gaps(self, since: datetime) -> tuple[Gap, ...]:
        """Return the gaps that were open at or after `since`, oldest first."""
        ...

    async def ledger(self, since: datetime, limit: int, *, after: int = 0) -> tuple[LedgerRow, ...]:
        """Return rows from `since` on with a number above `after`, in order."""
        ...

    async def verify_ledger(self) -> tuple[int, int | None]:
        """Return how many rows there are and the number of the first that does not fit; None:
        all do.
        """
        ...

    async def prune_ledger(self, before: datetime) -> int:
        """Remove up to a few thousand of the oldest rows, all from before `before`; say how many.

        The rows that stay can still be verified.
        """
        ...

    # deliveries
    async def enqueue(self, deliveries: Sequence[Delivery]) -> None:
        """Queue messages that no story decides on; one whose (place, key) exists is dropped."""
        ...

    async def renew(self, deliveries: Sequence[Delivery]) -> None:
        """Queue messages, giving those whose (place, key) exists their new text as `commit` does."""
        ...

    async def claim(
        self, now: datetime, limit: int, turn: Turn | None = None
    ) -> tuple[Delivery, ...]:
        """Return queued deliveries that are due, at most one a chat, and mark them as sending.

        Order: priority, then whose turn it is, then age.  A chat with one already sending, or
        unknown, gives none.  With `turn` each is announced with `leaving` before it leaves; until
        then a program that dies has not sent it.
        """
        ...

    async def leaving(self, delivery_id: int, now: datetime) -> Delivery | None:
        """Record that a claimed delivery leaves now, and return it with its newest text.

        None when it must not leave any more: its chat is gone or nobody there follows it.
        """
        ...

    async def unfound(self, delivery: Delivery, detail: str, mark: str, now: datetime) -> bool:
        """Decide on an unknown delivery that was looked for in vain, as its place chose: queued
        again with `mark` as its first line, or parked as unknown; say whether it is parked.
        """
        ...

    async def unsettled(self, limit: int) -> tuple[Unsettled, ...]:
        """Return deliveries that may or may not have arrived, one a chat, oldest first."""
        ...

    async def release(self, ids: Sequence[int]) -> None:
        """Put claimed deliveries back untouched."""
        ...

    async def settle(self, delivery: Delivery, outcome: DeliveryOutcome, now: datetime) -> None:
        """Record what became of a claimed delivery, and what follows for its chat."""
        ...

    async def recover(self) -> int:
        """At start: what was being sent when the program died becomes unknown; say how many."""
        ...

    async def deliveries(self, limit: int) -> tuple[Delivery, ...]:
        """Return the newest deliveries in any state, newest first."""
        ...

    async def next_due(self) -> datetime | None:
        """Return when the next queued delivery may go; None when nothing is queued."""
        ...

    async def delivery(self, place: Place, key: str) -> Delivery | None: ...

    async def delivery_of(self, chat_id: int, message_id: int) -> Delivery | None:
        """Return what was sent to a chat under Telegram's number."""
        ...

    async def told(self, place: Place, since: datetime) -> frozenset[StoryId]:
        """Return the stories that a message to `place` told of, sent or on its way, created at or
        after `since`.
        """
        ...

    async def alerts_of(self, place: Place, limit: int) -> tuple[Delivery, ...]:
        """Return the newest alerts of one place in any state, newest first."""
        ...

    async def counts(self) -> Counts:
        """Return how the queue stands."""
        ...

    async def put_file(self, name: str, data: bytes, now: datetime) -> None:
        """Keep a file that messages carry, over the old one of its name."""
        ...

    async def file(self, name: str) -> bytes | None: ...

    # updates from Telegram
    async def keep_updates(
        self,
        updates: Sequence[tuple[int, str]],
        offset: int,
        heard: Mapping[int, Collection[int]] | None = None,
    ) -> None:
        """Keep updates, as JSON by their id, until they are done, and the offset to poll from;
        in one transaction.  One that is known is dropped.

        `heard` are the numbers of the messages in them, by chat: no message of ours has one.
        """
        ...

    async def waiting_updates(self, limit: int) -> tuple[tuple[int, str], ...]:
        """Return the updates that are not done, oldest first."""
        ...

    async def update_done(self, update_id: int) -> None: ...

    # people
    async def people(self) -> People:
        """Return everyone who may hear of something, except chats that are gone."""
        ...

    async def settings_at(self, place: Place) -> PlaceSettings: ...

    async def put_settings(self, settings: PlaceSettings) -> None:
        """Keep how a place wants to be told, over what it said before."""
        ...

    async def mute(self, mute: Mute) -> None:
        """Keep a mute, over one of the same place, kind and name."""
        ...

    async def unmute(self, place: Place, kind: MuteKind, name: str, now: datetime) -> bool:
        """End a mute; False when none held."""
        ...

    async def mutes_at(self, place: Place, now: datetime) -> tuple[Mute, ...]:
        """Return the mutes that hold."""
        ...

    async def watches_at(self, place: Place) -> tuple[Watch, ...]:
        """Return a place's own queries, oldest first."""
        ...

    async def add_watch(self, watch: Watch, subscription: Subscription) -> bool:
        """Keep a query and its subscription; False when its id is taken."""
        ...

    async def change(self, subscription: Subscription) -> bool:
        """Put `subscription` in the place of the one to the same target; False: there is none."""
        ...

    async def places_of(self, chat_id: int) -> dict[Place, int]:
        """Return the places of a chat that follow something, with how much each does."""
        ...

    async def move(self, chat_id: int, target: Target, to: Place) -> bool:
        """Let only the place `to` of its chat follow `target`; False when nowhere else did."""
        ...

    async def forget(self, chat_id: int, now: datetime) -> None:
        """Delete a chat's follows, watches, settings, names and queue; its ledger rows keep the
        keyed hash of its id alone.
        """
        ...

    async def add_feedback(self, feedback: Feedback) -> None: ...

    async def feedback(self, since: datetime) -> tuple[Feedback, ...]:
        """Return what readers called not relevant, oldest first."""
        ...

    async def subscriptions(self) -> tuple[Subscription, ...]:
        """Return the subscriptions of every chat that still takes messages."""
        ...

    async def subscriptions_at(self, place: Place) -> tuple[Subscription, ...]: ...

    async def subscribe(self, subscription: Subscription) -> bool:
        """Add it; False when it was there.  A chat that was gone is alive again."""
        ...

    async def unsubscribe(self, place: Place, target: Target) -> bool:
        """Remove it and what is queued for it alone, a watch's query too; False when there was
        none.
        """
        ...

    async def admins(self) -> frozenset[int]:
        """Return the users who became admin by the claim link."""
        ...

    async def add_admin(self, user_id: int, now: datetime) -> None: ...

    async def revive_chat(self, chat_id: int) -> None:
        """The chat speaks to us, so it takes messages again."""
        ...

    async def chat_gone(self, chat_id: int, detail: str) -> None: ...

    async def chat_moved(self, old: int, new: int) -> None:
        """Telegram made the supergroup `new` of a group: everything of `old` is its own."""
        ...

    async def setting(self, name: str) -> str | None: ...

    async def put_setting(self, name: str, value: str) -> None: ...
