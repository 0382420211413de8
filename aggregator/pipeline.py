"""The order of the calls; decides nothing.

::

    parse the bytes                                 feeds.parse, in a worker
    make items, drop those we have, unless edited   feeds.identity, feeds.edits, store
    until committed:
        read the window of stories                  store
        match each item, say what happened          matching, stories.happened
        join it to a story, decide what follows     stories.join
        make deliveries for those who follow        alerts.decide, render
        commit the lot, or start over if stale      store

`ingest` does not care who brought the bytes; `take` does not care who brought the items.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from aggregator.alerts import decide
from aggregator.feeds import gaps
from aggregator.feeds.edits import EDITS_MAX, is_edit
from aggregator.feeds.identity import items_of, without_restamps
from aggregator.feeds.polling import state_after
from aggregator.matching.matcher import Matcher, Reading
from aggregator.model import (
    Alert,
    Batch,
    Case,
    Committed,
    Decision,
    DecisionKind,
    Delivery,
    Event,
    Feed,
    FeedState,
    Fetched,
    FetchOutcome,
    Gap,
    Item,
    ItemKey,
    Message,
    NotModified,
    Parsed,
    ParseOutcome,
    People,
    Relation,
    Stale,
    Story,
    StoryId,
    Subscription,
    Target,
    Watch,
    Window,
)
from aggregator.ports import Parser, Store
from aggregator.stories.edited import edited
from aggregator.stories.happened import event_of
from aggregator.stories.join import join
from aggregator.stories.warm import Warm
from aggregator.stories.window import WINDOW

OLD = timedelta(hours=24)
"""What a feed already held for so long when it was first read is kept, and rings for nobody."""

RELISTED = timedelta(days=7)
RELISTED_MIN = 5
"""So many items older than that, new in one poll, are old news under new names: a feed that moved,
or a program that stood still.  They are kept and ring for nobody; a single one may be a late find."""

STALE_TRIES_MAX = 20
"""A commit that is stale so often means two writers in a loop: our bug, so it is raised."""

Renderer = Callable[[Alert, Matcher], Message]
Versions = Mapping[tuple[ItemKey, Target], str]
"""The version of the rule by which an item is chiefly about a target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a round of items led to, for the log and for the commands that show it."""

    items: tuple[Item, ...] = ()
    readings: tuple[Reading, ...] = ()
    decisions: tuple[Decision, ...] = ()
    events: tuple[Event, ...] = ()
    deliveries: int = 0
    edited: tuple[Item, ...] = ()
    """Items of stories whose words changed, as they are now."""
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """One poll: the feed's state after it, and what its new items led to."""

    state: FeedState
    outcome: FetchOutcome
    parsed: ParseOutcome | None = None
    taken: Taken = Taken()
    gaps: tuple[Gap, ...] = ()
    """Those it opened, and those it closed, with their ids."""


