"""Whom `run` tells of possible losses, and that these are over."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.cli.online import watched_losses
from aggregator.config.settings import Settings
from aggregator.feeds.gaps import DOWN, TOLD_APART
from aggregator.model import Gap, Place
from aggregator.store.sqlite import SqliteStore
from aggregator.telegram.words.status import NOTHING_LOST

NOW = datetime(2024, 6, 28, 6, 40, tzinfo=UTC)
OPS = Place(chat_id=900)
GAP = Gap(feed_id="", why=DOWN, since=NOW - timedelta(hours=4), until=NOW, opened=NOW, id=1)


class Stopped:
    def now(self):
        return NOW


@dataclass
class Waker:
    woken: int = 0

    def wake(self):
        self.woken += 1


@dataclass
class Parts:
    deliverer: Waker = field(default_factory=Waker)


@pytest.fixture
async def store():
    opened = await SqliteStore.open("sqlite:///:memory:")
    yield opened
    await opened.close()


async def told(store, *gaps):
    settings = Settings.from_env({"CASEWIRE_OPS_CHAT": "900"})
    parts = Parts()
    on_gap = watched_losses(settings, store, lambda: parts, Stopped())
    for gap in gaps:
        await on_gap(None, gap)
    notice = await store.delivery(OPS, "notice:gap:1")
    assert parts.deliverer.woken == 0 if notice is None else parts.deliverer.woken > 0
    return None if notice is None else notice.message.html


async def test_who_was_never_told_of_a_possible_loss_does_not_hear_that_it_was_none(store):
    assert await told(store, replace(GAP, closed=NOW)) is None


async def test_who_was_told_of_one_hears_that_nothing_was_missed(store):
    text = await told(store, GAP, replace(GAP, closed=NOW))
    assert text.startswith(NOTHING_LOST)


async def test_what_some_feeds_may_have_missed_is_never_called_nothing(store):
    text = await told(store, GAP, replace(GAP, closed=NOW, why=TOLD_APART))
    assert NOTHING_LOST not in text
    assert "02:40 to 06:40" in text
    assert TOLD_APART in text
