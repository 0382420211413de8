"""How soon polling finds what is posted: a replay of real posting times.

python benchmarks/polling.py NEWS.jsonl.gz... [--feeds feeds.yaml] [--polls 24] [--seeds 5]

Each line of a file has `outlet` and `published`; those whose `precision` is not `second` are left
out.  Of each outlet the longest stretch without a pause of days is taken: the first half is what
the program has learnt when it starts, the second half is replayed, with the program's own code
learning on.  At equal polls a day it is compared with polling all alike, and with polling in
proportion to the rate.  Then the outlets that are in the feeds file are replayed under its caps.
A replay knows posting times only: no server's delay, no publisher's wish for patience.

`--cross` answers whether the constants fit these outlets alone: how strongly few posts lean on an
even profile is chosen anew on every other outlet, and tried on those in between; and the reverse.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import mean, quantiles

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from aggregator.config.feeds import load_feeds
from aggregator.feeds import rate, rhythm
from aggregator.feeds.polling import CAPS, FLOOR, interval, state_after
from aggregator.model import Entry, Feed, FeedKind, FeedState, Fetched, Learnt, Parsed

DAY = timedelta(days=1)
PAUSE = timedelta(days=4)
STRETCH_MIN = timedelta(days=4)
POSTS_MIN = 5
PAGE = 30
"""What a feed lists."""
CAPS_TIMES = 24
"""At 24 polls a day no feed can keep the caps of the real thing; all grow by the same factor."""
PROPORTIONAL_MAX = DAY
SAFE = 0.99
"""The budget is met on one phase; on the others it may come out a little higher."""
PULLS = {name: getattr(rhythm, name) for name in ("_DAY_PULL", "_WEEK_PULL", "_MINUTE_PULL")}
LEANINGS = (0.5, 1.0, 2.0, 4.0)
"""Times the pulls of the program."""
SENT_S = 3.0
"""From detected to sent: fetching, parsing, matching and the first place in an empty queue."""

Wait = Callable[[Learnt, datetime], timedelta]


@dataclass(frozen=True)
class Replay:
    """One outlet's posts, and when the second half begins."""

    name: str
    posts: tuple[datetime, ...]
    split: datetime

    @property
    def end(self) -> datetime:
        return self.posts[-1]

    def listed(self, now: datetime) -> Parsed:
        """Return what the feed shows at `now`."""
        last = bisect_right(self.posts, now)
        return Parsed(
            entries=tuple(Entry(published=at) for at in reversed(self.posts[:last][-PAGE:]))
        )


@dataclass(frozen=True)
class Result:
    """What a way of polling came to."""

    delays_s: list[float]
    feed_means_s: list[float]
    polls_a_day: float
    longest: timedelta

    def line(self, name: str, against: Result | None = None) -> str:
        p = quantiles(self.delays_s, n=100)
        figures = (mean(self.delays_s), p[49], p[89], p[94], mean(self.feed_means_s))
        row = " | ".join(f"{figure / 60:.1f}" for figure in figures)
        if against is None:
            gain = "|"
        else:
            base = quantiles(against.delays_s, n=100)
            gain = (
                f"{100 * (figures[0] / mean(against.delays_s) - 1):+.0f} % | "
                f"{100 * (p[89] / base[89] - 1):+.0f} %"
            )
        longest = f"{self.longest / timedelta(minutes=1):.0f}"
        return f"| {name} | {self.polls_a_day:.1f} | {row} | {longest} | {gain} |"


def read(paths: Sequence[Path], posts_min: int, stretch_min: timedelta) -> list[Replay]:
    """Return the stretches worth replaying."""
    posts: dict[str, set[datetime]] = defaultdict(set)
    for path in paths:
        with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
            for line in lines:
                item = json.loads(line)
                if item.get("precision", "second") == "second":
                    at = datetime.fromisoformat(item["published"])
                    posts[item["outlet"]].add(at.astimezone(UTC))
    found = []
    for name, times in sorted(posts.items()):
        stretch = max(_stretches(sorted(times)), key=len)
        if len(stretch) >= posts_min and stretch[-1] - stretch[0] >= stretch_min:
            split = stretch[0] + (stretch[-1] - stretch[0]) / 2
            found.append(Replay(name, tuple(stretch), split))
    return found


def _stretches(times: Sequence[datetime]) -> Iterator[list[datetime]]:
    stretch = [times[0]]
    for before, at in pairwise(times):
        if at - before > PAUSE:
            yield stretch
            stretch = []
        stretch.append(at)
    yield stretch


