import asyncio
import gzip
import ssl
import tracemalloc
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.feeds.fetch import HttpFetcher
from aggregator.feeds.resolve import SystemResolver
from aggregator.model import (
    Feed,
    FeedKind,
    Fetched,
    FetchFailed,
    FetchFault,
    NotModified,
    Trust,
    Validators,
)
from tests.fake_web import FakeWeb, Names

RSS = "<rss version='2.0'><channel><title>Wire One</title></channel></rss>"
AGENT = "Casewire/0.1 (+ops@reader.example)"
NOTHING = Validators()

# A key and a certificate for wire-one.example alone, made for these tests and good until 2120.
KEY = """-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg/BGR5CIpFu74RM6D
2sNOtuBp6gYs/bzJlA3bG57zKpihRANCAAR6pD/YjlT2YRVquUD/NiKFVOfOysK5
ykPr8ace0twYVVeyG1X0JQTAErZaeeYcPT+S8V/nhEeD00wMBkzpyTXi
-----END PRIVATE KEY-----
"""
CERTIFICATE = """-----BEGIN CERTIFICATE-----
MIIBcTCCARagAwIBAgIBATAKBggqhkjOPQQDAjAYMRYwFAYDVQQDDA1DYXNld2ly
ZSB0ZXN0MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAYMRYwFAYD
VQQDDA1DYXNld2lyZSB0ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeqQ/
2I5U9mEVarlA/zYihVTnzsrCucpD6/GnHtLcGFVXshtV9CUEwBK2WnnmHD0/kvFf
54RHg9NMDAZM6ck14qNPME0wGwYDVR0RBBQwEoIQd2lyZS1vbmUuZXhhbXBsZTAP
BgNVHRMBAf8EBTADAQH/MB0GA1UdDgQWBBSj3qTdky1QUDQfNUmNzVRKGAI8iDAK
BggqhkjOPQQDAgNJADBGAiEAlRa6nSu1aXPp2DgBF5/7eCI4+YD22kbTnO4x/nUH
cj4CIQDyvgqQuEQpu9/2bhO88Ky57m+c5k0yU/wOwO6Kfqczpg==
-----END CERTIFICATE-----
"""


@pytest.fixture
async def web():
    async with FakeWeb() as web:
        yield web


@pytest.fixture
def names():
    return Names()


@pytest.fixture
async def fetcher(names):
    fetcher = HttpFetcher(names, user_agent=AGENT, total_s=20)
    yield fetcher
    await fetcher.close()


def feed_at(url: str, *, allow_private: bool = True) -> Feed:
    return Feed(
        id="wire-one",
        url=url,
        kind=FeedKind.NEWS,
        name="Wire One",
        trust=Trust.INDEPENDENT,
        allow_private=allow_private,
    )


async def failed(fetcher, url, fault, *, validators=NOTHING, allow_private=True) -> FetchFailed:
    outcome = await fetcher.fetch(feed_at(url, allow_private=allow_private), validators)
    assert isinstance(outcome, FetchFailed), outcome
    assert outcome.fault is fault, outcome
    assert "\n" not in outcome.detail
    return outcome


async def test_a_body_comes_back_whole_with_what_the_server_said_about_it(web, fetcher):
    web.serves("/rss", RSS, etag='"1"', headers={"Cache-Control": "max-age=300"})
    outcome = await fetcher.fetch(feed_at(web.url("/rss")), NOTHING)
    assert outcome == Fetched(
        url=web.url("/rss"),
        body=RSS.encode(),
        content_type="application/rss+xml; charset=utf-8",
        validators=Validators(etag='"1"'),
        max_age=timedelta(seconds=300),
    )


@pytest.mark.parametrize("etag", ['W/"a,b"', "no-quotes", '"' + "é" + '"', 'W/"x" ; odd'])
async def test_c01_an_etag_is_sent_back_byte_for_byte(web, fetcher, etag):
    web.serves("/rss", RSS, etag=etag)
    first = await fetcher.fetch(feed_at(web.url("/rss")), NOTHING)
    assert isinstance(first, Fetched)
    second = await fetcher.fetch(feed_at(web.url("/rss")), first.validators)
    assert second == NotModified(validators=Validators(etag=etag))
    assert web.requests("/rss")[1].headers["if-none-match"] == etag


