from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.feeds.identity import item_key, items_of
from aggregator.model import Entry, Feed, FeedKind, Parsed, Trust

NOON = datetime(2023, 9, 18, 12, 0, tzinfo=UTC)
NEWS = Feed(
    id="wire-one",
    url="https://wire-one.example/rss",
    kind=FeedKind.NEWS,
    name="Wire One",
    trust=Trust.INDEPENDENT,
)
ENTRY = Entry(
    guid="g", link="https://wire-one.example/1", title="t", summary="s", published=NOON
)  # fmt: skip
OTHER = {
    "guid": replace(ENTRY, guid="other"),
    "link": replace(ENTRY, link="https://wire-one.example/2"),
    "title": replace(ENTRY, title="other"),
    "summary": replace(ENTRY, summary="other"),
    "published": replace(ENTRY, published=NOON + timedelta(minutes=1)),
}


@pytest.mark.parametrize("part", OTHER)
def test_f04_only_the_parts_that_a_feed_names_tell_its_entries_apart(part):
    feed = replace(NEWS, dedup_key=(part,))
    key = item_key(feed, ENTRY)
    assert [name for name, entry in OTHER.items() if item_key(feed, entry) != key] == [part]


def test_f04_a_feed_that_reuses_its_guids_is_told_apart_by_its_links():
    entries = tuple(replace(ENTRY, link=f"https://wire-one.example/{n}") for n in range(5))
    assert len(items_of(NEWS, Parsed(entries=entries), NOON)) == 1
    feed = replace(NEWS, dedup_key=("guid", "link"))
    assert len(items_of(feed, Parsed(entries=entries), NOON)) == 5


def test_f04_a_named_key_goes_before_that_of_a_court():
    court = replace(NEWS, kind=FeedKind.COURT, court="nyed", dedup_key=("guid",))
    assert item_key(court, ENTRY) == item_key(court, OTHER["summary"])


def test_f04_an_entry_without_any_of_the_named_parts_is_told_as_usual():
    feed = replace(NEWS, dedup_key=("guid",))
    first, second = (Entry(link=f"https://wire-one.example/{n}", title="t") for n in (1, 2))
    assert item_key(feed, first) == item_key(NEWS, first)
    assert item_key(feed, first) != item_key(feed, second)


def test_f04_links_are_compared_as_pages():
    feed = replace(NEWS, dedup_key=("link",))
    tracked = replace(ENTRY, link="http://www.wire-one.example/1/?utm_source=rss")
    assert item_key(feed, tracked) == item_key(feed, ENTRY)
