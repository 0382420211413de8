"""What is removed, what stays, and what is still known of what was removed."""

from datetime import timedelta

from aggregator.model import (
    Decision,
    DecisionKind,
    Feedback,
    Gap,
    ItemKey,
    Message,
    PlaceSettings,
    Pruned,
    StoryId,
    Unknown,
)
from tests.contract.made import (
    CASE,
    HERE,
    HERE_TOO,
    HOUR,
    NOW,
    commit,
    deliver,
    delivery,
    item,
    match,
    mute,
    queue,
    story,
)

DAY = timedelta(days=1)
LONG = NOW - 1000 * DAY


async def prune(store, *, unmatched=LONG, matched=LONG, done=LONG):
    return await store.prune(unmatched=unmatched, matched=matched, done=done)


async def stored(store):
    found = await store.search(None, since=None, before=None, limit=1000)
    return {one.key.lstrip("0") for one in found}


def joined(one, name):
    return (one.key, Decision(kind=DecisionKind.ALERT, reason="new", story=StoryId(name)))


def old(name, days=40, **changes):
    return item(name, published=NOW - days * DAY, seen=NOW - days * DAY, **changes)


async def test_items_that_matched_nothing_go_by_when_they_were_seen(store):
    listed_late = item("new", published=NOW - 4000 * DAY)
    await commit(store, items=(old("a"), old("b", days=29), listed_late))

    assert await prune(store, unmatched=NOW - 30 * DAY) == Pruned(items=1)
    assert await prune(store, unmatched=NOW - 30 * DAY) == Pruned()

    assert await stored(store) == {"b", "new"}


async def test_a_pruned_item_stays_known_and_is_found_no_more(store):
    hexed = old("x", title="judge", key=ItemKey("ab" * 16))
    named = old("x", title="judge", key=ItemKey("not hex"))
    await commit(store, items=(hexed, named))
    await prune(store, unmatched=NOW)

    unknown = ItemKey("cd" * 16)
    assert await store.known_items([hexed.key, named.key, unknown]) == {hexed.key, named.key}
    assert await store.search("judge", since=None, before=None, limit=9) == ()
    assert await store.item(hexed.key) is None


async def test_a_story_goes_whole_with_its_items_and_what_they_matched(store):
    one, two = old("a", days=800), old("b", days=790)
    last = story("s1", last_at=NOW - 790 * DAY)
    await commit(
        store,
        items=(one, two),
        matches=((one.key, match()), (two.key, match())),
        stories=(last,),
        decisions=(joined(one, "s1"), joined(two, "s1")),
    )
    assert await prune(store, unmatched=NOW, matched=NOW - 795 * DAY) == Pruned()

    assert await prune(store, matched=NOW - 730 * DAY) == Pruned(items=2, stories=1)

    assert await stored(store) == set()
    assert await store.story(last.id) is None
    assert await store.stories_of(CASE, 9) == ()
    assert await store.matches([one.key, two.key]) == {}
    assert await store.decisions([one.key, two.key]) == {}
    assert await store.known_items([one.key, two.key]) == {one.key, two.key}


async def test_a_story_that_may_still_be_joined_keeps_its_oldest_item(store):
    first, unmatched = old("a", days=900), old("b", days=900)
    await commit(
        store,
        items=(first, unmatched),
        matches=((first.key, match()),),
        stories=(story("s1", last_at=NOW),),
        decisions=(joined(first, "s1"), joined(unmatched, "s1")),
    )

    assert await prune(store, unmatched=NOW, matched=NOW - DAY) == Pruned()

    assert await stored(store) == {"a", "b"}


async def test_what_matched_outlives_what_did_not(store):
    kept, gone, touched = old("a"), old("b"), old("c", days=800)
    await commit(
        store, items=(kept, gone, touched), matches=((kept.key, match()), (touched.key, match()))
    )

    assert await prune(store, unmatched=NOW - 30 * DAY, matched=NOW - 730 * DAY) == Pruned(items=2)

    assert await stored(store) == {"a"}


