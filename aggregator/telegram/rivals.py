"""Two programs that poll one bot: which of them gives way.

Telegram ends the poll that waits when another one comes, so it is the older program that first
hears of the newer.  It asks once more, which ends the newer one's poll, and the newer gives way:
whoever starts a second one by mistake sees it refused, and the one that people rely on goes on.
Two that have both polled for long take turns until one has lost so often that it ends.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

SETTLED = timedelta(seconds=30)
"""As long as one poll may wait: who has polled so long was there first."""
CONTESTS_MAX = 5
CONTESTS_WITHIN = timedelta(minutes=1)
PAUSE = timedelta(seconds=5)
"""Nothing is sent for so long after each conflict: the other one may be sending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenure:
    """How long a program has polled its bot, and when another one took a poll from it."""

    since: datetime | None = None
    """When its polls first went through; None before."""
    conflicts: tuple[datetime, ...] = ()

    def polled(self, now: datetime) -> Tenure:
        """Return its tenure after a poll that went through."""
        return self if self.since is not None else replace(self, since=now)

    def contested(self, now: datetime) -> Tenure | None:
        """Return its tenure after a conflict; None when it is to give way."""
        if self.since is None or now - self.since < SETTLED:
            return None
        recent = tuple(at for at in self.conflicts if now - at < CONTESTS_WITHIN)
        if len(recent) + 1 >= CONTESTS_MAX:
            return None
        return replace(self, conflicts=(*recent, now))
