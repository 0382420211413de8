"""What Prometheus is told: counted at the ports, and read from the store when it asks.

Fetcher, parser and notifier are wrapped by ones that count; `committed` is told of each batch.
Labels come from the configuration and from fixed lists; a reader's own watch has no label of its
own, so that nobody's query can be told from outside.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import prometheus_client as prometheus

from aggregator import __version__
from aggregator.feeds.health import sources
from aggregator.model import (
    Batch,
    ChatGone,
    Delivery,
    DeliveryOutcome,
    Feed,
    Fetched,
    FetchFailed,
    FetchOutcome,
    NotModified,
    NotSent,
    Parsed,
    ParseOutcome,
    Rejected,
    RetryAt,
    Sent,
    Target,
    TargetKind,
    Unknown,
    Validators,
)
from aggregator.ports import Clock, Fetcher, Notifier, Parser, Store
from aggregator.service.http import Answer

LAG_LOOK_S = 1.0
LAG_KEPT = 60
"""Looks whose worst is told: a minute of them."""

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
SEEN_S = (_MINUTE, 2 * _MINUTE, 5 * _MINUTE, 10 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE, _HOUR,
          3 * _HOUR, 6 * _HOUR, _DAY)  # fmt: skip
SENT_S = (0.5, 1, 2, 5, 10, 30, _MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR, 6 * _HOUR, _DAY)

_OUTCOMES: dict[type[DeliveryOutcome], str] = {
    Sent: "sent",
    RetryAt: "told_to_wait",
    NotSent: "not_sent",
    Unknown: "unknown",
    ChatGone: "chat_gone",
    Rejected: "refused",
}


class Meters:
    """Every metric, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = registry = prometheus.CollectorRegistry()
        # When a counter was made says nothing that casewire_started_timestamp_seconds does not.
        prometheus.disable_created_metrics()  # type: ignore[no-untyped-call]  # theirs has no annotation

        def counter(name: str, says: str, *labels: str) -> prometheus.Counter:
            return prometheus.Counter(name, says, labels, registry=registry)

        def gauge(name: str, says: str, *labels: str) -> prometheus.Gauge:
            return prometheus.Gauge(name, says, labels, registry=registry)

        self.polls = counter("casewire_polls_total", "Polls by outcome.", "outcome")
        self.items = counter("casewire_items_total", "New items.")
        self.matches = counter("casewire_matches_total", "Matches by rule.", "rule", "relation")
        self.decisions = counter("casewire_decisions_total", "Decided items.", "decision")
        self.stories = counter("casewire_stories_total", "New stories.")
        self.deliveries = counter(
            "casewire_deliveries_total", "Attempts to send or edit, by outcome.", "outcome"
        )
        self.published_to_seen = prometheus.Histogram(
            "casewire_published_to_seen_seconds",
            "From the time an item carries to when it was first seen.",
            buckets=SEEN_S,
            registry=registry,
        )
        self.seen_to_sent = prometheus.Histogram(
            "casewire_seen_to_sent_seconds",
            "From the newest report of an alert to when the alert was accepted.",
            buckets=SENT_S,
            registry=registry,
        )
        self.outbox = gauge("casewire_outbox_messages", "Messages by state.", "state")
        self.outbox_age = gauge("casewire_outbox_age_seconds", "Age of the oldest queued message.")
        self.feed_age = gauge("casewire_feed_read_age_seconds", "Since it was last read.", "feed")
        self.feeds = gauge("casewire_feeds", "Feeds that are on, by status.", "status")
        self.last_poll = gauge("casewire_last_poll_timestamp_seconds", "The newest poll.")
        self.lag = gauge("casewire_loop_lag_seconds", "Worst lag of the event loop in a minute.")
        started = gauge("casewire_started_timestamp_seconds", "When the program started.")
        started.set_to_current_time()
        gauge("casewire_build_info", "The version, as a label.", "version").labels(__version__).set(
            1
        )

    def committed(self, batch: Batch) -> None:
        """Count what a batch brought; call it once, when the batch is in."""
        self.items.inc(len(batch.items))
        for _, match in batch.matches:
            self.matches.labels(rule_label(match.target), match.relation.value).inc()
        for _, decision in batch.decisions:
            self.decisions.labels(decision.kind.value).inc()
        keys = {item.key for item in batch.items}
        self.stories.inc(
            sum(all(report.item_key in keys for report in each.reports) for each in batch.stories)
        )
        state = batch.feed_state
        for item in batch.items:
            # What a feed held when it was read for the first time was not late: nobody looked.
            first = state is not None and state.first_read == item.seen
            if item.published is not None and not first:
                late_s = (item.seen - item.published).total_seconds()
                self.published_to_seen.observe(max(0.0, late_s))

    def delivered(self, delivery: Delivery, outcome: DeliveryOutcome, now: datetime) -> None:
        """Count an attempt, and the delay of an alert that arrived for the first time."""
        self.deliveries.labels(_OUTCOMES.get(type(outcome), "other")).inc()
        new_alert = delivery.message_id is None and delivery.item_seen is not None
        if new_alert and isinstance(outcome, Sent):
            self.seen_to_sent.observe(max(0.0, (now - delivery.created).total_seconds()))

    async def scraped(self, store: Store, feeds: Sequence[Feed], now: datetime) -> Answer:
        """Return what Prometheus reads; raises StoreError where the database cannot be read."""
        counts, states = await store.counts(), await store.feed_states()
        for state, number in (
            ("queued", counts.queued),
            ("unknown", counts.unknown),
            ("dead", counts.dead),
        ):
            self.outbox.labels(state).set(number)
        age_s = 0.0 if counts.oldest is None else (now - counts.oldest).total_seconds()
        self.outbox_age.set(max(0.0, age_s))
        on = tuple(feed for feed in feeds if feed.enabled)
        self.feed_age.clear()
        self.feeds.clear()
        for status in ("fresh", "late", "blind"):
            self.feeds.labels(status).set(0)
        for feed, found in sources(on, states, now).each:
            self.feeds.labels(found.sight.value).inc()
            read = states[feed.id].last_read if feed.id in states else None
            if read is not None:
                self.feed_age.labels(feed.id).set(max(0.0, (now - read).total_seconds()))
        polled = [state.last_polled for state in states.values() if state.last_polled is not None]
        self.last_poll.set(max(polled).timestamp() if polled else 0)
        return Answer(
            kind=prometheus.CONTENT_TYPE_LATEST, body=prometheus.generate_latest(self.registry)
        )


