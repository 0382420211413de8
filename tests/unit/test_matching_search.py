"""A typed query against stored items: what the full-text index finds, what is refused and where."""

import os
import random
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aggregator.matching import language, shape
from aggregator.matching.asked import SHOWN_COLUMNS_MAX, understood
from aggregator.matching.index import Index
from aggregator.matching.matcher import Matcher
from aggregator.matching.needed import needed
from aggregator.matching.query import InField, Phrase
from aggregator.matching.rules import Alias, EntityKind, EntityRule, QuietRule, Rules
from aggregator.matching.search import (
    QUERY_CHARS_MAX,
    QueryFault,
    Searcher,
    compile_query,
    indexed,
    prefilter,
    preview,
)
from aggregator.matching.surface import Fields
from aggregator.model import FeedKind, Item, ItemKey, StoryId, Trust
from benchmarks.naive_matching import ENTITIES, FAMILIES, random_fields, random_query

QUERIES = int(os.environ.get("CASEWIRE_FUZZ_CASES", "300"))
NOW = datetime(2029, 3, 4, 12, tzinfo=UTC)
NAMES = Rules(
    entities={
        **ENTITIES,
        "eleanor-farrow": EntityRule(
            slug="eleanor-farrow",
            name="Eleanor Farrow",
            kind=EntityKind.JUDGE,
            aliases=(Alias(text="Eleanor B. Farrow", fuzzy=True), Alias(text="Farrow", fuzzy=True)),
        ),
    },
    families={name: tuple(words) for name, words in FAMILIES.items()},
    quiet=(QuietRule(name="price", when=language.parse('"price prediction"')),),
)


