"""Compare the engine with the naive evaluator on random rules and texts.

python -m benchmarks.fuzz_matching --cases 10000 --seed 1
"""

import argparse
import sys

from benchmarks.naive_matching import disagreements


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    wrong = disagreements(given.seed, given.cases)
    print(f"{given.cases} cases, {len(wrong)} disagreements")
    for line in wrong[:5]:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