class Pipeline:
    """The calls in their order, on one store."""

    def __init__(self, *, store: Store, parser: Parser, matcher: Matcher, render: Renderer) -> None:
        self._store = store
        self._parser = parser
        self._render = render
        self.matcher = matcher
        self._window: Window | None = None
        self._warm = Warm()
        self._since: datetime | None = None
        self._people = People()
        self._watching: tuple[Matcher, tuple[Watch, ...], Matcher] = matcher, (), matcher
        self._always: Callable[[Matcher], tuple[Subscription, ...]] = lambda _: ()
        self._serial = asyncio.Lock()

    def follow(self, always: Callable[[Matcher], tuple[Subscription, ...]]) -> None:
        """Let `always` follow beside the store's subscribers: the console, under any rules."""
        self._always = always

    async def ingest(
        self,
        feed: Feed,
        state: FeedState,
        outcome: FetchOutcome,
        now: datetime,
        open_gaps: Collection[Gap] = (),
    ) -> Polled:
        """Take in what a poll of `feed` brought; the items, the feed's state and the gaps that the
        poll opens, or closes of `open_gaps`, commit together.
        """
        parsed: ParseOutcome | None = None
        listed: tuple[Item, ...] = ()
        items: tuple[Item, ...] = ()
        edits: tuple[Item, ...] = ()
        if isinstance(outcome, Fetched):
            parsed = await self._parser.parse(feed, outcome)
        if isinstance(parsed, Parsed):
            listed = items = items_of(feed, parsed, now)
            known = await self._store.known_items([item.key for item in items])
            edits = await self._edited([item for item in items if item.key in known], now)
            items = tuple(item for item in items if item.key not in known)
            parsed = without_restamps(feed, parsed, known, state.learnt.newest)
        after = state_after(feed, state, outcome, parsed, now)
        polled = Polled(state=after, outcome=outcome, parsed=parsed)
        found: tuple[Gap, ...] = ()
        if isinstance(parsed, Parsed):
            page = None
            if gaps.is_doubtful(state, parsed, now, open_gaps):
                back = await self._store.items_of_feed(feed.id, gaps.BACK_MAX)
                page = gaps.Page(listed=frozenset(item.key for item in listed), before=back)
            found = gaps.gaps_after(feed, state, after, parsed, now, known=open_gaps, page=page)
        elif isinstance(outcome, NotModified):
            found = gaps.gaps_after(feed, state, after, None, now, known=open_gaps)
        if not items and not edits:
            return replace(polled, gaps=await self._store.save_feed_state(after, found))
        first_read = state.first_read is None
        taken = await self.take(items, state=after, first_read=first_read, edits=edits, found=found)
        return replace(polled, taken=taken, gaps=taken.gaps)

    async def take(
        self,
        items: Sequence[Item],
        *,
        state: FeedState | None = None,
        first_read: bool = False,
        edits: Sequence[Item] = (),
        found: Sequence[Gap] = (),
    ) -> Taken:
        """Match, join and decide on `items`, in order, and commit what follows as one batch.

        `edits` are items of stories as their publishers word them now, `found` the gaps that
        showed with them.
        """
        matcher: Matcher | None = None
        read: tuple[Reading, ...] = ()
        async with self._serial:
            for _ in range(STALE_TRIES_MAX):
                window = await self._fresh_window(min(item.at for item in (*items, *edits)))
                if matcher is not self._live():
                    matcher = self._live()
                    read = tuple(matcher.read(item) for item in items)
                people = self._everyone(matcher)
                followed = {follower.target for follower in people.subscriptions}
                readings = tuple(reading.seen_by(followed) for reading in read)
                events = tuple(map(event_of, items, readings))
                self._warm.follow(window.stories)
                decisions, stories = _decide(
                    items, readings, events, window, warm=self._warm, first_read=first_read
                )
                reworded = tuple(matcher.read(item).seen_by(followed) for item in edits)
                stories = _with_edits(edits, reworded, stories, window)
                for story in stories:
                    self._warm.put(story)
                alerts = decide.alerts(stories, people, before=window.stories)
                versions = _versions(items, readings)
                render = _Rendered(self._render, matcher)
                deliveries = tuple(_delivery(alert, render, versions) for alert in alerts)
                batch = Batch(
                    feed_state=state,
                    items=tuple(items),
                    matches=tuple(
                        (item.key, match)
                        for item, reading in zip(items, readings, strict=True)
                        for match in reading.matches
                    ),
                    decisions=tuple(
                        (item.key, decision)
                        for item, decision in zip(items, decisions, strict=True)
                        if decision.kind is not DecisionKind.IGNORE
                    ),
                    stories=stories,
                    deliveries=deliveries,
                    gaps=tuple(found),
                )
                committed = await self._store.commit(batch, window.version)
                match committed:
                    case Committed(version=version, gaps=recorded):
                        merged = {**window.stories, **{story.id: story for story in stories}}
                        self._window = Window(version=version, stories=merged)
                        return Taken(
                            items=tuple(items),
                            readings=readings,
                            decisions=decisions,
                            events=events,
                            deliveries=len(deliveries),
                            edited=tuple(edits),
                            gaps=recorded,
                        )
                    case Stale():
                        self._window = None
                    case _:
                        assert_never(committed)
        raise RuntimeError(f"still stale after {STALE_TRIES_MAX} tries")

    async def _edited(self, items: Sequence[Item], now: datetime) -> tuple[Item, ...]:
        """Return those of `items`, all known, that a story tells in other words."""
        if not items:
            return ()
        async with self._serial:
            window = self._window or await self._fresh_window(now)
        told = {r.item_key: r for story in window.stories.values() for r in story.reports}
        return tuple(
            item
            for item in items
            if (report := told.get(item.key)) is not None
            and report.edits < EDITS_MAX
            and is_edit(before=(report.title, report.summary), now=(item.title, item.summary))
        )

    async def _fresh_window(self, first: datetime) -> Window:
        """Return the stories that items from `first` on may join; from memory while it holds."""
        since = first - WINDOW
        if self._window is None or self._since is None or since < self._since:
            window = await self._store.window(since)
            # After the window: who follows in between makes its version stale, and is not missed.
            self._people = await self._store.people()
            self._window, self._since = window, since
        elif since > self._since:
            kept = {k: s for k, s in self._window.stories.items() if s.last_at >= since}
            self._window = Window(version=self._window.version, stories=kept)
            self._since = since
        return self._window

    @property
    def people(self) -> People:
        """Who may hear of something, as of the last batch."""
        return self._people

    @property
    def cases(self) -> tuple[Case, ...]:
        """The cases of the rules that are live."""
        return tuple(rule.case for rule in self.matcher.rules.cases.values())

    def _live(self) -> Matcher:
        """Return the rules that are live, with the watches of everyone."""
        rules, watches, live = self._watching
        if rules is not self.matcher or watches != self._people.watches:
            # Beside what was laid out already, while the rules are the same.
            before = live if rules is self.matcher else self.matcher
            live = before.with_watches(self._people.watches)
            self._watching = self.matcher, self._people.watches, live
        return live

    def _everyone(self, matcher: Matcher) -> People:
        """Return who may hear of something: the store's people, and who always follows."""
        always = self._always(matcher)
        return replace(self._people, subscriptions=(*self._people.subscriptions, *always))


