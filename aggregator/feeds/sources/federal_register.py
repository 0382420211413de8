"""The Federal Register's `documents.json` to entries; pure.

https://www.federalregister.gov/developers/documentation/api/v1: `results`, each with
`document_number`, `title`, `type`, `abstract`, `html_url`, `publication_date` and `agencies`;
`conditions[…]` in the URL choose, `order=newest` sorts.  It needs no key.
"""

from __future__ import annotations

from aggregator.feeds.clean import plain_text
from aggregator.feeds.dates import parse_date
from aggregator.feeds.limits import (
    GUID_CHARS_MAX,
    SUMMARY_CHARS_MAX,
    TAG_CHARS_MAX,
    TAGS_MAX,
    TITLE_CHARS_MAX,
)
from aggregator.feeds.links import absolute
from aggregator.feeds.sources.answer import Record, records, results, string
from aggregator.model import Entry, Parsed, ParseFailed, ParseOutcome

SITE = "https://www.federalregister.gov/"


def parse(text: str, *, entries_max: int) -> ParseOutcome:
    """Return the documents in the API's order, or why this is no such answer."""
    found = results(text, entries_max=entries_max)
    if isinstance(found, ParseFailed):
        return found
    return Parsed(entries=tuple(map(_entry, found)), title="Federal Register")


def _entry(document: Record) -> Entry:
    words = (string(document, "abstract"), string(document, "excerpts"), string(document, "action"))
    texts = (plain_text(one, chars_max=SUMMARY_CHARS_MAX) for one in words)
    named = [
        string(agency, "name") or string(agency, "raw_name")
        for agency in records(document, "agencies")[: TAGS_MAX - 1]
    ]
    tags = (plain_text(tag, chars_max=TAG_CHARS_MAX) for tag in (*named, string(document, "type")))
    links = (string(document, "html_url"), string(document, "pdf_url"))
    return Entry(
        guid=string(document, "document_number")[:GUID_CHARS_MAX],
        link=next(filter(None, (absolute(link, SITE) for link in links)), ""),
        title=plain_text(string(document, "title"), chars_max=TITLE_CHARS_MAX),
        summary=next(filter(None, texts), ""),
        published=parse_date(string(document, "publication_date")),
        tags=tuple(dict.fromkeys(filter(None, tags))),
    )
