"""The additive value model: criteria with weights, options with scores, and what each score is worth.

Raw scores are in each criterion's own unit; values run from 0 (worst) to 100 (best). Weights are any
non-negative numbers of which one is positive; `shares` turns them into shares of the whole (sum 1).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

TIE = 1e-9  # values (0–100) closer than this are equal: it is far below any stated precision, far above rounding noise


@dataclass(frozen=True)
class Triple:
    """A score as low / likely / high, read as a triangular distribution; an exact score has all three equal."""

    low: float
    likely: float
    high: float

    @classmethod
    def exactly(cls, value: float) -> "Triple":
        """Return the triple of a score known exactly."""
        return cls(value, value, value)

    @property
    def exact(self) -> bool:
        """Whether there is nothing to draw."""
        return self.low == self.high


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """What options are scored on.

    `scale` direct: scores are values 0–100 (with direction min, 0 is best). `scale` linear: the value rises
    linearly from `worst` to `best`; when these are not stated, from the worst to the best number among the
    options' scores, low and high included, so that a new option can reorder the others. `curve` (piecewise):
    (score, value) corners joined by straight lines; it overrides scale and direction.
    """

    id: str
    name: str = ""
    weight: float = 0.0
    direction: str = "max"
    scale: str = "direct"
    worst: float | None = None
    best: float | None = None
    threshold: float | None = None
    veto: bool = False
    curve: tuple[tuple[float, float], ...] = ()

    @property
    def label(self) -> str:
        """What people call it."""
        return self.name or self.id

    def misses(self, likely: float) -> bool:
        """Tell whether a likely score lies on the wrong side of the threshold; on it is still right."""
        if self.threshold is None:
            return False
        return likely < self.threshold if self.direction == "max" else likely > self.threshold


@dataclass(frozen=True, kw_only=True)
class Option:
    """One way to go, with a score for every criterion (by its id) and, where known, its cost."""

    id: str
    name: str = ""
    scores: Mapping[str, Triple] = field(default_factory=dict)
    cost: float | None = None

    @property
    def label(self) -> str:
        """What people call it."""
        return self.name or self.id


@dataclass(frozen=True, kw_only=True)
class Model:
    """What is ranked."""

    criteria: tuple[Criterion, ...] = ()
    options: tuple[Option, ...] = ()

    @property
    def ranges_from_options(self) -> tuple[str, ...]:
        """Return the criteria whose range the options themselves give: there a new option can reorder the others."""
        return tuple(c.id for c in self.criteria if c.scale == "linear" and c.worst is None and not c.curve)


class ModelError(ValueError):
    """The model cannot be ranked; carries every reason at once, each a full sentence."""

    def __init__(self, sentences: tuple[str, ...]) -> None:
        self.sentences = sentences
        super().__init__(" ".join(sentences))


@dataclass(frozen=True)
class ValueFunction:
    """Turns the raw scores of one criterion into values 0–100; a score beyond worst or best counts as worst or best."""

    scores: tuple[float, ...]  # increasing
    values: tuple[float, ...]  # at those scores, 0–100, rising or falling throughout

    def __call__(self, raw: Array) -> Array:
        """Return the values of raw scores of any shape."""
        if len(self.scores) == 1:  # no range, no difference: nothing to gain
            return np.zeros_like(raw)
        if len(self.scores) > 2:
            return np.interp(raw, self.scores, self.values)
        (left, right), (first, last) = self.scores, self.values
        return np.asarray(np.clip(first + (raw - left) * ((last - first) / (right - left)), 0.0, 100.0))

    def at(self, score: float) -> float:
        """Return the value of one raw score."""
        return float(self(np.array([score]))[0])

    def score_at(self, value: float) -> float | None:
        """Return the raw score worth a value; None where the criterion has no range."""
        if len(self.scores) == 1:
            return None
        pairs = sorted(zip(self.values, self.scores, strict=True))
        return float(np.interp(value, [pair[0] for pair in pairs], [pair[1] for pair in pairs]))


def value_function(criterion: Criterion, options: tuple[Option, ...]) -> ValueFunction:
    """Return the value function of a criterion; the options give the range where none is stated."""
    if criterion.curve:
        corners = sorted(criterion.curve)
        return ValueFunction(tuple(x for x, _ in corners), tuple(y for _, y in corners))
    low, high = 0.0, 100.0
    if criterion.scale == "linear":
        if criterion.worst is not None and criterion.best is not None:
            low, high = sorted((criterion.worst, criterion.best))
        else:
            triples = [option.scores[criterion.id] for option in options]
            low, high = min(t.low for t in triples), max(t.high for t in triples)
    if low == high:
        return ValueFunction((low,), (0.0,))
    return ValueFunction((low, high), (0.0, 100.0) if criterion.direction == "max" else (100.0, 0.0))


def shares(weights: tuple[float, ...]) -> Array:
    """Return weights as shares of their sum."""
    array = np.array(weights, dtype=np.float64)
    array /= array.max()  # first, so that a sum of huge weights stays finite
    return np.asarray(array / array.sum())