@pytest.mark.parametrize(
    "date", ["Sat, 16 Nov 2041 19:11:00 GMT", "Mon, 1 Jan 24 03:04 PST", "yesterday"]
)
async def test_c02_a_last_modified_is_sent_back_byte_for_byte_however_odd(web, fetcher, date):
    web.serves("/rss", RSS, last_modified=date)
    first = await fetcher.fetch(feed_at(web.url("/rss")), NOTHING)
    assert isinstance(first, Fetched)
    second = await fetcher.fetch(feed_at(web.url("/rss")), first.validators)
    assert isinstance(second, NotModified)
    assert web.requests("/rss")[1].headers["if-modified-since"] == date


async def test_c03_no_validator_is_invented(web, fetcher):
    web.serves("/rss", RSS)
    first = await fetcher.fetch(feed_at(web.url("/rss")), NOTHING)
    assert isinstance(first, Fetched)
    await fetcher.fetch(feed_at(web.url("/rss")), first.validators)
    for request in web.requests("/rss"):
        assert not {"if-none-match", "if-modified-since"} & request.headers.keys()


async def test_c04_both_validators_are_sent_where_both_are_known(web, fetcher):
    web.serves("/rss", RSS)
    await fetcher.fetch(feed_at(web.url("/rss")), Validators(etag='"1"', last_modified="then"))
    (request,) = web.requests("/rss")
    assert request.headers["if-none-match"] == '"1"'
    assert request.headers["if-modified-since"] == "then"


@pytest.mark.parametrize(("etag", "modified"), [('"2"', "then"), ('"1"', "now")])
async def test_c05_each_validator_is_taken_anew_even_if_the_other_stays(
    web, fetcher, etag, modified
):
    web.answers("/rss", 200, {"ETag": etag, "Last-Modified": modified}, body=RSS)
    before = Validators(etag='"1"', last_modified="then")
    outcome = await fetcher.fetch(feed_at(web.url("/rss")), before)
    assert isinstance(outcome, Fetched)
    assert outcome.validators == Validators(etag=etag, last_modified=modified)


async def test_c07_a_304_updates_what_it_carries_and_keeps_the_rest(web, fetcher):
    web.answers("/rss", 304, {"Last-Modified": "now", "Cache-Control": "max-age=60"})
    outcome = await fetcher.fetch(
        feed_at(web.url("/rss")), Validators(etag='"1"', last_modified="then")
    )
    assert outcome == NotModified(
        validators=Validators(etag='"1"', last_modified="now"), max_age=timedelta(seconds=60)
    )


async def test_c08_a_200_without_a_validator_clears_the_old_one(web, fetcher):
    web.serves("/rss", RSS)
    outcome = await fetcher.fetch(feed_at(web.url("/rss")), Validators(etag='"1"'))
    assert isinstance(outcome, Fetched)
    assert outcome.validators == NOTHING


async def test_a_304_that_nobody_asked_for_is_no_answer(web, fetcher):
    web.answers("/rss", 304)
    outcome = await failed(fetcher, web.url("/rss"), FetchFault.STATUS)
    assert outcome.status == 304


async def test_c13_ten_polls_carry_no_cookie_no_referer_and_no_query_of_ours(web, fetcher):
    web.serves("/rss", RSS, headers={"Set-Cookie": "id=1; Path=/"})
    web.redirects("/old", web.url("/rss"))
    for _ in range(5):
        await fetcher.fetch(feed_at(web.url("/old")), NOTHING)
    assert len(web.requests()) == 10
    for request in web.requests():
        assert request.target in {"/rss", "/old"}
        assert not {"cookie", "referer"} & request.headers.keys()


async def test_c14_the_user_agent_is_ours_in_every_hop(web, fetcher):
    web.serves("/rss", RSS)
    web.redirects("/old", "/rss")
    await fetcher.fetch(feed_at(web.url("/old")), NOTHING)
    assert [request.headers["user-agent"] for request in web.requests()] == [AGENT, AGENT]


