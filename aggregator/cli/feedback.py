"""`feedback`: which rules readers found not relevant, and the words that would have kept it out."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.jsonl import json_line
from aggregator.cli.moments import FIRST, Moment
from aggregator.cli.stored import with_store

if TYPE_CHECKING:
    from aggregator.model import Feedback, StoryId, Target
    from aggregator.ports import Store

WORDS_SHOWN = 5
STORIES_MAX = 2_000
"""So many of a target's newest stories are what its readers were content with."""

_WORD = re.compile(r"[^\W_]+(?:[-.'’][^\W_]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What readers said of one version of one rule."""

    target: Target
    rule_version: str
    pressed: int
    """How often “not relevant” was pressed."""
    stories: int
    """On how many stories."""
    told: int
    """How many stories of the target rang, by any version."""
    words: tuple[tuple[str, int], ...]
    """What titles that were rejected say and none that was accepted, with in how many."""


@click.command()
@click.option("--since", type=Moment(), default=FIRST, help="From this day on, UTC.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def feedback(since: datetime, as_json: bool) -> None:
    """Show per rule how often “not relevant” was pressed, and what would have excluded it."""
    verdicts = with_store(lambda store: _read(store, since))
    for verdict in verdicts:
        if as_json:
            click.echo(json_line(_json(verdict)))
        else:
            _show(verdict)
    if not verdicts and not as_json:
        click.echo("Nobody has called an alert not relevant.")


async def _read(store: Store, since: datetime) -> tuple[Verdict, ...]:
    given = await store.feedback(since)
    return judged(given, await _told(store, {each.target for each in given}))


async def _told(store: Store, targets: Iterable[Target]) -> dict[Target, dict[StoryId, list[str]]]:
    """Return the titles of each target's stories that rang."""
    return {
        target: {
            story.id: [report.title for report in story.reports]
            for story in await store.stories_of(target, STORIES_MAX)
            if story.rings
        }
        for target in targets
    }


def judged(
    given: Iterable[Feedback], told: Mapping[Target, Mapping[StoryId, Iterable[str]]]
) -> tuple[Verdict, ...]:
    """Return the verdicts, the most rejected first."""
    by_rule: defaultdict[tuple[Target, str], list[Feedback]] = defaultdict(list)
    rejected: defaultdict[Target, set[StoryId]] = defaultdict(set)
    for each in given:
        by_rule[each.target, each.rule_version].append(each)
        rejected[each.target].add(each.story)
    verdicts = []
    for (target, version), presses in by_rule.items():
        stories = told.get(target, {})
        accepted = (
            title
            for story, titles in stories.items()
            if story not in rejected[target]
            for title in titles
        )
        titles = {each.item: each.title for each in presses}
        verdicts.append(
            Verdict(
                target=target,
                rule_version=version,
                pressed=len(presses),
                stories=len({each.story for each in presses}),
                told=len(stories.keys() | rejected[target]),
                words=excluding(titles.values(), accepted),
            )
        )
    return tuple(sorted(verdicts, key=lambda v: (-v.pressed, v.target, v.rule_version)))


def excluding(rejected: Iterable[str], accepted: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Return the words that most of the `rejected` titles have and no `accepted` one does."""
    from aggregator.stories.terms import STOP

    content = set().union(*map(_words, accepted))
    found = Counter(
        word for title in rejected for word in _words(title) if word not in content | STOP
    )
    ranked = sorted(found.items(), key=lambda counted: (-counted[1], counted[0]))
    return tuple(ranked[:WORDS_SHOWN])


def _words(title: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(title) if not word.isdecimal()}


def _json(verdict: Verdict) -> dict[str, Any]:
    return {
        "rule": str(verdict.target),
        "rule_version": verdict.rule_version,
        "not_relevant": verdict.pressed,
        "stories": verdict.stories,
        "told": verdict.told,
        "words": [{"word": word, "count": count} for word, count in verdict.words],
    }


def _show(verdict: Verdict) -> None:
    from aggregator.model import TargetKind

    version = f" (version {verdict.rule_version})" if verdict.rule_version else ""
    watch = verdict.target.kind is TargetKind.WATCH
    click.echo(
        f"{'a personal watch' if watch else verdict.target}{version}: not relevant {verdict.pressed} times, "
        f"on {verdict.stories} of {verdict.told} stories told"
    )
    words = ", ".join(f"{word} ({count})" for word, count in verdict.words)
    click.echo(f"    would have kept them out: {words or 'no word that no accepted alert has'}")
