from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.errors import StoreError
from aggregator.feeds.workers import InlineParser
from aggregator.model import (
    DecisionKind,
    DeliveryState,
    Feed,
    FeedKind,
    FeedState,
    Fetched,
    FetchFailed,
    FetchFault,
    Message,
    NotModified,
    Parsed,
    ParseFailed,
    Place,
    Priority,
    Sent,
    Subscription,
    Target,
    TargetKind,
    Trust,
    Validators,
    Watch,
)
from aggregator.pipeline import OLD, STALE_TRIES_MAX, Pipeline
from aggregator.store.sqlite import SqliteStore
from tests.newsroom import item, rss, shipped

NOW = datetime(2023, 9, 18, 22, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
BINANCE = Target(kind=TargetKind.CASE, slug="sec-v-binance")
RIPPLE = Target(kind=TargetKind.CASE, slug="sec-v-ripple")
ENTITY = Target(kind=TargetKind.ENTITY, slug="binance")
HOME, GROUP = Place(chat_id=7), Place(chat_id=-100)
TITLE = "Judge rejects SEC request to inspect Binance.US software"
ALIKE = "SEC denied inspection of Binance.US software by judge"
NEXT = "Binance and Zhao ask judge to dismiss SEC lawsuit"
ALERT, UPDATE = DecisionKind.ALERT, DecisionKind.UPDATE
SUPPRESS, IGNORE = DecisionKind.SUPPRESS, DecisionKind.IGNORE


def render(alert, _matcher):
    told = " / ".join(report.outlet for report in alert.story.reports)
    return Message(html=f"{alert.story.lead.title}: {told}")


class Newsroom:
    """A pipeline on a store in memory, with feeds that are handed bytes."""

    def __init__(self, store, inner):
        self.store = store
        self.inner = inner
        self.states = {}
        self.pipeline = self.fresh()

    def fresh(self):
        return Pipeline(store=self.store, parser=InlineParser(), matcher=shipped(), render=render)

    def restart(self):
        self.pipeline = self.fresh()

    async def follow(self, place, target, since=NOW - timedelta(days=30)):
        await self.inner.subscribe(Subscription(place=place, target=target, since=since))

    async def poll(self, outcome, *, name="wire-one", now=NOW, kind=FeedKind.NEWS):
        feed = Feed(
            id=name,
            url=f"https://{name}.example/rss",
            kind=kind,
            name=name.title(),
            trust=Trust.INDEPENDENT,
        )
        if isinstance(outcome, bytes):
            outcome = Fetched(url=feed.url, body=outcome)
        state = (await self.inner.feed_states()).get(name, FeedState(feed_id=name))
        return await self.pipeline.ingest(feed, state, outcome, now)

    async def queued(self):
        return [d for d in await self.inner.deliveries(50) if d.state is DeliveryState.QUEUED]


@pytest.fixture
async def store():
    opened = await SqliteStore.open("sqlite:///:memory:")
    yield opened
    await opened.close()


@pytest.fixture
def room(store):
    return Newsroom(store, store)


class Around:
    """A store that forwards everything; what is defined on a subclass comes first."""

    def __init__(self, inner):
        self._inner = inner

    def __getattr__(self, name):
        return getattr(self._inner, name)


class Overtaken(Around):
    """Another writer gets there first, so many times, and a new subscriber with it."""

    def __init__(self, inner, times):
        super().__init__(inner)
        self.left = times
        self.commits = 0

    async def commit(self, batch, expected_version):
        self.commits += 1
        if self.left:
            self.left -= 1
            place = Place(chat_id=1000 + self.left)
            since = NOW - timedelta(days=1)
            await self._inner.subscribe(Subscription(place=place, target=BINANCE, since=since))
        return await self._inner.commit(batch, expected_version)


class FollowedMeanwhile(Around):
    """Someone begins to follow between the two reads on which the first decision rests."""

    def __init__(self, inner):
        super().__init__(inner)
        self._waiting = True

    async def _follow(self):
        if self._waiting:
            self._waiting = False
            await self._inner.subscribe(Subscription(place=GROUP, target=BINANCE, since=NOW))

    async def window(self, since):
        read = await self._inner.window(since)
        await self._follow()
        return read

    async def subscriptions(self):
        read = await self._inner.subscriptions()
        await self._follow()
        return read


class Broken(Around):
    """The disk is full at the moment of the commit."""

    async def commit(self, batch, expected_version):
        raise StoreError("disk full")


def kinds(polled):
    return [decision.kind for decision in polled.taken.decisions]


# --- one commit -----------------------------------------------------------------------------------


async def test_items_matches_story_decision_and_delivery_are_there_together(room, store):
    await room.follow(HOME, BINANCE)
    polled = await room.poll(rss(("a", TITLE, NOW - HOUR), ("b", "Bitcoin is up", NOW - HOUR)))
    assert sorted(kinds(polled)) == [ALERT, IGNORE]
    assert len(await store.items_of_feed("wire-one", 10)) == 2
    assert await store.coverage(BINANCE) == (1, 1)
    (story,) = await store.stories_of(BINANCE, 10)
    (delivery,) = await store.deliveries(10)
    assert (delivery.place, delivery.key) == (HOME, f"story:{story.id}:1")
    assert delivery.priority is Priority.NORMAL
    assert delivery.item_seen == NOW
    assert (await store.feed_states())["wire-one"] == polled.state


async def test_a_commit_that_fails_leaves_nothing_and_the_next_poll_tells_it(store):
    await Newsroom(store, store).follow(HOME, BINANCE)
    room = Newsroom(Broken(store), store)
    feed = rss(("a", TITLE, NOW - HOUR))
    with pytest.raises(StoreError):
        await room.poll(feed)
    assert await store.feed_states() == {}
    assert await store.items_of_feed("wire-one", 10) == ()
    assert await store.deliveries(10) == ()
    room.store = store
    room.restart()
    assert kinds(await room.poll(feed)) == [ALERT]
    assert len(await store.deliveries(10)) == 1


async def test_a_pipeline_that_failed_once_goes_on(store):
    inner = Broken(store)
    room = Newsroom(inner, store)
    feed = rss(("a", TITLE, NOW - HOUR))
    with pytest.raises(StoreError):
        await room.poll(feed)
    inner.commit = store.commit
    assert kinds(await room.poll(feed)) == [ALERT]


@pytest.mark.parametrize("times", [1, 3, STALE_TRIES_MAX - 1])
async def test_when_overtaken_it_decides_again_on_fresh_state(store, times):
    overtaken = Overtaken(store, times)
    room = Newsroom(overtaken, store)
    await room.follow(HOME, BINANCE)
    polled = await room.poll(rss(("a", TITLE, NOW - HOUR)))
    assert kinds(polled) == [ALERT]
    assert overtaken.commits == times + 1
    told = {delivery.place.chat_id for delivery in await store.deliveries(100)}
    assert told == {HOME.chat_id, *range(1000, 1000 + times)}
    assert polled.taken.deliveries == times + 1


async def test_two_writers_in_a_loop_are_our_bug_and_raised(store):
    room = Newsroom(Overtaken(store, 10**6), store)
    with pytest.raises(RuntimeError, match="still stale"):
        await room.poll(rss(("a", TITLE, NOW - HOUR)))
    assert await store.items_of_feed("wire-one", 10) == ()


async def test_what_another_process_told_meanwhile_is_joined_and_not_told_again(store):
    """Its own memory of the window is stale, and only the commit says so."""
    here, there = Newsroom(store, store), Newsroom(store, store)
    await here.follow(HOME, BINANCE)
    await here.poll(rss(("x", "Bitcoin is up", NOW - HOUR)))
    assert kinds(await there.poll(rss(("a", TITLE, NOW - HOUR)), name="other")) == [ALERT]
    assert kinds(await here.poll(rss(("b", ALIKE, NOW)))) == [UPDATE]
    assert len(await store.deliveries(10)) == 1


# --- polls that bring nothing ---------------------------------------------------------------------


async def test_the_same_feed_again_adds_nothing(room, store):
    await room.follow(HOME, BINANCE)
    feed = rss(("a", TITLE, NOW - HOUR))
    await room.poll(feed)
    again = await room.poll(feed, now=NOW + HOUR)
    room.restart()
    later = await room.poll(feed, now=NOW + 2 * HOUR)
    for polled in (again, later):
        assert isinstance(polled.parsed, Parsed)
        assert polled.taken.items == ()
    assert len(await store.items_of_feed("wire-one", 10)) == 1
    assert len(await store.deliveries(10)) == 1
    assert (await store.feed_states())["wire-one"].last_read == NOW + 2 * HOUR


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<rss><channel><item><title>Judge",
        b"<!doctype html><html><head><title>Sign in</title></head><body>x</body></html>",
        b"\x89PNG\r\n\x1a\n0000",
    ],
)
async def test_a_body_that_is_no_feed_costs_a_failure_and_nothing_that_was_kept(room, store, body):
    await room.follow(HOME, BINANCE)
    await room.poll(
        Fetched(
            url="https://wire-one.example/rss",
            body=rss(("a", TITLE, NOW - HOUR)),
            validators=Validators(etag='"1"'),
        )
    )
    polled = await room.poll(body, now=NOW + HOUR)
    assert isinstance(polled.parsed, ParseFailed)
    state = (await store.feed_states())["wire-one"]
    assert (state.failures, state.validators.etag) == (1, '"1"')
    assert state.last_error
    assert state.first_read == NOW
    assert len(await store.items_of_feed("wire-one", 10)) == 1
    assert len(await store.deliveries(10)) == 1


