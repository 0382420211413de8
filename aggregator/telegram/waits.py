"""How long a chat is left alone when Telegram refuses for too many messages and names no time."""

from __future__ import annotations

from collections import OrderedDict
from datetime import timedelta

WAIT_MIN = timedelta(seconds=5)
WAIT_MAX = timedelta(minutes=5)
CHATS_MAX = 1000
"""Beyond them the chat that was told longest ago begins anew."""


class Waits:
    """The last wait of each chat: the next one is twice as long until a message goes through."""

    def __init__(self) -> None:
        self._last: OrderedDict[int, timedelta] = OrderedDict()

    def next(self, chat_id: int) -> timedelta:
        """Return how long the chat waits now."""
        last = self._last.pop(chat_id, None)
        wait = WAIT_MIN if last is None else min(last * 2, WAIT_MAX)
        self._last[chat_id] = wait
        if len(self._last) > CHATS_MAX:
            self._last.popitem(last=False)
        return wait

    def over(self, chat_id: int) -> None:
        """A message went through."""
        self._last.pop(chat_id, None)
