"""What every `Store` promises, whatever it is made of."""

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from aggregator.model import (
    Batch,
    ChatGone,
    Committed,
    Decision,
    DecisionKind,
    DeliveryState,
    FeedState,
    ItemKey,
    NotSent,
    Place,
    Priority,
    Rejected,
    Relation,
    RetryAt,
    Sent,
    Stale,
    StoryId,
    Unknown,
    Validators,
)
from tests.contract.made import (
    CASE,
    HERE,
    HERE_TOO,
    HOUR,
    NOW,
    OTHER,
    SECOND,
    THEME,
    THERE,
    TOPIC,
    commit,
    delivery,
    follow,
    item,
    match,
    message,
    only,
    queue,
    send,
    story,
    version,
)

# --- committing -------------------------------------------------------------------------------


async def test_everything_in_a_batch_can_be_read_back(store):
    state = FeedState(
        feed_id="wire-one",
        validators=Validators(etag='W/"x"', last_modified="Mon, 18 Sep 2023"),
        first_read=NOW,
        last_polled=NOW,
        next_poll=NOW + HOUR,
        next_poll_reason="usual pace",
    )
    one = item("one")

    await commit(
        store,
        feed_state=state,
        items=(one,),
        matches=((one.key, match()),),
        stories=(story(),),
        decisions=(
            (one.key, Decision(kind=DecisionKind.ALERT, reason="new", story=StoryId("s1"))),
        ),
        deliveries=(delivery(),),
    )

    assert await store.feed_states() == {"wire-one": state}
    assert await store.known_items([one.key, ItemKey("f" * 32)]) == {one.key}
    assert await store.items_of_feed("wire-one", 5) == (one,)
    assert await store.story(StoryId("s1")) == story()
    assert await only(store) == delivery(id=(await only(store)).id)
    assert (await only(store)).id > 0


async def test_a_commit_moves_the_version_on(store):
    before = await version(store)

    after = await commit(store)

    assert after > before
    assert after == await version(store)


async def test_a_batch_decided_on_an_older_version_is_stale_and_leaves_nothing(store):
    old = await version(store)
    await store.subscribe(follow())
    one = item("one")

    outcome = await store.commit(
        Batch(
            feed_state=FeedState(feed_id="wire-one", failures=3),
            items=(one,),
            matches=((one.key, match()),),
            stories=(story(),),
            deliveries=(delivery(),),
        ),
        old,
    )

    assert outcome == Stale(version=await version(store))
    assert await store.feed_states() == {}
    assert await store.known_items([one.key]) == frozenset()
    assert await store.story(StoryId("s1")) is None
    assert await store.coverage(CASE) == (0, 0)
    assert await store.deliveries(10) == ()


async def test_of_two_commits_on_one_version_only_the_first_gets_in(store):
    seen = await version(store)

    outcomes = await asyncio.gather(
        *(store.commit(Batch(deliveries=(delivery(key=f"n:{n}"),)), seen) for n in range(2))
    )

    assert [type(outcome) for outcome in outcomes] == [Committed, Stale]
    assert [kept.key for kept in await store.deliveries(10)] == ["n:0"]


async def test_an_item_that_exists_is_left_alone(store):
    await commit(store, items=(item("one"),))

    await commit(store, items=(item("one", title="Another title"), item("two")))

    kept = {one.key: one.title for one in await store.items_of_feed("wire-one", 5)}
    assert kept == {item("one").key: item("one").title, item("two").key: item("two").title}


async def test_a_batch_that_cannot_be_stored_leaves_nothing_of_itself(store):
    before = await version(store)
    stranger = (item("nobody").key, match())

    with pytest.raises(Exception, match="FOREIGN KEY"):
        await store.commit(Batch(items=(item("one"),), matches=(stranger,)), before)

    assert await store.known_items([item("one").key]) == frozenset()
    assert await version(store) == before


async def test_any_number_of_keys_can_be_asked_for_at_once(store):
    await commit(store, items=(item("one"),))
    keys = [ItemKey(f"{n:0>32x}") for n in range(40_000)]

    assert await store.known_items([*keys, item("one").key]) == {item("one").key}
    assert await store.known_items([]) == frozenset()


# --- reading news -----------------------------------------------------------------------------


async def test_the_window_holds_the_stories_reported_on_since_then(store):
    old, edge = story("old", last_at=NOW - HOUR - SECOND), story("edge", last_at=NOW - HOUR)
    await commit(store, stories=(old, edge, story("new")))

    window = await store.window(NOW - HOUR)

    assert dict(window.stories) == {"edge": edge, "new": story("new")}


