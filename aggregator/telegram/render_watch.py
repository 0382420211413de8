"""A query of one's own before it is created and after, as Telegram HTML."""

from __future__ import annotations

from collections.abc import Sequence

from aggregator.matching.search import Hit, Preview
from aggregator.model import Message, Target
from aggregator.telegram import buttons, render_search, words
from aggregator.telegram.markup import clip, escape
from aggregator.telegram.naming import Setup
from aggregator.telegram.words import watch as said

QUERY_CHARS_MAX = 200
OFTEN = 14
"""Twice a day."""


def follow_first(query: str, targets: Sequence[Target], setup: Setup, number: str) -> Message:
    """Return the offer to follow what a query names; `number` is what it waits under."""
    offered = [
        buttons.follow(target, f"{words.FOLLOW} {setup.title(target)} ({words.KIND[target.kind]})")
        for target in targets
    ]
    return Message(
        html=said.is_name(_shown(query), len(targets)),
        buttons=buttons.rows(*offered, buttons.button(said.ALL_THE_SAME, "wp", number), width=1),
    )


def preview(
    query: str, found: Preview, number: str, *, days: int, at_least: bool, short: bool
) -> Message:
    """Return how often a query would have rung and for what, and the buttons that create it.

    `at_least` says that not all was read, `short` that less than these days are stored.
    """
    lines = [
        f"<b>{said.preview(_shown(query))}</b>",
        said.would_have_rung(found.count, days, at_least=at_least),
        *(_hit(hit) for hit in found.hits),
    ]
    if (more := found.count - len(found.hits)) > 0:
        lines.append(words.and_more(more))
    notes = [
        *([said.quiet(found.quiet)] if found.quiet else []),
        *([said.LESS] if found.count >= OFTEN else []),
        *([said.SHORT_STORE] if short else []),
    ]
    lines += [f"<i>{note}</i>" for note in notes]
    choice = ((said.CREATE, "i"), (said.HIGH_ONLY, "h"), (said.DIGEST, "d"))
    return Message(
        html="\n".join(lines),
        buttons=buttons.rows(
            *(buttons.button(text, "wc", number, how) for text, how in choice), width=3
        ),
    )


def created(query: str, how: str) -> Message:
    """Return what a watch does from now on."""
    return Message(html=f"{said.watching(_shown(query))} {said.IN_PLACE[how]}\n{said.HOW}")


def _hit(hit: Hit) -> str:
    line = render_search.item(hit.item)
    return f"{line} · {said.reports(hit.reports)}" if hit.reports > 1 else line


def _shown(query: str) -> str:
    return escape(clip(query, QUERY_CHARS_MAX))
