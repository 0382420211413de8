"""What can be muted: a target, a story, a source or everything; by name, by button, by mute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aggregator.cases.names import fold
from aggregator.model import Delivery, Mute, MuteKind, StoryId, Target, TargetKind
from aggregator.telegram import buttons, words
from aggregator.telegram.ask import Ask
from aggregator.telegram.keyboard import STORY
from aggregator.telegram.markup import clip, escape
from aggregator.telegram.naming import Many, Nothing, One, Setup, resolve
from aggregator.telegram.words import mute as said

TITLE_CHARS_MAX, STORY_CHARS_MAX = 80, 60
SOURCE, ALL = "o", "a"
"""How a button names what is no target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class What:
    """What is muted, and how a button names it."""

    kind: MuteKind
    name: str
    code: tuple[str, str]
    title: str

    @property
    def html(self) -> str:
        return sentence(self.title, escape)


def called(name: str, setup: Setup) -> tuple[What, ...]:
    """Return what `name` may mean: everything, a target, or a source by its id or name."""
    if fold(name) in {"all", said.EVERYTHING}:
        return (everything(),)
    match resolve(name, setup):
        case One(target=target):
            return (of_target(target, setup),)
        case Many(targets=targets):
            return tuple(of_target(target, setup) for target in targets)
        case Nothing():
            wanted = fold(name.removeprefix("@"))
            feeds = {
                feed.name: feed.id
                for feed in setup.feeds
                if wanted and wanted in {fold(feed.id), fold(feed.name)}
            }
            return tuple(of_source(outlet, feed) for outlet, feed in feeds.items())


def of_target(target: Target, setup: Setup) -> What:
    return What(
        kind=MuteKind.TARGET,
        name=str(target),
        code=buttons.code(target),
        title=setup.title(target),
    )


def of_source(outlet: str, feed: str) -> What:
    return What(kind=MuteKind.SOURCE, name=outlet, code=(SOURCE, feed), title=said.source(outlet))


def everything() -> What:
    return What(kind=MuteKind.ALL, name="", code=(ALL, ""), title=said.EVERYTHING)


async def of_story(ask: Ask, story: StoryId) -> What:
    known = await ask.reads.story(story)
    title = clip(known.lead.title, STORY_CHARS_MAX) if known else ""
    return What(
        kind=MuteKind.STORY,
        name=story,
        code=(STORY, story),
        title=said.story(title or words.TITLE_MISSING),
    )


async def of_button(ask: Ask) -> What | None:
    """Return what a button's first two args name."""
    if len(ask.args) < 2:
        return None
    kind, name = ask.args[:2]
    if kind == STORY and name:
        return await of_story(ask, StoryId(name))
    if kind == ALL:
        return everything()
    if kind == SOURCE and name:
        outlet = next((feed.name for feed in ask.setup.feeds if feed.id == name), name)
        return of_source(outlet, name)
    target = buttons.target_of(kind, name)
    return None if target is None else of_target(target, ask.setup)


async def of_mute(ask: Ask, one: Mute) -> What:
    match one.kind:
        case MuteKind.ALL:
            return everything()
        case MuteKind.STORY:
            return await of_story(ask, StoryId(one.name))
        case MuteKind.SOURCE:
            ids = (feed.id for feed in ask.setup.feeds if feed.name == one.name)
            return of_source(one.name, next(ids, one.name))
        case MuteKind.TARGET:
            kind, _, slug = one.name.partition(":")
            return of_target(Target(kind=TargetKind(kind), slug=slug), ask.setup)


def story_of(delivery: Delivery) -> StoryId | None:
    """Return the story that a delivery tells of; None for one that is no alert."""
    kind, _, rest = delivery.key.partition(":")
    return StoryId(rest.rpartition(":")[0]) if kind == "story" else None


def sentence(title: str, safe: Callable[[str], str]) -> str:
    """Return a title to begin a sentence with."""
    clipped = safe(clip(title, TITLE_CHARS_MAX))
    return clipped[:1].upper() + clipped[1:]
