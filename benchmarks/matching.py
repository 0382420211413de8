"""How fast items are matched: ours against loops of `re` and, with --peers, against others.

    python -m benchmarks.matching [--rules 1000] [--items NEWS.jsonl[.gz] or a folder] [--peers]

Every engine gets the same rules and the same items, in rounds that take turns; what is printed are
medians of the rounds.  Engines that claim to be exact must report the same rules for every item.
`--shipped` times the rules of this repository instead, through `Matcher.read`.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from aggregator.config.rules import load_rules
from aggregator.matching.index import Fields
from aggregator.matching.matcher import Matcher
from aggregator.model import FeedKind, Item, ItemKey, Trust
from benchmarks import matching_corpus as corpus
from benchmarks import matching_engines as engines

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "rules"
CORPUS_ITEMS = 3_000
"""What the rules are drawn from; the timed items are a sample of it."""
LOOP_RULES_A_ROUND = 100_000
"""Rules times items of one round of a loop: some seconds."""
QUICK_TIMES = 20
"""How often the others go through the items in a round, so that a round is not a blink."""


def main() -> int:
    ask = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ask.add_argument("--rules", type=int, default=1_000)
    ask.add_argument("--items", type=Path, help="real news in place of the generated")
    ask.add_argument("--peers", action="store_true", help="YARA-X and spaCy too")
    ask.add_argument("--rounds", type=int, default=5)
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--shipped", action="store_true", help="10,000 items, this repository's rules")
    given = ask.parse_args()
    items = (
        corpus.read_items(given.items)
        if given.items
        else list(corpus.Newsroom(given.seed).items(10_000 if given.shipped else CORPUS_ITEMS))
    )
    if given.shipped:
        return shipped(items, given.rounds)
    return compare(items, given)


def compare(items: list[Fields], given: argparse.Namespace) -> int:
    """Time the engines in turn and print a table; 1 when two exact ones disagree."""
    rng = random.Random(given.seed)
    rules = corpus.rules(corpus.Wording.of(items, rng), given.rules, rng)
    sample = rng.sample(items, min(len(items), max(30, LOOP_RULES_A_ROUND // given.rules)))
    kinds: list[Callable[[engines.Rules], engines.Engine]] = [
        engines.CompiledLoop,
        engines.LookFirstLoop,
        engines.Casewire,
    ]
    if given.peers:
        kinds += [engines.YaraX, engines.SpacyPhrases]
    built = []
    for kind in kinds:
        started = time.perf_counter()
        engine = kind(rules)
        built.append((engine, time.perf_counter() - started))
    said = {engine.name: [frozenset(engine.match(item)) for item in sample] for engine, _ in built}
    micros: dict[str, list[float]] = {engine.name: [] for engine, _ in built}
    for _ in range(given.rounds):
        for engine, _ in built:
            times = 1 if isinstance(engine, engines.CompiledLoop) else QUICK_TIMES
            micros[engine.name].append(_micros(engine, sample, times))
    gold = said[engines.CompiledLoop.name]
    words = sum(len(f"{item.title} {item.summary}".split()) for item in sample) / len(sample)
    print(
        f"{given.rules} rules, {len(sample)} items of {words:.0f} words on average, "
        f"{sum(map(len, gold)) / len(sample):.1f} rules hold on one; {given.rounds} rounds"
    )
    print("| engine | µs an item | loop of re / it | it / Casewire | built in s | same rules on |")
    print("|---|---|---|---|---|---|")
    loop, ours = micros[engines.CompiledLoop.name], micros[engines.Casewire.name]
    for engine, seconds in built:
        own = micros[engine.name]
        same = sum(a == b for a, b in zip(said[engine.name], gold, strict=True)) / len(sample)
        print(
            f"| {engine.name} | {median(own):,.0f} | {_ratio(loop, own):,.4g} "
            f"| {_ratio(own, ours):.3g} | {seconds:.2f} | {same:.0%} |"
        )
    exact = {name: found for name, found in said.items() if name != engines.YaraX.name}
    return int(any(found != gold for found in exact.values()))


def _micros(engine: engines.Engine, items: Sequence[Fields], times: int) -> float:
    """Return the microseconds that `engine` takes an item, once its tables are in the caches."""
    if times > 1:
        for item in items:
            engine.match(item)
    started = time.perf_counter()
    for _ in range(times):
        for item in items:
            engine.match(item)
    return (time.perf_counter() - started) / times / len(items) * 1e6


def _ratio(over: Sequence[float], under: Sequence[float]) -> float:
    """Return the median of the ratios of rounds: a slow minute of the machine hits both."""
    return median(one / other for one, other in zip(over, under, strict=True))


def shipped(fields: Sequence[Fields], rounds: int) -> int:
    """Print how long the shipped rules take for 10,000 items, through `Matcher.read`."""
    started = time.perf_counter()
    rules = load_rules([RULES])
    loaded = time.perf_counter()
    matcher = Matcher(rules)
    built = time.perf_counter()
    seen = datetime(2025, 1, 1, tzinfo=UTC)
    items = [
        Item(
            key=ItemKey(f"{number:032x}"),
            feed_id="benchmark",
            outlet=said.source,
            kind=FeedKind.NEWS,
            trust=Trust.INDEPENDENT,
            url=said.url,
            title=said.title,
            summary=said.summary,
            published=seen,
            seen=seen,
        )
        for number, said in enumerate(fields)
    ]
    seconds = []
    for _ in range(rounds):
        begun = time.perf_counter()
        matched = sum(bool(matcher.read(item).matches) for item in items)
        seconds.append(time.perf_counter() - begun)
    words = sum(len(f"{item.title} {item.summary}".split()) for item in items) / len(items)
    print("| items | words | that match | s for 10,000 | rules read in s | indexed in s |")
    print("|---|---|---|---|---|---|")
    print(
        f"| {len(items):,} | {words:.0f} | {matched:,} "
        f"| {median(seconds) / len(items) * 10_000:.2f} "
        f"| {loaded - started:.2f} | {built - loaded:.2f} |"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
