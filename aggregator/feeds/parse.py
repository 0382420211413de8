"""A feed's bytes become entries: plain text, absolute links, real dates; pure.

feedparser reads RSS 0.9x to 2.0, RDF and Atom; `jsonfeed` the JSON ones.  `quick` goes first and
reads what is plain and well formed, with the same outcome.  feedparser gets bytes only (a name would be opened as a file or fetched), already decoded, checked and mended.  Its
sanitiser stays off: it triples the time, and no markup leaves this module anyway.
"""

from __future__ import annotations

import io
import re
from calendar import timegm
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import feedparser

from aggregator.feeds import charset, jsonfeed, quick, xmlprep
from aggregator.feeds.clean import plain_text, tidy
from aggregator.feeds.dates import YEAR_MAX, YEAR_MIN, parse_date
from aggregator.feeds.known import KnownEntries
from aggregator.feeds.limits import (
    ENTRIES_MAX,
    GUID_CHARS_MAX,
    SUMMARY_CHARS_MAX,
    TAG_CHARS_MAX,
    TAGS_MAX,
    TITLE_CHARS_MAX,
)
from aggregator.feeds.links import absolute, is_web
from aggregator.feeds.sources import READERS
from aggregator.model import Entry, FeedFormat, Parsed, ParseFailed, ParseOutcome

TTL_MAX = timedelta(days=7)
_HOURS = {f"{hour:0{width}}": hour % 24 for hour in range(25) for width in (1, 2)}
_DAYS = {
    name: number
    for number, name in enumerate(
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    )
}
_DATES = ("published", "updated")
_TITLES = ("dc_plaintitle", "media_plaintitle", "itunes_plaintitle")
_DESCRIPTIONS = (
    "dc_plaindescription",
    "itunes_plainsummary",
    "itunes_plainsubtitle",
    "googleplay_plaindescription",
    "media_plaindescription",
)

_BINARY = {b"%PDF": "a PDF", b"PK\x03\x04": "a ZIP archive", b"\x89PNG": "an image"}
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}


def parse(
    body: bytes,
    *,
    content_type: str,
    base_url: str,
    format: FeedFormat | str = FeedFormat.FEED,  # noqa: A002 - the key of `feeds.yaml`
    entries_max: int = ENTRIES_MAX,
    known: KnownEntries | None = None,
) -> ParseOutcome:
    """Return the entries in document order, or what the bytes are instead of a feed.

    `content_type` is the header's value, `base_url` where the body came from; either may be
    empty.  A valid feed without entries is `Parsed`.  `format` says whose API answered, if any.
    `known` remembers entries from call to call and changes nothing but the time it takes.
    """
    if not body.strip():
        return ParseFailed(detail="the answer is empty")
    for magic, what in _BINARY.items():
        if body.startswith(magic):
            return ParseFailed(detail=f"this is {what}, not a feed")
    text = charset.decode(xmlprep.skip_rest(body), content_type=content_type)
    reader = READERS.get(FeedFormat(format))
    if reader is not None:
        return reader(text, entries_max=entries_max)
    if text.lstrip("\ufeff \t\r\n")[:1] in {"{", "["}:
        return jsonfeed.parse(text, base_url=base_url, entries_max=entries_max)
    return _document(xmlprep.skip_junk(xmlprep.shorten(text)), base_url, entries_max, known)


def _document(
    text: str, base_url: str, entries_max: int, known: KnownEntries | None
) -> ParseOutcome:
    why = xmlprep.not_a_feed(text)
    if why is not None:
        return ParseFailed(detail=why)
    if xmlprep.cut_short(text):
        return ParseFailed(detail="the feed breaks off: its outermost element is never closed")

    def read(part: str) -> tuple[ParseOutcome, bool]:
        found = _quickly(part, base_url, entries_max)
        if found is not None:
            return found, True
        why = xmlprep.attack(part, entries_max=entries_max)
        if why is not None:
            return ParseFailed(detail=f"refused: {why}"), False
        return _read(xmlprep.mend(part), base_url)

    return read(text)[0] if known is None else known.read(text, base_url, read)


def _read(document: bytes, base_url: str) -> tuple[ParseOutcome, bool]:
    """Return what `document` holds, and whether it was well formed."""
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
        return ParseFailed(detail=f"the parser gave up ({type(error).__name__})"), False
    if not feed.entries and re.search(rb"<(?:\w+:)?(?:item|entry)[\s>]", document):
        return ParseFailed(detail="the feed has entries, but none could be read"), False
    channel = feed.feed
    base = base_url or absolute(_string(channel, "link"), "")
    parsed = _parsed(channel, feed.entries, base, atom=feed.version.startswith("atom"))
    hours, days = _skipped(document, b"hour", _HOURS), _skipped(document, b"day", _DAYS)
    return replace(parsed, skip_hours=hours, skip_days=days), not feed.bozo