async def test_each_window_shows_stories_as_they_are_now(store):
    await commit(store, stories=(story("s1"), story("s2"), story("s3")))
    await store.window(NOW)
    grown = story("s1", last_at=NOW + HOUR, rings=2)
    await commit(store, stories=(grown, story("s2", last_at=NOW - HOUR)))

    window = await store.window(NOW)

    assert dict(window.stories) == {"s1": grown, "s3": story("s3")}


async def test_a_changed_story_takes_the_place_of_the_old_one(store):
    await commit(store, stories=(story(),))
    changed = story(last_at=NOW + HOUR, targets=(OTHER,), rings=2)

    await commit(store, stories=(changed,))

    assert await store.story(StoryId("s1")) == changed
    assert await store.stories_of(CASE, 5) == ()
    assert await store.stories_of(OTHER, 5) == (changed,)


async def test_stories_of_a_target_are_the_newest_chiefly_about_it(store):
    stories = [story(f"s{n}", last_at=NOW + n * HOUR) for n in range(3)]
    touching = story("touching", targets=(OTHER,), related=(CASE,))
    await commit(store, stories=(stories[1], touching, stories[2], stories[0]))

    assert await store.stories_of(CASE, 2) == (stories[2], stories[1])


async def test_a_story_nobody_stored_is_none(store):
    assert await store.story(StoryId("nothing")) is None


async def test_coverage_counts_chief_items_and_their_outlets(store):
    items = (item("one"), item("two"), item("three", outlet="Wire Two"), item("four"))
    relations = (Relation.CHIEF, Relation.CHIEF, Relation.CHIEF, Relation.RELATED)
    pairs = zip(items, relations, strict=True)
    matches = tuple((one.key, match(relation=relation)) for one, relation in pairs)
    await commit(store, items=items, matches=(*matches, (items[0].key, match(OTHER))))

    assert await store.coverage(CASE) == (3, 2)
    assert await store.coverage(THEME) == (0, 0)


async def test_items_of_a_feed_come_newest_first_by_when_they_happened(store):
    first = item("first", published=NOW - 3 * HOUR)
    dateless = item("dateless", published=None)
    future = item("future", published=NOW + 9 * HOUR, seen=NOW - HOUR)
    elsewhere = item("elsewhere", feed_id="wire-two")
    await commit(store, items=(future, first, dateless, elsewhere))

    assert await store.items_of_feed("wire-one", 2) == (dateless, future)
    assert await store.items_of_feed("wire-one", 9) == (dateless, future, first)


async def test_a_poll_without_items_keeps_its_outcome_and_not_the_version(store):
    before = await version(store)
    await store.save_feed_state(FeedState(feed_id="wire-one", failures=1, last_error="timeout"))

    await store.save_feed_state(FeedState(feed_id="wire-one", failures=2, last_error="TLS"))

    state = FeedState(feed_id="wire-one", failures=2, last_error="TLS")
    assert await store.feed_states() == {"wire-one": state}
    assert await version(store) == before


# --- new text for a delivery ------------------------------------------------------------------


async def test_a_queued_delivery_takes_the_new_text(store):
    await queue(store, delivery())

    await queue(store, delivery(html="better", priority=Priority.HIGH, created=NOW + HOUR))

    kept = await only(store)
    assert (kept.state, kept.message, kept.priority) == (
        DeliveryState.QUEUED,
        message("better"),
        Priority.HIGH,
    )
    assert (kept.created, kept.message_id, kept.item_seen) == (NOW, None, NOW - SECOND)


async def test_new_text_does_not_cut_the_wait_after_a_failure_short(store):
    await queue(store, delivery())
    (claimed,) = await store.claim(NOW, 1)
    await store.settle(claimed, NotSent(detail="no route"), NOW)

    await queue(store, delivery(html="better"))

    assert await store.claim(NOW, 1) == ()
    (again,) = await store.claim(NOW + 2 * SECOND, 1)
    assert again.message.html == "better"


async def test_a_sent_delivery_with_another_text_is_queued_as_an_edit(store):
    await queue(store, delivery())
    await send(store, message_id=11)

    await queue(store, delivery(html="more outlets"))

    kept = await only(store)
    assert (kept.state, kept.message_id, kept.attempts, kept.sent) == (
        DeliveryState.QUEUED,
        11,
        0,
        NOW,
    )
    (claimed,) = await store.claim(NOW, 5)
    assert (claimed.message_id, claimed.message.html) == (11, "more outlets")


