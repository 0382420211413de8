"""Look at a document before a parser does: is it a feed, is it an attack, can it be mended; pure.

feedparser is lenient but slow on hostile shapes: many attributes on one tag cost quadratic time
(209 kB take 8 s), and so do deep nesting and a long author address.  Those are refused or defused
here in one linear pass.  What is merely sloppy (bare ampersands, HTML's entities, control
characters) is mended, so that the strict parser can be used and neighbours of a fault survive.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from html.entities import html5
from xml.sax.saxutils import escape

from aggregator.feeds.clean import plain_text
from aggregator.feeds.limits import MARKUP_CHARS_MAX

ATTRIBUTES_MAX = 256
ATTRIBUTE_PAIRS_MAX = 20_000_000
"""feedparser's time goes with the square of a tag's attributes; of all tags, this takes 1 s."""
DEPTH_MAX = 10_000
ENTITIES_MAX = 300
"""HTML's own set is 253."""
ENTITY_CHARS_MAX = 1000
EXPANDED_CHARS_MAX = 2**20
"""How much the document's own entities may add in all."""
_SUBSET_CHARS_MAX = 2**18
"""Where a document's own declarations are looked for."""
_REST_BYTES_MAX = 2**16
_JUNK_CHARS_MAX = 8192
"""How much may stand before a feed begins: a web server's warning, say."""

