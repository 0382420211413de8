"""A day or a moment as an option: `2026-11-01`, `2026-11-01T08:30`, in UTC unless it says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import click

FIRST = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(click.ParamType[datetime]):
    """ISO 8601; a day alone is its first moment or, with `through`, the first of the next."""

    name = "day"

    def __init__(self, *, through: bool = False) -> None:
        self._through = through

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return an aware time in UTC; fail as an option does."""
        if isinstance(value, datetime):
            return value
        text = str(value).strip()
        try:
            at = datetime.fromisoformat(text)
            at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
            is_day = len(text) <= len("2026-11-01")
            return at + timedelta(days=1) if self._through and is_day else at
        except (ValueError, OverflowError):
            self.fail(f"`{text}` is no day: write one such as 2026-11-01", param, ctx)


def shown(at: datetime | None) -> str:
    """Return a time as ISO 8601 in UTC, to the second; empty for none."""
    return "" if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}"
