"""A digest as one Telegram message, a line a story, as many as fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from aggregator.alerts.digest import Digest
from aggregator.model import Message, Story, Target
from aggregator.telegram import labels, markup, words
from aggregator.telegram.markup import clip, own

CHARS_MAX = 3800
HTML_BYTES_MAX = 30_000
"""Telegram takes 4,096 characters and 32,768 bytes of HTML; the rest is for the last line."""
STORIES_MAX, RELATED_MAX = 30, 10
"""Two entities a line: Telegram keeps 100 of a message and drops the rest in silence."""
TITLE_CHARS_MAX = 80
HEADLINE_CHARS_MAX = 160
OUTLET_CHARS_MAX = 40


def digest(of: Digest, titles: Mapping[Target, str]) -> Message:
    """Return the message; one without news says so, without a sound."""
    target = of.route.target
    title = own(clip(titles.get(target, target.slug), TITLE_CHARS_MAX))
    head = f"<b>{title}</b> · {words.DIGEST} · {markup.time(of.until)}"
    start = markup.time(of.since)
    if not of.chief and not of.related:
        return Message(html=f"{head}\n{words.nothing_new_since(start)}", silent=True)
    kept = [head, words.digest_of(len(of.chief), start)]
    shown = len(of.chief[:STORIES_MAX])
    budget = _Budget("\n".join(kept))
    for number, line in enumerate(_lines(of.chief[:STORIES_MAX])):
        if not budget.takes(line):
            shown = number
            break
        kept.append(line)
    if more := len(of.chief) - shown:
        kept.append(words.and_more(more))
    kept += _related(of.related, budget)
    return Message(html="\n".join(kept))


class _Budget:
    """What is left of one message."""

    def __init__(self, html: str) -> None:
        self._chars, self._bytes = markup.visible(html), len(html.encode())

    def takes(self, line: str) -> bool:
        """Say whether `line` still fits, and count it if so."""
        chars = self._chars + markup.visible(line) + 1
        size = self._bytes + len(line.encode()) + 1
        if chars > CHARS_MAX or size > HTML_BYTES_MAX:
            return False
        self._chars, self._bytes = chars, size
        return True


def _related(stories: Sequence[Story], budget: _Budget) -> list[str]:
    """Return the stories that only touch it, folded away; only their number when full."""
    if not stories:
        return []
    head = f"\n{words.also_touched(len(stories))}"
    lines = [line for line in map(_headline, stories[:RELATED_MAX]) if budget.takes(line)]
    if more := len(stories) - len(lines):
        lines.append(words.and_more(more))
    return [f"{head}\n<blockquote expandable>{chr(10).join(lines)}</blockquote>"]


def _lines(stories: Sequence[Story]) -> Iterator[str]:
    for story in stories:
        severity = words.SEVERITY[story.event.severity]
        yield f"\n<b>{severity}</b> · {labels.event(story)}\n{_headline(story)}"


def _headline(story: Story) -> str:
    lead = story.lead
    title = clip(lead.title, HEADLINE_CHARS_MAX) or words.TITLE_MISSING
    parts = [markup.link(lead.url, title), markup.escape(clip(lead.outlet, OUTLET_CHARS_MAX))]
    others = {report.outlet for report in story.reports if report.counted} - {lead.outlet}
    if others:
        parts.append(words.also_reported(len(others)))
    return " · ".join(part for part in parts if part)
