"""Following and unfollowing, by name or by button."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from aggregator.cases import dates
from aggregator.cases.names import fold
from aggregator.matching.rules import EntityKind
from aggregator.model import Button, Case, Message, Target, TargetKind
from aggregator.telegram import buttons, render_lists, words
from aggregator.telegram.ask import (
    Answer,
    Ask,
    Command,
    Follow,
    Unfollow,
    Verb,
    View,
    Who,
    reply,
    say,
)
from aggregator.telegram.markup import clip, escape, own
from aggregator.telegram.naming import Many, Nothing, One, Setup, resolve
from aggregator.telegram.words import follow as said

LATEST_MAX = 3
OTHERS_MAX = 10
NAME_CHARS_MAX = 80
FOLLOWS_MAX = 100
"""Of one place."""


def follow_name(name: str, view: View) -> Answer:
    """Follow what is called so."""
    if not fold(name):
        return say(words.name_missing("follow", own(view.setup.example)))
    match resolve(name, view.setup):
        case One(target=target, others=others):
            return follow(target, view, others)
        case Many(targets=targets):
            question = words.several(len(targets), escape(clip(name, NAME_CHARS_MAX)))
            return reply(render_lists.choice(question, targets, view.setup, buttons.follow))
        case Nothing(suggestions=suggestions):
            return reply(render_lists.nothing_found(name, suggestions, buttons.follow, view.setup))
        case never:
            assert_never(never)


def follow(target: Target, view: View, others: Sequence[Target] = ()) -> Answer:
    """Follow this; `others` bear the same name and are offered as buttons."""
    setup = view.setup
    title = own(setup.title(target))
    if not setup.knows(target):
        if target.kind is TargetKind.WATCH:
            # Only its own place can hold a watch, whatever a forged button says.
            return Answer(toast=words.OLD_BUTTON)
        gone = target.kind is TargetKind.WATCHLIST
        return say(words.GONE_WATCHLIST if gone else words.GONE_CASE)
    if target in view.followed:
        return say(words.follows_already(target.kind, title))
    if len(view.subscriptions) >= FOLLOWS_MAX:
        return say(words.too_many(FOLLOWS_MAX))
    case = setup.cases.get(target.slug) if target.kind is TargetKind.CASE else None
    lines = [words.follows(target.kind, title)]
    offered: list[list[Button]] = []
    if case is not None and case.closed:
        lines.append(said.closed(dates.shown(case.status_date)))
        party = _party(case, setup)
        if party is not None and party not in view.followed:
            lines.append(said.everything_about(own(setup.title(party))))
            offered.append(buttons.follow(party, said.everything_button(setup.title(party))))
    rest = [other for other in others if other not in view.followed]
    if rest:
        lines.append(f"{words.OTHER_MATTERS}:")
        offered += [buttons.follow(other, setup.title(other)) for other in rest[:OTHERS_MAX]]
    message = Message(html=" ".join(lines), buttons=buttons.rows(*offered, width=1))
    return Answer(replies=(message,), effects=(Follow(target=target),))


def _party(case: Case, setup: Setup) -> Target | None:
    """Return the company or person that a case is known by, to be followed beyond it."""
    rule = setup.rules.cases.get(case.slug) if setup.rules else None
    if rule is None or setup.rules is None:
        return None
    sides = [
        setup.rules.entities[slug]
        for slug in sorted(rule.defendants | rule.plaintiffs)
        if slug in setup.rules.entities
    ]
    companies = [one for one in sides if one.kind is EntityKind.COMPANY]
    people = [one for one in sides if one.kind is EntityKind.PERSON]
    title = fold(case.title)
    named = [one for one in companies + people if fold(one.name).split()[0] in title.split()]
    best = next(iter(named or companies or people), None)
    return None if best is None else Target(kind=TargetKind.ENTITY, slug=best.slug)


def unfollow_name(name: str, view: View) -> Answer:
    """Stop following what is called so; what the name leaves open is asked back."""
    followed = sorted(view.followed)
    if not followed:
        return say(words.NOTHING_FOLLOWED)
    chief, meant = _meant(name, view) if fold(name) else (None, [])
    here = [target for target in meant if target in view.followed]
    if chief in here or len(here) == 1:
        return unfollow(chief if chief in here and chief is not None else here[0], view)
    if meant and not here:
        return say(words.not_followed(meant[0].kind, own(view.setup.title(meant[0]))))
    question = words.WHICH_UNFOLLOW
    return reply(render_lists.choice(question, here or followed, view.setup, buttons.unfollow))


def _meant(name: str, view: View) -> tuple[Target | None, list[Target]]:
    """Return what `name` chiefly means, and all that it may; what is gone is known by its slug."""
    match resolve(name, view.setup):
        case One(target=target, others=others):
            return target, [target, *others]
        case Many(targets=targets):
            return None, list(targets)
        case Nothing():
            wanted = fold(name.lstrip("@"))
            # A watch's slug is a number of ours, which somebody may type by chance.
            named = (target for target in view.followed if target.kind is not TargetKind.WATCH)
            return None, [target for target in sorted(named) if fold(target.slug) == wanted]
        case never:
            assert_never(never)


def unfollow(target: Target, view: View) -> Answer:
    """Stop following this."""
    title = own(view.setup.title(target))
    if target not in view.followed:
        return say(words.not_followed(target.kind, title))
    message = render_lists.say(words.unfollowed(target.kind, title))
    return Answer(replies=(message,), effects=(Unfollow(target=target),))


async def _with_latest(ask: Ask, answer: Answer) -> Answer:
    """Add the last developments to an answer that follows something: they will not ring."""
    target = next((e.target for e in answer.effects if isinstance(e, Follow)), None)
    if target is None:
        return answer
    stories = await ask.reads.stories_of(target, LATEST_MAX)
    if not stories:
        return answer
    first, *rest = answer.replies
    lines = [f"{said.LAST_DEVELOPMENTS}:", *(render_lists.development(one) for one in stories)]
    listed = replace(first, html="\n".join([first.html, "", *lines]))
    return replace(answer, replies=(listed, *rest))


async def _follow(ask: Ask) -> Answer:
    return await _with_latest(ask, follow_name(ask.argument, ask.view))


async def _unfollow(ask: Ask) -> Answer:
    return unfollow_name(ask.argument, ask.view)


async def _follow_pressed(ask: Ask) -> Answer:
    target = _target(ask)
    if target is None:
        return Answer(toast=words.OLD_BUTTON)
    return await _with_latest(ask, follow(target, ask.view))


async def _unfollow_pressed(ask: Ask) -> Answer:
    target = _target(ask)
    return Answer(toast=words.OLD_BUTTON) if target is None else unfollow(target, ask.view)


def _target(ask: Ask) -> Target | None:
    return buttons.target_of(*ask.args) if len(ask.args) == 2 else None


COMMANDS: tuple[Command, ...] = (
    Command(name="follow", run=_follow, who=Who.CHAT, aliases=("subscribe",)),
    Command(name="unfollow", run=_unfollow, who=Who.CHAT, aliases=("unsubscribe",)),
)
VERBS: tuple[Verb, ...] = (
    Verb(name="follow", run=_follow_pressed, who=Who.CHAT),
    Verb(name="unfollow", run=_unfollow_pressed, who=Who.CHAT),
)
