"""The buttons under an alert: what it says, and what can be done about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

from aggregator.model import Button, Case, Report, Story, Target, TargetKind
from aggregator.telegram import buttons, markup, words
from aggregator.telegram.words import mute as mute_words
from aggregator.telegram.words import why as why_words

MUTE: Final = "mu"
STORY: Final = "s"
"""What stands for a story where a mute names a target's kind."""
MUTE_SPAN: Final = timedelta(hours=24)
HOUR: Final = timedelta(hours=1)


def alert_buttons(
    story: Story,
    targets: Iterable[Target],
    cases: Mapping[str, Case],
    *,
    report: Report | None = None,
    ring: int = 1,
) -> tuple[buttons.Row, ...]:
    """Return the buttons of an alert in rows of two; `ring` is that of its key, `report` rang, the
    first one where it is left out.
    """
    followed = sorted(targets)
    slugs = (target.slug for target in followed if target.kind is TargetKind.CASE)
    case = next((slug for slug in slugs if slug in cases), None)
    url = markup.safe_url((report or story.lead).url)
    return (
        *buttons.rows(
            buttons.open_case(case, words.OPEN_CASE) if case is not None else [],
            [Button(text=words.READ, url=url)] if url is not None else [],
            buttons.button(words.WHY, "why", story.id, str(ring)),
            buttons.button(why_words.NOT_RELEVANT, "nr", story.id, str(ring)),
        ),
        *mute_buttons(story, followed[0] if followed else None),
    )


def mute_buttons(story: Story, target: Target | None) -> tuple[buttons.Row, ...]:
    """Return the row that mutes what an alert was told for, or its story."""
    coded = buttons.code(target) if target is not None else (STORY, story.id)
    return offers(coded) or offers((STORY, story.id))


def offers(code: tuple[str, str]) -> tuple[buttons.Row, ...]:
    """Return the row that mutes what `code` names, none where it does not fit."""
    day = str(MUTE_SPAN // HOUR)
    keep = buttons.button(mute_words.MUTE_KEEP_HIGH, MUTE, *code, day, "1")
    return buttons.rows(keep, buttons.button(mute_words.MUTE_ALL, MUTE, *code, day, "0"))
