from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from aggregator.alerts.budget import CHAT_SPACING, GROUP_SPACING, Budget, dumped, loaded
from aggregator.alerts.search import PROBES_BESIDE, PROBES_MAX
from aggregator.model import (
    REPEATS_MAX,
    ChatGone,
    Delivery,
    DeliveryState,
    Message,
    NotSent,
    Place,
    PlaceSettings,
    Priority,
    Rejected,
    RetryAt,
    Sent,
    Unknown,
)
from aggregator.service.deliverer import CLAIM_MAX, FAULTS_MAX, Deliverer
from aggregator.service.pacer import ALIVE, MEMORY
from aggregator.store.sqlite import SqliteStore
from aggregator.telegram import words
from tests.newsroom import VirtualClock, plain_logging, played

START = datetime(2023, 9, 18, 20, 0, tzinfo=UTC)
NORMAL, HIGH, LOW = Priority.NORMAL, Priority.HIGH, Priority.LOW


@pytest.fixture(autouse=True)
def own_logging():
    with plain_logging():
        yield


class Mouth:
    """A notifier: accepts everything, unless told what to answer to a chat next."""

    def __init__(self):
        self.said = []
        self._next = {}
        self._slow = {}
        self.numbers = iter(range(1, 10_000))
        self._there = {}
        self._mute = set()
        self._deaf = set()
        self._probes = {}
        self.probed = []
        self.calls = []

    def answers(self, chat, *outcomes):
        """Answer messages to `chat` with these, then accept; an exception is raised."""
        self._next[chat] = list(outcomes)

    def accepts_without_a_word(self, chat):
        """Take the next message to `chat`, and lose the answer."""
        self._mute.add(chat)

    def answers_probes(self, chat, *outcomes):
        """Answer probes in `chat` with these, then truly."""
        self._probes[chat] = list(outcomes)

    def hears_probes_again(self, chat):
        """Answer probes in `chat` truly again."""
        self._deaf.discard(chat)

    def answers_no_probe(self, chat):
        """Let every probe in `chat` end without an answer."""
        self._deaf.add(chat)

    async def probe(self, delivery, message_id):
        chat = delivery.place.chat_id
        self.probed.append((chat, message_id))
        self.calls.append(asyncio.get_running_loop().time())
        if outcomes := self._probes.get(chat):
            return outcomes.pop(0)
        if chat in self._deaf:
            return Unknown(detail="no answer")
        if self._there.get((chat, message_id)) == delivery.message.html:
            return Sent(message_id=message_id)
        return Rejected(detail="not it")

    def is_slow(self, chat, seconds):
        """Let every message to `chat` take so long."""
        self._slow[chat] = seconds

    async def deliver(self, delivery):
        chat, at = delivery.place.chat_id, asyncio.get_running_loop().time()
        self.said.append((round(at, 3), chat, delivery.message.html))
        self.calls.append(at)
        await asyncio.sleep(self._slow.get(chat, 0))
        outcomes = self._next.get(chat)
        if chat in self._mute:
            self._mute.remove(chat)
            self._there[chat, next(self.numbers)] = delivery.message.html
            return Unknown(detail="no answer")
        outcome = outcomes.pop(0) if outcomes else Sent(message_id=next(self.numbers))
        if isinstance(outcome, Exception):
            raise outcome
        if isinstance(outcome, Sent):
            self._there[chat, outcome.message_id] = delivery.message.html
        return outcome

    def texts(self, chat=None):
        return [text for _, one, text in self.said if chat in (None, one)]

    def times(self, chat):
        return [at for at, one, _ in self.said if one == chat]


def message(chat, text, priority=NORMAL, *, not_before=None, thread=0):
    return Delivery(
        place=Place(chat_id=chat, thread_id=thread),
        key=text,
        message=Message(html=text),
        priority=priority,
        created=START,
        not_before=not_before,
    )


