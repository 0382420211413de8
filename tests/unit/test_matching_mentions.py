"""Which names in a text are mentions of an entity."""

import pytest

from aggregator.matching import inflect, language, mentions
from aggregator.matching.index import Fields, Index
from aggregator.matching.rules import Alias, EntityKind, EntityRule


def entities(**aliases):
    return {
        slug: EntityRule(
            slug=slug,
            name=slug,
            kind=EntityKind.COMPANY,
            aliases=tuple(
                Alias(text=alias) if isinstance(alias, str) else alias for alias in names
            ),
        )
        for slug, names in aliases.items()
    }


def mentioned(known, title, summary="", families=None, **fields):
    """Return the texts of every mention by entity."""
    scan = Index.build({}, known, families or {}).scan(
        Fields(title=title, summary=summary, **fields)
    )
    return {slug: [span.text for span in spans] for slug, spans in scan.mentions.items()}


def test_the_longest_name_wins_over_one_of_another_entity_inside_it():
    known = entities(parent=["Binance"], child=["Binance.US", "Binance US"])
    assert mentioned(known, "Binance.US’ lawyers and Binance US") == {
        "child": ["Binance.US", "Binance US"]
    }
    assert mentioned(known, "Binance and Binance.US") == {
        "parent": ["Binance"],
        "child": ["Binance.US"],
    }


def test_a_rule_on_the_shorter_name_does_not_hold_where_the_longer_one_wins():
    known = entities(parent=["Binance"], child=["Binance.US"])
    index = Index.build({"parent": language.parse("@parent")}, known, {})
    assert not index.scan(Fields(title="Binance.US sued")).hits
    assert index.scan(Fields(title="Binance.US sued by Binance")).hits


def test_without_the_longer_entity_only_strict_edges_keep_a_name_out_of_another():
    assert mentioned(entities(b=["Binance"]), "Binance.US sued") == {"b": ["Binance"]}
    strict = entities(b=[Alias(text="Binance", strict=True)])
    for title in ("Binance.US sued", "Binance-linked", "Binance‑linked", "non-Binance"):
        assert mentioned(strict, title) == {}
    for title in ("sued Binance.", "Binance—which", "Binance’s", "Binance - sued", "(Binance)"):
        assert mentioned(strict, title) == {"b": ["Binance"]}


def test_two_entities_of_one_name_are_both_mentioned():
    assert mentioned(entities(a=["Gemini"], b=["Gemini"]), "Gemini") == {
        "a": ["Gemini"],
        "b": ["Gemini"],
    }


def test_every_mention_is_listed_also_in_the_source():
    known = entities(sec=["SEC", "Securities and Exchange Commission"])
    assert mentioned(
        known, "SEC v. Grey", "The Securities and Exchange Commission (SEC) sued", source="SEC"
    ) == {"sec": ["SEC", "Securities and Exchange Commission", "SEC", "SEC"]}


def test_a_short_acronym_keeps_its_case_unless_told_otherwise():
    assert mentioned(entities(a=["BAM"]), "bam! Bam BAM") == {"a": ["BAM"]}
    assert mentioned(entities(a=[Alias(text="BAM", cased=False)]), "Bam") == {"a": ["Bam"]}
    assert mentioned(entities(a=[Alias(text="Block", cased=True)]), "a block") == {}


def test_names_are_not_inflected():
    assert mentioned(entities(a=["Ripple"], b=["Strike"]), "Ruling ripples; workers striking") == {}


BAM = entities(
    bam=[Alias(text="BAM", needs=language.parse("@sec OR ~court OR @bam")), "BAM Trading"],
    sec=["SEC"],
)
COURT = {"court": ["court"]}


def test_an_alias_that_needs_context_is_no_mention_without_it():
    assert mentioned(BAM, "BAM raises its dividend", families=COURT) == {}


@pytest.mark.parametrize(
    "summary", ["The SEC said so", "The courts said so", "BAM Trading said so"]
)
def test_an_alias_that_needs_context_is_a_mention_with_it(summary):
    assert "BAM" in mentioned(BAM, "BAM sued", summary, families=COURT)["bam"]


def test_an_alias_cannot_vouch_for_itself():
    known = entities(bam=[Alias(text="BAM", needs=language.parse("@bam"))])
    assert mentioned(known, "BAM and BAM") == {}


