"""A case's card, and the page of its sources, as Telegram HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aggregator.cases import dates
from aggregator.cases.best import host_of
from aggregator.cases.card import Card, Charges, Step
from aggregator.cases.sources import Fact, Watched, facts, outlets
from aggregator.model import Case, Message, Person, Story
from aggregator.telegram import buttons, markup, render_watched, words
from aggregator.telegram.markup import clip, escape, link, own
from aggregator.telegram.words import case as said

PAGE_CHARS_MAX = 3800
HTML_BYTES_MAX = 30_000
CAPTION_CHARS_MAX = 300
FACT_CHARS_MAX = 120
OUTLET_CHARS_MAX = 40
OTHERS_MAX = 6
FACTS_MAX = 24
OUTLETS_MAX = 15
NOTES = {
    Charges.NONE: "",
    Charges.PARTLY: said.CHARGES_PARTLY,
    Charges.OPEN: said.CHARGES_OPEN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much of what can be long is shown."""

    people: int
    name_chars: int
    step_chars: int


ROOMS = (
    Room(people=8, name_chars=120, step_chars=160),
    Room(people=6, name_chars=60, step_chars=120),
    Room(people=4, name_chars=40, step_chars=50),
)
"""Tried in this order until the card fits."""


def card(
    card: Card, *, followed: bool, others: Sequence[Case] = (), watched: Watched | None = None
) -> Message:
    """Return the card of one case; `others` share its name and get a button each."""
    html = ""
    for room in ROOMS:
        html = _card(card, room, others, watched)
        if markup.visible(html) <= PAGE_CHARS_MAX and len(html.encode()) <= HTML_BYTES_MAX:
            break
    return Message(html=html, buttons=_buttons(card, followed, others))


def sources(case: Case, watched: Watched, stories: Sequence[Story]) -> Message:
    """Return which feeds are read for a case, where its facts come from, and who reported on it."""
    lines = [
        f"<b>{said.sources_of(own(clip(case.title or case.slug, FACT_CHARS_MAX)))}</b>",
        "",
        f"<b>{said.WATCHED}</b>",
        *render_watched.lines(watched),
        *render_watched.tallies(watched),
        "",
        f"<b>{said.FACTS}</b>",
        *([_fact_line(fact) for fact in facts(case)[:FACTS_MAX]] or [words.NOT_ON_FILE]),
    ]
    if reported := outlets(stories):
        names = [
            said.times(escape(clip(n, OUTLET_CHARS_MAX)), c) for n, c in reported[:OUTLETS_MAX]
        ]
        if len(reported) > OUTLETS_MAX:
            names.append(words.and_more(len(reported) - OUTLETS_MAX))
        lines += ["", f"<b>{said.READ_FOR_THIS}</b>", ", ".join(names)]
    lines += ["", f"<i>{said.MILESTONE_SOURCES} {words.NOT_LEGAL_ADVICE}</i>"]
    return Message(
        html=_fitting(lines),
        buttons=buttons.rows(
            buttons.button(said.TIMELINE, "tl", "1", "a", case.slug),
            buttons.open_case(case.slug, said.CASE),
        ),
    )


def _fitting(lines: Sequence[str]) -> str:
    """Return the lines, the last ones of the facts left out where the page would be too long."""
    kept = list(lines)
    while markup.visible("\n".join(kept)) > PAGE_CHARS_MAX and len(kept) > 1:
        del kept[-2 if len(kept) > 2 else -1]
    return "\n".join(kept)


