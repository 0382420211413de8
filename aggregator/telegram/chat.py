"""The chat loop: takes updates from Telegram, answers them, and loses none when killed.

An update is stored before it is handled and let go of when its effects and answers are stored.
Taken twice, an update changes nothing twice: answers are keyed by it, and the effects are
idempotent.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog
from telegram import Bot, Update
from telegram.error import Conflict, TelegramError

from aggregator.errors import ConfigError, StoreError
from aggregator.model import Message
from aggregator.ports import Clock, Store
from aggregator.telegram import menu, words
from aggregator.telegram.access import CLAIM_FOR, Claim
from aggregator.telegram.ask import Answer, Hooks, MakeAdmin, Member, View, say
from aggregator.telegram.carry import carry_out
from aggregator.telegram.commands import Asked, answer, asked
from aggregator.telegram.connect import (
    BACKOFF_MAX_S,
    BACKOFF_MIN_S,
    close_bot,
    connect,
    make_bot,
)
from aggregator.telegram.incoming import Incoming, chat_of, incoming, numbers_in
from aggregator.telegram.limits import (
    COMMANDS_PER_MINUTE_MAX,
    PRESSES_PER_MINUTE_MAX,
    Rate,
    Verdict,
)
from aggregator.telegram.markup import clip
from aggregator.telegram.members import QUICK, member
from aggregator.telegram.naming import Setup
from aggregator.telegram.notices import added_by
from aggregator.telegram.outcome import redacted
from aggregator.telegram.rivals import PAUSE, Tenure
from aggregator.telegram.turns import WAITING_MAX, Turns
from aggregator.telegram.updates import UPDATES_MAX, Updates
from aggregator.telegram.words import trouble

__all__ = ["ChatLoop", "close_bot", "make_bot"]

log = structlog.get_logger(__name__)

TOAST_CHARS_MAX = 200
OFFSET = "telegram_offset"
"""The setting that holds the id of the next update to take."""


class ChatLoop:
    """Answers people until cancelled.

    `setup` is asked for each update, so a reload is seen at once; `announce` tells the operator
    at the console; `wake` is called when answers wait in the outbox; `hold` keeps the bot from
    sending while another program polls it.
    """

    def __init__(
        self,
        *,
        bot: Bot,
        store: Store,
        clock: Clock,
        setup: Callable[[], Setup],
        announce: Callable[[str], None],
        wake: Callable[[], None],
        hold: Callable[[timedelta], None] = lambda _: None,
        hooks: Hooks | None = None,
    ) -> None:
        self._bot = bot
        self._store = store
        self._clock = clock
        self._setup = setup
        self._announce = announce
        self._wake = wake
        self._hold = hold
        self._tenure = Tenure()
        self._hooks = replace(hooks or Hooks(), member=self._member)
        self._updates = Updates(bot, clock)
        self._bot_name = ""
        self._store_fault = ""
        self._claim: Claim | None = None
        self._claiming = asyncio.Lock()
        self._commands = Rate(COMMANDS_PER_MINUTE_MAX)
        self._presses = Rate(PRESSES_PER_MINUTE_MAX)

    async def run(self) -> None:
        """Take updates until cancelled; return early when another program polls this bot.

        Raises ConfigError for a bad token, and StoreError when the database fails at the start;
        later it is tried until it works again.
        """
        me = await connect(self._bot, self._clock)
        self._bot_name = me.username or ""
        log.info("telegram_connected", bot=self._bot_name)
        await self._offer_claim()
        await _tolerate("webhook_kept", self._bot.delete_webhook())
        turns = Turns(self._handle)
        works = [
            asyncio.create_task(work)
            for work in (self._receive(turns), turns.broken(), self._offer_menus())
        ]
        receiving, broken, _ = works
        try:
            await asyncio.wait([receiving, broken], return_when=asyncio.FIRST_COMPLETED)
            for work in (receiving, broken):
                if work.done():
                    work.result()
        finally:
            for work in works:
                work.cancel()
            await asyncio.gather(*works, return_exceptions=True)
            await turns.close()

    async def close(self) -> None:
        """Let go of the bot's connections; call it after `run` has ended."""
        await close_bot(self._bot)

    # taking updates

    async def _receive(self, turns: Turns) -> None:
        """Store what comes and let it wait for its turn, beginning with what was left undone."""
        offset = int(await self._store.setting(OFFSET) or 0)
        for update_id, kept in await self._store.waiting_updates(WAITING_MAX + UPDATES_MAX):
            update = json.loads(kept)
            turns.add(chat_of(update), update_id, update)
        wait_s = BACKOFF_MIN_S
        while True:
            await turns.room()
            try:
                updates = await self._updates.after(offset)
                self._tenure = self._tenure.polled(self._clock.now())
                if updates:
                    offset = await self._keep(updates, turns)
                wait_s = BACKOFF_MIN_S
            except Conflict as error:
                if await self._gives_way(error):
                    return
            except StoreError as error:
                # Telegram keeps what is not stored, and brings it again.
                wait_s = await self._store_failed(error, wait_s)
            except ConfigError:
                raise
            except Exception:  # the top of this loop: a bug of ours must not end it
                log.exception("receiving_failed")
                await self._updates.back_off()

    async def _gives_way(self, error: Conflict) -> bool:
        """Say whether another program keeps this bot; else ask for it once more, sending nothing."""
        tenure = self._tenure.contested(self._clock.now())
        if tenure is None:
            log.error("polling_conflict", why=redacted(error))
            return True
        self._tenure = tenure
        self._hold(PAUSE)
        log.warning("polling_contested", why=redacted(error))
        await self._clock.sleep(BACKOFF_MIN_S)
        return False

    async def _store_failed(self, error: StoreError, wait_s: float) -> float:
        """Say so once until it is another fault, and wait; return how long to wait next time."""
        if str(error) != self._store_fault:
            log.warning("receiving_failed", why=str(error))
        self._store_fault = str(error)
        await self._clock.sleep(wait_s)
        return min(2 * wait_s, BACKOFF_MAX_S)

    async def _keep(self, updates: list[dict[str, Any]], turns: Turns) -> int:
        """Store updates and let them wait for their turn; return the offset to poll from."""
        offset = max(int(update["update_id"]) for update in updates) + 1
        await self._store.keep_updates(
            [(update["update_id"], json.dumps(update)) for update in updates],
            offset,
            numbers_in(updates),
        )
        for update in updates:
            turns.add(chat_of(update), update["update_id"], update)
        return offset

    async def _handle(self, update_id: int, update: dict[str, Any]) -> None:
        wait_s = BACKOFF_MIN_S
        while True:
            try:
                await self._take_or_tell(update_id, update)
                await self._store.update_done(update_id)
            except StoreError as error:
                # Taken twice it changes nothing twice, and its chat's next ones wait behind it.
                wait_s = await self._store_failed(error, wait_s)
            else:
                self._store_fault = ""
                return

    async def _take_or_tell(self, update_id: int, update: dict[str, Any]) -> None:
        try:
            await self._take(update)
        except (StoreError, ConfigError):
            raise
        except Exception:  # our own bug: one update that fails must not stop all that follow
            log.exception("update_failed", update_id=update_id)

    async def _take(self, update: dict[str, Any]) -> None:
        read = Update.de_json(update, self._bot)
        taken = None if read is None else incoming(read)
        if taken is None:
            return
        if taken.member == "in" and not taken.is_private and taken.user_id is not None:
            await self._store.put_setting(added_by(taken.chat_id), str(taken.user_id))
        if (taken.text or "").startswith("/start claim_"):
            # One at a time, or two who open the claim link at once would both become admin.
            async with self._claiming:
                await self._answer(taken)
        else:
            await self._answer(taken)

    # answering

    async def _answer(self, taken: Incoming) -> None:
        view = await self._view(taken)
        wanted = asked(taken, view)
        if wanted is not None and not await self._within_limits(taken):
            return
        early = wanted is not None and wanted.slow and bool(taken.callback_id)
        if early:
            await self._toast(taken.callback_id, "")
        try:
            given = await answer(taken, view, self._store, self._clock.now(), self._hooks)
        except (StoreError, ConfigError):
            raise
        except Exception:  # our own bug: who asked is told so instead of waiting in vain
            log.exception("update_failed", update_id=taken.update_id)
            given = _failed(taken, wanted)
        if early and given.toast and not given.replies:
            # The press is answered already, so a refusal is said in the chat.
            given = replace(given, replies=(Message(html=given.toast),))
        elif taken.callback_id and not early:
            await self._toast(taken.callback_id, given.toast)
        queued = await carry_out(self._store, taken, given, self._clock.now())
        if queued:
            self._wake()
        if any(isinstance(effect, MakeAdmin) for effect in given.effects):
            self._claim = None
            await self._offer_menus()

    async def _within_limits(self, taken: Incoming) -> bool:
        """Count a question; refuse the first one too many in words, the others in silence."""
        now = self._clock.now()
        if taken.callback_id:
            verdict = self._presses.asks(taken.chat_id, now)
            if verdict is not Verdict.ANSWER:
                await self._toast(taken.callback_id, trouble.TOO_MANY_PRESSES)
        else:
            # By when it was written: what waited through an outage was not asked all at once.
            verdict = self._commands.asks(taken.chat_id, taken.sent or now)
            if verdict is Verdict.REFUSE:
                refusal = say(trouble.too_many_commands(COMMANDS_PER_MINUTE_MAX))
                await carry_out(self._store, taken, refusal, now)
                self._wake()
        return verdict is Verdict.ANSWER

    async def _view(self, taken: Incoming) -> View:
        setup = self._setup()
        admins = setup.access.admins | await self._store.admins()
        watches = await self._store.watches_at(taken.place)
        return View(
            setup=replace(
                setup,
                access=replace(setup.access, admins=admins),
                watches={watch.id: watch.query for watch in watches},
            ),
            bot_name=self._bot_name,
            claim=self._claim,
            subscriptions=await self._store.subscriptions_at(taken.place),
        )

    async def _member(self, chat: int | str, user_id: int) -> Member | None:
        return await member(self._bot, chat, user_id)

    async def _toast(self, callback_id: str, text: str) -> None:
        try:
            await self._bot.answer_callback_query(
                callback_id, text=clip(text, TOAST_CHARS_MAX) or None, **QUICK
            )
        except TelegramError as error:
            # Too late to answer, or no connection: the button stops waiting by itself.
            log.info("button_unanswered", why=redacted(error))

    # at the start

    async def _offer_claim(self) -> None:
        if self._setup().access.admins or await self._store.admins():
            return
        until = self._clock.now() + CLAIM_FOR
        self._claim = Claim(code=secrets.token_urlsafe(16), until=until)
        minutes = int(CLAIM_FOR.total_seconds() // 60)
        self._announce(words.claim_link(self._bot_name, self._claim.code, minutes))

    async def _offer_menus(self) -> None:
        operators = self._setup().access.admins | await self._store.admins()
        await menu.offer(self._bot, self._store, operators)


def _failed(taken: Incoming, wanted: Asked | None) -> Answer:
    """Return what is said when a bug of ours stands in the way of an answer."""
    if taken.callback_id:
        return Answer(toast=trouble.OUR_FAULT)
    return Answer() if wanted is None else say(trouble.OUR_FAULT)


async def _tolerate(what: str, call: Awaitable[object]) -> None:
    try:
        await call
    except TelegramError as error:
        log.warning(what, why=redacted(error))
