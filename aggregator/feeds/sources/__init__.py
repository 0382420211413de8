"""Sources that have an API instead of a feed: their answers as entries; pure.

Each module reads one documented shape.  They come in by the same fetcher, parser process and
pipeline as feeds do; a feed's `format` says which one reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from aggregator.feeds.sources import courtlistener, federal_register
from aggregator.model import FeedFormat, ParseOutcome


def format_of(url: str) -> FeedFormat:
    """Return what an address that nobody described will answer with, by its host and path."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return FeedFormat.FEED
    if parts.hostname == courtlistener.HOST and parts.path.startswith("/api/rest/"):
        return FeedFormat.COURTLISTENER
    register = parts.hostname == "www.federalregister.gov"
    if register and parts.path.startswith("/api/") and parts.path.endswith(".json"):
        return FeedFormat.FEDERAL_REGISTER
    return FeedFormat.FEED


Reader = Callable[..., ParseOutcome]
"""Takes the text of an answer and `entries_max`."""

READERS: dict[FeedFormat, Reader] = {
    FeedFormat.FEDERAL_REGISTER: federal_register.parse,
    FeedFormat.COURTLISTENER: courtlistener.parse,
}