def learnt_at(replay: Replay) -> Learnt:
    """Return what the first half taught, read an hour at a time."""
    learnt, now = Learnt(), replay.posts[0]
    while now < replay.split:
        now += timedelta(hours=1)
        learnt = rate.counted(learnt, replay.listed(now), now)
    return learnt


def run(replays: Sequence[Replay], before: dict[str, Learnt], wait: Wait, seed: int) -> Result:
    """Replay every second half, each feed with a phase of its own."""
    rng = random.Random(seed)
    delays: list[float] = []
    means: list[float] = []
    polls, days, longest = 0, 0.0, timedelta()
    for replay in replays:
        learnt, last = before[replay.name], replay.split
        now = last + wait(learnt, last) * rng.random()
        own: list[float] = []
        while True:
            polls += 1
            first, after = bisect_right(replay.posts, last), bisect_right(replay.posts, now)
            own += [(now - at).total_seconds() for at in replay.posts[first:after]]
            learnt, last = rate.counted(learnt, replay.listed(now), now), now
            if now >= replay.end:
                break
            waited = wait(learnt, now)
            longest = max(longest, waited)
            now += waited
        days += (replay.end - replay.split) / DAY
        delays += own
        if own:
            means.append(mean(own))
    return Result(delays, means, polls / days, longest)


def pooled(results: Sequence[Result]) -> Result:
    return Result(
        [delay for result in results for delay in result.delays_s],
        [one for result in results for one in result.feed_means_s],
        mean(result.polls_a_day for result in results),
        max(result.longest for result in results),
    )


def at_budget(
    make: Callable[[float], Wait],
    try_: Callable[[Wait], Result],
    polls: float,
    *,
    between: tuple[float, float] = (1e-4, 1e2),
    tries: int = 22,
) -> Wait:
    """Return the way of polling whose polls come closest to the budget from below."""
    low, high = between
    for _ in range(tries):
        middle = (low * high) ** 0.5
        if try_(make(middle)).polls_a_day > polls:
            low = middle
        else:
            high = middle
    return make(high)


def ours_at(cap: timedelta) -> Callable[[float], Wait]:
    """Return the program's own way of waiting, which a mass makes more or less patient."""

    def make(mass: float) -> Wait:
        return lambda learnt, now: max(
            FLOOR, rhythm.wait(FeedKind.NEWS, learnt, now, longest=cap, mass=mass)
        )

    return make


def leaning(times: float) -> None:
    """Let few posts lean so many times as strongly on an even profile as they do in the program."""
    for name, pull in PULLS.items():
        setattr(rhythm, name, pull * times)


def crossed(replays: Sequence[Replay], polls: int, caps_times: float) -> None:
    """Print what the constants chosen on one half of the outlets bring on the other half."""
    before = {replay.name: learnt_at(replay) for replay in replays}
    make = ours_at(CAPS[FeedKind.NEWS] * caps_times)
    halves = {"odd": replays[::2], "even": replays[1::2]}
    found: dict[tuple[str, float], Result] = {}
    print("| outlets | leaning | polls a day | mean min | p50 | p90 | p95 | mean of feeds "
          "| longest wait min | mean against all alike | p90 |\n" + "|---" * 11 + "|")  # fmt: skip
    for name, half in halves.items():
        alike = run(half, before, lambda _, __: DAY / polls, 0)
        for times in LEANINGS:
            leaning(times)
            wait = at_budget(
                make,
                lambda one, half=half: run(half, before, one, 0),
                alike.polls_a_day * SAFE,
                between=(rhythm.MASS, 16 * rhythm.MASS),
                tries=7,
            )
            found[name, times] = run(half, before, wait, 0)
            print(f"| {name} " + found[name, times].line(f"x{times:g}", alike), flush=True)
    best = {
        name: min(LEANINGS, key=lambda times, on=name: mean(found[on, times].delays_s))
        for name in halves
    }
    leanings = {"odd": best["even"], "even": best["odd"]}
    alike = run(replays, before, lambda _, __: DAY / polls, 0)
    wait = fitted(halves, before, leanings, make, alike.polls_a_day * SAFE)
    print(f"| each by the other's choice: {leanings} " + wait.line("all", alike))
    leaning(1)


def fitted(
    halves: Mapping[str, Sequence[Replay]],
    before: dict[str, Learnt],
    leanings: Mapping[str, float],
    make: Callable[[float], Wait],
    polls: float,
    *,
    between: tuple[float, float] = (rhythm.MASS, 16 * rhythm.MASS),
    tries: int = 9,
) -> Result:
    """Return what both halves come to on one budget, each with a leaning of its own."""

    def both(wait: Wait) -> Result:
        parts = []
        for name, half in halves.items():
            leaning(leanings[name])
            parts.append(run(half, before, wait, 0))
        days = [sum((one.end - one.split) / DAY for one in half) for half in halves.values()]
        asked = sum(part.polls_a_day * span for part, span in zip(parts, days, strict=True))
        return replace(pooled(parts), polls_a_day=asked / sum(days))

    return both(at_budget(make, both, polls, between=between, tries=tries))


