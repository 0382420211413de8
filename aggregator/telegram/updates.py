"""Fetching updates by long polling, through failures of the network."""

from __future__ import annotations

from typing import Any

import structlog
from telegram import Bot
from telegram.error import Conflict, InvalidToken, TelegramError

from aggregator.model import RetryAt
from aggregator.ports import Clock
from aggregator.telegram.connect import BACKOFF_MAX_S, BACKOFF_MIN_S, bad_token
from aggregator.telegram.incoming import ALLOWED_UPDATES
from aggregator.telegram.outcome import outcome, redacted

log = structlog.get_logger(__name__)

POLL_S = 30
"""How long Telegram may keep a poll open; it takes 50 at most."""
READ_BEYOND_S = 10
"""How much longer than that an answer may take to arrive."""
UPDATES_MAX = 100


class Updates:
    """Polls one bot; the wait between failures grows until updates come again."""

    def __init__(self, bot: Bot, clock: Clock) -> None:
        self._bot = bot
        self._clock = clock
        self._wait_s = BACKOFF_MIN_S

    async def after(self, offset: int) -> list[dict[str, Any]]:
        """Return the next updates as they came; none after a failure, which is waited out here.

        Read by the library all at once, one update that it does not understand would hold up all
        that follow.  Raises Conflict when another program polls this bot, and ConfigError when
        the token is no longer good.
        """
        asked = {
            "limit": UPDATES_MAX,
            "timeout": POLL_S,
            "allowed_updates": ALLOWED_UPDATES,
            **({"offset": offset} if offset else {}),
        }
        try:
            updates = await self._bot._post(  # noqa: SLF001  the public way parses all updates or none
                "getUpdates", asked, read_timeout=POLL_S + READ_BEYOND_S
            )
        except Conflict:
            raise
        except InvalidToken:
            raise bad_token() from None
        except TelegramError as error:
            told = outcome(error, None)
            asked_s = told.after.total_seconds() if isinstance(told, RetryAt) else 0.0
            log.warning("updates_failed", why=redacted(error))
            await self.back_off(asked_s)
            return []
        self._wait_s = BACKOFF_MIN_S
        return [one for one in _list(updates) if isinstance(one.get("update_id"), int)]

    async def back_off(self, at_least_s: float = 0.0) -> None:
        """Wait, longer each time until updates come again."""
        await self._clock.sleep(max(self._wait_s, at_least_s))
        self._wait_s = min(self._wait_s * 2, BACKOFF_MAX_S)


def _list(updates: object) -> list[dict[str, Any]]:
    return [one for one in updates if isinstance(one, dict)] if isinstance(updates, list) else []
