"""How much hangs on a feed: who follows what only it can bring; pure."""

from __future__ import annotations

from collections.abc import Iterable

from aggregator.model import Case, Feed, Severity, Subscription, TargetKind

WEIGHT_MAX = 9.0
"""A feed of this weight is asked three times as often as one on which nothing hangs."""

_BY_SEVERITY = {Severity.LOW: 0.5, Severity.MEDIUM: 1.0, Severity.HIGH: 2.0}


def weight_of(feed: Feed, cases: Iterable[Case], subscriptions: Iterable[Subscription]) -> float:
    """Return 1 for a usual feed, more for the docket of a court where followed cases are open.

    Each follower of such a case counts by the severity of the case.
    """
    if feed.court is None:
        return 1.0
    here = {
        case.slug: _BY_SEVERITY[case.severity or Severity.MEDIUM]
        for case in cases
        if case.court == feed.court and not case.closed
    }
    followed = sum(
        here.get(one.target.slug, 0.0)
        for one in subscriptions
        if one.target.kind is TargetKind.CASE and not one.paused
    )
    return min(1.0 + followed, WEIGHT_MAX)
