"""When a time in which the program was down is said, and when it is over."""

from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from aggregator.feeds.gaps import DOWN, TOLD_APART
from aggregator.model import Feed, FeedKind, FeedState, Trust
from aggregator.service.gaps import FIRST_LOOK, NAMED_MAX, Gaps
from aggregator.store.sqlite import SqliteStore
from tests.newsroom import plain_logging

NOW = datetime(2023, 9, 18, 8, 0, tzinfo=UTC)
NIGHT, MINUTE = timedelta(hours=8), timedelta(minutes=1)


@pytest.fixture(autouse=True)
def own_logging():
    with plain_logging(), capture_logs():
        yield


@pytest.fixture
async def store():
    opened = await SqliteStore.open("sqlite:///:memory:")
    yield opened
    await opened.close()


def feed(name):
    return Feed(
        id=name,
        url=f"https://{name}.example/rss",
        kind=FeedKind.NEWS,
        name=name,
        trust=Trust.INDEPENDENT,
        every=5 * MINUTE,
    )


class Morning:
    """A start after a night in which nothing ran."""

    def __init__(self, store, names):
        self.store = store
        self.feeds = {name: feed(name) for name in names}
        self.told = []
        self.gaps = Gaps(store, self.on_gap)

    async def on_gap(self, feed, gap):
        self.told.append((gap.feed_id, gap.why, gap.closed is None))

    async def begins(self, now=NOW):
        then = NOW - NIGHT
        states = {
            name: FeedState(feed_id=name, first_read=then, last_polled=then, last_read=then)
            for name in self.feeds
        }
        await self.gaps.load(self.feeds.values(), states, now)

    async def reads(self, name, *, after=MINUTE, fails=False):
        await self.gaps.polled(self.feeds[name], (), self.feeds, NOW + after, is_read=not fails)


async def test_a_feed_that_is_not_even_asked_is_named_once_the_first_look_has_had_its_time(store):
    morning = Morning(store, "abc")
    await morning.begins()
    await morning.reads("a")
    await morning.reads("b", after=FIRST_LOOK - MINUTE)
    assert morning.told == []
    await morning.reads("b", after=FIRST_LOOK)
    assert morning.told == [("c", DOWN, True), ("", TOLD_APART, False)]


async def test_a_feed_that_is_not_polled_any_more_is_not_waited_for(store):
    morning = Morning(store, "ab")
    await morning.begins()
    del morning.feeds["b"]
    await morning.reads("a")
    assert morning.told == [("", DOWN, False)]


async def test_what_is_said_of_every_feed_is_said_once_and_narrowed_when_few_are_left(store):
    names = [f"f{number}" for number in range(NAMED_MAX + 2)]
    morning = Morning(store, names)
    await morning.begins()
    for name in names:
        await morning.reads(name, fails=True)
    assert morning.told == [("", DOWN, True)]
    await morning.reads(names[0])
    assert morning.told == [("", DOWN, True)]
    await morning.reads(names[1])
    left = [(name, DOWN, True) for name in names[2:]]
    assert morning.told[1:] == [*left, ("", TOLD_APART, False)]


async def test_a_program_killed_before_its_first_look_says_after_the_next_start_what_is_open(store):
    await Morning(store, "ab").begins()
    morning = Morning(store, "ab")
    await morning.begins(NOW + MINUTE)
    await morning.reads("a", after=2 * MINUTE)
    await morning.reads("b", after=2 * MINUTE, fails=True)
    assert ("b", DOWN, True) in morning.told
    await morning.reads("b", after=3 * MINUTE)
    assert [gap for gap in await store.gaps(NOW - NIGHT) if gap.closed is None] == []