async def test_a_sent_delivery_with_the_same_text_is_left_alone(store):
    await queue(store, delivery())
    await send(store)
    before = await only(store)

    await queue(store, delivery(priority=Priority.HIGH, created=NOW + HOUR))

    assert await only(store) == before


async def test_an_edit_back_to_the_text_that_is_there_is_spared(store):
    await queue(store, delivery())
    await send(store)
    await queue(store, delivery(html="more outlets"))

    await queue(store, delivery(html="first text"))

    assert (await only(store)).state is DeliveryState.SENT
    assert await store.claim(NOW, 5) == ()


async def test_new_text_that_comes_while_sending_follows_as_an_edit(store):
    await queue(store, delivery())
    (claimed,) = await store.claim(NOW, 1)

    await queue(store, delivery(html="came meanwhile"))
    assert (await only(store)).state is DeliveryState.SENDING
    await store.settle(claimed, Sent(message_id=11), NOW)

    (edit,) = await store.claim(NOW, 1)
    assert (edit.message.html, edit.message_id, edit.sent) == ("came meanwhile", 11, NOW)
    await store.settle(edit, Sent(message_id=11), NOW + SECOND)
    kept = await only(store)
    assert (kept.state, kept.sent) == (DeliveryState.SENT, NOW)


async def test_a_sender_that_decorates_the_text_causes_no_endless_edits(store):
    await queue(store, delivery())
    (claimed,) = await store.claim(NOW, 1)

    await store.settle(
        replace(claimed, message=message("DEMO first text")), Sent(message_id=1), NOW
    )

    assert (await only(store)).state is DeliveryState.SENT


async def test_a_dead_delivery_stays_dead(store):
    await queue(store, delivery())
    (claimed,) = await store.claim(NOW, 1)
    await store.settle(claimed, Rejected(detail="can't parse entities"), NOW)

    await queue(store, delivery(html="new text"))

    kept = await only(store)
    assert (kept.state, kept.error) == (DeliveryState.DEAD, "can't parse entities")
    assert await store.claim(NOW + HOUR, 5) == ()


async def test_an_unknown_delivery_stays_unknown_and_its_new_text_is_not_lost(store):
    await queue(store, delivery())
    (claimed,) = await store.claim(NOW, 1)
    await store.settle(claimed, Unknown(detail="timed out"), NOW)

    await queue(store, delivery(html="new text"))

    assert (await only(store)).state is DeliveryState.UNKNOWN
    await store.settle(claimed, Sent(message_id=11), NOW)  # a probe found the first text there
    (edit,) = await store.claim(NOW, 1)
    assert (edit.message_id, edit.message.html) == (11, "new text")


async def test_the_same_key_in_two_topics_is_two_deliveries(store):
    await queue(store, delivery(THERE), delivery(TOPIC))

    assert len(await store.deliveries(10)) == 2


async def test_enqueue_drops_what_has_a_known_place_and_key(store):
    before = await version(store)
    await store.enqueue([delivery(key="reply:1"), delivery(key="reply:2")])

    await store.enqueue([delivery(key="reply:1", html="again"), delivery(THERE, "reply:1")])

    texts = [(kept.place, kept.key, kept.message.html) for kept in await store.deliveries(10)]
    assert texts == [
        (THERE, "reply:1", "first text"),
        (HERE, "reply:2", "first text"),
        (HERE, "reply:1", "first text"),
    ]
    assert await version(store) == before


# --- claiming ---------------------------------------------------------------------------------


async def test_a_claim_takes_one_delivery_a_chat_by_priority_then_age(store):
    await queue(
        store,
        delivery(HERE, "a", priority=Priority.NORMAL),
        delivery(HERE, "b", priority=Priority.HIGH),
        delivery(THERE, "c", priority=Priority.LOW),
        delivery(TOPIC, "d", priority=Priority.LOW),
        delivery(Place(chat_id=3), "e", priority=Priority.REPLY),
    )

    claimed = await store.claim(NOW, 10)

    assert [(one.key, one.state, one.attempts) for one in claimed] == [
        ("e", DeliveryState.SENDING, 1),
        ("b", DeliveryState.SENDING, 1),
        ("c", DeliveryState.SENDING, 1),
    ]


