"""What must hold in every world, whatever goes wrong; each law notes who broke it and how.

The laws look at the calls that leave, at what the chats show and at the tables themselves, never
at what the program thinks of itself.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from sqlite3 import Row

from sqlite_utils import Database

from aggregator.model import (
    REPEATS_MAX,
    Batch,
    Item,
    Match,
    Place,
    Story,
    Subscription,
    Target,
)
from aggregator.telegram import words
from tests.sim.messenger import Call, Messenger
from tests.sim.press import TARGETS

BOT_A_SECOND = 28
GROUP_A_MINUTE = 20
HAIR_S = 0.002
"""Rounding of times to microseconds, many times over."""
FLOODS = 3
FLOODS_WITHIN_S = 4.5
"""Half a second less than the program's: it notes them when they come, and we when they are kept."""
EDITS_A_MINUTE = 3
PLACES_MAX = 5
"""Four places, and the name that one has after it was upgraded."""
MATCHES_MAX = 12
"""Cases, watchlists and names that one headline can touch."""
OF_SQLITE = ("sqlite_", "_sqlite_", "item_fts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """What a world came to in the end, in messages."""

    wanted: int = 0
    lost: int = 0
    repeated: int = 0
    """Copies beyond the first, unmarked."""
    marked: int = 0
    """Copies that say themselves that they may be one."""


@dataclass(slots=True)
class Laws:
    """The laws of one world, and what was broken."""

    db: Database
    messenger: Messenger
    lenient: bool = False
    broken: list[str] = field(default_factory=list)
    following: dict[tuple[Place, Target], Subscription] = field(default_factory=dict)
    """Who follows what, kept beside the store."""
    left: dict[int, int] = field(default_factory=dict)
    """Chats that the program knows to be gone, and at which of its steps it learnt so."""
    since: dict[tuple[Place, Target], int] = field(default_factory=dict)
    """At which step each began to."""
    back: dict[int, int] = field(default_factory=dict)
    """At which step a chat that had left came back."""
    rang: dict[tuple[str, int], int] = field(default_factory=dict)
    """At which step each ring of a story was first stored."""
    step: int = 0
    """How many calls of the store there were: an order that no clock can change."""
    cleared: dict[int, int] = field(default_factory=dict)
    """At which of its steps the store let a delivery leave."""
    held: dict[int, float] = field(default_factory=dict)
    """Until when a chat asked to wait, once the program has noted it."""
    bot_held: float = 0.0
    floods: deque[tuple[float, int, float]] = field(default_factory=deque)
    calls: deque[float] = field(default_factory=deque)
    left_ever: int = 0
    """How many calls there were in all."""
    by_chat: dict[int, deque[float]] = field(default_factory=dict)
    edits: dict[int, deque[float]] = field(default_factory=dict)

    def breaks(self, law: str, detail: str) -> None:
        """Note a broken law."""
        if self.lenient:
            return
        self.broken.append(f"{law}: {detail}")

    # what leaves

    def leaves(self, call: Call) -> None:
        """Judge a call at the moment it leaves."""
        self._within_budget(call)
        chat, delivery = call.chat, call.delivery
        gone_at = self.left.get(chat)
        # A probe that was under way may be the one that learns of it.
        if gone_at is not None and not call.probe and self.cleared.get(delivery.id, 0) > gone_at:
            self.breaks("nothing goes to a chat after it left", f"{chat} {delivery.key}")
        if call.at < self.held.get(chat, 0.0) - HAIR_S:
            self.breaks("a wait asked for is kept", f"{chat} {delivery.key} at {call.at:.3f}")
        if call.at < self.bot_held - HAIR_S:
            self.breaks("several floods hold the bot", f"{chat} {delivery.key} at {call.at:.3f}")
        if not call.edit:
            self._in_order(call)

    def _within_budget(self, call: Call) -> None:
        self.left_ever += 1
        self.calls.append(call.at)
        if _within(self.calls, call.at, 1.0) > BOT_A_SECOND:
            self.breaks("budget of the bot", f"at {call.at:.3f}")
        times = self.by_chat.setdefault(call.chat, deque())
        if times and call.at - times[-1] < 1.0 - HAIR_S:
            self.breaks("budget of a chat", f"{call.chat}: {times[-1]:.3f}, {call.at:.3f}")
        times.append(call.at)
        if _within(times, call.at, 60.0) > GROUP_A_MINUTE and call.chat < 0:
            self.breaks("budget of a group", f"{call.chat} at {call.at:.3f}")
        if call.delivery.message_id is not None and not call.probe:
            edits = self.edits.setdefault(call.chat, deque())
            edits.append(call.at)
            if _within(edits, call.at, 60.0) > EDITS_A_MINUTE:
                self.breaks("edits of a chat", f"{call.chat} at {call.at:.3f}")

    def _in_order(self, call: Call) -> None:
        """Nothing older that matters as much still waits for its first try in the same chat."""
        passed = self.db.execute(
            "SELECT key FROM delivery WHERE chat_id = ? AND id < ? AND priority <= ?"
            " AND state = 'queued' AND message_id IS NULL AND attempts < 5"
            # What may be there already lets the others pass while it waits to be repeated.
            " AND json_extract(message, '$[0]') NOT LIKE '↻%'",
            (call.chat, call.delivery.id, int(call.delivery.priority)),
        ).fetchall()
        for row in passed:
            self.breaks("order in a chat", f"{call.delivery.key} before {row['key']}")

    # what is noted

    def notes_wait(self, chat: int, now: float) -> None:
        """The program has noted that `chat` asks it to wait."""
        until = self.messenger.waits.get(chat, 0.0)
        self.held[chat] = max(self.held.get(chat, 0.0), until)
        self.floods.append((now, chat, until))
        while self.floods[0][0] < now - FLOODS_WITHIN_S:
            self.floods.popleft()
        if len({one for _, one, _ in self.floods}) >= FLOODS:
            self.bot_held = max(self.bot_held, *(end for _, _, end in self.floods))

    def forgets_waits(self) -> None:
        """By the clock, every wait is over."""
        self.held.clear()
        self.floods.clear()
        self.bot_held = 0.0

    # what is committed

    def committed(self, batch: Batch) -> None:
        """Judge a batch that is in the store."""
        items = {item.key: item for item in batch.items}
        for key, match in batch.matches:
            self._evidence(items[key], match)
        for story in batch.stories:
            self._told(story)

    def _evidence(self, item: Item, match: Match) -> None:
        texts: dict[str, Iterable[str]] = {
            "title": (item.title,),
            "summary": (item.summary,),
            "url": (item.url,),
            "source": (item.outlet,),
            "court": (item.court or "",),
            "tag": item.tags,
        }
        for span in match.evidence:
            if not any(text[span.start : span.end] == span.text for text in texts[span.field]):
                self.breaks("evidence is literally in the item", f"{span} {item.title!r}")

    def _told(self, story: Story) -> None:
        """Every ring of a story is queued, or further, for every place that follows it."""
        rows = {
            (row["chat_id"], row["thread_id"], row["key"])
            for row in self.db.execute(
                "SELECT chat_id, thread_id, key FROM delivery WHERE story_id = ?", (story.id,)
            )
        }
        rings = 0 if story.rang is None else 1 + len(story.again)
        for ring in range(1, rings + 1):
            self.rang.setdefault((story.id, ring), self.step)
        for one in self.following.values():
            if one.place.chat_id in self.left or one.target not in story.targets:
                continue
            for ring in range(1, rings + 1):
                where = one.place.chat_id, one.place.thread_id, f"story:{story.id}:{ring}"
                # What rang before, or while the chat was away, is not told afterwards.
                first = self.rang[story.id, ring]
                since = max(self.since[one.place, one.target], self.back.get(one.place.chat_id, 0))
                if since < first and where not in rows:
                    self.breaks("every matched item has its deliveries", f"{where}")

    # what the chats show

    def once(self) -> None:
        """A delivered place and key stand once in the chat, but for those marked as repeats."""
        told: Counter[tuple[int, int, str]] = Counter()
        for chat, shown in self.messenger.all():
            if not shown.first_html.startswith(words.MAY_BE_REPEAT):
                told[chat, shown.thread, shown.key] += 1
        for where, times in told.items():
            if times > 1:
                self.breaks("delivered once", f"{where} {times} times")

    def settled(self) -> None:
        """Once all is well again, everything is where it should be, in its last state."""
        rows: list[Row] = self.db.execute("SELECT * FROM delivery").fetchall()
        shown: dict[tuple[int, int, str], list[str]] = {}
        for chat, message in self.messenger.all():
            # A group that was upgraded is known by its old name until we next write there.
            for name in {chat, *(old for old, new in self.messenger.moved.items() if new == chat)}:
                shown.setdefault((name, message.thread, message.key), []).append(message.html)
        for row in rows:
            where = row["chat_id"], row["thread_id"], row["key"]
            there = shown.get(where, [])
            if row["state"] == "sent":
                if not there:
                    self.breaks("nothing is lost", f"{where} said to be sent")
                elif row["message_id"] is not None and _html(row["message"]) not in there:
                    self.breaks("the last state is shown", f"{where}")
            elif row["state"] == "unknown" and row["attempts"] > REPEATS_MAX and there:
                pass  # repeated as often as may be, each copy marked; it stands in `/status`
            elif row["state"] == "dead":
                if row["chat_id"] not in self.left and not row["error"].startswith("upgraded"):
                    self._dead(row)
            elif row["state"] == "unknown" and row["claimed"] is None:
                # Nobody could tell whether it is there; its chat left before it was found.
                if not there and row["chat_id"] not in self.left:
                    self._dead(row)
            else:
                self.breaks("it converges", f"{where} is still {row['state']}: {row['error']}")

    def _dead(self, row: Row) -> None:
        # What was queued while a chat was away died with it, and stays dead when it comes back.
        if "blocked" not in row["error"]:
            self.breaks("nothing is lost", f"{row['key']} is dead: {row['error']}")

    def damage(self) -> Damage:
        """Count what is not there, and what is there too often."""
        told: Counter[tuple[int, int, str]] = Counter()
        marked: Counter[tuple[int, int, str]] = Counter()
        for chat, shown in self.messenger.all():
            where = chat, shown.thread, shown.key
            told[where] += 1
            marked[where] += shown.first_html.startswith(words.MAY_BE_REPEAT)
        wanted = {
            (self.messenger.moved.get(row["chat_id"], row["chat_id"]), row["thread_id"], row["key"])
            for row in self.db.execute("SELECT * FROM delivery WHERE error NOT LIKE '%blocked%'")
        }
        copies = sum(times - 1 for times in told.values())
        honest = sum(min(marked[where], times - 1) for where, times in told.items())
        return Damage(
            wanted=len(wanted),
            lost=sum(1 for where in wanted if not told[where]),
            repeated=copies - honest,
            marked=honest,
        )

    def bounded(self, *, published: int, commands: int, feeds: int, lives: int) -> None:
        """No table holds more than the world can account for; one that it knows nothing of, none."""
        followed = len(TARGETS) * PLACES_MAX
        gaps = 2 * lives * (feeds + 1)
        most = {
            "item": published,
            "decision": published,
            "match": published * MATCHES_MAX,
            "story": published,
            "story_target": published * MATCHES_MAX,
            "delivery": len(self.rang) * PLACES_MAX + commands,
            "ledger": self.left_ever + 2 * gaps,
            "gap": gaps,
            "subscription": followed,
            "chat": PLACES_MAX,
            "moved": 1,
            "feed_state": feeds,
            "setting": 20,
            "version": 1,
            "ledger_start": 1,
        }
        for table in self.db.table_names():
            count = self.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 -- the names are the schema's
            if count > most.get(table, 0) and not table.startswith(OF_SQLITE):
                self.breaks("tables are bounded", f"{table} has {count} rows")


def _within(times: deque[float], now: float, span: float) -> int:
    """Return how many of `times` lie in the last `span` seconds, forgetting older ones."""
    while times and times[0] <= now - max(span, 60.0):
        times.popleft()
    return sum(1 for at in times if at > now - span + HAIR_S)


def _html(stored: str) -> str:
    import json

    return str(json.loads(stored)[0])