def _quickly(text: str, base_url: str, entries_max: int) -> Parsed | None:
    """Return what `_read` would, without feedparser; None where that is not certain."""
    found = quick.read(text, entries_max=entries_max) if base_url else None
    if found is None:
        return None
    parsed = _parsed(found.channel, found.entries, base_url, atom=found.atom)
    for raw, entry in zip(found.entries, parsed.entries, strict=True):
        # feedparser may know the date after all, and the words that stand in.
        unread = any(raw.get(key) and getattr(entry, key) is None for key in _DATES)
        if unread or ("instead" in raw and not (entry.title and entry.summary)):
            return None
    return parsed


def _parsed(
    channel: Mapping[str, Any], entries: Sequence[Mapping[str, Any]], base: str, *, atom: bool
) -> Parsed:
    return Parsed(
        entries=tuple(_entry(entry, base, atom=atom) for entry in entries),
        title=_text(channel, "title", TITLE_CHARS_MAX, atom=atom),
        ttl=_ttl(channel),
    )


def _entry(entry: Mapping[str, Any], base: str, *, atom: bool) -> Entry:
    guid = tidy(_string(entry, "id"), chars_max=GUID_CHARS_MAX)
    return Entry(
        guid=guid,
        link=_link(entry, guid, base),
        title=_text(entry, "title", TITLE_CHARS_MAX, atom=atom)
        or _aside(entry, _TITLES, chars_max=TITLE_CHARS_MAX),
        summary=_summary(entry, atom=atom),
        published=_published(entry, atom=atom),
        updated=_date(entry, "updated"),
        tags=tuple(_tags(entry)),
    )


def _text(of: Mapping[str, Any], key: str, chars_max: int, *, atom: bool) -> str:
    detail = of.get(f"{key}_detail")
    # Only Atom says what is plain text; RSS means either and feedparser can but guess.
    plain = atom and isinstance(detail, Mapping) and detail.get("type") == "text/plain"
    return plain_text(_string(of, key), chars_max=chars_max, is_html=not plain)


def _summary(entry: Mapping[str, Any], *, atom: bool) -> str:
    """Return the first of summary, content and the modules' words that says something."""
    text = _text(entry, "summary", SUMMARY_CHARS_MAX, atom=atom)
    if text:
        return text
    contents = entry.get("content")
    for content in contents if isinstance(contents, list) else ():
        text = _text({"value": content.get("value"), "value_detail": content}, "value",
                     SUMMARY_CHARS_MAX, atom=atom)  # fmt: skip
        if text:
            return text
    return _aside(entry, _DESCRIPTIONS, chars_max=SUMMARY_CHARS_MAX)


def _aside(entry: Mapping[str, Any], keys: tuple[str, ...], *, chars_max: int) -> str:
    """Return the first of `keys` that says something: what `xmlprep` laid aside."""
    texts = (plain_text(_string(entry, key), chars_max=chars_max) for key in keys)
    return next(filter(None, texts), "")


def _link(entry: Mapping[str, Any], guid: str, base: str) -> str:
    """Return where the entry points, absolute; empty when it points nowhere a reader can go."""
    link = _string(entry, "link") or _string(entry, "feedburner_origlink")
    if link == guid and not (is_web(link) or link.startswith("/")):
        link = ""  # a guid that is no permalink, though RSS takes it for one by default
    if not link:
        others = entry.get("links")
        hrefs = (
            _string(other, "href")
            for other in (others if isinstance(others, list) else ())
            if other.get("rel") in {"alternate", "related", "via"}
        )
        link = next(filter(None, hrefs), "") or _player(entry)
    return absolute(link, base)


def _player(entry: Mapping[str, Any]) -> str:
    """Return the page that plays what the entry is about."""
    player = entry.get("media_player")
    return _string(player, "url") if isinstance(player, Mapping) else ""


def _published(entry: Mapping[str, Any], *, atom: bool) -> datetime | None:
    """Return when the entry came out; feedparser files Dublin Core's only date as an update."""
    found = _date(entry, "published") or _date(entry, "created")
    return found if found is not None or atom else _date(entry, "updated")


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


def _skipped(document: bytes, what: bytes, known: Mapping[str, int]) -> frozenset[int]:
    """Return what `skipHours` or `skipDays` of the channel name; feedparser keeps only the last."""
    found = re.search(
        rb"<skip" + what + rb"s\b[^>]*>(.{1,2000}?)</skip" + what + rb"s>",
        document,
        re.IGNORECASE | re.DOTALL,
    )
    if found is None:
        return frozenset()
    texts = re.findall(rb"<" + what + rb"\b[^>]*>\s*(\w{1,9})\s*<", found[1], re.IGNORECASE)
    names = (text.decode("utf-8").lower() for text in texts if text.isascii())
    return frozenset(known[name] for name in names if name in known)


def _string(of: Mapping[str, Any], key: str) -> str:
    value = of.get(key)
    return value if isinstance(value, str) else ""
