"""What `doctor` looks at, one function a thing; each returns findings and changes nothing."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import TYPE_CHECKING, assert_never
from urllib.parse import urlsplit

from telegram import Bot, Chat
from telegram.error import InvalidToken, TelegramError

from aggregator.errors import StoreError
from aggregator.feeds import pace
from aggregator.feeds.rate import dates
from aggregator.model import (
    Delivery,
    Feed,
    Fetched,
    FetchFailed,
    FetchFault,
    Message,
    NotModified,
    Parsed,
    ParseFailed,
    Place,
    Priority,
    Rejected,
    Sent,
    Validators,
)
from aggregator.store.connect import MEMORY, connect, location
from aggregator.store.lock import hold_database
from aggregator.telegram.members import member
from aggregator.telegram.notifier import TelegramNotifier
from aggregator.telegram.outcome import redacted

if TYPE_CHECKING:
    from aggregator.ports import Clock, Fetcher, Parser, Resolver

FREE_BYTES_MIN = 100 * 2**20
FREE_BYTES_LOW = 2**30
SKEW_MAX = timedelta(seconds=60)
"""Ages and quiet hours go by this machine's clock; certificates fail at much more."""
OLD = timedelta(days=30)
FEEDS_AT_ONCE_MAX = 16
NAME_S = 10.0
NO_NAME = "no name at all has an address"
FAR = 1_000
"""No message of ours is so many numbers ahead of one that was just sent."""
_ADVICE = {
    FetchFault.REFUSED_ADDRESS: "if it is on a network of yours, write `allow_private: true`",
    FetchFault.ROBOTS: "its site wants no program there: write `enabled: false`",
    FetchFault.DNS: "see whether the site moved; then write its new address in the feeds file",
    FetchFault.TLS: "look at its certificate in a browser, then at this machine's clock and CAs",
    FetchFault.TOO_LARGE: "no feed is that large: look for another address of it",
    FetchFault.REDIRECT: "open its address in a browser, and write where that ends",
}
"""What to do where no status says more."""


class Level(StrEnum):
    """How a thing is."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at, and what to do about it when it is not right."""

    check: str
    level: Level = Level.OK
    what: str
    todo: str = ""


def database(url: str) -> list[Finding]:
    """Say whether the database is whole and can be written, who uses it, and what is free."""
    where = location(url)
    if where == MEMORY:
        todo = "let DATABASE_URL name a file"
        return [_warn("database", "it is in memory and forgotten at the end", todo)]
    path = Path(where)
    found = [_whole(path, where)] if path.exists() else []
    folder = next(one for one in (path.absolute(), *path.absolute().parents) if one.is_dir())
    if not path.exists():
        found.append(_ok("database", f"{where} is not there yet: `run` makes it"))
    elif path.is_file():
        found.append(_user(url, where))
    for one in (folder, path):
        if one.exists() and not os.access(one, os.W_OK):
            todo = "give this user write access to it"
            found.append(_wrong("database", f"{one} cannot be written", todo))
    free = shutil.disk_usage(folder).free
    what = f"{free / 2**30:.1f} GiB free in {folder}"
    if free >= FREE_BYTES_LOW:
        return [*found, _ok("disk", what)]
    level = Level.WRONG if free < FREE_BYTES_MIN else Level.WARNING
    return [*found, Finding(check="disk", level=level, what=what, todo="free some space")]


def _whole(path: Path, where: str) -> Finding:
    try:
        with closing(connect(where, reading=True, older=True)) as db:
            (said,) = db.execute("PRAGMA integrity_check(1)").fetchone()
    except (StoreError, sqlite3.Error) as error:
        return _wrong("database", str(error), "do what it says, or `restore` the last backup")
    if said != "ok":
        todo = "stop the program and `restore` the last backup"
        return _wrong("database", f"{where} is damaged ({said})", todo)
    return _ok("database", f"{where} is whole, {path.stat().st_size / 2**20:.1f} MiB")


def _user(url: str, where: str) -> Finding:
    try:
        with hold_database(url):
            return _ok("database", "no program uses it")
    except StoreError as error:
        # The message goes on with what to do; to be running is nothing to do something about.
        said, _, todo = str(error).partition(": ")
        if " in use " not in said:
            return _wrong("database", said, todo)
        return _ok("database", said.removeprefix(f"{where} is "))


