"""Words are weighed by the stories of the window, and by nothing that a restart would forget."""

from __future__ import annotations

import random
from datetime import timedelta
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.feeds.workers import InlineParser
from aggregator.model import Message
from aggregator.pipeline import Pipeline
from aggregator.store.sqlite import SqliteStore
from aggregator.stories import terms
from aggregator.stories.warm import Warm
from tests.newsroom import Desk, item, shipped
from tests.unit.test_stories_clusters import DEVELOPMENTS, INSPECTION, MOTION

TOLD = list(chain.from_iterable(chain.from_iterable(DEVELOPMENTS.values())))


def stories_of(items):
    desk = Desk()
    desk.told(items)
    return desk.stories


def weights(stories):
    """Return the weight of every stem told, when these stories are followed from the start."""
    warm = Warm()
    warm.follow(stories)
    return {term: warm.weight(term) for one in TOLD for term in terms.stems(one.title)}


def test_what_every_story_tells_of_tells_less_than_by_the_shipped_table_alone():
    warm = weights(stories_of(TOLD))
    assert warm["binanc"] < terms.weight("binanc")
    assert warm["inspect"] < terms.weight("inspect")
    nobody = Warm()
    nobody.follow(stories_of(TOLD))
    assert nobody.weight("zither") > terms.weight("zither"), "what no story tells, tells more"


def test_a_story_counts_once_however_many_tell_it():
    few = stories_of(INSPECTION[:1])
    desk = Desk(stories=dict(few))
    again = item(INSPECTION[0].title, at=INSPECTION[0].at + timedelta(hours=1), outlet="Echo")
    desk.take(again)
    assert len(desk.stories) == 1
    assert weights(few) == weights(desk.stories)


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_weights_follow_from_the_stories_and_not_from_the_way_they_came(rng):
    stories = stories_of(TOLD)
    wanted = weights(stories)
    warm = Warm()
    for _ in range(4):
        warm.follow(dict(rng.sample(list(stories.items()), rng.randrange(len(stories)))))
    ids = list(stories)
    rng.shuffle(ids)
    for one in ids:
        warm.put(stories[one])
    assert {term: warm.weight(term) for term in wanted} == wanted


def test_a_story_that_left_the_window_weighs_nothing():
    stories = stories_of([*INSPECTION, *MOTION])
    kept = dict(list(stories.items())[:1])
    warm = Warm()
    warm.follow(stories)
    warm.follow(kept)
    assert {term: warm.weight(term) for term in weights(kept)} == weights(kept)


def render(alert, _matcher):
    return Message(html=alert.story.lead.title)


async def decided(items, *, restart):
    """Return every decision with its score, as a pipeline on a store takes the items one by one."""
    store = await SqliteStore.open("sqlite:///:memory:")
    made = []
    try:
        pipeline = None
        for one in items:
            if pipeline is None or restart:
                pipeline = Pipeline(
                    store=store, parser=InlineParser(), matcher=shipped(), render=render
                )
            taken = await pipeline.take([one])
            made += taken.decisions
    finally:
        await store.close()
    return made


@pytest.mark.parametrize("seed", [None, 1, 2])
async def test_a_restart_before_every_item_decides_and_scores_the_same(seed):
    items = sorted(TOLD, key=lambda one: one.at)
    if seed is not None:  # some reports come late, so that the window moves both ways
        rng = random.Random(seed)  # noqa: S311 - no secret
        items.sort(key=lambda one: one.at + timedelta(hours=rng.choice((0, 0, 5, 30))))
    steady = await decided(items, restart=False)
    assert await decided(items, restart=True) == steady
    assert any(decision.score not in {None, 1.0} for decision in steady)
