from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from aggregator.demo.clock import ReplayClock
from aggregator.demo.render import docket_link_of, link_of
from aggregator.demo.script import (
    EVERY,
    NEWS_ITEMS_MAX,
    STAGE,
    Article,
    Script,
    ScriptedFeed,
    articles_at,
    entries_at,
    load,
)
from aggregator.model import FeedKind

SCRIPT = load()
FORBIDDEN_MARKS = re.compile('["“”„«»‹›]')
HEARING = SCRIPT.stretches[0][0] + timedelta(hours=15)


def texts(script: Script) -> list[str]:
    said = [feed.about for feed in script.feeds] + [feed.name for feed in script.feeds]
    for feed in script.feeds:
        said += [f"{item.title}\n{item.summary}" for item in feed.items]
        said += [f"{entry.caption}\n{entry.event}" for entry in feed.entries]
    return said


def test_all_formats_and_kinds_are_on_stage():
    assert {feed.format for feed in SCRIPT.feeds} == {"rss", "atom", "rdf", "court"}
    assert {feed.kind for feed in SCRIPT.feeds} == set(FeedKind)


def test_the_play_is_long_enough_to_be_worth_watching():
    items = sum(len(feed.items) + len(feed.entries) for feed in SCRIPT.feeds)
    assert 120 <= items <= 180


def test_the_whole_replay_lasts_about_half_a_minute():
    assert 25 <= ReplayClock(SCRIPT.stretches, SCRIPT.speed).length_s <= 35


def test_polling_at_the_recommended_pace_stays_below_80_requests_a_second():
    pace = sum(SCRIPT.speed / EVERY[feed.kind].total_seconds() for feed in SCRIPT.feeds)
    assert pace < 80


def test_every_outlet_lives_under_example_and_only_the_court_does_not():
    for feed in SCRIPT.feeds:
        links = [link_of(feed, item) for item in feed.items]
        links += [docket_link_of(feed, entry) for entry in feed.entries]
        hosts = {urlsplit(link).hostname or "" for link in [*links, feed.site]}
        if feed.kind is FeedKind.COURT:
            assert hosts == {"ecf.dcd.uscourts.gov"}
        else:
            assert all(host.endswith(".example") for host in hosts)


def test_no_text_puts_words_between_quotation_marks():
    assert [said for said in texts(SCRIPT) if FORBIDDEN_MARKS.search(said)] == []


def test_no_text_carries_markup():
    assert [said for said in texts(SCRIPT) if "<" in said or ">" in said] == []


def test_no_two_items_of_an_outlet_share_an_address():
    for feed in SCRIPT.feeds:
        assert not [
            link for link, n in Counter(link_of(feed, i) for i in feed.items).items() if n > 1
        ]


def test_the_hearing_is_told_by_nine_outlets_in_their_own_words_within_a_day():
    start = HEARING
    told = [
        (feed.id, item.title)
        for feed in SCRIPT.feeds
        for item in feed.items
        if start <= item.at <= start + timedelta(hours=24)
        and re.search(
            r"\bjudge\b|choose|fa?rqui|faruqui", f"{item.title} {item.summary}", re.IGNORECASE
        )
        and "software" in f"{item.title} {item.summary}"
    ]
    assert len({feed for feed, _ in told}) == 9
    said = " ".join(title.lower() for _, title in told)
    for verb in ("rejects", "denies access", "declines", "blocked", "no ruling", "not inclined"):
        assert verb in said


def test_the_traps_of_the_hearing_are_there():
    said = "\n".join(texts(SCRIPT))
    for trap in ("Farqui", "â€™", "Securities and Trade Fee", "Choose Faruqui", "SEC football"):
        assert trap in said


def test_the_real_case_is_on_the_docket_just_twice_under_the_courts_own_id():
    court = next(feed for feed in SCRIPT.feeds if feed.kind is FeedKind.COURT)
    ours = [entry for entry in court.entries if entry.case_id == 256060]
    assert [(entry.number, f"{entry.at:%Y-%m-%d}") for entry in ours] == [
        (118, "2023-09-21"),
        (248, "2024-06-28"),
    ]
    assert {entry.docket for entry in ours} == {"1:23-cv-01599"}


def test_the_court_reports_two_events_under_one_guid():
    court = next(feed for feed in SCRIPT.feeds if feed.kind is FeedKind.COURT)
    assert max(Counter((e.case_id, e.seq) for e in court.entries).values()) == 2


def test_every_feed_has_something_to_show_when_a_stretch_begins():
    for start, _ in SCRIPT.stretches:
        for feed in SCRIPT.feeds:
            assert articles_at(feed, start) or entries_at(feed, start), (feed.id, start)


def test_every_item_can_be_seen_while_the_clock_runs():
    for feed in SCRIPT.feeds:
        shown: set[object] = set()
        for start, end in SCRIPT.stretches:
            at = start
            while at <= end:
                shown.update(articles_at(feed, at), entries_at(feed, at))
                at += EVERY[feed.kind]
        assert shown == {*feed.items, *feed.entries}, feed.id


def test_a_courts_window_rolls_after_24_hours():
    court = next(feed for feed in SCRIPT.feeds if feed.kind is FeedKind.COURT)
    entry = court.entries[4]
    for after, there in ((-1, False), (0, True), (86_399, True), (86_400, False)):
        assert (entry in entries_at(court, entry.at + timedelta(seconds=after))) is there


def test_a_news_feed_keeps_its_newest_items_only():
    items = tuple(
        Article(at=HEARING + timedelta(minutes=n), slug=f"n{n}", title=f"Piece {n}")
        for n in range(NEWS_ITEMS_MAX + 5)
    )
    feed = ScriptedFeed(
        id="x",
        name="X",
        site="https://x.example",
        kind=FeedKind.NEWS,
        format="rss",
        about="",
        items=items,
    )
    assert articles_at(feed, HEARING + timedelta(days=1)) == items[:4:-1]


GOOD = (STAGE / "northlight.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("other.yaml", "", ""),
        ("northlight.yaml", "northlight-daily.example", "northlight-daily.com"),
        ("northlight.yaml", "kind: news", "kind: court"),
        ("northlight.yaml", "format: rss", "format: rss\ntypo: 1"),
        ("northlight.yaml", "2023-09-17T08:00:00Z", "2023-09-17T08:00:00"),
        ("northlight.yaml", "2023-09-17T08:00:00Z", "2025-09-17T08:00:00Z"),
        ("northlight.yaml", "challenge: true", "challenge: maybe"),
    ],
)
def test_a_script_with_a_mistake_is_refused(tmp_path: Path, name, old, new):
    assert old in GOOD
    (tmp_path / name).write_text(GOOD.replace(old, new, 1) if old else GOOD, encoding="utf-8")
    with pytest.raises(ValueError, match=r"northlight|other|validation"):
        load(tmp_path)


def test_an_empty_stage_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="holds no feeds"):
        load(tmp_path)
