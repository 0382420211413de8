"""What goes wrong, and how often: drawn once from the seed.

Some faults are switched off altogether and the others weigh differently from seed to seed: where
everything always fails a little, much is never reached.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

TELEGRAM = (
    "cut_before",
    "lost_before",
    "hang_after",
    "cut_after",
    "gateway_before",
    "gateway_after",
    "truncated",
    "flood",
)
"""What may happen to one call of the Bot API."""

FEED = ("timeout", "status_503", "truncated", "too_large", "not_a_feed")
"""What may happen to one fetch."""

EVENTS = ("busy", "disk_full", "step_back", "step_forward", "storm", "blocks", "migrates")
"""What may happen once in a while."""

OFF = 0.4
"""This share of all faults is switched off in each seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """The chances of one seed."""

    telegram: dict[str, float] = field(default_factory=dict)
    feed: dict[str, float] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)
    kills: int = 0
    dies: float = 0.0
    """Of the calls to Telegram, so many are the program's last, before or after acceptance."""
    graceful: float = 0.3
    """Of the ends of a life, so many are by SIGTERM."""
    slow: float = 0.0
    """Of all waits for disk and network, so many take a moment."""
    writes: float = 0.0
    """Messages people write between two of ours, at most, on average."""


CALM = Weather()


def draw(rng: Random) -> Weather:
    """Return the weather of one seed."""

    def some(names: tuple[str, ...], most: float) -> dict[str, float]:
        return {n: rng.uniform(0, most) for n in names if rng.random() > OFF}

    return Weather(
        telegram=some(TELEGRAM, 0.12),
        feed=some(FEED, 0.2),
        events={n: rng.randint(1, 2) for n in EVENTS if rng.random() > OFF},
        kills=rng.choice((0, 2, 4, 8)),
        dies=rng.choice((0.0, 0.0, 0.05)),
        graceful=rng.choice((0.0, 0.3)),
        slow=rng.choice((0.0, 0.1, 0.5)),
        writes=rng.choice((0.0, 1.0, 6.0)),
    )
