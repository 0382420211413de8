"""How much of one feed and of one entry is kept; everything a feed can make grow has a limit."""

from __future__ import annotations

ENTRIES_MAX = 10_000
"""Entries of one feed; feedparser takes about 1 s for as many."""
TITLE_CHARS_MAX = 500
SUMMARY_CHARS_MAX = 2000
GUID_CHARS_MAX = 2048
TAGS_MAX = 32
TAG_CHARS_MAX = 100
MARKUP_CHARS_MAX = 20_000
"""Of one entry's markup: the HTML parser's time is quadratic in nested tags (200,000: 97 s)."""
