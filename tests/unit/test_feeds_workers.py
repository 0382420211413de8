import asyncio
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.feeds.workers import (
    InlineParser,
    WorkerParser,
    environment_of,
    outcome_of,
    plain_of,
)
from aggregator.model import Entry, Feed, FeedKind, Fetched, Parsed, ParseFailed, Trust

FEED = Feed(
    id="wire-one",
    url="https://wire-one.example/rss",
    kind=FeedKind.NEWS,
    name="Wire One",
    trust=Trust.INDEPENDENT,
)


def fetched(body: str, content_type: str = "application/rss+xml") -> Fetched:
    return Fetched(url=FEED.url, body=body.encode(), content_type=content_type)


def rss(items: str) -> Fetched:
    return fetched(f"<rss version='2.0'><channel><title>Wire</title>{items}</channel></rss>")


GOOD = rss(
    "<item><guid>n1</guid><title>Ordre “rendu” 裁</title><link>/a</link><category>x</category>"
    "<pubDate>Mon, 18 Sep 2023 12:00:00 GMT</pubDate></item><ttl>5</ttl>"
)


def slow(elements: int) -> Fetched:
    """Many elements that no check refuses: 400,000 take some ten seconds."""
    return rss("<item><title>x</title>" + "<a><b>y</b></a>" * (elements // 2) + "</item>")


@pytest.fixture
async def worker():
    parser = WorkerParser()
    yield parser
    await parser.close()


async def test_a_worker_reads_what_the_inline_parser_reads(worker):
    for one in (GOOD, rss(""), fetched("<html></html>"), fetched(""), fetched('{"items": 1}')):
        assert await worker.parse(FEED, one) == await InlineParser().parse(FEED, one)
    assert isinstance(await worker.parse(FEED, GOOD), Parsed)


async def test_one_process_starts_when_first_needed_and_lives_on(worker):
    assert worker.pid is None
    await worker.parse(FEED, GOOD)
    first = worker.pid
    await worker.parse(FEED, rss(""))
    assert worker.pid == first is not None


async def test_x04_a_parse_over_its_deadline_is_killed_and_the_next_one_works():
    parser = WorkerParser(deadline_s=0.5)
    await parser.parse(FEED, GOOD)
    first = parser.pid
    outcome = await parser.parse(FEED, slow(800_000))
    assert outcome == ParseFailed(detail="refused: parsing took more than 0.5 s")
    assert not alive(first)
    assert isinstance(await parser.parse(FEED, GOOD), Parsed)
    await parser.close()


async def test_x04_the_loop_goes_on_while_a_worker_parses(worker):
    await worker.parse(FEED, GOOD)
    parse = asyncio.create_task(worker.parse(FEED, slow(20_000)))
    turns = 0
    while not parse.done():
        await asyncio.sleep(0)
        turns += 1
    assert isinstance(await parse, Parsed)
    assert turns > 100


async def test_a_worker_that_dies_is_one_failure_and_is_replaced(worker):
    await worker.parse(FEED, GOOD)
    first = worker.pid
    parse = asyncio.create_task(worker.parse(FEED, slow(800_000)))
    await asyncio.sleep(0)
    os.kill(first, signal.SIGKILL)
    assert await parse == ParseFailed(detail="refused: the parser died of it")
    assert isinstance(await worker.parse(FEED, GOOD), Parsed)
    assert worker.pid != first


async def test_a_worker_that_died_between_two_parses_is_replaced(worker):
    await worker.parse(FEED, GOOD)
    first = worker.pid
    os.kill(first, signal.SIGKILL)
    outcomes = [await worker.parse(FEED, GOOD), await worker.parse(FEED, GOOD)]
    assert isinstance(outcomes[1], Parsed)
    assert worker.pid != first


async def test_memory_has_a_limit_and_the_next_parse_works():
    parser = WorkerParser(memory_bytes_max=100 * 2**20)
    assert isinstance(await parser.parse(FEED, GOOD), Parsed)
    first = parser.pid
    outcome = await parser.parse(FEED, rss(f"<item><title>{'x' * 1_500}</title></item>" * 9_000))
    assert outcome == ParseFailed(detail="refused: parsing took too much memory")
    assert not alive(first)
    assert isinstance(await parser.parse(FEED, GOOD), Parsed)
    await parser.close()


async def test_a_parser_that_cannot_start_is_a_failure_of_the_feed_and_no_crash(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    parser = WorkerParser()
    outcome = await parser.parse(FEED, GOOD)
    assert outcome == ParseFailed(detail="the parser did not start (FileNotFoundError)")
    await parser.close()


async def test_parses_asked_for_at_once_are_done_in_turn(worker):
    many = [rss(f"<item><title>Order {n}</title></item>") for n in range(20)]
    outcomes = await asyncio.gather(*(worker.parse(FEED, one) for one in many))
    titles = [outcome.entries[0].title for outcome in outcomes if isinstance(outcome, Parsed)]
    assert titles == [f"Order {n}" for n in range(20)]


async def test_a_cancelled_parse_leaves_a_parser_that_works(worker):
    await worker.parse(FEED, GOOD)
    first = worker.pid
    parse = asyncio.create_task(worker.parse(FEED, slow(800_000)))
    for _ in range(3):
        await asyncio.sleep(0)
    parse.cancel()
    with pytest.raises(asyncio.CancelledError):
        await parse
    assert not alive(first)
    assert isinstance(await worker.parse(FEED, GOOD), Parsed)


async def test_a_signal_to_our_group_does_not_reach_the_worker(worker):
    await worker.parse(FEED, GOOD)
    assert os.getsid(worker.pid) == worker.pid
    assert os.getpgid(worker.pid) != os.getpgid(0)


async def test_closing_ends_the_worker_and_may_be_done_twice(worker):
    await worker.parse(FEED, GOOD)
    first = worker.pid
    await worker.close()
    await worker.close()
    assert not alive(first)


def test_a_worker_ends_by_itself_when_its_parent_is_gone():
    done = subprocess.run(
        [sys.executable, "-m", "aggregator.feeds.workers", str(2**30), "30"],
        input=b"",
        capture_output=True,
        env=environment_of(os.environ),
        timeout=50,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"\0\0\0\x05ready", b"")


def test_the_worker_does_not_know_our_secrets():
    ours = {"PATH": "/bin", "TELEGRAM_BOT_TOKEN": "123:made-up", "PYTHONPATH": "/elsewhere"}
    theirs = environment_of(ours)
    assert theirs.keys() == {"PATH", "PYTHONPATH"}
    assert theirs["PYTHONPATH"].endswith(os.pathsep + "/elsewhere")


def test_an_outcome_survives_the_way_through_json():
    whole = Parsed(
        title="Wire",
        ttl=timedelta(minutes=5),
        entries=(
            Entry(guid="g", link="l", title="t", summary="s", tags=("a", "b"),
                  published=datetime(2023, 9, 18, 12, tzinfo=UTC)),
            Entry(updated=datetime(2023, 9, 18, 12, 0, 0, 5, tzinfo=UTC)),
        ),
    )  # fmt: skip
    for outcome in (whole, Parsed(entries=()), ParseFailed(detail="x")):
        assert outcome_of(plain_of(outcome)) == outcome


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_t02_a_slow_parse_holds_up_nobody_else():
    parser = WorkerParser(deadline_s=30)
    await parser.parse(FEED, GOOD)
    held_up = asyncio.create_task(parser.parse(FEED, slow(1_000_000)))
    await asyncio.sleep(0)
    outcomes = [await parser.parse(FEED, GOOD) for _ in range(3)]
    assert all(isinstance(outcome, Parsed) for outcome in outcomes)
    assert not held_up.done()
    assert len(parser.pids) == 2
    held_up.cancel()
    await asyncio.gather(held_up, return_exceptions=True)
    assert isinstance(await parser.parse(FEED, GOOD), Parsed)
    await parser.close()
    assert parser.pids == ()


async def test_the_second_worker_ends_when_nobody_needs_it_any_more():
    parser = WorkerParser(patience_s=0, linger_s=0)
    outcomes = await asyncio.gather(*(parser.parse(FEED, GOOD) for _ in range(4)))
    assert all(isinstance(outcome, Parsed) for outcome in outcomes)
    await parser.parse(FEED, GOOD)
    assert parser.pids == (parser.pid,)
    await parser.close()


async def test_what_the_publisher_skips_crosses_the_pipe(worker):
    feed = rss("<skipHours><hour>3</hour></skipHours><skipDays><day>Sunday</day></skipDays>")
    found = await worker.parse(FEED, feed)
    assert isinstance(found, Parsed)
    assert (found.skip_hours, found.skip_days) == ({3}, {6})