async def token(bot: Bot) -> Finding:
    """Say whether the Bot API takes the token."""
    try:
        await bot.initialize()
    except InvalidToken:
        todo = "copy it again from @BotFather, and look at TELEGRAM_API_BASE if it is set"
        return _wrong("token", "the Bot API does not accept the token", todo)
    except TelegramError as error:
        todo = "see that this machine reaches the Bot API: a firewall, or TELEGRAM_API_BASE"
        return _wrong("token", f"the Bot API does not answer: {redacted(error)}", todo)
    return _ok("token", f"the bot is @{bot.username}")


async def chats(bot: Bot, ops: Place | None, named: Collection[int]) -> list[Finding]:
    """Say whether the bot may write to the operator's chat and to those that rules name."""
    found = []
    if ops is None:
        todo = "set CASEWIRE_OPS_CHAT to the id that /id answers there"
        what = "no operator's chat: nobody is told of possible losses"
        found.append(_warn("chat", what, todo))
    else:
        found.append(await _chat(bot, ops.chat_id, "the operator's chat", "mend CASEWIRE_OPS_CHAT"))
    others = sorted(set(named) - ({ops.chat_id} if ops else set()))
    whose, mend = "the chat of a watchlist", "mend its `deliver`"
    return [*found, *[await _chat(bot, chat, whose, mend) for chat in others]]


async def _chat(bot: Bot, chat: int, whose: str, mend: str) -> Finding:
    try:
        found = await bot.get_chat(chat)
    except TelegramError as error:
        todo = f"open that chat with the bot (or add it there), or {mend}"
        return _wrong("chat", f"{whose}, {chat}, cannot be reached: {redacted(error)}", todo)
    if found.type == Chat.PRIVATE:
        return _ok("chat", f"{whose}, {chat}, can be reached")
    own = await member(bot, chat, bot.id)
    if own is None or not own.bot_may_post:
        todo = "let it be a member there, and in a channel an admin who may post"
        return _wrong("chat", f"the bot may not write to {whose}, {chat}", todo)
    return _ok("chat", f"the bot may write to {whose}, {chat}")


async def probe(bot: Bot, chat: int, now: datetime) -> Finding:
    """Say whether Telegram tells a message that is there from one that is not, which is how a
    message without an answer is looked for; it leaves one test message behind.
    """
    off = "set CASEWIRE_PROBE=off: messages without an answer are then sent again"
    notifier = TelegramNotifier(bot)
    test = Delivery(
        place=Place(chat_id=chat),
        key="doctor",
        message=Message(html="A test by <code>doctor</code> begins.", silent=True),
        priority=Priority.REPLY,
        created=now,
    )
    sent = await notifier.deliver(test)
    if not isinstance(sent, Sent):
        what = f"no test message could be sent to {chat}: {getattr(sent, 'detail', sent)}"
        return _wrong("probe", what, "name a chat that the bot may write to")
    there = await notifier.probe(test, sent.message_id)
    ahead = await notifier.probe(test, sent.message_id + FAR)
    done = Message(html="A test by <code>doctor</code>, which is over: nothing to do.")
    await notifier.deliver(replace(test, message=done, message_id=sent.message_id))
    if not isinstance(there, Sent):
        return _wrong("probe", "a message that is there was not found by its number", off)
    if not isinstance(ahead, Rejected):
        return _wrong("probe", "a message that is not there was found by its number", off)
    return _ok("probe", "a message that is there is found, and one that is not is not")


async def clock(url: str, now: Callable[[], datetime]) -> Finding:
    """Compare this machine's clock with the Date of an answer from `url`."""
    todo = "see that this machine reaches it"
    try:
        at = parsedate_to_datetime(await asyncio.to_thread(_date, url))
    except (OSError, HTTPException, ValueError) as error:
        said = " ".join(str(error).split()) or type(error).__name__
        return _warn("clock", f"{url} did not say what time it is ({said})", todo)
    skew = now() - at
    what = f"this machine's clock is {abs(skew).total_seconds():.0f} s from that of {url}"
    if abs(skew) <= SKEW_MAX:
        return _ok("clock", what)
    return _wrong("clock", what, "set the clock, and let it be kept by NTP")


