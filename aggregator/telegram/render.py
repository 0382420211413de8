"""An alert as Telegram HTML: what it carries, in which order, and what gives way when it is long.

Case, event and severity come first because the notification shows only that.  Everything from a
feed passes through `markup`; apart from labels, nothing here says anything about a case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from aggregator.model import (
    Alert,
    Case,
    FeedKind,
    Message,
    Report,
    RingKind,
    Rung,
    Story,
    Target,
    TargetKind,
    Trust,
)
from aggregator.stories.outcome import disagreement
from aggregator.stories.told import as_told, before
from aggregator.telegram import labels, markup, words
from aggregator.telegram.keyboard import alert_buttons
from aggregator.telegram.markup import escape, plain
from aggregator.telegram.sentence import docket_entry, hit_sentence

__all__ = ["ALERT_CHARS_MAX", "alert", "escape", "plain"]

ALERT_CHARS_MAX = 1000
HTML_BYTES_MAX = 30_000
"""Telegram takes 32,768 before it reads the tags; the rest is left to a prefix."""
TITLE_CHARS_MAX = 40
"""The first line must be over within 80 characters: title, event (25) and severity (6)."""
OUTLET_CHARS_MAX = 60
SOURCES_MAX = 20
"""Telegram keeps 100 entities of a message and drops the rest in silence."""
WORDS_MAX, WORD_CHARS_MAX = 4, 40
FOLLOWED_MAX = 3
AGAIN_CHARS = (300, 200, 120, 60)
"""Of each text in an answer to an alert; the first with which all of it fits."""
HEAD_CHARS_MAX = 80
"""What a notification shows."""
HEAD_TITLE_CHARS_MIN = 10
NOW_READS_CHARS_MAX = 120
FAULTS_MAX, FAULT_CHARS_MAX = 8, 300
CORRECTION = re.compile(r"\W*(?:correct(?:ion|ed)|clarification)\b", re.IGNORECASE)
DOCKET_CHARS_MAX = 40
COURT_CHARS_MAX = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much of an alert is shown."""

    sources: int
    sentence: bool = True
    headline_chars: int = 0
    """0 shows the headline whole."""
    hits: int = WORDS_MAX


def alert(alert: Alert, cases: Mapping[str, Case], titles: Mapping[Target, str]) -> Message:
    """Return the message for one place: at most `ALERT_CHARS_MAX` characters of text, always."""
    targets = sorted(alert.targets)
    if alert.again is not None:
        return _again(alert, alert.again, targets, cases, titles)
    html = ""
    for plan in _plans(alert.story):
        html = _html(alert.story, targets, cases, titles, plan)
        fits = markup.visible(html) <= ALERT_CHARS_MAX
        if fits and len(html.encode()) <= HTML_BYTES_MAX:
            break
    return Message(html=html, buttons=alert_buttons(alert.story, targets, cases))


def faults(found: Sequence[str]) -> Message:
    """Return the notice to the operator that a changed file was refused."""
    lines = [words.RULES_REFUSED]
    lines += [
        f"<code>{escape(markup.clip(fault, FAULT_CHARS_MAX))}</code>"
        for fault in found[:FAULTS_MAX]
    ]
    if len(found) > FAULTS_MAX:
        lines.append(words.and_more(len(found) - FAULTS_MAX))
    return Message(html="\n".join(lines))


def _again(
    alert: Alert,
    rung: Rung,
    targets: Sequence[Target],
    cases: Mapping[str, Case],
    titles: Mapping[Target, str],
) -> Message:
    """Return the answer to an alert: what rang again, by whom, and what was said before."""
    ring = _number(alert.story, rung)
    story = as_told(alert.story, ring)
    stood = before(alert.story, ring) if rung.kind is RingKind.CHANGED and ring > 1 else None
    report = next((one for one in story.reports if one.item_key == rung.report), story.lead)
    head = _again_line(rung, report, story, _called(targets, cases, titles))
    said = report.summary if report.kind is FeedKind.COURT else report.title
    why = f"<i>{words.WHY}: {_why(story, targets, cases, titles, 0)}</i>"
    html = ""
    for chars in AGAIN_CHARS:
        lines = [head]
        if rung.what:
            lines.append(f"<b>{escape(markup.clip(rung.what, chars))}</b>")
        lines += [
            escape(markup.clip(said or report.title, chars)) or words.TITLE_MISSING,
            *_now_reads(report, alert.story, chars),
            _where(report, targets, cases),
            _outlet(report),
        ]
        if stood is not None:
            said_before = escape(markup.clip(stood.title, chars))
            lines.append(f"{words.BEFORE}: {said_before} ({_outlet(stood)})")
        html = "\n".join([*lines, why])
        if markup.visible(html) <= ALERT_CHARS_MAX:
            break
    return Message(
        html=html, buttons=alert_buttons(story, targets, cases, report=report, ring=ring)
    )


