"""Lists, choices, the greeting and the help as Telegram HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from aggregator.model import Button, Case, Message, Story, Target, TargetKind, Watchlist
from aggregator.telegram import buttons, labels, markup, words
from aggregator.telegram.markup import clip, escape, own
from aggregator.telegram.naming import Setup
from aggregator.telegram.words import start as greeting

LIST_CHARS_MAX = 3800
HTML_BYTES_MAX = 30_000
TITLE_CHARS_MAX = 80
HEADLINE_CHARS_MAX = 160
OUTLET_CHARS_MAX = 40
LINES_MAX = 40
"""Two entities a line: Telegram keeps 100 of a message and drops the rest in silence."""
BUTTONS_MAX = 30
"""Telegram takes 100; nobody reads more than these."""
PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")


def say(text: str) -> Message:
    """Return one sentence of ours."""
    return Message(html=text)


def start(examples: Sequence[Case]) -> Message:
    """Return the greeting: what this is, what to send first, and where to look around."""
    tries = [f"<code>{own(clip(case.title, TITLE_CHARS_MAX))}</code>" for case in examples]
    first = [words.START_TRY, *tries, greeting.THEN, ""] if tries else []
    around = _around(buttons.button(greeting.HELP, "help"))
    opened = (buttons.open_case(case.slug, case.title) for case in examples)
    return Message(
        html="\n".join([words.START, "", *first, f"<i>{words.GROUP_HINT}</i>"]),
        buttons=(*buttons.rows(*opened, width=1), *around),
    )


def _around(*more: list[Button]) -> tuple[buttons.Row, ...]:
    """Return the buttons that show what there is."""
    return buttons.rows(
        buttons.button(greeting.ALL_CASES, "cases"),
        buttons.button(greeting.WATCHLISTS, "lists"),
        buttons.button(greeting.LATEST, "latest"),
        *more,
    )


def help_text(examples: Sequence[Case], *, operator: bool) -> Message:
    """Return what this is, what to send first, and every command with what it does: the menu's
    first, an operator's to operators.
    """
    name = next((f"<code>{own(clip(case.title, TITLE_CHARS_MAX))}</code>" for case in examples), "")
    first = f"{greeting.to_begin(name)} {greeting.THEN}" if name else greeting.BEGIN
    parts = [(words.HELP_TITLE, words.COMMANDS), (greeting.MORE, words.MORE)]
    if operator:
        parts.append((greeting.OPERATOR, words.OPERATOR))
    blocks = [
        "\n".join([f"<b>{title}</b>", *(_does(*command) for command in commands)])
        for title, commands in parts
    ]
    told = [words.START, first, *blocks, greeting.LANGUAGE, words.NOT_LEGAL_ADVICE]
    return Message(html="\n\n".join(told), buttons=_around())


def _does(name: str, argument: str, does: str) -> str:
    return f"/{name}{f' {argument}' if argument else ''}: {does}"


def cases(every: Iterable[Case], bot_name: str, page: int = 1) -> Message:
    """Return a page of all cases, the open ones first, each opening its card."""
    ordered = sorted(every, key=lambda case: (case.closed, case.title.casefold(), case.slug))
    if not ordered:
        return say(words.NO_CASES)
    lines = [_case_line(case, bot_name) for case in ordered]
    return _page(words.CASES_TITLE, lines, "cases", page)


def watchlists(every: Iterable[Watchlist], bot_name: str, page: int = 1) -> Message:
    """Return a page of all watchlists, each opening itself."""
    ordered = sorted(every, key=lambda one: one.name)
    if not ordered:
        return say(words.NO_WATCHLISTS)
    lines = [
        f"{_deep_link(bot_name, f'w_{one.name}', one.title or one.name)} · "
        f"<code>{own(one.name)}</code> · {words.SEVERITY[one.severity]}"
        for one in ordered
    ]
    return _page(words.WATCHLISTS_TITLE, lines, "lists", page)


def watchlist(one: Watchlist, told: Sequence[Story], *, followed: bool) -> Message:
    """Return one watchlist: its last developments, and the button that follows it."""
    target = buttons.watchlist_target(one.name)
    toggle = (
        buttons.unfollow(target, words.UNFOLLOW)
        if followed
        else buttons.follow(target, words.FOLLOW)
    )
    lines = [
        f"<b>{own(clip(one.title or one.name, TITLE_CHARS_MAX))}</b>",
        f"<code>{own(one.name)}</code> · {words.SEVERITY[one.severity]}",
    ]
    if told:
        lines += ["", f"<b>{words.LATEST}</b>", *(development(story) for story in told)]
    more = buttons.button(words.LATEST, "latest", *buttons.code(target)) if told else []
    return Message(html="\n".join(lines), buttons=buttons.rows(toggle, more))


def development(story: Story) -> str:
    """Return a story as one line: when, what, the headline, and who told it."""
    lead = story.lead
    title = clip(lead.title, HEADLINE_CHARS_MAX) or words.TITLE_MISSING
    parts = [
        markup.time(story.first_at, "D"),
        labels.event(story),
        markup.link(lead.url, title),
        escape(clip(lead.outlet, OUTLET_CHARS_MAX)),
    ]
    return " · ".join(part for part in parts if part)


def choice(
    question: str,
    targets: Sequence[Target],
    setup: Setup,
    button: Callable[[Target, str], list[Button]],
) -> Message:
    """Return a question of ours with one button for each answer."""
    rows = (button(target, setup.title(target)) for target in targets[:BUTTONS_MAX])
    more = len(targets) - BUTTONS_MAX
    html = question if more <= 0 else f"{question}\n{words.and_more(more)}"
    return Message(html=html, buttons=tuple(tuple(row) for row in rows if row))


def nothing_found(
    query: str,
    suggestions: Sequence[tuple[str, Target]],
    button: Callable[[Target, str], list[Button]],
    setup: Setup,
    *,
    hint: str = "",
) -> Message:
    """Return that nothing bears the name, with what is written alike and where to look instead."""
    lines = [f"<b>{words.nothing_found(escape(clip(query, TITLE_CHARS_MAX)))}</b>"]
    if suggestions:
        names = ", ".join(
            f"<code>{own(name)}</code>" for name in dict.fromkeys(name for name, _ in suggestions)
        )
        lines.append(words.did_you_mean(names))
    lines += [*([hint] if hint else []), words.SEE_CASES]
    rows = (button(target, setup.title(target)) for _, target in suggestions)
    return Message(html="\n".join(lines), buttons=tuple(tuple(row) for row in rows if row))


def show(target: Target, text: str) -> list[Button]:
    """Return the button that opens a case; other things have none."""
    return buttons.open_case(target.slug, text) if target.kind is TargetKind.CASE else []


def _case_line(case: Case, bot_name: str) -> str:
    parts = [_deep_link(bot_name, f"c_{case.slug}", case.title)]
    if case.docket and case.docket_source:
        parts.append(f"<code>{own(clip(case.docket, TITLE_CHARS_MAX))}</code>")
    if case.closed:
        parts.append(words.CLOSED.lower())
    return " · ".join(parts)


def _deep_link(bot_name: str, payload: str, text: str) -> str:
    shown = own(clip(text, TITLE_CHARS_MAX))
    if not bot_name or not PAYLOAD.fullmatch(payload):
        return shown
    return f'<a href="https://t.me/{bot_name}?start={payload}">{shown}</a>'


def _page(title: str, lines: Sequence[str], verb: str, number: int) -> Message:
    """Return one page of lines under a title; a page that is not there gives the nearest."""
    pages = _pages(lines)
    number = min(max(number, 1), len(pages))
    kept = [f"<b>{title}</b>", *pages[number - 1]]
    if len(pages) > 1:
        kept.append(f"<i>{greeting.page(number, len(pages))}</i>")
    turns = buttons.rows(
        buttons.button(greeting.PREVIOUS, verb, str(number - 1)) if number > 1 else [],
        buttons.button(greeting.NEXT, verb, str(number + 1)) if number < len(pages) else [],
    )
    return Message(html="\n".join(kept), buttons=turns)


def _pages(lines: Sequence[str]) -> list[list[str]]:
    """Return the lines parted so that each part fits into one message."""
    pages: list[list[str]] = [[]]
    chars = size = 0
    for line in lines:
        chars += markup.visible(line) + 1
        size += len(line.encode()) + 1
        if pages[-1] and (
            len(pages[-1]) >= LINES_MAX or chars > LIST_CHARS_MAX or size > HTML_BYTES_MAX
        ):
            pages.append([])
            chars, size = markup.visible(line) + 1, len(line.encode()) + 1
        pages[-1].append(line)
    return pages
