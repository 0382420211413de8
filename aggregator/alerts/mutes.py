"""What a mute silences."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import assert_never

from aggregator.model import Mute, MuteKind, Severity, StoryId, Target

MUTE_MAX = timedelta(days=30)
"""Who wants less than that for longer unfollows or pauses it."""


def silences(
    mute: Mute, *, target: Target, story: StoryId, outlet: str, severity: Severity, at: datetime
) -> bool:
    """Say whether a ring of `story` at `at`, for who follows `target`, told by `outlet`, is muted."""
    if not mute.since <= at < mute.until or (mute.keep_high and severity is Severity.HIGH):
        return False
    match mute.kind:
        case MuteKind.ALL:
            return True
        case MuteKind.TARGET:
            return mute.name == str(target)
        case MuteKind.STORY:
            return mute.name == story
        case MuteKind.SOURCE:
            return mute.name.casefold() == outlet.casefold()
        case _:
            assert_never(mute.kind)
