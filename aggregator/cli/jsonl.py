"""One JSON object a line, for every reader's idea of a line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_BREAKS = {ord(sign): f"\\u{ord(sign):04x}" for sign in "\x7f\x85\u2028\u2029"}
"""What JSON may hold raw and yet ends a line, or drives a terminal, somewhere."""


def json_line(data: Mapping[str, Any]) -> str:
    """Return `data` as JSON on one line, readable: only what would break the line is escaped."""
    return json.dumps(data, ensure_ascii=False).translate(_BREAKS)