def _again_line(rung: Rung, report: Report, story: Story, title: str) -> str:
    """Return the first line of an answer: its kind, case, status with event, and severity.

    The title is cut where a notification would not show the severity.
    """
    kind, event = _again_head(rung, report), labels.event(story, report)
    severity = words.SEVERITY[story.event.severity]
    rest = len(f"{kind} ·  · {event} · {severity}")
    title = markup.clip(title, max(HEAD_CHARS_MAX - rest, HEAD_TITLE_CHARS_MIN))
    parts = [f"<b>{markup.own(title)}</b>"] if title else []
    return " · ".join([kind, *parts, event, f"<b>{severity}</b>"])


def _number(story: Story, rung: Rung) -> int:
    """Return which ring of its story it is; the first is 1."""
    return 2 + story.again.index(rung) if rung in story.again else 1


def _again_head(rung: Rung, report: Report) -> str:
    """Return what kind of answer it is; a correction only where the source calls it one."""
    match rung.kind:
        case RingKind.CONFIRMED if report.kind is not FeedKind.COURT:
            return words.CONFIRMED_BY_PRIMARY
        case RingKind.CHANGED if CORRECTION.match(report.title):
            return words.CORRECTION
        case kind:
            return words.AGAIN[kind]


def _plans(story: Story) -> Iterator[Plan]:
    """Yield what to try, longest first: fewer sources, then no sentence, then a cut headline."""
    rest = min(len(story.reports) - 1, SOURCES_MAX)
    for sources in range(rest, -1, -1):
        yield Plan(sources=sources)
    yield Plan(sources=0, sentence=False)
    for chars in (600, 400, 300, 200, 120):
        yield Plan(sources=0, sentence=False, headline_chars=chars)
    # Text made of nothing but addresses doubles when its links are made dead.
    yield Plan(sources=0, sentence=False, headline_chars=80, hits=1)


def _html(
    story: Story,
    targets: Sequence[Target],
    cases: Mapping[str, Case],
    titles: Mapping[Target, str],
    plan: Plan,
) -> str:
    told = as_told(story, 1)
    lead = told.lead
    lines = [_first_line(told, targets, cases, titles)]
    if story.late:
        lines.append(f"{words.LATE}: {words.published_on(lead.at, lead.seen)}")
    chars = min(plan.headline_chars or NOW_READS_CHARS_MAX, NOW_READS_CHARS_MAX)
    now = _now_reads(lead, story, chars)
    lines += _told(lead, now, plan, named=_case(targets, cases) is not None)
    if story.like_title:
        lines.append(f"{words.MAY_BE_SAME}: {escape(markup.clip(story.like_title, 120))}")
    if plan.sentence and (sides := disagreement(story.reports)):
        said = "; ".join(f"{_outlet(one, linked=False)} “{escape(what)}”" for one, what in sides)
        lines.append(f"{words.SOURCES_DIFFER}: {said}")
    lines += ["", _where(lead, targets, cases), _sources(story, plan.sources)]
    lines.append(f"<i>{words.WHY}: {_why(told, targets, cases, titles, plan.hits)}</i>")
    return "\n".join(lines)


def _told(lead: Report, now: Sequence[str], plan: Plan, *, named: bool) -> list[str]:
    """Return the headline, with what it says `now`, and the hit sentence.

    A court's feed has the case's name for a title and the entry for a summary, so there the entry
    leads, and the title follows where the first line does not name the case already.
    """
    chars = plan.headline_chars or len(lead.title)
    headline = escape(markup.clip(lead.title, chars)) or words.TITLE_MISSING
    if not plan.sentence:
        return [headline, *now]
    by = _outlet(lead, linked=False)
    if lead.kind is FeedKind.COURT and (entry := docket_entry(lead.summary)):
        quoted = f"“{escape(entry)}” {by}"
        return [quoted, *now] if named else [quoted, headline, *now]
    sentence = hit_sentence(lead.title, lead.summary, lead.evidence)
    quoted = f"“{escape(sentence)}” {by}"
    return [headline, *now, "", quoted] if sentence else [headline, *now]


def _now_reads(told: Report, story: Story, chars: int) -> list[str]:
    """Return a line with what the headline of `told` says now, if its publisher turned it since."""
    now = next((one for one in story.reports if one.item_key == told.item_key), told)
    if now.title == told.title:
        return []
    return [f"{words.NOW_READS}: {escape(markup.clip(now.title, chars))}"]


