"""When in the week a feed posts, how long to wait for its next post, and what silence means; pure.

Waits follow the square root of the rate (Sia, Cho and Cho, 2007): at equal effort that finds posts
sooner than asking all alike, and than asking in proportion to the rate, which lets a quiet docket
wait for a day.  The rate is that of the hour of the week and of the minute of the hour.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.feeds.rate import (
    DAY,
    HOURS,
    MINUTES,
    before_silence,
    hour_of_week,
    per_day,
    scaled,
)
from aggregator.model import FeedKind, Learnt

POSTS_MIN = 8.0
"""From so many posts (faded) on, hour and minute count; few of them lean on what is even."""

_DAY_PULL = 20.0
_WEEK_PULL = 48.0
_MINUTE_PULL = 15.0
"""As many posts as the flat day, the mean week and the flat hour weigh against what was counted."""

MINUTE = timedelta(minutes=1)
MINUTES_A_DAY = 1440
_HORIZON = 6
_PER_WAIT = 8
_STOPS_MAX = 90
"""Polls are planned this many waits ahead, at so many moments a wait, at no more in all."""
_RUSH = 2.5
"""A minute with so many times the posts of the mean one is worth a look right after it."""

MASS = math.sqrt(20.0) / 240
"""A feed of 20 posts a day is asked each 6 minutes (a 240th of a day), one of 80 each 3."""

SILENCE_BY_KIND = {
    FeedKind.COURT: timedelta(days=5),
    FeedKind.REGULATOR: timedelta(days=30),
    FeedKind.NEWS: timedelta(days=3),
    FeedKind.BLOG: timedelta(days=90),
}
"""What silence is plausible of a feed whose own rhythm is not known yet: a court's docket rests
over a long weekend, an agency may over a month."""

SILENCE_MIN = timedelta(hours=12)
"""Nobody is called silent after less."""
_KNOWN_DAYS = 14.0
"""Watched so long (faded: about four weeks), a feed is measured by its own rhythm alone."""
_LONGEST_TIMES = 2.0
_MEAN_TIMES = 10.0
"""Silence is news past twice the longest one remembered and ten times the mean one."""


def profile(learnt: Learnt) -> tuple[float, ...]:
    """Return how the rate of each hour of the week stands to the mean one; empty if not known.

    The hour of the day is learnt first, the day of the week with more posts; both lean on what
    is known by then, and neighbouring hours on each other.
    """
    if learnt.posts < POSTS_MIN or len(learnt.hours) != HOURS:
        return ()
    total, counts = learnt.posts, scaled(learnt.hours, learnt.posts)
    by_hour = [sum(counts[hour::24]) for hour in range(24)]
    hourly = [(posts + _DAY_PULL / 24) / (total + _DAY_PULL) for posts in _smooth(by_hour)]
    # Fewer than two weeks cannot tell a Sunday from a day off.
    pull = _WEEK_PULL if learnt.days > _KNOWN_DAYS / 2 else math.inf
    if pull == math.inf:
        return tuple(24 * hourly[hour % 24] for hour in range(HOURS))
    by_day = [sum(counts[day * 24 : day * 24 + 24]) for day in range(7)]
    daily = [(posts + _DAY_PULL / 7) / (total + _DAY_PULL) for posts in by_day]
    weekly = _smooth(counts)
    return tuple(
        HOURS * (weekly[at] + pull * daily[at // 24] * hourly[at % 24]) / (total + pull)
        for at in range(HOURS)
    )


def by_minute(learnt: Learnt) -> tuple[float, ...]:
    """Return how the rate of each minute of the hour stands to the mean one; empty if not known."""
    if learnt.posts < POSTS_MIN or len(learnt.minutes) != MINUTES:
        return ()
    total = learnt.posts + _MINUTE_PULL
    flat = _MINUTE_PULL / MINUTES
    counts = scaled(learnt.minutes, learnt.posts)
    return tuple(MINUTES * (posts + flat) / total for posts in counts)


def wait(
    kind: FeedKind,
    learnt: Learnt,
    now: datetime,
    *,
    longest: timedelta,
    mass: float = MASS,
) -> timedelta:
    """Return how long to wait from `now`, at most `longest`; a smaller `mass` polls more often.

    At an even rate that is `mass` over its root, in days.  Where the hours and minutes are known
    it is the first of the polls that cost the least from here on: each costs as much as it does at
    an even rate, and so does each minute that a post is expected to wait for the next.
    """
    rate = per_day(kind, learnt) * learnt.weight
    even = DAY * (mass / math.sqrt(rate))
    hours, minutes = profile(learnt), by_minute(learnt)
    if not hours or not minutes or longest <= MINUTE:
        return min(longest, even)
    ahead = _Ahead.of(now, min(_HORIZON * even, 3 * longest), rate, hours, minutes)
    step = max(1, round(even / MINUTE / _PER_WAIT))
    stops = [
        at
        for at in range(1, len(ahead.times))
        if ahead.times[at] >= 1 and (at % step == 0 or ahead.after_rush[at])
    ]
    stops = [0, *stops[:: 1 + len(stops) // _STOPS_MAX]]
    return min(longest, MINUTE * ahead.first_stop(stops, longest / MINUTE, mass))


@dataclass(frozen=True, slots=True)
class _Ahead:
    """The posts expected from now on, summed up minute by minute."""

    times: list[float]
    """Minutes from now at which the sums stand."""
    posts: list[float]
    moments: list[float]
    """Posts, each times when it comes: two sums give the waiting between two polls."""
    after_rush: list[bool]
    """Whether a minute in which a desk likes to post has just ended."""

    @classmethod
    def of(
        cls,
        now: datetime,
        span: timedelta,
        rate: float,
        hours: Sequence[float],
        minutes: Sequence[float],
    ) -> _Ahead:
        ahead = cls([0.0], [0.0], [0.0], [False])
        at = now.replace(second=0, microsecond=0)
        passed, end = 0.0, span / MINUTE
        while passed < end:
            following = (at + MINUTE - now) / MINUTE
            shape = hours[hour_of_week(at)] * minutes[at.minute]
            came = rate / MINUTES_A_DAY * shape * (following - passed)
            ahead.posts.append(ahead.posts[-1] + came)
            ahead.moments.append(ahead.moments[-1] + came * (passed + following) / 2)
            ahead.times.append(following)
            ahead.after_rush.append(minutes[at.minute] > _RUSH)
            at, passed = at + MINUTE, following
        return ahead

    def first_stop(self, stops: Sequence[int], longest: float, mass: float) -> float:
        """Return the time of the first of the polls at `stops` that together cost the least."""
        poll = mass * mass / 2 * MINUTES_A_DAY
        cheapest = [0.0] * len(stops)
        first = self.times[stops[-1]]
        for at in range(len(stops) - 2, -1, -1):
            start, best = stops[at], math.inf
            for then in range(at + 1, len(stops)):
                stop = stops[then]
                if self.times[stop] - self.times[start] > longest and best < math.inf:
                    break
                waited = self.times[stop] * (self.posts[stop] - self.posts[start]) - (
                    self.moments[stop] - self.moments[start]
                )
                if waited > best:
                    break  # the later the poll, the longer what came before it has waited
                if waited + poll + cheapest[then] < best:
                    best, first = waited + poll + cheapest[then], self.times[stop]
            cheapest[at] = best
        return first


def silence_max(kind: FeedKind, learnt: Learnt) -> timedelta:
    """Return for how long this feed may say nothing before something is wrong with it."""
    # By what was learnt up to its newest entry: a silence must not excuse itself.
    learnt = before_silence(learnt)
    mean = DAY / per_day(kind, learnt)
    own = max(_LONGEST_TIMES * learnt.longest, _MEAN_TIMES * mean, SILENCE_MIN)
    if learnt.days >= _KNOWN_DAYS:
        return own
    return max(own, SILENCE_BY_KIND[kind])


def rolls_over(learnt: Learnt, kind: FeedKind) -> timedelta:
    """Return after how long half of what it lists may have been pushed out by new entries."""
    return DAY * (max(learnt.entries, 1) / 2 / per_day(kind, learnt))


def _smooth(counts: Sequence[float]) -> list[float]:
    """Let each hour lend a quarter to each neighbour, around the clock."""
    last = len(counts) - 1
    return [
        counts[at] / 2 + counts[at - 1] / 4 + counts[0 if at == last else at + 1] / 4
        for at in range(len(counts))
    ]