class Table:
    """The full-text table of a store, in memory."""

    def __init__(self, *rows):
        self.db = sqlite3.connect(":memory:")
        self.db.execute(
            "CREATE VIRTUAL TABLE news USING fts5(title, summary, outlet, tags, "
            "tokenize='unicode61 remove_diacritics 2', prefix='2 3')"
        )
        for number, fields in enumerate(rows):
            said = (fields.title, fields.summary, fields.source, " | ".join(fields.tags))
            self.db.execute(
                "INSERT INTO news(rowid, title, summary, outlet, tags) VALUES (?, ?, ?, ?, ?)",
                (number, *map(indexed, said)),
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.db.close()

    def found(self, expression):
        rows = self.db.execute("SELECT rowid FROM news WHERE news MATCH ?", (expression,))
        return {row[0] for row in rows}


def item(title, summary="", *, key="", hours=0, **changes):
    values = {
        "key": ItemKey(key or title),
        "feed_id": "wire-one",
        "outlet": "Wire One",
        "kind": FeedKind.NEWS,
        "trust": Trust.INDEPENDENT,
        "url": f"https://wire-one.example/{key or title}".replace(" ", "-"),
        "title": title,
        "summary": summary,
        "published": NOW - timedelta(hours=hours),
        "seen": NOW,
    }
    return Item(**(values | changes))


def searcher(query, rules=NAMES):
    made = compile_query(query, rules)
    assert isinstance(made, Searcher), made
    return made


def fault(query, rules=NAMES):
    made = compile_query(query, rules)
    assert isinstance(made, QueryFault), query
    return made


# --- the full-text expression -----------------------------------------------------------------


@given(seed=st.integers(0, 2**32))
def test_the_index_finds_every_text_that_the_exact_evaluator_takes(seed):
    rng = random.Random(seed)  # noqa: S311  a seeded draw, no secret
    texts = [random_fields(rng) for _ in range(10)]
    with Table(*texts) as table:
        for _ in range(max(1, QUERIES // 100)):
            query = random_query(rng)
            expression = prefilter(query, ENTITIES, FAMILIES)
            index = Index.build({"q": query}, ENTITIES, FAMILIES)
            exact = {at for at, fields in enumerate(texts) if "q" in index.scan(fields).hits}
            if expression is not None:
                assert exact <= table.found(expression), (query, expression)


words = st.text(
    st.characters(exclude_categories=["Cs"])
    | st.sampled_from("aAbB19 .-'’ʼ_&|/$€₿🤖\u00ad\u200b\u0301\u0359*\ue000ßİςΣ"),
    min_size=1,
    max_size=8,
)


@given(said=words, before=words, after=words)
@example(said="SEC", before="🥇", after="₿")
@example(said="S.E.C.", before=" ", after="ʼs")
@example(said="$4.3bn", before="US", after=" ")
@example(said="straße", before="\ue000", after="\u0489")
@example(said="ᦰ", before=" ", after=" ")
@example(said="foo_bar", before="_", after="_")
def test_whatever_stands_beside_a_word_the_index_finds_it_where_the_evaluator_does(
    said, before, after
):
    try:
        query = language.term(f'"{said}"')
    except language.QueryError:
        return
    fields = Fields(title=f"x {before}{said}{after} y", summary=said.swapcase())
    expression = prefilter(query, {}, {})
    if expression is None or "q" not in Index.build({"q": query}, {}, {}).scan(fields).hits:
        return
    with Table(fields) as table:
        assert table.found(expression) == {0}


@given(said=st.text(max_size=40) | st.text(st.sampled_from('"() *:^-+{}ANDORNOTEt,'), max_size=40))
def test_no_text_of_a_user_is_ever_syntax_of_the_index(said):
    made = compile_query(said, NAMES)
    if isinstance(made, Searcher) and made.match is not None:
        with Table(Fields(title="nothing")) as table:
            table.found(made.match)


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("S.E.C.", "The S.E.C. sues"),
        ("Binance.US", "Judge hears Binance.US’s lawyers"),
        ('"$4.3bn"', "A fine of US$4.3bn"),
        ("class-action", "A class action suit"),
        ("class-action", "A class‑action suit"),
        ("regulat*", "Regulators regulate"),
        ('crypto AND "final rule"', "Final rule for crypto"),
        ("sue NEAR/3 exchange", "Agency suing an exchange"),
        ("@faruqui", "Judge Zia Farqui rules"),
        ("@eleanor-farrow", "Judge Eleanor B. Farow rules"),
        ("@eleanor-farrow", "Judge Farrrow rules"),
        ("@binance", "BINANCE and the SEC"),
        ("~sue", "They filed a complaint"),
        ("title:Zürich", "In Zu\u0308rich"),
        ("Zürich OR суд", "СУД решил"),
        ("source:Wire", "Anything"),
        ("tag:law", "Anything"),
    ],
)
def test_what_is_asked_for_is_found_in_the_index_and_by_the_evaluator(query, title):
    made, news = searcher(query), item(title, tags=("crypto", "law"))
    assert made.hit(news)
    assert made.match is not None
    with Table(Fields.of(news), Fields(title="Bakery wins prize")) as table:
        assert table.found(made.match) == {0}


@pytest.mark.parametrize(
    ("query", "match"),
    [
        ("binance AND NOT airdrop", '{title summary} : ("binance" OR "binances")'),
        ("Binance url:opinion", '{title summary} : ("binance")'),
        ("Binance docket:1:23-cv-01599", '{title summary} : ("binance")'),
        ("Binance OR docket:1:23-cv-01599", None),
        ("court:dcd", None),
        ("url:opinion", None),
        ("Binance OR court:dcd", None),
        ('summary:"final rule"', 'summary : ("final rule")'),
    ],
)
def test_what_cannot_be_said_to_the_index_is_left_out_never_guessed(query, match):
    assert searcher(query).match == match


def test_the_deepest_query_is_not_too_deep_for_the_index():
    query = Phrase(text="binance", exact=True)
    for depth in range(shape.DEPTH_MAX):
        other = InField(field="summary", part=Phrase(text=f"w{depth}", exact=True))
        query = (shape.any_of if depth % 2 else shape.all_of)([other, query])
    with Table(Fields(title="binance")) as table:
        table.found(prefilter(query, {}, {}))


def test_an_expression_of_too_many_phrases_is_not_used():
    families = {"many": tuple(f'"word{number}"' for number in range(1_001))}
    assert prefilter(language.parse("~many"), {}, families) is None
    assert prefilter(language.parse("~many"), {}, {"many": families["many"][:1_000]}) is not None


# --- the exact evaluation ---------------------------------------------------------------------


@given(seed=st.integers(0, 2**32))
def test_a_query_alone_answers_as_it_does_among_all_the_rules(seed):
    rng = random.Random(seed)  # noqa: S311  a seeded draw, no secret
    query = random_query(rng)
    alone = Index.build({"q": query}, *needed((query,), NAMES))
    among = Index.build({"q": query}, NAMES.entities, NAMES.families)
    for _ in range(5):
        fields = random_fields(rng)
        assert alone.scan(fields).hits.get("q") == among.scan(fields).hits.get("q")


def test_a_shorter_name_is_not_heard_in_a_longer_one_that_nobody_asked_for():
    made = searcher("@binance")
    assert made.hit(item("Judge hears Binance.US")) is None
    assert [span.text for span in made.hit(item("Judge hears Binance"))] == ["Binance"]


def test_an_item_without_a_headline_is_searched_by_its_opening():
    news = item("", "Agency sues Binance. More below.", key="untitled")
    made = searcher("title:Binance")
    (span,) = made.hit(news)
    assert (span.field, news.summary[span.start : span.end]) == ("summary", "Binance")
    with Table(Fields.of(news)) as table:
        assert table.found(made.match) == {0}


# --- faults -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "under", "says"),
    [
        ("@sec NEAR/5 @binanse", "@binanse", "did you mean @binance?"),
        ("@sec @farrow", "@farrow", "did you mean @eleanor-farrow?"),
        ('"@binanse" OR @binanse', "@binanse", "no entity @binanse"),
        ("@sec ~suee", "~suee", "did you mean ~sue?"),
        ("@qqqqqqqq", "@qqqqqqqq", "Without @ it is a plain word: qqqqqqqq"),
        ("binance AND", "", "something must follow AND"),
        ("(binance", "(binance", "never closed"),
        ("sec AND /bin.*/", "/bin.*/", "regular expressions are not supported"),
        ("body:binance", "body:binance", "fields are title, summary"),
        ("NOT binance", "NOT binance", "say what must be there"),
        ("bi*", "bi*", "a * needs at least 4 letters"),
        ("to", "to", "too short or too common"),
        ("binance OR of", "of", "too short or too common"),
        ("the AND new", "the AND new", "too short or too common"),
        ("url:https", "https", "too short or too common"),
        ("x NEAR/2 y", "x NEAR/2 y", "too short or too common"),
        ("", "", "the query is empty"),
    ],
)
def test_a_faulty_query_is_shown_with_a_caret_under_the_fault(query, under, says):
    found = fault(query)
    assert says in found.what
    line, caret = found.pointer()
    assert line == query
    assert caret == " " * (len(query) - len(under) if under == "" else query.rindex(under)) + "^"


