"""The entities and word lists that some queries cannot do without, so that a few queries can be
laid out without all the rules.

An entity brings what its aliases ask for, and the entities whose longer names would win over its
own: `Binance` is no mention inside `Binance.US`, whoever asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aggregator.matching import shape, terms, text
from aggregator.matching.query import Entity, Family, Query
from aggregator.matching.rules import EntityRule, Rules


def needed(
    queries: Iterable[Query], rules: Rules
) -> tuple[dict[str, EntityRule], dict[str, tuple[str, ...]]]:
    """Return the entities and families by name; what `rules` lacks is left out."""
    spelt = {
        slug: [text.scannable(text.compact(alias.text)) for alias in entity.aliases]
        for slug, entity in rules.entities.items()
    }
    entities: dict[str, EntityRule] = {}
    families: dict[str, tuple[str, ...]] = {}
    slugs: list[str] = []
    pending = list(queries)
    while pending or slugs:
        if not slugs:
            for leaf in shape.leaves(pending.pop()):
                if isinstance(leaf, Entity):
                    slugs.append(leaf.slug)
                elif isinstance(leaf, Family) and leaf.name in rules.families:
                    families[leaf.name] = rules.families[leaf.name]
            continue
        slug = slugs.pop()
        if slug in entities or slug not in rules.entities:
            continue
        entities[slug] = rules.entities[slug]
        for alias in rules.entities[slug].aliases:
            pending += [terms.term(term) for term in alias.not_near]
            if alias.needs is not None:
                pending.append(alias.needs)
        slugs += _longer(spelt[slug], spelt)
    order = (slug for slug in rules.entities if slug in entities)
    return {slug: entities[slug] for slug in order}, families


def _longer(names: Iterable[str], spelt: Mapping[str, list[str]]) -> list[str]:
    """Return the entities with a name that holds one of `names`."""
    shorter = set(names)
    return [
        slug
        for slug, others in spelt.items()
        if any(name != other and name in other for other in others for name in shorter)
    ]
