"""Which entries are the same one: keys, and a feed's entries as items; pure.

A court's feed names the *case* in its guid, so that every docket event of a case looks alike: in
one capture of 432 entries only 333 guids, yet 419 distinct events.  There an entry is told by
guid, event text and time together.  Elsewhere the guid is the entry's name, and the time is left
out, because news sites re-stamp what they touch.  A feed's own `dedup_key` goes before both.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from typing import assert_never

from aggregator.feeds.clean import canonical_url, tidy
from aggregator.feeds.limits import SUMMARY_CHARS_MAX, TAG_CHARS_MAX, TAGS_MAX, TITLE_CHARS_MAX
from aggregator.model import DedupPart, Entry, Feed, FeedKind, Item, ItemKey, Parsed

_KEY_BYTES = 16


def item_key(feed: Feed, entry: Entry) -> ItemKey:
    """Return the name of `entry` for all time: 128 bits in hex, never equal across feeds."""
    digest = blake2b(digest_size=_KEY_BYTES)
    for part in (feed.id, *_parts(feed, entry)):
        data = part.encode("utf-8", "surrogatepass")
        # The length keeps ("ab", "c") and ("a", "bc") apart.
        digest.update(len(data).to_bytes(4, "big") + data)
    return ItemKey(digest.hexdigest())


def _parts(feed: Feed, entry: Entry) -> tuple[str, ...]:
    if feed.dedup_key:
        named = tuple(_part(entry, name) for name in feed.dedup_key)
        if any(named):
            return ("named", *named)
    if feed.kind is FeedKind.COURT:
        when = "" if entry.published is None else entry.published.isoformat()
        return ("court", entry.guid or entry.link or entry.title, entry.summary, when)
    if entry.guid:
        return ("guid", entry.guid)
    if entry.link:
        return ("link", canonical_url(entry.link))
    return ("text", entry.title, entry.summary)


def _part(entry: Entry, name: DedupPart) -> str:
    match name:
        case "guid":
            return entry.guid
        case "link":
            return canonical_url(entry.link)
        case "title":
            return entry.title
        case "summary":
            return entry.summary
        case "published":
            return "" if entry.published is None else entry.published.isoformat()
        case _:
            assert_never(name)


def without_restamps(
    feed: Feed, parsed: Parsed, known: Collection[ItemKey], newest: datetime | None
) -> Parsed:
    """Return `parsed` with no `known` entry dated after `newest`, the newest date before this page.

    Some feeds date all they list anew at each request; that is neither new nor posted just now.
    """
    if newest is None:
        return parsed
    entries = tuple(
        replace(entry, published=newest)
        if (at := entry.published or entry.updated) is not None
        and at > newest
        and item_key(feed, entry) in known
        else entry
        for entry in parsed.entries
    )
    return parsed if entries == parsed.entries else replace(parsed, entries=entries)


def items_of(feed: Feed, parsed: Parsed, seen: datetime) -> tuple[Item, ...]:
    """Return the feed's distinct entries as items first seen at `seen`, oldest first.

    Feeds list the newest first; where dates say otherwise they decide.  Entries without title
    and summary are left out: there is nothing to match or to show.
    """
    items: dict[ItemKey, Item] = {}
    for entry in parsed.entries:
        key = item_key(feed, entry)
        item = _item(feed, entry, key, seen)
        if key not in items and (item.title or item.summary):
            items[key] = item
    return tuple(_oldest_first(list(items.values())))


def _item(feed: Feed, entry: Entry, key: ItemKey, seen: datetime) -> Item:
    tags = (tidy(tag, chars_max=TAG_CHARS_MAX) for tag in entry.tags[:TAGS_MAX])
    return Item(
        key=key,
        feed_id=feed.id,
        outlet=feed.name,
        kind=feed.kind,
        trust=feed.trust,
        url=entry.link,
        title=tidy(entry.title, chars_max=TITLE_CHARS_MAX),
        summary=tidy(entry.summary, chars_max=SUMMARY_CHARS_MAX),
        published=entry.published or entry.updated,
        seen=seen,
        court=feed.court,
        tags=tuple(filter(None, tags)),
    )


def _oldest_first(items: list[Item]) -> list[Item]:
    """Sort by date; an undated item stays beside the one that the feed lists before it."""
    dated: list[tuple[datetime, Item]] = []
    last = next((item.published for item in items if item.published is not None), None)
    for item in items:
        last = item.published or last
        dated.append((last or item.seen, item))
    dated.reverse()
    dated.sort(key=lambda pair: pair[0])
    return [item for _, item in dated]
