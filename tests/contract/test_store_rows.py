"""Every value comes back from the database as it went in."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model import (
    Batch,
    Button,
    Delivery,
    DeliveryState,
    Evidence,
    FeedKind,
    FeedState,
    Former,
    Item,
    ItemKey,
    Match,
    Message,
    Mode,
    Place,
    Priority,
    Relation,
    Report,
    RingKind,
    Rung,
    Severity,
    Story,
    StoryId,
    Subscription,
    Target,
    TargetKind,
    Trust,
    Validators,
)
from aggregator.store.outbox_rows import message_from_text, message_to_text, story_of_key
from aggregator.store.rows import match_to_row, micros, moment
from aggregator.store.sqlite import SqliteStore

# A lone surrogate is no text; nothing that decodes bytes makes one.
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
times = st.datetimes(timezones=st.just(UTC))
maybe_times = st.none() | times
counts = st.integers(0, 2**31)
chat_ids = st.integers(-(2**52), 2**52)
messages = st.builds(
    Message,
    html=text,
    buttons=st.lists(
        st.lists(st.builds(Button, text=text, data=text, url=text), max_size=2).map(tuple),
        max_size=2,
    ).map(tuple),
    silent=st.booleans(),
    attachment=text,
)
items = st.builds(
    Item,
    key=st.uuids().map(lambda uuid: ItemKey(uuid.hex)),
    feed_id=st.just("wire-one"),
    outlet=text,
    kind=st.sampled_from(FeedKind),
    trust=st.sampled_from(Trust),
    url=text,
    title=text,
    summary=text,
    published=maybe_times,
    seen=times,
    court=st.none() | text,
    tags=st.lists(text, max_size=3).map(tuple),
)
evidence = st.lists(
    st.builds(
        Evidence, field=st.sampled_from(["title", "tag"]), start=counts, end=counts, text=text
    ),
    max_size=2,
).map(tuple)
targets = st.frozensets(st.from_type(Target), max_size=3)
reports = st.builds(
    Report,
    item_key=st.just(ItemKey("a" * 32)),
    outlet=text,
    trust=st.sampled_from(Trust),
    kind=st.sampled_from(FeedKind),
    url=text,
    title=text,
    summary=text,
    at=times,
    seen=times,
    evidence=evidence,
    names=st.lists(text, max_size=2).map(tuple),
    counted=st.booleans(),
    edits=st.integers(0, 3),
    former=st.lists(
        st.builds(Former, rings=counts, title=text, summary=text, evidence=evidence), max_size=2
    ).map(tuple),
)
stories = st.builds(
    Story,
    id=st.just(StoryId("s1")),
    targets=targets,
    related=targets,
    reports=st.lists(reports, min_size=1, max_size=3).map(tuple),
    first_at=times,
    last_at=times,
    rings=counts,
    rang=maybe_times,
    again=st.lists(
        st.builds(
            Rung,
            kind=st.sampled_from(RingKind),
            report=st.just(ItemKey("b" * 32)),
            at=times,
            what=text,
        ),
        max_size=2,
    ).map(tuple),
    like=st.none() | st.just(StoryId("s0")),
    like_title=text,
    held=text,
    late=st.booleans(),
)
states = st.builds(
    FeedState,
    feed_id=st.just("wire-one"),
    validators=st.builds(Validators, etag=st.none() | text, last_modified=st.none() | text),
    first_read=maybe_times,
    last_polled=maybe_times,
    last_read=maybe_times,
    next_poll=maybe_times,
    next_poll_reason=text,
    failures=counts,
    last_error=text,
)
deliveries = st.builds(
    Delivery,
    place=st.builds(Place, chat_id=chat_ids, thread_id=counts),
    key=text,
    message=messages,
    priority=st.sampled_from(Priority),
    created=times,
    id=st.just(0),
    state=st.sampled_from(DeliveryState),
    not_before=maybe_times,
    attempts=counts,
    message_id=st.none() | counts,
    sent=maybe_times,
    error=text,
    item_seen=maybe_times,
    reply_to=text,
    rule_version=text,
)


async def there_and_back(batch, subscription):
    store = await SqliteStore.open(":memory:")
    try:
        await store.commit(batch, 0)
        await store.subscribe(subscription)
        (delivery,) = await store.deliveries(5)
        (state,) = (await store.feed_states()).values()
        story = await store.story(StoryId("s1"))
        found = Batch(
            feed_state=state,
            items=await store.items_of_feed("wire-one", 5),
            stories=() if story is None else (story,),
            deliveries=(replace(delivery, id=0),),
        )
        return found, await store.subscriptions_at(subscription.place)
    finally:
        await store.close()


@settings(deadline=None, max_examples=60)
@given(
    batch=st.builds(
        Batch,
        feed_state=states,
        items=st.tuples(items),
        matches=st.just(()),
        decisions=st.just(()),
        stories=st.tuples(stories),
        deliveries=st.tuples(deliveries),
    ),
    subscription=st.builds(
        Subscription,
        place=st.builds(Place, chat_id=chat_ids, thread_id=counts),
        target=st.from_type(Target),
        since=times,
        floor=st.sampled_from(Severity),
        mode=st.sampled_from(Mode),
        paused=st.booleans(),
    ),
)
def test_every_value_comes_back_as_it_went_in(batch, subscription):
    found, subscriptions = asyncio.run(there_and_back(batch, subscription))

    assert found == batch
    assert subscriptions == (subscription,)


@given(times, times)
def test_stored_times_are_exact_and_sort_as_times_do(one, other):
    assert moment(micros(one)) == one
    assert moment(micros(one)).tzinfo is UTC
    assert (micros(one) < micros(other)) == (one < other)


def test_a_naive_time_is_refused():
    with pytest.raises(TypeError):
        micros(datetime(2023, 9, 18))  # noqa: DTZ001 -- the very thing that is refused


def test_a_time_from_another_zone_is_stored_as_the_same_instant():
    east = datetime(2023, 9, 19, 1, 0, tzinfo=timezone(timedelta(hours=5)))

    assert moment(micros(east)) == datetime(2023, 9, 18, 20, 0, tzinfo=UTC)


@given(messages)
def test_a_message_comes_back_from_its_text(message):
    assert message_from_text(message_to_text(message)) == message


@pytest.mark.parametrize(
    ("key", "story"),
    [
        ("story:s1:1", "s1"),
        ("story:case:s1:12", "case:s1"),
        ("digest:2023-09-18", None),
        ("story:", None),
        ("story", None),
        ("reply:story:1", None),
    ],
)
def test_the_story_is_read_from_the_key_of_a_story_delivery(key, story):
    assert story_of_key(key) == story


def test_a_match_is_stored_with_the_very_spans_that_made_it():
    span = Evidence(field="title", start=3, end=6, text="SEC")
    match = Match(
        target=Target(kind=TargetKind.CASE, slug="sec-v-binance"),
        relation=Relation.RELATED,
        evidence=(span,),
        reason="only mentions it",
    )

    assert match_to_row(ItemKey("a"), match) == {
        "item_key": "a",
        "kind": "case",
        "slug": "sec-v-binance",
        "relation": "related",
        "evidence": '[["title",3,6,"SEC"]]',
        "reason": "only mentions it",
        "severity": None,
        "rule_version": "",
    }