async def test_an_empty_feed_is_no_fault(room, store):
    polled = await room.poll(rss())
    assert polled.parsed == Parsed(entries=(), title="A feed")
    state = (await store.feed_states())["wire-one"]
    assert (state.failures, state.last_error, state.first_read) == (0, "", NOW)


@pytest.mark.parametrize(
    "outcome",
    [
        FetchFailed(fault=FetchFault.STATUS, detail="HTTP 500", status=500),
        FetchFailed(fault=FetchFault.TIMEOUT, detail="nothing within 30 s"),
    ],
)
async def test_a_failed_fetch_is_remembered_and_parses_nothing(room, store, outcome):
    polled = await room.poll(outcome)
    assert polled.parsed is None
    state = (await store.feed_states())["wire-one"]
    assert state.failures == 1
    assert outcome.detail in state.last_error
    assert state.next_poll > NOW


async def test_not_modified_keeps_what_is_known(room, store):
    await room.poll(rss(("a", TITLE, NOW - HOUR)))
    await room.poll(NotModified(validators=Validators(etag='"2"')), now=NOW + HOUR)
    state = (await store.feed_states())["wire-one"]
    assert (state.validators.etag, state.failures, state.first_read) == ('"2"', 0, NOW)


# --- old news -------------------------------------------------------------------------------------


