"""What is remembered must change nothing: every document is read as if for the first time."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.feeds.known import KnownEntries, cut
from aggregator.feeds.parse import parse
from aggregator.model import Parsed
from tests.unit.test_feeds_corpus import BASE, CASES


def read(document, known=None, base=BASE):
    return parse(document.encode(), content_type="", base_url=base, known=known)


def item(number, text=""):
    return (
        f"<item><guid isPermaLink='false'>{number}</guid><title>News {number} {text}</title>"
        f"<link>/a/{number}</link><description>Text &eacute; {text}</description></item>"
    )


def feed(*items, head="", root="<rss version='2.0'>"):
    return f"{root}<channel><title>Wire</title>{head}{''.join(items)}</channel></rss>"


class Counting(KnownEntries):
    def __init__(self, **limits):
        super().__init__(**limits)
        self.sizes = []

    def read(self, document, base_url, parse):
        def counted(part):
            self.sizes.append(part.count("<item"))
            return parse(part)

        return super().read(document, base_url, counted)


def test_only_what_is_new_is_parsed():
    known = Counting()
    first = feed(*(item(n) for n in range(50)), head="<pubDate>Mon, 18 Sep 2023</pubDate>")
    second = feed(*(item(n) for n in range(-1, 49)), head="<pubDate>Tue, 19 Sep 2023</pubDate>")
    for document in (first, second, second):
        assert read(document, known) == read(document)
    assert known.sizes == [50, 1, 0]


def test_an_entry_that_changed_by_one_character_is_parsed_anew():
    known = Counting()
    for document in (feed(item(1), item(2)), feed(item(1), item(2, "x")), feed(item(2), item(1))):
        assert read(document, known) == read(document)
    assert known.sizes == [2, 1, 0]


@pytest.mark.parametrize(
    "other",
    [
        {"root": "<rss version='2.0' xml:base='https://other.example/'>"},
        {"head": "<link>https://other.example/</link>"},
    ],
)
@pytest.mark.parametrize("base", [BASE, ""])
def test_what_stands_around_the_entries_counts(other, base):
    known = KnownEntries()
    for document in (feed(item(1)), feed(item(1), **other), feed(item(1))):
        assert read(document, known, base) == read(document, base=base)


def test_the_same_bytes_in_another_feed_are_resolved_there():
    known = KnownEntries()
    read(feed(item(1)), known)
    there = "https://other.example/rss"
    found = read(feed(item(1)), known, there)
    assert isinstance(found, Parsed)
    assert found.entries[0].link == "https://other.example/a/1"


def test_memory_has_a_limit():
    known = Counting(entries_max=10)
    documents = [feed(*(item(n + 20 * part) for n in range(20))) for part in range(3)]
    for document in (*documents, documents[0]):
        assert read(document, known) == read(document)
    assert known.sizes == [20, 20, 20, 20]


@pytest.mark.parametrize(
    "document",
    [
        feed("<item><title>a</title><item><title>b</title></item></item>"),
        feed("<item/>", item(1)),
        feed(item(1), "</item>"),
        feed("<item><title><![CDATA[</item><item>]]></title></item>", item(1)),
        feed("<!-- <item> -->", item(1)),
        feed("<item><title>a</title>", item(1)),
        feed(item(1), "<item><p>a<br>b</item>"),
        feed(item(1), "<entry><title>b</title></entry>"),
        feed(item(1), "<title>Other</title>", item(2)),
        feed(item(1), item(2)).replace("</channel>", "<title>Other</title></channel>"),
    ],
)
def test_what_cannot_be_cut_cleanly_is_read_whole(document):
    known = KnownEntries()
    read(feed(item(1), item(2)), known)
    assert read(document, known) == read(document)
    assert read(document, known) == read(document)


@pytest.mark.parametrize("name", CASES)
def test_every_shape_of_feed_is_read_the_same_a_second_time(name):
    document, _ = CASES[name]
    known = KnownEntries()
    for _ in range(2):
        assert read(document, known) == read(document)


PIECES = st.sampled_from(
    ["<item>", "</item>", "<title>a</title>", "<guid>1</guid>", "<![CDATA[", "]]>", "<!--", "-->",
     "<item/>", "x", "&lt;", "<entry>", "</entry>", "<b>", "</b>", "<item a='1'>"]
)  # fmt: skip


@settings(max_examples=200)
@given(st.lists(st.lists(PIECES, max_size=10).map("".join), min_size=1, max_size=4))
def test_any_soup_is_read_as_it_would_be_without_memory(soups):
    known = KnownEntries()
    for soup in soups:
        document = feed(item(1), soup, item(2))
        assert read(document, known) == read(document)


def test_a_cut_leaves_nothing_out():
    document = feed(item(1), "\n ", item(2))
    pieces = cut(document)
    assert pieces is not None
    first, second = pieces.items
    assert pieces.around[0] + first + pieces.around[1] + second + pieces.around[2] == document