class Office:
    """A deliverer in virtual time, on a store in memory."""

    def __init__(self, store, clock=None):
        self.store = store
        self.mouth = Mouth()
        self.given_up = []
        self.deliverer = Deliverer(
            store=store,
            notifier=self.mouth,
            clock=clock or VirtualClock(START),
            given_up=self._gives_up,
        )

    async def _gives_up(self, delivery, outcome):
        self.given_up.append((delivery, outcome))

    async def queue(self, *deliveries):
        await self.store.enqueue(deliveries)
        self.deliverer.wake()

    async def runs(self, seconds):
        """Let the loop run for so long, then cancel it and close."""
        task = asyncio.create_task(self.deliverer.run())
        await asyncio.sleep(seconds)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await self.deliverer.close()

    async def states(self):
        return {d.key: d.state for d in await self.store.deliveries(200)}


def office(scenario, *, clock=None, around=None):
    """Play `scenario(office)` in virtual time."""

    async def play():
        store = await SqliteStore.open("sqlite:///:memory:")
        try:
            await scenario(Office(around(store) if around else store, clock))
        finally:
            await store.close()

    played(play())


def test_what_matters_more_goes_first_and_then_what_is_older():
    async def scenario(office):
        await office.queue(
            message(1, "low", LOW), message(2, "normal"), message(3, "older high", HIGH)
        )
        await office.queue(message(4, "high", HIGH), message(5, "reply", Priority.REPLY))
        await office.deliverer.drain()
        assert office.mouth.texts() == ["reply", "older high", "high", "normal", "low"]

    office(scenario)


def test_one_chat_hears_in_order_and_no_faster_than_its_spacing():
    async def scenario(office):
        await office.queue(*(message(-1, f"g{n}") for n in range(4)))
        await office.queue(*(message(1, f"c{n}") for n in range(4)))
        await office.runs(30)
        for chat, spacing in ((-1, GROUP_SPACING), (1, CHAT_SPACING)):
            times = office.mouth.times(chat)
            assert len(times) == 4
            assert all(b - a >= spacing.total_seconds() - 0.001 for a, b in pairwise(times))
        assert office.mouth.texts(-1) == ["g0", "g1", "g2", "g3"]
        assert office.mouth.texts(1) == ["c0", "c1", "c2", "c3"]

    office(scenario)


def test_topics_of_one_group_share_its_spacing():
    async def scenario(office):
        await office.queue(message(-1, "a", thread=1), message(-1, "b", thread=2))
        await office.runs(10)
        first, second = office.mouth.times(-1)
        assert second - first >= GROUP_SPACING.total_seconds() - 0.001

    office(scenario)


def test_a_429_holds_its_own_chat_and_no_other():
    async def scenario(office):
        office.mouth.answers(1, RetryAt(after=timedelta(seconds=30)))
        await office.queue(message(1, "held"), message(1, "behind it"), message(2, "other"))
        await office.runs(60)
        assert office.mouth.times(2) == [pytest.approx(0, abs=1)]
        first, again, behind = office.mouth.times(1)
        assert again - first >= 30
        assert again - first < 32
        assert behind > again
        assert office.mouth.texts(1) == ["held", "held", "behind it"]
        assert set((await office.states()).values()) == {DeliveryState.SENT}

    office(scenario)


def test_a_chat_that_answers_slowly_delays_no_other():
    async def scenario(office):
        office.mouth.is_slow(1, 300)
        await office.queue(message(1, "slow"), *(message(2, f"m{n}") for n in range(3)))
        await office.runs(20)
        assert office.mouth.times(2)[-1] < 5

    office(scenario)


def test_a_chat_that_answers_slowly_does_not_delay_the_second_try_of_another():
    async def scenario(office):
        office.mouth.is_slow(1, 300)
        office.mouth.answers(2, RetryAt(after=timedelta(seconds=5)))
        await office.queue(message(1, "slow"), message(2, "asked to wait"))
        await office.runs(60)
        first, again = office.mouth.times(2)
        assert 5 <= again - first < 7

    office(scenario)


