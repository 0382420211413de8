"""The greeting, the help, ids, deep links, and the link that makes the first admin."""

from __future__ import annotations

import re
from typing import Final

from aggregator.telegram import buttons, render_lists, words
from aggregator.telegram.ask import Answer, Ask, Command, MakeAdmin, Verb, Who, reply, say
from aggregator.telegram.talk import case

PAYLOAD: Final = re.compile(r"(c|w|claim)_([A-Za-z0-9_-]{1,64})")


async def start(ask: Ask) -> Answer:
    """Greet, or open what a link names."""
    found = PAYLOAD.fullmatch(ask.argument)
    match (found[1], found[2]) if found else None:
        case ("claim", code):
            return _claim(ask, code)
        case _ if not ask.setup.access.admits(ask.incoming.user_id):
            return say(_private(ask))
        case ("c", slug):
            return await case.open_target(ask, buttons.case_target(slug))
        case ("w", slug):
            return await case.open_target(ask, buttons.watchlist_target(slug))
        case _:
            return reply(render_lists.start(ask.setup.examples))


async def help_(ask: Ask) -> Answer:
    """Say what this is, what to send first, and what every command does."""
    return reply(
        render_lists.help_text(
            ask.setup.examples, operator=ask.incoming.user_id in ask.setup.access.admins
        )
    )


async def ids(ask: Ask) -> Answer:
    """Say the ids that an operator needs."""
    incoming = ask.incoming
    return say("\n".join(words.ids(incoming.user_id, incoming.chat_id, incoming.thread_id)))


def _claim(ask: Ask, code: str) -> Answer:
    incoming, access, claim = ask.incoming, ask.setup.access, ask.view.claim
    if incoming.user_id is not None and incoming.user_id in access.admins:
        return say(words.ADMIN_ALREADY)
    if claim is not None and claim.opens(code, ask.now):
        if not incoming.is_private or incoming.user_id is None:
            return say(words.CLAIM_PRIVATE)
        admin = MakeAdmin(user_id=incoming.user_id)
        return Answer(replies=(render_lists.say(words.ADMIN_NOW),), effects=(admin,))
    if not access.admits(incoming.user_id):
        return say(_private(ask))
    return say(words.CLAIM_STALE)


def _private(ask: Ask) -> str:
    return words.private(ask.incoming.user_id or ask.incoming.chat_id)


COMMANDS: tuple[Command, ...] = (
    Command(name="start", run=start, who=Who.ANYONE),
    Command(name="help", run=help_),
    Command(name="id", run=ids, who=Who.ANYONE),
)
VERBS: tuple[Verb, ...] = (Verb(name="help", run=help_),)
