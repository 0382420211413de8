"""The fakes, with verbs: `web.serves(...)`, `web.times_out(...)`, `telegram.blocks(chat)`.

Real sockets where the wire matters; nothing here is a mock.
"""

from __future__ import annotations

from tests.fake_telegram import TOKEN, FakeTelegram, SentMessage
from tests.fake_web import FakeWeb, Names

__all__ = ["TOKEN", "FakeTelegram", "FakeWeb", "Names", "SentMessage"]
