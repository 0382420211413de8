"""Swaps in changed rules and feeds while running."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog

from aggregator.matching.matcher import Matcher
from aggregator.model import Feed

log = structlog.get_logger()


class Reloader:
    """Swaps in changed rules and feeds; a faulty file leaves the old ones live and says so once."""

    def __init__(
        self,
        *,
        fingerprint: Callable[[], Mapping[str, Any]],
        load: Callable[[], Awaitable[tuple[Matcher, Sequence[Feed]] | str]],
        swap: Callable[[Matcher, Sequence[Feed]], None],
        tell: Callable[[Sequence[str]], Awaitable[None]] | None = None,
    ) -> None:
        """`tell` hands faults to the operator's chat."""
        self._fingerprint = fingerprint
        self._load = load
        self._swap = swap
        self._tell = tell
        self._known = fingerprint()

    async def look(self) -> None:
        """Reload if a file changed since the last look."""
        now = self._fingerprint()
        if now == self._known:
            return
        self._known = now
        loaded = await self._load()
        if isinstance(loaded, str):
            for fault in loaded.splitlines():
                log.error("rules_refused", fault=fault, live="the rules before this change")
            if self._tell is not None:
                await self._tell(loaded.splitlines())
            return
        matcher, feeds = loaded
        self._swap(matcher, feeds)
        log.info("rules_reloaded", version=matcher.rules.version, feeds=len(feeds))
