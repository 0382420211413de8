"""A query of one's own: what it names first, what it would have rung for, then its creation."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, assert_never

from aggregator.matching.search import preview
from aggregator.model import (
    ItemKey,
    Message,
    Mode,
    Severity,
    Subscription,
    Target,
    TargetKind,
    Watch,
)
from aggregator.telegram import render_watch, words
from aggregator.telegram.ask import AddWatch, Answer, Ask, Command, PutFile, Verb, Who, reply, say
from aggregator.telegram.markup import clip, escape
from aggregator.telegram.naming import Many, Nothing, One, resolve
from aggregator.telegram.talk.follow import FOLLOWS_MAX
from aggregator.telegram.talk.search import (
    QUERY_READ_MAX,
    compiled,
    file_of,
    kept_query,
    number_of,
    scan,
)
from aggregator.telegram.words import search as searching
from aggregator.telegram.words import watch as said

WATCHES_MAX = 50
"""Of one chat, all its topics together."""
DAYS = 7
ROWS_MAX = 10_000
"""Items that a preview may read: a week of some hundred feeds."""
HITS_MAX = 300
"""Items that a preview counts; reading one against all rules takes a third of a millisecond."""
OFFERED_MAX = 8
QUERY_CHARS_MAX = 80
NAME_CHARS_MAX = 200
"""A longer query is the name of nothing."""
KIND: Final = "watch"
HOW: Final = {
    "i": (Severity.LOW, Mode.INSTANT),
    "h": (Severity.HIGH, Mode.INSTANT),
    "d": (Severity.LOW, Mode.DIGEST),
}


async def watch(ask: Ask) -> Answer:
    """Offer to follow what the query names; else show what it would have rung for."""
    query = ask.argument
    if not query.strip():
        return say(searching.query_missing("watch"))
    if refused := await _refused(ask):
        return say(refused)
    number = number_of(ask)
    kept = PutFile(name=file_of(KIND, ask, number), data=query.encode(errors="replace"))
    named = _named(ask, query) if len(query) <= NAME_CHARS_MAX else []
    if named:
        message = render_watch.follow_first(query, named, ask.setup, number)
        return Answer(replies=(message,), effects=(kept,))
    message, asked = await _preview(ask, query, number)
    return Answer(replies=(message,), effects=(kept,)) if asked else reply(message)


async def anyway_pressed(ask: Ask) -> Answer:
    """Show what the words would have rung for, though they are a name."""
    match ask.args:
        case (number,) if (query := await kept_query(KIND, ask, number)) is not None:
            return Answer(edit=(await _preview(ask, query, number))[0])
        case _:
            return Answer(toast=words.OLD_BUTTON)


async def create_pressed(ask: Ask) -> Answer:
    """Create the watch that waits, as the button says."""
    match ask.args:
        case (number, how) if (
            how in HOW and (query := await kept_query(KIND, ask, number)) is not None
        ):
            return await _create(ask, query, number, how)
        case _:
            return Answer(toast=words.OLD_BUTTON)


async def _create(ask: Ask, query: str, number: str, how: str) -> Answer:
    if number in ask.setup.watches:
        return Answer(toast=said.CREATED_ALREADY)
    if query in ask.setup.watches.values():
        shown = escape(clip(query, QUERY_CHARS_MAX))
        return Answer(edit=Message(html=said.watched_already(shown)))
    if refused := await _refused(ask):
        return Answer(edit=Message(html=refused))
    # The rules may have changed while the preview stood there.
    searcher = compiled(ask, query)
    if isinstance(searcher, Message):
        return Answer(edit=searcher)
    floor, mode = HOW[how]
    made = Watch(id=number, place=ask.place, query=query, created=ask.now)
    subscription = Subscription(
        place=ask.place, target=made.target, since=ask.now, floor=floor, mode=mode
    )
    return Answer(
        edit=render_watch.created(query, how),
        effects=(AddWatch(watch=made, subscription=subscription),),
        toast=said.CREATED,
    )


async def _refused(ask: Ask) -> str:
    """Return why this chat may not have another watch; empty when it may."""
    if len(ask.view.subscriptions) >= FOLLOWS_MAX:
        return words.too_many(FOLLOWS_MAX)
    places = {ask.place, *await ask.reads.places_of(ask.incoming.chat_id)}
    count = sum([len(await ask.reads.watches_at(place)) for place in sorted(places)])
    return said.too_many(WATCHES_MAX) if count >= WATCHES_MAX else ""


def _named(ask: Ask, query: str) -> list[Target]:
    """Return the cases, watchlists and names that a query is the name of, the likeliest first."""
    found: list[Target] = []
    for name in (query, f"@{query.removeprefix('@')}"):
        match resolve(name, ask.setup):
            case One(target=target, others=others):
                found += (target, *others)
            case Many(targets=targets):
                found += targets
            case Nothing():
                # What is only written alike may be meant as words.
                pass
            case never:
                assert_never(never)
    fresh = [target for target in dict.fromkeys(found) if target not in ask.view.followed]
    # A company or person must not be pushed out by the many cases that share its name.
    names = [target for target in fresh[1:] if target.kind is TargetKind.ENTITY]
    rest = [target for target in fresh[1:] if target not in names]
    return [*fresh[:1], *names, *rest][:OFFERED_MAX]


async def _preview(ask: Ask, query: str, number: str) -> tuple[Message, bool]:
    """Return what the query would have rung for, and whether it could be asked."""
    searcher, matcher = compiled(ask, query), ask.setup.matcher
    if isinstance(searcher, Message):
        return searcher, False
    if matcher is None:
        return Message(html=searching.NO_RULES), False
    since = ask.now - timedelta(days=DAYS)
    scanned = await scan(ask.reads, searcher, hits_max=HITS_MAX, rows_max=ROWS_MAX, since=since)
    items = [item for item, _ in scanned.hits]
    found = preview(
        searcher,
        matcher,
        items,
        stories=await ask.reads.stories_of_items([item.key for item in items]),
    )
    older = await ask.reads.search(None, since=None, before=(since, ItemKey("")), limit=1)
    message = render_watch.preview(
        query, found, number, days=DAYS, at_least=not scanned.ended, short=not older
    )
    return message, True


COMMANDS: tuple[Command, ...] = (
    Command(name="watch", run=watch, who=Who.CHAT, chars_max=QUERY_READ_MAX),
)
VERBS: tuple[Verb, ...] = (
    Verb(name="wp", run=anyway_pressed, who=Who.CHAT),
    Verb(name="wc", run=create_pressed, who=Who.CHAT),
)
