"""`feeds.yaml`: what is read.  Several files: ours, then yours; the later one wins.

`extends: ID` starts from the feed of that id in an earlier file, and `enabled: false` beside
nothing but `id` switches that one off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aggregator.config.faults import did_you_mean, validate
from aggregator.config.fields import as_every
from aggregator.config.models import FeedEntry, FeedsFile
from aggregator.config.overlays import extended, is_off, items, merged, said, with_key
from aggregator.config.yamlfile import Unreadable, YamlFile, read_yaml
from aggregator.config.yamltree import Node
from aggregator.errors import ConfigError, Fault
from aggregator.model import Feed, FeedKind, Trust

every_min = timedelta(seconds=60)
"""Floor for servers of others; one's own (`allow_private`) may be asked more often."""

TRUST_BY_KIND: Mapping[FeedKind, Trust] = {
    FeedKind.COURT: Trust.PRIMARY,
    FeedKind.REGULATOR: Trust.PRIMARY,
    FeedKind.NEWS: Trust.INDEPENDENT,
    FeedKind.BLOG: Trust.CORROBORATES,
}
_REMEDY = (
    "write `feeds:` and under it `- {id: wire-one, url: https://wire-one.example/rss, kind: news}`"
    ", or name another file in CASEWIRE_FEEDS"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedFeeds:
    """The feeds, and a line for each that a later file replaces or switches off."""

    feeds: tuple[Feed, ...]
    overrides: tuple[str, ...] = ()
    switches: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """The file and line of each feed's `enabled`, or of the feed where it has none, by id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A feed as it stands in a file, what it extends written out."""

    node: Node
    where: str
    """`file:line`."""
    switch: tuple[str, int]
    """The file and line of `enabled`."""


def load_feeds(places: Sequence[Path]) -> tuple[Feed, ...]:
    """Return the feeds of all `places`; raises ConfigError with every fault of every file."""
    return load_feeds_with_overrides(places).feeds


def load_feeds_with_overrides(places: Sequence[Path]) -> LoadedFeeds:
    """Return the feeds of all `places` in the order in which they were first named.

    A later place replaces a feed with the same id, and drops an earlier one with the same URL, so
    that nothing is polled twice.  Raises ConfigError with every fault of every file.
    """
    faults: list[Fault] = []
    overrides: list[str] = []
    feeds: dict[str, Feed] = {}
    written: dict[str, _Written] = {}
    unsure = False
    for place in places:
        file = read_yaml(place, remedy=_REMEDY)
        if isinstance(file, Unreadable):
            faults += file.faults
            unsure = True
            continue
        overrides += _overrides(file, written)
        file, lost = _on_top(file, written)
        faults += () if unsure else lost
        found = _valid(file)
        here = {
            said(node, "id"): _Written(
                node=node,
                where=f"{file.file}:{node.line}",
                switch=(file.file, (node.keys or {}).get("enabled", (None, node))[1].line),
            )
            for node in items(file, "feeds")
        }
        if isinstance(found, tuple):
            faults += found
            written |= here
            continue
        by_url = {same_url(entry.url): entry.id for entry in found.feeds}
        own = {entry.id for entry in found.feeds}
        for id_, feed in list(feeds.items()):
            if id_ not in own and (other := by_url.get(same_url(feed.url))):
                overrides.append(
                    f"{here[other].where}: {other} replaces {id_} of {written[id_].where}, which "
                    "has the same address"
                )
                del feeds[id_], written[id_]
        feeds.update((entry.id, feed_of(entry)) for entry in found.feeds)
        written |= here
    if not feeds and not faults:
        where = ", ".join(str(place) for place in places) or "CASEWIRE_FEEDS"
        faults.append(Fault(file=where, line=1, what=f"lists no feed: {_REMEDY}"))
    if faults:
        raise ConfigError(faults)
    return LoadedFeeds(
        feeds=tuple(feeds.values()),
        overrides=tuple(overrides),
        switches={id_: written[id_].switch for id_ in feeds},
    )


def feed_of(entry: FeedEntry) -> Feed:
    """Return the feed that a valid entry describes, its gaps filled by kind."""
    return Feed(
        id=entry.id,
        url=entry.url,
        kind=entry.kind,
        name=entry.name or entry.id,
        trust=entry.trust or TRUST_BY_KIND[entry.kind],
        court=entry.court,
        every=entry.every,
        language=entry.language,
        enabled=entry.enabled,
        note=entry.note or "",
        allow_private=entry.allow_private,
        format=entry.format,
        fallback_urls=tuple(entry.fallback_urls),
        jurisdiction=entry.jurisdiction or "",
        dedup_key=tuple(dict.fromkeys(entry.dedup_key)),
        heed_robots=entry.robots != "ignore",
    )


def _base(node: Node) -> str | None:
    """Return the id of the earlier feed that an entry starts from."""
    keys = node.keys or {}
    if is_off(node) and not {"url", "kind", "extends"} & keys.keys():
        return said(node, "id") or None
    return extended(node)


def _overrides(file: YamlFile, earlier: Mapping[str, _Written]) -> Iterator[str]:
    for node in items(file, "feeds"):
        id_ = said(node, "id")
        if id_ in earlier:
            does = "extends" if _base(node) == id_ else "overrides"
            does = "switches off" if is_off(node) else does
            yield f"{file.file}:{node.line}: {id_} {does} {earlier[id_].where}"


def _on_top(file: YamlFile, earlier: Mapping[str, _Written]) -> tuple[YamlFile, tuple[Fault, ...]]:
    """Return `file` with what its entries extend written out, without those that cannot be."""
    kept: list[Node] = []
    faults: list[Fault] = []
    for node in items(file, "feeds"):
        base = _base(node)
        if base is None:
            kept.append(node)
        elif base in earlier:
            kept.append(merged(earlier[base].node, node))
        else:
            hint = did_you_mean(base, earlier) or " Correct the id, or write `url` and `kind`"
            what = f"no earlier file has a feed `{base}` to start from:{hint}"
            faults.append(Fault(file=file.file, line=node.line, what=what))
    table = (file.root.keys or {}).get("feeds")
    if table is None or table[1].items is None:
        return file, ()
    return with_key(file, "feeds", replace(table[1], items=kept)), tuple(faults)


def _valid(file: YamlFile) -> FeedsFile | tuple[Fault, ...]:
    valid = validate(FeedsFile, file)
    faults = [*(valid if isinstance(valid, tuple) else ()), *_across_keys(file)]
    if faults or isinstance(valid, tuple):
        return tuple(sorted(faults))
    return valid


def _across_keys(file: YamlFile) -> Iterator[Fault]:
    """Yield what is wrong between the keys of a feed, and between feeds.

    Looks at the raw data: one fault must not hide another until the next start.
    """
    entries = file.data.get("feeds")
    ids: dict[str, int] = {}
    urls: dict[str, int] = {}
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict):
            yield from _in_entry(file, index, entry)
            yield from _twice(file, index, entry.get("id"), "id", ids)
            yield from _twice(file, index, entry.get("url"), "url", urls)


