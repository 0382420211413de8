"""What is looked up in the stored news: by word, by target, by week, by key."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from sqlite_utils import Database

from aggregator.model import Decision, Item, ItemKey, Match, Story, StoryId, Target
from aggregator.store.rows import (
    EPOCH,
    MICROSECOND,
    decision_from_row,
    item_from_row,
    match_from_row,
    micros,
    story_from_row,
)

_WEEK = timedelta(days=7) // MICROSECOND
_FIRST_MONDAY = (datetime(1970, 1, 5, tzinfo=UTC) - EPOCH) // MICROSECOND
_LONG_BEFORE = 10_000 * _WEEK
"""Weeks are counted from so far back that none is negative: SQL's division cuts toward zero."""

_ASKED = "(SELECT value FROM json_each(?))"
"""Any number of keys as one parameter, because SQLite bounds how many there may be."""


def search(
    db: Database,
    fts: str | None,
    since: datetime | None,
    before: tuple[datetime, ItemKey] | None,
    limit: int,
) -> tuple[Item, ...]:
    """Return stored items that an FTS5 expression finds (None: all), newest first."""
    wanted = ["1"]
    asked: dict[str, object] = {"limit": limit}
    if fts is not None:
        # Sorting needs the times alone, which an index holds; the items are read afterwards.
        wanted.append("id IN (SELECT rowid FROM item_fts WHERE item_fts MATCH :fts)")
        asked["fts"] = fts
    if since is not None:
        wanted.append("at >= :since")
        asked["since"] = micros(since)
    if before is not None:
        wanted.append("(at, key) < (:at, :key)")
        asked |= {"at": micros(before[0]), "key": before[1]}
    rows = db.execute(
        f"SELECT * FROM item WHERE {' AND '.join(wanted)} ORDER BY at DESC, key DESC LIMIT :limit",  # noqa: S608 -- our own
        asked,
    )
    return tuple(item_from_row(row) for row in rows)


def item(db: Database, key: ItemKey) -> Item | None:
    """Return one item; None when there is none of that key."""
    row = db.execute("SELECT * FROM item WHERE key = ?", (key,)).fetchone()
    return None if row is None else item_from_row(row)


def latest(
    db: Database, targets: Collection[Target] | None, limit: int, before: datetime | None
) -> tuple[Story, ...]:
    """Return the newest stories chiefly about any of `targets` (None: any), newest first."""
    wanted = ["EXISTS (SELECT 1 FROM story_target AS t WHERE t.story_id = story.id"]
    asked: dict[str, object] = {"limit": limit}
    if targets is None:
        wanted[0] += " AND t.relation = 'chief')"
    else:
        # From the targets to their stories: a quiet case among 100,000 stories is found at once.
        wanted[0] = (
            "id IN (SELECT t.story_id FROM json_each(:targets) AS asked JOIN story_target AS t"
            " ON t.kind = json_extract(asked.value, '$[0]')"
            " AND t.slug = json_extract(asked.value, '$[1]') AND t.relation = 'chief')"
        )
        asked["targets"] = json.dumps([[target.kind, target.slug] for target in targets])
    if before is not None:
        wanted.append("last_at < :before")
        asked["before"] = micros(before)
    rows = db.execute(
        f"SELECT * FROM story WHERE {' AND '.join(wanted)}"  # noqa: S608 -- our own
        " ORDER BY last_at DESC, id DESC LIMIT :limit",
        asked,
    )
    return tuple(story_from_row(row) for row in rows)


def coverage_by_week(db: Database, target: Target) -> tuple[tuple[date, int], ...]:
    """Return how many items matched `target` chiefly in each week that had one, oldest first."""
    rows = db.execute(
        "SELECT (item.at - :first + :long) / :week AS week, count(*) AS items"
        " FROM match JOIN item ON item.key = match.item_key"
        " WHERE match.kind = :kind AND match.slug = :slug AND match.relation = 'chief'"
        " GROUP BY week ORDER BY week",
        {
            "first": _FIRST_MONDAY,
            "long": _LONG_BEFORE,
            "week": _WEEK,
            "kind": target.kind,
            "slug": target.slug,
        },
    )
    return tuple((_monday(int(row["week"])), int(row["items"])) for row in rows)


def _monday(week: int) -> date:
    return (EPOCH + (week * _WEEK - _LONG_BEFORE + _FIRST_MONDAY) * MICROSECOND).date()


def stories_of_items(db: Database, keys: Collection[ItemKey]) -> dict[ItemKey, StoryId]:
    """Return the story that each of `keys` was decided into; items in none are left out."""
    rows = db.execute(
        "SELECT item_key, story_id FROM decision"  # noqa: S608 -- our own
        f" WHERE item_key IN {_ASKED} AND story_id IS NOT NULL",
        (_asked(keys),),
    )
    return {ItemKey(row["item_key"]): StoryId(row["story_id"]) for row in rows}


def matches(db: Database, keys: Collection[ItemKey]) -> dict[ItemKey, tuple[Match, ...]]:
    """Return what each of `keys` matched; items that matched nothing are left out."""
    rows = db.execute(
        f"SELECT * FROM match WHERE item_key IN {_ASKED} ORDER BY item_key, kind, slug",  # noqa: S608 -- our own
        (_asked(keys),),
    )
    return {
        ItemKey(key): tuple(match_from_row(row) for row in found)
        for key, found in groupby(rows, key=lambda row: row["item_key"])
    }


def decisions(db: Database, keys: Collection[ItemKey]) -> dict[ItemKey, Decision]:
    """Return what was decided about each of `keys`."""
    rows = db.execute(
        f"SELECT * FROM decision WHERE item_key IN {_ASKED}",  # noqa: S608 -- our own
        (_asked(keys),),
    )
    return {ItemKey(row["item_key"]): decision_from_row(row) for row in rows}


def _asked(keys: Iterable[ItemKey]) -> str:
    return json.dumps(list(keys))
