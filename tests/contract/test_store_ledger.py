"""The ledger and the gaps: what can be proved later."""

from dataclasses import replace

import pytest

from aggregator.model import (
    ChatGone,
    FeedState,
    Gap,
    LedgerKind,
    Place,
    Rejected,
    RetryAt,
    Sent,
    Unknown,
)
from aggregator.store.sqlite import VERIFY_STEP_ROWS
from tests.contract.made import (
    HERE,
    HERE_TOO,
    HOUR,
    NOW,
    SECOND,
    THERE,
    TOPIC,
    deliver,
    delivery,
    follow,
    queue,
)

BEGINNING = NOW - 1000 * HOUR


async def rows(store, since=BEGINNING):
    return await store.ledger(since, 100)


async def chats(store):
    return [row.chat for row in await rows(store)]


# --- what is recorded -------------------------------------------------------------------------


async def test_what_was_accepted_is_recorded_with_all_that_proves_it(store):
    await queue(store, delivery(TOPIC, rule_version="v7"))
    (claimed,) = await store.claim(NOW, 1)
    await store.settle(claimed, Sent(message_id=41), NOW + SECOND)

    (row,) = await rows(store)
    assert replace(row, digest="") == replace(
        row,
        number=1, kind=LedgerKind.SENT, at=NOW + SECOND, chat=str(TOPIC.chat_id),
        thread_id=TOPIC.thread_id, key="story:s1:1", story="s1", item_seen=NOW - SECOND,
        rule_version="v7", message_id=41, note="", digest="",
    )  # fmt: skip
    assert len(row.digest) == 64


async def test_an_edit_is_recorded_as_one(store):
    await deliver(store, delivery())
    await deliver(store, delivery(html="more outlets"), now=NOW + HOUR)

    assert [(row.kind, row.at, row.message_id) for row in await rows(store)] == [
        (LedgerKind.SENT, NOW, 11),
        (LedgerKind.EDITED, NOW + HOUR, 11),
    ]


@pytest.mark.parametrize(
    "outcome",
    [Rejected(detail="no"), Unknown(detail="?"), RetryAt(after=HOUR), ChatGone(detail="blocked")],
    ids=lambda outcome: type(outcome).__name__,
)
async def test_what_was_not_accepted_is_not_recorded(store, outcome):
    await queue(store, delivery())
    (claimed,) = await store.claim(NOW, 1)

    await store.settle(claimed, outcome, NOW)

    assert await rows(store) == ()


async def test_what_was_found_after_its_answer_was_lost_says_so(store):
    await queue(store, delivery())
    (claimed,) = await store.claim(NOW, 1)
    await store.settle(claimed, Unknown(detail="read timed out"), NOW)
    await store.settle(claimed, Sent(message_id=5), NOW + HOUR)

    (row,) = await rows(store)
    assert (row.kind, row.at) == (LedgerKind.SENT, NOW + HOUR)
    assert "answer was lost" in row.note


async def test_settling_twice_records_once(store):
    await queue(store, delivery())
    (claimed,) = await store.claim(NOW, 1)
    for _ in range(2):
        await store.settle(claimed, Sent(message_id=5), NOW)

    assert len(await rows(store)) == 1


async def test_the_ledger_is_read_page_by_page_and_from_a_day_on(store):
    for hour in range(5):
        await deliver(store, delivery(key=f"n:{hour}"), now=NOW + hour * HOUR)

    page = await store.ledger(NOW + HOUR, 2)
    rest = await store.ledger(NOW + HOUR, 9, after=page[-1].number)
    assert [row.number for row in (*page, *rest)] == [2, 3, 4, 5]


# --- the chain --------------------------------------------------------------------------------


async def test_an_empty_ledger_fits(store):
    assert await store.verify_ledger() == (0, None)


async def test_a_ledger_that_nobody_touched_fits(store):
    await deliver(store, *(delivery(key=f"n:{n}") for n in range(5)))

    assert await store.verify_ledger() == (5, None)
    assert len({row.digest for row in await rows(store)}) == 5


async def test_forgetting_a_chat_leaves_its_keyed_hash_and_breaks_no_chain(store):
    await deliver(store, delivery(key="a"), delivery(HERE_TOO, "b"), delivery(key="c"))

    await store.forget(HERE.chat_id, NOW)

    told = await chats(store)
    assert str(HERE.chat_id) not in told
    assert len(told[0]) == 64
    assert min(told, key=len) == str(HERE_TOO.chat_id)
    assert len(set(told)) == 2  # the same chat is still one chat
    assert await store.verify_ledger() == (3, None)


async def test_the_keyed_hash_of_a_chat_differs_between_databases(store, another):
    told = []
    for each in (store, another):
        await deliver(each, delivery())
        await each.forget(HERE.chat_id, NOW)
        told += await chats(each)

    assert len(set(told)) == 2


