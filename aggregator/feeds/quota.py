"""How often a host may be asked that counts its callers' questions; pure but for what it counts."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import timedelta

from aggregator.feeds.sources import courtlistener

Quota = tuple[int, timedelta]
"""So many questions in any stretch of so long."""

QUOTAS: Mapping[str, Sequence[Quota]] = {
    courtlistener.HOST: (
        (courtlistener.QUOTA_PER_MINUTE, timedelta(minutes=1)),
        (courtlistener.QUOTA_PER_HOUR, timedelta(hours=1)),
        (courtlistener.QUOTA_PER_DAY, timedelta(days=1)),
    )
}


class Quotas:
    """Counts the questions to each host that has a quota."""

    def __init__(self, quotas: Mapping[str, Sequence[Quota]] = QUOTAS) -> None:
        self._quotas = quotas
        self._asked: dict[str, deque[float]] = {
            host: deque(maxlen=max(count for count, _ in limits)) for host, limits in quotas.items()
        }

    def wait(self, host: str, now_s: float) -> timedelta | None:
        """Count a question to `host` at `now_s`, or return how long it has to wait."""
        asked = self._asked.get(host)
        if asked is None:
            return None
        waits = [
            span.total_seconds() - (now_s - asked[-count])
            for count, span in self._quotas[host]
            if len(asked) >= count
        ]
        longest = max(waits, default=0.0)
        if longest > 0:
            return timedelta(seconds=longest)
        asked.append(now_s)
        return None
