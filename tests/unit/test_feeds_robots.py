import asyncio
from dataclasses import replace

import pytest

from aggregator.feeds.fetch import HttpFetcher
from aggregator.feeds.robots import (
    PATTERN_CHARS_MAX,
    ROBOTS_BYTES_MAX,
    RULES_MAX,
    RobotsBook,
    allows,
    rules_for,
)
from aggregator.model import Feed, FeedKind, Fetched, FetchFailed, FetchFault, Trust, Validators
from tests.fake_web import FakeWeb, Names

RSS = "<rss version='2.0'><channel><title>Wire One</title></channel></rss>"


def may(text, target):
    return allows(rules_for(text, "Casewire"), target)


@pytest.mark.parametrize(
    ("text", "target", "allowed"),
    [
        ("", "/rss", True),
        ("User-agent: *\nDisallow: /", "/rss", False),
        ("User-agent: *\nDisallow:", "/rss", True),
        ("User-agent: *\nDisallow: /\nAllow: /rss", "/rss.xml", True),
        ("User-agent: *\nAllow: /feeds/\nDisallow: /feeds/private", "/feeds/private/1", False),
        ("User-agent: *\nDisallow: /a\nAllow: /a", "/a", True),
        ("User-agent: other\nDisallow: /", "/rss", True),
        ("User-agent: casewire\nDisallow: /x\n\nUser-agent: *\nDisallow: /", "/rss", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: Casewire/2.0\nAllow: /", "/rss", True),
        ("User-agent: Casewire\nUser-agent: other\nDisallow: /", "/rss", False),
        ("User-agent: CASEWIRE\nDisallow: /a\nUser-agent: *\nDisallow: /b", "/b", True),
        ("User-agent: *\nDisallow: /*.xml$", "/feeds/rss.xml", False),
        ("User-agent: *\nDisallow: /*.xml$", "/feeds/rss.xml?page=1", True),
        ("User-agent: *\nDisallow: /*?", "/rss?page=1", False),
        ("User-agent: *\nDisallow: /rss$", "/rss", False),
        ("User-agent: *\nDisallow: /rss$", "/rss/all", True),
        ("User-agent: *\nDisallow: /caf%C3%A9", "/café", False),
        ("User-agent: *\nDisallow: /a%3cb", "/a%3Cb", False),
        ("User-agent: *\nDisallow: /a%2Fb", "/a/b", True),
        ("\ufeffuser-AGENT : * # all\ndisallow : /rss # no", "/rss", False),
        ("Disallow: /", "/rss", True),
        ("User-agent: *\nCrawl-delay: 9\nSitemap: https://x.example/\nDisallow: /", "/rss", False),
        ("User-agent: *\nDisallow: /", "/robots.txt", True),
        ("<html>Not found</html>", "/rss", True),
    ],
)
def test_the_longest_rule_of_our_group_decides(text, target, allowed):
    assert may(text, target) is allowed


def test_a_hostile_robots_txt_costs_little():
    text = "User-agent: *\n" + f"Disallow: /{'*a' * 400}\n" * 5_000 + "Disallow: /" + "x" * 10**6
    rules = rules_for(text, "Casewire")
    assert len(rules) <= RULES_MAX
    assert all(len(rule.pattern) <= PATTERN_CHARS_MAX for rule in rules)
    assert allows(rules, "/" + "a" * 4000)


@pytest.fixture
async def web():
    async with FakeWeb() as web:
        web.serves("/rss", RSS)
        yield web


def reader(**changes):
    return HttpFetcher(Names(), user_agent="Casewire/0.1", robots_of_private=True, **changes)


async def fetch(fetcher, web, path="/rss", **changes):
    feed = Feed(
        id="wire-one",
        url=web.url(path),
        kind=FeedKind.NEWS,
        name="Wire One",
        trust=Trust.INDEPENDENT,
        allow_private=True,
    )
    return await fetcher.fetch(replace(feed, **changes), Validators())


async def test_what_robots_txt_forbids_is_not_asked_and_the_fault_says_so(web):
    web.answers("/robots.txt", 200, body="User-agent: *\nDisallow: /rss\n")
    fetcher = reader()
    outcome = await fetch(fetcher, web)
    await fetcher.close()
    assert isinstance(outcome, FetchFailed)
    assert outcome.fault is FetchFault.ROBOTS
    assert outcome.detail == f"{web.url('')}/robots.txt does not let us ask for /rss"
    assert web.requests("/rss") == []


async def test_a_feed_whose_publisher_gave_leave_is_asked_all_the_same(web):
    web.answers("/robots.txt", 200, body="User-agent: *\nDisallow: /rss\n")
    fetcher = reader()
    assert isinstance(await fetch(fetcher, web, heed_robots=False), Fetched)
    await fetcher.close()
    assert web.requests("/robots.txt") == []


async def test_robots_txt_is_asked_once_a_day_for_all_feeds_of_a_host(web):
    web.answers("/robots.txt", 200, body="User-agent: *\nAllow: /\n")
    web.serves("/other", RSS)
    fetcher = reader()
    for path in ("/rss", "/other", "/rss"):
        assert isinstance(await fetch(fetcher, web, path), Fetched)
    await asyncio.gather(*(fetch(fetcher, web) for _ in range(5)))
    await fetcher.close()
    assert len(web.requests("/robots.txt")) == 1


async def test_robots_txt_is_asked_again_when_its_day_is_over(web):
    fetcher = reader(robots=RobotsBook("Casewire", kept_s=0))
    assert isinstance(await fetch(fetcher, web), Fetched)
    web.answers("/robots.txt", 200, body="User-agent: *\nDisallow: /\n")
    assert isinstance(await fetch(fetcher, web), FetchFailed)
    await fetcher.close()


@pytest.mark.parametrize("status", [404, 401, 403, 429, 500, 503])
async def test_without_a_robots_txt_nothing_is_forbidden(web, status):
    web.answers("/robots.txt", status)
    fetcher = reader()
    assert isinstance(await fetch(fetcher, web), Fetched)
    await fetcher.close()


async def test_a_robots_txt_that_cannot_be_had_leaves_the_rules_from_before(web):
    web.answers("/robots.txt", 200, body="User-agent: *\nDisallow: /rss\n")
    fetcher = reader(robots=RobotsBook("Casewire", kept_s=0, retry_s=0))
    assert isinstance(await fetch(fetcher, web), FetchFailed)
    web.answers("/robots.txt", 503)
    assert isinstance(await fetch(fetcher, web), FetchFailed)
    web.answers("/robots.txt", 404)
    assert isinstance(await fetch(fetcher, web), Fetched)
    await fetcher.close()


@pytest.mark.parametrize("size", [600_000, 3_000_000])
async def test_of_a_very_long_robots_txt_the_first_500_kib_are_heeded_up_to_a_whole_line(web, size):
    head = "User-agent: *\nDisallow: /rss\n"
    filler = "#" * (ROBOTS_BYTES_MAX - len(head) - len("\nDisallow: /")) + "\nDisallow: /private\n"
    web.answers("/robots.txt", 200, body=head + filler + "#" * size)
    web.serves("/other", RSS)
    fetcher = reader()
    assert isinstance(await fetch(fetcher, web), FetchFailed)
    assert isinstance(await fetch(fetcher, web, "/other"), Fetched)
    await fetcher.close()


async def test_a_robots_txt_that_drips_costs_a_share_of_the_deadline_and_not_the_poll(web):
    web.drips("/robots.txt")
    fetcher = reader(total_s=2)
    assert isinstance(await fetch(fetcher, web), Fetched)
    await fetcher.close()


async def test_the_target_of_a_redirect_is_looked_up_too(web):
    web.redirects("/old", "/rss")
    web.answers("/robots.txt", 200, body="User-agent: *\nDisallow: /rss\n")
    fetcher = reader()
    outcome = await fetch(fetcher, web, "/old")
    await fetcher.close()
    assert isinstance(outcome, FetchFailed)
    assert web.requests("/rss") == []


async def test_ones_own_server_is_not_asked_for_its_robots_txt(web):
    web.answers("/robots.txt", 200, body="User-agent: *\nDisallow: /\n")
    fetcher = HttpFetcher(Names(), user_agent="Casewire/0.1")
    assert isinstance(await fetch(fetcher, web), Fetched)
    await fetcher.close()
    assert web.requests("/robots.txt") == []