async def test_a_claim_takes_no_more_than_its_limit(store):
    await queue(store, *(delivery(Place(chat_id=n), "a") for n in range(1, 6)))

    first = await store.claim(NOW, 2)
    second = await store.claim(NOW, 9)

    assert [one.place.chat_id for one in first + second] == [1, 2, 3, 4, 5]


async def test_a_chat_with_one_in_flight_gives_none_until_it_is_settled(store):
    await queue(store, delivery(THERE, "a"), delivery(TOPIC, "b"))
    (first,) = await store.claim(NOW, 5)

    assert await store.claim(NOW, 5) == ()
    await store.settle(first, Sent(message_id=1), NOW)

    assert [one.key for one in await store.claim(NOW, 5)] == ["b"]


async def test_what_is_not_due_is_not_claimed_and_does_not_hide_what_is(store):
    await queue(store, delivery(key="a", not_before=NOW + SECOND), delivery(key="b"))

    (claimed,) = await store.claim(NOW, 5)
    await store.settle(claimed, Sent(message_id=1), NOW)

    assert claimed.key == "b"
    assert await store.claim(NOW, 5) == ()
    assert [one.key for one in await store.claim(NOW + SECOND, 5)] == ["a"]


async def test_concurrent_claims_never_share_a_delivery(store):
    await queue(store, *(delivery(Place(chat_id=n), "a") for n in range(1, 9)))

    claims = await asyncio.gather(*(store.claim(NOW, 3) for _ in range(4)))

    ids = [one.id for claim in claims for one in claim]
    assert len(ids) == len(set(ids)) == 8


async def test_a_released_delivery_is_as_it_was(store):
    await queue(store, delivery())
    before = await only(store)
    (claimed,) = await store.claim(NOW, 1)

    await store.release([claimed.id])

    assert await only(store) == before


async def test_releasing_leaves_what_is_not_being_sent_alone(store):
    await queue(store, delivery())
    sent = await send(store)
    before = await only(store)

    await store.release([sent.id, 999])

    assert await only(store) == before


async def test_the_next_due_time_is_that_of_the_earliest_queued_delivery(store):
    assert await store.next_due() is None
    await queue(store, delivery(key="a", not_before=NOW + HOUR))
    await queue(store, delivery(THERE, key="b", not_before=NOW + 2 * HOUR))
    assert await store.next_due() == NOW + HOUR

    await queue(store, delivery(THERE, key="c"))

    assert await store.next_due() == NOW


async def test_what_waits_behind_a_delivery_in_flight_is_not_due(store):
    await queue(store, delivery(key="a"), delivery(key="b"))

    (first,) = await store.claim(NOW, 1)

    assert await store.next_due() is None
    await store.settle(first, Sent(message_id=1), NOW)
    assert await store.next_due() == NOW


# --- settling ---------------------------------------------------------------------------------


async def test_a_sent_delivery_keeps_its_message_id_and_time(store):
    await queue(store, delivery())

    await send(store, message_id=77, now=NOW + SECOND)

    kept = await only(store)
    assert (kept.state, kept.message_id, kept.sent, kept.attempts) == (
        DeliveryState.SENT,
        77,
        NOW + SECOND,
        1,
    )
    assert await store.next_due() is None


async def test_a_wait_holds_everything_of_that_chat_and_no_other_and_costs_no_attempt(store):
    await queue(store, delivery(THERE, "a"), delivery(TOPIC, "b"), delivery(HERE, "c"))
    first, second = await store.claim(NOW, 5)
    assert {first.key, second.key} == {"a", "c"}

    await store.settle(first, RetryAt(after=30 * SECOND), NOW)

    kept = {one.key: one for one in await store.deliveries(10)}
    assert kept["a"].state is kept["b"].state is DeliveryState.QUEUED
    assert kept["a"].not_before == kept["b"].not_before == NOW + 30 * SECOND
    assert kept["a"].attempts == 0
    await store.settle(second, Sent(message_id=1), NOW)
    assert await store.claim(NOW + 29 * SECOND, 5) == ()
    assert [one.key for one in await store.claim(NOW + 30 * SECOND, 5)] == ["a"]


async def test_a_wait_never_brings_a_later_delivery_forward(store):
    await queue(store, delivery(key="a"), delivery(key="later", not_before=NOW + HOUR))
    (first,) = await store.claim(NOW, 5)

    await store.settle(first, RetryAt(after=SECOND), NOW)

    assert (await store.deliveries(1))[0].not_before == NOW + HOUR


