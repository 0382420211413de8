"""How a development is labelled: what may be said of it, given who said it.

An order is called an order only when a source that can know says so; everything else is reported.
"""

from __future__ import annotations

from typing import assert_never

from aggregator.model import FeedKind, Report, Status, Story, Trust
from aggregator.telegram import words


def event(story: Story, by: Report | None = None) -> str:
    """Return the label of a story: "Order", "On the docket: order", "Reported: order".

    `by` is the report that tells it; None is the first one.
    """
    kind = story.event.kind
    said = words.EVENT_SAID[kind]
    primary = (by or story.lead).trust is Trust.PRIMARY
    match story.event.status:
        case Status.DOCKETED:
            # Later reports may lift a story to the docket; then the court's own feed is among them.
            return _with(Status.DOCKETED if _on_docket(story) else Status.REPORTED, said)
        case Status.ORDERED:
            return words.EVENT[kind] if primary else _with(Status.REPORTED, said)
        case Status.FILED | Status.ARGUED as status:
            return _with(status if primary else Status.REPORTED, said)
        case Status.REPORTED:
            return _with(Status.REPORTED, said)
        case never:
            assert_never(never)


def _with(status: Status, said: str) -> str:
    return f"{words.STATUS[status]}: {said}"


def _on_docket(story: Story) -> bool:
    return any(
        report.kind is FeedKind.COURT and report.trust is Trust.PRIMARY for report in story.reports
    )