async def test_what_is_accepted_after_forgetting_is_recorded_without_the_id(store):
    await queue(store, delivery(key="under way"))
    (claimed,) = await store.claim(NOW, 1)
    await store.forget(HERE.chat_id, NOW)
    await store.settle(claimed, Sent(message_id=5), NOW)
    await deliver(store, delivery(key="the answer"))

    assert {len(chat) for chat in await chats(store)} == {64}
    assert await store.deliveries(9) == ()
    assert await store.verify_ledger() == (2, None)


@pytest.mark.parametrize("again", ["follows", "speaks"])
async def test_who_comes_back_is_named_from_then_on(store, again):
    await deliver(store, delivery(key="before"))
    await store.forget(HERE.chat_id, NOW)
    await (store.subscribe(follow()) if again == "follows" else store.revive_chat(HERE.chat_id))
    await deliver(store, delivery(key="after"))

    forgotten, named = await chats(store)
    assert len(forgotten) == 64
    assert named == str(HERE.chat_id)
    assert len(await store.deliveries(9)) == 1


async def test_forgetting_reaches_the_ids_a_chat_had_before(store):
    await deliver(store, delivery(THERE))
    await store.chat_moved(THERE.chat_id, -300)
    await store.chat_moved(-300, -400)

    await store.forget(-400, NOW)

    assert {len(chat) for chat in await chats(store)} == {64}
    assert await store.verify_ledger() == (1, None)


async def test_old_rows_are_removed_and_the_rest_still_fits(store):
    for hour in range(6):
        await deliver(store, delivery(key=f"n:{hour}"), now=NOW + hour * HOUR)

    assert await store.prune_ledger(NOW + 4 * HOUR) == 4
    assert await store.prune_ledger(NOW + 4 * HOUR) == 0

    assert [row.number for row in await rows(store)] == [5, 6]
    assert await store.verify_ledger() == (2, None)


async def test_a_ledger_pruned_empty_goes_on_where_it_ended(store):
    await deliver(store, delivery(key="a"))
    assert await store.prune_ledger(NOW + HOUR) == 1
    assert await store.verify_ledger() == (0, None)

    await deliver(store, delivery(key="b"))

    assert [row.number for row in await rows(store)] == [2]
    assert await store.verify_ledger() == (1, None)


async def test_a_row_from_before_a_clock_was_set_back_keeps_what_follows(store):
    await deliver(store, delivery(key="a"), now=NOW + 9 * HOUR)
    await deliver(store, delivery(key="b"), now=NOW + 8 * HOUR)

    assert await store.prune_ledger(NOW + 9 * HOUR) == 0
    assert await store.verify_ledger() == (2, None)


# --- gaps -------------------------------------------------------------------------------------


def gap(since=NOW - 4 * HOUR, until=NOW, **changes):
    made = Gap(feed_id="dcd", why="rolled over", since=since, until=until, opened=NOW)
    return replace(made, **changes)


async def test_a_possible_loss_is_recorded_in_the_ledger_too(store):
    opened = await store.open_gap(gap())

    assert opened == replace(gap(), id=opened.id)
    assert opened.id > 0
    assert await store.gaps(NOW) == (opened,)
    (row,) = await rows(store)
    assert (row.kind, row.chat, row.at) == (LedgerKind.GAP, "", NOW)
    assert "dcd: rolled over, 2023-09-18 15:30:00 to 2023-09-18 19:30:00 UTC" in row.note


async def test_one_that_lasts_is_made_longer_and_recorded_once_a_change(store):
    first = await store.open_gap(gap(until=None))
    again = await store.open_gap(gap(since=NOW - HOUR, until=None, opened=NOW + HOUR))
    ended = await store.open_gap(gap(until=NOW + 2 * HOUR, opened=NOW + 2 * HOUR))

    assert again == first
    assert ended == replace(first, until=NOW + 2 * HOUR)
    assert await store.gaps(NOW) == (ended,)
    assert len(await rows(store)) == 2


async def test_gaps_that_do_not_touch_or_have_other_reasons_are_told_apart(store):
    opened = [
        await store.open_gap(one)
        for one in (
            gap(),
            gap(since=NOW + HOUR, until=NOW + 2 * HOUR),
            gap(why="silent"),
            gap(feed_id="nysd"),
            gap(feed_id="", why="the program was down"),
        )
    ]

    assert len({one.id for one in opened}) == 5


async def test_two_stretches_that_touch_are_one_gap(store):
    first = await store.open_gap(gap())
    second = await store.open_gap(gap(since=NOW - HOUR, until=NOW + HOUR))
    third = await store.open_gap(gap(since=NOW - 9 * HOUR, until=NOW - 3 * HOUR))

    assert second == replace(first, until=NOW + HOUR)
    assert third == replace(second, since=NOW - 9 * HOUR)


