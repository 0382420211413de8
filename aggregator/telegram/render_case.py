"""A case's card as Telegram HTML."""

from __future__ import annotations

from collections.abc import Sequence

from aggregator.cases.card import Card, Step
from aggregator.model import Button, Case, Message, Person
from aggregator.telegram import buttons, markup, words
from aggregator.telegram.markup import clip, escape, link, own

CAPTION_CHARS_MAX = 300
FACT_CHARS_MAX = 120
STEP_CHARS_MAX = 160
PEOPLE_MAX = 8
OTHERS_MAX = 6


def card(card: Card, *, followed: bool, others: Sequence[Case] = ()) -> Message:
    """Return the card of one case; `others` share its name and get a button each."""
    lines = [
        f"<b>{own(clip(card.caption or card.title, CAPTION_CHARS_MAX))}</b>",
        f"{words.STATUS_LABEL}: {_status(card)}",
        *([f"<i>{words.later_reports(card.later)}</i>"] if card.later else []),
        f"{words.COURT}: {_fact(card.court)}",
        f"{words.DOCKET}: {_docket(card)}",
        f"{words.JUDGE}: {_people(card.judges)}",
        f"{words.FILED_LABEL}: {own(markup.day(card.filed)) if card.filed else _fact(None)}",
        f"{words.PARTIES}: {_people(card.parties)}",
        "",
        f"<b>{words.LATEST}</b>",
        *([_step(step) for step in card.latest] or [words.NOT_ON_FILE]),
        "",
        f"<i>{words.coverage(card.items, card.outlets)} {words.NOT_LEGAL_ADVICE}</i>",
    ]
    return Message(html="\n".join(lines), buttons=_buttons(card, followed, others))


def _status(card: Card) -> str:
    if card.status is None:
        return words.NOT_ON_FILE
    status = own(clip(card.status, FACT_CHARS_MAX))
    said = status.casefold().startswith(words.CLOSED.casefold())
    parts = [f"<b>{words.CLOSED}</b>", status] if card.closed and not said else [f"<b>{status}</b>"]
    if card.status_date:
        parts.append(words.as_of(own(markup.day(card.status_date))))
    return f"{', '.join(parts)} ({link(card.status_source, words.SOURCE)})"


def _docket(card: Card) -> str:
    if card.docket is None:
        return words.NOT_ON_FILE
    number = own(clip(card.docket, FACT_CHARS_MAX))
    return f"<code>{number}</code> ({link(card.docket_source, words.SOURCE)})"


def _fact(text: str | None) -> str:
    return words.NOT_ON_FILE if not text else own(clip(text, FACT_CHARS_MAX))


def _people(people: Sequence[Person]) -> str:
    if not people:
        return words.NOT_ON_FILE
    shown = [
        own(clip(f"{person.name} ({person.role})" if person.role else person.name, FACT_CHARS_MAX))
        for person in people[:PEOPLE_MAX]
    ]
    if len(people) > PEOPLE_MAX:
        shown.append(words.and_more(len(people) - PEOPLE_MAX))
    return "; ".join(shown)


def _step(step: Step) -> str:
    what = escape(clip(step.what, STEP_CHARS_MAX)) or words.TITLE_MISSING
    by = link(step.source, clip(step.outlet, FACT_CHARS_MAX) or words.SOURCE)
    more = f", {words.also_reported(step.more)}" if step.more else ""
    return f"{own(markup.day(step.date))}: {what} ({by}{more})"


def _buttons(card: Card, followed: bool, others: Sequence[Case]) -> tuple[tuple[Button, ...], ...]:  # noqa: FBT001  a fact handed on, not a mode
    target = buttons.case_target(card.slug)
    toggle = (
        buttons.unfollow(target, words.UNFOLLOW)
        if followed
        else buttons.follow(target, words.FOLLOW)
    )
    rows = [toggle, *(buttons.open_case(one.slug, one.title) for one in others[:OTHERS_MAX])]
    return tuple(tuple(row) for row in rows if row)
