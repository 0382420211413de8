"""What is looked up: news by word and by target, decisions by item, messages by place."""

from datetime import UTC, date, datetime, timedelta

import pytest

from aggregator.model import (
    Counts,
    Decision,
    DecisionKind,
    Feedback,
    ItemKey,
    NotSent,
    PlaceSettings,
    Rejected,
    Relation,
    Sent,
    StoryId,
    Unknown,
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
    deliver,
    delivery,
    item,
    match,
    queue,
    story,
)

DAY = timedelta(days=1)
JOINED = Decision(kind=DecisionKind.ALERT, reason="new", story=StoryId("s1"), score=0.82)
IGNORED = Decision(kind=DecisionKind.IGNORE, reason="matched nothing")


async def found(store, fts=None, *, since=None, before=None, limit=50):
    items = await store.search(fts, since=since, before=before, limit=limit)
    return [one.key.lstrip("0") for one in items]


# --- search -----------------------------------------------------------------------------------


async def test_a_search_finds_words_in_title_summary_outlet_and_tags(store):
    await commit(
        store,
        items=(
            item("a", title="Regulator sues exchange", published=NOW - 4 * HOUR),
            item("b", title="x", summary="An exchange answers", published=NOW - 3 * HOUR),
            item("c", title="x", outlet="Exchange Wire", published=NOW - 2 * HOUR),
            item("d", title="x", tags=("exchange",), published=NOW - HOUR),
            item("e", title="x"),
        ),
    )

    assert await found(store, "exchange") == ["d", "c", "b", "a"]
    assert await found(store, "title : exchange") == ["a"]
    assert await found(store, '"sues exchange" OR summary : answ*') == ["b", "a"]
    assert await found(store, "nowhere") == []


async def test_a_search_knows_no_accents_and_no_case(store):
    await commit(store, items=(item("a", title="Société Générale in ZÜRICH"),))

    assert await found(store, "societe zurich") == ["a"]
    assert await found(store, "société") == ["a"]


async def test_a_search_without_words_returns_everything_newest_first(store):
    await commit(store, items=tuple(item(n, published=NOW - int(n) * HOUR) for n in "213"))

    assert await found(store) == ["1", "2", "3"]


