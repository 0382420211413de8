"""How well `replay` tells a case's own news from the rest, against labels read one by one.

    python benchmarks/relevance.py LABELS_DIR [--wrong]

LABELS_DIR holds `<name>_case.jsonl` files: items as `replay` takes them, each with a `label` of
`case` (should ring), `related` (digest at most) or `no`.  The case is `sec-v-<name>`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def replayed(path: Path, case: str) -> dict[str, dict]:
    """Return `replay --json` of the items, by id."""
    run = subprocess.run(
        [sys.executable, str(ROOT / "bot.py"), "replay", "--json", "--case", case, str(path)],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    return {row["id"]: row for row in map(json.loads, run.stdout.splitlines())}


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("labels", type=Path)
    ask.add_argument("--wrong", action="store_true", help="print what went wrong")
    options = ask.parse_args()
    precisions, recalls, loud, related = [], [], 0, 0
    for path in sorted(options.labels.glob("*_case.jsonl")):
        case = f"sec-v-{path.name.removesuffix('_case.jsonl')}"
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        said = replayed(path, case)
        hit = {row["id"]: case in said[row["id"]]["cases"] for row in rows}
        true = [row for row in rows if row["label"] == "case"]
        false = [row for row in rows if row["label"] == "no"]
        between = [row for row in rows if row["label"] == "related"]
        found = sum(hit[row["id"]] for row in true)
        wrong = sum(hit[row["id"]] for row in false)
        rang = sum(said[row["id"]]["decision"] in {"alert", "update"} for row in between)
        recalls.append(found / len(true))
        precisions.append(found / (found + wrong) if found + wrong else 1.0)
        loud, related = loud + rang, related + len(between)
        print(
            f"{case:16} precision {precisions[-1]:.3f}  recall {recalls[-1]:.3f}  "
            f"({len(true)} case, {len(false)} no); related that ring {rang}/{len(between)}"
        )
        if options.wrong:
            for row in rows:
                label, is_hit = row["label"], hit[row["id"]]
                rings = said[row["id"]]["decision"] in {"alert", "update"}
                if (label == "case" and not (is_hit and rings)) or (label != "case" and is_hit):
                    answer = said[row["id"]]
                    print(
                        f"   {label}: {answer['decision']} {answer['event']} {answer['reason'][:90]}"
                    )
                    print(
                        f"        {row['published'][:10]} {row['title']} | {row['summary'][:160]}"
                    )
    print(
        f"mean             precision {sum(precisions) / len(precisions):.3f}  "
        f"recall {sum(recalls) / len(recalls):.3f}; related that ring {loud}/{related}"
    )


if __name__ == "__main__":
    main()
