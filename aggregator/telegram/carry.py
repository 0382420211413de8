"""Carries out what follows from an update: answers into the outbox, effects into the store.

Done twice, it changes nothing twice: answers are keyed by the update, and an effect says what is to
be, not what is to be turned round.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from aggregator.model import ChatGone, Delivery, Message, Priority, Subscription
from aggregator.ports import Store
from aggregator.telegram.ask import (
    AddWatch,
    Answer,
    Change,
    EndMute,
    Follow,
    Forget,
    MakeAdmin,
    MoveHere,
    NotRelevant,
    PutFile,
    Remember,
    ReviveChat,
    Settle,
    StartMute,
    Unfollow,
)
from aggregator.telegram.incoming import Incoming

Early = PutFile | MakeAdmin | ReviveChat | ChatGone | Forget
"""Effects that come before the answer: it rests on them, or would be deleted by them."""
Follows = Follow | Unfollow | Change | AddWatch | MoveHere
Wishes = Settle | StartMute | EndMute | Remember | NotRelevant


async def carry_out(store: Store, taken: Incoming, given: Answer, now: datetime) -> bool:
    """Store what follows from an update; say whether something waits in the outbox for it.

    Answers go into the outbox before follows change, so that an update taken again after a crash
    keeps its first answer instead of "already followed".
    """
    late: list[Follows | Wishes] = []
    for effect in given.effects:
        if isinstance(effect, Early):
            await _early(store, effect, taken, now)
        else:
            late.append(effect)
    replies = list(given.replies)
    if given.edit is not None:
        edited = await _edited(store, taken, given.edit, now)
        if edited is None:
            replies.insert(0, given.edit)
        else:
            await store.renew([edited])
    if replies:
        await store.enqueue(
            [_reply(taken, number, message, now) for number, message in enumerate(replies)]
        )
    for wanted in late:
        await _late(store, wanted, taken, now)
    return bool(replies or given.edit)


async def _edited(
    store: Store, taken: Incoming, message: Message, now: datetime
) -> Delivery | None:
    """Return the new text of the message whose button was pressed; None: it cannot become that.

    It may not be ours any more, and a picture cannot become a text or another picture.
    """
    if taken.message_id is None:
        return None
    shown = await store.delivery_of(taken.chat_id, taken.message_id)
    if shown is None or shown.message.attachment != message.attachment:
        return None
    return replace(shown, message=message, priority=Priority.REPLY, created=now)


def _reply(taken: Incoming, number: int, message: Message, now: datetime) -> Delivery:
    return Delivery(
        place=taken.place,
        key=f"reply:{taken.update_id}:{number}",
        message=message,
        priority=Priority.REPLY,
        created=now,
    )


async def _early(store: Store, effect: Early, taken: Incoming, now: datetime) -> None:
    match effect:
        case PutFile(name=name, data=data):
            await store.put_file(name, data, now)
        case MakeAdmin(user_id=user_id):
            await store.add_admin(user_id, now)
        case ReviveChat():
            await store.revive_chat(taken.chat_id)
        case ChatGone(detail=detail, migrated_to=migrated_to):
            if migrated_to is None:
                await store.chat_gone(taken.chat_id, detail)
            else:
                await store.chat_moved(taken.chat_id, migrated_to)
        case Forget(chat_id=chat_id):
            await store.forget(chat_id, now)
        case never:
            assert_never(never)


async def _late(store: Store, effect: Follows | Wishes, taken: Incoming, now: datetime) -> None:
    if isinstance(effect, Follows):
        await _follows(store, effect, taken, now)
    else:
        await _wishes(store, effect, now)


async def _follows(store: Store, effect: Follows, taken: Incoming, now: datetime) -> None:
    match effect:
        case Follow(target=target, place=place, floor=floor, mode=mode):
            at = place or taken.place
            await store.subscribe(
                Subscription(place=at, target=target, since=now, floor=floor, mode=mode)
            )
        case Unfollow(target=target, place=place):
            await store.unsubscribe(place or taken.place, target)
        case Change(subscription=subscription):
            await store.change(subscription)
        case AddWatch(watch=watch, subscription=subscription):
            await store.add_watch(watch, subscription)
        case MoveHere(target=target, to=to):
            await store.move(to.chat_id, target, to)
        case never:
            assert_never(never)


async def _wishes(store: Store, effect: Wishes, now: datetime) -> None:
    match effect:
        case Settle(settings=settings):
            await store.put_settings(settings)
        case StartMute(mute=mute):
            await store.mute(mute)
        case EndMute(place=place, kind=kind, name=name):
            await store.unmute(place, kind, name, now)
        case Remember(name=name, value=value):
            await store.put_setting(name, value)
        case NotRelevant(feedback=feedback):
            await store.add_feedback(feedback)
        case never:
            assert_never(never)
