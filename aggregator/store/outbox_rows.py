"""People and deliveries to columns and back, exactly; the conventions are those of `rows`."""

from __future__ import annotations

import json
from sqlite3 import Row

from aggregator.model import (
    Button,
    Delivery,
    DeliveryState,
    Message,
    Mode,
    Place,
    Priority,
    Severity,
    StoryId,
    Subscription,
    Target,
    TargetKind,
)
from aggregator.store.fate import Kept
from aggregator.store.rows import Columns, dump, maybe_micros, maybe_moment, micros, moment


def subscription_to_row(subscription: Subscription) -> Columns:
    return {
        "chat_id": subscription.place.chat_id,
        "thread_id": subscription.place.thread_id,
        "kind": subscription.target.kind,
        "slug": subscription.target.slug,
        "since": micros(subscription.since),
        "floor": subscription.floor,
        "mode": subscription.mode,
        "paused": int(subscription.paused),
    }


def subscription_from_row(row: Row) -> Subscription:
    return Subscription(
        place=Place(chat_id=row["chat_id"], thread_id=row["thread_id"]),
        target=Target(kind=TargetKind(row["kind"]), slug=row["slug"]),
        since=moment(row["since"]),
        floor=Severity(row["floor"]),
        mode=Mode(row["mode"]),
        paused=bool(row["paused"]),
    )


def story_of_key(key: str) -> StoryId | None:
    """Return the story that a delivery's key `story:<id>:<ring>` names; None for other keys."""
    kind, _, rest = key.partition(":")
    story, _, _ = rest.rpartition(":")
    return StoryId(story) if kind == "story" and story else None


def message_to_text(message: Message) -> str:
    buttons = [[[b.text, b.data, b.url] for b in line] for line in message.buttons]
    # Few carry a file, and what was stored before any did has three parts.
    attachment = [message.attachment] if message.attachment else []
    return dump([message.html, buttons, message.silent, *attachment])


def message_from_text(stored: str) -> Message:
    html, buttons, silent, *attachment = json.loads(stored)
    return Message(
        html=html,
        buttons=tuple(
            tuple(Button(text=text, data=data, url=url) for text, data, url in line)
            for line in buttons
        ),
        silent=silent,
        attachment="".join(attachment),
    )


def kept_to_row(kept: Kept) -> Columns:
    """Return every column but `id`, which the database gives."""
    delivery = kept.delivery
    return {
        "chat_id": delivery.place.chat_id,
        "thread_id": delivery.place.thread_id,
        "key": delivery.key,
        "story_id": story_of_key(delivery.key),
        "state": delivery.state,
        "priority": int(delivery.priority),
        "not_before": maybe_micros(delivery.not_before),
        "attempts": delivery.attempts,
        "message_id": delivery.message_id,
        "created": micros(delivery.created),
        "since": micros(kept.since),
        "sent": maybe_micros(delivery.sent),
        "item_seen": maybe_micros(delivery.item_seen),
        "claimed": maybe_micros(kept.claimed),
        "after_id": kept.after,
        "reply_to": delivery.reply_to,
        "rule_version": delivery.rule_version,
        "withdrawn": int(kept.withdrawn),
        "error": delivery.error,
        "message": message_to_text(delivery.message),
        "tried": None if kept.tried is None else message_to_text(kept.tried),
        "accepted": None if kept.accepted is None else message_to_text(kept.accepted),
    }


def delivery_from_row(row: Row) -> Delivery:
    return Delivery(
        id=row["id"],
        place=Place(chat_id=row["chat_id"], thread_id=row["thread_id"]),
        key=row["key"],
        message=message_from_text(row["message"]),
        priority=Priority(row["priority"]),
        created=moment(row["created"]),
        state=DeliveryState(row["state"]),
        not_before=maybe_moment(row["not_before"]),
        attempts=row["attempts"],
        message_id=row["message_id"],
        sent=maybe_moment(row["sent"]),
        error=row["error"],
        item_seen=maybe_moment(row["item_seen"]),
        reply_to=row["reply_to"],
        rule_version=row["rule_version"],
    )


def kept_from_row(row: Row) -> Kept:
    tried, accepted = row["tried"], row["accepted"]
    return Kept(
        delivery=delivery_from_row(row),
        since=moment(row["since"]),
        tried=None if tried is None else message_from_text(tried),
        accepted=None if accepted is None else message_from_text(accepted),
        claimed=maybe_moment(row["claimed"]),
        after=row["after_id"],
        withdrawn=bool(row["withdrawn"]),
    )
