"""Which of a feed's addresses is asked: `url`, and while it fails `fallback_urls` in turn; pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.model import Feed, Learnt

FAILURES_MIN = 3
"""After so many failures in a row another address is asked."""

BACK_EVERY = timedelta(hours=3)
"""While another one serves, `url` is tried again this often, and goes first once it answers."""


def addressed(feed: Feed, learnt: Learnt, failures: int, now: datetime) -> tuple[str, Learnt]:
    """Return the URL to ask at `now`, and `learnt` as it is to be handed on with the answer.

    After `failures` in a row the turn goes on, however long ago it began: who polls every four
    hours would otherwise ask nothing but `url`.
    """
    if learnt.spare > len(feed.fallback_urls):
        learnt = replace(learnt, spare=0, spare_since=None)
    since = learnt.spare_since
    if learnt.spare and not failures and since is not None and now - since >= BACK_EVERY:
        learnt = replace(learnt, spare=0)
    return feed.fallback_urls[learnt.spare - 1] if learnt.spare else feed.url, learnt


def answered(learnt: Learnt) -> Learnt:
    """Return what to ask after a good answer: the same address; `url` is trusted again."""
    return learnt if learnt.spare else replace(learnt, spare_since=None)


def failed(feed: Feed, learnt: Learnt, failures: int, now: datetime) -> Learnt:
    """Return which address to ask after `failures` in a row."""
    given_up = learnt.spare_since is not None or failures >= FAILURES_MIN
    if not feed.fallback_urls or not given_up:
        return learnt
    following = (learnt.spare + 1) % (len(feed.fallback_urls) + 1)
    return replace(learnt, spare=following, spare_since=learnt.spare_since if learnt.spare else now)