async def test_what_is_queued_during_a_wait_waits_too(store):
    await queue(store, delivery(key="a"))
    (first,) = await store.claim(NOW, 5)
    await store.settle(first, RetryAt(after=30 * SECOND), NOW)

    await store.enqueue([delivery(key="b", priority=Priority.REPLY)])
    await queue(store, delivery(key="c", priority=Priority.HIGH))

    assert await store.claim(NOW + 29 * SECOND, 5) == ()
    assert await store.next_due() == NOW + 30 * SECOND


async def test_a_wait_that_is_over_holds_nothing(store):
    await queue(store, delivery(key="a"))
    (first,) = await store.claim(NOW, 5)
    await store.settle(first, RetryAt(after=SECOND), NOW)

    await store.enqueue([delivery(THERE, "x"), delivery(key="b", created=NOW + HOUR)])

    assert (await store.deliveries(1))[0].not_before is None


async def test_what_never_left_is_tried_again_ever_later_up_to_five_minutes(store):
    await queue(store, delivery())
    now, waits = NOW, []
    for _ in range(11):
        (claimed,) = await store.claim(now, 1)
        await store.settle(claimed, NotSent(detail="no route"), now)
        kept = await only(store)
        assert (kept.state, kept.error) == (DeliveryState.QUEUED, "no route")
        waits.append((kept.not_before - now).total_seconds())
        now = kept.not_before

    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    assert (await only(store)).attempts == 11


async def test_what_never_left_survives_a_long_weekend_and_is_given_up_after_a_week(store):
    await queue(store, delivery())
    (claimed,) = await store.claim(NOW, 1)
    await store.settle(claimed, NotSent(detail="no route"), NOW + 90 * HOUR)
    assert (await only(store)).state is DeliveryState.QUEUED

    (claimed,) = await store.claim(NOW + 168 * HOUR, 1)
    await store.settle(claimed, NotSent(detail="no route"), NOW + 168 * HOUR)

    kept = await only(store)
    assert kept.state is DeliveryState.DEAD
    assert "no route" in kept.error


async def test_an_edit_of_an_old_message_is_not_given_up_for_the_message_s_age(store):
    await queue(store, delivery())
    await send(store)
    late = NOW + 1000 * HOUR
    await queue(store, delivery(html="a month later", created=late))

    (edit,) = await store.claim(late, 1)
    await store.settle(edit, NotSent(detail="no route"), late)

    assert (await only(store)).state is DeliveryState.QUEUED


async def test_what_may_have_arrived_is_parked_and_not_sent_again(store):
    await queue(store, delivery())
    (claimed,) = await store.claim(NOW, 1)

    await store.settle(claimed, Unknown(detail="read timed out"), NOW)

    kept = await only(store)
    assert (kept.state, kept.error) == (DeliveryState.UNKNOWN, "read timed out")
    assert await store.claim(NOW + 1000 * HOUR, 5) == ()


async def test_an_unknown_delivery_that_proves_unsent_is_queued_again(store):
    await queue(store, delivery())
    (claimed,) = await store.claim(NOW, 1)
    await store.settle(claimed, Unknown(detail="read timed out"), NOW)

    await store.settle(claimed, NotSent(detail="a probe did not find it"), NOW)

    assert len(await store.claim(NOW + HOUR, 5)) == 1


