"""What becomes of a message while something else happens to its chat; each was found by a seed."""

from __future__ import annotations

from aggregator.model import ChatGone, DeliveryState, Place, RetryAt, Sent, Turn, Unknown
from tests.contract.made import (
    HERE,
    HOUR,
    NOW,
    SECOND,
    THERE,
    commit,
    delivery,
    follow,
    only,
    queue,
    send,
    story,
)

GREW = Place(chat_id=-300)
UPGRADED = ChatGone(detail="upgraded", migrated_to=GREW.chat_id)


async def test_nothing_is_looked_for_in_a_chat_while_another_message_is_on_its_way_there(store):
    await queue(store, delivery(THERE, "lost"))
    (lost,) = await store.claim(NOW, 1)
    await store.settle(lost, Unknown(detail="no answer"), NOW)
    await queue(store, delivery(GREW, "next"))
    (following,) = await store.claim(NOW, 1)

    await store.settle(lost, UPGRADED, NOW)

    # Any number may be that of the message on its way, which would be written over.
    assert await store.unsettled(5) == ()
    await store.settle(following, Sent(message_id=3), NOW + SECOND)
    (unsettled,) = await store.unsettled(5)
    assert (unsettled.delivery.key, 3 in unsettled.taken) == ("lost", True)


async def test_what_a_group_brings_along_is_not_overtaken_by_what_came_later(store):
    await queue(store, delivery(THERE, "first"), delivery(GREW, "second"))
    first, second = sorted(await store.claim(NOW, 5, Turn()), key=lambda one: one.id)
    await store.settle(first, UPGRADED, NOW)

    assert await store.leaving(second.id, NOW) is None

    (again,) = await store.claim(NOW, 5, Turn())
    assert (again.key, again.place) == ("first", GREW)
    assert await store.leaving(again.id, NOW) is not None


async def test_an_edit_that_may_be_half_done_is_finished_for_who_follows_no_more(store):
    await store.subscribe(follow())
    await commit(store, stories=(story(),), deliveries=(delivery(),))
    await send(store)
    await queue(store, delivery(html="more outlets"))
    (edit,) = await store.claim(NOW, 1)
    await store.settle(edit, Unknown(detail="no answer"), NOW)

    await store.unsubscribe(HERE, follow().target)

    (again,) = await store.claim(NOW + HOUR, 1)
    assert (again.message_id, again.message.html) == (11, "more outlets")
    await store.settle(again, Sent(message_id=11), NOW)
    kept = await only(store)
    assert (kept.state, kept.message.html) == (DeliveryState.SENT, "more outlets")


async def test_what_may_stand_in_a_chat_that_left_is_not_taken_for_what_comes_after(store):
    await queue(store, delivery(key="first"))
    (first,) = await store.claim(NOW, 1)
    await store.settle(first, Unknown(detail="no answer"), NOW)
    await store.settle(first, ChatGone(detail="bot was blocked by the user"), NOW)
    await store.revive_chat(HERE.chat_id)

    await queue(store, delivery(key="next"))
    (following,) = await store.claim(NOW + SECOND, 1)
    await store.settle(following, Unknown(detail="no answer"), NOW + SECOND)

    (unsettled,) = await store.unsettled(5)
    assert (unsettled.delivery.key, unsettled.haunted) == ("next", True)


async def test_what_a_group_brings_along_waits_with_the_others_of_its_new_chat(store):
    await queue(store, delivery(GREW, "first"), delivery(THERE, "second"))
    first, second = sorted(await store.claim(NOW, 5), key=lambda one: one.id)
    await store.settle(first, RetryAt(after=20 * SECOND), NOW)

    await store.settle(second, UPGRADED, NOW)

    assert await store.claim(NOW + SECOND, 5) == ()
    (again,) = await store.claim(NOW + 20 * SECOND, 5)
    assert again.key == "first"
