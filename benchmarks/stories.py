"""How well and how fast reports of one event are found, beside simpler ways to do it.

    python benchmarks/stories.py --dev DEV.jsonl --test TEST.jsonl [--no-time] [--json]
    python benchmarks/stories.py --labels stories.jsonl --news NEWS.jsonl.gz…
    python benchmarks/stories.py --speed

DEV and TEST hold one `{"id","t","title","story"}` a line, headlines with the story they tell.
Every way reads them in the order of `t` and sees a window of 72 hours; each picks its threshold
on DEV, for the best B-cubed F1 and again for the fewest repeats at no more than 5 % missed, and
is held to it on TEST.  `--no-time` keeps that order and window, but hides from the scorer how
many hours apart two reports are: for sets that stamp all reports of a story alike.

    missed    stories of which no item started a cluster, so nobody would have been told
    repeated  alerts after a story's first, as a share of its items after the first

With LABELS the news also goes through the shipped rules and the joining of the live program, with
every case and watchlist followed:

    alerts per development  of the labelled events of which anything rang, all rings, edits apart
    silent                  labelled events that matched and of which nobody was told at once
    merged away             hard other pairs of which a high outcome became an edit

Intervals: 95 %, percentile bootstrap over true stories, paired for differences.

LABELS holds `{"kind": "same", "members": […]}` and `{"kind": "different", "a", "b"}` lines, with
ids of NEWS items (`id`, `published`, `title`, `summary`, `outlet`, `url`).

The token-set baseline needs rapidfuzz: `pip install rapidfuzz`; without it its line is left out.
"""

from __future__ import annotations

import argparse
import bisect
import gc
import gzip
import json
import math
import random
import sys
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from aggregator.config.rules import load_rules
from aggregator.errors import CasewireError, InputError
from aggregator.feeds.clean import title_key
from aggregator.matching.matcher import Matcher
from aggregator.model import (
    DecisionKind,
    FeedKind,
    Item,
    ItemKey,
    Story,
    StoryId,
    TargetKind,
    Trust,
)
from aggregator.stories.added import decides
from aggregator.stories.happened import event_of
from aggregator.stories.join import Joined, join
from aggregator.stories.stream import JOIN, Clusterer
from aggregator.stories.terms import frequencies, stems
from aggregator.stories.warm import Warm
from aggregator.stories.window import WINDOW

ROOT = Path(__file__).resolve().parent.parent

try:
    from rapidfuzz import fuzz, process
except ImportError:  # the baseline is optional
    fuzz = process = None

MISSED_MAX = 0.05
DRAWS = 1000
SEED = 4


@dataclass(frozen=True, slots=True)
class Row:
    id: str
    at: datetime
    title: str
    story: str


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a file, one a line; raises InputError for a file that holds none."""
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    rows = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path}: line {number}: no JSON: {error}") from error
        if not isinstance(row, dict):
            raise InputError(f"{path}: line {number}: not an object")
        rows.append(row)
    if not rows:
        raise InputError(f"{path}: nothing in it; one JSON object a line is wanted")
    return rows


def lacking(path: Path, number: int, row: dict[str, Any], needed: Sequence[str]) -> None:
    """Raise InputError where a row lacks a field."""
    if missing := [name for name in needed if name not in row]:
        raise InputError(f"{path}: object {number}: without {', '.join(missing)}")


def moment(path: Path, number: int, text: str) -> datetime:
    """Return an ISO 8601 time; one without a zone is taken to be in UTC."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{path}: object {number}: {error}") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def read_news(path: Path) -> list[dict[str, Any]]:
    rows = read_lines(path)
    for number, row in enumerate(rows, start=1):
        lacking(path, number, row, ("id", "published", "outlet", "url", "title", "summary"))
        moment(path, number, str(row["published"]))
    return rows


def read_labels(path: Path) -> list[dict[str, Any]]:
    rows = read_lines(path)
    for number, row in enumerate(rows, start=1):
        lacking(path, number, row, ("kind",))
        lacking(
            path, number, row, {"same": ("members",), "different": ("a", "b")}.get(row["kind"], ())
        )
    return rows


