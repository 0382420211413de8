"""The plain shape of RSS 2.0 and Atom, read in a tenth of feedparser's time; pure.

What comes out is what feedparser would hand over of the same document, as far as `parse` looks at
it.  That is known only for elements and attributes listed here, each in its usual place and
number; anything else, and anything that could cost much (a DOCTYPE, deep nesting), is declined,
and feedparser reads the document as if nothing had happened.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

from aggregator.feeds.limits import TAGS_MAX

CHARS_MAX = 2**22
"""Of what is longer a second reading would take too much memory, and hardly any feed is."""
_ATTRIBUTES_MAX = 64
_BUFFER_BYTES = 2**16
"""Text up to so much comes in one piece."""

_ATOM = "http://www.w3.org/2005/Atom"
_SPACES = {
    "xmlns:atom": _ATOM,
    "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
    "xmlns:dc": "http://purl.org/dc/elements/1.1/",
    "xmlns:feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "xmlns:itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "xmlns:media": "http://search.yahoo.com/mrss/",
    "xmlns:slash": "http://purl.org/rss/1.0/modules/slash/",
    "xmlns:sy": "http://purl.org/rss/1.0/modules/syndication/",
    "xmlns:thr": "http://purl.org/syndication/thread/1.0",
    "xmlns:wfw": "http://wellformedweb.org/CommentAPI/",
}
"""Prefixes mean something only where they stand for these."""

_LANG = frozenset({"xml:lang"})
_NONE: frozenset[str] = frozenset()
_RSS_TEXTS = {
    "title": ("title", _NONE),
    "link": ("link", _NONE),
    "guid": ("id", frozenset({"isPermaLink"})),
    "description": ("summary", _NONE),
    "content:encoded": ("content", _NONE),
    "pubDate": ("published", _NONE),
    "dc:date": ("updated", _NONE),
    "atom:updated": ("updated", _NONE),
    "category": ("tags", frozenset({"domain"})),
    "dc:subject": ("tags", _NONE),
    "feedburner:origLink": ("feedburner_origlink", _NONE),
}
"""Of an item: the key that feedparser files the text under, and the attributes it may have."""
_ATOM_TEXTS = {
    "title": ("title", frozenset({"type"})),
    "id": ("id", _NONE),
    "summary": ("summary", frozenset({"type"})),
    "content": ("content", frozenset({"type"})),
    "published": ("published", _NONE),
    "updated": ("updated", _NONE),
    "category": ("tags", frozenset({"term", "scheme", "label"})),
    "link": ("", frozenset({"rel", "type", "href", "hreflang", "title", "length"})),
    "feedburner:origLink": ("feedburner_origlink", _NONE),
}
_MEDIA = frozenset({"media:title", "media:description", "media:thumbnail", "media:credit",
                    "media:content", "media:copyright"})  # fmt: skip
_PERSON = frozenset({"name", "uri", "email"})
_RSS_ASIDES: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("author", "comments", "source", "enclosure", "dc:creator", "slash:comments",
                     "slash:section", "wfw:commentRss", "wfw:comment", "media:thumbnail",
                     "media:credit", "media:copyright", "media:title", "media:description",
                     "post-id"), _NONE),
    "media:content": _MEDIA,
    "media:group": _MEDIA,
}  # fmt: skip
"""What says nothing that is kept, and what may stand in it."""
_ATOM_ASIDES: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("rights", "thr:total", "media:thumbnail", "media:title",
                     "media:description"), _NONE),
    "author": _PERSON,
    "contributor": _PERSON,
}  # fmt: skip
_INSTEAD = frozenset({"media:title", "media:description"})
"""What stands in for a title or a text that is missing."""
_RSS_CHANNEL: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("title", "ttl", "sy:updatePeriod", "sy:updateFrequency", "sy:updateBase",
                     "link", "description", "language", "copyright", "managingEditor",
                     "webMaster", "pubDate", "lastBuildDate", "category", "generator", "docs",
                     "cloud", "rating", "atom:link", "dc:language", "dc:rights", "dc:creator",
                     "dc:date", "dc:publisher", "feedburner:info", "itunes:summary",
                     "itunes:author", "itunes:image", "itunes:explicit", "itunes:type"), _NONE),
    "image": frozenset({"title", "url", "link", "width", "height", "description"}),
}  # fmt: skip
_ATOM_CHANNEL: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("title", "subtitle", "id", "updated", "link", "rights", "generator", "icon",
                     "logo", "category"), _NONE),
    "author": _PERSON,
    "contributor": _PERSON,
}  # fmt: skip
_CHANNEL_KEYS = {
    "title": "title",
    "ttl": "ttl",
    "sy:updatePeriod": "sy_updateperiod",
    "sy:updateFrequency": "sy_updatefrequency",
}
_TYPES = {
    "": "text/plain", "text": "text/plain", "html": "text/html",
    "text/plain": "text/plain", "text/html": "text/html",
}  # fmt: skip

_C1 = re.compile("[\x80-\x9f]")
# Namespaces that make feedparser take the document for an RSS 1.0 or 0.90 one.
_OTHER_FORMATS = re.compile(
    r"http://purl\.org/rss/1\.0/|http://my\.netscape\.com/.*|.*backend\.userland\.com/rss.*",
    re.IGNORECASE | re.DOTALL,
)
_MANY_SLASHES = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:///")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """A feed as feedparser's dictionaries would hold it, with the keys that `parse` asks for."""

    channel: Mapping[str, Any]
    entries: tuple[Mapping[str, Any], ...]
    """`instead` is true in one for which a module's title or text stands ready."""
    atom: bool


