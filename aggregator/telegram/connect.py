"""The connection to the Bot API: building it, and proving that the token is good."""

from __future__ import annotations

import structlog
from telegram import Bot, User
from telegram.error import InvalidToken, TelegramError
from telegram.request import HTTPXRequest

from aggregator.errors import ConfigError, Fault
from aggregator.ports import Clock
from aggregator.telegram.outcome import redacted

log = structlog.get_logger(__name__)

API_BASE = "https://api.telegram.org"
CONNECT_S, WRITE_S, READ_S, POOL_S = 10.0, 10.0, 20.0, 5.0
SENDS_MAX = 64
"""Connections for sending, as many as may be in flight; polling has its own."""
BACKOFF_MIN_S, BACKOFF_MAX_S = 1.0, 60.0


def make_bot(token: str, api_base: str = API_BASE) -> Bot:
    """Return the client for a token; nothing is sent until it is used.

    Whoever makes it ends it with `close_bot`.
    """
    base = api_base.rstrip("/")
    return Bot(
        token,
        base_url=f"{base}/bot",
        base_file_url=f"{base}/file/bot",
        request=_request(SENDS_MAX),
        get_updates_request=_request(2),
    )


async def connect(bot: Bot, clock: Clock) -> User:
    """Return who the bot is, trying until the Bot API answers.

    Raises ConfigError when it answers that the token is none of its own.
    """
    wait_s = BACKOFF_MIN_S
    while True:
        try:
            await bot.initialize()
        except InvalidToken:
            # Not chained: its text and that of its cause may carry the token.
            raise bad_token() from None
        except TelegramError as error:
            log.warning("telegram_unreachable", why=redacted(error), retry_s=wait_s)
            await clock.sleep(wait_s)
            wait_s = min(wait_s * 2, BACKOFF_MAX_S)
        else:
            return bot.bot


async def close_bot(bot: Bot) -> None:
    """Let go of every connection, also of a bot that has only been sending."""
    await bot.shutdown()
    # `Bot.shutdown` does nothing before `initialize`, but sending works without it.
    await bot.request.shutdown()


def bad_token() -> ConfigError:
    """Return the error for a token that the Bot API does not know."""
    what = "the Bot API does not accept this token; copy it again from @BotFather, and look at TELEGRAM_API_BASE if you set it"
    return ConfigError([Fault(file="TELEGRAM_BOT_TOKEN", line=0, what=what)])


def _request(connections: int) -> HTTPXRequest:
    return HTTPXRequest(
        connection_pool_size=connections,
        connect_timeout=CONNECT_S,
        write_timeout=WRITE_S,
        read_timeout=READ_S,
        pool_timeout=POOL_S,
    )
