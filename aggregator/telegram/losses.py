"""Saying aloud that something may have been missed: to whom, and in which words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from aggregator.model import (
    Case,
    Delivery,
    Feed,
    Gap,
    Message,
    Place,
    Priority,
    Subscription,
    TargetKind,
)
from aggregator.telegram.markup import clip, own
from aggregator.telegram.words import status as words

NAME_CHARS_MAX = 60


def followers(
    feed: Feed, cases: Mapping[str, Case], subscriptions: Iterable[Subscription]
) -> tuple[Place, ...]:
    """Return the places that follow a case of the feed's court, which may have missed an entry."""
    here = {slug for slug, case in cases.items() if case.court and case.court == feed.court}
    return tuple(
        sorted(
            {
                one.place
                for one in subscriptions
                if one.target.kind is TargetKind.CASE and one.target.slug in here and not one.paused
            }
        )
    )


def notice(gap: Gap, feed: Feed | None, place: Place, now: datetime) -> Delivery:
    """Return what a place is told of a gap; the same message says later that nothing was lost."""
    name = own(clip(feed.name, NAME_CHARS_MAX)) if feed else ""
    html = words.possible_loss(gap.since, gap.until, name, own(gap.why))
    if gap.closed is not None:
        html = f"{words.NOTHING_LOST} {html}"
    return Delivery(
        place=place,
        key=f"notice:gap:{gap.id}",
        message=Message(html=html),
        priority=Priority.NORMAL,
        created=now,
    )