_FEED_ROOTS = frozenset({"rss", "rdf", "feed", "channel", "entry"})
_ROOT = re.compile(
    r"(?>\ufeff|\s|<\?.*?\?>|<!--.*?-->|<!doctype(?>[^<>\[]|\[[^\]]*\])*>)*+"
    r"<(?P<name>(?:[\w.-]+:)?(?P<local>[A-Za-z][\w.-]*))(?=[\s/>])",
    re.IGNORECASE | re.DOTALL,
)
_START = re.compile(r"<\?xml\s|<(?:rss|(?:rdf:)?rdf|(?:atom:)?feed)(?=[\s>])", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([A-Za-z_][^\s/><]*)([^<]*)")
_ATTRIBUTE = re.compile(r"\s*[^\s\"'<>/=]+(?:\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'|[^\s\"'<>]*))?")
_CDATA = re.compile(r"(<!\[CDATA\[.*?(?:\]\]>|\Z))", re.DOTALL)
_ENTITY = re.compile(r"<!ENTITY\s+(?:%\s+)?[^\s>]+\s+(?:\"([^\"]*)|'([^']*)|\w)")
_OWN_ENTITY = re.compile(r"<!ENTITY\s+([A-Za-z][\w.-]{0,63})\s+(?:\"([^\"]*)\"|'([^']*)')\s*>")
# Of a text only the beginning is ever read (`MARKUP_CHARS_MAX`), and a character may be escaped to
# as many as eight; cut here, it costs no parser anything.
_LONG = re.compile(rf"(?:\A|(?<=[<>\[\]]))([^<>\[\]]{{{8 * MARKUP_CHARS_MAX}}}+)[^<>\[\]]++")
_SHORT_CHARS_MAX = 10**6
"""What is no longer than this costs less to parse than to shorten."""
_DOCTYPE = re.compile(r"<!doctype(?>[^<>\[]|\[[^\]]*\])*>", re.IGNORECASE)
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ILLEGAL_REFERENCE = re.compile(
    r"&#(?:x0*(?:[0-8bcef]|1[0-9a-f]|d[89a-f][0-9a-f]{2}|fff[ef])|0*(?:[0-8]|1[124-9]|2\d|3[01]));",
    re.IGNORECASE,
)
_AMPERSAND = re.compile(
    r"&(?:#(?:\d{1,7}|[xX][0-9a-fA-F]{1,6});|([A-Za-z][A-Za-z0-9]{1,31}|[A-Za-z][\w.-]{0,63});)?"
)
_XML_OWN = frozenset({"amp", "lt", "gt", "quot", "apos"})
# feedparser lets an empty element overwrite the filled `description` before it.
_EMPTY = re.compile(
    r"<((?:[\w.-]+:)?(?:encoded|description|summary|subtitle|abstract|content))(?:\s[^<>]*)?"
    r"(?:/>|(?<!/)>(?:\s|<!\[CDATA\[\s*\]\]>)*</\1\s*>)",
    re.IGNORECASE,
)
# Renamed, so that feedparser keeps them apart: what modules say beside the entry's own words, which
# it would put in their place (without attributes: it keeps either those or the text), and authors,
# whose addresses it searches in quadratic time and we never show.
_ASIDE = re.compile(
    r"(</?(?:media|itunes|dc|googleplay):)(title|description|text|summary|subtitle)"
    r"(?:\s[^<>]*?)?(?=/?>)",
    re.IGNORECASE,
)
_AUTHOR = re.compile(
    r"(</?(?:[\w.-]+:)?)"
    r"(?=(?:author|creator|managingeditor|webmaster|contributor|publisher|owner|name|email)[\s/>])",
    re.IGNORECASE,
)
# On a text it is for links in its markup, which nobody follows; feedparser lets it out to the ids
# and links that come after.
_BASE_OF_TEXT = re.compile(
    r"(<(?:[\w.-]+:)?(?:content|summary|title|subtitle|tagline|rights|copyright|info|description|"
    r"encoded|div)\s(?:[^<>]*?\s)?)xml:base\s*=\s*(?:\"[^\"<]*\"|'[^'<]*')",
    re.IGNORECASE,
)
# Of these feedparser loses the text when it holds elements: markup that was not escaped.
_NAKED = re.compile(
    r"<(?P<name>guid|category)(?P<rest>\s[^<>]*)?(?<!/)>"
    r"(?P<text>(?:[^<]|<(?!!|/?(?P=name)[\s>]))*+)</(?P=name)\s*>",
    re.IGNORECASE,
)
_PROLOG = re.compile(r"<\?xml\b[^>]*?\?>", re.IGNORECASE)


def not_a_feed(text: str) -> str | None:
    """Say in one line what `text` is when it is no XML feed; None when it may be one."""
    found = _ROOT.match(text)
    if found is None:
        return f"this is neither XML nor JSON, it begins “{_excerpt(text)}”"
    local = found["local"].lower()
    if local in _FEED_ROOTS:
        return None
    if local in {"html", "head", "body", "script", "meta", "title", "div"}:
        title = re.search(r"<title[^>]*>([^<]{0,300})", text[:65536], re.IGNORECASE)
        shown = plain_text(title[1], chars_max=100) if title is not None else ""
        return f"this is an HTML page{f' titled “{shown}”' if shown else ''}, not a feed"
    return f"this is an XML document of <{found['name'][:40]}>, not a feed"


def shorten(text: str) -> str:
    """Return `text` without what of any one text in it is never read."""
    return _LONG.sub(r"\1", text) if len(text) > _SHORT_CHARS_MAX else text


def skip_junk(text: str) -> str:
    """Drop what stands before a feed that begins a little later: white space, a warning."""
    start = _START.search(text, 0, _JUNK_CHARS_MAX)
    if start is None or re.match(r"\s*(?:<!doctype html|<html)", text, re.IGNORECASE):
        return text
    root = _ROOT.match(text)
    if root is not None and root.end() > start.start():
        return text.lstrip("\ufeff \t\r\n")
    return text[start.start() :]


def skip_rest(body: bytes) -> bytes:
    """Drop what stands behind the last tag of an XML document, where that is much.

    Undecoded, because megabytes of garbage decode to many more.
    """
    if not body[:64].lstrip().startswith(b"<") or b"\0" in body[:64]:  # JSON; UTF-16
        return body
    end = body.rfind(b">") + 1
    return body[:end] if len(body) - end > _REST_BYTES_MAX else body


def attack(text: str, *, entries_max: int) -> str | None:
    """Say in one line why parsing `text` would cost too much; None when it will not."""
    why = _bomb(text)
    if why is not None:
        return why
    depth = entries = pairs = 0
    for part in _CDATA.split(text)[::2]:
        for tag in _TAG.finditer(part):
            close, name, rest = tag.groups()
            if close:
                depth -= 1
                continue
            if len(rest) > 64:
                pairs += min(rest.count("="), ATTRIBUTES_MAX) ** 2
                if pairs > ATTRIBUTE_PAIRS_MAX:
                    return "its tags have too many attributes"
            if len(rest) > 2 * ATTRIBUTES_MAX and _attributes(rest) > ATTRIBUTES_MAX:
                return f"<{name[:40]}> has more than {ATTRIBUTES_MAX} attributes"
            entries += name.rpartition(":")[2].lower() in {"item", "entry"}
            end = rest.find(">")
            depth += not (end > 0 and rest[end - 1] == "/")
            if depth > DEPTH_MAX:
                return f"its elements are nested deeper than {DEPTH_MAX}"
            if entries > entries_max:
                return f"it has more than {entries_max} entries"
    return None


def _bomb(text: str) -> str | None:
    entities = _ENTITY.findall(text) if "<!ENTITY" in text else []
    if len(entities) > ENTITIES_MAX:
        return f"it declares more than {ENTITIES_MAX} entities"
    if any(len(one) + len(two) > ENTITY_CHARS_MAX for one, two in entities):
        return f"it declares an entity of more than {ENTITY_CHARS_MAX} characters"
    return None


def cut_short(text: str) -> bool:
    """Whether the document's root element is never closed: part of it did not arrive."""
    root = _ROOT.match(text)
    if root is None:
        return True
    tag_end = text.find(">", root.end())
    if tag_end > 0 and text[tag_end - 1] == "/":
        return False
    last = text.rfind(f"</{root['name']}", root.end())
    # Of the very last tag the ">" may be missing; nothing of the content is.
    end = re.compile(rf"</{re.escape(root['name'])}\s*(?:>|\Z)", re.IGNORECASE)
    # Most close it in the letters in which they opened it, and near the end.
    return (last < 0 or not end.match(text, last)) and end.search(text, root.end()) is None


def mend(text: str) -> bytes:
    """Return `text` as UTF-8 that a strict parser has the best chance with."""
    text = _ILLEGAL.sub("", text)
    text = _ILLEGAL_REFERENCE.sub("", text)
    text = _EMPTY.sub("", text)
    text = _NAKED.sub(_escaped, text)
    if "xml:base" in text:
        text = _BASE_OF_TEXT.sub(r"\1", text)
    text = text.lstrip("\ufeff \t\r\n")
    prolog = _PROLOG.match(text)
    if prolog is not None:
        text = text[prolog.end() :]
    own = _own_entities(text) if "<!ENTITY" in text[:_SUBSET_CHARS_MAX] else {}
    text = _DOCTYPE.sub("", text, count=1)
    parts = _CDATA.split(text)
    left = [EXPANDED_CHARS_MAX]
    parts[::2] = [_mend_markup(part, own, left) for part in parts[::2]]
    text = "".join(parts)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + text.encode("utf-8")


def _escaped(found: re.Match[str]) -> str:
    text = found["text"]
    if "<" not in text:
        return found[0]
    name, rest = found["name"], found["rest"] or ""
    return f"<{name}{rest}>{text.replace('<', '&lt;').replace('>', '&gt;')}</{name}>"


def _own_entities(text: str) -> dict[str, str]:
    """Return the entities that the document declares, as text; none of them holds another."""
    return {
        name: html.unescape(one or two)
        for name, one, two in _OWN_ENTITY.findall(text[:_SUBSET_CHARS_MAX])
    }


def _mend_markup(part: str, own: Mapping[str, str], left: list[int]) -> str:
    part = _AUTHOR.sub(r"\1plain", _ASIDE.sub(r"\1plain\2", part))
    return _AMPERSAND.sub(lambda found: _reference(found, own, left), part)


def _reference(found: re.Match[str], own: Mapping[str, str], left: list[int]) -> str:
    name = found[1]
    if name is None:
        return "&amp;" if found[0] == "&" else found[0]
    if name in _XML_OWN:
        return found[0]
    known = html5.get(name + ";")
    if name in own and len(own[name]) <= left[0]:
        known = own[name]
        left[0] -= len(known)
    return escape(known) if known is not None else f"&amp;{name};"


def _attributes(rest: str) -> int:
    count = place = 0
    while (found := _ATTRIBUTE.match(rest, place)) is not None and count <= ATTRIBUTES_MAX:
        count, place = count + 1, found.end()
    return count


def _excerpt(text: str) -> str:
    return plain_text(text[:2000], chars_max=60, is_html=False)
