"""A scripted feed as the bytes its server would send at a moment.

RSS 2.0, Atom 1.0 and RSS 1.0 (RDF) as outlets write them, and the court form of CM/ECF: RSS 2.0
in ISO-8859-1 whose description is entity-encoded markup, whose link is the docket report of the
case, and whose guid adds the entry's sequence number to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import escape
from typing import assert_never
from urllib.parse import urlsplit

from aggregator.demo.script import Article, DocketEntry, ScriptedFeed, articles_at, entries_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A feed's body with its headers; `etag` and `modified` are None where its server has none."""

    body: bytes
    content_type: str
    etag: str | None
    modified: datetime | None


def render(feed: ScriptedFeed, now: datetime) -> Rendered:
    """Return `feed` as it stands at `now`, the same bytes for as long as it shows the same.

    Only a court's feed differs from second to second: it carries the time it was built.
    """
    match feed.format:
        case "rss":
            return _validated(_rss(feed, articles_at(feed, now)), "application/rss+xml", feed, now)
        case "atom":
            return _validated(
                _atom(feed, articles_at(feed, now)), "application/atom+xml", feed, now
            )
        case "rdf":
            return _validated(_rdf(feed, articles_at(feed, now)), "application/rdf+xml", feed, now)
        case "court":
            text = _court(feed, entries_at(feed, now), now)
            return Rendered(
                body=text.encode("iso-8859-1", "xmlcharrefreplace"),
                content_type="text/xml",
                etag=None,  # CM/ECF sends no validators
                modified=None,
            )
        case _:
            assert_never(feed.format)


def link_of(feed: ScriptedFeed, item: Article) -> str:
    """Return the address of an article."""
    return f"{feed.site}/{item.at:%Y/%m}/{item.slug}"


def docket_link_of(feed: ScriptedFeed, entry: DocketEntry) -> str:
    """Return the address of the docket report an entry belongs to."""
    return f"{feed.site}/cgi-bin/DktRpt.pl?{entry.case_id}"


def _validated(text: str, content_type: str, feed: ScriptedFeed, now: datetime) -> Rendered:
    body = text.encode()
    shown = articles_at(feed, now)
    return Rendered(
        body=body,
        content_type=f"{content_type}; charset=utf-8",
        etag=f'"{hashlib.sha256(body).hexdigest()[:20]}"',
        modified=shown[0].at if shown else None,
    )


def _rfc822(at: datetime) -> str:
    return format_datetime(at, usegmt=True)


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _paragraph(text: str) -> str:
    """Return `text` as the HTML that outlets put into their feeds."""
    return f"<p>{escape(text)}</p>" if text else ""


def _lines(parts: Iterable[str]) -> str:
    return "\n".join(parts) + "\n"


def _rss(feed: ScriptedFeed, shown: tuple[Article, ...]) -> str:
    def item(article: Article) -> str:
        link = escape(link_of(feed, article))
        body = _paragraph(article.summary)
        tags = "".join(f"<category>{escape(tag)}</category>" for tag in article.tags)
        return (
            f"<item><title>{escape(article.title)}</title><link>{link}</link>"
            f'<guid isPermaLink="true">{link}</guid>'
            f"<description><![CDATA[{body}]]></description>{tags}"
            f"<pubDate>{_rfc822(article.at)}</pubDate></item>"
        )

    return _lines(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<rss version="2.0"><channel>',
            f"<title>{escape(feed.name)}</title><link>{escape(feed.site)}/</link>",
            f"<description>{escape(feed.about)}</description>",
            f"<language>{escape(feed.language)}</language>",
            *(item(article) for article in shown),
            "</channel></rss>",
        ]
    )