def known_to(news: Collection[str], labels: Sequence[dict[str, Any]], path: Path) -> None:
    """Raise InputError for a label of an item that the news does not hold."""
    for number, label in enumerate(labels, start=1):
        wanted = label.get("members", []) + [label[side] for side in ("a", "b") if side in label]
        if unknown := [key for key in wanted if key not in news]:
            raise InputError(f"{path}: object {number}: {unknown[0]!r} is not in the news given")


def read_rows(path: Path) -> list[Row]:
    rows = []
    for number, data in enumerate(read_lines(path), start=1):
        lacking(path, number, data, ("id", "t", "title", "story"))
        at = moment(path, number, str(data["t"]))
        rows.append(Row(str(data["id"]), at, str(data["title"]), str(data["story"])))
    return sorted(rows, key=lambda row: row.at)


# --- the ways ---------------------------------------------------------------------------------

Clusters = list[int]
"""For each row, in order, the number of the row that started its cluster."""


class Nearest:
    """Joins the nearest earlier headline of the window, if it is near enough."""

    def __init__(self, rows: Sequence[Row], scores: Callable[[Sequence[Row]], Any]) -> None:
        self.best: list[tuple[float, int]] = scores(rows)

    def cluster(self, threshold: float) -> Clusters:
        clusters: Clusters = []
        for number, (score, other) in enumerate(self.best):
            clusters.append(clusters[other] if score >= threshold and other >= 0 else number)
        return clusters


def window_start(rows: Sequence[Row], number: int) -> int:
    return bisect.bisect_left(rows, rows[number].at - WINDOW, key=lambda row: row.at)


def exact_scores(rows: Sequence[Row]) -> list[tuple[float, int]]:
    seen: dict[str, int] = {}
    best = []
    for number, row in enumerate(rows):
        key = title_key(row.title)
        other = seen.get(key, -1)
        best.append((1.0, other) if other >= window_start(rows, number) else (0.0, -1))
        seen[key] = number
    return best


def tfidf_scores(train: Sequence[Row]) -> Callable[[Sequence[Row]], list[tuple[float, int]]]:
    """Return the cosine of TF-IDF vectors; document frequencies are those of the DEV headlines."""
    counted = Counter(term for row in train for term in set(stems(row.title)))

    def vector(title: str) -> dict[str, float]:
        found = {
            term: (1 + math.log(n)) * (1 + math.log((1 + len(train)) / (1 + counted[term])))
            for term, n in Counter(stems(title)).items()
        }
        norm = math.sqrt(sum(value * value for value in found.values())) or 1.0
        return {term: value / norm for term, value in found.items()}

    def scores(rows: Sequence[Row]) -> list[tuple[float, int]]:
        postings: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        best = []
        for number, row in enumerate(rows):
            start = window_start(rows, number)
            dots: defaultdict[int, float] = defaultdict(float)
            for term, value in vector(row.title).items():
                for other, theirs in postings[term]:
                    if other >= start:
                        dots[other] += value * theirs
                postings[term].append((number, value))
            best.append(max(((dot, other) for other, dot in dots.items()), default=(0.0, -1)))
        return best

    return scores


def token_set_scores(rows: Sequence[Row]) -> list[tuple[float, int]]:
    titles = [row.title.casefold() for row in rows]
    best = []
    for number, title in enumerate(titles):
        start = window_start(rows, number)
        found = process.extractOne(title, titles[start:number], scorer=fuzz.token_set_ratio)
        best.append((found[1] / 100, start + found[2]) if found else (0.0, -1))
    return best


class Scorer:
    """The product's own clusterer."""

    def __init__(self, rows: Sequence[Row], *, with_time: bool) -> None:
        self.rows, self.with_time = rows, with_time

    def cluster(self, threshold: float) -> Clusters:
        clusterer = Clusterer(join=threshold, with_time=self.with_time)
        return [
            int(clusterer.add(str(number), row.at, row.title).story)
            for number, row in enumerate(self.rows)
        ]


# --- measures ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PerStory:
    """Sums by true story, so that a bootstrap can draw stories."""

    items: list[int]
    precision: list[float]
    recall: list[float]
    alerts: list[int]