class Lag:
    """Measures how late the event loop comes back to who sleeps."""

    def __init__(self, clock: Clock, told: Callable[[float], None]) -> None:
        """`told` hears the worst seconds of the last minute."""
        self._clock = clock
        self._told = told

    async def run(self) -> None:
        """Look until cancelled."""
        kept = [0.0] * LAG_KEPT
        while True:
            began = time.monotonic()
            await self._clock.sleep(LAG_LOOK_S)
            kept = [*kept[1:], max(0.0, time.monotonic() - began - LAG_LOOK_S)]
            self._told(max(kept))


def rule_label(target: Target) -> str:
    """Return the label of a rule; all watches have one."""
    if target.kind is TargetKind.WATCH:
        return "watch"
    return f"{target.kind.value}:{target.slug}"


class MeasuredFetcher:
    """A `Fetcher` that counts what brought no body; a body is counted once it is parsed."""

    def __init__(self, fetcher: Fetcher, meters: Meters) -> None:
        self._fetcher = fetcher
        self._meters = meters

    async def fetch(self, feed: Feed, validators: Validators) -> FetchOutcome:
        """As the port says."""
        outcome = await self._fetcher.fetch(feed, validators)
        match outcome:
            case NotModified():
                self._meters.polls.labels("not_modified").inc()
            case FetchFailed(fault=fault):
                self._meters.polls.labels(fault.name.lower()).inc()
            case Fetched():
                pass
        return outcome

    async def close(self) -> None:
        """As the port says."""
        await self._fetcher.close()


class MeasuredParser:
    """A `Parser` that counts which bodies could be read."""

    def __init__(self, parser: Parser, meters: Meters) -> None:
        self._parser = parser
        self._meters = meters

    async def parse(self, feed: Feed, fetched: Fetched) -> ParseOutcome:
        """As the port says."""
        outcome = await self._parser.parse(feed, fetched)
        read = isinstance(outcome, Parsed)
        self._meters.polls.labels("read" if read else "unreadable").inc()
        return outcome

    async def close(self) -> None:
        """As the port says."""
        await self._parser.close()


class MeasuredNotifier:
    """A `Notifier` that counts what became of each attempt."""

    def __init__(
        self,
        notifier: Notifier,
        meters: Meters,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._notifier = notifier
        self._meters = meters
        self._now = now

    async def deliver(self, delivery: Delivery) -> DeliveryOutcome:
        """As the port says."""
        outcome = await self._notifier.deliver(delivery)
        self._meters.delivered(delivery, outcome, self._now())
        return outcome

    async def probe(self, delivery: Delivery, message_id: int) -> DeliveryOutcome:
        """As the port says; looking is no attempt."""
        return await self._notifier.probe(delivery, message_id)
