from datetime import UTC, datetime, timedelta

from aggregator.feeds import outage, pace
from aggregator.feeds.outage import Line, heard
from aggregator.model import (
    Feed,
    FeedKind,
    FeedState,
    FetchFailed,
    FetchFault,
    NotModified,
    Trust,
    Validators,
)

NOW = datetime(2023, 9, 18, 12, 0, tzinfo=UTC)
UNREACHED = FetchFailed(fault=FetchFault.DNS, detail="no address")
ANSWER = FetchFailed(fault=FetchFault.STATUS, detail="HTTP 500", status=500)


def after(*outcomes):
    line = Line()
    for host, outcome in outcomes:
        line = heard(line, host, FeedState(feed_id=f"feed-of-{host}", failures=1), outcome)
    return line


def test_p13_one_host_that_cannot_be_reached_is_no_outage():
    assert not after(("a", UNREACHED), ("a", UNREACHED)).is_down(1)
    assert not after(("a", UNREACHED)).is_down(9)


def test_p13_when_every_host_fails_the_fault_is_ours():
    assert after(("a", UNREACHED), ("b", UNREACHED)).is_down(2)
    assert not after(("a", UNREACHED), ("b", UNREACHED)).is_down(3)
    assert after(*((str(n), UNREACHED) for n in range(5))).is_down(1000)


def test_p13_any_answer_shows_that_the_network_is_up():
    for answer in (ANSWER, NotModified(validators=Validators())):
        assert after(("a", UNREACHED), ("b", answer), ("c", UNREACHED)).hosts == {"c"}


def test_p13_what_was_counted_meanwhile_is_taken_back():
    line = after(("a", UNREACHED), ("a", UNREACHED))
    assert line.blamed == {"feed-of-a": 1}
    feed = Feed(
        id="f", url="https://f.example", kind=FeedKind.NEWS, name="f", trust=Trust.INDEPENDENT
    )
    state = FeedState(feed_id="f", failures=4, next_poll=NOW + timedelta(hours=5))
    forgiven = outage.forgiven(feed, state, 1, NOW)
    assert forgiven.failures == 1
    assert forgiven.next_poll == NOW + timedelta(minutes=10)


# --- how fast one site may be asked ---------------------------------------------------------------


def test_p10_all_hosts_of_sec_gov_share_ten_requests_a_second():
    names = {
        pace.site_of(f"https://{host}/x") for host in ("www.sec.gov", "data.sec.gov", "sec.gov")
    }
    assert names == {"sec.gov"}
    site, turns = pace.Site(), []
    for _ in range(31):
        at, site = pace.turn(site, "sec.gov", NOW)
        turns.append(at)
    assert turns[30] - turns[0] == timedelta(seconds=3)


def test_p10_a_host_that_only_looks_like_it_has_its_own_pace():
    assert pace.site_of("https://notsec.gov/") == "notsec.gov"
    assert pace.site_of("https://sec.gov.example/") == "sec.gov.example"
    assert pace.site_of("https://[broken/") == ""
    (first, site), other = pace.turn(pace.Site(), "wire.example", NOW), NOW
    second, _ = pace.turn(site, "wire.example", other)
    assert second - first == pace.GAP


def test_p10_who_was_not_asked_for_a_while_is_asked_at_once():
    _, site = pace.turn(pace.Site(), "wire.example", NOW)
    later = NOW + timedelta(minutes=1)
    assert pace.turn(site, "wire.example", later)[0] == later
