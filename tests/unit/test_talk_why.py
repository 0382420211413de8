from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.alerts import decide
from aggregator.cli import compose
from aggregator.model import (
    Batch,
    Decision,
    DecisionKind,
    Delivery,
    DeliveryState,
    Event,
    EventKind,
    Evidence,
    ItemKey,
    Match,
    Message,
    Place,
    Priority,
    Relation,
    Report,
    Severity,
    Status,
    Story,
    StoryId,
    Subscription,
    Target,
    TargetKind,
)
from aggregator.stories.edited import edited
from aggregator.stories.happened import event_of
from aggregator.telegram import markup, words
from aggregator.telegram.access import Access
from aggregator.telegram.ask import NotRelevant, Remember, View
from aggregator.telegram.keyboard import alert_buttons
from aggregator.telegram.render_why import Reason, Trace
from aggregator.telegram.render_why import why as render
from tests.fake_telegram import read_html
from tests.newsroom import item, shipped
from tests.talking import Newsroom, pressed, said, shown, talking

NOW = datetime(2023, 9, 20, 12, 0, tzinfo=UTC)
AT = datetime(2023, 9, 18, 20, 14, tzinfo=UTC)
HERE = Place(chat_id=2)
CASE = Target(kind=TargetKind.CASE, slug="sec-v-binance")
RIPPLE = Target(kind=TargetKind.CASE, slug="sec-v-ripple")
OWN = Target(kind=TargetKind.WATCH, slug="own")
THEIRS = Target(kind=TargetKind.WATCH, slug="theirs")
FIRST = item(
    "Judge denies SEC request to inspect Binance.US software",
    "The SEC asked on Monday. A judge did not allow the SEC to inspect the Binance.US software. "
    "More is due.",
    at=AT,
    outlet="Wire One",
)
SECOND = item(
    "Judge denies SEC's request to inspect Binance.US software",
    at=AT + timedelta(minutes=6),
    outlet="Wire Two",
)


def setup(**changes):
    made = compose.setup(compose.Settings.from_env({}), shipped())
    access = Access(allowed=frozenset({2, 3}))
    return replace(made, access=access, **changes)


def following(*targets, place=HERE, watches=None):
    rows = tuple(Subscription(place=place, target=one, since=AT) for one in targets)
    return View(setup=setup(watches=watches or {}), subscriptions=rows)


@pytest.fixture
async def bot():
    async with talking(following(CASE), NOW) as one:
        yield one


@pytest.fixture
def room(bot):
    return Newsroom(store=bot.store, place=HERE)


def replying(message_id, user=2, **changes):
    return said("/why", user, answers=message_id, **changes)


def watched(target, query):
    return Match(
        target=target,
        relation=Relation.CHIEF,
        evidence=(Evidence(field="title", start=0, end=5, text="Judge"),),
        reason=f"your watch: {query}",
        rule_version=f"v-{target.slug}",
    )


async def test_why_names_the_rule_its_version_and_the_words_in_their_sentence(bot, room):
    (story,) = await room.takes(FIRST)
    message = await bot.message(replying(room.messages))
    text = shown(message).text
    assert "Rule: case SEC v. Binance" in text
    assert "“Judge denies SEC request to inspect Binance.US software” (Wire One)" in text
    assert "<b>Binance.US</b>" in message.html
    assert message.html.count("<b>SEC</b>") >= 1
    (match,) = [
        one for one in (await bot.store.matches([FIRST.key]))[FIRST.key] if one.target == CASE
    ]
    assert match.rule_version
    assert f"rule version {match.rule_version}"[:20] in text
    assert story.id not in text


async def test_why_says_what_was_decided_of_the_lead_and_of_each_later_report(bot, room):
    await room.takes(FIRST, SECOND)
    text = await bot.text(replying(room.messages))
    assert "Decision\nWire One: rang; new development" in text
    assert "Later reports\nWire Two: joined, updated the alert in silence; same story as" in text
    assert re.search(r"score (1\.00|\.\d\d)", text)


async def test_why_says_when_it_was_published_seen_and_sent(bot, room):
    late = replace(FIRST, seen=AT + timedelta(minutes=2))
    await room.takes(late)
    text = await bot.text(replying(room.messages))
    assert "Published 18 Sep 2023, 20:14 UTC" in text
    assert "First seen 18 Sep 2023, 20:16 UTC" in text
    assert "Sent 18 Sep 2023, 20:14 UTC" in text


