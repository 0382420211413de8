import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def copied() -> list[str]:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copies = [line.split()[1:-1] for line in lines if line.startswith("COPY ")]
    return [
        name.removeprefix("./") for names in copies if "--from" not in names[0] for name in names
    ]


def pinned(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))


def test_what_the_image_copies_is_there_and_let_through_and_nothing_else_is():
    let_through = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {line[1:] for line in let_through if line.startswith("!")} == set(copied())
    assert all((ROOT / name).exists() for name in copied())


def test_each_wider_lock_holds_the_narrower_one_at_the_same_versions():
    run, charts, dev = map(
        pinned, ("requirements.lock", "requirements-charts.lock", "requirements-dev.lock")
    )
    assert run.items() < charts.items() < dev.items()
    assert "matplotlib" in charts


def test_no_lock_names_a_place_to_download_from():
    for lock in ROOT.glob("requirements*.lock"):
        assert re.search(r"://|--(extra-)?index|--find-links", lock.read_text()) is None, lock.name
