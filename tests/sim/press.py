"""The outlets: what they publish when, and what a fetch of their feeds brings."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from aggregator.model import (
    Feed,
    FeedKind,
    Fetched,
    FetchFailed,
    FetchFault,
    FetchOutcome,
    NotModified,
    Target,
    TargetKind,
    Trust,
    Validators,
)

COMPANIES = {
    "Binance": "sec-v-binance",
    "Coinbase": "sec-v-coinbase",
    "Ripple": "sec-v-ripple",
    "Terraform Labs": "sec-v-terraform",
}
TARGETS = tuple(Target(kind=TargetKind.CASE, slug=slug) for slug in COMPANIES.values())
TOLD = (
    "Judge denies SEC motion to compel {name} records on {what}",
    "{name} asks judge to dismiss SEC lawsuit over {what}",
    "SEC appeals ruling on {what} in {name} case",
    "Judge orders {name} to hand over {what} in SEC case",
    "SEC and {name} spar at hearing over {what}",
    "SEC files complaint against {name} over {what}",
    "Judge dismisses SEC claims against {name} over {what}",
    "SEC wins partial ruling against {name} on {what}",
)
WHAT = (
    "staking", "wallet keys", "custody", "listing fees", "token sales", "audit papers",
    "market makers", "payroll loans", "server logs", "yield products", "a bridge", "airdrops",
)  # fmt: skip
IDLE = (
    "Cooking with gas: ten stews for {n} guests",
    "Ferry line adds {n} sailings a week",
    "Chess club counts {n} new members",
)
KEPT = 40
"""Entries a feed lists: more than are published while the longest outage lasts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One entry of a feed."""

    feed: str
    guid: str
    title: str
    at: float
    """Seconds of true time."""
    hit: bool


class Press:
    """Some feeds whose every entry is known beforehand."""

    def __init__(self, rng: Random, *, feeds: int, span_s: float, per_hour: float) -> None:
        kinds = (FeedKind.NEWS, FeedKind.NEWS, FeedKind.REGULATOR, FeedKind.BLOG)
        trust = (Trust.INDEPENDENT, Trust.INDEPENDENT, Trust.PRIMARY, Trust.CORROBORATES)
        self.feeds = tuple(
            Feed(
                id=f"wire-{n}",
                url=f"https://wire-{n}.example/feed",
                kind=kinds[n % 4],
                name=f"Wire {n}",
                trust=trust[n % 4],
            )
            for n in range(feeds)
        )
        self.entries: dict[str, list[Published]] = {feed.id: [] for feed in self.feeds}
        for number in range(max(4, round(span_s / 3600 * per_hour))):
            at = rng.uniform(0, span_s)
            hit = rng.random() < 0.8
            title = self._title(rng, hit=hit)
            # A development is told by one to three outlets within the hour.
            for feed in rng.sample(self.feeds, rng.randint(1, min(3, len(self.feeds)))):
                later = at + rng.choice((0, 0, 60, 600, 3000))
                self.entries[feed.id].append(
                    Published(
                        feed=feed.id,
                        guid=f"{feed.id}-{number}",
                        title=title if rng.random() < 0.5 else f"{title}, filing shows",
                        at=min(later, span_s),
                        hit=hit,
                    )
                )
        for entries in self.entries.values():
            entries.sort(key=lambda entry: (entry.at, entry.guid))

    @staticmethod
    def _title(rng: Random, *, hit: bool) -> str:
        if not hit:
            return rng.choice(IDLE).format(n=rng.randint(2, 99))
        return rng.choice(TOLD).format(name=rng.choice(list(COMPANIES)), what=rng.choice(WHAT))

    def listed(self, feed_id: str, now: float) -> list[Published]:
        """Return what a feed lists, the newest first."""
        return [entry for entry in self.entries[feed_id] if entry.at <= now][-KEPT:][::-1]

    def answers(
        self, feed: Feed, asked: Validators, now: float, start: datetime, fault: str | None
    ) -> FetchOutcome:
        """Return what a fetch brings; `fault` names what goes wrong."""
        listed = self.listed(feed.id, now)
        etag = f'"{len(listed)}-{listed[0].guid if listed else ""}"'
        match fault:
            case "timeout":
                return FetchFailed(fault=FetchFault.TIMEOUT, detail="no answer")
            case "status_503":
                wait = timedelta(minutes=10)
                return FetchFailed(
                    fault=FetchFault.STATUS, detail="503", status=503, retry_after=wait
                )
            case "too_large":
                return FetchFailed(fault=FetchFault.TOO_LARGE, detail="over the cap")
            case "not_a_feed":
                return Fetched(url=feed.url, body=b"<html>sign in</html>")
            case None if asked.etag == etag:
                return NotModified(validators=asked)
        body = _json_feed(feed, listed, start)
        if fault == "truncated":
            body = body[: len(body) // 2]
        return Fetched(
            url=feed.url,
            body=body,
            content_type="application/feed+json",
            validators=Validators(etag=etag),
        )


def _json_feed(feed: Feed, listed: list[Published], start: datetime) -> bytes:
    items = [
        {
            "id": entry.guid,
            "url": f"https://{feed.id}.example/{entry.guid}",
            "title": entry.title,
            "content_text": f"{feed.name} has the story.",
            "date_published": (start + timedelta(seconds=round(entry.at))).isoformat(),
        }
        for entry in listed
    ]
    whole = {"version": "https://jsonfeed.org/version/1.1", "title": feed.name, "items": items}
    return json.dumps(whole).encode()
