"""Write docs/licences.md: what Casewire runs on and under which licence, from installed metadata.

Ends with code 1 where a licence is none of those known to go together with MIT.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "licences.md"
ALLOWED = ("MIT", "BSD", "Apache", "PSF", "Python Software Foundation", "MPL-2.0", "Mozilla",
           "ISC", "HPND", "LGPLv3", "LGPL-3.0", "0BSD", "Public Domain", "Zlib", "CC0", "Unlicense")  # fmt: skip
"""Permissive ones, and those that bind changes to the library itself only: it is used unchanged."""

HEAD = """\
# Licences

Casewire is under the [MIT licence](../LICENSE).
It is installed with these packages, in the image with the extra `charts` too, used unchanged; `make licences` writes this page from their metadata.

| package | licence |
|---|---|
"""


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def licence(found: Distribution) -> str:
    """Return what the package says of its licence, as shortly as it says it."""
    meta = found.metadata
    if said := meta.get("License-Expression"):
        return str(said)
    classed = [
        line.rpartition(" :: ")[2]
        for line in meta.get_all("Classifier") or []
        if line.startswith("License :: ")
    ]
    return ", ".join(classed) or str(meta.get("License") or "not said").split("\n")[0]


def main() -> int:
    lock = (ROOT / "requirements-charts.lock").read_text(encoding="utf-8")
    locked = {normal(name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", lock, re.MULTILINE)}
    installed = {normal(each.metadata["Name"]): each for each in distributions()}
    rows, faults = [], []
    for name in sorted(locked & set(installed)):
        said = licence(installed[name])
        rows.append(f"| {name} | {said} |\n")
        if not any(each.lower() in said.lower() for each in ALLOWED):
            faults.append(f"{name}: {said}")
    PAGE.write_text(HEAD + "".join(rows), encoding="utf-8")
    for fault in faults:
        print(f"not known to go together with MIT: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
