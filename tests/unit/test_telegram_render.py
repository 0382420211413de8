from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model import (
    Alert,
    Case,
    Event,
    EventKind,
    Evidence,
    FeedKind,
    ItemKey,
    Place,
    Report,
    RingKind,
    Rung,
    Severity,
    Status,
    Story,
    StoryId,
    Target,
    TargetKind,
    Trust,
)
from aggregator.telegram import labels, markup
from aggregator.telegram.render import ALERT_CHARS_MAX, alert, escape, plain
from tests.fake_telegram import read_html

AT = datetime(2023, 9, 18, 20, 14, tzinfo=UTC)
BINANCE = Target(kind=TargetKind.CASE, slug="sec-v-binance")
THEME = Target(kind=TargetKind.WATCHLIST, slug="stablecoins")
TITLES = {BINANCE: "SEC v. Binance", THEME: "Stablecoin rules"}
CASES = {
    "sec-v-binance": Case(
        slug="sec-v-binance",
        caption="Securities and Exchange Commission v. Binance Holdings Limited",
        title="SEC v. Binance",
        court="dcd",
        court_name="D.D.C.",
        docket="1:23-cv-01599",
    )
}
HEARING = Event(kind=EventKind.HEARING, status=Status.REPORTED, severity=Severity.MEDIUM)
TITLE = "Judge hears fight over Binance.US software"
SUMMARY = (
    "The parties met on Monday. Magistrate Judge Faruqui did not allow the inspection of "
    "Binance.US software v. what the SEC had asked. More is due in October."
)


def evidence_of(text, word, field="summary"):
    at = text.index(word)
    return Evidence(field=field, start=at, end=at + len(word), text=word)


def report(outlet="Wire One", minutes=0, **changes):
    given = {
        "item_key": ItemKey(f"{outlet}-{minutes}"),
        "outlet": outlet,
        "trust": Trust.INDEPENDENT,
        "kind": FeedKind.NEWS,
        "url": f"https://{outlet.lower().replace(' ', '-')}.example/a",
        "title": TITLE,
        "summary": SUMMARY,
        "at": AT + timedelta(minutes=minutes),
        "seen": AT + timedelta(minutes=minutes),
        "event": HEARING,
        "evidence": (evidence_of(SUMMARY, "Binance.US"), evidence_of(SUMMARY, "inspection")),
    }
    return Report(**{**given, **changes})


def story(*reports, event=HEARING):
    reports = reports or (report(),)
    return Story(
        id=StoryId("s1"),
        targets=frozenset({BINANCE}),
        related=frozenset(),
        event=event,
        reports=reports,
        first_at=reports[0].at,
        last_at=reports[-1].at,
        rings=1,
    )


def rendered(told, targets=(BINANCE,)):
    return alert(
        Alert(place=Place(chat_id=7), key="story:s1:1", story=told, targets=targets), CASES, TITLES
    )


def text_of(told, targets=(BINANCE,)):
    return read_html(rendered(told, targets).html).text


def test_the_first_line_says_case_event_and_severity_within_80_characters():
    first = text_of(story()).split("\n")[0]
    assert first == "SEC v. Binance · Reported: hearing · Medium"
    long = replace(CASES["sec-v-binance"], title="Commission v. " + "Very Long Name " * 9)
    event = Event(kind=EventKind.SETTLEMENT, status=Status.DOCKETED, severity=Severity.MEDIUM)
    docket = report(trust=Trust.PRIMARY, kind=FeedKind.COURT)
    one = Alert(
        place=Place(chat_id=7), key="k", story=story(docket, event=event), targets=(BINANCE,)
    )
    shown = read_html(alert(one, {"sec-v-binance": long}, {}).html).text
    assert "On the docket: settlement · Medium" in shown[:80]


@pytest.mark.parametrize(
    ("status", "trust", "kind", "label"),
    [
        (Status.ORDERED, Trust.PRIMARY, FeedKind.REGULATOR, "Order"),
        (Status.ORDERED, Trust.INDEPENDENT, FeedKind.NEWS, "Reported: order"),
        (Status.ORDERED, Trust.CORROBORATES, FeedKind.BLOG, "Reported: order"),
        (Status.REPORTED, Trust.INDEPENDENT, FeedKind.NEWS, "Reported: order"),
        (Status.ARGUED, Trust.INDEPENDENT, FeedKind.NEWS, "Reported: order"),
        (Status.FILED, Trust.PRIMARY, FeedKind.REGULATOR, "Filed: order"),
        (Status.DOCKETED, Trust.PRIMARY, FeedKind.COURT, "On the docket: order"),
        (Status.DOCKETED, Trust.INDEPENDENT, FeedKind.NEWS, "Reported: order"),
    ],
)
def test_an_order_is_called_one_only_when_a_source_that_knows_says_so(status, trust, kind, label):
    event = Event(kind=EventKind.ORDER, status=status, severity=Severity.HIGH)
    assert labels.event(story(report(trust=trust, kind=kind), event=event)) == label