class _Rendered:
    """Renders each text once, however many places it goes to."""

    def __init__(self, render: Renderer, matcher: Matcher) -> None:
        self._render = render
        self._matcher = matcher
        self._made: dict[tuple[str, tuple[Target, ...]], Message] = {}

    def __call__(self, alert: Alert) -> Message:
        what = alert.key, alert.targets
        if what not in self._made:
            self._made[what] = self._render(alert, self._matcher)
        return self._made[what]


def _delivery(alert: Alert, render: _Rendered, versions: Versions) -> Delivery:
    story = alert.story
    return Delivery(
        place=alert.place,
        key=alert.key,
        message=render(alert),
        priority=decide.priority(story.event.severity),
        created=story.reports[-1].seen,
        item_seen=story.lead.seen,
        reply_to=alert.reply_to,
        edit_only=alert.edit_only,
        rule_version=_version(alert, versions),
    )


def _versions(items: Sequence[Item], readings: Sequence[Reading]) -> Versions:
    return {
        (item.key, match.target): match.rule_version
        for item, reading in zip(items, readings, strict=True)
        for match in reading.matches
        if match.relation is Relation.CHIEF
    }


def _version(alert: Alert, versions: Versions) -> str:
    """Return the version of the rule by which the newest report brought the alert about."""
    found = (
        versions.get((report.item_key, target), "")
        for report in reversed(alert.story.reports)
        for target in alert.targets
    )
    return next(filter(None, found), "")


def _with_edits(
    edits: Sequence[Item],
    readings: Sequence[Reading],
    stories: Sequence[Story],
    window: Window,
) -> tuple[Story, ...]:
    """Return `stories`, those that changed, and those of `edits` with their new words."""
    changed = {story.id: story for story in stories}
    for item, reading in zip(edits, readings, strict=True):
        for story in ({**window.stories, **changed}).values():
            if any(report.item_key == item.key for report in story.reports):
                changed[story.id] = edited(story, item, reading, event_of(item, reading)).story
                break
    return tuple(changed.values())


def _decide(
    items: Sequence[Item],
    readings: Sequence[Reading],
    events: Sequence[Event],
    window: Window,
    *,
    warm: Warm,
    first_read: bool,
) -> tuple[tuple[Decision, ...], tuple[Story, ...]]:
    """Join each item in turn, each on the stories that the one before left behind.

    `warm` follows the window, and the stories as they become.
    """
    stories: dict[StoryId, Story] = dict(window.stories)
    changed: dict[StoryId, None] = {}
    decisions = []
    seen: dict[ItemKey, Decision] = {}
    aged = sum(item.seen - item.at > RELISTED for item in items)
    limit = OLD if first_read else RELISTED if aged >= RELISTED_MIN else None
    for item, reading, event in zip(items, readings, events, strict=True):
        if item.key in seen:
            decisions.append(seen[item.key])
            continue
        old = limit is not None and item.seen - item.at > limit
        joined = join(item, reading, event, stories, old=old, weight=warm.weight)
        if joined.story is not None:
            stories[joined.story.id] = joined.story
            warm.put(joined.story)
            changed[joined.story.id] = None
        decisions.append(joined.decision)
        seen[item.key] = joined.decision
    return tuple(decisions), tuple(stories[story] for story in changed)
