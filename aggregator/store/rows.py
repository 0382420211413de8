"""Values to columns and back, exactly.

Times are whole microseconds since 1970 in UTC: they compare and subtract in SQL, and nothing is
rounded.  What is never searched (evidence, reports, buttons) is compact JSON whose shape is known
here only; whatever is searched has its own column in `schema`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from sqlite3 import Row
from typing import Any

from aggregator.model import (
    Decision,
    DecisionKind,
    Event,
    EventKind,
    Evidence,
    FeedKind,
    Former,
    Item,
    ItemKey,
    Match,
    Relation,
    Report,
    RingKind,
    Rung,
    Severity,
    Status,
    Story,
    StoryId,
    Target,
    TargetKind,
    Trust,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

Columns = dict[str, Any]


def micros(at: datetime) -> int:
    """Return `at` as microseconds since 1970; a naive time is a bug and raises TypeError."""
    return (at - EPOCH) // MICROSECOND


def moment(stored: int) -> datetime:
    """Return the time that `micros` stored."""
    return EPOCH + stored * MICROSECOND


def maybe_micros(at: datetime | None) -> int | None:
    return None if at is None else micros(at)


def maybe_moment(stored: int | None) -> datetime | None:
    return None if stored is None else moment(stored)


def dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# --- items --------------------------------------------------------------------------


def item_to_row(item: Item) -> Columns:
    return {
        "key": item.key,
        "feed_id": item.feed_id,
        "outlet": item.outlet,
        "kind": item.kind,
        "trust": item.trust,
        "url": item.url,
        "title": item.title,
        "summary": item.summary,
        "published": maybe_micros(item.published),
        "seen": micros(item.seen),
        "at": micros(item.at),
        "court": item.court,
        "tags": dump(item.tags),
    }


def item_from_row(row: Row) -> Item:
    return Item(
        key=ItemKey(row["key"]),
        feed_id=row["feed_id"],
        outlet=row["outlet"],
        kind=FeedKind(row["kind"]),
        trust=Trust(row["trust"]),
        url=row["url"],
        title=row["title"],
        summary=row["summary"],
        published=maybe_moment(row["published"]),
        seen=moment(row["seen"]),
        court=row["court"],
        tags=tuple(json.loads(row["tags"])),
    )


def match_to_row(key: ItemKey, match: Match) -> Columns:
    return {
        "item_key": key,
        "kind": match.target.kind,
        "slug": match.target.slug,
        "relation": match.relation,
        "evidence": dump(_evidence_out(match.evidence)),
        "reason": match.reason,
        "severity": match.severity,
        "rule_version": match.rule_version,
    }


def match_from_row(row: Row) -> Match:
    return Match(
        target=Target(kind=TargetKind(row["kind"]), slug=row["slug"]),
        relation=Relation(row["relation"]),
        evidence=_evidence_in(json.loads(row["evidence"])),
        reason=row["reason"],
        severity=None if row["severity"] is None else Severity(row["severity"]),
        rule_version=row["rule_version"],
    )


def decision_to_row(key: ItemKey, decision: Decision) -> Columns:
    return {
        "item_key": key,
        "kind": decision.kind,
        "reason": decision.reason,
        "story_id": decision.story,
        "score": decision.score,
    }


def decision_from_row(row: Row) -> Decision:
    return Decision(
        kind=DecisionKind(row["kind"]),
        reason=row["reason"],
        story=None if row["story_id"] is None else StoryId(row["story_id"]),
        score=row["score"],
    )


# --- stories ----------------------------------------------------------------------------------


def story_to_row(story: Story) -> Columns:
    return {
        "id": story.id,
        "first_at": micros(story.first_at),
        "last_at": micros(story.last_at),
        "rings": story.rings,
        "rang": maybe_micros(story.rang),
        "again": dump(
            [[rung.kind, rung.report, micros(rung.at), rung.what] for rung in story.again]
        ),
        "like_id": story.like,
        "like_title": story.like_title,
        "held": story.held,
        "late": int(story.late),
        "targets": dump(_targets_out(story.targets)),
        "related": dump(_targets_out(story.related)),
        "event": dump(_event_out(story.event)),
        "reports": dump([_report_out(report) for report in story.reports]),
    }


def story_from_row(row: Row) -> Story:
    return Story(
        id=StoryId(row["id"]),
        targets=_targets_in(json.loads(row["targets"])),
        related=_targets_in(json.loads(row["related"])),
        event=_event_in(json.loads(row["event"])),
        reports=tuple(_report_in(report) for report in json.loads(row["reports"])),
        first_at=moment(row["first_at"]),
        last_at=moment(row["last_at"]),
        rings=row["rings"],
        rang=maybe_moment(row["rang"]),
        again=tuple(
            Rung(kind=RingKind(kind), report=ItemKey(report), at=moment(at), what="".join(what))
            for kind, report, at, *what in json.loads(row["again"])
        ),
        like=None if row["like_id"] is None else StoryId(row["like_id"]),
        like_title=row["like_title"],
        held=row["held"],
        late=bool(row["late"]),
    )


def _targets_out(targets: Iterable[Target]) -> list[list[str]]:
    return [[target.kind, target.slug] for target in sorted(targets)]


def _targets_in(stored: Sequence[Sequence[str]]) -> frozenset[Target]:
    return frozenset(Target(kind=TargetKind(kind), slug=slug) for kind, slug in stored)


def _evidence_out(evidence: Sequence[Evidence]) -> list[list[Any]]:
    return [[span.field, span.start, span.end, span.text] for span in evidence]


def _evidence_in(stored: Sequence[Sequence[Any]]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(field=field, start=start, end=end, text=text) for field, start, end, text in stored
    )


def _event_out(event: Event) -> Columns:
    return {
        "kind": event.kind,
        "status": event.status,
        "severity": event.severity,
        "evidence": _evidence_out(event.evidence),
        "quiet": event.quiet,
    }


def _event_in(stored: Columns) -> Event:
    return Event(
        kind=EventKind(stored["kind"]),
        status=Status(stored["status"]),
        severity=Severity(stored["severity"]),
        evidence=_evidence_in(stored["evidence"]),
        quiet=stored["quiet"],
    )


def _report_out(report: Report) -> Columns:
    return {
        "item_key": report.item_key,
        "outlet": report.outlet,
        "trust": report.trust,
        "kind": report.kind,
        "url": report.url,
        "title": report.title,
        "summary": report.summary,
        "at": micros(report.at),
        "seen": micros(report.seen),
        "event": _event_out(report.event),
        "evidence": _evidence_out(report.evidence),
        "names": list(report.names),
        "counted": report.counted,
        **({"edits": report.edits} if report.edits else {}),
        **({"former": [_former_out(one) for one in report.former]} if report.former else {}),
    }


def _former_out(former: Former) -> Columns:
    return {
        "rings": former.rings,
        "title": former.title,
        "summary": former.summary,
        "event": _event_out(former.event),
        "evidence": _evidence_out(former.evidence),
    }


def _former_in(stored: Columns) -> Former:
    return Former(
        rings=stored["rings"],
        title=stored["title"],
        summary=stored["summary"],
        event=_event_in(stored["event"]),
        evidence=_evidence_in(stored["evidence"]),
    )


def _report_in(stored: Columns) -> Report:
    return Report(
        item_key=ItemKey(stored["item_key"]),
        outlet=stored["outlet"],
        trust=Trust(stored["trust"]),
        kind=FeedKind(stored["kind"]),
        url=stored["url"],
        title=stored["title"],
        summary=stored["summary"],
        at=moment(stored["at"]),
        seen=moment(stored["seen"]),
        event=_event_in(stored["event"]),
        evidence=_evidence_in(stored["evidence"]),
        counted=stored["counted"],
        # What reports did not have from the first day on: older ones are stored without.
        names=tuple(stored.get("names", ())),
        edits=stored.get("edits", 0),
        former=tuple(_former_in(one) for one in stored.get("former", ())),
    )