def test_what_provably_never_left_is_tried_again():
    async def scenario(office):
        office.mouth.answers(1, NotSent(detail="no connection"), NotSent(detail="no connection"))
        await office.queue(message(1, "a"))
        await office.runs(60)
        assert office.mouth.texts() == ["a", "a", "a"]
        assert await office.states() == {"a": DeliveryState.SENT}

    office(scenario)


def test_what_arrived_without_a_word_is_found_and_not_sent_again():
    async def scenario(office):
        office.mouth.accepts_without_a_word(1)
        await office.queue(message(2, "before"), message(1, "maybe"), message(1, "next"))
        await office.runs(600)
        assert office.mouth.texts(1) == ["maybe", "next"]
        assert set((await office.states()).values()) == {DeliveryState.SENT}

    office(scenario)


def test_what_did_not_arrive_is_looked_for_and_sent_again_before_what_follows():
    async def scenario(office):
        office.mouth.answers(1, Unknown(detail="no answer"))
        await office.queue(message(1, "maybe"), message(1, "next"))
        await office.runs(600)
        assert office.mouth.texts() == ["maybe", "maybe", "next"]
        assert len(office.mouth.probed) == 1 + PROBES_BESIDE
        assert set((await office.states()).values()) == {DeliveryState.SENT}

    office(scenario)


def test_what_can_not_be_looked_for_is_sent_again_rather_than_lost():
    async def scenario(office):
        office.mouth.answers(1, Unknown(detail="no answer"))
        office.mouth.answers_no_probe(1)
        await office.queue(message(1, "maybe"), message(2, "other"))
        with capture_logs() as logs:
            await office.runs(600)
        assert office.mouth.texts(1) == ["maybe", f"{words.MAY_BE_REPEAT}\nmaybe"]
        assert office.mouth.texts(2) == ["other"]
        assert [line["event"] for line in logs].count("may_be_repeated") == 1

    office(scenario)


def test_marked_copies_come_at_growing_pauses_a_few_times_and_hold_up_no_other():
    async def scenario(office):
        office.mouth.answers_no_probe(1)
        office.mouth.answers(1, *(Unknown(detail="no answer") for _ in range(2)))
        await office.queue(message(1, "maybe"))
        task = asyncio.create_task(office.runs(4 * 3600))
        await asyncio.sleep(40)
        office.mouth.answers(1, *(Sent(message_id=500),), *(Unknown(detail="x"),) * 10)
        await office.queue(message(1, "next"))
        await task
        marked = f"{words.MAY_BE_REPEAT}\nmaybe"
        assert office.mouth.texts(1) == ["maybe", marked, "next", *[marked] * (REPEATS_MAX - 1)]
        times = [at for at, _, text in office.mouth.said if text == marked]
        assert [round((b - a) / 60) for a, b in pairwise(times)] == [1, 8, 60, 60]
        assert (await office.store.counts()).parked == 1
        assert [type(outcome) for _, outcome in office.given_up] == [Unknown]

    office(scenario)


def test_of_a_burst_half_of_which_arrived_without_a_word_hardly_one_is_repeated():
    async def scenario(office):
        # A number in a group that others write in: not to be found proves nothing by itself.
        await office.queue(message(-5, "crowd"))
        await office.runs(5)
        chats = range(1, 61)
        for chat in chats:
            if chat % 2:
                office.mouth.accepts_without_a_word(chat)
            else:
                office.mouth.answers(chat, Unknown(detail="cut before"))
        await office.queue(*(message(chat, f"m{chat}") for chat in chats))
        await office.runs(600)
        said = {chat: office.mouth.texts(chat) for chat in chats}
        assert all(len(said[chat]) == 1 + (chat % 2 == 0) for chat in chats)
        assert sum(texts[-1].startswith(words.MAY_BE_REPEAT) for texts in said.values()) <= 3
        probed = Counter(chat for chat, _ in office.mouth.probed)
        assert max(probed.values()) <= PROBES_MAX

    office(scenario)


