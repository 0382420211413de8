"""A Bot API server on loopback: real HTTP, Telegram's rules and wordings, and verbs to drive it.

What it knows of Telegram: long polling with offsets, a second poller is a conflict, HTML read as
strictly as Telegram reads it, message ids that private chats and basic groups share while
supergroups and channels count their own, forum topics that close and go, channels that admins
post in, pictures and documents, menus by scope, and the refusals with their real wording.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from enum import Enum
from html import unescape
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

TOKEN = "123456789:fake-token-for-tests-only_abcdefgh"
BOT_ID = 123456789
DEADLINE_S = 45.0
"""How long a test waits for something that must come."""
TEXT_CHARS_MAX = 4096
CAPTION_CHARS_MAX = 1024
HTML_BYTES_MAX = 32_768
DATA_BYTES_MAX = 64
BUTTONS_MAX = 100
TOAST_CHARS_MAX = 200
BODY_BYTES_MAX = 1_000_000
HEAD_BYTES_MAX = 64_000

# --- Telegram's HTML ------------------------------------------------------------------------------

PLAIN_TAGS = frozenset(
    {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "tg-spoiler", "code", "pre"}
)
TAGS = PLAIN_TAGS | {"a", "blockquote", "span", "tg-emoji", "tg-time"}
ENTITY = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|(lt|gt|amp|quot));?")
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
ATTRIBUTE = re.compile(r"\s*([a-z-]+)(?:=(\"[^\"]*\"|'[^']*'|[a-zA-Z0-9.-]+))?")
TIME_FORMAT = re.compile(r"r|w?[dD]?[tT]?")


class CannotParse(Exception):  # noqa: N818  what Telegram says, "can't parse entities"
    """The HTML is not Telegram's; the message is Telegram's wording after the colon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a reader gets to see of some HTML."""

    text: str
    links: tuple[tuple[str, str], ...]
    """Each link's words and address."""
    tags: tuple[str, ...]


def read_html(html: str) -> Shown:
    """Read `html` as Telegram does, or raise CannotParse."""
    shown: list[str] = []
    stack: list[tuple[str, int, str]] = []
    links: list[tuple[str, str]] = []
    tags: list[str] = []
    at = 0
    while at < len(html):
        char = html[at]
        if char == "&" and (entity := ENTITY.match(html, at)) is not None:
            shown.append(_entity(entity))
            at = entity.end()
        elif char != "<":
            shown.append(char)
            at += 1
        elif html.startswith("</", at):
            at = _close(html, at, shown, stack, links)
        else:
            at = _open(html, at, shown, stack)
            tags.append(stack[-1][0])
    if stack:
        raise CannotParse(f"Can't find end tag corresponding to start tag {stack[-1][0]}")
    return Shown(text="".join(shown), links=tuple(links), tags=tuple(tags))


def _entity(entity: re.Match[str]) -> str:
    if entity[3]:
        return NAMED[entity[3]]
    code = int(entity[1], 16) if entity[1] else int(entity[2])
    return chr(code) if 0 < code < 0x110000 else entity[0]


def _offset(html: str, at: int) -> int:
    return len(html[:at].encode("utf-8", "surrogatepass"))


def _open(html: str, at: int, shown: list[str], stack: list[tuple[str, int, str]]) -> int:
    where = _offset(html, at)
    end = html.find(">", at)
    if end < 0:
        raise CannotParse(f"Unclosed start tag at byte offset {where}")
    name = re.split(r"[\s>]", html[at + 1 : end + 1], maxsplit=1)[0].lower()
    if name not in TAGS:
        raise CannotParse(f'Unsupported start tag "{name}" at byte offset {where}')
    attributes = _attributes(html[at + 1 + len(name) : end], name, where)
    for outer, _, _ in stack:
        if outer in {"code", "pre"} or (outer == "blockquote" and name == "blockquote"):
            raise CannotParse(f'Tag "{name}" must not be inside "{outer}" at byte offset {where}')
    _check(name, attributes, where)
    stack.append((name, len(shown), unescape(attributes.get("href", ""))))
    return end + 1


def _attributes(raw: str, name: str, where: int) -> dict[str, str]:
    found: dict[str, str] = {}
    at = 0
    while raw[at:].strip():
        one = ATTRIBUTE.match(raw, at)
        if one is None:
            raise CannotParse(
                f'Expected equal sign in declaration of an attribute of the tag "{name}" '
                f"at byte offset {where}"
            )
        found[one[1]] = (one[2] or "").strip("\"'")
        at = one.end()
    return found


