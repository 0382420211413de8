from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.feeds import load_feeds
from aggregator.config.opml import FEEDS_MAX, read_opml, write_opml
from aggregator.errors import InputError
from aggregator.model import Feed, FeedFormat, FeedKind, Trust

OTHER_READER = b"""<?xml version="1.0"?>
<opml version="1.0"><head><title>Mine</title></head><body>
  <outline text="Law">
    <outline text="Wire &amp; Post" type="rss" xmlUrl="https://wire-one.example/rss?a=1&amp;b=2"/>
    <outline title="Notes &mdash; weekly" xmlUrl="https://notes.example/atom"/>
  </outline>
  <outline text="regulator"><outline text="Desk" XMLURL="https://agency.example/rss.xml"/></outline>
  <outline text="Docket" xmlUrl="https://ecf.dcd.uscourts.gov/cgi-bin/rss_outside.pl"/>
  <outline text="A page" htmlUrl="https://wire-one.example/"/>
  <outline text="Broken" xmlUrl="feed:wire"/>
  <outline text="Again" xmlUrl="https://WIRE-ONE.example/rss?a=1&amp;b=2"/>
</body></opml>"""
WIRE = Feed(
    id="wire-one",
    url="https://wire-one.example/rss?a=1&b=2",
    kind=FeedKind.NEWS,
    name="Wire & Post",
    trust=Trust.INDEPENDENT,
)


def entry(found, entry_id):
    (one,) = [each for each in found.entries if each["id"] == entry_id]
    return one


def test_another_readers_file_becomes_entries_of_a_feeds_file(tmp_path):
    found = read_opml(OTHER_READER)
    assert entry(found, "wire-post") == {
        "id": "wire-post",
        "url": "https://wire-one.example/rss?a=1&b=2",
        "kind": "news",
        "name": "Wire & Post",
    }
    assert entry(found, "notes-weekly")["name"] == "Notes — weekly"
    assert entry(found, "desk")["kind"] == "regulator"
    docket = entry(found, "docket")
    assert (docket["kind"], docket["court"]) == ("court", "dcd")
    assert len(found.entries) == 4
    file = tmp_path / "feeds.yaml"
    file.write_text(found.as_yaml(), encoding="utf-8")
    assert len(load_feeds([file])) == 4


def test_what_is_no_address_or_read_already_is_named_and_left_out():
    found = read_opml(OTHER_READER, [WIRE])
    assert [one["id"] for one in found.entries] == ["notes-weekly", "desk", "docket"]
    first, page, broken, again = found.left_out
    assert "is read already" in first
    assert page == "A page: names no feed (it has no xmlUrl)"
    assert broken.startswith("feed:wire: ")
    assert "is read already" in again


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1:8080/rss", "loopback address; for a server of your own"),
        ("http://localhost/rss", "loopback"),
        ("http://[::ffff:10.0.0.1]/rss", "IPv4-mapped"),
        ("http://192.168.1.5/rss", "allow_private: true"),
        ("http://169.254.169.254/latest", "link-local address"),
        ("http://2130706433/rss", "not a plain host name"),
        ("javascript:alert(1)", "no http or https address"),
        ("file:///etc/passwd", "no http or https address"),
        ("https://wire-one.example/a&#10;b", "has a space in it"),
    ],
)
def test_s04_an_address_that_nobody_elses_file_may_name_is_left_out_in_one_line(url, why):
    found = read_opml(f"<opml><body><outline text='x' xmlUrl='{url}'/></body></opml>".encode())
    (line,) = found.left_out
    assert why in line
    assert "\n" not in line
    assert found.entries == ()


def test_more_feeds_than_a_file_may_name_are_counted_and_not_dropped_in_silence():
    many = "".join(f"<outline xmlUrl='https://h{n}.example/'/>" for n in range(FEEDS_MAX + 3))
    found = read_opml(f"<opml><body>{many}</body></opml>".encode())
    assert len(found.entries) == FEEDS_MAX
    assert found.left_out == (f"3 more feeds: a file may name {FEEDS_MAX}; split it",)


def test_two_of_one_name_get_ids_of_their_own():
    twice = (
        b"<opml><body><outline text='A' xmlUrl='https://a.example'/>"
        b"<outline text='A' xmlUrl='https://b.example'/></body></opml>"
    )
    assert [one["id"] for one in read_opml(twice).entries] == ["a", "a-2"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no OPML"),
        (b"not at all", "no OPML"),
        (b"<rss><channel/></rss>", "a document of <rss>"),
        (b"<opml><body><outline xmlUrl='https://a.example'></opml>", "no OPML"),
        (b"x" * (10 * 2**20 + 1), "larger than"),
    ],
)
def test_what_is_no_opml_is_refused_with_the_reason(data, why):
    with pytest.raises(InputError, match=why):
        read_opml(data)


def test_a_document_type_defines_nothing():
    bomb = b"<!DOCTYPE o [<!ENTITY a 'xxxx'><!ENTITY b '&a;&a;'>]><opml><body>"
    bomb += b"<outline text='&b;' xmlUrl='https://a.example/rss'/></body></opml>"
    (one,) = read_opml(bomb).entries
    assert "xxxx" not in one["name"]


feeds = st.builds(
    Feed,
    id=st.from_regex(r"[a-z0-9]{1,12}(-[a-z0-9]{1,6})?", fullmatch=True),
    url=st.from_regex(r"https://[a-z]{1,9}\.example/[a-zA-Z0-9?&=%_.-]{0,20}", fullmatch=True),
    kind=st.sampled_from([FeedKind.NEWS, FeedKind.REGULATOR, FeedKind.BLOG]),
    name=st.just("A & B <desk> \"x\" 'y'"),
    trust=st.sampled_from(Trust),
    language=st.sampled_from(["en", "pt-BR"]),
    enabled=st.booleans(),
    jurisdiction=st.sampled_from(["", "us-ny"]),
    every=st.sampled_from([None, timedelta(minutes=7), timedelta(hours=2)]),
    format=st.sampled_from(FeedFormat),
    fallback_urls=st.sampled_from([(), ("https://two.example/a", "https://three.example/b")]),
    dedup_key=st.sampled_from([(), ("link", "title")]),
)
COURT = replace(WIRE, id="dc", url="https://court.example/rss", kind=FeedKind.COURT, court="dcd",
                trust=Trust.PRIMARY)  # fmt: skip


@given(st.lists(feeds, max_size=5, unique_by=(lambda one: one.id, lambda one: one.url.lower())))
def test_what_was_exported_comes_back_the_same(tmp_path_factory, some):
    some = [COURT, *[one for one in some if one.id != "dc"]]
    file = tmp_path_factory.mktemp("opml") / "feeds.yaml"
    file.write_text(read_opml(write_opml(some).encode()).as_yaml(), encoding="utf-8")
    back = {one.id: one for one in load_feeds([file])}
    assert back == {one.id: one for one in some}
