"""The moments of a schedule, by the clocks of a zone: each day's exactly once, whatever they do.

When clocks go back, a time comes twice, and the first counts.  When they go forward, a time may not
come at all, and the first moment after the gap stands for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from aggregator.model import Schedule

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
REACH_DAYS = 9
"""A week, and a day on each side for zones that are a day apart from UTC or skip one."""


def moment(day: date, at: time, zone: tzinfo) -> datetime:
    """Return when it is `at` o'clock on `day` in `zone`, as UTC."""
    local = datetime.combine(day, at.replace(tzinfo=None), zone)
    first, second = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    # In a gap the clock of before reads later than the one of after.
    return _after_gap(second, first, zone) if first > second else first


def last(schedule: Schedule, zone: tzinfo, now: datetime) -> datetime:
    """Return the schedule's last moment; `now` itself counts."""
    today = now.astimezone(zone).date()
    days = (today - DAY * back for back in range(-1, REACH_DAYS))
    return next(at for at in _moments(schedule, zone, days) if at <= now)


def following(schedule: Schedule, zone: tzinfo, now: datetime) -> datetime:
    """Return the schedule's first moment after `now`."""
    today = now.astimezone(zone).date()
    days = (today + DAY * ahead for ahead in range(-1, REACH_DAYS))
    return next(at for at in _moments(schedule, zone, days) if at > now)


def _moments(schedule: Schedule, zone: tzinfo, days: Iterable[date]) -> Iterator[datetime]:
    for day in days:
        if schedule.weekday is None or schedule.weekday == day.weekday():
            yield moment(day, schedule.at, zone)


def _after_gap(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """Return the moment between the two at which the clocks went forward."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > SECOND:
        middle = before + SECOND * ((after - before) // SECOND // 2)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