def per_story(rows: Sequence[Row], clusters: Clusters) -> PerStory:
    stories = {story: n for n, story in enumerate(dict.fromkeys(row.story for row in rows))}
    gold = [stories[row.story] for row in rows]
    both = Counter(zip(gold, clusters, strict=True))
    of_gold, of_cluster = Counter(gold), Counter(clusters)
    items, precision = [0] * len(stories), [0.0] * len(stories)
    recall, alerts = [0.0] * len(stories), [0] * len(stories)
    for number, (story, cluster) in enumerate(zip(gold, clusters, strict=True)):
        items[story] += 1
        precision[story] += both[story, cluster] / of_cluster[cluster]
        recall[story] += both[story, cluster] / of_gold[story]
        alerts[story] += cluster == number
    return PerStory(items, precision, recall, alerts)


def f1(sums: PerStory, drawn: Sequence[int]) -> float:
    precision = sum(sums.precision[s] for s in drawn)
    recall = sum(sums.recall[s] for s in drawn)
    items = sum(sums.items[s] for s in drawn)
    return 2 * precision * recall / ((precision + recall) * items)


def missed(sums: PerStory, drawn: Sequence[int]) -> float:
    return sum(not sums.alerts[s] for s in drawn) / len(drawn)


def repeated(sums: PerStory, drawn: Sequence[int]) -> float:
    later = sum(sums.items[s] - 1 for s in drawn)
    return sum(max(0, sums.alerts[s] - 1) for s in drawn) / later if later else 0.0


def interval(values: list[float]) -> tuple[float, float]:
    values = sorted(values)
    return values[int(0.025 * len(values))], values[int(0.975 * len(values)) - 1]


@dataclass(frozen=True, slots=True)
class Line:
    """One way's results on TEST."""

    way: str
    threshold: float
    precision: float
    recall: float
    f1: float
    f1_interval: tuple[float, float]
    missed: float
    repeated: float
    capped_threshold: float
    capped_f1: float
    capped_missed: float
    capped_repeated: float
    capped_repeated_interval: tuple[float, float]
    repeated_at_5_missed: float
    """Read off TEST's own curve where 5 % are missed."""
    f1_minus_tfidf: float | None = None
    f1_minus_tfidf_interval: tuple[float, float] | None = None


GRID = [n / 50 for n in range(1, 50)]
SCORER_GRID = [1 / (1 + math.exp(-n / 3)) for n in range(-21, 16)]


def whole(sums: PerStory) -> range:
    return range(len(sums.items))


def at_missed(curve: Iterable[PerStory], share: float) -> float:
    """Return the fewest repeats on the curve at `share` missed, between its points a line."""
    points = sorted((missed(s, whole(s)), repeated(s, whole(s))) for s in curve)
    under = [point for point in points if point[0] <= share]
    over = [point for point in points if point[0] > share]
    if not under:
        return points[0][1]
    low = max(under, key=lambda p: (p[0], -p[1]))
    fewest = min(repeats for _, repeats in under)
    if over:
        high = min(over)
        fewest = min(
            fewest,
            low[1] + (high[1] - low[1]) * (share - low[0]) / (high[0] - low[0]),
        )
    return fewest


