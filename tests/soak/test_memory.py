"""A month of the shipped feeds and rules in virtual time: about half an hour of one core."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.newsroom import ROOT


@pytest.mark.soak
@pytest.mark.timeout(3 * 3600)
@pytest.mark.parametrize("length", [("--hours", "1"), ("--days", "31")])
def test_memory_stays_under_its_bound_and_a_month_does_not_make_it_more(length):
    # A process of its own, whose memory nothing else has touched.
    command = [sys.executable, "benchmarks/memory.py", *length]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
