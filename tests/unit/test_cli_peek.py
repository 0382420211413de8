from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from aggregator.cli import cli
from aggregator.cli.compose import user_agent
from tests.fakes import FakeWeb
from tests.newsroom import ROOT, plain_logging

RSS = """\
<rss version="2.0"><channel><title>Wire One</title>
<item><title>SEC sues Binance &amp; founder</title><link>https://wire-one.example/a</link>
<guid>a</guid><pubDate>Mon, 05 Jun 2023 15:00:00 GMT</pubDate>
<description>&lt;p&gt;The complaint was filed in &lt;b&gt;Washington&lt;/b&gt;.&lt;/p&gt;</description></item>
<item><title>Weather is fine</title><link>https://wire-one.example/b</link><guid>b</guid></item>
</channel></rss>"""
ATOM = """\
<feed xmlns="http://www.w3.org/2005/Atom"><title>Northlight</title><id>urn:x</id>
<entry><id>urn:1</id><title>Judge Torres rules in SEC v. Ripple</title>
<link href="https://northlight.example/1"/><updated>2023-07-13T16:00:00Z</updated>
<published>2023-07-13T12:00:00-04:00</published><summary>A split ruling.</summary></entry></feed>"""
RDF = """\
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://gazette.example/"><title>Gazette</title></channel>
<item rdf:about="https://gazette.example/9"><title>SEC sues Coinbase</title>
<link>https://gazette.example/9</link><dc:date>2023-06-06T14:00:00Z</dc:date></item></rdf:RDF>"""
CASE_LINK = "https://ecf.dcd.uscourts.gov/cgi-bin/DktRpt.pl?256060"
COURT = f"""\
<rss version="2.0"><channel><title>D.D.C. docket</title>
<item><title>1:23-cv-01599 SECURITIES AND EXCHANGE COMMISSION v. BINANCE HOLDINGS LIMITED</title>
<link>{CASE_LINK}</link><guid>{CASE_LINK}</guid><pubDate>Thu, 21 Sep 2023 21:00:00 GMT</pubDate>
<description>[Motion to Dismiss] (118)</description></item>
<item><title>1:23-cv-01599 SECURITIES AND EXCHANGE COMMISSION v. BINANCE HOLDINGS LIMITED</title>
<link>{CASE_LINK}</link><guid>{CASE_LINK}</guid><pubDate>Thu, 21 Sep 2023 20:00:00 GMT</pubDate>
<description>[Notice of Appearance] (117)</description></item>
</channel></rss>"""
zipped = gzip.compress(RSS.encode())
HTML = "<!doctype html><html><head><title>Sign in</title></head><body>Hello</body></html>"


@pytest.fixture(autouse=True)
def own_environment(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith(("CASEWIRE_", "TELEGRAM_"))]:
        monkeypatch.delenv(name)
    feeds = tmp_path / "feeds.yaml"
    feeds.write_text(
        'feeds: [{id: court, url: "https://court.example/rss", kind: court, court: dcd}]\n'
    )
    monkeypatch.setenv("CASEWIRE_FEEDS", str(feeds))
    monkeypatch.setenv("CASEWIRE_RULES", str(ROOT / "rules"))
    with plain_logging():
        yield


@pytest.fixture
def file(tmp_path):
    def write(body, name="feed.xml"):
        path = tmp_path / name
        path.write_bytes(body if isinstance(body, bytes) else body.encode())
        return str(path)

    return write


def peek(*sources):
    return CliRunner().invoke(cli, ["peek", *sources])