def headlines(dev: list[Row], test: list[Row], *, with_time: bool) -> list[Line]:
    tfidf = tfidf_scores(dev)
    ways: dict[str, tuple[Any, Any, list[float]]] = {
        "exact title": (Nearest(dev, exact_scores), Nearest(test, exact_scores), [0.5]),
        "TF-IDF nearest": (Nearest(dev, tfidf), Nearest(test, tfidf), GRID),
    }
    if process is not None:
        ways["token-set ratio"] = (
            Nearest(dev, token_set_scores),
            Nearest(test, token_set_scores),
            GRID,
        )
    ways["scorer"] = (
        Scorer(dev, with_time=with_time),
        Scorer(test, with_time=with_time),
        SCORER_GRID,
    )
    rng = random.Random(SEED)
    stories = len({row.story for row in test})
    draws = [rng.choices(range(stories), k=stories) for _ in range(DRAWS)]
    lines = []
    base: PerStory | None = None
    for way, (on_dev, on_test, grid) in ways.items():
        devs = {threshold: per_story(dev, on_dev.cluster(threshold)) for threshold in grid}
        best = max(grid, key=lambda t: f1(devs[t], whole(devs[t])))
        allowed = [t for t in grid if missed(devs[t], whole(devs[t])) <= MISSED_MAX]
        capped = min(allowed or [grid[-1]], key=lambda t: (repeated(devs[t], whole(devs[t])), -t))
        curve = {threshold: per_story(test, on_test.cluster(threshold)) for threshold in grid}
        sums, cap = curve[best], curve[capped]
        every = whole(sums)
        if way == "TF-IDF nearest":
            base = sums
        beside = base is not None and way != "TF-IDF nearest"
        lines.append(
            Line(
                way=way,
                threshold=best,
                precision=sum(sums.precision) / sum(sums.items),
                recall=sum(sums.recall) / sum(sums.items),
                f1=f1(sums, every),
                f1_interval=interval([f1(sums, drawn) for drawn in draws]),
                missed=missed(sums, every),
                repeated=repeated(sums, every),
                capped_threshold=capped,
                capped_f1=f1(cap, every),
                capped_missed=missed(cap, every),
                capped_repeated=repeated(cap, every),
                capped_repeated_interval=interval([repeated(cap, drawn) for drawn in draws]),
                repeated_at_5_missed=at_missed(curve.values(), MISSED_MAX),
                f1_minus_tfidf=f1(sums, every) - f1(base, every) if beside else None,
                f1_minus_tfidf_interval=interval(
                    [f1(sums, drawn) - f1(base, drawn) for drawn in draws]
                )
                if beside
                else None,
            )
        )
    return lines


def print_headlines(lines: list[Line], dev: list[Row], test: list[Row]) -> None:
    for name, rows in (("dev", dev), ("test", test)):
        print(f"{name}: {len(rows)} headlines, {len({row.story for row in rows})} stories")
    print(
        f"{'':16}  {'B3 P / R / F1':20} {'F1 95 %':14} {'minus TF-IDF':22} missed repeated"
        "  | at dev missed <= 5 %: F1, missed, repeated [95 %]  | repeated at 5 % missed on test"
    )
    for line in lines:
        beside = ""
        if line.f1_minus_tfidf is not None and line.f1_minus_tfidf_interval is not None:
            low, high = line.f1_minus_tfidf_interval
            beside = f"{line.f1_minus_tfidf:+.3f} [{low:+.3f} {high:+.3f}]"
        low, high = line.capped_repeated_interval
        print(
            f"{line.way:16}  {line.precision:.3f} / {line.recall:.3f} / {line.f1:.3f} "
            f"[{line.f1_interval[0]:.3f} {line.f1_interval[1]:.3f}]  {beside:22} "
            f"{line.missed:.3f}  {line.repeated:.3f}   | {line.capped_f1:.3f}  "
            f"{line.capped_missed:.3f}  {line.capped_repeated:.3f} [{low:.3f} {high:.3f}]"
            f"   | {line.repeated_at_5_missed:.3f}"
        )
    if process is None:
        print("token-set ratio left out: pip install rapidfuzz")


# --- speed ------------------------------------------------------------------------------------

WINDOW_ITEMS = 50_000
TIMED_ITEMS = 5_000
NEW_SHARE = 0.25
WORDS = 9
SWAPPED = 3
TOKEN_SET_ITEMS = 40


def made_up(items: int, rng: random.Random) -> list[str]:
    """Return headlines made of the shipped table's words, as frequent as they are there.

    A quarter begin a story, with two names of its own; the others tell a recent one, with a third
    of its words swapped.
    """
    _, table = frequencies()
    words, shares = list(table), list(table.values())
    pool = iter(rng.choices(words, shares, k=items * (WORDS + SWAPPED)))
    stories: list[list[str]] = []
    out = []
    for number in range(items):
        if not stories or rng.random() < NEW_SHARE:
            names = [f"{rng.choice(words)}{number % 977}x", rng.choice(words)]
            stories.append(names + [next(pool) for _ in range(WORDS - len(names))])
            out.append(" ".join(stories[-1]))
            continue
        told = list(stories[-1 - min(int(rng.expovariate(1 / 800)), len(stories) - 1)])
        for _ in range(SWAPPED):
            told[rng.randrange(len(told))] = next(pool)
        out.append(" ".join(told))
    return out


