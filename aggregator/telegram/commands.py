"""What the bot answers and what changes: pure, from one update and what is known.

`need` says what must be read before `handle` can answer; the caller reads it, puts it into the
`View`, and carries out what `handle` returns.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from aggregator.cases.card import card as card_of
from aggregator.cases.lookup import Found, NotFound, Several, find
from aggregator.cases.names import fold
from aggregator.model import Case, ChatGone, Message, Target, TargetKind
from aggregator.telegram import buttons, follows, render_case, render_lists, words
from aggregator.telegram import intent as wish
from aggregator.telegram.intent import Incoming, Intent
from aggregator.telegram.markup import escape, own
from aggregator.telegram.view import Answer, MakeAdmin, Need, ReviveChat, View, reply, say


def need(incoming: Incoming, view: View) -> Need:
    """Return what `handle` must know beyond what every answer needs."""
    wanted = wish.intent(incoming, view.bot_name)
    if incoming.member is not None or not view.setup.access.admits(incoming.user_id):
        return Need()
    match wanted:
        case wish.ShowCase(name=name) | wish.Chatter(text=name):
            found = find(name, view.setup.cases)
            return Need(case=_target(found.case)) if isinstance(found, Found) else Need()
        case wish.OpenTarget(target=target) if target.kind is TargetKind.CASE:
            return Need(case=target)
        case wish.FollowName() | wish.UnfollowName() | wish.FollowTarget() | wish.UnfollowTarget():
            return Need(group_admin=not _may_change(incoming, view))
        case _:
            return Need()


def handle(incoming: Incoming, view: View, now: datetime) -> Answer:
    """Return the answer to one update; the same update and view give the same answer."""
    match incoming.member:
        case "out":
            return Answer(effects=(ChatGone(detail="the bot was blocked or removed"),))
        case "in":
            return Answer(effects=(ReviveChat(),))
        case None:
            pass
    wanted = wish.intent(incoming, view.bot_name)
    if isinstance(wanted, wish.ForOthers):
        return Answer()
    answer = _gated(wanted, incoming, view, now)
    if not answer.replies:
        return answer
    return Answer(
        replies=answer.replies, effects=(ReviveChat(), *answer.effects), toast=answer.toast
    )


def _gated(wanted: Intent, incoming: Incoming, view: View, now: datetime) -> Answer:
    """Answer what everybody may ask, refuse strangers, and pass the rest on."""
    match wanted:
        case wish.UseClaim(code=code):
            return _claim(code, incoming, view, now)
        case wish.Plain(command="id"):
            lines = words.ids(incoming.user_id, incoming.chat_id, incoming.thread_id)
            return Answer(replies=(Message(html="\n".join(lines)),))
    if not view.setup.access.admits(incoming.user_id):
        return _refuse(_private(incoming), incoming)
    changes = isinstance(
        wanted, wish.FollowName | wish.UnfollowName | wish.FollowTarget | wish.UnfollowTarget
    )
    if changes and not _may_change(incoming, view):
        unsure = incoming.is_group_admin is None
        return _refuse(words.GROUP_UNCHECKED if unsure else words.GROUP_ADMINS_ONLY, incoming)
    return _answer(wanted, view, now)


def _answer(wanted: Intent, view: View, now: datetime) -> Answer:  # noqa: C901  one arm for each wish, and mypy sees that none is missing
    match wanted:
        case wish.Plain(command=command):
            return reply(_plain(command, view))
        case wish.ShowCase(name=name):
            return reply(_show(name, view, now))
        case wish.OpenTarget(target=target):
            return reply(_open(target, view, now))
        case wish.FollowName(name=name):
            return follows.follow_name(name, view)
        case wish.FollowTarget(target=target):
            return follows.follow(target, view)
        case wish.UnfollowName(name=name):
            return follows.unfollow_name(name, view)
        case wish.UnfollowTarget(target=target):
            return follows.unfollow(target, view)
        case wish.Chatter(text=text):
            known = isinstance(find(text, view.setup.cases), Found)
            return reply(_show(text, view, now) if known else _message(words.UNKNOWN_TEXT))
        case wish.UnknownCommand():
            return reply(Message(html=words.UNKNOWN_COMMAND))
        case wish.OldButton():
            return Answer(toast=words.OLD_BUTTON)
        case wish.UseClaim() | wish.ForOthers():
            return Answer()
        case never:
            assert_never(never)


def _refuse(text: str, incoming: Incoming) -> Answer:
    return Answer(toast=text) if incoming.data is not None else say(text)


def _private(incoming: Incoming) -> str:
    return words.private(incoming.user_id if incoming.user_id is not None else incoming.chat_id)


def _may_change(incoming: Incoming, view: View) -> bool:
    is_bot_admin = incoming.user_id in view.setup.access.admins
    return incoming.is_private or is_bot_admin or incoming.is_group_admin is True


def _claim(code: str, incoming: Incoming, view: View, now: datetime) -> Answer:
    if incoming.user_id is not None and incoming.user_id in view.setup.access.admins:
        return say(words.ADMIN_ALREADY)
    if view.claim is not None and view.claim.opens(code, now):
        if not incoming.is_private or incoming.user_id is None:
            return say(words.CLAIM_PRIVATE)
        admin = MakeAdmin(user_id=incoming.user_id)
        return Answer(replies=(_message(words.ADMIN_NOW),), effects=(admin,))
    if not view.setup.access.admits(incoming.user_id):
        return say(_private(incoming))
    return say(words.CLAIM_STALE)


def _plain(command: str, view: View) -> Message:
    setup = view.setup
    match command:
        case "start":
            return render_lists.start(setup.examples)
        case "cases":
            return render_lists.cases(setup.cases.values(), view.bot_name)
        case "watchlists":
            return render_lists.watchlists(setup.watchlists.values(), view.bot_name)
        case "following":
            return render_lists.following(sorted(view.followed), setup)
        case _:
            return render_lists.help_text()


def _message(html: str) -> Message:
    return Message(html=html)


def _target(case: Case) -> Target:
    return buttons.case_target(case.slug)


def _show(name: str, view: View, now: datetime) -> Message:
    if not fold(name):
        return _message(words.name_missing("case", own(view.setup.example)))
    match find(name, view.setup.cases):
        case Found(case=case, others=others):
            return _card(case, others, view, now)
        case Several(cases=cases):
            question = words.several(len(cases), escape(name))
            targets = [_target(case) for case in cases]
            return render_lists.choice(question, targets, view.setup, render_lists.show)
        case NotFound(suggestions=suggestions):
            alike = [(one.name, _target(one.case)) for one in suggestions]
            return render_lists.nothing_found(name, alike, render_lists.show)
        case never:
            assert_never(never)


def _card(case: Case, others: Sequence[Case], view: View, now: datetime) -> Message:
    card = card_of(case, view.stories, view.coverage, now)
    followed = _target(case) in view.followed
    return render_case.card(card, followed=followed, others=others)


def _open(target: Target, view: View, now: datetime) -> Message:
    if target.kind is TargetKind.WATCHLIST:
        watchlist = view.setup.watchlists.get(target.slug)
        if watchlist is None:
            return _message(words.GONE_WATCHLIST)
        return render_lists.watchlist(watchlist, followed=target in view.followed)
    case = view.setup.cases.get(target.slug)
    return _message(words.GONE_CASE) if case is None else _card(case, (), view, now)
