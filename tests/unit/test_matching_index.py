"""What hits and what does not, by the cases that matchers get wrong."""

import os
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime

import pytest

from aggregator.matching import language
from aggregator.matching.index import Fields, Index
from aggregator.matching.query import CourtCase, Docket, InField, Not, Phrase
from aggregator.matching.rules import Alias, EntityKind, EntityRule
from aggregator.model import Evidence, FeedKind, Item, ItemKey, Trust
from benchmarks.naive_matching import disagreements

FUZZ_CASES = int(os.environ.get("CASEWIRE_FUZZ_CASES", "2000"))


def entity(slug, *aliases):
    texts = tuple(Alias(text=alias) if isinstance(alias, str) else alias for alias in aliases)
    return EntityRule(slug=slug, name=slug, kind=EntityKind.COMPANY, aliases=texts)


def index(rule, *entities, families=None):
    query = language.parse(rule) if isinstance(rule, str) else rule
    return Index.build({"rule": query}, {rule.slug: rule for rule in entities}, families or {})


def shown(rule, title, summary="", **fields):
    """Return the texts of the evidence for `rule`; None when it does not hold."""
    scan = index(rule).scan(Fields(title=title, summary=summary, **fields))
    spans = scan.hits.get("rule")
    return None if spans is None else [span.text for span in spans]


@pytest.mark.parametrize(
    ("name", "rule", "title", "evidence"),
    [
        ("straight possessive", "SEC", "The SEC's case", ["SEC"]),
        ("curly possessive", "SEC", "The SEC’s case", ["SEC"]),
        ("possessive after s", "Binance.US", "Binance.US' assets", ["Binance.US"]),
        ("curly possessive after s", "Binance.US", "Binance.US’ assets", ["Binance.US"]),
        ("dot inside a name", "Binance.US", "Judge hears Binance.US, again", ["Binance.US"]),
        ("name before a dot", "Binance", "Judge hears Binance.US", ["Binance"]),
        ("full stop", "SEC", "It sued the SEC.", ["SEC"]),
        ("non-breaking hyphen", "Binance", "a Binance‑linked fund", ["Binance"]),
        ("non-breaking hyphen in phrase", "cross-claim", "a cross‑claim", ["cross‑claim"]),
        ("en dash", "SEC", "the SEC–Binance case", ["SEC"]),
        ("em dash", "Binance", "Binance—which denies it", ["Binance"]),
        (
            "no-break space",
            '"Exchange Commission"',
            "Exchange\u00a0Commission",
            ["Exchange\u00a0Commission"],
        ),
        ("hyphen for blank", "class action", "a class-action suit", ["class-action"]),
        ("blank for hyphen", "class-action", "a class action suit", ["class action"]),
        ("composed", "Zürich", "in Zürich today", ["Zürich"]),
        ("decomposed text", "Zürich", "in Zu\u0308rich today", ["Zu\u0308rich"]),
        ("decomposed rule", "Zu\u0308rich", "in Zürich today", ["Zürich"]),
        ("Cyrillic capitals", "суд", "СУД решил", ["СУД"]),
        ("Cyrillic edges", "суд", "судья решил", None),
        ("Greek final sigma", "οδος", "ΟΔΟΣ", ["ΟΔΟΣ"]),
        ("ampersand in a name", "AT&T", "AT&T’s fine", ["AT&T"]),
        ("part of a name with ampersand", '"AT"', "AT&T pays", None),
        ("ampersand between words", "Smith", "Smith & Wesson", ["Smith"]),
        ("quotation marks", "SEC", "the “SEC” said", ["SEC"]),
        ("hash", "SEC", "#SEC news", ["SEC"]),
        ("parentheses", "SEC", "the agency (SEC) said", ["SEC"]),
        ("inside a longer word", "SEC", "SECURE for a SECond", None),
        ("inside a lower-case word", "sec", "second, secure, insect", None),
        ("acronym in lower case", "SEC", "wait a sec", None),
        ("acronym in plural", "ETF", "two ETFs", ["ETFs"]),
        ("long capitals ignore case", "BINANCE", "Binance", ["Binance"]),
        ("title in capitals", "settle", "SEC SETTLES", ["SETTLES"]),
        ("inflected verb", "sue", "The agency sued", ["sued"]),
        (
            "inflected phrase",
            "motion to dismiss",
            "Motions to dismiss fail",
            ["Motions to dismiss"],
        ),
        ("quoted words are not inflected", '"sue"', "The agency sued", None),
        ("contraction", "win", "It won't settle", None),
        ("prefix", "regulat*", "The regulator's view", ["regulator"]),
        ("prefix in a phrase", "crypto regulat*", "crypto-regulators", ["crypto-regulators"]),
        (
            "nested phrase",
            '"Exchange Commission"',
            "Securities and Exchange Commission",
            ["Exchange Commission"],
        ),
        ("zero-width space", "Binance", "Bi\u200bnance", ["Bi\u200bnance"]),
        ("soft hyphen", "settlement", "settle\u00adment", ["settle\u00adment"]),
        ("two blanks", "class action", "class  action", ["class  action"]),
        ("line break", "class action", "class\naction", ["class\naction"]),
        ("mojibake after a name", "SEC", "the SECâ€™s case", ["SEC"]),
        ("dotted abbreviation", "U.S.", "the U.S. case", ["U.S."]),
        ("first and last word", "SEC", "SEC", ["SEC"]),
        ("empty text", "SEC", "", None),
    ],
)
def test_a_term_hits_whole_words_and_shows_them_as_written(name, rule, title, evidence):
    assert shown(language.term(rule), title) == evidence


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC"])
def test_evidence_is_literally_in_the_item_however_it_is_composed(form):
    title = unicodedata.normalize(form, "Zürich:  SEC’s é-case é Binance")
    fields = Fields(title=title, summary="x")
    spans = index("Zürich SEC Binance").scan(fields).hits["rule"]
    assert len(spans) == 3
    assert all(title[span.start : span.end] == span.text for span in spans)