def _card(card: Card, room: Room, others: Sequence[Case], watched: Watched | None) -> str:
    note = NOTES[card.charges]
    lines = [
        f"<b>{own(clip(card.caption or card.title, CAPTION_CHARS_MAX))}</b>",
        f"{words.STATUS_LABEL}: {_status(card)}",
        *([f"<i>{said.later_reports(card.later)}</i>"] if card.later else []),
        f"{words.COURT}: {_fact(card.court)}",
        f"{words.DOCKET}: {_docket(card)}",
        f"{words.JUDGE}: {_people(card.judges, room)}",
        f"{words.FILED_LABEL}: {own(dates.shown(card.filed)) if card.filed else _fact(None)}",
        f"{words.PARTIES}: {_people(card.parties, room)}",
        *([f"<i>{note}</i>"] if note else []),
        "",
        f"<b>{words.LATEST}</b>",
        *([_step(step, room) for step in card.latest] or [words.NOT_ON_FILE]),
        "",
    ]
    if watched is not None:
        lines += [f"<b>{said.WATCHED}</b>", *render_watched.lines(watched), ""]
    if others:
        titles = [own(clip(one.title, OUTLET_CHARS_MAX)) for one in others[:OTHERS_MAX]]
        more = [words.and_more(len(others) - OTHERS_MAX)] if len(others) > OTHERS_MAX else []
        lines += [f"{words.OTHER_MATTERS}: {'; '.join([*titles, *more])}", ""]
    coverage = words.coverage(card.items, card.outlets)
    return "\n".join([*lines, f"<i>{coverage} {words.NOT_LEGAL_ADVICE}</i>"])


def _status(card: Card) -> str:
    if card.status is None:
        return words.NOT_ON_FILE
    status = own(clip(card.status, FACT_CHARS_MAX))
    begins = card.status.casefold().startswith(words.CLOSED.casefold())
    whole = not card.closed or begins
    parts = [f"<b>{status}</b>"] if whole else [f"<b>{words.CLOSED}</b>", status]
    if card.status_date:
        parts.append(words.as_of(own(dates.shown(card.status_date))))
    return f"{', '.join(parts)} ({link(card.status_source, words.SOURCE)})"


def _docket(card: Card) -> str:
    if card.docket is None:
        return words.NOT_ON_FILE
    number = own(clip(card.docket, FACT_CHARS_MAX))
    return f"<code>{number}</code> ({link(card.docket_source, words.SOURCE)})"


def _fact(text: str | None) -> str:
    return words.NOT_ON_FILE if not text else own(clip(text, FACT_CHARS_MAX))


def _people(people: Sequence[Person], room: Room) -> str:
    if not people:
        return words.NOT_ON_FILE
    shown = []
    for person in people[: room.people]:
        role = person.role.casefold() if person.role.casefold() in said.ROLES else ""
        name = f"{person.name} ({role})" if role else person.name
        shown.append(own(clip(name, room.name_chars)))
    if len(people) > room.people:
        shown.append(words.and_more(len(people) - room.people))
    return "; ".join(shown)


def _step(step: Step, room: Room) -> str:
    what = escape(clip(step.what, room.step_chars)) or words.TITLE_MISSING
    by = link(step.source, clip(step.outlet, OUTLET_CHARS_MAX) or words.SOURCE)
    more = f", {words.also_reported(step.more)}" if step.more else ""
    return f"{own(dates.shown(step.date))}: {what} ({by}{more})"


def _fact_line(fact: Fact) -> str:
    label = fact.label.casefold()
    shown = label if label in {*said.ROLES, *said.LABELS} else ""
    text = own(clip(fact.text, FACT_CHARS_MAX))
    source = link(fact.source, clip(host_of(fact.source), OUTLET_CHARS_MAX) or words.SOURCE)
    return f"{shown.capitalize()}: {text} ({source})" if shown else f"{text} ({source})"


def _buttons(card: Card, followed: bool, others: Sequence[Case]) -> tuple[buttons.Row, ...]:  # noqa: FBT001  a fact handed on, not a mode
    target = buttons.case_target(card.slug)
    toggle = (
        buttons.unfollow(target, words.UNFOLLOW)
        if followed
        else buttons.follow(target, words.FOLLOW)
    )
    own_rows = buttons.rows(
        buttons.button(said.TIMELINE, "tl", "1", "a", card.slug),
        buttons.button(said.CHART, "chart", card.slug),
        toggle,
        buttons.button(said.SOURCES, "src", card.slug),
    )
    # A title is too long for half a row.
    matters = (buttons.open_case(one.slug, one.title) for one in others[:OTHERS_MAX])
    return (*own_rows, *buttons.rows(*matters, width=1))
