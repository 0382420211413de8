"""Make `aggregator/stories/frequencies.json`: in how many news items of a collection a stem occurs.

    python scripts/word_frequencies.py NEWS.jsonl.gz… > aggregator/stories/frequencies.json

Only single stems and counts leave the collection, and only those of several items of several
outlets; it tells the scorer which shared words mean something.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from aggregator.stories.terms import stems

ITEMS_MIN = 6
OUTLETS_MIN = 3


def main(paths: list[str]) -> None:
    seen: Counter[str] = Counter()
    outlets: defaultdict[str, set[str]] = defaultdict(set)
    items = 0
    for path in paths:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                item = json.loads(line)
                items += 1
                for stem in set(stems(f"{item['title']} {item['summary']}")):
                    seen[stem] += 1
                    outlets[stem].add(item["outlet"])
    kept = {
        stem: count
        for stem, count in sorted(seen.items())
        if count >= ITEMS_MIN and len(outlets[stem]) >= OUTLETS_MIN and stem.isalpha()
    }
    json.dump({"items": items, "stems": kept}, sys.stdout, separators=(",", ":"))
    sys.stdout.write("\n")


if __name__ == "__main__":
    main(sys.argv[1:])
