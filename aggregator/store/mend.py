"""What the first migration was given after databases had been made by it.

Programs from before left their databases without these columns, and later ones took them for
there.  Each is added where it is missing, whatever came since.
"""

from __future__ import annotations

from sqlite_utils import Database

_MISSING = (
    ("story", "rang", "INTEGER"),
    ("story", "again", "TEXT NOT NULL DEFAULT '[]'"),
    ("story", "like_id", "TEXT"),
    ("story", "like_title", "TEXT NOT NULL DEFAULT ''"),
    ("delivery", "reply_to", "TEXT NOT NULL DEFAULT ''"),
)

# A ring was queued as it rang; where nobody followed, the story's first report is near enough.
_RANG = """
    UPDATE story SET rang = coalesce(
        (SELECT min(created) FROM delivery WHERE delivery.story_id = story.id), first_at)
    WHERE rings > 0 AND rang IS NULL
"""


def mend(db: Database) -> None:
    """Add the columns that are missing, and fill in when a story rang."""
    for table, column, kind in _MISSING:
        if column not in db.table(table).columns_dict:
            db.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")
    db.execute(_RANG)
