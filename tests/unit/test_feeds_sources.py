"""Answers written to the documented shape of each API; the cases in them are invented."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.feeds.fetch import HttpFetcher
from aggregator.feeds.parse import parse
from aggregator.feeds.quota import Quotas
from aggregator.feeds.sources import READERS, courtlistener, format_of
from aggregator.feeds.workers import InlineParser, WorkerParser
from aggregator.model import (
    Entry,
    Feed,
    FeedFormat,
    FeedKind,
    Fetched,
    FetchFailed,
    Parsed,
    ParseFailed,
    Trust,
    Validators,
)
from tests.fake_web import FakeWeb, Names

DAY = datetime(2023, 9, 18, tzinfo=UTC)
REGISTER = {
    "count": 2,
    "description": "Documents matching 'crypto assets'",
    "total_pages": 1,
    "results": [
        {
            "title": "Custody of Crypto Assets; Proposed Rule &amp; Comment",
            "type": "Proposed Rule",
            "abstract": "The Agency proposes that <em>custodians</em> hold reserves.",
            "document_number": "2023-20012",
            "html_url": "https://www.federalregister.gov/documents/2023/09/18/2023-20012/custody",
            "pdf_url": "https://www.govinfo.gov/content/pkg/FR-2023-09-18/pdf/2023-20012.pdf",
            "public_inspection_pdf_url": None,
            "publication_date": "2023-09-18",
            "agencies": [
                {"raw_name": "AGENCY OF EXAMPLES", "name": "Agency of Examples", "id": 1},
                {"raw_name": "Department of Samples"},
            ],
            "excerpts": "… hold reserves …",
        },
        {
            "title": "Sunshine Act Meeting",
            "type": "Notice",
            "abstract": None,
            "document_number": "2023-20013",
            "html_url": None,
            "pdf_url": "https://www.govinfo.gov/content/pkg/FR-2023-09-18/pdf/2023-20013.pdf",
            "publication_date": "2023-09-18",
            "agencies": None,
            "excerpts": "A meeting is held.",
        },
    ],
}
DOCUMENT = {
    "id": 501,
    "docket_entry_id": 400,
    "absolute_url": "/docket/777/12/agency-of-examples-v-sample-exchange/",
    "attachment_number": None,
    "description": "ORDER denying 9 Motion to Compel.",
    "short_description": "Order on Motion to Compel",
    "document_number": 12,
    "document_type": "PACER Document",
    "entry_date_filed": "2023-09-18",
    "entry_number": 12,
    "is_available": True,
    "snippet": "",
}
DOCKET = {
    "absolute_url": "/docket/777/agency-of-examples-v-sample-exchange/",
    "docket_absolute_url": "/docket/777/agency-of-examples-v-sample-exchange/",
    "caseName": "Agency of Examples v. Sample Exchange",
    "cause": "15:77 Securities Fraud",
    "court": "District Court, District of Columbia",
    "court_id": "dcd",
    "dateFiled": "2023-06-05",
    "docketNumber": "1:23-cv-01599",
    "docket_id": 777,
    "recap_documents": [DOCUMENT, {**DOCUMENT, "id": 502, "attachment_number": 1}],
}
ENTRY = {
    "resource_uri": "https://www.courtlistener.com/api/rest/v4/docket-entries/400/",
    "id": 400,
    "docket": "https://www.courtlistener.com/api/rest/v4/dockets/777/",
    "date_filed": "2023-09-18",
    "time_filed": None,
    "entry_number": 12,
    "recap_sequence_number": "2023-09-18.001",
    "description": "ORDER denying 9 Motion to Compel.",
    "recap_documents": [
        {
            "id": 501,
            "absolute_url": "/docket/777/12/agency-of-examples-v-sample-exchange/",
            "document_number": "12",
            "description": "Order on Motion to Compel",
        }
    ],
}


def read(answer, format_):
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return parse(body, content_type="application/json", base_url="", format=format_)


def entries(answer, format_):
    found = read(answer, format_)
    assert isinstance(found, Parsed), found
    return found.entries


def test_the_federal_registers_documents_are_entries():
    first, second = entries(REGISTER, "federal-register")
    assert first == Entry(
        guid="2023-20012",
        link="https://www.federalregister.gov/documents/2023/09/18/2023-20012/custody",
        title="Custody of Crypto Assets; Proposed Rule & Comment",
        summary="The Agency proposes that custodians hold reserves.",
        published=DAY,
        tags=("Agency of Examples", "Department of Samples", "Proposed Rule"),
    )
    assert second.summary == "A meeting is held."
    assert second.link.endswith("2023-20013.pdf")
    assert second.tags == ("Notice",)


def test_courtlisteners_search_brings_an_entry_for_each_filing_as_a_court_words_it():
    (entry,) = entries({"count": 1, "next": None, "results": [DOCKET]}, "courtlistener")
    assert entry == Entry(
        guid="courtlistener 400",
        link="https://www.courtlistener.com/docket/777/12/agency-of-examples-v-sample-exchange/",
        title="1:23-cv-01599 Agency of Examples v. Sample Exchange",
        summary="[Order on Motion to Compel] (#12) ORDER denying 9 Motion to Compel.",
        published=DAY,
        tags=("dcd",),
    )


def test_courtlisteners_docket_entries_have_their_caption_from_the_address():
    (entry,) = entries({"next": None, "results": [ENTRY]}, "courtlistener")
    assert entry.title == "Agency of Examples v. Sample Exchange"
    assert entry.guid == "courtlistener 400"
    assert entry.summary == "[Order on Motion to Compel] (#12) ORDER denying 9 Motion to Compel."
    assert entry.published == DAY


def test_courtlisteners_documents_alone_and_dockets_alone_are_read_too():
    (document,) = entries({"results": [DOCUMENT]}, "courtlistener")
    assert document.title == "Agency of Examples v. Sample Exchange"
    bare = {key: value for key, value in DOCKET.items() if key != "recap_documents"}
    for docket in (bare, {**DOCKET, "recap_documents": []}):
        (entry,) = entries({"results": [docket]}, "courtlistener")
        assert entry.guid == "courtlistener docket 777"
        assert entry.title == "1:23-cv-01599 Agency of Examples v. Sample Exchange"


def test_an_entry_without_a_document_is_read():
    (entry,) = entries({"results": [{**ENTRY, "recap_documents": []}]}, "courtlistener")
    assert (entry.guid, entry.link) == ("courtlistener 400", "")


@pytest.mark.parametrize("format_", list(READERS))
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"detail": "Invalid token."}, "the API answers: Invalid token."),
        ({"message": "Slow down"}, "the API answers: Slow down"),
        ({"results": 7}, "it has no results"),
        ([1, 2], "not an answer of this API"),
        (b"<html>Sign in</html>", "this is no JSON"),
        (b"[" * 100_000, "this is no JSON"),
        ({"results": [{}] * 20_000}, "more than"),
    ],
)
def test_what_is_no_answer_is_one_clear_error(answer, said, format_):
    found = read(answer, format_)
    assert isinstance(found, ParseFailed)
    assert said in found.detail


@pytest.mark.parametrize("format_", list(READERS))
def test_odd_records_cost_nobody_else_anything(format_):
    odd = [None, 7, {}, {"title": 3, "agencies": "x", "recap_documents": "x"}, {"title": ["x"]}]
    assert read({"results": odd}, format_) == replace(read({"results": []}, format_),
        entries=entries({"results": [one for one in odd if isinstance(one, dict)]}, format_))  # fmt: skip


def test_no_documents_are_an_empty_feed():
    assert entries({"count": 0}, "federal-register") == ()
    assert entries({"count": 0, "results": []}, "courtlistener") == ()


def source(url, format_=FeedFormat.COURTLISTENER):
    return Feed(
        id="api",
        url=url,
        kind=FeedKind.COURT,
        name="API",
        trust=Trust.PRIMARY,
        court="dcd",
        allow_private=True,
        format=format_,
    )


async def test_the_worker_reads_the_same_as_the_one_in_this_process():
    feed = source("https://www.courtlistener.com/api/")
    fetched = Fetched(url=feed.url, body=json.dumps({"results": [DOCKET]}).encode())
    worker = WorkerParser()
    found = await worker.parse(feed, fetched)
    await worker.close()
    assert found == await InlineParser().parse(feed, fetched)
    assert len(found.entries) == 1


# --- asking ---------------------------------------------------------------------------------------


async def test_a_key_is_told_to_its_own_host_and_only_over_https():
    async with FakeWeb() as web:
        web.serves("/api", "{}")
        names = Names(**{"key.example": "127.0.0.1", "other.example": "127.0.0.1"})
        fetcher = HttpFetcher(names, user_agent="Casewire/0.1", tokens={"key.example": "Token k"})
        for host in ("key.example", "other.example"):
            await fetcher.fetch(source(web.url("/api", host=host)), Validators())
        await fetcher.close()
        assert len(web.requests()) == 2
        assert all("authorization" not in one.headers for one in web.requests())


def test_the_free_key_of_courtlistener_is_never_overdrawn():
    quotas = Quotas()
    asked = []
    now_s = 0.0
    while now_s < 3 * 86_400:
        wait = quotas.wait(courtlistener.HOST, now_s)
        if wait is None:
            asked.append(now_s)
        now_s += 7 if wait is None else wait.total_seconds()
    for count, span_s in ((5, 60), (50, 3600), (125, 86_400)):
        for first, last in zip(asked, asked[count:], strict=False):
            assert last - first >= span_s
    assert len(asked) >= 3 * 125


def test_hosts_without_a_quota_are_asked_as_they_are_due():
    assert all(Quotas().wait("wire-one.example", 0.0) is None for _ in range(1000))


async def test_a_question_beyond_the_quota_is_not_asked_and_comes_back_in_time():
    async with FakeWeb() as web:
        web.serves("/api", "{}")
        quotas = Quotas({"127.0.0.1": [(1, timedelta(hours=1))]})
        fetcher = HttpFetcher(Names(), user_agent="Casewire/0.1", quotas=quotas)
        assert isinstance(await fetcher.fetch(source(web.url("/api")), Validators()), Fetched)
        outcome = await fetcher.fetch(source(web.url("/api")), Validators())
        await fetcher.close()
        assert isinstance(outcome, FetchFailed)
        assert outcome.retry_after is not None
        assert timedelta(minutes=59) < outcome.retry_after <= timedelta(hours=1)
        assert len(web.requests()) == 1


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [(401, {}, None), (403, {}, None), (429, {"Retry-After": "60"}, timedelta(minutes=1)),
     (500, {}, None), (503, {"Retry-After": "120"}, timedelta(minutes=2))],
)  # fmt: skip
async def test_what_an_api_refuses_is_a_value_with_its_status_and_its_wish(status, headers, wait):
    async with FakeWeb() as web:
        web.answers("/api", status, headers=headers, body='{"detail": "No."}')
        fetcher = HttpFetcher(Names(), user_agent="Casewire/0.1")
        outcome = await fetcher.fetch(source(web.url("/api")), Validators())
        await fetcher.close()
        assert isinstance(outcome, FetchFailed)
        assert (outcome.status, outcome.retry_after) == (status, wait)


async def test_robots_txt_speaks_of_pages_and_not_of_an_api():
    async with FakeWeb() as web:
        web.answers("/robots.txt", 200, body="User-agent: *\nDisallow: /\n")
        web.serves("/api", "{}")
        fetcher = HttpFetcher(Names(), user_agent="Casewire/0.1", robots_of_private=True)
        api, page = source(web.url("/api")), source(web.url("/api"), FeedFormat.FEED)
        assert isinstance(await fetcher.fetch(api, Validators()), Fetched)
        assert isinstance(await fetcher.fetch(page, Validators()), FetchFailed)
        await fetcher.close()


@pytest.mark.parametrize(
    ("url", "format_"),
    [
        ("https://www.courtlistener.com/api/rest/v4/search/?type=r", FeedFormat.COURTLISTENER),
        ("https://www.courtlistener.com/docket/1/feed/", FeedFormat.FEED),
        ("https://www.federalregister.gov/api/v1/documents.json?x", FeedFormat.FEDERAL_REGISTER),
        ("https://www.federalregister.gov/api/v1/documents.rss?x", FeedFormat.FEED),
        ("https://wire-one.example/api/rest/", FeedFormat.FEED),
        ("feed.xml", FeedFormat.FEED),
        ("http://[", FeedFormat.FEED),
    ],
)
def test_an_address_that_is_only_peeked_at_tells_its_format(url, format_):
    assert format_of(url) is format_