@pytest.mark.parametrize("fts", [None, "judge"])
async def test_pages_follow_one_another_without_a_gap_or_a_repeat(store, fts):
    names = [f"{n:02}" for n in range(1, 24)]
    # Several share one moment: only their keys tell where the page ended.
    await commit(store, items=tuple(item(n, published=NOW - (int(n) // 5) * HOUR) for n in names))
    whole = await store.search(fts, since=None, before=None, limit=100)
    paged, before = [], None
    while page := await store.search(fts, since=None, before=before, limit=4):
        paged += page
        before = (page[-1].at, page[-1].key)

    assert len(whole) == 23
    assert paged == list(whole)
    assert [one.at for one in whole] == sorted((one.at for one in whole), reverse=True)


async def test_a_search_can_be_held_to_what_happened_since(store):
    await commit(store, items=tuple(item(n, published=NOW - int(n) * HOUR) for n in "123"))

    assert await found(store, "judge", since=NOW - 2 * HOUR) == ["1", "2"]
    assert await found(store, since=NOW - 2 * HOUR) == ["1", "2"]


async def test_an_item_and_what_became_of_it_are_found_by_its_key(store):
    one, two = item("one"), item("two")
    of_theme = match(THEME, relation=Relation.RELATED)
    await commit(
        store,
        items=(one, two),
        matches=((one.key, match()), (one.key, of_theme)),
        stories=(story(),),
        decisions=((one.key, JOINED), (two.key, IGNORED)),
    )
    keys = [one.key, two.key, ItemKey("f" * 32)]

    assert await store.item(one.key) == one
    assert await store.item(ItemKey("f" * 32)) is None
    assert await store.matches(keys) == {one.key: (match(), of_theme)}
    assert await store.decisions(keys) == {one.key: JOINED, two.key: IGNORED}
    assert await store.stories_of_items(keys) == {one.key: StoryId("s1")}


async def test_any_number_of_keys_can_be_looked_up_at_once(store):
    keys = [ItemKey(f"{n:032x}") for n in range(40_000)]

    assert await store.matches(keys) == {}
    assert await store.decisions(keys) == {}
    assert await store.stories_of_items(keys) == {}


# --- stories and weeks ------------------------------------------------------------------------


async def test_the_latest_stories_of_several_targets_come_once_each_newest_first(store):
    await commit(
        store,
        stories=(
            story("both", last_at=NOW - 3 * HOUR, targets=(CASE, OTHER)),
            story("case", last_at=NOW - 2 * HOUR, targets=(CASE,)),
            story("touched", last_at=NOW - HOUR, targets=(), related=(CASE,)),
            story("theme", targets=(THEME,), related=()),
        ),
    )

    async def latest(targets, limit=9, before=None):
        return [one.id for one in await store.latest(targets, limit, before=before)]

    assert await latest([CASE, OTHER]) == ["case", "both"]
    assert await latest([OTHER]) == ["both"]
    assert await latest([]) == []
    assert await latest(None) == ["theme", "case", "both"]
    assert await latest(None, limit=1) == ["theme"]
    assert await latest([CASE, OTHER], before=NOW - 2 * HOUR) == ["both"]


async def test_coverage_is_counted_by_weeks_that_begin_on_monday(store):
    sunday = datetime(2023, 9, 17, 23, 59, 59, tzinfo=UTC)
    times = {"a": sunday, "b": sunday + SECOND, "c": NOW, "d": datetime(1969, 12, 30, tzinfo=UTC)}
    items = tuple(item(name, published=at) for name, at in times.items())
    touched = item("e")
    await commit(
        store,
        items=(*items, touched),
        matches=(
            *((one.key, match()) for one in items),
            (touched.key, match(relation=Relation.RELATED)),
        ),
    )

    assert await store.coverage_by_week(CASE) == (
        (date(1969, 12, 29), 1),
        (date(2023, 9, 11), 1),
        (date(2023, 9, 18), 2),
    )
    assert await store.coverage_by_week(OTHER) == ()


# --- messages ---------------------------------------------------------------------------------


async def test_a_message_is_found_by_its_key_and_by_telegrams_number(store):
    await deliver(store, delivery(), delivery(HERE_TOO), first_id=41)
    mine = await store.delivery(HERE, "story:s1:1")

    assert mine is not None
    assert await store.delivery_of(HERE.chat_id, mine.message_id) == mine
    assert await store.delivery_of(THERE.chat_id, mine.message_id) is None
    assert await store.delivery(HERE, "story:s2:1") is None


async def test_a_place_was_told_what_was_sent_or_is_on_its_way(store):
    await deliver(store, delivery(key="story:sent:1"))
    await queue(
        store,
        delivery(key="story:old:1", created=NOW - SECOND),
        delivery(key="story:queued:2"),
        delivery(key="digest:2023-09-18"),
        delivery(THERE, "story:theirs:1"),
    )

    assert await store.told(HERE, NOW) == {"sent", "queued"}
    assert await store.told(HERE, NOW - HOUR) == {"sent", "queued", "old"}
    assert await store.told(TOPIC, NOW - HOUR) == frozenset()


async def test_what_was_refused_was_not_told_but_a_refused_edit_was(store):
    await deliver(store, delivery(key="story:edited:1"))
    await queue(store, delivery(key="story:edited:1", html="new"), delivery(HERE_TOO, "story:no:1"))
    for claimed in await store.claim(NOW, 5):
        await store.settle(claimed, Rejected(detail="refused"), NOW)

    assert await store.told(HERE, NOW) == {"edited"}
    assert await store.told(HERE_TOO, NOW) == frozenset()


async def test_alerts_of_a_place_come_newest_first_and_nothing_else_does(store):
    await deliver(store, delivery(key="story:a:1"))
    await queue(
        store,
        delivery(key="story:b:1", created=NOW + HOUR),
        delivery(key="reply:5:0", created=NOW + HOUR),
        delivery(THERE, "story:c:1", created=NOW + HOUR),
    )

    assert [one.key for one in await store.alerts_of(HERE, 5)] == ["story:b:1", "story:a:1"]
    assert [one.key for one in await store.alerts_of(HERE, 1)] == ["story:b:1"]


async def test_an_empty_queue_counts_nothing(store):
    assert await store.counts() == Counts()


async def test_the_counts_say_how_the_queue_stands(store):
    await store.put_settings(PlaceSettings(place=THERE, never_repeat=True))
    await queue(store, delivery(HERE), delivery(HERE_TOO), delivery(THERE))
    outcomes = {
        HERE: Rejected(detail="no"),
        HERE_TOO: Unknown(detail="?"),
        THERE: Unknown(detail="?"),
    }
    for claimed in await store.claim(NOW, 5):
        await store.settle(claimed, outcomes[claimed.place], NOW)
        if claimed.place == THERE:
            await store.unfound(claimed, "not seen", "may be a repeat", NOW)
    await queue(store, delivery(HERE, "later", created=NOW + HOUR), delivery(HERE, "old"))

    assert await store.counts() == Counts(queued=2, unknown=2, parked=1, dead=1, oldest=NOW)


async def test_the_delay_counts_from_published_to_sent_of_first_alerts(store):
    dated = item("a", published=NOW - 90 * SECOND, seen=NOW - 30 * SECOND)
    undated = item("b", published=None, seen=NOW - 20 * SECOND)
    joined = [
        (one.key, Decision(kind=DecisionKind.ALERT, reason="new", story=StoryId(name)))
        for name, one in (("s1", dated), ("s2", undated))
    ]
    await commit(
        store, items=(dated, undated), stories=(story("s1"), story("s2")), decisions=tuple(joined)
    )
    await deliver(
        store,
        delivery(key="story:s1:1", item_seen=dated.seen),
        delivery(key="story:s2:1", item_seen=undated.seen),
        delivery(key="story:s1:2", item_seen=dated.seen),
        delivery(key="story:gone:1", item_seen=NOW - 10 * SECOND),
        delivery(key="notice:1", item_seen=None),
        delivery(key="story:s9:1", item_seen=NOW + HOUR),
    )

    assert sorted((await store.counts()).delays_s) == [0.0, 10.0, 20.0, 90.0]


# --- files, updates, feedback -----------------------------------------------------------------


async def test_a_file_is_kept_by_its_name(store):
    await store.put_file("chart.png", b"one", NOW)
    await store.put_file("chart.png", b"\x89two\x00", NOW + HOUR)

    assert await store.file("chart.png") == b"\x89two\x00"
    assert await store.file("other.png") is None


async def test_updates_wait_in_order_until_they_are_done(store):
    await store.keep_updates([(7, '{"b": 1}'), (6, "{}")], 8)

    assert await store.waiting_updates(9) == ((6, "{}"), (7, '{"b": 1}'))
    assert await store.waiting_updates(1) == ((6, "{}"),)
    assert await store.setting("telegram_offset") == "8"
    await store.update_done(6)
    await store.update_done(99)
    assert await store.waiting_updates(9) == ((7, '{"b": 1}'),)


async def test_an_update_that_comes_again_is_dropped_done_or_not(store):
    await store.keep_updates([(6, "first"), (7, "second")], 8)
    await store.update_done(6)

    await store.keep_updates([(6, "again"), (7, "again"), (8, "new")], 9)

    assert await store.waiting_updates(9) == ((7, "second"), (8, "new"))


async def test_the_offset_never_goes_back(store):
    await store.keep_updates([(6, "a")], 7)
    await store.keep_updates([], 3)

    assert await store.setting("telegram_offset") == "7"


async def test_feedback_comes_back_oldest_first(store):
    def given(at, title):
        return Feedback(
            at=at, target=CASE, rule_version="v2", story=StoryId("s1"),
            item=ItemKey("a" * 32), title=title,
        )  # fmt: skip

    for each in (given(NOW, "b"), given(NOW - DAY, "a"), given(NOW, "b")):
        await store.add_feedback(each)

    assert await store.feedback(NOW - DAY) == (
        given(NOW - DAY, "a"),
        given(NOW, "b"),
        given(NOW, "b"),
    )
    assert len(await store.feedback(NOW)) == 2


async def test_what_never_left_is_no_delay(store):
    await queue(store, delivery())
    (claimed,) = await store.claim(NOW, 1)
    await store.settle(claimed, NotSent(detail="no route"), NOW)
    assert (await store.counts()).delays_s == ()

    (claimed,) = await store.claim(NOW + HOUR, 1)
    await store.settle(claimed, Sent(message_id=3), NOW + HOUR)
    assert (await store.counts()).delays_s == (3601.0,)