async def test_what_a_feed_held_for_long_when_first_read_is_kept_and_rings_for_nobody(room, store):
    await room.follow(HOME, BINANCE)
    old = NOW - OLD - timedelta(seconds=1)
    polled = await room.poll(rss(("a", TITLE, old), ("b", "Judge Torres and XRP", old)))
    assert ALERT not in kinds(polled)
    assert len(await store.items_of_feed("wire-one", 10)) == 2
    assert await store.deliveries(10) == ()


async def test_what_is_fresh_when_a_feed_is_first_read_rings(room, store):
    await room.follow(HOME, BINANCE)
    assert kinds(await room.poll(rss(("a", TITLE, NOW - OLD)))) == [ALERT]
    assert len(await store.deliveries(10)) == 1


async def test_a_feed_that_was_read_before_may_ring_late(room, store):
    await room.follow(HOME, BINANCE)
    await room.poll(rss(("x", "Bitcoin is up", NOW)))
    late = rss(("a", TITLE, NOW - timedelta(days=2)))
    assert kinds(await room.poll(late, now=NOW + HOUR)) == [ALERT]
    assert len(await store.deliveries(10)) == 1


async def test_old_news_that_comes_back_under_new_names_rings_for_nobody(room, store):
    await room.follow(HOME, BINANCE)
    await room.poll(rss(("x", "Bitcoin is up", NOW)))
    back = [(f"new{n}", f"{TITLE} in step {n}", NOW - timedelta(days=8 + 9 * n)) for n in range(5)]
    assert ALERT not in kinds(await room.poll(rss(*back), now=NOW + HOUR))
    assert await store.deliveries(10) == ()


async def test_one_old_item_alone_waits_for_the_digest(room, store):
    await room.follow(HOME, BINANCE)
    await room.poll(rss(("x", "Bitcoin is up", NOW)))
    found = rss(("a", TITLE, NOW - timedelta(days=30)))
    assert kinds(await room.poll(found, now=NOW + HOUR)) == [SUPPRESS]
    (story,) = await store.stories_of(BINANCE, 2)
    assert story.late
    assert story.held


