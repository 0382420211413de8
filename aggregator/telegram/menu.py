"""The menus that Telegram shows beside the text field: which commands, in which chats."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Final

import structlog
from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeDefault,
)
from telegram.error import TelegramError

from aggregator.ports import Store
from aggregator.telegram import words
from aggregator.telegram.outcome import redacted

log = structlog.get_logger(__name__)

SETTING: Final = "telegram_menus"
"""The setting that holds the digest of each menu that Telegram has taken."""
DOES: Final[Mapping[str, str]] = {
    name: does for name, _, does in (*words.COMMANDS, *words.MORE, *words.OPERATOR)
}
EVERYONE: Final = tuple(name for name, _, _ in words.COMMANDS)
OPERATORS: Final = (*EVERYONE, *(name for name, _, _ in words.OPERATOR))


async def offer(bot: Bot, store: Store, operators: Collection[int]) -> None:
    """Set every menu that changed since Telegram took it; what is refused is tried next time."""
    taken = _read(await store.setting(SETTING))
    for name, (scope, commands) in _menus(operators).items():
        digest = _digest(commands)
        if taken.get(name) == digest:
            continue
        try:
            await bot.set_my_commands([BotCommand(one, DOES[one]) for one in commands], scope)
        except TelegramError as error:
            # An operator who never spoke to the bot has no chat with it yet.
            log.info("menu_not_set", scope=name, why=redacted(error))
            continue
        taken[name] = digest
        await store.put_setting(SETTING, json.dumps(taken, sort_keys=True))


def _menus(operators: Collection[int]) -> dict[str, tuple[BotCommandScope, tuple[str, ...]]]:
    general: dict[str, tuple[BotCommandScope, tuple[str, ...]]] = {
        "default": (BotCommandScopeDefault(), EVERYONE),
        "private": (BotCommandScopeAllPrivateChats(), EVERYONE),
        "groups": (BotCommandScopeAllGroupChats(), EVERYONE),
        # Said for each scope: a narrower menu that was set once would go before a wider one.
        "group admins": (BotCommandScopeAllChatAdministrators(), EVERYONE),
    }
    own = {f"operator {user}": (BotCommandScopeChat(user), OPERATORS) for user in sorted(operators)}
    return general | own


def _digest(commands: tuple[str, ...]) -> str:
    said = "\n".join(f"{name} {DOES[name]}" for name in commands)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _read(kept: str | None) -> dict[str, str]:
    found = json.loads(kept) if kept else {}
    return {str(name): str(digest) for name, digest in found.items()}
