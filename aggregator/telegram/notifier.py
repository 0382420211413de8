"""Where messages go: Telegram, or the console when there is no token."""

from __future__ import annotations

import asyncio
import textwrap
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import count

import structlog
from telegram import Bot, InputFile, LinkPreviewOptions
from telegram import Message as Shown
from telegram.error import InvalidToken, TelegramError

from aggregator.model import (
    ChatGone,
    Delivery,
    DeliveryOutcome,
    Place,
    Rejected,
    RetryAt,
    Sent,
    Unknown,
)
from aggregator.telegram import words
from aggregator.telegram.form import Form, amended, form
from aggregator.telegram.markup import plain
from aggregator.telegram.outcome import (
    RIGHTS_RETRY,
    Amend,
    NoRights,
    Remedy,
    TooMany,
    Verdict,
    is_not_it,
    outcome,
    redacted,
)
from aggregator.telegram.waits import Waits

log = structlog.get_logger(__name__)

DELIVER_TOTAL_S = 40.0
"""Of one call with everything; the timeouts of the library bound each operation, not their sum."""
FILE_BYTES_MAX = 10_000_000
"""Telegram's limit for a picture; no document of ours comes near its own."""
SHORTER_MAX = 4
"""Cuts of a text that Telegram calls too long: the first to our own limit, each next to half."""
TOPICS_MAX = 1000
"""Deleted topics remembered until the next start; beyond them the oldest is forgotten."""
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
CONSOLE_COLUMNS = 96

Heard = Callable[[Delivery, Amend | NoRights | ChatGone], Awaitable[None]]


async def _at_once(chat_id: int) -> None:
    """Wait for no slot, where nobody keeps a budget."""


async def _no_file(name: str) -> bytes | None:  # noqa: ARG001  what the notifier is given
    return None


class TelegramNotifier:
    """Sends and edits through the Bot API; whatever happens comes back as a value."""

    def __init__(
        self,
        bot: Bot,
        *,
        prefix: str = "",
        total_s: float = DELIVER_TOTAL_S,
        files: Callable[[str], Awaitable[bytes | None]] = _no_file,
        heard: Heard | None = None,
        turn: Callable[[int], Awaitable[None]] = _at_once,
    ) -> None:
        """`prefix` stands first in each message, on a line of its own; `total_s` bounds a call.

        `files` gives the bytes of an attachment; `heard` is told what a person should know of;
        `turn` returns when one more call may leave for a chat.
        """
        self._bot = bot
        self._total_s = total_s
        self._prefix = prefix
        self._files = files
        self._heard = heard
        self._deleted: OrderedDict[Place, None] = OrderedDict()
        self._turn = turn
        self._waits = Waits()

    async def deliver(self, delivery: Delivery) -> DeliveryOutcome:
        """Send `delivery.message`, or edit `delivery.message_id` to it.

        What Telegram refuses for its markup, topic, buttons, length or file is sent once more
        without, at the chat's next turn; what it refuses for a reason we do not know, once more
        without all that may be left out.
        """
        shape = form(delivery, self._prefix)
        if delivery.place in self._deleted:
            shape = amended(shape, Remedy.NO_THREAD)
        match await self._mended(delivery, shape):
            case Sent() as sent:
                self._waits.over(delivery.place.chat_id)
                return sent
            case TooMany():
                return RetryAt(after=self._waits.next(delivery.place.chat_id))
            case NoRights() as refused:
                await self._tell(delivery, refused)
                return RetryAt(after=RIGHTS_RETRY, flood=False)
            case ChatGone(migrated_to=None) as gone:
                await self._tell(delivery, gone)
                return gone
            case settled:
                return settled

    async def _mended(
        self, delivery: Delivery, shape: Form
    ) -> DeliveryOutcome | NoRights | TooMany:
        """Send `shape`, and once more without each thing that is refused."""
        left = dict.fromkeys(Remedy, 1) | {Remedy.SHORT: SHORTER_MAX}
        bare: Amend | None = None
        while True:
            match await self._once(delivery, shape):
                case Amend(remedy=remedy, detail=detail) if not left[remedy]:
                    return Rejected(detail=detail)
                case Amend(remedy=remedy) as amend:
                    if remedy is Remedy.BARE:
                        # Said when it helped; where it does not, one notice is enough.
                        bare = amend
                    elif remedy is not Remedy.SHORT or left[remedy] == SHORTER_MAX:
                        await self._amend(delivery, amend)
                    left[remedy] -= 1
                    shape = amended(shape, remedy)
                    await self._turn(delivery.place.chat_id)
                case settled:
                    if bare is not None and isinstance(settled, Sent):
                        await self._amend(delivery, bare)
                    return settled

    async def probe(self, delivery: Delivery, message_id: int) -> DeliveryOutcome:
        """Edit `message_id` to the very text: "not modified" says that it is there."""
        match await self.deliver(replace(delivery, message_id=message_id)):
            case Rejected(detail=detail) if is_not_it(detail):
                return Rejected(detail=f"message {message_id} is not it")
            case Rejected(detail=detail):
                # The text itself is refused, which says nothing of what stands there.
                return Unknown(detail=detail)
            case settled:
                return settled

    async def _amend(self, delivery: Delivery, amend: Amend) -> None:
        if amend.remedy is Remedy.NO_FILE:
            log.warning("sent_without_file", key=delivery.key, why=amend.detail)
            return
        log.error(
            "message_amended",
            key=delivery.key,
            why=amend.detail,
            remedy=amend.remedy.value,
            html=delivery.message.html,
        )
        if amend.for_good:
            self._deleted[delivery.place] = None
            if len(self._deleted) > TOPICS_MAX:
                self._deleted.popitem(last=False)
        await self._tell(delivery, amend)

    async def _tell(self, delivery: Delivery, what: Amend | NoRights | ChatGone) -> None:
        if self._heard is None:
            return
        try:
            await self._heard(delivery, what)
        except Exception:  # what is told beside a message must not change what became of it
            log.exception("notice_failed", key=delivery.key)

    async def _once(self, delivery: Delivery, shape: Form) -> Verdict:
        try:
            async with asyncio.timeout(self._total_s):
                if delivery.message_id is not None:
                    await self._edit(delivery, delivery.message_id, shape)
                    return Sent(message_id=delivery.message_id)
                if not shape.attachment:
                    return Sent(message_id=(await self._send(delivery, shape)).message_id)
                data = await self._files(shape.attachment)
                if data is None or len(data) > FILE_BYTES_MAX:
                    why = "there is no such file" if data is None else "the file is too large"
                    return Amend(remedy=Remedy.NO_FILE, detail=why)
                sent = await self._send_file(delivery, shape, data)
                return Sent(message_id=sent.message_id)
        except InvalidToken as error:
            if shape.attachment:
                # Also the answer of a server that does not know how to take files.
                return Amend(remedy=Remedy.NO_FILE, detail=redacted(error))
            return outcome(error, delivery.message_id)
        except TelegramError as error:
            return outcome(error, delivery.message_id)
        except TimeoutError:
            return Unknown(detail=f"no answer within {self._total_s:g} s")

    async def _send(self, delivery: Delivery, shape: Form) -> Shown:
        return await self._bot.send_message(
            chat_id=delivery.place.chat_id,
            text=shape.text,
            parse_mode=shape.parse_mode,
            message_thread_id=shape.thread_id,
            reply_markup=shape.keyboard,
            link_preview_options=NO_PREVIEW,
            disable_notification=shape.silent,
            reply_parameters=shape.answers,
        )

    async def _send_file(self, delivery: Delivery, shape: Form, data: bytes) -> Shown:
        file = InputFile(data, filename=shape.file_name)
        if shape.is_picture:
            return await self._bot.send_photo(
                chat_id=delivery.place.chat_id,
                photo=file,
                caption=shape.text,
                parse_mode=shape.parse_mode,
                message_thread_id=shape.thread_id,
                reply_markup=shape.keyboard,
                disable_notification=shape.silent,
                reply_parameters=shape.answers,
            )
        return await self._bot.send_document(
            chat_id=delivery.place.chat_id,
            document=file,
            caption=shape.text,
            parse_mode=shape.parse_mode,
            message_thread_id=shape.thread_id,
            reply_markup=shape.keyboard,
            disable_notification=shape.silent,
            reply_parameters=shape.answers,
        )

    async def _edit(self, delivery: Delivery, message_id: int, shape: Form) -> None:
        # An edit without keyboard would take the buttons away, so they go along each time.
        if shape.attachment:
            await self._bot.edit_message_caption(
                chat_id=delivery.place.chat_id,
                message_id=message_id,
                caption=shape.text,
                parse_mode=shape.parse_mode,
                reply_markup=shape.keyboard,
            )
            return
        await self._bot.edit_message_text(
            chat_id=delivery.place.chat_id,
            message_id=message_id,
            text=shape.text,
            parse_mode=shape.parse_mode,
            reply_markup=shape.keyboard,
            link_preview_options=NO_PREVIEW,
        )