SEC = entities(sec=[Alias(text="SEC", not_near=("football", "Southeastern Conference", "~sport"))])
SPORT = {"sport": ["quarterback"]}


@pytest.mark.parametrize(
    "title",
    [
        "SEC football starts",
        "Quarterbacks of the SEC",
        "The SEC, or Southeastern Conference",
        "SEC one two three four five six seven eight nine ten football",
    ],
)
def test_a_name_near_a_word_of_its_other_sense_is_no_mention(title):
    assert mentioned(SEC, title, families=SPORT) == {}


def test_a_name_far_from_a_word_of_its_other_sense_is_a_mention():
    title = "SEC one two three four five six seven eight nine ten eleven football"
    assert mentioned(SEC, title, families=SPORT) == {"sec": ["SEC"]}
    assert mentioned(SEC, "SEC", "football", families=SPORT) == {"sec": ["SEC"]}


def test_only_the_mention_beside_the_other_sense_is_refused():
    title = "SEC sues; one two three four five six seven eight nine ten football in the SEC"
    assert mentioned(SEC, title, families=SPORT) == {"sec": ["SEC"]}


JUDGE = entities(judge=[Alias(text="Faruqui", fuzzy=True), Alias(text="Zia Faruqui", fuzzy=True)])


@pytest.mark.parametrize(
    "name",
    ["Farqui", "Faruqi", "Farruqui", "Faurqui", "Faroqui", "FARQUI", "Zia Farqui", "Faruquii"],
)
def test_a_name_with_one_slip_is_a_mention_in_the_words_of_the_text(name):
    assert mentioned(JUDGE, f"Judge {name}’s order") == {"judge": [name]}


@pytest.mark.parametrize("name", ["farqui", "Farqi", "Aruqui", "Baruqui", "Fauruqi", "Farquiver"])
def test_two_slips_a_small_initial_or_another_initial_are_no_mention(name):
    assert mentioned(JUDGE, f"Judge {name} sat") == {}


def test_without_fuzzy_a_slip_is_no_mention():
    assert mentioned(entities(judge=["Faruqui"]), "Judge Farqui sat") == {}


def test_a_slip_that_is_another_name_is_that_name():
    known = entities(
        engelmayer=[Alias(text="Engelmayer", fuzzy=True)], engelmeyer=["Anna Engelmeyer"]
    )
    assert mentioned(known, "Judge Engelmeyer") == {}
    assert mentioned(known, "Judge Engelmayor") == {"engelmayer": ["Engelmayor"]}


def test_a_slip_that_is_a_word_is_not_looked_for():
    assert "hearing" in inflect.KNOWN
    assert "hearing" not in set(mentions.misspellings("Hearring"))
    assert "hering" in set(mentions.misspellings("Hearing"))


def test_short_names_and_common_words_have_no_slips():
    assert list(mentions.misspellings("Storm")) == []
    assert list(mentions.misspellings("exchange")) == []


def test_a_name_in_a_field_is_looked_for_there_only():
    index = Index.build({"r": language.parse("tag:@sec")}, SEC, SPORT)
    assert index.scan(Fields(title="SEC")).hits == {}
    assert index.scan(Fields(title="x", tags=("SEC",))).hits.keys() == {"r"}


@pytest.mark.parametrize(
    ("known", "families", "said"),
    [
        (entities(a=[Alias(text="A1", not_near=("@a",))]), {}, "not_near takes"),
        ({}, {"f": ["@a"]}, "a family holds"),
        (entities(a=[Alias(text="A1", needs=language.parse("@b"))]), {}, "no entity @b"),
    ],
)
def test_what_cannot_be_looked_for_is_refused(known, families, said):
    with pytest.raises(ValueError, match=said):
        Index.build({}, known, families)


@pytest.mark.parametrize(
    "slip", ["Farqui", "Faruuqui", "Farouqui", "Faruquy", "Faurqui", "Faruquis"]
)
def test_a_personal_name_is_heard_with_any_one_edit_behind_its_first_letter(slip):
    assert slip in set(misspelt("Faruqui"))


def test_a_name_with_two_edits_is_another_name():
    assert "farouqy" not in {one.casefold() for one in misspelt("Faruqui")}


def misspelt(name):
    """Return the spellings that are heard, with the capital that they need."""
    return {one.capitalize() for one in mentions.misspellings(name)}
