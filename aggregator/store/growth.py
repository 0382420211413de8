"""The tables as they grew: the migrations after the first, in order; registered by `schema`.

Times are microseconds since 1970.  Whatever a decision about alerts rests on moves the version.
"""

from __future__ import annotations

from sqlite_utils import Database

_FOLLOWERS = (
    # People change less often than stories, so that who hears of what need not be read anew
    # at each commit.
    "ALTER TABLE version ADD COLUMN people INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE subscription ADD COLUMN floor TEXT NOT NULL DEFAULT 'low'",
    "ALTER TABLE subscription ADD COLUMN mode TEXT NOT NULL DEFAULT 'instant'",
    "ALTER TABLE subscription ADD COLUMN paused INTEGER NOT NULL DEFAULT 0",
    """
    CREATE TABLE watch (
        id TEXT PRIMARY KEY,
        chat_id INTEGER NOT NULL,
        thread_id INTEGER NOT NULL,
        query TEXT NOT NULL,
        created INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX watch_by_place ON watch (chat_id, thread_id)",
    """
    CREATE TABLE mute (
        chat_id INTEGER NOT NULL,
        thread_id INTEGER NOT NULL,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        since INTEGER NOT NULL,
        until INTEGER NOT NULL,
        keep_high INTEGER NOT NULL,
        PRIMARY KEY (chat_id, thread_id, kind, name)
    ) STRICT, WITHOUT ROWID
    """,
    # Times of a day as ISO text, by the place's own clock.
    """
    CREATE TABLE place (
        chat_id INTEGER NOT NULL,
        thread_id INTEGER NOT NULL,
        zone TEXT NOT NULL,
        quiet_start TEXT,
        quiet_end TEXT,
        digest_at TEXT,
        digest_weekday INTEGER,
        digest_asked INTEGER NOT NULL,
        never_repeat INTEGER NOT NULL,
        PRIMARY KEY (chat_id, thread_id)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE feedback (
        id INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        kind TEXT NOT NULL,
        slug TEXT NOT NULL,
        rule_version TEXT NOT NULL,
        story_id TEXT NOT NULL,
        item_key TEXT NOT NULL,
        title TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX feedback_by_time ON feedback (at)",
    # The ids a chat had before, for when it asks to be forgotten.
    "CREATE TABLE moved (old_id INTEGER PRIMARY KEY, new_id INTEGER NOT NULL) STRICT",
    # Keyed hashes of the chats that asked to be forgotten and did not come back.
    "CREATE TABLE forgotten (chat_hash TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",
)

_ITEM_COLUMNS = (
    "key, feed_id, outlet, kind, trust, url, title, summary, published, seen, at, court, tags"
)

_SEARCH = (
    # The index knows rows by number, and VACUUM renumbers those that have no number of their own.
    """
    CREATE TABLE numbered_item (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
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
    f"INSERT INTO numbered_item ({_ITEM_COLUMNS}) SELECT {_ITEM_COLUMNS} FROM item ORDER BY rowid",  # noqa: S608 -- the names stand above
    "DROP TABLE item",
    "ALTER TABLE numbered_item RENAME TO item",
    "CREATE INDEX item_by_feed ON item (feed_id, at)",
    "CREATE INDEX item_by_time ON item (at, key)",
    "CREATE INDEX item_by_seen ON item (seen)",
    # The text itself stays in `item` alone.  `words` is given by whoever opens the database (see
    # `connect`), for what FTS5 itself takes for letters is out of date.
    """
    CREATE VIRTUAL TABLE item_fts USING fts5 (
        title, summary, outlet, tags,
        content = 'item', content_rowid = 'id',
        tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
    )
    """,
    """
    CREATE TRIGGER item_found AFTER INSERT ON item BEGIN
        INSERT INTO item_fts (rowid, title, summary, outlet, tags)
        VALUES (new.id, words(new.title), words(new.summary), words(new.outlet),
            words(new.tags));
    END
    """,
    """
    CREATE TRIGGER item_lost AFTER DELETE ON item BEGIN
        INSERT INTO item_fts (item_fts, rowid, title, summary, outlet, tags)
        VALUES ('delete', old.id, words(old.title), words(old.summary), words(old.outlet),
            words(old.tags));
    END
    """,
    """
    CREATE TRIGGER item_edited AFTER UPDATE OF title, summary, outlet, tags ON item BEGIN
        INSERT INTO item_fts (item_fts, rowid, title, summary, outlet, tags)
        VALUES ('delete', old.id, words(old.title), words(old.summary), words(old.outlet),
            words(old.tags));
        INSERT INTO item_fts (rowid, title, summary, outlet, tags)
        VALUES (new.id, words(new.title), words(new.summary), words(new.outlet),
            words(new.tags));
    END
    """,
    """
    INSERT INTO item_fts (rowid, title, summary, outlet, tags)
        SELECT id, words(title), words(summary), words(outlet), words(tags) FROM item
    """,
    # What was pruned and may still be listed; the number tells which is oldest.
    "CREATE TABLE pruned_item (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE) STRICT",
)

_LEDGER = (
    # AUTOINCREMENT: a number is given once, so that a missing last row shows.
    """
    CREATE TABLE ledger (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        at INTEGER NOT NULL,
        chat INTEGER,
        chat_hash TEXT NOT NULL,
        thread_id INTEGER NOT NULL,
        key TEXT NOT NULL,
        story TEXT NOT NULL,
        item_seen INTEGER,
        rule_version TEXT NOT NULL,
        message_id INTEGER,
        note TEXT NOT NULL,
        digest TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX ledger_by_time ON ledger (at)",
    "CREATE INDEX ledger_by_chat ON ledger (chat) WHERE chat IS NOT NULL",
    # Where the chain begins: after the last row whose time was over.
    """
    CREATE TABLE ledger_start (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        number INTEGER NOT NULL,
        digest TEXT NOT NULL
    ) STRICT
    """,
    "INSERT INTO ledger_start (one, number, digest) VALUES (1, 0, '')",
    """
    CREATE TRIGGER ledger_stays BEFORE UPDATE OF number, kind, at, chat_hash, thread_id, key,
        story, item_seen, rule_version, message_id, note, digest ON ledger BEGIN
        SELECT raise(ABORT, 'a row of the ledger is never changed');
    END
    """,
    """
    CREATE TRIGGER ledger_forgets BEFORE UPDATE OF chat ON ledger WHEN new.chat IS NOT NULL BEGIN
        SELECT raise(ABORT, 'a chat in the ledger can only be forgotten');
    END
    """,
    """
    CREATE TRIGGER ledger_ages BEFORE DELETE ON ledger
        WHEN old.number > (SELECT number FROM ledger_start) BEGIN
        SELECT raise(ABORT, 'a row of the ledger is removed only when its time is over');
    END
    """,
    """
    CREATE TABLE gap (
        id INTEGER PRIMARY KEY,
        feed_id TEXT NOT NULL,
        why TEXT NOT NULL,
        since INTEGER NOT NULL,
        until INTEGER,
        opened INTEGER NOT NULL,
        closed INTEGER
    ) STRICT
    """,
    "CREATE INDEX gap_open ON gap (feed_id, why) WHERE closed IS NULL",
)

_KEPT = (
    "ALTER TABLE delivery ADD COLUMN rule_version TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX delivery_by_place ON delivery (chat_id, thread_id, created)",
    "CREATE INDEX delivery_by_story ON delivery (story_id) WHERE story_id IS NOT NULL",
    "CREATE INDEX delivery_done ON delivery (since) WHERE state IN ('sent', 'dead')",
    "CREATE TABLE file (name TEXT PRIMARY KEY, at INTEGER NOT NULL, data BLOB NOT NULL) STRICT",
    "CREATE TABLE telegram_update (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT",
)

_LEFT = (
    # What was the highest number when a message left: no clock that was set back confuses it.
    "ALTER TABLE delivery ADD COLUMN after_id INTEGER",
)

_LEARNT = (
    # JSON, see `feed_rows`: nothing in it is searched by.
    "ALTER TABLE feed_state ADD COLUMN standing TEXT NOT NULL DEFAULT '{}'",
    "ALTER TABLE feed_state ADD COLUMN learnt TEXT NOT NULL DEFAULT '{}'",
)

_ANCHORED = (
    # Where the ledger ends: rows missing there are found although the numbering starts anew.
    "ALTER TABLE ledger_start ADD COLUMN last INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE ledger_start ADD COLUMN last_digest TEXT NOT NULL DEFAULT ''",
    """
    UPDATE ledger_start SET
        last = coalesce((SELECT max(number) FROM ledger), number),
        last_digest =
            coalesce((SELECT digest FROM ledger ORDER BY number DESC LIMIT 1), digest)
    """,
    # Who was forgotten and came back stays known, so that a chat's name cannot go unasked.
    "ALTER TABLE forgotten ADD COLUMN back INTEGER NOT NULL DEFAULT 0",
    """
    INSERT OR IGNORE INTO forgotten (chat_hash, back)
    SELECT DISTINCT chat_hash, 1 FROM ledger WHERE chat IS NULL AND chat_hash <> ''
    """,
)


GROWN: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("0004_followers", _FOLLOWERS),
    ("0005_search", _SEARCH),
    ("0006_ledger", _LEDGER),
    ("0007_kept", _KEPT),
    ("0008_left", _LEFT),
    ("0009_learnt", _LEARNT),
    ("0010_anchored", _ANCHORED),
)
"""Each migration's name and statements."""


def run(db: Database, statements: tuple[str, ...]) -> None:
    """Execute each statement."""
    for statement in statements:
        db.execute(statement)
