"""An item without a headline is read as if its first sentence were one.

Whoever matches items goes through here, so that a live rule, a search and a watch agree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from aggregator.model import Evidence, FeedKind, Item

SUMMARY_LEAD_CHARS = 320
"""What an article is about stands in its first sentences; further down it tells the background."""


def headlined(item: Item) -> Item | None:
    """Return `item` with its opening as its headline; None where it is read as it stands."""
    if item.title.strip() or item.kind is FeedKind.COURT:
        return None
    stop = item.summary.find(". ")
    opening = item.summary[: stop + 1 if stop >= 0 else SUMMARY_LEAD_CHARS]
    return replace(item, title=opening, summary="") if opening.strip() else None


def moved_back(spans: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Return evidence from an opening that stood for a headline, as that of the summary it is."""
    return tuple(
        replace(span, field="summary") if span.field == "title" else span for span in spans
    )
