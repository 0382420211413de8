"""Pages of stored news and developments, and what is wrong with a query, as Telegram HTML."""

from __future__ import annotations

from collections.abc import Sequence

from aggregator.matching.search import QueryFault
from aggregator.model import Button, FeedKind, Item, Message, Story
from aggregator.telegram import markup, render_lists, words
from aggregator.telegram.markup import clip, escape
from aggregator.telegram.words import search as said

HEADLINE_CHARS_MAX = 160
OUTLET_CHARS_MAX = 40
QUERY_CHARS_MAX = 200
TOLD_CHARS_MAX = 300


def hits(
    query: str, items: Sequence[Item], notes: Sequence[str], buttons: tuple[tuple[Button, ...], ...]
) -> Message:
    """Return a page of what a query found; `notes` say how far it looked."""
    shown = escape(clip(query, QUERY_CHARS_MAX))
    lines = [f"<b>{said.found(shown) if items else said.nothing(shown)}</b>"]
    lines += [item(one) for one in items]
    lines += [f"<i>{note}</i>" for note in notes]
    return Message(html="\n".join(lines), buttons=buttons)


def latest(
    title: str,
    stories: Sequence[Story],
    notes: Sequence[str],
    buttons: tuple[tuple[Button, ...], ...],
) -> Message:
    """Return a page of developments."""
    lines = [f"<b>{title}</b>", *(render_lists.development(story) for story in stories)]
    lines += [f"<i>{note}</i>" for note in notes]
    return Message(html="\n".join(lines), buttons=buttons)


def item(one: Item) -> str:
    """Return one stored item as a line; a docket's title is only the case's name."""
    of_docket = one.kind is FeedKind.COURT and one.summary.strip()
    headline = clip(one.summary if of_docket else one.title, HEADLINE_CHARS_MAX)
    parts = [
        markup.time(one.at, "D"),
        markup.link(one.url, headline or words.TITLE_MISSING),
        escape(clip(one.outlet, OUTLET_CHARS_MAX)),
    ]
    return " · ".join(part for part in parts if part)


def fault(found: QueryFault) -> Message:
    """Return what is wrong with a query, with a mark under the column at fault."""
    line, caret = found.pointer()
    what = escape(clip(found.what, TOLD_CHARS_MAX))
    return Message(
        html=f"<pre>{markup.fixed(line)}\n{caret}</pre>\n"
        f"{said.column(found.column)}: {what}.\n{said.SAME_WORDS}"
    )
