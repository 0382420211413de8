"""A message as it goes over the wire, and what is left of it when Telegram refuses a part."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import assert_never

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, ReplyParameters
from telegram.constants import ParseMode

from aggregator.model import Button, Delivery, Message
from aggregator.telegram.markup import TEXT_CHARS_MAX, own, plain
from aggregator.telegram.outcome import Remedy

CAPTION_CHARS_MAX = 1024
GENERAL_TOPIC = 1
"""The General topic's own id, which Telegram refuses: it is reached without one."""
PICTURE = ".png"
LINK = re.compile(r"https?://\S+")
SHORT_CHARS_MIN = 80
"""Of a text that is cut again and again: a headline still fits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A message as it goes over the wire; with an `attachment`, `text` is its caption."""

    text: str
    parse_mode: ParseMode | None
    buttons: tuple[tuple[Button, ...], ...]
    thread_id: int | None
    silent: bool
    answers: ReplyParameters | None = None
    """Which message it answers."""
    attachment: str = ""

    @property
    def is_picture(self) -> bool:
        """True for an attachment that is shown, not offered for download."""
        return self.attachment.endswith(PICTURE)

    @property
    def file_name(self) -> str:
        """What a reader sees the attachment called."""
        return self.attachment.rpartition("/")[2]

    @property
    def keyboard(self) -> InlineKeyboardMarkup | None:
        """The buttons as the library takes them."""
        if not self.buttons:
            return None
        return InlineKeyboardMarkup([[_button(button) for button in row] for row in self.buttons])


def form(delivery: Delivery, prefix: str) -> Form:
    """Return how `delivery` is sent first; `prefix` stands on a line of its own."""
    message = delivery.message
    thread = delivery.place.thread_id
    return Form(
        text=_prefixed(message, prefix),
        parse_mode=ParseMode.HTML,
        buttons=message.buttons,
        thread_id=None if thread in {0, GENERAL_TOPIC} else thread,
        silent=message.silent,
        answers=_answers(delivery),
        attachment=message.attachment,
    )


def amended(form: Form, remedy: Remedy) -> Form:
    """Return `form` without what Telegram refused."""
    match remedy:
        case Remedy.PLAIN:
            return _plain(form)
        case Remedy.NO_THREAD:
            return replace(form, thread_id=None)
        case Remedy.NO_BUTTONS:
            return replace(form, buttons=())
        case Remedy.NO_FILE:
            return replace(form, attachment="")
        case Remedy.SHORT:
            return _shorter(form)
        case Remedy.BARE:
            return replace(_plain(form), buttons=(), answers=None, attachment="")
        case never:
            assert_never(never)


def _plain(form: Form) -> Form:
    if form.parse_mode is None:
        return form
    most = CAPTION_CHARS_MAX if form.attachment else TEXT_CHARS_MAX
    return replace(form, text=_clipped(plain(form.text), most), parse_mode=None)


def _shorter(form: Form) -> Form:
    """Return it as plain text that ends with its first link: as much as fits by our own count,
    and half of that each time Telegram counts otherwise.
    """
    most = CAPTION_CHARS_MAX if form.attachment else TEXT_CHARS_MAX
    text = form.text if form.parse_mode is None else plain(form.text)
    if len(text) <= most:
        most = max(len(text) // 2, SHORT_CHARS_MIN)
    link = LINK.search(text)
    tail = f"\n{link[0].rstrip(').,')}" if link else ""
    if len(tail) >= most:
        tail = ""
    return replace(form, text=f"{_clipped(text, most - len(tail))}{tail}", parse_mode=None)


def _clipped(text: str, chars_max: int) -> str:
    """Return the text cut at a word or line, with an ellipsis; its lines stay lines."""
    if len(text) <= chars_max:
        return text
    head = text[: chars_max - 1]
    at = max(head.rfind(" "), head.rfind("\n"))
    return f"{head[: at if at > chars_max // 2 else None].rstrip()}…"


def _answers(delivery: Delivery) -> ReplyParameters | None:
    """Return which message it answers."""
    if delivery.reply_to_id is None:
        return None
    # A message that somebody deleted can no longer be answered; the alert goes out all the same.
    return ReplyParameters(delivery.reply_to_id, allow_sending_without_reply=True)


def _prefixed(message: Message, prefix: str) -> str:
    return f"{own(prefix)}\n{message.html}" if prefix else message.html


def _button(button: Button) -> InlineKeyboardButton:
    return InlineKeyboardButton(
        button.text, url=button.url or None, callback_data=button.data or None
    )
