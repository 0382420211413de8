# ruff: noqa: ISC004 - a table of long documents reads better without a hundred parentheses
"""Odd feeds, one shape each, as publishers really build them; all words are ours."""

from datetime import UTC, datetime

import pytest

from aggregator.feeds.parse import parse
from aggregator.model import Parsed

BASE = "https://wire-one.example/feeds/rss"
NOON = datetime(2023, 9, 18, 12, 0, tzinfo=UTC)
LINK = "https://wire-one.example/a/1"
MAIL = "Mon, 18 Sep 2023 12:00:00 GMT"
ISO = "2023-09-18T12:00:00Z"
ATOM = "http://www.w3.org/2005/Atom"
DC = "http://purl.org/dc/elements/1.1/"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
MEDIA = "http://search.yahoo.com/mrss/"
ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"


def rss(item, spaces="", version="2.0", head=""):
    return (
        f"<rss version='{version}'{spaces}><channel><title>Wire One</title>"
        f"<link>https://wire-one.example/</link>{head}{item}</channel></rss>"
    )


def item(inner, **changes):
    return rss(f"<item>{inner}</item>", **changes)


def atom(inner, attributes="", ns=ATOM, head=""):
    return (
        f"<feed xmlns='{ns}'{attributes}><title>Wire One</title>{head}<entry>{inner}</entry></feed>"
    )


def rdf(inner, ns="http://purl.org/rss/1.0/", attributes=f"rdf:about='{LINK}'"):
    return (
        f"<rdf:RDF xmlns:rdf='{RDF}' xmlns='{ns}' xmlns:dc='{DC}' xmlns:content='{CONTENT}'>"
        f"<channel rdf:about='https://wire-one.example/'><title>Wire One</title></channel>"
        f"<item {attributes}>{inner}</item></rdf:RDF>"
    )


DC_NS = f" xmlns:dc='{DC}'"
CONTENT_NS = f" xmlns:content='{CONTENT}'"
BOTH = DC_NS + CONTENT_NS

