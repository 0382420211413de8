"""The errors that are raised.  What can happen to one feed or one chat is a value instead.

::

    CasewireError               the base: nothing else here derives from Exception directly
    ├── ConfigError             a faulty YAML file or environment; caught by the command line and
    │                           by the reload loop, which keeps the old rules live
    ├── InputError              a file or line given on the command line; caught by the command
    └── StoreError              the database is unusable (full, read-only, newer than this
                                program); caught at the top of the command line
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Fault:
    """One thing wrong: prints as `file:line: what is wrong and what to write instead`.

    What has no line, such as an environment variable, has line 0 and prints without it.
    """

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.what}"


class CasewireError(Exception):
    """The base of every error Casewire raises on purpose."""


class ConfigError(CasewireError):
    """Configuration that cannot be used; `faults` name each place."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class InputError(CasewireError):
    """What the user handed to a command cannot be used."""


class StoreError(CasewireError):
    """The database cannot be used; the message says what to do."""