def test_what_is_refused_for_good_is_told_and_an_edit_is_not():
    async def scenario(office):
        refused = Rejected(detail="Something_new")
        office.mouth.answers(1, Sent(message_id=1), refused)
        office.mouth.answers(2, refused)
        await office.queue(message(1, "a"), message(2, "b"))
        await office.runs(5)
        await office.store.renew([replace(message(1, "a"), message=Message(html="new"))])
        await office.runs(60)
        assert [(told.key, outcome) for told, outcome in office.given_up] == [("b", refused)]

    office(scenario)


def test_a_wait_that_telegram_asks_for_while_looking_is_kept_and_is_no_reason_to_repeat():
    async def scenario(office):
        office.mouth.accepts_without_a_word(1)
        wait = RetryAt(after=timedelta(seconds=100))
        office.mouth.answers_probes(1, wait, wait, wait, wait)
        await office.queue(message(1, "maybe"), message(1, "next"))
        await office.runs(600)
        assert office.mouth.texts(1) == ["maybe", "next"]
        assert 400 <= office.mouth.times(1)[1] < 410

    office(scenario)


def test_a_wait_while_looking_takes_no_older_number_for_one_that_came_after():
    async def scenario(office):
        task = asyncio.create_task(office.runs(120))
        await asyncio.sleep(10)
        office.mouth.is_slow(1, 0.5)
        office.mouth.accepts_without_a_word(1)
        office.mouth.answers_probes(1, RetryAt(after=timedelta(seconds=20)))
        # The other one leaves later and gets the lower number.
        await office.queue(message(1, "a"), message(2, "b"))
        await task
        assert office.mouth.texts(1) == ["a"]
        assert await office.states() == {"a": DeliveryState.SENT, "b": DeliveryState.SENT}

    office(scenario)


def test_draining_does_not_wait_as_long_as_a_chat_asks():
    async def scenario(office):
        office.mouth.accepts_without_a_word(1)
        office.mouth.answers_probes(1, RetryAt(after=timedelta(days=1)))
        await office.queue(message(1, "maybe"), message(2, "other"))
        await office.deliverer.drain()
        assert asyncio.get_running_loop().time() < 60
        assert await office.states() == {
            "maybe": DeliveryState.UNKNOWN,
            "other": DeliveryState.SENT,
        }

    office(scenario)


def test_after_an_outage_looking_for_many_messages_floods_nobody_and_holds_up_no_other():
    async def scenario(office):
        chats = range(1, CLAIM_MAX + 1)
        for chat in chats:
            office.mouth.answers(chat, Unknown(detail="no answer"))
        await office.queue(*(message(chat, f"m{chat}") for chat in chats))
        task = asyncio.create_task(office.runs(600))
        await asyncio.sleep(10)
        await office.queue(message(1000, "other"))
        await task
        (other,) = office.mouth.times(1000)
        assert other < 15
        calls = office.mouth.calls
        assert all(calls[at + 30] - calls[at] > 1 for at in range(len(calls) - 30))
        assert set((await office.states()).values()) == {DeliveryState.SENT}

    office(scenario)


@pytest.mark.parametrize("outcome", [Rejected(detail="bad HTML"), ChatGone(detail="blocked")])
def test_what_is_refused_for_good_is_not_sent_again(outcome):
    async def scenario(office):
        office.mouth.answers(1, outcome)
        await office.queue(message(1, "a"), message(2, "b"))
        await office.runs(600)
        assert office.mouth.texts() == ["a", "b"]
        assert await office.states() == {"a": DeliveryState.DEAD, "b": DeliveryState.SENT}

    office(scenario)


