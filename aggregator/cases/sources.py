"""What is watched for a case and what is not, and where its facts come from.

A court's feed is not its docket: courts choose which kinds of entries they publish, and a feed
that fails leaves a hole.  So a card says which of the court's feeds is read, when it was last read,
since when it is blind, and what may have been lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.cases import courts
from aggregator.cases.best import host_of
from aggregator.feeds.health import Health, health
from aggregator.model import Case, Feed, FeedKind, FeedState, Gap, Story

GAP_AGE_MAX = timedelta(days=30)
GAPS_MAX = 3
AUTHORITY = re.compile(
    r"\b(?:Commission|Office|Department|Board|Authority|Agency|Bureau|Corporation|Reserve)\b"
)
OPINION_HOSTS = frozenset({"govinfo.gov"})
"""What these publish of a court are its opinions alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One feed and how it is doing."""

    feed: Feed
    health: Health
    opinions_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A stretch in which something may have been missed, not settled since."""

    feed: Feed | None
    """None for all of them."""
    why: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What is read for a case."""

    court: str
    """The court's short name; empty when no court is on file."""
    court_feeds: tuple[Watch, ...] = ()
    agencies: tuple[str, ...] = ()
    """Those of its parties whose releases are read, as the feeds name them."""
    releases: tuple[Watch, ...] = ()
    """Their feeds."""
    press: tuple[Watch, ...] = ()
    """News and blogs."""
    regulators: tuple[Watch, ...] = ()
    """All authorities' feeds, the parties' own among them."""
    gaps: tuple[Loss, ...] = ()
    """Newest first, at most `GAPS_MAX`."""
    as_of: datetime

    @property
    def docket_watched(self) -> bool:
        """A feed of the court's docket is set up; whether it can be read is another question."""
        return any(not watch.opinions_only for watch in self.court_feeds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something on the card, and the page it comes from."""

    label: str
    """What sort of fact: `docket`, `status`, or a person's role."""
    text: str
    source: str


def watched(
    case: Case,
    feeds: Iterable[Feed],
    states: Mapping[str, FeedState],
    now: datetime,
    gaps: Iterable[Gap] = (),
) -> Watched:
    """Return what is read for `case` at `now`; feeds that are off count as not read at all."""
    by_id = {feed.id: feed for feed in feeds if feed.enabled}
    seen = {feed.id: _watch(feed, states.get(feed.id), now) for feed in by_id.values()}
    court = tuple(
        watch
        for watch in seen.values()
        if watch.feed.kind is FeedKind.COURT and case.court and watch.feed.court == case.court
    )
    regulators = tuple(w for w in seen.values() if w.feed.kind is FeedKind.REGULATOR)
    parties = agencies(case)
    releases = tuple(watch for watch in regulators if _agency(watch.feed, parties))
    press = tuple(w for w in seen.values() if w.feed.kind in {FeedKind.NEWS, FeedKind.BLOG})
    covering = {watch.feed.id for watch in (*court, *releases, *press)}
    return Watched(
        court=courts.short(case.court or "") or case.court_name or case.court or "",
        court_feeds=tuple(sorted(court, key=lambda watch: (watch.opinions_only, watch.feed.id))),
        agencies=tuple(dict.fromkeys(_agency(watch.feed, parties) for watch in releases)),
        releases=releases,
        press=press,
        regulators=regulators,
        gaps=_losses(gaps, covering, by_id, now),
        as_of=now,
    )


def agencies(case: Case) -> tuple[str, ...]:
    """Return what feeds may call the authorities among the parties: their initials or name, and
    the Department of Justice where the United States is a party.
    """
    found: list[str] = []
    for party in case.parties:
        name = party.name
        if name.casefold() in {"united states", "united states of america"}:
            found += ["DOJ", "Department of Justice"]
        elif name.isupper():
            found.append(name)
        elif AUTHORITY.search(name):
            found.append("".join(re.findall(r"\b[A-Z](?=[a-z])", name)))
            found += re.findall(r"\b(?:[A-Z][a-z]+ )*(?:Reserve|Treasury)\b", name)
    return tuple(dict.fromkeys(one for one in found if len(one) > 2))


def facts(case: Case) -> tuple[Fact, ...]:
    """Return what the card says of `case` with its sources, milestones left to the timeline."""
    held = [
        Fact(label="status", text=case.status, source=case.status_source),
        Fact(label="docket", text=case.docket or "", source=case.docket_source),
        *(
            Fact(label=one.role, text=one.name, source=one.source or case.docket_source)
            for one in (*case.judges, *case.parties)
        ),
    ]
    return tuple(fact for fact in held if fact.text and fact.source)


def outlets(stories: Iterable[Story]) -> tuple[tuple[str, int], ...]:
    """Return who reported on a case and how often, the most first."""
    count: dict[str, int] = {}
    for story in stories:
        for report in story.reports:
            count[report.outlet] = count.get(report.outlet, 0) + 1
    return tuple(sorted(count.items(), key=lambda one: (-one[1], one[0])))


def _watch(feed: Feed, state: FeedState | None, now: datetime) -> Watch:
    return Watch(
        feed=feed,
        health=health(feed, state, now),
        opinions_only=feed.kind is FeedKind.COURT and host_of(feed.url) in OPINION_HOSTS,
    )


def _agency(feed: Feed, parties: Sequence[str]) -> str:
    """Return the party whose releases `feed` brings; empty for none."""
    return next((name for name in parties if re.search(rf"\b{re.escape(name)}\b", feed.name)), "")


def _losses(
    gaps: Iterable[Gap], covering: set[str], feeds: Mapping[str, Feed], now: datetime
) -> tuple[Loss, ...]:
    kept = sorted(
        (
            gap
            for gap in gaps
            if gap.closed is None
            and (not gap.feed_id or gap.feed_id in covering)
            and now - (gap.until or now) <= GAP_AGE_MAX
        ),
        key=lambda gap: (gap.since, gap.id),
        reverse=True,
    )
    return tuple(
        Loss(feed=feeds.get(gap.feed_id), why=gap.why, since=gap.since, until=gap.until)
        for gap in kept[:GAPS_MAX]
    )