async def test_one_old_item_of_high_severity_rings_late(room, store):
    await room.follow(HOME, BINANCE)
    await room.poll(rss(("x", "Bitcoin is up", NOW)))
    high = "Judge dismisses SEC lawsuit against Binance"
    found = rss(("a", high, NOW - timedelta(days=5)))
    assert kinds(await room.poll(found, now=NOW + HOUR)) == [ALERT]
    (story,) = await store.stories_of(BINANCE, 2)
    assert story.late


async def test_a_watch_rings_for_its_owner_alone_and_an_edited_one_counts_at_once(room, store):
    for chat, query in ((1, "zebra tariff"), (2, "giraffe tariff")):
        watch = Watch(id=f"w{chat}", place=Place(chat_id=chat), query=query, created=NOW)
        own = Subscription(place=watch.place, target=watch.target, since=NOW - HOUR)
        assert await store.add_watch(watch, own)
    await room.poll(rss(("a", "Zebra tariff rises", NOW)))
    await room.poll(rss(("b", "Giraffe tariff falls", NOW)), name="courier")
    told = {one.place.chat_id: one.message.html for one in await store.deliveries(9)}
    assert told.keys() == {1, 2}
    assert "Zebra" in told[1]
    assert "Giraffe" in told[2]


async def test_a_feed_that_failed_at_first_is_first_read_when_it_answers(room, store):
    await room.follow(HOME, BINANCE)
    await room.poll(FetchFailed(fault=FetchFault.DNS, detail="no such name"))
    polled = await room.poll(rss(("a", TITLE, NOW - timedelta(days=9))))
    assert kinds(polled) == [SUPPRESS]
    assert await store.deliveries(10) == ()


# --- who hears what -------------------------------------------------------------------------------


async def test_another_outlet_edits_the_alert_that_was_sent(room, store):
    await room.follow(HOME, BINANCE)
    await room.poll(rss(("a", TITLE, NOW - HOUR)))
    (sent,) = await store.claim(NOW, 10)
    await store.settle(sent, Sent(message_id=55), NOW)
    assert kinds(await room.poll(rss(("b", ALIKE, NOW)), name="courier")) == [UPDATE]
    (edit,) = await store.claim(NOW, 10)
    assert (edit.id, edit.key, edit.message_id) == (sent.id, sent.key, 55)
    assert edit.message.html == f"{TITLE}: Wire-One / Courier"


async def test_before_it_was_sent_another_outlet_only_changes_the_text(room, store):
    await room.follow(HOME, BINANCE)
    await room.poll(rss(("a", TITLE, NOW - HOUR)))
    await room.poll(rss(("b", ALIKE, NOW)), name="courier")
    (only,) = await store.claim(NOW, 10)
    assert only.message_id is None
    assert only.message.html.endswith("Wire-One / Courier")


async def test_the_next_development_is_a_message_of_its_own(room, store):
    await room.follow(HOME, BINANCE)
    await room.poll(rss(("a", TITLE, NOW - HOUR)))
    later = NOW + timedelta(days=3)
    assert kinds(await room.poll(rss(("b", NEXT, later)), now=later)) == [ALERT]
    assert len({delivery.key for delivery in await store.deliveries(10)}) == 2


async def test_a_restart_between_two_reports_changes_nothing(room, store):
    await room.follow(HOME, BINANCE)
    await room.poll(rss(("a", TITLE, NOW - HOUR)))
    room.restart()
    assert kinds(await room.poll(rss(("b", ALIKE, NOW)), name="courier")) == [UPDATE]
    assert len(await store.deliveries(10)) == 1


async def test_who_follows_after_the_ring_is_told_of_the_next_development_only(room, store):
    await room.poll(rss(("a", TITLE, NOW - HOUR)))
    await room.follow(HOME, BINANCE, since=NOW + timedelta(minutes=1))
    await room.poll(rss(("b", ALIKE, NOW + HOUR)), name="courier", now=NOW + HOUR)
    assert await store.deliveries(10) == ()
    later = NOW + timedelta(days=3)
    await room.poll(rss(("c", NEXT, later)), now=later)
    assert [delivery.place for delivery in await store.deliveries(10)] == [HOME]


