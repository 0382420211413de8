"""Print items that all match one case within five days: the hardest load for joining.

python benchmarks/replay_items.py [N] > ITEMS.jsonl
time python bot.py replay --json ITEMS.jsonl > /dev/null
"""

from __future__ import annotations

import json
import random
import sys
from datetime import UTC, datetime, timedelta

SEED = 1
ITEMS = 10_000
OUTLETS = 40
WORDS = [
    "hearing",
    "motion",
    "ruling",
    "court",
    "judge",
    "filing",
    "order",
    "appeal",
    "stay",
    "settlement",
    "documents",
    "discovery",
    "sanctions",
    "brief",
]
DONE = ("denied", "granted", "filed", "heard")
SUMMARY = (
    "The judge in Washington heard the Securities and Exchange Commission and Binance on Monday."
)


def main(count: int) -> None:
    rng = random.Random(SEED)
    start = datetime(2023, 9, 18, tzinfo=UTC)
    for number in range(count):
        one, two, three = (rng.choice(WORDS) for _ in range(3))
        outlet = f"o{number % OUTLETS}"
        line = {
            "id": str(number),
            "published": (start + number * timedelta(days=5) / count).isoformat(),
            "outlet": outlet,
            "url": f"https://{outlet}.example/{number}",
            "title": f"SEC v. Binance: {one} {two} over {three} number{number % 700} "
            f"{rng.choice(DONE)}",
            "summary": SUMMARY,
        }
        print(json.dumps(line))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ITEMS)