def _in_entry(file: YamlFile, index: int, entry: Mapping[str, Any]) -> Iterator[Fault]:
    kind, court = entry.get("kind"), entry.get("court")
    if kind == FeedKind.COURT and court is None:
        what = "`court` is missing: a feed of kind court names its court, such as `court: dcd`"
        yield file.fault(("feeds", index), what)
    if court is not None and kind != FeedKind.COURT and kind in {str(each) for each in FeedKind}:
        what = f"`court` belongs to kind court only: remove it, or write `kind: court` for {kind}"
        yield file.fault(("feeds", index, "court"), what)
    if entry.get("robots") == "ignore" and not str(entry.get("note") or "").strip():
        what = (
            "`robots: ignore` needs a reason: write in `note` who allowed it and when, such as "
            '`note: "desk@wire-one.example allowed it on 3 May 2026"`'
        )
        yield file.fault(("feeds", index, "robots"), what)
    yield from _fallbacks(file, index, entry)
    try:
        every = as_every(entry["every"]) if entry.get("every") is not None else every_min
    except ValueError:
        return
    if every < every_min and entry.get("allow_private") is not True:
        what = (
            f"`every`: {entry['every']} is too often for someone else's server: write 60s or more "
            "(`allow_private: true` lifts this for a feed of your own)"
        )
        yield file.fault(("feeds", index, "every"), what)


def _fallbacks(file: YamlFile, index: int, entry: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield a fault for each other address of a feed that is one it has already."""
    seen = {same_url(str(entry.get("url")))}
    urls = entry.get("fallback_urls")
    for at, url in enumerate(urls if isinstance(urls, list) else ()):
        same = same_url(str(url))
        if same in seen:
            what = f"`{url}` is an address that this feed has already: write another, or remove it"
            yield file.fault(("feeds", index, "fallback_urls", at), what)
        seen.add(same)


def _twice(
    file: YamlFile, index: int, value: object, key: str, seen: dict[str, int]
) -> Iterator[Fault]:
    if not isinstance(value, str | int) or isinstance(value, bool):
        return
    line = file.line(("feeds", index, key))
    same = same_url(str(value)) if key == "url" else str(value).strip()
    first = seen.setdefault(same, line)
    if first != line:
        what = f"`{key}: {value}` is used twice (first on line {first}): "
        what += "remove one of the two" if key == "url" else "give this feed an id of its own"
        yield Fault(file=file.file, line=line, what=what)


def same_url(url: str) -> str:
    """Return what two spellings of one address share: host in small letters, no fragment."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return url
    return parts._replace(
        scheme=parts.scheme.lower(),
        netloc=parts.netloc.lower(),
        fragment="",
        path=parts.path or "/",
    ).geturl()
