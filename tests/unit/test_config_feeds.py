from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.feeds import load_feeds
from aggregator.config.fields import as_date, as_every, as_moment, as_slug, as_url
from aggregator.errors import ConfigError
from aggregator.model import Feed, FeedKind, Trust


def feeds(tmp_path: Path, *texts: str) -> tuple[Feed, ...]:
    places = []
    for number, text in enumerate(texts):
        places.append(tmp_path / f"feeds{number}.yaml")
        places[-1].write_text(text, encoding="utf-8")
    return load_feeds(places)


def faults(tmp_path: Path, *texts: str) -> list[tuple[int, str]]:
    with pytest.raises(ConfigError) as caught:
        feeds(tmp_path, *texts)
    return [(fault.line, fault.what) for fault in caught.value.faults]


def test_a_feed_needs_only_id_url_and_kind(tmp_path):
    (feed,) = feeds(tmp_path, "feeds: [{id: a, url: 'https://a.example/rss', kind: news}]")
    assert feed == Feed(
        id="a",
        url="https://a.example/rss",
        kind=FeedKind.NEWS,
        name="a",
        trust=Trust.INDEPENDENT,
    )


def test_every_key_of_a_feed_arrives(tmp_path):
    (feed,) = feeds(
        tmp_path,
        "feeds:\n- {id: dc, url: 'http://127.0.0.1:9/rss', kind: court, court: dcd, name: D.C.,\n"
        "   trust: corroborates, every: 2s, language: fr, enabled: false, note: slow,\n"
        "   allow_private: true}",
    )
    assert feed == Feed(
        id="dc",
        url="http://127.0.0.1:9/rss",
        kind=FeedKind.COURT,
        court="dcd",
        name="D.C.",
        trust=Trust.CORROBORATES,
        every=timedelta(seconds=2),
        language="fr",
        enabled=False,
        note="slow",
        allow_private=True,
    )


@pytest.mark.parametrize(
    ("kind", "trust"),
    [("news", "independent"), ("regulator", "primary"), ("blog", "corroborates")],
)
def test_trust_follows_from_the_kind(tmp_path, kind, trust):
    (feed,) = feeds(tmp_path, f"feeds: [{{id: a, url: 'https://a.example', kind: {kind}}}]")
    assert feed.trust == trust


ONE = "feeds:\n- id: a\n  url: https://a.example/rss\n  kind: news\n"

FAULTY = {
    "an unknown key": (ONE + "  evry: 5m", 5, "did you mean `every`?"),
    "an unknown key like no other": (ONE + "  zzz: 5m", 5, "remove it. Known: id, url"),
    "an unknown key at the top": ("feed: []\n" + ONE, 1, "did you mean `feeds`?"),
    "no id": ("feeds:\n- url: https://a.example\n  kind: news", 2, "add `id: coindesk`"),
    "no url": ("feeds:\n- kind: news\n  id: a", 2, "add `url: https://wire-one.example/rss`"),
    "no kind": ("feeds:\n- id: a\n  url: https://a.example", 2, "add `kind: news`"),
    "a misspelt kind": (ONE.replace("news", "new"), 4, "did you mean `news`? Write one of news,"),
    "an unknown kind": (ONE.replace("news", "xyz"), 4, "one of news, regulator, court, blog"),
    "an unknown trust": (
        ONE + "  trust: high",
        5,
        "Write one of primary, independent, corroborates",
    ),
    "a number without a unit": (ONE + "  every: 5", 5, "a number and a unit (s, m, h, d), such as"),
    "a fraction of a minute": (ONE + "  every: 1.5m", 5, "write a number and a unit"),
    "polling too often": (ONE + "  every: 59s", 5, "write 60s or more"),
    "polling never": (ONE + "  every: 0s", 5, "between 1s and 7d"),
    "polling in the next century": (ONE + "  every: 99999d", 5, "between 1s and 7d"),
    "a court feed without its court": (
        ONE.replace("news", "court"),
        2,
        "names its court, such as `court: dcd`",
    ),
    "a court for a news feed": (ONE + "  court: dcd", 5, "remove it, or write `kind: court`"),
    "an address that is no web address": (
        ONE.replace("https://a.example/rss", "ftp://a.example"),
        3,
        "begins with https://",
    ),
    "an address without a host": (ONE.replace("a.example", ""), 3, "names no host"),
    "an address with a space": (ONE.replace("rss", "r ss"), 3, "write spaces as %20"),
    "an address with a broken port": (ONE.replace("example", "example:x"), 3, "https://"),
    "an id with capitals": (ONE.replace("id: a", "id: Wire One"), 2, "such as `wire-one`"),
    "an id that is a yes or no": (ONE.replace("id: a", "id: true"), 2, 'in quotes: "true"'),
    "a switch that is no switch": (ONE + "  enabled: yes", 5, "write true or false"),
    "an empty name": (ONE + '  name: ""', 5, "write a text, or leave the key out"),
    "a list for a name": (ONE + "  name: [a]", 5, "write a single text"),
    "a mapping for a note": (ONE + "  note: {a: b}", 5, "in quotes"),
    "an unknown language": (ONE + "  language: English!", 5, "such as en or pt-BR"),
    "a feed that is a text": (ONE + "- https://b.example", 5, "must be a mapping: write `{id:"),
    "feeds that are a mapping": ("feeds:\n  a: {url: b}", 1, "must be a list"),
    "no feeds key": ("enabled: true", 1, "is missing: add `feeds: [{id: wire-one"),
    "an empty feeds key": ("feeds:", 1, "must be a list"),
    "an id used twice": (
        ONE + "- {id: a, url: 'https://b.example', kind: news}",
        5,
        "(first on line 2): give this feed an id of its own",
    ),
    "an address used twice": (
        ONE + "- {id: b, url: 'HTTPS://A.example/rss#top', kind: news}",
        5,
        "(first on line 3): remove one of the two",
    ),
    "a list of nothing": ("feeds: []", 1, "lists no feed: write `feeds:`"),
}