def speed() -> dict[str, float]:
    rng = random.Random(SEED)
    titles = made_up(WINDOW_ITEMS + TIMED_ITEMS, rng)
    step = WINDOW / WINDOW_ITEMS
    start = datetime(2024, 1, 1, tzinfo=UTC)
    clusterer = Clusterer()
    took = []
    begun = time.perf_counter()
    for number, title in enumerate(titles):
        if number == WINDOW_ITEMS:
            live = len(clusterer.window.stories)
            gc.collect()
            gc.freeze()  # the window stays; walking it at each collection would take 0.2 s
            begun = time.perf_counter()
        before = time.perf_counter()
        clusterer.add(str(number), start + step * number, title)
        took.append(time.perf_counter() - before)
    rate = TIMED_ITEMS / (time.perf_counter() - begun)
    timed = sorted(took[WINDOW_ITEMS:])
    out = {
        "window_items": WINDOW_ITEMS,
        "live_stories": live,
        "items_per_s": rate,
        "p99_ms": 1000 * timed[int(0.99 * len(timed))],
        "longest_ms": 1000 * timed[-1],
        "longest_while_filling_ms": 1000 * max(took[:WINDOW_ITEMS]),
    }
    if process is not None:
        known = titles[:WINDOW_ITEMS]
        begun = time.perf_counter()
        for title in titles[WINDOW_ITEMS : WINDOW_ITEMS + TOKEN_SET_ITEMS]:
            process.extractOne(title, known, scorer=fuzz.token_set_ratio)
        slow = TOKEN_SET_ITEMS / (time.perf_counter() - begun)
        out |= {"token_set_items_per_s": slow, "times_token_set": rate / slow}
    return out


# --- labelled stories -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Labelled:
    """One way's results on the labelled pairs; the numbers of joined pairs by label, to draw."""

    way: str
    threshold: float
    joined: float
    joined_interval: tuple[float, float]
    wrong: float
    wrong_interval: tuple[float, float]


def stamp(row: dict[str, Any]) -> datetime:
    at = datetime.fromisoformat(row["published"])
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def as_item(row: dict[str, Any]) -> Item:
    return Item(
        key=ItemKey(row["id"]),
        feed_id="labelled",
        outlet=row["outlet"],
        kind=FeedKind.NEWS,
        trust=Trust.INDEPENDENT,
        url=row["url"],
        title=row["title"],
        summary=row["summary"],
        published=stamp(row),
        seen=stamp(row),
    )


def streamed(
    news: dict[str, dict[str, Any]], join: float, events: dict[str, Any]
) -> dict[str, str]:
    """Return the story of every item when all are clustered in the order of their time."""
    clusterer = Clusterer(join=join)
    return {
        key: clusterer.add(key, stamp(row), row["title"], row["summary"], events[key]).story
        for key, row in sorted(news.items(), key=lambda pair: (stamp(pair[1]), pair[0]))
    }


def titles_cosine(news: dict[str, dict[str, Any]]) -> Callable[[str, str], float]:
    counted = Counter(term for row in news.values() for term in set(stems(row["title"])))

    def vector(key: str) -> dict[str, float]:
        return {
            term: (1 + math.log(n)) * (1 + math.log((1 + len(news)) / (1 + counted[term])))
            for term, n in Counter(stems(news[key]["title"])).items()
        }

    def cosine(one: str, other: str) -> float:
        a, b = vector(one), vector(other)
        dot = sum(value * b.get(term, 0.0) for term, value in a.items())
        return dot / (math.hypot(*a.values()) * math.hypot(*b.values())) if dot else 0.0

    return cosine


