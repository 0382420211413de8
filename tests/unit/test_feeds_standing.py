"""Real servers on the loopback, an imagined clock: what a feed's address is worth over days."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.feeds.fetch import HttpFetcher
from aggregator.feeds.polling import asked, state_after
from aggregator.feeds.standing import (
    ADOPTED_FAILURES_MAX,
    FROZEN_AFTER,
    MUTED_EVERY,
    ask,
    news,
    remembered,
)
from aggregator.feeds.workers import InlineParser
from aggregator.model import Feed, FeedKind, FeedState, Fetched, FetchFailed, FetchFault, Trust
from tests.fake_web import FakeWeb, Names

START = datetime(2023, 9, 18, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def page(*titles):
    items = "".join(f"<item><guid>{t}</guid><title>{t}</title></item>" for t in titles)
    return f"<rss version='2.0'><channel><title>Wire One</title>{items}</channel></rss>"


class Visitor:
    """Polls one feed over a real connection, whenever the test says so."""

    def __init__(self, url, fetcher):
        self.feed = Feed(
            id="wire-one",
            url=url,
            kind=FeedKind.NEWS,
            name="Wire One",
            trust=Trust.INDEPENDENT,
            allow_private=True,
        )
        self.fetcher = fetcher
        self.state = None
        self.now = START
        self.titles = []
        self.told = []

    async def poll(self, after=HOUR):
        self.now += after
        poll = asked(self.feed, self.state, self.now)
        outcome = await self.fetcher.fetch(poll.feed, poll.validators)
        parsed = None
        if isinstance(outcome, Fetched):
            parsed = await InlineParser().parse(poll.feed, outcome)
            self.titles += [entry.title for entry in getattr(parsed, "entries", ())]
        self.state = state_after(self.feed, poll.state, outcome, parsed, self.now)
        line = news(poll.state.standing, self.state.standing)
        self.told += [line] if line else []
        return outcome

    async def polls(self, times, after=HOUR):
        for _ in range(times):
            await self.poll(after)


@pytest.fixture
async def web():
    async with FakeWeb() as web:
        yield web


@pytest.fixture
async def fetcher():
    fetcher = HttpFetcher(Names(), user_agent="Casewire/0.1", total_s=20)
    yield fetcher
    await fetcher.close()


@pytest.fixture
def visitor(web, fetcher):
    return Visitor(web.url("/rss"), fetcher)


# --- validators ---------------------------------------------------------------------------------


async def test_c09_a_body_that_is_no_feed_brings_no_validators_and_the_next_one_is_read(
    web, visitor
):
    web.serves("/rss", "<html><title>Sign in</title></html>", etag='"1"')
    await visitor.poll()
    web.serves("/rss", page("News"), etag='"1"')
    await visitor.poll()
    assert visitor.titles == ["News"]
    assert "if-none-match" not in web.requests("/rss")[1].headers


async def test_c09_a_capped_body_brings_no_validators(web):
    small = HttpFetcher(Names(), user_agent="Casewire/0.1", body_bytes_max=400)
    visitor = Visitor(web.url("/rss"), small)
    web.serves("/rss", page("x" * 500), etag='"1"')
    await visitor.poll()
    web.serves("/rss", page("News"), etag='"1"')
    await visitor.poll()
    await small.close()
    assert visitor.titles == ["News"]


async def test_c11_a_server_with_one_etag_for_ever_is_read_each_time(web, visitor):
    for title in ("One", "Two", "Three"):
        web.answers("/rss", 200, {"ETag": '"same"'}, page(title))
        await visitor.poll()
    assert visitor.titles == ["One", "Two", "Three"]
    assert web.requests("/rss")[2].headers["if-none-match"] == '"same"'


async def test_c12_a_server_that_says_not_modified_for_ever_is_read_whole_once_a_day(web, visitor):
    web.serves("/rss", page("Old"), etag='"frozen"')
    await visitor.poll()
    web.serves("/rss", page("Old", "New"), etag='"frozen"')
    await visitor.polls(24)
    assert "New" in visitor.titles
    whole = [one for one in web.requests("/rss") if "if-none-match" not in one.headers]
    assert len(whole) == 2
    await visitor.polls(24 * 5)
    whole = [one for one in web.requests("/rss") if "if-none-match" not in one.headers]
    assert len(whole) <= 7


async def test_c12_a_feed_that_is_read_whole_anyway_is_never_forced(web, visitor):
    for hour in range(60):
        web.serves("/rss", page(f"News {hour}"), etag=f'"{hour}"')
        await visitor.poll()
    assert all("if-none-match" in one.headers for one in web.requests("/rss")[1:])


async def test_c12_a_forced_read_that_fails_is_not_forced_again_for_a_day(web, visitor):
    web.serves("/rss", page("Old"), etag='"1"')
    await visitor.poll()
    web.answers("/rss", 500)
    await visitor.polls(12, FROZEN_AFTER / 6)
    whole = [one for one in web.requests("/rss")[1:] if "if-none-match" not in one.headers]
    assert len(whole) == 2


def test_c12_not_all_feeds_are_asked_whole_at_the_same_moment():
    def forced(number):
        feed = Feed(id=f"f{number}", url="https://x.example/", kind=FeedKind.NEWS, name="X",
                    trust=Trust.INDEPENDENT)  # fmt: skip
        state = ask(feed, None, START).state
        read = replace(state.standing, whole=START)
        known = replace(state.validators, etag='"1"')
        state = replace(state, standing=read, validators=known)
        at = START
        while ask(feed, state, at).validators.etag:
            at += timedelta(minutes=10)
        return at

    moments = {forced(number) for number in range(50)}
    assert len(moments) >= 6
    assert max(moments) <= START + FROZEN_AFTER


async def test_c16_a_poll_that_somebody_asked_for_is_conditional_too(web, visitor):
    web.serves("/rss", page("News"), etag='"1"')
    await visitor.poll()
    await visitor.poll(after=timedelta(seconds=1))
    assert web.requests("/rss")[1].headers["if-none-match"] == '"1"'


async def test_r09_validators_of_one_address_are_not_told_to_another(web, visitor):
    web.redirects("/rss", "/a", 302)
    web.serves("/a", page("From a"), etag='"same"')
    web.serves("/b", page("From b"), etag='"same"')
    await visitor.polls(2)
    assert web.requests("/a")[1].headers["if-none-match"] == '"same"'
    web.redirects("/rss", "/b", 302)
    await visitor.poll()
    assert visitor.titles == ["From a", "From b"]
    assert "if-none-match" not in web.requests("/b")[0].headers


async def test_r09_a_feed_that_gets_another_url_starts_without_validators(web, visitor):
    web.serves("/rss", page("Old"), etag='"1"')
    web.serves("/new", page("New"), etag='"1"')
    await visitor.poll()
    visitor.feed = replace(visitor.feed, url=web.url("/new"))
    await visitor.poll()
    assert visitor.titles == ["Old", "New"]


# --- redirects ------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 308])
async def test_r01_a_permanent_redirect_is_adopted_after_a_day_of_sightings(web, visitor, status):
    web.serves("/new", page("News"))
    web.redirects("/rss", "/new", status)
    await visitor.polls(24)
    assert len(web.requests("/rss")) == 24
    await visitor.polls(5)
    assert len(web.requests("/rss")) == 25
    assert visitor.told == [
        f"the feed has moved for good and is read at {web.url('/new')}; write that as its `url`"
    ]


async def test_r01_two_sightings_are_too_few_however_far_apart(web, visitor):
    web.serves("/new", page("News"))
    web.redirects("/rss", "/new", 301)
    await visitor.polls(2, 24 * HOUR)
    assert visitor.state.standing.adopted == ""
    await visitor.poll()
    assert visitor.state.standing.adopted == web.url("/new")


async def test_r01_a_redirect_that_goes_away_is_forgotten(web, visitor):
    web.serves("/new", page("Parked"))
    web.redirects("/rss", "/new", 301)
    await visitor.polls(2, 20 * HOUR)
    web.serves("/rss", page("Home"))
    await visitor.poll()
    assert visitor.titles[-1] == "Home"
    web.redirects("/rss", "/new", 301)
    await visitor.polls(2)
    assert visitor.state.standing.adopted == ""


async def test_r01_an_adopted_address_that_fails_gives_way_to_the_feeds_own(web, visitor):
    web.serves("/new", page("News"))
    web.redirects("/rss", "/new", 301)
    await visitor.polls(25)
    web.forgets("/new")
    web.serves("/rss", page("Back home"))
    await visitor.polls(ADOPTED_FAILURES_MAX + 1)
    assert visitor.titles[-1] == "Back home"


async def test_r01_a_page_that_is_no_feed_is_no_sighting(web, visitor):
    web.serves("/login", "<html><title>Hotel</title></html>")
    web.redirects("/rss", "/login", 301)
    await visitor.polls(30)
    assert visitor.state.standing.adopted == ""


async def test_r01_a_redirect_is_not_adopted_where_the_url_holds_a_password(web, fetcher):
    web.serves("/new", page("News"))
    web.redirects("/rss", "/new", 301)
    visitor = Visitor(web.url("/rss").replace("http://", "http://reader:secret@"), fetcher)
    await visitor.polls(30)
    assert visitor.state.standing.adopted == ""


@pytest.mark.parametrize("status", [302, 303, 307])
async def test_r02_a_passing_redirect_is_never_adopted(web, visitor, status):
    web.serves("/new", page("News"))
    web.redirects("/rss", "/new", status)
    await visitor.polls(40)
    assert len(web.requests("/rss")) == 40


async def test_r03_of_a_mixed_chain_only_the_permanent_beginning_counts(web, visitor):
    web.redirects("/rss", "/moved", 301)
    web.redirects("/moved", "/today", 302)
    web.redirects("/today", "/end", 301)
    web.serves("/end", page("News"))
    await visitor.polls(30)
    assert visitor.state.standing.adopted == web.url("/moved")
    assert len(web.requests("/rss")) == 25
    assert len(web.requests("/end")) == 30


# --- gone -----------------------------------------------------------------------------------------


async def test_r08_a_410_that_passes_mutes_nothing(web, visitor):
    web.answers("/rss", 410)
    await visitor.poll()
    web.serves("/rss", page("News"))
    await visitor.poll()
    web.answers("/rss", 410)
    await visitor.polls(20)
    assert visitor.state.standing.muted is None
    assert visitor.told == []


async def test_r08_a_410_that_is_still_said_a_day_later_mutes_and_is_told_once(web, visitor):
    web.answers("/rss", 410)
    await visitor.polls(30)
    assert visitor.state.standing.muted == START + 25 * HOUR
    assert visitor.state.next_poll == visitor.now + MUTED_EVERY
    (told,) = visitor.told
    assert "410" in told


async def test_r08_a_muted_feed_that_comes_back_is_polled_as_before(web, visitor):
    web.answers("/rss", 410)
    await visitor.polls(30)
    web.serves("/rss", page("News"))
    await visitor.poll()
    assert visitor.state.standing.muted is None
    assert visitor.state.next_poll < visitor.now + HOUR
    assert len(visitor.told) == 2


async def test_r08_another_failure_in_between_is_another_answer(web, visitor):
    web.answers("/rss", 410)
    await visitor.polls(20)
    web.answers("/rss", 500)
    await visitor.poll()
    web.answers("/rss", 410)
    await visitor.polls(20)
    assert visitor.state.standing.muted is None


def test_r08_no_answer_at_all_says_nothing_about_a_410():
    state = FeedState(feed_id="f")
    gone = FetchFailed(fault=FetchFault.STATUS, detail="HTTP 410 Gone", status=410)
    silent = FetchFailed(fault=FetchFault.TIMEOUT, detail="no whole answer within 30 s")
    state = remembered(state, gone, None, START)
    state = remembered(state, silent, None, START + HOUR)
    assert remembered(state, gone, None, START + 25 * HOUR).standing.muted is not None
