"""Entries that were read before need not be parsed again: most polls bring one new among fifty.

feedparser takes about 0.2 ms an entry.  A document is cut at its items; those whose text was
parsed before, under the same root, come from memory, and only the rest is checked, mended and
parsed, as ever.  What cannot be cut cleanly, or is not well formed, is parsed whole.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from aggregator.model import Entry, Parsed, ParseFailed, ParseOutcome

ENTRIES_MAX = 12_000
"""Of all feeds together; an entry takes some 2 kB."""

_MARK = re.compile(
    r"<!\[CDATA\[[^\]]*+(?:\](?!\]>)[^\]]*+)*+\]\]>|<!--.*?-->|<(?P<close>/?)(?P<name>(?:[\w.-]+:)?(?:item|entry))"
    r"(?=[\s/>])[^<>]*?(?P<empty>/?)>",
    re.DOTALL | re.IGNORECASE,
)
_END = re.compile(r"(?:\s|</[^<>]*>|<!--.*?-->)*+", re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A document in pieces: what stands before and between its items, and the items."""

    around: tuple[str, ...]
    """One more than there are items."""
    items: tuple[str, ...]


def cut(document: str) -> Cut | None:
    """Return `document` in pieces; None when its items do not simply stand one after another."""
    around: list[str] = []
    items: list[str] = []
    start = end = 0
    inside = ""
    for found in _MARK.finditer(document):
        name = found["name"]
        if name is None:
            continue
        if found["empty"] or bool(found["close"]) != bool(inside) or inside not in ("", name):
            return None
        if found["close"]:
            items.append(document[start : found.end()])
            inside, end = "", found.end()
        else:
            around.append(document[end : found.start()])
            inside, start = name, found.start()
    # An element of the channel that stands behind an item would change its meaning without it.
    plain = all(map(str.isspace, filter(None, around[1:]))) and _END.fullmatch(document, end)
    if inside or not items or not plain:
        return None
    return Cut(around=(*around, document[end:]), items=tuple(items))


class KnownEntries:
    """What was parsed lately, by the text it came from."""

    def __init__(self, entries_max: int = ENTRIES_MAX) -> None:
        self._entries_max = entries_max
        self._entries: OrderedDict[bytes, Entry] = OrderedDict()

    def read(
        self,
        document: str,
        base_url: str,
        parse: Callable[[str], tuple[ParseOutcome, bool]],
    ) -> ParseOutcome:
        """Return what `parse` makes of `document`; it also says whether that was well formed."""
        pieces = cut(document)
        if pieces is None or len(pieces.items) > self._entries_max:
            return parse(document)[0]
        keys = self._keys(pieces, base_url)
        new = [number for number, key in enumerate(keys) if key not in self._entries]
        if len(new) == len(keys):
            found, whole = parse(document)
        else:
            found, whole = parse(_less(pieces, new))
        if isinstance(found, ParseFailed) or not whole or len(found.entries) != len(new):
            return found if len(new) == len(keys) else parse(document)[0]
        for number, entry in zip(new, found.entries, strict=True):
            self._entries[keys[number]] = entry
        return self._together(found, keys)

    def _together(self, found: Parsed, keys: Sequence[bytes]) -> Parsed:
        entries = tuple(self._entries[key] for key in keys)
        for key in keys:
            self._entries.move_to_end(key)
        while len(self._entries) > self._entries_max:
            self._entries.popitem(last=False)
        return replace(found, entries=entries)

    def _keys(self, pieces: Cut, base_url: str) -> list[bytes]:
        """Name each item by its text and by what an entry may take from around it."""
        context = blake2b(digest_size=16)
        head = pieces.around[0]
        # Of the channel only its tags: its texts, such as the time of the build, reach no entry,
        # but for the link that stands in for a missing `base_url`.
        plain = base_url and "<!doctype" not in head.lower()
        for part in (base_url, "".join(_TAG.findall(head)) if plain else head):
            data = part.encode("utf-8", "surrogatepass")
            context.update(len(data).to_bytes(4, "big") + data)
        key = context.digest()
        return [
            blake2b(item.encode("utf-8", "surrogatepass"), digest_size=16, key=key).digest()
            for item in pieces.items
        ]


def _less(pieces: Cut, new: Sequence[int]) -> str:
    """Return the document with only the items at `new`."""
    kept = set(new)
    parts = [pieces.around[0]]
    for number, item in enumerate(pieces.items):
        parts += [item if number in kept else "", pieces.around[number + 1]]
    return "".join(parts)
