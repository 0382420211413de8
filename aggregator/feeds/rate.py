"""How much a feed posts, learnt from the dates of its entries; pure.

The rate is Gamma-smoothed: what is usual for the kind counts as much as one post, and what was
seen fades with a half-life of a fortnight, so that one quiet week does not sink it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import pairwise

from aggregator.model import Entry, FeedKind, Learnt, Parsed

HALF_LIFE = timedelta(days=14)
LONGEST_HALF_LIFE = timedelta(days=60)
"""A long silence is remembered over several weekends and a holiday."""

PRIOR_A_DAY = {
    FeedKind.COURT: 60.0,
    FeedKind.REGULATOR: 2.0,
    FeedKind.NEWS: 20.0,
    FeedKind.BLOG: 0.5,
}
"""Posts a day of a feed that nothing is known of yet."""

PAST_MAX = timedelta(days=90)
"""Of a page that reaches further back, only so much counts for the rate."""

AHEAD_MAX = timedelta(minutes=10)
"""A publisher's clock may be ahead by so much; an entry dated later is an announcement."""

HOURS = 168
MINUTES = 60
NAMES_MAX = 60
DAY = timedelta(days=1)


def per_day(kind: FeedKind, learnt: Learnt) -> float:
    """Return how many posts a day to expect."""
    return (1 + learnt.posts) / (1 / PRIOR_A_DAY[kind] + learnt.days)


def hour_of_week(at: datetime) -> int:
    """Return 0 for the hour that begins on Monday at 00:00 UTC, 167 for the last one."""
    return at.weekday() * 24 + at.hour


def dates(parsed: Parsed, now: datetime) -> tuple[datetime, ...]:
    """Return when its entries are from, oldest first; none where most of them do not say."""
    found = [at for entry in parsed.entries if (at := entry.published or entry.updated)]
    if 2 * len(found) < len(parsed.entries):
        return ()
    return tuple(sorted(min(at, now) for at in found if at <= now + AHEAD_MAX))


def names(parsed: Parsed) -> tuple[str, ...]:
    """Return short names of the entries, to know them again where they have no dates."""
    return tuple(_name(entry) for entry in parsed.entries[:NAMES_MAX])


def counted(learnt: Learnt, parsed: Parsed | None, now: datetime) -> Learnt:
    """Return `learnt` with what a good answer at `now` shows; None is a 304, which shows silence.

    The first answer counts the whole page, later ones only what is newer than all before.
    """
    if parsed is None:
        return _until(learnt, now) if learnt.counted is not None else learnt
    times = dates(parsed, now)
    if not times:
        return _undated(learnt, parsed, now)
    if learnt.counted is None or learnt.newest is None:
        return _first(learnt, times, now)
    new = [at for at in times if at > learnt.newest]
    learnt = replace(_until(learnt, now), page=())
    if not new:
        return learnt
    learnt = _add(learnt, new, now)
    silences = (after - before for before, after in pairwise((learnt.newest or new[0], *new)))
    return replace(
        learnt,
        longest=max(learnt.longest, *silences),
        newest=max(new[-1], learnt.newest or new[-1]),
        fresh=now,
    )


def before_silence(learnt: Learnt) -> Learnt:
    """Return the counts as they stood when the newest entry came."""
    newest = learnt.newest if learnt.newest is not None else learnt.fresh
    if newest is None or learnt.counted is None or newest >= learnt.counted:
        return learnt
    silence = min(learnt.counted - newest, PAST_MAX)
    left = fade(silence)
    days = max((learnt.days - _days(silence)) / left, 0.0)
    return replace(learnt, posts=learnt.posts / left, days=days)


def scaled(counts: Sequence[float], posts: float) -> list[float]:
    """Return `counts`, which fade only when something is added, as they are with `posts` in all."""
    total = sum(counts)
    return [count * posts / total for count in counts] if total else list(counts)


def fade(span: timedelta, half_life: timedelta = HALF_LIFE) -> float:
    """Return what is left of a count after `span`."""
    return math.exp2(-max(span, timedelta()) / half_life)


def _first(learnt: Learnt, times: Sequence[datetime], now: datetime) -> Learnt:
    start = max(times[0], now - PAST_MAX)
    # The oldest date only opens the stretch: counting it would overrate a page of two, and a page
    # that was dated whole at the request would seem to be the work of a second.
    posts = [at for at in times if at > times[0] and at >= start]
    fresh = replace(learnt, counted=now, posts=0.0, days=_days(now - start), hours=(), minutes=())
    silences = [after - before for before, after in pairwise(times)]
    return replace(
        _add(fresh, posts, now),
        longest=max(silences, default=timedelta()),
        newest=times[-1],
        fresh=now,
        page=(),
    )


def _undated(learnt: Learnt, parsed: Parsed, now: datetime) -> Learnt:
    page = names(parsed)
    if learnt.counted is None:
        return replace(learnt, counted=now, fresh=now if page else None, page=page)
    new = set(page) - set(learnt.page)
    was_empty, learnt = not learnt.page, _until(learnt, now)
    if not page:
        return learnt
    if new and not was_empty:
        learnt = _add(learnt, [now] * len(new), now)
        silence = now - (learnt.fresh or now)
        learnt = replace(learnt, longest=max(learnt.longest, silence))
    return replace(learnt, page=page, fresh=now if new else learnt.fresh)


def _until(learnt: Learnt, now: datetime) -> Learnt:
    """Let the time from the last count to `now` pass."""
    span = now - (learnt.counted or now)
    if span <= timedelta():
        return learnt
    left = fade(span)
    return replace(
        learnt,
        counted=now,
        # Rounded to four digits, what is polled each minute would never fade at all.
        posts=round(learnt.posts * left, 9),
        days=round(learnt.days * left + _days(span), 9),
        longest=learnt.longest * fade(span, LONGEST_HALF_LIFE),
    )


def _add(learnt: Learnt, posts: Sequence[datetime], now: datetime) -> Learnt:
    hours = scaled(learnt.hours, learnt.posts) or [0.0] * HOURS
    minutes = scaled(learnt.minutes, learnt.posts) or [0.0] * MINUTES
    total = learnt.posts
    for at in posts:
        weight = fade(now - at)
        hours[hour_of_week(at)] += weight
        minutes[at.minute] += weight
        total += weight
    return replace(learnt, posts=round(total, 9), hours=_short(hours), minutes=_short(minutes))


def _short(counts: Sequence[float]) -> tuple[float, ...]:
    # Of ten thousand feeds most hours hold nothing: one and the same nothing, to save memory.
    return tuple(round(count, 3) or 0.0 for count in counts)


def _days(span: timedelta) -> float:
    """Return how many days of watching a stretch that ends now counts for, faded like posts."""
    return round((1 - fade(span)) * (HALF_LIFE / DAY) / math.log(2), 9)


def _name(entry: Entry) -> str:
    named = entry.guid or entry.link or f"{entry.title}\0{entry.summary}"
    return blake2b(named.encode("utf-8", "surrogatepass"), digest_size=5).hexdigest()