async def test_a_new_subscriber_counts_from_the_next_batch_on(room, store):
    await room.poll(rss(("x", "Bitcoin is up", NOW)))
    await room.follow(GROUP, BINANCE)
    await room.poll(rss(("a", TITLE, NOW)))
    assert [delivery.place for delivery in await store.deliveries(10)] == [GROUP]


async def test_who_follows_while_a_decision_is_prepared_is_not_forgotten(store):
    room = Newsroom(FollowedMeanwhile(store), store)
    await room.poll(rss(("x", "Bitcoin is up", NOW)))
    await room.poll(rss(("a", TITLE, NOW)))
    assert [delivery.place for delivery in await store.deliveries(10)] == [GROUP]


async def test_each_place_is_told_of_what_it_follows(room, store):
    await room.follow(HOME, BINANCE)
    await room.follow(GROUP, RIPPLE)
    await room.poll(
        rss(("a", TITLE, NOW), ("b", "Judge Torres denies motion of SEC and Ripple", NOW))
    )
    told = {d.place: d.message.html for d in await store.deliveries(10)}
    assert TITLE in told[HOME]
    assert "Torres" in told[GROUP]


async def test_the_console_follows_beside_the_subscribers(room, store):
    console = Place(chat_id=0)
    room.pipeline.follow(
        lambda live: tuple(
            Subscription(
                place=console,
                target=Target(kind=TargetKind.CASE, slug=slug),
                since=datetime.min.replace(tzinfo=UTC),
            )
            for slug in live.rules.cases
        )
    )
    await room.follow(HOME, BINANCE)
    await room.poll(rss(("a", TITLE, NOW)))
    assert {delivery.place for delivery in await store.deliveries(10)} == {HOME, console}


async def test_a_name_is_watched_only_while_somebody_follows_it(room, store):
    fine = rss(("a", "Binance fined by watchdog in Lisbon over missing licence", NOW))
    listing = rss(("b", "Binance wins licence from Lisbon court in appeal", NOW + HOUR))
    first = await room.poll(fine, name="one")
    assert all(m.target != ENTITY for r in first.taken.readings for m in r.matches)
    await room.follow(HOME, ENTITY)
    second = await room.poll(listing, name="two", now=NOW + HOUR)
    assert any(m.target == ENTITY for r in second.taken.readings for m in r.matches)


async def test_rules_swapped_while_running_are_those_of_the_next_batch(room):
    narrow = type(shipped())(replace(shipped().rules, cases={}, watchlists={}))
    room.pipeline.matcher = narrow
    assert kinds(await room.poll(rss(("a", TITLE, NOW)))) == [IGNORE]
    room.pipeline.matcher = shipped()
    assert kinds(await room.poll(rss(("b", TITLE, NOW)))) == [ALERT]


# --- one batch ------------------------------------------------------------------------------------


async def test_in_one_batch_each_item_joins_what_the_one_before_left(room, store):
    await room.follow(HOME, BINANCE)
    polled = await room.poll(
        rss(("b", ALIKE, NOW), ("a", TITLE, NOW - HOUR), ("c", NEXT, NOW - timedelta(hours=90)))
    )
    assert [one.title for one in polled.taken.items] == [NEXT, TITLE, ALIKE]
    assert kinds(polled) == [SUPPRESS, ALERT, UPDATE]
    (delivery,) = await store.deliveries(10)
    assert delivery.message.html == f"{TITLE}: Wire-One / Wire-One"


async def test_an_item_that_stands_twice_in_a_batch_counts_once(room, store):
    one = item(TITLE, at=NOW)
    taken = await room.pipeline.take([one, one])
    assert len({decision.story for decision in taken.decisions}) == 1
    (story,) = await store.stories_of(BINANCE, 10)
    assert len(story.reports) == 1


async def test_polls_that_end_together_are_joined_one_after_the_other(room, store):
    import asyncio

    await room.follow(HOME, BINANCE)
    await asyncio.gather(*(room.poll(rss(("a", TITLE, NOW)), name=f"outlet-{n}") for n in range(6)))
    (story,) = await store.stories_of(BINANCE, 10)
    assert len(story.reports) == 6
    assert len(await store.deliveries(10)) == 1
