"""One process in each role: one for a database, one that sends with a token.

A lock is the kernel's, on an open file: it ends with the process, however that ends.  The file
says who holds it and is never removed, because a name that comes and goes cannot be held.

A service may have a folder for temporary files of its own, and a database more than one name.  So
on Linux a role is held a second time under an abstract socket name, which knows no folders: one for
the machine, or for each container that has a network of its own.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import socket
import struct
import sys
import tempfile
import time
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

ASKERS_MAX = 128
"""So many refused programs are told who holds a name; later ones only that somebody does."""

LOOKS = 3
LOOK_S = 0.02


class Lock:
    """A role that is held until `close`, or until the process ends."""

    def __init__(self, handle: int | None, name: socket.socket | None = None) -> None:
        self._handle = handle
        self._name = name

    def close(self) -> None:
        """Let another process have the role; a second time does nothing."""
        if self._name is not None:
            self._name.close()
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
    try:
        file = Path(where).stat()
    except OSError:  # not made yet: it has no other name either
        return hold(path, DATABASE)
    return hold(path, DATABASE, name=f"{file.st_dev}-{file.st_ino}")


def held(url: str) -> bool | None:
    """Return whether some process has the database now; None where that cannot be known."""
    where = location(url)
    if where == MEMORY:
        return None
    try:
        handle = os.open(f"{os.path.realpath(where)}.lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    else:
        return False
    finally:
        os.close(handle)


def hold_sender(token: str, folder: Path | None = None) -> Lock:
    """Be the one process on this machine that sends with `token`; raises as `hold` does.

    `folder` is where every such process looks, besides at its name; the system's folder for
    temporary files.
    """
    # Telegram shows such a conflict only to who polls, and only after messages went out twice.
    name = hashlib.sha256(token.encode()).hexdigest()[:16]
    file = (folder or Path(tempfile.gettempdir())) / f"casewire-{name}.lock"
    return hold(file, SENDER, name=name)


def hold(path: Path, role: str, *, name: str = "") -> Lock:
    """Take the role that the file `path` stands for, and `name` where there are such, at once.

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
        _lock(handle)
    except BlockingIOError as error:
        holder = _holder(handle) + (f" ({path})" if role == SENDER else "")
        os.close(handle)
        raise StoreError(_taken(role, holder, path)) from error
    except OSError as error:
        os.close(handle)
        raise StoreError(
            f"{path} cannot be locked ({error.strerror}): put it on a local disk"
        ) from error
    try:
        named = _named(f"\0casewire-{role}-{name}") if name else None
    except StoreError as error:
        os.close(handle)
        raise StoreError(_taken(role, str(error), path)) from error
    _sign(handle, role)
    return Lock(handle, named)


def _named(name: str) -> socket.socket | None:
    """Take an abstract name; raise StoreError that says who has it, None where there are none."""
    if sys.platform != "linux":
        return None
    mine = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        mine.bind(name)
        mine.listen(ASKERS_MAX)
    except OSError as error:
        mine.close()
        if error.errno == errno.EADDRINUSE:
            raise StoreError(_listener(name)) from error
        return None
    return mine


def _listener(name: str) -> str:
    """Say which process listens at an abstract name; the kernel knows, nobody is asked."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking, suppress(OSError):
        asking.settimeout(0)
        asking.connect(name)
        about = asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        pid, user, _ = struct.unpack("3i", about)
        if pid:  # 0 is one that cannot be seen from in here
            return f"process {pid} of user {user}"
    return "another process"


def _lock(handle: int) -> None:
    # `held` has it for some microseconds, and must not turn away a program that starts.
    for _ in range(LOOKS):
        with suppress(BlockingIOError):
            return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        time.sleep(LOOK_S)
    return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


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
            f"this bot token is in use by {holder}: "
            "stop that program, or give this one a bot of its own"
        )
    return (
        f"{path.with_suffix('')} is in use by {holder}: "
        "stop that program, or let DATABASE_URL name another file"
    )
