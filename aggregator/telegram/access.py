"""Who may do what: strangers, users, admins, and the link that makes the first admin."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

CLAIM_FOR = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The code of the link that makes whoever opens it an admin, until a time."""

    code: str
    until: datetime

    def opens(self, code: str, now: datetime) -> bool:
        """Say whether `code` is the right one, in time; takes as long for a wrong one."""
        return hmac.compare_digest(self.code.encode(), code.encode()) and now < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Whom the bot answers; admins from the environment and by the link are one set here."""

    is_open: bool = False
    admins: frozenset[int] = frozenset()
    allowed: frozenset[int] = frozenset()

    def admits(self, user_id: int | None) -> bool:
        """Say whether this user may use the bot at all."""
        return self.is_open or (user_id is not None and user_id in self.admins | self.allowed)
