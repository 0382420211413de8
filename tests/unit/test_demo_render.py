from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta
from html import unescape
from xml.etree import ElementTree as ET

import feedparser
import pytest

from aggregator.demo.render import docket_link_of, link_of, render
from aggregator.demo.script import Article, ScriptedFeed, articles_at, entries_at, load
from aggregator.model import FeedKind

SCRIPT = load()
FEEDS = {feed.id: feed for feed in SCRIPT.feeds}
VERSIONS = {"rss": "rss20", "atom": "atom10", "rdf": "rss10", "court": "rss20"}
MOMENTS = [
    SCRIPT.stretches[0][0],
    datetime(2023, 9, 19, 18, tzinfo=UTC),
    SCRIPT.stretches[0][1],
    SCRIPT.stretches[1][0],
    SCRIPT.stretches[1][1],
]
HOSTILE = 'A & B <script>x</script> ]]> 5 > 3 "q" \'s é ₿ SECâ€™s &amp;'


def plain(summary: str) -> str:
    return unescape(summary.removeprefix("<p>").removesuffix("</p>"))


def published(entry: feedparser.FeedParserDict) -> datetime:
    stamp = entry.get("published_parsed") or entry["updated_parsed"]
    return datetime.fromtimestamp(calendar.timegm(stamp), tz=UTC)


@pytest.mark.parametrize("now", MOMENTS, ids=str)
@pytest.mark.parametrize(
    "feed", [f for f in SCRIPT.feeds if f.format != "court"], ids=lambda f: f.id
)
def test_an_outlets_feed_parses_to_what_the_script_says(feed: ScriptedFeed, now: datetime):
    parsed = feedparser.parse(render(feed, now).body)
    assert not parsed.bozo
    assert parsed.version == VERSIONS[feed.format]
    assert parsed.feed.title == feed.name
    seen = [
        (e.title, e.link, plain(e.summary), published(e), tuple(t.term for t in e.get("tags", ())))
        for e in parsed.entries
    ]
    assert seen == [
        (item.title, link_of(feed, item), item.summary, item.at, item.tags)
        for item in articles_at(feed, now)
    ]


@pytest.mark.parametrize("now", MOMENTS, ids=str)
def test_the_courts_feed_parses_to_what_the_script_says(now: datetime):
    court = FEEDS["dcd-court"]
    parsed = feedparser.parse(render(court, now).body)
    assert not parsed.bozo
    assert parsed.encoding == "iso-8859-1"
    seen = [(e.title, e.link, e.id, published(e)) for e in parsed.entries]
    expected = entries_at(court, now)
    assert seen == [
        (
            f"{entry.docket} {entry.caption}",
            docket_link_of(court, entry),
            f"{docket_link_of(court, entry)}&{entry.seq}",
            entry.at,
        )
        for entry in expected
    ]
    for shown, entry in zip(parsed.entries, expected, strict=True):
        assert shown.summary.startswith(f"[{entry.event}]")
        assert (f">{entry.number}</a>" in shown.summary) is (entry.number is not None)


def test_the_courts_order_has_the_form_of_a_docket_feed_to_the_byte():
    body = render(FEEDS["dcd-court"], datetime(2024, 6, 29, tzinfo=UTC)).body
    assert body.startswith(b'<?xml version="1.0" encoding="ISO-8859-1"?>')
    for line in (
        b"<title>1:23-cv-01599 SECURITIES AND EXCHANGE COMMISSION v. BINANCE HOLDINGS LIMITED et al</title>",
        b"<link>https://ecf.dcd.uscourts.gov/cgi-bin/DktRpt.pl?256060</link>",
        b"<description>[Order on Motion to Dismiss] (&#x3C;a href=&#x22;https://ecf.dcd.uscourts.gov/doc1/",
        b"?caseid=256060&#x26;de_seq_num=688&#x22; &#x3E;248&#x3C;/a&#x3E;)</description>",
        b'<guid isPermaLink="true">https://ecf.dcd.uscourts.gov/cgi-bin/DktRpt.pl?256060&#x26;688</guid>',
        b"<pubDate>Fri, 28 Jun 2024 20:40:36 GMT</pubDate>",
    ):
        assert line in body


def test_the_courts_feed_is_really_in_latin_1():
    body = render(FEEDS["dcd-court"], datetime(2023, 9, 18, 21, tzinfo=UTC)).body
    assert b"CAF\xc9" in body


@pytest.mark.parametrize("form", ["rss", "atom", "rdf"])
def test_hostile_text_survives_every_format(form):
    now = datetime(2024, 6, 28, 13, tzinfo=UTC)
    item = Article(at=now, slug="a&b", title=HOSTILE, summary=HOSTILE, tags=("x & y",))
    feed = ScriptedFeed(
        id="h",
        name="H & Sons",
        site="https://h.example",
        kind=FeedKind.NEWS,
        format=form,
        about=HOSTILE,
        items=(item,),
    )
    body = render(feed, now).body
    root = ET.fromstring(body)  # noqa: S314 - our own bytes
    found = {(el.tag.rpartition("}")[2], el.text) for el in root.iter()}
    assert ("title", HOSTILE) in found
    summaries = {text for tag, text in found if tag in {"description", "summary"} and text}
    # RDF carries plain text; the others carry HTML, in which ]]> cannot end a CDATA section
    assert HOSTILE in (summaries if form == "rdf" else {plain(text) for text in summaries})


@pytest.mark.parametrize("feed_id", ["wire-one", "chain-courier", "ledger-post"])
def test_the_etag_changes_with_the_content_and_only_then(feed_id):
    feed = FEEDS[feed_id]
    start = SCRIPT.stretches[0][0]
    item = next(item for item in feed.items if item.at > start)
    before = render(feed, item.at - timedelta(seconds=1))
    at = render(feed, item.at)
    after = render(feed, item.at + timedelta(seconds=1))
    assert before.etag != at.etag
    assert (at.etag, at.body, at.modified) == (after.etag, after.body, item.at)


def test_a_court_sends_no_validators():
    rendered = render(FEEDS["dcd-court"], SCRIPT.stretches[0][0])
    assert (rendered.etag, rendered.modified) == (None, None)
