"""Why an alert was sent, as Telegram HTML: the rule, its words in the text, what was decided."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aggregator.model import (
    Decision,
    Delivery,
    DeliveryState,
    Evidence,
    ItemKey,
    Match,
    Message,
    Report,
    Story,
    TargetKind,
)
from aggregator.stories.similar import shown
from aggregator.telegram import markup
from aggregator.telegram.markup import clip, escape, own
from aggregator.telegram.sentence import sentences
from aggregator.telegram.words import why as said

CHARS_MAX = 3800
HTML_BYTES_MAX = 30_000
RULES_MAX = 5
LATER_MAX = 10
TEXT_CHARS_MAX = 500
"""Of a headline or a sentence with its words marked; a longer one gives the words alone."""
WORDS_MAX, WORD_CHARS_MAX = 6, 40
TITLE_CHARS_MAX = 80
REASON_CHARS_MAX = 240
OUTLET_CHARS_MAX = 60
VERSION_CHARS_MAX = 24

NEW = re.compile(rf"({said.NEW}): .*", re.DOTALL)
"""A first decision names the first rule that matched, which may be somebody else's watch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A followed rule, what it is called, and the report whose words made it hold."""

    match: Match
    title: str
    report: Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Everything that explains one alert at one place."""

    delivery: Delivery
    story: Story
    report: Report
    """The one that rang."""
    reasons: Sequence[Reason]
    decisions: Mapping[ItemKey, Decision]


def why(trace: Trace) -> Message:
    """Return the explanation, as much of it as one message holds."""
    blocks = [f"<b>{said.TITLE}</b>", _times(trace)]
    blocks += [_rule(reason) for reason in trace.reasons[:RULES_MAX]] or [said.NOTHING_FOLLOWED]
    if (more := len(trace.reasons) - RULES_MAX) > 0:
        blocks.append(said.and_more(more))
    blocks.append(f"<b>{said.DECIDED}</b>\n{_decided(trace, trace.report)}")
    lines: list[str] = []
    later = [report for report in trace.story.reports if report is not trace.report]
    for report in later[:LATER_MAX]:
        lines.append(_decided(trace, report))
        if not _fits([*blocks, *lines]):
            lines.pop()
            break
    if lines:
        left = len(later) - len(lines)
        rest = [said.and_more(left)] if left else []
        blocks.append("\n".join([f"<b>{said.LATER}</b>", *lines, *rest]))
    return Message(html="\n\n".join(blocks))


def _fits(blocks: Sequence[str]) -> bool:
    html = "\n\n".join(blocks)
    return markup.visible(html) <= CHARS_MAX and len(html.encode()) <= HTML_BYTES_MAX


def _times(trace: Trace) -> str:
    delivery, report = trace.delivery, trace.report
    parts = [said.published(markup.time(report.at)), said.seen(markup.time(report.seen, "DT"))]
    if delivery.sent is not None:
        parts.append(said.sent(markup.time(delivery.sent, "DT")))
    if delivery.state is not DeliveryState.SENT:
        parts.append(said.STATE[delivery.state])
    return "\n".join(parts)


def _rule(reason: Reason) -> str:
    """Return one rule: what it is called, why it holds, and its words where they stand."""
    match, report = reason.match, reason.report
    version = own(clip(match.rule_version, VERSION_CHARS_MAX))
    # What a watch is called is what somebody typed, and its reason is the same once more.
    typed = match.target.kind is TargetKind.WATCH
    title = (escape if typed else own)(clip(reason.title, TITLE_CHARS_MAX))
    lines = [f"{said.RULE}: {said.KIND[match.target.kind]} <b>{title}</b>"]
    if not typed:
        lines.append(escape(clip(match.reason, REASON_CHARS_MAX)))
    lines += [f"{text} ({_outlet(report)})" for text in _marked(match.evidence, report)]
    if version:
        lines.append(said.version(version))
    return "\n".join(line for line in lines if line)


def _marked(evidence: Sequence[Evidence], report: Report) -> list[str]:
    """Return the headline and the sentences that hold the words, marked; other fields by name."""
    found: list[str] = []
    title = _of("title", report.title, evidence)
    if title:
        found.append(_quoted(report.title, title))
    text = _of("summary", report.summary, evidence)
    for start, end in sentences(report.summary) if text else ():
        inside = [(a - start, b - start) for a, b in text if start <= a and b <= end]
        if inside:
            found.append(_quoted(report.summary[start:end], inside))
    found += [
        f"{said.FIELD[field]}: {words}"
        for field in ("source", "court", "tag", "url")
        if (words := _words([one.text for one in evidence if one.field == field]))
    ]
    return found[:WORDS_MAX]


def _of(field: str, text: str, evidence: Sequence[Evidence]) -> list[tuple[int, int]]:
    """Return the spans in one field that still say what they said."""
    return [
        (one.start, one.end)
        for one in evidence
        if one.field == field and text[one.start : one.end] == one.text
    ]


def _quoted(text: str, places: Sequence[tuple[int, int]]) -> str:
    if len(text) > TEXT_CHARS_MAX:
        return _words([text[start:end] for start, end in places])
    return f"“{markup.marked(text, places)}”"


def _words(words: Sequence[str]) -> str:
    kept = list(dict.fromkeys(clip(word, WORD_CHARS_MAX) for word in words))[:WORDS_MAX]
    return ", ".join(f"“<b>{escape(word)}</b>”" for word in kept if word)


def _decided(trace: Trace, report: Report) -> str:
    """Return who reported, what that led to, and how alike it was to what it joined."""
    line = _outlet(report)
    decision = trace.decisions.get(report.item_key)
    if decision is None:
        return line
    reason = clip(NEW.sub(r"\1", decision.reason), REASON_CHARS_MAX)
    parts = [said.DECISION[decision.kind], escape(reason)]
    if decision.score is not None and said.SCORE not in reason:
        parts.append(f"{said.SCORE} {shown(decision.score)}")
    return f"{line}: {'; '.join(part for part in parts if part)}"


def _outlet(report: Report) -> str:
    return escape(clip(report.outlet, OUTLET_CHARS_MAX)) or said.FIELD["source"]
