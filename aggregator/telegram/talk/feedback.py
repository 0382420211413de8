"""Keeping that an alert was not relevant, with the version of the rule that made it."""

from __future__ import annotations

from aggregator.model import Feedback
from aggregator.telegram import words
from aggregator.telegram.ask import Answer, Ask, Command, NotRelevant, Verb
from aggregator.telegram.markup import clip
from aggregator.telegram.talk import why
from aggregator.telegram.words import why as said

TITLES_MAX, TITLE_CHARS_MAX = 3, 30
"""A toast holds 200 characters."""


async def pressed(ask: Ask) -> Answer:
    """Note it for each followed rule that made the alert ring; the alert stays as it is."""
    delivery = await why.told(ask, ask.args)
    if delivery is None:
        return Answer(toast=words.OLD_BUTTON)
    news = await why.behind(ask, delivery)
    if news is None:
        return Answer(toast=said.FORGOTTEN)
    story, rung = news
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
    return Answer(effects=noted, toast=said.noted(shown))


COMMANDS: tuple[Command, ...] = ()
VERBS: tuple[Verb, ...] = (Verb(name="nr", run=pressed),)