def _check(name: str, attributes: Mapping[str, str], where: int) -> None:
    allowed = {
        "a": {"href"},
        "blockquote": {"expandable"},
        "span": {"class"},
        "tg-emoji": {"emoji-id"},
        "tg-time": {"unix", "format"},
        "code": {"class"},
    }.get(name, set())
    # Telegram reads over what it does not know; we have no reason to send it, so it is a fault.
    if unknown := sorted(set(attributes) - allowed):
        raise CannotParse(f'Unexpected attribute "{unknown[0]}" at byte offset {where}')
    if name == "span" and attributes.get("class") != "tg-spoiler":
        raise CannotParse(f'Tag "span" must have class "tg-spoiler" at byte offset {where}')
    if name == "tg-time":
        if re.fullmatch(r"-?\d{1,11}", attributes.get("unix", "")) is None:
            raise CannotParse(f"Invalid Unix timestamp at byte offset {where}")
        if TIME_FORMAT.fullmatch(attributes.get("format", "")) is None:
            raise CannotParse(f"Invalid date-time format at byte offset {where}")


def _close(
    html: str,
    at: int,
    shown: list[str],
    stack: list[tuple[str, int, str]],
    links: list[tuple[str, str]],
) -> int:
    where = _offset(html, at)
    end = html.find(">", at)
    if not stack or end < 0:
        raise CannotParse(f"Unexpected end tag at byte offset {where}")
    name = html[at + 2 : end].strip().lower()
    opened, began, href = stack.pop()
    if name and name != opened:
        raise CannotParse(
            f'Unmatched end tag at byte offset {where}, expected "</{opened}>", found "</{name}>"'
        )
    if opened == "a" and (href := href or "".join(shown[began:])):
        links.append(("".join(shown[began:]), href))
    return end + 1


# --- what is sent and what goes wrong -------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class SentMessage:
    """One message in a chat, as it stands after its edits."""

    chat: int
    message_id: int
    html: str
    """As it came; the text itself for a message without parse mode."""
    text: str
    links: tuple[tuple[str, str], ...]
    tags: tuple[str, ...]
    buttons: list[list[dict[str, Any]]]
    thread: int | None
    silent: bool
    preview: bool
    reply_to: int | None = None
    """The id of the message it answers."""
    attachment: str = ""
    """The name of the file it carries; `text` is its caption then."""
    file: bytes = b""
    is_picture: bool = False
    edits: list[str] = field(default_factory=list)
    """The texts that edits replaced, oldest first."""

    @property
    def button_texts(self) -> list[str]:
        """Every button's words, row by row."""
        return [button["text"] for row in self.buttons for button in row]

    def data(self, text: str) -> str:
        """Return what the button with these words sends back."""
        for row in self.buttons:
            for button in row:
                if button["text"] == text:
                    return str(button["callback_data"])
        raise AssertionError(f"no button {text!r} among {self.button_texts}")