def test_overlapping_phrases_all_hit():
    for rule in ('"Securities and Exchange"', '"Exchange Commission"', '"Exchange"', '"and"'):
        assert shown(rule, "Securities and Exchange Commission") is not None


def test_a_phrase_does_not_run_from_title_into_summary():
    assert shown('"Exchange Commission"', "Exchange", "Commission") is None


def test_a_phrase_does_not_run_from_one_tag_into_the_next():
    assert shown('tag:"price analysis"', "x", tags=("price", "analysis")) is None
    assert shown('tag:"price analysis"', "x", tags=("news", "price analysis")) is not None


@pytest.mark.parametrize(
    ("rule", "title", "holds"),
    [
        ("SEC NEAR/3 Binance", "SEC one two three Binance", True),
        ("SEC NEAR/3 Binance", "SEC one two three four Binance", False),
        ("SEC NEAR/0 Binance", "SEC Binance", True),
        ("SEC NEAR/0 Binance", "SEC v Binance", False),
        ("SEC NEAR/3 Binance", "Binance one two three SEC", True),
        ("SEC ONEAR/3 Binance", "Binance one two three SEC", False),
        ("SEC ONEAR/3 Binance", "SEC one two three Binance", True),
        ("SEC NEAR/1 Binance", "SEC's one Binance", True),
        ("SEC NEAR/1 Binance", "SEC – one – Binance", True),
        ("SEC NEAR/1 Binance", "SEC well-known Binance", True),
        ("SEC NEAR/0 Binance", "SEC pre-Binance", True),
        ("SEC NEAR/1 Binance", "SEC a a Binance a SEC", True),
        ("SEC NEAR/1 Binance NEAR/1 CFTC", "CFTC a SEC b Binance", True),
        ("SEC NEAR/1 Binance NEAR/1 CFTC", "CFTC a SEC b c Binance", False),
        ("SEC ONEAR/1 Binance ONEAR/1 CFTC", "CFTC SEC Binance", False),
        ("SEC ONEAR/1 Binance ONEAR/1 CFTC", "SEC CFTC Binance CFTC", True),
        ('"Exchange" NEAR/5 "Exchange Commission"', "the Exchange Commission", False),
        ('"Exchange" NEAR/5 "Exchange Commission"', "an exchange, the Exchange Commission", True),
        ("(SEC OR CFTC) NEAR/1 (sue OR fine)", "CFTC has fined it", True),
    ],
)
def test_near_counts_the_words_between(rule, title, holds):
    assert (shown(rule, title) is not None) is holds


def test_near_does_not_reach_from_title_to_summary():
    assert shown("SEC NEAR/25 Binance", "SEC", "Binance") is None
    assert shown("SEC NEAR/25 Binance", "", "SEC Binance") == ["SEC", "Binance"]


def test_near_shows_the_words_that_are_near_and_no_others():
    title = "SEC one two three four Binance and SEC Binance"
    spans = index("SEC NEAR/1 Binance").scan(Fields(title=title)).hits["rule"]
    assert [span.start for span in spans] == [
        title.index("Binance"),
        title.rindex("SEC"),
    ]


def test_near_over_many_repetitions_ends():
    title = "sec cftc " * 300
    rule = "sec NEAR/1 cftc NEAR/1 sec NEAR/1 cftc NEAR/1 irs"
    assert shown(rule, title) is None


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("title:settle", False),
        ("summary:settle", True),
        ("source:wire", True),
        ("tag:courts", True),
        ("url:dismissal", True),
        ("court:dcd", True),
        ("court:nysd", False),
        ("binance NOT title:settle", True),
        ("binance NOT summary:settle", False),
        ("wire", False),
        ("title:(binance AND judge)", True),
        ("title:(binance NEAR/1 judge)", True),
        ("summary:(binance OR settle)", True),
    ],
)
def test_a_field_confines_what_it_holds(rule, holds):
    fields = Fields(
        title="Judge hears Binance",
        summary="They settle.",
        source="Wire One",
        url="https://wire-one.example/the-dismissal",
        court="dcd",
        tags=("Crypto", "Courts"),
    )
    assert ("rule" in index(rule).scan(fields).hits) is holds