CASES = {
    # --- formats
    "rss 0.90": (
        rdf(f"<title>News</title><link>{LINK}</link>", ns="http://my.netscape.com/rdf/simple/0.9/",
            attributes=""),
        {"title": "News", "link": LINK},
    ),
    "rss 0.91 with its doctype": (
        '<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" '
        '"http://my.netscape.com/publish/formats/rss-0.91.dtd">'
        + item(f"<title>News &eacute;</title><link>{LINK}</link>", version="0.91"),
        {"title": "News é", "link": LINK},
    ),
    "rss 0.92": (
        item(f"<title>News</title><link>{LINK}</link>", version="0.92"),
        {"title": "News"},
    ),
    "rss 0.93 to 0.94 dates": (
        item(f"<title>News</title><pubDate>{MAIL}</pubDate>", version="0.94"),
        {"title": "News", "published": NOON},
    ),
    "rdf 1.0 with dublin core": (
        rdf(f"<title>News</title><link>{LINK}</link><description>Text</description>"
            f"<dc:date>{ISO}</dc:date>"),
        {"title": "News", "link": LINK, "summary": "Text", "published": NOON, "guid": LINK},
    ),
    "rdf 1.1 namespace": (
        rdf(f"<title>News</title><link>{LINK}</link>", ns="http://purl.org/net/rss1.1#"),
        {"title": "News", "link": LINK},
    ),
    "rdf with content:encoded only": (
        rdf(f"<title>News</title><link>{LINK}</link>"
            "<content:encoded><![CDATA[<p>Whole</p>]]></content:encoded>"),
        {"summary": "Whole"},
    ),
    "rss whose elements have a prefix": (
        "<r:rss xmlns:r='http://purl.org/rss/1.0/' version='2.0'><r:channel><r:item>"
        f"<r:title>News</r:title><r:link>{LINK}</r:link></r:item></r:channel></r:rss>",
        {"title": "News", "link": LINK},
    ),
    "rss in a namespace": (
        item(f"<title>News</title><link>{LINK}</link>", spaces=" xmlns='http://backend.userland.com/rss2'"),
        {"title": "News", "link": LINK},
    ),
    "rss in an unknown namespace": (
        item(f"<title>News</title><link>{LINK}</link>", spaces=" xmlns='http://unknown.example/ns'"),
        {"title": "News", "link": LINK},
    ),
    "rss in the namespace of atom": (
        item(f"<title>News</title><link>{LINK}</link><description>Text</description>",
             spaces=f" xmlns='{ATOM}'"),
        {"title": "News", "link": LINK, "summary": "Text"},
    ),
    "items beside the channel": (
        "<rss version='2.0'><channel><title>Wire One</title></channel>"
        f"<item><title>News</title><link>{LINK}</link></item></rss>",
        {"title": "News", "link": LINK},
    ),
    "a channel without rss": (
        f"<channel><title>Wire One</title><item><title>News</title><link>{LINK}</link></item></channel>",
        {"title": "News", "link": LINK},
    ),
    "capital tags": (
        f"<RSS VERSION='2.0'><CHANNEL><ITEM><TITLE>News</TITLE><LINK>{LINK}</LINK>"
        f"<PUBDATE>{MAIL}</PUBDATE></ITEM></CHANNEL></RSS>",
        {"title": "News", "link": LINK, "published": NOON},
    ),
    "atom 0.3": (
        atom(f"<title>News</title><link rel='alternate' href='{LINK}'/><id>tag:1</id>"
             f"<issued>{ISO}</issued><modified>2023-09-18T13:00:00Z</modified>",
             ns="http://purl.org/atom/ns#", attributes=" version='0.3'"),
        {"title": "News", "link": LINK, "guid": "tag:1", "published": NOON},
    ),
    "atom 0.3 escaped markup": (
        atom("<title type='text/html' mode='escaped'>&lt;b&gt;News&lt;/b&gt;</title><id>1</id>",
             ns="http://purl.org/atom/ns#", attributes=" version='0.3'"),
        {"title": "News"},
    ),
    "atom with a prefix": (
        f"<a:feed xmlns:a='{ATOM}'><a:entry><a:title>News</a:title><a:link href='{LINK}'/>"
        f"<a:published>{ISO}</a:published></a:entry></a:feed>",
        {"title": "News", "link": LINK, "published": NOON},
    ),
    "an atom entry alone": (
        f"<entry xmlns='{ATOM}'><title>News</title><link href='{LINK}'/><id>1</id></entry>",
        {"title": "News", "link": LINK},
    ),
    "atom without a namespace": (
        f"<feed><entry><title>News</title><link href='{LINK}'/><id>1</id></entry></feed>",
        {"title": "News", "link": LINK},
    ),
    "json feed 1.0": (
        '{"version": "https://jsonfeed.org/version/1", "title": "Wire One", "items": '
        f'[{{"id": 7, "url": "{LINK}", "title": "News &amp; views", "date_published": "{ISO}"}}]}}',
        {"guid": "7", "link": LINK, "title": "News & views", "published": NOON},
    ),
    "json feed 1.1 with relative links": (
        '\ufeff {"version": "https://jsonfeed.org/version/1.1", "items": '
        '[{"id": "x", "url": "/a/1", "content_html": "<p>Text</p>", "tags": ["SEC", null]}]}',
        {"guid": "x", "link": LINK, "summary": "Text", "tags": ("SEC",)},
    ),
    # --- titles
    "html in a title": (
        item("<title>&lt;b&gt;SEC&lt;/b&gt; v. &lt;i&gt;Binance&lt;/i&gt;</title>"),
        {"title": "SEC v. Binance"},
    ),
    "cdata with entities in a title": (
        item("<title><![CDATA[Q&amp;A: AT&T &mdash; SEC&#8217;s view]]></title>"),
        {"title": "Q&A: AT&T — SEC’s view"},
    ),
    "cdata in pieces": (
        item("<title><![CDATA[SEC ]]>v. <![CDATA[Binance]]></title>"),
        {"title": "SEC v. Binance"},
    ),
    "a title over several lines": (
        item("<title>\n   SEC v.\n   Binance\t\n</title>"),
        {"title": "SEC v. Binance"},
    ),
    "entities that xml does not know": (
        item("<title>Caf&eacute;&nbsp;&mdash; Binance&reg; &unknown; x</title>"),
        {"title": "Café — Binance® &unknown; x"},
    ),
    "a bare ampersand and a bare less-than": (
        item("<title>R&D at AT&T: 3 < 5</title><link>https://wire-one.example/?a=1&b=2</link>"),
        {"title": "R&D at AT&T: 3 < 5", "link": "https://wire-one.example/?a=1&b=2"},
    ),
    "control characters": (
        item("<title>SEC\x0b v.\x00 Binance\x1f</title><guid>1</guid>"),
        {"title": "SEC v. Binance", "guid": "1"},
    ),
    "references to control characters": (
        item("<title>SEC&#x1F; v.&#0; Binance</title>"),
        {"title": "SEC v. Binance"},
    ),
    "cp1252 punctuation by number": (
        item("<title>SEC&#146;s &#147;big&#148; case &#151; news</title>"),
        {"title": "SEC’s “big” case — news"},
    ),
    "xhtml title in atom": (
        atom("<title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>SEC <b>v.</b> Binance"
             "</div></title><id>1</id>"),
        {"title": "SEC v. Binance"},
    ),
    "plain title in atom that looks like markup": (
        atom("<title type='text'>The &lt;blink&gt; tag</title><id>1</id>"),
        {"title": "The <blink> tag"},
    ),
    "html title in atom": (
        atom("<title type='html'>&lt;i>SEC&lt;/i> &amp;amp; CFTC</title><id>1</id>"),
        {"title": "SEC & CFTC"},
    ),
    "titles of other modules": (
        item(f"<title>News</title><media:content url='{LINK}.png'><media:title>Photo</media:title>"
             "<media:description type='html'>Caption</media:description></media:content>"
             "<itunes:title>Episode</itunes:title><image><title>Logo</title></image>",
             spaces=f" xmlns:media='{MEDIA}' xmlns:itunes='{ITUNES}'"),
        {"title": "News", "summary": "Caption"},
    ),
    "a title in dublin core only": (
        item(f"<dc:title>News</dc:title><link>{LINK}</link>", spaces=DC_NS),
        {"title": "News"},
    ),
    "an empty dublin core title behind a filled one": (
        item("<title>News</title><dc:title></dc:title>", spaces=DC_NS),
        {"title": "News"},
    ),
    # --- summaries
    "an empty content and an empty dublin core description behind a filled one": (
        item("<title>News</title><description>Text</description><content:encoded></content:encoded>"
             "<dc:description/>", spaces=BOTH),
        {"summary": "Text"},
    ),
    "the empty ones first, with white space in cdata": (
        item("<dc:description> </dc:description><content:encoded><![CDATA[ \n ]]></content:encoded>"
             "<description>Text</description>", spaces=BOTH),
        {"summary": "Text"},
    ),
    "empty ones that hold only empty markup": (
        item("<description>Text</description><content:encoded><![CDATA[<p></p>]]></content:encoded>"
             "<dc:description>&lt;br/&gt;</dc:description>", spaces=BOTH),
        {"summary": "Text"},
    ),
    "two descriptions": (
        item("<description>First</description><description></description>"),
        {"summary": "First"},
    ),
    "content only": (
        item("<title>News</title><content:encoded><![CDATA[<p>Whole <b>text</b></p>"
             "<script>x()</script>]]></content:encoded>", spaces=CONTENT_NS),
        {"summary": "Whole text"},
    ),
    "itunes summary only": (
        item("<title>News</title><itunes:summary>Spoken</itunes:summary>",
             spaces=f" xmlns:itunes='{ITUNES}'"),
        {"summary": "Spoken"},
    ),
    "itunes beside a description": (
        item("<title>News</title><itunes:summary>Spoken</itunes:summary>"
             "<description>Text</description><itunes:subtitle/>", spaces=f" xmlns:itunes='{ITUNES}'"),
        {"summary": "Text"},
    ),
    "xhtml content in atom": (
        atom("<title>News</title><id>1</id><content type='xhtml'>"
             "<div xmlns='http://www.w3.org/1999/xhtml'><p>One</p><p>Two</p></div></content>"),
        {"summary": "One Two"},
    ),
    "xhtml content with a prefix": (
        atom("<title>News</title><id>1</id><content type='xhtml'><x:div><x:p>One</x:p><x:p>Two</x:p>"
             "</x:div></content>", attributes=" xmlns:x='http://www.w3.org/1999/xhtml'"),
        {"summary": "One Two"},
    ),
    "atom content out of line": (
        atom(f"<title>News</title><id>1</id><content src='{LINK}' type='text/html'/>"
             "<summary>Text</summary>"),
        {"summary": "Text"},
    ),
    "base64 content": (
        atom("<title>News</title><id>1</id><content type='application/octet-stream' mode='base64'>"
             "VGV4dA==</content>", ns="http://purl.org/atom/ns#", attributes=" version='0.3'"),
        {"summary": "Text"},
    ),
    "an iframe that is never closed": (
        item("<description><![CDATA[Before <iframe src='//x.example'> after]]></description>"),
        {"summary": "Before after"},
    ),
    "youtube's media group": (
        atom(f"<id>yt:1</id><title>News</title><link rel='alternate' href='{LINK}'/><media:group>"
             "<media:title>News again</media:title><media:description>Said there"
             "</media:description></media:group>", attributes=f" xmlns:media='{MEDIA}'"),
        {"title": "News", "summary": "Said there"},
    ),
    # --- links and ids
    "a guid that is the link": (
        item(f"<title>News</title><guid>{LINK}</guid>"),
        {"guid": LINK, "link": LINK},
    ),
    "a guid that is no link": (
        item(f"<title>News</title><guid isPermaLink='false'>{LINK}</guid>"),
        {"guid": LINK, "link": ""},
    ),
    "a guid beside a link": (
        item(f"<title>News</title><guid isPermaLink='true'>https://wire-one.example/?p=1</guid>"
             f"<link>{LINK}</link>"),
        {"guid": "https://wire-one.example/?p=1", "link": LINK},
    ),
    "atom links in rss": (
        item(f"<title>News</title><a:link rel='self' href='https://wire-one.example/self'/>"
             f"<link>{LINK}</link><a:link rel='replies' href='https://wire-one.example/talk'/>",
             spaces=f" xmlns:a='{ATOM}'"),
        {"link": LINK},
    ),
    "only an atom link in rss": (
        item(f"<title>News</title><a:link href='{LINK}'/>", spaces=f" xmlns:a='{ATOM}'"),
        {"link": LINK},
    ),
    "a link in cdata with spaces around": (
        item(f"<title>News</title><link>\n <![CDATA[ {LINK} ]]> </link>"),
        {"link": LINK},
    ),
    "a relative link": (item("<title>News</title><link>/a/1</link>"), {"link": LINK}),
    "a link without a scheme": (
        item("<title>News</title><link>//wire-one.example/a/1</link>"),
        {"link": LINK},
    ),
    "xml:base on the entry": (
        atom("<title>News</title><id>1</id><link href='1'/>").replace(
            "<entry>", "<entry xml:base='https://wire-one.example/a/'>"),
        {"link": LINK},
    ),
    "xml:base on feed and entry together": (
        atom("<title>News</title><id>1</id><link href='1'/>",
             attributes=" xml:base='https://wire-one.example/'").replace(
                 "<entry>", "<entry xml:base='a/'>"),
        {"link": LINK},
    ),
    "several atom links": (
        atom(f"<title>News</title><id>1</id><link rel='edit' href='/edit'/>"
             f"<link rel='enclosure' type='audio/mpeg' href='/a.mp3'/>"
             f"<link rel='alternate' type='text/html' href='{LINK}'/>"
             f"<link rel='self' href='/self'/>"),
        {"link": LINK},
    ),
    "an alternate that is no page": (
        atom(f"<title>News</title><id>1</id><link rel='alternate' type='text/html' href='{LINK}'/>"
             "<link rel='alternate' type='application/json' href='/a/1.json'/>"),
        {"link": LINK},
    ),
    "an atom link with text in it": (
        atom(f"<title>News</title><id>1</id><link>{LINK}</link>"),
        {"link": LINK},
    ),
    "javascript for a link": (
        item("<title>News</title><link>javascript:alert(1)</link>"),
        {"link": ""},
    ),
    "feedburner": (
        item(f"<title>News</title><link>{LINK}</link>"
             "<f:origLink>https://elsewhere.example/1</f:origLink>",
             spaces=" xmlns:f='http://rssnamespace.org/feedburner/ext/1.0'"),
        {"link": LINK},
    ),
    "feedburner without a link": (
        item(f"<title>News</title><f:origLink>{LINK}</f:origLink>",
             spaces=" xmlns:f='http://rssnamespace.org/feedburner/ext/1.0'"),
        {"link": LINK},
    ),
    "an enclosure alone": (
        item("<title>News</title><enclosure url='https://wire-one.example/a.mp3' type='audio/mpeg' "
             "length='1'/><guid isPermaLink='false'>7</guid>"),
        {"guid": "7", "link": ""},
    ),
    "a source with a title and a link": (
        atom(f"<title>News</title><id>1</id><link href='{LINK}'/><source><title>Origin</title>"
             "<id>2</id><link href='https://origin.example/'/><updated>2001-01-01T00:00:00Z</updated>"
             f"</source><published>{ISO}</published>"),
        {"title": "News", "guid": "1", "link": LINK, "published": NOON},
    ),
    # --- dates
    "dublin core date in rss": (
        item(f"<title>News</title><dc:date>{ISO}</dc:date>", spaces=DC_NS),
        {"published": NOON},
    ),
    "dcterms dates": (
        item(f"<title>News</title><t:issued>{ISO}</t:issued>"
             "<t:modified>2023-09-18T13:00:00Z</t:modified>",
             spaces=" xmlns:t='http://purl.org/dc/terms/'"),
        {"published": NOON},
    ),
    "pubDate in another case": (
        item(f"<title>News</title><pubdate>{MAIL}</pubdate>"),
        {"published": NOON},
    ),
    "pubDate as iso": (item(f"<title>News</title><pubDate>{ISO}</pubDate>"), {"published": NOON}),
    "pubDate in cdata": (
        item(f"<title>News</title><pubDate><![CDATA[ {MAIL} ]]></pubDate>"),
        {"published": NOON},
    ),
    "an empty pubDate before a dublin core date": (
        item(f"<title>News</title><pubDate></pubDate><dc:date>{ISO}</dc:date>", spaces=DC_NS),
        {"published": NOON},
    ),
    "pubDate and dublin core date that differ": (
        item(f"<title>News</title><pubDate>{MAIL}</pubDate><dc:date>2023-09-18T13:00:00Z</dc:date>",
             spaces=DC_NS),
        {"published": NOON},
    ),
    "atom with updated only": (
        atom(f"<title>News</title><id>1</id><updated>{ISO}</updated>"),
        {"published": None, "updated": NOON},
    ),
    "atom created": (
        atom(f"<title>News</title><id>1</id><created>{ISO}</created>",
             ns="http://purl.org/atom/ns#", attributes=" version='0.3'"),
        {"published": NOON},
    ),
    # --- documents
    "white space and a comment before the prolog": (
        "\n\n <!-- made by hand -->\n<?xml version='1.0'?>" + item("<title>News</title>"),
        {"title": "News"},
    ),
    "a warning before the prolog": (
        "Warning: Undefined index in /srv/feed.php on line 3\n<?xml version='1.0'?>"
        + item("<title>News</title>"),
        {"title": "News"},
    ),
    "junk after the end": (
        item("<title>News</title>") + "\n<!-- 0.3 s -->\n<script>count()</script>",
        {"title": "News"},
    ),
    "a stylesheet instruction": (
        "<?xml version='1.0'?><?xml-stylesheet type='text/xsl' href='/a.xsl'?>"
        + item("<title>News</title>"),
        {"title": "News"},
    ),
    "own entities": (
        "<!DOCTYPE rss [<!ENTITY outlet 'Wire &amp; One'>]>" + item("<title>&outlet; news</title>"),
        {"title": "Wire & One news"},
    ),
    "an unclosed tag inside an item": (
        item("<title>News</title><description><p>Text<br>more</description><guid>1</guid>"),
        {"title": "News", "summary": "Text more", "guid": "1"},
    ),
    "a prefix that nobody declared": (
        item(f"<title>News</title><x:odd>1</x:odd><dc:date>{ISO}</dc:date>"
             "<media:thumbnail url='a'/>"),
        {"title": "News", "published": NOON},
    ),
    "an attribute without quotes": (
        item("<title>News</title><guid isPermaLink=false>7</guid>"),
        {"title": "News", "guid": "7", "link": ""},
    ),
    "an attribute without a value": (
        item("<title>News</title><enclosure url='https://x.example/a' async />"),
        {"title": "News"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_f01_each_shape_of_feed_gives_its_entry(name):
    document, expected = CASES[name]
    found = parse(document.encode(), content_type="", base_url=BASE)
    assert isinstance(found, Parsed), found
    (entry,) = found.entries
    assert {field: getattr(entry, field) for field in expected} == expected