def test_more_chats_than_may_be_in_flight_are_all_served():
    async def scenario(office):
        chats = range(1, 2 * CLAIM_MAX + 10)
        await office.queue(*(message(chat, f"m{chat}") for chat in chats))
        await office.runs(60)
        assert sorted(chat for _, chat, _ in office.mouth.said) == list(chats)
        assert all(at < 10 for at, _, _ in office.mouth.said)

    office(scenario)


def test_what_is_queued_while_all_is_quiet_goes_out_at_once():
    async def scenario(office):
        task = asyncio.create_task(office.runs(1000))
        await asyncio.sleep(500)
        await office.queue(message(1, "late"))
        await task
        (at,) = office.mouth.times(1)
        assert 500 <= at < 501

    office(scenario)


def test_what_is_not_due_yet_goes_out_when_it_is():
    async def scenario(office):
        await office.queue(message(1, "later", not_before=START + timedelta(seconds=90)))
        await office.runs(200)
        (at,) = office.mouth.times(1)
        assert 90 <= at < 91

    office(scenario)


def test_draining_delivers_what_is_due_and_waits_for_nothing_else():
    async def scenario(office):
        office.mouth.is_slow(1, 3)
        await office.queue(message(1, "due"), message(1, "due too"))
        await office.queue(message(2, "later", not_before=START + timedelta(hours=1)))
        await office.deliverer.drain()
        assert office.mouth.texts() == ["due", "due too"]
        assert asyncio.get_running_loop().time() < 60
        assert (await office.states())["later"] is DeliveryState.QUEUED

    office(scenario)


def test_draining_nothing_returns_at_once():
    async def scenario(office):
        await office.deliverer.drain()
        assert office.mouth.said == []

    office(scenario)


def test_at_shutdown_what_is_on_the_wire_may_finish():
    async def scenario(office):
        office.mouth.is_slow(1, 3)
        await office.queue(message(1, "a"))
        await office.runs(1)
        assert await office.states() == {"a": DeliveryState.SENT}

    office(scenario)


class NoSlots(VirtualClock):
    """A clock whose sleeps never end: every message waits for its slot."""

    async def sleep(self, seconds):
        await asyncio.Event().wait()


def test_at_shutdown_what_waits_for_its_slot_goes_back_untouched():
    async def scenario(office):
        await office.queue(message(1, "a"), message(2, "b"))
        await office.runs(1)
        assert office.mouth.said == []
        queued = await office.store.deliveries(10)
        assert {d.state for d in queued} == {DeliveryState.QUEUED}
        assert {d.attempts for d in queued} == {0}

    office(scenario, clock=NoSlots(START))


def test_what_hangs_on_the_wire_at_shutdown_is_unknown_at_the_next_start():
    async def scenario(office):
        office.mouth.is_slow(1, 10_000)
        await office.queue(message(1, "a"))
        before = asyncio.get_running_loop().time()
        await office.runs(1)
        assert asyncio.get_running_loop().time() - before < 10
        assert await office.store.recover() == 1
        assert await office.states() == {"a": DeliveryState.UNKNOWN}

    office(scenario)


def test_a_bug_in_one_message_is_logged_and_stops_neither_the_others_nor_its_chat():
    async def scenario(office):
        office.mouth.answers(1, ZeroDivisionError("a bug"))
        await office.queue(message(1, "bad"), message(1, "good"), message(2, "other"))
        with capture_logs() as logs:
            await office.runs(60)
        assert [line["event"] for line in logs].count("delivery_failed") == 1
        assert office.mouth.texts(2) == ["other"]
        assert office.mouth.texts(1) == ["bad", "bad", "good"]
        assert (await office.states())["bad"] is DeliveryState.SENT

    office(scenario)


class FullDisk:
    """A store that cannot claim, so many times."""

    def __init__(self, inner):
        self._inner = inner
        self.failures = 2

    def __getattr__(self, name):
        return getattr(self._inner, name)

    async def claim(self, now, limit, turn=None):
        if self.failures:
            self.failures -= 1
            raise OSError("disk full")
        return await self._inner.claim(now, limit, turn)


