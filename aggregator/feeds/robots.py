"""What a host's robots.txt lets us ask for (RFC 9309), and how long that is remembered.

The rules are pure; `RobotsBook` keeps them by origin and has them fetched by whoever fetches.
A host whose robots.txt cannot be had forbids nothing: we ask for one address at a slow pace, and
a host in trouble would otherwise blind a feed for as long as it lasts.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import quote, unquote_to_bytes

ROBOTS_BYTES_MAX = 500 * 1024
"""RFC 9309 section 2.5: what a reader must be able to take."""
RULES_MAX = 2000
PATTERN_CHARS_MAX = 1024
STARS_MAX = 8
"""Of one pattern: each star multiplies the work of matching it."""
ORIGINS_MAX = 20_000
RULES_KEPT_MAX = 200_000
"""Of all origins together, some 30 MB; who was asked first is forgotten first, and asked anew."""
KEPT_S = 24 * 3600.0
RETRY_S = 3600.0
"""How long a robots.txt that could not be had is left alone."""

_SAFE = "/:=&?~#+!$,;'@()*[]|%-._"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One line of a group: paths that begin like `pattern` are allowed or not."""

    pattern: str
    """Percent-encoded in one way; `*` is any text, a `$` at its end the end of the path."""
    allow: bool


def rules_for(text: str, product: str) -> tuple[Rule, ...]:
    """Return the rules of the groups that name `product`, else of those for everyone."""
    named: list[Rule] = []
    everyone: list[Rule] = []
    agents: set[str] = set()
    mine = theirs = in_rules = False
    named_at_all = False
    for line in text.lstrip("\ufeff").splitlines():
        key, colon, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if not colon:
            continue
        if key == "user-agent":
            if in_rules:
                agents, in_rules = set(), False
            name = re.match(r"[A-Za-z_-]+|\*", value)
            agents.add(name[0].lower() if name else "")
            mine, theirs = product.lower() in agents, "*" in agents
            named_at_all = named_at_all or mine
        elif key in {"allow", "disallow"}:
            in_rules = True
            if value and len(value) <= PATTERN_CHARS_MAX and value.count("*") <= STARS_MAX:
                rule = Rule(pattern=_plain(value), allow=key == "allow")
                if mine and len(named) < RULES_MAX:
                    named.append(rule)
                if theirs and len(everyone) < RULES_MAX:
                    everyone.append(rule)
    return tuple(named if named_at_all else everyone)


def allows(rules: tuple[Rule, ...], target: str) -> bool:
    """Whether `target`, a path with its query, may be asked: the longest pattern decides.

    Of two as long the one that allows; what no pattern names is allowed, and so is robots.txt.
    """
    path = _plain(target)
    if path == "/robots.txt":
        return True
    hits = [rule for rule in rules if _matches(rule.pattern, path)]
    return max(hits, key=lambda rule: (len(rule.pattern), rule.allow)).allow if hits else True


def _plain(path: str) -> str:
    """Return `path` with every escape written alike (RFC 9309 section 2.2.2)."""
    return quote(unquote_to_bytes(path.replace("%2F", "%252F").replace("%2f", "%252F")), safe=_SAFE)


def _matches(pattern: str, path: str) -> bool:
    end = pattern.endswith("$")
    first, *rest = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    place = len(first)
    if end and not rest:
        return place == len(path)
    for number, part in enumerate(rest, start=1):
        if end and number == len(rest):
            return path.endswith(part) and len(path) - len(part) >= place
        place = path.find(part, place)
        if place < 0:
            return False
        place += len(part)
    return True


@dataclass(slots=True)
class _Page:
    rules: tuple[Rule, ...] = ()
    until_s: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class RobotsBook:
    """The rules of each origin, read at most once a day."""

    def __init__(self, product: str, *, kept_s: float = KEPT_S, retry_s: float = RETRY_S) -> None:
        """`product` is our name in robots.txt: that of the User-Agent, without its version."""
        self._product = product
        self._kept_s = kept_s
        self._retry_s = retry_s
        self._pages: dict[str, _Page] = {}
        self._rules = 0

    async def allows(
        self, origin: str, target: str, read: Callable[[], Awaitable[bytes | None]]
    ) -> bool:
        """Whether `target` of `origin` may be asked; `read` brings its robots.txt.

        `read` returns an empty body where there is none, and None where it cannot be had; then
        what was known before goes on to hold.
        """
        page = self._pages.pop(origin, None) or _Page()
        self._pages[origin] = page
        async with page.lock:
            now_s = asyncio.get_running_loop().time()
            if now_s >= page.until_s:
                body = await read()
                if body is not None:
                    if len(body) > ROBOTS_BYTES_MAX:
                        # Half a line may forbid more than the whole one: "/" of "/private".
                        body = body[:ROBOTS_BYTES_MAX].rpartition(b"\n")[0]
                    text = body.decode("utf-8", "replace")
                    rules = rules_for(text, self._product)
                    if self._pages.get(origin) is page:  # not forgotten while it was read
                        self._rules += len(rules) - len(page.rules)
                    page.rules = rules
                page.until_s = now_s + (self._retry_s if body is None else self._kept_s)
                self._forget()
        return allows(page.rules, target)

    def _forget(self) -> None:
        while len(self._pages) > 1 and (
            len(self._pages) > ORIGINS_MAX or self._rules > RULES_KEPT_MAX
        ):
            self._rules -= len(self._pages.pop(next(iter(self._pages))).rules)
