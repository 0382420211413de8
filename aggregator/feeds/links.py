"""The links that feeds give: resolved, web addresses only, fit to stand in markup; pure."""

from __future__ import annotations

import re
from urllib.parse import quote, urljoin, urlsplit

LINK_CHARS_MAX = 4096
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_SAFE = "%/:=&?~#+!$,;'@()*[]|"


def absolute(link: str, base: str) -> str:
    """Return `link` resolved against `base` if that is http or https, else an empty string.

    `javascript:`, `data:`, `tg:` and the like are dropped.  Spaces, quotes and angle brackets are
    percent-encoded; letters of other scripts stay readable.
    """
    link = link.strip()
    if not link or len(link) > LINK_CHARS_MAX:
        return ""
    if _SCHEME.match(link) and not is_web(link):
        return ""
    try:
        link = urljoin(base, re.sub(r"[\t\r\n]+", "", link))
    except ValueError:
        return ""
    if not is_web(link):
        return ""
    return "".join(char if not char.isascii() else quote(char, safe=_SAFE) for char in link)


def is_web(link: str) -> bool:
    """Whether `link` is an absolute http or https URL."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme.lower() in {"http", "https"} and bool(parts.hostname)
