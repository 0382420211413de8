"""What `replay` does: news from a file through the very same pipeline, without sending.

Nothing is fetched, no database is touched; each run starts from an empty store in memory.  The
one follower it imagines follows everything.
"""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import IO, Any, cast

import click

from aggregator.cli.jsonl import json_line
from aggregator.cli.progress import Bar
from aggregator.errors import InputError
from aggregator.matching.matcher import Matcher, Reading
from aggregator.model import (
    Decision,
    DecisionKind,
    Event,
    Feed,
    FeedKind,
    Item,
    ItemKey,
    Relation,
    TargetKind,
    Trust,
)

CHUNK_ITEMS = 200
"""Items that share one transaction; their decisions do not depend on it."""

SHOWN = ("title", "summary", "url")
"""The fields of an input line that evidence can point into."""

LINE_CHARS_MAX = 10_000_000
GZIP_BYTE = b"\x1f"
"""What a compressed file begins with (RFC 1952, 2.3.1)."""

REQUIRED = ("id", "published", "outlet")
OPTIONAL = ("url", "title", "summary")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A good input line: where it stood, its own id, and the item it became."""

    number: int
    id: str | int
    """As it was given."""
    item: Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one line."""

    line: Line
    reading: Reading
    decision: Decision
    event: Event


class Narrowed(Matcher):
    """A matcher that sees one case only."""

    def __init__(self, matcher: Matcher, case: str) -> None:
        super().__init__(matcher.rules)
        self._case = case

    def read(self, item: Item) -> Reading:
        reading = super().read(item)
        return replace(
            reading,
            matches=tuple(
                match
                for match in reading.matches
                if match.target.kind is TargetKind.CASE and match.target.slug == self._case
            ),
        )


def joined(lines: Sequence[Line], matcher: Matcher, bar: Bar) -> list[Outcome]:
    """Return what joining alone makes of the lines, as if each had matched."""
    from aggregator.model import StoryId
    from aggregator.stories.happened import event_of
    from aggregator.stories.stream import Clusterer

    clusterer = Clusterer()
    outcomes: list[Outcome] = []
    for line in sorted(lines, key=lambda one: (one.item.seen, one.number)):
        item, reading = line.item, matcher.read(line.item)
        event = event_of(item, reading)
        placed = clusterer.add(item.key, item.at, item.title, item.summary, event.kind)
        decision = Decision(
            kind=DecisionKind.UPDATE if placed.joined else DecisionKind.ALERT,
            reason=placed.why,
            story=StoryId(placed.story),
            score=placed.score,
        )
        outcomes.append(Outcome(line=line, reading=reading, decision=decision, event=event))
        bar.tell(len(outcomes), len(lines))
    return outcomes


async def run(lines: Sequence[Line], matcher: Matcher, bar: Bar) -> list[Outcome]:
    """Return what the pipeline makes of the lines, in the order of their time."""
    from aggregator.cli.compose import render_alert
    from aggregator.feeds.workers import InlineParser
    from aggregator.matching.fulltext import indexed
    from aggregator.pipeline import Pipeline
    from aggregator.store.sqlite import SqliteStore

    store = await SqliteStore.open("sqlite:///:memory:", words=indexed)
    pipeline = Pipeline(store=store, parser=InlineParser(), matcher=matcher, render=render_alert)
    ordered = sorted(lines, key=lambda line: (line.item.seen, line.number))
    outcomes = []
    try:
        for start in range(0, len(ordered), CHUNK_ITEMS):
            chunk = ordered[start : start + CHUNK_ITEMS]
            taken = await pipeline.take([line.item for line in chunk])
            outcomes += [
                Outcome(line=line, reading=reading, decision=decision, event=event)
                for line, reading, decision, event in zip(
                    chunk, taken.readings, taken.decisions, taken.events, strict=True
                )
            ]
            bar.tell(len(outcomes), len(ordered))
    finally:
        await store.close()
    return outcomes


def read(source: str, feeds: Sequence[Feed], bar: Bar) -> tuple[list[Line], int]:
    """Return the good lines and how many were faulty, each of those named on stderr."""
    lines, faults = [], 0
    times: Counter[str] = Counter()
    for number, text in enumerate(_texts(source), start=1):
        if not text.strip():
            continue
        parsed = _line(number, text, feeds)
        if isinstance(parsed, str):
            bar.say(f"line {number}: {parsed}", err=True)
            faults += 1
        else:
            key = parsed.item.key
            times[key] += 1
            if times[key] > 1:  # the same line again is another report of the same
                again = ItemKey(blake2b(f"{key}{times[key]}".encode(), digest_size=16).hexdigest())
                parsed = replace(parsed, item=replace(parsed.item, key=again))
            lines.append(parsed)
    return lines, faults


