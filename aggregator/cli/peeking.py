"""What `peek` does: reads each source as the bot would, and shows its entries with their matches."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from aggregator.cli.jsonl import json_line
from aggregator.cli.progress import Bar
from aggregator.config.settings import Settings
from aggregator.matching.matcher import Matcher, Reading
from aggregator.model import (
    Feed,
    FeedKind,
    Fetched,
    FetchFailed,
    FetchOutcome,
    Item,
    NotModified,
    Parsed,
    ParseFailed,
    TargetKind,
    Trust,
    Validators,
)

SHOWN = ("title", "summary", "url")
"""The fields of a line that evidence can point into; a court's id is no field of its own."""

FILE_BYTES_MAX = 15 * 2**20


async def peek(
    sources: Sequence[str],
    matcher: Matcher,
    feeds: Sequence[Feed],
    settings: Settings,
    bar: Bar,
    *,
    as_json: bool,
) -> int:
    """Show each source; return how many could not be read."""
    from aggregator.cli.compose import fetcher
    from aggregator.feeds.identity import items_of
    from aggregator.feeds.workers import WorkerParser
    from aggregator.service.clock import SystemClock

    web, parser, failed = fetcher(settings), WorkerParser(), 0
    try:
        for source in sources:
            bar.name(f"reading {source}")
            feed = _feed(source, feeds)
            fetched = await web.fetch(feed, Validators()) if _is_url(source) else _file(source)
            match fetched:
                case FetchFailed(fault=fault, detail=detail):
                    bar.say(f"{source}: {fault.value}: {detail}", err=True)
                    failed += 1
                    continue
                case NotModified():
                    bar.say(f"{source}: the server says “not modified” unasked", err=True)
                    failed += 1
                    continue
                case Fetched():
                    parsed = await parser.parse(feed, fetched)
            match parsed:
                case ParseFailed(detail=detail):
                    bar.say(f"{source}: {detail}", err=True)
                    failed += 1
                case Parsed():
                    feed = _as_court(feed, parsed)
                    items = items_of(feed, parsed, SystemClock().now())
                    for item in items:
                        reading = matcher.read(item).seen_by(())
                        if as_json:
                            bar.say(json_line(_json(source, item, reading)))
                        else:
                            _show(item, reading, bar)
                    if not as_json:
                        bar.say(f"{source}: {parsed.title or 'no title'}, {len(items)} entries")
    finally:
        await web.close()
        await parser.close()
    return failed


def _is_url(source: str) -> bool:
    return source.lower().startswith(("http://", "https://"))


def _file(source: str) -> FetchOutcome:
    from aggregator.model import FetchFault

    try:
        with Path(source).open("rb") as file:
            body = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        detail = error.strerror or str(error)
        return FetchFailed(fault=FetchFault.BROKEN, detail=f"the file cannot be read: {detail}")
    if len(body) > FILE_BYTES_MAX:
        return FetchFailed(fault=FetchFault.TOO_LARGE, detail=f"over {FILE_BYTES_MAX} bytes")
    if body.startswith(b"\x1f\x8b"):
        unzip = zlib.decompressobj(wbits=31)
        try:
            body = unzip.decompress(body, FILE_BYTES_MAX)
        except zlib.error as error:
            return FetchFailed(fault=FetchFault.BROKEN, detail=f"broken gzip: {error}")
        if not unzip.eof:
            detail = f"cut off, or over {FILE_BYTES_MAX} bytes when unpacked"
            return FetchFailed(fault=FetchFault.TOO_LARGE, detail=detail)
    return Fetched(url=Path(source).resolve().as_uri(), body=body)


def _feed(source: str, feeds: Sequence[Feed]) -> Feed:
    """Return the feed of `feeds.yaml` with this address, or one made for the occasion.

    The operator typed the address, so it may be on the operator's own network.
    """
    from aggregator.cli.compose import host_of
    from aggregator.feeds.sources import format_of

    known = next((feed for feed in feeds if source in {feed.url, feed.id}), None)
    if known:
        return replace(known, allow_private=True)
    name = host_of(source) if _is_url(source) else Path(source).name
    return Feed(
        id="peek",
        url=source,
        kind=FeedKind.NEWS,
        name=name or source,
        trust=Trust.INDEPENDENT,
        allow_private=True,
        format=format_of(source),
    )


def _as_court(feed: Feed, parsed: Parsed) -> Feed:
    """Return `feed` as a court's if its links are a docket's; its entries need telling apart so."""
    from aggregator.matching.dockets import court_case

    courts = {found[0] for entry in parsed.entries if (found := court_case(entry.link))}
    if feed.kind is FeedKind.COURT or len(courts) != 1:
        return feed
    return replace(feed, kind=FeedKind.COURT, trust=Trust.PRIMARY, court=courts.pop())


def _json(source: str, item: Item, reading: Reading) -> dict[str, Any]:
    return {
        "source": source,
        "key": item.key,
        "title": item.title,
        "url": item.url,
        "published": item.published.isoformat() if item.published else None,
        "summary": item.summary,
        "matches": [
            {
                "rule": str(match.target),
                "case": match.target.slug if match.target.kind is TargetKind.CASE else None,
                "evidence": [
                    {"field": e.field, "start": e.start, "end": e.end, "text": e.text}
                    for e in match.evidence
                    if e.field in SHOWN
                ],
            }
            for match in reading.matches
        ],
    }


def _show(item: Item, reading: Reading, bar: Bar) -> None:
    at = f"{item.published:%Y-%m-%d %H:%M}" if item.published else "no date         "
    bar.say(f"{at}  {item.title}")
    for match in reading.matches:
        words = ", ".join(sorted({f"“{span.text}”" for span in match.evidence}))
        bar.say(f"                  {match.target} ({match.relation}): {match.reason}: {words}")
