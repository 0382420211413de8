"""A feed's bytes become entries: plain text, absolute links, real dates; pure.

feedparser reads RSS 0.9x to 2.0, RDF and Atom; `jsonfeed` the JSON ones.  feedparser gets bytes
only (a name would be opened as a file or fetched), already decoded, checked and mended.  Its
sanitiser stays off: it triples the time, and no markup leaves this module anyway.
"""

from __future__ import annotations

import io
import re
from calendar import timegm
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import feedparser

from aggregator.feeds import charset, jsonfeed, xmlprep
from aggregator.feeds.clean import plain_text, tidy
from aggregator.feeds.dates import YEAR_MAX, YEAR_MIN, parse_date
from aggregator.feeds.limits import (
    ENTRIES_MAX,
    GUID_CHARS_MAX,
    SUMMARY_CHARS_MAX,
    TAG_CHARS_MAX,
    TAGS_MAX,
    TITLE_CHARS_MAX,
)
from aggregator.feeds.links import absolute, is_web
from aggregator.model import Entry, Parsed, ParseFailed, ParseOutcome

TTL_MAX = timedelta(days=7)

_BINARY = {b"%PDF": "a PDF", b"PK\x03\x04": "a ZIP archive", b"\x89PNG": "an image"}
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}


def parse(
    body: bytes, *, content_type: str, base_url: str, entries_max: int = ENTRIES_MAX
) -> ParseOutcome:
    """Return the entries in document order, or what the bytes are instead of a feed.

    `content_type` is the header's value, `base_url` where the body came from; either may be
    empty.  A valid feed without entries is `Parsed`.
    """
    if not body.strip():
        return ParseFailed(detail="the answer is empty")
    for magic, what in _BINARY.items():
        if body.startswith(magic):
            return ParseFailed(detail=f"this is {what}, not a feed")
    text = charset.decode(body, content_type=content_type)
    if text.lstrip("\ufeff \t\r\n")[:1] in {"{", "["}:
        return jsonfeed.parse(text, base_url=base_url, entries_max=entries_max)
    text = xmlprep.skip_junk(text)
    why = xmlprep.not_a_feed(text)
    if why is not None:
        return ParseFailed(detail=why)
    why = xmlprep.attack(text, entries_max=entries_max)
    if why is not None:
        return ParseFailed(detail=f"refused: {why}")
    if xmlprep.cut_short(text):
        return ParseFailed(detail="the feed breaks off: its outermost element is never closed")
    return _read(xmlprep.mend(text), base_url)


def _read(document: bytes, base_url: str) -> ParseOutcome:
    try:
        feed = feedparser.parse(
            io.BytesIO(document),
            response_headers={"content-type": "application/xml; charset=utf-8"},
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except MemoryError:
        raise  # about this process, not about the feed
    except Exception as error:  # noqa: BLE001 - hostile bytes find new ways to break a parser
        return ParseFailed(detail=f"the parser gave up ({type(error).__name__})")
    if not feed.entries and re.search(rb"<(?:\w+:)?(?:item|entry)[\s>]", document):
        return ParseFailed(detail="the feed has entries, but none could be read")
    channel = feed.feed
    base = base_url or absolute(_string(channel, "link"), "")
    return Parsed(
        entries=tuple(_entry(entry, base, atom=feed.version.startswith("atom"))
                      for entry in feed.entries),
        title=_text(channel, "title", TITLE_CHARS_MAX, atom=feed.version.startswith("atom")),
        ttl=_ttl(channel),
    )  # fmt: skip


def _entry(entry: Mapping[str, Any], base: str, *, atom: bool) -> Entry:
    guid = tidy(_string(entry, "id"), chars_max=GUID_CHARS_MAX)
    return Entry(
        guid=guid,
        link=_link(entry, guid, base),
        title=_text(entry, "title", TITLE_CHARS_MAX, atom=atom)
        or plain_text(_string(entry, "media_plaintitle"), chars_max=TITLE_CHARS_MAX),
        summary=_summary(entry, atom=atom),
        published=_date(entry, "published"),
        updated=_date(entry, "updated"),
        tags=tuple(_tags(entry)),
    )


def _text(of: Mapping[str, Any], key: str, chars_max: int, *, atom: bool) -> str:
    detail = of.get(f"{key}_detail")
    # Only Atom says what is plain text; RSS means either and feedparser can but guess.
    plain = atom and isinstance(detail, Mapping) and detail.get("type") == "text/plain"
    return plain_text(_string(of, key), chars_max=chars_max, is_html=not plain)


def _summary(entry: Mapping[str, Any], *, atom: bool) -> str:
    """Return the first of summary, content and media description that says something."""
    text = _text(entry, "summary", SUMMARY_CHARS_MAX, atom=atom)
    if text:
        return text
    contents = entry.get("content")
    for content in contents if isinstance(contents, list) else ():
        text = _text({"value": content.get("value"), "value_detail": content}, "value",
                     SUMMARY_CHARS_MAX, atom=atom)  # fmt: skip
        if text:
            return text
    return plain_text(_string(entry, "media_plaindescription"), chars_max=SUMMARY_CHARS_MAX)


def _link(entry: Mapping[str, Any], guid: str, base: str) -> str:
    """Return where the entry points, absolute; empty when it points nowhere a reader can go."""
    link = _string(entry, "feedburner_origlink") or _string(entry, "link")
    if link == guid and not (is_web(link) or link.startswith("/")):
        link = ""  # a guid that is no permalink, though RSS takes it for one by default
    if not link:
        others = entry.get("links")
        hrefs = (
            _string(other, "href")
            for other in (others if isinstance(others, list) else ())
            if other.get("rel") in {"alternate", "related", "via"}
        )
        link = next(filter(None, hrefs), "")
    return absolute(link, base)


def _date(entry: Mapping[str, Any], key: str) -> datetime | None:
    """Return our own reading of the text, else feedparser's, unless the date cannot be."""
    if key not in entry:
        # Asked plainly, feedparser answers `updated` with `published` and a warning.
        return None
    moment = parse_date(_string(entry, key))
    parsed = entry.get(f"{key}_parsed")
    if moment is None and parsed and YEAR_MIN <= parsed.tm_year <= YEAR_MAX:
        moment = datetime.fromtimestamp(timegm(parsed), UTC)
    return moment


def _tags(entry: Mapping[str, Any]) -> list[str]:
    tags = entry.get("tags")
    terms = [
        plain_text(_string(tag, "term") or _string(tag, "label"), chars_max=TAG_CHARS_MAX)
        for tag in (tags[:TAGS_MAX] if isinstance(tags, list) else ())
    ]
    return list(dict.fromkeys(filter(None, terms)))


def _ttl(channel: Mapping[str, Any]) -> timedelta | None:
    """Return how long the publisher says a copy is good: `ttl` in minutes, else `sy:`."""
    minutes = re.fullmatch(r"\s*(\d{1,6})\s*", _string(channel, "ttl"))
    if minutes is not None:
        span = timedelta(minutes=int(minutes[1]))
    else:
        period = _PERIODS.get(_string(channel, "sy_updateperiod").strip().lower())
        if period is None:
            return None
        times = re.fullmatch(r"\s*(\d{1,4})\s*", _string(channel, "sy_updatefrequency"))
        span = period / max(1, int(times[1]) if times is not None else 1)
    return min(span, TTL_MAX) if span else None


def _string(of: Mapping[str, Any], key: str) -> str:
    value = of.get(key)
    return value if isinstance(value, str) else ""
