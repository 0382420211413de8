"""A page of a case's timeline, and a chart with its alternative text, as Telegram HTML."""

from __future__ import annotations

from collections.abc import Callable

from aggregator.cases import dates
from aggregator.cases.best import host_of
from aggregator.cases.chart import ChartData, alt_text
from aggregator.cases.timeline import Row, Timeline
from aggregator.model import Button, EventKind, Message, Status
from aggregator.telegram import buttons, labels, markup, words
from aggregator.telegram.markup import clip, escape, link, own
from aggregator.telegram.words import case as said

PAGE_CHARS_MAX = 3800
HTML_BYTES_MAX = 30_000
ENTITIES_MAX = 90
"""Telegram keeps 100 of a message and drops the rest in silence."""
TITLE_CHARS_MAX = 80
OUTLET_CHARS_MAX = 40
WHAT_CHARS = (240, 160, 100, 60, 30)
"""What to show of each event, tried in this order until the page fits."""
CAPTION_CHARS_MAX = 1024

PageButton = Callable[[str, int, bool], list[Button]]
"""From a text, a page and "court only" to the button that opens it, or none."""


def page_button(slug: str) -> PageButton:
    """Return what makes the buttons of the timeline of `slug`: `v1:tl:<page>:<c|a>:<slug>`."""

    def button(text: str, page: int, court_only: bool) -> list[Button]:  # noqa: FBT001  the shape of PageButton
        return buttons.button(text, "tl", str(page), "c" if court_only else "a", slug)

    return button


def timeline(page: Timeline, button: PageButton | None = None) -> Message:
    """Return one page with the buttons to its neighbours, to the other view, and to the case."""
    html = ""
    for chars in WHAT_CHARS:
        html = _html(page, chars)
        if markup.visible(html) <= PAGE_CHARS_MAX and len(html.encode()) <= HTML_BYTES_MAX:
            break
    return Message(html=html, buttons=_buttons(page, button or page_button(page.slug)))


def chart(data: ChartData, slug: str, attachment: str) -> Message:
    """Return the picture kept as `attachment` with what it shows in words as its caption."""
    html = _caption(alt_text(data))
    return Message(
        html=html,
        attachment=attachment,
        buttons=buttons.rows(
            page_button(slug)(said.TIMELINE, 1, False),  # noqa: FBT003  the shape of PageButton
            buttons.open_case(slug, said.CASE),
        ),
    )


def _caption(text: str) -> str:
    """Return lines as HTML of at most `CAPTION_CHARS_MAX` characters; whole lines give way."""
    kept: list[str] = []
    for line in text.split("\n"):
        longer = "\n".join([*kept, escape(line)])
        if markup.visible(longer) > CAPTION_CHARS_MAX:
            break
        kept.append(escape(line))
    # Text made of nothing but addresses grows when its links are made dead.
    return "\n".join(kept) or escape(clip(text, CAPTION_CHARS_MAX // 3))


def _html(page: Timeline, chars: int) -> str:
    title = said.timeline_of(
        own(clip(page.title or page.slug, TITLE_CHARS_MAX)), court_only=page.court_only
    )
    lines = [f"<b>{title}</b>", ""]
    for row in page.rows:
        lines += [_head(row), _told(row, chars)]
    if not page.rows:
        lines.append(said.NO_COURT_EVENTS if page.court_only else said.NO_EVENTS)
    shown = said.events_shown(page.first, page.first + len(page.rows) - 1, page.total)
    footer = [f"{shown}."] if page.rows else []
    lines += ["", f"<i>{' '.join([*footer, words.NOT_LEGAL_ADVICE])}</i>"]
    return "\n".join(lines)


def _head(row: Row) -> str:
    # A date of the rules is as exact as its source; a report's is shown in the reader's own zone.
    when = own(dates.shown(row.date)) if row.at is None else markup.time(row.at)
    label = _label(row)
    return f"<b>{when}</b> · {label}" if label else f"<b>{when}</b>"


def _label(row: Row) -> str:
    if row.milestone is None and row.story is not None:
        return labels.event(row.story)
    if row.event is None or row.event is EventKind.OTHER:
        return ""
    if row.primary:
        return words.EVENT[row.event]
    return f"{words.STATUS[Status.REPORTED]}: {words.EVENT_SAID[row.event]}"


def _told(row: Row, chars: int) -> str:
    what = clip(row.what, chars)
    shown = escape(what) if row.milestone is None else own(what)
    parts = [shown or words.TITLE_MISSING]
    if row.milestone is not None:
        source = row.milestone.source
        parts.append(link(source, clip(host_of(source), OUTLET_CHARS_MAX) or words.SOURCE))
    if row.report is not None:
        outlet = clip(row.report.outlet, OUTLET_CHARS_MAX) or words.SOURCE
        others = row.outlets - 1
        more = f", {words.also_reported(others)}" if others else ""
        parts.append(f"{link(row.report.url, outlet)}{more}")
    return " · ".join(parts)


def _buttons(page: Timeline, button: PageButton) -> tuple[buttons.Row, ...]:
    newer = button(said.NEWER, page.page - 1, page.court_only) if page.page > 1 else []
    older = button(said.OLDER, page.page + 1, page.court_only) if page.page < page.pages else []
    other = said.ALL if page.court_only else said.COURT_ONLY
    return (
        *buttons.rows(newer, older),
        *buttons.rows(
            button(other, 1, not page.court_only), buttons.open_case(page.slug, said.CASE)
        ),
    )
