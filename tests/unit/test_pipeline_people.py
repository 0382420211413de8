"""What the wishes of a place do to news on its way: read together with the window, by the ring."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from aggregator.feeds.workers import InlineParser
from aggregator.model import (
    DeliveryState,
    Message,
    Mode,
    Mute,
    MuteKind,
    Place,
    PlaceSettings,
    Quiet,
    Sent,
    Subscription,
    Target,
    TargetKind,
)
from aggregator.pipeline import Pipeline
from aggregator.store.sqlite import SqliteStore
from tests.newsroom import item, shipped

NOW = datetime(2023, 9, 18, 22, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
BINANCE = Target(kind=TargetKind.CASE, slug="sec-v-binance")
HOME = Place(chat_id=7)
TITLE = "Judge rejects SEC request to inspect Binance.US software"
ALIKE = "SEC denied inspection of Binance.US software by judge"


def render(alert, _matcher):
    return Message(html=" / ".join(report.outlet for report in alert.story.reports))


@pytest.fixture
async def store():
    opened = await SqliteStore.open("sqlite:///:memory:")
    yield opened
    await opened.close()


@pytest.fixture
def pipeline(store):
    return Pipeline(store=store, parser=InlineParser(), matcher=shipped(), render=render)


async def follow(store, **changes):
    await store.subscribe(
        Subscription(place=HOME, target=BINANCE, since=NOW - 48 * HOUR, **changes)
    )


async def reads(pipeline, title, at, outlet):
    await pipeline.take([item(title, at=at, outlet=outlet)])


async def texts(store):
    return [one.message.html for one in await store.deliveries(10)]


async def test_a_message_carries_the_version_of_the_rule_that_made_it(store, pipeline):
    await follow(store)
    await reads(pipeline, TITLE, NOW, "Wire One")
    (sent,) = await store.deliveries(10)
    assert sent.rule_version == shipped().rules.cases["sec-v-binance"].version != ""


async def test_a_mute_that_begins_between_two_polls_counts_for_the_next(store, pipeline):
    await follow(store)
    await reads(pipeline, "Coinbase lists a token", NOW - HOUR, "Wire One")
    await store.mute(Mute(place=HOME, kind=MuteKind.ALL, since=NOW - HOUR / 2, until=NOW + HOUR))
    await reads(pipeline, TITLE, NOW, "Wire One")
    assert await texts(store) == []


async def test_a_report_after_quiet_hours_does_not_ring_for_what_was_held_in_them(store, pipeline):
    await follow(store)
    await store.put_settings(
        PlaceSettings(place=HOME, quiet=Quiet(start=time(21), end=time(22, 30)))
    )
    await reads(pipeline, TITLE, NOW, "Wire One")
    await reads(pipeline, ALIKE, NOW + HOUR, "Ledger Post")
    assert await texts(store) == []


async def test_what_was_told_before_quiet_hours_is_brought_up_to_date_in_them(store, pipeline):
    await follow(store)
    await reads(pipeline, TITLE, NOW, "Wire One")
    (claimed,) = await store.claim(NOW, 10)
    await store.settle(claimed, Sent(message_id=1), NOW)
    await store.put_settings(
        PlaceSettings(place=HOME, quiet=Quiet(start=time(22, 30), end=time(7)))
    )
    await reads(pipeline, ALIKE, NOW + HOUR, "Ledger Post")
    (edit,) = await store.deliveries(10)
    assert (edit.state, edit.message_id) == (DeliveryState.QUEUED, 1)
    assert edit.message.html == "Wire One / Ledger Post"


async def test_who_wakes_a_digest_follow_up_gets_no_old_alert(store, pipeline):
    await follow(store, mode=Mode.DIGEST)
    await reads(pipeline, TITLE, NOW, "Wire One")
    await store.change(Subscription(place=HOME, target=BINANCE, since=NOW - 48 * HOUR))
    await reads(pipeline, ALIKE, NOW + HOUR, "Ledger Post")
    assert await texts(store) == []