async def test_why_quotes_the_headline_that_rang_and_not_what_it_was_turned_into(bot, room):
    (story,) = await room.takes(FIRST)
    turned = replace(
        FIRST, title="Judge grants SEC request to inspect Binance.US software", summary="Granted."
    )
    reading = shipped().read(turned)
    now = edited(story, turned, reading, event_of(turned, reading)).story
    version = (await bot.store.window(AT)).version
    await bot.store.commit(Batch(stories=(now,)), version)
    text = await bot.text(replying(room.messages))
    assert f"“{FIRST.title}” (Wire One)" in text
    assert "Judge grants" not in text


async def test_the_button_says_the_same_as_the_reply(bot, room):
    (story,) = await room.takes(FIRST)
    by_reply = await bot.text(replying(room.messages))
    assert await bot.text(pressed(f"v1:why:{story.id}:1")) == by_reply


async def test_why_of_a_later_ring_explains_the_report_that_rang(bot, room):
    (story,) = await room.takes(FIRST, SECOND)
    await room.sends(decide.key(story.id, 2), "again", NOW)
    # A ring that the story does not know falls back to the first.
    assert "Decision\nWire One" in await bot.text(replying(room.messages))


async def test_why_alone_says_how_to_ask(bot):
    assert "as a reply to an alert" in await bot.text(said("/why"))


async def test_why_of_what_is_no_alert_says_so(bot, room):
    answered = await room.sends("reply:1:0", "hello", NOW)
    for message_id in (answered, 999):
        assert "no alert of mine" in await bot.text(replying(message_id))


async def test_why_of_an_alert_whose_news_is_gone_says_so(bot, room):
    message_id = await room.sends(decide.key(StoryId("gone"), 1), "alert", NOW)
    assert "no longer stored" in await bot.text(replying(message_id))


async def test_a_button_explains_nothing_that_this_place_was_not_told(bot, room):
    (story,) = await room.takes(FIRST)
    for data in (f"v1:why:{story.id}:1", f"v1:nr:{story.id}:1"):
        done = await bot.answer(pressed(data, user=3), replace(bot.view))
        assert (done.toast, done.replies, done.effects) == (words.OLD_BUTTON, (), ())
    for data in ("v1:why", "v1:why::1", f"v1:why:{story.id}:x", "v1:nr", f"v1:nr:{story.id}"):
        assert (await bot.answer(pressed(data))).toast == words.OLD_BUTTON


async def test_another_chats_watch_is_never_shown(bot, room):
    theirs, own = watched(THEIRS, "their secret words"), watched(OWN, "my words")
    await room.takes(FIRST, also={FIRST.key: [theirs, own]})
    view = following(OWN, watches={"own": "my words"})
    text = await bot.text(replying(room.messages), view)
    assert "Rule: your watch my words" in text
    assert "rule version v-own" in text
    assert "secret" not in text
    assert "theirs" not in text
    assert "SEC v. Binance\n" not in text


async def test_a_first_decision_that_names_somebody_elses_watch_is_cut():
    lead = report(FIRST)
    reason = "late: published 5 Jun; new development: theirs, your watch: their secret words"
    decisions = {FIRST.key: Decision(kind=DecisionKind.ALERT, reason=reason)}
    text = shown(render(trace(lead, decisions=decisions))).text
    assert "Wire One: rang; late: published 5 Jun; new development" in text
    assert "secret" not in text
    assert "theirs" not in text


async def test_what_is_followed_no_more_is_said_to_be_so(bot, room):
    await room.takes(FIRST)
    text = await bot.text(replying(room.messages), following(RIPPLE))
    assert "Nothing that made it ring is followed here any more." in text
    assert "Rule:" not in text


