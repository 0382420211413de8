"""Following and unfollowing: what is answered and what changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from aggregator.cases.names import fold
from aggregator.model import Target, TargetKind
from aggregator.telegram import buttons, markup, render_lists, words
from aggregator.telegram.markup import escape, own
from aggregator.telegram.naming import Many, Nothing, One, resolve
from aggregator.telegram.view import Answer, Follow, Unfollow, View, reply, say

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
            question = words.several(len(targets), escape(name))
            return reply(render_lists.choice(question, targets, view.setup, buttons.follow))
        case Nothing(suggestions=suggestions):
            return reply(render_lists.nothing_found(name, suggestions, buttons.follow))
        case never:
            assert_never(never)


def follow(target: Target, view: View, others: Sequence[Target] = ()) -> Answer:
    """Follow this; `others` bear the same name and are offered as buttons."""
    setup = view.setup
    title = own(setup.title(target))
    if not setup.knows(target):
        gone = target.kind is TargetKind.WATCHLIST
        return say(words.GONE_WATCHLIST if gone else words.GONE_CASE)
    if target in view.followed:
        return say(words.follows_already(target.kind, title))
    if len(view.subscriptions) >= FOLLOWS_MAX:
        return say(words.too_many(FOLLOWS_MAX))
    case = setup.cases.get(target.slug) if target.kind is TargetKind.CASE else None
    said = words.follows(target.kind, title)
    if case is not None and case.closed:
        said = words.follows_closed(title, markup.day(case.status_date))
    rest = [other for other in others if other not in view.followed]
    if rest:
        said = f"{said} {words.OTHER_MATTERS}:"
    message = render_lists.choice(said, rest, setup, buttons.follow)
    return Answer(replies=(message,), effects=(Follow(target=target),))


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
            return None, [target for target in sorted(view.followed) if fold(target.slug) == wanted]
        case never:
            assert_never(never)


def unfollow(target: Target, view: View) -> Answer:
    """Stop following this."""
    title = own(view.setup.title(target))
    if target not in view.followed:
        return say(words.not_followed(target.kind, title))
    message = render_lists.say(words.unfollowed(target.kind, title))
    return Answer(replies=(message,), effects=(Unfollow(target=target),))