def test_a_report_lifted_to_the_docket_later_is_labelled_so():
    event = Event(kind=EventKind.ORDER, status=Status.DOCKETED, severity=Severity.HIGH)
    docket = report("D.D.C. docket", 40, trust=Trust.PRIMARY, kind=FeedKind.COURT)
    told = story(report(), docket, event=event)
    assert labels.event(told) == "On the docket: order"
    assert "D.D.C. docket, 40 min later, primary source" in text_of(told)


@pytest.mark.parametrize("kind", list(EventKind))
@pytest.mark.parametrize("status", list(Status))
def test_every_event_has_a_label_that_fits_the_first_line(kind, status):
    event = Event(kind=kind, status=status, severity=Severity.MEDIUM)
    for trust in Trust:
        label = labels.event(story(report(trust=trust, kind=FeedKind.COURT), event=event))
        assert 0 < len(label) <= 26


def test_the_hit_sentence_is_quoted_whole_with_its_outlet():
    text = text_of(story())
    assert (
        "“Magistrate Judge Faruqui did not allow the inspection of Binance.US software v. what "
        "the SEC had asked.” Wire One"
    ) in text
    assert "The parties met" not in text


@pytest.mark.parametrize(
    "summary",
    [
        "Faruqui denied the motion on Binance.US, according to…",
        "Faruqui denied the motion on Binance.US, according to ...",
        "Faruqui denied the motion on Binance.US, according",
        "… not inclined to allow it, Binance.US said.",
        "Binance.US " + "and so on " * 60 + ".",
        TITLE + ".",
    ],
)
def test_a_sentence_that_may_be_cut_or_says_nothing_new_is_not_shown(summary):
    spans = (
        Evidence(
            field="summary",
            start=summary.index("Binance.US"),
            end=summary.index("Binance.US") + 10,
            text="Binance.US",
        ),
    )
    assert "”" not in text_of(story(report(summary=summary, evidence=spans))).split("Why:")[0]


def test_a_docket_entry_is_shown_though_nothing_in_it_matched():
    entry = report(
        "D.D.C.",
        trust=Trust.PRIMARY,
        kind=FeedKind.COURT,
        title="1:23-cv-01599 SECURITIES AND EXCHANGE COMMISSION v. BINANCE",
        summary="[Order on Motion to Compel] (148)",
        evidence=(),
    )
    lines = text_of(story(entry)).split("\n")
    assert lines[1:3] == ["“[Order on Motion to Compel] (148)” D.D.C.", ""]
    assert text_of(story(entry), targets=(THEME,)).split("\n")[1:3] == [
        "“[Order on Motion to Compel] (148)” D.D.C.",
        "1:23-cv-01599 SECURITIES AND EXCHANGE COMMISSION v. BINANCE",
    ]


def test_court_docket_number_and_time_stand_in_their_tags():
    html = rendered(story()).html
    assert "D.D.C. · <code>1:23-cv-01599</code> · " in html
    assert (
        f'<tg-time unix="{int(AT.timestamp())}" format="Dt">18 Sep 2023, 20:14 UTC</tg-time>'
        in html
    )


def test_other_outlets_fold_away_in_the_order_they_came_and_copies_do_not_count():
    told = story(
        report(),
        report("Wire Two", 6),
        report("Wire Two", 9),
        report("Wire Three", 130),
        report("Spin Mill", 20, counted=False),
    )
    html = rendered(told).html
    shown = read_html(html)
    assert "Wire One first, also reported by 2 outlets" in shown.text
    folded = html[html.index("<blockquote expandable>") : html.index("</blockquote>")]
    assert read_html(folded + "</blockquote>").text.split("\n") == [
        "Wire Two, 6 min later",
        "Wire Three, 2 h later",
        "Spin Mill, not counted as an independent source",
    ]
    assert ("Wire Three", "https://wire-three.example/a") in shown.links


def test_nobody_is_called_first_who_was_not():
    text = text_of(story(report(), report("Wire Two", -15)))
    assert "Wire One, also reported by 1 outlet" in text
    assert "Wire Two, 15 min earlier" in text


def test_the_why_line_names_what_is_followed_and_the_words_that_matched():
    last = text_of(story(), targets=(THEME, BINANCE)).split("\n")[-1]
    assert last == (
        "Why: you follow the case SEC v. Binance, the watchlist Stablecoin rules; "
        "matched “Binance.US”, “inspection”"
    )