class Trouble(Enum):
    """What happens to a call instead of a proper answer."""

    HANG_AFTER = "accepted, and no answer comes"
    CUT_AFTER = "accepted, and the connection is cut"
    CUT_BEFORE = "cut before it is accepted"
    GATEWAY_BEFORE = "502 from a proxy, not accepted"
    GATEWAY_AFTER = "502 from a proxy, accepted"
    REFUSED = "a refusal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """A trouble for the next call of a method, in one chat or any."""

    trouble: Trouble
    method: str
    chat: int | None = None
    status: int = 400
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


class Refused(Exception):  # noqa: N818  an answer, no failure of the fake
    """The answer is `ok: false`."""

    def __init__(self, status: int, description: str, parameters: Mapping[str, Any] = {}) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = dict(parameters)


def bad_request(what: str) -> Refused:
    return Refused(400, f"Bad Request: {what}")


Params = dict[str, Any]


class FakeTelegram:
    """The server; `async with` starts and stops it."""

    def __init__(self, *, token: str = TOKEN, name: str = "casewire_test_bot") -> None:
        self.token = token
        self.name = name
        self.port = 0
        self.calls: list[tuple[str, Params]] = []
        """Every call that was read, in order."""
        self.toasts: list[tuple[str, str]] = []
        """Every answered button: the query's id and the words shown."""
        self.menus: dict[str, list[dict[str, Any]]] = {}
        """The commands by scope: `default`, `all_private_chats`, …, `chat:<id>`."""
        self.unknown_methods: set[str] = set()
        """Methods answered with 404, as a lesser server would."""
        self._messages: dict[int, list[SentMessage]] = defaultdict(list)
        self._updates: deque[dict[str, Any]] = deque()
        self._next_update = 1000
        self._shared_ids = 0
        self._own_ids: dict[int, int] = defaultdict(int)
        self._queries = 0
        self._people: dict[int, str] = {}
        self._types: dict[int, str] = {}
        self._members: dict[tuple[int, int], str] = {}
        self._names: dict[str, int] = {}
        self._topics: dict[tuple[int, int], str] = {}
        self._mute_in: set[int] = set()
        self._ahead_s = 0
        self._refusing: dict[int, Refused] = {}
        self._mishaps: list[Mishap] = []
        self._polls: set[asyncio.Future[None]] = set()
        self._changed = asyncio.Condition()
        self._bad_token = False
        self._stopping = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def menu(self) -> list[dict[str, Any]]:
        """The commands that a private chat is offered."""
        return self.menus.get("all_private_chats") or self.menus.get("default", [])

    @property
    def base(self) -> str:
        """The address to give as TELEGRAM_API_BASE."""
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        await self.starts()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stops()

    async def starts(self) -> None:
        """Listen; after `stops` on the same port as before."""
        self._stopping.clear()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stops(self) -> None:
        """Stop listening and cut every connection; what was sent is kept."""
        self._stopping.set()
        if self._server is not None:
            self._server.close()
        connections = list(self._connections)
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None

    # verbs: what people do

    def says(
        self,
        user: int,
        text: str,
        *,
        chat: int | None = None,
        thread: int | None = None,
        as_group: bool = False,
        answers: int | None = None,
    ) -> int:
        """Let `user` write `text`, in private unless `chat` is given; return the update's id.

        `answers` makes it a reply to that message of the chat.
        """
        where = user if chat is None else chat
        self._refusing.pop(where, None)
        message = self._incoming(user, where, thread)
        message["text"] = text
        if answers is not None:
            answered = self._message(where, answers)
            assert answered is not None, f"no message {answers} in {where}"
            message["reply_to_message"] = self._told_message(answered)
        if text.startswith("/"):
            length = len(text.split(maxsplit=1)[0])
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        if as_group:
            message["sender_chat"] = self._chat(where)
            message["from"] = self._user(1087968824)
        return self._push({"message": message})

    def posts(self, channel: int, text: str) -> int:
        """Let an admin of a channel post `text` in it; nobody is told which one."""
        message = self._incoming(channel, channel, None)
        del message["from"]
        message |= {"sender_chat": self._chat(channel), "text": text}
        return self._push({"channel_post": message})

    def presses(
        self, user: int, data: str, *, chat: int | None = None, message_id: int | None = None
    ) -> int:
        """Let `user` press a button that sends `data`; return the update's id."""
        where = user if chat is None else chat
        self._queries += 1
        shown = None if message_id is None else self._message(where, message_id)
        message = self._incoming(user, where, None if shown is None else shown.thread)
        message["from"] = self._user(BOT_ID)
        if message_id is not None:
            message["message_id"] = message_id
        message["text"] = "with a button"
        query = {
            "id": f"q{self._queries}",
            "from": self._user(user),
            "chat_instance": str(where),
            "data": data,
            "message": message,
        }
        return self._push({"callback_query": query})

    def edits_own(self, user: int, text: str) -> int:
        """Let `user` edit a message of theirs."""
        message = self._incoming(user, user, None)
        message["text"] = text
        return self._push({"edited_message": message})

    def posts_photo(self, user: int) -> int:
        """Let `user` send something that is no text."""
        message = self._incoming(user, user, None)
        message["photo"] = [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}]
        return self._push({"message": message})

    def blocks(self, chat: int) -> int:
        """Let the person behind a private chat block the bot, or a group remove it."""
        private = self._type(chat) == "private"
        said = "bot was blocked by the user" if private else "bot was kicked from the group chat"
        self._refusing[chat] = Refused(403, f"Forbidden: {said}")
        return self._member(chat, "kicked")

    def unblocks(self, chat: int) -> int:
        """Let the bot in again."""
        self._refusing.pop(chat, None)
        return self._member(chat, "member")

    def deactivates(self, chat: int) -> None:
        """Delete the account behind a private chat; no update tells of it."""
        self._refusing[chat] = Refused(403, "Forbidden: user is deactivated")

    def loses(self, chat: int) -> None:
        """Know nothing of `chat`."""
        self._refusing[chat] = bad_request("chat not found")

    def tells_of_move(self, chat: int, to: int) -> int:
        """Make a supergroup of a group and say so in the old one; return the update's id."""
        self.migrates(chat, to)
        message = self._incoming(1, chat, None)
        message["migrate_to_chat_id"] = to
        return self._push({"message": message})

    def lets_in(self, chat: int, *, by: int) -> int:
        """Let `by` add the bot to a group or channel."""
        self._refusing.pop(chat, None)
        return self._member(chat, "member", by)

    def closes_topic(self, chat: int, thread: int) -> None:
        """Close a forum topic: the bot may not write in it."""
        self._topics[chat, thread] = "TOPIC_CLOSED"

    def reopens_topic(self, chat: int, thread: int) -> None:
        """Open it again."""
        self._topics.pop((chat, thread), None)

    def deletes_topic(self, chat: int, thread: int) -> None:
        """Delete a forum topic."""
        self._topics[chat, thread] = "message thread not found"

    def a_minute_passes(self) -> None:
        """Date what people write from now on a minute later."""
        self._ahead_s += 60

    def migrates(self, chat: int, to: int) -> None:
        """Make a supergroup of a group."""
        said = "Bad Request: group chat was upgraded to a supergroup chat"
        self._refusing[chat] = Refused(400, said, {"migrate_to_chat_id": to})

    def is_group(self, chat: int, *, kind: str = "supergroup", admins: Iterable[int] = ()) -> None:
        """Say what sort of chat `chat` is, and who its admins are."""
        self._types[chat] = kind
        for user in admins:
            self._members[chat, user] = "administrator"

    def is_channel(
        self, chat: int, *, name: str = "", admins: Iterable[int] = (), bot_posts: bool = True
    ) -> None:
        """Say that `chat` is a channel, called `@name`; may the bot post in it?"""
        self.is_group(chat, kind="channel", admins=admins)
        if name:
            self._names[f"@{name.lower()}"] = chat
        self._members[chat, BOT_ID] = "administrator"
        if not bot_posts:
            self._mute_in.add(chat)

    # verbs: what goes wrong

    def floods(self, chat: int, retry_after: int) -> None:
        """Answer the next message to `chat` with 429."""
        said = f"Too Many Requests: retry after {retry_after}"
        self.refuses("sendMessage", 429, said, chat=chat, parameters={"retry_after": retry_after})

    def refuses(
        self,
        method: str,
        status: int,
        description: str,
        *,
        chat: int | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        """Refuse the next call of `method`."""
        self._mishaps.append(
            Mishap(
                trouble=Trouble.REFUSED,
                method=method,
                chat=chat,
                status=status,
                description=description,
                parameters=parameters or {},
            )
        )

    def hangs_after_accepting(self, method: str = "sendMessage", chat: int | None = None) -> None:
        """Accept the next call of `method` and never answer it."""
        self._mishaps.append(Mishap(trouble=Trouble.HANG_AFTER, method=method, chat=chat))

    def cuts_after(self, method: str = "sendMessage", chat: int | None = None) -> None:
        """Accept the next call of `method` and cut the connection."""
        self._mishaps.append(Mishap(trouble=Trouble.CUT_AFTER, method=method, chat=chat))

    def cuts_before(self, method: str = "sendMessage", chat: int | None = None) -> None:
        """Cut the connection of the next call of `method` without accepting it."""
        self._mishaps.append(Mishap(trouble=Trouble.CUT_BEFORE, method=method, chat=chat))

    def answers_502(
        self, method: str = "sendMessage", chat: int | None = None, *, accepted: bool = False
    ) -> None:
        """Answer the next call of `method` with a proxy's HTML page."""
        trouble = Trouble.GATEWAY_AFTER if accepted else Trouble.GATEWAY_BEFORE
        self._mishaps.append(Mishap(trouble=trouble, method=method, chat=chat))

    def revokes_the_token(self) -> None:
        """Answer every call with 401 from now on."""
        self._bad_token = True
        self._wake_polls()

    # what came of it

    def sent(self, chat: int) -> list[SentMessage]:
        """Return the messages of `chat`, oldest first."""
        return list(self._messages[chat])

    def called(self, method: str) -> list[Params]:
        """Return the parameters of every call of `method`."""
        return [params for name, params in self.calls if name == method]

    async def waits_for(self, chat: int, count: int) -> list[SentMessage]:
        """Return the messages of `chat` once there are `count`."""
        await self.waits_until(
            lambda: len(self._messages[chat]) >= count, f"{count} messages in {chat}"
        )
        return self.sent(chat)

    async def waits_until(
        self, holds: Callable[[], bool], what: str, deadline_s: float = DEADLINE_S
    ) -> None:
        """Return once `holds()`, looked at after every call; fail after `deadline_s`."""
        try:
            async with asyncio.timeout(deadline_s), self._changed:
                await self._changed.wait_for(holds)
        except TimeoutError:
            seen = {chat: len(messages) for chat, messages in self._messages.items()}
            raise AssertionError(
                f"did not come: {what}; messages {seen}, last calls "
                f"{[name for name, _ in self.calls[-8:]]}"
            ) from None

    async def waits_for_toast(self, count: int = 1) -> str:
        """Return the words of the `count`th answered button."""
        await self.waits_until(lambda: len(self.toasts) >= count, f"{count} answered buttons")
        return self.toasts[count - 1][1]

    async def waits_until_taken(self, update: int) -> None:
        """Return once the bot has polled past `update`, which says that it has stored it."""
        await self.waits_until(
            lambda: any(int(p.get("offset") or 0) > update for p in self.called("getUpdates")),
            f"update {update} taken",
        )

    # updates

    def _push(self, update: dict[str, Any]) -> int:
        update["update_id"] = self._next_update
        self._next_update += 1
        self._updates.append(update)
        self._wake_polls()
        return int(update["update_id"])

    def _incoming(self, user: int, chat: int, thread: int | None) -> dict[str, Any]:
        message = {
            "message_id": self._new_id(chat),
            "date": int(time.time()) + self._ahead_s,
            "chat": self._chat(chat),
            "from": self._user(user),
        }
        if thread is not None:
            message |= {"message_thread_id": thread, "is_topic_message": True}
        return message

    def _member(self, chat: int, status: str, by: int | None = None) -> int:
        user = self._user(BOT_ID)
        old = {"user": user, "status": "member"}
        new: dict[str, Any] = {"user": user, "status": status}
        if status == "kicked":
            new["until_date"] = 0
        change = {
            "chat": self._chat(chat),
            "from": self._user(abs(chat) if by is None else by),
            "date": int(time.time()),
            "old_chat_member": old,
            "new_chat_member": new,
        }
        return self._push({"my_chat_member": change})

    def _type(self, chat: int) -> str:
        if chat in self._types:
            return self._types[chat]
        if chat > 0:
            return "private"
        return "supergroup" if str(chat).startswith("-100") else "group"

    def _chat(self, chat: int) -> dict[str, Any]:
        kind = self._type(chat)
        named = {"first_name": f"User {chat}"} if kind == "private" else {"title": f"Room {chat}"}
        return {"id": chat, "type": kind, **named}

    def _user(self, user: int) -> dict[str, Any]:
        if user == BOT_ID:
            return {"id": BOT_ID, "is_bot": True, "first_name": "Bot", "username": self.name}
        return {"id": user, "is_bot": False, "first_name": self._people.get(user, f"User {user}")}

    def _new_id(self, chat: int) -> int:
        # Private chats and basic groups count together; supergroups and channels for themselves.
        if self._type(chat) in {"supergroup", "channel"}:
            self._own_ids[chat] += 1
            return self._own_ids[chat]
        self._shared_ids += 1
        return self._shared_ids

    def _wake_polls(self) -> None:
        for poll in self._polls:
            if not poll.done():
                poll.set_result(None)

    # HTTP

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while not self._stopping.is_set() and await self._one(reader, writer):
                    pass
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            self._connections.discard(task)

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; False ends the connection."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return False
        request, *lines = head.decode("latin-1").split("\r\n")
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        length = int(headers.get("content-length") or 0)
        assert length <= BODY_BYTES_MAX, length
        body = await reader.readexactly(length)
        path = urlsplit(request.split(" ")[1])
        params = _params(headers.get("content-type", ""), body, path.query)
        found = re.fullmatch(r"/bot([^/]+)/(\w+)", path.path)
        if found is None:
            return await _reply(writer, 404, _refusal(Refused(404, "Not Found")))
        token, method = found[1], found[2]
        if token != self.token or self._bad_token:
            return await _reply(writer, 401, _refusal(Refused(401, "Unauthorized")))
        self.calls.append((method, params))
        return await self._answer(writer, method, params)

    async def _answer(self, writer: asyncio.StreamWriter, method: str, params: Params) -> bool:
        mishap = self._mishap(method, params)
        trouble = None if mishap is None else mishap.trouble
        if trouble is Trouble.CUT_BEFORE:
            writer.transport.abort()
            return False
        if trouble is Trouble.GATEWAY_BEFORE:
            return await self._told(await _reply(writer, 502, GATEWAY, "text/html"))
        try:
            result = await self._call(method, params, mishap)
        except Refused as refused:
            return await self._told(await _reply(writer, refused.status, _refusal(refused)))
        if trouble is Trouble.HANG_AFTER:
            await self._told(True)
            await self._stopping.wait()
            return False
        if trouble is Trouble.CUT_AFTER:
            writer.transport.abort()
            return await self._told(False)
        if trouble is Trouble.GATEWAY_AFTER:
            return await self._told(await _reply(writer, 502, GATEWAY, "text/html"))
        body = json.dumps({"ok": True, "result": result}).encode()
        return await self._told(await _reply(writer, 200, body))

    async def _told(self, goes_on: bool) -> bool:
        async with self._changed:
            self._changed.notify_all()
        return goes_on

    def _mishap(self, method: str, params: Params) -> Mishap | None:
        for mishap in self._mishaps:
            if mishap.method == method and mishap.chat in {None, _int(params.get("chat_id"))}:
                self._mishaps.remove(mishap)
                return mishap
        return None

    # methods

    async def _call(self, method: str, params: Params, mishap: Mishap | None) -> Any:
        if mishap is not None and mishap.trouble is Trouble.REFUSED:
            raise Refused(mishap.status, mishap.description, mishap.parameters)
        async with self._changed:
            self._changed.notify_all()
        if method in self.unknown_methods:
            raise Refused(404, "Not Found: method not found")
        match method:
            case "getMe":
                can = {"can_join_groups": True, "can_read_all_group_messages": False}
                return self._user(BOT_ID) | can | {"supports_inline_queries": False}
            case "getUpdates":
                return await self._get_updates(params)
            case "sendMessage":
                return self._send(params)
            case "sendPhoto" | "sendDocument":
                return self._send(params, "photo" if method == "sendPhoto" else "document")
            case "editMessageText" | "editMessageCaption":
                return self._edit(params, "text" if method == "editMessageText" else "caption")
            case "answerCallbackQuery":
                return self._answer_query(params)
            case "getChat":
                return self._chat(self._found(params)) | FULL_CHAT
            case "getChatMember":
                return self._get_member(self._found(params), _int(params.get("user_id")))
            case "setMyCommands":
                scope = _dict(params.get("scope")) or {"type": "default"}
                name = f"chat:{scope['chat_id']}" if scope["type"] == "chat" else scope["type"]
                self.menus[name] = _list(params.get("commands"))
                return True
            case "deleteWebhook":
                return True
            case _:
                raise Refused(404, "Not Found: method not found")

    async def _get_updates(self, params: Params) -> list[dict[str, Any]]:
        for poll in self._polls:
            if not poll.done():
                # The one who polled first is told; the newcomer goes on.
                poll.set_exception(
                    Refused(
                        409,
                        "Conflict: terminated by other getUpdates request; make sure that only "
                        "one bot instance is running",
                    )
                )
        offset = _int(params.get("offset"))
        while self._updates and offset > 0 and self._updates[0]["update_id"] < offset:
            self._updates.popleft()
        allowed = _list(params.get("allowed_updates"))
        timeout = _int(params.get("timeout"))
        if not self._matching(allowed) and timeout > 0:
            poll = asyncio.get_running_loop().create_future()
            self._polls.add(poll)
            try:
                async with asyncio.timeout(timeout):
                    await poll
            except TimeoutError:
                pass
            finally:
                self._polls.discard(poll)
        if self._bad_token:
            raise Refused(401, "Unauthorized")
        return self._matching(allowed)[: _int(params.get("limit")) or 100]

    def _matching(self, allowed: list[Any]) -> list[dict[str, Any]]:
        return [
            update
            for update in self._updates
            if not allowed or any(kind in update for kind in allowed)
        ]

    def _found(self, params: Params) -> int:
        """Return the chat that a call names by its id or its @name."""
        named = str(params.get("chat_id", ""))
        if named.startswith("@"):
            if named.lower() not in self._names:
                raise bad_request("chat not found")
            return self._names[named.lower()]
        if _int(named) in self._refusing:
            raise self._refusing[_int(named)]
        return _int(named)

    def _get_member(self, chat: int, user: int) -> dict[str, Any]:
        found = _member_value(self._user(user), self._members.get((chat, user), "member"))
        if user == BOT_ID and self._type(chat) == "channel":
            found["can_post_messages"] = chat not in self._mute_in
        return found

    def _message(self, chat: int, message_id: int) -> SentMessage | None:
        return next((m for m in self._messages[chat] if m.message_id == message_id), None)

    def _send(self, params: Params, file: str = "") -> dict[str, Any]:
        chat = self._found(params)
        thread = _int(params.get("message_thread_id")) or None
        if thread == 1:
            raise bad_request("message thread not found")
        if thread is not None and (chat, thread) in self._topics:
            raise bad_request(self._topics[chat, thread])
        if chat in self._mute_in:
            raise bad_request("need administrator rights in the channel chat")
        html, shown = _read(params, "caption" if file else "text")
        name, data = _file(params, file) if file else ("", b"")
        message = SentMessage(
            chat=chat,
            message_id=self._new_id(chat),
            html=html,
            text=shown.text,
            links=shown.links,
            tags=shown.tags,
            buttons=_keyboard(params),
            thread=thread,
            silent=str(params.get("disable_notification", "")).lower() == "true",
            preview=not _dict(params.get("link_preview_options")).get("is_disabled", False),
            reply_to=_dict(params.get("reply_parameters")).get("message_id"),
            attachment=name,
            file=data,
            is_picture=file == "photo",
        )
        self._messages[chat].append(message)
        return self._told_message(message)

    def _edit(self, params: Params, what: str) -> dict[str, Any]:
        chat, message_id = self._found(params), _int(params.get("message_id"))
        message = self._message(chat, message_id)
        if message is None:
            raise bad_request("message to edit not found")
        if bool(message.attachment) != (what == "caption"):
            raise bad_request(f"there is no {what} in the message to edit")
        html, shown = _read(params, what)
        buttons = _keyboard(params)
        before = Shown(text=message.text, links=message.links, tags=message.tags)
        if (shown, buttons) == (before, message.buttons):
            raise bad_request(
                "message is not modified: specified new message content and reply markup are "
                "exactly the same as a current content and reply markup of the message"
            )
        message.edits.append(message.text)
        message.html, message.text = html, shown.text
        message.links, message.tags = shown.links, shown.tags
        message.buttons = buttons
        return self._told_message(message)

    def _told_message(self, message: SentMessage) -> dict[str, Any]:
        told = {
            "message_id": message.message_id,
            "date": int(time.time()),
            "chat": self._chat(message.chat),
            "from": self._user(BOT_ID),
        }
        if message.thread is not None:
            told |= {"message_thread_id": message.thread, "is_topic_message": True}
        file = {"file_id": "f", "file_unique_id": "u"}
        if message.is_picture:
            return told | {"photo": [file | {"width": 1, "height": 1}], "caption": message.text}
        if message.attachment:
            return told | {"document": file, "caption": message.text}
        return told | {"text": message.text}

    def _answer_query(self, params: Params) -> bool:
        query, text = str(params.get("callback_query_id")), str(params.get("text", ""))
        if len(text) > TOAST_CHARS_MAX:
            raise bad_request("MESSAGE_TOO_LONG")
        self.toasts.append((query, text))
        return True


GATEWAY = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


GIFTS = (
    "unlimited_gifts",
    "limited_gifts",
    "unique_gifts",
    "premium_subscription",
    "gifts_from_channels",
)
FULL_CHAT = {
    "accent_color_id": 0,
    "max_reaction_count": 11,
    "accepted_gift_types": dict.fromkeys(GIFTS, True),
}
"""What `getChat` says beyond the chat, as far as the library insists on it."""


def _read(params: Params, what: str = "text") -> tuple[str, Shown]:
    """Return the HTML of a text or caption as it came, and what a reader sees of it."""
    text = str(params.get(what, ""))
    if len(text.encode("utf-8", "surrogatepass")) > HTML_BYTES_MAX:
        raise bad_request("text is too long")
    mode = str(params.get("parse_mode", ""))
    if mode not in {"", "HTML"}:
        raise bad_request("unsupported parse_mode")
    try:
        shown = read_html(text) if mode else Shown(text=text, links=(), tags=())
    except CannotParse as error:
        raise bad_request(f"can't parse entities: {error}") from None
    if what == "caption":
        if len(shown.text) > CAPTION_CHARS_MAX:
            raise bad_request("message caption is too long")
        return text, shown
    if not shown.text.strip():
        raise bad_request("message text is empty")
    if len(shown.text) > TEXT_CHARS_MAX:
        raise bad_request("message is too long")
    return text, shown


def _file(params: Params, field_name: str) -> tuple[str, bytes]:
    """Return name and bytes of an uploaded file."""
    file = params.get(field_name)
    if isinstance(file, str) and file.startswith("attach://"):
        file = params.get(file.removeprefix("attach://"))
    if not isinstance(file, tuple):
        raise bad_request(f"there is no {field_name} in the request")
    name, data = file
    if not data:
        raise bad_request("file must be non-empty")
    if field_name == "photo" and not data.startswith((b"\x89PNG", b"\xff\xd8")):
        raise bad_request("IMAGE_PROCESS_FAILED")
    return str(name), bytes(data)


def _keyboard(params: Params) -> list[list[dict[str, Any]]]:
    rows: list[list[dict[str, Any]]] = _dict(params.get("reply_markup")).get("inline_keyboard", [])
    buttons = [button for row in rows for button in row]
    if len(buttons) > BUTTONS_MAX:
        raise bad_request("reply markup is too long")
    for button in buttons:
        if not str(button.get("text", "")).strip():
            raise bad_request("inline keyboard button text is empty")
        kinds = [kind for kind in ("callback_data", "url") if button.get(kind)]
        if len(kinds) != 1:
            raise bad_request("text buttons are unallowed in the inline keyboard")
        if not 1 <= len(str(button.get("callback_data", "x")).encode()) <= DATA_BYTES_MAX:
            raise bad_request("BUTTON_DATA_INVALID")
        if "url" in button:
            parts = urlsplit(str(button["url"]))
            host = parts.hostname or ""
            if parts.scheme not in {"http", "https", "tg"} or "." not in host:
                raise bad_request(
                    f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL"
                )
    return rows


def _member_value(user: dict[str, Any], status: str) -> dict[str, Any]:
    member: dict[str, Any] = {"user": user, "status": status}
    if status == "administrator":
        rights = (
            "can_be_edited is_anonymous can_manage_chat can_delete_messages can_manage_video_chats "
            "can_restrict_members can_promote_members can_change_info can_invite_users "
            "can_post_stories can_edit_stories can_delete_stories"
        )
        member |= dict.fromkeys(rights.split(), False)
    return member


def _params(kind: str, body: bytes, query: str) -> Params:
    found: Params = dict(parse_qsl(query, keep_blank_values=True))
    if kind.startswith("application/json"):
        found |= json.loads(body or b"{}")
    elif kind.startswith("multipart/form-data"):
        found |= _parts(kind, body)
    elif body:
        found |= dict(parse_qsl(body.decode(), keep_blank_values=True))
    return found


def _parts(kind: str, body: bytes) -> Params:
    """Return the fields of a form with files; a file is its name and its bytes."""
    whole = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    found: Params = {}
    for part in whole.get_payload():
        assert not isinstance(part, str)
        data = part.get_payload(decode=True)
        assert isinstance(data, bytes)
        name = str(part.get_param("name", header="content-disposition"))
        file = part.get_filename()
        found[name] = data.decode() if file is None else (file, data)
    return found


def _int(value: Any) -> int:
    return int(value or 0)


def _dict(value: Any) -> dict[str, Any]:
    """Return an object that came as JSON, or as JSON inside a form field."""
    found = json.loads(value) if isinstance(value, str) and value else value
    return found if isinstance(found, dict) else {}


def _list(value: Any) -> list[Any]:
    found = json.loads(value) if isinstance(value, str) and value else value
    return found if isinstance(found, list) else []


def _refusal(refused: Refused) -> bytes:
    body: dict[str, Any] = {
        "ok": False,
        "error_code": refused.status,
        "description": refused.description,
    }
    if refused.parameters:
        body["parameters"] = refused.parameters
    return json.dumps(body).encode()


async def _reply(
    writer: asyncio.StreamWriter, status: int, body: bytes, kind: str = "application/json"
) -> bool:
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()
    return True