@pytest.mark.parametrize(("text", "line", "remedy"), FAULTY.values(), ids=FAULTY.keys())
def test_a_faulty_feed_list_names_the_line_and_the_remedy(tmp_path, text, line, remedy):
    found = faults(tmp_path, text)
    assert [what for at, what in found if at == line and remedy in what], found


def test_all_faults_of_all_files_are_told_at_once(tmp_path):
    found = faults(
        tmp_path,
        ONE + "  every: 5\n  evry: 5m\n  court: dcd\n- {id: a, url: x, kind: court}",
        "feeds: {",
    )
    assert [line for line, _ in found] == [5, 6, 7, 8, 8, 8, 1]


def test_a_missing_file_says_how_to_make_one(tmp_path):
    with pytest.raises(ConfigError, match=r"there is no such file: write `feeds:` .*CASEWIRE_FEED"):
        load_feeds([tmp_path / "feeds.yaml"])


def test_robots_txt_is_ignored_only_with_a_reason_in_writing(tmp_path):
    entry = "feeds:\n- {id: a, url: 'https://a.example/rss', kind: news, robots: ignore"
    with pytest.raises(ConfigError, match="needs a reason: write in `note` who allowed it"):
        feeds(tmp_path, entry + "}")
    (one,) = feeds(tmp_path, entry + ", note: the desk allowed it on 3 May}")
    assert not one.heed_robots
    assert feeds(tmp_path, ONE)[0].heed_robots


def test_a_later_file_wins_by_id_and_keeps_the_place(tmp_path):
    both = feeds(
        tmp_path,
        ONE + "- {id: b, url: 'https://b.example', kind: news}",
        "feeds: [{id: a, url: 'https://a.example/rss', kind: blog}]",
    )
    assert [(feed.id, feed.kind) for feed in both] == [("a", "blog"), ("b", "news")]


def test_a_later_file_that_names_an_address_anew_does_not_poll_it_twice(tmp_path):
    both = feeds(tmp_path, ONE, "feeds: [{id: mine, url: 'https://A.example/rss', kind: news}]")
    assert [feed.id for feed in both] == ["mine"]


def test_two_feeds_may_swap_addresses_in_a_later_file(tmp_path):
    both = feeds(
        tmp_path,
        ONE + "- {id: b, url: 'https://b.example', kind: news}",
        "feeds:\n- {id: b, url: 'https://a.example/rss', kind: news}\n"
        "- {id: a, url: 'https://b.example', kind: news}",
    )
    assert {feed.id: feed.url for feed in both} == {
        "a": "https://b.example",
        "b": "https://a.example/rss",
    }


@pytest.mark.parametrize("date", ["2023", "2023-06", "2023-06-05", "2024-02-29"])
def test_a_date_is_as_exact_as_its_source(date):
    assert as_date(date) == date


def test_a_moment_without_an_offset_is_utc():
    assert as_moment("2023-09-18").isoformat() == "2023-09-18T00:00:00+00:00"
    assert as_moment("2023-09-18T10:00:00-04:00").isoformat() == "2023-09-18T14:00:00+00:00"


@given(
    st.sampled_from([as_date, as_every, as_moment, as_slug, as_url]),
    st.one_of(
        st.text(max_size=40),
        st.integers(),
        st.booleans(),
        st.none(),
        st.from_regex(r"\A\d{1,5}-?\d{0,2}-?\d{0,2}[smhdTZ]?\Z"),
        st.from_regex(r"\Ahttps?://[\[\]:/@?#a-z0-9]{0,12}\Z"),
    ),
)
def test_a_value_is_taken_or_refused_in_words(check, value):
    refusal = ""
    try:
        check(value)
    except ValueError as error:
        refusal = str(error)
    assert not refusal or ":" in refusal
