"""What is counted, what is told, and what /health and the heartbeat make of it."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from aggregator.model import (
    Batch,
    Feed,
    FeedKind,
    FeedState,
    Fetched,
    FetchFailed,
    FetchFault,
    NotModified,
    NotSent,
    Parsed,
    ParseFailed,
    Sent,
    Target,
    TargetKind,
    Trust,
    Validators,
)
from aggregator.service.heartbeat import Heart
from aggregator.service.metrics import (
    MeasuredFetcher,
    MeasuredNotifier,
    MeasuredParser,
    Meters,
    rule_label,
)
from aggregator.service.vitals import BEAT, BEAT_S, LATE_MAX, Finding, Sending, examine
from aggregator.store.sqlite import SqliteStore
from tests.contract.made import CASE, NOW, delivery, item, match, story

FEED = Feed(
    id="wire-one",
    name="Wire One",
    url="https://wire-one.example/rss",
    kind=FeedKind.NEWS,
    trust=Trust.INDEPENDENT,
)
LONG = LATE_MAX + timedelta(minutes=1)


class Says:
    """A fetcher, parser and notifier that answers with what it was given, in order."""

    def __init__(self, *answers):
        self.answers = list(answers)

    async def fetch(self, feed, validators):
        return self.answers.pop(0)

    async def parse(self, feed, fetched):
        return self.answers.pop(0)

    async def deliver(self, sent):
        return self.answers.pop(0)

    async def probe(self, sent, message_id):
        return self.answers.pop(0)

    async def close(self):
        self.answers.clear()


class Stopped:
    def __init__(self, at=NOW):
        self.at = at

    def now(self):
        return self.at

    async def sleep(self, seconds):
        self.at += timedelta(seconds=seconds)


@pytest.fixture
async def store():
    opened = await SqliteStore.open("sqlite:///:memory:")
    yield opened
    await opened.close()


async def told(meters, store, now=NOW, feeds=(FEED,)):
    page = (await meters.scraped(store, feeds, now)).body.decode()
    return dict(line.rsplit(" ", 1) for line in page.splitlines() if not line.startswith("#"))


async def test_each_poll_is_counted_once_by_its_outcome(store):
    meters, body = Meters(), Fetched(url=FEED.url, body=b"x")
    failed = FetchFailed(fault=FetchFault.TIMEOUT, detail="slow")
    web = MeasuredFetcher(Says(NotModified(validators=Validators()), failed, body), meters)
    for _ in range(3):
        await web.fetch(FEED, Validators())
    parser = MeasuredParser(Says(Parsed(entries=()), ParseFailed(detail="a page")), meters)
    for _ in range(2):
        await parser.parse(FEED, body)
    found = await told(meters, store)
    polls = {name: value for name, value in found.items() if "polls" in name}
    assert polls == {
        f'casewire_polls_total{{outcome="{outcome}"}}': "1.0"
        for outcome in ("not_modified", "timeout", "read", "unreadable")
    }


async def test_a_batch_is_counted_by_items_rules_and_new_stories(store):
    meters, new = Meters(), story()
    keys = [report.item_key for report in new.reports]
    items = tuple(item("x", key=key) for key in keys)
    meters.committed(Batch(items=items, matches=((keys[0], match()),), stories=(new,)))
    meters.committed(Batch(items=(item("other"),), stories=(new,)))
    found = await told(meters, store)
    assert found["casewire_items_total"] == f"{len(items) + 1}.0"
    assert found["casewire_stories_total"] == "1.0"
    rule = f'casewire_matches_total{{relation="{match().relation}",rule="case:{CASE.slug}"}}'
    assert found[rule] == "1.0"


async def test_what_a_feed_held_at_its_first_read_counts_as_no_delay(store):
    meters = Meters()
    old = item("old", published=NOW - timedelta(days=9), seen=NOW)
    state = FeedState(feed_id=FEED.id, first_read=NOW)
    meters.committed(Batch(feed_state=state, items=(old,)))
    late = replace(old, seen=NOW + timedelta(minutes=3), published=NOW + timedelta(minutes=1))
    meters.committed(Batch(feed_state=state, items=(late,)))
    found = await told(meters, store)
    assert found["casewire_published_to_seen_seconds_count"] == "1.0"
    assert found["casewire_published_to_seen_seconds_sum"] == "120.0"


async def test_only_a_new_alert_that_arrived_has_a_delay(store):
    meters = Meters()
    alert = delivery(created=NOW, item_seen=NOW)
    notifier = MeasuredNotifier(
        Says(NotSent(detail="x"), Sent(message_id=1), Sent(message_id=1)),
        meters,
        lambda: NOW + timedelta(seconds=4),
    )
    for each in (alert, alert, replace(alert, message_id=1)):
        await notifier.deliver(each)
    found = await told(meters, store)
    assert found['casewire_deliveries_total{outcome="sent"}'] == "2.0"
    assert found['casewire_deliveries_total{outcome="not_sent"}'] == "1.0"
    assert found["casewire_seen_to_sent_seconds_count"] == "1.0"
    assert found["casewire_seen_to_sent_seconds_sum"] == "4.0"


async def test_the_outbox_and_the_feeds_are_told_as_they_stand_and_gone_feeds_no_more(store):
    await store.enqueue([delivery(created=NOW - timedelta(minutes=2))])
    await store.save_feed_state(
        FeedState(feed_id=FEED.id, last_polled=NOW, last_read=NOW - timedelta(seconds=30))
    )
    meters = Meters()
    found = await told(meters, store)
    assert found['casewire_outbox_messages{state="queued"}'] == "1.0"
    assert found["casewire_outbox_age_seconds"] == "120.0"
    assert found['casewire_feed_read_age_seconds{feed="wire-one"}'] == "30.0"
    assert found['casewire_feeds{status="fresh"}'] == "1.0"
    assert not [name for name in await told(meters, store, feeds=()) if "wire-one" in name]


def test_nobodys_watch_can_be_told_from_a_label():
    assert rule_label(Target(kind=TargetKind.WATCH, slug="secret")) == "watch"


def test_the_dashboard_asks_for_metrics_that_exist_and_for_each_of_them():
    file = Path(__file__).parents[2] / "deploy" / "grafana.json"
    panels = json.loads(file.read_text(encoding="utf-8"))["panels"]
    asked = {
        re.sub("_bucket$", "", name)
        for panel in panels
        for target in panel["targets"]
        for name in re.findall(r"casewire_\w+", target["expr"])
    }
    known = {
        f"{each.name}_total" if each.type == "counter" else each.name
        for each in Meters().registry.collect()
    }
    assert asked == known


async def judged(store, now=NOW):
    return {found.name: found.ok for found in await examine(store, (FEED,), now)}


async def test_a_program_that_beats_polls_and_sends_is_well(store):
    await store.put_setting(BEAT, NOW.isoformat())
    await store.save_feed_state(FeedState(feed_id=FEED.id, last_polled=NOW, next_poll=NOW))
    assert await judged(store) == dict.fromkeys(("loop", "database", "poll", "outbox"), True)


async def test_each_thing_that_stands_still_is_found(store):
    assert await judged(store) == {"loop": False, "database": False, "poll": False, "outbox": True}
    await store.put_setting(BEAT, NOW.isoformat())
    await store.save_feed_state(FeedState(feed_id=FEED.id, last_polled=NOW, next_poll=NOW))
    await store.enqueue([delivery(created=NOW)])
    assert await judged(store, NOW + LONG) == {
        "loop": False, "database": False, "poll": False, "outbox": False,
    }  # fmt: skip


@pytest.mark.parametrize(("beats", "ok"), [(1.9, True), (2.1, False)])
async def test_two_beats_that_were_not_written_are_a_database_that_takes_nothing(store, beats, ok):
    await store.put_setting(BEAT, NOW.isoformat())
    now = NOW + timedelta(seconds=beats * BEAT_S)
    found = {one.name: one for one in await examine(store, (FEED,), now)}
    assert (found["database"].ok, found["loop"].ok) == (ok, True)
    # What it says is what is known: when a write was taken, not that one would be now.
    assert ("took a write" if ok else "no write since") in found["database"].what


async def test_a_feed_that_is_not_due_yet_makes_nothing_late(store):
    await store.put_setting(BEAT, (NOW + LONG).isoformat())
    state = FeedState(feed_id=FEED.id, last_polled=NOW, next_poll=NOW + LONG)
    await store.save_feed_state(state)
    assert (await judged(store, NOW + LONG))["poll"]


async def test_silence_of_the_other_side_is_found_and_an_answer_ends_it():
    clock = Stopped()
    sending = Sending(Says(NotSent(detail="x"), NotSent(detail="x"), Sent(message_id=1)), clock)
    await sending.deliver(delivery())
    clock.at += LONG
    await sending.deliver(delivery())
    assert not sending.found(clock.at).ok
    await sending.deliver(delivery())
    assert sending.found(clock.at).ok


class Outside:
    def __init__(self, *answers):
        self.answers, self.asked = list(answers), 0

    async def __call__(self):
        self.asked += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_the_outside_is_told_only_while_all_is_well_and_survives_its_silence(store):
    ok = True

    async def look():
        return [Finding(name="poll", ok=ok, what="")]

    outside = Outside(200, OSError("down"), 500, 200)
    heart = Heart(store=store, clock=Stopped(), examine=look, ping=outside)
    for _ in range(3):
        await heart.beat()
    ok = False
    await heart.beat()
    assert outside.asked == 3
    ok = True
    await heart.beat()
    assert outside.asked == 4
    assert await store.setting(BEAT) == NOW.isoformat()


async def test_what_a_start_finds_undone_is_a_fault_only_if_it_stays_so(store):
    async def look():
        return [Finding(name="poll", ok=False, what="no feed was polled yet")]

    outside = Outside()
    heart = Heart(store=store, clock=Stopped(), examine=look, ping=outside)
    with capture_logs() as logs:
        await heart.beat()
        assert logs == []
        await heart.beat()
    assert [line["event"] for line in logs] == ["unhealthy"]
    assert outside.asked == 0
