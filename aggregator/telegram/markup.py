"""Telegram's HTML: foreign text made harmless, links, times, and how long a message will be.

Telegram refuses a whole message for one stray `<`, and shows what a feed smuggles in as if we had
said it.  So foreign text enters a message only through `escape`, an address only through `link`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from html import unescape
from urllib.parse import urlsplit

TEXT_CHARS_MAX = 4096
"""What Telegram takes, in code points after its tags and entities are read."""
URL_BYTES_MAX = 1000
"""Longer addresses are not linked; the whole message may have 32,768 bytes of HTML."""
MARKS_MAX = 3
"""Combining marks in a row; living scripts stack no more, "zalgo" text stacks dozens."""

ISOLATE, ISOLATE_END = "\u2068", "\u2069"
JOINER = "\u2060"
"""Invisible; keeps Telegram from making a link, a mention or a command out of what follows."""

OPEN, CLOSE = "\ue000", "\ue001"
"""Where bold begins and ends while a text is made harmless; of the private use area."""
FLAGS = {OPEN: "<b>", CLOSE: "</b>"}
NO_FLAGS = str.maketrans(dict.fromkeys(FLAGS, ""))

BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
SPACES = re.compile(r"\s+")
ADDRESS = re.compile(
    r"\b[a-z][a-z0-9+.-]{0,15}://\S+|\bwww\.\S+|\b(?:[\w-]{1,63}\.)+[a-z]{2,24}/\S*", re.IGNORECASE
)
"""What Telegram would turn into a link: a scheme, `www.`, or a host with a path.

A bare `Binance.US` stays as it is: it is a name far more often than an address, people search
their chats for it, and what it opens is only that site's front page.
"""
CALL = re.compile(r"(?<=@)(?=\w)|(?<![\w/])/(?=[a-z])", re.IGNORECASE)
"""Where `@name` would call a person and `/command` would offer to send a command to us."""

TAG = re.compile(r"<(/?)([a-z-]+)([^>]*)>")
HREF = re.compile(r'href="([^"]*)"')
HOST = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,62}|\d{1,3}(?:\.\d{1,3}){3}")
FORBIDDEN_IN_URL = re.compile(
    r"[\s\x00-\x20\x7f<>\"\\^`{|}\u200b-\u200f\u2028-\u202e\u2060-\u2069]"
)


def clean(text: str) -> str:
    """Return foreign text as one line that cannot rearrange, overprint or link anything."""
    text = BIDI.sub("", text)
    kept: list[str] = []
    marks = 0
    for char in text:
        kind = unicodedata.category(char)
        if kind in {"Mn", "Me"}:
            marks += 1
            if marks <= MARKS_MAX:
                kept.append(char)
            continue
        marks = 0
        # Control characters part words; lone surrogates cannot be encoded at all.
        kept.append(" " if kind == "Cc" else "" if kind == "Cs" else char)
    return SPACES.sub(" ", "".join(kept)).strip()


def escape(text: str) -> str:
    """Return foreign `text` as HTML: cleaned, its markup and would-be links dead, its direction
    its own.
    """
    return _encode(_isolated(_dead(clean(text))))


def own(text: str) -> str:
    """Return text of ours or of the rules as HTML: only its markup is dead."""
    return _encode(_isolated(clean(text)))


def fixed(text: str) -> str:
    """Return `text` as HTML for `<pre>`, where every column counts: no blank is folded and nothing
    invisible is put in.
    """
    return _encode(" ".join(clean(part) for part in text.split(" ")))


def marked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return foreign `text` as HTML with the parts between each (start, end) in bold.

    It is made harmless as a whole: taken part by part, a mark inside an address would hide it.
    """
    starts, ends = set[int](), set[int]()
    for start, end in _joined(spans):
        starts.add(start)
        ends.add(end)
    flagged = "".join(
        f"{CLOSE if at in ends else ''}{OPEN if at in starts else ''}{char}"
        for at, char in enumerate("�" if char in FLAGS else char for char in text)
    )
    shown = clean(f"{flagged}{CLOSE}" if len(text) in ends else flagged)
    bare = shown.translate(NO_FLAGS)
    html: list[str] = []
    flags = iter(shown)
    for char in _dead(bare):
        # What was made dead has joiners more than what was flagged, and is else the same.
        if char != JOINER:
            for flag in flags:
                if flag == char:
                    break
                html.append(FLAGS.get(flag, ""))
        html.append(_encode(char))
    html.extend(FLAGS.get(flag, "") for flag in flags)
    whole = "".join(html)
    return whole if _isolated(bare) == bare else f"{ISOLATE}{whole}{ISOLATE_END}"


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the spans in order, those that touch made one; empty ones are left out."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        elif start < end:
            joined.append((start, end))
    return joined


def link(url: str, text: str) -> str:
    """Return `text` linked to `url`, or `text` alone when the address is not one to open."""
    safe = safe_url(url)
    shown = escape(text)
    return shown if safe is None else f'<a href="{_encode(safe)}">{shown}</a>'


def safe_url(url: str) -> str | None:
    """Return `url` if it is an http(s) address that Telegram accepts in a link or a button."""
    if len(url.encode("utf-8", "replace")) > URL_BYTES_MAX or FORBIDDEN_IN_URL.search(url):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port  # raises for one that is no number
        url.encode("utf-8")
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or "@" in parts.netloc:
        return None
    return url if HOST.fullmatch(host) else None


def time(at: datetime, style: str = "Dt") -> str:
    """Return `at` shown in the reader's own time zone, with UTC for clients that cannot."""
    return f'<tg-time unix="{int(at.timestamp())}" format="{style}">{utc(at)}</tg-time>'


def utc(at: datetime) -> str:
    """Return `at` as `28 Jun 2024, 22:00 UTC`."""
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def plain(html: str) -> str:
    """Return our HTML as text: tags dropped, each link's address in brackets after its words."""
    shown: list[str] = []
    addresses: list[str] = []
    end = 0
    for tag in TAG.finditer(html):
        shown.append(html[end : tag.start()])
        end = tag.end()
        if tag[2] != "a":
            continue
        if tag[1]:
            shown.append(f" ({addresses.pop()})" if addresses and addresses[-1] else "")
        else:
            href = HREF.search(tag[3])
            addresses.append(href[1] if href else "")
    shown.append(html[end:])
    return unescape("".join(shown)).replace(JOINER, "")


def visible(html: str) -> int:
    """Return how many code points of text Telegram will count in our `html`."""
    return len(unescape(TAG.sub("", html)))


def clip(text: str, chars_max: int) -> str:
    """Return cleaned text cut at a word to at most `chars_max`, with an ellipsis if it was cut."""
    text = clean(text)
    if len(text) <= chars_max:
        return text
    head = text[: max(chars_max - 1, 0)]
    at = head.rfind(" ")
    # A text without spaces is cut inside its one word.
    return f"{(head[:at] if at > chars_max // 2 else head).rstrip()}…"


def _dead(text: str) -> str:
    text = ADDRESS.sub(lambda found: re.sub(r"(?<=[.:/])", JOINER, found[0]), text)
    return CALL.sub(lambda found: f"{found[0]}{JOINER}", text)


def _isolated(text: str) -> str:
    right_to_left = any(unicodedata.bidirectional(char) in {"R", "AL", "AN"} for char in text)
    return f"{ISOLATE}{text}{ISOLATE_END}" if right_to_left else text


def _encode(text: str) -> str:
    return (
        text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    )
