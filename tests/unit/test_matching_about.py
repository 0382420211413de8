"""Chiefly about a case or only touching it, seen through small rules of invented matters."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.config.rules import load_rules
from aggregator.matching.about import AFTERMATH_DAYS, theme
from aggregator.matching.matcher import SUMMARY_LEAD_CHARS, Matcher
from aggregator.model import Evidence, FeedKind, Relation
from tests.newsroom import item

AT = datetime(2024, 3, 1, 12, 0, tzinfo=UTC)
FILED, ENDED = datetime(2024, 2, 1, tzinfo=UTC), datetime(2024, 9, 1, tzinfo=UTC)

FILES = {
    "words.yaml": """\
families:
  litigation: [lawsuit, suit, sue, court, judge, complaint, motion, ruling]
  courtroom: [court, judge, motion, ruling, lawsuit]
""",
    "entities.yaml": """\
entities:
  sec: {name: SEC, kind: agency, aliases: [SEC, Securities and Exchange Commission]}
  cftc: {name: CFTC, kind: agency, aliases: [CFTC]}
  marlowe: {name: Marlowe, kind: company, aliases: [Marlowe]}
  ann-marlowe: {name: Ann Marlowe, kind: person, aliases: [Ann Marlowe]}
  marcoin: {name: Marcoin, kind: token, aliases: [Marcoin]}
  tilbury: {name: Tilbury, kind: company, aliases: [Tilbury]}
  judge-hartley: {name: Jo Hartley, kind: judge, aliases: [Judge Hartley]}
""",
    "events.yaml": """\
events:
  - {kind: motion, severity: medium, when: ask}
  - {kind: complaint, severity: high, when: sue}
  - {kind: ruling, severity: high, when: rules}
quiet:
  - {name: opinion, when: 'title:"opinion"'}
""",
    "cases/sec-v-marlowe.yaml": """\
caption: Securities and Exchange Commission v. Marlowe Inc.
title: SEC v. Marlowe
court: dcd
docket: "1:24-cv-00123"
docket_source: https://court.example/1
court_case_id: "777"
court_case_id_source: https://court.example/1
filed: 2024-02-01
judges: [{name: Jo Hartley, role: judge, entity: judge-hartley, source: "https://court.example/1"}]
parties:
  - {name: SEC, role: plaintiff, entity: sec, source: "https://court.example/1"}
  - {name: Marlowe Inc., role: defendant, entity: marlowe, source: "https://court.example/1"}
  - {name: Ann Marlowe, role: defendant, entity: ann-marlowe, source: "https://court.example/1"}
known_by: [marcoin]
status: {text: Ended, date: 2024-09-01, closed: true, source: "https://court.example/2"}
when:
  any:
    - all: ["@sec", {any: ["@marlowe", "@ann-marlowe", "@marcoin"]}]
    - all: ["@judge-hartley", {any: ["@marlowe", "@ann-marlowe"]}]
    - all: [{source: "@sec"}, {any: ["@marlowe", "@ann-marlowe"]}]
""",
    "cases/tilbury-v-sec.yaml": """\
caption: Tilbury v. Securities and Exchange Commission
title: Tilbury v. SEC
court: cadc
parties:
  - {name: Tilbury, role: petitioner, entity: tilbury, source: "https://court.example/3"}
  - {name: SEC, role: respondent, entity: sec, source: "https://court.example/3"}