async def test_c15_feed_types_are_accepted_and_only_encodings_that_can_be_capped(web, fetcher):
    web.serves("/rss", RSS)
    await fetcher.fetch(feed_at(web.url("/rss")), NOTHING)
    (request,) = web.requests("/rss")
    assert request.headers["accept-encoding"] == "gzip, deflate"
    assert request.headers["accept"].startswith("application/rss+xml, application/atom+xml")


@pytest.mark.parametrize("status", [429, 503, 500, 403])
async def test_p02_retry_after_is_reported_with_any_failing_status(web, fetcher, status):
    web.answers("/rss", status, {"Retry-After": "120"})
    outcome = await failed(fetcher, web.url("/rss"), FetchFault.STATUS)
    assert outcome.status == status
    assert outcome.retry_after == timedelta(minutes=2)
    assert str(status) in outcome.detail


async def test_p04_a_retry_after_date_counts_from_the_servers_date(web, fetcher):
    web.answers(
        "/rss",
        503,
        {"Date": "Mon, 18 Sep 2023 14:00:00 GMT", "Retry-After": "Mon, 18 Sep 2023 14:30:00 GMT"},
    )
    outcome = await failed(fetcher, web.url("/rss"), FetchFault.STATUS)
    assert outcome.retry_after == timedelta(minutes=30)


@pytest.mark.parametrize("status", [204, 206, 301, 404, 410, 500])
async def test_a_status_that_brings_no_feed_is_a_failure(web, fetcher, status):
    web.answers("/rss", status, body=b"" if status == 204 else RSS)
    fault = FetchFault.REDIRECT if status == 301 else FetchFault.STATUS
    await failed(fetcher, web.url("/rss"), fault)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_followed_by_hand_and_the_final_url_reported(web, fetcher, status):
    web.serves("/new/rss", RSS)
    web.redirects("/old", "new/rss", status)
    outcome = await fetcher.fetch(feed_at(web.url("/old")), NOTHING)
    assert isinstance(outcome, Fetched)
    assert outcome.url == web.url("/new/rss")


async def test_r04_a_redirect_loop_ends_after_five_hops(web, fetcher):
    web.redirects("/loop", "/loop")
    await failed(fetcher, web.url("/loop"), FetchFault.REDIRECT)
    assert len(web.requests("/loop")) == 6


@pytest.mark.parametrize(
    "to",
    ["file:///etc/passwd", "ftp://x.example/", "data:,x", "gopher://x.example/", "http://u:p@x/",
     "http://[bad", "http://0x7f.1/"],
)  # fmt: skip
async def test_r05_a_redirect_to_anything_but_a_plain_web_address_is_refused(web, fetcher, to):
    web.redirects("/rss", to, 302)
    await failed(fetcher, web.url("/rss"), FetchFault.REDIRECT)


async def test_r06_a_redirect_from_https_to_http_is_refused(names, web, tmp_path):
    names.knows("wire-one.example", "127.0.0.1")
    async with FakeWeb(tls=server_tls(tmp_path)) as secure:
        secure.redirects("/rss", web.url("/rss"))
        fetcher = HttpFetcher(names, user_agent=AGENT, tls=client_tls())
        url = secure.url("/rss", host="wire-one.example")
        outcome = await failed(fetcher, url, FetchFault.REDIRECT)
        await fetcher.close()
    assert "from https to http://127.0.0.1" in outcome.detail
    assert web.requests() == []


async def test_r07_validators_and_credentials_stay_with_their_origin(web, fetcher):
    async with FakeWeb() as other:
        other.serves("/rss", RSS, etag='"1"')
        web.redirects("/far", other.url("/rss"))
        web.redirects("/near", "/rss")
        web.serves("/rss", RSS)
        login = web.url("").replace("http://", "http://reader:secret@")
        for path in ("/far", "/near"):
            outcome = await fetcher.fetch(feed_at(login + path), Validators(etag='"1"'))
            assert isinstance(outcome, Fetched)
            assert "secret" not in outcome.url
        (stranger,) = other.requests("/rss")
    assert not {"if-none-match", "authorization"} & stranger.headers.keys()
    for request in web.requests():
        assert request.headers["authorization"] == "Basic cmVhZGVyOnNlY3JldA=="
        assert request.headers["if-none-match"] == '"1"'


async def test_s01_a_private_address_is_not_asked_unless_the_feed_allows_it(web, fetcher):
    web.serves("/rss", RSS)
    await failed(fetcher, web.url("/rss"), FetchFault.REFUSED_ADDRESS, allow_private=False)
    assert web.requests() == []


