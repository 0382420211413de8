import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from aggregator.cli import cli
from aggregator.config.feeds import load_feeds
from aggregator.feeds.polling import state_after
from aggregator.model import Entry, Fetched, FetchFailed, FetchFault, NotModified, Parsed
from aggregator.model import Validators as Tags
from aggregator.store.sqlite import SqliteStore
from tests.newsroom import plain_logging

NOW = datetime.now(UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FEEDS = """\
feeds:
  - {id: wire-one, url: 'https://wire-one.example/rss', kind: news, jurisdiction: us}
  - {id: old-desk, url: 'https://agency.example/rss', kind: regulator}
  - {id: busy, url: 'https://busy.example/rss', kind: news}
  - {id: beside, url: 'https://busy.example/more', kind: news}
  - {id: off, url: 'https://off.example/rss', kind: blog, enabled: false, note: not yet}
"""


@pytest.fixture(autouse=True)
def own_logging():
    with plain_logging():
        yield


@pytest.fixture
def room(tmp_path):
    (tmp_path / "feeds.yaml").write_text(FEEDS)
    return tmp_path


def run(room, *args):
    env = {
        "CASEWIRE_FEEDS": str(room / "feeds.yaml"),
        "DATABASE_URL": f"sqlite:///{room / 'casewire.db'}",
    }
    return CliRunner(env=env).invoke(cli, ["feeds", *args])


def listed(*ages):
    return Parsed(entries=tuple(Entry(guid=f"{age}", published=NOW - age) for age in ages))


def keep(room):
    """Fill the database as polls would."""
    feeds = {feed.id: feed for feed in load_feeds([room / "feeds.yaml"])}
    body = Fetched(url="https://wire-one.example/rss", body=b"x" * 1234)
    wire = feeds["wire-one"]
    state = state_after(wire, None, body, listed(HOUR, 2 * HOUR, 9 * HOUR), NOW - 2 * MINUTE)
    state = state_after(wire, state, NotModified(validators=Tags()), None, NOW - MINUTE)
    old = state_after(feeds["old-desk"], None, body, listed(700 * DAY, 720 * DAY), NOW - MINUTE)
    asks = FetchFailed(fault=FetchFault.STATUS, detail="x", status=429, retry_after=3 * HOUR)
    busy = state_after(feeds["busy"], None, asks, None, NOW - MINUTE)

    async def save():
        store = await SqliteStore.open(str(room / "casewire.db"))
        try:
            for one in (state, old, busy):
                await store.save_feed_state(one)
        finally:
            await store.close()

    asyncio.run(save())
    return state


def rows(room):
    result = run(room, "--json")
    assert result.exit_code == 0, result.output
    return {row["id"]: row for row in map(json.loads, result.stdout.splitlines())}


def test_each_feed_is_shown_with_its_next_poll_and_why(room):
    state = keep(room)
    found = rows(room)["wire-one"]
    assert found["status"] == "fresh"
    assert found["next_poll"] == state.next_poll.isoformat()
    assert found["next_poll_reason"] == state.next_poll_reason
    assert found["rate_per_day"] > 1
    assert (found["bytes"], found["share_304"], found["polls"]) == (1234, 0.5, 2)
    assert found["last_read"] == (NOW - MINUTE).isoformat()
    assert (found["blind_since"], found["jurisdiction"]) == (None, "us")


def test_a_valid_and_useless_feed_is_blind_since_its_newest_entry(room):
    keep(room)
    found = rows(room)["old-desk"]
    assert (found["status"], found["failures"]) == ("blind", 0)
    assert found["blind_since"] == (NOW - 700 * DAY).isoformat()
    assert "lists nothing newer than" in found["why"]


def test_a_feed_whose_host_asked_for_patience_says_so(room):
    keep(room)
    found = rows(room)
    assert "busy.example asks to be left alone" in found["beside"]["next_poll_reason"]
    assert found["beside"]["next_poll"] >= (NOW + 2 * HOUR).isoformat()
    assert (found["beside"]["status"], found["off"]["status"]) == ("unread", "off")
    assert found["off"]["why"] == "not yet"


def test_the_table_has_a_line_for_each_feed(room):
    keep(room)
    head, *lines = run(room).stdout.splitlines()
    assert head.split()[:2] == ["feed", "status"]
    assert [line.split()[:2] for line in lines] == [
        ["wire-one", "fresh"],
        ["old-desk", "blind"],
        ["busy", "blind"],
        ["beside", "unread"],
        ["off", "off"],
    ]
    assert "50 %" in lines[0]
    assert "blind since 20" in lines[1]


def test_it_reads_the_database_while_a_program_has_it_open(room):
    keep(room)

    async def beside():
        store = await SqliteStore.open(str(room / "casewire.db"))
        try:
            return await asyncio.to_thread(run, room, "--json")
        finally:
            await store.close()

    assert asyncio.run(beside()).exit_code == 0


def test_before_the_first_run_the_feeds_are_shown_all_the_same(room):
    result = run(room)
    assert result.exit_code == 0
    assert "nothing is known yet" in result.stderr
    assert len(result.stdout.splitlines()) == 6


# --- from and to other readers --------------------------------------------------------------------

OPML = (
    '<opml version="2.0"><body>'
    '<outline text="New desk" xmlUrl="https://new.example/rss"/>'
    '<outline text="Known" xmlUrl="https://wire-one.example/rss"/></body></opml>'
)


def test_import_prints_a_feeds_file_and_names_what_it_leaves_out(room):
    (room / "in.opml").write_text(OPML)
    result = run(room, "import", str(room / "in.opml"))
    assert result.stdout == (
        "feeds:\n- id: new-desk\n  url: https://new.example/rss\n  kind: news\n  name: New desk\n"
    )
    assert "https://wire-one.example/rss: is read already" in result.stderr


def test_import_writes_a_new_file_and_overwrites_none(room):
    (room / "in.opml").write_text(OPML)
    args = ("import", str(room / "in.opml"), "--write", str(room / "mine.yaml"))
    assert run(room, *args).exit_code == 0
    (feed,) = load_feeds([room / "mine.yaml"])
    assert feed.id == "new-desk"
    again = run(room, *args)
    assert "is there already" in str(again.exception)


@pytest.mark.parametrize("text", ["<opml><body/></opml>", "<rss/>", ""])
def test_an_import_of_nothing_is_an_error(room, text):
    (room / "in.opml").write_text(text)
    result = run(room, "import", str(room / "in.opml"))
    assert result.exit_code == 1
    assert run(room, "import", str(room / "none.opml")).exit_code == 1


def test_export_prints_what_import_takes(room):
    (room / "out.opml").write_text(run(room, "export").stdout)
    (room / "all.opml").write_text(run(room, "export", "--all").stdout)
    (room / "feeds.yaml").write_text(
        "feeds: [{id: other, url: 'https://other.example', kind: news}]"
    )
    for name, count in (("out.opml", 4), ("all.opml", 5)):
        run(room, "import", str(room / name), "--write", str(room / f"{name}.yaml"))
        back = load_feeds([room / f"{name}.yaml"])
        assert len(back) == count
    (room / "feeds.yaml").write_text(FEEDS)
    here = {one.id: replace(one, note="") for one in load_feeds([room / "feeds.yaml"])}
    assert {one.id: one for one in back} == here