def _texts(source: str) -> Iterator[str]:
    if source == "-":
        yield from _decoded(sys.stdin.buffer)
        return
    path = Path(source)
    try:
        # Opened once, since what was read of a pipe is gone; no line of JSON begins so.
        with path.open("rb") as file:
            zipped = file.peek(1)[:1] == GZIP_BYTE
            with cast("IO[bytes]", gzip.open(file)) if zipped else file as raw:
                yield from _decoded(raw)
    except (OSError, EOFError, zlib.error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(f"{source}: cannot be read: {reason}") from error


def _decoded(raw: Iterable[bytes]) -> Iterator[str]:
    for line in raw:
        yield line.decode("utf-8-sig", errors="replace")


def _line(number: int, text: str, feeds: Sequence[Feed]) -> Line | str:
    """Return the line as an item, or what is wrong with it."""
    if len(text) > LINE_CHARS_MAX:
        return f"longer than {LINE_CHARS_MAX} characters"
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        return f"no JSON: {error}"
    if not isinstance(data, dict):
        return 'not an object; write one such as {"id": …, "published": …, "outlet": …}'
    fields = _fields(data)
    if isinstance(fields, str):
        return fields
    published = _time(fields["published"])
    if published is None:
        return f"“published” is no ISO 8601 time: {fields['published'][:40]!r}"
    own_id = data["id"] if isinstance(data["id"], int) else fields["id"]
    return Line(number=number, id=own_id, item=_item(fields, published, feeds))


def _fields(data: dict[str, Any]) -> dict[str, str] | str:
    """Return the text of every field, or what is wrong with one."""
    fields = {}
    for key in (*REQUIRED, *OPTIONAL):
        value = data.get(key)
        if value is None:
            if key in REQUIRED:
                return f"“{key}” is missing"
            value = ""
        if key == "id" and isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            return f"“{key}” must be text"
        # Half a surrogate pair is no text; one sign for one, so that spans of evidence stay true.
        fields[key] = value.encode(errors="replace").decode()
    return fields if fields["id"] else "“id” is empty"


def _time(text: str) -> datetime | None:
    """Return an ISO 8601 time in UTC; one without a zone is taken to be in UTC."""
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _item(fields: dict[str, str], published: datetime, feeds: Sequence[Feed]) -> Item:
    from aggregator.cli.compose import feed_of

    feed = feed_of(feeds, outlet=fields["outlet"], url=fields["url"])
    own = "\0".join(fields[key] for key in ("id", "published", "outlet", "url", "title"))
    return Item(
        key=ItemKey(blake2b(own.encode(), digest_size=16).hexdigest()),
        feed_id=feed.id if feed else "replay",
        outlet=fields["outlet"],
        kind=feed.kind if feed else FeedKind.NEWS,
        trust=feed.trust if feed else Trust.INDEPENDENT,
        court=feed.court if feed else None,
        url=fields["url"],
        title=fields["title"],
        summary=fields["summary"],
        published=published,
        seen=published,
    )


def show(outcomes: Sequence[Outcome], *, as_json: bool) -> None:
    """Print the outcomes: as JSON in the order of the input, or as a table."""
    if not as_json:
        _table(outcomes)
        return
    for outcome in sorted(outcomes, key=lambda one: one.line.number):
        click.echo(json_line(_json(outcome)))


def _json(outcome: Outcome) -> dict[str, Any]:
    """Return what `--json` promises for one item."""
    matches = outcome.reading.matches
    cases = [m for m in matches if m.target.kind is TargetKind.CASE]
    ignored = outcome.decision.kind is DecisionKind.IGNORE
    shown = {span for match in matches for span in match.evidence if span.field in SHOWN}
    spans = sorted(shown)
    return {
        "id": outcome.line.id,
        "cases": sorted(m.target.slug for m in cases if m.relation is Relation.CHIEF),
        "related": sorted(m.target.slug for m in cases if m.relation is Relation.RELATED),
        "watchlists": sorted(
            m.target.slug
            for m in matches
            if m.target.kind is TargetKind.WATCHLIST and m.relation is Relation.CHIEF
        ),
        "event": None if ignored else outcome.event.kind.value,
        "severity": None if ignored else outcome.event.severity.value,
        "story": outcome.decision.story,
        "decision": outcome.decision.kind.value,
        "reason": outcome.decision.reason,
        "evidence": [
            {"field": s.field, "start": s.start, "end": s.end, "text": s.text} for s in spans
        ],
    }


def _table(outcomes: Sequence[Outcome]) -> None:
    """Print what matched as a table, and the totals of everything."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, soft_wrap=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in ("published", "decision", "what", "outlet", "title", "reason"):
        table.add_column(head, overflow="fold", ratio=3 if head in {"title", "reason"} else None)
    for outcome in outcomes:
        if outcome.decision.kind is DecisionKind.IGNORE:
            continue
        item, data = outcome.line.item, _json(outcome)
        what = [*data["cases"], *data["watchlists"]] or [f"({slug})" for slug in data["related"]]
        table.add_row(
            f"{item.at:%Y-%m-%d %H:%M}",
            f"{data['decision']} {data['severity'] or ''}".strip(),
            ", ".join(what),
            _plain(item.outlet),
            _plain(item.title),
            _plain(outcome.decision.reason),
        )
    if table.row_count:
        console.print(table)
    kinds = Counter(outcome.decision.kind.value for outcome in outcomes)
    stories = {o.decision.story for o in outcomes if o.decision.story}
    console.print(
        f"{len(outcomes)} items: {kinds['alert']} alerts, {kinds['update']} updates, "
        f"{kinds['suppress']} suppressed, {kinds['ignore']} ignored; {len(stories)} stories."
    )


def _plain(text: str) -> str:
    """Return `text` as rich shows it: feed text is no markup and no control sequence."""
    from rich.markup import escape

    return escape("".join(c for c in text if c.isprintable()))
