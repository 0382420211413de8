"""Every command and every button, by its name: the one list of what the bot can be asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Protocol

from aggregator.telegram.ask import Command, Verb
from aggregator.telegram.talk import (
    case,
    digest,
    feedback,
    follow,
    following,
    here,
    mine,
    mute,
    operator,
    search,
    start,
    status,
    watch,
    why,
)


class Feature(Protocol):
    """A module of `talk`."""

    COMMANDS: tuple[Command, ...]
    VERBS: tuple[Verb, ...]


FEATURES: Final[tuple[Feature, ...]] = (
    start,
    case,
    search,
    follow,
    following,
    mine,
    watch,
    why,
    feedback,
    here,
    status,
    operator,
    digest,
    mute,
)


def _commands(features: Iterable[Feature]) -> Mapping[str, Command]:
    return {
        name: command
        for feature in features
        for command in feature.COMMANDS
        for name in (command.name, *command.aliases)
    }


COMMANDS: Final = _commands(FEATURES)
"""By name and by alias."""

VERBS: Final[Mapping[str, Verb]] = {
    verb.name: verb for feature in FEATURES for verb in feature.VERBS
}
