"""`ledger`, `feedback`, `backup` and `restore`, as they are typed."""

import asyncio
import csv
import io
import json
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from aggregator.cli import cli
from aggregator.cli.feedback import excluding, judged
from aggregator.errors import InputError, StoreError
from aggregator.model import (
    Batch,
    Delivery,
    Event,
    EventKind,
    Feedback,
    FeedKind,
    Gap,
    ItemKey,
    Message,
    Place,
    Priority,
    Report,
    Sent,
    Severity,
    Status,
    Story,
    StoryId,
    Target,
    TargetKind,
    Trust,
)
from aggregator.store.lock import hold_database
from aggregator.store.sqlite import SqliteStore

NOW = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
DAY = timedelta(days=1)
CASE = Target(kind=TargetKind.CASE, slug="sec-v-binance")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "casewire.db"


def bot(path, *arguments):
    env = {name: None for name in os.environ if name.startswith(("CASEWIRE_", "TELEGRAM_"))}
    env["DATABASE_URL"] = f"sqlite:///{path}"
    return CliRunner().invoke(cli, arguments, env=env, catch_exceptions=False)


def with_store(path, work):
    async def run():
        store = await SqliteStore.open(str(path))
        try:
            await work(store)
        finally:
            await store.close()

    asyncio.run(run())


def delivery(key, at):
    return Delivery(
        place=Place(chat_id=-100_123, thread_id=7),
        key=key,
        message=Message(html="text"),
        priority=Priority.NORMAL,
        created=at,
        item_seen=at - timedelta(seconds=30),
        rule_version="v7",
    )


@pytest.fixture
def recorded(path):
    """Return a database with two messages on two days, and a gap."""

    async def work(store):
        for number, at in enumerate((NOW, NOW + DAY), start=41):
            await store.enqueue([delivery(f"story:s{number}:1", at)])
            (claimed,) = await store.claim(at, 1)
            await store.settle(claimed, Sent(message_id=number), at)
        await store.open_gap(
            Gap(feed_id="dcd", why="rolled over", since=NOW, until=NOW + DAY, opened=NOW + DAY)
        )

    with_store(path, work)
    return path


# --- ledger -----------------------------------------------------------------------------------


def test_the_ledger_is_a_table_people_can_read(recorded):
    result = bot(recorded, "ledger")

    assert result.exit_code == 0
    head, first, *_, last = result.stdout.splitlines()
    assert head.split()[:3] == ["number", "at", "(UTC)"]
    assert "2026-11-02T08:30:00Z  sent        -100123/7" in first
    assert "2026-11-02T08:29:30Z  story:s41:1  v7" in first
    assert "gap:1" in last
    assert "dcd: rolled over" in last


def test_the_ledger_is_held_to_days_in_utc_both_included(recorded):
    def keys(*options):
        lines = bot(recorded, "ledger", "--json", *options).stdout.splitlines()
        return [json.loads(line)["key"] for line in lines]

    assert keys() == ["story:s41:1", "story:s42:1", "gap:1"]
    assert keys("--since", "2026-11-03") == ["story:s42:1", "gap:1"]
    assert keys("--until", "2026-11-02") == ["story:s41:1"]
    assert keys("--since", "2026-11-02", "--until", "2026-11-02") == ["story:s41:1"]
    assert keys("--since", "2026-11-02T10:30+02:00", "--until", "2026-11-02T08:31") == [
        "story:s41:1"
    ]
    assert keys("--since", "2027-01-01") == []


def test_the_ledger_as_csv_and_as_json_holds_all_that_proves_a_message(recorded):
    rows = list(csv.DictReader(io.StringIO(bot(recorded, "ledger", "--csv").stdout)))
    lines = [json.loads(line) for line in bot(recorded, "ledger", "--json").stdout.splitlines()]

    assert len(rows) == 3
    assert list(rows[0]) == list(lines[0])
    assert {name: value for name, value in lines[0].items() if name != "digest"} == {
        "number": 1,
        "kind": "sent",
        "at": "2026-11-02T08:30:00+00:00",
        "chat": "-100123",
        "thread": 7,
        "key": "story:s41:1",
        "story": "s41",
        "seen": "2026-11-02T08:29:30+00:00",
        "rule_version": "v7",
        "message_id": 41,
        "note": "",
    }
    assert [row["digest"] for row in rows] == [line["digest"] for line in lines]
    assert (rows[2]["kind"], rows[2]["message_id"], rows[2]["seen"]) == ("gap", "", "")


def test_a_ledger_that_fits_says_so_and_one_that_does_not_names_the_row(recorded):
    fits = bot(recorded, "ledger", "--verify")
    assert (fits.exit_code, fits.stdout) == (0, "3 rows, all fit\n")

    with closing(sqlite3.connect(recorded)) as db, db:
        db.execute("DROP TRIGGER ledger_stays")
        db.execute("UPDATE ledger SET message_id = 9 WHERE number = 2")

    wrong = bot(recorded, "ledger", "--verify")
    assert wrong.exit_code == 1
    assert wrong.stdout.startswith("row 2 does not fit")


@pytest.mark.parametrize(
    "options",
    [
        ["--since", "yesterday"],
        ["--csv", "--json"],
        ["--since", "2026-11-03", "--until", "2026-11-02"],
    ],
)
def test_what_the_ledger_cannot_answer_is_refused_with_what_to_write(recorded, options):
    result = bot(recorded, "ledger", *options)

    assert result.exit_code == 2
    said = ("write one such as 2026-11-01", "give one", "no row lies between them")
    assert any(each in result.stderr for each in said)


def test_a_database_that_lost_the_table_of_the_ledger_is_named(recorded):
    with closing(sqlite3.connect(recorded)) as db, db:
        db.execute("DROP TABLE ledger")

    with pytest.raises(StoreError, match=r"no such table: ledger.*restore the last backup"):
        bot(recorded, "ledger", "--verify")


def test_records_are_read_while_the_program_runs_and_nothing_is_made_without_one(recorded, path):
    with hold_database(str(recorded)):
        assert bot(recorded, "ledger", "--verify").exit_code == 0
        assert bot(recorded, "feedback").exit_code == 0

    none = path.with_name("none.db")
    with pytest.raises(StoreError, match="is not there"):
        bot(none, "ledger")
    assert not none.exists()


# --- feedback ---------------------------------------------------------------------------------


def story(name, title, rings=1):
    event = Event(kind=EventKind.OTHER, status=Status.REPORTED, severity=Severity.LOW)
    report = Report(
        item_key=ItemKey(f"{name:0>32}"),
        outlet="Wire One",
        trust=Trust.INDEPENDENT,
        kind=FeedKind.NEWS,
        url="",
        title=title,
        summary="",
        at=NOW,
        seen=NOW,
        event=event,
    )
    return Story(
        id=StoryId(name),
        targets=frozenset({CASE}),
        related=frozenset(),
        event=event,
        reports=(report,),
        first_at=NOW,
        last_at=NOW,
        rings=rings,
    )


def rejected(name, title, version="v1", at=NOW):
    return Feedback(
        at=at,
        target=CASE,
        rule_version=version,
        story=StoryId(name),
        item=ItemKey(f"{name:0>32}"),
        title=title,
    )


def test_the_words_that_would_have_excluded_are_in_what_was_rejected_and_in_nothing_accepted():
    words = excluding(
        [
            "SEC football: Binance sponsors a stadium",
            "Binance price prediction after SEC football win",
            "Football stars and the Binance price in 2026",
        ],
        ["Binance loses motion as price falls", "SEC sues Binance"],
    )

    assert words[0] == ("football", 3)
    assert len(words) == 5
    assert {"binance", "price", "sec", "and", "the", "2026"}.isdisjoint(dict(words))


def test_without_feedback_there_is_no_verdict():
    assert judged([], {}) == ()


def test_feedback_is_counted_by_rule_and_version(path):
    async def work(store):
        batch = Batch(
            stories=(
                story("a", "Football club signs Binance"),
                story("b", "SEC sues Binance"),
                story("c", "Football again", rings=0),
            )
        )
        await store.commit(batch, 0)
        for each in (
            rejected("a", "Football club signs Binance"),
            rejected("a", "Football club signs Binance"),
            rejected("z", "Binance football cup", "v2", NOW + DAY),
        ):
            await store.add_feedback(each)

    with_store(path, work)
    lines = [json.loads(line) for line in bot(path, "feedback", "--json").stdout.splitlines()]

    assert [(each["rule_version"], each["not_relevant"], each["stories"]) for each in lines] == [
        ("v1", 2, 1),
        ("v2", 1, 1),
    ]
    assert lines[0]["rule"] == "case:sec-v-binance"
    assert lines[0]["told"] == 3
    assert lines[0]["words"][0] == {"word": "club", "count": 1}
    (recent,) = bot(path, "feedback", "--json", "--since", "2026-11-03").stdout.splitlines()
    assert json.loads(recent)["rule_version"] == "v2"

    shown = bot(path, "feedback").stdout
    assert "case:sec-v-binance (version v1): not relevant 2 times, on 1 of 3 stories told" in shown
    assert "would have kept them out: club (1), football (1), signs (1)" in shown


def test_no_feedback_is_said(path):
    with_store(path, lambda store: store.put_setting("a", "1"))

    assert bot(path, "feedback").stdout == "Nobody has called an alert not relevant.\n"
    assert not bot(path, "feedback", "--json").stdout


# --- backup and restore -----------------------------------------------------------------------


def test_a_backup_is_made_beside_the_running_program_and_restored_without_it(recorded, tmp_path):
    copy = tmp_path / "copy.db"
    with hold_database(str(recorded)):
        made = bot(recorded, "backup", str(copy))
        assert made.exit_code == 0
        assert f"{copy}: a whole copy of" in made.stdout
        assert made.stderr == ""
        with pytest.raises(InputError, match="--force"):
            bot(recorded, "backup", str(copy))
        assert bot(recorded, "backup", "--force", str(copy)).exit_code == 0
        with pytest.raises(StoreError, match="stop that program"):
            bot(recorded, "restore", str(copy))

    with_store(recorded, lambda store: store.put_setting("later", "1"))
    restored = bot(recorded, "restore", str(copy))

    assert restored.exit_code == 0
    assert "before-restore" in restored.stdout
    assert bot(recorded, "ledger", "--verify").stdout == "3 rows, all fit\n"
    assert recorded.with_name("casewire.db.before-restore").is_file()


def test_the_daily_copy_is_wired_to_the_settings(path, tmp_path):
    from aggregator.cli.backup import housekeeping
    from aggregator.config.settings import Settings
    from aggregator.service.clock import SystemClock

    settings = Settings.from_env(
        {"DATABASE_URL": f"sqlite:///{path}", "CASEWIRE_BACKUP": str(tmp_path / "copies")}
    )

    async def work(store):
        await store.put_setting("a", "1")
        await housekeeping(settings, store, SystemClock(), None).look()

    with_store(path, work)

    (copy,) = (tmp_path / "copies").iterdir()
    with closing(sqlite3.connect(copy)) as db:
        assert db.execute("SELECT value FROM setting WHERE name = 'a'").fetchone() == ("1",)
