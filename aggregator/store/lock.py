"""One process in each role: one for a database, one that sends with a token.

A lock is the kernel's, on an open file: it ends with the process, however that ends.  The file
says who holds it and is never removed, because a name that comes and goes cannot be held.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import socket
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from aggregator.errors import StoreError
from aggregator.store.connect import MEMORY, location

holder_bytes_max = 1_000

DATABASE = "database"
SENDER = "sender"


class Lock:
    """A role that is held until `close`, or until the process ends."""

    def __init__(self, handle: int | None) -> None:
        self._handle = handle

    def close(self) -> None:
        """Let another process have the role; a second time does nothing."""
        handle, self._handle = self._handle, None
        if handle is not None:
            with suppress(OSError):  # a full or read-only disk: who held it is no use any more
                os.ftruncate(handle, 0)
            os.close(handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def hold_database(url: str) -> Lock:
    """Be the one process of a database; raises StoreError, saying who is, when there is one."""
    where = location(url)
    if where == MEMORY:
        return Lock(None)
    # By one name, whichever link it was reached by.
    path = Path(f"{os.path.realpath(where)}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"{where}: its folder cannot be made ({error.strerror}): "
            "create it, or let DATABASE_URL name a file elsewhere"
        ) from error
    return hold(path, DATABASE)


def hold_sender(token: str, folder: Path | None = None) -> Lock:
    """Be the one process on this machine that sends with `token`; raises as `hold` does.

    `folder` is where every such process looks; the system's folder for temporary files.
    """
    # Telegram shows such a conflict only to who polls, and only after messages went out twice.
    name = hashlib.sha256(token.encode()).hexdigest()[:16]
    return hold((folder or Path(tempfile.gettempdir())) / f"casewire-{name}.lock", SENDER)


def hold(path: Path, role: str) -> Lock:
    """Take the role that the file `path` stands for, at once.

    Raises StoreError saying who holds it and what to do, or why the file cannot be used.
    """
    try:
        handle = _open(path)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be opened ({error.strerror}): "
            "give this user write access to it and its folder"
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = _holder(handle)
        os.close(handle)
        raise StoreError(_taken(role, holder, path)) from error
    except OSError as error:
        os.close(handle)
        raise StoreError(
            f"{path} cannot be locked ({error.strerror}): put it on a local disk"
        ) from error
    _sign(handle, role)
    return Lock(handle)


def _open(path: Path) -> int:
    # A link in a folder that everyone may write to could lead anywhere.
    flags = os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        return os.open(path, flags | os.O_RDWR, 0o644)
    except PermissionError:
        # The file of another user can be held, though not written to.
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)


def _sign(handle: int, role: str) -> None:
    holder = {
        "role": role,
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC",
    }
    # Holding it is what counts: on a full disk the next one is told less, and that is all.
    with suppress(OSError):
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(holder).encode(), 0)


def _holder(handle: int) -> str:
    try:
        found = json.loads(os.pread(handle, holder_bytes_max, 0))
        return f"process {found['pid']} on {found['host']}, since {found['since']}"
    except (OSError, ValueError, KeyError, TypeError):  # it begins or ends at this very moment
        return "another process"


def _taken(role: str, holder: str, path: Path) -> str:
    if role == SENDER:
        return (
            f"this bot token is in use by {holder} ({path}): "
            "stop that program, or give this one a bot of its own"
        )
    return (
        f"{path.with_suffix('')} is in use by {holder}: "
        "stop that program, or let DATABASE_URL name another file"
    )