class _UnusualError(Exception):
    """The document is for feedparser."""


def read(text: str, *, entries_max: int) -> Plain | None:
    """Return what feedparser would make of `text`, or None where that is not certain."""
    if len(text) > CHARS_MAX:
        return None
    reader = _Reader(entries_max)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = _BUFFER_BYTES
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.data
    parser.StartDoctypeDeclHandler = reader.unusual
    parser.CommentHandler = reader.comment
    parser.ProcessingInstructionHandler = reader.comment
    try:
        parser.Parse(text, True)  # noqa: FBT003 - it takes no keywords
    except (_UnusualError, expat.ExpatError, UnicodeError):
        return None
    return Plain(channel=reader.channel, entries=tuple(reader.entries), atom=reader.atom)


class _Reader:
    """What expat reports, sorted into dictionaries."""

    def __init__(self, entries_max: int) -> None:
        self.atom = False
        self.channel: dict[str, Any] = {}
        self.entries: list[Mapping[str, Any]] = []
        self._entries_max = entries_max
        self._depth = 0
        self._level = 0
        """How deep the entries stand."""
        self._spaces: frozenset[str] = _NONE
        self._entry: dict[str, Any] | None = None
        self._key = ""
        """What the text at hand is filed under."""
        self._type = ""
        self._inner: frozenset[str] | None = None
        """What may stand in the element at hand; none is at hand if this is None."""
        self._pieces: list[str] | None = None

    def unusual(self, *_: object) -> None:
        raise _UnusualError

    def comment(self, *_: object) -> None:
        if self._pieces is not None:
            raise _UnusualError

    def data(self, text: str) -> None:
        if self._pieces is not None:
            self._pieces.append(text)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if len(attributes) > _ATTRIBUTES_MAX:
            raise _UnusualError
        if self._inner is not None:
            self._within(name, attributes)
        elif self._entry is not None:
            self._field(self._entry, name, attributes)
        elif self._depth < self._level or not self._level:
            self._root(name, attributes)
        elif name == ("entry" if self.atom else "item"):
            if not attributes.keys() <= _LANG or len(self.entries) >= self._entries_max:
                raise _UnusualError
            self._entry = {}
        else:
            self._of_channel(name, attributes)

    def end(self, _name: str) -> None:
        self._depth -= 1
        if self._inner is not None:
            if self._depth == self._level - (self._entry is None):
                self._close()
        elif self._entry is not None:
            self._finish(self._entry)
            self._entry = None

    def _root(self, name: str, attributes: dict[str, str]) -> None:
        if self._depth == 2:
            if name != "channel" or attributes or self.channel or self.entries:
                raise _UnusualError
            return
        self.atom = name == "feed"
        self._level = 2 if self.atom else 3
        if name not in {"feed", "rss"} or (self.atom and attributes.get("xmlns") != _ATOM):
            raise _UnusualError
        for key, value in attributes.items():
            if key.startswith("xmlns:"):
                foreign = _SPACES.get(key, value) != value or _OTHER_FORMATS.fullmatch(value)
                if foreign or not value or key in {"xmlns:xml", "xmlns:xmlns"}:
                    raise _UnusualError
            elif key not in {"version", "xml:lang"} and not (key == "xmlns" and self.atom):
                raise _UnusualError
        if self.atom and "version" in attributes:
            raise _UnusualError
        self._spaces = frozenset(key[6:] for key in attributes if key.startswith("xmlns:"))

    def _of_channel(self, name: str, attributes: dict[str, str]) -> None:
        inner = (_ATOM_CHANNEL if self.atom else _RSS_CHANNEL).get(name)
        if self._depth != self._level or inner is None:
            raise _UnusualError
        self._known(name, attributes)
        key = _CHANNEL_KEYS.get(name, "")
        self._inner, self._key = inner, key
        if key:
            self._type = self._type_of(attributes)
            allowed = _LANG | {"type"} if self.atom else _LANG
            if key in self.channel or not attributes.keys() <= allowed:
                raise _UnusualError
            self._pieces = []

    def _field(self, entry: dict[str, Any], name: str, attributes: dict[str, str]) -> None:
        self._known(name, attributes)
        found = (_ATOM_TEXTS if self.atom else _RSS_TEXTS).get(name)
        if found is None:
            self._inner = (_ATOM_ASIDES if self.atom else _RSS_ASIDES).get(name)
            self._key = ""
            if self._inner is None:
                raise _UnusualError
            if name in _INSTEAD:
                entry["instead"] = True
            return
        self._key, allowed = found
        self._inner = _NONE
        if not attributes.keys() <= (allowed | _LANG):
            raise _UnusualError
        match self._key:
            case "":
                _link(entry, attributes)
                return
            case "tags":
                scheme = attributes.get("scheme", attributes.get("domain"))
                _tag(entry, attributes.get("term"), scheme, attributes.get("label"))
            case "id":
                permanent = attributes.get("isPermaLink", "true")
                entry["names_page"] = permanent == "true"
            case key if key in entry:
                raise _UnusualError
        if self._key == "id" and "id" in entry:
            raise _UnusualError
        self._type = self._type_of(attributes)
        self._pieces = []

    def _within(self, name: str, attributes: dict[str, str]) -> None:
        if name not in (self._inner or ()):
            raise _UnusualError
        self._known(name, attributes)
        if name in _INSTEAD and self._entry is not None:
            self._entry["instead"] = True

    def _known(self, name: str, attributes: dict[str, str]) -> None:
        """Refuse prefixes that stand for nothing, and what changes the meaning of the rest."""
        prefix, colon, _ = name.partition(":")
        if colon and prefix not in self._spaces:
            raise _UnusualError
        for key in attributes:
            before, colon, _ = key.partition(":")
            if key in {"base", "xml:base", "mode"} or (key == "xmlns" and name != "post-id"):
                raise _UnusualError
            if colon and before not in self._spaces and key != "xml:lang":
                raise _UnusualError

    def _type_of(self, attributes: dict[str, str]) -> str:
        if not self.atom:
            return ""
        found = _TYPES.get(attributes.get("type", "").lower())
        if found is None:
            raise _UnusualError
        return found

    def _close(self) -> None:
        """File the text that ends here."""
        pieces, key, entry = self._pieces, self._key, self._entry
        self._inner = self._pieces = None
        if pieces is None:
            return
        raw = "".join(pieces)
        value = raw.strip()
        if not value.isascii():
            _sound(value)
        if raw and not value and self.atom and key in {"summary", "content"}:
            raise _UnusualError  # whether `xmlprep` drops it depends on how the blanks are written
        if entry is None:
            self.channel[key] = value
            self.channel[f"{key}_detail"] = {"type": self._type}
        elif key == "tags":
            tags = entry["tags"]
            if value and tags and not tags[-1]["term"]:
                tags[-1]["term"] = value
            elif value:
                _tag(entry, value, None, None)
        elif key == "content":
            entry["content"] = [{"type": self._type, "value": value}] if value else []
        elif value or key not in {"summary", "title"}:
            entry[key] = value
            entry[f"{key}_detail"] = {"type": self._type}

    def _finish(self, entry: dict[str, Any]) -> None:
        """Say what feedparser concludes at the end of an entry."""
        contents = entry.get("content")
        if contents and "summary" not in entry:
            entry["summary"] = contents[0]["value"]
        if not entry.get("link", "" if self.atom else "none"):
            raise _UnusualError  # what else it links to, or what came first, decides
        if "link" not in entry and entry.get("names_page"):
            entry["link"] = entry.get("id", "")
        for address in (entry.get("link", ""), entry.get("id", "")):
            if ("&" in address and ";" in address) or _MANY_SLASHES.match(address):
                raise _UnusualError  # feedparser mends it
        self.entries.append(entry)


def _link(entry: dict[str, Any], attributes: dict[str, str]) -> None:
    if not attributes.get("href"):
        raise _UnusualError
    kind = attributes.get("type", "text/html").lower()
    if attributes.get("rel", "alternate").lower() != "alternate":
        return
    if kind not in {"text/html", "html"}:
        raise _UnusualError
    entry["link"] = attributes["href"]


def _tag(entry: dict[str, Any], term: str | None, scheme: str | None, label: str | None) -> None:
    tags = entry.setdefault("tags", [])
    if not (term or scheme or label):
        return
    if len(tags) >= TAGS_MAX:
        raise _UnusualError
    value = {"term": term, "scheme": scheme, "label": label}
    if value not in tags:
        tags.append(value)


def _sound(value: str) -> None:
    """Refuse text that feedparser would take for another charset's."""
    if _C1.search(value):
        raise _UnusualError
    try:
        value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return
    raise _UnusualError