def labelled(
    labels: list[dict[str, Any]], news: dict[str, dict[str, Any]], rules: Path
) -> list[Labelled]:
    matcher = Matcher(load_rules([rules]))
    events = {key: matcher.read(as_item(row)).happening.kind for key, row in news.items()}
    same = [list(combinations(label["members"], 2)) for label in labels if label["kind"] == "same"]
    different = [[(x["a"], x["b"])] for x in labels if x["kind"] == "different"]
    rng = random.Random(SEED)
    draws = [
        (
            rng.choices(range(len(same)), k=len(same)),
            rng.choices(range(len(different)), k=len(different)),
        )
        for _ in range(DRAWS)
    ]

    def line(way: str, threshold: float, joins: Callable[[str, str], bool]) -> Labelled:
        right = [[joins(*pair) for pair in pairs] for pairs in same]
        wrong = [joins(*pairs[0]) for pairs in different]
        return Labelled(
            way,
            threshold,
            sum(map(sum, right)) / sum(map(len, right)),
            interval(
                [sum(sum(right[n]) for n in a) / sum(len(right[n]) for n in a) for a, _ in draws]
            ),
            sum(wrong) / len(wrong),
            interval([sum(wrong[n] for n in b) / len(b) for _, b in draws]),
        )

    def keyed(key: str) -> frozenset[str]:
        return frozenset(stems(news[key]["title"]))

    cosine = titles_cosine(news)
    lines = [
        line(
            "exact title",
            1,
            lambda a, b: title_key(news[a]["title"]) == title_key(news[b]["title"]),
        ),
        line(
            "title Jaccard",
            0.25,
            lambda a, b: len(keyed(a) & keyed(b)) >= 0.25 * len(keyed(a) | keyed(b)),
        ),
    ]
    lines += [
        line("TF-IDF of titles", share, lambda a, b, share=share: cosine(a, b) >= share)
        for share in (0.1, 0.2, 0.3, 0.4)
    ]
    if fuzz is not None:
        lines += [
            line(
                "token-set ratio",
                share,
                lambda a, b, share=share: (
                    fuzz.token_set_ratio(news[a]["title"].casefold(), news[b]["title"].casefold())
                    >= 100 * share
                ),
            )
            for share in (0.5, 0.6)
        ]
    for share in sorted({0.5, 0.8, JOIN}):
        story = streamed(news, share, events)
        lines.append(line("scorer, streamed", share, lambda a, b, of=story: of[a] == of[b]))
    return lines


def print_labelled(lines: list[Labelled], labels: list[dict[str, Any]]) -> None:
    kinds = Counter(label["kind"] for label in labels)
    print(f"labelled: {kinds['same']} groups of one event, {kinds['different']} hard other pairs")
    print(f"{'':20} from   pairs joined [95 %]       hard others joined [95 %]")
    for line in lines:
        print(
            f"{line.way:20} {line.threshold:.2f}   {line.joined:.3f} "
            f"[{line.joined_interval[0]:.3f} {line.joined_interval[1]:.3f}]      "
            f"{line.wrong:.3f} [{line.wrong_interval[0]:.3f} {line.wrong_interval[1]:.3f}]"
        )


# --- alerts per development -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """How often the labelled developments of one case, or of all, would have rung."""

    of: str
    developments: int
    alerts: int
    per_development: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Live:
    """What the live program makes of the labelled news."""

    told: list[Told]
    silent: list[str]
    """The labels of events that matched, were news, and rang for nobody."""
    merged_away: int
    other_pairs: int
    """How many hard pairs matched with both their items."""


def lived(news: dict[str, dict[str, Any]], rules: Path) -> dict[str, Joined]:
    """Return what became of every item, with every case and watchlist followed."""
    matcher = Matcher(load_rules([rules]))
    window: dict[StoryId, Story] = {}
    warm = Warm()
    found = {}
    for key, row in sorted(news.items(), key=lambda pair: (stamp(pair[1]), pair[0])):
        item = as_item(row)
        reading = matcher.read(item).seen_by(())
        if not reading.matches:
            continue
        window = {k: story for k, story in window.items() if story.last_at >= item.at - WINDOW}
        warm.follow(window)
        joined = join(item, reading, event_of(item, reading), window, old=False, weight=warm.weight)
        found[key] = joined
        if joined.story is not None:
            window[joined.story.id] = joined.story
    return found


