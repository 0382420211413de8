"""Whether the network here is down, so that no feed is blamed for it; pure.

One host that cannot be reached has a fault of its own.  When every host that was asked since the
last answer from anyone fails, and there are several, the fault is ours: what was counted against
feeds meanwhile is taken back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from aggregator.feeds.polling import interval
from aggregator.model import Feed, FeedState, FetchFailed, FetchFault, FetchOutcome

UNREACHED = frozenset({FetchFault.DNS, FetchFault.CONNECT, FetchFault.TIMEOUT})
"""What a feed's server and a dead network here look alike in."""

HOSTS_MIN = 2
HOSTS_ENOUGH = 5
"""So many different hosts in a row do not fail by chance, however many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Who could not be reached since anyone last answered."""

    hosts: frozenset[str] = frozenset()
    blamed: Mapping[str, int] = field(default_factory=dict)
    """The failures each feed had before those that are in doubt, by its id."""

    def is_down(self, hosts: int) -> bool:
        """Say whether the network is down, where so many hosts are polled in all."""
        return len(self.hosts) >= max(HOSTS_MIN, min(hosts, HOSTS_ENOUGH))


def heard(line: Line, host: str, before: FeedState, outcome: FetchOutcome) -> Line:
    """Return the line after `outcome`: any answer, be it an error, shows that it is up."""
    if not isinstance(outcome, FetchFailed) or outcome.fault not in UNREACHED:
        return Line()
    blamed = {before.feed_id: before.failures, **line.blamed}
    # Copied at each failure; more of them would say no more.
    hosts = line.hosts if len(line.hosts) >= HOSTS_ENOUGH else line.hosts | {host}
    return replace(line, hosts=hosts, blamed=blamed)


def forgiven(feed: Feed, state: FeedState, failures: int, now: datetime) -> FeedState:
    """Return `state` with only the `failures` from before the network went down."""
    at = min(state.next_poll or now, now + interval(feed))
    return replace(
        state,
        failures=min(failures, state.failures),
        next_poll=at,
        next_poll_reason="no host answers: the fault is here",
    )
