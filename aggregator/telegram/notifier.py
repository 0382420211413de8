"""Where messages go: Telegram, or the console when there is no token."""

from __future__ import annotations

import asyncio
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from typing import assert_never

import structlog
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    ReplyParameters,
)
from telegram.constants import ParseMode
from telegram.error import TelegramError

from aggregator.model import (
    Button,
    Delivery,
    DeliveryOutcome,
    Message,
    Rejected,
    Sent,
    Unknown,
)
from aggregator.telegram import words
from aggregator.telegram.markup import TEXT_CHARS_MAX, clip, own, plain
from aggregator.telegram.outcome import Amend, Remedy, outcome

log = structlog.get_logger(__name__)

DELIVER_TOTAL_S = 40.0
"""Of one call with everything; the timeouts of the library bound each operation, not their sum."""
GENERAL_TOPIC = 1
"""The General topic's own id, which Telegram refuses: it is reached without one."""
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
CONSOLE_COLUMNS = 96


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A message as it goes over the wire."""

    text: str
    parse_mode: ParseMode | None
    buttons: tuple[tuple[Button, ...], ...]
    thread_id: int | None
    silent: bool


class TelegramNotifier:
    """Sends and edits through the Bot API; whatever happens comes back as a value."""

    def __init__(self, bot: Bot, *, prefix: str = "", total_s: float = DELIVER_TOTAL_S) -> None:
        """`prefix` stands first in each message, on a line of its own; `total_s` bounds a call."""
        self._bot = bot
        self._total_s = total_s
        self._prefix = prefix

    async def deliver(self, delivery: Delivery) -> DeliveryOutcome:
        """Send `delivery.message`, or edit `delivery.message_id` to it.

        What Telegram refuses for its markup, topic or buttons is sent once more without them.
        """
        form = _form(delivery, self._prefix)
        tried: set[Remedy] = set()
        while True:
            match await self._once(delivery, form):
                case Amend(remedy=remedy, detail=detail) if remedy in tried:
                    return Rejected(detail=detail)
                case Amend(remedy=remedy, detail=detail):
                    log.error(
                        "message_amended",
                        key=delivery.key,
                        why=detail,
                        remedy=remedy.value,
                        html=delivery.message.html,
                    )
                    tried.add(remedy)
                    form = _amended(form, remedy)
                case settled:
                    return settled

    async def probe(self, delivery: Delivery, message_id: int) -> DeliveryOutcome:
        """Edit `message_id` to the very text: "not modified" says that it is there."""
        match await self.deliver(replace(delivery, message_id=message_id)):
            case Rejected():
                return Rejected(detail=f"message {message_id} is not it")
            case settled:
                return settled

    async def _once(self, delivery: Delivery, form: Form) -> DeliveryOutcome | Amend:
        try:
            async with asyncio.timeout(self._total_s):
                if delivery.message_id is None:
                    return Sent(message_id=await self._send(delivery, form))
                await self._edit(delivery, delivery.message_id, form)
                return Sent(message_id=delivery.message_id)
        except TelegramError as error:
            return outcome(error, delivery.message_id)
        except TimeoutError:
            return Unknown(detail=f"no answer within {self._total_s:g} s")

    async def _send(self, delivery: Delivery, form: Form) -> int:
        sent = await self._bot.send_message(
            chat_id=delivery.place.chat_id,
            text=form.text,
            parse_mode=form.parse_mode,
            message_thread_id=form.thread_id,
            reply_markup=_keyboard(form.buttons),
            link_preview_options=NO_PREVIEW,
            disable_notification=form.silent,
            reply_parameters=_answers(delivery),
        )
        return sent.message_id

    async def _edit(self, delivery: Delivery, message_id: int, form: Form) -> None:
        # An edit without keyboard would take the buttons away, so they go along each time.
        await self._bot.edit_message_text(
            chat_id=delivery.place.chat_id,
            message_id=message_id,
            text=form.text,
            parse_mode=form.parse_mode,
            reply_markup=_keyboard(form.buttons),
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


def _answers(delivery: Delivery) -> ReplyParameters | None:
    if delivery.reply_to_id is None:
        return None
    # A message that somebody deleted can no longer be answered; the alert goes out all the same.
    return ReplyParameters(delivery.reply_to_id, allow_sending_without_reply=True)


def _form(delivery: Delivery, prefix: str) -> Form:
    message = delivery.message
    thread = delivery.place.thread_id
    return Form(
        text=_prefixed(message, prefix),
        parse_mode=ParseMode.HTML,
        buttons=message.buttons,
        thread_id=None if thread in {0, GENERAL_TOPIC} else thread,
        silent=message.silent,
    )


def _prefixed(message: Message, prefix: str) -> str:
    return f"{own(prefix)}\n{message.html}" if prefix else message.html


def _amended(form: Form, remedy: Remedy) -> Form:
    match remedy:
        case Remedy.PLAIN:
            return replace(form, text=_cut(plain(form.text)), parse_mode=None)
        case Remedy.NO_THREAD:
            return replace(form, thread_id=None)
        case Remedy.NO_BUTTONS:
            return replace(form, buttons=())
        case never:
            assert_never(never)


def _cut(text: str) -> str:
    return text if len(text) <= TEXT_CHARS_MAX else clip(text, TEXT_CHARS_MAX)


def _keyboard(rows: tuple[tuple[Button, ...], ...]) -> InlineKeyboardMarkup | None:
    if not rows:
        return None
    return InlineKeyboardMarkup(
        [
            [
                InlineKeyboardButton(
                    button.text, url=button.url or None, callback_data=button.data or None
                )
                for button in row
            ]
            for row in rows
        ]
    )


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