async def test_s01_the_address_that_was_checked_is_the_one_that_is_asked(web, names, fetcher):
    names.rebinds("wire-one.example", ["127.0.0.1"], ["127.0.0.99"])
    web.serves("/rss", RSS)
    url = web.url("/rss", host="wire-one.example")
    outcome = await fetcher.fetch(feed_at(url), NOTHING)
    assert isinstance(outcome, Fetched)
    assert names.asked == ["wire-one.example"]
    assert web.requests()[0].headers["host"] == f"wire-one.example:{web.port}"


async def test_s01_a_name_that_turns_private_between_two_hops_is_refused(web, names, fetcher):
    names.rebinds("wire-one.example", ["127.0.0.1"], ["169.254.169.254"])
    web.redirects("/rss", "/latest/meta-data")
    url = web.url("/rss", host="wire-one.example")
    outcome = await failed(fetcher, url, FetchFault.REFUSED_ADDRESS)
    assert "link-local" in outcome.detail
    assert len(web.requests()) == 1


async def test_s02_a_name_with_one_bad_address_among_good_ones_is_refused(web, names, fetcher):
    names.knows("wire-one.example", "127.0.0.1", "169.254.169.254")
    url = web.url("/rss", host="wire-one.example")
    await failed(fetcher, url, FetchFault.REFUSED_ADDRESS)
    assert web.requests() == []


async def test_s05_a_proxy_in_the_environment_is_not_used(web, names, monkeypatch):
    async with FakeWeb() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url(""))
        monkeypatch.setenv("ALL_PROXY", proxy.url(""))
        web.serves("/rss", RSS)
        fetcher = HttpFetcher(names, user_agent=AGENT)
        assert isinstance(await fetcher.fetch(feed_at(web.url("/rss")), NOTHING), Fetched)
        await fetcher.close()
        assert proxy.requests() == []


async def test_the_next_address_is_tried_when_the_first_takes_no_connection(web, names, fetcher):
    # Nothing listens on the second loopback address at this port.
    names.knows("wire-one.example", "127.0.0.2", "127.0.0.1")
    web.serves("/rss", RSS)
    outcome = await fetcher.fetch(feed_at(web.url("/rss", host="wire-one.example")), NOTHING)
    assert isinstance(outcome, Fetched)


async def test_a_name_without_an_address_is_a_failure(fetcher):
    await failed(fetcher, "http://gone.example/rss", FetchFault.DNS)


async def test_a_host_that_takes_no_connection_is_a_failure(web, fetcher):
    url = web.url("/rss")
    await web.close()
    await failed(fetcher, url, FetchFault.CONNECT)


async def test_b01_a_gzip_bomb_costs_little_memory(web, fetcher):
    bomb = gzip.compress(b"\0" * 100 * 2**20)
    web.answers("/once", 200, {"Content-Encoding": "gzip"}, bomb)
    web.answers("/twice", 200, {"Content-Encoding": "gzip"}, gzip.compress(bomb))
    tracemalloc.start()
    try:
        await failed(fetcher, web.url("/once"), FetchFault.TOO_LARGE)
        await failed(fetcher, web.url("/twice"), FetchFault.TOO_LARGE)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 40 * 2**20


async def test_b03_a_body_over_the_limit_is_an_error_and_no_stub(web, names):
    fetcher = HttpFetcher(names, user_agent=AGENT, body_bytes_max=1000)
    web.serves("/large", "x" * 1001)
    web.serves("/fits", "x" * 1000)
    await failed(fetcher, web.url("/large"), FetchFault.TOO_LARGE)
    assert isinstance(await fetcher.fetch(feed_at(web.url("/fits")), NOTHING), Fetched)
    await fetcher.close()


@pytest.mark.parametrize("gzipped", [True, False])
async def test_b04_a_body_is_decoded_whether_or_not_it_is_compressed(web, fetcher, gzipped):
    web.serves("/rss", RSS, gzip=gzipped)
    outcome = await fetcher.fetch(feed_at(web.url("/rss")), NOTHING)
    assert isinstance(outcome, Fetched)
    assert outcome.body == RSS.encode()


