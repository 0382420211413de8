"""How many entry-level fields come out right, ours beside feedparser alone.

    python benchmarks/fields.py DIR [--wrong]

DIR holds feeds (`NAME.xml`, `.rss`, `.atom`, `.rdf`, `.json`, or any other suffix) and beside each
what is expected of it in `NAME.SUFFIX.expected.json`::

    {
      "content_type": "text/xml",          optional: the header's value
      "base_url": "https://wire.example/", optional: where the feed came from
      "count": 2,                          optional: how many entries
      "count_min": 1,                      optional: how many at least
      "entries": [                         by position; null or a missing key is not checked
        {"id": "…", "title": "…", "link": "…", "summary": "…",
         "published": "2023-09-18T12:00:00Z", "updated": "…", "date": "…",
         "tags": ["…"]}
      ]
    }

`title` and `summary` may hold markup: both sides are compared as the text a reader would see,
`summary` by its first 200 characters.  Links are compared resolved against `base_url`; `date` is
the publication's, or the update's where there is none.  A parser that raises gets every field of
that file wrong.  Counted are single values, and fields of files: those right in all entries of a
file, so that one long capture does not outweigh a hundred small tests.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import warnings
from calendar import timegm
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import feedparser

from aggregator.feeds.clean import plain_text
from aggregator.feeds.parse import parse
from aggregator.model import Parsed

FIELDS = ("count", "id", "title", "link", "summary", "published", "updated", "date", "tags")
SUFFIX = ".expected.json"
Read = Callable[[bytes, str, str], list[dict[str, Any]] | None]


def ours(body: bytes, content_type: str, base_url: str) -> list[dict[str, Any]] | None:
    found = parse(body, content_type=content_type, base_url=base_url)
    if not isinstance(found, Parsed):
        return None
    return [
        {
            "id": entry.guid,
            "title": entry.title,
            "link": entry.link,
            "summary": entry.summary,
            "published": entry.published,
            "updated": entry.updated,
            "tags": list(entry.tags),
        }
        for entry in found.entries
    ]


def theirs(body: bytes, content_type: str, base_url: str) -> list[dict[str, Any]] | None:
    headers = {"content-type": content_type, "content-location": base_url}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = feedparser.parse(
            io.BytesIO(body), response_headers={k: v for k, v in headers.items() if v}
        )
        return [
            {
                "id": entry.get("id"),
                "title": entry.get("title"),
                "link": entry.get("link"),
                "summary": entry.get("summary"),
                "published": _when(entry.get("published_parsed")),
                "updated": _when(entry.get("updated_parsed")),
                "tags": [tag.get("term") or "" for tag in entry.get("tags", ())],
            }
            for entry in found.entries
        ]


def _when(parsed: Any) -> datetime | None:
    return datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None


def checks(
    read: Read, body: bytes, expected: dict[str, Any]
) -> Iterator[tuple[str, bool, Any, Any]]:
    """Yield the field, whether it is right, what was expected and what came."""
    raised = ""
    try:
        found = read(body, expected.get("content_type", ""), expected.get("base_url", ""))
    except Exception as error:  # noqa: BLE001 - a parser that raises is what is counted here
        found, raised = None, type(error).__name__
    entries = found or []
    if expected.get("count") is not None:
        right = found is not None and len(entries) == expected["count"]
        yield "count", right, expected["count"], raised or len(entries)
    if expected.get("count_min") is not None:
        right = found is not None and len(entries) >= expected["count_min"]
        yield "count", right, f">= {expected['count_min']}", raised or len(entries)
    base = expected.get("base_url", "")
    for number, entry in enumerate(expected.get("entries", ())):
        got = entries[number] if number < len(entries) else {}
        for name, wanted in entry.items():
            if wanted is not None:
                if name == "date":
                    got["date"] = got.get("published") or got.get("updated")
                same = _same(name, wanted, got.get(name), plain=read is ours, base=base)
                yield name, not raised and same, wanted, got.get(name)


def _same(name: str, wanted: Any, got: Any, *, plain: bool, base: str) -> bool:
    match name:
        case "link":
            return urljoin(base, wanted.strip()) == urljoin(base, (got or "").strip())
        case "tags":
            shown = [_bare(tag if plain else _text(tag)) for tag in got or ()]
            return shown == [_bare(_text(tag)) for tag in wanted]
        case "published" | "updated" | "date":
            return got is not None and datetime.fromisoformat(wanted) == got
        case "title" | "summary":
            chars = 200 if name == "summary" else 500
            # Ours is text already; what stands in it like a tag was meant.
            shown = got or "" if plain else _text(got or "")
            return _bare(shown)[:chars] in {_bare(_text(wanted))[:chars], _bare(wanted)[:chars]}
        case _:
            return wanted.strip() == (got or "").strip()


def _text(markup: str) -> str:
    return plain_text(markup, chars_max=2000)


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", text.removesuffix("…"))


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    options.add_argument("folder", type=Path)
    options.add_argument("--wrong", action="store_true", help="print what ours gets wrong")
    given = options.parse_args()
    parsers: dict[str, Read] = {"ours": ours, "feedparser": theirs}
    right = {name: Counter[str]() for name in parsers}
    wrong = {name: Counter[str]() for name in parsers}
    whole: dict[str, dict[tuple[Path, str], bool]] = {name: {} for name in parsers}
    files = 0
    for beside in sorted(given.folder.rglob(f"*{SUFFIX}")):
        files += 1
        feed = beside.with_name(beside.name.removesuffix(SUFFIX))
        expected = json.loads(beside.read_text("utf-8"))
        for name, read in parsers.items():
            for field, is_right, wanted, got in checks(read, feed.read_bytes(), expected):
                (right if is_right else wrong)[name][field] += 1
                whole[name][feed, field] = whole[name].get((feed, field), True) and is_right
                if given.wrong and name == "ours" and not is_right:
                    print(f"{feed.relative_to(given.folder)}: {field}: {wanted!r} came as {got!r}")
    print(f"{files} feeds")
    print(f"{'':12}{'all':>16}" + "".join(f"{field:>16}" for field in FIELDS))
    for name in parsers:
        totals = [(sum(right[name].values()), sum(wrong[name].values()))]
        totals += [(right[name][field], wrong[name][field]) for field in FIELDS]
        print(f"{name:12}" + "".join(f"{_share(*one):>16}" for one in totals))
    for name, found in whole.items():
        shown = _share(sum(found.values()), len(found) - sum(found.values()))
        print(f"{name:12}{shown:>16} fields of files")


def _share(right: int, wrong: int) -> str:
    return f"{right / (right + wrong):.1%} of {right + wrong}" if right + wrong else "-"


if __name__ == "__main__":
    main()
