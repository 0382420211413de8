"""Any sequence of calls leaves the store as a plain dict says it must be."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from aggregator.model import (
    Batch,
    ChatGone,
    Committed,
    Delivery,
    DeliveryState,
    Message,
    NotSent,
    Place,
    Priority,
    Rejected,
    RetryAt,
    Sent,
    Stale,
    Subscription,
    Target,
    TargetKind,
    Turn,
    Unknown,
)
from aggregator.store.sqlite import SqliteStore

NOW = datetime(2023, 9, 18, 20, 0, tzinfo=UTC)
CHATS = (1, 2, -3)
places = st.builds(Place, chat_id=st.sampled_from(CHATS), thread_id=st.sampled_from((0, 7)))
targets = st.builds(
    Target, kind=st.just(TargetKind.CASE), slug=st.sampled_from(("sec-v-binance", "sec-v-ripple"))
)
keys = st.sampled_from(("reply:1:0", "reply:2:0", "notice:1"))
S = DeliveryState


class Store(RuleBasedStateMachine):
    """`SqliteStore` beside the model."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.store = self.run(SqliteStore.open("sqlite:///:memory:"))
        self.now = NOW
        self.follows: set[tuple[Place, Target]] = set()
        self.gone: set[int] = set()
        self.states: dict[tuple[Place, str], DeliveryState] = {}
        self.waits: dict[int, datetime] = {}
        self.mine: dict[tuple[Place, str], Delivery] = {}
        self.left: set[tuple[Place, str]] = set()
        self.number = 0
        self.version = self.run(self.store.window(NOW)).version

    def run(self, work):
        return self.runner.run(work)

    def teardown(self) -> None:
        self.run(self.store.close())
        self.runner.close()

    # people

    @rule(place=places, what=targets)
    def subscribe(self, place, what):
        new = (place, what) not in self.follows
        wanted = Subscription(place=place, target=what, since=self.now)
        assert self.run(self.store.subscribe(wanted)) is new
        self.follows.add((place, what))
        self.gone.discard(place.chat_id)

    @rule(place=places, what=targets)
    def unsubscribe(self, place, what):
        known = (place, what) in self.follows
        assert self.run(self.store.unsubscribe(place, what)) is known
        self.follows.discard((place, what))

    @rule(chat=st.sampled_from(CHATS))
    def leaves(self, chat):
        self.run(self.store.chat_gone(chat, "blocked"))
        self._has_left(chat)

    @rule(chat=st.sampled_from(CHATS))
    def comes_back(self, chat):
        self.run(self.store.revive_chat(chat))
        self.gone.discard(chat)

    def _has_left(self, chat):
        self.gone.add(chat)
        for (place, key), state in self.states.items():
            if place.chat_id == chat and state is S.QUEUED:
                self.states[place, key] = S.DEAD

    # commits

    @rule()
    def commits_on_what_is_true(self):
        version = self.run(self.store.window(self.now)).version
        assert isinstance(self.run(self.store.commit(Batch(), version)), Committed)

    @rule(place=places, what=targets)
    def commits_on_what_was_true_once(self, place, what):
        version = self.run(self.store.window(self.now)).version
        if (place, what) in self.follows:
            self.unsubscribe(place, what)
        else:
            self.subscribe(place, what)
        assert isinstance(self.run(self.store.commit(Batch(), version)), Stale)

    # deliveries

    @rule(place=places, key=keys)
    def enqueue(self, place, key):
        made = Delivery(
            place=place,
            key=key,
            message=Message(html=key),
            priority=Priority.REPLY,
            created=self.now,
        )
        self.run(self.store.enqueue([made]))
        gone = place.chat_id in self.gone
        self.states.setdefault((place, key), S.DEAD if gone else S.QUEUED)

    @rule(announced=st.booleans(), limit=st.integers(1, 3))
    def claim(self, announced, limit):
        turn = Turn() if announced else None
        claimed = self.run(self.store.claim(self.now, limit, turn))
        busy = {p.chat_id for (p, _), s in self.states.items() if s in (S.SENDING, S.UNKNOWN)}
        free = {
            place.chat_id
            for (place, _), state in self.states.items()
            if state is S.QUEUED and place.chat_id not in busy and not self._holds(place.chat_id)
        }
        chats = [delivery.place.chat_id for delivery in claimed]
        assert len(chats) == len(set(chats)) == min(limit, len(free))
        assert set(chats) <= free
        for delivery in claimed:
            where = delivery.place, delivery.key
            assert self.states[where] is S.QUEUED
            self.states[where], self.mine[where] = S.SENDING, delivery
            if not announced:
                self.left.add(where)

    def _holds(self, chat):
        return self.waits.get(chat, self.now) > self.now

    def _sending(self):
        return sorted(where for where, state in self.states.items() if state is S.SENDING)

    @precondition(lambda self: self._sending())
    @rule(data=st.data())
    def leaving(self, data):
        where = data.draw(st.sampled_from(self._sending()))
        found = self.run(self.store.leaving(self.mine[where].id, self.now))
        if where[0].chat_id in self.gone:
            assert found is None
            self.states[where] = S.DEAD
        else:
            assert found is not None
            assert (found.place, found.key) == where
            self.left.add(where)

    @precondition(lambda self: self._sending())
    @rule(data=st.data())
    def release(self, data):
        where = data.draw(st.sampled_from(self._sending()))
        self.run(self.store.release([self.mine[where].id]))
        self._back(where)

    @precondition(lambda self: self._sending())
    @rule(data=st.data())
    def settle(self, data):
        where = data.draw(st.sampled_from(self._sending()))
        chat = where[0].chat_id
        self.number += 1
        outcome = data.draw(
            st.sampled_from(
                (
                    Sent(message_id=self.number),
                    RetryAt(after=timedelta(seconds=30)),
                    # After a few the message stands aside alone, which `fate` is tested for.
                    *([NotSent(detail="no line")] if self.mine[where].attempts <= 5 else []),
                    Unknown(detail="no answer"),
                    Rejected(detail="bad"),
                    ChatGone(detail="blocked"),
                )
            )
        )
        self.run(self.store.settle(self.mine[where], outcome, self.now))
        match outcome:
            case Sent():
                self.states[where] = S.SENT
            case Unknown():
                self.states[where] = S.UNKNOWN
            case Rejected():
                self.states[where] = S.DEAD
            case ChatGone():
                self.states[where] = S.DEAD
                self._has_left(chat)
            case RetryAt(after=after):
                self.waits[chat] = max(self.waits.get(chat, self.now), self.now + after)
                self._back(where)
            case NotSent():
                self._back(where)
                # How long is fate's to say; that it is over within the longest, ours.
                self.waits[chat] = max(
                    self.waits.get(chat, self.now), self.now + timedelta(hours=1)
                )

    def _back(self, where):
        self.states[where] = S.DEAD if where[0].chat_id in self.gone else S.QUEUED
        self.left.discard(where)

    def _unknown(self):
        return sorted(where for where, state in self.states.items() if state is S.UNKNOWN)

    @precondition(lambda self: self._unknown())
    @rule()
    def look(self):
        found = self.run(self.store.unsettled(9))
        chats = {place.chat_id for place, _ in self._unknown()} - self.gone
        assert {one.delivery.place.chat_id for one in found} == chats
        for one in found:
            assert not one.taken & set(range(one.after + 1))

    @precondition(lambda self: self._unknown())
    @rule(data=st.data())
    def is_found(self, data):
        where = data.draw(st.sampled_from(self._unknown()))
        self.number += 1
        sent = Sent(message_id=self.number)
        self.run(self.store.settle(self.mine[where], sent, self.now))
        self.states[where] = S.SENT

    @rule()
    def dies_and_recovers(self):
        sending = self._sending()
        lost = [where for where in sending if where in self.left]
        assert self.run(self.store.recover()) == len(lost)
        for where in sending:
            if where in lost:
                self.states[where] = S.UNKNOWN
            else:
                self._back(where)

    @rule(hours=st.integers(1, 3))
    def time_passes(self, hours):
        self.now += timedelta(hours=hours)

    @invariant()
    def the_store_says_what_the_model_says(self):
        stored = self.run(self.store.deliveries(100))
        assert {(d.place, d.key): d.state for d in stored} == self.states
        following = {(s.place, s.target) for s in self.run(self.store.subscriptions())}
        alive = {(place, t) for place, t in self.follows if place.chat_id not in self.gone}
        assert following == alive


Store.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestTheStoreAgainstADict = Store.TestCase
