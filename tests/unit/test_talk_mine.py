"""Somebody's own data: the sample, the export, and deleting it all."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
import yaml

from aggregator.config.export import as_watchlist_yaml, extended_yaml
from aggregator.config.rules import load_rules
from aggregator.model import (
    Delivery,
    Message,
    Mute,
    MuteKind,
    Place,
    Priority,
    Severity,
    Subscription,
    Target,
    TargetKind,
    Watch,
)
from aggregator.telegram.access import Access
from aggregator.telegram.ask import Hooks
from aggregator.telegram.naming import Setup
from tests.conversation import conversation
from tests.newsroom import ROOT
from tests.talking import shown

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HERE = Place(chat_id=2)
RULES = load_rules((ROOT / "rules",))
SETUP = Setup(
    cases={slug: rule.case for slug, rule in RULES.cases.items()},
    watchlists={name: rule.watchlist for name, rule in RULES.watchlists.items()},
    entities={slug: entity.name for slug, entity in RULES.entities.items()},
    rules=RULES,
    access=Access(is_open=True),
)
HOOKS = Hooks(
    watchlist=lambda name, queries, hits, to, floor: as_watchlist_yaml(
        name, queries, hits, RULES, to=to, floor=floor
    ),
    extended=extended_yaml,
)


@pytest.fixture
async def chat():
    async with conversation(SETUP, NOW, hooks=HOOKS) as one:
        yield one


async def _watch(chat, query: str) -> None:
    watch = Watch(id="w1", place=HERE, query=query, created=NOW)
    own = Subscription(place=HERE, target=watch.target, since=NOW)
    assert await chat.store.add_watch(watch, own)


async def _sent(chat, html: str) -> None:
    await chat.store.enqueue(
        [
            Delivery(
                place=HERE,
                key="story:abc:1",
                message=Message(html=html),
                priority=Priority.HIGH,
                created=NOW,
            )
        ]
    )
    await chat.deliver()


async def test_the_sample_is_marked_before_anything_else_and_has_no_buttons(chat):
    (sample,) = await chat.say("/test")
    assert shown(sample).text.startswith("TEST: a sample, no real event\nSample v. Example · ")
    assert sample.buttons == ()


async def test_an_export_of_nothing_says_so(chat):
    assert "nothing to export" in await chat.text("/export")


async def test_what_is_exported_is_a_watchlist_that_the_rules_accept_and_that_rings_here(
    chat, tmp_path
):
    await chat.say("/follow binance")
    await chat.say("/follow @coinbase")
    await _watch(chat, 'stablecoin NEAR/5 reserve AND NOT "price prediction"')
    (answer,) = await chat.say("/export")

    (tmp_path / "watchlists").mkdir()
    file = tmp_path / "watchlists" / "my-follows.yaml"
    written = await chat.store.file(answer.attachment)
    assert written is not None
    file.write_bytes(written)
    rules = load_rules((ROOT / "rules", tmp_path))
    (deliver,) = rules.watchlists["my-follows"].deliver
    assert deliver.to == HERE.chat_id
    said = yaml.safe_load(written)
    queries = [one["query"] for one in said["when"]["any"]]
    assert "docket:1:23-cv-01599" in queries[0]
    assert queries[1:] == [
        (
            "@coinbase AND (~appeal OR ~charge OR ~dismiss OR ~order OR ~rule OR ~sentence OR ~settle"
            " OR ~stay OR ~sue OR ~verdict)"
        ),
        'stablecoin NEAR/5 reserve AND NOT "price prediction"',
    ]


async def test_each_severity_floor_has_its_own_file_and_says_what_its_queries_were(chat, tmp_path):
    await chat.say("/follow binance")
    for target in ("case:sec-v-ripple", "watchlist:stablecoin-law"):
        kind, _, slug = target.partition(":")
        await chat.store.subscribe(
            Subscription(
                place=HERE,
                target=Target(kind=TargetKind(kind), slug=slug),
                since=NOW,
                floor=Severity.HIGH,
                paused=kind == "case",
            )
        )
    (tmp_path / "watchlists").mkdir()
    tops = {}
    for answer in await chat.say("/export"):
        name = answer.attachment.rpartition("/")[2]
        written = await chat.store.file(answer.attachment)
        (tmp_path / "watchlists" / name).write_bytes(written)
        tops[name] = written.decode().splitlines()[0]
    assert tops == {
        "my-follows.yaml": "# case SEC v. Binance",
        "my-follows-high.yaml": "# case SEC v. Ripple (paused here, the file rings)",
        "stablecoin-law.yaml": f"# watchlist {SETUP.watchlists['stablecoin-law'].title}",
    }
    rules = load_rules((ROOT / "rules", tmp_path))
    floors = {name.removesuffix(".yaml") for name in tops}
    assert {name: rules.watchlists[name].deliver[0].floor for name in floors} == {
        "my-follows": Severity.LOW,
        "my-follows-high": Severity.HIGH,
        "stablecoin-law": Severity.HIGH,
    }


async def test_a_followed_watchlist_is_exported_as_a_file_that_extends_it(chat, tmp_path):
    await chat.say("/follow mixers-and-privacy")
    (answer,) = await chat.say("/export")
    assert answer.attachment.endswith("/mixers-and-privacy.yaml")
    (tmp_path / "watchlists").mkdir()
    written = await chat.store.file(answer.attachment)
    assert written is not None
    (tmp_path / "watchlists" / "mixers-and-privacy.yaml").write_bytes(written)
    rules = load_rules((ROOT / "rules", tmp_path))
    assert [one.to for one in rules.watchlists["mixers-and-privacy"].deliver] == [HERE.chat_id]


async def test_alerts_are_exported_as_csv_and_no_cell_is_a_formula(chat):
    await _sent(chat, "=HYPERLINK(1) said the feed")
    (answer,) = await chat.say("/export")
    written = await chat.store.file(answer.attachment)
    assert written is not None
    (row,) = csv.DictReader(io.StringIO(written.decode()))
    assert row["key"] == "story:abc:1"
    assert row["state"] == "sent"
    assert row["text"] == "'=HYPERLINK(1) said the feed"


async def test_stopping_asks_first_and_then_leaves_nothing_of_the_chat(chat):
    await chat.say("/follow binance")
    await _watch(chat, "stablecoin reserve")
    await _sent(chat, "an alert")
    until = NOW.replace(day=3)
    await chat.store.mute(Mute(place=HERE, kind=MuteKind.ALL, since=NOW, until=until))
    (asked,) = await chat.say("/stop")
    assert "Delete everything that is kept of this chat" in shown(asked).text
    await chat.press("Keep it")
    assert len(await chat.store.subscriptions_at(HERE)) == 2

    await chat.say("/stop")
    (done,) = await chat.press("Yes, delete it all")

    assert "ledger" in shown(done).text
    assert "keyed hash" in shown(done).text
    assert await chat.store.subscriptions_at(HERE) == ()
    assert await chat.store.watches_at(HERE) == ()
    assert await chat.store.mutes_at(HERE, NOW) == ()
    assert await chat.store.alerts_of(HERE, 9) == ()
    rows = await chat.store.ledger(NOW, 99)
    alert = next(row for row in rows if row.key == "story:abc:1")
    assert str(HERE.chat_id) != alert.chat
    assert (await chat.store.verify_ledger())[1] is None


async def test_another_chat_keeps_all_of_its_own_when_one_stops(chat):
    other = Subscription(
        place=Place(chat_id=9),
        target=Target(kind=TargetKind.CASE, slug="sec-v-binance"),
        since=NOW,
    )
    await chat.store.subscribe(other)
    await chat.say("/stop")
    await chat.press("Yes, delete it all")
    assert await chat.store.subscriptions_at(Place(chat_id=9)) == (other,)
