"""What a publisher changes after the alert: from the feed's bytes to the queued edit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from aggregator.errors import StoreError
from aggregator.feeds.edits import EDITS_MAX
from aggregator.feeds.workers import InlineParser
from aggregator.model import (
    DeliveryState,
    Feed,
    FeedKind,
    FeedState,
    Fetched,
    Message,
    NotModified,
    Place,
    RingKind,
    Sent,
    Subscription,
    Target,
    TargetKind,
    Trust,
    Validators,
)
from aggregator.pipeline import Pipeline
from aggregator.store.sqlite import SqliteStore
from aggregator.telegram import render
from tests.newsroom import shipped

NOW = datetime(2023, 9, 18, 22, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOME = Place(chat_id=7)
BINANCE = Target(kind=TargetKind.CASE, slug="sec-v-binance")
TITLE = "Judge rejects SEC request to inspect Binance.US software"
TEXT = "The judge heard both sides of SEC v. Binance on Monday."


def page(title=TITLE, text=TEXT, guid="1", link="https://wire-one.example/1"):
    return (
        "<rss version='2.0'><channel><title>Wire One</title><item>"
        f"<guid isPermaLink='false'>{guid}</guid><link>{link}</link><title>{title}</title>"
        f"<description>{text}</description><pubDate>{format_datetime(NOW)}</pubDate>"
        "</item></channel></rss>"
    )


class Room:
    def __init__(self, store):
        self.store = store
        self.now = NOW
        self.render = lambda alert, _: Message(
            html=f"{alert.story.lead.title} | {alert.story.lead.summary}"
        )
        self.restart()

    def restart(self):
        self.pipeline = Pipeline(
            store=self.store,
            parser=InlineParser(),
            matcher=shipped(),
            render=self.render,
        )

    async def poll(self, answer, name="wire-one", trust=Trust.INDEPENDENT):
        self.now += MINUTE
        feed = Feed(id=name, url=f"https://{name}.example/rss", kind=FeedKind.NEWS,
                    name=name.title(), trust=trust)  # fmt: skip
        if isinstance(answer, str):
            answer = Fetched(url=feed.url, body=answer.encode(), validators=Validators(etag='"1"'))
        state = (await self.store.feed_states()).get(name, FeedState(feed_id=name))
        return await self.pipeline.ingest(feed, state, answer, self.now)

    async def send_all(self):
        """Let Telegram accept what is queued, and return its texts."""
        claimed = await self.store.claim(self.now, 10)
        for number, delivery in enumerate(claimed):
            sent = Sent(message_id=delivery.message_id or 100 + number)
            await self.store.settle(delivery, sent, self.now)
        return [delivery.message.html for delivery in claimed]

    async def queued(self):
        return [d for d in await self.store.deliveries(50) if d.state is DeliveryState.QUEUED]

    async def story(self):
        (story,) = await self.store.stories_of(BINANCE, 10)
        return story


@pytest.fixture
async def room():
    store = await SqliteStore.open("sqlite:///:memory:")
    since = NOW - timedelta(days=1)
    await store.subscribe(Subscription(place=HOME, target=BINANCE, since=since))
    yield Room(store)
    await store.close()


async def test_f08_an_edited_headline_edits_the_alert_that_was_sent(room):
    await room.poll(page())
    assert await room.send_all() == [f"{TITLE} | {TEXT}"]
    corrected = TITLE.replace("Judge", "Magistrate judge")
    polled = await room.poll(page(title=corrected))
    (edit,) = await room.queued()
    assert edit.message.html.startswith(corrected)
    assert edit.message_id == 100
    assert (polled.taken.items, len(polled.taken.edited)) == ((), 1)
    assert (await room.story()).again == ()


async def test_f08_an_edit_is_taken_once_and_outlives_a_restart(room):
    await room.poll(page())
    await room.send_all()
    room.restart()
    edited = page(text=TEXT + " A correction was added: the hearing was on Monday.")
    assert len((await room.poll(edited)).taken.edited) == 1
    await room.send_all()
    room.restart()
    assert (await room.poll(edited)).taken.edited == ()
    assert await room.queued() == []


async def test_f08_white_space_and_advertisements_change_nothing(room):
    await room.poll(page())
    await room.send_all()
    await room.poll(page(text=f"Advertisement  {TEXT} 14 comments"))
    assert await room.queued() == []
    assert (await room.story()).reports[0].edits == 0


async def test_f08_a_page_that_is_rewritten_all_day_is_followed_so_often(room):
    await room.poll(page())
    for number in range(EDITS_MAX + 3):
        await room.poll(page(text=f"{TEXT} Update {number}: nothing yet."))
    story = await room.story()
    assert story.reports[0].edits == EDITS_MAX
    assert f"Update {EDITS_MAX - 1}:" in story.reports[0].summary


async def test_f08_an_outlet_that_turns_its_own_outcome_rings_again(room):
    await room.poll(page())
    await room.send_all()
    await room.poll(
        page(title="Judge makes no ruling on SEC request to inspect Binance.US software")
    )
    story = await room.story()
    assert [rung.kind for rung in story.again] == [RingKind.CHANGED]
    assert len(await room.queued()) == 2


GRANTS = "Judge grants SEC motion in SEC v. Binance, orders Binance to pay $5 million"
DENIES = "Judge denies SEC motion in SEC v. Binance, orders Binance to pay $9 million"


@pytest.fixture
def shown(room):
    """A room whose alerts are rendered as they are sent, and what each of its messages shows."""
    room.render = lambda alert, _: render.alert(alert, {}, {BINANCE: "SEC v. Binance"})
    room.restart()
    texts = {}

    async def send_all():
        while claimed := await room.store.claim(room.now, 10):
            for delivery in claimed:
                ring = int(delivery.key.rpartition(":")[2])
                texts[ring] = render.plain(delivery.message.html)
                sent = Sent(message_id=delivery.message_id or 100 + ring)
                await room.store.settle(delivery, sent, room.now)
        return texts

    return send_all


async def test_each_ring_keeps_the_words_it_told_and_quotes_those_of_the_ring_before(room, shown):
    third = GRANTS.replace("$5", "$7")
    await room.poll(page(title=GRANTS))
    await shown()
    await room.poll(page(title=DENIES))
    texts = await shown()
    assert texts[1].split("\n")[1:3] == [GRANTS, f"Now reads: {DENIES}"]
    assert texts[2].split("\n")[1] == DENIES
    assert f"Before: {GRANTS} (Wire-One" in texts[2]
    room.restart()
    await room.poll(page(title=third))
    texts = await shown()
    assert texts[1].split("\n")[1:3] == [GRANTS, f"Now reads: {third}"]
    assert texts[2].split("\n")[1:3] == [DENIES, f"Now reads: {third}"]
    assert f"Before: {GRANTS} (Wire-One" in texts[2]
    assert texts[3].split("\n")[1] == third
    assert f"Before: {DENIES} (Wire-One" in texts[3]


async def test_a_slip_mended_after_a_turn_edits_the_last_ring_alone(room, shown):
    await room.poll(page(title=GRANTS))
    await shown()
    await room.poll(page(title=DENIES.replace("Judge", "Jugde")))
    await shown()
    await room.poll(page(title=DENIES))
    texts = await shown()
    assert texts[1].split("\n")[1:3] == [GRANTS, f"Now reads: {DENIES}"]
    assert texts[2].split("\n")[1] == DENIES
    assert sorted(texts) == [1, 2]


async def test_a_correction_leaves_the_headline_that_rang(room, shown):
    corrected = f"Correction: {GRANTS.replace('grants', 'did not grant')}"
    await room.poll(page(title=GRANTS))
    await shown()
    await room.poll(page(title=corrected))
    texts = await shown()
    assert texts[1].split("\n")[1:3] == [GRANTS, f"Now reads: {corrected}"]
    assert texts[2].startswith("Correction · ")
    assert f"Before: {GRANTS} (Wire-One" in texts[2]


async def test_who_follows_a_change_that_another_told_does_not_rewrite_what_was_told(room, shown):
    primary = page(title=DENIES, guid="9", link="https://agency.example/9")
    await room.poll(page(title=GRANTS))
    await shown()
    await room.poll(primary, name="agency", trust=Trust.PRIMARY)
    await shown()
    await room.poll(page(title=DENIES))
    texts = await shown()
    assert sorted(texts) == [1, 2]
    assert texts[1].split("\n")[1:3] == [GRANTS, f"Now reads: {DENIES}"]
    assert f"Before: {GRANTS} (Wire-One" in texts[2]


async def test_a_turn_that_did_not_ring_does_not_hide_the_next_one(room, shown):
    third = GRANTS.replace("$5", "$7")
    await room.poll(page(title=GRANTS))
    await room.poll(page(title=DENIES))
    await room.poll(page(title="Correction: Judge grants SEC motion in SEC v. Coinbase"))
    assert sorted(await shown()) == [1, 2]
    await room.poll(page(title=third))
    texts = await shown()
    assert texts[3].split("\n")[1] == third
    assert f"Before: {DENIES} (Wire-One" in texts[3]
    assert texts[2].split("\n")[1:3] == [DENIES, f"Now reads: {third}"]


async def test_a_text_edited_under_the_same_headline_turns_nothing(room):
    title = f"Correction: {GRANTS}"
    await room.poll(page(title=title))
    await room.poll(page(title=title, text=f"{TEXT} More is due in October."))
    assert (await room.story()).again == ()


async def test_f08_an_edit_beside_a_new_item_is_taken_in_the_same_batch(room):
    await room.poll(page())
    other = page(guid="2", link="https://wire-one.example/2", title="Weather is fine", text="")
    both = page(title=f"Correction: {TITLE}").replace(
        "</channel>", other[other.index("<item>") : other.index("</channel>")] + "</channel>"
    )
    polled = await room.poll(both)
    assert [item.title for item in polled.taken.items] == ["Weather is fine"]
    assert len(polled.taken.edited) == 1


async def test_f08_what_no_story_tells_is_not_looked_at(room):
    await room.poll(page(title="Weather is fine", text=""))
    polled = await room.poll(page(title="Weather is bad", text=""))
    assert polled.taken.edited == ()


async def test_f08_an_edit_that_takes_the_case_out_of_the_text_keeps_the_story(room):
    await room.poll(page())
    await room.poll(page(title="Correction: no such hearing took place", text="We regret it."))
    story = await room.story()
    assert story.lead.title == "Correction: no such hearing took place"
    assert story.lead.evidence == ()


async def test_f04_a_guid_that_changes_while_the_link_stays_makes_one_alert(room):
    await room.poll(page())
    await room.send_all()
    await room.poll(page(guid="another"))
    story = await room.story()
    assert (len(story.reports), story.rings) == (2, 1)
    assert all(delivery.message_id == 100 for delivery in await room.queued())


async def test_c10_items_and_validators_commit_together_or_not_at_all(room):
    class Full:
        def __init__(self, inner):
            self._inner = inner

        def __getattr__(self, name):
            return getattr(self._inner, name)

        async def commit(self, batch, expected_version):
            raise StoreError("disk full")

    good = room.store
    room.store = Full(good)
    room.restart()
    with pytest.raises(StoreError):
        await room.poll(page())
    assert await good.feed_states() == {}
    room.store = good
    room.restart()
    await room.poll(page())
    assert (await good.feed_states())["wire-one"].validators == Validators(etag='"1"')
    assert len(await room.queued()) == 1


async def test_f03_a_feed_that_is_empty_for_a_while_alerts_of_nothing_twice(room):
    await room.poll(page())
    await room.send_all()
    await room.poll("<rss version='2.0'><channel><title>Wire One</title></channel></rss>")
    await room.poll(page())
    assert await room.queued() == []


async def test_f06_a_feed_that_is_read_for_the_first_time_does_not_flood(room):
    old = NOW - timedelta(days=3)
    items = "".join(
        page(guid=str(n), link=f"https://wire-one.example/{n}", title=f"{TITLE}, part {n}")
        .partition("<item>")[2].partition("</item>")[0].join(("<item>", "</item>"))
        for n in range(300)
    ).replace(format_datetime(NOW), format_datetime(old))  # fmt: skip
    polled = await room.poll(f"<rss version='2.0'><channel>{items}</channel></rss>")
    assert len(polled.taken.items) == 300
    assert await room.queued() == []


async def test_c10_not_modified_alone_is_kept_too(room):
    await room.poll(page())
    await room.poll(NotModified(validators=Validators(etag='"2"')))
    assert (await room.store.feed_states())["wire-one"].validators == Validators(etag='"2"')
