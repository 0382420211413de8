"""How long `/case binance` takes in a store that is full: `python -m benchmarks.card`.

Fills a database in a temporary folder with generated items, one in twenty of them about SEC v.
Binance and joined to stories, then answers the command fifty times and prints the median and the
slowest.  Beside it, `/latest` and a search, which read the same tables.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator.cli.compose import setup
from aggregator.config.rules import load_rules
from aggregator.config.settings import Settings
from aggregator.matching.fulltext import indexed
from aggregator.matching.matcher import Matcher
from aggregator.model import (
    Batch,
    Committed,
    Event,
    EventKind,
    FeedKind,
    Item,
    ItemKey,
    Match,
    Relation,
    Report,
    Severity,
    Stale,
    Status,
    Story,
    StoryId,
    Target,
    TargetKind,
    Trust,
)
from aggregator.store.sqlite import SqliteStore
from aggregator.telegram.ask import View
from aggregator.telegram.commands import answer
from aggregator.telegram.incoming import ChatType, Incoming

ROOT = Path(__file__).parents[1]
BATCH = 2_000
ABOUT = 20
"""One item in so many is about the case."""
REPORTS = 4
"""Items of one story."""
CASE = Target(kind=TargetKind.CASE, slug="sec-v-binance")
START = datetime(2023, 6, 5, tzinfo=UTC)
WORDS = [
    "court",
    "judge",
    "filing",
    "motion",
    "exchange",
    "token",
    "market",
    "agency",
    "regulator",
    "ruling",
    "appeal",
    "hearing",
    "price",
    "fund",
    "bank",
    "stable",
    "coin",
    "wallet",
    "lender",
    "mining",
    "staking",
    "custody",
    "order",
    "delay",
    "plan",
    "group",
    "firm",
    "talks",
]


def items(count: int, rng: random.Random) -> list[Item]:
    """Return generated items, an hour's third apart."""
    made = []
    for at in range(count):
        title = " ".join(rng.choices(WORDS, k=9)).capitalize()
        if at % ABOUT == 0:
            title = f"SEC v. Binance: {title}"
        when = START + timedelta(minutes=15 * at)
        made.append(
            Item(
                key=ItemKey(f"{at:032x}"),
                feed_id=f"feed-{at % 40}",
                outlet=f"Outlet {at % 40}",
                kind=FeedKind.NEWS,
                trust=Trust.INDEPENDENT,
                url=f"https://outlet-{at % 40}.example/{at}",
                title=title,
                summary=" ".join(rng.choices(WORDS, k=40)),
                published=when,
                seen=when,
            )
        )
    return made


def stories(about: list[Item]) -> list[Story]:
    """Return the stories of the items about the case, `REPORTS` each."""
    event = Event(kind=EventKind.HEARING, status=Status.REPORTED, severity=Severity.MEDIUM)
    made = []
    for first in range(0, len(about), REPORTS):
        some = about[first : first + REPORTS]
        reports = tuple(
            Report(
                item_key=one.key,
                outlet=one.outlet,
                trust=one.trust,
                kind=one.kind,
                url=one.url,
                title=one.title,
                summary=one.summary,
                at=one.at,
                seen=one.seen,
                event=event,
            )
            for one in some
        )
        made.append(
            Story(
                id=StoryId(some[0].key[16:]),
                targets=frozenset({CASE}),
                related=frozenset(),
                event=event,
                reports=reports,
                first_at=some[0].at,
                last_at=some[-1].at,
                rings=1,
                rang=some[0].seen,
            )
        )
    return made


async def fill(store: SqliteStore, count: int) -> None:
    """Store `count` items in batches."""
    made = items(count, random.Random(7))
    version = (await store.window(START + timedelta(days=36_500))).version
    for first in range(0, count, BATCH):
        some = made[first : first + BATCH]
        about = [one for one in some if "Binance" in one.title]
        batch = Batch(
            items=tuple(some),
            matches=tuple(
                (
                    one.key,
                    Match(target=CASE, relation=Relation.CHIEF, evidence=(), reason="caption"),
                )
                for one in about
            ),
            stories=tuple(stories(about)),
        )
        match await store.commit(batch, version):
            case Committed(version=after):
                version = after
            case Stale():
                raise RuntimeError("another writer in a store of our own")


async def measure(count: int, times: int) -> None:
    """Print the table."""
    settings = Settings.from_env({"CASEWIRE_ACCESS": "open"})
    chat = setup(settings, Matcher(load_rules((ROOT / "rules",))))
    view = View(setup=chat, bot_name="bench_bot")
    now = START + timedelta(minutes=15 * count)
    with tempfile.TemporaryDirectory() as folder:
        store = await SqliteStore.open(f"{folder}/bench.db", words=indexed)
        try:
            began = time.perf_counter()
            await fill(store, count)
            print(f"{count:,} items stored in {time.perf_counter() - began:.0f} s")
            for text in ("/case binance", "/latest", "/search Binance AND hearing"):
                took = []
                for at in range(times):
                    asked = Incoming(
                        update_id=at + 1,
                        chat_id=5,
                        chat_type=ChatType.PRIVATE,
                        user_id=5,
                        text=text,
                    )
                    began = time.perf_counter()
                    given = await answer(asked, view, store, now)
                    took.append((time.perf_counter() - began) * 1000)
                    if not given.replies:
                        raise RuntimeError(f"{text} was not answered")
                median, slowest = statistics.median(took), max(took)
                print(f"{text:<30} median {median:6.1f} ms   slowest {slowest:6.1f} ms")
        finally:
            await store.close()


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=50)
    wanted = parser.parse_args()
    asyncio.run(measure(wanted.items, wanted.times))


if __name__ == "__main__":
    main()
