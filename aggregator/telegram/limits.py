"""How much one chat may ask of us a minute; pure.

A chat that asks for more is told once and then not answered until the minute is over, so that
nobody can make the bot flood a chat, or hold up the others.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

COMMANDS_PER_MINUTE_MAX = 20
PRESSES_PER_MINUTE_MAX = 60
"""Buttons turn pages, so there may be more of them."""
MINUTE = timedelta(minutes=1)
CHATS_MAX = 10_000
"""Chats remembered; beyond them the one heard of longest ago is forgotten."""


class Verdict(StrEnum):
    """What to do with a question."""

    ANSWER = "answer"
    REFUSE = "refuse"
    """The first one too many: it is said so."""
    IGNORE = "ignore"


@dataclass(slots=True, kw_only=True)
class _Minute:
    began: datetime
    asked: int = 0


class Rate:
    """Counts what each chat asks for in the minute that began with its first question."""

    def __init__(self, per_minute_max: int, *, chats_max: int = CHATS_MAX) -> None:
        self._most = per_minute_max
        self._chats_max = chats_max
        self._minutes: OrderedDict[int, _Minute] = OrderedDict()

    def __len__(self) -> int:
        return len(self._minutes)

    def asks(self, chat_id: int, at: datetime) -> Verdict:
        """Count a question asked at `at` and say what to do with it."""
        minute = self._minutes.pop(chat_id, None)
        # A time before the minute began is a clock set back; it begins anew.
        if minute is None or not timedelta() <= at - minute.began < MINUTE:
            minute = _Minute(began=at)
        minute.asked += 1
        self._minutes[chat_id] = minute
        if len(self._minutes) > self._chats_max:
            self._minutes.popitem(last=False)
        if minute.asked <= self._most:
            return Verdict.ANSWER
        return Verdict.REFUSE if minute.asked == self._most + 1 else Verdict.IGNORE
