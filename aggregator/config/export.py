"""What is followed, as a file that `rules/watchlists/` takes, with its own hits as examples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import yaml

from aggregator.config.fields import as_slug, as_url
from aggregator.config.rules import Group
from aggregator.feeds.clean import tidy
from aggregator.matching.asked import QueryFault, understood
from aggregator.matching.matcher import Matcher
from aggregator.matching.needed import needed
from aggregator.matching.query import Any as AnyOf
from aggregator.matching.query import Query
from aggregator.matching.rules import Rules, WatchlistRule
from aggregator.matching.text import straighten
from aggregator.matching.watches import clipped
from aggregator.model import (
    FeedKind,
    Item,
    ItemKey,
    Place,
    Relation,
    Severity,
    TargetKind,
    Trust,
    Watchlist,
)

EXAMPLES_MAX = 10
TITLE_CHARS_MAX = 60
_CHARS_MAX = 2_000
_LINE_MAX = 10_000
"""Longer than any example, so that none is folded over several lines."""
_ANY_DAY = datetime(2024, 1, 1, tzinfo=UTC)
"""No watchlist looks at the date."""
_NO_MATCH = (
    "Bakery opens a second shop by the harbour",
    "Rain delays the village fair until Sunday",
    "Choir sings to a full hall in spring",
    "Gardeners swap seeds at the spring market",
)
"""Everyday headlines, of which the first that the query leaves alone shows what it must not take."""


def as_watchlist_yaml(
    name: str,
    queries: Sequence[str],
    hits: Iterable[Item],
    rules: Rules,
    *,
    to: Place | None = None,
    floor: Severity = Severity.LOW,
) -> str:
    """Return the text of `watchlists/<name>.yaml` that takes what any of `queries` takes.

    `hits` that a watchlist would ring for stand under `match`, those that only touch it (a
    watchlist rings for headlines, a watch for the summary too) under `related`; what an example
    cannot say, such as a court, keeps a hit out.  `to` is a place that hears of it from `floor` on.  Raises
    `ValueError` for a name that is no slug, for no query, and for one that `rules` cannot serve.
    """
    slug = as_slug(name)
    lines = [" ".join(straighten(query).split()) for query in queries]
    if not lines:
        raise ValueError("a watchlist needs a query")
    trees = []
    for line in lines:
        tree = understood(line, rules)
        if isinstance(tree, QueryFault):
            raise ValueError(tree.what)  # noqa: TRY004  a value that a person wrote
        trees.append(tree)
    when = trees[0] if len(trees) == 1 else AnyOf(parts=tuple(trees))
    title = clipped(lines[0] if len(lines) == 1 else name, TITLE_CHARS_MAX)
    matcher = _matcher(slug, title, when, rules)
    examples: dict[str, list[str | dict[str, str]]] = {"match": [], "related": [], "no_match": []}
    titles: set[str] = set()
    for item in hits:
        if len(titles) == EXAMPLES_MAX:
            break
        if item.title not in titles and (example := _example(matcher, item)):
            titles.add(item.title)
            group, said = example
            examples[group].append(said)
    examples["no_match"] += [each for each in _NO_MATCH if not _group(matcher, {"title": each})][:1]
    content = {
        "title": title,
        "severity": Severity.MEDIUM.value,
        "when": lines[0] if len(lines) == 1 else {"any": [{"query": one} for one in lines]},
        **({} if to is None else {"deliver": [_delivered(to, floor)]}),
        "examples": {group: told for group, told in examples.items() if told},
    }
    return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=_LINE_MAX))


def extended_yaml(name: str, to: Place, floor: Severity = Severity.LOW) -> str:
    """Return the text of a file for a later place that sends an existing watchlist to `to`, from
    `floor` on.
    """
    content = {"extends": name, "deliver": [_delivered(to, floor)]}
    return str(yaml.safe_dump(content, sort_keys=False))


def _delivered(to: Place, floor: Severity) -> dict[str, int | str]:
    return {
        "to": to.chat_id,
        **({"thread": to.thread_id} if to.thread_id else {}),
        **({} if floor is Severity.LOW else {"floor": floor.value}),
    }


def _matcher(slug: str, title: str, when: Query, rules: Rules) -> Matcher:
    """Return a matcher of this one watchlist, with what stays quiet."""
    entities, families = needed((when, *(quiet.when for quiet in rules.quiet)), rules)
    watchlist = Watchlist(name=slug, title=title, severity=Severity.MEDIUM)
    return Matcher(
        Rules(
            entities=entities,
            families=families,
            watchlists={slug: WatchlistRule(watchlist=watchlist, when=when)},
            quiet=rules.quiet,
        )
    )


def _example(matcher: Matcher, item: Item) -> tuple[Group, str | dict[str, str]] | None:
    """Return the group `item` belongs to as an example, and how it is written; None for neither.

    Its headline alone where that rings, else with all that an example can hold.
    """
    title = tidy(item.title, chars_max=_CHARS_MAX)
    if not title:
        return None
    if _group(matcher, {"title": title}) == "match":
        return "match", title
    said = {
        "title": title,
        "summary": tidy(item.summary, chars_max=_CHARS_MAX),
        "outlet": tidy(item.outlet, chars_max=_CHARS_MAX),
        "url": _address(item.url),
    }
    said = {key: text for key, text in said.items() if text}
    group = _group(matcher, said)
    return (group, said) if group else None


def _address(url: str) -> str:
    try:
        return as_url(url)
    except ValueError:
        return ""


def _group(matcher: Matcher, said: Mapping[str, str]) -> Group | None:
    """Return what the one watchlist makes of a text; None where it does not take it."""
    item = Item(
        key=ItemKey(""),
        feed_id="example",
        outlet=said.get("outlet", "example"),
        kind=FeedKind.NEWS,
        trust=Trust.INDEPENDENT,
        url=said.get("url", ""),
        title=said["title"],
        summary=said.get("summary", ""),
        published=None,
        seen=_ANY_DAY,
    )
    for match in matcher.read(item).matches:
        if match.target.kind is TargetKind.WATCHLIST:
            return "match" if match.relation is Relation.CHIEF else "related"
    return None