when: {all: ["@sec", "@tilbury"]}
""",
}


@pytest.fixture(scope="module")
def matcher(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rules")
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return Matcher(load_rules((folder,)))


@pytest.fixture
def about(matcher):
    """Say what an item is to SEC v. Marlowe: (relation, reason), or None."""

    def judge(title, summary="", *, at=AT, slug="sec-v-marlowe", **given):
        one = item(title, summary, at=at, **given)
        found = [m for m in matcher.read(one).matches if m.target.slug == slug]
        return (found[0].relation, found[0].reason) if found else None

    return judge


def chief(found):
    return found is not None and found[0] is Relation.CHIEF


@pytest.mark.parametrize(
    ("title", "summary"),
    [
        ("SEC v. Marlowe: calendar", ""),
        ("Marlowe vs. SEC, day two", ""),
        ("SEC sues Marlowe", ""),
        ("Marlowe and the SEC meet before a judge", ""),
        ("SEC sues Ann Marlowe", ""),
        ("Marlowe asks court to end complaint", "The SEC had filed it in February."),
        ("Judge sides with Marlowe", "The Securities and Exchange Commission may amend."),
        ("SEC asks court for default", "Marlowe did not answer in time."),
        ("Judge Hartley hears Marlowe", ""),
        ("Marcoin ruling splits SEC lawsuit", "Marlowe sold the token."),
    ],
)
def test_its_parties_facing_each_other_make_it_the_subject(about, title, summary):
    found = about(title, summary)
    assert chief(found), found
    assert found[1]


@pytest.mark.parametrize(
    ("title", "summary"),
    [
        ("Tilbury trims its staff", "Like Marlowe it was sued by the SEC."),
        ("Marlowe hires a new chief", "The SEC sued the exchange in February."),
        ("SEC names new director", "The agency's lawsuit against Marlowe goes on."),
        ("Opinion: SEC sues Marlowe and nobody cares", ""),
        (
            "Judge allows Tilbury claim",
            "The case resembles the suit of the SEC against Marlowe.",
        ),
        ("CFTC takes Marlowe to court", "The SEC has a lawsuit of its own."),
    ],
)
def test_what_names_the_matter_by_the_way_only_touches_it(about, title, summary):
    found = about(title, summary)
    assert found is not None
    assert found[0] is Relation.RELATED
    assert found[1]


@pytest.mark.parametrize(
    ("title", "summary"),
    [
        ("Weather is fine", ""),
        ("Marlowe lists three tokens", ""),
        ("SEC holds a round table", ""),
        ("Court hears Marlowe's landlord", "Rent is owed."),
    ],
)
def test_one_side_alone_is_no_matter(about, title, summary):
    assert about(title, summary) is None


def test_what_stands_far_down_is_background(about):
    far = "Filler. " * (SUMMARY_LEAD_CHARS // 4)
    assert not chief(about("Marlowe asks court to end complaint", far + "The SEC filed it."))
    assert chief(about("Marlowe asks court to end complaint", "The SEC filed it. " + far))


def test_another_company_in_the_headline_is_the_subject_instead(about):
    assert not chief(about("Tilbury asks court to join Marlowe", "The SEC opposes it."))


def test_before_the_complaint_it_was_another_matter(about):
    early = FILED - timedelta(days=1)
    relation, reason = about("SEC sues Marlowe", at=early)
    assert relation is Relation.RELATED
    assert "2024-02-01" in reason
    assert chief(about("SEC sues Marlowe", at=FILED))
    assert about("Judge Hartley hears Marlowe", at=early) is None


def test_long_after_its_end_only_a_new_step_makes_a_case_the_subject(about):
    late = ENDED + timedelta(days=AFTERMATH_DAYS + 1)
    relation, reason = about("SEC v. Marlowe, and what was learned", at=late)
    assert relation is Relation.RELATED
    assert "2024-09-01" in reason
    assert chief(about("SEC v. Marlowe: court rules on fees", at=late))
    soon = ENDED + timedelta(days=AFTERMATH_DAYS)
    assert chief(about("SEC v. Marlowe, and what was learned", at=soon))


@pytest.mark.parametrize(
    "title",
    [
        "SEC v. Marlowe reopened",
        "SEC revives Marlowe case",
        "Court reinstates SEC case against Marlowe",
        "Dismissal of SEC v. Marlowe vacated",
        "SEC refiles against Marlowe",
        "SEC appeals in Marlowe matter",
        "New order in SEC v. Marlowe",
        "Correction: SEC has not ended Marlowe case",
    ],
)
def test_a_closed_case_that_moves_again_is_the_subject_however_late(about, title):
    assert chief(about(title, at=ENDED + timedelta(days=10 * AFTERMATH_DAYS)))


@pytest.mark.parametrize(
    "title",
    [
        "Could SEC v. Marlowe be reopened?",
        "Why SEC v. Marlowe may be revived",
        "SEC v. Marlowe, two years after the appeal",
    ],
)
def test_a_guess_that_a_closed_case_might_move_is_a_look_back(about, title):
    relation, _ = about(title, at=ENDED + timedelta(days=10 * AFTERMATH_DAYS))
    assert relation is Relation.RELATED


def test_captions_listed_without_a_step_are_a_round_up(about):
    title = "SEC v. Marlowe and Tilbury v. SEC on one calendar"
    for slug in ("sec-v-marlowe", "tilbury-v-sec"):
        assert about(title, slug=slug) == (Relation.RELATED, "several matters at once")
    assert chief(about("SEC v. Marlowe and Tilbury v. SEC: judge rules in both"))


def test_who_sues_an_agency_is_the_private_side(about):
    assert chief(about("Tilbury asks court to overturn SEC refusal", slug="tilbury-v-sec"))
    assert about("SEC asks court for time", "", slug="tilbury-v-sec") is None


def docket(summary="[Order] (5)", case="777", host="dcd", court="dcd", title="24-1 A v. B"):
    return {
        "title": title,
        "summary": summary,
        "url": f"https://ecf.{host}.uscourts.gov/cgi-bin/DktRpt.pl?{case}",
        "kind": FeedKind.COURT,
        "court": court,
    }


def test_the_courts_own_number_is_proof_whatever_the_words(about):
    assert about(**docket()) == (Relation.CHIEF, "the court's own number for this case")
    numbered = docket(case="1", title="1:24-cv-00123-JH Someone v. Somebody")
    assert chief(about(**numbered))


@pytest.mark.parametrize(
    "entry",
    [
        docket(case="778", title="1:24-cv-00124 SEC v. MARLOWE"),
        docket(host="nysd", court="nysd", case="777", title="1:24-cv-00999 SEC v. MARLOWE"),
        docket(host="nysd", court="nysd", case="1", title="1:24-cv-00123 SEC v. MARLOWE"),
    ],
    ids=["other number", "same id, other court", "same number, other court"],
)
def test_another_docket_is_another_matter_even_with_the_same_names(about, entry):
    assert about(**entry) is None


def test_evidence_is_in_the_items_own_words(matcher):
    one = item("“SEC” sues Marlowe — again", "Ann Marlowe said no; the SEC’s suit goes on.", at=AT)
    spans = {span for match in matcher.read(one).matches for span in match.evidence}
    assert {"SEC", "Marlowe"} <= {span.text for span in spans}
    for span in spans:
        assert getattr(one, span.field)[span.start : span.end] == span.text


# --- themes ---------------------------------------------------------------------------------------


def span(field, start):
    return Evidence(field=field, start=start, end=start + 1, text="x")


@pytest.mark.parametrize(
    ("spans", "quiet", "wanted"),
    [
        ([span("title", 0)], "", (True, "in the headline")),
        ([span("title", 0), span("summary", 9000)], "", (True, "in the headline")),
        ([span("summary", 10)], "", (False, "only in the first sentences")),
        ([span("summary", 10), span("summary", 999)], "", (False, "only further down")),
        ([span("title", 0)], "opinion", (False, "opinion")),
    ],
)
def test_a_theme_is_the_subject_when_it_stands_in_the_headline(spans, quiet, wanted):
    assert theme(spans, quiet, lead_chars=320) == wanted


def test_a_release_needs_not_name_the_agency_that_publishes_it(matcher):
    words = ("Marlowe and its founder", "The complaint was filed in a Washington court on Friday.")
    release = item(*words, at=AT, kind=FeedKind.REGULATOR, outlet="SEC releases")
    found = [m for m in matcher.read(release).matches if m.target.slug == "sec-v-marlowe"]
    press = replace(release, kind=FeedKind.NEWS, outlet="Wire One")
    assert not any(m.relation is Relation.CHIEF for m in matcher.read(press).matches)
    assert [m.relation for m in found] == [Relation.CHIEF]
