"""Imports of libraries without the extras that they look for by themselves.

httpx and structlog take `rich` when it is there, sqlite-utils takes numpy (which comes with the
charts): 14 MB of memory and a tenth of a second for a colourful traceback that nobody sees and
for columns of arrays that nobody stores.  All three do without where there is none.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any, cast

EXTRAS = ("numpy", "rich")


def load(*names: str) -> None:
    """Import the modules `names`, telling them that `EXTRAS` are not installed.

    What is imported already stays as it is, and later imports find the extras as always.
    """
    modules = cast("dict[str, Any]", sys.modules)
    hidden = [extra for extra in EXTRAS if extra not in modules]
    modules.update(dict.fromkeys(hidden))  # None stands for "cannot be imported" (PEP 328)
    try:
        for name in names:
            importlib.import_module(name)
    finally:
        for extra in hidden:
            del modules[extra]
