"""What the quick reader answers, feedparser would have answered; the rest it leaves alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.feeds import quick
from aggregator.feeds.parse import parse
from aggregator.model import Parsed
from tests.unit.test_feeds_corpus import BASE, CASES

SPACES = " ".join(
    f"{prefix}='{uri}'" for prefix, uri in quick._SPACES.items() if prefix != "xmlns:thr"
)
ATOM = "http://www.w3.org/2005/Atom"


def rss(inner, *, root="rss version='2.0'"):
    return f"<{root} {SPACES}><channel><title>Wire</title>{inner}</channel></rss>"


def atom(inner):
    return f"<feed xmlns='{ATOM}' {SPACES}><title>Wire</title>{inner}</feed>"


def answered(document):
    return quick.read(document, entries_max=1000) is not None


def both(document):
    """Parse as ever, and with an element that the quick reader does not know."""
    odd = document.replace("</channel>", "<oddity/></channel>").replace(
        "</feed>", "<oddity/></feed>"
    )
    assert not answered(odd)
    return tuple(
        parse(text.encode(), content_type="text/xml", base_url=BASE) for text in (document, odd)
    )


PLAIN_RSS = (
    "<item><title>Order entered</title><link>/1</link><guid isPermaLink='false'>n1</guid>"
    "<pubDate>Mon, 18 Sep 2023 12:00:00 GMT</pubDate><dc:creator>A. Writer</dc:creator>"
    "<category domain='x'>Policy</category><description><![CDATA[<p>On Monday</p>]]></description>"
    "<content:encoded><![CDATA[<p>All of it</p>]]></content:encoded></item>"
)
PLAIN_ATOM = (
    "<entry><id>n1</id><title type='html'>Order &lt;b&gt;entered&lt;/b&gt;</title>"
    "<link rel='alternate' href='/1'/><link rel='enclosure' href='/a.pdf'/>"
    "<published>2023-09-18T12:00:00Z</published><updated>2023-09-18T13:00:00Z</updated>"
    "<author><name>A. Writer</name></author><category term='Policy'/>"
    "<summary>1 &lt; 2</summary><content type='html'>&lt;p&gt;All&lt;/p&gt;</content></entry>"
)


@pytest.mark.parametrize("document", [rss(PLAIN_RSS * 2), atom(PLAIN_ATOM * 2), rss("")])
def test_the_plain_shape_is_read_quickly_and_the_same(document):
    quickly, slowly = both(document)
    assert isinstance(quickly, Parsed)
    assert quickly == slowly
    assert answered(document)


@pytest.mark.parametrize("name", CASES)
def test_where_both_read_a_known_shape_they_agree(name):
    document, _ = CASES[name]
    if "</channel>" in document or "</feed>" in document:
        quickly, slowly = both(document)
        assert quickly == slowly


TEXTS = st.sampled_from([
    "", " ", "\n", "n1", "/1", "https://wire-two.example/a?b=1&amp;c=2", "https:///x", "a &amp;amp; b",
    "AT&amp;T &lt;b&gt;x&lt;/b&gt;", "<![CDATA[<p>1 < 2</p><p>&nbsp;b]]>", "Caf\u00e9 \u20bf", "Caf\u00c3\u00a9",
    "&#150; dash", "\n  News  of\tthe day ", "Mon, 18 Sep 2023 12:00:00 GMT", "2023-09-18T12:00:00Z", "next Tuesday", "Sept 18, 2023", "&#32;", "urn:x:1", "https://x.example/?a&b;=1", "60",
])  # fmt: skip
NAMES = [
    "title", "link", "guid", "id", "description", "summary", "content", "content:encoded", "pubDate",
    "published", "updated", "dc:date", "dc:creator", "dc:subject", "dc:title", "category", "author",
    "media:title", "media:content", "media:player", "source", "feedburner:origLink", "image", "ttl",
    "atom:updated", "atom:link", "itunes:keywords", "wfw:commentRss", "sy:updatePeriod",
]  # fmt: skip
ATTRIBUTES = st.sampled_from([
    "", "", "", "", " isPermaLink='false'", " isPermaLink='true'", " type='html'", " type='text'",
    " type='xhtml'", " domain='x'", " term='Policy'", " label='L' term='T'", " href='/2'",
    " rel='alternate' href='/3' type='text/html'", " rel='via' href='/4'", " url='/5'",
    " xml:base='https://y.example/'", " xml:lang='de'", " mode='base64'", " dc:x='1'", " foo:x='1'",
])  # fmt: skip


ADDRESSES = st.sampled_from(
    ["/1", "https://wire-two.example/a?b=1&amp;c=2", "n1", "?p=7", "", "https:///x"]
)
USUAL = {
    False: {
        "title": [""], "guid": ["", " isPermaLink='false'", " isPermaLink='true'"],
        "description": [""], "content:encoded": [""], "pubDate": [""], "dc:date": [""],
        "dc:creator": [""], "category": ["", " domain='x'"], "dc:subject": [""], "author": [""],
        "media:content": [" url='/5'"], "source": [" url='/6'"], "media:title": [" type='plain'"],
        "feedburner:origLink": [""], "comments": [""],
    },
    True: {
        "title": ["", " type='html'", " type='text'"], "id": [""], "updated": [""],
        "summary": ["", " type='html'"], "content": [" type='html'", " type='text'", ""],
        "published": [""], "category": [" term='Policy'", " label='L' term='T'", " scheme='s'"],
        "rights": [""], "link": [" rel='via' href='/4'", " href='/7' title='t'"],
    },
}  # fmt: skip
"""Of RSS and of Atom: what entries are made of, with the attributes it has."""


@st.composite
def elements(draw):
    name, inner = draw(st.sampled_from(NAMES)), draw(TEXTS)
    return f"<{name}{draw(ATTRIBUTES)}>{inner}</{name}>"


@st.composite
def entries(draw, *, is_atom):
    usual = USUAL[is_atom]
    link = draw(ADDRESSES)
    parts = [f"<link href='{link}'/>" if is_atom else f"<link>{link}</link>"]
    if draw(st.integers(0, 5)) == 0:
        parts.clear()
    names = draw(st.lists(st.sampled_from(sorted(usual)), max_size=7, unique=True))
    for name in names:
        attributes, inner = draw(st.sampled_from(usual[name])), draw(TEXTS)
        parts.append(f"<{name}{attributes}>{inner if name != 'link' else ''}</{name}>")
    if draw(st.integers(0, 9)) == 0:
        parts.append(draw(elements()))
    tag = "entry" if is_atom else "item"
    return f"<{tag}>{''.join(draw(st.permutations(parts)))}</{tag}>"


@st.composite
def feeds(draw):
    """Mostly plain feeds with something odd here and there."""
    is_atom = draw(st.booleans())
    parts = draw(st.lists(entries(is_atom=is_atom), min_size=1, max_size=2))
    if draw(st.integers(0, 5)) == 0:
        parts.insert(0, draw(elements()))
    return (atom if is_atom else rss)("".join(parts))


def agrees(document):
    if answered(document):
        quickly, slowly = both(document)
        assert quickly == slowly


@settings(deadline=None, max_examples=60)
@given(feeds())
def test_whatever_is_read_quickly_is_what_feedparser_reads(document):
    agrees(document)


@pytest.mark.soak
@settings(deadline=None, max_examples=5000)
@given(feeds())
def test_whatever_is_read_quickly_is_what_feedparser_reads_many_times(document):
    agrees(document)


@pytest.mark.parametrize(
    "document",
    [
        "<!DOCTYPE rss [<!ENTITY a 'b'>]>" + rss(PLAIN_RSS),
        rss(PLAIN_RSS.replace("/1", "&nbsp;")),
        rss("<item><title>" + "<b>" * 5000 + "</b>" * 5000 + "</title></item>"),
        rss("<item " + " ".join(f"a{n}='1'" for n in range(5000)) + "/>"),
        rss(PLAIN_RSS * 1001),
        rss(PLAIN_RSS.replace("category", "Category")),
        rss(PLAIN_RSS, root="rdf"),
        rss(PLAIN_RSS).replace("purl.org/dc/", "dc.example/"),
        rss(PLAIN_RSS)[:-3],
        rss(PLAIN_RSS.replace("Policy", "\ud800")),
        "",
    ],
)
def test_what_is_odd_or_hostile_is_left_to_the_careful_way(document):
    assert not answered(document)
