"""What stands between a clone and a release: `make release-check`.

Builds wheel and sdist; walks the Dockerfile in a clean directory; asks pip-audit; on every Python
found of 3.11 to 3.13 installs each of the two, runs it in an empty directory, and runs the unit
tests of the sdist, which takes the longest.
Each step is one line, `ok`, `BAD` or `skip`; code 1 with any BAD.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import dockerfile

ROOT = Path(__file__).parents[1]
PYTHONS = ("3.11", "3.12", "3.13")
STEP_S = 1_800.0
TAIL_LINES = 15

_bad = 0


def step(name: str, command: Sequence[str | Path], cwd: Path, **env: str) -> bool:
    """Run a command and print how it ended; the end of its output where it failed."""
    global _bad  # noqa: PLW0603 -- a script's one counter
    # Nothing of this shell's settings; and what is imported in each of many processes is compiled once.
    around = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("CASEWIRE_") and key != "PYTHONDONTWRITEBYTECODE"
    }
    begun = time.monotonic()
    try:
        done = subprocess.run(  # noqa: S603 -- our own commands
            [str(part) for part in command], cwd=cwd, env=around | env, timeout=STEP_S, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        )  # fmt: skip
        code, out = done.returncode, done.stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        code, out = 1, str(error)
    print(f"{'BAD ' if code else 'ok  '} {name}  ({time.monotonic() - begun:.0f} s)", flush=True)
    if code:
        _bad += 1
        print("\n".join(f"       {line}" for line in out.splitlines()[-TAIL_LINES:]))
    return code == 0


def pythons() -> Iterator[tuple[str, Path]]:
    """Yield each Python found on the PATH or below pyenv that runs and is one of `PYTHONS`."""
    for version in PYTHONS:
        pyenv = Path.home() / ".pyenv" / "versions"
        places = [*sorted(pyenv.glob(f"{version}.*/bin/python")), shutil.which(f"python{version}")]
        for place in map(Path, filter(None, places)):
            said, sound = answer(place)
            if sound and said == version:
                yield version, place
                break
            print(f"skip {place}: says {said!r}, not {version}")
        else:
            print(f"skip Python {version}: none on this machine that runs")


def answer(place: Path) -> tuple[str, bool]:
    """Return what an interpreter says its version is, or the last it said, and whether it runs."""
    ask = "import ssl, sqlite3, venv, sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run(  # noqa: S603 -- an interpreter of this machine
            [str(place), "-c", ask],
            capture_output=True, text=True, errors="replace", check=False, timeout=60,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error), False
    lines = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()
    return (lines or [f"nothing, code {done.returncode}"])[-1], done.returncode == 0


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


def walked(work: Path, python: Path) -> None:
    """Do what the Dockerfile says in order, with the image's folders below `work`; then start it.

    apt-get, users and owners are Docker's: those parts of the last stage are told as skipped.
    """
    walk = dockerfile.Walk(work=work / "image", context=work / "source", python=python)
    for name, command, env in walk.steps():
        if command is None:
            print(f"skip Dockerfile: {name}")
        elif not step(f"Dockerfile: {name}", command, walk.cwd, **env):
            print("skip Dockerfile: the rest")
            return


def audited(work: Path) -> None:
    """Run pip-audit on the locked packages where its service answers."""
    global _bad  # noqa: PLW0603 -- a script's one counter
    audit = [sys.executable, "-m", "uv", "tool", "run", "pip-audit", "--progress-spinner", "off",
             "--disable-pip", "--require-hashes", "-r", str(ROOT / "requirements-charts.lock")]  # fmt: skip
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
            found = dict(pythons())
            wanted = dockerfile.version(work / "source")
            if wanted in found:
                walked(work, found[wanted])
            else:
                print(f"skip Dockerfile: it wants Python {wanted}")
            audited(work)
            for version, python in found.items():
                tried(version, python, *files, work)
    print("All right." if not _bad else f"{_bad} steps failed.")
    return 1 if _bad else 0


if __name__ == "__main__":
    sys.exit(main())
