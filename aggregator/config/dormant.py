"""Which feeds read nothing though they should: a court's that is switched off while a case is open
there, and a source that needs a key and has none.
"""

from __future__ import annotations

from collections.abc import Collection

from aggregator.config.feeds import LoadedFeeds
from aggregator.errors import Fault
from aggregator.model import Case, FeedFormat, FeedKind

CASES_MAX = 3
"""So many cases are named for one court."""


def dormant(loaded: LoadedFeeds, cases: Collection[Case]) -> tuple[Fault, ...]:
    """Return a hint for each court feed that is off while a case before it is open.

    Each says what to write to switch it on, here or in a file of one's own.
    """
    found = []
    for feed in loaded.feeds:
        if feed.enabled or feed.kind is not FeedKind.COURT:
            continue
        before_it = [case.title for case in cases if case.court == feed.court and not case.closed]
        if before_it:
            file, line = loaded.switches[feed.id]
            more = len(before_it) - CASES_MAX
            named = ", ".join(before_it[:CASES_MAX]) + (f" and {more} more" if more > 0 else "")
            what = (
                f"the court feed `{feed.id}` is switched off, and open there: {named}. To read "
                "it write `enabled: true` here, or in a file of your own "
                f"`- {{id: {feed.id}, extends: {feed.id}, enabled: true}}`"
            )
            found.append(Fault(file=file, line=line, what=what))
    return tuple(found)


def keyless(loaded: LoadedFeeds, *, has_key: bool) -> tuple[Fault, ...]:
    """Return a hint for each source that its server refuses without the key that is not set."""
    return tuple(
        Fault(
            file=loaded.switches[feed.id][0],
            line=loaded.switches[feed.id][1],
            what=f"`{feed.id}` is refused without a key: set CASEWIRE_COURTLISTENER_TOKEN",
        )
        for feed in loaded.feeds
        if feed.enabled and feed.format is FeedFormat.COURTLISTENER and not has_key
    )