async def test_a_call_removes_a_bounded_number_and_the_next_goes_on(store):
    await commit(store, items=tuple(old(f"{n}") for n in range(1, 1_203)))

    removed = []
    while step := (await prune(store, unmatched=NOW)).items:
        removed.append(step)

    assert sum(removed) == 1_202
    assert 1 < len(removed) < 100
    assert await stored(store) == set()


async def test_messages_that_are_done_go_and_those_on_their_way_stay(store):
    await deliver(store, delivery(key="sent", created=NOW - 99 * DAY))
    await queue(
        store,
        delivery(HERE_TOO, "queued", created=NOW - 99 * DAY),
        delivery(key="new"),
    )
    assert await prune(store, done=NOW - 90 * DAY) == Pruned(deliveries=1)

    assert {one.key for one in await store.deliveries(9)} == {"queued", "new"}
    assert await prune(store, done=NOW - 90 * DAY) == Pruned()


async def test_what_was_parked_goes_too_and_what_is_still_looked_for_stays(store):
    for place in (HERE, HERE_TOO):
        await store.put_settings(PlaceSettings(place=place, never_repeat=True))
    await queue(store, delivery(HERE, "parked"), delivery(HERE_TOO, "sought"))
    for claimed in await store.claim(NOW, 5):
        await store.settle(claimed, Unknown(detail="no answer"), NOW)
        if claimed.key == "parked":
            await store.unfound(claimed, "not seen", "may be a repeat", NOW)

    assert await prune(store, done=NOW + DAY) == Pruned(deliveries=1)

    assert [one.key for one in await store.deliveries(9)] == ["sought"]


async def test_a_message_of_a_living_story_stays_so_that_no_report_rings_again(store):
    await commit(store, stories=(story("s1", last_at=NOW),))
    await deliver(store, delivery(created=NOW - 99 * DAY))
    assert await prune(store, done=NOW - 90 * DAY) == Pruned()

    await queue(store, delivery(html="one more outlet"))

    (edit,) = await store.claim(NOW, 5)
    assert edit.message_id == 11


async def test_a_file_goes_unless_a_message_still_carries_it(store):
    for name in ("used.png", "old.png"):
        await store.put_file(name, b"x", NOW - 99 * DAY)
    await store.put_file("new.png", b"x", NOW)
    await queue(store, delivery(message=Message(html="chart", attachment="used.png")))

    await prune(store, done=NOW - 90 * DAY)

    found = {name: await store.file(name) for name in ("used.png", "old.png", "new.png")}
    assert found == {"used.png": b"x", "old.png": None, "new.png": b"x"}
    (claimed,) = await store.claim(NOW, 5)
    assert claimed.message.attachment == "used.png"


async def test_ended_mutes_old_feedback_and_gaps_that_are_over_go(store):
    await store.mute(mute(since=NOW - 99 * DAY, until=NOW - 98 * DAY))
    await store.mute(mute(HERE_TOO))
    given = Feedback(
        at=NOW - 800 * DAY,
        target=CASE,
        rule_version="",
        story=StoryId("s1"),
        item=ItemKey("a" * 32),
        title="x",
    )
    await store.add_feedback(given)
    over = Gap(
        feed_id="dcd",
        why="rolled over",
        since=NOW - 800 * DAY,
        until=NOW - 799 * DAY,
        opened=NOW - 799 * DAY,
    )
    await store.open_gap(over)

    await prune(store, matched=NOW - 730 * DAY, done=NOW - 90 * DAY)

    assert (await store.people()).mutes == (mute(HERE_TOO),)
    assert await store.feedback(LONG) == ()
    assert await store.gaps(LONG) == ()
    assert await store.verify_ledger() == (1, None)


async def test_pruning_an_empty_store_removes_nothing(store):
    assert await prune(store, unmatched=NOW, matched=NOW, done=NOW) == Pruned()


async def test_what_is_pruned_is_not_news_for_people(store):
    await commit(store, items=(old("a"),))
    before = (await store.window(NOW - HOUR)).version

    await prune(store, unmatched=NOW)

    assert (await store.window(NOW - HOUR)).version == before
    assert await store.told(HERE, LONG) == frozenset()
