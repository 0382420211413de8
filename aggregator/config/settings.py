"""Every environment variable, read once into one typed value.

`variables` holds the table the documentation is checked against.  A secret is only ever held as
`SecretStr`, whose text shows stars.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from aggregator.config.faults import did_you_mean
from aggregator.config.fields import as_chat_id
from aggregator.config.variables import VARIABLES
from aggregator.errors import ConfigError, Fault
from aggregator.model import Place

contact_characters_max = 200
token_bytes_max = 1_000
ids_max = 1_000
days_max = 36_500


def _home(package: Path) -> Path:
    """Return where the shipped feeds and rules are: beside `bot.py`, or where a wheel put them."""
    if (package.parent / "bot.py").is_file():
        return package.parent
    # PREFIX/share/casewire; the package is in PREFIX/lib/python3.11/site-packages or the like.
    shares = (parent / "share" / "casewire" for parent in package.parents)
    return next((share for share in shares if (share / "feeds.yaml").is_file()), Path())


_HOME = _home(Path(__file__).parents[1])


def _shipped(name: str, here: Path = Path()) -> tuple[Path, ...]:
    """Return the shipped place, then that of the folder `here` if it is one as `init` makes it."""
    own = (here / "feeds.yaml").is_file() and (here / "rules").is_dir()
    # Another clone holds another copy of what is shipped, and has `bot.py` beside it.
    other = not (here / "bot.py").exists() and here.resolve() != _HOME.resolve()
    return (_HOME / name, here / name) if own and other else (_HOME / name,)


_API_BASE = "https://api.telegram.org"
_DATABASE = "data/casewire.db"

T = TypeVar("T")


class Access(StrEnum):
    """Who may use the bot."""

    PRIVATE = "private"
    OPEN = "open"


class LogStyle(StrEnum):
    """How log lines look."""

    TEXT = "text"
    JSON = "json"


_NAMES = frozenset(variable.name for variable in VARIABLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the environment says."""

    token: SecretStr | None = field(default=None, repr=False)
    courtlistener_token: SecretStr | None = field(default=None, repr=False)
    api_base: str = _API_BASE
    """Without a trailing slash."""
    database: str = _DATABASE
    """A path as sqlite3 takes it."""
    feeds: tuple[Path, ...] = (_HOME / "feeds.yaml",)
    rules: tuple[Path, ...] = (_HOME / "rules",)
    contact: str = ""
    admins: frozenset[int] = frozenset()
    users: frozenset[int] = frozenset()
    access: Access = Access.PRIVATE
    ops_chat: Place | None = None
    demo_chat: Place | None = None
    backup: Path | None = None
    """Where a copy of the database is put each day."""
    keep: timedelta = timedelta(days=30)
    keep_matched: timedelta = timedelta(days=730)
    keep_ledger: timedelta | None = None
    """None: for ever."""
    probe: bool = True
    """Look for a message whose fate is not known before it is sent again."""
    log: LogStyle = LogStyle.TEXT
    http: tuple[str, int] | None = None
    """Host and port where metrics and health are answered."""
    heartbeat: SecretStr | None = field(default=None, repr=False)
    """An address to ask each healthy minute; who knows it can feign life, so it is a secret."""
    unknown: tuple[str, ...] = ()
    """A warning for each variable that looks like ours and is none."""

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read `env`, where an empty variable counts as not set.

        Raises ConfigError with every fault; its faults carry the variable as `file` and line 0.
        """
        reader = _Reader({name: value.strip() for name, value in env.items() if value.strip()})
        settings = cls(
            token=reader.token(),
            courtlistener_token=reader.read("CASEWIRE_COURTLISTENER_TOKEN", _key, None),
            api_base=reader.read("TELEGRAM_API_BASE", _api_base, _API_BASE),
            database=reader.read("DATABASE_URL", _database, _DATABASE),
            feeds=reader.read("CASEWIRE_FEEDS", _places, _shipped("feeds.yaml")),
            rules=reader.read("CASEWIRE_RULES", _places, _shipped("rules")),
            contact=reader.read("CASEWIRE_CONTACT", _contact, ""),
            admins=reader.read("CASEWIRE_ADMINS", _people, frozenset()),
            users=reader.read("CASEWIRE_USERS", _ids, frozenset()),
            access=reader.read("CASEWIRE_ACCESS", _access, Access.PRIVATE),
            ops_chat=reader.read("CASEWIRE_OPS_CHAT", _place, None),
            demo_chat=reader.read("CASEWIRE_DEMO_CHAT", _place, None),
            backup=reader.read("CASEWIRE_BACKUP", Path, None),
            keep=reader.read("CASEWIRE_KEEP_DAYS", _days, timedelta(days=30)),
            keep_matched=reader.read(
                "CASEWIRE_KEEP_MATCHED_DAYS", _days_of_matched, timedelta(days=730)
            ),
            keep_ledger=reader.read("CASEWIRE_LEDGER_DAYS", _days, None),
            probe=reader.read("CASEWIRE_PROBE", _on_or_off, default=True),
            log=reader.read("CASEWIRE_LOG", _log, LogStyle.TEXT),
            http=reader.read("CASEWIRE_HTTP", _host_and_port, None),
            heartbeat=reader.read("CASEWIRE_HEARTBEAT_URL", _heartbeat, None),
            unknown=_unknown(env),
        )
        if reader.faults:
            raise ConfigError(reader.faults)
        return settings


class _Reader:
    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self.faults: list[Fault] = []

    def read(self, name: str, convert: Callable[[str], T], default: T) -> T:
        if name not in self._env:
            return default
        try:
            return convert(self._env[name])
        except ValueError as error:
            self.fault(name, str(error))
            return default

    def fault(self, name: str, what: str) -> None:
        self.faults.append(Fault(file=name, line=0, what=what))

    def token(self) -> SecretStr | None:
        name, name_file = "TELEGRAM_BOT_TOKEN", "TELEGRAM_BOT_TOKEN_FILE"
        if name in self._env and name_file in self._env:
            self.fault(name_file, f"{name} is set as well: unset one of the two")
            return None
        return self.read(name, _token, None) or self.read(name_file, _token_in, None)


def _token(text: str) -> SecretStr | None:
    if re.fullmatch(r"\d+:[A-Za-z0-9_-]+", text) is None:
        raise ValueError(
            "is no bot token (not shown here): copy it whole from BotFather, digits, a colon, "
            "letters, without quotes"
        )
    return SecretStr(text)


def _key(text: str) -> SecretStr:
    if re.fullmatch(r"[A-Za-z0-9._-]{8,200}", text) is None:
        raise ValueError(
            "is no API token (not shown here): copy it whole, without `Token` or quotes"
        )
    return SecretStr(text)


def _token_in(path: str) -> SecretStr | None:
    try:
        with Path(path).open("rb") as stream:
            raw = stream.read(token_bytes_max + 1)
    except OSError as error:
        raise ValueError(
            f"{path} cannot be read ({error.strerror}): name a file that holds the token"
        ) from None
    if len(raw) > token_bytes_max:
        raise ValueError(f"{path} is too long for a token: the file holds the token and no more")
    text = raw.decode("ascii", "replace").strip()
    if not text:
        raise ValueError(f"{path} is empty: write the token into it")
    try:
        return _token(text)
    except ValueError as error:
        raise ValueError(f"{path}: what it holds {error}") from None


def _api_base(text: str) -> str:
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"is no web address ({error}): write http://127.0.0.1:8081") from None
    if parts.scheme not in ("http", "https") or not host or re.search(r"\s", text):
        raise ValueError(
            f"`{text}` is no http or https address: write one such as http://127.0.0.1:8081"
        )
    if parts.query or parts.fragment or parts.username is not None:
        raise ValueError(
            "has a name, `?` or `#` in it: write scheme, host, port and path only, such as "
            "http://127.0.0.1:8081"
        )
    return text.rstrip("/")


def _database(text: str) -> str:
    prefix = "sqlite:///"
    scheme = text.partition(":")[0].lower()
    if scheme.startswith("postgres"):
        raise ValueError(
            "PostgreSQL is not supported yet: write sqlite:///data/casewire.db or leave it unset"
        )
    if not text.startswith(prefix):
        raise ValueError(
            f"`{scheme}:…` is no database this program knows: write sqlite:///data/casewire.db "
            "(three slashes and a path; four for an absolute one)"
        )
    path = unquote(text.removeprefix(prefix))
    if not path or path.endswith("/") or "?" in path or "\0" in path:
        raise ValueError("names no file: write sqlite:///data/casewire.db")
    return path


def _places(text: str) -> tuple[Path, ...]:
    places = tuple(Path(part.strip()) for part in text.split(os.pathsep) if part.strip())
    if not places:
        raise ValueError(f"names no path: write one, or several separated by {os.pathsep!r}")
    return places


def _contact(text: str) -> str:
    if not (text.isascii() and text.isprintable()):
        raise ValueError("goes into an HTTP header: write plain ASCII, such as ops@desk.example")
    if len(text) > contact_characters_max:
        raise ValueError(f"is longer than {contact_characters_max} characters: shorten it")
    return text


def _ids(text: str) -> frozenset[int]:
    words = text.replace(",", " ").split()
    if len(words) > ids_max:
        raise ValueError(f"holds more than {ids_max} ids: use CASEWIRE_ACCESS=open instead")
    return frozenset(as_chat_id(word) for word in words)


def _people(text: str) -> frozenset[int]:
    ids = _ids(text)
    if chats := sorted(id_ for id_ in ids if id_ < 0):
        raise ValueError(f"`{chats[0]}` is a group, not a person: write the ids of people")
    return ids


def _place(text: str) -> Place | None:
    chat, slash, thread = text.partition("/")
    if slash and (re.fullmatch(r"\d{1,10}", thread) is None or int(thread) == 0):
        raise ValueError(f"`{text}` is no chat: write its id, or id/thread such as -1001234/5")
    return Place(chat_id=as_chat_id(chat), thread_id=int(thread) if slash else 0)


def _access(text: str) -> Access:
    if text.lower() not in ("private", "open"):
        raise ValueError(f"cannot be `{text}`: write private or open")
    return Access(text.lower())


def _days(text: str, *, least: int = 1) -> timedelta:
    if re.fullmatch(r"\d{1,5}", text) is None or not least <= int(text) <= days_max:
        raise ValueError(f"cannot be `{text}`: write a whole number of days, {least} to {days_max}")
    return timedelta(days=int(text))


def _days_of_matched(text: str) -> timedelta:
    # A story can be joined for three days, and a weekly digest tells of eight.
    return _days(text, least=14)


def _on_or_off(text: str) -> bool:
    if text not in {"on", "off"}:
        raise ValueError(f"{text!r} is neither on nor off")
    return text == "on"


def _log(text: str) -> LogStyle:
    if text.lower() not in ("text", "json"):
        raise ValueError(f"cannot be `{text}`: write text or json")
    return LogStyle(text.lower())


def _host_and_port(text: str) -> tuple[str, int]:
    found = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})", text)
    if found is None or not 1 <= int(found[2]) <= 65_535:
        raise ValueError(f"`{text}` is no host and port: write 127.0.0.1:9464 or [::1]:9464")
    return found[1].strip("[]"), int(found[2])


def _heartbeat(text: str) -> SecretStr:
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or not re.fullmatch(r"[!-~]+", text):
        raise ValueError("is no http or https address (not shown here): copy it whole")
    if parts.username is not None:
        raise ValueError("has a name in it (not shown here): it is asked without one")
    return SecretStr(text)


def _unknown(env: Mapping[str, str]) -> tuple[str, ...]:
    ours = ("CASEWIRE_", "TELEGRAM_BOT_", "TELEGRAM_API_")
    names = sorted(name for name in env if name.startswith(ours) and name not in _NAMES)
    return tuple(
        f"{name} is no setting of this program:"
        # all begin alike, so that only a close likeness means anything
        + (did_you_mean(name, _NAMES, cutoff=0.85) or " it does nothing")
        for name in names
    )
