"""Logs: one event name per thing that happens, key-value for people, JSON by the switch.

Secrets never reach a line: whatever is registered here is cut out of every string, and the
libraries that log whole URLs (the Bot API carries the token in its path) are kept at warnings.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

HIDDEN = "[secret]"

_secrets: set[str] = set()


def hide(secret: str) -> None:
    """Cut `secret` out of every line from now on."""
    if secret:
        _secrets.add(secret)


def scrubbed(text: str) -> str:
    """Return `text` without any registered secret."""
    for secret in _secrets:
        text = text.replace(secret, HIDDEN)
    return text


def set_up(form: str, *, level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Send structlog and the standard library's logging the same way; `form` is text or json."""
    out = stream or sys.stderr
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        _scrub,
    ]
    last: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=out.isatty(), pad_event_to=20)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("httpx", "httpcore", "apscheduler"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # It logs a traceback for every answer it cannot read; `outcome` makes a line of each.
    logging.getLogger("telegram").setLevel(logging.CRITICAL)


def _scrub(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take the secrets out of every string of an event, tracebacks included."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = scrubbed(value)
        elif not isinstance(value, (int, float, bool, type(None))) and not key.startswith("_"):
            event[key] = scrubbed(str(value))
    return event
