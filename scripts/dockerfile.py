"""Walking the Dockerfile without Docker: each line becomes a command below a folder of one's own."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

OURS = ("opt", "app", "data", "mine", "src")
"""The folders of the image that its lines name; everything else is the base image's."""
NOT_OURS = ("apt-get", "groupadd", "useradd", "chown")
"""What begins a command that only the image can run, as is any that names a folder of its base."""

Step = tuple[str, list[str] | None, dict[str, str]]
"""What it is called, the command or None where it is left out, and its environment."""


def version(context: Path) -> str:
    """Return the Python of the base image, such as "3.11"."""
    text = (context / "Dockerfile").read_text(encoding="utf-8")
    found = re.search(r"^FROM python:(\d+\.\d+)", text, re.MULTILINE)
    return found[1] if found else "?"


class Walk:
    """One walk; `cwd` is where the command that was yielded last belongs."""

    def __init__(self, *, work: Path, context: Path, python: Path) -> None:
        self._work = work
        self._context = context
        self._stage = work
        self._python = work / "python"
        self._python.mkdir(parents=True)
        (self._python / "python").symlink_to(python)
        self._env: dict[str, str] = {}
        self.cwd = work

    def steps(self) -> Iterator[Step]:
        """Yield the lines in order, and at the end what a container would run first."""
        text = (self._context / "Dockerfile").read_text(encoding="utf-8")
        lines = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
        start: list[str] = []
        for line in lines:
            word, _, rest = line.partition(" ")
            if word == "FROM":
                self._from(rest)
            elif word == "WORKDIR":
                self.cwd = Path(self._inside(rest))
                self.cwd.mkdir(parents=True, exist_ok=True)
            elif word in {"ARG", "ENV"}:
                for pair in shlex.split(rest):
                    name, _, value = pair.partition("=")
                    value = value.replace("$PATH", self._env["PATH"])
                    self._env[name] = self._inside(value)
            elif word == "COPY":
                yield f"{word} {rest}", self._copy(rest), {}
            elif word == "RUN":
                yield from self._run(rest)
            elif word == "ENTRYPOINT":
                start = re.findall(r'"(.*?)"', rest)
        begin = [self._inside(part) for part in start[start.index("--") + 1 :]]
        yield f"{shlex.join(start)} check", [*begin, "check"], self._env

    def _from(self, rest: str) -> None:
        self._stage = self._work / (rest.rsplit(maxsplit=1)[-1] if " AS " in rest else "last")
        self._stage.mkdir()
        self.cwd = self._stage
        self._env = {"PATH": f"{self._python}:/usr/local/bin:/usr/bin:/bin"}

    def _inside(self, text: str) -> str:
        """Return `text` with the image's folders moved below the stage."""
        return re.sub(rf"(?<![\w.])/(?=(?:{'|'.join(OURS)})\b)", f"{self._stage}/", text)

    def _copy(self, rest: str) -> list[str]:
        *names, to = rest.split()
        source = self._context
        if names[0].startswith("--from="):
            source = self._work / names.pop(0).partition("=")[2]
        target = self.cwd / self._inside(to)
        copy = [sys.executable, __file__, str(target), to[-1]]
        return [*copy, *(str(source / name.lstrip("/")) for name in names)]

    def _run(self, rest: str) -> Iterator[Step]:
        for part in map(str.strip, rest.split("&&")):
            elsewhere = re.search(rf"(?<![\w.])/(?!(?:{'|'.join(OURS)})\b)", part)
            if part.startswith(NOT_OURS) or elsewhere:
                yield part, None, {}
            else:
                yield f"RUN {part}", ["sh", "-ec", self._inside(part)], self._env


def copy(target: Path, end: str, names: list[Path]) -> None:
    """Copy as COPY does: what a folder holds, and a file under its name where `end` is a slash."""
    import shutil  # noqa: PLC0415 -- only the copying process needs it

    for name in names:
        if name.is_dir():
            shutil.copytree(name, target, dirs_exist_ok=True, symlinks=True)
        else:
            file = target / name.name if end == "/" else target
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(name, file)


if __name__ == "__main__":
    copy(Path(sys.argv[1]), sys.argv[2], [Path(name) for name in sys.argv[3:]])
