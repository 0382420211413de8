from datetime import time

from aggregator.alerts.digest import Route
from aggregator.cli import compose
from aggregator.config.settings import Settings
from aggregator.matching.matcher import Matcher
from aggregator.matching.query import Phrase
from aggregator.matching.rules import Deliver, Rules, WatchlistRule
from aggregator.model import Place, Severity, Target, TargetKind, Watchlist

OPS = Place(chat_id=-100, thread_id=3)
STAKING = Target(kind=TargetKind.WATCHLIST, slug="staking")


def matcher(*deliver, **more):
    rules = {
        name: WatchlistRule(
            watchlist=Watchlist(name=name, title=name.title(), severity=Severity.LOW),
            when=Phrase(text=name),
            deliver=routes,
        )
        for name, routes in {"staking": deliver, **more}.items()
    }
    return Matcher(Rules(watchlists=rules))


def test_an_instant_route_becomes_a_subscription_of_its_place_with_its_floor():
    live = matcher(
        Deliver(to=-5, thread=7, floor=Severity.HIGH),
        Deliver(to=-5, thread=7, digest=time(8)),
        Deliver(to=9),
    )
    found = compose.routed(Settings(), live)
    assert [(one.place, one.target, one.floor) for one in found] == [
        (Place(chat_id=-5, thread_id=7), STAKING, Severity.HIGH),
        (Place(chat_id=9), STAKING, Severity.LOW),
    ]


def test_ops_is_the_operators_chat_and_a_topic_of_its_own_goes_first():
    live = matcher(Deliver(to=None), Deliver(to=None, thread=8))
    found = compose.routed(Settings(ops_chat=OPS), live)
    assert [one.place for one in found] == [OPS, Place(chat_id=-100, thread_id=8)]


def test_without_an_operators_chat_such_routes_are_named_and_go_nowhere():
    live = matcher(
        Deliver(to=None), Deliver(to=None, digest=time(8)), Deliver(to=4), mixers=(Deliver(to=4),)
    )
    assert compose.nowhere(Settings(), live) == ("staking",)
    assert [one.place.chat_id for one in compose.routed(Settings(), live)] == [4, 4]
    assert compose.digest_routes(Settings(), live) == ()
    assert compose.nowhere(Settings(ops_chat=OPS), live) == ()


def test_a_digest_route_has_its_place_its_hour_and_its_floor():
    live = matcher(Deliver(to=None, digest=time(8), floor=Severity.MEDIUM), Deliver(to=9))
    assert compose.digest_routes(Settings(ops_chat=OPS), live) == (
        Route(place=OPS, target=STAKING, at=time(8), floor=Severity.MEDIUM),
    )


def test_two_digests_of_a_watchlist_at_one_place_are_one():
    """`ops` and the id of that very chat, which no check of the file can know."""
    live = matcher(Deliver(to=None, digest=time(8)), Deliver(to=-100, thread=3, digest=time(20)))
    (route,) = compose.digest_routes(Settings(ops_chat=OPS), live)
    assert route.at == time(8)