def objects(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize(
    ("body", "title", "case", "published"),
    [
        (RSS, "SEC sues Binance & founder", "sec-v-binance", "2023-06-05T15:00:00+00:00"),
        (ATOM, "Judge Torres rules in SEC v. Ripple", "sec-v-ripple", "2023-07-13T16:00:00+00:00"),
        (RDF, "SEC sues Coinbase", "sec-v-coinbase", "2023-06-06T14:00:00+00:00"),
    ],
    ids=["RSS", "Atom", "RDF"],
)
def test_each_format_is_shown_as_understood_with_what_it_matches_and_why(
    file, body, title, case, published
):
    source = file(body)
    result = peek(source, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    found = next(one for one in objects(result) if one["title"] == title)
    assert (found["source"], found["published"]) == (source, published)
    assert case in {match["case"] for match in found["matches"]}


def test_json_gives_just_the_promised_fields_and_literal_evidence(file):
    result = peek(file(RSS), "--json")
    for one in objects(result):
        assert list(one) == ["source", "key", "title", "url", "published", "summary", "matches"]
        for match in one["matches"]:
            assert {"rule", "case", "evidence"} <= set(match)
            assert match["evidence"]
            for span in match["evidence"]:
                assert set(span) == {"field", "start", "end", "text"}
                if span["field"] in one:
                    assert one[span["field"]][span["start"] : span["end"]] == span["text"]


def test_markup_is_gone_and_what_has_no_date_says_so(file):
    dull, sues = sorted(
        objects(peek(file(RSS), "--json")), key=lambda one: one["url"], reverse=True
    )
    assert sues["summary"] == "The complaint was filed in Washington."
    assert dull["published"] is None
    assert dull["matches"] == []


def test_for_people_there_are_titles_reasons_and_a_count(file):
    source = file(RSS)
    result = peek(source)
    assert "SEC sues Binance & founder" in result.stdout
    assert "case:sec-v-binance (chief)" in result.stdout
    assert "“Binance”" in result.stdout
    assert f"{source}: Wire One, 2 entries" in result.stdout


def test_a_courts_feed_is_known_by_its_links_and_its_entries_stay_apart(file):
    found = objects(peek(file(COURT), "--json"))
    assert [one["summary"] for one in found] == [
        "[Notice of Appearance] (117)",
        "[Motion to Dismiss] (118)",
    ]
    assert len({one["key"] for one in found}) == 2
    for one in found:
        (match,) = [match for match in one["matches"] if match["case"] == "sec-v-binance"]
        assert {span["field"] for span in match["evidence"]} <= {"title", "summary", "url"}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (HTML, "HTML"),
        ("", "empty"),
        (b"%PDF-1.7 ...", "PDF"),
        (RSS[:300], ""),
        (zipped[:12] + b"\xff\xff\xff\xff" + zipped[16:], "gzip"),
        (gzip.compress(RSS.encode())[:-30], "cut off"),
    ],
    ids=["HTML", "empty", "PDF", "breaks off", "broken gzip", "cut gzip"],
)
def test_a_file_that_is_no_feed_is_one_clear_error_and_the_others_go_on(file, body, says):
    bad, good = file(body, "bad.xml"), file(RSS, "good.xml")
    result = peek(bad, good, "--json")
    assert result.exit_code == 1
    (said,) = result.stderr.splitlines()
    assert said.startswith(f"{bad}: ")
    assert says in said
    assert {one["source"] for one in objects(result)} == {good}


def test_a_file_that_is_not_there_is_one_clear_error(file, tmp_path):
    result = peek(str(tmp_path / "gone.xml"), file(RSS))
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{tmp_path / 'gone.xml'}: ")
    assert len(result.stderr.splitlines()) == 1
    assert "SEC sues Binance" in result.stdout


def test_a_folder_is_no_feed(tmp_path):
    result = peek(str(tmp_path))
    assert result.exit_code == 1
    assert "cannot be read" in result.stderr


def test_a_gzipped_file_is_read(file):
    result = peek(file(gzip.compress(RSS.encode()), "feed.xml.gz"), "--json")
    assert len(objects(result)) == 2


def test_an_empty_feed_is_no_error(file):
    result = peek(file("<rss version='2.0'><channel><title>Quiet</title></channel></rss>"))
    assert result.exit_code == 0
    assert "Quiet, 0 entries" in result.stdout


def test_text_that_would_drive_the_terminal_is_not_shown_raw(file):
    hostile = RSS.replace("Weather is fine", "Weather &#x1b;[31m \u202efine")
    result = peek(file(hostile))
    assert "\x1b" not in result.stdout
    assert "\u202e" not in result.stdout


def test_without_a_source_it_says_how_to_be_called():
    assert peek().exit_code == 2


async def test_addresses_are_fetched_and_each_fault_is_one_line():
    async with FakeWeb() as web:
        web.serves("/rss", RSS)
        web.serves("/page", HTML, content_type="text/html")
        web.redirects("/moved", "/rss")
        sources = [web.url(path) for path in ("/rss", "/page", "/gone", "/moved")]
        done = await run("peek", *sources, "--json")
        assert done.returncode == 1
        said = done.stderr.splitlines()
        assert len(said) == 2
        assert said[0].startswith(f"{sources[1]}: ")
        assert said[1].startswith(f"{sources[2]}: ")
        assert "404" in said[1]
        found = [json.loads(line) for line in done.stdout.splitlines()]
        assert {one["source"] for one in found} == {sources[0], sources[3]}
        (asked,) = web.requests("/gone")
        assert asked.headers["user-agent"] == user_agent("")


async def run(*arguments):
    """Run the program beside this loop, which serves its requests."""
    import asyncio

    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, str(ROOT / "bot.py"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=40,
    )
