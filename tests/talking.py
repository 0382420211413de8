"""A bot without a wire: what people say and press, and what the real store in memory makes of it.

Effects are carried out by the chat loop, which has its own tests; here they are looked at.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from aggregator.alerts import decide
from aggregator.matching.matcher import Matcher
from aggregator.model import (
    Batch,
    Committed,
    DecisionKind,
    Delivery,
    Event,
    EventKind,
    Item,
    ItemKey,
    Match,
    Message,
    Place,
    Priority,
    Relation,
    Report,
    Sent,
    Severity,
    Status,
    Story,
    StoryId,
    Target,
)
from aggregator.ports import Store
from aggregator.store.sqlite import SqliteStore
from aggregator.telegram import commands
from aggregator.telegram.ask import Answer, Hooks, PutFile, View
from aggregator.telegram.incoming import ChatType, Incoming
from tests.fake_telegram import Shown, read_html
from tests.newsroom import Desk, shipped

ROOM = -1001
HTML_BYTES_MAX = 32_768
DATA_BYTES_MAX = 64


def said(text: str | None, user: int = 2, **changes: Any) -> Incoming:
    """Return what `user` writes to the bot in private."""
    given = {
        "update_id": 1,
        "chat_id": user,
        "chat_type": ChatType.PRIVATE,
        "user_id": user,
        "text": text,
    }
    return Incoming(**{**given, **changes})


def pressed(data: str, user: int = 2, **changes: Any) -> Incoming:
    """Return the press of a button in a private chat."""
    return said(None, user, **{"data": data, "callback_id": "q", **changes})


def in_group(incoming: Incoming, *, admin: bool | None = None) -> Incoming:
    """Return the same, in a group."""
    return replace(incoming, chat_id=ROOM, chat_type=ChatType.SUPERGROUP, is_group_admin=admin)


def shown(message: Message) -> Shown:
    """Return what a reader sees of a message, once it is sure that Telegram takes it."""
    assert len(message.html.encode()) <= HTML_BYTES_MAX
    seen = read_html(message.html)
    assert 0 < len(seen.text) <= 4096
    for row in message.buttons:
        assert 0 < len(row) <= 8
        for button in row:
            assert button.text.strip()
            assert bool(button.data) is not bool(button.url)
            assert len(button.data.encode()) <= DATA_BYTES_MAX
    return seen


def keys(message: Message) -> list[tuple[str, str]]:
    """Return the buttons as text and what they send."""
    return [(button.text, button.data) for row in message.buttons for button in row]


@dataclass(kw_only=True)
class Bot:
    """Answers at `now`, from a store."""

    store: Store
    view: View
    now: datetime

    async def answer(
        self, incoming: Incoming, view: View | None = None, hooks: Hooks | None = None
    ) -> Answer:
        """Return what follows."""
        return await commands.answer(incoming, view or self.view, self.store, self.now, hooks)

    async def message(self, incoming: Incoming, view: View | None = None) -> Message:
        """Return the one message that is the answer, new or in the place of the one pressed."""
        done = await self.answer(incoming, view)
        (message,) = (*done.replies, *([done.edit] if done.edit else []))
        return message

    async def text(self, incoming: Incoming, view: View | None = None) -> str:
        """Return what a reader sees of that message."""
        return shown(await self.message(incoming, view)).text

    async def buttons(self, incoming: Incoming, view: View | None = None) -> list[tuple[str, str]]:
        """Return its buttons as text and what they send."""
        return keys(await self.message(incoming, view))

    async def does(self, incoming: Incoming, view: View | None = None) -> Answer:
        """Answer, and keep the files that the answer rests on, as the chat loop would."""
        done = await self.answer(incoming, view)
        for effect in done.effects:
            if isinstance(effect, PutFile):
                await self.store.put_file(effect.name, effect.data, self.now)
        return done

    def presses(self, message: Message, text: str, **changes: Any) -> Incoming:
        """Return the press of the button of `message` that is called `text`."""
        return pressed(dict(keys(message))[text], **changes)


@dataclass(kw_only=True)
class Newsroom:
    """Takes items in as the pipeline does and tells `place` of the stories that ring."""

    store: Store
    place: Place
    matcher: Matcher = field(default_factory=shipped)
    messages: int = 0

    async def takes(
        self,
        *items: Item,
        also: Mapping[ItemKey, Sequence[Match]] | None = None,
        told: bool = True,
    ) -> tuple[Story, ...]:
        """Store the items with their matches, decisions and stories; `also` adds matches of
        others' watches.  Return the stories, oldest first.
        """
        desk = Desk(matcher=self.matcher)
        decisions = {one.key: desk.take(one) for one in items}
        matches = {
            one.key: [*self.matcher.read(one).seen_by(()).matches, *(also or {}).get(one.key, ())]
            for one in items
        }
        stories = []
        for story in desk.stories.values():
            more = [m for r in story.reports for m in (also or {}).get(r.item_key, ())]
            stories.append(replace(story, targets=story.targets | {m.target for m in more}))
        batch = Batch(
            items=items,
            matches=tuple((key, match) for key, some in matches.items() for match in some),
            decisions=tuple(
                (key, decision)
                for key, decision in decisions.items()
                if decision.kind is not DecisionKind.IGNORE
            ),
            stories=tuple(stories),
        )
        version = (await self.store.window(items[0].at)).version
        assert isinstance(await self.store.commit(batch, version), Committed)
        for story in stories if told else ():
            await self.sends(decide.key(story.id, 1), f"alert {story.id}", story.last_at)
        return tuple(stories)

    async def takes_as(self, target: Target, *items: Item) -> None:
        """Store each item as a story of its own about `target`, whatever it says."""
        event = Event(kind=EventKind.ORDER, status=Status.REPORTED, severity=Severity.HIGH)
        match = Match(target=target, relation=Relation.CHIEF, evidence=(), reason="named")
        stories = tuple(
            Story(
                id=StoryId(one.key[:16]),
                targets=frozenset({target}),
                related=frozenset(),
                event=event,
                reports=(_report(one, event),),
                first_at=one.at,
                last_at=one.at,
            )
            for one in items
        )
        batch = Batch(
            items=items, matches=tuple((one.key, match) for one in items), stories=stories
        )
        version = (await self.store.window(items[0].at)).version
        assert isinstance(await self.store.commit(batch, version), Committed)

    async def sends(self, key: str, html: str, at: datetime, *, attachment: str = "") -> int:
        """Have a message stand in the place's chat; return its number there."""
        message = Message(html=html, attachment=attachment)
        delivery = Delivery(
            place=self.place, key=key, message=message, priority=Priority.NORMAL, created=at
        )
        await self.store.enqueue([delivery])
        (taken,) = await self.store.claim(at, 1)
        self.messages += 1
        await self.store.settle(taken, Sent(message_id=self.messages), at)
        return self.messages


def _report(one: Item, event: Event) -> Report:
    return Report(
        item_key=one.key,
        outlet=one.outlet,
        trust=one.trust,
        kind=one.kind,
        url=one.url,
        title=one.title,
        summary=one.summary,
        at=one.at,
        seen=one.seen,
        event=event,
    )


@asynccontextmanager
async def talking(view: View, now: datetime) -> AsyncIterator[Bot]:
    """Open a bot with an empty store in memory."""
    store = await SqliteStore.open(":memory:")
    try:
        yield Bot(store=store, view=view, now=now)
    finally:
        await store.close()