def test_a_store_that_fails_for_a_while_is_asked_again():
    async def scenario(office):
        await office.queue(message(1, "a"))
        with capture_logs() as logs:
            await office.runs(60)
        assert [line["event"] for line in logs].count("delivering_failed") == 2
        assert await office.states() == {"a": DeliveryState.SENT}

    office(scenario, around=FullDisk)


@pytest.mark.parametrize(
    ("outcome", "event"),
    [
        (Sent(message_id=9), "delivered"),
        (RetryAt(after=timedelta(seconds=9)), "told_to_wait"),
        (NotSent(detail="x"), "not_sent"),
        (Unknown(detail="x"), "outcome_unknown"),
        (ChatGone(detail="x"), "chat_gone"),
        (ChatGone(detail="x", migrated_to=-100), "chat_migrated"),
        (Rejected(detail="x"), "message_refused"),
    ],
)
def test_every_fate_is_one_line_with_chat_and_key(outcome, event):
    async def scenario(office):
        office.mouth.answers(1, outcome)
        await office.queue(message(1, "a"))
        with capture_logs() as logs:
            await office.runs(0.5)
        said = [(line["event"], line["chat"], line["key"]) for line in logs]
        assert said[:1] == [(event, 1, "a")]
        assert said[1:] == [] or event in {"outcome_unknown", "chat_migrated"}

    office(scenario)


def test_three_floods_within_seconds_hold_every_chat_until_the_longest_is_over():
    async def scenario(office):
        for chat, wait in ((1, 20), (2, 40), (3, 10)):
            office.mouth.answers(chat, RetryAt(after=timedelta(seconds=wait)))
        await office.queue(*(message(chat, f"m{chat}") for chat in (1, 2, 3)))
        task = asyncio.create_task(office.runs(100))
        await asyncio.sleep(2)
        await office.queue(message(4, "other"))
        await task
        (other,) = office.mouth.times(4)
        assert 40 <= other < 42

    office(scenario)


class Killed:
    """A store that notes what a program killed after each outcome would leave of its budget."""

    def __init__(self, inner):
        self._inner = inner
        self.left = []

    def __getattr__(self, name):
        return getattr(self._inner, name)

    async def settle(self, delivery, outcome, now):
        await self._inner.settle(delivery, outcome, now)
        kept = (await self._inner.setting(MEMORY)).removeprefix(ALIVE)
        self.left.append(loaded(kept or dumped(Budget(), START, START), START, START))


def test_what_floods_say_of_the_whole_bot_is_stored_no_later_than_they_are():
    async def scenario(office):
        for chat in (1, 2, 3):
            office.mouth.answers(chat, RetryAt(after=timedelta(seconds=20)))
        await office.queue(*(message(chat, f"m{chat}") for chat in (1, 2, 3)))
        await office.runs(2)
        assert [left.held_until is not None for left in office.store.left] == [False, False, True]
        assert [len(left.floods) for left in office.store.left] == [1, 2, 3]

    office(scenario, around=Killed)


def test_a_loss_of_rights_in_three_chats_holds_no_other():
    async def scenario(office):
        for chat in (1, 2, 3):
            office.mouth.answers(chat, RetryAt(after=timedelta(days=1), flood=False))
        await office.queue(*(message(chat, f"m{chat}") for chat in (1, 2, 3)))
        task = asyncio.create_task(office.runs(100))
        await asyncio.sleep(2)
        await office.queue(message(4, "other"))
        await task
        assert office.mouth.times(4)[0] < 3

    office(scenario)