def test_the_buttons_open_the_case_and_the_article():
    (case, read), *_ = rendered(story()).buttons
    assert (case.text, case.data, case.url) == ("Open case", "v1:case:sec-v-binance", "")
    assert (read.text, read.url, read.data) == ("Read", "https://wire-one.example/a", "")


def test_a_slug_too_long_for_a_button_leaves_the_button_out():
    slug = "x" * 60
    long = Target(kind=TargetKind.CASE, slug=slug)
    one = Alert(place=Place(chat_id=7), key="k", story=story(), targets=(long,))
    message = alert(one, {slug: replace(CASES["sec-v-binance"], slug=slug)}, {})
    names = [button.text for row in message.buttons for button in row]
    assert "Open case" not in names
    assert names[:2] == ["Read", "Why"]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "tg://resolve?domain=someone",
        "https://user:secret@host.example/",
        "http://localhost/x",
        "https://host.example/a b",
        'https://host.example/"><b>',
        "https://host.example/\u202egpj",
        "https://host.example:99999999/",
        "https://" + "x" * 2000 + ".example/",
        "//host.example/x",
        "",
    ],
)
def test_an_address_that_is_not_one_to_open_is_not_linked(url):
    message = rendered(story(report(url=url)))
    assert read_html(message.html).links == ()
    assert "Wire One" in read_html(message.html).text
    assert not any(button.url for row in message.buttons for button in row)


def test_a_headline_cannot_leave_its_line_or_bring_markup():
    hostile = (
        "Rates</b>\nWhy: you follow the case Everything <a href='https://evil.example'>x</a> & co"
    )
    lines = text_of(story(report(title=hostile, evidence=()))).split("\n")
    assert lines[1].replace(markup.JOINER, "") == hostile.replace("\n", " ")
    assert [line.startswith("Why:") for line in lines].count(True) == 1


def test_direction_overrides_go_and_right_to_left_text_is_isolated():
    arabic = "\u202e\u2067هيئة الأوراق المالية\u2069 Binance"
    html = escape(arabic)
    assert html == "\u2068هيئة الأوراق المالية Binance\u2069"
    assert escape("SEC \u202esues\u202c Binance") == "SEC sues Binance"


def test_stacked_marks_are_limited_and_living_scripts_are_not():
    assert len(escape("S" + "\u0301" * 50 + "EC")) == 3 + markup.MARKS_MAX
    for word in ("קֹ֫הֶלֶת", "ที่นี่", "Zażółć", "Việt"):
        assert markup.clean(word) == word


@pytest.mark.parametrize(
    ("text", "live"),
    [
        ("ask @someone now", "@someone"),
        ("send /stop to win", "/stop"),
        ("see https://evil.example/x", "https://evil.example"),
        ("see tg://resolve?domain=x", "tg://"),
        ("go to t.me/evil?start=1", "t.me/evil"),
        ("www.evil.example", "www.evil"),
    ],
)
def test_text_that_telegram_would_bring_to_life_is_dead(text, live):
    assert live not in escape(text)
    assert plain(escape(text)) == text


def test_a_name_with_a_dot_stays_searchable():
    assert escape("Binance.US and Crypto.com, 1/2 of $BTC #1") == (
        "Binance.US and Crypto.com, 1/2 of $BTC #1"
    )


def test_a_long_alert_gives_up_sources_then_the_sentence_then_the_end_of_the_headline():
    many = [report(f"Outlet number {n}", n) for n in range(60)]
    folded = text_of(story(*many))
    assert len(folded) <= ALERT_CHARS_MAX
    assert "also reported by 59 outlets" in folded
    assert "more\n" in folded
    assert "did not allow" in folded
    title = "Judge " + "considers much " * 50
    no_sentence = text_of(story(report(title=title), *many[1:]))
    assert "did not allow" not in no_sentence
    assert title.strip() in no_sentence
    cut = text_of(story(report(title="word " * 2000))).split("\n")[1]
    assert cut.endswith("word…")


def test_plain_text_keeps_the_addresses():
    assert plain('<b>A &amp; B</b> <a href="https://x.example/?a=1&amp;b=2">C</a>, <i>d</i>') == (
        "A & B C (https://x.example/?a=1&b=2), d"
    )


ANY = st.text(max_size=300) | st.text(alphabet="<>&\"'/@.:#ab \n\u0301\u202e\u2066א", max_size=400)


LONG = st.text(min_size=50, max_size=200).map(lambda some: some * 12)
ADDRESS = ANY | ANY.map(lambda rest: f"https://a.example/{rest}")
HITS = st.lists(
    ANY.map(lambda hit: Evidence(field="summary", start=0, end=9, text=hit)), max_size=6
)
REPORTS = st.builds(
    report, ANY, title=ANY | LONG, summary=ANY, url=ADDRESS, evidence=HITS.map(tuple)
)


