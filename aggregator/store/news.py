"""Feeds, items, matches, decisions and stories, and the commit that ties them to deliveries."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from aggregator.model import (
    Batch,
    CommitOutcome,
    Committed,
    FeedState,
    Gap,
    Item,
    ItemKey,
    Relation,
    Stale,
    Story,
    StoryId,
    Target,
    Window,
)
from aggregator.store import chats, gaps, outbox, pruned, write
from aggregator.store.feed_rows import feed_state_from_row, feed_state_to_row
from aggregator.store.rows import (
    decision_to_row,
    item_from_row,
    item_to_row,
    match_to_row,
    micros,
    story_from_row,
    story_to_row,
)

Parsed = dict[str, tuple[tuple[Any, ...], Story]]
"""Stories of the last window by id, each beside the row it was made from."""


def feed_states(db: Database) -> dict[str, FeedState]:
    """Return every feed's state by feed id."""
    rows = db.execute("SELECT * FROM feed_state ORDER BY feed_id")
    return {row["feed_id"]: feed_state_from_row(row) for row in rows}


def save_feed_states(db: Database, states: Sequence[FeedState]) -> None:
    """Keep the states of feeds, over the old ones."""
    rows = [feed_state_to_row(state) for state in states]
    # sqlite-utils' upsert would cost as much as the rest of a poll that brought nothing.
    names = list(rows[0])
    db.conn.executemany(
        f"INSERT OR REPLACE INTO feed_state ({', '.join(names)})"  # noqa: S608 -- our own columns
        f" VALUES ({', '.join(f':{name}' for name in names)})",
        rows,
    )


def save_poll(db: Database, state: FeedState, found: Sequence[Gap]) -> tuple[Gap, ...]:
    """Keep one feed's state and the gaps that its poll opened and closed; return these."""
    save_feed_states(db, [state])
    return tuple(gaps.record(db, gap) for gap in found)


def known_items(db: Database, keys: Collection[ItemKey]) -> frozenset[ItemKey]:
    """Return those of `keys` that are stored, or were."""
    # One JSON parameter, because SQLite bounds how many there may be.
    rows = db.execute(
        "SELECT key FROM item WHERE key IN (SELECT value FROM json_each(?))",
        (json.dumps(list(keys)),),
    )
    stored = frozenset(ItemKey(row["key"]) for row in rows)
    return stored | pruned.among(db, [key for key in keys if key not in stored])


def window(db: Database, since: datetime, parsed: Parsed) -> Window:
    """Return the stories whose last report is at or after `since`, and the version.

    `parsed` is kept by the caller from one call to the next: of a window of 1,200 stories most
    are as they were, and making them anew took 110 ms where comparing their rows takes 10.
    """
    stories: Parsed = {}
    query = "SELECT * FROM story WHERE last_at >= ? ORDER BY last_at, id"
    for row in db.execute(query, (micros(since),)):
        columns = tuple(row)
        before, made = parsed.get(row["id"], (None, None))
        fresh = made if made is not None and before == columns else story_from_row(row)
        stories[row["id"]] = (columns, fresh)
    parsed.clear()
    parsed.update(stories)
    return Window(
        version=chats.version(db), stories={made.id: made for _, made in stories.values()}
    )


def seen_since(db: Database, since: datetime) -> tuple[Story, ...]:
    """Return the stories with a report that was first seen at or after `since`."""
    rows = db.execute(
        "SELECT * FROM story WHERE id IN (SELECT decision.story_id FROM item"
        " JOIN decision ON decision.item_key = item.key"
        " WHERE item.seen >= ? AND decision.story_id IS NOT NULL) ORDER BY last_at, id",
        (micros(since),),
    )
    return tuple(story_from_row(row) for row in rows)


def commit(db: Database, batch: Batch, expected_version: int) -> CommitOutcome:
    """Store the whole batch if the version is still `expected_version`."""
    version = chats.version(db)
    if version != expected_version:
        return Stale(version=version)
    if batch.feed_state is not None:
        save_feed_states(db, [batch.feed_state])
    write.add_new(db, "item", map(item_to_row, batch.items))
    write.add_new(db, "match", (match_to_row(key, match) for key, match in batch.matches))
    for story in batch.stories:
        _save_story(db, story)
    write.add_new(
        db, "decision", (decision_to_row(key, decision) for key, decision in batch.decisions)
    )
    for delivery in batch.deliveries:
        outbox.put(db, delivery)
    recorded = tuple(gaps.record(db, gap) for gap in batch.gaps)
    return Committed(version=chats.bump(db), gaps=recorded)


def _save_story(db: Database, story: Story) -> None:
    write.upsert(db, "story", story_to_row(story), "id")
    db.execute("DELETE FROM story_target WHERE story_id = ?", (story.id,))
    followed = [(target, Relation.CHIEF) for target in story.targets]
    touched = [(target, Relation.RELATED) for target in story.related]
    for target, relation in followed + touched:
        columns = {"kind": target.kind, "slug": target.slug, "relation": relation}
        write.insert(db, "story_target", {"story_id": story.id} | columns)


def story(db: Database, story_id: StoryId) -> Story | None:
    """Return one story; None when there is none of that id."""
    row = db.execute("SELECT * FROM story WHERE id = ?", (story_id,)).fetchone()
    return None if row is None else story_from_row(row)


def stories_of(db: Database, target: Target, limit: int) -> tuple[Story, ...]:
    """Return the newest stories chiefly about `target`, newest first."""
    rows = db.execute(
        "SELECT story.* FROM story_target AS t JOIN story ON story.id = t.story_id"
        " WHERE t.kind = ? AND t.slug = ? AND t.relation = 'chief'"
        " ORDER BY story.last_at DESC, story.id DESC LIMIT ?",
        (target.kind, target.slug, limit),
    )
    return tuple(story_from_row(row) for row in rows)


def coverage(db: Database, target: Target) -> tuple[int, int]:
    """Return how many items matched `target` chiefly, and of how many outlets."""
    row = db.execute(
        "SELECT count(*) AS items, count(DISTINCT item.outlet) AS outlets"
        " FROM match JOIN item ON item.key = match.item_key"
        " WHERE match.kind = ? AND match.slug = ? AND match.relation = 'chief'",
        (target.kind, target.slug),
    ).fetchone()
    return int(row["items"]), int(row["outlets"])


def items_of_feed(db: Database, feed_id: str, limit: int) -> tuple[Item, ...]:
    """Return the newest items of a feed, by when they happened, newest first."""
    rows = db.execute(
        "SELECT * FROM item WHERE feed_id = ? ORDER BY at DESC, rowid DESC LIMIT ?",
        (feed_id, limit),
    )
    return tuple(item_from_row(row) for row in rows)
