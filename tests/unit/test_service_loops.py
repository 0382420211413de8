"""Jobs, the reloader, and the program as a whole."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from aggregator.feeds.workers import InlineParser
from aggregator.model import (
    Delivery,
    Feed,
    FeedKind,
    Fetched,
    Message,
    Place,
    Priority,
    Sent,
    Trust,
)
from aggregator.pipeline import Pipeline
from aggregator.service.clock import SystemClock
from aggregator.service.deliverer import Deliverer
from aggregator.service.jobs import TaskJobs
from aggregator.service.poller import Poller
from aggregator.service.program import Program
from aggregator.service.reload import Reloader
from aggregator.store.sqlite import SqliteStore
from tests.newsroom import plain_logging, played, rss, shipped

AT = datetime(2023, 9, 18, 20, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def own_logging():
    with plain_logging():
        yield


# --- jobs -----------------------------------------------------------------------------------------


async def test_a_job_is_not_started_while_its_like_runs():
    jobs, gate, done = TaskJobs(), asyncio.Event(), []

    async def work():
        await gate.wait()
        done.append(1)

    assert jobs.defer("poll", "a", work)
    assert not jobs.defer("poll", "a", work)
    assert jobs.defer("poll", "b", work)
    assert jobs.defer("other", "a", work)
    assert not jobs.idle
    gate.set()
    await jobs.settled()
    assert jobs.idle
    assert len(done) == 3
    assert jobs.defer("poll", "a", work)
    await jobs.settled()


async def test_settled_waits_for_jobs_that_jobs_start():
    jobs, done = TaskJobs(), []

    async def second():
        done.append("second")

    async def first():
        jobs.defer("poll", "b", second)

    jobs.defer("poll", "a", first)
    await jobs.settled()
    assert done == ["second"]


async def test_a_bug_in_a_job_is_logged_with_its_key_and_frees_its_name():
    async def work():
        raise ZeroDivisionError

    jobs = TaskJobs()
    with capture_logs() as logs:
        jobs.defer("poll", "a", work)
        await jobs.settled()
    assert [(line["event"], line["job"], line["key"]) for line in logs] == [
        ("job_failed", "poll", "a")
    ]
    assert jobs.idle


def test_closing_lets_a_job_finish_within_the_grace_and_cancels_one_that_does_not():
    async def scenario():
        jobs, fate = TaskJobs(), {}

        def takes(name, seconds):
            async def work():
                try:
                    await asyncio.sleep(seconds)
                    fate[name] = "done"
                except asyncio.CancelledError:
                    fate[name] = "cancelled"
                    raise

            return work

        jobs.defer("poll", "short", takes("short", 1))
        jobs.defer("poll", "long", takes("long", 1000))
        await jobs.close(4)
        assert fate == {"short": "done", "long": "cancelled"}
        assert jobs.idle
        assert asyncio.get_running_loop().time() == pytest.approx(4, abs=0.1)

    played(scenario())


async def test_closing_without_jobs_returns():
    await TaskJobs().close(4)


# --- reloading ------------------------------------------------------------------------------------


class Folder:
    """What the reloader sees of the disk, and what it swapped in."""

    def __init__(self):
        self.stamp = 1
        self.content = (shipped(), ())
        self.loads = 0
        self.live = []
        self.reloader = Reloader(
            fingerprint=lambda: {"rules": self.stamp},
            load=self.load,
            swap=lambda matcher, feeds: self.live.append((matcher, feeds)),
        )

    async def load(self):
        self.loads += 1
        return self.content

    def writes(self, content):
        self.stamp += 1
        self.content = content


async def test_without_a_change_nothing_is_loaded():
    folder = Folder()
    await folder.reloader.look()
    await folder.reloader.look()
    assert (folder.loads, folder.live) == (0, [])


async def test_a_change_is_swapped_in_once_and_said():
    folder = Folder()
    folder.writes((shipped(), ("a feed",)))
    with capture_logs() as logs:
        await folder.reloader.look()
        await folder.reloader.look()
    assert folder.live == [(shipped(), ("a feed",))]
    assert [line["event"] for line in logs] == ["rules_reloaded"]


async def test_a_faulty_file_keeps_the_old_rules_live_and_is_said_once():
    folder = Folder()
    folder.writes("rules/a.yaml:3: unknown key\nfeeds.yaml:9: no url")
    with capture_logs() as logs:
        for _ in range(5):
            await folder.reloader.look()
    assert folder.live == []
    assert folder.loads == 1
    assert [(line["event"], line["fault"]) for line in logs] == [
        ("rules_refused", "rules/a.yaml:3: unknown key"),
        ("rules_refused", "feeds.yaml:9: no url"),
    ]


async def test_the_next_change_is_tried_after_a_faulty_one():
    folder = Folder()
    folder.writes("rules/a.yaml:3: unknown key")
    with capture_logs():
        await folder.reloader.look()
        folder.writes((shipped(), ()))
        await folder.reloader.look()
    assert folder.live == [(shipped(), ())]


# --- the program ----------------------------------------------------------------------------------


class Stage:
    """A program with one feed and a notifier that takes everything."""

    def __init__(self, store, **options):
        self.said = []
        self.closed = []
        self.deliverer = Deliverer(store=store, notifier=self, clock=SystemClock())
        poller = Poller(
            feeds=[
                Feed(
                    id="f",
                    url="http://127.0.0.1/f",
                    kind=FeedKind.NEWS,
                    name="f",
                    trust=Trust.INDEPENDENT,
                    allow_private=True,
                )
            ],
            store=store,
            fetcher=self,
            pipeline=Pipeline(
                store=store,
                parser=InlineParser(),
                matcher=shipped(),
                render=lambda alert, _: Message(html=alert.key),
            ),
            clock=SystemClock(),
            wake=self.deliverer.wake,
        )
        self.polled = asyncio.Event()
        self.program = Program(
            poller=poller,
            deliverer=self.deliverer,
            closers=[self.closer("web"), self.closer("parser")],
            tick_s=0.02,
            **options,
        )

    def closer(self, name):
        async def close():
            self.closed.append(name)

        return close

    async def fetch(self, feed, _validators):
        self.polled.set()
        return Fetched(url=feed.url, body=rss())

    async def deliver(self, delivery):
        self.said.append(delivery.key)
        return Sent(message_id=1)


@pytest.fixture
async def store():
    opened = await SqliteStore.open("sqlite:///:memory:")
    yield opened
    await opened.close()


def waiting():
    return Delivery(
        place=Place(chat_id=1),
        key="k",
        message=Message(html="x"),
        priority=Priority.NORMAL,
        created=AT,
    )


async def test_a_single_round_polls_delivers_and_lets_go_in_order(store):
    stage = Stage(store)
    await store.enqueue([waiting()])
    await stage.program.once()
    assert stage.polled.is_set()
    assert stage.said == ["k"]
    assert stage.closed == ["web", "parser"]


async def test_it_runs_until_it_is_told_to_stop(store):
    stage, stop = Stage(store), asyncio.Event()
    await store.enqueue([waiting()])
    task = asyncio.create_task(stage.program.run(stop))
    await stage.polled.wait()
    assert not task.done()
    stop.set()
    assert await task is False
    assert stage.closed == ["web", "parser"]
    assert stage.said == ["k"]


async def test_a_loop_that_ends_for_good_ends_the_program_and_says_so(store):
    async def gives_up():
        await asyncio.sleep(0)

    stage = Stage(store, loops=[gives_up])
    assert await stage.program.run(asyncio.Event()) is True
    assert stage.closed == ["web", "parser"]


async def test_a_loop_that_dies_of_a_bug_ends_the_program_and_everything_is_let_go(store):
    async def dies():
        raise ZeroDivisionError

    stage = Stage(store, loops=[dies])
    with pytest.raises(ZeroDivisionError):
        await stage.program.run(asyncio.Event())
    assert stage.closed == ["web", "parser"]


async def test_changed_rules_are_looked_for_while_it_runs(store):
    looked = asyncio.Event()

    class Looking:
        async def look(self):
            looked.set()

    stage, stop = Stage(store, reloader=Looking(), reload_s=0.02), asyncio.Event()
    task = asyncio.create_task(stage.program.run(stop))
    await looked.wait()
    stop.set()
    await task