def test_edits_of_a_chat_coalesce_to_three_a_minute_end_exact_and_hold_up_no_new_message():
    async def scenario(office):
        await office.queue(message(1, "a"))
        task = asyncio.create_task(office.runs(300))
        for number in range(30):
            await asyncio.sleep(2)
            text = replace(message(1, "a"), message=Message(html=f"a{number}"))
            await office.store.renew([replace(text, priority=NORMAL)])
            office.deliverer.wake()
        await office.queue(message(1, "new"))
        await task
        edits = [at for at, _, text in office.mouth.said if text.startswith("a") and text != "a"]
        assert all(b - a >= 20 for a, b in pairwise(edits))
        assert office.mouth.texts(1)[-1] == "a29"
        (new,) = [at for at, _, text in office.mouth.said if text == "new"]
        assert new < 63

    office(scenario)


def test_chats_with_long_queues_take_turns():
    async def scenario(office):
        chats = range(1, 61)
        for chat in chats:
            await office.queue(*(message(chat, f"{chat}:{n}") for n in range(5)))
        await office.runs(60)
        firsts = [office.mouth.times(chat)[0] for chat in chats]
        seconds = [office.mouth.times(chat)[1] for chat in chats]
        assert max(firsts) < min(seconds)

    office(scenario)


def test_an_answer_that_comes_late_goes_before_a_queue_of_alerts():
    async def scenario(office):
        await office.queue(*(message(chat, f"m{chat}") for chat in range(1, 200)))
        task = asyncio.create_task(office.runs(30))
        await asyncio.sleep(1)
        await office.queue(message(500, "answer", Priority.REPLY))
        await task
        assert office.mouth.times(500)[0] < 1.5

    office(scenario)


def test_without_looking_the_place_gets_it_again_with_a_mark():
    async def scenario(office):
        office.deliverer = Deliverer(
            store=office.store, notifier=office.mouth, clock=VirtualClock(START), probe=False
        )
        office.mouth.accepts_without_a_word(1)
        await office.queue(message(1, "maybe"))
        await office.runs(60)
        assert office.mouth.probed == []
        assert office.mouth.texts(1) == ["maybe", f"{words.MAY_BE_REPEAT}\nmaybe"]

    office(scenario)


def test_a_place_that_wants_no_repeat_has_it_parked_and_hears_what_follows():
    async def scenario(office):
        place = Place(chat_id=1)
        await office.store.put_settings(PlaceSettings(place=place, never_repeat=True))
        office.mouth.answers(1, Unknown(detail="no answer"))
        office.mouth.answers_no_probe(1)
        await office.queue(message(1, "maybe"), message(1, "next"))
        await office.runs(600)
        assert office.mouth.texts(1) == ["maybe", "next"]
        assert (await office.states())["maybe"] is DeliveryState.UNKNOWN
        assert (await office.store.counts()).parked == 1

    office(scenario)


def test_a_message_that_always_runs_into_a_bug_of_ours_is_given_up_and_frees_its_chat():
    async def scenario(office):
        office.mouth.answers(1, *(ZeroDivisionError("a bug") for _ in range(FAULTS_MAX)))
        await office.queue(message(1, "bad"), message(1, "good"))
        await office.runs(600)
        assert await office.states() == {"bad": DeliveryState.DEAD, "good": DeliveryState.SENT}

    office(scenario)


def test_a_clock_that_is_set_back_silences_nobody():
    class SetBack(VirtualClock):
        def now(self):
            back = timedelta(hours=1) if asyncio.get_running_loop().time() > 5 else timedelta()
            return super().now() - back

    async def scenario(office):
        await office.queue(message(1, "a"))
        task = asyncio.create_task(office.runs(30))
        await asyncio.sleep(5)
        await office.store.enqueue([replace(message(1, "b"), created=START - timedelta(hours=1))])
        office.deliverer.wake()
        await task
        assert office.mouth.times(1)[1] < 10

    office(scenario, clock=SetBack(START))


