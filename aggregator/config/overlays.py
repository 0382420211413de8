"""Yours over ours: what a later place makes of what an earlier one holds.

Whatever has the same name replaces the earlier one whole: a case, a watchlist, an entity, a quiet
rule, a feed.  `extends: NAME` instead starts from the one of that name in an earlier place, and the
keys beside it replace the inherited ones; of `aliases` and `examples` the inherited ones stay,
except those that are written again.  `enabled: false` switches the name off.

All this happens to trees of lines before anything is validated, so that faults still say where:
what is inherited counts as standing at `extends`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import is_

from aggregator.config.faults import did_you_mean
from aggregator.config.rulefiles import Folder, Kind, RuleFile
from aggregator.config.yamlfile import YamlFile
from aggregator.config.yamltree import Node
from aggregator.errors import Fault

APPENDED = frozenset({"aliases", "examples"})
_SWITCHES = frozenset({"extends", "enabled", "name"})
_TABLES = {"entities": "entities", "words": "families"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layered:
    """The folders with only what counts in the end, and what became of the rest."""

    folders: tuple[Folder, ...]
    overrides: tuple[str, ...]
    """A line for each thing that a later place replaces or switches off."""
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A named thing and the file it is written in; `place` counts the files or folders."""

    node: Node
    file: str
    line: int
    place: int
    digest: str = ""


@dataclass(slots=True)
class Layers:
    """What is held under each name, place over place, with what was overridden on the way."""

    what: str
    """What such a thing is called in messages: `case`, `feed`."""
    live: dict[str, Held] = field(default_factory=dict)
    overrides: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    earlier: Mapping[str, Held] = field(default_factory=dict)
    unsure: bool = False
    """An earlier place could not be read, so that its names are not known."""

    def next_place(self) -> None:
        """From now on, only what is held by now can be extended."""
        self.earlier = dict(self.live)

    def put(self, name: str, held: Held, *, shown: bool) -> None:
        """Hold a thing under its name; `shown` names it in the lines on what is overridden."""
        before = self.earlier.get(name)
        base = extended(held.node)
        where, earlier = held.file, None if before is None else before.file
        if shown:
            where = f"{held.file}:{held.line}: {name}"
            earlier = None if before is None else f"{before.file}:{before.line}"
        if is_off(held.node):
            bare = not (held.node.keys or {}).keys() - _SWITCHES
            if before is None and bare and not self.unsure:
                self._nothing(held, name, "switches off nothing")
            self.overrides.append(
                f"{where} switches off {earlier}" if earlier else f"{where} is off"
            )
            self.live.pop(name, None)
            return
        if earlier:
            self.overrides.append(f"{where} {'extends' if base == name else 'overrides'} {earlier}")
        if base is not None:
            found = self.earlier.get(base)
            if found is None:
                if not self.unsure:
                    self._nothing(held, base, f"`extends: {base}` has nothing to start from")
                self.live.pop(name, None)
                return
            digest = hashlib.sha256(f"{found.digest}{held.digest}".encode()).hexdigest()[:12]
            held = replace(held, node=merged(found.node, held.node), digest=digest)
        self.live[name] = held

    def _nothing(self, held: Held, name: str, what: str) -> None:
        keys = held.node.keys or {}
        line = keys["extends"][0] if "extends" in keys else held.line
        hint = did_you_mean(name, self.earlier) or " Correct the name, or write the whole of it"
        told = f"{what}: no earlier place has the {self.what} `{name}`:{hint}"
        self.faults.append(Fault(file=held.file, line=line, what=told))


def is_off(node: Node) -> bool:
    """Say whether `node` has `enabled: false`."""
    return (node.keys or {}).get("enabled", (0, Node(0)))[1].scalar is False


def extended(node: Node) -> str | None:
    """Return the name after `extends`; None without one, or when it is no text."""
    return said(node, "extends") or None


def merged(base: Node, over: Node) -> Node:
    """Return mapping `over` on top of mapping `base`, whose keys stand where `extends` does."""
    keys = dict(over.keys or {})
    line = keys.pop("extends")[0] if "extends" in keys else over.line
    inherited = {
        key: (line, _moved(node, line))
        for key, (_, node) in (base.keys or {}).items()
        if key != "extends"
    }
    joined = {
        key: (at, _joined(inherited[key][1], node) if key in APPENDED & inherited.keys() else node)
        for key, (at, node) in keys.items()
    }
    return replace(over, keys=inherited | joined)


def with_key(file: YamlFile, key: str, node: Node) -> YamlFile:
    """Return `file` with `node` under a top key that it has; the same file if nothing changed."""
    keys = dict(file.root.keys or {})
    if _same(keys[key][1], node):
        return file
    keys[key] = (keys[key][0], node)
    return _rewritten(file, replace(file.root, keys=keys), file.digest)


def said(node: Node, key: str) -> str:
    """Return the text under `key` of a mapping, spaced as its model will; empty without one."""
    return " ".join(((node.keys or {}).get(key, (0, Node(0)))[1].text or "").split())


def items(file: YamlFile, key: str) -> list[Node]:
    """Return what the list under a top key holds; nothing if it is no list."""
    listed = (file.root.keys or {}).get(key)
    return [] if listed is None else listed[1].items or []


