"""The kinds of value that YAML files hold, each refusing what it is not in words that help.

Every check raises ValueError with a whole sentence; `faults` adds file and line.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, StrictBool, WithJsonSchema

text_characters_max = 4_000
slug_characters_max = 48
"""Telegram gives a button 64 bytes of data, of which a slug is a part."""
every_max = timedelta(days=7)
years = range(1900, 2101)
chat_id_max = 2**52
"""Telegram's ids have at most 52 significant bits (Bot API, type Chat)."""
thread_id_max = 2**31

OPS: Literal["ops"] = "ops"
"""The operator's own chat, whose id only the environment knows."""

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_EVERY = re.compile(r"(\d{1,6}) ?([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_MODE = re.compile(r"(?:instant|digest ([01]\d|2[0-3]):([0-5]\d))")
_SPACE_OR_CONTROL = re.compile(r"[\s\x00-\x1f\x7f]")


def as_text(value: object) -> str:
    """Return one line of text; a whole number is the text that was written."""
    match value:
        case bool():
            word = "true" if value else "false"
            raise ValueError(f'`{word}` is read as a yes or no: put it in quotes: "{word}"')
        case int():
            return str(value)
        case str() if len(value) > text_characters_max:
            raise ValueError(f"is longer than {text_characters_max:,} characters: shorten it")
        case str():
            text = " ".join(value.split())
            if not text:
                raise ValueError("is empty: write a text, or leave the key out")
            return text
        case None:
            raise ValueError("is empty: write a text, or leave the key out")
        case list():
            raise ValueError("is a list where one text is expected: write a single text")
        case _:
            raise ValueError(
                "is a mapping where one text is expected: put a text with `: ` or {} in quotes"
            )


def is_slug(text: str) -> bool:
    """Say whether `text` can name a thing: `sec-v-binance`."""
    return _SLUG.fullmatch(text) is not None and len(text) <= slug_characters_max


def as_slug(value: object) -> str:
    """Return a name as files, commands and buttons use it."""
    text = as_text(value)
    if not is_slug(text):
        raise ValueError(
            f"`{text}` cannot be a name: write small letters, digits and single hyphens, "
            f"at most {slug_characters_max}, such as `{_slugged(text)}`"
        )
    return text


def _slugged(text: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:slug_characters_max].strip("-")
    return slug or "sec-v-binance"


def as_url(value: object) -> str:
    """Return an absolute http(s) URL, unchanged."""
    text = as_text(value)
    example = "write one that begins with https://"
    if _SPACE_OR_CONTROL.search(text):
        raise ValueError(f"`{text}` has a space in it: {example} and write spaces as %20")
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"`{text}` is no web address ({error}): {example}") from None
    if parts.scheme not in ("http", "https"):
        raise ValueError(f"`{text}` is no http or https address: {example}")
    if not parts.hostname:
        raise ValueError(f"`{text}` names no host: {example} and a host")
    return text


def as_every(value: object) -> timedelta:
    """Return how long to wait between two polls; the floor depends on the feed."""
    text = as_text(value)
    found = _EVERY.fullmatch(text)
    if found is None:
        raise ValueError(f"`{text}`: write a number and a unit (s, m, h, d), such as 5m")
    every = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if not timedelta(0) < every <= every_max:
        raise ValueError(f"`{text}` is not between 1s and {every_max.days}d: write 5m, for example")
    return every


def as_date(value: object) -> str:
    """Return a date as exact as its source: `2023-06-05`, `2023-06` or `2023`."""
    text = as_text(value)
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError(f"`{text}` is no date: write 2023-06-05, 2023-06 or 2023")
    try:
        day = date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError:
        raise ValueError(
            f"`{text}` is not in the calendar: write a date that exists, as year-month-day"
        ) from None
    if day.year not in years:
        raise ValueError(f"`{text}`: write a year from {years.start} to {years.stop - 1}")
    return text


def as_moment(value: object) -> datetime:
    """Return an ISO 8601 moment, in UTC where it names no offset."""
    text = as_text(value)
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            f"`{text}` is no moment: write 2023-09-18 or 2023-09-18T14:30:00Z"
        ) from None
    return moment


def as_language(value: object) -> str:
    """Return a language tag."""
    text = as_text(value)
    if _LANGUAGE.fullmatch(text) is None:
        raise ValueError(f"`{text}` is no language: write its code, such as en or pt-BR")
    return text