def test_a_chat_hears_no_faster_over_a_restart():
    async def scenario(office):
        await office.queue(*(message(-1, f"g{n}") for n in range(9)))
        for graceful in (True, False, True):
            task = asyncio.create_task(office.deliverer.run())
            await asyncio.sleep(4)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            if graceful:
                await office.deliverer.close()
            office.deliverer = Deliverer(
                store=office.store, notifier=office.mouth, clock=VirtualClock(START)
            )
        times = office.mouth.times(-1)
        assert len(times) >= 3
        assert all(b - a >= GROUP_SPACING.total_seconds() - 0.001 for a, b in pairwise(times))

    office(scenario)


def test_what_people_wrote_meanwhile_is_in_nobodys_way_however_much_it_was():
    async def scenario(office):
        office.mouth.accepts_without_a_word(1)
        written = {next(office.mouth.numbers) for _ in range(30)}
        await office.store.keep_updates([], 1, {700: written})
        await office.queue(message(1, "maybe"), message(1, "next"))
        await office.runs(600)
        assert office.mouth.texts(1) == ["maybe", "next"]
        assert len(office.mouth.probed) == 1

    office(scenario)


def test_a_message_that_may_lie_beyond_all_that_was_tried_is_never_sent_again_without_a_mark():
    async def scenario(office):
        await office.queue(message(-5, "in a group, where people write unheard"))
        await office.runs(5)
        office.mouth.accepts_without_a_word(1)
        for _ in range(30):
            next(office.mouth.numbers)
        await office.queue(message(1, "maybe"))
        await office.runs(600)
        assert office.mouth.texts(1) == ["maybe", f"{words.MAY_BE_REPEAT}\nmaybe"]

    office(scenario)


def test_probes_that_never_left_are_no_answer_and_wait_for_the_network_however_long():
    async def scenario(office):
        office.mouth.accepts_without_a_word(1)
        office.mouth.answers_probes(1, *(NotSent(detail="no connection") for _ in range(40)))
        await office.queue(message(1, "maybe"), message(1, "next"))
        await office.runs(3600)
        assert office.mouth.texts(1) == ["maybe", "next"]
        assert len(office.mouth.probed) == 41

    office(scenario)


def test_a_parked_message_is_in_the_way_no_longer_than_until_the_next_one_is_there():
    async def scenario(office):
        place = Place(chat_id=1)
        await office.store.put_settings(PlaceSettings(place=place, never_repeat=True))
        office.mouth.answers(1, Unknown(detail="no answer"))
        office.mouth.answers_no_probe(1)
        await office.queue(message(1, "parked"), message(1, "there"))
        with capture_logs() as logs:
            await office.runs(100)
        assert [line["event"] for line in logs].count("parked") == 1
        office.mouth.hears_probes_again(1)
        office.mouth.accepts_without_a_word(1)
        await office.queue(message(1, "found"), message(1, "last"))
        await office.runs(100)
        assert (await office.states()) == {
            "parked": DeliveryState.UNKNOWN,
            "there": DeliveryState.SENT,
            "found": DeliveryState.SENT,
            "last": DeliveryState.SENT,
        }

    office(scenario)


class StandsStill:
    """A store whose disk stands still for a moment while messages are about to leave."""

    def __init__(self, inner):
        self._inner = inner

    def __getattr__(self, name):
        return getattr(self._inner, name)

    async def leaving(self, delivery_id, now):
        time = asyncio.get_running_loop().time()
        if 1 < time < 2:
            await asyncio.sleep(2 - time)
        return await self._inner.leaving(delivery_id, now)


def test_after_a_disk_stood_still_the_bot_is_no_faster_than_ever():
    async def scenario(office):
        await office.queue(*(message(chat, f"m{chat}") for chat in range(1, 150)))
        await office.runs(30)
        calls = office.mouth.calls
        assert len(calls) == 149
        assert all(calls[at + 30] - calls[at] > 1 for at in range(len(calls) - 30))

    office(scenario, around=StandsStill)