async def test_a_gap_is_closed_when_nothing_was_missed(store):
    opened = await store.open_gap(gap(until=None))

    await store.close_gap(opened.id, NOW + HOUR)
    await store.close_gap(opened.id, NOW + 2 * HOUR)
    await store.close_gap(999, NOW)

    assert await store.gaps(NOW) == (replace(opened, until=NOW + HOUR, closed=NOW + HOUR),)
    assert [row.kind for row in await rows(store)] == [LedgerKind.GAP, LedgerKind.GAP_CLOSED]
    assert await store.gaps(NOW + 2 * HOUR) == ()


async def test_a_gap_that_is_over_stays_a_possible_loss(store):
    opened = await store.open_gap(gap(until=None))

    await store.close_gap(opened.id, NOW + 2 * HOUR, until=NOW + HOUR)

    assert await store.gaps(NOW) == (replace(opened, until=NOW + HOUR),)
    assert [row.kind for row in await rows(store)] == [LedgerKind.GAP, LedgerKind.GAP]


async def test_the_same_reason_after_closing_is_a_new_gap(store):
    first = await store.open_gap(gap())
    await store.close_gap(first.id, NOW)

    assert (await store.open_gap(gap())).id != first.id


async def test_gaps_come_oldest_first_and_only_those_since(store):
    late = await store.open_gap(gap(feed_id="b"))
    early = await store.open_gap(gap(since=NOW - 9 * HOUR, until=NOW - 8 * HOUR))
    lasting = await store.open_gap(gap(feed_id="c", since=NOW - 99 * HOUR, until=None))

    assert await store.gaps(NOW - 8 * HOUR) == (lasting, early, late)
    assert await store.gaps(NOW - 7 * HOUR) == (lasting, late)


async def test_sent_messages_and_gaps_make_one_chain(store):
    await deliver(store, delivery())
    opened = await store.open_gap(gap())
    await deliver(store, delivery(HERE_TOO))
    await store.close_gap(opened.id, NOW)

    assert [row.number for row in await rows(store)] == [1, 2, 3, 4]
    assert await store.verify_ledger() == (4, None)


async def test_a_feeds_state_and_what_its_poll_found_are_kept_together(store):
    state = FeedState(feed_id="wire-one", failures=2)
    (opened,) = await store.save_feed_state(state, [gap(feed_id="wire-one")])
    assert opened.id
    assert await store.gaps(NOW - HOUR) == (opened,)

    over = replace(opened, closed=NOW + HOUR, until=opened.until or NOW + HOUR)
    assert await store.save_feed_state(state, [over]) == (over,)
    assert (await store.gaps(NOW - HOUR))[0].closed == NOW + HOUR
    assert [row.kind for row in await rows(store)] == [
        LedgerKind.GAP,
        LedgerKind.GAP_CLOSED,
    ]


async def test_forgetting_a_chat_leaves_no_setting_that_names_it(store):
    here, other = -1_001_000_000_042, -1_001_000_000_043
    for chat in (here, other):
        await deliver(store, delivery(Place(chat_id=chat), "n"))
        await store.put_setting(f"added_by:{chat}", "77")
        await store.put_setting(f"told:{chat}:4", "[]")
    await store.put_setting(
        "sender", f'alive{{"bot": 1.0, "chats": {{"{here}": 2.0, "{other}": 3.0}}}}'
    )

    await store.forget(here, NOW)
    await deliver(store, delivery(Place(chat_id=here), "the answer"))

    assert await store.setting(f"told:{here}:4") is None
    assert await store.setting(f"added_by:{here}") is None
    assert await store.setting(f"highest_number:{here}") is None
    assert await store.setting("sender") == f'alive{{"bot": 1.0, "chats": {{"{other}": 3.0}}}}'
    assert await store.setting(f"told:{other}:4") == "[]"
    assert await store.setting(f"added_by:{other}") == "77"
    assert await store.setting(f"highest_number:{other}")
    await store.forget(77, NOW)
    assert await store.setting(f"added_by:{other}") is None


async def test_a_ledger_longer_than_one_look_is_verified_whole(store):
    rows_max = VERIFY_STEP_ROWS
    gaps = [gap(feed_id=f"f{n}") for n in range(rows_max + 1)]
    await store.save_feed_state(FeedState(feed_id="f"), gaps[:rows_max])
    assert await store.verify_ledger() == (rows_max, None)
    await store.open_gap(gaps[-1])
    assert await store.verify_ledger() == (rows_max + 1, None)
    assert await store.prune_ledger(NOW + 1000 * HOUR) == rows_max + 1
    assert await store.verify_ledger() == (0, None)
