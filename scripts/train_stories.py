"""Learn `aggregator/stories/weights.json` from labelled news.

    python scripts/train_stories.py --headlines DEV.jsonl… --labels stories.jsonl \
        --news NEWS.jsonl.gz… > aggregator/stories/weights.json

Headlines are `{"id","t","title","story"}` lines, with a `desc` where there is one.  Their stamps
are not trusted: sets exist that stamp all items of a story alike, and a time feature would learn
the label from it.  So they are shuffled, and time is learned from the labelled news alone.

Each set of headlines is clustered twice: led by the labels, then freely by what the first round
learned, because a story that the scorer made itself looks different from a true one.  The
labelled news gives pairs: items of one event, items of two events told in like words, and for
each of its items what else the window held that looked near.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from aggregator.config.rules import load_rules
from aggregator.matching.matcher import Matcher
from aggregator.model import EventKind, FeedKind, Item, ItemKey, TargetKind, Trust
from aggregator.stories.features import FEATURES, Pile, Text, compare
from aggregator.stories.score import Model, Weights, probability
from aggregator.stories.window import Window

ROOT = Path(__file__).resolve().parent.parent

JITTER = timedelta(hours=36)
"""So far each headline is moved at random; then they stand in their new order."""

FREE_JOIN = 0.5
UNSURE_NEAR = 0.45
"""A neighbour of a labelled item that is nearer than this and has no label may be the same event,
so it teaches nothing."""

HEADLINE_LABELLED = 0.1
TEXT_LABELLED = 8.0
"""What the labelled news counts, against 1 for each set of headlines.  General headlines call the
reaction to an event the same story, the labelled news calls it another; who reads only headlines
gets the first, who reads openings too the second."""

HARD_SHARE = 0.5
"""What the pairs told in like words count of it."""

UNDATED = "2024-01-01"

BY_HAND = {"same_case": 2.0, "same_event": 1.5}
"""Too few labelled pairs share a case to learn these; set so that one day in court told in other
words stays one event."""

HEADLINE_BY_HAND = {"days": -2.0}
"""Headlines hide their time here, and the few labelled ones would make a day count for more than
it does for the openings, which are learned from as many."""

TEXT_BY_HAND = {"other_forms": 0.0, "phrases": 0.0}
"""Headlines alone need what little they share.  Beside openings these learned the labelled news by
heart: twice as many of its hard pairs were joined."""

RIDGE = 1.0
STEPS_MAX = 50

Reader = Callable[[dict[str, Any]], tuple[EventKind, frozenset[object]]]


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison, whether it was one event, and how much it counts."""

    features: tuple[float, ...]
    same: bool
    counts: float
    labelled: bool
    """From the labelled news: such rows have a bias of their own while learning, since how many
    of them are one event was chosen by hand."""


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    yield from map(json.loads, text.splitlines())


def _when(stamp: str) -> datetime:
    at = datetime.fromisoformat(stamp)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


# --- headlines --------------------------------------------------------------------------------


def stream(
    rows: Sequence[dict[str, Any]],
    rng: random.Random,
    *,
    led_by: Model | None,
    with_summary: bool,
    read: Reader,
) -> Iterator[tuple[tuple[float, ...], bool]]:
    """Cluster headlines and yield every comparison: along the labels, or freely by `led_by`."""
    order = sorted(
        (_when(row["t"]) + JITTER * rng.random(), number) for number, row in enumerate(rows)
    )
    window = Window()
    told: dict[str, dict[str, int]] = {}
    for at, number in order:
        row = rows[number]
        summary = row.get("desc", "") if with_summary else ""
        told_as = {"id": f"{row['id']} {with_summary}", "title": row["title"], "summary": summary}
        text = Text(row["title"], summary, read(told_as)[0])
        best: tuple[float, str] | None = None
        for live in window.near(at, text):
            features = compare(text, live.pile, window.words.weight, hours=0.0)
            owners = told[live.id]
            yield (
                features.row,
                max(owners, key=lambda story: (owners[story], story)) == row["story"],
            )
            if led_by is not None:
                score = probability(led_by.logit(features))
                if best is None or score > best[0]:
                    best = score, live.id
        if led_by is None:
            into = row["story"]
        else:
            into = best[1] if best and best[0] >= FREE_JOIN else f"{number}"
        window.put(into, at, text)
        owners = told.setdefault(into, {})
        owners[row["story"]] = owners.get(row["story"], 0) + 1


def headline_rows(
    paths: Iterable[Path], rng: random.Random, led_by: Model | None, read: Reader
) -> Iterator[Row]:
    """Yield the comparisons of all sets; each set counts for 1000 rows."""
    for path in paths:
        rows = list(_lines(path))
        found: list[tuple[tuple[float, ...], bool]] = []
        for with_summary in (False, True) if "desc" in rows[0] else (False,):
            found += stream(rows, rng, led_by=led_by, with_summary=with_summary, read=read)
        for features, same in found:
            yield Row(features, same, 1000 / len(found), labelled=False)


