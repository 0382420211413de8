"""YAML text as a tree of nodes with their lines: which YAML is accepted, and what it means.

Values are text, whole numbers, ``true``/``false``, nothing, lists and mappings.  Dates, clock
times, docket numbers, ``yes``, ``no`` and decimal fractions stay the text that was written (YAML
1.1 would turn ``1:23`` into 83, ``no`` into false, ``2023-06-05`` into a date).  Duplicate keys,
tags, merge keys, a second document and anything above the limits below are faults.  Aliases are
allowed, but what they stand for is counted in full.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from aggregator.config.yamlwords import explain

yaml_depth_max = 32
"""Levels of nesting; the deepest query anyone writes has about ten."""
yaml_nodes_max = 200_000
"""Keys and values with every alias written out: what keeps a ten-line alias bomb small."""

_STR_TAGS = frozenset({"tag:yaml.org,2002:str", "!"})
_INT = re.compile(r"0|-?[1-9][0-9]{0,17}")
_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
# libyaml reads 18 times faster (32 kB: 1.8 ms against 33 ms); its messages are vaguer, so what it
# refuses is read again by the pure parser, whose messages `yamlwords` knows.
LOADERS = (getattr(yaml, "CSafeLoader", yaml.SafeLoader), yaml.SafeLoader)


@dataclass(slots=True)
class Node:
    """A value with its line; `items` for a list, `keys` (line of the key, value) for a mapping."""

    line: int
    scalar: str | int | bool | None = None
    text: str | None = None
    """A scalar as it was written; None for a list or mapping."""
    items: list[Node] | None = None
    keys: dict[str, tuple[int, Node]] | None = None
    size: int = 1
    key: tuple[int, str] | None = None
    """While reading: the key whose value comes next."""
    anchor: str | None = None

    def plain(self) -> Any:
        """Return the value without lines."""
        if self.items is not None:
            return [node.plain() for node in self.items]
        if self.keys is not None:
            return {key: node.plain() for key, (_, node) in self.keys.items()}
        return self.scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """What a text holds: `root` is None where it holds nothing; `faults` are (line, what)."""

    root: Node | None
    faults: tuple[tuple[int, str], ...]


def read_tree(text: str) -> Tree:
    """Read `text`, whose lines end in newlines only; never raises for what it is."""
    for loader in LOADERS:
        builder = Builder(text)
        try:
            builder.take(yaml.parse(text, Loader=loader))
        except (yaml.YAMLError, ValueError, OverflowError) as error:
            # ValueError, OverflowError: PyYAML on "\UFFFFFFFF" and on %YAML with a huge number
            syntax = explain(error, text)
        else:
            return Tree(root=builder.root, faults=tuple(builder.faults))
    return Tree(root=None, faults=(*builder.faults, syntax))


class _Stop(Exception):  # noqa: N818  ends the reading, is no error
    pass


class Builder:
    """A tree from parser events, without recursion, so that depth and size have a limit."""

    def __init__(self, text: str) -> None:
        self.root: Node | None = None
        self.faults: list[tuple[int, str]] = []
        # PyYAML counts U+2028 and U+0085 as line ends, editors do not: lines come from offsets
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._stack: list[Node] = []
        self._anchors: dict[str, Node | None] = {}
        self._documents = 0
        self._total = 0

    def take(self, events: Iterator[yaml.Event]) -> None:
        """Consume `events`; faults that are not PyYAML's end up in `faults`."""
        try:
            for event in events:
                self._event(event)
        except _Stop:
            return

    def _stop(self, line: int, what: str) -> _Stop:
        self.faults.append((line, what))
        return _Stop()

    def _event(self, event: yaml.Event) -> None:
        mark = event.start_mark
        line = bisect_right(self._starts, 0 if mark is None else mark.index)
        self._count(1, line)
        match event:
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    raise self._stop(
                        line, "a second document begins here: remove the `---`, one file is one"
                    )
            case yaml.AliasEvent():
                self._attach(self._resolve(event.anchor or "", line), line)
            case yaml.ScalarEvent():
                node = self._scalar(event, line)
                if event.anchor is not None:
                    self._anchors[event.anchor] = node
                self._attach(node, line)
            case yaml.SequenceStartEvent():
                self._open(Node(line, items=[], anchor=event.anchor), event.tag)
            case yaml.MappingStartEvent():
                self._open(Node(line, keys={}, anchor=event.anchor), event.tag)
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                node = self._stack.pop()
                if node.anchor is not None:
                    self._anchors[node.anchor] = node
                self._attach(node, node.line)
            case _:
                pass

    def _open(self, node: Node, tag: str | None) -> None:
        if tag is not None and tag != "!":
            self.faults.append((node.line, f"the tag `{tag}` is not supported: remove it"))
        if len(self._stack) >= yaml_depth_max:
            raise self._stop(node.line, f"more than {yaml_depth_max} levels deep: write it flatter")
        if node.anchor is not None:
            self._anchors[node.anchor] = None
        self._stack.append(node)

    def _resolve(self, name: str, line: int) -> Node:
        if name not in self._anchors:
            raise self._stop(
                line,
                f"`*{name}` names an anchor that does not exist: to mean the text, put it in "
                f'quotes: "*{name}"',
            )
        node = self._anchors[name]
        if node is None:
            raise self._stop(line, f"`*{name}` stands inside what it names: write it out instead")
        self._count(node.size, line)
        return node

    def _count(self, values: int, line: int) -> None:
        self._total += values
        if self._total > yaml_nodes_max:
            raise self._stop(
                line, f"more than {yaml_nodes_max:,} values, aliases written out: split the file"
            )

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> Node:
        text = event.value
        if _UNPRINTABLE.search(text):
            self.faults.append(
                (line, "a control character or half a character: write the character itself")
            )
        if event.tag is not None and event.tag not in _STR_TAGS:
            what = f"the tag `{event.tag}` is not supported: remove it, or put the text in quotes"
            self.faults.append((line, what))
        if event.style or event.tag is not None:  # plain is None to one parser, "" to the other
            return Node(line, scalar=text, text=text or '""')
        if text in _WORDS:
            return Node(line, scalar=_WORDS[text], text=text)
        return Node(line, scalar=int(text) if _INT.fullmatch(text) else text, text=text)

    def _attach(self, node: Node, line: int) -> None:
        if not self._stack:
            self.root = node
            return
        top = self._stack[-1]
        top.size += node.size
        if top.items is not None:
            top.items.append(node)
        elif top.keys is not None and top.key is None:
            top.key = (line, self._key(node, line))
        elif top.keys is not None and top.key is not None:
            (key_line, key), top.key = top.key, None
            if key in top.keys:
                what = (
                    f"`{key}` is given twice (first on line {top.keys[key][0]}): keep one of them"
                )
                self.faults.append((key_line, what))
            else:
                top.keys[key] = (key_line, node)

    def _key(self, node: Node, line: int) -> str:
        if node.text is None:
            raise self._stop(line, "a list or mapping cannot be a key: write `key: value`")
        key = node.scalar if isinstance(node.scalar, str) else node.text
        if key == "<<":
            self.faults.append((line, "merge keys are not supported: write the keys out"))
        if not key.strip():
            self.faults.append((line, "a key is missing before the colon: write `key: value`"))
        return key