def test_of_a_field_within_a_field_the_inner_counts():
    rule = InField(field="summary", part=InField(field="title", part=Phrase(text="settle")))
    assert shown(rule, "They settle") == ["settle"]
    assert shown(rule, "x", "They settle") is None


def test_what_is_absent_gives_no_evidence():
    assert shown("binance NOT airdrop", "Binance wins") == ["Binance"]
    assert shown("binance NOT airdrop", "Binance airdrop") is None


def test_of_alternatives_the_one_that_stands_first_is_shown():
    assert shown("settle OR binance OR court", "Binance and court", "settle") == ["Binance"]


def test_evidence_of_any_field_points_into_it():
    fields = Fields(title="x", source="Wire One", tags=("a", "crypto law"), court="dcd")
    hits = index("source:one tag:law court:dcd").scan(fields).hits["rule"]
    assert [(span.field, span.text) for span in hits] == [
        ("court", "dcd"),
        ("source", "One"),
        ("tag", "law"),
    ]
    assert all(fields.text(span.field)[span.start : span.end] == span.text for span in hits)


@pytest.mark.parametrize("form", ["1:23-cv-01599-ABJ", "23-cv-1599", "23 Civ. 1599 (ABJ)"])
def test_a_docket_number_hits_in_any_form(form):
    assert shown("docket:1:23-cv-01599", f"In {form} the court ruled") == [form]
    assert shown("docket:1:23-cv-01598", f"In {form} the court ruled") is None


def test_a_docket_number_at_a_court_needs_that_court():
    rule = Docket(number="1:23-cv-01599", court="dcd")
    assert shown(rule, "1:23-cv-01599 A v. B", court="dcd") == ["dcd", "1:23-cv-01599"]
    assert shown(rule, "1:23-cv-01599 A v. B", court="nynd") is None
    assert shown(rule, "1:23-cv-01599 A v. B") is None


def test_a_courts_own_case_id_in_the_link_is_evidence():
    url = "https://ecf.dcd.uscourts.gov/cgi-bin/DktRpt.pl?256060"
    rule = CourtCase(court="dcd", case_id="256060")
    assert shown(rule, "x", url=url) == ["256060"]
    assert shown(CourtCase(court="nysd", case_id="256060"), "x", url=url) is None


def test_a_family_hits_by_any_form_of_its_words_and_every_hit_is_listed():
    families = {"sue": ["sue", "file a complaint", '"v."'], "idle": ["sleep"]}
    scan = index("~sue", families=families).scan(
        Fields(title="SEC v. Grey", summary="It sued and filed a complaint", source="Sue")
    )
    assert [span.text for span in scan.hits["rule"]] == ["v."]
    assert {span.text for span in scan.families["sue"]} == {"v.", "sued", "filed a complaint"}
    assert scan.families.keys() == {"sue"}


def test_rules_that_are_the_same_all_hit():
    query = language.parse("binance sue")
    rules = {"one": query, "two": language.parse("binance AND sue"), "three": query}
    scan = Index.build(rules, {}, {}).scan(Fields(title="Binance sued"))
    assert scan.hits.keys() == {"one", "two", "three"}


def test_no_rules_and_no_text_are_fine():
    assert Index.build({}, {}, {}).scan(Fields(title="")).hits == {}


def test_fields_are_taken_from_an_item():
    item = Item(
        key=ItemKey("k"),
        feed_id="wire",
        outlet="Wire One",
        kind=FeedKind.NEWS,
        trust=Trust.INDEPENDENT,
        url="https://wire-one.example/",
        title="T",
        summary="S",
        published=None,
        seen=datetime(2024, 1, 1, tzinfo=UTC),
        tags=("a",),
    )
    assert Fields.of(item) == Fields(
        title="T", summary="S", source="Wire One", url="https://wire-one.example/", tags=("a",)
    )


@pytest.mark.parametrize(
    "rule", [Not(part=Phrase(text="a")), language.parse("@nobody"), language.parse("~nothing")]
)
def test_a_rule_that_cannot_be_filed_is_refused(rule):
    with pytest.raises(ValueError, match=r"cannot be filed|there is no"):
        index(rule)


def test_an_index_does_not_change_and_serves_many_threads():
    built = index("@binance NEAR/5 sue", entity("binance", "Binance"))
    fields = [Fields(title=f"Binance {'word ' * (n % 9)}sued") for n in range(200)]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(built.scan, fields))
    assert together == [built.scan(one) for one in fields]
    with pytest.raises(FrozenInstanceError):
        built._plan = None


def test_evidence_is_sorted_and_without_repetition():
    scan = index("binance AND (binance OR sue) AND sue").scan(Fields(title="sued Binance"))
    assert scan.hits["rule"] == (
        Evidence(field="title", start=0, end=4, text="sued"),
        Evidence(field="title", start=5, end=12, text="Binance"),
    )


@pytest.mark.parametrize("seed", range(4))
def test_the_engine_agrees_with_the_naive_evaluator_on_random_rules_and_texts(seed):
    assert disagreements(seed, FUZZ_CASES // 4) == []
