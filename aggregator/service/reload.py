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
        self.faults: tuple[str, ...] = ()
        """Why the last change was refused; empty once one was taken."""

    async def look(self) -> None:
        """Reload if a file changed since the last look, and tell the operator of its faults."""
        if self._fingerprint() == self._known:
            return
        faults = await self.reload()
        if faults and self._tell is not None:
            await self._tell(faults)

    async def reload(self) -> tuple[str, ...]:
        """Read everything anew, changed or not; return the faults for which the old stays live."""
        self._known = self._fingerprint()
        loaded = await self._load()
        if isinstance(loaded, str):
            self.faults = tuple(loaded.splitlines())
            for fault in self.faults:
                log.error("rules_refused", fault=fault, live="the rules before this change")
            return self.faults
        matcher, feeds = loaded
        self.faults = ()
        self._swap(matcher, feeds)
        log.info("rules_reloaded", version=matcher.rules.version, feeds=len(feeds))
        return ()