def compared(replays: Sequence[Replay], polls: int, seeds: int, caps_times: float) -> None:
    """Print ours beside the two usual ways, at equal polls a day."""
    before = {replay.name: learnt_at(replay) for replay in replays}
    cap = CAPS[FeedKind.NEWS] * caps_times
    ours = ours_at(cap)

    def flat(mass: float) -> Wait:
        return lambda learnt, now: max(
            FLOOR,
            rhythm.wait(FeedKind.NEWS, replace(learnt, minutes=()), now, longest=cap, mass=mass),
        )

    def proportional(scale: float) -> Wait:
        return lambda learnt, _: min(
            PROPORTIONAL_MAX, max(FLOOR, DAY * scale / rate.per_day(FeedKind.NEWS, learnt))
        )

    def uniform(_: Learnt, __: datetime) -> timedelta:
        return DAY / polls

    def all_seeds(wait: Wait) -> Result:
        return pooled([run(replays, before, wait, seed) for seed in range(seeds)])

    alike = all_seeds(uniform)
    print(f"{len(replays)} feeds, {len(alike.delays_s) // seeds} posts replayed, {seeds} phases; "
          f"no wait over {cap / timedelta(hours=1):g} h")  # fmt: skip
    print("\n| way | polls a day | mean min | p50 | p90 | p95 | mean of feeds | longest wait min "
          "| mean against all alike | p90 |\n|---|---|---|---|---|---|---|---|---|---|")  # fmt: skip
    print(alike.line("all alike"))
    for name, make in (
        ("in proportion to the rate", proportional),
        ("square root of the rate", flat),
        ("**and of the hour and minute (ours)**", ours),
    ):
        wait = at_budget(make, lambda one: run(replays, before, one, 0), alike.polls_a_day * SAFE)
        print(all_seeds(wait).line(name, alike), flush=True)


def shipped(replays: Sequence[Replay], feeds: Sequence[Feed], seeds: int) -> None:
    """Print how long the outlets of the feeds file take from published to sent."""
    names = {feed.name.casefold(): feed for feed in feeds if feed.enabled}
    delays: list[float] = []
    polls, days, late = 0, 0.0, 0
    for replay in replays:
        feed = names.get(replay.name.casefold())
        if feed is None:
            continue
        for seed in range(seeds):
            rng = random.Random(f"{seed} {replay.name}")
            state = FeedState(feed_id=feed.id, first_read=replay.posts[0], learnt=learnt_at(replay))
            last = replay.split
            now = last + interval(feed) * rng.random()
            while now < replay.end:
                polls += 1
                first, after = bisect_right(replay.posts, last), bisect_right(replay.posts, now)
                delays += [(now - at).total_seconds() + SENT_S for at in replay.posts[first:after]]
                state = state_after(
                    feed, state, Fetched(url=feed.url, body=b""), replay.listed(now), now
                )
                assert state.next_poll is not None  # noqa: S101 -- it is set by each poll
                late += state.next_poll - now > interval(feed)
                last, now = now, state.next_poll
            days += (replay.end - replay.split) / DAY
    if not delays:
        print("\nnone of the outlets is in the feeds file")
        return
    p = quantiles(delays, n=100)
    print(f"\nfeeds of the file: {len(delays) // seeds} posts, {polls / days:.0f} polls a day each, "
          f"{late} waits over the cap; published to sent: mean {mean(delays) / 60:.1f} min, "
          f"p50 {p[49] / 60:.1f}, p90 {p[89] / 60:.1f}, p95 {p[94] / 60:.1f}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("news", type=Path, nargs="+")
    parser.add_argument("--feeds", type=Path, default=Path("feeds.yaml"))
    parser.add_argument("--polls", type=int, default=24)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--caps-times", type=float, default=CAPS_TIMES)
    parser.add_argument("--cross", action="store_true", help="choose on one half, try on the other")
    options = parser.parse_args()
    replays = read(options.news, POSTS_MIN, STRETCH_MIN)
    if options.cross:
        crossed(replays, options.polls, options.caps_times)
        return
    compared(replays, options.polls, options.seeds, options.caps_times)
    shipped(replays, load_feeds((options.feeds,)), options.seeds)


if __name__ == "__main__":
    main()