async def test_what_is_never_answered_is_not_sent_again_and_again_without_a_pause(store):
    await queue(store, delivery())
    now, times = NOW, []
    while len(times) < 5:
        for claimed in await store.claim(now, 1):
            times.append(now)
            await store.settle(claimed, Unknown(detail="no answer"), now)
            await store.settle(claimed, NotSent(detail="a probe did not find it"), now)
        now += SECOND / 4

    waits = [after - before for before, after in pairwise(times)]
    assert waits[0] < SECOND
    assert [wait // SECOND for wait in waits[1:]] == [4, 8, 16]


async def test_what_may_have_arrived_has_a_number_above_those_given_before(store):
    await queue(store, delivery(), delivery(HERE_TOO), delivery(Place(chat_id=-200)))
    for number, claimed in enumerate(await store.claim(NOW, 5), start=41):
        await store.settle(claimed, Sent(message_id=number), NOW)
    await queue(store, delivery(Place(chat_id=0)), delivery(key="lost"))
    for claimed in await store.claim(NOW + HOUR, 5):
        printed = claimed.place.chat_id == 0
        outcome = Sent(message_id=9_000) if printed else Unknown(detail="no answer")
        await store.settle(claimed, outcome, NOW + HOUR)
    await queue(store, delivery(HERE_TOO, "next"))
    (claimed,) = await store.claim(NOW + 2 * HOUR, 5)
    await store.settle(claimed, Sent(message_id=46), NOW + 2 * HOUR)

    (unsettled,) = await store.unsettled(5)

    assert unsettled.delivery.key == "lost"
    assert (unsettled.after, unsettled.taken, unsettled.lost) == (43, {46}, 1)


async def test_an_edit_with_unknown_outcome_is_made_again(store):
    await queue(store, delivery())
    await send(store)
    await queue(store, delivery(html="more outlets"))
    (edit,) = await store.claim(NOW, 1)

    await store.settle(edit, Unknown(detail="read timed out"), NOW)

    # Which text is there is not certain, so even the first one would have to be sent.
    await queue(store, delivery(html="first text"))
    (again,) = await store.claim(NOW + HOUR, 1)
    assert (again.message_id, again.message.html) == (11, "first text")


async def test_a_rejected_delivery_is_dead_with_its_reason(store):
    await queue(store, delivery(key="a"), delivery(key="b"))
    (claimed,) = await store.claim(NOW, 1)

    await store.settle(claimed, Rejected(detail="message is too long"), NOW)

    dead = (await store.deliveries(10))[1]
    assert (dead.state, dead.error) == (DeliveryState.DEAD, "message is too long")
    assert [one.key for one in await store.claim(NOW, 5)] == ["b"]


async def test_settling_what_is_gone_or_done_changes_nothing(store):
    await queue(store, delivery())
    sent = await send(store, message_id=11)
    before = await store.deliveries(10)

    await store.settle(sent, Rejected(detail="late"), NOW)
    await store.settle(replace(sent, id=999), Sent(message_id=3), NOW)

    assert await store.deliveries(10) == before


async def test_a_chat_that_is_gone_loses_its_queue_and_its_voice_but_not_its_subscriptions(store):
    await store.subscribe(follow())
    await store.subscribe(follow(THERE))
    await queue(store, delivery(key="a"), delivery(key="b"), delivery(THERE, "c"))
    claimed, _ = await store.claim(NOW, 5)
    before = await version(store)

    await store.settle(claimed, ChatGone(detail="bot was blocked"), NOW)

    kept = {one.key: (one.state, one.error) for one in await store.deliveries(10)}
    assert kept["a"] == kept["b"] == (DeliveryState.DEAD, "bot was blocked")
    assert kept["c"] == (DeliveryState.SENDING, "")
    assert await store.subscriptions() == (follow(THERE),)
    assert await store.subscriptions_at(HERE) == (follow(),)
    assert await version(store) > before


async def test_nothing_is_queued_for_a_chat_that_is_gone(store):
    await queue(store, delivery(key="a"))
    (claimed,) = await store.claim(NOW, 5)
    await store.chat_gone(HERE.chat_id, "bot was kicked")

    await store.settle(claimed, NotSent(detail="no route"), NOW)
    await store.enqueue([delivery(key="b")])
    await queue(store, delivery(key="c"))

    assert {one.state for one in await store.deliveries(10)} == {DeliveryState.DEAD}
    assert await store.next_due() is None


async def test_a_chat_that_migrated_takes_everything_along(store):
    new = -100_200
    await store.subscribe(follow(THERE))
    await queue(store, delivery(THERE, "sent"))
    await send(store)
    await queue(store, delivery(THERE, "a"), delivery(THERE, "b"))
    (claimed,) = await store.claim(NOW, 5)
    before = await version(store)

    await store.settle(claimed, ChatGone(detail="migrated", migrated_to=new), NOW)

    assert {one.place for one in await store.deliveries(10)} == {Place(chat_id=new)}
    assert await store.subscriptions() == (follow(Place(chat_id=new)),)
    assert await version(store) > before
    (again,) = await store.claim(NOW, 5)
    assert (again.key, again.place.chat_id, again.attempts) == ("a", new, 1)


async def test_what_was_sent_before_a_migration_is_never_edited_after_it(store):
    await queue(store, delivery(THERE, "old"))
    await send(store, message_id=5)
    await queue(store, delivery(THERE, "old", html="edit"), delivery(THERE, "next"))
    (edit,) = await store.claim(NOW, 5)
    assert edit.message_id == 5

    await store.settle(edit, ChatGone(detail="migrated", migrated_to=-300), NOW)
    await queue(store, delivery(Place(chat_id=-300), "old", html="another edit"))

    assert [one.key for one in await store.claim(NOW, 5)] == ["next"]
    kept = (await store.deliveries(10))[1]
    assert (kept.state, kept.message_id, kept.sent) == (DeliveryState.SENT, None, NOW)


async def test_a_chat_that_others_migrate_into_takes_messages(store):
    await store.chat_gone(-300, "bot was kicked")
    await store.subscribe(follow(THERE))
    await queue(store, delivery(THERE))
    (claimed,) = await store.claim(NOW, 5)

    await store.settle(claimed, ChatGone(detail="migrated", migrated_to=-300), NOW)

    assert await store.subscriptions() == (follow(Place(chat_id=-300)),)


async def test_a_migration_into_a_chat_that_has_the_same_rows_keeps_one_of_each(store):
    new = Place(chat_id=-300)
    for place in (THERE, new):
        await store.subscribe(follow(place))
    await queue(store, delivery(THERE), delivery(new))
    claimed = await store.claim(NOW, 5)
    (of_old,) = [one for one in claimed if one.place == THERE]

    await store.settle(of_old, ChatGone(detail="migrated", migrated_to=-300), NOW)

    assert await store.subscriptions() == (follow(new),)
    kept = await only(store)
    assert (kept.place, kept.state) == (new, DeliveryState.SENDING)


async def test_what_was_being_sent_when_the_program_died_becomes_unknown(store):
    await queue(store, delivery(HERE, "a"), delivery(THERE, "b"), delivery(HERE, "c"))
    await store.claim(NOW, 5)

    assert await store.recover() == 2

    states = {one.key: one.state for one in await store.deliveries(10)}
    assert states == {
        "a": DeliveryState.UNKNOWN,
        "b": DeliveryState.UNKNOWN,
        "c": DeliveryState.QUEUED,
    }
    assert await store.recover() == 0


async def test_an_edit_under_way_when_the_program_died_is_made_again(store):
    await queue(store, delivery())
    await send(store)
    await queue(store, delivery(html="more outlets"))
    await store.claim(NOW, 5)

    assert await store.recover() == 0

    (again,) = await store.claim(NOW, 5)
    assert (again.message_id, again.message.html) == (11, "more outlets")


async def test_deliveries_come_newest_first(store):
    await queue(store, *(delivery(key=str(n)) for n in range(4)))

    assert [one.key for one in await store.deliveries(3)] == ["3", "2", "1"]


# --- people -----------------------------------------------------------------------------------


async def test_a_subscription_is_added_once(store):
    before = await version(store)

    assert await store.subscribe(follow())
    after = await version(store)
    assert not await store.subscribe(replace(follow(), since=NOW + HOUR))

    assert await store.subscriptions() == (follow(),)
    assert before < after == await version(store)


async def test_topics_of_one_chat_follow_for_themselves(store):
    await store.subscribe(follow(THERE))
    await store.subscribe(follow(TOPIC, OTHER))

    assert await store.subscriptions_at(THERE) == (follow(THERE),)
    assert await store.subscriptions_at(TOPIC) == (follow(TOPIC, OTHER),)


async def test_subscribing_brings_a_chat_that_was_gone_back_to_life(store):
    await store.subscribe(follow())
    await store.chat_gone(HERE.chat_id, "blocked")
    assert await store.subscriptions() == ()
    before = await version(store)

    assert not await store.subscribe(follow())

    assert await store.subscriptions() == (follow(),)
    assert await version(store) > before


async def test_a_chat_that_speaks_again_takes_messages_again(store):
    await store.subscribe(follow())
    await store.chat_gone(HERE.chat_id, "blocked")
    before = await version(store)

    await store.revive_chat(HERE.chat_id)
    await store.revive_chat(HERE.chat_id)
    await store.revive_chat(999)

    assert await store.subscriptions() == (follow(),)
    assert await version(store) == before + 1
    await store.enqueue([delivery(key="a")])
    assert len(await store.claim(NOW, 5)) == 1


async def test_a_chat_that_is_gone_twice_moves_the_version_once(store):
    before = await version(store)

    await store.chat_gone(HERE.chat_id, "blocked")
    await store.chat_gone(HERE.chat_id, "blocked")

    assert await version(store) == before + 1


async def test_unsubscribing_from_what_was_not_followed_changes_nothing(store):
    before = await version(store)

    assert not await store.unsubscribe(HERE, CASE)

    assert await version(store) == before


async def test_unsubscribing_removes_what_is_queued_for_it_alone(store):
    for subscription in (follow(), follow(HERE, OTHER), follow(THERE)):
        await store.subscribe(subscription)
    await commit(
        store,
        stories=(story("s1"), story("both", targets=(CASE, OTHER)), story("s2", targets=(OTHER,))),
        deliveries=(
            delivery(HERE, "story:s1:1"),
            delivery(HERE, "story:both:1"),
            delivery(HERE, "story:s2:1"),
            delivery(HERE, "reply:1"),
            delivery(HERE, "story:unheard-of:1"),
            delivery(THERE, "story:s1:1"),
        ),
    )
    before = await version(store)

    assert await store.unsubscribe(HERE, CASE)

    left = {(one.place, one.key) for one in await store.deliveries(10)}
    assert left == {
        (HERE, "story:both:1"),
        (HERE, "story:s2:1"),
        (HERE, "reply:1"),
        (HERE, "story:unheard-of:1"),
        (THERE, "story:s1:1"),
    }
    assert await store.subscriptions_at(HERE) == (follow(HERE, OTHER),)
    assert await version(store) > before


async def test_unsubscribing_from_the_last_of_two_reasons_removes_the_delivery(store):
    await store.subscribe(follow())
    await store.subscribe(follow(HERE, OTHER))
    await commit(store, stories=(story(targets=(CASE, OTHER)),), deliveries=(delivery(),))

    await store.unsubscribe(HERE, CASE)
    assert len(await store.deliveries(10)) == 1
    await store.unsubscribe(HERE, OTHER)

    assert await store.deliveries(10) == ()


async def test_after_unsubscribing_a_message_that_was_sent_stays_as_it_was_sent(store):
    await store.subscribe(follow())
    await commit(store, stories=(story(),), deliveries=(delivery(),))
    await send(store)
    await queue(store, delivery(html="more outlets"))

    await store.unsubscribe(HERE, CASE)

    kept = await only(store)
    assert (kept.state, kept.message) == (DeliveryState.SENT, message("first text"))
    assert await store.claim(NOW, 5) == ()


@pytest.mark.parametrize("outcome", [RetryAt(after=SECOND), NotSent(detail="no route")])
async def test_what_was_being_sent_on_unsubscribing_is_not_tried_again(store, outcome):
    await store.subscribe(follow())
    await commit(store, stories=(story(),), deliveries=(delivery(),))
    (claimed,) = await store.claim(NOW, 5)

    await store.unsubscribe(HERE, CASE)
    await store.settle(claimed, outcome, NOW)

    assert await store.deliveries(10) == ()


async def test_following_again_before_the_send_failed_keeps_the_alert(store):
    await store.subscribe(follow())
    await commit(store, stories=(story(),), deliveries=(delivery(),))
    (claimed,) = await store.claim(NOW, 5)

    await store.unsubscribe(HERE, CASE)
    await store.subscribe(follow())
    await store.settle(claimed, NotSent(detail="no route"), NOW)

    assert (await only(store)).state is DeliveryState.QUEUED


async def test_what_arrived_although_unsubscribed_is_recorded_as_sent(store):
    await store.subscribe(follow())
    await commit(store, stories=(story(),), deliveries=(delivery(),))
    (claimed,) = await store.claim(NOW, 5)
    await queue(store, delivery(html="came meanwhile"))

    await store.unsubscribe(HERE, CASE)
    await store.settle(claimed, Sent(message_id=4), NOW)

    kept = await only(store)
    assert (kept.state, kept.message_id, kept.message.html) == (
        DeliveryState.SENT,
        4,
        "first text",
    )


async def test_admins_are_remembered_once(store):
    assert await store.admins() == frozenset()

    for user in (5, 6, 5):
        await store.add_admin(user, NOW)

    assert await store.admins() == {5, 6}


async def test_a_setting_is_none_until_made_and_then_the_last_value(store):
    assert await store.setting("language") is None

    await store.put_setting("language", "de")
    await store.put_setting("language", "en")

    assert await store.setting("language") == "en"


async def test_closing_twice_is_harmless(store):
    await store.close()
    await store.close()
