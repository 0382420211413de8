"""The protocols for what touches the world.

Everything behind them is replaced by a fake with verbs in tests, and may be replaced by another
implementation later (PostgreSQL behind `Store`, a job runner behind `Jobs`) without any decision
moving.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from typing import Protocol

from aggregator.model import (
    Batch,
    CommitOutcome,
    Delivery,
    DeliveryOutcome,
    Feed,
    FeedState,
    Fetched,
    FetchOutcome,
    Item,
    ItemKey,
    ParseOutcome,
    Place,
    Story,
    StoryId,
    Subscription,
    Target,
    Unsettled,
    Validators,
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

    async def save_feed_state(self, state: FeedState) -> None:
        """Keep the outcome of a poll that brought no items."""
        ...

    async def known_items(self, keys: Collection[ItemKey]) -> frozenset[ItemKey]:
        """Return those of `keys` that are stored."""
        ...

    async def window(self, since: datetime) -> Window:
        """Return the stories whose last report is at or after `since`, and the version."""
        ...

    async def commit(self, batch: Batch, expected_version: int) -> CommitOutcome:
        """Store the whole batch, or nothing and `Stale` when the version moved.

        A delivery whose (place, key) exists gets the new message: a queued one is replaced, a
        sent one whose text differs is queued again as an edit, a dead one stays dead.
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

    # deliveries
    async def enqueue(self, deliveries: Sequence[Delivery]) -> None:
        """Queue messages that no story decides on; one whose (place, key) exists is dropped."""
        ...

    async def claim(self, now: datetime, limit: int) -> tuple[Delivery, ...]:
        """Return queued deliveries that are due, at most one a chat, and mark them as sending.

        Order: priority, then age.  A chat with one already sending, or unknown, gives none.
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

    # people
    async def subscriptions(self) -> tuple[Subscription, ...]:
        """Return the subscriptions of every chat that still takes messages."""
        ...

    async def subscriptions_at(self, place: Place) -> tuple[Subscription, ...]: ...

    async def subscribe(self, subscription: Subscription) -> bool:
        """Add it; False when it was there.  A chat that was gone is alive again."""
        ...

    async def unsubscribe(self, place: Place, target: Target) -> bool:
        """Remove it and what is queued for it alone; False when there was none."""
        ...

    async def admins(self) -> frozenset[int]:
        """Return the users who became admin by the claim link."""
        ...

    async def add_admin(self, user_id: int, now: datetime) -> None: ...

    async def revive_chat(self, chat_id: int) -> None:
        """The chat speaks to us, so it takes messages again."""
        ...

    async def chat_gone(self, chat_id: int, detail: str) -> None: ...

    async def setting(self, name: str) -> str | None: ...

    async def put_setting(self, name: str, value: str) -> None: ...
