"""The tables, as named migrations.

A migration that has been released is never edited: what changes gets a new name below the old
ones.  sqlite-utils records each name in the transaction that runs it, so a crash in the middle
leaves the old schema whole.  Times are microseconds since 1970 (see `rows`).
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from aggregator.store.growth import GROWN, run
from aggregator.store.mend import mend

MIGRATIONS = Migrations("casewire")

_FIRST = (
    # Counts every change that a decision about alerts may rest on.
    """
    CREATE TABLE version (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        number INTEGER NOT NULL
    ) STRICT
    """,
    "INSERT INTO version (one, number) VALUES (1, 0)",
    """
    CREATE TABLE feed_state (
        feed_id TEXT PRIMARY KEY,
        etag TEXT,
        last_modified TEXT,
        first_read INTEGER,
        last_polled INTEGER,
        last_read INTEGER,
        next_poll INTEGER,
        next_poll_reason TEXT NOT NULL,
        failures INTEGER NOT NULL,
        last_error TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE item (
        key TEXT PRIMARY KEY,
        feed_id TEXT NOT NULL,
        outlet TEXT NOT NULL,
        kind TEXT NOT NULL,
        trust TEXT NOT NULL,
        url TEXT NOT NULL,
        title TEXT NOT NULL,
        summary TEXT NOT NULL,
        published INTEGER,
        seen INTEGER NOT NULL,
        at INTEGER NOT NULL,
        court TEXT,
        tags TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX item_by_feed ON item (feed_id, at)",
    """
    CREATE TABLE match (
        item_key TEXT NOT NULL REFERENCES item (key) ON DELETE CASCADE,
        kind TEXT NOT NULL,
        slug TEXT NOT NULL,
        relation TEXT NOT NULL,
        evidence TEXT NOT NULL,
        reason TEXT NOT NULL,
        severity TEXT,
        rule_version TEXT NOT NULL,
        PRIMARY KEY (item_key, kind, slug)
    ) STRICT
    """,
    "CREATE INDEX match_by_target ON match (kind, slug, relation)",
    """
    CREATE TABLE story (
        id TEXT PRIMARY KEY,
        first_at INTEGER NOT NULL,
        last_at INTEGER NOT NULL,
        rings INTEGER NOT NULL,
        rang INTEGER,
        again TEXT NOT NULL,
        like_id TEXT,
        like_title TEXT NOT NULL,
        targets TEXT NOT NULL,
        related TEXT NOT NULL,
        event TEXT NOT NULL,
        reports TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX story_by_last ON story (last_at)",
    # The story's targets once more, to be searched by.
    """
    CREATE TABLE story_target (
        story_id TEXT NOT NULL REFERENCES story (id) ON DELETE CASCADE,
        kind TEXT NOT NULL,
        slug TEXT NOT NULL,
        relation TEXT NOT NULL,
        PRIMARY KEY (story_id, kind, slug, relation)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX story_target_by_target ON story_target (kind, slug, relation)",
    """
    CREATE TABLE decision (
        item_key TEXT PRIMARY KEY REFERENCES item (key) ON DELETE CASCADE,
        kind TEXT NOT NULL,
        reason TEXT NOT NULL,
        story_id TEXT,
        score REAL
    ) STRICT
    """,
    "CREATE INDEX decision_by_story ON decision (story_id) WHERE story_id IS NOT NULL",
    # AUTOINCREMENT: a removed row's id is never given to another message, so what is settled
    # late cannot be settled on a stranger.
    """
    CREATE TABLE delivery (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        chat_id INTEGER NOT NULL,
        thread_id INTEGER NOT NULL,
        key TEXT NOT NULL,
        story_id TEXT,
        state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'unknown', 'dead')),
        priority INTEGER NOT NULL,
        not_before INTEGER,
        attempts INTEGER NOT NULL,
        message_id INTEGER,
        created INTEGER NOT NULL,
        since INTEGER NOT NULL,
        sent INTEGER,
        item_seen INTEGER,
        claimed INTEGER,
        reply_to TEXT NOT NULL,
        withdrawn INTEGER NOT NULL,
        error TEXT NOT NULL,
        message TEXT NOT NULL,
        tried TEXT,
        accepted TEXT,
        UNIQUE (chat_id, thread_id, key)
    ) STRICT
    """,
    # The queue is a sliver of the table: both indexes hold only what is on its way.
    """
    CREATE INDEX delivery_queued ON delivery (chat_id, priority, id, not_before, created)
        WHERE state = 'queued'
    """,
    "CREATE INDEX delivery_sending ON delivery (chat_id) WHERE state = 'sending'",
    """
    CREATE TABLE subscription (
        chat_id INTEGER NOT NULL,
        thread_id INTEGER NOT NULL,
        kind TEXT NOT NULL,
        slug TEXT NOT NULL,
        since INTEGER NOT NULL,
        PRIMARY KEY (chat_id, thread_id, kind, slug)
    ) STRICT, WITHOUT ROWID
    """,
    # Only chats with something to remember: that they are gone, or asked us to wait.
    """
    CREATE TABLE chat (
        chat_id INTEGER PRIMARY KEY,
        gone INTEGER NOT NULL DEFAULT 0,
        detail TEXT NOT NULL DEFAULT '',
        held_until INTEGER
    ) STRICT
    """,
    "CREATE TABLE admin (user_id INTEGER PRIMARY KEY, since INTEGER NOT NULL) STRICT",
    "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
)


@MIGRATIONS(name="0001_first")
def _first(db: Database) -> None:
    run(db, _FIRST)


@MIGRATIONS(name="0002_unknown")
def _unknown(db: Database) -> None:
    # Both are asked for at each look into the queue, and must not read what was sent long ago.
    db.execute("CREATE INDEX delivery_unknown ON delivery (chat_id, id) WHERE state = 'unknown'")
    db.execute(
        "CREATE INDEX delivery_numbered ON delivery (message_id) WHERE message_id IS NOT NULL"
    )


@MIGRATIONS(name="0003_held")
def _held(db: Database) -> None:
    db.execute("ALTER TABLE story ADD COLUMN held TEXT NOT NULL DEFAULT ''")
    db.execute("ALTER TABLE story ADD COLUMN late INTEGER NOT NULL DEFAULT 0")


def _grow(name: str, statements: tuple[str, ...]) -> None:
    @MIGRATIONS(name=name)
    def _migrate(db: Database) -> None:
        run(db, statements)


for _each in GROWN:
    _grow(*_each)


@MIGRATIONS(name="0011_mended")
def _mended(db: Database) -> None:
    mend(db)


def of_another_program(db: Database) -> bool:
    """Say whether the file holds tables but was never ours."""
    return bool(set(db.table_names()) - {MIGRATIONS.migrations_table}) and not MIGRATIONS.applied(
        db
    )


def from_the_future(db: Database) -> tuple[str, ...]:
    """Return the migrations that a newer program applied and this one does not know."""
    with Database(memory=True, execute_plugins=False) as nothing:
        known = {migration.name for migration in MIGRATIONS.pending(nothing)}
    return tuple(done.name for done in MIGRATIONS.applied(db) if done.name not in known)
