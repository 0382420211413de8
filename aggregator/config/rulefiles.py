"""Which files of a rules folder are read, and as what.

Read are ``words.yaml``, ``entities.yaml``, ``events.yaml``, ``cases/*.yaml`` and
``watchlists/*.yaml`` (``.yml`` as well).  Ignored are names that begin with a dot (editors' and
Kubernetes' own) and everything that is not YAML by its name: ``README.md``, ``x.yaml~``,
``.x.yaml.swp``, ``x.yaml.bak``.  A YAML file anywhere else is a fault: nobody would notice that it
is never read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aggregator.config.faults import did_you_mean
from aggregator.config.fields import is_slug, slug_characters_max
from aggregator.config.yamlfile import Unreadable, YamlFile, read_yaml, shown
from aggregator.errors import Fault

rule_files_max = 20_000

Kind = Literal["words", "entities", "events", "case", "watchlist"]

_SINGLE: dict[str, Kind] = {"words": "words", "entities": "entities", "events": "events"}
_FOLDERS: dict[str, Kind] = {"cases": "case", "watchlists": "watchlist"}
_REMEDY: dict[Kind, str] = {
    "words": "write `families:` and under it `sue: [sue, lawsuit]`",
    "entities": "write `entities:` and under it "
    "`binance: {name: Binance, kind: company, aliases: [Binance]}`",
    "events": "write `events:` and under it "
    "`- {kind: settlement, severity: high, when: settle OR settlement}`",
    "case": "write `caption:`, `title:` and `when:` lines",
    "watchlist": "write `title:` and `when:` lines",
}
_FOLDER_REMEDY = (
    "make the folder, with entities.yaml, events.yaml, words.yaml, cases/ and watchlists/ in it, "
    "or name another one in CASEWIRE_RULES"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """One YAML file of a rules folder; `slug` is its name without the ending."""

    kind: Kind
    slug: str
    content: YamlFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """What a rules folder holds, with the faults of what could not be read."""

    files: tuple[RuleFile, ...]
    faults: tuple[Fault, ...]
    unreadable: frozenset[Kind]
    """Kinds of which a file is there and could not be read: its names are not known."""


def read_folder(place: Path) -> Folder:
    """Read every rule file in `place`; never raises for what is in it."""
    name = shown(place)
    if not place.is_dir():
        word = "is a file, not a folder" if place.exists() else "there is no such folder"
        return _nothing(Fault(file=name, line=1, what=f"{word}: {_FOLDER_REMEDY}"))
    files: dict[tuple[Kind, str], RuleFile] = {}
    faults: list[Fault] = []
    unreadable: set[Kind] = set()
    try:
        found = list(_listing(place))
    except OSError as error:
        what = f"cannot be listed ({error.strerror}): let the program's user read it"
        return _nothing(Fault(file=name, line=1, what=what))
    if len(found) > rule_files_max:
        what = f"holds more than {rule_files_max:,} rule files: keep rules only here"
        return _nothing(Fault(file=name, line=1, what=what))
    for path, kind in found:
        if isinstance(kind, Fault):
            faults.append(kind)
            continue
        content = read_yaml(path, remedy=_REMEDY[kind])
        if isinstance(content, Unreadable):
            faults += content.faults
            unreadable.add(kind)
        elif (kind, path.stem) in files:
            first = files[kind, path.stem].content.file
            what = f"is a second file for `{path.stem}` (the first is {first}): keep one of them"
            faults.append(Fault(file=content.file, line=1, what=what))
        else:
            files[kind, path.stem] = RuleFile(kind=kind, slug=path.stem, content=content)
    return Folder(
        files=tuple(files.values()), faults=tuple(faults), unreadable=frozenset(unreadable)
    )


def _nothing(fault: Fault) -> Folder:
    return Folder(files=(), faults=(fault,), unreadable=frozenset(("words", "entities")))


def _listing(place: Path) -> Iterator[tuple[Path, Kind | Fault]]:
    """Yield every YAML file with what it is, or with why it is not read."""
    for path in _yaml_in(place):
        yield path, _SINGLE.get(path.stem) or _stray(path)
    for folder in _folders_in(place):
        kind = _FOLDERS.get(folder.name)
        for path in _yaml_in(folder):
            yield path, _lost(path, folder) if kind is None else _named(path, kind)
        for deeper in _folders_in(folder):
            for path in _yaml_in(deeper):
                yield path, _lost(path, deeper)


def _stray(path: Path) -> Fault:
    hint = did_you_mean(path.stem, _SINGLE) or " move it to cases/ or watchlists/."
    what = (
        f"is not read here:{hint} Read here: "
        "words.yaml, entities.yaml, events.yaml, cases/*.yaml, watchlists/*.yaml"
    )
    return Fault(file=shown(path), line=1, what=what)


def _lost(path: Path, folder: Path) -> Fault:
    hint = did_you_mean(folder.name, _FOLDERS) or " move it."
    what = f"is not read in the folder `{folder.name}`:{hint} Rules live in cases/ and watchlists/"
    return Fault(file=shown(path), line=1, what=what)


def _named(path: Path, kind: Kind) -> Kind | Fault:
    if is_slug(path.stem):
        return kind
    what = (
        f"`{path.stem}` cannot be the name of a {kind}: rename the file with small letters, "
        f"digits and single hyphens, at most {slug_characters_max}"
    )
    return Fault(file=shown(path), line=1, what=what)


def _folders_in(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")
    )


def _yaml_in(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in (".yaml", ".yml")
        and not path.name.startswith(".")
        and not path.is_dir()
    )