class ConsoleNotifier:
    """Prints each message as text."""

    def __init__(self, write: Callable[[str], None], *, prefix: str = "") -> None:
        """`write` prints one block; `prefix` stands first in each."""
        self._write = write
        self._prefix = prefix
        self._ids = count(1)

    async def deliver(self, delivery: Delivery) -> DeliveryOutcome:
        """Print a new message whole, and of an edited one what an edit can change."""
        lines = plain(delivery.message.html).split("\n")
        if delivery.message_id is None:
            self._write(_block("new", lines, self._prefix))
            return Sent(message_id=next(self._ids))
        self._write(_block("updated", _essence(lines), self._prefix))
        return Sent(message_id=delivery.message_id)

    async def probe(self, delivery: Delivery, message_id: int) -> DeliveryOutcome:  # noqa: ARG002  the port
        """Nobody can look at what scrolled by; it is printed again."""
        return Rejected(detail="a console cannot be asked")


def _essence(lines: list[str]) -> list[str]:
    """Return label, headline and sources: the last paragraph without its place and its reason."""
    last_gap = max((at for at, line in enumerate(lines) if not line.strip()), default=0)
    rest = [line for line in lines[last_gap + 2 :] if not line.startswith(f"{words.WHY}: ")]
    return [*lines[:2], *rest] if last_gap >= 2 and rest else lines


def _block(mark: str, lines: list[str], prefix: str) -> str:
    head = f"┌─ {prefix} ─ {mark} " if prefix else f"┌─ {mark} "
    body = [
        f"│ {part}".rstrip()
        for line in lines
        for part in textwrap.wrap(
            line, CONSOLE_COLUMNS - 2, break_long_words=False, break_on_hyphens=False
        )
        or [""]
    ]
    return "\n".join([head.ljust(CONSOLE_COLUMNS, "─"), *body, "└".ljust(CONSOLE_COLUMNS, "─")])
