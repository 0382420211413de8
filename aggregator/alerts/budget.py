"""When a message may go: a pure function of what went before and of `now`.

Telegram's numbers are no contract, so we stay under them by spacing, never by a bucket that
starts full: about 30 messages a second for the whole bot, 1 a second for one chat, 20 a minute
for one group (https://core.telegram.org/bots/faq).  Edits count like messages; those that bring
an alert up to date are spaced once more, since a message that changes all the time is noise.

`now` is any time that never jumps: a clock set back by an hour must not silence the bot for one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

BOT_SPACING = timedelta(seconds=1 / 27)
CHAT_SPACING = timedelta(seconds=1)
GROUP_SPACING = timedelta(seconds=3)
EDIT_SPACING = timedelta(seconds=20)
"""Between two edits in one chat: 3 a minute."""
CONSOLE = 0
"""No chat of Telegram's has this id; what is printed is no noise in anybody's pocket."""
CHATS_KEPT_MAX = 10_000
SERVED_MAX = 1_000
"""Chats whose turn is remembered; of more, the one served longest ago counts as never served."""
FLOODS_MIN = 3
FLOODS_WITHIN = timedelta(seconds=5)
"""So many chats that ask to wait within so long mean the whole bot."""
MEMORY = "sender"
"""The setting that holds the budget between two lives of the program."""
_NOBODY = -(10**18)
"""Ids from here down are no chat's: they stand for those that were told to wait before a start."""
HOLD_MAX = timedelta(days=1)
"""What is read back from disk holds the bot no longer than that, whatever stands there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """A chat's request to wait."""

    chat_id: int
    at: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What was promised so far: the next free moment of the bot and of each chat."""

    bot_free: datetime | None = None
    chat_free: Mapping[int, datetime] = field(default_factory=dict)
    edit_free: Mapping[int, datetime] = field(default_factory=dict)
    """The same for edits alone."""
    edits_from: datetime | None = None
    """No chat has an edit before this."""
    held_until: datetime | None = None
    """Telegram asked the whole bot to wait."""
    floods: tuple[Flood, ...] = ()
    told: Mapping[int, datetime] = field(default_factory=dict)
    """The chats that Telegram asked to be left alone, and until when: to be shown."""
    served: Mapping[int, None] = field(default_factory=dict)
    """The chats written to, the longest ago first."""


def reserve(
    budget: Budget, chat_id: int, now: datetime, *, edit: bool = False
) -> tuple[datetime, Budget]:
    """Return the first moment at which a message to `chat_id` may go, and the budget after it."""
    slot = max(now, budget.bot_free or now, budget.held_until or now)
    at = max(slot, budget.chat_free.get(chat_id, now))
    if edit:
        at = max(at, budget.edit_free.get(chat_id, now), budget.edits_from or now)
    budget = replace(budget, bot_free=slot + BOT_SPACING)
    return at, left(budget, chat_id, at, now, edit=edit)


def missed(
    budget: Budget, chat_id: int, now: datetime, *, edit: bool = False
) -> tuple[datetime, Budget]:
    """Return the next moment for a message that has missed its own, and the budget after it.

    What a disk held up together would leave together; its chat has been quiet all the while.
    """
    slot = max(now, budget.bot_free or now, budget.held_until or now)
    budget = replace(budget, bot_free=slot + BOT_SPACING)
    return slot, left(budget, chat_id, slot, now, edit=edit)


def left(
    budget: Budget, chat_id: int, at: datetime, now: datetime, *, edit: bool = False
) -> Budget:
    """Return the budget after a message to `chat_id` that leaves at `at`."""
    spacing = GROUP_SPACING if chat_id < 0 else CHAT_SPACING
    if chat_id == CONSOLE:
        spacing = timedelta()
    served = {chat: None for chat in budget.served if chat != chat_id}
    served[chat_id] = None
    if len(served) > SERVED_MAX:
        served.pop(next(iter(served)))
    budget = replace(
        budget, chat_free=_with(budget.chat_free, chat_id, at + spacing, now), served=served
    )
    if not edit or chat_id == CONSOLE:
        return budget
    return replace(budget, edit_free=_with(budget.edit_free, chat_id, at + EDIT_SPACING, now))


def flooded(budget: Budget, chat_id: int, after: timedelta, now: datetime) -> Budget:
    """Return the budget after `chat_id` answered that it wants to be left alone for `after`.

    The store holds the chat too, but by the clock on the wall, which may be set forward.  Several
    chats within seconds hold the bot, as long as the longest.
    """
    free = max(now + after, budget.chat_free.get(chat_id, now))
    budget = replace(
        budget,
        chat_free=_with(budget.chat_free, chat_id, free, now),
        told=_with(budget.told, chat_id, now + after, now),
    )
    flood = Flood(chat_id=chat_id, at=now, until=now + after)
    recent = tuple(
        one for one in budget.floods if one.at > now - FLOODS_WITHIN and one.chat_id != chat_id
    )
    floods = (*recent, flood)[-CHATS_KEPT_MAX:]
    if len(floods) < FLOODS_MIN:
        return replace(budget, floods=floods)
    longest = max(one.until for one in floods)
    return replace(budget, floods=floods, held_until=max(longest, budget.held_until or longest))


def held(budget: Budget, wait: timedelta, now: datetime) -> Budget:
    """Return the budget of a bot that sends nothing for `wait` from `now` on."""
    return replace(budget, held_until=max(now + wait, budget.held_until or now))


def slots(budget: Budget, now: datetime, within: timedelta) -> int:
    """Return how many messages of the whole bot may leave from `now` on `within` so long."""
    free = max(now, budget.bot_free or now, budget.held_until or now)
    left_over = now + within - free
    return 0 if left_over < timedelta() else left_over // BOT_SPACING + 1


def resting(budget: Budget, now: datetime) -> dict[int, datetime]:
    """Return the chats that may not be written to at `now`, and when each may again."""
    return {chat: free for chat, free in budget.chat_free.items() if free > now}


def still(budget: Budget, now: datetime) -> dict[int, datetime] | None:
    """Return the chats where nothing may be edited at `now`, as `resting` does; None: all."""
    if budget.edits_from is not None and budget.edits_from > now:
        return None
    return {chat: free for chat, free in budget.edit_free.items() if free > now}


def after_a_kill(known: Budget, now: datetime) -> Budget:
    """Return the budget of a program that does not know all that the one before it sent.

    As every limit is a spacing, to wait for the longest spacing once is always enough; only what
    Telegram asked of the whole bot has to be `known`.
    """
    return Budget(
        bot_free=now + GROUP_SPACING,
        edits_from=now + EDIT_SPACING,
        held_until=known.held_until,
        floods=known.floods,
        told=known.told,
    )


def dumped(budget: Budget, now: datetime, wall: datetime) -> str:
    """Return `budget` as text for the next start; `wall` is what the clock shows at `now`.

    It names no chat, so that one which asks to be forgotten is not in it: as every limit is a
    spacing, it is enough that at the next start all wait as long as the one that waits longest.
    """

    def on_wall(at: datetime) -> float:
        return (wall + (at - now)).timestamp()

    edits = [*budget.edit_free.values(), *([budget.edits_from] if budget.edits_from else [])]
    return json.dumps(
        {
            "bot": on_wall(max([budget.bot_free or now, *budget.chat_free.values()])),
            "held": on_wall(budget.held_until) if budget.held_until else None,
            "edits_from": on_wall(max(edits)) if edits else None,
            "floods": [
                [on_wall(flood.at), on_wall(flood.until)]
                for flood in budget.floods
                if flood.at > now - FLOODS_WITHIN
            ],
            "told": [on_wall(at) for at in budget.told.values() if at > now],
        }
    )


def loaded(text: str, now: datetime, wall: datetime) -> Budget:
    """Return what `dumped` kept.  Nothing lasts longer than it can, whatever the clock did."""
    kept = json.loads(text)

    def at(stamp: float, most: timedelta) -> datetime:
        ahead = timedelta(seconds=stamp - wall.timestamp())
        return now + min(max(ahead, timedelta()), most)

    def ago(stamp: float) -> datetime:
        return now - max(timedelta(seconds=wall.timestamp() - stamp), timedelta())

    # An older program wrote its chats by name; what it says of them is over in three seconds.
    free = max([kept["bot"], *kept.get("chats", {}).values()])
    edits = [*kept.get("edits", {}).values(), kept["edits_from"]]
    edits_from = max((stamp for stamp in edits if stamp is not None), default=None)
    return Budget(
        bot_free=at(free, GROUP_SPACING),
        held_until=None if kept["held"] is None else at(kept["held"], HOLD_MAX),
        edits_from=None if edits_from is None else at(edits_from, EDIT_SPACING),
        floods=tuple(
            # Whichever chats they were, they are not asked again before their wait is over.
            Flood(chat_id=_NOBODY - nth, at=ago(began), until=at(until, HOLD_MAX))
            for nth, (*_, began, until) in enumerate(kept.get("floods", ()))
        ),
        told={_NOBODY - nth: at(until, HOLD_MAX) for nth, until in enumerate(kept.get("told", ()))},
    )


def waits(text: str, wall: datetime) -> tuple[datetime | None, tuple[datetime, ...]]:
    """Return until when Telegram asked the whole bot to wait, and each chat that it asked to.

    `text` is from `dumped`, whatever stands before it; None and nothing where none still waits.
    """
    if "{" not in text:
        return None, ()
    kept = json.loads(text[text.index("{") :])
    held = None if kept["held"] is None else datetime.fromtimestamp(kept["held"], UTC)
    told = sorted(datetime.fromtimestamp(stamp, UTC) for stamp in kept.get("told", ()))
    return held if held and held > wall else None, tuple(at for at in told if at > wall)


def _with(
    free: Mapping[int, datetime], chat_id: int, until: datetime, now: datetime
) -> dict[int, datetime]:
    """Return `free` with one more entry, without those that are over, and never too large."""
    kept = {chat: at for chat, at in free.items() if at > now}
    if len(kept) >= CHATS_KEPT_MAX and chat_id not in kept:
        kept.pop(min(kept, key=kept.__getitem__))
    kept[chat_id] = until
    return kept
