from dataclasses import replace
from datetime import UTC, datetime

import pytest

from aggregator.feeds.weight import WEIGHT_MAX, weight_of
from aggregator.model import (
    Case,
    Feed,
    FeedKind,
    Place,
    Severity,
    Subscription,
    Target,
    TargetKind,
    Trust,
)

DOCKET = Feed(
    id="dcd",
    url="https://court.example/rss",
    kind=FeedKind.COURT,
    court="dcd",
    name="Docket",
    trust=Trust.PRIMARY,
)
ALPHA = Case(slug="alpha", caption="Alpha v. Beta", title="Alpha v. Beta", court="dcd")


def follows(slug: str, number: int = 1, kind: TargetKind = TargetKind.CASE) -> Subscription:
    return Subscription(
        place=Place(chat_id=number),
        target=Target(kind=kind, slug=slug),
        since=datetime(2023, 9, 18, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("feed", "case", "followers", "weight"),
    [
        (DOCKET, ALPHA, [follows("alpha")], 2.0),
        (DOCKET, replace(ALPHA, severity=Severity.HIGH), [follows("alpha")], 3.0),
        (DOCKET, replace(ALPHA, closed=True), [follows("alpha")], 1.0),
        (DOCKET, replace(ALPHA, court="nysd"), [follows("alpha")], 1.0),
        (DOCKET, ALPHA, [follows("other")], 1.0),
        (DOCKET, ALPHA, [follows("alpha", kind=TargetKind.WATCHLIST)], 1.0),
        (DOCKET, ALPHA, [replace(follows("alpha"), paused=True)], 1.0),
        (DOCKET, ALPHA, [follows("alpha", n) for n in range(99)], WEIGHT_MAX),
        (replace(DOCKET, kind=FeedKind.NEWS, court=None), ALPHA, [follows("alpha")], 1.0),
    ],
)
def test_a_docket_weighs_by_who_follows_the_cases_open_there(feed, case, followers, weight):
    assert weight_of(feed, [case], followers) == weight