async def test_b05_a_body_shorter_than_promised_is_an_error(web, fetcher):
    web.cuts("/rss", 20, RSS)
    await failed(fetcher, web.url("/rss"), FetchFault.BROKEN)


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n<rss>",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 9\r\n\r\n<rss>",
        b"SSH-2.0-server\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\n" + b"X-Flood: 1\r\n" * 20_000 + b"\r\n",
    ],
)
async def test_b05_an_answer_that_is_no_http_is_an_error(web, fetcher, raw):
    web.says("/rss", raw)
    await failed(fetcher, web.url("/rss"), FetchFault.BROKEN)


@pytest.mark.parametrize("path", ["/silent", "/drip", "/driphead"])
async def test_t01_one_deadline_bounds_the_whole_answer(web, names, path):
    web.times_out("/silent")
    web.drips("/drip")
    web.drips("/driphead", head=True)
    fetcher = HttpFetcher(names, user_agent=AGENT, total_s=0.1)
    outcome = await failed(fetcher, web.url(path), FetchFault.TIMEOUT)
    await fetcher.close()
    assert outcome.detail == "no whole answer within 0.1 s"


async def test_t01_the_deadline_bounds_the_lookup_too(web):
    class Hangs:
        async def resolve(self, host, port):
            await asyncio.Event().wait()

    fetcher = HttpFetcher(Hangs(), user_agent=AGENT, total_s=0.05)
    await failed(fetcher, web.url("/rss"), FetchFault.TIMEOUT)
    await fetcher.close()


async def test_t02_fifty_dripping_feeds_do_not_delay_a_good_one(web, names):
    web.drips("/drip")
    web.serves("/rss", RSS)
    fetcher = HttpFetcher(names, user_agent=AGENT, total_s=20)
    slow = [
        asyncio.create_task(fetcher.fetch(feed_at(web.url("/drip")), NOTHING)) for _ in range(50)
    ]
    await web.asked("/drip", 50)
    assert isinstance(await fetcher.fetch(feed_at(web.url("/rss")), NOTHING), Fetched)
    assert not any(task.done() for task in slow)
    for task in slow:
        task.cancel()
    await asyncio.gather(*slow, return_exceptions=True)
    await fetcher.close()


async def test_t03_cancelled_fetches_hang_up(web, names):
    web.drips("/drip")
    fetcher = HttpFetcher(names, user_agent=AGENT)
    tasks = [
        asyncio.create_task(fetcher.fetch(feed_at(web.url("/drip")), NOTHING)) for _ in range(100)
    ]
    await web.asked("/drip", 100)
    for task in tasks:
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
    await web.quiet()
    await fetcher.close()


async def test_t01_a_fetch_over_its_deadline_hangs_up(web, names):
    web.drips("/drip")
    fetcher = HttpFetcher(names, user_agent=AGENT, total_s=0.1)
    await failed(fetcher, web.url("/drip"), FetchFault.TIMEOUT)
    await web.quiet()
    await fetcher.close()


async def test_a_certificate_is_checked_against_the_feeds_name_and_not_its_address(names, tmp_path):
    names.knows("wire-one.example", "127.0.0.1")
    names.knows("wire-two.example", "127.0.0.1")
    async with FakeWeb(tls=server_tls(tmp_path)) as secure:
        secure.serves("/rss", RSS)
        fetcher = HttpFetcher(names, user_agent=AGENT, tls=client_tls())
        good = feed_at(secure.url("/rss", host="wire-one.example"))
        assert isinstance(await fetcher.fetch(good, NOTHING), Fetched)
        # The same address a moment later under another name: no connection is shared.
        url = secure.url("/rss", host="wire-two.example")
        outcome = await failed(fetcher, url, FetchFault.TLS)
        await fetcher.close()
    assert "wire-two.example" in outcome.detail


async def test_an_untrusted_certificate_is_a_tls_failure(names, tmp_path, fetcher):
    names.knows("wire-one.example", "127.0.0.1")
    async with FakeWeb(tls=server_tls(tmp_path)) as secure:
        await failed(fetcher, secure.url("/rss", host="wire-one.example"), FetchFault.TLS)


