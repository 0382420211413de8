"""Lists, choices, the greeting and the help as Telegram HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from aggregator.model import Button, Case, Message, Target, TargetKind, Watchlist
from aggregator.telegram import buttons, markup, words
from aggregator.telegram.markup import clip, escape, own
from aggregator.telegram.naming import Setup

LIST_CHARS_MAX = 3800
HTML_BYTES_MAX = 30_000
TITLE_CHARS_MAX = 80
BUTTONS_MAX = 30
"""Telegram takes 100; nobody reads more than these."""
PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")


def say(text: str) -> Message:
    """Return one sentence of ours."""
    return Message(html=text)


def start(examples: Sequence[Case]) -> Message:
    """Return the greeting: what this is, and what to send first."""
    tries = [f"<code>{own(clip(case.title, TITLE_CHARS_MAX))}</code>" for case in examples]
    lines = [words.START, "", *([words.START_TRY, *tries, ""] if tries else []), words.GROUP_HINT]
    rows = (buttons.open_case(case.slug, case.title) for case in examples)
    return Message(html="\n".join(lines), buttons=tuple(tuple(row) for row in rows if row))


def help_text() -> Message:
    """Return every command with what it does."""
    lines = [
        f"/{name}{f' {argument}' if argument else ''}: {does}"
        for name, argument, does in words.COMMANDS
    ]
    return Message(
        html="\n".join([f"<b>{words.HELP_TITLE}</b>", *lines, "", words.NOT_LEGAL_ADVICE])
    )


def cases(every: Iterable[Case], bot_name: str) -> Message:
    """Return all cases, the open ones first, each opening its card."""
    ordered = sorted(every, key=lambda case: (case.closed, case.title.casefold(), case.slug))
    if not ordered:
        return say(words.NO_CASES)
    return _list(words.CASES_TITLE, [_case_line(case, bot_name) for case in ordered])


def watchlists(every: Iterable[Watchlist], bot_name: str) -> Message:
    """Return all watchlists, each opening itself."""
    ordered = sorted(every, key=lambda one: one.name)
    if not ordered:
        return say(words.NO_WATCHLISTS)
    lines = [
        f"{_deep_link(bot_name, f'w_{one.name}', one.title or one.name)} · "
        f"<code>{own(one.name)}</code> · {words.SEVERITY[one.severity]}"
        for one in ordered
    ]
    return _list(words.WATCHLISTS_TITLE, lines)


def watchlist(one: Watchlist, *, followed: bool) -> Message:
    """Return one watchlist with the button that follows it."""
    target = buttons.watchlist_target(one.name)
    toggle = (
        buttons.unfollow(target, words.UNFOLLOW)
        if followed
        else buttons.follow(target, words.FOLLOW)
    )
    html = f"<b>{own(clip(one.title or one.name, TITLE_CHARS_MAX))}</b>\n<code>{own(one.name)}</code> · {words.SEVERITY[one.severity]}"
    return Message(html=html, buttons=(tuple(toggle),) if toggle else ())


def following(targets: Sequence[Target], setup: Setup) -> Message:
    """Return what is followed at a place."""
    if not targets:
        return say(words.NOTHING_FOLLOWED)
    lines = [
        f"{own(clip(setup.title(target), TITLE_CHARS_MAX))} · {words.KIND[target.kind]}"
        for target in targets
    ]
    return _list(words.FOLLOWING_TITLE, lines)


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
) -> Message:
    """Return that nothing bears the name, with what is written alike."""
    lines = [f"<b>{words.nothing_found(escape(clip(query, TITLE_CHARS_MAX)))}</b>"]
    if suggestions:
        names = ", ".join(
            f"<code>{own(name)}</code>" for name in dict.fromkeys(name for name, _ in suggestions)
        )
        lines.append(words.did_you_mean(names))
    lines.append(words.SEE_CASES)
    rows = (button(target, name) for name, target in suggestions)
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


def _list(title: str, lines: Sequence[str]) -> Message:
    """Return the lines under a title, as many as one message holds."""
    kept = [f"<b>{title}</b>"]
    chars = size = 0
    for line in lines:
        chars += markup.visible(line) + 1
        size += len(line.encode()) + 1
        if chars > LIST_CHARS_MAX or size > HTML_BYTES_MAX:
            kept.append(words.and_more(len(lines) - len(kept) + 1))
            break
        kept.append(line)
    return Message(html="\n".join(kept))
