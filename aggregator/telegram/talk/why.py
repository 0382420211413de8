"""Why an alert was sent: asked as a reply to it, or by its button.

Only what this place was told of is explained, and only by the rules that it follows itself.
"""

from __future__ import annotations

import re

from aggregator.alerts import decide
from aggregator.model import Delivery, Match, Relation, Report, Story, StoryId, Target
from aggregator.stories.told import as_told
from aggregator.telegram import render_why, words
from aggregator.telegram.ask import Answer, Ask, Command, Verb, reply, say
from aggregator.telegram.words import why as said

KEY = re.compile(r"story:([0-9A-Za-z_-]{1,64}):([0-9]{1,6})")
RING = re.compile(r"[0-9]{1,6}")


async def why(ask: Ask) -> Answer:
    """Explain the alert that the command is a reply to."""
    if ask.incoming.answers is None:
        return say(said.HOW)
    delivery = await ask.reads.delivery_of(ask.incoming.chat_id, ask.incoming.answers)
    return say(said.NO_ALERT) if delivery is None else await _explain(ask, delivery)


async def pressed(ask: Ask) -> Answer:
    """Explain the alert whose button was pressed."""
    delivery = await told(ask, ask.args)
    return Answer(toast=words.OLD_BUTTON) if delivery is None else await _explain(ask, delivery)


async def told(ask: Ask, args: tuple[str, ...]) -> Delivery | None:
    """Return the alert that a button's args, story and ring, name; None when this place never got
    it, whatever the button says.
    """
    match args:
        case (story, ring) if story and RING.fullmatch(ring):
            return await ask.reads.delivery(ask.place, decide.key(StoryId(story), int(ring)))
        case _:
            return None


async def behind(ask: Ask, delivery: Delivery) -> tuple[Story, Report] | None:
    """Return the story of an alert as that told it, and the report that rang; None when it is not
    stored.
    """
    key = KEY.fullmatch(delivery.key)
    story = None if key is None else await ask.reads.story(StoryId(key[1]))
    if key is None or story is None:
        return None
    rung = (
        story.again[ring - 2].report if 2 <= (ring := int(key[2])) <= len(story.again) + 1 else ""
    )
    story = as_told(story, int(key[2]))
    return story, next((one for one in story.reports if one.item_key == rung), story.lead)


async def rules(ask: Ask, story: Story, rung: Report) -> list[tuple[Match, Report]]:
    """Return each followed rule that a story is chiefly about, with the report it held on: the one
    that rang, else the first.

    Of others' watches nothing is read: only what this place follows is looked at.
    """
    followed = ask.view.followed & story.targets
    found: dict[Target, tuple[Match, Report]] = {}
    matches = await ask.reads.matches([report.item_key for report in story.reports])
    for report in (rung, *story.reports):
        for match in matches.get(report.item_key, ()):
            if match.target in followed and match.relation is Relation.CHIEF:
                found.setdefault(match.target, (match, report))
    return [found[target] for target in sorted(found)]


async def _explain(ask: Ask, delivery: Delivery) -> Answer:
    if KEY.fullmatch(delivery.key) is None or delivery.place != ask.place:
        return say(said.NO_ALERT)
    news = await behind(ask, delivery)
    if news is None:
        return say(said.FORGOTTEN)
    story, rung = news
    reasons = [
        render_why.Reason(match=match, title=ask.setup.title(match.target), report=report)
        for match, report in await rules(ask, story, rung)
    ]
    decisions = await ask.reads.decisions([report.item_key for report in story.reports])
    return reply(
        render_why.why(
            render_why.Trace(
                delivery=delivery, story=story, report=rung, reasons=reasons, decisions=decisions
            )
        )
    )


COMMANDS: tuple[Command, ...] = (Command(name="why", run=why),)
VERBS: tuple[Verb, ...] = (Verb(name="why", run=pressed),)
