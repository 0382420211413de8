"""What stands between a clone and a release: `make release-check`.

Builds wheel and sdist; on every Python found of 3.11 to 3.13 installs the wheel and runs it in an
empty directory, and runs the sdist's unit tests; walks the Dockerfile's COPY and RUN lines in a
clean directory; asks pip-audit.  Each step is one line, `ok`, `BAD` or `skip`; code 1 with any BAD.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHONS = ("3.11", "3.12", "3.13")
STEP_S = 1_800.0
TAIL_LINES = 15

_bad = 0


def step(name: str, command: Sequence[str | Path], cwd: Path, **env: str) -> bool:
    """Run a command and print how it ended; the end of its output where it failed."""
    global _bad  # noqa: PLW0603 -- a script's one counter
    around = {key: value for key, value in os.environ.items() if not key.startswith("CASEWIRE_")}
    try:
        done = subprocess.run(  # noqa: S603 -- our own commands
            [str(part) for part in command], cwd=cwd, env=around | env, timeout=STEP_S, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        )  # fmt: skip
        code, out = done.returncode, done.stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        code, out = 1, str(error)
    print(f"{'BAD ' if code else 'ok  '} {name}", flush=True)
    if code:
        _bad += 1
        print("\n".join(f"       {line}" for line in out.splitlines()[-TAIL_LINES:]))
    return code == 0


def pythons() -> Iterator[tuple[str, Path]]:
    """Yield each Python found on the PATH or below pyenv that runs and is one of `PYTHONS`."""
    for version in PYTHONS:
        pyenv = Path.home() / ".pyenv" / "versions"
        places = [*sorted(pyenv.glob(f"{version}.*/bin/python")), shutil.which(f"python{version}")]
        for place in filter(None, places):
            said = subprocess.run(  # noqa: S603 -- an interpreter of this machine
                [str(place), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
                capture_output=True, text=True, check=False,
            ).stdout.strip()  # fmt: skip
            if said == version:
                yield version, Path(place)
                break
        else:
            print(f"skip Python {version}: not on this machine")


def clean_copy(to: Path) -> None:
    """Copy what git knows or would take, and nothing else."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],  # noqa: S607 -- whichever git
        cwd=ROOT, capture_output=True, check=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.decode().split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)


def built(work: Path) -> tuple[Path, Path] | None:
    """Build both in a clean copy; return the wheel and the sdist."""
    source, dist = work / "source", work / "dist"
    clean_copy(source)
    build = [sys.executable, "-m", "uv", "build", "--quiet", "--out-dir", dist, source]
    if not step("build wheel and sdist", build, work):
        return None
    return next(dist.glob("*.whl")), next(dist.glob("*.tar.gz"))


def tried(version: str, python: Path, wheel: Path, sdist: Path, work: Path) -> None:
    """Install each elsewhere, run the command, and run the unit tests of the sdist."""
    place = work / f"py{version}"
    empty = place / "empty"
    empty.mkdir(parents=True)
    for kind, file in (("wheel", wheel), ("sdist", sdist)):
        venv = place / kind
        if not step(f"{version} venv", [python, "-m", "venv", venv], place):
            return
        pip = [venv / "bin" / "python", "-m", "pip", "install", "--quiet"]
        if not step(f"{version} install the {kind}", [*pip, file], place):
            continue
        casewire = venv / "bin" / "casewire"
        step(f"{version} {kind}: casewire check in an empty directory", [casewire, "check"], empty)
        step(f"{version} {kind}: casewire init", [casewire, "init", place / f"mine-{kind}"], empty)
    with tarfile.open(sdist) as packed:
        packed.extractall(place, filter="data")
    unpacked = next(place.glob("casewire-*/"))
    dev = [*pip, "--require-hashes", "-r", unpacked / "requirements-dev.lock"]
    if step(f"{version} install what tests need", dev, place):
        test = [venv / "bin" / "python", "-m", "pytest", "tests/unit"]
        step(f"{version} unit tests of the sdist", test, unpacked)


def walked(work: Path) -> None:
    """Do what the Dockerfile's build stage does, in order, with its folders below `work`.

    The base image, apt-get and users are Docker's; the last stage is checked for its files only.
    """
    root, source = work / "image", work / "source"
    src = root / "src"
    src.mkdir(parents=True)
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    stages = re.split(r"^FROM .*$", text, flags=re.MULTILINE)[1:]
    for line in stages[0].splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "COPY":
            *names, to = rest.split()
            for name in names:
                target = src / to / ("" if (source / name).is_dir() else name)
                copy(source / name, target)
        elif word == "RUN":
            command = rest.replace("/opt/", f"{root}/opt/")
            step(f"Dockerfile: {rest}", ["sh", "-ec", command], src)
    for line in stages[-1].splitlines():
        if line.startswith("COPY") and "--from" not in line:
            name = line.split()[1]
            step(f"Dockerfile: COPY {name}", ["test", "-e", source / name], work)
    print("skip Dockerfile: apt-get and useradd of the last stage, which want the image")


def copy(file: Path, to: Path) -> None:
    if file.is_dir():
        shutil.copytree(file, to, dirs_exist_ok=True)
    else:
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, to)


def audited(work: Path) -> None:
    """Run pip-audit on the locked packages where its service answers."""
    global _bad  # noqa: PLW0603 -- a script's one counter
    audit = [sys.executable, "-m", "uv", "tool", "run", "pip-audit", "--progress-spinner", "off",
             "--disable-pip", "--require-hashes", "-r", str(ROOT / "requirements.lock")]  # fmt: skip
    try:
        done = subprocess.run(  # noqa: S603 -- our own command
            audit, cwd=work, capture_output=True, text=True, check=False, timeout=300
        )
    except subprocess.TimeoutExpired:
        print("skip pip-audit: its service did not answer within 300 s")
        return
    said = done.stdout + done.stderr
    if done.returncode == 0:
        print("ok   pip-audit")
    elif re.search(r"found \d+ known vulnerabilit", said, re.IGNORECASE):
        _bad += 1
        print(f"BAD  pip-audit\n{said}")
    else:
        last = (said.strip().splitlines() or ["no answer"])[-1]
        print(f"skip pip-audit: its service does not answer here ({last})")


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="casewire-release-") as folder:
        work = Path(folder)
        if files := built(work):
            for version, python in pythons():
                tried(version, python, *files, work)
        walked(work)
        audited(work)
    print("All right." if not _bad else f"{_bad} steps failed.")
    return 1 if _bad else 0


if __name__ == "__main__":
    sys.exit(main())
