"""Quiet hours: the stretch of a night in which only High rings, and when it was over.

Each night is one stretch from the moment at which the clocks first show its start to the moment at
which they first show its end, so that a night with a change of clocks has one end as well.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from functools import lru_cache

from aggregator.alerts import schedule
from aggregator.model import Quiet, Schedule

KEPT_MAX = 4096
"""Answers kept: many places share their hours and their zone, and ask about the same ring."""


@lru_cache(maxsize=KEPT_MAX)
def holds(quiet: Quiet, zone: tzinfo, at: datetime) -> bool:
    """Say whether `at` lies in quiet hours; their start does, their end does not."""
    today = at.astimezone(zone).date()
    for back in range(-1, 3):
        night = today - schedule.DAY * back
        # From 22:00 to 07:00 ends on the next day.
        morning = night if quiet.start < quiet.end else night + schedule.DAY
        start = schedule.moment(night, quiet.start, zone)
        if start <= at < schedule.moment(morning, quiet.end, zone):
            return True
    return False


def ended(quiet: Quiet, zone: tzinfo, now: datetime) -> datetime:
    """Return when quiet hours were over the last time; `now` itself counts."""
    return schedule.last(Schedule(at=quiet.end), zone, now)
