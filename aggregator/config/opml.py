"""Feeds in OPML, as other feed readers write and read it, in and out.

What OPML has no word for (kind, court, id) travels in attributes of our own, `casewire:kind` and so
on, so that what was exported comes back the same; other readers pass them over.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

import yaml

from aggregator.config.feeds import TRUST_BY_KIND, same_url
from aggregator.config.fields import as_slug, as_url, is_slug
from aggregator.errors import InputError
from aggregator.feeds import charset, guard, xmlprep
from aggregator.feeds.clean import plain_text
from aggregator.model import Feed, FeedFormat, FeedKind

BYTES_MAX = 10 * 2**20
FEEDS_MAX = 20_000
NAME_CHARS_MAX = 100
LINE_CHARS_MAX = 400
NAMESPACE = "urn:casewire:opml"
_OURS = "casewire:"
_FEED_TYPES = frozenset({"rss", "atom"})
_ADDRESS = re.compile(r"[\d.]+|[\da-f:.]*:[\da-f:.]*")
_COURT_HOST = re.compile(r"(?:^|\.)([a-z0-9]+)\.uscourts\.gov$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """The feeds of an OPML file as entries of `feeds.yaml`, and a line for each left out."""

    entries: tuple[dict[str, Any], ...]
    left_out: tuple[str, ...] = ()

    def as_yaml(self) -> str:
        """Return a `feeds.yaml` of them."""
        entries = {"feeds": list(self.entries)}
        return yaml.safe_dump(entries, sort_keys=False, allow_unicode=True, width=10_000)


def read_opml(data: bytes, known: Sequence[Feed] = ()) -> Imported:
    """Return the feeds of an OPML document, without those whose address is `known`.

    Raises InputError for what is no OPML.
    """
    if len(data) > BYTES_MAX:
        raise InputError(f"the file is larger than {BYTES_MAX} bytes: split it")
    entries: list[dict[str, Any]] = []
    left_out: list[str] = []
    over = 0
    urls = {same_url(feed.url) for feed in known}
    ids = {feed.id for feed in known}
    for outline in _outlines(data):
        entry = _entry(outline, ids)
        if isinstance(entry, str):
            left_out.append(" ".join(plain_text(entry, chars_max=LINE_CHARS_MAX).split()))
        elif same_url(entry["url"]) in urls:
            left_out.append(f"{entry['url']}: is read already, or stands there twice")
        elif len(entries) == FEEDS_MAX:
            over += 1
        else:
            entries.append(entry)
            urls.add(same_url(entry["url"]))
            ids.add(entry["id"])
    if over:
        left_out.append(f"{over} more feeds: a file may name {FEEDS_MAX}; split it")
    return Imported(entries=tuple(entries), left_out=tuple(left_out))


def write_opml(feeds: Iterable[Feed]) -> str:
    """Return an OPML 2.0 document of `feeds`, grouped by kind."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<opml version="2.0" xmlns:casewire="{NAMESPACE}">',
        "  <head><title>Casewire</title></head>",
        "  <body>",
    ]
    every = tuple(feeds)
    for kind in FeedKind:
        of_kind = [feed for feed in every if feed.kind is kind]
        if of_kind:
            lines.append(f'    <outline text="{kind}">')
            lines += [f"      <outline {_attributes(feed)}/>" for feed in of_kind]
            lines.append("    </outline>")
    return "\n".join([*lines, "  </body>", "</opml>", ""])


def _attributes(feed: Feed) -> str:
    own: dict[str, str] = {"id": feed.id, "kind": feed.kind, "court": feed.court or ""}
    if feed.trust is not TRUST_BY_KIND[feed.kind]:
        own["trust"] = feed.trust
    if feed.language != "en":
        own["language"] = feed.language
    if feed.every is not None:
        own["every"] = f"{feed.every.total_seconds():.0f}s"
    if feed.format is not FeedFormat.FEED:
        own["format"] = feed.format
    own["jurisdiction"] = feed.jurisdiction
    own["fallback_urls"] = " ".join(feed.fallback_urls)
    own["dedup_key"] = " ".join(feed.dedup_key)
    if not feed.enabled:
        own["enabled"] = "false"
    shown = {"type": "rss", "text": feed.name, "title": feed.name, "xmlUrl": feed.url}
    shown |= {f"{_OURS}{key}": value for key, value in own.items() if value}
    return " ".join(f"{key}={quoteattr(value)}" for key, value in shown.items())


