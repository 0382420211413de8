"""The logistic over the features, with the weights that `scripts/train_stories.py` learned."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from aggregator.stories.features import FEATURES, Features


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A bias and one weight per feature, in the order of `FEATURES`."""

    bias: float
    row: tuple[float, ...]

    @classmethod
    def of(cls, table: Mapping[str, float]) -> Weights:
        """Return the weights that `table` names; a feature it does not name counts for nothing."""
        return cls(bias=table["bias"], row=tuple([table.get(name, 0.0) for name in FEATURES]))

    def logit(self, features: Sequence[float]) -> float:
        """Return the log odds that both tell of one event."""
        return self.bias + sum(
            [weight * value for weight, value in zip(self.row, features, strict=True)]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Two sets of weights: for two headlines, and for two texts that begin with one."""

    headline: Weights
    text: Weights

    def logit(self, features: Features) -> float:
        """Return the log odds that both tell of one event."""
        return (self.text if features.with_lead else self.headline).logit(features.row)


@lru_cache(maxsize=1)
def shipped_model() -> Model:
    """Return the weights that ship."""
    file = resources.files("aggregator.stories").joinpath("weights.json")
    table = json.loads(file.read_text("utf-8"))
    return Model(headline=Weights.of(table["headline"]), text=Weights.of(table["text"]))


def probability(logit: float) -> float:
    """Return the probability, 0 to 1, of log odds."""
    if logit < 0:
        odds = math.exp(max(logit, -700.0))
        return odds / (1 + odds)
    return 1 / (1 + math.exp(-logit))