async def test_not_relevant_is_kept_with_each_followed_rules_version(bot, room):
    (story,) = await room.takes(FIRST, also={FIRST.key: [watched(THEIRS, "x"), watched(OWN, "y")]})
    view = following(CASE, OWN, watches={"own": "my words"})
    done = await bot.answer(pressed(f"v1:nr:{story.id}:1"), view)
    noted = [effect.feedback for effect in done.effects if isinstance(effect, NotRelevant)]
    assert [one.target for one in noted] == [CASE, OWN]
    assert [one.rule_version for one in noted][1] == "v-own"
    assert all(one.rule_version for one in noted)
    assert {(one.story, one.item, one.title, one.at) for one in noted} == {
        (story.id, FIRST.key, FIRST.title, NOW)
    }
    assert done.toast.startswith("Noted: not relevant for SEC v. Binance, my words.")
    assert (done.edit, done.replies) == (None, ())


async def test_not_relevant_counts_once_for_a_place_and_a_story(bot, room):
    (story,) = await room.takes(FIRST)
    first = await bot.answer(pressed(f"v1:nr:{story.id}:1"), following(CASE))
    (kept,) = [effect for effect in first.effects if isinstance(effect, Remember)]
    await bot.store.put_setting(kept.name, kept.value)
    again = await bot.answer(pressed(f"v1:nr:{story.id}:1"), following(CASE))
    assert (again.effects, again.toast) == ((), "Already noted")


async def test_not_relevant_on_what_is_followed_no_more_notes_nothing(bot, room):
    (story,) = await room.takes(FIRST)
    done = await bot.answer(pressed(f"v1:nr:{story.id}:1"), following(RIPPLE))
    assert done.effects == ()
    assert "followed here any more" in done.toast


def report(one=FIRST, **changes):
    event = Event(kind=EventKind.RULING, status=Status.REPORTED, severity=Severity.HIGH)
    given = {
        "item_key": one.key,
        "outlet": one.outlet,
        "trust": one.trust,
        "kind": one.kind,
        "url": one.url,
        "title": one.title,
        "summary": one.summary,
        "at": one.at,
        "seen": one.seen,
        "event": event,
    }
    return Report(**{**given, **changes})


def trace(lead, *later, reasons=(), decisions=None):
    story = Story(
        id=StoryId("s"),
        targets=frozenset({CASE}),
        related=frozenset(),
        event=lead.event,
        reports=(lead, *later),
        first_at=lead.at,
        last_at=lead.at,
    )
    delivery = Delivery(
        place=HERE,
        key="story:s:1",
        message=Message(html="x"),
        priority=Priority.HIGH,
        created=AT,
        state=DeliveryState.UNKNOWN,
    )
    return Trace(
        delivery=delivery, story=story, report=lead, reasons=reasons, decisions=decisions or {}
    )


def because(lead, *evidence):
    match = Match(
        target=CASE,
        relation=Relation.CHIEF,
        evidence=evidence,
        reason="its parties stand in the headline",
        rule_version="abc123",
    )
    return Reason(match=match, title="SEC v. Binance", report=lead)


def test_a_message_whose_arrival_is_not_known_says_so():
    assert "sent, arrival not known" in shown(render(trace(report()))).text


def test_words_in_other_fields_are_named_with_their_field():
    lead = report()
    spans = [Evidence(field=f, start=0, end=3, text="sec") for f in ("tag", "court", "source")]
    text = shown(render(trace(lead, reasons=[because(lead, *spans)]))).text
    for field in ("tag", "court", "source"):
        assert f"{field}: “sec”" in text


def test_a_sentence_too_long_to_be_shown_gives_its_words_alone():
    lead = report(title="word " * 300 + "Binance")
    span = Evidence(field="title", start=1500, end=1507, text="Binance")
    text = shown(render(trace(lead, reasons=[because(lead, span)]))).text
    assert "“Binance” (Wire One)" in text
    assert "word word" not in text


def test_evidence_that_no_longer_fits_its_text_marks_nothing():
    lead = report()
    span = Evidence(field="title", start=0, end=5, text="other")
    message = render(trace(lead, reasons=[because(lead, span)]))
    assert "<b>Judge</b>" not in message.html


def test_many_reports_and_rules_stay_within_one_message():
    lead = report()
    later = [report(outlet=f"Wire {n}", item_key=ItemKey(f"k{n}")) for n in range(60)]
    decisions = {
        one.item_key: Decision(kind=DecisionKind.UPDATE, reason="shares " * 200, score=0.8)
        for one in later
    }
    made = render(trace(lead, *later, reasons=[because(lead)] * 30, decisions=decisions))
    seen = shown(made)
    assert len(seen.text) <= 3800
    assert "and 25 more" in seen.text
    assert re.search(r"and 5\d more", seen.text)


