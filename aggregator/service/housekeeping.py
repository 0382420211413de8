"""Once a day: removes what is older than the operator keeps, and puts a copy of the database by."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from aggregator.errors import CasewireError, StoreError
from aggregator.model import Pruned
from aggregator.ports import Clock, Store

log = structlog.get_logger()

FIRST_S = 60.0
"""After the start, when feeds are read and what waited is sent."""
LOOK_S = 3_600.0
PAUSE_S = 0.2
"""Between two steps, so that news is not kept waiting by what is old."""

EVERY = timedelta(days=1)
STEPS_MAX = 1_000
"""In one go; what is left then goes the next day."""
BACKUPS_KEPT = 7
DONE = timedelta(days=90)
"""How long a message that was sent stays to be edited, asked about and listed; the ledger says
for longer that it was."""

_MEMORY = "housekeeping"
_NAME = re.compile(r"casewire-\d{4}-\d{2}-\d{2}\.db")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """How long what is kept."""

    unmatched: timedelta = timedelta(days=30)
    matched: timedelta = timedelta(days=730)
    ledger: timedelta | None = None
    """None: for ever."""


class Housekeeping:
    """Looks every `LOOK_S` whether a day has gone by."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        keep: Keep,
        folder: Path | None = None,
        back_up: Callable[[Path], Awaitable[int]] | None = None,
        tidy: Callable[[], Awaitable[None]] | None = None,
        tell: Callable[[Sequence[str]], Awaitable[None]] | None = None,
    ) -> None:
        """`back_up` copies the database to a path and returns its bytes, raising CasewireError
        where it cannot; it is called once a day when there is a `folder`.  `tidy` lets the
        database clean up behind itself.  `tell` hears once of backups that fail.
        """
        self._store = store
        self._clock = clock
        self._keep = keep
        self._folder = folder
        self._back_up = back_up
        self._tidy = tidy
        self._tell = tell
        self._failing = False

    async def run(self) -> None:
        """Look until cancelled."""
        pause_s = FIRST_S
        while True:
            await self._clock.sleep(pause_s)
            pause_s = LOOK_S
            try:
                await self.look()
            except StoreError as error:
                log.warning("store_failed", why=str(error))
            except Exception:  # the top of this loop: a full disk now may be free in an hour
                log.exception("housekeeping_failed")

    async def look(self) -> None:
        """Do what was not done for a day."""
        now = self._clock.now()
        done = _memory(await self._store.setting(_MEMORY))
        if _due(done.get("backed_up"), now) and await self._backed_up(now):
            await self._remember(done, "backed_up", now)
        if _due(done.get("pruned"), now):
            await self._prune(now)
            await self._remember(done, "pruned", now)
            if self._tidy is not None:
                await self._tidy()

    async def _remember(self, done: dict[str, str], what: str, now: datetime) -> None:
        done[what] = now.isoformat()
        await self._store.put_setting(_MEMORY, json.dumps(done))

    async def _prune(self, now: datetime) -> None:
        items = stories = deliveries = ledger = 0
        for _ in range(STEPS_MAX):
            step = await self._store.prune(
                unmatched=now - self._keep.unmatched,
                matched=now - self._keep.matched,
                done=now - min(DONE, self._keep.matched),
            )
            rows = 0
            if self._keep.ledger is not None:
                rows = await self._store.prune_ledger(now - self._keep.ledger)
            if step == Pruned() and not rows:
                break
            items += step.items
            stories += step.stories
            deliveries += step.deliveries
            ledger += rows
            await self._clock.sleep(PAUSE_S)
        if items or stories or deliveries or ledger:
            log.info("pruned", items=items, stories=stories, deliveries=deliveries, ledger=ledger)

    async def _backed_up(self, now: datetime) -> bool:
        """Put today's copy by, and let go of the oldest; say whether there is one."""
        if self._folder is None or self._back_up is None:
            return False
        to = self._folder / f"casewire-{now:%Y-%m-%d}.db"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            size = await self._back_up(to)
            for old in copies_in(self._folder)[BACKUPS_KEPT:]:
                old.unlink(missing_ok=True)
        except (CasewireError, OSError) as error:
            log.error("backup_failed", file=str(to), why=str(error))  # noqa: TRY400 -- a full disk is no bug with a traceback
            if self._tell is not None and not self._failing:
                await self._tell([f"The daily backup failed: {error}"])
            self._failing = True
            return False
        self._failing = False
        log.info("backed_up", file=str(to), bytes=size)
        return True


def copies_in(folder: Path) -> list[Path]:
    """Return the daily copies in `folder`, newest first; other files are none of ours."""
    return sorted((file for file in folder.iterdir() if _NAME.fullmatch(file.name)), reverse=True)


def _due(last: str | None, now: datetime) -> bool:
    """Say whether a day went by; a time to come means that the clock was set back."""
    if last is None:
        return True
    return not timedelta() <= now - datetime.fromisoformat(last) < EVERY


def _memory(text: str | None) -> dict[str, str]:
    return {} if text is None else dict(json.loads(text))
