"""What the rules make of one text: for `check`, and for whoever tries a rule out."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import blake2b

from aggregator.config.examples import Verdict
from aggregator.matching.matcher import Matcher
from aggregator.matching.rules import Example
from aggregator.model import FeedKind, Item, ItemKey, Relation, Target, TargetKind, Trust

UNDATED = datetime(2024, 1, 1, tzinfo=UTC)
"""When an example without a date happened, where no complaint gives a better day."""


def judge_example(matcher: Matcher, target: Target, example: Example) -> Verdict:
    """Return `match`, `related` or `no`: what `target`'s rule makes of `example`."""
    at = example.published or _filed(matcher, target) or UNDATED
    item = Item(
        key=ItemKey(blake2b(example.title.encode(), digest_size=16).hexdigest()),
        feed_id="example",
        outlet=example.outlet or "example",
        kind=FeedKind.NEWS,
        trust=Trust.INDEPENDENT,
        url=example.url,
        title=example.title,
        summary=example.summary,
        published=at,
        seen=at,
    )
    for match in matcher.read(item).matches:
        if match.target == target:
            return "match" if match.relation is Relation.CHIEF else "related"
    return "no"


def _filed(matcher: Matcher, target: Target) -> datetime | None:
    """Return the day of the case's complaint, on which an undated example is taken to appear."""
    rule = matcher.rules.cases.get(target.slug) if target.kind is TargetKind.CASE else None
    try:
        return datetime.fromisoformat(rule.case.filed).replace(tzinfo=UTC) if rule else None
    except ValueError:
        return None