def layer(folders: Sequence[Folder]) -> Layered:
    """Leave in each folder what no later one replaces or switches off, `extends` written out."""
    stacks = _Stacks()
    for place, folder in enumerate(folders):
        for layers in stacks.every:
            layers.next_place()
        for rule in folder.files:
            stacks.take(rule, place)
        for kind, layers in stacks.kinds.items():
            layers.unsure = layers.unsure or kind in folder.unreadable
    return Layered(
        folders=tuple(
            replace(
                folder,
                files=tuple(
                    replace(rule, content=left)
                    for rule in folder.files
                    if (left := stacks.left(rule, place)) is not None
                ),
            )
            for place, folder in enumerate(folders)
        ),
        overrides=tuple(line for layers in stacks.every for line in layers.overrides),
        faults=tuple(fault for layers in stacks.every for fault in layers.faults),
    )


class _Stacks:
    """The layers of everything in `rules/` that has a name."""

    def __init__(self) -> None:
        self.kinds: dict[Kind, Layers] = {
            "case": Layers(what="case"),
            "watchlist": Layers(what="watchlist"),
            "entities": Layers(what="entity"),
            "words": Layers(what="family"),
        }
        self._quiet = Layers(what="quiet rule")
        self.every = (*self.kinds.values(), self._quiet)

    def take(self, rule: RuleFile, place: int) -> None:
        """Put what one file holds on top."""
        file = rule.content
        match rule.kind:
            case "case" | "watchlist":
                self.kinds[rule.kind].put(rule.slug, _held(file.root, file, place), shown=False)
            case "entities" | "words":
                table = (file.root.keys or {}).get(_TABLES[rule.kind])
                for name, (line, node) in ((table[1].keys or {}) if table else {}).items():
                    held = replace(_held(node, file, place), line=line)
                    self.kinds[rule.kind].put(name, held, shown=True)
            case "events":
                for node in items(file, "quiet"):
                    if name := said(node, "name"):
                        self._quiet.put(name, _held(node, file, place), shown=True)

    def left(self, rule: RuleFile, place: int) -> YamlFile | None:
        """Return what counts of one file in the end; None for nothing."""
        file = rule.content
        match rule.kind:
            case "case" | "watchlist":
                held = self.kinds[rule.kind].live.get(rule.slug)
                if held is None or held.place != place:
                    return None
                same = held.node is file.root
                return file if same else _rewritten(file, held.node, held.digest)
            case "entities" | "words":
                key, live = _TABLES[rule.kind], self.kinds[rule.kind].live
                table = (file.root.keys or {}).get(key)
                if table is None or table[1].keys is None:
                    return file
                kept = {
                    name: (line, live[name].node)
                    for name, (line, _) in table[1].keys.items()
                    if name in live and live[name].place == place
                }
                return with_key(file, key, replace(table[1], keys=kept))
            case "events":
                listed = (file.root.keys or {}).get("quiet")
                if listed is None or listed[1].items is None:
                    return file
                stay = [node for node in listed[1].items if _stays(node, self._quiet, place)]
                return with_key(file, "quiet", replace(listed[1], items=stay))


def _stays(node: Node, quiet: Layers, place: int) -> bool:
    """Say whether a quiet rule counts; one without a name is left for the model to refuse."""
    name = said(node, "name")
    return not name or (name in quiet.live and quiet.live[name].place == place)


def _held(node: Node, file: YamlFile, place: int) -> Held:
    return Held(node=node, file=file.file, line=node.line, place=place, digest=file.digest)


def _same(one: Node, other: Node) -> bool:
    """Say whether two nodes hold the very same nodes."""
    mine = [node for _, node in (one.keys or {}).values()] + (one.items or [])
    theirs = [node for _, node in (other.keys or {}).values()] + (other.items or [])
    return len(mine) == len(theirs) and all(map(is_, mine, theirs))


def _rewritten(file: YamlFile, root: Node, digest: str) -> YamlFile:
    return replace(file, root=root, data=root.plain(), digest=digest)


def _moved(node: Node, line: int) -> Node:
    """Return `node` as if all of it stood on one line."""
    return replace(
        node,
        line=line,
        items=None if node.items is None else [_moved(each, line) for each in node.items],
        keys=None
        if node.keys is None
        else {key: (line, _moved(each, line)) for key, (_, each) in node.keys.items()},
    )


def _joined(base: Node, over: Node) -> Node:
    """Return lists (or lists by group) joined: the inherited, without those written again."""
    again = _texts(over)
    if base.items is not None and over.items is not None:
        kept = [node for node in base.items if _text(node) not in again]
        return replace(over, items=[*kept, *over.items])
    if base.keys is not None and over.keys is not None:
        groups = dict(over.keys)
        for key, (line, node) in base.keys.items():
            kept = [each for each in node.items or [] if _text(each) not in again]
            at, own = groups.get(key, (line, Node(line, items=[])))
            if own.items is not None:
                groups[key] = (at, replace(own, items=[*kept, *own.items]))
        return replace(over, keys=groups)
    return over


def _texts(node: Node) -> frozenset[str]:
    if node.keys is not None:
        return frozenset(text for _, each in node.keys.values() for text in _texts(each))
    return frozenset(_text(each) for each in node.items or [])


def _text(node: Node) -> str:
    """Return what an alias or example says, however it is written."""
    return node.text or said(node, "text") or said(node, "title")
