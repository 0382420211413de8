"""What every test is owed: a process whose logging no test before it has set."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import hypothesis
import pytest
import structlog

# Nothing is judged by the clock on the wall: a busy machine would fail what is right.
hypothesis.settings.register_profile("casewire", deadline=None)
hypothesis.settings.load_profile("casewire")


@pytest.fixture(autouse=True)
def _logging_as_found() -> Iterator[None]:
    """Undo what a command run within the test's own process did to logging."""
    root = logging.getLogger()
    level = root.level
    yield
    if structlog.is_configured():
        structlog.reset_defaults()
        root.setLevel(level)
        root.handlers[:] = [
            one
            for one in root.handlers
            if not isinstance(one.formatter, structlog.stdlib.ProcessorFormatter)
        ]