def _first_line(
    story: Story,
    targets: Sequence[Target],
    cases: Mapping[str, Case],
    titles: Mapping[Target, str],
) -> str:
    title = markup.own(_called(targets, cases, titles))
    severity = words.SEVERITY[story.event.severity]
    parts = [f"<b>{title}</b>"] if title else []
    return " · ".join([*parts, labels.event(story), f"<b>{severity}</b>"])


def _called(
    targets: Sequence[Target], cases: Mapping[str, Case], titles: Mapping[Target, str]
) -> str:
    """Return what the first of `targets` is called, as text."""
    if not targets:
        return ""
    target = targets[0]
    case = cases.get(target.slug) if target.kind is TargetKind.CASE else None
    title = case.title if case is not None else titles.get(target, target.slug)
    return markup.clip(title, TITLE_CHARS_MAX)


def _where(lead: Report, targets: Sequence[Target], cases: Mapping[str, Case]) -> str:
    """Return court and docket number of the first followed case, and when it was reported."""
    parts = [markup.time(lead.at)]
    case = _case(targets, cases)
    if case is not None:
        if case.docket:
            number = markup.own(markup.clip(case.docket, DOCKET_CHARS_MAX))
            parts.insert(0, f"<code>{number}</code>")
        if court := case.court_name or case.court:
            parts.insert(0, markup.own(markup.clip(court, COURT_CHARS_MAX)))
    return " · ".join(parts)


def _case(targets: Sequence[Target], cases: Mapping[str, Case]) -> Case | None:
    slugs = (target.slug for target in targets if target.kind is TargetKind.CASE)
    return next((cases[slug] for slug in slugs if slug in cases), None)


def _sources(story: Story, shown: int) -> str:
    """Return who had it first and who else has it, the others folded away."""
    lead = story.lead
    counted, copies = _others(story)
    line = _outlet(lead)
    if not counted and lead.trust is not Trust.PRIMARY:
        line = f"{line} {words.REPORTS_UNCONFIRMED}"
    if counted:
        is_first = all(lead.at <= report.at for report in counted)
        mark = f" {words.FIRST}" if is_first else ""
        line = f"{line}{mark}, <b>{words.also_reported(len(counted))}</b>"
    listed = [_also(report, lead) for report in counted] + [_copy(report) for report in copies]
    if not listed or not shown:
        return line
    if len(listed) > shown:
        listed = [*listed[:shown], words.and_more(len(listed) - shown)]
    return f"{line}\n<blockquote expandable>{chr(10).join(listed)}</blockquote>"


def _others(story: Story) -> tuple[list[Report], list[Report]]:
    """Return the first report of every other outlet: those that count, and the copies."""
    counted: dict[str, Report] = {}
    copies: dict[str, Report] = {}
    for report in story.reports:
        if report.outlet == story.lead.outlet:
            continue
        (counted if report.counted else copies).setdefault(report.outlet, report)
    return list(counted.values()), [one for name, one in copies.items() if name not in counted]


def _also(report: Report, lead: Report) -> str:
    parts = [_outlet(report), words.later(report.at - lead.at)]
    if report.trust is Trust.PRIMARY and lead.trust is not Trust.PRIMARY:
        parts.append(words.PRIMARY)
    return ", ".join(parts)


def _copy(report: Report) -> str:
    return f"{_outlet(report)}, {words.NOT_COUNTED}"


def _outlet(report: Report, *, linked: bool = True) -> str:
    name = markup.clip(report.outlet, OUTLET_CHARS_MAX) or words.SOURCE
    return markup.link(report.url, name) if linked else escape(name)


def _why(
    story: Story,
    targets: Sequence[Target],
    cases: Mapping[str, Case],
    titles: Mapping[Target, str],
    hits_max: int,
) -> str:
    shown = [
        (target.kind, markup.own(_called([target], cases, titles)))
        for target in targets[:FOLLOWED_MAX]
    ]
    parts = [words.followed(shown, len(targets) - len(shown))] if shown else []
    told = story.targets | story.related
    if any(t.kind is TargetKind.ENTITY for t in targets) and not any(
        t.kind is TargetKind.CASE for t in told
    ):
        parts.append(words.NEW_MATTER)
    if all(target.kind is TargetKind.WATCH for target in targets):
        # The query says it already, and the words may be those of somebody else's watch.
        return "; ".join(parts)
    hits = dict.fromkeys(
        markup.clip(one.text, WORD_CHARS_MAX)
        for one in story.lead.evidence
        if one.field in {"title", "summary"}
    )
    quoted = ", ".join(f"“{escape(hit)}”" for hit in list(hits)[:hits_max] if hit)
    return "; ".join([*parts, *([words.matched(quoted)] if quoted else [])])
