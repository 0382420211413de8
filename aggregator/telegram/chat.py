"""The chat loop: takes updates from Telegram, one after the other, and loses none when killed.

An update's offset is advanced only after its effects are stored and its answers are in the
outbox.  Taken twice, an update changes nothing twice: answers are keyed by it, and the effects
are idempotent.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, assert_never

import structlog
from telegram import Bot, BotCommand, ChatMember, Update
from telegram.error import Conflict, InvalidToken, TelegramError

from aggregator.errors import ConfigError, StoreError
from aggregator.model import ChatGone, Delivery, Message, Priority, RetryAt, Subscription
from aggregator.ports import Clock, Store
from aggregator.telegram import words
from aggregator.telegram.access import CLAIM_FOR, Claim
from aggregator.telegram.commands import handle, need
from aggregator.telegram.connect import (
    BACKOFF_MAX_S,
    BACKOFF_MIN_S,
    bad_token,
    close_bot,
    connect,
    make_bot,
)
from aggregator.telegram.incoming import ALLOWED_UPDATES, incoming
from aggregator.telegram.intent import Incoming
from aggregator.telegram.naming import Setup
from aggregator.telegram.outcome import outcome, redacted
from aggregator.telegram.view import (
    Answer,
    Effect,
    Follow,
    MakeAdmin,
    ReviveChat,
    Unfollow,
    View,
)

__all__ = ["ChatLoop", "close_bot", "make_bot"]

log = structlog.get_logger(__name__)

POLL_S = 30
"""How long Telegram may keep a poll open; it takes 50 at most."""
READ_BEYOND_S = 10
"""How much longer than that an answer may take to arrive."""
UPDATES_MAX = 100
QUICK_S = 5.0
"""Of a question asked while a person waits and every other update with them."""
STORIES_MAX = 20
"""Of a case, to find its five newest developments among."""
TOAST_CHARS_MAX = 200
OFFSET = "telegram_offset"
"""The setting that holds the id of the next update to take."""


class ChatLoop:
    """Answers people until cancelled.

    `setup` is asked for each update, so a reload is seen at once; `announce` tells the operator
    at the console; `wake` is called when answers wait in the outbox.
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
    ) -> None:
        self._bot = bot
        self._store = store
        self._clock = clock
        self._setup = setup
        self._announce = announce
        self._wake = wake
        self._bot_name = ""
        self._claim: Claim | None = None
        self._wait_s = BACKOFF_MIN_S

    async def run(self) -> None:
        """Take updates until cancelled; return early when another program polls this bot.

        Raises ConfigError for a bad token and StoreError when the database fails.
        """
        me = await connect(self._bot, self._clock)
        self._bot_name = me.username or ""
        log.info("telegram_connected", bot=self._bot_name)
        await self._offer_claim()
        await self._prepare()
        offset = int(await self._store.setting(OFFSET) or 0)
        while True:
            at: int | None = None
            try:
                for update in await self._updates(offset):
                    at = update["update_id"]
                    await self._take(update)
                    offset = await self._taken(at)
            except (StoreError, ConfigError):
                raise
            except Conflict as error:
                log.error("polling_conflict", why=redacted(error))  # noqa: TRY400  the traceback says nothing more
                return
            except Exception:
                # Our own bug: an update that cannot be handled must not stop all that follow.
                log.exception("update_failed", update_id=at)
                if at is None:
                    await self._back_off(BACKOFF_MIN_S)
                else:
                    offset = await self._taken(at)

    async def _taken(self, update_id: int) -> int:
        """Keep that this update is done with; return the next one's id."""
        await self._store.put_setting(OFFSET, str(update_id + 1))
        return update_id + 1

    async def close(self) -> None:
        """Let go of the bot's connections; call it after `run` has ended."""
        await close_bot(self._bot)

    async def _offer_claim(self) -> None:
        if self._setup().access.admins or await self._store.admins():
            return
        until = self._clock.now() + CLAIM_FOR
        self._claim = Claim(code=secrets.token_urlsafe(16), until=until)
        minutes = int(CLAIM_FOR.total_seconds() // 60)
        self._announce(words.claim_link(self._bot_name, self._claim.code, minutes))

    async def _prepare(self) -> None:
        """Set the menu and make sure no webhook stands in the way; both can fail harmlessly."""
        menu = [BotCommand(name, does) for name, _, does in words.COMMANDS]
        await _tolerate("webhook_kept", self._bot.delete_webhook())
        await _tolerate("menu_not_set", self._bot.set_my_commands(menu))

    async def _updates(self, offset: int) -> list[dict[str, Any]]:
        """Return the next updates as they came; none after a failure, which is waited out here.

        Read by the library all at once, one update that it does not understand would hold up all
        that follow.
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
            await self._back_off(asked_s)
            return []
        self._wait_s = BACKOFF_MIN_S
        return [one for one in _list(updates) if isinstance(one.get("update_id"), int)]

    async def _back_off(self, at_least_s: float) -> None:
        """Wait, longer each time until updates come again."""
        await self._clock.sleep(max(self._wait_s, at_least_s))
        self._wait_s = min(self._wait_s * 2, BACKOFF_MAX_S)

    async def _take(self, update: dict[str, Any]) -> None:
        read = Update.de_json(update, self._bot)
        taken = None if read is None else incoming(read)
        if taken is None:
            return
        view = await self._view(taken)
        needed = need(taken, view)
        if needed.case is not None:
            view = replace(
                view,
                stories=await self._store.stories_of(needed.case, STORIES_MAX),
                coverage=await self._store.coverage(needed.case),
            )
        if needed.group_admin and taken.is_group_admin is None:
            taken = replace(taken, is_group_admin=await self._is_group_admin(taken))
        answer = handle(taken, view, self._clock.now())
        if taken.callback_id:
            await self._toast(taken.callback_id, answer.toast)
        await self._carry_out(taken, answer)

    async def _view(self, taken: Incoming) -> View:
        setup = self._setup()
        admins = setup.access.admins | await self._store.admins()
        return View(
            setup=replace(setup, access=replace(setup.access, admins=admins)),
            bot_name=self._bot_name,
            claim=self._claim,
            subscriptions=await self._store.subscriptions_at(taken.place),
        )

    async def _is_group_admin(self, taken: Incoming) -> bool | None:
        if taken.user_id is None:
            return None
        try:
            member = await self._bot.get_chat_member(
                taken.chat_id, taken.user_id, read_timeout=QUICK_S, connect_timeout=QUICK_S
            )
        except TelegramError as error:
            log.warning("group_admin_unknown", chat=taken.chat_id, why=redacted(error))
            return None
        return member.status in {ChatMember.OWNER, ChatMember.ADMINISTRATOR}

    async def _toast(self, callback_id: str, text: str) -> None:
        try:
            await self._bot.answer_callback_query(
                callback_id,
                text=text[:TOAST_CHARS_MAX] or None,
                read_timeout=QUICK_S,
                connect_timeout=QUICK_S,
            )
        except TelegramError as error:
            # Too late to answer, or no connection: the button stops waiting by itself.
            log.info("button_unanswered", why=redacted(error))

    async def _carry_out(self, taken: Incoming, answer: Answer) -> None:
        """Store what follows from an update.

        Answers go into the outbox before follows change, so that an update taken again after a
        crash keeps its first answer instead of "already followed".
        """
        late = [effect for effect in answer.effects if isinstance(effect, Follow | Unfollow)]
        for effect in answer.effects:
            if effect not in late:
                await self._apply(effect, taken)
        if answer.replies:
            await self._store.enqueue(
                [self._reply(taken, at, message) for at, message in enumerate(answer.replies)]
            )
        for effect in late:
            await self._apply(effect, taken)
        if answer.replies:
            self._wake()

    def _reply(self, taken: Incoming, at: int, message: Message) -> Delivery:
        return Delivery(
            place=taken.place,
            key=f"reply:{taken.update_id}:{at}",
            message=message,
            priority=Priority.REPLY,
            created=self._clock.now(),
        )

    async def _apply(self, effect: Effect, taken: Incoming) -> None:
        now = self._clock.now()
        match effect:
            case Follow(target=target):
                followed = Subscription(place=taken.place, target=target, since=now)
                await self._store.subscribe(followed)
            case Unfollow(target=target):
                await self._store.unsubscribe(taken.place, target)
            case MakeAdmin(user_id=user_id):
                await self._store.add_admin(user_id, now)
                self._claim = None
            case ReviveChat():
                await self._store.revive_chat(taken.chat_id)
            case ChatGone(detail=detail):
                await self._store.chat_gone(taken.chat_id, detail)
            case never:
                assert_never(never)


def _list(updates: object) -> list[dict[str, Any]]:
    return [one for one in updates if isinstance(one, dict)] if isinstance(updates, list) else []


async def _tolerate(what: str, call: Awaitable[object]) -> None:
    try:
        await call
    except TelegramError as error:
        log.warning(what, why=redacted(error))
