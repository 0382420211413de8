"""What is followed here, a page at a time, and each row's own switches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from aggregator.model import Message, Mode, Severity, Subscription, Target
from aggregator.telegram import buttons, words
from aggregator.telegram.ask import Answer, Ask, Change, Command, Unfollow, Verb, Who, reply, say
from aggregator.telegram.markup import clip, own
from aggregator.telegram.naming import Setup
from aggregator.telegram.talk.follow import FOLLOWS_MAX
from aggregator.telegram.words import follow as said

ROWS_MAX = 8
"""Of one page: a button each, and the page still fits on a phone."""
TITLE_CHARS_MAX = 80


async def _following(ask: Ask) -> Answer:
    if not ask.view.subscriptions:
        return say(words.NOTHING_FOLLOWED)
    return reply(page(_ordered(ask), 0, ask.setup))


async def _page_pressed(ask: Ask) -> Answer:
    number = int(ask.args[0]) if ask.args and ask.args[0].isdecimal() else 0
    return _listed(_ordered(ask), number, ask.setup)


async def _row_pressed(ask: Ask) -> Answer:
    return _on_row(ask, lambda row: Answer(edit=_row(row, ask.setup)))


async def _switch_pressed(ask: Ask) -> Answer:
    """Pause or resume, choose the floor, or instant and digest, as the third arg says."""
    wish = ask.args[2] if len(ask.args) == 3 else ""

    def switched(row: Subscription) -> Answer:
        changed = _switched(row, wish)
        if changed is None:
            return Answer(toast=words.OLD_BUTTON)
        if row.paused and not changed.paused:
            # What went by while it was paused is over.
            changed = replace(changed, since=ask.now)
        return Answer(
            edit=_row(changed, ask.setup),
            effects=(Change(subscription=changed),),
            toast=_how(changed),
        )

    return _on_row(ask, switched)


async def _delete_pressed(ask: Ask) -> Answer:
    return _on_row(ask, lambda row: Answer(edit=_sure(row, ask.setup)))


async def _sure_pressed(ask: Ask) -> Answer:
    def gone(row: Subscription) -> Answer:
        rest = [one for one in _ordered(ask) if one.target != row.target]
        title = own(clip(ask.setup.title(row.target), TITLE_CHARS_MAX))
        message = page(rest, 0, ask.setup) if rest else Message(html=words.NOTHING_FOLLOWED)
        return Answer(
            edit=message,
            effects=(Unfollow(target=row.target),),
            toast=words.unfollowed(row.target.kind, title),
        )

    return _on_row(ask, gone)


def page(rows: list[Subscription], number: int, setup: Setup) -> Message:
    """Return one page of what is followed; a number past the last shows the last."""
    pages = max(1, -(-len(rows) // ROWS_MAX))
    number = min(max(number, 0), pages - 1)
    first = number * ROWS_MAX
    shown = rows[first : first + ROWS_MAX]
    lines = [f"<b>{said.followed_here(len(rows), FOLLOWS_MAX)}</b>"]
    lines += [
        f"{at}. <b>{_title(row.target, setup)}</b> · {words.KIND[row.target.kind]} · {_how(row)}"
        for at, row in enumerate(shown, start=first + 1)
    ]
    lines += ["", f"<i>{said.TAP_A_ROW}</i>"]
    found = [
        buttons.button(f"{at} {setup.title(row.target)}", "fr", *buttons.code(row.target))
        for at, row in enumerate(shown, start=first + 1)
    ]
    turns = [
        buttons.button(said.NEWER, "fp", str(number - 1)) if number else [],
        buttons.button(said.OLDER, "fp", str(number + 1)) if number + 1 < pages else [],
    ]
    if pages > 1:
        lines.append(f"<i>{said.page(number + 1, pages)}</i>")
    return Message(html="\n".join(lines), buttons=(*buttons.rows(*found), *buttons.rows(*turns)))


def _on_row(ask: Ask, then: Callable[[Subscription], Answer]) -> Answer:
    """Answer about the row that a button names, or say that it is not there any more."""
    target = buttons.target_of(*ask.args[:2]) if len(ask.args) >= 2 else None
    row = next((one for one in ask.view.subscriptions if one.target == target), None)
    if row is None:
        return Answer(toast=said.NOT_FOLLOWED_NOW if target else words.OLD_BUTTON)
    return then(row)


def _ordered(ask: Ask) -> list[Subscription]:
    return sorted(
        ask.view.subscriptions, key=lambda one: (ask.setup.title(one.target).casefold(), one.target)
    )


def _listed(rows: list[Subscription], number: int, setup: Setup) -> Answer:
    return Answer(edit=page(rows, number, setup) if rows else Message(html=words.NOTHING_FOLLOWED))


def _row(row: Subscription, setup: Setup) -> Message:
    """Return one row with its switches: each says what pressing it does."""
    here = buttons.code(row.target)
    pause = (said.RESUME, "on") if row.paused else (said.PAUSE, "off")
    other = Mode.DIGEST if row.mode is Mode.INSTANT else Mode.INSTANT
    switches = [
        buttons.button(pause[0], "fs", *here, pause[1]),
        buttons.button(said.MODE_BUTTON[other], "fs", *here, other.value),
        *(
            buttons.button(said.FLOOR_BUTTON[floor], "fs", *here, floor.value)
            for floor in Severity
            if floor is not row.floor
        ),
        buttons.button(said.DELETE, "fd", *here),
        buttons.button(said.BACK, "fp", "0"),
    ]
    html = f"<b>{_title(row.target, setup)}</b> · {words.KIND[row.target.kind]} · {_how(row)}"
    return Message(html=html, buttons=buttons.rows(*switches))


def _sure(row: Subscription, setup: Setup) -> Message:
    here = buttons.code(row.target)
    return Message(
        html=said.delete_sure(_title(row.target, setup)),
        buttons=buttons.rows(
            buttons.button(said.DELETE_YES, "fx", *here), buttons.button(said.KEEP, "fr", *here)
        ),
    )


def _switched(row: Subscription, wish: str) -> Subscription | None:
    if wish in {"on", "off"}:
        return replace(row, paused=wish == "off")
    if wish in set(Mode):
        return replace(row, mode=Mode(wish))
    if wish in set(Severity):
        return replace(row, floor=Severity(wish))
    return None


def _how(row: Subscription) -> str:
    parts = [said.FLOOR[row.floor], said.MODE[row.mode]]
    return ", ".join([*parts, said.PAUSED] if row.paused else parts)


def _title(target: Target, setup: Setup) -> str:
    return own(clip(setup.title(target), TITLE_CHARS_MAX))


COMMANDS: tuple[Command, ...] = (
    Command(name="following", run=_following, aliases=("list", "watches")),
)
VERBS: tuple[Verb, ...] = (
    Verb(name="fp", run=_page_pressed),
    Verb(name="fr", run=_row_pressed),
    Verb(name="fs", run=_switch_pressed, who=Who.CHAT),
    Verb(name="fd", run=_delete_pressed, who=Who.CHAT),
    Verb(name="fx", run=_sure_pressed, who=Who.CHAT),
)