def live(labels: list[dict[str, Any]], news: dict[str, dict[str, Any]], rules: Path) -> Live:
    found = lived(news, rules)
    rings: defaultdict[str, list[int]] = defaultdict(list)
    silent = []
    for label in labels:
        if label["kind"] != "same":
            continue
        known = [found[key] for key in label["members"] if key in found]
        stories = [joined.story for joined in known if joined.story is not None]
        if not stories:
            continue
        alerts = sum(joined.decision.kind is DecisionKind.ALERT for joined in known)
        if not alerts:
            # A member that joined what an unlabelled report had rung for is told, as an edit.
            if not any(story.rings for story in stories):
                silent.append(label["id"])
            continue
        cases = {t.slug for story in stories for t in story.targets if t.kind is TargetKind.CASE}
        for name in ("all", *sorted(cases or {"no case"})):
            rings[name].append(alerts)
    rng = random.Random(SEED)
    told = []
    for name, counts in sorted(rings.items(), key=lambda pair: (pair[0] != "all", pair[0])):
        draws = [sum(rng.choices(counts, k=len(counts))) / len(counts) for _ in range(DRAWS)]
        told.append(
            Told(name, len(counts), sum(counts), sum(counts) / len(counts), interval(draws))
        )
    pairs = [
        sorted((label["a"], label["b"]), key=lambda key: stamp(news[key]))
        for label in labels
        if label["kind"] == "different" and label["a"] in found and label["b"] in found
    ]
    merged = sum(_merged(found[first], found[second]) for first, second in pairs)
    return Live(told, silent, merged, len(pairs))


def _merged(first: Joined, second: Joined) -> bool:
    """Say whether a later high outcome became an edit of an earlier event's alert."""
    if first.story is None or second.story is None or first.story.id != second.story.id:
        return False
    own = second.story.reports[-1].event
    return decides(own) and second.decision.kind is DecisionKind.UPDATE


def print_live(seen: Live) -> None:
    print("\nthrough the shipped rules and the live joining, everything followed")
    for line in seen.told:
        low, high = line.interval
        print(
            f"{line.of:22} {line.alerts:3} alerts of {line.developments:3} developments: "
            f"{line.per_development:.2f} each [{low:.2f} {high:.2f}]"
        )
    print(f"silent: {len(seen.silent)} {' '.join(seen.silent)}")
    print(f"high outcomes merged away: {seen.merged_away} of {seen.other_pairs} hard other pairs")


def asked() -> argparse.Namespace:
    ask = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ask.add_argument("--dev", type=Path, help="labelled headlines to pick thresholds on")
    ask.add_argument("--test", type=Path, help="labelled headlines to be held to")
    ask.add_argument("--no-time", action="store_true", help="hide hours apart from the scorer")
    ask.add_argument("--labels", type=Path, help="labelled stories")
    ask.add_argument("--news", type=Path, nargs="+", help="the news they are in")
    ask.add_argument("--rules", type=Path, default=ROOT / "rules")
    ask.add_argument("--speed", action="store_true")
    ask.add_argument("--json", action="store_true", help="one JSON object, for machines")
    options = ask.parse_args()
    if bool(options.dev) != bool(options.test) or bool(options.labels) != bool(options.news):
        ask.error("--dev goes with --test, and --labels with --news")
    if not (options.dev or options.labels or options.speed):
        ask.error("nothing to do: give --dev and --test, --labels and --news, or --speed")
    return options


def on_labels(options: argparse.Namespace) -> dict[str, Any]:
    labels = read_labels(options.labels)
    news = {row["id"]: row for path in options.news for row in read_news(path)}
    known_to(news, labels, options.labels)
    found = labelled(labels, news, options.rules)
    seen = live(labels, news, options.rules)
    if not options.json:
        print_labelled(found, labels)
        print_live(seen)
    return {"labelled": [asdict(line) for line in found], "live": asdict(seen)}


def main() -> None:
    options = asked()
    answer: dict[str, Any] = {}
    if options.dev:
        dev, test = read_rows(options.dev), read_rows(options.test)
        lines = headlines(dev, test, with_time=not options.no_time)
        answer["headlines"] = {
            "dev": {"items": len(dev), "stories": len({row.story for row in dev})},
            "test": {"items": len(test), "stories": len({row.story for row in test})},
            "ways": [asdict(line) for line in lines],
        }
        if not options.json:
            print_headlines(lines, dev, test)
    if options.labels:
        answer |= on_labels(options)
    if options.speed:
        answer["speed"] = speed()
        if not options.json:
            for name, value in answer["speed"].items():
                print(f"{name:24} {value:,.1f}")
            if process is None:
                print("token-set ratio left out: pip install rapidfuzz")
    if options.json:
        print(json.dumps(answer))


if __name__ == "__main__":
    try:
        main()
    except CasewireError as error:
        sys.exit(str(error))
