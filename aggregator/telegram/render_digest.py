"""A digest as one Telegram message, a line a story, as many as fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import takewhile

from aggregator.alerts import quiet
from aggregator.alerts.digest import Digest
from aggregator.alerts.personal import Personal, named
from aggregator.alerts.zones import zone
from aggregator.feeds.health import Sources
from aggregator.model import Message, Story, Target, TargetKind, Trust
from aggregator.telegram import buttons, labels, markup, words
from aggregator.telegram.markup import clip, own
from aggregator.telegram.naming import Setup
from aggregator.telegram.words import digest as said
from aggregator.telegram.words.status import possible_loss

CHARS_MAX = 3800
HTML_BYTES_MAX = 30_000
"""Telegram takes 4,096 characters and 32,768 bytes of HTML; the rest is for the last line."""
STORIES_MAX, RELATED_MAX = 30, 10
"""Two entities a line: Telegram keeps 100 of a message and drops the rest in silence."""
TITLE_CHARS_MAX = 80
HEADLINE_CHARS_MAX = 160
OUTLET_CHARS_MAX = 40
LINE_TITLE_CHARS_MAX = 40
CASES_MAX, BLIND_MAX, GAPS_MAX = 4, 8, 5
WHY_CHARS_MAX = 80


def digest(of: Digest, titles: Mapping[Target, str]) -> Message:
    """Return the message; one without news says so, without a sound."""
    target = of.route.target
    title = own(clip(titles.get(target, target.slug), TITLE_CHARS_MAX))
    head = f"<b>{title}</b> · {words.DIGEST} · {markup.time(of.until)}"
    start = markup.time(of.since)
    if not of.chief and not of.related:
        return Message(html=f"{head}\n{words.nothing_new_since(start)}", silent=True)
    kept = [head, words.digest_of(len(of.chief), start)]
    budget = _Budget("\n".join(kept))
    kept += _chief(of.chief, [_line(story, "") for story in of.chief[:STORIES_MAX]], budget)
    kept += _related(of.related, budget)
    return Message(html="\n".join(kept))


def own_digest(of: Personal, setup: Setup, sight: Sources) -> Message:
    """Return a place's own digest; one without any news is one line, without a sound.

    Possible losses come first: they are what a reader has to look up elsewhere.
    """
    head = f"<b>{said.DIGEST}</b> · {markup.time(of.until)}"
    losses = _losses(of, setup)
    if of.is_empty and not of.related:
        return Message(html=f"{head}\n{_nothing_new(of, sight)}", silent=True)
    kept = [head, *losses, words.digest_of(len(of.chief), markup.time(of.since))]
    return _own(of, setup, kept)


def catch_up(of: Personal, setup: Setup) -> Message:
    """Return what quiet hours held back."""
    head = f"<b>{said.CATCH_UP}</b> · {words.digest_of(len(of.chief), markup.time(of.since))}"
    return _own(of, setup, [head])


def _own(of: Personal, setup: Setup, kept: list[str]) -> Message:
    titles = {story.id: _title(story, of, setup) for story in of.chief}
    budget = _Budget("\n".join(kept))
    lines = [_line(story, titles[story.id]) for story in of.chief[:STORIES_MAX]]
    html = [*kept, *_chief(of.chief, lines, budget), *_related(of.related, budget)]
    cases = dict.fromkeys(
        target.slug
        for story in of.chief
        if (target := named(story, of.reader)) is not None and target.kind is TargetKind.CASE
    )
    shown = [slug for slug in cases if slug in setup.cases][:CASES_MAX]
    rows = (
        *buttons.rows(*(buttons.open_case(slug, setup.cases[slug].title) for slug in shown)),
        *buttons.rows(buttons.button(said.CHANGE, "dg")),
    )
    # Quiet hours are quiet for a digest as well.
    return Message(html="\n".join(html), buttons=rows, silent=_asleep(of))


def _asleep(of: Personal) -> bool:
    settings = of.reader.settings
    return settings.quiet is not None and quiet.holds(settings.quiet, zone(settings.zone), of.until)


def _nothing_new(of: Personal, sight: Sources) -> str:
    """Return the one line that tells silence from breakage."""
    followed = Counter(one.target.kind for one in of.reader.subscriptions if not one.paused)
    things = [(kind, followed[kind]) for kind in TargetKind if followed[kind]]
    parts = [said.nothing_new(things or [(TargetKind.CASE, 0)])]
    parts.append(said.sources_read(sight.read, len(sight.each)))
    if sight.blind:
        named = [markup.escape(clip(feed.name, OUTLET_CHARS_MAX)) for feed in sight.blind]
        more = [words.and_more(len(named) - BLIND_MAX)] if len(named) > BLIND_MAX else []
        parts.append(said.blind(", ".join([*named[:BLIND_MAX], *more])))
    return "; ".join(parts)


def _losses(of: Personal, setup: Setup) -> list[str]:
    """Return a line for each stretch in which something may have been missed."""
    names = {feed.id: feed.name for feed in setup.feeds}
    here = zone(of.reader.settings.zone)
    lines = []
    for gap in of.gaps[:GAPS_MAX]:
        feed = markup.escape(clip(names.get(gap.feed_id, gap.feed_id), OUTLET_CHARS_MAX))
        why = markup.own(clip(gap.why, WHY_CHARS_MAX))
        lines.append(possible_loss(gap.since, gap.until, feed, why, here))
    if len(of.gaps) > GAPS_MAX:
        lines.append(words.and_more(len(of.gaps) - GAPS_MAX))
    return lines


def _title(story: Story, of: Personal, setup: Setup) -> str:
    target = named(story, of.reader)
    return "" if target is None else own(clip(setup.title(target), LINE_TITLE_CHARS_MAX))


def _chief(stories: Sequence[Story], lines: Sequence[str], budget: _Budget) -> list[str]:
    """Return as many lines as fit, and how many more there are."""
    shown = list(takewhile(budget.takes, lines))
    more = len(stories) - len(shown)
    return [*shown, words.and_more(more)] if more else shown


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


def _line(story: Story, title: str) -> str:
    """Return a story's label, headline, and what makes it less sure; `title` is its case's."""
    severity = words.SEVERITY[story.event.severity]
    label = f"{severity} · {title}" if title else severity
    lines = [f"\n<b>{label}</b> · {labels.event(story)}", _headline(story)]
    if story.late:
        lines.append(f"{words.LATE}: {words.published_on(story.lead.at, story.lead.seen)}")
    if story.like_title:
        alike = markup.escape(clip(story.like_title, TITLE_CHARS_MAX))
        lines.append(f"{words.MAY_BE_SAME}: {alike}")
    return "\n".join(lines)


def _headline(story: Story) -> str:
    lead = story.lead
    title = clip(lead.title, HEADLINE_CHARS_MAX) or words.TITLE_MISSING
    parts = [markup.link(lead.url, title), markup.escape(clip(lead.outlet, OUTLET_CHARS_MAX))]
    others = {report.outlet for report in story.reports if report.counted} - {lead.outlet}
    if others:
        parts.append(words.also_reported(len(others)))
    elif lead.trust is Trust.CORROBORATES:
        parts.append(words.REPORTS_UNCONFIRMED)
    return " · ".join(part for part in parts if part)
