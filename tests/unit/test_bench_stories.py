"""The benchmark of stories says in one line what is wrong with its input."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.newsroom import ROOT


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "nothing in it"),
        ("{\n", "line 1: no JSON"),
        ("[1]\n", "line 1: not an object"),
        ('{"id": "1"}\n', "object 1: without"),
        ('{"id": "1", "t": "soon", "title": "a", "story": "1"}\n', "object 1: Invalid isoformat"),
    ],
    ids=["empty", "broken", "no object", "lacking", "no time"],
)
def test_news_that_cannot_be_read_is_one_clear_line(tmp_path, content, told):
    file = tmp_path / "news.jsonl"
    file.write_text(content)
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks/stories.py", "--dev", file, "--test", file],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"{file}: {told}")
    assert done.stderr.count("\n") == 1
