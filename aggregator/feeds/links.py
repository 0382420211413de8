"""The links that feeds give: resolved, web addresses only, fit to stand in markup; pure."""

from __future__ import annotations

import re
from urllib.parse import quote, urljoin, urlsplit

LINK_CHARS_MAX = 4096
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_SAFE = "%/:=&?~#+!$,;'@()*[]|"
_UNSAFE = re.compile(
    f"[{re.escape(''.join(char for char in map(chr, range(128)) if quote(char, _SAFE) != char))}]"
)
# Most links: nothing in them to resolve or to encode.
_PLAIN = re.compile(r"https?://[A-Za-z0-9.-]+/[A-Za-z0-9/._~%-]*+")


def absolute(link: str, base: str) -> str:
    """Return `link` resolved against `base` if that is http or https, else an empty string.

    `javascript:`, `data:`, `tg:` and the like are dropped.  Spaces, quotes and angle brackets are
    percent-encoded; letters of other scripts stay readable.
    """
    link = link.strip()
    if not link or len(link) > LINK_CHARS_MAX:
        return ""
    if _PLAIN.fullmatch(link):
        return link
    if _SCHEME.match(link) and not is_web(link):
        return ""
    try:
        link = urljoin(base, re.sub(r"[\t\r\n]+", "", link))
    except ValueError:
        return ""
    if not is_web(link):
        return ""
    return _UNSAFE.sub(lambda char: quote(char[0], _SAFE), link)


def is_web(link: str) -> bool:
    """Whether `link` is an absolute http or https URL."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme.lower() in {"http", "https"} and bool(parts.hostname)
