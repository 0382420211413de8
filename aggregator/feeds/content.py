"""Whether what a feed says can be relied on, whatever its status codes say; pure.

A feed can answer 200 for years and be useless: its newest entry is from another year, it lists
nothing any more, its entries are of another sort, or a web page that wants a click stands there.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from aggregator.feeds.rate import dates
from aggregator.feeds.rhythm import silence_max
from aggregator.model import (
    Feed,
    FeedKind,
    FeedState,
    Fetched,
    FetchOutcome,
    Learnt,
    Parsed,
    ParseFailed,
    ParseOutcome,
)

SHAPE_ACCEPTED_AFTER = timedelta(days=7)
"""Entries of another sort are taken for the new normal after so long."""

SHARE_MIN = 0.8
"""What so many entries have in common says what sort they are."""

_PAGE = "this is an HTML page"
"""How the parser's words for a page begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why a feed that answers cannot be relied on, and since when."""

    since: datetime
    why: str


def noticed(
    learnt: Learnt, outcome: FetchOutcome, parsed: ParseOutcome | None, now: datetime
) -> Learnt:
    """Return `learnt` with what the content of an answer at `now` shows."""
    if isinstance(parsed, ParseFailed) and parsed.detail.startswith(_PAGE):
        return replace(learnt, page_since=learnt.page_since or now)
    if not isinstance(parsed, Parsed):
        return learnt
    size = len(outcome.body) if isinstance(outcome, Fetched) else learnt.body_bytes
    learnt = replace(
        learnt,
        page_since=None,
        body_bytes=size,
        ttl=parsed.ttl,
        skip_hours=parsed.skip_hours,
        skip_days=parsed.skip_days,
    )
    if not parsed.entries:
        since = (learnt.empty_since or now) if learnt.entries else None
        return replace(learnt, empty_since=since)
    return _shaped(replace(learnt, empty_since=None, entries=len(parsed.entries)), parsed, now)


def shape(parsed: Parsed, now: datetime) -> str:
    """Return what sort of entries these are, in words: where most link to, whether dated."""
    # A page of fifty has one host or two.
    sites = Counter("/".join(entry.link.split("/", 3)[:3]) for entry in parsed.entries)
    hosts = Counter[str]()
    for site, count in sites.items():
        hosts[_host(site)] += count
    host, times = hosts.most_common(1)[0] if hosts else ("", 0)
    if not host:
        links = "without links"
    elif times >= SHARE_MIN * len(parsed.entries):
        links = f"linking to {host}"
    else:
        links = "linking to several sites"
    return f"{links}, {'dated' if dates(parsed, now) else 'undated'}"


def silent_since(feed: Feed, state: FeedState) -> datetime | None:
    """Return since when a feed that answers says nothing new beyond its own rhythm; else None."""
    learnt = state.learnt
    last = learnt.newest if learnt.newest is not None else learnt.fresh
    if last is None or state.last_read is None:
        return None
    silence = state.last_read - last
    return last if silence > silence_max(feed.kind, learnt) else None


def trouble(feed: Feed, state: FeedState) -> Trouble | None:
    """Return what is wrong with the content of `feed`; None when nothing is."""
    learnt = state.learnt
    if learnt.page_since is not None:
        since = state.last_read or learnt.page_since
        return Trouble(since=since, why=f"a web page comes instead of the feed: {state.last_error}")
    silent = silent_since(feed, state)
    if learnt.empty_since is not None and (feed.kind is not FeedKind.COURT or silent):
        # A court's feed covers a day or so, and is rightly empty after a weekend.
        why = f"it lists nothing since {_when(learnt.empty_since)}, and listed {learnt.entries}"
        return Trouble(since=learnt.empty_since, why=why)
    if learnt.other_since is not None:
        why = f"its entries are of another sort: {learnt.other_shape}, and were {learnt.shape}"
        return Trouble(since=learnt.other_since, why=why)
    if silent is not None:
        usual = _span(silence_max(feed.kind, learnt))
        why = f"it answers, but lists nothing newer than {_when(silent)} (more than {usual})"
        return Trouble(since=silent, why=why)
    return None


def _shaped(learnt: Learnt, parsed: Parsed, now: datetime) -> Learnt:
    found = shape(parsed, now)
    if not learnt.shape or found == learnt.shape:
        return replace(learnt, shape=found, other_shape="", other_since=None)
    since = learnt.other_since if found == learnt.other_shape else None
    if since is not None and now - since >= SHAPE_ACCEPTED_AFTER:
        return replace(learnt, shape=found, other_shape="", other_since=None)
    return replace(learnt, other_shape=found, other_since=since or now)


def _host(link: str) -> str:
    try:
        return (urlsplit(link).hostname or "").removeprefix("www.")
    except ValueError:  # such as a bracket that is never closed
        return ""


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _span(span: timedelta) -> str:
    days = span / timedelta(days=1)
    return f"{days:.0f} days" if days >= 2 else f"{span / timedelta(hours=1):.0f} hours"
