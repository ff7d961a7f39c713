"""A checked model as arrays."""

from dataclasses import dataclass

import numpy as np

from decisions.domain.scoring.findings import Missed
from decisions.domain.scoring.model import Array, Model, Option, ValueFunction, shares, value_function
from decisions.domain.scoring.simulation import draw_triangle


@dataclass(frozen=True)
class Table:
    """The model as arrays without the vetoed options: values are options × criteria."""

    model: Model
    options: tuple[Option, ...]
    functions: tuple[ValueFunction, ...]
    shares: Array
    low: Array
    likely: Array
    high: Array

    @classmethod
    def of(cls, model: Model) -> "Table":
        """Lay out a model that has passed its checks."""
        functions = tuple(value_function(criterion, model.options) for criterion in model.criteria)
        struck = {missed.option for missed in missed_thresholds(model) if missed.veto}
        options = tuple(option for option in model.options if option.id not in struck)

        def values(part: str) -> Array:
            raw = np.array([[getattr(o.scores[c.id], part) for c in model.criteria] for o in options], dtype=np.float64)
            return np.stack([function(raw[:, j]) for j, function in enumerate(functions)], axis=1)

        ends = values("low"), values("high")
        weights = shares(tuple(criterion.weight for criterion in model.criteria))
        return cls(model, options, functions, weights, np.minimum(*ends), values("likely"), np.maximum(*ends))

    def draw(self, draws: int, rng: np.random.Generator) -> Array:
        """Return drawn values, criteria × options × draws; exact scores repeat."""
        drawn = np.empty((len(self.criterion_ids), len(self.options), draws))
        for j, criterion in enumerate(self.model.criteria):
            for i, option in enumerate(self.options):
                triple = option.scores[criterion.id]
                drawn[j, i] = (
                    self.likely[i, j] if triple.exact else self.functions[j](draw_triangle(triple, draws, rng))
                )
        return drawn

    @property
    def option_ids(self) -> list[str]:
        """Return the options in the order of the rows."""
        return [option.id for option in self.options]

    @property
    def criterion_ids(self) -> list[str]:
        """Return the criteria in the order of the columns."""
        return [criterion.id for criterion in self.model.criteria]


def missed_thresholds(model: Model) -> tuple[Missed, ...]:
    """Return every likely score on the wrong side of a threshold."""
    return tuple(
        Missed(option=o.id, criterion=c.id, score=o.scores[c.id].likely, threshold=c.threshold, veto=c.veto)
        for o in model.options
        for c in model.criteria
        if c.threshold is not None and c.misses(o.scores[c.id].likely)
    )