@pytest.mark.parametrize(
    "query", ["EU crypto", "court:dcd", "币安", "source:wire-one", "X NEAR/3 SEC"]
)
def test_a_short_word_beside_what_narrows_it_down_is_taken(query):
    assert isinstance(compile_query(query, NAMES), Searcher)


def test_a_query_that_is_too_long_is_told_so():
    assert isinstance(compile_query("binance " * (QUERY_CHARS_MAX // 8), NAMES), Searcher)
    found = fault("binance " * (QUERY_CHARS_MAX // 8 + 1))
    assert f"at most {QUERY_CHARS_MAX} characters" in found.what


@given(said=st.text(max_size=320), column=st.integers(1, 330))
def test_a_pointer_is_two_short_lines_with_the_caret_below_the_column(said, column):
    line, caret = QueryFault(text=said, column=column, what="").pointer()
    assert len(line) <= SHOWN_COLUMNS_MAX + 2
    assert caret.strip() == "^"
    assert line.isprintable() or not any(char in line for char in "\n\r\t\u202e\x00")


def test_a_long_query_is_cut_around_its_fault():
    query = "alpha " * 20 + "@binanse" + " omega" * 20
    line, caret = fault(query).pointer()
    assert line.startswith("…")
    assert line.endswith("…")
    assert line[caret.index("^") :].startswith("@binanse")


@given(said=st.text(max_size=60))
def test_any_text_is_a_query_or_has_a_fault_within_it(said):
    made = understood(said, NAMES)
    if isinstance(made, QueryFault):
        assert 1 <= made.column <= len(said) + 1
        assert made.what


# --- the preview of a watch -------------------------------------------------------------------


def test_a_preview_counts_developments_and_shows_the_newest_first():
    items = [
        item("Agency sues Binance", key="one", hours=5),
        item("Agency sues Binance | Ledger Post", key="two", hours=4, outlet="Ledger Post"),
        item("Binance fined", key="three", hours=3),
        item("Binance must pay", key="four", hours=2),
        item("Binance price prediction", key="five", hours=1),
        item("Bakery wins prize", key="six"),
    ]
    stories = {ItemKey("three"): StoryId("s"), ItemKey("four"): StoryId("s")}
    seen = preview(searcher("binance"), Matcher(NAMES), items, stories=stories)
    assert (seen.count, seen.quiet) == (2, 1)
    assert [(hit.item.key, hit.reports) for hit in seen.hits] == [("four", 2), ("two", 2)]


def test_a_preview_joins_through_the_page_and_the_headline_alike():
    first = item("Agency sues Binance", key="one", hours=3)
    other = replace(
        first, key=ItemKey("two"), title="Binance sued", url=first.url + "?utm_source=x"
    )
    third = item("Binance sued", key="three", hours=1)
    seen = preview(searcher("binance"), Matcher(NAMES), [first, third, other])
    assert (seen.count, seen.hits[0].reports) == (1, 3)


def test_entries_of_one_docket_are_developments_of_their_own():
    entries = [
        item("SEC v. Binance", label, key=label, kind=FeedKind.COURT, url="https://court.example/1")
        for label in ("[Order]", "[Notice of Appeal]")
    ]
    assert preview(searcher("Binance"), Matcher(NAMES), entries).count == 2


def test_a_preview_shows_few_and_counts_all():
    items = [item(f"Binance case {number}", hours=number) for number in range(9)]
    seen = preview(searcher("binance"), Matcher(NAMES), items, hits_max=3)
    assert (seen.count, len(seen.hits)) == (9, 3)