async def test_the_system_resolver_answers_addresses_itself_and_knows_localhost():
    resolver = SystemResolver()
    assert list(await resolver.resolve("8.8.8.8", 80)) == ["8.8.8.8"]
    assert list(await resolver.resolve("2606:4700::1", 80)) == ["2606:4700::1"]
    assert set(await resolver.resolve("localhost", 80)) & {"127.0.0.1", "::1"}
    assert list(await resolver.resolve("a" * 64 + ".example", 80)) == []


def server_tls(place: Path) -> ssl.SSLContext:
    (place / "key.pem").write_text(KEY)
    (place / "certificate.pem").write_text(CERTIFICATE)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(place / "certificate.pem", place / "key.pem")
    return context


def client_tls() -> ssl.SSLContext:
    return ssl.create_default_context(cadata=CERTIFICATE)


async def test_b06_a_flood_of_headers_is_refused_and_costs_little_memory(web, fetcher):
    raw = b"HTTP/1.1 200 OK\r\n" + b"X-Flood: " + b"x" * 8 * 2**20 + b"\r\n\r\n<rss>"
    web.says("/one", raw)
    web.says("/many", b"HTTP/1.1 200 OK\r\n" + b"X-Flood: 1\r\n" * 700_000 + b"\r\n<rss>")
    tracemalloc.start()
    try:
        await failed(fetcher, web.url("/one"), FetchFault.BROKEN)
        await failed(fetcher, web.url("/many"), FetchFault.BROKEN)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The server's own copies of the two answers stand in the same process.
    assert peak_bytes < 3 * len(raw)


async def test_s04_a_robots_txt_is_fetched_through_the_same_door(web, names):
    fetcher = HttpFetcher(names, user_agent=AGENT, robots_of_private=True)
    web.serves("/rss", RSS)
    web.redirects("/robots.txt", "http://169.254.169.254/latest/meta-data", 302)
    assert isinstance(await fetcher.fetch(feed_at(web.url("/rss")), NOTHING), Fetched)
    await failed(fetcher, web.url("/rss"), FetchFault.REFUSED_ADDRESS, allow_private=False)
    await fetcher.close()
    assert len(web.requests("/robots.txt")) == 1


async def test_a_key_is_told_over_https_to_its_host_and_to_nobody_it_redirects_to(names, tmp_path):
    names.knows("wire-one.example", "127.0.0.1")
    async with FakeWeb(tls=server_tls(tmp_path)) as secure:
        secure.serves("/api", "{}")
        secure.redirects("/moved", secure.url("/api"))
        fetcher = HttpFetcher(
            names, user_agent=AGENT, tls=client_tls(), tokens={"wire-one.example": "Token k"}
        )
        url = secure.url("/api", host="wire-one.example")
        assert isinstance(await fetcher.fetch(feed_at(url), NOTHING), Fetched)
        (request,) = secure.requests("/api")
        assert request.headers["authorization"] == "Token k"
        # 127.0.0.1 is another name, whose certificate this is not: nothing is sent at all.
        url = secure.url("/moved", host="wire-one.example")
        await failed(fetcher, url, FetchFault.TLS)
        await fetcher.close()
    assert len(secure.requests("/api")) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_r01_r02_the_answer_says_where_permanent_redirects_led(web, fetcher, status):
    web.serves("/new", RSS)
    web.redirects("/old", "/new", status)
    outcome = await fetcher.fetch(feed_at(web.url("/old")), NOTHING)
    assert isinstance(outcome, Fetched)
    assert outcome.moved_to == (web.url("/new") if status in {301, 308} else "")


async def test_r09_validators_go_only_where_they_came_from(web, fetcher):
    web.redirects("/rss", "/new", 302)
    web.serves("/new", RSS, etag='"1"')
    first = await fetcher.fetch(feed_at(web.url("/rss")), NOTHING)
    assert isinstance(first, Fetched)
    assert first.validators.url == web.url("/new")
    assert isinstance(await fetcher.fetch(feed_at(web.url("/rss")), first.validators), NotModified)
    assert "if-none-match" not in web.requests("/rss")[1].headers
    web.redirects("/rss", "/other", 302)
    web.serves("/other", RSS, etag='"1"')
    assert isinstance(await fetcher.fetch(feed_at(web.url("/rss")), first.validators), Fetched)