# --- labelled news ----------------------------------------------------------------------------


def pairs(
    labels: Sequence[dict[str, Any]], news: dict[str, dict[str, Any]]
) -> Iterator[tuple[list[dict[str, Any]], dict[str, Any], bool]]:
    """Yield a story's earlier items, the item, and whether it is of the story."""
    for label in labels:
        if label["kind"] == "same":
            members = sorted(
                (news[key] for key in label["members"]),
                key=lambda row: (row["published"], row["id"]),
            )
            for number in range(1, len(members)):
                yield members[:number], members[number], True
                if number > 1:
                    yield members[:1], members[number], True
        else:
            one, other = sorted(
                (news[label["a"]], news[label["b"]]), key=lambda row: row["published"]
            )
            yield [one], other, False


def labelled_rows(
    labels: Sequence[dict[str, Any]], news: dict[str, dict[str, Any]], read: Reader
) -> Iterator[Row]:
    """Yield the labelled pairs, with and without summaries, and the neighbours of their items."""
    window = Window()
    found: list[tuple[tuple[float, ...], bool]] = []
    for known, row, same in pairs(labels, news):
        hours = (_when(row["published"]) - _when(known[-1]["published"])) / timedelta(hours=1)
        event, cases = read(row)
        for with_summary in (False, True):
            pile = Pile()
            shared = False
            for old in known:
                kind, others = read(old)
                shared = shared or bool(cases & others)
                pile.add(Text(old["title"], old["summary"] if with_summary else "", kind))
            text = Text(row["title"], row["summary"] if with_summary else "", event)
            found.append(
                (
                    compare(text, pile, window.words.weight, hours=hours, same_case=shared).row,
                    same,
                )
            )
    total = 1000.0
    hard = sum(not same for _, same in found)
    for features, same in found:
        share = HARD_SHARE if not same else (1 - HARD_SHARE) / 2
        yield Row(
            features, same, total * share / (hard if not same else len(found) - hard), labelled=True
        )
    near = list(neighbours(labels, news, read))
    for features in near:
        yield Row(
            features, same=False, counts=total * (1 - HARD_SHARE) / 2 / len(near), labelled=True
        )


def neighbours(
    labels: Sequence[dict[str, Any]], news: dict[str, dict[str, Any]], read: Reader
) -> Iterator[tuple[float, ...]]:
    """Yield labelled items against what else was near in their 72 hours and is another event."""
    groups = {
        key: number
        for number, label in enumerate(labels)
        for key in label.get("members", (label.get("a"), label.get("b")))
    }
    window = Window()
    for key, row in sorted(news.items(), key=lambda pair: (pair[1]["published"], pair[0])):
        at, event = _when(row["published"]), EventKind.OTHER
        cases: frozenset[object] = frozenset()
        if key in groups:
            event, cases = read(row)
        text = Text(row["title"], row["summary"], event)
        if key in groups:
            for live in window.near(at, text):
                if groups.get(live.id) == groups[key]:
                    continue
                hours = live.apart(at) / timedelta(hours=1)
                other_event, others = read(news[live.id])
                pile = Pile()
                other = news[live.id]
                pile.add(Text(other["title"], other["summary"], other_event))
                features = compare(
                    text,
                    pile,
                    window.words.weight,
                    hours=hours,
                    same_case=bool(cases & others),
                ).row
                if (
                    features[0] < UNSURE_NEAR
                    and features[FEATURES.index("lead_near")] < UNSURE_NEAR
                ):
                    yield features
        window.put(key, at, text)


def reader(rules: Path) -> Reader:
    """Return what the rules make of a row: its event and the cases it is chiefly about."""
    matcher = Matcher(load_rules([rules]))
    known: dict[str, tuple[EventKind, frozenset[object]]] = {}

    def read(row: dict[str, Any]) -> tuple[EventKind, frozenset[object]]:
        if row["id"] not in known:
            at = _when(row.get("published", UNDATED))
            reading = matcher.read(
                Item(
                    key=ItemKey(row["id"]),
                    feed_id="labelled",
                    outlet=row.get("outlet", "labelled"),
                    kind=FeedKind.NEWS,
                    trust=Trust.INDEPENDENT,
                    url=row.get("url", ""),
                    title=row["title"],
                    summary=row["summary"],
                    published=at,
                    seen=at,
                )
            )
            cases = {target for target in reading.chief if target.kind is TargetKind.CASE}
            known[row["id"]] = reading.happening.kind, frozenset(cases)
        return known[row["id"]]

    return read


# --- logistic regression ----------------------------------------------------------------------


