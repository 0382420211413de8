"""Looking up a case or a watchlist: its card and pages, its chart, and the lists of both."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from hashlib import blake2b
from typing import assert_never

from aggregator.cases import chart as charts
from aggregator.cases.card import card as card_of
from aggregator.cases.lookup import Found, NotFound, Several, find
from aggregator.cases.names import fold
from aggregator.cases.sources import GAP_AGE_MAX, Watched, watched
from aggregator.cases.timeline import timeline
from aggregator.model import Case, Message, Target, TargetKind
from aggregator.telegram import buttons, render_case, render_lists, render_timeline, words
from aggregator.telegram.ask import Answer, Ask, Command, PutFile, Verb, reply, say
from aggregator.telegram.markup import clip, escape, own

STORIES_MAX = 20
"""Of a case, to find its five newest developments among."""
HISTORY_MAX = 500
"""Of a case, on its timeline; reading them takes some 50 ms."""
TOLD_MAX = 5
"""Of a watchlist."""
NAME_CHARS_MAX = 1000
"""An address may be pasted."""
SHOWN_CHARS_MAX = 80
PAGE = re.compile(r"[0-9]{1,4}")


async def show(ask: Ask) -> Answer:
    """Open what is called so, or ask which one is meant."""
    name = ask.argument[:NAME_CHARS_MAX]
    if not fold(name):
        return say(words.name_missing("case", own(ask.setup.example)))
    match find(name, ask.setup.cases):
        case Found(case=case, others=others):
            return reply(await _card(ask, case, others))
        case Several(cases=cases):
            question = words.several(len(cases), escape(clip(name, SHOWN_CHARS_MAX)))
            targets = [buttons.case_target(one.slug) for one in cases]
            return reply(render_lists.choice(question, targets, ask.setup, render_lists.show))
        case NotFound(suggestions=suggestions):
            alike = [(one.name, buttons.case_target(one.case.slug)) for one in suggestions]
            return reply(render_lists.nothing_found(name, alike, render_lists.show, ask.setup))
        case never:
            assert_never(never)


async def open_target(ask: Ask, target: Target) -> Answer:
    """Open a case or watchlist by its slug, from a link or a button."""
    if target.kind is TargetKind.WATCHLIST:
        watchlist = ask.setup.watchlists.get(target.slug)
        if watchlist is None:
            return say(words.GONE_WATCHLIST)
        told = await ask.reads.stories_of(target, TOLD_MAX)
        followed = target in ask.view.followed
        return reply(render_lists.watchlist(watchlist, told, followed=followed))
    case = ask.setup.cases.get(target.slug)
    return say(words.GONE_CASE) if case is None else reply(await _card(ask, case, ()))


async def cases(ask: Ask) -> Answer:
    """List all cases."""
    return reply(render_lists.cases(ask.setup.cases.values(), ask.view.bot_name))


async def watchlists(ask: Ask) -> Answer:
    """List all watchlists."""
    return reply(render_lists.watchlists(ask.setup.watchlists.values(), ask.view.bot_name))


async def cases_pressed(ask: Ask) -> Answer:
    """List all cases, or turn to a page of them."""
    if not ask.args:
        return await cases(ask)
    if (page := _page(ask.args[0])) is None:
        return Answer(toast=words.OLD_BUTTON)
    every = ask.setup.cases.values()
    return Answer(edit=render_lists.cases(every, ask.view.bot_name, page))


async def watchlists_pressed(ask: Ask) -> Answer:
    """List all watchlists, or turn to a page of them."""
    if not ask.args:
        return await watchlists(ask)
    if (page := _page(ask.args[0])) is None:
        return Answer(toast=words.OLD_BUTTON)
    every = ask.setup.watchlists.values()
    return Answer(edit=render_lists.watchlists(every, ask.view.bot_name, page))


async def pressed(ask: Ask) -> Answer:
    """Open the case that a button names, in the place of a page of ours, else as a new message."""
    match ask.args:
        case (slug,) if (case := ask.setup.cases.get(slug)) is not None:
            return await _turned(ask, await _card(ask, case, ()))
        case (slug,) if slug:
            return say(words.GONE_CASE)
        case _:
            return Answer(toast=words.OLD_BUTTON)


async def timeline_pressed(ask: Ask) -> Answer:
    """Show a page of a case's timeline."""
    match ask.args:
        case (number, "c" | "a" as view, slug) if (page := _page(number)) is not None:
            case = ask.setup.cases.get(slug)
            if case is None:
                return say(words.GONE_CASE)
            return await _turned(ask, await _timeline(ask, case, page, court_only=view == "c"))
        case _:
            return Answer(toast=words.OLD_BUTTON)