def as_chat_id(value: object) -> int:
    """Return the id of a person, group or channel."""
    text = as_text(value)
    if re.fullmatch(r"-?\d{1,16}", text) is None or not 0 < abs(int(text)) < chat_id_max:
        raise ValueError(
            f"`{text}` is no Telegram id: write the number that /id answers, such as 123456789"
        )
    return int(text)


def as_chat(value: object) -> int | Literal["ops"]:
    """Return a chat's id, or `ops`."""
    if value == OPS:
        return OPS
    try:
        return as_chat_id(value)
    except ValueError as error:
        raise ValueError(f"{error}, or ops for the operator's chat") from None


def as_thread(value: object) -> int:
    """Return the id of a forum's topic."""
    text = as_text(value)
    if re.fullmatch(r"\d{1,10}", text) is None or not 0 < int(text) < thread_id_max:
        raise ValueError(
            f"`{text}` is no topic: write the number that /id answers in it, or leave it out"
        )
    return int(text)


def as_mode(value: object) -> time | None:
    """Return when the daily digest goes; None for each alert at once."""
    text = as_text(value)
    found = _MODE.fullmatch(text)
    if found is None:
        raise ValueError(f"`{text}`: write instant, or a time of day in UTC such as digest 08:00")
    return None if found[1] is None else time(int(found[1]), int(found[2]))


def as_words(value: object) -> str:
    """Return a text with something in it that can be looked for."""
    text = as_text(value)
    if not any(character.isalnum() for character in text):
        raise ValueError(f"`{text}` has no letter or digit: write the words to look for")
    return text


def as_query(value: object) -> Any:
    """Return a query as written; what it means is for `matching.tree` to say."""
    if value is None:
        raise ValueError('is empty: write what to look for, such as "@sec NEAR/10 @binance"')
    return value


# --- the same as types, with what an editor is told of them ---------------------------------------

_LINE: dict[str, Any] = {"type": ["string", "integer"], "minLength": 1}
"""A whole number is the text that was written, so editors must take one too."""
_NAME: dict[str, Any] = {
    "type": ["string", "integer"],
    "pattern": f"^{_SLUG.pattern}$",
    "maxLength": slug_characters_max,
}
_ADDRESS: dict[str, Any] = {"type": "string", "pattern": "^https?://[^ ]+$"}

Text = Annotated[str, BeforeValidator(as_text), WithJsonSchema(_LINE)]
Words = Annotated[str, BeforeValidator(as_words), WithJsonSchema(_LINE)]
Slug = Annotated[str, BeforeValidator(as_slug), WithJsonSchema(_NAME)]
Url = Annotated[str, BeforeValidator(as_url), WithJsonSchema(_ADDRESS)]
Every = Annotated[
    timedelta,
    BeforeValidator(as_every),
    WithJsonSchema({"type": "string", "pattern": f"^{_EVERY.pattern}$"}),
]
DateText = Annotated[
    str,
    BeforeValidator(as_date),
    WithJsonSchema({"type": ["string", "integer"], "pattern": f"^{_DATE.pattern}$"}),
]
Moment = Annotated[
    datetime,
    BeforeValidator(as_moment),
    WithJsonSchema({"type": ["string", "integer"], "pattern": r"^\d{4}-?\d{2}-?\d{2}"}),
]
Language = Annotated[
    str,
    BeforeValidator(as_language),
    WithJsonSchema({"type": "string", "pattern": f"^{_LANGUAGE.pattern}$"}),
]
Chat = Annotated[
    int | Literal["ops"],
    BeforeValidator(as_chat),
    WithJsonSchema({"anyOf": [{"const": OPS}, {"type": "integer"}]}),
]
Thread = Annotated[
    int, BeforeValidator(as_thread), WithJsonSchema({"type": "integer", "minimum": 1})
]
Mode = Annotated[
    time | None,
    BeforeValidator(as_mode),
    WithJsonSchema({"type": "string", "pattern": f"^{_MODE.pattern}$"}),
]
QUERY_MARK = "x-query"
"""Stands for the query language until `schema` puts its definition there."""
QueryNode = Annotated[Any, BeforeValidator(as_query), WithJsonSchema({QUERY_MARK: True})]
Flag = StrictBool
Source = Annotated[Url, Field(examples=["https://www.sec.gov/newsroom/press-releases/2023-101"])]
