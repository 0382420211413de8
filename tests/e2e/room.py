"""People talking to the running program: a private chat, a group, a forum topic, a channel.

ann = Room(telegram, user=501)                          # her private chat
desk = Room(telegram, user=77, chat=-1001, thread=4)    # her posts in a forum topic
news = Room(telegram, chat=-1009)                       # what admins post in a channel

card = await ann.says("/case binance")
await ann.presses(card, "Follow")                       # the toast; see also `answers`
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.fakes import FakeTelegram, SentMessage


@dataclass(frozen=True, slots=True)
class Room:
    """One person, or a channel's admins, in one place."""

    telegram: FakeTelegram
    user: int = 0
    chat: int = 0
    """0 is the private chat of `user`."""
    thread: int = 0

    @property
    def where(self) -> int:
        """The chat's id."""
        return self.chat or self.user

    @property
    def messages(self) -> list[SentMessage]:
        """What the bot wrote here, oldest first."""
        sent = self.telegram.sent(self.where)
        return [message for message in sent if (message.thread or 0) == self.thread]

    @property
    def last(self) -> SentMessage:
        """What it wrote last."""
        return self.messages[-1]

    async def says(self, text: str, *, answers: SentMessage | None = None) -> SentMessage:
        """Write `text`, as a reply to `answers` if given; return the bot's next message here."""
        return await self._next(lambda: self._write(text, answers))

    async def says_for(self, text: str, count: int) -> list[SentMessage]:
        """Write `text` and return the bot's next `count` messages here."""
        before = len(self.messages)
        self._write(text, None)
        return (await self._until(before + count))[before:]

    async def presses(self, message: SentMessage, button: str) -> str:
        """Press the button with these words and return what is shown over the chat."""
        count = len(self.telegram.toasts) + 1
        data = message.data(button)
        self.telegram.presses(self.user, data, chat=self.where, message_id=message.message_id)
        return await self.telegram.waits_for_toast(count)

    async def presses_for(self, message: SentMessage, button: str) -> SentMessage:
        """Press it and return the bot's next message here."""
        before = len(self.messages)
        await self.presses(message, button)
        return (await self._until(before + 1))[before]

    async def presses_to_turn(self, message: SentMessage, button: str) -> SentMessage:
        """Press it and return the same message once it has changed."""
        edits = len(message.edits)
        await self.presses(message, button)
        await self.telegram.waits_until(
            lambda: len(message.edits) > edits, f"{button!r} to change its message"
        )
        return message

    async def _next(self, act: Callable[[], object]) -> SentMessage:
        before = len(self.messages)
        act()
        return (await self._until(before + 1))[before]

    async def _until(self, count: int) -> list[SentMessage]:
        await self.telegram.waits_until(
            lambda: len(self.messages) >= count,
            f"{count} messages in {self.where}, topic {self.thread}",
        )
        return self.messages

    def _write(self, text: str, answers: SentMessage | None) -> None:
        if not self.user:
            self.telegram.posts(self.chat, text)
            return
        self.telegram.says(
            self.user,
            text,
            chat=self.chat or None,
            thread=self.thread or None,
            answers=None if answers is None else answers.message_id,
        )
