"""How often the shipped rules ring on real news when everything is followed.

    python benchmarks/quiet.py NEWS.jsonl[.gz]… [--sample 40] [--seed 1] [--rule NAME] [--rules DIR]

Runs `replay` on all the news at once and prints alerts a week, by rule and for the busiest weeks,
then a seeded sample of the alerts to be read.  Whether a ring was right is for a reader to say:
with `--judged FILE` (one `id<TAB>true|false` a line, for ids that were read) it also prints the
share of false rings and what that makes a week.

Weeks are those ISO weeks in which some item is dated to the second or the day: news whose time
is only known to the week or month is counted, and does not make weeks.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

Item = Mapping[str, Any]
EXACT = frozenset({"second", "day"})
BUSIEST_WEEKS = 5
REPLAY_S = 600


def read(paths: Iterable[Path]) -> dict[str, Item]:
    """Return the items of all files by id, in order; a later item of the same id is left out."""
    items: dict[str, Item] = {}
    for path in paths:
        raw = path.read_bytes()
        text = gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw
        for line in text.decode("utf-8").splitlines():
            if line.strip():
                item = json.loads(line)
                items.setdefault(item["id"], item)
    return items


def replayed(items: Iterable[Item], rules: Path | None) -> list[Item]:
    """Return what `replay --json` says of each item."""
    with tempfile.TemporaryDirectory() as place:
        news = Path(place) / "news.jsonl"
        news.write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")
        command = [sys.executable, str(ROOT / "bot.py"), "replay", "--json", str(news)]
        run = subprocess.run(
            command + (["--rules", str(rules.resolve())] if rules else []),
            check=True,
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=REPLAY_S,
        )
    return [json.loads(line) for line in run.stdout.splitlines()]


def week(item: Item) -> tuple[int, int]:
    """Return the ISO year and week in which an item appeared."""
    year, number, _ = datetime.fromisoformat(item["published"]).isocalendar()
    return year, number


def rules_of(ring: Item) -> list[str]:
    """Return the cases and watchlists that a ring is for."""
    return [
        *(f"case {slug}" for slug in ring["cases"]),
        *(f"watchlist {slug}" for slug in ring["watchlists"]),
    ] or ["none"]


def judged(path: Path, rings: Sequence[Item], weeks: int) -> None:
    """Print the share of false rings among those that were read, overall and by rule."""
    verdicts = dict(line.split("\t")[:2] for line in path.read_text().splitlines() if line.strip())
    known = [ring for ring in rings if ring["id"] in verdicts]
    if not known:
        print("\nnone of these rings was read")
        return
    false = [ring for ring in known if verdicts[ring["id"]] == "false"]
    share = len(false) / len(known)
    print(
        f"\n{len(known)} of {len(rings)} rings were read, {len(false)} are false ({share:.0%}): "
        f"{share * len(rings) / weeks:.2f} false rings a week"
    )
    read_by_rule = Counter(name for ring in known for name in rules_of(ring))
    false_by_rule = Counter(name for ring in false for name in rules_of(ring))
    for name, count in read_by_rule.most_common():
        print(f"  {false_by_rule[name]:4} false of {count:4} read  {name}")


def main() -> None:
    ask = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ask.add_argument("news", type=Path, nargs="+")
    ask.add_argument("--sample", type=int, default=40, help="how many alerts to print")
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--rule", default="", help="sample only rings of this case or watchlist")
    ask.add_argument("--rules", type=Path, help="instead of the shipped rules")
    ask.add_argument("--judged", type=Path, help="verdicts of a reader: id, tab, true or false")
    options = ask.parse_args()
    missing = [str(p) for p in [*options.news, options.judged] if p and not p.is_file()]
    if missing:
        ask.error(f"no such file: {', '.join(missing)}")

    items = read(options.news)
    rings = [ring for ring in replayed(items.values(), options.rules) if _rang(ring)]
    weeks = {week(item) for item in items.values() if item.get("precision", "second") in EXACT}
    if not weeks:
        sys.exit("no item is dated to the day: nothing to count weeks by")
    print(
        f"{len(items)} items in {len(weeks)} weeks: {len(rings)} alerts, "
        f"{len(rings) / len(weeks):.2f} a week"
    )
    for name, count in Counter(n for ring in rings for n in rules_of(ring)).most_common():
        print(f"  {count:4}  {count / len(weeks):5.2f} a week  {name}")
    busiest = Counter(week(items[ring["id"]]) for ring in rings).most_common(BUSIEST_WEEKS)
    loudest = ", ".join(f"{year}-W{number:02} {count}" for (year, number), count in busiest)
    print(f"busiest weeks: {loudest}")
    if options.judged:
        judged(options.judged, rings, len(weeks))

    pool = [ring for ring in rings if any(options.rule in name for name in rules_of(ring))]
    drawn = random.Random(options.seed).sample(pool, min(options.sample, len(pool)))
    print(f"\nsample of {len(drawn)} of {len(pool)} alerts, seed {options.seed}")
    for ring in sorted(drawn, key=lambda ring: (items[ring["id"]]["published"], ring["id"])):
        item = items[ring["id"]]
        print(f"{ring['id']}  {item['published'][:10]}  {item.get('title', '')[:160]}")
        print(f"    {', '.join(rules_of(ring))}; {ring['event']} {ring['severity']}")
        print(f"    {ring['reason'][:120]}")


def _rang(ring: Item) -> bool:
    return bool(ring["decision"] == "alert")


if __name__ == "__main__":
    main()
