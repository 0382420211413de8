from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.feeds.gaps import (
    DOWN,
    ROLLED,
    SILENT,
    Page,
    at_once,
    down_at_start,
    gaps_after,
    missed_by,
    unread_since,
)
from aggregator.feeds.identity import items_of, without_restamps
from aggregator.feeds.polling import asked, state_after
from aggregator.feeds.rate import per_day
from aggregator.model import (
    Entry,
    Feed,
    FeedKind,
    FeedState,
    Fetched,
    Gap,
    NotModified,
    Parsed,
    Trust,
    Validators,
)

NOW = datetime(2023, 9, 18, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WIRE = Feed(
    id="wire-one",
    url="https://wire-one.example/rss",
    kind=FeedKind.NEWS,
    name="Wire One",
    trust=Trust.INDEPENDENT,
)
COURT = replace(WIRE, id="dcd", kind=FeedKind.COURT, court="dcd")
BODY = Fetched(url=WIRE.url, body=b"<rss/>", validators=Validators(etag='"1"'))


def listed(*times: datetime) -> Parsed:
    return Parsed(
        entries=tuple(Entry(guid=f"{at}", title=f"Of {at}", published=at) for at in times)
    )


def named(*names: str) -> Parsed:
    return Parsed(entries=tuple(Entry(guid=name, title=name) for name in names))


class Watched:
    """A feed that is read in turn, with the gaps that stand open and the items that are known."""

    def __init__(self, feed: Feed = WIRE):
        self.feed, self.state, self.open = feed, FeedState(feed_id=feed.id), []
        self.items = {}

    def reads(self, parsed: Parsed | None, now: datetime) -> list[tuple[str, str]]:
        """Take an answer (None is a 304) and say what it opened and closed."""
        before = asked(self.feed, self.state, now).state
        outcome = NotModified(validators=BODY.validators) if parsed is None else BODY
        if parsed is not None:
            newest = before.learnt.newest
            parsed = without_restamps(self.feed, parsed, self.items.keys(), newest)
        self.state = state_after(self.feed, before, outcome, parsed, now)
        listed = () if parsed is None else items_of(self.feed, parsed, now)
        known = sorted(self.items.values(), key=lambda item: item.at, reverse=True)
        page = Page(listed=frozenset(item.key for item in listed), before=tuple(known))
        told = []
        found = gaps_after(self.feed, before, self.state, parsed, now, known=self.open, page=page)
        for gap in found:
            if gap.closed is None:
                self.open.append(gap)
                told.append(("open", gap.why))
            else:
                self.open = [one for one in self.open if one.since != gap.since]
                told.append(("close", gap.why))
        self.items = {item.key: item for item in listed} | self.items
        return told


def test_f07_a_page_that_rolled_over_between_two_polls_is_a_dated_possible_loss():
    wire = Watched()
    assert wire.reads(listed(NOW - HOUR, NOW - 3 * HOUR), NOW) == []
    later = NOW + 4 * HOUR
    assert wire.reads(listed(later - MINUTE, later - 30 * MINUTE), later) == [("open", ROLLED)]
    (gap,) = wire.open
    assert (gap.feed_id, gap.since, gap.until) == ("wire-one", NOW, later - 30 * MINUTE)
    assert gap.opened == later


def test_f07_a_page_that_still_lists_what_was_known_lost_nothing():
    wire = Watched()
    wire.reads(listed(NOW - HOUR), NOW)
    assert wire.reads(listed(NOW + HOUR, NOW - HOUR), NOW + 2 * HOUR) == []
    assert wire.reads(listed(NOW + HOUR), NOW + 3 * HOUR) == []
    assert wire.reads(None, NOW + 4 * HOUR) == []


def test_f07_a_feed_that_dates_its_entries_anew_at_each_request_lost_nothing_and_posted_nothing():
    wire = Watched()

    def stamped(now: datetime, *guids: str) -> Parsed:
        return Parsed(entries=tuple(Entry(guid=g, title=g, published=now) for g in guids))

    wire.reads(stamped(NOW, "a", "b", "c"), NOW)
    posted = wire.state.learnt.posts
    assert posted == 0
    for minutes in range(10, 60, 10):
        now = NOW + minutes * MINUTE
        assert wire.reads(stamped(now, "a", "b", "c"), now) == []
    assert wire.state.learnt.posts <= posted
    assert wire.reads(stamped(NOW + HOUR, "d", "a", "b"), NOW + HOUR) == []
    assert posted < wire.state.learnt.posts <= posted + 1
    assert per_day(FeedKind.NEWS, wire.state.learnt) < 30
    whole = stamped(NOW + 2 * HOUR, "e", "f", "g")
    assert wire.reads(whole, NOW + 2 * HOUR) == [("open", ROLLED)]


def test_f07_a_later_page_that_reaches_back_shows_that_nothing_was_missed():
    wire = Watched()
    wire.reads(listed(NOW - HOUR), NOW)
    wire.reads(listed(NOW + 3 * HOUR), NOW + 4 * HOUR)
    assert wire.reads(listed(NOW + 4 * HOUR, NOW + 3 * HOUR), NOW + 5 * HOUR) == []
    whole = listed(NOW + 4 * HOUR, NOW + HOUR, NOW - HOUR)
    assert wire.reads(whole, NOW + 6 * HOUR) == [("close", ROLLED)]
    assert wire.open == []


def test_what_came_late_but_is_dated_before_the_last_poll_is_lost_since_the_newest_that_was_known():
    wire = Watched()
    wire.reads(listed(NOW - 3 * HOUR), NOW)
    wire.reads(listed(NOW - HOUR), NOW + MINUTE)
    (gap,) = wire.open
    assert (gap.since, gap.until) == (NOW - 3 * HOUR, NOW - HOUR)


def test_entries_without_dates_roll_over_when_none_is_known():
    wire = Watched()
    wire.reads(named("a", "b"), NOW)
    assert wire.reads(named("c", "b"), NOW + HOUR) == []
    assert wire.reads(named("d", "e"), NOW + 2 * HOUR) == [("open", ROLLED)]


def test_the_first_page_and_an_empty_one_open_nothing():
    wire = Watched()
    assert wire.reads(listed(NOW - HOUR), NOW) == []
    assert wire.reads(listed(), NOW + HOUR) == []
    assert wire.reads(listed(NOW - HOUR), NOW + 2 * HOUR) == []


def test_c12_behind_frozen_validators_the_loss_reaches_back_to_the_last_whole_body():
    wire = Watched()
    wire.reads(listed(NOW - HOUR), NOW)
    for hour in range(1, 22):
        wire.reads(None, NOW + hour * HOUR)
    later = NOW + 25 * HOUR
    assert asked(WIRE, wire.state, later).validators == Validators(), "asked without validators"
    assert wire.reads(listed(later - MINUTE), later) == [("open", ROLLED)]
    assert wire.open[0].since == NOW


def test_silence_beyond_the_own_rhythm_opens_once_and_a_new_entry_closes():
    court = Watched(COURT)
    page = [NOW - n * HOUR for n in range(30)]
    court.reads(listed(*page), NOW)
    told = [court.reads(None, NOW + day * DAY) for day in range(1, 12)]
    assert [one for day in told for one in day] == [("open", SILENT)]
    (gap,) = court.open
    assert (gap.since, gap.until) == (NOW, None)
    again = NOW + 12 * DAY
    assert court.reads(listed(again, *page), again) == [("close", SILENT)]


PINNED = [NOW - 9 * DAY, NOW - 8 * DAY, NOW - 7 * DAY]


@pytest.mark.parametrize("pinned", [PINNED[:1], PINNED])
def test_old_entries_pinned_to_a_page_do_not_hide_that_it_rolled_over(pinned):
    wire = Watched()
    wire.reads(listed(*pinned, *(NOW - n * HOUR for n in range(10))), NOW)
    later = NOW + DAY
    assert wire.reads(listed(*pinned, *(later - n * HOUR for n in range(10))), later) == [
        ("open", ROLLED)
    ]
    (gap,) = wire.open
    assert (gap.since, gap.until) == (NOW, later - 9 * HOUR)


def test_an_entry_of_the_last_page_that_becomes_pinned_does_not_hide_a_roll_over_either():
    wire = Watched()
    first = [NOW - n * HOUR for n in range(10)]
    wire.reads(listed(*first), NOW)
    later = NOW + DAY
    page = listed(first[9], *(later - n * HOUR for n in range(10)))
    assert wire.reads(page, later) == [("open", ROLLED)]


def test_a_pinned_entry_does_not_close_a_gap_and_what_was_known_last_does():
    wire = Watched()
    first = [*PINNED[:1], *(NOW - n * HOUR for n in range(10))]
    wire.reads(listed(*first), NOW)
    later = NOW + DAY
    second = [later - n * HOUR for n in range(10)]
    assert wire.reads(listed(*PINNED[:1], *second), later) == [("open", ROLLED)]
    assert wire.reads(listed(*PINNED[:1], *second, later + MINUTE), later + HOUR) == []
    assert wire.reads(listed(*first[:2], *second), later + 2 * HOUR) == [("close", ROLLED)]


def test_an_ordinary_page_that_moves_on_within_its_length_is_no_gap():
    wire = Watched()
    for hour in range(0, 400, 7):
        now = NOW + hour * HOUR
        assert wire.reads(listed(*(now - n * HOUR for n in range(10))), now) == []


def test_a_newest_entry_that_was_taken_back_is_no_gap():
    wire = Watched()
    page = [NOW - n * HOUR for n in range(10)]
    wire.reads(listed(*page), NOW)
    later = NOW + 8 * HOUR
    kept = [*page[1:3], *(later - n * HOUR for n in range(8))]
    assert wire.reads(listed(*kept), later) == []


def test_a_feed_that_names_all_its_entries_anew_is_no_gap():
    wire = Watched()
    page = [NOW - n * HOUR for n in range(10)]
    wire.reads(listed(*page), NOW)
    again = Parsed(entries=tuple(Entry(guid=f"new-{at}", title="W", published=at) for at in page))
    assert wire.reads(again, NOW + HOUR) == []


# --- the program was down -------------------------------------------------------------------------


def polled(feed: Feed, at: datetime, read: datetime | None = None) -> FeedState:
    return FeedState(feed_id=feed.id, first_read=NOW - DAY, last_polled=at, last_read=read or at)


FEEDS = (replace(WIRE, every=5 * MINUTE), replace(COURT, every=HOUR))


@pytest.mark.parametrize(("ago", "is_down"), [(15 * MINUTE, False), (16 * MINUTE, True)])
def test_a_start_more_than_three_intervals_after_the_last_poll_is_a_possible_loss(ago, is_down):
    states = {"wire-one": polled(WIRE, NOW - ago), "dcd": polled(COURT, NOW - DAY)}
    gap = down_at_start(FEEDS, states, NOW)
    assert (gap is not None) == is_down
    if gap is not None:
        assert (gap.feed_id, gap.why, gap.since, gap.until) == ("", DOWN, NOW - ago, NOW)


def test_the_very_first_start_lost_nothing():
    assert down_at_start(FEEDS, {}, NOW) is None


def test_it_is_made_up_for_when_every_feed_was_read_since():
    states = {"wire-one": polled(WIRE, NOW - HOUR), "dcd": polled(COURT, NOW - HOUR)}
    gap = down_at_start(FEEDS, states, NOW)
    assert gap is not None
    half = states | {"wire-one": polled(WIRE, NOW + MINUTE)}
    assert unread_since(gap, FEEDS, half) == {"dcd"}
    both = half | {"dcd": polled(COURT, NOW + MINUTE)}
    assert unread_since(gap, FEEDS, both) == set()


@pytest.mark.parametrize(
    ("changes", "missed"),
    [
        ({}, True),
        ({"next_poll": NOW - MINUTE}, True),
        ({"next_poll": NOW + MINUTE}, False),
        ({"failures": 1}, False),
        ({"first_read": None}, False),
    ],
    ids=["read before", "was due", "was not due", "failed before", "never read"],
)
def test_only_what_would_have_been_read_may_have_missed_something(changes, missed):
    states = {"wire-one": replace(polled(WIRE, NOW - HOUR), **changes)}
    gap = down_at_start(FEEDS, states, NOW)
    assert gap is not None
    assert missed_by(gap, FEEDS, states) == ({"wire-one"} if missed else set())


@pytest.mark.parametrize(
    ("feed", "hours", "told"), [(COURT, 7, True), (COURT, 6, False), (WIRE, 9, False)]
)
def test_more_than_six_hours_on_a_courts_feed_are_told_at_once(feed, hours, told):
    gap = Gap(feed_id=feed.id, why=ROLLED, since=NOW, until=NOW + hours * HOUR, opened=NOW)
    assert at_once(feed, gap, NOW + DAY) is told
    assert at_once(None, gap, NOW) is False