async def sources_pressed(ask: Ask) -> Answer:
    """Show what is read for a case and where its facts come from."""
    match ask.args:
        case (slug,) if (case := ask.setup.cases.get(slug)) is not None:
            told = await ask.reads.stories_of(buttons.case_target(slug), HISTORY_MAX)
            return await _turned(ask, render_case.sources(case, await _watched(ask, case), told))
        case (slug,) if slug:
            return say(words.GONE_CASE)
        case _:
            return Answer(toast=words.OLD_BUTTON)


async def chart_pressed(ask: Ask) -> Answer:
    """Send a case's chart; where none can be drawn its timeline answers."""
    match ask.args:
        case (slug,) if (case := ask.setup.cases.get(slug)) is not None:
            return await chart(ask, case, drawable=charts.available())
        case (slug,) if slug:
            return say(words.GONE_CASE)
        case _:
            # The press was answered before, so there is no toast.
            return say(words.OLD_BUTTON)


async def chart(ask: Ask, case: Case, *, drawable: bool) -> Answer:
    """Return a case's coverage as a picture with its words, drawn once for the same content; the
    timeline where nothing can be drawn.
    """
    if not drawable:
        return reply(await _timeline(ask, case, 1, court_only=False))
    target = buttons.case_target(case.slug)
    told = await ask.reads.stories_of(target, HISTORY_MAX)
    data = charts.chart_data(case, await ask.reads.coverage_by_week(target), told, ask.now)
    # The same content has the same name, so that a picture is drawn once.
    content = blake2b(repr(data).encode(errors="replace"), digest_size=8).hexdigest()
    name = f"chart-{case.slug}-{content}.png"
    message = render_timeline.chart(data, case.slug, name)
    if await ask.reads.file(name) is not None:
        return reply(message)
    drawn = await asyncio.to_thread(charts.chart, data)
    return Answer(replies=(message,), effects=(PutFile(name=name, data=drawn),))


async def _timeline(ask: Ask, case: Case, page: int, *, court_only: bool) -> Message:
    told = await ask.reads.stories_of(buttons.case_target(case.slug), HISTORY_MAX)
    found = timeline(case, told, ask.now, page=page, court_only=court_only)
    return render_timeline.timeline(found)


async def _card(ask: Ask, case: Case, others: Sequence[Case]) -> Message:
    target = buttons.case_target(case.slug)
    card = card_of(
        case,
        await ask.reads.stories_of(target, STORIES_MAX),
        await ask.reads.coverage(target),
        ask.now,
    )
    return render_case.card(
        card,
        followed=target in ask.view.followed,
        others=others,
        watched=await _watched(ask, case),
    )


async def _watched(ask: Ask, case: Case) -> Watched:
    states = await ask.reads.feed_states()
    gaps = await ask.reads.gaps(ask.now - GAP_AGE_MAX)
    return watched(case, ask.setup.feeds, states, ask.now, gaps)


async def _turned(ask: Ask, message: Message) -> Answer:
    """Return `message` in the place of the answer under which the button stands.

    An alert stays what it is, and a picture cannot become a text: there it is a new message.
    """
    here = ask.incoming
    shown = (
        None
        if here.message_id is None
        else await ask.reads.delivery_of(here.chat_id, here.message_id)
    )
    if shown is None or shown.message.attachment or not shown.key.startswith("reply:"):
        return reply(message)
    return Answer(edit=message)


def _page(text: str) -> int | None:
    return int(text) if PAGE.fullmatch(text) else None


COMMANDS: tuple[Command, ...] = (
    Command(name="case", run=show),
    Command(name="cases", run=cases),
    Command(name="watchlists", run=watchlists),
)
VERBS: tuple[Verb, ...] = (
    Verb(name="case", run=pressed),
    Verb(name="tl", run=timeline_pressed),
    Verb(name="src", run=sources_pressed),
    Verb(name="chart", run=chart_pressed, slow=True),
    Verb(name="cases", run=cases_pressed),
    Verb(name="lists", run=watchlists_pressed),
)
