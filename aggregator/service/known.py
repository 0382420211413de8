"""What this life of the program has learnt of the numbers that Telegram gives.

The store knows the numbers themselves; here stands when what bears them left, when a lost message
failed, and which numbers it was already looked for under.  A restart forgets that, and is then
only less sure.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aggregator.alerts import search
from aggregator.model import Delivery, Unsettled
from aggregator.store.numbers import OWN_COUNT_BELOW

LATE_S = 2.0
"""A request that was cut off may be carried out so much later."""

SOON = timedelta(seconds=10)
"""So long after one was given up the others of its count wait for the number it gets."""

GIVEN_MAX = 128
"""Numbers remembered of each count, the newest; an older one is in the store."""
COUNTS_MAX = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A number that belongs to another message, and when that left; None where nobody knows."""

    number: int
    left: datetime | None


class Known:
    """The numbers of this life; all times are on the steady clock."""

    def __init__(self) -> None:
        self._began: datetime | None = None
        self._failed: dict[int, datetime] = {}
        self._tried: dict[int, set[int]] = {}
        self._ranks: dict[int, int] = {}
        self._before: set[int] = set()
        self._behind: set[int] = set()
        """Those that are older, or younger, than another lost message of their count."""
        self._again: dict[int, datetime] = {}
        """When the last message of a count was given up."""
        self._given: OrderedDict[int, deque[Given]] = OrderedDict()

    def begins(self, now: datetime) -> None:
        """Whatever failed in an earlier life failed before this moment."""
        self._began = self._began or now

    def lost(self, delivery: Delivery, now: datetime) -> None:
        """It failed just now, and may be there."""
        self._tried.pop(delivery.id, None)
        self._failed[delivery.id] = now

    def forgets(self, delivery: Delivery) -> None:
        """Its fate is known."""
        self._failed.pop(delivery.id, None)
        self._tried.pop(delivery.id, None)

    def given(self, chat_id: int, number: int, left: datetime | None) -> None:
        """Note a number that a message to `chat_id` got, and when that `left`, if it is known."""
        counted = count_of(chat_id)
        known = self._given.setdefault(counted, deque(maxlen=GIVEN_MAX))
        known.append(Given(number=number, left=left))
        self._given.move_to_end(counted)
        if len(self._given) > COUNTS_MAX:
            self._given.popitem(last=False)

    def found(self, unsettled: Sequence[Unsettled]) -> None:
        """Note in which order the lost messages left: the oldest stands first."""
        by_count: dict[int, list[Unsettled]] = {}
        self._ranks = {}
        for one in unsettled:
            before = by_count.setdefault(count_of(one.delivery.place.chat_id), [])
            self._ranks[one.delivery.id] = sum(1 for other in before if other.after >= one.after)
            before.append(one)
        self._before = {one.delivery.id for lost in by_count.values() for one in lost[:-1]}
        self._behind = {one.delivery.id for lost in by_count.values() for one in lost[1:]}

    def goes_again(self, chat_id: int, now: datetime) -> None:
        """A message was given up and goes out once more: it will soon have a number."""
        self._again = {one: at for one, at in self._again.items() if now - at < SOON}
        self._again[count_of(chat_id)] = now

    def others_may_show(self, unsettled: Unsettled, now: datetime) -> bool:
        """Say whether what becomes of others in its count may yet prove where it is not.

        The oldest waits for nobody as long as no later number is known or to come: if it goes out
        once more, that gives one to all the others.
        """
        id_, counted = unsettled.delivery.id, count_of(unsettled.delivery.place.chat_id)
        if id_ in self._behind:
            return True
        if counted in self._again and now - self._again[counted] < SOON:
            return True
        return id_ in self._before and self._by_now(unsettled).below is not None

    def failed_for(self, delivery: Delivery, now: datetime) -> timedelta:
        """Return how long ago it failed, or this life began."""
        return now - self._failed.get(delivery.id, self._began or now)

    def tried(self, delivery: Delivery, number: int) -> None:
        """It is not under `number`."""
        self._tried.setdefault(delivery.id, set()).add(number)

    def left(self, unsettled: Unsettled) -> Sequence[int]:
        """Return the numbers that are left to be tried."""
        id_ = unsettled.delivery.id
        rank = self._ranks.get(id_, 0)
        return search.numbers(self._by_now(unsettled), self._tried.get(id_, ()), rank)

    def is_conclusive(self, unsettled: Unsettled) -> bool:
        """Say whether what was tried in vain proves that the message is not there."""
        tried = self._tried.get(unsettled.delivery.id, ())
        return search.is_conclusive(self._by_now(unsettled), tried)

    def _by_now(self, unsettled: Unsettled) -> Unsettled:
        """Return it with the numbers that were given since it was read."""
        known = self._given.get(count_of(unsettled.delivery.place.chat_id), ())
        failed = self._failed.get(unsettled.delivery.id, self._began)
        ends = [
            one.number
            for one in known
            if failed is not None
            and one.left is not None
            and one.left - failed >= timedelta(seconds=LATE_S)
        ]
        given = [one.number for one in known]
        return replace(
            unsettled,
            taken=unsettled.taken.union(given),
            highest=max(unsettled.highest, *given, 0),
            below=min((n for n in ends if n > unsettled.after), default=None),
        )


def count_of(chat_id: int) -> int:
    """Return the count in which a chat's messages are numbered; 0 is the one that many share."""
    return chat_id if chat_id < OWN_COUNT_BELOW else 0