def _atom(feed: ScriptedFeed, shown: tuple[Article, ...]) -> str:
    host = urlsplit(feed.site).hostname or ""
    updated = f"<updated>{_iso(shown[0].at)}</updated>" if shown else ""

    def entry(article: Article) -> str:
        tags = "".join(f'<category term="{escape(tag)}"/>' for tag in article.tags)
        body = escape(_paragraph(article.summary))
        return (
            f"<entry><id>tag:{host},{article.at:%Y-%m-%d}:{escape(article.slug)}</id>"
            f"<title>{escape(article.title)}</title>"
            f'<link rel="alternate" href="{escape(link_of(feed, article))}"/>'
            f"<published>{_iso(article.at)}</published><updated>{_iso(article.at)}</updated>"
            f'<summary type="html">{body}</summary>{tags}</entry>'
        )

    return _lines(
        [
            '<?xml version="1.0" encoding="utf-8"?>',
            f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{escape(feed.language)}">',
            f"<id>tag:{host},2023:feed</id><title>{escape(feed.name)}</title>{updated}",
            f"<subtitle>{escape(feed.about)}</subtitle>",
            f"<author><name>{escape(feed.name)}</name></author>",
            f'<link rel="alternate" href="{escape(feed.site)}/"/>',
            *(entry(article) for article in shown),
            "</feed>",
        ]
    )


def _rdf(feed: ScriptedFeed, shown: tuple[Article, ...]) -> str:
    def item(article: Article) -> str:
        link = escape(link_of(feed, article))
        tags = "".join(f"<dc:subject>{escape(tag)}</dc:subject>" for tag in article.tags)
        return (
            f'<item rdf:about="{link}"><title>{escape(article.title)}</title><link>{link}</link>'
            f"<description>{escape(article.summary)}</description>"
            f"<dc:date>{_iso(article.at)}</dc:date>{tags}</item>"
        )

    places = "".join(f'<rdf:li rdf:resource="{escape(link_of(feed, a))}"/>' for a in shown)
    return _lines(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"',
            ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns="http://purl.org/rss/1.0/">',
            f'<channel rdf:about="{escape(feed.site)}/"><title>{escape(feed.name)}</title>',
            f"<link>{escape(feed.site)}/</link><description>{escape(feed.about)}</description>",
            f"<dc:language>{escape(feed.language)}</dc:language>",
            f"<items><rdf:Seq>{places}</rdf:Seq></items></channel>",
            *(item(article) for article in shown),
            "</rdf:RDF>",
        ]
    )


def _court(feed: ScriptedFeed, shown: tuple[DocketEntry, ...], now: datetime) -> str:
    def hexed(markup: str) -> str:
        """Encode as CM/ECF does: numeric entities for what XML reserves."""
        return "".join(f"&#x{ord(c):X};" if c in '<>"&' else c for c in markup)

    def item(entry: DocketEntry) -> str:
        link = docket_link_of(feed, entry)
        document = ""
        if entry.number is not None:
            href = (
                f"{feed.site}/doc1/0450{entry.case_id:06d}{entry.seq:04d}"
                f"?caseid={entry.case_id}&de_seq_num={entry.seq}"
            )
            document = f' (<a href="{href}" >{entry.number}</a>)'
        return _lines(
            [
                "<item>",
                f"<title>{escape(f'{entry.docket} {entry.caption}', quote=False)}</title>",
                f"<link>{escape(link)}</link>",
                f"<description>{hexed(f'[{entry.event}]{document}')}</description>",
                f'<guid isPermaLink="true">{hexed(f"{link}&{entry.seq}")}</guid>',
                f"<pubDate>{_rfc822(entry.at)}</pubDate>",
                "</item>",
            ]
        )

    return _lines(
        [
            '<?xml version="1.0" encoding="ISO-8859-1"?>',
            '<rss version="2.0"',
            ' xmlns:blogChannel="http://backend.userland.com/blogChannelModule"',
            ">",
            "<channel>",
            f"<title>{escape(feed.name)}</title>",
            f"<link>{escape(feed.site)}</link>",
            f"<description>{escape(feed.about)}</description>",
            f"<lastBuildDate>{_rfc822(now)}</lastBuildDate>",
            *(item(entry) for entry in shown),
            "</channel>",
            "</rss>",
        ]
    )
