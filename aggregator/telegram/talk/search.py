"""Looking through the stored news by a query, and the latest of what is followed.

A button holds 64 bytes and a query may have hundreds, so the query is kept as a file under the
number of the update that asked, and only that number is in the button.  The chat's own id is part
of the file's name: no button that somebody makes up shows another chat's query.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from aggregator.cases.names import fold
from aggregator.matching.search import QueryFault, Searcher, compile_query
from aggregator.model import Button, Evidence, Item, ItemKey, Message, Story, Target, TargetKind
from aggregator.ports import Store
from aggregator.telegram import base36, buttons, markup, render_lists, render_search, words
from aggregator.telegram.ask import Answer, Ask, Command, PutFile, Verb, reply, say
from aggregator.telegram.markup import clip, escape, own
from aggregator.telegram.naming import Many, Nothing, One, resolve
from aggregator.telegram.words import search as said

HITS_MAX = 8
"""A page, which a phone shows without much scrolling."""
ROWS_MAX = 3_000
"""Items that one question may read; a second or so where the full-text index cannot help."""
ROWS_AT_ONCE = 250
"""Between two steps the program does other things."""
STORIES_AT_ONCE = 64
SAME_MOMENT_MAX = 20
"""Of developments with the same time on one page; a message holds no more."""
TITLE_CHARS_MAX = 80
QUERY_READ_MAX = 10_000
"""Longer than any message, so that a query that is too long is told how long it is."""

Cursor = tuple[datetime, ItemKey]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """What a look through the store found, newest first."""

    hits: tuple[tuple[Item, tuple[Evidence, ...]], ...]
    rows: int
    """How many items were read."""
    last: Cursor | None
    """The last one read; None when there was none."""
    ended: bool
    """Nothing older is left to read."""


def file_of(kind: str, ask: Ask, number: str) -> str:
    """Return the name under which a query of this chat waits for its button.

    `:<chat>:` in a name is how the store knows what to delete with a chat.
    """
    return f"{kind}:{ask.incoming.chat_id}:{number}"


def number_of(ask: Ask) -> str:
    """Return what a button calls this question by."""
    return base36.written(ask.incoming.update_id)


async def kept_query(kind: str, ask: Ask, number: str) -> str | None:
    """Return the query that waits; None when it is gone."""
    if base36.read(number) is None:
        return None
    data = await ask.reads.file(file_of(kind, ask, number))
    return None if data is None else data.decode()


async def scan(
    reads: Store,
    searcher: Searcher,
    *,
    hits_max: int,
    rows_max: int = ROWS_MAX,
    since: datetime | None = None,
    before: Cursor | None = None,
) -> Scanned:
    """Read stored items, newest first, until enough hold or enough were read."""
    hits: list[tuple[Item, tuple[Evidence, ...]]] = []
    rows, last, ended = 0, before, False
    while rows < rows_max and len(hits) < hits_max and not ended:
        some = await reads.search(searcher.match, since=since, before=last, limit=ROWS_AT_ONCE)
        ended = len(some) < ROWS_AT_ONCE
        for at, item in enumerate(some):
            rows += 1
            last = (item.at, item.key)
            evidence = searcher.hit(item)
            if evidence is not None:
                hits.append((item, evidence))
                if len(hits) == hits_max:
                    ended = ended and at + 1 == len(some)
                    break
    return Scanned(hits=tuple(hits), rows=rows, last=last, ended=ended)


def compiled(ask: Ask, query: str) -> Searcher | Message:
    """Return a query ready to be asked, or the message that says why it is not."""
    if ask.setup.rules is None:
        return Message(html=said.NO_RULES)
    searcher = compile_query(query, ask.setup.rules)
    return render_search.fault(searcher) if isinstance(searcher, QueryFault) else searcher


async def search(ask: Ask) -> Answer:
    """Look a query up in the stored news."""
    if not ask.argument.strip():
        return say(said.query_missing("search"))
    number = number_of(ask)
    message, searched = await _page(ask, ask.argument, number, None)
    if not searched:
        return reply(message)
    kept = PutFile(name=file_of("search", ask, number), data=ask.argument.encode(errors="replace"))
    return Answer(replies=(message,), effects=(kept,))


async def search_pressed(ask: Ask) -> Answer:
    """Turn to another page of what a query found."""
    match ask.args:
        case (number,):
            before: Cursor | None = None
        case (number, moment, key) if (at := base36.moment_read(moment)) is not None and key:
            before = at, ItemKey(key)
        case _:
            return Answer(toast=words.OLD_BUTTON)
    query = await kept_query("search", ask, number)
    if query is None:
        return Answer(toast=words.OLD_BUTTON)
    return Answer(edit=(await _page(ask, query, number, before))[0])


async def _page(ask: Ask, query: str, number: str, before: Cursor | None) -> tuple[Message, bool]:
    """Return a page, and whether the query could be read."""
    searcher = compiled(ask, query)
    if isinstance(searcher, Message):
        return searcher, False
    # One hit more than is shown tells whether there is another page.
    scanned = await scan(ask.reads, searcher, hits_max=HITS_MAX + 1, before=before)
    items = [item for item, _ in scanned.hits[:HITS_MAX]]
    full = len(scanned.hits) > HITS_MAX
    notes: list[str] = []
    after = (items[-1].at, items[-1].key) if full else scanned.last
    older = full or not scanned.ended
    if older and not full and after is not None:
        notes.append(said.looked_through(scanned.rows, markup.time(after[0], "D")))
    elif not older and before is not None:
        notes.append(said.NO_MORE)
    elif not items:
        notes.append(said.NOTHING_HELP)
    turn = buttons.rows(
        buttons.button(said.OLDER, "so", number, base36.moment_written(after[0]), after[1])
        if older and after is not None
        else [],
        buttons.button(said.NEWEST, "so", number) if before is not None else [],
    )
    return render_search.hits(query, items, notes, turn), True


async def latest(ask: Ask) -> Answer:
    """Show the newest developments of what is followed here, or of what is named."""
    name = ask.argument
    if not fold(name):
        return reply(await _latest(ask, None, None))
    match resolve(name, ask.setup):
        case One(target=target):
            return reply(await _latest(ask, target, None))
        case Many(targets=targets):
            question = words.several(len(targets), escape(clip(name, TITLE_CHARS_MAX)))
            return reply(render_lists.choice(question, targets, ask.setup, _latest_button))
        case Nothing(suggestions=suggestions):
            hint = said.search_instead(escape(clip(name, TITLE_CHARS_MAX)))
            shown = render_lists.nothing_found(
                name, suggestions, _latest_button, ask.setup, hint=hint
            )
            return reply(shown)
        case never:
            assert_never(never)


async def latest_pressed(ask: Ask) -> Answer:
    """Show developments from a button: of all or of one thing, from the newest or further back."""
    match ask.args:
        case ():
            return reply(await _latest(ask, None, None))
        case (kind, slug) if (target := buttons.target_of(kind, slug)) is not None:
            return reply(await _latest(ask, target, None)) if _may(ask, target) else _old()
        case _:
            return _old()


async def older_pressed(ask: Ask) -> Answer:
    """Turn to another page of developments."""
    match ask.args:
        case (moment, *rest) if not rest or len(rest) == 2:
            before = base36.moment_read(moment) if moment else None
            target = buttons.target_of(*rest) if rest else None
            known = (target is not None and _may(ask, target)) if rest else True
            if known and (before is not None or not moment):
                return Answer(edit=await _latest(ask, target, before))
    return _old()


def _may(ask: Ask, target: Target) -> bool:
    """Say whether this place may look at `target`: a watch only at its own."""
    return target.kind is not TargetKind.WATCH or target in ask.view.followed


def _old() -> Answer:
    return Answer(toast=words.OLD_BUTTON)


async def _latest(ask: Ask, target: Target | None, before: datetime | None) -> Message:
    targets = ask.view.followed or None if target is None else frozenset({target})
    shown, more = await _developments(ask.reads, targets, before)
    of = () if target is None else buttons.code(target)
    turn = buttons.rows(
        buttons.button(said.OLDER, "lt", base36.moment_written(shown[-1].last_at), *of)
        if more
        else [],
        buttons.button(said.NEWEST, "lt", "", *of) if before is not None else [],
    )
    title = said.FOLLOWED if targets else said.EVERYTHING
    nothing = said.NOTHING_YET
    if target is not None:
        name = own(clip(ask.setup.title(target), TITLE_CHARS_MAX))
        title, nothing = said.latest_of(name), said.nothing_of(name)
    notes = [] if shown else [nothing if before is None else said.NO_MORE]
    return render_search.latest(title, shown, notes, turn)


async def _developments(
    reads: Store, targets: Collection[Target] | None, before: datetime | None
) -> tuple[list[Story], bool]:
    """Return a page of developments, and whether there are older ones.

    A page goes on by the time of its last one, so those of the very same moment stay together.
    """
    shown: list[Story] = []
    for story in await reads.latest(targets, STORIES_AT_ONCE, before=before):
        if len(shown) >= HITS_MAX and story.last_at < shown[-1].last_at:
            return shown, True
        shown.append(story)
    return shown[:SAME_MOMENT_MAX], len(shown) == STORIES_AT_ONCE


def _latest_button(target: Target, text: str) -> list[Button]:
    return buttons.button(text, "latest", *buttons.code(target))


COMMANDS: tuple[Command, ...] = (
    Command(name="search", run=search, chars_max=QUERY_READ_MAX),
    Command(name="latest", run=latest),
)
VERBS: tuple[Verb, ...] = (
    Verb(name="so", run=search_pressed),
    Verb(name="latest", run=latest_pressed),
    Verb(name="lt", run=older_pressed),
)