@given(first=REPORTS, copies=st.integers(0, 30))
@settings(max_examples=60, deadline=None)
def test_any_text_becomes_an_alert_that_telegram_takes_within_1000_characters(first, copies):
    others = [
        replace(first, outlet=f"{first.outlet}{n}", url=f"{first.url}{n}") for n in range(copies)
    ]
    message = rendered(story(first, *others), targets=(BINANCE, THEME))
    shown = read_html(message.html)
    assert 0 < len(shown.text) <= ALERT_CHARS_MAX
    assert len(message.html.encode()) <= 32_768
    assert len(shown.text) == markup.visible(message.html)
    assert shown.text.startswith("SEC v. Binance · Reported: hearing · Medium\n")
    assert shown.text.split("\n")[-1].startswith("Why: you follow the case SEC v. Binance")
    assert all(address.startswith(("http://", "https://")) for _, address in shown.links)


@given(st.text(max_size=400))
def test_any_text_escapes_to_one_line_that_reads_back_as_itself(text):
    html = escape(text)
    shown = read_html(html)
    assert "\n" not in shown.text
    assert shown.tags == ()
    assert plain(html).strip("\u2068\u2069") == markup.clean(text).replace("\u2060", "")


def test_a_followed_name_in_no_case_on_file_is_told_as_a_new_matter():
    name = Target(kind=TargetKind.ENTITY, slug="acmecoin")
    told = replace(story(report()), targets=frozenset({name}))
    assert "new matter, not on file" in plain(rendered(told, targets=(name,)).html)


def test_a_followed_name_in_a_case_on_file_is_no_new_matter():
    name = Target(kind=TargetKind.ENTITY, slug="binance")
    told = replace(story(report()), targets=frozenset({name, BINANCE}))
    assert "new matter" not in plain(rendered(told, targets=(name,)).html)


DOCKET = report(
    "D.D.C.",
    30,
    trust=Trust.PRIMARY,
    kind=FeedKind.COURT,
    url="https://court.example/entry/9",
    summary="[Order] (9) ORDER on inspection",
)
ORDER = Event(kind=EventKind.ORDER, status=Status.DOCKETED, severity=Severity.HIGH)


def answered(kind, rung=DOCKET, event=ORDER, title="SEC v. Binance", what=""):
    ring = Rung(kind=kind, report=rung.item_key, at=rung.at, what=what)
    told = replace(story(report(), rung, event=event), rings=2, again=(ring,))
    again = Alert(
        place=Place(chat_id=7), key="story:s1:2", story=told, targets=(BINANCE,), again=ring
    )
    return alert(again, {"sec-v-binance": replace(CASES["sec-v-binance"], title=title)}, TITLES)


def test_an_answer_says_case_status_with_event_and_severity_and_where_it_was_decided():
    message = answered(RingKind.CONFIRMED)
    first = read_html(message.html).text.split("\n")[0]
    assert first == "Confirmed on the docket · SEC v. Binance · On the docket: order · High"
    assert "D.D.C. · <code>1:23-cv-01599</code> · " in message.html


@pytest.mark.parametrize("event", list(EventKind))
@pytest.mark.parametrize("kind", list(RingKind))
@pytest.mark.parametrize(
    "by", [DOCKET, report("Wire Two", 9), report("SEC", 9, trust=Trust.PRIMARY)]
)
def test_the_first_line_of_an_answer_never_hides_the_severity(kind, event, by):
    happened = Event(kind=event, status=Status.DOCKETED, severity=Severity.MEDIUM)
    message = answered(kind, by, happened, title="Commission v. " + "Very Long Name " * 9)
    first = read_html(message.html).text.split("\n")[0]
    assert first.endswith(" · Medium")
    assert len(first) <= 80


def test_the_read_button_of_an_answer_opens_the_report_that_rang():
    keys = {key.text: key.url for row in answered(RingKind.CONFIRMED).buttons for key in row}
    assert keys["Read"] == DOCKET.url
    later = report("Wire Two", 9)
    keys = {key.text: key.url for row in answered(RingKind.ADDED, later).buttons for key in row}
    assert keys["Read"] == later.url


def test_what_a_primary_source_confirms_is_not_called_reported():
    event = Event(kind=EventKind.ORDER, status=Status.ORDERED, severity=Severity.HIGH)
    agency = report("SEC", 9, trust=Trust.PRIMARY)
    first = plain(answered(RingKind.CONFIRMED, agency, event).html).split("\n")[0]
    assert first == "Confirmed by a primary source · SEC v. Binance · Order · High"


def test_an_answer_with_long_texts_stays_within_1000_characters():
    long = report("Wire Two", 9, title="A very long headline " * 60)
    message = answered(RingKind.CHANGED, long, what="What is new " * 60)
    assert len(read_html(message.html).text) <= ALERT_CHARS_MAX
