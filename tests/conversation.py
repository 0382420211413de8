"""A conversation without a wire: what is said and pressed is answered and carried out for real.

`talking` looks at one answer; here the effects are stored, the outbox is emptied, and the next
press meets what the last one left behind.  Messages are numbered as Telegram would.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from aggregator.model import Delivery, Message, Place, Sent
from aggregator.store.sqlite import SqliteStore
from aggregator.telegram import commands
from aggregator.telegram.ask import Hooks, View
from aggregator.telegram.carry import carry_out
from aggregator.telegram.incoming import ChatType, Incoming
from aggregator.telegram.naming import Setup
from tests.talking import keys, shown

CLAIMS_MAX = 50


@dataclass(kw_only=True)
class Conversation:
    """One person in one chat; `messages` is what the chat shows, by message id."""

    store: SqliteStore
    setup: Setup
    now: datetime
    user: int = 2
    chat: int | None = None
    """A group's id; None is the private chat."""
    thread: int = 0
    hooks: Hooks = field(default_factory=Hooks)
    bot_name: str = "casewire_bot"
    messages: dict[int, Message] = field(default_factory=dict)
    deliveries: dict[int, Delivery] = field(default_factory=dict)
    toasts: list[str] = field(default_factory=list)
    _updates: int = 0
    _numbers: int = 0

    @property
    def place(self) -> Place:
        return Place(chat_id=self.chat or self.user, thread_id=self.thread)

    async def say(self, text: str, *, answers: int | None = None) -> list[Message]:
        """Write `text`, perhaps as a reply to a message; return what appears."""
        return await self._update(text=text, answers=answers)

    async def press(self, button: str) -> list[Message]:
        """Press the button of that name, on the newest message that has one."""
        for number, message in sorted(self.messages.items(), reverse=True):
            data = dict(keys(message)).get(button)
            if data:
                return await self._update(data=data, callback_id="q", message_id=number)
        names = [name for message in self.messages.values() for name, _ in keys(message)]
        raise AssertionError(f"no button {button!r} among {names}")

    async def text(self, said: str) -> str:
        """Write `said` and return what appears as a reader sees it."""
        return "\n\n".join(shown(message).text for message in await self.say(said))

    async def deliver(self) -> list[Message]:
        """Empty the outbox into the chats; return what is new or changed here, oldest first."""
        appeared: list[Message] = []
        while claimed := await self.store.claim(self.now, CLAIMS_MAX):
            for one in claimed:
                number = one.message_id or self._next()
                await self.store.settle(one, Sent(message_id=number), self.now)
                if one.place == self.place:
                    self.messages[number] = one.message
                    self.deliveries[number] = one
                    appeared.append(one.message)
        return appeared

    @property
    def last(self) -> int:
        """The id of the newest message."""
        return max(self.messages)

    async def _update(self, **what: object) -> list[Message]:
        self._updates += 1
        given = {
            "update_id": self._updates,
            "chat_id": self.place.chat_id,
            "chat_type": ChatType.PRIVATE if self.chat is None else ChatType.SUPERGROUP,
            "thread_id": self.thread,
            "user_id": self.user,
            "is_group_admin": None if self.chat is None else True,
        }
        incoming = Incoming(**{**given, **what})  # type: ignore[arg-type]  as a test words it
        answered = await commands.answer(
            incoming, await self._view(), self.store, self.now, self.hooks
        )
        if incoming.data is not None:
            self.toasts.append(answered.toast)
        await carry_out(self.store, incoming, answered, self.now)
        return await self.deliver()

    async def _view(self) -> View:
        watches = await self.store.watches_at(self.place)
        return View(
            setup=replace(self.setup, watches={one.id: one.query for one in watches}),
            bot_name=self.bot_name,
            subscriptions=await self.store.subscriptions_at(self.place),
        )

    def _next(self) -> int:
        self._numbers += 1
        return self._numbers


@asynccontextmanager
async def conversation(setup: Setup, now: datetime, **more: object) -> AsyncIterator[Conversation]:
    """Open a conversation on an empty store in memory."""
    store = await SqliteStore.open(":memory:")
    try:
        yield Conversation(store=store, setup=setup, now=now, **more)  # type: ignore[arg-type]  as a test words it
    finally:
        await store.close()


def names(messages: Sequence[Message]) -> list[str]:
    """Return the texts of the buttons of these messages."""
    return [name for message in messages for name, _ in keys(message)]
