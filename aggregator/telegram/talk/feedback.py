"""Keeping that an alert was not relevant, once a place, with the version of the rule that made it."""

from __future__ import annotations

import json
from typing import Final

from aggregator.model import Feedback, Place, StoryId
from aggregator.telegram import words
from aggregator.telegram.ask import Answer, Ask, Command, NotRelevant, Remember, Verb
from aggregator.telegram.markup import clip
from aggregator.telegram.talk import why
from aggregator.telegram.words import why as said

TITLES_MAX, TITLE_CHARS_MAX = 3, 30
"""A toast holds 200 characters."""
NOTED: Final = "nr"
NOTED_MAX = 500
"""Stories of one place that are known to have been noted; the oldest go first."""


async def pressed(ask: Ask) -> Answer:
    """Note it for each followed rule that made the alert ring; the alert stays as it is."""
    delivery = await why.told(ask, ask.args)
    if delivery is None:
        return Answer(toast=words.OLD_BUTTON)
    news = await why.behind(ask, delivery)
    if news is None:
        return Answer(toast=said.FORGOTTEN)
    story, rung = news
    name = _name(delivery.place)
    noted_before = _read(await ask.reads.setting(name))
    if story.id in noted_before:
        return Answer(toast=said.NOTED_ALREADY)
    rules = await why.rules(ask, story, rung)
    if not rules:
        return Answer(toast=said.NOTED_NOTHING)
    noted = tuple(
        NotRelevant(
            feedback=Feedback(
                at=ask.now,
                target=match.target,
                rule_version=match.rule_version,
                story=story.id,
                item=report.item_key,
                title=report.title,
            )
        )
        for match, report in rules
    )
    titles = [clip(ask.setup.title(match.target), TITLE_CHARS_MAX) for match, _ in rules]
    more = [said.and_more(len(titles) - TITLES_MAX)] if len(titles) > TITLES_MAX else []
    shown = [*titles[:TITLES_MAX], *more]
    kept = json.dumps([*noted_before, story.id][-NOTED_MAX:])
    return Answer(effects=(*noted, Remember(name=name, value=kept)), toast=said.noted(shown))


def _name(place: Place) -> str:
    """Return the setting that holds which stories a place has called not relevant.

    What is noted itself says nothing of who pressed.
    """
    return f"{NOTED}:{place.chat_id}:{place.thread_id}"


def _read(kept: str | None) -> list[StoryId]:
    return [StoryId(each) for each in json.loads(kept)] if kept else []


COMMANDS: tuple[Command, ...] = ()
VERBS: tuple[Verb, ...] = (Verb(name="nr", run=pressed),)
