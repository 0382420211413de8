from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.feeds.identity import item_key, items_of
from aggregator.feeds.parse import parse
from aggregator.model import Entry, Feed, FeedKind, Parsed, Trust

SEEN = datetime(2023, 9, 19, 8, 0, tzinfo=UTC)
NOON = datetime(2023, 9, 18, 12, 0, tzinfo=UTC)
NEWS = Feed(
    id="wire-one",
    url="https://wire-one.example/rss",
    kind=FeedKind.NEWS,
    name="Wire One",
    trust=Trust.INDEPENDENT,
)
COURT = Feed(
    id="court-nyed",
    url="https://court.example/rss",
    kind=FeedKind.COURT,
    name="E.D.N.Y.",
    trust=Trust.PRIMARY,
    court="nyed",
)


def docket_feed(
    *, entries: int = 432, cases: int = 333, distinct: int = 419, newest: datetime = NOON
) -> str:
    """Make a court feed of the E.D.N.Y. shape: the guid is the case page, some entries repeat.

    `cases` guids carry `distinct` events; the last `entries - distinct` entries are copies.
    """
    events = ("Order", "Letter", "Minute Entry", "Order on Motion to Compel")
    items = [
        (number % cases, events[(number // cases) % len(events)], number // 7)
        for number in range(distinct)
    ]
    items += items[: entries - distinct]
    return (
        '<?xml version="1.0" encoding="ISO-8859-1" ?><rss version="2.0"><channel>'
        "<title>Eastern District Order/Judgment Entries on  cases</title>"
        + "".join(
            f"<item><title><![CDATA[1:23-cv-{case:05}-AB Roe {case} v. Doe et al]]></title>"
            f"<pubDate>{newest - timedelta(minutes=age):%a, %d %b %Y %H:%M:%S} GMT</pubDate>"
            "<author></author>"
            f'<guid isPermaLink="true">https://court.example/cgi-bin/DktRpt.pl?{400000 + case}</guid>'
            f"<description><![CDATA[[{event}] Roe {case} v. Doe et al ]]></description>"
            f"<link>https://court.example/cgi-bin/DktRpt.pl?{400000 + case}</link></item>"
            for case, event, age in items
        )
        + "</channel></rss>"
    )


def parsed(document: str) -> Parsed:
    outcome = parse(document.encode("latin-1"), content_type="text/xml", base_url=COURT.url)
    assert isinstance(outcome, Parsed)
    return outcome


def test_f04_a_court_feed_whose_guid_is_the_case_page_keeps_every_event():
    feed = parsed(docket_feed())
    assert len(feed.entries) == 432
    assert len({entry.guid for entry in feed.entries}) == 333
    assert len(items_of(COURT, feed, SEEN)) == 419


def test_f05_polling_the_same_court_feed_again_brings_nothing_new():
    first = {item.key for item in items_of(COURT, parsed(docket_feed()), SEEN)}
    later = items_of(COURT, parsed(docket_feed()), SEEN + timedelta(minutes=5))
    assert {item.key for item in later} == first


def test_a_court_event_is_told_by_guid_text_and_time_together():
    entry = Entry(guid="g", link="l", title="t", summary="[Order]", published=NOON)
    others = [
        replace(entry, guid="h"),
        replace(entry, summary="[Letter]"),
        replace(entry, published=NOON + timedelta(seconds=1)),
        replace(entry, published=None),
    ]
    assert len({item_key(COURT, one) for one in (entry, *others)}) == 5
    assert item_key(COURT, entry) == item_key(COURT, replace(entry, updated=NOON, tags=("x",)))


def test_a_news_entry_that_is_stamped_anew_or_edited_stays_the_same():
    entry = Entry(guid="g", link="l", title="t", summary="s", published=NOON)
    edited = Entry(guid="g", link="m", title="T!", summary="S!", published=SEEN, updated=SEEN)
    assert item_key(NEWS, entry) == item_key(NEWS, edited)


def test_without_a_guid_the_link_names_an_entry_whatever_tracks_it():
    entry = Entry(link="https://www.wire-one.example/a?utm_source=rss", title="t")
    again = Entry(link="https://wire-one.example/a/", title="t, updated")
    assert item_key(NEWS, entry) == item_key(NEWS, again)
    assert item_key(NEWS, entry) != item_key(NEWS, Entry(link="https://wire-one.example/b"))


def test_without_guid_and_link_the_words_name_an_entry():
    assert item_key(NEWS, Entry(title="a", summary="b")) == item_key(
        NEWS, Entry(title="a", summary="b", published=NOON)
    )
    assert item_key(NEWS, Entry(title="ab", summary="c")) != item_key(
        NEWS, Entry(title="a", summary="bc")
    )


def test_f04_one_guid_in_two_feeds_names_two_entries():
    entry = Entry(guid="1", title="t")
    assert item_key(NEWS, entry) != item_key(replace(NEWS, id="wire-two"), entry)


def test_a_guid_and_a_link_of_the_same_text_name_two_entries():
    assert item_key(NEWS, Entry(guid="https://x.example/a", title="t")) != item_key(
        NEWS, Entry(link="https://x.example/a", title="t")
    )


@pytest.mark.parametrize("feed", [NEWS, COURT])
@given(guid=st.text(max_size=20), link=st.text(max_size=20), title=st.text(max_size=20))
def test_a_key_is_128_bits_in_hex(feed, guid, link, title):
    key = item_key(feed, Entry(guid=guid, link=link, title=title))
    assert len(key) == 32
    int(key, 16)


def test_an_item_carries_what_its_feed_knows():
    feed = Parsed(
        entries=(
            Entry(guid="g", link="https://court.example/1", title=" a\u202e  b ", summary="s",
                  published=NOON, tags=("x",)),
        )
    )  # fmt: skip
    (item,) = items_of(COURT, feed, SEEN)
    assert (item.feed_id, item.outlet, item.kind, item.trust, item.court) == (
        "court-nyed", "E.D.N.Y.", FeedKind.COURT, Trust.PRIMARY, "nyed",
    )  # fmt: skip
    assert (item.title, item.summary, item.url) == ("a b", "s", "https://court.example/1")
    assert (item.published, item.seen, item.at, item.tags) == (NOON, SEEN, NOON, ("x",))


def test_an_update_dates_an_entry_that_has_no_other_date():
    (item,) = items_of(NEWS, Parsed(entries=(Entry(title="t", updated=NOON),)), SEEN)
    assert item.published == NOON


def test_d02_a_future_date_is_kept_and_the_item_happened_when_it_was_seen():
    future = SEEN + timedelta(days=400)
    (item,) = items_of(NEWS, Parsed(entries=(Entry(title="t", published=future),)), SEEN)
    assert (item.published, item.at) == (future, SEEN)


def test_an_entry_without_words_is_left_out():
    assert items_of(NEWS, Parsed(entries=(Entry(guid="g", link="l"),)), SEEN) == ()


def titles(*entries: Entry) -> str:
    return "".join(item.title for item in items_of(NEWS, Parsed(entries=entries), SEEN))


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def test_items_come_oldest_first_by_date_and_else_against_the_feeds_order():
    dated = [Entry(title=title, published=at(n)) for title, n in (("b", 2), ("c", 3), ("a", 1))]
    assert titles(*dated) == "abc"
    assert titles(*(Entry(title=title) for title in "cba")) == "abc"
    assert titles(*(Entry(title=title, published=at(1)) for title in "cba")) == "abc"


def test_an_undated_item_stays_beside_its_neighbour():
    entries = [
        Entry(title="c", published=at(3)),
        Entry(title="b"),
        Entry(title="a", published=at(1)),
    ]
    assert titles(*entries) == "abc"


@given(st.permutations(range(12)))
def test_f05_the_order_of_a_feed_makes_no_difference_to_its_keys(order):
    entries = [Entry(guid=str(number), title=str(number)) for number in order]
    keys = {item.key for item in items_of(NEWS, Parsed(entries=tuple(entries)), SEEN)}
    assert keys == {item_key(NEWS, Entry(guid=str(number))) for number in range(12)}
