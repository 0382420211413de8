"""One YAML file as plain data, with the line of every key and value."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aggregator.config.yamltree import Node, read_tree
from aggregator.errors import Fault

yaml_bytes_max = 1_048_576
"""A thousand feeds fit into 200 kB."""

KeyPath = tuple[str | int, ...]
"""Where a value stands: ``("feeds", 3, "url")``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlFile:
    """A file that could be read: `data` is its top mapping, `digest` changes with its bytes."""

    file: str
    data: dict[str, Any]
    root: Node = field(repr=False)
    digest: str

    def line(self, path: KeyPath) -> int:
        """Return the line of the value at `path`, or of the nearest thing above it that exists.

        A list or mapping that belongs to a key counts as standing where the key does.
        """
        return self._lines(path)[1]

    def key_line(self, path: KeyPath) -> int:
        """Return the line of the key that `path` ends in."""
        return self._lines(path)[0]

    def _lines(self, path: KeyPath) -> tuple[int, int]:
        node = self.root
        key_line = line = node.line
        for part in path:
            if isinstance(part, int) and node.items is not None and part < len(node.items):
                node = node.items[part]
                key_line = line = node.line
            elif isinstance(part, str) and node.keys is not None and part in node.keys:
                key_line, node = node.keys[part]
                line = node.line if node.text else key_line
            else:
                break
        return key_line, line

    def fault(self, path: KeyPath, what: str) -> Fault:
        """Return the fault `what` at the line of the value at `path`."""
        return Fault(file=self.file, line=self.line(path), what=what)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A file that is no usable YAML, and why."""

    faults: tuple[Fault, ...]


def shown(path: Path) -> str:
    """Return `path` as faults name it: relative when it lies under the working directory."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100  resolve() would follow symlinks
    here = Path.cwd()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(absolute)


def read_yaml(path: Path, *, remedy: str) -> YamlFile | Unreadable:
    """Read `path`; `remedy` says how such a file begins, for when it is missing or empty."""
    name = shown(path)
    try:
        if path.is_dir():
            return _unreadable(name, 1, f"is a folder, not a file: {remedy}")
        if path.exists() and not path.is_file():
            return _unreadable(name, 1, f"is no ordinary file: {remedy}")
        with path.open("rb") as stream:
            raw = stream.read(yaml_bytes_max + 1)
    except FileNotFoundError:
        return _unreadable(name, 1, f"there is no such file: {remedy}")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return _unreadable(name, 1, f"cannot be read ({reason}): let the program's user read it")
    return load_yaml(raw, name, remedy=remedy)


def load_yaml(
    raw: bytes, file: str, *, remedy: str = "write `key: value` lines"
) -> YamlFile | Unreadable:
    """Turn the bytes of a file into data and lines; never raises for what they are."""
    if len(raw) > yaml_bytes_max:
        what = f"is larger than {yaml_bytes_max:,} bytes: split it into several files"
        return _unreadable(file, 1, what)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return _unreadable(file, line, "is not UTF-8 text: save the file in the encoding UTF-8")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    tree = read_tree(text)
    if tree.faults:
        return Unreadable(
            faults=tuple(Fault(file=file, line=line, what=what) for line, what in tree.faults)
        )
    root = tree.root
    if root is None or (root.keys is None and root.text is not None and not root.text.strip()):
        return _unreadable(file, 1, f"is empty: {remedy}")
    if root.keys is None:
        kind = "a list" if root.items is not None else "a single text"
        return _unreadable(file, root.line, f"is {kind} where keys are expected: {remedy}")
    digest = hashlib.sha256(raw).hexdigest()[:12]
    return YamlFile(file=file, data=root.plain(), root=root, digest=digest)


def _unreadable(file: str, line: int, what: str) -> Unreadable:
    return Unreadable(faults=(Fault(file=file, line=line, what=what),))