def _date(url: str) -> str:
    """Return what an answer from `url` says about its time; empty for nothing."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    with closing(kind(parts.hostname or "", parts.port, timeout=NAME_S)) as line:
        line.request("HEAD", parts.path or "/")
        return line.getresponse().getheader("date") or ""


async def names(resolver: Resolver, hosts: Collection[str]) -> list[Finding]:
    """Say which hosts have no address."""

    async def has_none(host: str) -> bool:
        try:
            async with asyncio.timeout(NAME_S):
                return not await resolver.resolve(host, 443)
        except (OSError, TimeoutError):
            return True

    asked = sorted(hosts)
    without = await asyncio.gather(*map(has_none, asked))
    lost = [host for host, none in zip(asked, without, strict=True) if none]
    if asked and len(lost) == len(asked):
        todo = "look at this machine's network and its /etc/resolv.conf"
        return [_wrong("dns", NO_NAME, todo)]
    todo = "see whether the site moved; then write its new address in the feeds file"
    wrong = [_wrong("dns", f"{host} has no address", todo) for host in lost]
    return wrong or [_ok("dns", f"{len(asked)} names have addresses")]


async def feeds(
    wanted: Sequence[Feed],
    web: Fetcher,
    parser: Parser,
    time: Clock,
    tell: Callable[[str], None],
) -> list[Finding]:
    """Ask each feed once, at the pace that its site bears, and say what came."""
    gate = asyncio.Semaphore(FEEDS_AT_ONCE_MAX)
    sites: dict[str, list[Feed]] = {}
    for feed in wanted:
        sites.setdefault(pace.site_of(feed.url), []).append(feed)

    async def of_site(name: str, here: Iterable[Feed]) -> list[Finding]:
        site, found = pace.Site(), []
        for feed in here:
            at, site = pace.turn(site, name, time.now())
            await time.sleep(max((at - time.now()).total_seconds(), 0.0))
            async with gate:
                found.append(await _feed(feed, web, parser, time.now))
            tell(feed.id)
        return found

    done = await asyncio.gather(*(of_site(name, here) for name, here in sites.items()))
    return sorted((one for some in done for one in some), key=lambda one: one.what)


async def _feed(feed: Feed, web: Fetcher, parser: Parser, now: Callable[[], datetime]) -> Finding:
    fetched = await web.fetch(feed, Validators())
    match fetched:
        case FetchFailed(status=status, detail=detail, fault=fault):
            what = f"{feed.id}: {fault.value}: {detail}"
            return _wrong("feed", what, _todo(fault, status))
        case NotModified():
            todo = "write another address for it in the feeds file"
            return _wrong("feed", f"{feed.id}: “not modified”, though nothing was known", todo)
        case Fetched():
            parsed = await parser.parse(feed, fetched)
        case _:
            assert_never(fetched)
    match parsed:
        case ParseFailed(detail=detail):
            todo = "open its address in a browser: it may have become a web page"
            return _wrong("feed", f"{feed.id}: {detail}", todo)
        case Parsed(entries=()):
            todo = "see in a browser whether it should be; if it stays so, switch it off"
            return _warn("feed", f"{feed.id}: read, and empty", todo)
        case Parsed():
            return _read(feed, parsed, now())
        case _:
            assert_never(parsed)


def _read(feed: Feed, parsed: Parsed, now: datetime) -> Finding:
    times, count = dates(parsed, now), len(parsed.entries)
    if not times:
        return _ok("feed", f"{feed.id}: read, {count} entries without dates")
    age = now - times[-1]
    hours = age.total_seconds() / 3600
    shown = f"{hours:.1f} h" if hours < 48 else f"{age.days} days"
    what = f"{feed.id}: read, {count} entries, the newest {shown} old"
    if age <= OLD:
        return _ok("feed", what)
    return _warn("feed", what, "see whether its publisher left it for another address")


def _todo(fault: FetchFault, status: int | None) -> str:
    if fault in _ADVICE:
        return _ADVICE[fault]
    match status:
        case 401 | 403:
            return "the site turns us away: set CASEWIRE_CONTACT, or switch the feed off"
        case 404 | 410:
            return "look for its new address, or write `enabled: false`"
        case 429:
            return "it was asked too often: wait, and see that only one program asks"
        case None:
            return "open its address in a browser: if it fails there too, wait"
        case _:
            return "its server has trouble: wait, and look again"


def _ok(check: str, what: str) -> Finding:
    return Finding(check=check, what=what)


def _warn(check: str, what: str, todo: str) -> Finding:
    return Finding(check=check, level=Level.WARNING, what=what, todo=todo)


def _wrong(check: str, what: str, todo: str) -> Finding:
    return Finding(check=check, level=Level.WRONG, what=what, todo=todo)
