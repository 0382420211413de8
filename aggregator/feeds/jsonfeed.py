"""JSON Feed 1.0 and 1.1 to entries; pure.  Other JSON is no feed."""

from __future__ import annotations

import json
import re
from typing import Any

from aggregator.feeds.clean import plain_text, tidy
from aggregator.feeds.dates import parse_date
from aggregator.feeds.limits import (
    GUID_CHARS_MAX,
    SUMMARY_CHARS_MAX,
    TAG_CHARS_MAX,
    TAGS_MAX,
    TITLE_CHARS_MAX,
)
from aggregator.feeds.links import absolute
from aggregator.model import Entry, Parsed, ParseFailed, ParseOutcome

# Some write the number alone.
_VERSION = re.compile(r"jsonfeed\.org/version/|\A\s*1(?:\.[01])?\s*\Z")


def parse(text: str, *, base_url: str, entries_max: int) -> ParseOutcome:
    """Return the items of a JSON Feed in document order, or why it is none."""
    try:
        # `parse_int` keeps ids of any length as text, and their digits from costing time.
        feed = json.loads(text.lstrip("\ufeff"), parse_int=str, parse_float=str)
    except (ValueError, RecursionError) as error:
        return ParseFailed(detail=f"this begins like JSON but is none ({type(error).__name__})")
    items = feed.get("items") if isinstance(feed, dict) else None
    version = _string(feed, "version") if isinstance(feed, dict) else ""
    if not isinstance(items, list) or not _VERSION.search(version):
        return ParseFailed(detail="this is JSON, but no JSON Feed")
    if len(items) > entries_max:
        return ParseFailed(detail=f"refused: it has more than {entries_max} entries")
    base = base_url or absolute(_string(feed, "home_page_url"), "")
    return Parsed(
        entries=tuple(_entry(item, base) for item in items if isinstance(item, dict)),
        title=plain_text(_string(feed, "title"), chars_max=TITLE_CHARS_MAX, is_html=False),
    )


def _entry(item: dict[str, Any], base: str) -> Entry:
    words = (
        (_string(item, "summary"), False),
        (_string(item, "content_text"), False),
        (_string(item, "content_html"), True),
    )
    texts = (plain_text(text, chars_max=SUMMARY_CHARS_MAX, is_html=html) for text, html in words)
    links = (absolute(_string(item, key), base) for key in ("url", "external_url"))
    tags = item.get("tags")
    terms = [
        tidy(tag, chars_max=TAG_CHARS_MAX)
        for tag in (tags[:TAGS_MAX] if isinstance(tags, list) else ())
        if isinstance(tag, str)
    ]
    return Entry(
        guid=tidy(_string(item, "id"), chars_max=GUID_CHARS_MAX),
        link=next(filter(None, links), ""),
        title=plain_text(_string(item, "title"), chars_max=TITLE_CHARS_MAX, is_html=False),
        summary=next(filter(None, texts), ""),
        published=parse_date(_string(item, "date_published")),
        updated=parse_date(_string(item, "date_modified")),
        tags=tuple(dict.fromkeys(filter(None, terms))),
    )


def _string(of: dict[str, Any], key: str) -> str:
    value = of.get(key)
    return value if isinstance(value, str) else ""