def _outlines(data: bytes) -> list[dict[str, str]]:
    """Return the attributes of every outline that names a feed, with its group's name."""
    found: list[dict[str, str]] = []
    groups: list[str] = []
    roots: list[str] = []

    def start(name: str, attributes: Mapping[str, str]) -> None:
        if not roots:
            roots.append(name)
        if name.lower() != "outline":
            return
        lower = {key.lower(): value for key, value in attributes.items()}
        # A group has none; what names a page or a type was meant to be a feed.
        if "xmlurl" in lower or "htmlurl" in lower or lower.get("type") in _FEED_TYPES:
            found.append({"group": groups[-1] if groups else "", **lower})
        groups.append(lower.get("text", ""))

    def end(name: str) -> None:
        if name.lower() == "outline":
            groups.pop()

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    try:
        # Feed readers write bare ampersands and HTML's entities, which XML does not know; a
        # document type, and with it every entity of the file's own, is dropped.
        parser.Parse(xmlprep.mend(charset.decode(data, content_type="")), True)  # noqa: FBT003 -- expat takes it by place alone
    except expat.ExpatError as error:
        raise InputError(f"the file is no OPML: {error}") from None
    if not roots or roots[0].lower() != "opml":
        raise InputError(f"the file is no OPML: it is a document of <{roots[0] if roots else ''}>")
    return found


def _entry(outline: Mapping[str, str], ids: set[str]) -> dict[str, Any] | str:
    """Return an entry of `feeds.yaml`, or why there is none."""
    written = outline.get("xmlurl", "").strip()
    if not written:
        name = outline.get("title") or outline.get("text") or outline.get("htmlurl", "")
        return f"{name[:200]}: names no feed (it has no xmlUrl)"
    try:
        url = as_url(written)
    except ValueError as error:
        return f"{written[:200]}: {error}"
    why = _refused(url)
    if why is not None:
        return f"{url}: {why}"
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    name = plain_text(outline.get("title") or outline.get("text") or host, chars_max=NAME_CHARS_MAX)
    own = {key.removeprefix(_OURS): each for key, each in outline.items() if key.startswith(_OURS)}
    kind, court = _kind(outline, own, host)
    entry: dict[str, Any] = {"id": _id(own.get("id") or name or host, ids), "url": url}
    entry |= {"kind": str(kind), "name": name or host}
    if kind is FeedKind.COURT:
        entry["court"] = court
    for key in ("trust", "language", "every", "format", "jurisdiction"):
        if own.get(key):
            entry[key] = own[key]
    for key in ("fallback_urls", "dedup_key"):
        if own.get(key):
            entry[key] = own[key].split()
    if own.get("enabled") == "false":
        entry["enabled"] = False
    return entry


def _refused(url: str) -> str | None:
    """Say why nobody else's file may have us ask `url`, as far as that shows without asking."""
    to = guard.destination(url, credentials=True)
    if isinstance(to, str):
        return to
    host = "127.0.0.1" if to.host == "localhost" or to.host.endswith(".localhost") else to.host
    why = guard.refusal([host], allow_private=False) if _ADDRESS.fullmatch(host) else None
    if why is None or guard.refusal([host], allow_private=True) is not None:
        return why
    return f"{why}; for a server of your own write the feed yourself, with `allow_private: true`"


def _kind(outline: Mapping[str, str], own: Mapping[str, str], host: str) -> tuple[FeedKind, str]:
    """Return the kind that is said, or that the group or the host shows; and the court."""
    shown = _COURT_HOST.search(host)
    court = own.get("court") or (shown[1] if shown else "")
    said = (
        own.get("kind"),
        outline["group"].strip().lower(),
        outline.get("category", "").strip("/"),
    )
    kinds = {str(kind): kind for kind in FeedKind}
    kind = next((kinds[one] for one in said if one in kinds), None)
    if court and is_slug(court) and kind in {None, FeedKind.COURT}:
        return FeedKind.COURT, court
    # A court's feed without its court cannot be read as one.
    return (FeedKind.NEWS if kind in {None, FeedKind.COURT} else kind), ""


def _id(name: str, ids: set[str]) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    wanted = name if is_slug(name) else re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    base = wanted[:40].strip("-") or "feed"
    found, number = base, 2
    while found in ids:
        found, number = f"{base}-{number}", number + 1
    return as_slug(found)
