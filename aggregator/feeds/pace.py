"""How fast one site may be asked; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from aggregator.model import Feed

GAP = timedelta(seconds=0.5)
"""Between two requests to one site."""

GAPS = {"sec.gov": timedelta(seconds=0.1)}
"""SEC.gov allows 10 requests a second in all, whichever of its hosts is asked
(https://www.sec.gov/developer)."""

NEEDS_CONTACT = frozenset({"sec.gov"})
"""Sites that turn away whoever does not say how to be reached."""


def unnamed(feeds: Iterable[Feed], contact: str) -> tuple[str, ...]:
    """Return the sites that will turn us away because we name no `contact`."""
    if contact:
        return ()
    sites = {site_of(feed.url) for feed in feeds if feed.enabled}
    return tuple(sorted(sites & NEEDS_CONTACT))


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """When a site may be asked again."""

    free: datetime | None = None
    """From when on the next request may leave."""
    held_until: datetime | None = None
    """It asked to be left alone until then."""


def site_of(url: str) -> str:
    """Return what shares one allowance: the host, or the domain that counts all its hosts."""
    try:
        host = (urlsplit(url).hostname or "").lower()
    except ValueError:  # such as a bracket that is never closed
        return ""
    return next((site for site in GAPS if host == site or host.endswith(f".{site}")), host)


def turn(site: Site, name: str, now: datetime) -> tuple[datetime, Site]:
    """Return when the next request to `name` may leave, and the site once it is given that turn."""
    at = max(now, site.free or now)
    return at, replace(site, free=at + GAPS.get(name, GAP))


def set_back(site: Site, step: timedelta) -> Site:
    """Return `site` by a clock that was set back by `step`: it waits as long as before."""
    until = None if site.held_until is None else site.held_until - step
    return Site(free=None if site.free is None else site.free - step, held_until=until)


def is_held(site: Site, now: datetime) -> bool:
    """Say whether the site asked to be left alone for longer than until `now`."""
    return site.held_until is not None and site.held_until > now
