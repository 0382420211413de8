from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from aggregator.demo.render import render
from aggregator.demo.script import load
from aggregator.demo.server import DemoServer
from aggregator.model import FeedKind, Trust

SCRIPT = load()
QUIET = datetime(2023, 9, 18, 21, 40, tzinfo=UTC)


class Hands:
    """A clock whose hands are moved by the test."""

    def __init__(self, at: datetime = QUIET) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Hands()


@pytest.fixture
async def server(clock):
    async with DemoServer(SCRIPT, clock) as running:
        yield running


@pytest.fixture
async def web(server):
    async with httpx.AsyncClient(base_url=server.base_url, trust_env=False) as client:
        yield client


async def test_every_feed_is_served_as_it_stands_at_the_clocks_time(server, web, clock):
    for scripted, feed in zip(SCRIPT.feeds, server.feeds(), strict=True):
        if scripted.id == "exchange-watch":
            continue  # down at this hour
        answer = await web.get(feed.url)
        expected = render(scripted, clock.now())
        assert (answer.status_code, answer.content) == (200, expected.body)
        assert answer.headers["content-type"] == expected.content_type


async def test_an_unchanged_feed_is_304_by_etag_and_by_date(web, clock):
    first = await web.get("/wire-one.xml")
    for asked in (
        {"If-None-Match": first.headers["etag"]},
        {"If-None-Match": f'"other", W/{first.headers["etag"]}'},
        {"If-Modified-Since": first.headers["last-modified"]},
    ):
        again = await web.get("/wire-one.xml", headers=asked)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]


async def test_a_new_item_ends_the_304(web, clock):
    held = {"If-None-Match": (await web.get("/ledger-post.xml")).headers["etag"]}
    clock.at = datetime(2023, 9, 18, 22, 50, tzinfo=UTC)
    answer = await web.get("/ledger-post.xml", headers=held)
    assert answer.status_code == 200
    assert b"no ruling" in answer.content


async def test_the_etag_outranks_the_date(web):
    first = await web.get("/wire-one.xml")
    answer = await web.get(
        "/wire-one.xml",
        headers={"If-None-Match": '"old"', "If-Modified-Since": first.headers["last-modified"]},
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("date", ["yesterday", "Mon, 18 Sep 2023 25:00:00 GMT", ""])
async def test_a_date_that_is_none_is_as_if_not_asked(web, date):
    answer = await web.get("/wire-one.xml", headers={"If-Modified-Since": date})
    assert answer.status_code == 200


async def test_a_feed_is_down_for_its_hours_and_back_after(web, clock):
    seen = []
    for at in (
        datetime(2023, 9, 18, 19, 59, tzinfo=UTC),
        datetime(2023, 9, 18, 20, 0, tzinfo=UTC),
        datetime(2023, 9, 19, 7, 59, tzinfo=UTC),
        datetime(2023, 9, 19, 8, 0, tzinfo=UTC),
    ):
        clock.at = at
        seen.append((await web.get("/exchange-watch.xml")).status_code)
    assert seen == [200, 500, 500, 200]


async def test_a_challenge_page_is_served_once(web, clock):
    clock.at = datetime(2023, 9, 20, 3, tzinfo=UTC)
    page = await web.get("/northlight.xml")
    feed = await web.get("/northlight.xml")
    assert page.status_code == feed.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert b"<rss" not in page.content
    assert b"<rss" in feed.content


async def test_a_court_sends_no_validators_and_never_answers_304(web):
    first = await web.get("/dcd-court.xml")
    assert not {"etag", "last-modified"} & set(first.headers)
    later = {"If-Modified-Since": "Tue, 19 Sep 2023 00:00:00 GMT", "If-None-Match": '"x"'}
    assert (await web.get("/dcd-court.xml", headers=later)).status_code == 200


@pytest.mark.parametrize("path", ["/", "/none.xml", "/wire-one", "/../wire-one.xmls"])
async def test_what_is_not_on_stage_is_404(web, path):
    assert (await web.get(path)).status_code == 404


async def test_only_reading_is_allowed_and_head_brings_no_body(web):
    assert (await web.post("/wire-one.xml", content=b"")).status_code == 405
    head = await web.head("/wire-one.xml")
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) > 0


async def test_requests_are_counted(server, web):
    first = await web.get("/wire-one.xml")
    await web.get("/wire-one.xml", headers={"If-None-Match": first.headers["etag"]})
    assert (server.requests, server.not_modified) == (2, 1)


@pytest.mark.parametrize("junk", [b"nonsense\r\n\r\n", b"x" * 40_000, b"GET /wire"])
async def test_what_is_no_http_is_hung_up_on(server, junk):
    port = int(server.base_url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(junk)
        writer.write_eof()
        with contextlib.suppress(ConnectionResetError):  # what is left unread makes it a reset
            assert await reader.read() == b""
    finally:
        writer.close()
    assert server.requests == 0


async def test_leaving_hangs_up_on_idle_connections_without_a_word(clock):
    complaints = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: complaints.append(what))
    async with DemoServer(SCRIPT, clock) as server:
        port = int(server.base_url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /wire-one.xml HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    rest = await reader.read()
    assert rest.endswith(b"</channel></rss>\n")
    writer.close()
    assert complaints == []
    with pytest.raises(RuntimeError):
        _ = server.base_url


async def test_the_feeds_come_as_the_configuration_would_hold_them(server):
    feeds = {feed.id: feed for feed in server.feeds()}
    assert len(feeds) == len(SCRIPT.feeds)
    assert all(feed.allow_private and feed.every is not None for feed in feeds.values())
    assert all(feed.url.startswith("http://127.0.0.1:") for feed in feeds.values())
    court = feeds["dcd-court"]
    assert (court.kind, court.court, court.trust) == (FeedKind.COURT, "dcd", Trust.PRIMARY)
    assert feeds["blockside-notes"].trust is Trust.CORROBORATES
    assert feeds["cadena-diaria"].language == "es"