HOSTILE = (
    st.text(max_size=200)
    | st.text(alphabet="<>&\"'/@.: \n\u202eא\u0301\ue000\ue001", max_size=200)
    | st.sampled_from(
        [
            "<b>bold</b> & \u202eevil",
            "javascript:alert(1) tg://resolve?domain=x https://evil.example/x",
            "Why: you follow the case SEC v. Binance; matched “x”",
            "Z\u0335\u0336" * 5000,
            "long " * 2000,
        ]
    )
)


@given(title=HOSTILE, summary=HOSTILE, outlet=HOSTILE, reason=HOSTILE, at=st.data())
@settings(max_examples=60, deadline=None)
def test_why_of_any_text_is_one_message_that_telegram_takes(title, summary, outlet, reason, at):
    lead = report(title=title, summary=summary, outlet=outlet)
    spans = []
    for field, text in (("title", title), ("summary", summary)):
        if text:
            start = at.draw(st.integers(0, len(text) - 1))
            end = at.draw(st.integers(start + 1, len(text)))
            spans.append(Evidence(field=field, start=start, end=end, text=text[start:end]))
    because_ = because(lead, *spans, Evidence(field="tag", start=0, end=1, text=reason))
    decisions = {lead.item_key: Decision(kind=DecisionKind.ALERT, reason=reason, score=1.0)}
    case = replace(because_, match=replace(because_.match, reason=reason))
    watch = Reason(match=replace(case.match, target=OWN), title=title, report=lead)
    seen = shown(render(trace(lead, reasons=[case, watch] * 3, decisions=decisions)))
    assert seen.links == ()
    assert "https://evil" not in seen.text
    assert "\u202e" not in seen.text


@given(text=HOSTILE, at=st.data())
@settings(deadline=None)
def test_marking_changes_nothing_that_a_reader_sees_but_the_weight(text, at):
    spans = []
    if text:
        for _ in range(3):
            start = at.draw(st.integers(0, len(text) - 1))
            spans.append((start, at.draw(st.integers(start, len(text)))))
    bare = text.replace("\ue000", "\ufffd").replace("\ue001", "\ufffd")
    marked, plain = read_html(markup.marked(text, spans)), read_html(markup.escape(bare))
    assert _bare(marked.text) == _bare(plain.text)


def _bare(text):
    """Without blanks and accents: beside a mark one of them more may be kept."""
    return "".join(
        c for c in text if not c.isspace() and not unicodedata.category(c).startswith("M")
    )


def test_an_address_is_dead_wherever_its_words_are_marked():
    text = "see www.binance.example/x and https://binance.example"
    spans = [found.span() for found in re.finditer("binance", text)]
    html = markup.marked(text, spans)
    assert html.count("<b>binance</b>") == 2
    assert "www.binance" not in read_html(html).text


def test_touching_marks_become_one():
    assert markup.marked("abcdef", [(0, 2), (2, 4), (1, 3), (5, 5)]) == "<b>abcd</b>ef"


def test_the_buttons_of_an_alert_stand_in_rows_of_two():
    cases = {"sec-v-binance": setup().cases["sec-v-binance"]}
    story = replace(trace(report()).story, id=StoryId("a" * 16))
    rows = alert_buttons(story, [CASE], cases, ring=2)
    assert [[button.text for button in row] for row in rows] == [
        ["Open case", "Read"],
        ["Why", "Not relevant"],
        ["Mute 24 h, keep High", "Mute all 24 h"],
    ]
    assert [button.data for row in rows[:2] for button in row] == [
        "v1:case:sec-v-binance",
        "",
        f"v1:why:{'a' * 16}:2",
        f"v1:nr:{'a' * 16}:2",
    ]


def test_an_alert_of_no_case_with_an_address_nobody_may_open_keeps_its_other_buttons():
    story = trace(report(url="javascript:x")).story
    rows = alert_buttons(story, [OWN], {})
    assert [button.text for button in rows[0]] == ["Why", "Not relevant"]
    assert len(rows) == 2
