"""How long the store takes at 100,000 stored items: search, lookups, window, people, pruning.

    .venv/bin/python -m benchmarks.store [--items 100000] [--places 2000] [--rounds 50]

Made-up news in a file on this disk; medians, in milliseconds, over the port as the program uses it.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator.matching.fulltext import indexed
from aggregator.model import (
    Batch,
    Decision,
    DecisionKind,
    Event,
    EventKind,
    Evidence,
    FeedKind,
    Item,
    ItemKey,
    Match,
    Place,
    Relation,
    Report,
    Severity,
    Status,
    Story,
    StoryId,
    Subscription,
    Target,
    TargetKind,
    Trust,
)
from aggregator.store.backup import back_up
from aggregator.store.sqlite import SqliteStore

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
COMMON = [
    "court",
    "judge",
    "exchange",
    "token",
    "crypto",
    "market",
    "says",
    "after",
    "new",
    "rules",
]
RARE = [f"word{n}" for n in range(20_000)]
TARGETS = [Target(kind=TargetKind.CASE, slug=f"case-{n}") for n in range(100)]
CHUNK = 1_000


def news(number: int, rng: random.Random) -> Item:
    words = rng.choices(COMMON, k=5) + rng.choices(RARE, k=6)
    seen = NOW - number * 5 * MINUTE
    return Item(
        key=ItemKey(f"{number:032x}"),
        feed_id=f"feed-{number % 40}",
        outlet=f"Wire {number % 40}",
        kind=FeedKind.NEWS,
        trust=Trust.INDEPENDENT,
        url=f"https://wire.example/{number}",
        title=" ".join(words),
        summary=" ".join(rng.choices(COMMON + RARE, k=40)),
        published=seen - MINUTE,
        seen=seen,
    )


def story_of(item: Item, target: Target) -> Story:
    event = Event(kind=EventKind.OTHER, status=Status.REPORTED, severity=Severity.LOW)
    report = Report(
        item_key=item.key, outlet=item.outlet, trust=item.trust, kind=item.kind, url=item.url,
        title=item.title, summary=item.summary, at=item.at, seen=item.seen, event=event,
    )  # fmt: skip
    return Story(
        id=StoryId(f"s{item.key}"), targets=frozenset({target}), related=frozenset(), event=event,
        reports=(report,), first_at=item.at, last_at=item.at, rings=1, rang=item.seen,
    )  # fmt: skip


async def fill(store: SqliteStore, items: int, places: int) -> None:
    """Store news of which a tenth matched, and people who follow."""
    rng = random.Random(7)
    for first in range(0, items, CHUNK):
        made = [news(number, rng) for number in range(first, min(first + CHUNK, items))]
        matched = [(item, rng.choice(TARGETS)) for item in made[::10]]
        span = Evidence(field="title", start=0, end=5, text="court")
        batch = Batch(
            items=tuple(made),
            matches=tuple(
                (
                    item.key,
                    Match(target=target, relation=Relation.CHIEF, evidence=(span,), reason="x"),
                )
                for item, target in matched
            ),
            stories=tuple(story_of(item, target) for item, target in matched),
            decisions=tuple(
                (
                    item.key,
                    Decision(kind=DecisionKind.ALERT, reason="new", story=StoryId(f"s{item.key}")),
                )
                for item, _ in matched
            ),
        )
        await store.commit(batch, (await store.window(NOW)).version)
    for place in range(places):
        for target in rng.sample(TARGETS, 5):
            await store.subscribe(
                Subscription(place=Place(chat_id=place + 1), target=target, since=NOW)
            )


async def median(name: str, rounds: int, work: Callable[[int], Awaitable[object]]) -> None:
    took = []
    for at in range(rounds):
        began = time.perf_counter()
        await work(at)
        took.append((time.perf_counter() - began) * 1000)
    print(f"{name:<44} median {statistics.median(took):8.2f} ms   worst {max(took):8.2f} ms")


async def main(items: int, places: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "casewire.db"
        store = await SqliteStore.open(str(file), words=indexed)
        began = time.perf_counter()
        await fill(store, items, places)
        print(
            f"{items:,} items, {places:,} places x 5 follows: "
            f"{time.perf_counter() - began:.0f} s, {file.stat().st_size / 2**20:.0f} MB"
        )

        def look(fts: Callable[[int], str | None]) -> Callable[[int], Awaitable[object]]:
            return lambda at: store.search(fts(at), since=None, before=None, limit=10)

        await median("search: one rare word", rounds, look(lambda at: RARE[at]))
        await median("search: a word that most items have", rounds, look(lambda _: "court"))
        await median("search: two common words", rounds, look(lambda _: "court AND exchange"))
        await median("search: a phrase", rounds, look(lambda _: '"court judge"'))
        await median("search: a prefix", rounds, look(lambda at: f"word{at % 9}*"))
        await median("search: the newest", rounds, look(lambda _: None))
        await median("stories_of", rounds, lambda at: store.stories_of(TARGETS[at % 100], 5))
        await median("latest of 5", rounds, lambda at: store.latest(TARGETS[at : at + 5], 10))
        await median("latest of all", rounds, lambda _: store.latest(None, 10))
        await median("coverage", rounds, lambda at: store.coverage(TARGETS[at % 100]))
        await median(
            "coverage_by_week", rounds, lambda at: store.coverage_by_week(TARGETS[at % 100])
        )
        await median(
            "window of 72 h, again", rounds, lambda _: store.window(NOW - timedelta(hours=72))
        )
        await median("people, first look", 1, lambda _: store.people())
        await median("people, again", rounds, lambda _: store.people())
        await median("counts", rounds, lambda _: store.counts())
        await median(
            "known_items, 500 keys",
            rounds,
            lambda at: store.known_items(
                [ItemKey(f"{n:032x}") for n in range(at * 500, at * 500 + 500)]
            ),
        )
        back = timedelta(days=30)
        steps = []
        gone, began = 0, time.perf_counter()
        while True:
            at = time.perf_counter()
            step = await store.prune(unmatched=NOW - back, matched=NOW - 20 * back, done=NOW - back)
            steps.append((time.perf_counter() - at) * 1000)
            gone += step.items
            if not (step.items or step.stories):
                break
        took = time.perf_counter() - began
        print(
            f"prune: {gone:,} items in {took:.1f} s ({gone / took:,.0f}/s), "
            f"a step median {statistics.median(steps):.0f} ms, worst {max(steps):.0f} ms, "
            f"nothing to do {steps[-1]:.0f} ms"
        )
        began = time.perf_counter()
        size = await asyncio.to_thread(back_up, str(file), Path(folder) / "copy.db")
        print(f"backup: {size / 2**20:.0f} MB in {time.perf_counter() - began:.1f} s, checked")
        await store.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--places", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=50)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.items, arguments.places, arguments.rounds))