def learn(rows: Sequence[Row], by_hand: dict[str, float]) -> Weights:
    """Return the weights of least loss, by Newton's method with a ridge on scaled features."""
    used = [at for at, name in enumerate(FEATURES) if name not in by_hand]
    held = [(FEATURES.index(name), value) for name, value in by_hand.items()]
    given = [sum(value * row.features[at] for at, value in held) for row in rows]
    total = sum(row.counts for row in rows)
    scale = {}
    for at in used:
        mean = sum(row.counts * row.features[at] for row in rows) / total
        spread = sum(row.counts * (row.features[at] - mean) ** 2 for row in rows) / total
        scale[at] = math.sqrt(spread) or 1.0
    inputs = [
        [1.0, *(row.features[at] / scale[at] for at in used), float(row.labelled)] for row in rows
    ]
    size = len(used) + 2
    beta = [0.0] * size
    for _ in range(STEPS_MAX):
        slope = [0.0] + [-RIDGE * value for value in beta[1:]]
        curve = [[0.0] * size for _ in range(size)]
        for at in range(1, size):
            curve[at][at] = RIDGE
        for x, row, start in zip(inputs, rows, given, strict=True):
            guess = probability(start + sum(map(float.__mul__, beta, x)))
            error = row.counts * (row.same - guess)
            bend = row.counts * max(guess * (1 - guess), 1e-9)
            for at, value in enumerate(x):
                if value:
                    slope[at] += error * value
                    bent, line = bend * value, curve[at]
                    for to in range(at + 1):
                        line[to] += bent * x[to]
        step = _solve(curve, slope)
        beta = [value + change for value, change in zip(beta, step, strict=True)]
        if max(map(abs, step)) < 1e-6:
            break
    row_weights = [by_hand.get(name, 0.0) for name in FEATURES]
    for at, value in zip(used, beta[1:-1], strict=True):
        row_weights[at] = value / scale[at]
    return Weights(bias=beta[0], row=tuple(row_weights))


def _solve(lower: list[list[float]], right: list[float]) -> list[float]:
    """Solve a symmetric positive system, given its lower triangle, by Cholesky."""
    size = len(right)
    root = [[0.0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1):
            left = lower[i][j] - sum(root[i][k] * root[j][k] for k in range(j))
            root[i][j] = math.sqrt(left) if i == j else left / root[j][j]
    half = [0.0] * size
    for i in range(size):
        half[i] = (right[i] - sum(root[i][k] * half[k] for k in range(i))) / root[i][i]
    out = [0.0] * size
    for i in reversed(range(size)):
        out[i] = (half[i] - sum(root[k][i] * out[k] for k in range(i + 1, size))) / root[i][i]
    return out


# --- the whole --------------------------------------------------------------------------------


def train(
    headlines: Sequence[Path],
    labels: Sequence[dict[str, Any]],
    news: dict[str, dict[str, Any]],
    read: Reader,
    seed: int,
) -> tuple[Model, int]:
    """Return the weights after both rounds, and how many comparisons they learned from."""
    told = list(labelled_rows(labels, news, read))
    led = list(headline_rows(headlines, random.Random(seed), None, read))  # noqa: S311 - no secret
    first = model([*led, *told])
    free = list(headline_rows(headlines, random.Random(seed + 1), first, read))  # noqa: S311 - no secret
    rows = [*led, *free, *told]
    return model(rows), len(rows)


def model(rows: Sequence[Row]) -> Model:
    """Learn both sets of weights."""
    with_lead = FEATURES.index("with_lead")
    bare = [
        replace(row, counts=row.counts * HEADLINE_LABELLED) if row.labelled else row
        for row in rows
        if not row.features[with_lead]
    ]
    full = [
        replace(row, counts=row.counts * TEXT_LABELLED) if row.labelled else row for row in rows
    ]
    return Model(
        headline=learn(bare, BY_HAND | HEADLINE_BY_HAND), text=learn(full, BY_HAND | TEXT_BY_HAND)
    )


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--headlines", type=Path, nargs="+", required=True)
    ask.add_argument("--labels", type=Path, required=True)
    ask.add_argument("--news", type=Path, nargs="+", required=True)
    ask.add_argument("--rules", type=Path, default=ROOT / "rules")
    ask.add_argument("--seed", type=int, default=4)
    options = ask.parse_args()
    news = {row["id"]: row for path in options.news for row in _lines(path)}
    labels = list(_lines(options.labels))
    made, rows = train(options.headlines, labels, news, reader(options.rules), options.seed)
    json.dump(
        {
            "made by": "scripts/train_stories.py",
            "seed": options.seed,
            "comparisons": rows,
            "headline": _table(made.headline),
            "text": _table(made.text),
        },
        sys.stdout,
        indent=1,
    )
    sys.stdout.write("\n")


def _table(weights: Weights) -> dict[str, float]:
    named = {"bias": weights.bias, **dict(zip(FEATURES, weights.row, strict=True))}
    return {name: round(value, 4) for name, value in named.items()}


if __name__ == "__main__":
    main()
